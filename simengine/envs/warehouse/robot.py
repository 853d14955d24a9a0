"""What the robot runs into, and the built-in driver that takes it home."""

import math

from numba import njit

from simengine.core.space.geometry import wrap_angle
from simengine.envs import terms
from simengine.envs.warehouse.hall import half_hall, shelf_center
from simengine.envs.warehouse.layout import NEXT_X, NEXT_Y, TURN_RATE, YAW, X, Y
from simengine.envs.warehouse.people import body_gap
from simengine.envs.warehouse.view import RANGE, RAYS


@njit(cache=True)
def collides(e, settings, robot, people):
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
        nearest = min(nearest, body_gap(e, n, settings, robot, people, cosine, sine))
    return nearest < 0.0


@njit(cache=True)
def steer_home(e, settings, robot, scan):
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
