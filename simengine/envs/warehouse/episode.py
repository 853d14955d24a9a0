"""One step of a warehouse for one robot or for thousands, and how episodes begin."""

import math

from numba import njit, prange

from simengine.core.rng import philox_normal, philox_uniform
from simengine.core.space.geometry import wrap_angle
from simengine.envs import terms
from simengine.envs.warehouse.hall import aisle_y, find_way, passage_x
from simengine.envs.warehouse.layout import (
    ARRIVED,
    CHOICES,
    DESIRED,
    EPISODE,
    FORWARD,
    FRICTION,
    FROM,
    GOAL_X,
    GOAL_Y,
    INFO_COLUMNS,
    INFO_CRASHED,
    INFO_SPEED,
    INFO_SUCCESS,
    INFO_WAY_LEFT,
    LEFTWARD,
    NEXT_X,
    NEXT_Y,
    PLACING,
    PVX,
    PVY,
    PX,
    PY,
    REVERSE,
    STEP,
    TO,
    TURN_RATE,
    WALKING,
    WAY_LEFT,
    YAW,
    YAW_RATE,
    X,
    Y,
)
from simengine.envs.warehouse.people import next_crossing, walk
from simengine.envs.warehouse.robot import collides, steer_home
from simengine.envs.warehouse.view import observe, scan_round
from simengine.physics.vehicle.planar_motion import MotorLimits, move_differential
from simengine.physics.vehicle.vehicle_models import PlanarMotion


