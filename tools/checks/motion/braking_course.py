"""A vehicle that follows a straight and then a bend, and brakes there: how far it slides, leaves its way and tips."""

import math
from typing import NamedTuple

import numpy as np

from simengine.behavior.vehicle.steering import path_steering, slip_compliance
from simengine.core.space.geometry import wrap_angle, yaw_from_quaternion
from simengine.core.state import Behavior, empty_actors, empty_controls, empty_state
from simengine.physics.backend import Ground, Physics
from simengine.physics.vehicle.catalog import fill_actor
from tools.checks.motion.proving_ground import RATE, SLIDING, no_patches, plain

DECISION = 6  # ticks between two decisions
ENTRY_TIME = 1.0  # of the straight before the bend [s]
BRAKING_TIME = 3.0  # when the brakes are put on [s]


class Braking(NamedTuple):
    """What a stop was like."""

    side_slip: float  # largest while faster than 2 m/s, after the brakes were put on [rad]
    off_path: float  # of the rear axle, largest [m]
    upright: float  # smallest cosine of the tilt
    seconds: float  # until it stood, or until the end


def brake_on_course(
    physics: Physics, model: str, speed: float, radius: float, deceleration: float, friction: float,
    offset: float = 0.0, seconds: float = 20.0,
) -> Braking:  # fmt: skip
    """Drive, brake to a stop and measure.

    Args:
        physics: Which.
        model: Of the vehicle.
        speed: At first [m/s].
        radius: Of the left bend [m]; infinite for none.
        deceleration: Asked for [m/s²].
        friction: µ.
        offset: To the left of the way at the start [m].
        seconds: At most [s].
    """
    ground = Ground(plain(), np.array([friction]), no_patches(), (), SLIDING)
    actors, state, controls = empty_actors(1, 1), empty_state(1, 1), empty_controls(1, 1)
    fill_actor(actors, 0, 0, model, (0.5, 0.5, 0.5))
    actors.behavior[:] = Behavior.EGO
    state.valid[:] = True
    state.velocity[0, 0, 0] = speed
    state.position[0, 0] = (0.0, offset, 0.5 * actors.height[0, 0])
    wheelbase = float(actors.front_axle[0, 0] + actors.rear_axle[0, 0])
    behind = float(actors.rear_axle[0, 0] - actors.cog_offset[0, 0])
    compliance = slip_compliance(float(actors.rear_stiffness[0, 0]))
    understeer = slip_compliance(float(actors.front_stiffness[0, 0])) - compliance
    straight = ENTRY_TIME * speed
    state = physics.reset(actors, state, ground, RATE)
    side_slip = off_path = time = 0.0
    upright = 1.0
    for tick in range(round(seconds * RATE)):
        time = tick / RATE
        _, qx, qy, _ = state.orientation[0, 0]
        yaw = yaw_from_quaternion(*state.orientation[0, 0])
        x, y = state.position[0, 0, :2]
        vx, vy = state.velocity[0, 0, :2]
        forward, leftward = vx * math.cos(yaw) + vy * math.sin(yaw), -vx * math.sin(yaw) + vy * math.cos(yaw)
        if tick % DECISION == 0:
            x, y = x - behind * math.cos(yaw), y - behind * math.sin(yaw)
            error, heading, curvature = y, 0.0, 0.0
            if math.isfinite(radius) and x > straight:
                heading = math.atan2(x - straight, radius - y)
                error = radius - math.hypot(x - straight, radius - y)
            if math.isfinite(radius) and x > straight - 0.2 * speed:
                curvature = 1.0 / radius
            controls.steering[0, 0] = path_steering(
                error,
                wrap_angle(yaw - heading),
                curvature,
                max(forward, 0.0),
                wheelbase,
                understeer,
                compliance,
                float(actors.max_steering[0, 0]),
            )
            brakes = time >= BRAKING_TIME
            controls.acceleration[0, 0] = -deceleration if brakes else 0.5 * (speed - forward)
            off_path = max(off_path, abs(error))
        state = physics.step(state, controls)
        upright = min(upright, 1.0 - 2.0 * (qx * qx + qy * qy))
        if time > BRAKING_TIME and forward > 2.0:
            side_slip = max(side_slip, abs(math.atan2(leftward, forward)))
        if time > BRAKING_TIME and forward < 0.05:
            break
    physics.close()
    return Braking(side_slip, off_path, upright, time)
