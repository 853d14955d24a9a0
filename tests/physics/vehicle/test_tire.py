"""The tire: linear in small slip, within the friction circle, without creep at rest, slip-controlled when braked."""

import math

import numpy as np
import pytest

from simengine.core.mechanics import GRAVITY
from simengine.physics.vehicle.anti_lock import SLIP_TARGET, controlled_slip
from simengine.physics.vehicle.tire import (
    RELAXATION_PER_RADIUS,
    Wheel,
    falling_friction,
    holding_deflection,
    inverse_saturation,
    loaded_friction,
    saturation,
    wheel_step,
)

STIFFNESS, RADIUS, INERTIA, LOAD = 20.9, 0.344, 1.7, 2700.0  # of the reference car
RELAXATION = RELAXATION_PER_RADIUS * RADIUS
WHEEL = Wheel(STIFFNESS, RELAXATION, RADIUS, INERTIA)
DT = 1.0 / 120.0


def roll(forward, leftward, steps, friction=0.8, spin=None, drive=0.0, brake=0.0, anti_lock=False, load=LOAD, dt=DT):
    """Hold a wheel's road velocity and return force, spin and deflection after some steps."""
    spin = forward / RADIUS if spin is None else spin
    zx = zy = fx = fy = 0.0
    for _ in range(steps):
        fx, fy, spin, zx, zy = wheel_step(
            forward, leftward, load, friction, WHEEL, spin, zx, zy, drive, brake, anti_lock, dt
        )
    return fx, fy, spin, zx, zy


@pytest.mark.parametrize("speed", [0.5, 5.0, 40.0])
def test_small_slip_gives_the_linear_cornering_stiffness(speed):
    angle = 0.005
    _, fy, _, _, _ = roll(speed, speed * math.tan(angle), 2000)
    assert fy == pytest.approx(-STIFFNESS * LOAD * angle, rel=0.01)


def test_force_is_linear_within_3_percent_up_to_57_percent_of_friction():
    for s in np.linspace(0.01, 0.57, 30):
        assert saturation(s) == pytest.approx(s, rel=0.03)
        assert inverse_saturation(saturation(s)) == pytest.approx(s, rel=1e-9)
    assert saturation(2.0) > 0.98


def test_force_never_leaves_the_friction_circle():
    draw = np.random.default_rng(3)
    for _ in range(300):
        friction, load = draw.uniform(0.05, 1.0), draw.uniform(50.0, 9000.0)
        forward, leftward = draw.uniform(-5.0, 40.0), draw.uniform(-10.0, 10.0)
        fx, fy, _, _, _ = roll(
            forward, leftward, 15, friction, spin=draw.uniform(-20.0, 120.0), drive=draw.uniform(0.0, 2000.0),
            brake=draw.uniform(0.0, 4000.0), anti_lock=bool(draw.integers(2)), load=load,
        )  # fmt: skip
        assert math.hypot(fx, fy) <= friction * load * (1.0 + 1e-12)


@pytest.mark.parametrize("direction", [0.0, 0.7, 2.5])
def test_locked_wheel_slides_at_full_friction_against_its_motion(direction):
    vx, vy = 8.0 * math.cos(direction), 8.0 * math.sin(direction)
    fx, fy, spin, _, _ = roll(vx, vy, 400, friction=0.6, spin=0.0, brake=1e5)
    assert spin == 0.0
    assert math.hypot(fx, fy) == pytest.approx(0.6 * LOAD, rel=0.005)
    assert fx * vx + fy * vy == pytest.approx(-0.6 * LOAD * 8.0, rel=0.005)


def test_anti_lock_brakes_hold_the_slip_target_at_full_friction():
    fx, _, spin, _, _ = roll(25.0, 0.0, 240, brake=1e5, anti_lock=True)
    assert 1.0 - spin * RADIUS / 25.0 == pytest.approx(controlled_slip(0.8, STIFFNESS), abs=0.01)
    assert fx == pytest.approx(-0.8 * LOAD, rel=0.005)


@pytest.mark.parametrize("friction, held", [(1.2, 0.15), (0.6, 3.0 * 0.6 / STIFFNESS), (0.1, 0.05)])
def test_anti_lock_brakes_hold_wheels_where_tires_begin_to_pull_most(friction, held):
    assert controlled_slip(friction, STIFFNESS) == pytest.approx(held)
    fx, _, spin, _, _ = roll(25.0, 0.0, 240, friction=friction, brake=1e5, anti_lock=True)
    assert 1.0 - spin * RADIUS / 25.0 == pytest.approx(held, abs=0.01)
    assert fx == pytest.approx(-friction * LOAD, rel=0.005)


