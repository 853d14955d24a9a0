"""Forces on one person or animal on its feet: legs that carry it, push it towards a demanded velocity, keep it upright.

Until it is struck a walker's body is moved by these forces only; once struck it is a free body that is thrown, tumbles
and slides, and whose legs give way: a rigid box would go on standing on its base. Its legs are a critically damped
spring to the ground; the horizontal force is bounded by its acceleration limit and by friction; a torque keeps it
upright and turns it to where it goes.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.mechanics import GRAVITY
from simengine.core.space.geometry import wrap_angle
from simengine.physics.feet.strides import STRIDE_TIME, TURN_FROM, climb_rate, lift_acceleration, turned_rate

_UPRIGHT_RATE = 2.0 * math.pi * 3.0  # of the posture [rad/s]
# A struck walker: a person of 1.8 m then falls from standing within about 0.8 s, as an inverted pendulum does.
_GIVES_WAY = 1.0  # torque over that with which half the base would hold the body up
_LEANS, _LIES = 0.34, 0.17  # cosines of the tilts from which that torque fades, and is gone: 70° and 80°
_FEET_NEAR = 0.3  # height of the base's middle above the ground up to which feet are on it [m]
_FLIES = 1.0  # angular velocity from which a body whose feet are higher tumbles through the air [rad/s]
_TILTED, _TURNING, _MOVING = 0.1, 0.5, 0.1  # from which tilt [rad], [rad/s] and [m/s] it falls that way
# Limbs take the energy of tumbling along the ground: what turns faster than in a fall is slowed.
_ROLLS, _TUMBLING, _LIMP = 0.6, 4.0, 4.0  # height of the body over its own until which it does, [rad/s], [1/s]
_DRAGGED = 1.0  # speed from which feet on the ground stay behind the body [m/s]
_LONG = 2.0  # length over width from which a body falls on its side


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


@njit(cache=True, _nrt=False)
def give_way(chassis: np.void, body: np.void, rotation: NDArray[np.float64], ground_height: float) -> None:
    """Set the torque that lays a struck walker down whose legs no longer hold it.

    It falls on the way it turns, as onto a bonnet; else the way it is pushed with its feet on the ground, as before a
    bus; else the way it leans.

    Args:
        chassis: What the body is.
        body: Its motion.
        rotation: World from body. Shape (3, 3).
        ground_height: Of the ground below the feet [m].
    """
    for i in range(3):
        body.force[i] = body.torque[i] = 0.0
    ux, uy, uz = rotation[0, 2], rotation[1, 2], rotation[2, 2]
    omega, velocity = body.angular_velocity, body.velocity
    if body.position[2] - ground_height < _ROLLS * chassis.height:
        rate = math.sqrt(omega[0] * omega[0] + omega[1] * omega[1])
        limp = _LIMP * max(chassis.inertia[0], chassis.inertia[1]) * max(0.0, 1.0 - _TUMBLING / max(1e-9, rate))
        body.torque[0], body.torque[1] = -limp * omega[0], -limp * omega[1]
    near = body.position[2] - uz * chassis.cog_height - ground_height < _FEET_NEAR
    stands = near or omega[0] * omega[0] + omega[1] * omega[1] + omega[2] * omega[2] < _FLIES * _FLIES
    body.acts = True
    if uz <= _LIES or not stands:
        return
    dx, dy = rotation[0, 0], rotation[1, 0]
    speed = math.sqrt(velocity[0] * velocity[0] + velocity[1] * velocity[1])
    if omega[0] * omega[0] + omega[1] * omega[1] > _TURNING * _TURNING:
        dx, dy = omega[1], -omega[0]
    elif near and speed > _DRAGGED:
        dx, dy = velocity[0], velocity[1]
    elif ux * ux + uy * uy > _TILTED * _TILTED:
        dx, dy = ux, uy
    elif speed > _MOVING:
        dx, dy = velocity[0], velocity[1]
    if chassis.length > _LONG * chassis.width:
        side = 1.0 if dx * rotation[0, 1] + dy * rotation[1, 1] >= 0.0 else -1.0
        dx, dy = side * rotation[0, 1], side * rotation[1, 1]
    size = math.sqrt(dx * dx + dy * dy)
    dx, dy = dx / size, dy / size
    base = 0.5 * chassis.length * abs(dx * rotation[0, 0] + dy * rotation[1, 0])
    base += 0.5 * chassis.width * abs(dx * rotation[0, 1] + dy * rotation[1, 1])
    torque = _GIVES_WAY * chassis.mass * GRAVITY * base * min(1.0, (uz - _LIES) / (_LEANS - _LIES))
    body.torque[0] -= torque * dy
    body.torque[1] += torque * dx
