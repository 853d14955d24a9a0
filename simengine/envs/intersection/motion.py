"""How vehicles move: by preview steering along their routes through the kinematic single-track."""

import math

from numba import njit

from simengine.behavior.vehicle.steering import path_steering
from simengine.core.space.geometry import wrap_angle
from simengine.envs import terms
from simengine.envs.intersection.layout import (
    ACCELERATION,
    ALONG,
    ASIDE,
    FRONT,
    LENGTH,
    LOCK,
    PRESENT,
    REAR,
    ROUTE,
    SPEED,
    STEERING,
    STEERING_RATE,
    WIDTH,
    YAW,
    X,
    Y,
)
from simengine.envs.intersection.routes import project_on_route, route_curvature
from simengine.physics.vehicle.vehicle_models import advance_kinematic, advance_steering

STEER_TIME = 0.5  # curvature is read this far ahead: half the time that the steering takes into a turn [s]


@njit(cache=True)
def steer_along(e, n, offset, step, settings, motion, trait, place):
    """Advance a vehicle by a substep along its route, `offset` to the left of it [m]."""
    route = place[e, n, ROUTE]
    front, rear, lock = trait[e, n, FRONT], trait[e, n, REAR], trait[e, n, LOCK]
    yaw = motion[e, n, YAW]
    _, aside, heading, curvature = project_on_route(
        route,
        motion[e, n, X] - rear * math.cos(yaw),
        motion[e, n, Y] - rear * math.sin(yaw),
        settings.arm_length,
        settings.half_box,
        settings.lane_width,
    )
    speed = motion[e, n, SPEED]
    if route % 3 != 0:
        curvature = route_curvature(
            route % 3,
            motion[e, n, ALONG] + STEER_TIME * speed - rear - settings.arm_length,
            settings.half_box,
            settings.lane_width,
        )
    demand = path_steering(aside - offset, wrap_angle(yaw - heading), curvature, speed, front + rear, 0.0, 0.0, lock)
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
def collides(e, motion, trait, place):
    """Return whether the ego's box overlaps another's."""
    for n in range(1, motion.shape[1]):
        if place[e, n, PRESENT] == 1 and terms.boxes_touch(
            motion[e, 0, X],
            motion[e, 0, Y],
            motion[e, 0, YAW],
            trait[e, 0, LENGTH],
            trait[e, 0, WIDTH],
            motion[e, n, X],
            motion[e, n, Y],
            motion[e, n, YAW],
            trait[e, n, LENGTH],
            trait[e, n, WIDTH],
        ):
            return True
    return False
