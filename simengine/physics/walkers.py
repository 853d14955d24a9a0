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
from simengine.core.gravity import GRAVITY
from simengine.physics.strides import STRIDE_TIME, TURN_FROM, climb_rate, lift_acceleration, turned_rate

_UPRIGHT_RATE = 2.0 * math.pi * 3.0  # of the posture [rad/s]


@njit(cache=True, _nrt=False)
def walker_forces(
    chassis: np.void, body: np.void, rotation: NDArray[np.float64], ground: NDArray[np.float64], dt: float
) -> None:
    """Set the resultant of the forces on a walker's body.

    Args:
        chassis: What the body is.
        body: Its motion and the velocity asked of it.
        rotation: World from body. Shape (3, 3).
        ground: Sample below the feet: height [m], normal, µ. Shape (10,).
        dt: [s].
    """
    mass, max_speed, inertia = chassis.mass, chassis.max_speed, chassis.inertia
    velocity, angular_velocity, force, torque = body.velocity, body.angular_velocity, body.force, body.torque
    demand_x, demand_y = body.demand_velocity[0], body.demand_velocity[1]
    climb = climb_rate(velocity[0], velocity[1], -ground[1] / ground[3], -ground[2] / ground[3])
    compression = ground[0] + chassis.cog_height - body.position[2]
    force[2] = mass * (GRAVITY + lift_acceleration(compression, climb, velocity[2]))
    wanted = math.sqrt(demand_x * demand_x + demand_y * demand_y)
    if wanted > max_speed:
        demand_x, demand_y = demand_x * max_speed / wanted, demand_y * max_speed / wanted
    pull = mass / max(STRIDE_TIME, 2.0 * dt)
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
    aside = 0.0
    if wanted > TURN_FROM:
        aside = wrap_angle(math.atan2(demand_y, demand_x) - math.atan2(rotation[1, 0], rotation[0, 0]))
    torque[2] = inertia[2] * (turned_rate(aside, angular_velocity[2], dt) - angular_velocity[2]) / dt
