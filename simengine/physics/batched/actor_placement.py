"""Where an actor of the batched physics is after a tick: on the ground, falling or sliding, and how its wheels roll."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import quaternion_from_euler, rotate
from simengine.core.state import ActorTable, Mobility, WorldState
from simengine.physics.contact.ground_pose import (
    fall_over,
    ground_under,
    is_fallen,
    rest_height,
    slope_ahead,
    stand,
    support_depth,
    turn_by,
)
from simengine.physics.contact.lift import lift_over_loads
from simengine.physics.feet.strides import climb_rate, gait_advance, lift_acceleration
from simengine.physics.materials import SLIDING_SHARE
from simengine.physics.vehicle.lamp_switches import replayed_pedal
from simengine.physics.vehicle.planar_motion import move_free
from simengine.physics.vehicle.slippery_patches import RoadFriction, friction_at
from simengine.physics.vehicle.wheels import REPLAY_STEER_FROM, replayed_steering
from simengine.road.network.network import LaneArrays

_WHEELED, _WALKER, _FREE, _DIFFERENTIAL = (
    int(Mobility.WHEELED), int(Mobility.WALKER), int(Mobility.FREE), int(Mobility.DIFFERENTIAL)
)  # fmt: skip
_FALL_SPEED = 1.5  # change of velocity in a blow that a person does not stay standing through [m/s]
_FALL_RATE = 3.0  # angular velocity of a falling body: 90° in half a second [rad/s]


@njit(cache=True, _nrt=False)
def carry_actor(actors: ActorTable, before: WorldState, step: float, e: int, a: int, after: WorldState) -> None:
    """Write what follows from a replayed actor's given motion: drive, steering, wheels, gait."""
    q, velocity = before.orientation[e, a], before.velocity[e, a]
    ahead_x, ahead_y, ahead_z = rotate(q[0], q[1], q[2], q[3], 1.0, 0.0, 0.0)
    forward = velocity[0] * ahead_x + velocity[1] * ahead_y + velocity[2] * ahead_z
    change = before.acceleration[e, a]
    along = change[0] * ahead_x + change[1] * ahead_y + change[2] * ahead_z
    after.drive[e, a] = replayed_pedal(before.drive[e, a], along, forward, step)
    mobility = actors.mobility[e, a]
    if mobility == _WHEELED and abs(forward) > REPLAY_STEER_FROM:
        wheelbase = actors.front_axle[e, a] + actors.rear_axle[e, a]
        after.steering[e, a] = replayed_steering(
            wheelbase, before.angular_velocity[e, a, 2], forward, actors.max_steering[e, a]
        )
    elif mobility == _WALKER:
        after.gait_phase[e, a] += gait_advance(
            actors.kind[e, a], actors.length[e, a], actors.height[e, a], velocity[0], velocity[1], step
        )
    _spin_wheels(actors, e, a, forward, before.angular_velocity[e, a, 2], step, after)


