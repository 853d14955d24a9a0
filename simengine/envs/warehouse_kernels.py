"""One step of a warehouse for one robot or for thousands: people walk, the robot drives, a laser scanner looks round.

Aisles run along x between rows of shelves and are joined by three passages along y: at both ends and in the middle.
People walk from crossing to crossing at random, push each other apart by social forces and do not walk into the robot.
The robot has two driven wheels and knows the way: a waypoint, the shortest way on, and how long it is.
"""

import math
from typing import NamedTuple

from numba import njit, prange

from simengine.behavior.social_force import LARGEST, TOP_SPEED, pair_force, relax
from simengine.core.geometry import wrap_angle
from simengine.core.rng import philox_normal, philox_uniform
from simengine.envs import terms
from simengine.physics.planar_motion import move_differential

# Columns of `robot` (num_envs, 11): box centre [m], yaw [rad], forward and leftward velocity [m/s], yaw rate [rad/s],
# goal [m], way left [m], and its waypoint [m].
X, Y, YAW, FORWARD, LEFTWARD, YAW_RATE, GOAL_X, GOAL_Y, WAY_LEFT, NEXT_X, NEXT_Y = range(11)
ROBOT_COLUMNS = 11
# Columns of `people` (num_envs, num_people, 9): place [m], velocity [m/s], crossing walked to (passage, aisle), that
# come from, desired speed [m/s]; crossings are stored as passage + 3 · aisle.
PX, PY, PVX, PVY, TO, FROM, DESIRED, CHOICES = range(8)
PEOPLE_COLUMNS = 8
STEP, EPISODE = range(2)
INFO_SPEED, INFO_CRASHED, INFO_SUCCESS, INFO_WAY_LEFT = range(4)
INFO_COLUMNS = 4

RAYS = 36
EGO_FEATURES = 9
OBSERVATION_SIZE = EGO_FEATURES + 2 * RAYS
RANGE = 10.0  # of the scanner [m]
TURN_RATE = 1.5  # at full action [rad/s]
REVERSE = 0.3  # of the top speed, at full reverse action
ARRIVED = 0.5  # from the goal [m]
BODY = 0.28  # radius of a person, half the shoulder breadth with arms [m]
_KEEP = 0.35  # from the robot that people do not go below by themselves [m]
_WALK_RIGHT = 0.45  # of the middle of the way that people walk [m]
_FRICTION = 0.7  # of a dry concrete floor
_PLACING, _WALKING = 31, 32  # random streams


class WarehouseSettings(NamedTuple):
    """What all worlds have in common."""

    aisles: int
    aisle_length: float  # of half a row of shelves [m]
    aisle_width: float  # [m]
    shelf_depth: float  # [m]
    step: float  # between two actions [s]
    substeps: int
    built_in: bool
    length: float  # of the robot [m]
    width: float  # of the robot [m]
    track_width: float  # [m]
    acceleration: float  # of a wheel [m/s²]
    braking: float  # of a wheel [m/s²]
    top_speed: float  # [m/s]
    progress_weight: float
    arrival_weight: float
    collision_weight: float
    time_weight: float
    comfort_weight: float


@njit(cache=True)
def passage_x(passage, settings):
    """Return the middle of a passage [m]; 0 and 2 are at the ends, 1 in the middle at x = 0."""
    return (passage - 1) * (settings.aisle_length + settings.aisle_width)


@njit(cache=True)
def aisle_y(aisle, settings):
    """Return the middle of an aisle [m]."""
    return (aisle - 0.5 * (settings.aisles - 1)) * (settings.aisle_width + settings.shelf_depth)


@njit(cache=True)
def half_hall(settings):
    """Return half the length and half the width of the hall [m]."""
    return (
        settings.aisle_length + 1.5 * settings.aisle_width,
        0.5 * settings.aisles * (settings.aisle_width + settings.shelf_depth) + 0.5 * settings.shelf_depth,
    )


@njit(cache=True)
def shelf_center(row, half, settings):
    """Return the middle of half a row of shelves [m]: half 0 is left of the middle passage, 1 right of it."""
    x = (half - 0.5) * (settings.aisle_length + settings.aisle_width)
    return x, (row - 0.5 * settings.aisles) * (settings.aisle_width + settings.shelf_depth)


