"""Which replayed actors must become dynamic now, because something that is not replayed is about to touch them."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.geometry import boxes_gap, yaw_from_quaternion
from simengine.core.state import ActorTable, WorldState

_MARGIN = 0.05  # distance at which a replayed actor becomes dynamic, besides what may close in a tick [m]


@njit(cache=True)
def find_hand_overs(
    actors: ActorTable, state: WorldState, replayed: NDArray[np.bool_], dt: float, out: NDArray[np.bool_]
) -> int:
    """Mark the replayed actors of world 0 that a dynamic one may touch within a tick, and return how many.

    A replayed actor's pose is that of the tick to come, so dynamic ones are taken where they will be then. One that
    becomes dynamic may in turn be about to touch another: such chains are followed.

    Args:
        actors: What the actors are.
        state: Poses and velocities.
        replayed: Which actors follow a recording. Shape (num_actors,).
        dt: A tick [s].
        out: Which of them no longer can. Shape (num_actors,).
    """
    count = len(replayed)
    out[:] = False
    found, before = 0, -1
    while found != before:
        before = found
        for r in range(count):
            if not replayed[r] or out[r] or not state.valid[0, r]:
                continue
            for d in range(count):
                if d != r and state.valid[0, d] and (not replayed[d] or out[d]) and _near(actors, state, r, d, dt):
                    out[r] = True
                    found += 1
                    break
    return found


@njit(cache=True)
def _near(actors: ActorTable, state: WorldState, a: int, b: int, dt: float) -> bool:
    """Return whether two actors' boxes may touch within a tick."""
    ahead_a = 0.0 if state.replayed[0, a] else dt
    ahead_b = 0.0 if state.replayed[0, b] else dt
    dx = state.position[0, b, 0] + ahead_b * state.velocity[0, b, 0]
    dx -= state.position[0, a, 0] + ahead_a * state.velocity[0, a, 0]
    dy = state.position[0, b, 1] + ahead_b * state.velocity[0, b, 1]
    dy -= state.position[0, a, 1] + ahead_a * state.velocity[0, a, 1]
    dz = state.position[0, b, 2] - state.position[0, a, 2]
    vx = state.velocity[0, b, 0] - state.velocity[0, a, 0]
    vy = state.velocity[0, b, 1] - state.velocity[0, a, 1]
    vz = state.velocity[0, b, 2] - state.velocity[0, a, 2]
    margin = _MARGIN + math.sqrt(vx * vx + vy * vy + vz * vz) * dt
    reach = actors.length[0, a] + actors.width[0, a] + actors.length[0, b] + actors.width[0, b]
    if dx * dx + dy * dy > (0.5 * reach + margin) ** 2:
        return False
    # A lying or tilted box may be as tall as its longest side.
    if abs(dz) > 0.5 * (actors.height[0, a] + actors.height[0, b]) + margin + 0.5:
        return False
    q, p = state.orientation[0, a], state.orientation[0, b]
    gap = boxes_gap(
        0.0, 0.0, yaw_from_quaternion(q[0], q[1], q[2], q[3]), actors.length[0, a], actors.width[0, a],
        dx, dy, yaw_from_quaternion(p[0], p[1], p[2], p[3]), actors.length[0, b], actors.width[0, b],
    )  # fmt: skip
    return gap < margin
