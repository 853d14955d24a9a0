"""One step of a ring highway for one world or for thousands: drivers decide, vehicles move, the ego is judged and sees.

The road is straight, closed into a ring along x; lane 0 is the rightmost, its centre is y = 0. Vehicle 0 is the ego.
Drivers are the IDM and MOBIL of `simengine.behavior`, vehicles the single-track models of `simengine.physics`. Three
departures, for speed: a driver weighs a lane change once a second and only when hindered; a vehicle that runs dead
straight on its lane's centre is moved without trigonometry, to the same result; substeps are the ego's alone, others
move once per action. Contact is tested once per action, in which vehicles close by less than their length.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit, prange

from simengine.behavior.idm import EXPONENT, idm_acceleration
from simengine.behavior.mobil import SAFE_DECELERATION, THRESHOLD, is_safe, lane_change_incentive
from simengine.behavior.steering import path_steering, slip_compliance
from simengine.core.rng import philox_normal, philox_uniform
from simengine.envs import terms
from simengine.physics.planar_motion import move_wheeled
from simengine.physics.vehicle_models import advance_kinematic, advance_steering, limit_acceleration

# Columns of `motion` (num_envs, num_vehicles, 8): box centre [m], yaw [rad], speed [m/s], steering [rad], acceleration
# [m/s²]; gap to the vehicle ahead [m] and how fast it closes [m/s].
X, Y, YAW, SPEED, STEERING, ACCELERATION, GAP, APPROACH = range(8)
MOTION_COLUMNS = 8
# Columns of `trait` (num_envs, num_vehicles, 11), fixed for an episode: the driver's desired speed [m/s], time gap [s],
# a and b of the IDM [m/s²]; then of the vehicle, as in `models`.
(DESIRED, TIME_GAP, COMFORT_ACCELERATION, COMFORT_BRAKING, OWN_LENGTH, OWN_WIDTH, OWN_FRONT, OWN_REAR, OWN_LOCK,
 OWN_STEERING_RATE, OWN_BRAKING) = range(11)  # fmt: skip
TRAIT_COLUMNS = 11
# Columns of `place` (num_envs, num_vehicles, 6): lane driven to, lowest and highest lane touched, model, rank along the
# ring, and (row k) the vehicle that is k-th along it.
TARGET, LOW, HIGH, MODEL, RANK, ORDER = range(6)
PLACE_COLUMNS = 6
# Columns of `ego` (num_envs, 2): leftward velocity of the centre of mass [m/s], yaw rate [rad/s].
LEFTWARD, YAW_RATE = range(2)
# Columns of `clock` (num_envs, 2).
STEP, EPISODE = range(2)
# Columns of `models` (num_models, …): sizes [m], axles from the box centre [m], then those of `ActorTable`.
(LENGTH, WIDTH, FRONT, REAR, MASS, YAW_INERTIA, COG_OFFSET, COG_HEIGHT, STIFFNESS, MAX_STEERING, STEERING_RATE,
 MAX_ACCELERATION, MAX_DECELERATION, SWITCH_SPEED, MAX_SPEED) = range(15)  # fmt: skip
MODEL_COLUMNS = 15
# Columns of the info rows.
INFO_SPEED, INFO_CRASHED, INFO_OFF_ROAD, INFO_LANE, INFO_COMFORT = range(5)
INFO_COLUMNS = 5

MIN_GAP = 2.0  # s0 of the IDM [m]
POLITENESS = 0.3  # p of MOBIL
HINDERED = 0.25  # share of the comfortable acceleration below which a driver counts as held back
EGO_FEATURES, SLOTS, SLOT_FEATURES = 9, 9, 7
OBSERVATION_SIZE = EGO_FEATURES + SLOTS * SLOT_FEATURES
_VIEW = 120.0  # farther vehicles are not observed [m]
_NEAR = 15.0  # gaps up to this are observed a second time, finely [m]
_SETTLED = 0.02  # off the lane's centre [m], and ten times less in angles [rad]
_CONSIDER_EVERY = 1.0  # seconds between two thoughts about changing lane
_PLACING, _DRIVER = 11, 12  # random streams
PEDAL_ACCELERATION = 3.0  # at full action [m/s²]
PEDAL_BRAKING = 6.0  # at full action, hard but short of an emergency [m/s²]
FASTER, SLOWER = 2.0, 5.0  # of the discrete actions; the others hold the speed [m/s²]
SHOULDER = 0.5  # between the outermost lane line and the edge of the road [m]
_TRUCK_SHARE = 0.15
_TRUCK_FACTOR = 0.88  # of the desired speed: 80 km/h beside cars at 90 km/h


class HighwaySettings(NamedTuple):
    """What all worlds have in common."""

    num_lanes: int
    lane_width: float  # [m]
    ring_length: float  # [m]
    step: float  # between two actions [s]
    substeps: int
    speed_limit: float  # [m/s]
    traffic_speed: float  # mean desired speed of the others [m/s]
    traffic_speed_std: float  # [m/s]
    ego_time_gap: float  # of the built-in driver [s]
    friction: float
    dynamic: bool  # the ego runs on tyres, else rolls without slip
    discrete: bool
    built_in: bool  # the built-in driver drives the ego and actions are ignored
    truck_model: int  # first model that is a truck
    acceleration: float  # at full action [m/s²]
    braking: float  # at full action [m/s²]
    shoulder: float  # between the outermost lane line and the edge of the road [m]
    low_speed: float  # that earns nothing [m/s]
    speed_weight: float
    collision_weight: float
    off_road_weight: float
    comfort_weight: float
    lane_change_weight: float


@njit(cache=True)
def _lane_at(y, lane_width, num_lanes):
    """Return the lane that holds a lateral position, the outermost if none does."""
    return min(num_lanes - 1, max(0, int(math.floor(y / lane_width + 0.5))))


@njit(cache=True)
def _lanes_touched(y, yaw, target, length, width, lane_width, num_lanes):
    """Return the lowest and highest lane that a vehicle stands on or is heading for."""
    half = 0.5 * width + 0.5 * length * abs(math.sin(yaw))
    low, high = _lane_at(y - half, lane_width, num_lanes), _lane_at(y + half, lane_width, num_lanes)
    return min(low, target), max(high, target)


@njit(cache=True)
def _sort_along(e, motion, place):
    """Restore the order along the ring by insertion: it changes little from step to step."""
    count = motion.shape[1]
    for k in range(1, count):
        n = place[e, k, ORDER]
        x = motion[e, n, X]
        j = k - 1
        while j >= 0 and motion[e, place[e, j, ORDER], X] > x:
            place[e, j + 1, ORDER] = place[e, j, ORDER]
            j -= 1
        place[e, j + 1, ORDER] = n
    for k in range(count):
        place[e, place[e, k, ORDER], RANK] = k


@njit(cache=True)
def _nearest(e, rank, low, high, ahead, place):
    """Return the nearest vehicle that touches a lane of a range, ahead or behind a rank in the order; −1 for none."""
    count = place.shape[1]
    k = rank
    for _ in range(count - 1):
        if ahead:
            k = k + 1 if k + 1 < count else 0
        else:
            k = k - 1 if k > 0 else count - 1
        n = place[e, k, ORDER]
        if place[e, n, LOW] <= high and place[e, n, HIGH] >= low:
            return n
    return -1


@njit(cache=True)
def _gap(e, follower, leader, ring_length, motion, trait):
    """Return the way from a vehicle's front forward along the ring to another's rear [m]."""
    ahead = motion[e, leader, X] - motion[e, follower, X]
    if ahead < 0.0:
        ahead += ring_length
    return ahead - 0.5 * (trait[e, follower, OWN_LENGTH] + trait[e, leader, OWN_LENGTH])


@njit(cache=True)
def _respond(e, follower, leader, ring_length, motion, trait):
    """Return the IDM's acceleration of a driver behind another, or on a free road if that is −1 [m/s²]."""
    speed = motion[e, follower, SPEED]
    gap, approach = math.inf, 0.0
    if leader >= 0:
        gap = _gap(e, follower, leader, ring_length, motion, trait)
        approach = speed - motion[e, leader, SPEED]
    return idm_acceleration(
        speed, trait[e, follower, DESIRED], gap, approach, trait[e, follower, COMFORT_ACCELERATION],
        trait[e, follower, COMFORT_BRAKING], trait[e, follower, TIME_GAP], MIN_GAP, EXPONENT,
    )


