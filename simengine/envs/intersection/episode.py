"""One step of an intersection for one world or for thousands, and how episodes and routes begin."""

import math

from numba import njit, prange

from simengine.core.rng import philox_normal, philox_uniform
from simengine.core.space.geometry import wrap_angle
from simengine.envs import terms
from simengine.envs.intersection.drivers import drive
from simengine.envs.intersection.layout import (
    ACCELERATION,
    ALONG,
    ASIDE,
    BEGUN,
    DESIRED,
    DRIVER,
    EPISODE,
    EXIT,
    FASTER,
    FRONT,
    GRANTED,
    INFO_COLUMNS,
    INFO_CRASHED,
    INFO_OFF_ROAD,
    INFO_RAN_RED,
    INFO_SPEED,
    INFO_SUCCESS,
    INFO_TURN,
    LENGTH,
    MODEL_COLUMNS,
    OFFSET,
    PEDAL_ACCELERATION,
    PEDAL_BRAKING,
    PLACING,
    PRESENT,
    REAR,
    RED,
    ROUTE,
    ROUTING,
    SLOWER,
    SPEED,
    STEERING,
    STEP,
    STYLE,
    TIME_GAP,
    WIDEST,
    YAW,
    X,
    Y,
)
from simengine.envs.intersection.motion import collides, steer_along
from simengine.envs.intersection.routes import box_length, route_pose
from simengine.envs.intersection.signals import signal_at, world_time
from simengine.envs.intersection.view import observe


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
    arm = int(philox_uniform(key, ROUTING, 2 * begun, episode, n) * 4.0)
    turn = int(philox_uniform(key, ROUTING, 2 * begun + 1, episode, n) * 3.0)
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
        model = 0 if n == 0 else int(philox_uniform(key, DRIVER, 0, episode, n) * models.shape[0])
        spread = min(2.0, max(-2.0, philox_normal(key, DRIVER, 1, episode, n)))
        trait[e, n, DESIRED] = settings.speed_limit * (1.0 if n == 0 else 0.95 + 0.08 * spread)
        trait[e, n, TIME_GAP] = 1.4 if n == 0 else 1.0 + philox_uniform(key, DRIVER, 2, episode, n)
        spread = min(2.0, max(-2.0, philox_normal(key, DRIVER, 3, episode, n)))
        trait[e, n, STYLE] = 1.0 if n == 0 else 1.0 + 0.1 * spread
        for k in range(MODEL_COLUMNS):
            trait[e, n, LENGTH + k] = models[model, k]
        place[e, n, PRESENT] = 0
        place[e, n, BEGUN] = 0
    # The ego at a draw, the others at draws of their own wherever no one stands within 14 m on the same arm.
    turn = settings.ego_turn
    if turn < 0:
        turn = int(philox_uniform(key, PLACING, 0, episode, 0) * 3.0)
    along = settings.arm_length - 25.0 - 35.0 * philox_uniform(key, PLACING, 1, episode, 0)
    _begin_route(e, 0, along, turn, 0.7 * settings.speed_limit, settings, motion, place)
    for n in range(1, count):
        for attempt in range(8):
            arm = int(philox_uniform(key, PLACING, 2 + 3 * attempt, episode, n) * 4.0)
            turn = int(philox_uniform(key, PLACING, 3 + 3 * attempt, episode, n) * 3.0)
            along = philox_uniform(key, PLACING, 4 + 3 * attempt, episode, n) * (settings.arm_length - 15.0)
            free = True
            for m in range(n):
                if place[e, m, PRESENT] == 1 and place[e, m, ROUTE] // 3 == arm:
                    free = free and abs(motion[e, m, ALONG] - along) > 14.0
            if free:
                _begin_route(e, n, along, 3 * arm + turn, 0.6 * settings.speed_limit, settings, motion, place)
                break
    clock[e, STEP] = 0
    observe(e, settings, motion, trait, place, clock, keys, observation)
    for k in range(INFO_COLUMNS):
        info[e, k] = 0.0
    info[e, INFO_SPEED], info[e, INFO_TURN] = motion[e, 0, SPEED], place[e, 0, ROUTE] % 3


@njit(cache=True)
def step_world(
    e,
    settings,
    models,
    enter,
    leave,
    max_steps,
    autoreset,
    keys,
    actions,
    motion,
    trait,
    place,
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
            motion[e, n, ACCELERATION] = drive(e, n, time, settings, enter, leave, motion, trait, place)
    step = settings.step / settings.substeps
    crashed = False
    before = motion[e, 0, ALONG] + 0.5 * trait[e, 0, LENGTH]
    for _ in range(settings.substeps):
        for n in range(count):
            if place[e, n, PRESENT] == 1:
                steer_along(e, n, offset if n == 0 else 0.0, step, settings, motion, trait, place)
        crashed = crashed or collides(e, motion, trait, place)
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
        observe(e, settings, motion, trait, place, clock, keys, final_observation)
        for k in range(INFO_COLUMNS):
            final_info[e, k] = info[e, k]
        clock[e, EPISODE] += 1
        reset_world(e, settings, models, motion, trait, place, clock, keys, observation, info)
    else:
        observe(e, settings, motion, trait, place, clock, keys, observation)


@njit(cache=True, parallel=True)
def step_worlds(
    settings,
    models,
    enter,
    leave,
    max_steps,
    autoreset,
    keys,
    actions,
    motion,
    trait,
    place,
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
            enter,
            leave,
            max_steps,
            autoreset,
            keys,
            actions,
            motion,
            trait,
            place,
            clock,
            observation,
            final_observation,
            reward,
            terminated,
            truncated,
            info,
            final_info,
        )
