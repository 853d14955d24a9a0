"""One step of a ring highway for one world or for thousands, and how episodes begin."""

import math

import numpy as np
from numba import njit, prange

from simengine.core.rng import philox_normal, philox_uniform, stream
from simengine.envs import terms
from simengine.envs.highway.drivers import decide, sort_along
from simengine.envs.highway.layout import (
    ACCELERATION,
    COMFORT_ACCELERATION,
    COMFORT_BRAKING,
    DESIRED,
    EPISODE,
    FRONT,
    HIGH,
    INFO_COLUMNS,
    INFO_COMFORT,
    INFO_CRASHED,
    INFO_LANE,
    INFO_OFF_ROAD,
    INFO_SPEED,
    LEFTWARD,
    LENGTH,
    LOW,
    MAX_DECELERATION,
    MAX_STEERING,
    MODEL,
    ORDER,
    OWN_BRAKING,
    OWN_FRONT,
    OWN_LENGTH,
    OWN_LOCK,
    OWN_REAR,
    OWN_STEERING_RATE,
    OWN_WIDTH,
    REAR,
    SPEED,
    STEERING,
    STEERING_RATE,
    STEP,
    TARGET,
    TIME_GAP,
    WIDTH,
    YAW,
    YAW_RATE,
    X,
    Y,
)
from simengine.envs.highway.motion import act, collides, lane_at, move_ego, move_others, note_ego_lanes
from simengine.envs.highway.view import observe

_CONSIDER_EVERY = 1.0  # seconds between two thoughts about changing lane
_PLACING, _DRIVER = stream("highway", "placing"), stream("highway", "driver")
_TRUCK_SHARE = 0.15
_TRUCK_FACTOR = 0.88  # of the desired speed: 80 km/h beside cars at 90 km/h


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
    sort_along(e, motion, place)
    observe(e, settings, motion, trait, place, ego, observation)


@njit(cache=True)
def _judge(e, crashed, settings, models, motion, place, changed, reward, info):
    """Write the reward and the info row of a step; return whether the episode has ended."""
    model = place[e, 0, MODEL]
    off_road = terms.outside_strip(
        motion[e, 0, Y],
        motion[e, 0, YAW],
        models[model, LENGTH],
        models[model, WIDTH],
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
    info[e, INFO_LANE] = lane_at(motion[e, 0, Y], settings.lane_width, settings.num_lanes)
    info[e, INFO_COMFORT] = comfort
    return crashed or off_road


@njit(cache=True)
def step_world(
    e,
    settings,
    models,
    max_steps,
    autoreset,
    keys,
    actions,
    motion,
    trait,
    place,
    lead,
    ego,
    clock,
    observation,
    final_observation,
    reward,
    terminated,
    truncated,
    info,
    final_info,
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
        target_y = act(e, settings, models, motion, place, ego, actions)
        note_ego_lanes(e, lane_width, num_lanes, motion, trait, place)
    every = max(1, int(round(_CONSIDER_EVERY / settings.step)))
    decide(e, first, clock[e, STEP], every, num_lanes, ring_length, motion, trait, place, lead)
    if settings.built_in:
        target_y = place[e, 0, TARGET] * lane_width
    for _ in range(settings.substeps):
        move_ego(e, target_y, settings.step / settings.substeps, settings, models, motion, place, ego)
    move_others(e, settings.step, lane_width, num_lanes, motion, trait, place)
    crashed = collides(e, ring_length, motion, trait)
    for n in range(motion.shape[1]):
        if motion[e, n, X] >= ring_length:
            motion[e, n, X] -= ring_length
    note_ego_lanes(e, lane_width, num_lanes, motion, trait, place)
    sort_along(e, motion, place)
    changed = place[e, 0, TARGET] != lane_before
    clock[e, STEP] += 1
    terminated[e] = _judge(e, crashed, settings, models, motion, place, changed, reward, info)
    truncated[e] = max_steps > 0 and clock[e, STEP] >= max_steps and not terminated[e]
    if autoreset and (terminated[e] or truncated[e]):
        observe(e, settings, motion, trait, place, ego, final_observation)
        for k in range(INFO_COLUMNS):
            final_info[e, k] = info[e, k]
        clock[e, EPISODE] += 1
        reset_world(e, settings, models, motion, trait, place, ego, clock, keys, observation)
        for k in range(INFO_COLUMNS):
            info[e, k] = 0.0
        info[e, INFO_SPEED], info[e, INFO_LANE] = motion[e, 0, SPEED], place[e, 0, TARGET]
    else:
        observe(e, settings, motion, trait, place, ego, observation)


@njit(cache=True, parallel=True)
def step_worlds(
    settings,
    models,
    max_steps,
    autoreset,
    keys,
    actions,
    motion,
    trait,
    place,
    lead,
    ego,
    clock,
    observation,
    final_observation,
    reward,
    terminated,
    truncated,
    info,
    final_info,
):
    """Advance every world by one action; see `step_world`."""
    for e in prange(motion.shape[0]):
        step_world(
            e,
            settings,
            models,
            max_steps,
            autoreset,
            keys,
            actions,
            motion,
            trait,
            place,
            lead,
            ego,
            clock,
            observation,
            final_observation,
            reward,
            terminated,
            truncated,
            info,
            final_info,
        )