@njit(cache=True)
def _lane_wanted(e, n, num_lanes, ring_length, motion, trait, place):
    """Return the lane that MOBIL would have a driver in; one that gains nothing itself does not change."""
    lane, rank = place[e, n, TARGET], place[e, n, RANK]
    now = motion[e, n, ACCELERATION]
    best, wanted = THRESHOLD, lane
    for side in range(2):
        there = lane + 1 if side == 0 else lane - 1
        if there < 0 or there >= num_lanes:
            continue
        ahead = _nearest(e, rank, there, there, True, place)
        if ahead >= 0 and _gap(e, n, ahead, ring_length, motion, trait) < MIN_GAP:
            continue
        after = _respond(e, n, ahead, ring_length, motion, trait)
        if after <= now:
            continue
        behind = _nearest(e, rank, there, there, False, place)
        new_now = new_after = old_now = old_after = 0.0
        if behind >= 0:
            if _gap(e, behind, n, ring_length, motion, trait) < MIN_GAP:
                continue
            new_now, new_after = motion[e, behind, ACCELERATION], _respond(e, behind, n, ring_length, motion, trait)
        if not is_safe(after, new_after, SAFE_DECELERATION):
            continue
        old = _nearest(e, rank, lane, lane, False, place)
        leader = _nearest(e, rank, lane, lane, True, place)
        if old >= 0 and old != leader:
            old_now, old_after = motion[e, old, ACCELERATION], _respond(e, old, leader, ring_length, motion, trait)
        gain = lane_change_incentive(now, after, new_now, new_after, old_now, old_after, POLITENESS)
        if gain > best:
            best, wanted = gain, there
    return wanted


