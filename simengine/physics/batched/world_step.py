"""One tick of the batched physics, world by world: all move as if alone, contacts part them, the ground holds them."""

import math

import numpy as np
from numba import njit

from simengine.core.geometry import quaternion_from_euler, rotate, yaw_from_quaternion
from simengine.core.gravity import GRAVITY
from simengine.core.state import Behavior, Mobility
from simengine.physics.contact.contact_boxes import find_contacts, solve_contacts
from simengine.physics.contact.crush import has_bodywork
from simengine.physics.contact.lift import has_loads, lift_over_loads
from simengine.physics.contact.posture import (
    fall_over,
    ground_under,
    is_fallen,
    rest_height,
    slope_ahead,
    stand,
    support_depth,
    tilt,
    turn_by,
)
from simengine.physics.feet.strides import climb_rate, gait_advance, lift_acceleration
from simengine.physics.materials import SLIDING_SHARE
from simengine.physics.vehicle import planar_motion
from simengine.physics.vehicle.chassis import CLEARANCE
from simengine.physics.vehicle.four_wheels import BURST, ROAD, WHEEL_COLUMNS, advance_on_wheels
from simengine.physics.vehicle.lamp_switches import lit_lamps, replayed_pedal
from simengine.physics.vehicle.ridden_motion import braked_friction, move_ridden
from simengine.physics.vehicle.riding import hardest_riding, steepest_riding
from simengine.physics.vehicle.road_friction import friction_at
from simengine.physics.vehicle.tire import burst_rolling, burst_stiffness
from simengine.physics.vehicle.vehicle_models import advance_steering
from simengine.physics.vehicle.wheels import HOLD_DEMAND, HOLD_SPEED, REPLAY_STEER_FROM, replayed_steering

_WHEELED, _WALKER, _FREE, _DIFFERENTIAL = (
    int(Mobility.WHEELED), int(Mobility.WALKER), int(Mobility.FREE), int(Mobility.DIFFERENTIAL)
)  # fmt: skip
_PARKED = int(Behavior.PARKED)
_FALL_SPEED = 1.5  # change of velocity in a blow that a person does not stay standing through [m/s]
_FALL_RATE = 3.0  # angular velocity of a falling body: 90° in half a second [rad/s]


@njit(cache=True, _nrt=False)
def _feel_road(actors, base_friction, patches, e, a, x, y, cosine, sine, grip, burst, wheels):
    """Write µ and burst tires of a vehicle whose center of mass is at x, y [m] and yaw has that cosine and sine."""
    half = 0.5 * actors.track_width[e, a]
    for w in range(4):
        ahead = actors.front_axle[e, a] if w < 2 else -actors.rear_axle[e, a]
        left = half if w % 2 == 0 else -half
        road = friction_at(
            x + ahead * cosine - left * sine, y + ahead * sine + left * cosine, base_friction, patches, e
        )
        wheels[w, ROAD], wheels[w, BURST] = road * grip[w], 1.0 if burst[w] else 0.0


