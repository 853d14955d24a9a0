"""Which replayed actors must become dynamic now, because something that is not replayed is about to touch them."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.geometry import boxes_gap, yaw_from_quaternion

MARGIN = 0.05  # distance at which a replayed actor becomes dynamic, besides what may close in a tick [m]


@njit(cache=True, _nrt=False)
def find_hand_overs(
    chassis: NDArray[np.void], bodies: NDArray[np.void], dt: float, out: NDArray[np.bool_]
) -> int:
    """Mark the replayed actors that a dynamic one may touch within a tick, and return how many.

    A replayed actor's pose is that of the tick to come, so dynamic ones are taken where they will be then. One that
    becomes dynamic may in turn be about to touch another: such chains are followed.

    Args:
        chassis: What the bodies are. Shape (num_actors,).
        bodies: Their motion. Shape (num_actors,).
        dt: A tick [s].
        out: Which replayed actors can no longer be. Shape (num_actors,).
    """
    count = len(bodies)
    out[:] = False
    found, before = 0, -1
    while found != before:
        before = found
        for r in range(count):
            if not bodies[r].replayed or out[r]:
                continue
            for d in range(count):
                if (bodies[d].dynamic or out[d]) and _near(chassis[r], bodies[r], chassis[d], bodies[d], dt):
                    out[r] = True
                    found += 1
                    break
    return found


@njit(cache=True, _nrt=False)
def _near(one: np.void, body: np.void, other: np.void, partner: np.void, dt: float) -> bool:
    """Return whether a replayed body and another may touch within a tick."""
    ahead = dt if partner.dynamic else 0.0
    dx = partner.box_position[0] + ahead * partner.box_velocity[0] - body.box_position[0]
    dy = partner.box_position[1] + ahead * partner.box_velocity[1] - body.box_position[1]
    dz = partner.box_position[2] - body.box_position[2]
    vx = partner.box_velocity[0] - body.box_velocity[0]
    vy = partner.box_velocity[1] - body.box_velocity[1]
    vz = partner.box_velocity[2] - body.box_velocity[2]
    margin = MARGIN + math.sqrt(vx * vx + vy * vy + vz * vz) * dt
    reach = one.length + one.width + other.length + other.width
    if dx * dx + dy * dy > (0.5 * reach + margin) ** 2:
        return False
    # A lying or tilted box may be as tall as its longest side.
    if abs(dz) > 0.5 * (one.height + other.height) + margin + 0.5:
        return False
    q, p = body.orientation, partner.orientation
    gap = boxes_gap(
        0.0, 0.0, yaw_from_quaternion(q[0], q[1], q[2], q[3]), one.length, one.width,
        dx, dy, yaw_from_quaternion(p[0], p[1], p[2], p[3]), other.length, other.width,
    )  # fmt: skip
    return gap < margin
