"""Which replayed actors of many worlds must become dynamic now, by the rule that `hand_over` has for one world."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.geometry import boxes_gap, yaw_from_quaternion
from simengine.core.state import ActorTable, WorldState
from simengine.physics.hand_over import MARGIN


@njit(cache=True, _nrt=False)
def mark_hand_overs(actors: ActorTable, state: WorldState, step: float, out: NDArray[np.bool_]) -> int:
    """Mark the replayed actors that a dynamic one may touch within a tick, and return how many.

    A replayed actor's pose is that of the tick to come, so dynamic ones are taken where they will be then. One that
    becomes dynamic may in turn be about to touch another: such chains are followed.

    Args:
        actors: What the actors are.
        state: Poses and velocities, `valid` and `replayed`.
        step: A tick [s].
        out: Which replayed actors can no longer be. Shape (num_envs, num_actors).
    """
    num_envs, num_actors = state.valid.shape
    out[:] = False
    total = 0
    for e in range(num_envs):
        found, before = 0, -1
        while found != before:
            before = found
            for r in range(num_actors):
                if not state.valid[e, r] or not state.replayed[e, r] or out[e, r]:
                    continue
                for d in range(num_actors):
                    dynamic = state.valid[e, d] and (not state.replayed[e, d] or out[e, d])
                    if d != r and dynamic and _near(actors, state, e, r, d, step):
                        out[e, r] = True
                        found += 1
                        break
        total += found
    return total


@njit(cache=True, _nrt=False)
def _near(actors: ActorTable, state: WorldState, e: int, a: int, b: int, step: float) -> bool:
    """Return whether a replayed actor a and another may touch within a tick."""
    ahead = 0.0 if state.replayed[e, b] else step
    dx = state.position[e, b, 0] + ahead * state.velocity[e, b, 0] - state.position[e, a, 0]
    dy = state.position[e, b, 1] + ahead * state.velocity[e, b, 1] - state.position[e, a, 1]
    dz = state.position[e, b, 2] - state.position[e, a, 2]
    vx = state.velocity[e, b, 0] - state.velocity[e, a, 0]
    vy = state.velocity[e, b, 1] - state.velocity[e, a, 1]
    margin = MARGIN + math.sqrt(vx * vx + vy * vy) * step
    reach = actors.length[e, a] + actors.width[e, a] + actors.length[e, b] + actors.width[e, b]
    if dx * dx + dy * dy > (0.5 * reach + margin) ** 2:
        return False
    # A lying box may be as tall as its longest side.
    if abs(dz) > 0.5 * (actors.height[e, a] + actors.height[e, b]) + margin + 0.5:
        return False
    p, q = state.orientation[e, a], state.orientation[e, b]
    gap = boxes_gap(
        0.0, 0.0, yaw_from_quaternion(p[0], p[1], p[2], p[3]), actors.length[e, a], actors.width[e, a],
        dx, dy, yaw_from_quaternion(q[0], q[1], q[2], q[3]), actors.length[e, b], actors.width[e, b],
    )  # fmt: skip
    return gap < margin