@njit(cache=True)
def _find_gaps(e, num_lanes, ring_length, motion, trait, place, lead):
    """Write every vehicle's gap and approach to the one ahead on any lane it touches, from the front of the ring back.

    `lead` holds the nearest vehicle ahead on each lane as the scan goes back; it begins with the first of each lane,
    which is ahead of the last.
    """
    count = motion.shape[1]
    for lane in range(num_lanes):
        lead[e, lane] = -1
    missing = num_lanes
    for rank in range(count):
        n = place[e, rank, ORDER]
        for lane in range(place[e, n, LOW], place[e, n, HIGH] + 1):
            if lead[e, lane] < 0:
                lead[e, lane] = n
                missing -= 1
        if missing == 0:
            break
    for rank in range(count - 1, -1, -1):
        n = place[e, rank, ORDER]
        gap, approach = math.inf, 0.0
        for lane in range(place[e, n, LOW], place[e, n, HIGH] + 1):
            other = lead[e, lane]
            lead[e, lane] = n
            if other >= 0 and other != n:
                ahead = motion[e, other, X] - motion[e, n, X]
                if ahead < 0.0:
                    ahead += ring_length
                ahead -= 0.5 * (trait[e, n, OWN_LENGTH] + trait[e, other, OWN_LENGTH])
                if ahead < gap:
                    gap, approach = ahead, motion[e, n, SPEED] - motion[e, other, SPEED]
        motion[e, n, GAP], motion[e, n, APPROACH] = gap, approach


