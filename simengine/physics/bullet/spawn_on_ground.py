"""Actors set on the ground so that they rest: on springs and bristles, on their feet, or not below it."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import box_reach, quaternion_from_euler, rotation_matrix, yaw_from_quaternion
from simengine.core.state import Mobility
from simengine.physics.backend import FrictionPatches
from simengine.physics.bullet.bodies import body_from_box, box_from_body
from simengine.physics.bullet.forces import sample_ground
from simengine.physics.contact.footing import CurbGrid
from simengine.physics.vehicle.suspension import (
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
from simengine.physics.vehicle.tire import holding_deflection
from simengine.physics.vehicle.wheels import HOLD_SPEED, ackermann
from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import ground_at

_WALKER, _FREE, _DIFFERENTIAL = int(Mobility.WALKER), int(Mobility.FREE), int(Mobility.DIFFERENTIAL)
_ROUNDS = 60
_SETTLED = 1e-13  # correction of heave [m] and angles [rad] below which a body is settled


@njit(cache=True, _nrt=False)
def enter_world(
    chassis: NDArray[np.void],
    bodies: NDArray[np.void],
    a: int,
    ahead: float,
    lanes: LaneArrays,
    curbs: CurbGrid,
    base_friction: float,
    patches: FrictionPatches,
) -> None:
    """Make an actor dynamic, set on the ground, from the motion of its box center.

    Wheels are put on their springs (see `_settle_wheels`), a walker on its feet; a free body is only lifted where it
    would be under the ground.

    Args:
        chassis: What the bodies are. Shape (num_actors,).
        bodies: Their motion. Shape (num_actors,).
        a: Actor.
        ahead: How far in time its pose is ahead of its entry [s].
        lanes: The ground.
        curbs: Where its curbs are.
        base_friction: µ of the weather.
        patches: Slippery discs.
    """
    own, body = chassis[a], bodies[a]
    body_from_box(own, body)
    position, q = body.position, body.orientation
    for i in range(3):
        position[i] -= ahead * body.velocity[i]
    if own.mobility == _FREE:
        height = ground_at(lanes, position[0], position[1], position[2])[0]
        up = 1.0 - 2.0 * (q[1] * q[1] + q[2] * q[2])
        reach = box_reach(q[0], q[1], q[2], q[3], own.length, own.width, own.height)
        position[2] = max(position[2], height + reach - up * own.box_offset[2])
    elif own.mobility == _WALKER:
        height = ground_at(lanes, position[0], position[1], position[2] - own.cog_height)[0]
        position[2] = height + own.cog_height
        q[0], q[1], q[2], q[3] = quaternion_from_euler(0.0, 0.0, yaw_from_quaternion(q[0], q[1], q[2], q[3]))
    else:
        _settle_wheels(own, body, lanes, curbs, base_friction, patches)
    box_from_body(own, body)
    for i in range(3):
        body.last_velocity[i] = body.box_velocity[i]
    body.dynamic, body.replayed, body.struck = True, False, False


@njit(cache=True, _nrt=True)
def _settle_wheels(
    chassis: np.void,
    body: np.void,
    lanes: LaneArrays,
    curbs: CurbGrid,
    base_friction: float,
    patches: FrictionPatches,
) -> None:
    """Put a wheeled actor or robot on its springs where it stands: plan position of its box center and yaw are kept.

    A body at rest is in full equilibrium, bristles included; one that moves rolls freely along its heading, its wheels
    turning at road speed.
    """
    position, orientation, offset = body.position, body.orientation, chassis.box_offset
    rotation = np.empty((3, 3))
    ground = np.empty((4, GROUND_COLUMNS))
    contact = np.zeros((4, CONTACT_COLUMNS))
    x, y = body.box_position[0], body.box_position[1]
    yaw = yaw_from_quaternion(orientation[0], orientation[1], orientation[2], orientation[3])
    height, nx, ny, nz = ground_at(lanes, x, y, position[2] - chassis.cog_height)
    orientation[0], orientation[1], orientation[2], orientation[3] = start_pose(
        yaw, chassis.track_width == 0.0, nx, ny, nz
    )
    rotation_matrix(orientation[0], orientation[1], orientation[2], orientation[3], rotation)
    position[2] = height + rotation[2, 2] * chassis.cog_height
    # Velocity along the ground where it was given in plan view.
    vx, vy, vz = body.velocity[0], body.velocity[1], -(body.velocity[0] * nx + body.velocity[1] * ny) / nz
    wx, wy, wz = body.angular_velocity[0], body.angular_velocity[1], body.angular_velocity[2]
    forward = vx * rotation[0, 0] + vy * rotation[1, 0] + vz * rotation[2, 0]
    held = abs(forward) < HOLD_SPEED
    for i in range(3):
        body.velocity[i] = body.angular_velocity[i] = 0.0
    for _ in range(_ROUNDS):
        rotation_matrix(orientation[0], orientation[1], orientation[2], orientation[3], rotation)
        for i in range(2):
            turned = rotation[i, 0] * offset[0] + rotation[i, 1] * offset[1] + rotation[i, 2] * offset[2]
            position[i] = (x if i == 0 else y) - turned
        sample_ground(chassis, body, rotation, lanes, curbs, base_friction, patches, ground)
        if settle_step(chassis, body, held, ground, rotation, contact) < _SETTLED:
            break
    rotation_matrix(orientation[0], orientation[1], orientation[2], orientation[3], rotation)
    total = touch_ground(chassis, body, rotation, ground, contact)
    _settle_bristles(chassis, body, held, forward, total, rotation, contact)
    body.velocity[0], body.velocity[1], body.velocity[2] = vx, vy, vz
    body.angular_velocity[0], body.angular_velocity[1], body.angular_velocity[2] = wx, wy, wz


@njit(cache=True, _nrt=False)
def _settle_bristles(
    chassis: np.void,
    body: np.void,
    held: bool,
    forward: float,
    total: float,
    rotation: NDArray[np.float64],
    contact: NDArray[np.float64],
) -> None:
    """Set wheel spin and the bristle deflections that keep a settled body from sliding.

    Args:
        chassis: What the body is.
        body: Spin and deflection are written.
        held: Whether its brakes are held.
        forward: Its speed [m/s].
        total: Sum of the wheels' loads [N].
        rotation: World from body. Shape (3, 3).
        contact: Where the wheels touch and how hard. Shape (4, 14).
    """
    robot = chassis.mobility == _DIFFERENTIAL
    driven = contact[0, LOAD] + contact[1, LOAD] if robot else total
    tangent = math.tan(body.steering)
    wheelbase = chassis.front_axle + chassis.rear_axle
    for w in range(4):
        load = contact[w, LOAD]
        body.spin[w] = forward / chassis.wheel_radius
        body.deflection[w, 0] = body.deflection[w, 1] = 0.0
        if load <= 0.0 or (robot and w >= 2):
            continue
        if held:
            body.spin[w] = 0.0
        fx, fy, fz = holding_force(chassis.mass, held, rotation, contact, w, load / driven)
        cosine, sine = 1.0, 0.0
        if not robot:
            cosine, sine = ackermann(tangent, chassis.contact[w, 0], chassis.contact[w, 1], wheelbase)
        ex, ey, ez, sx, sy, sz = ground_frame(contact, w, rotation, cosine, sine)
        body.deflection[w, 0], body.deflection[w, 1] = holding_deflection(
            fx * ex + fy * ey + fz * ez, fx * sx + fy * sy + fz * sz, load, contact[w, FRICTION],
            chassis.stiffness[w], chassis.relaxation,
        )  # fmt: skip
