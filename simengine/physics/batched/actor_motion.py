"""How an actor of the batched physics moves during a tick as if it were alone, by its kind of mobility."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.mechanics import GRAVITY
from simengine.core.space.geometry import yaw_from_quaternion
from simengine.core.state import ActorTable, Behavior, Controls, Mobility, WorldState
from simengine.physics.contact.ground_pose import is_fallen, slope_ahead, support_depth, tilt
from simengine.physics.feet.strides import gait_advance
from simengine.physics.vehicle import planar_motion
from simengine.physics.vehicle.chassis import CLEARANCE
from simengine.physics.vehicle.four_wheels import advance_on_wheels
from simengine.physics.vehicle.ridden_motion import braked_friction, move_ridden
from simengine.physics.vehicle.riding import hardest_riding, steepest_riding
from simengine.physics.vehicle.slippery_patches import RoadFriction, friction_at
from simengine.physics.vehicle.tire import burst_rolling, burst_stiffness
from simengine.physics.vehicle.vehicle_models import PlanarMotion, SingleTrack, advance_steering
from simengine.physics.vehicle.wheels import HOLD_DEMAND, HOLD_SPEED

_WHEELED, _WALKER, _DIFFERENTIAL = int(Mobility.WHEELED), int(Mobility.WALKER), int(Mobility.DIFFERENTIAL)
_PARKED = int(Behavior.PARKED)


@njit(cache=True, _nrt=False)
def _feel_road(
    actors: ActorTable,
    road: RoadFriction,
    e: int,
    a: int,
    motion: PlanarMotion,
    grip: NDArray[np.float64],
    burst: NDArray[np.bool_],
    wheels: NDArray[np.void],
) -> None:
    """Write friction and burst tires of a vehicle into its wheels.

    Args:
        actors: What the actors are.
        road: The ground.
        e, a: Which vehicle.
        motion: Where it is.
        grip: Friction factor of each tire. Shape (4,).
        burst: Tires without air. Shape (4,).
        wheels: `road` and `burst` are written. Shape (4,).
    """
    half = 0.5 * actors.track_width[e, a]
    cosine, sine = math.cos(motion.yaw), math.sin(motion.yaw)
    for w in range(4):
        ahead = actors.front_axle[e, a] if w < 2 else -actors.rear_axle[e, a]
        left = half if w % 2 == 0 else -half
        x, y = motion.x + ahead * cosine - left * sine, motion.y + ahead * sine + left * cosine
        wheels[w].road = friction_at(x, y, road.base[e], road.patches, e) * grip[w]
        wheels[w].burst = burst[w]


@njit(cache=True, _nrt=False)
def _single_track(actors: ActorTable, e: int, a: int, front_burst: float, rear_burst: float) -> SingleTrack:
    """Return an actor as a single track of whose axles' tires a share, 0 to 1, is burst."""
    return SingleTrack(
        actors.mass[e, a],
        actors.yaw_inertia[e, a],
        actors.front_axle[e, a],
        actors.rear_axle[e, a],
        actors.cog_height[e, a],
        burst_stiffness(actors.front_stiffness[e, a], front_burst),
        burst_stiffness(actors.rear_stiffness[e, a], rear_burst),
    )


