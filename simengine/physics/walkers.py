"""Forces on one person or animal on its feet: legs that carry it, push it towards a demanded velocity, keep it upright.

Until it is struck a walker's body is moved by these forces only; once struck it is a free body that is thrown, tumbles
and slides. Its legs are a critically damped spring to the ground; the horizontal force is bounded by its acceleration
limit and by friction; a torque keeps it upright and turns it to where it goes.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.geometry import wrap_angle
from simengine.physics.tyre import GRAVITY

_LEG_RATE = 2.0 * math.pi * 4.0  # of the legs' spring [rad/s]
_STRIDE_TIME = 0.15  # time constant with which the demanded velocity is taken up, within the limits [s]
_UPRIGHT_RATE = 2.0 * math.pi * 3.0  # of the posture [rad/s]
_TURN_TIME = 0.15  # time constant of turning [s]
_TURN_RATE = 2.0 * math.pi  # at which a person turns round, as in `planar_motion` [rad/s]
_TURN_FROM = 0.1  # demanded speed below which a walker keeps its heading [m/s]


@njit(cache=True, _nrt=False)
def walker_forces(
    chassis: np.void, body: np.void, rotation: NDArray[np.float64], ground: NDArray[np.float64], dt: float
) -> None:
    """Set the resultant of the forces on a walker's body.

    Args:
        chassis: What the body is.
        body: Its motion and the velocity asked of it.
        rotation: World from body. Shape (3, 3).
        ground: Sample below the feet: height [m], normal, µ. Shape (5,).
        dt: [s].
    """
    mass, max_speed, inertia = chassis.mass, chassis.max_speed, chassis.inertia
    velocity, angular_velocity, force, torque = body.velocity, body.angular_velocity, body.force, body.torque
    demand_x, demand_y = body.demand_velocity[0], body.demand_velocity[1]
    # Rate at which the ground rises under the feet: on a slope the legs follow it without a lag.
    climb = -(velocity[0] * ground[1] + velocity[1] * ground[2]) / ground[3]
    compression = min(0.2, ground[0] + chassis.cog_height - body.position[2])
    lift = mass * (GRAVITY + _LEG_RATE * _LEG_RATE * compression + 2.0 * _LEG_RATE * (climb - velocity[2]))
    force[2] = min(4.0 * mass * GRAVITY, max(0.0, lift))
    wanted = math.sqrt(demand_x * demand_x + demand_y * demand_y)
    if wanted > max_speed:
        demand_x, demand_y = demand_x * max_speed / wanted, demand_y * max_speed / wanted
    pull = mass / max(_STRIDE_TIME, 2.0 * dt)
    fx, fy = pull * (demand_x - velocity[0]), pull * (demand_y - velocity[1])
    limit = min(mass * chassis.max_acceleration, ground[4] * force[2])
    push = math.sqrt(fx * fx + fy * fy)
    if push > limit:
        fx, fy = fx * limit / push, fy * limit / push
    force[0], force[1] = fx, fy
    # Upright: the body's up axis is turned back to the vertical, critically damped.
    ux, uy = rotation[0, 2], rotation[1, 2]
    stiff = _UPRIGHT_RATE * _UPRIGHT_RATE
    largest = max(inertia[0], inertia[1])
    torque[0] = largest * (stiff * uy - 2.0 * _UPRIGHT_RATE * angular_velocity[0])
    torque[1] = largest * (-stiff * ux - 2.0 * _UPRIGHT_RATE * angular_velocity[1])
    rate = 0.0
    if wanted > _TURN_FROM:
        yaw = math.atan2(rotation[1, 0], rotation[0, 0])
        rate = wrap_angle(math.atan2(demand_y, demand_x) - yaw) / _TURN_TIME
        rate = min(_TURN_RATE, max(-_TURN_RATE, rate))
    torque[2] = inertia[2] * (rate - angular_velocity[2]) / max(0.05, 2.0 * dt)