@njit(cache=True)
def find_way(x, y, goal_x, goal_y, settings):
    """Return the length of the shortest way to a goal in an aisle and its next waypoint (x, y) [m]."""
    if abs(y - goal_y) < 0.5 * settings.aisle_width:
        return math.sqrt((x - goal_x) ** 2 + (y - goal_y) ** 2), goal_x, goal_y
    best, through = math.inf, 0.0
    for passage in range(3):
        at = passage_x(passage, settings)
        way = abs(x - at) + abs(at - goal_x)
        if way < best:
            best, through = way, at
    pitch = settings.aisle_width + settings.shelf_depth
    if abs(x - through) < 0.3 * settings.aisle_width:
        return best + abs(y - goal_y), through, goal_y
    aisle = min(settings.aisles - 1, max(0, int(math.floor(y / pitch + 0.5 * settings.aisles))))
    return best + abs(y - goal_y), through, aisle_y(aisle, settings)


@njit(cache=True)
def _ray_disc(ox, oy, dx, dy, cx, cy, radius):
    """Return the distance along a ray to a disc, infinite if missed [m]."""
    px, py = cx - ox, cy - oy
    along = px * dx + py * dy
    across = px * dy - py * dx
    if along < 0.0 or abs(across) > radius:
        return math.inf
    return max(0.0, along - math.sqrt(radius * radius - across * across))


@njit(cache=True)
def _scan(e, settings, robot, people, out, first):
    """Write the share of the scanner's range that each ray goes, counter-clockwise from straight ahead."""
    x, y = robot[e, X], robot[e, Y]
    hall_x, hall_y = half_hall(settings)
    for k in range(RAYS):
        angle = robot[e, YAW] + 2.0 * math.pi * k / RAYS
        dx, dy = math.cos(angle), math.sin(angle)
        distance = RANGE
        if dx != 0.0:
            distance = min(distance, ((hall_x if dx > 0.0 else -hall_x) - x) / dx)
        if dy != 0.0:
            distance = min(distance, ((hall_y if dy > 0.0 else -hall_y) - y) / dy)
        for row in range(settings.aisles + 1):
            for half in range(2):
                cx, cy = shelf_center(row, half, settings)
                if abs(cy - y) - 0.5 * settings.shelf_depth < distance:
                    distance = min(distance, terms.ray_box(
                        x, y, dx, dy, cx, cy, 1.0, 0.0, 0.5 * settings.aisle_length, 0.5 * settings.shelf_depth
                    ))  # fmt: skip
        for n in range(people.shape[1]):
            distance = min(distance, _ray_disc(x, y, dx, dy, people[e, n, PX], people[e, n, PY], BODY))
        out[e, first + k] = terms.feature(max(0.0, distance), RANGE)


@njit(cache=True)
def _observe(e, settings, robot, people, scan, out):
    """Write what the robot knows: its motion, the way, this scan and how it differs from the last."""
    x, y, yaw = robot[e, X], robot[e, Y], robot[e, YAW]
    to_goal = math.atan2(robot[e, GOAL_Y] - y, robot[e, GOAL_X] - x) - yaw
    dx, dy = robot[e, NEXT_X] - x, robot[e, NEXT_Y] - y
    to_next = math.atan2(dy, dx) - yaw
    out[e, 0] = terms.feature(robot[e, FORWARD], settings.top_speed)
    out[e, 1] = terms.feature(robot[e, YAW_RATE], TURN_RATE)
    out[e, 2] = terms.feature(robot[e, WAY_LEFT], 40.0)
    out[e, 3], out[e, 4] = math.cos(to_goal), math.sin(to_goal)
    out[e, 5] = terms.feature(math.sqrt(dx * dx + dy * dy), 10.0)
    out[e, 6], out[e, 7] = math.cos(to_next), math.sin(to_next)
    out[e, 8] = terms.feature(math.sqrt((robot[e, GOAL_X] - x) ** 2 + (robot[e, GOAL_Y] - y) ** 2), 3.0)
    _scan(e, settings, robot, people, out, EGO_FEATURES)
    for k in range(RAYS):
        now = out[e, EGO_FEATURES + k]
        out[e, EGO_FEATURES + RAYS + k] = terms.feature((now - scan[e, k]) * RANGE, 1.0)
        scan[e, k] = now


