"""Car following against the published closed forms and values."""

import math

import pytest

from simengine.behavior.idm import (
    braking_distance,
    equilibrium_gap,
    equilibrium_speed,
    idm_acceleration,
    sight_speed,
)

# Treiber, Hennecke, Helbing 2000, Table I: v0, a, b, T, s0, δ; vehicles of 5 m.
V0, A, B, T, S0, DELTA, LENGTH = 120.0 / 3.6, 0.73, 1.67, 1.6, 2.0, 4.0, 5.0


def test_equilibrium_gap_gives_no_acceleration():
    for speed in (0.0, 5.0, 15.0, 30.0):
        gap = equilibrium_gap(speed, V0, T, S0, DELTA)
        assert abs(idm_acceleration(speed, V0, gap, 0.0, A, B, T, S0, DELTA)) < 1e-12
        if speed > 0.0:
            assert equilibrium_speed(gap, V0, T, S0, DELTA) == pytest.approx(speed, abs=1e-9)


def test_table_one_values_give_the_published_maximum_flow():
    flows = []
    for tenth in range(1, 333):
        speed = 0.1 * tenth
        flows.append((speed / (equilibrium_gap(speed, V0, T, S0, DELTA) + LENGTH), speed))
    flow, speed = max(flows)
    assert flow * 3600.0 == pytest.approx(1743.0, abs=2.0)
    assert speed * 3.6 == pytest.approx(67.0, abs=1.0)


def test_free_road_accelerates_to_the_desired_speed_and_no_further():
    assert idm_acceleration(0.0, V0, math.inf, 0.0, A, B, T, S0, DELTA) == A
    assert abs(idm_acceleration(V0, V0, math.inf, 0.0, A, B, T, S0, DELTA)) < 1e-12
    assert idm_acceleration(1.1 * V0, V0, math.inf, 0.0, A, B, T, S0, DELTA) < 0.0


def test_approach_to_a_standing_obstacle_stops_before_it():
    speed, gap, dt = 30.0, 200.0, 0.05
    hardest = 0.0
    for _ in range(2000):
        acceleration = idm_acceleration(speed, V0, gap, speed, A, B, T, S0, DELTA)
        hardest = min(hardest, acceleration)
        traveled = max(0.0, speed * dt + 0.5 * acceleration * dt * dt)
        speed = max(0.0, speed + acceleration * dt)
        gap -= traveled
    assert S0 - 0.6 < gap < S0 + 0.6
    assert hardest > -4.0


def test_touching_vehicles_brake_at_a_finite_rate():
    assert -1e7 < idm_acceleration(10.0, V0, -1.0, 10.0, A, B, T, S0, DELTA) < -100.0


def test_no_desired_speed_asks_for_a_stop():
    assert idm_acceleration(5.0, 0.0, math.inf, 0.0, A, B, T, S0, DELTA) == -B
    assert idm_acceleration(0.0, 0.0, math.inf, 0.0, A, B, T, S0, DELTA) == 0.0


def test_sight_speed_stops_within_sight():
    for sight in (20.0, 75.0, 500.0):
        speed = sight_speed(sight, 1.0, 3.0, 2.0)
        assert speed * 1.0 + braking_distance(speed, 3.0) == pytest.approx(sight - 2.0)
    assert sight_speed(1.0, 1.0, 3.0, 2.0) == 0.0
