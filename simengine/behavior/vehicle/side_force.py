"""Steering by the side force of the front axle, for vehicles that must follow a moving lateral reference exactly.

The point at I_z / (m l_r) ahead of the center of mass is the center of percussion with respect to the rear axle: the
rear tires' force does not accelerate it. Its lateral acceleration is that of the front force alone, whatever the rear
slips, so that a reference for it is followed by inverting one tire (Fuchshumer, Schlacher & Rittenschober, "Nonlinear
vehicle dynamics control: a flatness based approach", IEEE CDC 2005). The error to the reference decays as a critically
damped oscillator of one rate, at every speed and on every ground. The front wheels point along the axle's own motion
plus the slip angle that the force takes.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.mechanics import GRAVITY
from simengine.core.state import ActorTable

ERROR_RATE = 1.3  # with which errors decay [rad/s]
ERROR_MOST = 1.0  # larger errors are taken back no harder than this one [m]
FORCE_SHARE = 0.8  # of friction that the front axle is asked for


class Chassis(NamedTuple):
    """What steering needs of every vehicle, all along it from its box center. Shapes (num_envs, num_actors)."""

    rear: NDArray[np.float64]  # rear axle [m]
    front: NDArray[np.float64]  # front axle [m]
    percussion: NDArray[np.float64]  # center of percussion of the front axle [m]
    front_stiffness: NDArray[np.float64]  # C_S of the front axle [1/rad]
    rear_stiffness: NDArray[np.float64]  # of the rear axle [1/rad]
    lock: NDArray[np.float64]  # largest road-wheel angle [rad]


def chassis_of(actors: ActorTable) -> Chassis:
    """Return what steering needs of the actors of a table."""
    rear = np.maximum(actors.rear_axle, 1e-6)
    return Chassis(
        actors.cog_offset - actors.rear_axle,
        actors.cog_offset + actors.front_axle,
        actors.cog_offset + actors.yaw_inertia / (np.maximum(actors.mass, 1e-6) * rear),
        actors.front_stiffness,
        actors.rear_stiffness,
        actors.max_steering,
    )


@njit(cache=True, _nrt=False)
def wanted_acceleration(error: float, error_rate: float, acceleration: float, friction: float) -> float:
    """Return the lateral acceleration that follows a reference [m/s²], within what friction holds.

    Args:
        error: Center of percussion left of the reference [m].
        error_rate: Its rate [m/s].
        acceleration: Of the reference, the bend of the lane included [m/s²].
        friction: µ.
    """
    held = min(ERROR_MOST, max(-ERROR_MOST, error))
    wanted = acceleration - 2.0 * ERROR_RATE * error_rate - ERROR_RATE * ERROR_RATE * held
    most = FORCE_SHARE * friction * GRAVITY
    return min(most, max(-most, wanted))


@njit(cache=True, _nrt=False)
def steering_for_acceleration(
    acceleration: float, forward: float, leftward: float, stiffness: float, friction: float, lock: float
) -> float:
    """Return the road-wheel angle whose side force gives the center of percussion an acceleration [rad].

    Args:
        acceleration: Lateral, within friction [m/s²].
        forward, leftward: Velocity of the front axle in the vehicle's frame [m/s].
        stiffness: C_S of the front axle, side force per load and slip angle [1/rad].
        friction: µ.
        lock: Largest angle [rad].
    """
    used = acceleration / (friction * GRAVITY)
    softened = used / math.sqrt(math.sqrt(1.0 - used**4))  # inverse of the tire's law, see `physics.vehicle.tire`
    angle = math.atan2(leftward, forward) + softened * friction / stiffness
    return min(lock, max(-lock, angle))


@njit(cache=True, _nrt=False)
def centered_offset(curvature: float, speed: float, rear: float, percussion: float, stiffness: float) -> float:
    """Return where the center of percussion is when the box's center is on a curve, to its left [m].

    Args:
        curvature: Of the curve [1/m].
        speed: [m/s].
        rear: Rear axle ahead of the box's center, negative [m].
        percussion: Center of percussion ahead of it [m].
        stiffness: C_S of the rear axle [1/rad].
    """
    ahead = percussion - rear
    slip = curvature * speed * speed / (stiffness * GRAVITY)
    return (ahead + rear) * slip - 0.5 * curvature * (ahead * ahead - rear * rear)