@njit(cache=True)
def _collides(e, settings, robot, people):
    """Return whether the robot touches a shelf, a wall or a person."""
    x, y, yaw = robot[e, X], robot[e, Y], robot[e, YAW]
    cosine, sine = math.cos(yaw), math.sin(yaw)
    half_length, half_width = 0.5 * settings.length, 0.5 * settings.width
    hall_x, hall_y = half_hall(settings)
    if abs(x) + half_length * abs(cosine) + half_width * abs(sine) > hall_x:
        return True
    if abs(y) + half_length * abs(sine) + half_width * abs(cosine) > hall_y:
        return True
    for row in range(settings.aisles + 1):
        for half in range(2):
            cx, cy = shelf_center(row, half, settings)
            if terms.boxes_touch(
                x, y, yaw, settings.length, settings.width, cx, cy, 0.0, settings.aisle_length, settings.shelf_depth
            ):
                return True
    nearest = math.inf
    for n in range(people.shape[1]):
        nearest = min(nearest, _body_gap(e, n, settings, robot, people, cosine, sine))
    return nearest < 0.0


@njit(cache=True)
def _body_gap(e, n, settings, robot, people, cosine, sine):
    """Return how far a person's body is from the robot's [m]; `cosine` and `sine` are of the robot's yaw."""
    dx, dy = people[e, n, PX] - robot[e, X], people[e, n, PY] - robot[e, Y]
    u = max(0.0, abs(dx * cosine + dy * sine) - 0.5 * settings.length)
    v = max(0.0, abs(-dx * sine + dy * cosine) - 0.5 * settings.width)
    return math.sqrt(u * u + v * v) - BODY


@njit(cache=True)
def _next_crossing(e, n, settings, people, clock, keys):
    """Draw the crossing that a person walks to next: a neighbour, not the one come from unless there is no other."""
    here, came = int(people[e, n, TO]), int(people[e, n, FROM])
    passage, aisle = here % 3, here // 3
    chosen, seen = came, 0
    choice = int(people[e, n, CHOICES])
    for direction in range(4):
        p = passage + (1 if direction == 0 else (-1 if direction == 1 else 0))
        a = aisle + (1 if direction == 2 else (-1 if direction == 3 else 0))
        if p < 0 or p > 2 or a < 0 or a >= settings.aisles or p + 3 * a == came:
            continue
        seen += 1
        # One of the neighbours, each as likely: the k-th replaces the chosen one with probability 1/k.
        draw = philox_uniform(keys[e], _WALKING, 4 * choice + direction, clock[e, EPISODE], n)
        if draw * seen < 1.0:
            chosen = p + 3 * a
    people[e, n, CHOICES] += 1
    people[e, n, FROM], people[e, n, TO] = here, chosen