def test_anti_lock_brakes_hold_a_wheel_that_rolls_backwards_as_one_that_rolls_forwards():
    ahead, back = (roll(speed, 0.4, 240, brake=1e5, anti_lock=True) for speed in (25.0, -25.0))
    assert (back[0], back[1], back[2]) == pytest.approx((-ahead[0], ahead[1], -ahead[2]))


def test_anti_lock_brakes_leave_side_force():
    _, locked, _, _, _ = roll(25.0, 1.5, 240, brake=1e5, anti_lock=False)
    _, rolling, _, _, _ = roll(25.0, 1.5, 240, brake=1e5, anti_lock=True)
    assert abs(rolling) > 3.0 * abs(locked)


def test_traction_control_bounds_the_spin_on_ice():
    _, _, free, _, _ = roll(5.0, 0.0, 240, friction=0.1, drive=1500.0)
    _, _, held, _, _ = roll(5.0, 0.0, 240, friction=0.1, drive=1500.0, anti_lock=True)
    assert held * RADIUS < 5.0 * (1.0 + SLIP_TARGET) + 0.01
    assert free * RADIUS > 20.0


@pytest.mark.parametrize("dt", [1.0 / 100.0, 1.0 / 1000.0])
@pytest.mark.parametrize("speed", [0.05, 1.0, 28.0])
def test_spin_finds_rolling_without_ringing(speed, dt):
    fx, _, spin, _, _ = roll(speed, 0.0, round(2.0 / dt), spin=0.0, dt=dt)
    assert spin * RADIUS == pytest.approx(speed, rel=1e-3)
    assert abs(fx) < 1.0


def test_mass_on_a_locked_tire_hangs_on_a_slope_without_creep():
    mass, pull = LOAD / GRAVITY, 0.3 * LOAD
    zx, zy = holding_deflection(pull, 0.0, LOAD, 0.8, STIFFNESS, RELAXATION)
    velocity = position = spin = 0.0
    for _ in range(60 * 120):
        fx, _, spin, zx, zy = wheel_step(velocity, 0.0, LOAD, 0.8, WHEEL, spin, zx, zy, 0.0, 1e5, False, DT)
        velocity += (fx - pull) / mass * DT
        position += velocity * DT
    assert abs(position) < 1e-6
    assert fx == pytest.approx(pull, rel=1e-6)


def test_mass_that_comes_to_rest_on_a_locked_tire_stops_shaking():
    mass = LOAD / GRAVITY
    velocity, spin, zx, zy = 0.3, 0.0, 0.0, 0.0
    for _ in range(240):
        fx, _, spin, zx, zy = wheel_step(velocity, 0.0, LOAD, 0.8, WHEEL, spin, zx, zy, 0.0, 1e5, False, DT)
        velocity += fx / mass * DT
    assert abs(velocity) < 1e-4


def test_slope_too_steep_for_the_friction_is_not_held():
    assert holding_deflection(0.9 * LOAD, 0.0, LOAD, 0.8, STIFFNESS, RELAXATION) == (0.0, 0.0)


def test_wheel_in_the_air_feels_no_road_but_its_brake():
    fx, fy, spin, zx, zy = wheel_step(20.0, 1.0, 0.0, 0.8, WHEEL, 50.0, 0.01, 0.01, 0.0, 17.0, False, DT)
    assert (fx, fy, zx, zy) == (0.0, 0.0, 0.0, 0.0)
    assert spin == pytest.approx(50.0 - 17.0 / INERTIA * DT)


def test_friction_falls_with_load():
    assert loaded_friction(0.8, 2.0 * LOAD, LOAD) == pytest.approx(0.8 * 0.95)
    assert loaded_friction(0.8, LOAD, LOAD) == 0.8
    assert loaded_friction(0.8, 0.5 * LOAD, LOAD) > 0.8


def test_friction_falls_from_its_peak_to_that_of_sliding():
    assert [falling_friction(0.9, 0.75 / 0.9, slip) for slip in (0.0, 0.2)] == [0.9, 0.9]
    assert falling_friction(0.9, 0.75 / 0.9, 0.6) == pytest.approx(0.5 * (0.9 + 0.75))
    assert falling_friction(0.9, 0.75 / 0.9, 3.0) == pytest.approx(0.75)