@njit(cache=True)
def _decide(e, first, due, every, num_lanes, ring_length, motion, trait, place, lead):
    """Set accelerations and lanes of all vehicles from `first` on by IDM and MOBIL.

    Vehicle n weighs a lane change when `due` + n is a multiple of `every`.
    """
    _find_gaps(e, num_lanes, ring_length, motion, trait, place, lead)
    # A loop of its own: without branches the processor works on several drivers at once (33 against 8 ns a driver).
    for n in range(first, motion.shape[1]):
        now = idm_acceleration(
            motion[e, n, SPEED], trait[e, n, DESIRED], motion[e, n, GAP], motion[e, n, APPROACH],
            trait[e, n, COMFORT_ACCELERATION], trait[e, n, COMFORT_BRAKING], trait[e, n, TIME_GAP], MIN_GAP, EXPONENT,
        )
        motion[e, n, ACCELERATION] = max(-trait[e, n, OWN_BRAKING], now)
    for n in range((every - due % every) % every, motion.shape[1], every):
        # Hindered: behind someone slower, or held back by him.
        hindered = motion[e, n, APPROACH] > 0.0 or (
            motion[e, n, ACCELERATION] < HINDERED * trait[e, n, COMFORT_ACCELERATION]
        )
        if n >= first and hindered and place[e, n, LOW] == place[e, n, HIGH] and motion[e, n, GAP] < math.inf:
            wanted = _lane_wanted(e, n, num_lanes, ring_length, motion, trait, place)
            low = place[e, n, LOW]
            place[e, n, TARGET] = wanted
            place[e, n, LOW], place[e, n, HIGH] = min(wanted, low), max(wanted, low)


@njit(cache=True)
def _act(e, settings, models, motion, place, ego, actions):
    """Turn the action into an acceleration and return the lateral position to drive to [m]."""
    lane = _lane_at(motion[e, 0, Y], settings.lane_width, settings.num_lanes)
    if settings.discrete:
        choice = int(actions[e, 0])
        settled = abs(motion[e, 0, Y] - place[e, 0, TARGET] * settings.lane_width) < 0.2 * settings.lane_width
        if choice == 0 and settled:
            place[e, 0, TARGET] = min(settings.num_lanes - 1, place[e, 0, TARGET] + 1)
        elif choice == 2 and settled:
            place[e, 0, TARGET] = max(0, place[e, 0, TARGET] - 1)
        motion[e, 0, ACCELERATION] = 0.0
        if choice == 3:
            room = (settings.speed_limit - motion[e, 0, SPEED]) / settings.step
            motion[e, 0, ACCELERATION] = min(FASTER, max(0.0, room))
        elif choice == 4:
            motion[e, 0, ACCELERATION] = -SLOWER
        return place[e, 0, TARGET] * settings.lane_width
    pedal = min(1.0, max(-1.0, actions[e, 0]))
    motion[e, 0, ACCELERATION] = pedal * (settings.acceleration if pedal >= 0.0 else settings.braking)
    place[e, 0, TARGET] = lane
    return (lane + min(1.0, max(-1.0, actions[e, 1]))) * settings.lane_width


@njit(cache=True)
def _move_ego(e, target_y, step, settings, models, motion, place, ego):
    """Advance the ego by a substep through its vehicle model, towards a lateral position [m]."""
    model = place[e, 0, MODEL]
    yaw, speed = motion[e, 0, YAW], motion[e, 0, SPEED]
    front, rear, offset = models[model, FRONT], models[model, REAR], models[model, COG_OFFSET]
    compliance = slip_compliance(models[model, STIFFNESS], 1.0) if settings.dynamic else 0.0
    error = motion[e, 0, Y] - rear * math.sin(yaw) - target_y
    demand = path_steering(error, yaw, 0.0, speed, front + rear, 0.0, compliance, models[model, MAX_STEERING])
    before = motion[e, 0, STEERING]
    steering = advance_steering(before, demand, models[model, MAX_STEERING], models[model, STEERING_RATE], step)
    acceleration = limit_acceleration(
        speed, motion[e, 0, ACCELERATION], models[model, MAX_ACCELERATION], models[model, SWITCH_SPEED], 0.0,
        models[model, MAX_SPEED],
    )
    if motion[e, 0, ACCELERATION] < 0.0:
        acceleration = max(motion[e, 0, ACCELERATION], -models[model, MAX_DECELERATION])
    bound = settings.friction * 9.81
    acceleration = max(-speed / step, min(bound, max(-bound, acceleration)))
    cosine, sine = math.cos(yaw), math.sin(yaw)
    x, y, yaw, forward, leftward, yaw_rate = move_wheeled(
        motion[e, 0, X] + offset * cosine, motion[e, 0, Y] + offset * sine, yaw, speed, ego[e, LEFTWARD],
        ego[e, YAW_RATE], 0.5 * (before + steering), acceleration, not settings.dynamic, models[model, MASS],
        models[model, YAW_INERTIA], front - offset, rear + offset, models[model, COG_HEIGHT],
        models[model, STIFFNESS], settings.friction, settings.friction, step,
    )
    motion[e, 0, X], motion[e, 0, Y] = x - offset * math.cos(yaw), y - offset * math.sin(yaw)
    motion[e, 0, YAW], motion[e, 0, SPEED], motion[e, 0, STEERING] = yaw, forward, steering
    ego[e, LEFTWARD], ego[e, YAW_RATE] = leftward, yaw_rate


