"""Friction of the road at a place: the weather's, or that of a slippery patch."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.physics.backend import FrictionPatches


class RoadFriction(NamedTuple):
    """Friction of the ground in many worlds."""

    base: NDArray[np.float64]  # greatest µ of surface and weather. (num_envs,)
    sliding: NDArray[np.float64]  # friction of sliding tires over it. (num_envs,)
    patches: FrictionPatches


@njit(cache=True, _nrt=False)
def friction_at(x: float, y: float, base: float, patches: FrictionPatches, e: int) -> float:
    """Return µ at a place [m] of a world: that of the last active patch that covers it, else of the weather.

    Args:
        x, y: The place [m].
        base: µ of surface and weather.
        patches: Slippery discs.
        e: World.
    """
    friction = base
    for p in range(patches.active.shape[1]):
        if patches.active[e, p]:
            dx, dy = x - patches.x[e, p], y - patches.y[e, p]
            if dx * dx + dy * dy <= patches.radius[e, p] * patches.radius[e, p]:
                friction = patches.friction[e, p]
    return friction
