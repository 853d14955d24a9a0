"""People: they walk from crossing to crossing at random, push each other apart and do not walk into the robot."""

import math

from numba import njit

from simengine.behavior.pedestrian.social_force import LARGEST, TOP_SPEED, pair_force, relax
from simengine.core.rng import philox_uniform
from simengine.envs.warehouse.hall import aisle_y, half_hall, passage_x, shelf_center
from simengine.envs.warehouse.layout import (
    BODY,
    CHOICES,
    DESIRED,
    EPISODE,
    FORWARD,
    FROM,
    LEFTWARD,
    PVX,
    PVY,
    PX,
    PY,
    TO,
    WALKING,
    YAW,
    X,
    Y,
)

_KEEP = 0.35  # from the robot that people do not go below by themselves [m]
_WALK_RIGHT = 0.45  # of the middle of the way that people walk [m]


@njit(cache=True)
def body_gap(e, n, settings, robot, people, cosine, sine):
    """Return how far a person's body is from the robot's [m]; `cosine` and `sine` are of the robot's yaw."""
    dx, dy = people[e, n, PX] - robot[e, X], people[e, n, PY] - robot[e, Y]
    u = max(0.0, abs(dx * cosine + dy * sine) - 0.5 * settings.length)
    v = max(0.0, abs(-dx * sine + dy * cosine) - 0.5 * settings.width)
    return math.sqrt(u * u + v * v) - BODY


@njit(cache=True)
def next_crossing(e, n, settings, people, clock, keys):
    """Draw the crossing that a person walks to next: a neighbor, not the one come from unless there is no other."""
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
        # One of the neighbors, each as likely: the k-th replaces the chosen one with probability 1/k.
        draw = philox_uniform(keys[e], WALKING, 4 * choice + direction, clock[e, EPISODE], n)
        if draw * seen < 1.0:
            chosen = p + 3 * a
    people[e, n, CHOICES] += 1
    people[e, n, FROM], people[e, n, TO] = here, chosen


@njit(cache=True)
def walk(e, step, settings, robot, people, clock, keys):
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
            next_crossing(e, n, settings, people, clock, keys)
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
        room = body_gap(e, n, settings, robot, people, cosine, sine) - _KEEP
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