@njit(cache=True, _nrt=False)
def _move_actor(
    actors, before, controls, base_friction, sliding, patches, kinematic, step, e, a, after, center, twist, pose, wheels
):
    """Advance one actor for a tick as if it were alone, into `center`, `twist` and `pose` [rad] of its world.

    Columns: `center` x, y of the center of mass; `twist` its velocity and the yaw rate; `pose` is that of
    `find_contacts`. Steering, drive and gait go straight into `after`; `wheels` is scratch of `four_wheels`.
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
    friction = friction_at(x, y, base_friction, patches, e)
    slope = slope_ahead(before, e, a)
    level = 1.0 / math.sqrt(1.0 + slope * slope)  # how much shorter ways along the ground are in plan view
    if before.replayed[e, a]:
        pass  # its pose is that of the tick to come
    elif mobility == _WHEELED:
        grip, burst = before.tyre_grip[e, a], before.tyre_burst[e, a]
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
                forward * forward * math.tan(steering) / wheelbase, front, actors.front_axle[e, a],
                actors.cog_height[e, a],
            )
        demand = min(actors.max_acceleration[e, a], max(-actors.max_deceleration[e, a], controls.acceleration[e, a]))
        drive = planar_motion.lag(before.drive[e, a], demand, step)
        holding = actors.behavior[e, a] == _PARKED or (abs(forward) < HOLD_SPEED and demand < HOLD_DEMAND)
        after.steering[e, a], after.drive[e, a] = steering, drive
        middle = 0.5 * (steering + before.steering[e, a])
        if not ridden and not kinematic:
            _feel_road(actors, base_friction, patches, e, a, x, y, cosine, sine, grip, burst, wheels)
            x, y, yaw, forward, leftward, yaw_rate = advance_on_wheels(
                actors, e, a, x, y, yaw, forward, leftward, yaw_rate, middle, drive, holding,
                planar_motion.outer_push(forward / level, slope, actors.mass[e, a], actors.drag[e, a]), level, sliding,
                wheels, step,
            )
            if forward == 0.0 and abs(leftward) < 1e-6 and abs(yaw_rate) < 1e-6:
                leftward = yaw_rate = 0.0
        else:
            front_burst = (0.5 if burst[0] else 0.0) + (0.5 if burst[1] else 0.0)
            rear_burst = (0.5 if burst[2] else 0.0) + (0.5 if burst[3] else 0.0)
            front_soft = burst_stiffness(actors.front_stiffness[e, a], front_burst)
            rear_soft = burst_stiffness(actors.rear_stiffness[e, a], rear_burst)
            rolling = burst_rolling(
                actors.rolling_resistance[e, a], front_burst, rear_burst, actors.front_axle[e, a],
                actors.rear_axle[e, a], actors.cog_height[e, a],
            )
            whole = braked_friction(
                0.5 * (front + rear), actors.front_axle[e, a], actors.rear_axle[e, a], actors.cog_height[e, a]
            )
            pull, push = planar_motion.longitudinal_acceleration(
                drive, holding, forward / level, slope, actors.mass[e, a], min(most, actors.max_acceleration[e, a]),
                min(most, actors.max_deceleration[e, a]), actors.power[e, a], actors.drag[e, a],
                rolling, actors.max_speed[e, a], whole, step,
            )
            pull, push = level * pull, level * push
            if kinematic:
                x, y, yaw, forward, leftward, yaw_rate = planar_motion.move_wheeled(
                    x, y, yaw, forward, leftward, yaw_rate, middle, pull, push, kinematic,
                    actors.mass[e, a], actors.yaw_inertia[e, a], actors.front_axle[e, a], actors.rear_axle[e, a],
                    actors.cog_height[e, a], front_soft, rear_soft, front, rear,
                    step,
                )
            else:
                x, y, yaw, forward, leftward, yaw_rate = move_ridden(
                    x, y, yaw, forward, leftward, yaw_rate, middle, pull, push,
                    actors.mass[e, a], actors.yaw_inertia[e, a], actors.front_axle[e, a], actors.rear_axle[e, a],
                    actors.cog_height[e, a], front_soft, rear_soft, front, rear,
                    step,
                )
        cosine, sine = math.cos(yaw), math.sin(yaw)
        vx, vy = forward * cosine - leftward * sine, forward * sine + leftward * cosine
    elif mobility == _DIFFERENTIAL:
        x, y, yaw, forward, leftward, yaw_rate = planar_motion.move_differential(
            x, y, yaw, forward, leftward, yaw_rate, level * controls.velocity[e, a, 0], controls.velocity[e, a, 1],
            actors.max_acceleration[e, a], actors.max_deceleration[e, a], actors.max_speed[e, a],
            actors.track_width[e, a], friction, step,
        )
        cosine, sine = math.cos(yaw), math.sin(yaw)
        vx, vy = forward * cosine - leftward * sine, forward * sine + leftward * cosine
    elif mobility == _WALKER and not is_fallen(before, e, a):
        x, y, yaw, vx, vy, yaw_rate = planar_motion.move_walker(
            x, y, yaw, vx, vy, yaw_rate, controls.velocity[e, a, 0], controls.velocity[e, a, 1],
            min(actors.max_acceleration[e, a], friction * GRAVITY), actors.max_speed[e, a], step,
        )
        after.gait_phase[e, a] += gait_advance(
            actors.kind[e, a], actors.length[e, a], actors.height[e, a], vx, vy, step
        )
    else:
        x, y, yaw = x + vx * step, y + vy * step, yaw + yaw_rate * step
    center[a, 0], center[a, 1] = x, y
    twist[a, 0], twist[a, 1], twist[a, 2] = vx, vy, yaw_rate
    cosine, sine = math.cos(yaw), math.sin(yaw)
    pose[a, 0], pose[a, 1], pose[a, 2] = x - offset * cosine, y - offset * sine, yaw
    support = support_depth(actors, before, e, a)
    pose[a, 5] = pose[a, 6] = 0.0
    if mobility in (_WHEELED, _DIFFERENTIAL):
        support = 0.5 * actors.height[e, a]
        pose[a, 5], pose[a, 6] = tilt(before, e, a)
    pose[a, 3], pose[a, 4] = before.position[e, a, 2] - support, before.position[e, a, 2] + support
    if mobility in (_WHEELED, _DIFFERENTIAL):  # what lies between the wheels is passed over
        pose[a, 3] += min(CLEARANCE * actors.wheel_radius[e, a], 0.5 * actors.height[e, a])


@njit(cache=True, _nrt=False)
def _carry(actors, before, step, e, a, after):
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
def _place_actor(
    actors, before, base_friction, sliding, patches, lanes, loads, step, e, a, pose, twist, struck, scratch, after
):
    """Write an actor's pose and velocity after the tick into `after`: on the ground, falling, or sliding on it.

    `pose` x, y and yaw are final; `twist` is of the center of mass; `struck` is the change of velocity that contacts
    made (x, y) [m/s]; `loads` tells whether any lie in the world.
    """
    x, y, yaw = pose[a, 0], pose[a, 1], pose[a, 2]
    vx, vy, yaw_rate = twist[a, 0], twist[a, 1], twist[a, 2]
    offset = actors.cog_offset[e, a]
    vx, vy = vx + yaw_rate * offset * math.sin(yaw), vy - yaw_rate * offset * math.cos(yaw)
    z = before.position[e, a, 2]
    mobility = actors.mobility[e, a]
    blow = math.sqrt(struck[a, 0] * struck[a, 0] + struck[a, 1] * struck[a, 1])
    height, slope_x, slope_y = ground_under(lanes, x, y, z)
    fallen = mobility == _WALKER and is_fallen(before, e, a)
    vz = 0.0
    if mobility == _FREE or fallen:
        if fallen:
            fall_over(after, e, a, step)
        support = support_depth(actors, after, e, a)
        friction = SLIDING_SHARE * sliding * friction_at(x, y, base_friction, patches, e)
        radius = math.sqrt(actors.yaw_inertia[e, a] / actors.mass[e, a])
        vx, vy, vz, yaw_rate, clearance = planar_motion.move_free(
            vx, vy, before.velocity[e, a, 2], yaw_rate, max(0.0, z - support - height), friction, radius, step
        )
        z = height + support + clearance
        if not fallen:
            turn_by(after, e, a, twist[a, 2] * step)
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
            after.angular_velocity[e, a, 0] = -struck[a, 1] / blow * _FALL_RATE
            after.angular_velocity[e, a, 1] = struck[a, 0] / blow * _FALL_RATE
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
def _spin_wheels(actors, e, a, forward, yaw_rate, step, after):
    """Roll the wheels without slip: front left and right, rear left and right; a robot's driven wheels come first."""
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


