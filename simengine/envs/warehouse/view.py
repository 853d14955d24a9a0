"""What the robot knows: a waypoint, the way left, and a laser scan."""

import math

from numba import njit

from simengine.envs import terms
from simengine.envs.warehouse.hall import half_hall, shelf_center
from simengine.envs.warehouse.layout import (
    BODY,
    FORWARD,
    GOAL_X,
    GOAL_Y,
    NEXT_X,
    NEXT_Y,
    PX,
    PY,
    TURN_RATE,
    WAY_LEFT,
    YAW,
    YAW_RATE,
    X,
    Y,
)

RAYS = 36
EGO_FEATURES = 9
OBSERVATION_SIZE = EGO_FEATURES + 2 * RAYS
RANGE = 10.0  # of the scanner [m]


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
def scan_round(e, settings, robot, people, out, first):
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
def observe(e, settings, robot, people, scan, out):
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
    scan_round(e, settings, robot, people, out, EGO_FEATURES)
    for k in range(RAYS):
        now = out[e, EGO_FEATURES + k]
        out[e, EGO_FEATURES + RAYS + k] = terms.feature((now - scan[e, k]) * RANGE, 1.0)
        scan[e, k] = now