@njit(cache=True)
def _walk(e, step, settings, robot, people, clock, keys):
    """Advance the people."""
    cosine, sine = math.cos(robot[e, YAW]), math.sin(robot[e, YAW])
    robot_vx = robot[e, FORWARD] * cosine - robot[e, LEFTWARD] * sine
    robot_vy = robot[e, FORWARD] * sine + robot[e, LEFTWARD] * cosine
    for n in range(people.shape[1]):
        to, came = int(people[e, n, TO]), int(people[e, n, FROM])
        tx, ty = passage_x(to % 3, settings), aisle_y(to // 3, settings)
        fx, fy = passage_x(came % 3, settings), aisle_y(came // 3, settings)
        x, y = people[e, n, PX], people[e, n, PY]
        length = max(1e-6, math.sqrt((tx - fx) ** 2 + (ty - fy) ** 2))
        ux, uy = (tx - fx) / length, (ty - fy) / length
        if (tx - x) * ux + (ty - y) * uy < 0.5:
            _next_crossing(e, n, settings, people, clock, keys)
        gx, gy = tx + _WALK_RIGHT * uy - x, ty - _WALK_RIGHT * ux - y
        # Along the way's right side: towards a point a little ahead on it.
        ahead = max(0.5, min(2.0, gx * ux + gy * uy))
        side = gx * -uy + gy * ux
        gx, gy = ahead * ux - side * uy, ahead * uy + side * ux
        norm = max(1e-6, math.sqrt(gx * gx + gy * gy))
        desired = people[e, n, DESIRED]
        force_x, force_y = pair_force(x - robot[e, X], y - robot[e, Y], robot_vx, robot_vy)
        for m in range(people.shape[1]):
            rx, ry = x - people[e, m, PX], y - people[e, m, PY]
            if m != n and rx * rx + ry * ry < 9.0:
                px, py = pair_force(rx, ry, people[e, m, PVX], people[e, m, PVY])
                force_x, force_y = force_x + px, force_y + py
        push = math.sqrt(force_x * force_x + force_y * force_y)
        if push > LARGEST:
            force_x, force_y = force_x * LARGEST / push, force_y * LARGEST / push
        vx = relax(people[e, n, PVX], desired * gx / norm, force_x, step)
        vy = relax(people[e, n, PVY], desired * gy / norm, force_y, step)
        speed = math.sqrt(vx * vx + vy * vy)
        if speed > TOP_SPEED * desired:
            vx, vy = vx * TOP_SPEED * desired / speed, vy * TOP_SPEED * desired / speed
        dx, dy = robot[e, X] - x, robot[e, Y] - y
        distance = max(1e-6, math.sqrt(dx * dx + dy * dy))
        closing = (vx * dx + vy * dy) / distance
        room = _body_gap(e, n, settings, robot, people, cosine, sine) - _KEEP
        if closing * step > max(0.0, room):
            excess = closing - max(0.0, room) / step
            vx, vy = vx - excess * dx / distance, vy - excess * dy / distance
        people[e, n, PX], people[e, n, PY] = _keep_off_shelves(x + vx * step, y + vy * step, settings)
        people[e, n, PVX], people[e, n, PVY] = vx, vy


@njit(cache=True)
def _keep_off_shelves(x, y, settings):
    """Return the nearest place to a point where a person's body touches neither shelf nor wall [m]."""
    hall_x, hall_y = half_hall(settings)
    x = min(hall_x - BODY, max(BODY - hall_x, x))
    y = min(hall_y - BODY, max(BODY - hall_y, y))
    for row in range(settings.aisles + 1):
        for half in range(2):
            cx, cy = shelf_center(row, half, settings)
            u = 0.5 * settings.aisle_length + BODY - abs(x - cx)
            v = 0.5 * settings.shelf_depth + BODY - abs(y - cy)
            if u > 0.0 and v > 0.0:
                if u < v:
                    x += u if x > cx else -u
                else:
                    y += v if y > cy else -v
    return x, y


@njit(cache=True)
def _steer_home(e, settings, robot, scan):
    """Return speed [m/s] and yaw rate [rad/s] of the built-in driver: to the waypoint, slower the nearer things are."""
    bearing = wrap_angle(math.atan2(robot[e, NEXT_Y] - robot[e, Y], robot[e, NEXT_X] - robot[e, X]) - robot[e, YAW])
    clear, away = RANGE, 0.0
    for k in range(RAYS):
        angle = wrap_angle(2.0 * math.pi * k / RAYS)
        distance = scan[e, k] * RANGE
        if abs(angle) < 0.6:
            # What stands aside of the robot's own width does not block it.
            if abs(math.sin(angle)) * distance < 0.5 * settings.width + 0.25:
                clear = min(clear, distance * math.cos(angle) - 0.5 * settings.length)
        if abs(angle) < 1.6 and distance < 1.2:
            away -= (1.2 - distance) * (1.0 if angle >= 0.0 else -1.0) * 0.25
    turn = min(TURN_RATE, max(-TURN_RATE, 2.0 * bearing + away))
    speed = settings.top_speed * max(0.0, math.cos(bearing)) ** 3
    return min(speed, max(0.0, 1.1 * (clear - 0.45))), turn


@njit(cache=True)
def reset_world(e, settings, robot, people, scan, clock, keys, observation, info):
    """Draw a new episode of world e from its key and episode number; write the first observation and info."""
    key, episode = keys[e], clock[e, EPISODE]
    reach = settings.aisle_length + 0.5 * settings.aisle_width
    for attempt in range(16):
        base = 8 * attempt
        aisle = int(philox_uniform(key, _PLACING, base, episode, 0) * settings.aisles)
        goal = int(philox_uniform(key, _PLACING, base + 1, episode, 0) * settings.aisles)
        robot[e, X] = reach * (2.0 * philox_uniform(key, _PLACING, base + 2, episode, 0) - 1.0)
        robot[e, Y] = aisle_y(aisle, settings)
        robot[e, GOAL_X] = reach * (2.0 * philox_uniform(key, _PLACING, base + 3, episode, 0) - 1.0)
        robot[e, GOAL_Y] = aisle_y(goal, settings)
        robot[e, WAY_LEFT], robot[e, NEXT_X], robot[e, NEXT_Y] = find_way(
            robot[e, X], robot[e, Y], robot[e, GOAL_X], robot[e, GOAL_Y], settings
        )
        if robot[e, WAY_LEFT] > 0.5 * settings.aisle_length:
            break
    robot[e, YAW] = math.pi * (2.0 * philox_uniform(key, _PLACING, 4, episode, 1) - 1.0)
    robot[e, FORWARD] = robot[e, LEFTWARD] = robot[e, YAW_RATE] = 0.0
    for n in range(people.shape[1]):
        spread = min(2.0, max(-2.0, philox_normal(key, _WALKING, 1_000_000, episode, n)))
        people[e, n, DESIRED] = 1.34 + 0.26 * spread  # Helbing & Molnár 1995
        people[e, n, CHOICES] = 0.0
        people[e, n, PVX] = people[e, n, PVY] = 0.0
        for attempt in range(8):
            start = int(philox_uniform(key, _PLACING, 200 + attempt, episode, n) * 3.0 * settings.aisles)
            people[e, n, TO] = people[e, n, FROM] = start
            px, py = passage_x(start % 3, settings), aisle_y(start // 3, settings)
            shift = 0.3 * settings.aisle_width
            people[e, n, PX] = px + shift * (2.0 * philox_uniform(key, _PLACING, 300 + attempt, episode, n) - 1.0)
            people[e, n, PY] = py + shift * (2.0 * philox_uniform(key, _PLACING, 400 + attempt, episode, n) - 1.0)
            if (people[e, n, PX] - robot[e, X]) ** 2 + (people[e, n, PY] - robot[e, Y]) ** 2 > 9.0:
                break
        _next_crossing(e, n, settings, people, clock, keys)
    clock[e, STEP] = 0
    _scan(e, settings, robot, people, scan, 0)
    _observe(e, settings, robot, people, scan, observation)
    for k in range(INFO_COLUMNS):
        info[e, k] = 0.0
    info[e, INFO_WAY_LEFT] = robot[e, WAY_LEFT]


@njit(cache=True)
def step_world(
    e, settings, max_steps, autoreset, keys, actions,
    robot, people, scan, clock, observation, final_observation, reward, terminated, truncated, info, final_info,
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
        speed, turn = _steer_home(e, settings, robot, scan)
    else:
        speed = min(1.0, max(-1.0, actions[e, 0]))
        speed *= settings.top_speed * (1.0 if speed >= 0.0 else REVERSE)
        turn = TURN_RATE * min(1.0, max(-1.0, actions[e, 1]))
    before = robot[e, FORWARD]
    step = settings.step / settings.substeps
    crashed = False
    for _ in range(settings.substeps):
        x, y, yaw, forward, leftward, rate = move_differential(
            robot[e, X], robot[e, Y], robot[e, YAW], robot[e, FORWARD], robot[e, LEFTWARD], robot[e, YAW_RATE], speed,
            turn, settings.acceleration, settings.braking, settings.top_speed, settings.track_width, _FRICTION, step,
        )
        robot[e, X], robot[e, Y], robot[e, YAW] = x, y, wrap_angle(yaw)
        robot[e, FORWARD], robot[e, LEFTWARD], robot[e, YAW_RATE] = forward, leftward, rate
        _walk(e, step, settings, robot, people, clock, keys)
        crashed = crashed or _collides(e, settings, robot, people)
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
        _observe(e, settings, robot, people, scan, final_observation)
        for k in range(INFO_COLUMNS):
            final_info[e, k] = info[e, k]
        clock[e, EPISODE] += 1
        reset_world(e, settings, robot, people, scan, clock, keys, observation, info)
    else:
        _observe(e, settings, robot, people, scan, observation)


@njit(cache=True, parallel=True)
def step_worlds(
    settings, max_steps, autoreset, keys, actions,
    robot, people, scan, clock, observation, final_observation, reward, terminated, truncated, info, final_info,
):
    """Advance every world by one action; see `step_world`."""
    for e in prange(robot.shape[0]):
        step_world(
            e, settings, max_steps, autoreset, keys, actions, robot, people, scan, clock, observation,
            final_observation, reward, terminated, truncated, info, final_info,
        )