@njit(cache=True, _nrt=False)
def place_actor(
    actors: ActorTable,
    before: WorldState,
    road: RoadFriction,
    lanes: LaneArrays,
    loads: bool,
    step: float,
    e: int,
    a: int,
    body: np.void,
    scratch: NDArray[np.float64],
    after: WorldState,
) -> None:
    """Write an actor's pose and velocity after the tick: on the ground, falling, or sliding on it.

    Args:
        actors: What the actors are.
        before: The state before the tick.
        road: Friction of the ground.
        lanes: Its elevation.
        loads: Whether any lie in the world.
        step: [s].
        e, a: Which actor.
        body: Of `PLANAR_BODY`: where it comes to be, and how it moves after the contacts.
        scratch: Of `lift`. Shape (3, 10).
        after: Written.
    """
    x, y, yaw = body.x, body.y, body.yaw
    vx, vy, yaw_rate = body.vx, body.vy, body.yaw_rate
    offset = actors.cog_offset[e, a]
    vx, vy = vx + yaw_rate * offset * math.sin(yaw), vy - yaw_rate * offset * math.cos(yaw)
    z = before.position[e, a, 2]
    mobility = actors.mobility[e, a]
    struck_x, struck_y = body.vx - body.free_vx, body.vy - body.free_vy  # change of velocity that contacts made [m/s]
    blow = math.sqrt(struck_x * struck_x + struck_y * struck_y)
    height, slope_x, slope_y = ground_under(lanes, x, y, z)
    fallen = mobility == _WALKER and is_fallen(before, e, a)
    vz = 0.0
    if mobility == _FREE or fallen:
        if fallen:
            fall_over(after, e, a, step)
        support = support_depth(actors, after, e, a)
        friction = SLIDING_SHARE * road.sliding[e] * friction_at(x, y, road.base[e], road.patches, e)
        radius = math.sqrt(actors.yaw_inertia[e, a] / actors.mass[e, a])
        vx, vy, vz, yaw_rate, clearance = move_free(
            vx, vy, before.velocity[e, a, 2], yaw_rate, max(0.0, z - support - height), friction, radius, step
        )
        z = height + support + clearance
        if not fallen:
            turn_by(after, e, a, body.yaw_rate * step)
        after.angular_velocity[e, a, 2] = 0.0 if fallen else yaw_rate
    elif mobility == _WALKER:
        vz = before.velocity[e, a, 2]
        compression = height + 0.5 * actors.height[e, a] - z
        lift = lift_acceleration(compression, climb_rate(vx, vy, slope_x, slope_y), vz)
        z += (vz + 0.5 * lift * step) * step
        vz += lift * step
        w, qx, qy, qz = quaternion_from_euler(0.0, 0.0, yaw)
        after.orientation[e, a, 0], after.orientation[e, a, 1] = w, 0.0
        after.orientation[e, a, 2], after.orientation[e, a, 3] = 0.0, qz
        after.angular_velocity[e, a, 2] = yaw_rate
        if blow > _FALL_SPEED:
            after.angular_velocity[e, a, 0] = -struck_y / blow * _FALL_RATE
            after.angular_velocity[e, a, 1] = struck_x / blow * _FALL_RATE
    else:
        heave, climb = 0.0, 0.0
        if loads:
            heave, climb, ahead, left = lift_over_loads(
                actors, before, lanes, step, e, a, x, y, yaw, after.steering[e, a], height, scratch
            )
            cosine, sine = math.cos(yaw), math.sin(yaw)
            slope_x, slope_y = slope_x + ahead * cosine - left * sine, slope_y + ahead * sine + left * cosine
        stand(after, e, a, yaw, slope_x, slope_y)
        slope, rise = slope_ahead(before, e, a), slope_ahead(after, e, a)
        kept = math.sqrt((1.0 + slope * slope) / (1.0 + rise * rise))  # the speed along the ground is what goes on
        vx, vy = vx * kept, vy * kept
        z = height + rest_height(actors, e, a, slope_x, slope_y) + heave
        vz = vx * slope_x + vy * slope_y + climb
        after.angular_velocity[e, a, 0] = after.angular_velocity[e, a, 1] = 0.0
        after.angular_velocity[e, a, 2] = yaw_rate
        forward = (vx * math.cos(yaw) + vy * math.sin(yaw)) * math.sqrt(1.0 + rise * rise)
        _spin_wheels(actors, e, a, forward, yaw_rate, step, after)
    after.position[e, a, 0], after.position[e, a, 1], after.position[e, a, 2] = x, y, z
    after.velocity[e, a, 0], after.velocity[e, a, 1], after.velocity[e, a, 2] = vx, vy, vz
    for k in range(3):
        after.acceleration[e, a, k] = (after.velocity[e, a, k] - before.velocity[e, a, k]) / step


@njit(cache=True, _nrt=False)
def _spin_wheels(
    actors: ActorTable, e: int, a: int, forward: float, yaw_rate: float, step: float, after: WorldState
) -> None:
    """Roll the wheels without slip: front left and right, rear left and right; a robot's driven wheels come first.

    Args:
        actors: What the actors are.
        e, a: Which actor.
        forward: Velocity along the body [m/s].
        yaw_rate: [rad/s].
        step: [s].
        after: Speed and rotation of the wheels are written; the steering is read.
    """
    radius = actors.wheel_radius[e, a]
    if radius <= 0.0:
        return
    half = 0.5 * actors.track_width[e, a]
    for wheel in range(4):
        speed = forward + (-half if wheel % 2 == 0 else half) * yaw_rate
        if wheel >= 2 and actors.mobility[e, a] == _DIFFERENTIAL:
            speed = forward  # casters
        if wheel < 2 and actors.mobility[e, a] == _WHEELED:
            speed /= max(0.3, math.cos(after.steering[e, a]))
        after.wheel_speed[e, a, wheel] = speed / radius
        after.wheel_rotation[e, a, wheel] += speed / radius * step