@njit(cache=True)
def _move_others(e, step, lane_width, num_lanes, motion, trait, place):
    """Advance all vehicles but the ego: straight on, or steering to their lane's centre."""
    for n in range(1, motion.shape[1]):
        speed, acceleration = motion[e, n, SPEED], motion[e, n, ACCELERATION]
        target = place[e, n, TARGET]
        center = target * lane_width
        y, yaw = motion[e, n, Y], motion[e, n, YAW]
        if y == center and yaw == 0.0:
            after = max(0.0, speed + acceleration * step)
            motion[e, n, X] += 0.5 * (speed + after) * step
            motion[e, n, SPEED] = after
            continue
        front, rear, lock = trait[e, n, OWN_FRONT], trait[e, n, OWN_REAR], trait[e, n, OWN_LOCK]
        demand = path_steering(y - rear * math.sin(yaw) - center, yaw, 0.0, speed, front + rear, 0.0, 0.0, lock)
        steering = advance_steering(motion[e, n, STEERING], demand, lock, trait[e, n, OWN_STEERING_RATE], step)
        x, y, yaw, speed, _, _, _ = advance_kinematic(
            motion[e, n, X], y, yaw, speed, steering, acceleration, front, rear, step
        )
        low = high = target
        if abs(y - center) < _SETTLED and abs(yaw) < 0.1 * _SETTLED and abs(steering) < 0.1 * _SETTLED:
            y, yaw, steering = center, 0.0, 0.0
        else:
            low, high = _lanes_touched(
                y, yaw, target, trait[e, n, OWN_LENGTH], trait[e, n, OWN_WIDTH], lane_width, num_lanes
            )
        motion[e, n, X], motion[e, n, Y], motion[e, n, YAW] = x, y, yaw
        motion[e, n, SPEED], motion[e, n, STEERING] = speed, steering
        place[e, n, LOW], place[e, n, HIGH] = low, high


@njit(cache=True)
def _note_ego_lanes(e, lane_width, num_lanes, motion, trait, place):
    """Note which lanes the ego stands on or is heading for."""
    place[e, 0, LOW], place[e, 0, HIGH] = _lanes_touched(
        motion[e, 0, Y], motion[e, 0, YAW], place[e, 0, TARGET], trait[e, 0, OWN_LENGTH], trait[e, 0, OWN_WIDTH],
        lane_width, num_lanes,
    )


@njit(cache=True)
def _collides(e, ring_length, motion, trait):
    """Return whether the ego's box overlaps another's."""
    length, width = trait[e, 0, OWN_LENGTH], trait[e, 0, OWN_WIDTH]
    for n in range(1, motion.shape[1]):
        dx = terms.ring_gap(motion[e, n, X] - motion[e, 0, X], ring_length)
        if abs(dx) < 0.5 * (length + trait[e, n, OWN_LENGTH]) + 1.0 and terms.boxes_touch(
            0.0, motion[e, 0, Y], motion[e, 0, YAW], length, width,
            dx, motion[e, n, Y], motion[e, n, YAW], trait[e, n, OWN_LENGTH], trait[e, n, OWN_WIDTH],
        ):
            return True
    return False


