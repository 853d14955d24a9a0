"""Which way actors face."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import yaw_from_quaternion
from simengine.core.state import WorldState


def yaw_of_actor(state: WorldState, e: int, a: int) -> float:
    """Return the yaw of an actor of a world [rad]."""
    return yaw_from_quaternion(*state.orientation[e, a].tolist())


@njit(cache=True, _nrt=False)
def write_yaws(orientation: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write the yaws of bodies [rad].

    Args:
        orientation: Unit quaternions. Shape (num_bodies, 4).
        out: Shape (num_bodies,).
    """
    for a in range(len(out)):
        q = orientation[a]
        out[a] = yaw_from_quaternion(q[0], q[1], q[2], q[3])
