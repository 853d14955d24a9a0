"""Which replayed actors of many worlds must become dynamic now, by the rule that `hand_over` has for one world."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.state import ActorTable, WorldState
from simengine.physics.hand_over import (
    BOX_COLUMNS,
    HEIGHT,
    LENGTH,
    ORIENTATION,
    POSITION,
    VELOCITY,
    WIDTH,
    find_hand_overs,
)


@njit(cache=True)
def mark_hand_overs(actors: ActorTable, state: WorldState, step: float, out: NDArray[np.bool_]) -> int:
    """Mark the replayed actors that a dynamic one may touch within a tick, and return how many.

    Args:
        actors: What the actors are.
        state: Poses and velocities, `valid` and `replayed`.
        step: A tick [s].
        out: Which replayed actors can no longer be. Shape (num_envs, num_actors).
    """
    num_envs, num_actors = state.valid.shape
    box = np.zeros((num_actors, BOX_COLUMNS))
    replayed, dynamic = np.zeros(num_actors, np.bool_), np.zeros(num_actors, np.bool_)
    total = 0
    for e in range(num_envs):
        for a in range(num_actors):
            replayed[a] = state.valid[e, a] and state.replayed[e, a]
            dynamic[a] = state.valid[e, a] and not state.replayed[e, a]
            for i in range(3):
                box[a, POSITION + i] = state.position[e, a, i]
            for i in range(2):  # bodies of the batched physics close in on the ground
                box[a, VELOCITY + i] = state.velocity[e, a, i]
            for i in range(4):
                box[a, ORIENTATION + i] = state.orientation[e, a, i]
            box[a, LENGTH], box[a, WIDTH] = actors.length[e, a], actors.width[e, a]
            box[a, HEIGHT] = actors.height[e, a]
        total += find_hand_overs(box, replayed, dynamic, step, out[e])
    return total
