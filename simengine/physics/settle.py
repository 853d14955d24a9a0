"""Actors set on the ground so that they rest: on springs and bristles, on their feet, or not below it."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.geometry import quaternion_from_euler, rotation_matrix, yaw_from_quaternion
from simengine.core.state import ActorTable, Mobility, WorldState
from simengine.physics.backend import FrictionPatches
from simengine.physics.bodies import Bodies, body_from_box, box_from_body
from simengine.physics.chassis import Chassis
from simengine.physics.forces import sample_ground
from simengine.physics.suspension import (
    CONTACT_COLUMNS,
    FRICTION,
    GROUND_COLUMNS,
    LOAD,
    ground_frame,
    holding_force,
    settle_step,
    start_pose,
    touch_ground,
)
from simengine.physics.tyre import holding_deflection
from simengine.physics.wheels import HOLD_SPEED, ackermann
from simengine.road.network import LaneArrays
from simengine.road.projection import ground_at

_WALKER, _FREE, _DIFFERENTIAL = int(Mobility.WALKER), int(Mobility.FREE), int(Mobility.DIFFERENTIAL)
_ROUNDS = 60
_SETTLED = 1e-13  # correction of heave [m] and angles [rad] below which a body is settled


@njit(cache=True)
def enter_actor(
    a: int, state: WorldState, ahead: float, actors: ActorTable, chassis: Chassis, lanes: LaneArrays,
    base_friction: float, patches: FrictionPatches, bodies: Bodies, out: WorldState,
) -> None:
    """Take an actor over from world 0 of a state, set it on the ground, and write it into `out`.

    Wheels are put on their springs (see `settle_wheels`), a walker on its feet; a free body is only lifted where it
    would be under the ground.

    Args:
        a: Actor.
        state: Its pose and motion, and the grip of its tyres.
        ahead: How far in time its pose is ahead of its entry [s].
        actors: What the actors are.
        chassis: What follows for their bodies.
        lanes: The ground.
        base_friction: µ of the weather.
        patches: Slippery discs.
        bodies: Written.
        out: Written.
    """
    body_from_box(state, chassis, a, bodies)
    mobility, position, q = actors.mobility[0, a], bodies.position[a], bodies.orientation[a]
    for i in range(3):
        position[i] -= ahead * bodies.velocity[a, i]
    if mobility == _FREE:
        offset = chassis.box_offset[a, 2]
        height, _, _, _ = ground_at(lanes, position[0], position[1], position[2])
        reach = lowest_corner(actors.length[0, a], actors.width[0, a], actors.height[0, a], q)
        up = 1.0 - 2.0 * (q[1] * q[1] + q[2] * q[2])
        position[2] = max(position[2], height + reach - up * offset)
    elif mobility == _WALKER:
        height, _, _, _ = ground_at(lanes, position[0], position[1], position[2] - actors.cog_height[0, a])
        position[2] = height + actors.cog_height[0, a]
        q[0], q[1], q[2], q[3] = quaternion_from_euler(0.0, 0.0, yaw_from_quaternion(q[0], q[1], q[2], q[3]))
    else:
        settle_wheels(a, actors, chassis, lanes, base_friction, patches, state.tyre_grip[0, a], bodies)
    box_from_body(bodies, chassis, a, out.position[0, a], out.velocity[0, a])
    for i in range(4):
        out.orientation[0, a, i] = q[i]
        out.wheel_speed[0, a, i] = bodies.spin[a, i]
        out.tyre_deflection[0, a, i, 0] = bodies.deflection[a, i, 0]
        out.tyre_deflection[0, a, i, 1] = bodies.deflection[a, i, 1]


@njit(cache=True)
def settle_wheels(
    a: int, actors: ActorTable, chassis: Chassis, lanes: LaneArrays, base_friction: float, patches: FrictionPatches,
    grip: NDArray[np.float64], bodies: Bodies,
) -> None:
    """Put a wheeled actor or robot on its springs where it stands: plan position of its box centre and yaw are kept.

    A body at rest is in full equilibrium, bristles included; one that moves rolls freely along its heading, its wheels
    turning at road speed.

    Args:
        a: Actor, of world 0.
        actors: What the actors are.
        chassis: What follows for their bodies.
        lanes: The ground.
        base_friction: µ of the weather.
        patches: Slippery discs.
        grip: Friction factor of the actor's tyres. Shape (4,).
        bodies: Written.
    """
    mass, position, orientation = actors.mass[0, a], bodies.position[a], bodies.orientation[a]
    rotation = np.empty((3, 3))
    ground = np.empty((4, GROUND_COLUMNS))
    contact = np.zeros((4, CONTACT_COLUMNS))
    velocity = bodies.velocity[a]
    two_wheeler = actors.track_width[0, a] == 0.0
    offset = chassis.box_offset[a]
    rotation_matrix(orientation[0], orientation[1], orientation[2], orientation[3], rotation)
    x = position[0] + rotation[0, 0] * offset[0] + rotation[0, 1] * offset[1] + rotation[0, 2] * offset[2]
    y = position[1] + rotation[1, 0] * offset[0] + rotation[1, 1] * offset[1] + rotation[1, 2] * offset[2]
    yaw = yaw_from_quaternion(orientation[0], orientation[1], orientation[2], orientation[3])
    height, nx, ny, nz = ground_at(lanes, x, y, position[2] - actors.cog_height[0, a])
    orientation[0], orientation[1], orientation[2], orientation[3] = start_pose(yaw, two_wheeler, nx, ny, nz)
    rotation_matrix(orientation[0], orientation[1], orientation[2], orientation[3], rotation)
    position[2] = height + rotation[2, 2] * actors.cog_height[0, a]
    forward = velocity[0] * rotation[0, 0] + velocity[1] * rotation[1, 0] + velocity[2] * rotation[2, 0]
    held = abs(forward) < HOLD_SPEED
    for _ in range(_ROUNDS):
        rotation_matrix(orientation[0], orientation[1], orientation[2], orientation[3], rotation)
        position[0] = x - rotation[0, 0] * offset[0] - rotation[0, 1] * offset[1] - rotation[0, 2] * offset[2]
        position[1] = y - rotation[1, 0] * offset[0] - rotation[1, 1] * offset[1] - rotation[1, 2] * offset[2]
        sample_ground(a, chassis, position, rotation, lanes, base_friction, patches, grip, ground)
        moved = settle_step(
            a, mass, two_wheeler, chassis, position, orientation, held, ground, rotation, contact
        )
        if moved < _SETTLED:
            break
    # Velocity along the ground where it was given in plan view.
    if not held:
        velocity[2] = -(velocity[0] * nx + velocity[1] * ny) / nz
    rotation_matrix(orientation[0], orientation[1], orientation[2], orientation[3], rotation)
    zero = np.zeros(3)
    total = touch_ground(a, chassis, position, rotation, zero, zero, ground, contact)
    robot = actors.mobility[0, a] == _DIFFERENTIAL
    driven = contact[0, LOAD] + contact[1, LOAD] if robot else total
    tangent = math.tan(bodies.actuator[a, 0])
    wheelbase = actors.front_axle[0, a] + actors.rear_axle[0, a]
    for w in range(4):
        load = contact[w, LOAD]
        bodies.spin[a, w] = forward / actors.wheel_radius[0, a]
        bodies.deflection[a, w, 0] = bodies.deflection[a, w, 1] = 0.0
        if load <= 0.0 or (robot and w >= 2):
            continue
        if held:
            bodies.spin[a, w] = 0.0
        fx, fy, fz = holding_force(mass, held, rotation, contact, w, load / driven)
        cosine, sine = 1.0, 0.0
        if not robot:
            cosine, sine = ackermann(tangent, chassis.contact[a, w, 0], chassis.contact[a, w, 1], wheelbase)
        ex, ey, ez, sx, sy, sz = ground_frame(contact, w, rotation, cosine, sine)
        bodies.deflection[a, w, 0], bodies.deflection[a, w, 1] = holding_deflection(
            fx * ex + fy * ey + fz * ez, fx * sx + fy * sy + fz * sz, load, contact[w, FRICTION],
            actors.cornering_stiffness[0, a], chassis.relaxation[a],
        )  # fmt: skip


@njit(cache=True)
def lowest_corner(length: float, width: float, height: float, orientation: NDArray[np.float64]) -> float:
    """Return how far a box reaches below its centre [m]."""
    w, x, y, z = orientation[0], orientation[1], orientation[2], orientation[3]
    return 0.5 * (
        abs(2.0 * (x * z - w * y)) * length
        + abs(2.0 * (y * z + w * x)) * width
        + abs(1.0 - 2.0 * (x * x + y * y)) * height
    )