@njit(cache=True)
def advance_worlds(
    actors, before, controls, base_friction, sliding, patches, lanes, boxes, origin, cell, first, member, columns, rows,
    kinematic, step, after, last_rows, last_counts, contact_rows, contact_counts,
):
    """Advance every world by one tick.

    Args:
        actors: What the actors are.
        before: The state before the tick.
        controls: What is asked of them.
        base_friction: µ of surface and weather. Shape (num_envs,).
        sliding: Friction of sliding tires over it. Shape (num_envs,).
        patches: Slippery discs.
        lanes: Of the network, whose elevation the actors stand on.
        boxes: And up to `rows`: the fields of the scenery's `ObstacleGrid`.
        kinematic: Roll vehicles without slip; what strikes them is hard.
        step: [s].
        after: A copy of `before`; becomes the state after the tick.
        last_rows: Contacts of the tick before. Shape (num_envs, n, COLUMNS).
        last_counts: How many. Shape (num_envs,).
        contact_rows: Contacts, see `contact_boxes`. Shape (num_envs, capacity, COLUMNS).
        contact_counts: Contacts found, perhaps more than the capacity. Shape (num_envs,).
    """
    num_envs, num_actors = before.valid.shape
    active, still = np.zeros(num_actors, np.bool_), np.zeros(num_actors, np.bool_)
    crushes, scratch = np.zeros(num_actors, np.bool_), np.zeros((3, 10))
    center, twist, pose = np.zeros((num_actors, 2)), np.zeros((num_actors, 3)), np.zeros((num_actors, 7))
    size, push, struck = np.zeros((num_actors, 2)), np.zeros((num_actors, 2)), np.zeros((num_actors, 2))
    inverse_mass, inverse_inertia = np.zeros(num_actors), np.zeros(num_actors)
    wheels = np.zeros((4, WHEEL_COLUMNS))
    for e in range(num_envs):
        loads = has_loads(actors, before, e)
        for a in range(num_actors):
            active[a], still[a] = before.valid[e, a], before.replayed[e, a]
            push[a, 0] = push[a, 1] = 0.0
            if not active[a]:
                continue
            _move_actor(
                actors, before, controls, base_friction[e], sliding[e], patches, kinematic, step, e, a, after, center,
                twist, pose, wheels,
            )
            size[a, 0], size[a, 1] = actors.length[e, a], actors.width[e, a]
            crushes[a] = not kinematic and has_bodywork(actors.mobility[e, a], actors.track_width[e, a])
            inverse_mass[a] = 0.0 if still[a] else 1.0 / actors.mass[e, a]
            inverse_inertia[a] = 0.0 if still[a] else 1.0 / actors.yaw_inertia[e, a]
            struck[a, 0], struck[a, 1] = twist[a, 0], twist[a, 1]
        found = find_contacts(
            active, still, pose, size, boxes, origin, cell, first, member, columns, rows, contact_rows[e]
        )
        contact_counts[e] = found
        found = min(found, contact_rows.shape[1])
        if found > 0:
            lasting = min(last_counts[e], last_rows.shape[1])
            solve_contacts(
                found, last_rows[e, :lasting], crushes, pose, size, boxes, center, inverse_mass, inverse_inertia, step,
                contact_rows[e], twist, push,
            )
        for a in range(num_actors):
            if not active[a]:
                continue
            if still[a]:
                _carry(actors, before, step, e, a, after)
                after.lights[e, a] = lit_lamps(
                    actors.kind[e, a], actors.mobility[e, a], actors.behavior[e, a] == _PARKED, True,
                    controls.lights[e, a], after.drive[e, a],
                )
                continue
            struck[a, 0], struck[a, 1] = twist[a, 0] - struck[a, 0], twist[a, 1] - struck[a, 1]
            pose[a, 0] += push[a, 0]
            pose[a, 1] += push[a, 1]
            _place_actor(
                actors, before, base_friction[e], sliding[e], patches, lanes, loads, step, e, a, pose, twist, struck,
                scratch, after,
            )
            after.lights[e, a] = lit_lamps(
                actors.kind[e, a], actors.mobility[e, a], actors.behavior[e, a] == _PARKED, False,
                controls.lights[e, a], after.drive[e, a],
            )
        after.tick[e] = before.tick[e] + 1