@njit(cache=True)
def _observe(e, settings, motion, trait, place, ego, out):
    """Write what the ego sees: itself, then per lane (own, left, right) two vehicles ahead and one behind."""
    own = _lane_at(motion[e, 0, Y], settings.lane_width, settings.num_lanes)
    speed, y = motion[e, 0, SPEED], motion[e, 0, Y]
    width, lanes = settings.lane_width, settings.num_lanes
    out[e, 0] = terms.feature(speed - settings.speed_limit, 15.0)
    out[e, 1] = terms.feature(y - own * width, 0.5 * width)
    out[e, 2] = terms.feature(math.sin(motion[e, 0, YAW]), 0.15)
    out[e, 3] = terms.feature(motion[e, 0, STEERING], 0.1)
    out[e, 4] = terms.feature(motion[e, 0, ACCELERATION], 8.0)
    out[e, 5] = terms.feature(place[e, 0, TARGET] - own, 1.0)
    out[e, 6] = terms.feature(own, max(1, lanes - 1))
    out[e, 7] = terms.feature((lanes - 1) * width - y, lanes * width)
    out[e, 8] = terms.feature(ego[e, YAW_RATE] * speed, 8.0)
    for k in range(EGO_FEATURES, OBSERVATION_SIZE):
        out[e, k] = 0.0
    for slot in range(SLOTS):
        lane = own + (0 if slot < 3 else (1 if slot < 6 else -1))
        if lane < 0 or lane >= lanes:
            out[e, EGO_FEATURES + slot * SLOT_FEATURES] = -1.0
    count = motion.shape[1]
    rank = 0
    while place[e, rank, ORDER] != 0:
        rank += 1
    for direction in range(2):
        k = rank
        seen_own = seen_left = seen_right = 0
        most = 2 if direction == 0 else 1
        for _ in range(count - 1):
            if direction == 0:
                k = k + 1 if k + 1 < count else 0
            else:
                k = k - 1 if k > 0 else count - 1
            n = place[e, k, ORDER]
            dx = motion[e, n, X] - motion[e, 0, X]
            if direction == 0 and dx < 0.0:
                dx += settings.ring_length
            elif direction == 1 and dx > 0.0:
                dx -= settings.ring_length
            if abs(dx) > _VIEW:
                break
            for lane in range(max(own - 1, place[e, n, LOW]), min(own + 1, place[e, n, HIGH]) + 1):
                if lane == own:
                    index, base, seen_own = seen_own, 0, seen_own + 1
                elif lane > own:
                    index, base, seen_left = seen_left, 3, seen_left + 1
                else:
                    index, base, seen_right = seen_right, 6, seen_right + 1
                if index >= most:
                    continue
                at = EGO_FEATURES + (base + (index if direction == 0 else 2)) * SLOT_FEATURES
                length = 0.5 * (trait[e, n, OWN_LENGTH] + trait[e, 0, OWN_LENGTH])
                out[e, at] = 1.0
                gap = abs(dx) - length  # negative beside
                closing = speed - motion[e, n, SPEED] if direction == 0 else motion[e, n, SPEED] - speed
                out[e, at + 1] = terms.feature(gap, _VIEW)
                out[e, at + 2] = terms.feature(gap, _NEAR)
                out[e, at + 3] = terms.feature(closing, 15.0)
                out[e, at + 4] = terms.feature(closing / max(gap, 1.0), 0.5)
                out[e, at + 5] = terms.feature(motion[e, n, Y] - lane * width, width)
                out[e, at + 6] = terms.feature(motion[e, n, ACCELERATION], 8.0)


