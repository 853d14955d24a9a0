"""One step of an intersection for one world or for thousands: who may go, who follows whom, how the ego did.

Vehicle 0 is the ego; it enters from the west. The others drive by the IDM, brake for signals, give way as below, steer
by preview through the kinematic single-track, and begin anew on a random arm once they have left.

Who gives way: a vehicle enters the box only when no vehicle inside it still has the shared area ahead, and none that
goes first will reach the box within `GAP_TIME`. With signals those with green go, left turns after the oncoming;
without, the west–east street goes first, then straight on and right before left, then who is nearer.
"""

import math
from typing import NamedTuple

from numba import njit, prange

from simengine.behavior.idm import EXPONENT, idm_acceleration
from simengine.behavior.steering import path_steering
from simengine.core.geometry import wrap_angle
from simengine.core.rng import philox_normal, philox_uniform
from simengine.envs import terms
from simengine.envs.intersection_routes import (
    LEFT,
    RIGHT,
    box_length,
    project_on_route,
    route_curvature,
    route_pose,
)
from simengine.physics.vehicle_models import advance_kinematic, advance_steering

# Columns of `motion` (num_envs, num_vehicles, 8): box centre [m], yaw [rad], speed [m/s], steering [rad], acceleration
# [m/s²], and where it is on its route, along and to the left [m].
X, Y, YAW, SPEED, STEERING, ACCELERATION, ALONG, ASIDE = range(8)
# Columns of `trait` (num_envs, num_vehicles, 9): driver, then vehicle.
DESIRED, TIME_GAP, LENGTH, WIDTH, FRONT, REAR, LOCK, STEERING_RATE, STYLE = range(9)
# Columns of `place` (num_envs, num_vehicles, 4): route, whether it is in the world, begun routes, may it enter the box.
ROUTE, PRESENT, BEGUN, GRANTED = range(4)
# Columns of `models`.
MODEL_COLUMNS = 6  # length, width, front and rear axle from the box centre, lock, steering rate
STEP, EPISODE = range(2)
INFO_SPEED, INFO_CRASHED, INFO_OFF_ROAD, INFO_SUCCESS, INFO_RAN_RED, INFO_TURN = range(6)
INFO_COLUMNS = 6
GREEN, AMBER, RED, DARK = range(4)

NEIGHBOURS, NEIGHBOUR_FEATURES, EGO_FEATURES = 8, 9, 16
OBSERVATION_SIZE = EGO_FEATURES + NEIGHBOURS * NEIGHBOUR_FEATURES
COMFORT_ACCELERATION, COMFORT_BRAKING, HARDEST_BRAKING = 1.4, 2.0, 8.0  # of all drivers [m/s²]
MIN_GAP = 2.0  # s0 of the IDM [m]
GAP_TIME = 4.5  # critical gap of a crossing or left turn (HCM 2010, table 19-10: 4.1 to 7.1 s) [s]
STEER_TIME = 0.5  # curvature is read this far ahead: half the time that the steering takes into a turn [s]
TURN_COMFORT = 2.0  # lateral acceleration in a turn [m/s²]
PEDAL_ACCELERATION, PEDAL_BRAKING = 3.0, 6.0  # at full action [m/s²]
FASTER, SLOWER = 2.0, 5.0  # of the discrete actions [m/s²]
OFFSET = 1.0  # from the route at full lateral demand [m]
WIDEST = 2.0  # from the route, farther is off the road [m]
EXIT = 25.0  # beyond the box, where the ego has arrived [m]
_VIEW = 60.0  # [m]
_STOP_MARGIN = 1.0  # kept before the stop line [m]
_PLACING, _DRIVER, _ROUTING = 21, 22, 23  # random streams


class IntersectionSettings(NamedTuple):
    """What all worlds have in common."""

    arm_length: float  # way from the beginning of a route to the box [m]
    half_box: float  # [m]
    lane_width: float  # [m]
    step: float  # between two actions [s]
    substeps: int
    speed_limit: float  # [m/s]
    signalled: bool
    green: float  # [s]
    amber: float  # [s]
    all_red: float  # [s]
    ego_turn: int  # −1 draws one
    discrete: bool
    built_in: bool
    speed_weight: float
    collision_weight: float
    off_road_weight: float
    red_light_weight: float
    arrival_weight: float
    comfort_weight: float


