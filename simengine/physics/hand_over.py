"""Which replayed actors must become dynamic now, because something that is not replayed is about to touch them."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import boxes_gap, yaw_from_quaternion

MARGIN = 0.05  # distance at which a replayed actor becomes dynamic, besides what may close in a tick [m]
# Columns of a table of boxes: center [m], velocity [m/s], orientation w, x, y, z, sizes [m].
POSITION, VELOCITY, ORIENTATION, LENGTH, WIDTH, HEIGHT = 0, 3, 6, 10, 11, 12
BOX_COLUMNS = 13


@njit(cache=True, _nrt=False)
def find_hand_overs(
    box: NDArray[np.float64], replayed: NDArray[np.bool_], dynamic: NDArray[np.bool_], dt: float,
    out: NDArray[np.bool_],
) -> int:  # fmt: skip
    """Mark the replayed actors of a world that a dynamic one may touch within a tick, and return how many.

    A replayed actor's pose is that of the tick to come, so dynamic ones are taken where they will be then. One that
    becomes dynamic may in turn be about to touch another: such chains are followed.

    Args:
        box: Where everybody is; columns named above. Shape (num_actors, BOX_COLUMNS).
        replayed: Who follows a recording. Shape (num_actors,).
        dynamic: Who moves by forces. Shape (num_actors,).
        dt: A tick [s].
        out: Which replayed actors can no longer be. Shape (num_actors,).
    """
    count = len(replayed)
    out[:] = False
    found, before = 0, -1
    while found != before:
        before = found
        for r in range(count):
            if not replayed[r] or out[r]:
                continue
            for d in range(count):
                if (dynamic[d] or out[d]) and _near(box, r, d, dt if dynamic[d] else 0.0, dt):
                    out[r] = True
                    found += 1
                    break
    return found


@njit(cache=True, _nrt=False)
def _near(box: NDArray[np.float64], a: int, b: int, ahead: float, dt: float) -> bool:
    """Return whether a replayed body a and another may touch within a tick; b is taken so far `ahead` [s]."""
    dx = box[b, POSITION] + ahead * box[b, VELOCITY] - box[a, POSITION]
    dy = box[b, POSITION + 1] + ahead * box[b, VELOCITY + 1] - box[a, POSITION + 1]
    dz = box[b, POSITION + 2] - box[a, POSITION + 2]
    vx = box[b, VELOCITY] - box[a, VELOCITY]
    vy = box[b, VELOCITY + 1] - box[a, VELOCITY + 1]
    vz = box[b, VELOCITY + 2] - box[a, VELOCITY + 2]
    margin = MARGIN + math.sqrt(vx * vx + vy * vy + vz * vz) * dt
    reach = box[a, LENGTH] + box[a, WIDTH] + box[b, LENGTH] + box[b, WIDTH]
    if dx * dx + dy * dy > (0.5 * reach + margin) ** 2:
        return False
    # A lying or tilted box may be as tall as its longest side.
    if abs(dz) > 0.5 * (box[a, HEIGHT] + box[b, HEIGHT]) + margin + 0.5:
        return False
    p, q = box[a, ORIENTATION : ORIENTATION + 4], box[b, ORIENTATION : ORIENTATION + 4]
    gap = boxes_gap(
        0.0, 0.0, yaw_from_quaternion(p[0], p[1], p[2], p[3]), box[a, LENGTH], box[a, WIDTH],
        dx, dy, yaw_from_quaternion(q[0], q[1], q[2], q[3]), box[b, LENGTH], box[b, WIDTH],
    )  # fmt: skip
    return gap < margin