@njit(cache=True)
def reset_world(e, settings, models, motion, trait, place, ego, clock, keys, observation):
    """Draw a new episode of world e from its key and episode number, and write the first observation."""
    key, episode = keys[e], clock[e, EPISODE]
    count = motion.shape[1]
    lanes = settings.num_lanes
    rows = (count + lanes - 1) // lanes
    spacing = settings.ring_length / rows
    slots = np.empty(rows * lanes, np.int64)
    for k in range(rows * lanes):
        slots[k] = k
    jitter = max(0.0, spacing - 12.0) * 0.3
    for n in range(count):
        pick = n + int(philox_uniform(key, _PLACING, 0, episode, n) * (rows * lanes - n))
        slots[n], slots[pick] = slots[pick], slots[n]
        lane, row = slots[n] % lanes, slots[n] // lanes
        truck = n > 0 and philox_uniform(key, _DRIVER, 0, episode, n) < _TRUCK_SHARE
        if truck:
            model = settings.truck_model
        else:
            model = int(philox_uniform(key, _DRIVER, 1, episode, n) * settings.truck_model)
        spread = min(2.0, max(-2.0, philox_normal(key, _DRIVER, 2, episode, n)))
        desired = settings.traffic_speed + settings.traffic_speed_std * spread
        style = 1.0 + 0.1 * min(2.0, max(-2.0, philox_normal(key, _DRIVER, 3, episode, n)))
        trait[e, n, DESIRED] = desired * (_TRUCK_FACTOR if truck else 1.0)
        trait[e, n, TIME_GAP] = 1.0 + philox_uniform(key, _DRIVER, 4, episode, n)
        trait[e, n, COMFORT_ACCELERATION] = (0.7 if truck else 1.4) * style
        trait[e, n, COMFORT_BRAKING] = (1.7 if truck else 2.0) * style
        if n == 0:
            model = 0
            trait[e, n, DESIRED], trait[e, n, TIME_GAP] = settings.speed_limit, settings.ego_time_gap
            trait[e, n, COMFORT_ACCELERATION], trait[e, n, COMFORT_BRAKING] = 1.4, 2.0
        trait[e, n, OWN_LENGTH], trait[e, n, OWN_WIDTH] = models[model, LENGTH], models[model, WIDTH]
        trait[e, n, OWN_FRONT], trait[e, n, OWN_REAR] = models[model, FRONT], models[model, REAR]
        trait[e, n, OWN_LOCK] = models[model, MAX_STEERING]
        trait[e, n, OWN_STEERING_RATE] = models[model, STEERING_RATE]
        trait[e, n, OWN_BRAKING] = models[model, MAX_DECELERATION]
        place[e, n, TARGET] = place[e, n, LOW] = place[e, n, HIGH] = lane
        place[e, n, MODEL], place[e, n, ORDER] = model, n
        offset = (2.0 * philox_uniform(key, _PLACING, 1, episode, n) - 1.0) * jitter
        motion[e, n, X] = (spacing * (row + 0.5 * lane / lanes) + offset) % settings.ring_length
        motion[e, n, Y] = lane * settings.lane_width
        motion[e, n, YAW] = motion[e, n, STEERING] = motion[e, n, ACCELERATION] = 0.0
        slow = 0.8 + 0.15 * philox_uniform(key, _PLACING, 2, episode, n)
        # Never so fast that the least gap of the draw could not be kept at the driver's own time gap.
        least = max(5.0, (spacing - 2.0 * jitter - 10.0) / trait[e, n, TIME_GAP])
        motion[e, n, SPEED] = min(least, slow * min(trait[e, n, DESIRED], settings.traffic_speed))
    ego[e, LEFTWARD] = ego[e, YAW_RATE] = 0.0
    clock[e, STEP] = 0
    _sort_along(e, motion, place)
    _observe(e, settings, motion, trait, place, ego, observation)


@njit(cache=True)
def _judge(e, crashed, settings, models, motion, place, changed, reward, info):
    """Write the reward and the info row of a step; return whether the episode has ended."""
    model = place[e, 0, MODEL]
    off_road = terms.outside_strip(
        motion[e, 0, Y], motion[e, 0, YAW], models[model, LENGTH], models[model, WIDTH],
        -0.5 * settings.lane_width - settings.shoulder,
        (settings.num_lanes - 0.5) * settings.lane_width + settings.shoulder,
    )
    speed = motion[e, 0, SPEED]
    turning = math.tan(motion[e, 0, STEERING]) / (models[model, FRONT] + models[model, REAR]) * speed * speed
    comfort = terms.comfort_cost(motion[e, 0, ACCELERATION], turning, 3.0)
    value = settings.speed_weight * terms.speed_reward(speed, settings.low_speed, settings.speed_limit)
    value -= settings.comfort_weight * comfort
    if changed:
        value -= settings.lane_change_weight
    if crashed:
        value -= settings.collision_weight
    if off_road:
        value -= settings.off_road_weight
    reward[e] = value
    info[e, INFO_SPEED] = speed
    info[e, INFO_CRASHED] = 1.0 if crashed else 0.0
    info[e, INFO_OFF_ROAD] = 1.0 if off_road else 0.0
    info[e, INFO_LANE] = _lane_at(motion[e, 0, Y], settings.lane_width, settings.num_lanes)
    info[e, INFO_COMFORT] = comfort
    return crashed or off_road