@njit(cache=True)
def signal_at(time, axis, settings):
    """Return what the signals of an axis (0 west–east, 1 south–north) show."""
    if not settings.signalled:
        return DARK
    phase = settings.green + settings.amber + settings.all_red
    inside = (time + (0.0 if axis == 0 else phase)) % (2.0 * phase)
    if inside < settings.green:
        return GREEN
    return AMBER if inside < settings.green + settings.amber else RED


@njit(cache=True)
def _rank(route, signalled):
    """Return who goes first where ways cross: the smaller."""
    left = 1 if route % 3 == LEFT else 0
    return left if signalled else 2 * ((route // 3) % 2) + left


@njit(cache=True)
def _may_enter(e, n, time, settings, enter, leave, motion, trait, place):
    """Return whether a vehicle before the box may enter it; see the module."""
    route = place[e, n, ROUTE]
    arm_length = settings.arm_length
    own_way = arm_length - motion[e, n, ALONG]
    for m in range(motion.shape[1]):
        if m == n or place[e, m, PRESENT] == 0:
            continue
        other = place[e, m, ROUTE]
        if enter[route, other] == math.inf:
            continue
        along = motion[e, m, ALONG]
        if along - 0.5 * trait[e, m, LENGTH] > leave[other, route]:
            continue
        if along + 0.5 * trait[e, m, LENGTH] > arm_length + 0.5:
            return False  # inside, and the shared area is still ahead or under it
        way = arm_length - along
        if way < 3.0 and place[e, m, GRANTED] == 1 and (own_way > way or (own_way == way and m < n)):
            return False
        color = signal_at(time, (other // 3) % 2, settings)
        if color == RED or (color == AMBER and motion[e, m, SPEED] ** 2 < 2.0 * 3.0 * way):
            continue
        own, their = _rank(route, settings.signalled), _rank(other, settings.signalled)
        first = their < own or (their == own and (way < own_way or (way == own_way and m < n)))
        if first and way / max(motion[e, m, SPEED], 2.0) < GAP_TIME:
            return False
    return True


@njit(cache=True)
def _wanted_speed(route, along, limit, settings):
    """Return the speed that the limit and the turn ahead allow [m/s]."""
    turn = route % 3
    if turn == 0:
        return limit
    radius = settings.half_box + (0.5 if turn == LEFT else -0.5) * settings.lane_width
    slow = math.sqrt(TURN_COMFORT * radius)
    inside = along - settings.arm_length
    if inside > box_length(turn, settings.half_box, settings.lane_width):
        return limit
    return min(limit, math.sqrt(slow * slow + 2.0 * 1.5 * max(0.0, -inside)))


@njit(cache=True)
def _respond(e, n, gap, other_speed, wanted, motion, trait):
    """Return the IDM's acceleration at a gap [m] behind something of a speed [m/s]."""
    speed = motion[e, n, SPEED]
    style = trait[e, n, STYLE]
    if speed > wanted + 0.5:
        free = -min(3.0, speed - wanted)
    else:
        free = idm_acceleration(speed, wanted, math.inf, 0.0, COMFORT_ACCELERATION * style, COMFORT_BRAKING, 1.0,
                                MIN_GAP, EXPONENT)  # fmt: skip
    if gap == math.inf:
        return free
    behind = idm_acceleration(
        speed, max(wanted, speed, 0.1), gap, speed - other_speed, COMFORT_ACCELERATION * style, COMFORT_BRAKING,
        trait[e, n, TIME_GAP], MIN_GAP, EXPONENT,
    )
    return min(free, behind)


@njit(cache=True)
def _leader(e, n, settings, motion, trait, place):
    """Return the gap [m] to the vehicle that n follows on its arm, its way or its exit, and that one's speed [m/s]."""
    route, along = place[e, n, ROUTE], motion[e, n, ALONG]
    arm_length = settings.arm_length
    end = arm_length + box_length(route % 3, settings.half_box, settings.lane_width)
    exit_arm = _exit_arm(route)
    best, speed = math.inf, 0.0
    for m in range(motion.shape[1]):
        if m == n or place[e, m, PRESENT] == 0:
            continue
        other, their = place[e, m, ROUTE], motion[e, m, ALONG]
        ahead = math.inf
        if other // 3 == route // 3 and their > along and (other == route or their < arm_length + 12.0):
            ahead = their - along
        elif _exit_arm(other) == exit_arm and other // 3 != route // 3:
            their_end = arm_length + box_length(other % 3, settings.half_box, settings.lane_width)
            if their > their_end - 8.0:
                ahead = (their - their_end) - (along - end)
        if n > 0 and m == 0:
            ahead = min(ahead, _corridor(e, n, motion, trait))
        if 0.0 < ahead < math.inf:
            gap = ahead - 0.5 * (trait[e, n, LENGTH] + trait[e, m, LENGTH])
            if gap < best:
                best, speed = gap, motion[e, m, SPEED] * max(0.0, math.cos(motion[e, m, YAW] - motion[e, n, YAW]))
    return best, speed


@njit(cache=True)
def _corridor(e, n, motion, trait):
    """Return how far ahead the ego stands in the way of vehicle n, wherever it ought to be; infinite if it does not."""
    dx, dy = motion[e, 0, X] - motion[e, n, X], motion[e, 0, Y] - motion[e, n, Y]
    cosine, sine = math.cos(motion[e, n, YAW]), math.sin(motion[e, n, YAW])
    ahead, left = dx * cosine + dy * sine, -dx * sine + dy * cosine
    across = abs(math.sin(motion[e, 0, YAW] - motion[e, n, YAW]))
    half = 0.5 * (trait[e, n, WIDTH] + trait[e, 0, WIDTH] * (1.0 - across) + trait[e, 0, LENGTH] * across) + 0.2
    reach = 0.5 * (trait[e, n, LENGTH] + trait[e, 0, LENGTH]) + max(2.0, 1.5 * motion[e, n, SPEED])
    return ahead if 0.0 < ahead < reach and abs(left) < half else math.inf


@njit(cache=True)
def _exit_arm(route):
    """Return the heading, in quarter turns, in which a route leaves."""
    turn = route % 3
    return (route // 3 + (1 if turn == LEFT else (3 if turn == RIGHT else 0))) % 4


@njit(cache=True)
def _drive(e, n, time, settings, enter, leave, motion, trait, place):
    """Return the acceleration of a rule-abiding driver [m/s²]."""
    route, along = place[e, n, ROUTE], motion[e, n, ALONG]
    speed = motion[e, n, SPEED]
    wanted = _wanted_speed(route, along, trait[e, n, DESIRED], settings)
    gap, other_speed = _leader(e, n, settings, motion, trait, place)
    acceleration = _respond(e, n, gap, other_speed, wanted, motion, trait)
    way = settings.arm_length - along - 0.5 * trait[e, n, LENGTH]
    if way > -1.0 and way < 0.5 * speed * speed / 1.5 + 15.0 and not (place[e, n, GRANTED] == 1 and way < 0.0):
        color = signal_at(time, (route // 3) % 2, settings)
        stop = color == RED or (color == AMBER and speed * speed < 2.0 * 4.0 * max(0.1, way))
        stop = stop or not _may_enter(e, n, time, settings, enter, leave, motion, trait, place)
        committed = place[e, n, GRANTED] == 1 and speed * speed > 2.0 * 6.0 * max(0.1, way)
        place[e, n, GRANTED] = 1 if committed or not stop else 0
        if place[e, n, GRANTED] == 0:
            line = max(0.1, way - _STOP_MARGIN + MIN_GAP)
            acceleration = min(acceleration, _respond(e, n, line, 0.0, wanted, motion, trait))
    return max(-HARDEST_BRAKING, acceleration)


@njit(cache=True)
def _steer_along(e, n, offset, step, settings, motion, trait, place):
    """Advance a vehicle by a substep along its route, `offset` to the left of it [m]."""
    route = place[e, n, ROUTE]
    front, rear, lock = trait[e, n, FRONT], trait[e, n, REAR], trait[e, n, LOCK]
    yaw = motion[e, n, YAW]
    _, aside, heading, curvature = project_on_route(
        route, motion[e, n, X] - rear * math.cos(yaw), motion[e, n, Y] - rear * math.sin(yaw), settings.arm_length,
        settings.half_box, settings.lane_width,
    )
    speed = motion[e, n, SPEED]
    if route % 3 != 0:
        curvature = route_curvature(
            route % 3, motion[e, n, ALONG] + STEER_TIME * speed - rear - settings.arm_length, settings.half_box,
            settings.lane_width,
        )
    demand = path_steering(
        aside - offset, wrap_angle(yaw - heading), curvature, speed, front + rear, 0.0, 0.0, lock
    )
    steering = advance_steering(motion[e, n, STEERING], demand, lock, trait[e, n, STEERING_RATE], step)
    acceleration = max(motion[e, n, ACCELERATION], -speed / step)
    x, y, yaw, speed, _, _, _ = advance_kinematic(
        motion[e, n, X], motion[e, n, Y], yaw, speed, steering, acceleration, front, rear, step
    )
    motion[e, n, X], motion[e, n, Y], motion[e, n, YAW] = x, y, wrap_angle(yaw)
    motion[e, n, SPEED], motion[e, n, STEERING] = speed, steering
    motion[e, n, ALONG], motion[e, n, ASIDE], _, _ = project_on_route(
        route, x, y, settings.arm_length, settings.half_box, settings.lane_width
    )


@njit(cache=True)
def _begin_route(e, n, along, route, speed, settings, motion, place):
    """Put a vehicle on a route at a place [m] and speed [m/s]."""
    x, y, heading = route_pose(route, along, settings.arm_length, settings.half_box, settings.lane_width)
    motion[e, n, X], motion[e, n, Y], motion[e, n, YAW] = x, y, wrap_angle(heading)
    motion[e, n, SPEED], motion[e, n, STEERING], motion[e, n, ACCELERATION] = speed, 0.0, 0.0
    motion[e, n, ALONG], motion[e, n, ASIDE] = along, 0.0
    place[e, n, ROUTE], place[e, n, PRESENT], place[e, n, GRANTED] = route, 1, 0


@njit(cache=True)
def _renew(e, n, settings, motion, trait, place, clock, keys):
    """Let a vehicle that has left begin anew on a random arm, once the arm's beginning is free."""
    key, episode, begun = keys[e], clock[e, EPISODE], place[e, n, BEGUN]
    arm = int(philox_uniform(key, _ROUTING, 2 * begun, episode, n) * 4.0)
    turn = int(philox_uniform(key, _ROUTING, 2 * begun + 1, episode, n) * 3.0)
    slowest = settings.speed_limit
    for m in range(motion.shape[1]):
        if m != n and place[e, m, PRESENT] == 1 and place[e, m, ROUTE] // 3 == arm:
            if motion[e, m, ALONG] < 20.0:
                return
            if motion[e, m, ALONG] < 50.0:
                slowest = min(slowest, motion[e, m, SPEED] + 2.0)
    place[e, n, BEGUN] += 1
    _begin_route(e, n, 0.0, 3 * arm + turn, min(slowest, 0.9 * trait[e, n, DESIRED]), settings, motion, place)


@njit(cache=True)
def reset_world(e, settings, models, motion, trait, place, clock, keys, observation, info):
    """Draw a new episode of world e from its key and episode number; write the first observation and info."""
    key, episode = keys[e], clock[e, EPISODE]
    count = motion.shape[1]
    for n in range(count):
        model = 0 if n == 0 else int(philox_uniform(key, _DRIVER, 0, episode, n) * models.shape[0])
        spread = min(2.0, max(-2.0, philox_normal(key, _DRIVER, 1, episode, n)))
        trait[e, n, DESIRED] = settings.speed_limit * (1.0 if n == 0 else 0.95 + 0.08 * spread)
        trait[e, n, TIME_GAP] = 1.4 if n == 0 else 1.0 + philox_uniform(key, _DRIVER, 2, episode, n)
        spread = min(2.0, max(-2.0, philox_normal(key, _DRIVER, 3, episode, n)))
        trait[e, n, STYLE] = 1.0 if n == 0 else 1.0 + 0.1 * spread
        for k in range(MODEL_COLUMNS):
            trait[e, n, LENGTH + k] = models[model, k]
        place[e, n, PRESENT] = 0
        place[e, n, BEGUN] = 0
    # The ego at a draw, the others at draws of their own wherever no one stands within 14 m on the same arm.
    turn = settings.ego_turn
    if turn < 0:
        turn = int(philox_uniform(key, _PLACING, 0, episode, 0) * 3.0)
    along = settings.arm_length - 25.0 - 35.0 * philox_uniform(key, _PLACING, 1, episode, 0)
    _begin_route(e, 0, along, turn, 0.7 * settings.speed_limit, settings, motion, place)
    for n in range(1, count):
        for attempt in range(8):
            arm = int(philox_uniform(key, _PLACING, 2 + 3 * attempt, episode, n) * 4.0)
            turn = int(philox_uniform(key, _PLACING, 3 + 3 * attempt, episode, n) * 3.0)
            along = philox_uniform(key, _PLACING, 4 + 3 * attempt, episode, n) * (settings.arm_length - 15.0)
            free = True
            for m in range(n):
                if place[e, m, PRESENT] == 1 and place[e, m, ROUTE] // 3 == arm:
                    free = free and abs(motion[e, m, ALONG] - along) > 14.0
            if free:
                _begin_route(e, n, along, 3 * arm + turn, 0.6 * settings.speed_limit, settings, motion, place)
                break
    clock[e, STEP] = 0
    _observe(e, settings, motion, trait, place, clock, keys, observation)
    for k in range(INFO_COLUMNS):
        info[e, k] = 0.0
    info[e, INFO_SPEED], info[e, INFO_TURN] = motion[e, 0, SPEED], place[e, 0, ROUTE] % 3


@njit(cache=True)
def world_time(e, settings, clock, keys):
    """Return the time on a world's signal programme [s]; it begins at a draw."""
    period = 2.0 * (settings.green + settings.amber + settings.all_red)
    return clock[e, STEP] * settings.step + period * philox_uniform(keys[e], _PLACING, 99, clock[e, EPISODE], 0)


@njit(cache=True)
def _observe(e, settings, motion, trait, place, clock, keys, out):
    """Write what the ego sees: itself on its route, its signal, and the nearest vehicles in its own frame."""
    route = place[e, 0, ROUTE]
    x, y, yaw, speed = motion[e, 0, X], motion[e, 0, Y], motion[e, 0, YAW], motion[e, 0, SPEED]
    along = motion[e, 0, ALONG]
    _, aside, heading, curvature = project_on_route(
        route, x, y, settings.arm_length, settings.half_box, settings.lane_width
    )
    way = settings.arm_length - along - 0.5 * trait[e, 0, LENGTH]
    end = settings.arm_length + box_length(route % 3, settings.half_box, settings.lane_width)
    color = signal_at(world_time(e, settings, clock, keys), 0, settings)
    out[e, 0] = terms.feature(speed, settings.speed_limit)
    out[e, 1] = terms.feature(motion[e, 0, ACCELERATION], 8.0)
    out[e, 2] = terms.feature(way, _VIEW)
    out[e, 3] = terms.feature(way, 10.0)
    out[e, 4] = terms.feature(end - along, _VIEW)
    out[e, 5] = terms.feature(aside, WIDEST)
    out[e, 6] = terms.feature(wrap_angle(yaw - heading), 0.5)
    out[e, 7] = terms.feature(curvature, 0.2)
    out[e, 8] = terms.feature(motion[e, 0, STEERING], 0.5)
    for turn in range(3):
        out[e, 9 + turn] = 1.0 if route % 3 == turn else 0.0
    for shown in range(4):
        out[e, 12 + shown] = 1.0 if color == shown else 0.0
    for k in range(EGO_FEATURES, OBSERVATION_SIZE):
        out[e, k] = 0.0
    cosine, sine = math.cos(yaw), math.sin(yaw)
    last = -1.0
    for slot in range(NEIGHBOURS):
        nearest, found = math.inf, -1
        for n in range(1, motion.shape[1]):
            if place[e, n, PRESENT] == 1:
                square = (motion[e, n, X] - x) ** 2 + (motion[e, n, Y] - y) ** 2
                if square > last and square < nearest:
                    nearest, found = square, n
        if found < 0 or nearest > _VIEW * _VIEW:
            break
        last = nearest
        at = EGO_FEATURES + slot * NEIGHBOUR_FEATURES
        dx, dy = motion[e, found, X] - x, motion[e, found, Y] - y
        turned = motion[e, found, YAW] - yaw
        other = place[e, found, ROUTE]
        out[e, at] = 1.0
        out[e, at + 1] = terms.feature(dx * cosine + dy * sine, _VIEW)
        out[e, at + 2] = terms.feature(-dx * sine + dy * cosine, _VIEW)
        out[e, at + 3] = terms.feature(motion[e, found, SPEED] * math.cos(turned), settings.speed_limit)
        out[e, at + 4] = terms.feature(motion[e, found, SPEED] * math.sin(turned), settings.speed_limit)
        out[e, at + 5] = terms.feature(math.cos(turned), 1.0)
        out[e, at + 6] = terms.feature(math.sin(turned), 1.0)
        out[e, at + 7] = 1.0 if other % 3 == LEFT else (-1.0 if other % 3 == RIGHT else 0.0)  # its indicator
        out[e, at + 8] = terms.feature(settings.arm_length - motion[e, found, ALONG], _VIEW)


@njit(cache=True)
def _collides(e, motion, trait, place):
    """Return whether the ego's box overlaps another's."""
    for n in range(1, motion.shape[1]):
        if place[e, n, PRESENT] == 1 and terms.boxes_touch(
            motion[e, 0, X], motion[e, 0, Y], motion[e, 0, YAW], trait[e, 0, LENGTH], trait[e, 0, WIDTH],
            motion[e, n, X], motion[e, n, Y], motion[e, n, YAW], trait[e, n, LENGTH], trait[e, n, WIDTH],
        ):
            return True
    return False


@njit(cache=True)
def step_world(
    e, settings, models, enter, leave, max_steps, autoreset, keys, actions,
    motion, trait, place, clock, observation, final_observation, reward, terminated, truncated, info, final_info,
):
    """Advance world e by one action.

    Args:
        e: Which world; all arrays have the worlds first.
        settings: Of all worlds.
        models: Vehicle models. Shape (num_models, MODEL_COLUMNS).
        enter: And `leave`: of `route_conflicts`.
        max_steps: Of an episode, 0 for no end.
        autoreset: Begin the next episode at once when one ends.
        keys: Random key of each world, uint64. Shape (num_envs,).
        actions: Pedal and lateral demand −1..1, or the choice in column 0. Shape (num_envs, 2).
        motion: And `trait`, `place`, `clock`: the state, advanced.
        observation: Of the state after the step, or of the next episode's start.
        final_observation: Of the state after the last step, written where an episode ended and `autoreset`.
        reward: Shape (num_envs,).
        terminated: Arrived, collision or off the road.
        truncated: `max_steps` reached.
        info: Rows as named above.
        final_info: As `final_observation`.
    """
    count = motion.shape[1]
    time = world_time(e, settings, clock, keys)
    offset = 0.0
    first = 0
    if not settings.built_in:
        first = 1
        if settings.discrete:
            choice = int(actions[e, 0])
            room = (settings.speed_limit - motion[e, 0, SPEED]) / settings.step
            motion[e, 0, ACCELERATION] = 0.0
            if choice == 2:
                motion[e, 0, ACCELERATION] = min(FASTER, max(0.0, room))
            elif choice == 0:
                motion[e, 0, ACCELERATION] = -SLOWER
        else:
            pedal = min(1.0, max(-1.0, actions[e, 0]))
            motion[e, 0, ACCELERATION] = pedal * (PEDAL_ACCELERATION if pedal >= 0.0 else PEDAL_BRAKING)
            offset = OFFSET * min(1.0, max(-1.0, actions[e, 1]))
        place[e, 0, GRANTED] = 1 if motion[e, 0, SPEED] > 1.0 else 0
    for n in range(first, count):
        if place[e, n, PRESENT] == 1:
            motion[e, n, ACCELERATION] = _drive(e, n, time, settings, enter, leave, motion, trait, place)
    step = settings.step / settings.substeps
    crashed = False
    before = motion[e, 0, ALONG] + 0.5 * trait[e, 0, LENGTH]
    for _ in range(settings.substeps):
        for n in range(count):
            if place[e, n, PRESENT] == 1:
                _steer_along(e, n, offset if n == 0 else 0.0, step, settings, motion, trait, place)
        crashed = crashed or _collides(e, motion, trait, place)
    for n in range(1, count):
        if place[e, n, PRESENT] == 0:
            _renew(e, n, settings, motion, trait, place, clock, keys)
        elif motion[e, n, ALONG] > 1.6 * settings.arm_length:
            place[e, n, PRESENT] = 0
    clock[e, STEP] += 1
    route, speed, along = place[e, 0, ROUTE], motion[e, 0, SPEED], motion[e, 0, ALONG]
    end = settings.arm_length + box_length(route % 3, settings.half_box, settings.lane_width)
    crossed = before <= settings.arm_length and along + 0.5 * trait[e, 0, LENGTH] > settings.arm_length
    ran_red = crossed and signal_at(time, 0, settings) == RED
    off_road = abs(motion[e, 0, ASIDE]) > WIDEST
    arrived = along > end + EXIT and not crashed and not off_road
    turning = math.tan(motion[e, 0, STEERING]) / (trait[e, 0, FRONT] + trait[e, 0, REAR]) * speed * speed
    value = settings.speed_weight * terms.speed_reward(speed, 0.0, settings.speed_limit)
    value -= settings.comfort_weight * terms.comfort_cost(motion[e, 0, ACCELERATION], turning, 3.0)
    value -= settings.collision_weight if crashed else 0.0
    value -= settings.off_road_weight if off_road else 0.0
    value -= settings.red_light_weight if ran_red else 0.0
    value += settings.arrival_weight if arrived else 0.0
    reward[e] = value
    info[e, INFO_SPEED], info[e, INFO_CRASHED] = speed, 1.0 if crashed else 0.0
    info[e, INFO_OFF_ROAD], info[e, INFO_SUCCESS] = 1.0 if off_road else 0.0, 1.0 if arrived else 0.0
    info[e, INFO_RAN_RED], info[e, INFO_TURN] = 1.0 if ran_red else 0.0, route % 3
    terminated[e] = crashed or off_road or arrived
    truncated[e] = max_steps > 0 and clock[e, STEP] >= max_steps and not terminated[e]
    if autoreset and (terminated[e] or truncated[e]):
        _observe(e, settings, motion, trait, place, clock, keys, final_observation)
        for k in range(INFO_COLUMNS):
            final_info[e, k] = info[e, k]
        clock[e, EPISODE] += 1
        reset_world(e, settings, models, motion, trait, place, clock, keys, observation, info)
    else:
        _observe(e, settings, motion, trait, place, clock, keys, observation)


@njit(cache=True, parallel=True)
def step_worlds(
    settings, models, enter, leave, max_steps, autoreset, keys, actions,
    motion, trait, place, clock, observation, final_observation, reward, terminated, truncated, info, final_info,
):
    """Advance every world by one action; see `step_world`."""
    for e in prange(motion.shape[0]):
        step_world(
            e, settings, models, enter, leave, max_steps, autoreset, keys, actions, motion, trait, place, clock,
            observation, final_observation, reward, terminated, truncated, info, final_info,
        )
