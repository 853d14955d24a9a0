"""Path steering on a dynamic single-track vehicle with steering rate limit."""

import math

import pytest
from numba import njit

from simengine.behavior.vehicle.steering import path_steering, slip_compliance

# BMW 320i of commonroad-vehicle-models (vehicle 2), with its steering rate limit.
MASS, INERTIA, FRONT, REAR, STIFFNESS, RATE, LOCK = 1093.3, 1791.6, 1.1562, 1.4227, 20.9, 0.4, 1.066
GRAVITY = 9.81


@njit
def _drive(speed, radius, offset, friction, seconds, hold):
    """Drive a single track, tires linear up to µ, around a circle (0: straight on); return late and overall error."""
    dt = 0.001
    wheelbase = FRONT + REAR
    x, y, yaw, steer, side, rate = 0.0, offset, 0.0, 0.0, 0.0, 0.0  # center of mass; side velocity, yaw rate
    command, worst_late, worst = 0.0, 0.0, 0.0
    for step in range(int(seconds / dt)):
        rear_x, rear_y = x - REAR * math.cos(yaw), y - REAR * math.sin(yaw)
        if radius == 0.0:
            error, direction, curvature = rear_y, 0.0, 0.0
        else:
            angle = math.atan2(rear_y - radius, rear_x)
            error = radius - math.hypot(rear_x, rear_y - radius)
            direction, curvature = angle + 0.5 * math.pi, 1.0 / radius
        if step % hold == 0:
            heading = yaw - direction
            heading = math.atan2(math.sin(heading), math.cos(heading))
            compliance = slip_compliance(STIFFNESS)
            command = path_steering(error, heading, curvature, speed, wheelbase, 0.0, compliance, LOCK)
        steer += max(-RATE * dt, min(RATE * dt, command - steer))
        if speed < 3.0:
            rate = speed * math.tan(steer) / wheelbase
            side = rate * REAR
        else:
            front_slip = steer - math.atan2(side + rate * FRONT, speed)
            rear_slip = -math.atan2(side - rate * REAR, speed)
            front_load, rear_load = MASS * GRAVITY * REAR / wheelbase, MASS * GRAVITY * FRONT / wheelbase
            front_force = front_load * min(friction, max(-friction, STIFFNESS * front_slip))
            rear_force = rear_load * min(friction, max(-friction, STIFFNESS * rear_slip))
            side += dt * ((front_force + rear_force) / MASS - speed * rate)
            rate += dt * (FRONT * front_force - REAR * rear_force) / INERTIA
        x += dt * (speed * math.cos(yaw) - side * math.sin(yaw))
        y += dt * (speed * math.sin(yaw) + side * math.cos(yaw))
        yaw += dt * rate
        worst = max(worst, abs(error))
        if step * dt > 0.6 * seconds:
            worst_late = max(worst_late, abs(error))
    return worst_late, worst


@pytest.mark.parametrize("speed", [1.0, 3.5, 10.0, 25.0, 50.0])
def test_lateral_start_error_dies_out(speed):
    late, worst = _drive(speed, 0.0, 1.0, 0.8, 20.0 if speed > 2.0 else 40.0, 50)
    assert late < 0.03
    assert worst < 1.05


@pytest.mark.parametrize(("speed", "radius"), [(2.0, 8.0), (10.0, 40.0), (30.0, 300.0), (50.0, 900.0)])
def test_constant_curve_is_followed_without_steady_error(speed, radius):
    late, worst = _drive(speed, radius, 0.0, 0.8, 16.0, 50)
    assert late < 0.08
    assert worst < 0.8


def test_low_friction_at_high_speed_stays_stable():
    late, worst = _drive(30.0, 0.0, 0.5, 0.15, 30.0, 50)
    assert late < 0.2
    assert worst < 0.55