@njit(cache=True, _nrt=False)
def move_actor(
    actors: ActorTable,
    before: WorldState,
    controls: Controls,
    road: RoadFriction,
    kinematic: bool,
    step: float,
    e: int,
    a: int,
    after: WorldState,
    body: np.void,
    wheels: NDArray[np.void],
) -> None:
    """Advance one actor for a tick as if it were alone.

    Args:
        actors: What the actors are.
        before: The state before the tick.
        controls: What is asked of them.
        road: The ground.
        kinematic: Roll vehicles without slip.
        step: [s].
        e, a: Which actor.
        after: Steering, drive and gait are written.
        body: Of `PLANAR_BODY`; written: where its box and its center of mass are, and how it moves.
        wheels: Scratch of `four_wheels`. Shape (4,).
    """
    q = before.orientation[e, a]
    yaw = yaw_from_quaternion(q[0], q[1], q[2], q[3])
    x, y = before.position[e, a, 0], before.position[e, a, 1]
    vx, vy = before.velocity[e, a, 0], before.velocity[e, a, 1]
    yaw_rate = before.angular_velocity[e, a, 2]
    mobility = actors.mobility[e, a]
    cosine, sine = math.cos(yaw), math.sin(yaw)
    offset = actors.cog_offset[e, a]
    x, y = x + offset * cosine, y + offset * sine
    vx, vy = vx - yaw_rate * offset * sine, vy + yaw_rate * offset * cosine
    forward, leftward = vx * cosine + vy * sine, -vx * sine + vy * cosine
    motion = PlanarMotion(x, y, yaw, forward, leftward, yaw_rate)
    friction = friction_at(x, y, road.base[e], road.patches, e)
    slope = slope_ahead(before, e, a)
    level = 1.0 / math.sqrt(1.0 + slope * slope)  # how much shorter ways along the ground are in plan view
    if before.replayed[e, a]:
        pass  # its pose is that of the tick to come
    elif mobility == _WHEELED:
        grip, burst = before.tire_grip[e, a], before.tire_burst[e, a]
        front, rear = 0.5 * friction * (grip[0] + grip[1]), 0.5 * friction * (grip[2] + grip[3])
        ridden, steepest, most = actors.track_width[e, a] == 0.0, actors.max_steering[e, a], math.inf
        if ridden:
            wheelbase = actors.front_axle[e, a] + actors.rear_axle[e, a]
            steepest = steepest_riding(forward, front, wheelbase, steepest)
        steering = advance_steering(
            before.steering[e, a], controls.steering[e, a], steepest, actors.max_steering_rate[e, a], step
        )
        if ridden:
            most = hardest_riding(
                forward * forward * math.tan(steering) / wheelbase,
                front,
                actors.front_axle[e, a],
                actors.cog_height[e, a],
            )
        demand = min(actors.max_acceleration[e, a], max(-actors.max_deceleration[e, a], controls.acceleration[e, a]))
        drive = planar_motion.lag(before.drive[e, a], demand, step)
        holding = actors.behavior[e, a] == _PARKED or (abs(forward) < HOLD_SPEED and demand < HOLD_DEMAND)
        after.steering[e, a], after.drive[e, a] = steering, drive
        middle = 0.5 * (steering + before.steering[e, a])
        if not ridden and not kinematic:
            _feel_road(actors, road, e, a, motion, grip, burst, wheels)
            push = planar_motion.outer_push(forward / level, slope, actors.mass[e, a], actors.drag[e, a])
            x, y, yaw, forward, leftward, yaw_rate = advance_on_wheels(
                actors, e, a, motion, middle, drive, holding, push, level, road.sliding[e], wheels, step
            )
            if forward == 0.0 and abs(leftward) < 1e-6 and abs(yaw_rate) < 1e-6:
                leftward = yaw_rate = 0.0
        else:
            front_burst = (0.5 if burst[0] else 0.0) + (0.5 if burst[1] else 0.0)
            rear_burst = (0.5 if burst[2] else 0.0) + (0.5 if burst[3] else 0.0)
            track = _single_track(actors, e, a, front_burst, rear_burst)
            rolling = burst_rolling(
                actors.rolling_resistance[e, a],
                front_burst,
                rear_burst,
                actors.front_axle[e, a],
                actors.rear_axle[e, a],
                actors.cog_height[e, a],
            )
            whole = braked_friction(
                0.5 * (front + rear), actors.front_axle[e, a], actors.rear_axle[e, a], actors.cog_height[e, a]
            )
            powertrain = planar_motion.Powertrain(
                actors.mass[e, a],
                min(most, actors.max_acceleration[e, a]),
                min(most, actors.max_deceleration[e, a]),
                actors.power[e, a],
                actors.drag[e, a],
                rolling,
                actors.max_speed[e, a],
            )
            pull, push = planar_motion.longitudinal_acceleration(
                drive, holding, forward / level, slope, powertrain, whole, step
            )
            pull, push = level * pull, level * push
            if kinematic:
                x, y, yaw, forward, leftward, yaw_rate = planar_motion.move_wheeled(
                    motion, middle, pull, push, kinematic, track, front, rear, step
                )
            else:
                x, y, yaw, forward, leftward, yaw_rate = move_ridden(
                    motion, middle, pull, push, track, front, rear, step
                )
        cosine, sine = math.cos(yaw), math.sin(yaw)
        vx, vy = forward * cosine - leftward * sine, forward * sine + leftward * cosine
    elif mobility == _DIFFERENTIAL:
        limits = planar_motion.MotorLimits(
            actors.max_acceleration[e, a], actors.max_deceleration[e, a], actors.max_speed[e, a]
        )
        x, y, yaw, forward, leftward, yaw_rate = planar_motion.move_differential(
            motion,
            level * controls.velocity[e, a, 0],
            controls.velocity[e, a, 1],
            limits,
            actors.track_width[e, a],
            friction,
            step,
        )
        cosine, sine = math.cos(yaw), math.sin(yaw)
        vx, vy = forward * cosine - leftward * sine, forward * sine + leftward * cosine
    elif mobility == _WALKER and not is_fallen(before, e, a):
        x, y, yaw, vx, vy, yaw_rate = planar_motion.move_walker(
            x,
            y,
            yaw,
            vx,
            vy,
            yaw_rate,
            controls.velocity[e, a, 0],
            controls.velocity[e, a, 1],
            min(actors.max_acceleration[e, a], friction * GRAVITY),
            actors.max_speed[e, a],
            step,
        )
        after.gait_phase[e, a] += gait_advance(
            actors.kind[e, a], actors.length[e, a], actors.height[e, a], vx, vy, step
        )
    else:
        x, y, yaw = x + vx * step, y + vy * step, yaw + yaw_rate * step
    body.center_x, body.center_y = x, y
    body.vx, body.vy, body.yaw_rate = vx, vy, yaw_rate
    cosine, sine = math.cos(yaw), math.sin(yaw)
    body.x, body.y, body.yaw = x - offset * cosine, y - offset * sine, yaw
    body.length, body.width = actors.length[e, a], actors.width[e, a]
    support = support_depth(actors, before, e, a)
    body.slope_x = body.slope_y = 0.0
    if mobility in (_WHEELED, _DIFFERENTIAL):
        support = 0.5 * actors.height[e, a]
        body.slope_x, body.slope_y = tilt(before, e, a)
    body.low, body.high = before.position[e, a, 2] - support, before.position[e, a, 2] + support
    if mobility in (_WHEELED, _DIFFERENTIAL):  # what lies between the wheels is passed over
        body.low += min(CLEARANCE * actors.wheel_radius[e, a], 0.5 * actors.height[e, a])
