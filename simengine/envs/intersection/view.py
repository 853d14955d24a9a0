"""What the ego sees."""

import math

from numba import njit

from simengine.core.space.geometry import wrap_angle
from simengine.envs import terms
from simengine.envs.intersection.layout import (
    ACCELERATION,
    ALONG,
    LENGTH,
    PRESENT,
    ROUTE,
    SPEED,
    STEERING,
    WIDEST,
    YAW,
    X,
    Y,
)
from simengine.envs.intersection.routes import LEFT, RIGHT, box_length, project_on_route
from simengine.envs.intersection.signals import signal_at, world_time

NEIGHBORS, NEIGHBOR_FEATURES, EGO_FEATURES = 8, 9, 16
OBSERVATION_SIZE = EGO_FEATURES + NEIGHBORS * NEIGHBOR_FEATURES
_VIEW = 60.0  # [m]


@njit(cache=True)
def observe(e, settings, motion, trait, place, clock, keys, out):
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
    for slot in range(NEIGHBORS):
        nearest, found = math.inf, -1
        for n in range(1, motion.shape[1]):
            if place[e, n, PRESENT] == 1:
                square = (motion[e, n, X] - x) ** 2 + (motion[e, n, Y] - y) ** 2
                if square > last and square < nearest:
                    nearest, found = square, n
        if found < 0 or nearest > _VIEW * _VIEW:
            break
        last = nearest
        at = EGO_FEATURES + slot * NEIGHBOR_FEATURES
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