@njit(cache=True)
def step_world(
    e, settings, models, max_steps, autoreset, keys, actions,
    motion, trait, place, lead, ego, clock,
    observation, final_observation, reward, terminated, truncated, info, final_info,
):
    """Advance world e by one action.

    Args:
        e: Which world; all arrays have the worlds first.
        settings: Of all worlds.
        models: Vehicle models, columns as named above.
        max_steps: Of an episode, 0 for no end.
        autoreset: Begin the next episode at once when one ends.
        keys: Random key of each world, uint64. Shape (num_envs,).
        actions: Pedal and lateral demand −1..1, or the choice in column 0. Shape (num_envs, 2).
        motion: And `trait`, `place`, `ego`, `clock`: the state, advanced; `lead` is scratch, (num_envs, lanes).
        observation: Of the state after the step, or of the next episode's start.
        final_observation: Of the state after the last step, written where an episode ended and `autoreset`.
        reward: Shape (num_envs,).
        terminated: Collision or off the road.
        truncated: `max_steps` reached.
        info: Rows as named above.
        final_info: As `final_observation`.
    """
    lane_before = place[e, 0, TARGET]
    lane_width, num_lanes, ring_length = settings.lane_width, settings.num_lanes, settings.ring_length
    first = 0 if settings.built_in else 1
    target_y = 0.0
    if not settings.built_in:
        target_y = _act(e, settings, models, motion, place, ego, actions)
        _note_ego_lanes(e, lane_width, num_lanes, motion, trait, place)
    every = max(1, int(round(_CONSIDER_EVERY / settings.step)))
    _decide(e, first, clock[e, STEP], every, num_lanes, ring_length, motion, trait, place, lead)
    if settings.built_in:
        target_y = place[e, 0, TARGET] * lane_width
    for _ in range(settings.substeps):
        _move_ego(e, target_y, settings.step / settings.substeps, settings, models, motion, place, ego)
    _move_others(e, settings.step, lane_width, num_lanes, motion, trait, place)
    crashed = _collides(e, ring_length, motion, trait)
    for n in range(motion.shape[1]):
        if motion[e, n, X] >= ring_length:
            motion[e, n, X] -= ring_length
    _note_ego_lanes(e, lane_width, num_lanes, motion, trait, place)
    _sort_along(e, motion, place)
    changed = place[e, 0, TARGET] != lane_before
    clock[e, STEP] += 1
    terminated[e] = _judge(e, crashed, settings, models, motion, place, changed, reward, info)
    truncated[e] = max_steps > 0 and clock[e, STEP] >= max_steps and not terminated[e]
    if autoreset and (terminated[e] or truncated[e]):
        _observe(e, settings, motion, trait, place, ego, final_observation)
        for k in range(INFO_COLUMNS):
            final_info[e, k] = info[e, k]
        clock[e, EPISODE] += 1
        reset_world(e, settings, models, motion, trait, place, ego, clock, keys, observation)
        for k in range(INFO_COLUMNS):
            info[e, k] = 0.0
        info[e, INFO_SPEED], info[e, INFO_LANE] = motion[e, 0, SPEED], place[e, 0, TARGET]
    else:
        _observe(e, settings, motion, trait, place, ego, observation)


@njit(cache=True, parallel=True)
def step_worlds(
    settings, models, max_steps, autoreset, keys, actions,
    motion, trait, place, lead, ego, clock,
    observation, final_observation, reward, terminated, truncated, info, final_info,
):
    """Advance every world by one action; see `step_world`."""
    for e in prange(motion.shape[0]):
        step_world(
            e, settings, models, max_steps, autoreset, keys, actions, motion, trait, place, lead, ego, clock,
            observation, final_observation, reward, terminated, truncated, info, final_info,
        )