@njit(cache=True)
def reset_world(e, settings, robot, people, scan, clock, keys, observation, info):
    """Draw a new episode of world e from its key and episode number; write the first observation and info."""
    key, episode = keys[e], clock[e, EPISODE]
    reach = settings.aisle_length + 0.5 * settings.aisle_width
    for attempt in range(16):
        base = 8 * attempt
        aisle = int(philox_uniform(key, PLACING, base, episode, 0) * settings.aisles)
        goal = int(philox_uniform(key, PLACING, base + 1, episode, 0) * settings.aisles)
        robot[e, X] = reach * (2.0 * philox_uniform(key, PLACING, base + 2, episode, 0) - 1.0)
        robot[e, Y] = aisle_y(aisle, settings)
        robot[e, GOAL_X] = reach * (2.0 * philox_uniform(key, PLACING, base + 3, episode, 0) - 1.0)
        robot[e, GOAL_Y] = aisle_y(goal, settings)
        robot[e, WAY_LEFT], robot[e, NEXT_X], robot[e, NEXT_Y] = find_way(
            robot[e, X], robot[e, Y], robot[e, GOAL_X], robot[e, GOAL_Y], settings
        )
        if robot[e, WAY_LEFT] > 0.5 * settings.aisle_length:
            break
    robot[e, YAW] = math.pi * (2.0 * philox_uniform(key, PLACING, 4, episode, 1) - 1.0)
    robot[e, FORWARD] = robot[e, LEFTWARD] = robot[e, YAW_RATE] = 0.0
    for n in range(people.shape[1]):
        spread = min(2.0, max(-2.0, philox_normal(key, WALKING, 1_000_000, episode, n)))
        people[e, n, DESIRED] = 1.34 + 0.26 * spread  # Helbing & Molnár 1995
        people[e, n, CHOICES] = 0.0
        people[e, n, PVX] = people[e, n, PVY] = 0.0
        for attempt in range(8):
            start = int(philox_uniform(key, PLACING, 200 + attempt, episode, n) * 3.0 * settings.aisles)
            people[e, n, TO] = people[e, n, FROM] = start
            px, py = passage_x(start % 3, settings), aisle_y(start // 3, settings)
            shift = 0.3 * settings.aisle_width
            people[e, n, PX] = px + shift * (2.0 * philox_uniform(key, PLACING, 300 + attempt, episode, n) - 1.0)
            people[e, n, PY] = py + shift * (2.0 * philox_uniform(key, PLACING, 400 + attempt, episode, n) - 1.0)
            if (people[e, n, PX] - robot[e, X]) ** 2 + (people[e, n, PY] - robot[e, Y]) ** 2 > 9.0:
                break
        next_crossing(e, n, settings, people, clock, keys)
    clock[e, STEP] = 0
    scan_round(e, settings, robot, people, scan, 0)
    observe(e, settings, robot, people, scan, observation)
    for k in range(INFO_COLUMNS):
        info[e, k] = 0.0
    info[e, INFO_WAY_LEFT] = robot[e, WAY_LEFT]


@njit(cache=True)
def step_world(
    e,
    settings,
    max_steps,
    autoreset,
    keys,
    actions,
    robot,
    people,
    scan,
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
        max_steps: Of an episode, 0 for no end.
        autoreset: Begin the next episode at once when one ends.
        keys: Random key of each world, uint64. Shape (num_envs,).
        actions: Speed and yaw rate −1..1. Shape (num_envs, 2).
        robot: And `people`, `scan`, `clock`: the state, advanced.
        observation: Of the state after the step, or of the next episode's start.
        final_observation: Of the state after the last step, written where an episode ended and `autoreset`.
        reward: Shape (num_envs,).
        terminated: Arrived or collided.
        truncated: `max_steps` reached.
        info: Rows as named above.
        final_info: As `final_observation`.
    """
    if settings.built_in:
        speed, turn = steer_home(e, settings, robot, scan)
    else:
        speed = min(1.0, max(-1.0, actions[e, 0]))
        speed *= settings.top_speed * (1.0 if speed >= 0.0 else REVERSE)
        turn = TURN_RATE * min(1.0, max(-1.0, actions[e, 1]))
    before = robot[e, FORWARD]
    step = settings.step / settings.substeps
    crashed = False
    for _ in range(settings.substeps):
        x, y, yaw, forward, leftward, rate = move_differential(
            PlanarMotion(
                robot[e, X], robot[e, Y], robot[e, YAW], robot[e, FORWARD], robot[e, LEFTWARD], robot[e, YAW_RATE]
            ),
            speed,
            turn,
            MotorLimits(settings.acceleration, settings.braking, settings.top_speed),
            settings.track_width,
            FRICTION,
            step,
        )
        robot[e, X], robot[e, Y], robot[e, YAW] = x, y, wrap_angle(yaw)
        robot[e, FORWARD], robot[e, LEFTWARD], robot[e, YAW_RATE] = forward, leftward, rate
        walk(e, step, settings, robot, people, clock, keys)
        crashed = crashed or collides(e, settings, robot, people)
    way_before = robot[e, WAY_LEFT]
    robot[e, WAY_LEFT], robot[e, NEXT_X], robot[e, NEXT_Y] = find_way(
        robot[e, X], robot[e, Y], robot[e, GOAL_X], robot[e, GOAL_Y], settings
    )
    clock[e, STEP] += 1
    apart = math.sqrt((robot[e, GOAL_X] - robot[e, X]) ** 2 + (robot[e, GOAL_Y] - robot[e, Y]) ** 2)
    arrived = apart < ARRIVED and not crashed
    acceleration = (robot[e, FORWARD] - before) / settings.step
    value = settings.progress_weight * min(1.0, max(-1.0, way_before - robot[e, WAY_LEFT])) - settings.time_weight
    value -= settings.comfort_weight * terms.comfort_cost(acceleration, robot[e, YAW_RATE] * robot[e, FORWARD], 1.0)
    value -= settings.collision_weight if crashed else 0.0
    value += settings.arrival_weight if arrived else 0.0
    reward[e] = value
    info[e, INFO_SPEED], info[e, INFO_CRASHED] = robot[e, FORWARD], 1.0 if crashed else 0.0
    info[e, INFO_SUCCESS], info[e, INFO_WAY_LEFT] = 1.0 if arrived else 0.0, robot[e, WAY_LEFT]
    terminated[e] = crashed or arrived
    truncated[e] = max_steps > 0 and clock[e, STEP] >= max_steps and not terminated[e]
    if autoreset and (terminated[e] or truncated[e]):
        observe(e, settings, robot, people, scan, final_observation)
        for k in range(INFO_COLUMNS):
            final_info[e, k] = info[e, k]
        clock[e, EPISODE] += 1
        reset_world(e, settings, robot, people, scan, clock, keys, observation, info)
    else:
        observe(e, settings, robot, people, scan, observation)


@njit(cache=True, parallel=True)
def step_worlds(
    settings,
    max_steps,
    autoreset,
    keys,
    actions,
    robot,
    people,
    scan,
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
    for e in prange(robot.shape[0]):
        step_world(
            e,
            settings,
            max_steps,
            autoreset,
            keys,
            actions,
            robot,
            people,
            scan,
            clock,
            observation,
            final_observation,
            reward,
            terminated,
            truncated,
            info,
            final_info,
        )
