"""The careful driver's braking against closed forms, and its clock."""

import math

import numpy as np
import pytest
import yaml

from simengine.core.state import ActorKind
from simengine.metrics.careful_driver import (
    BRAKE_JERK,
    BRAKE_SHARE,
    GRAVITY,
    LEAD_BRAKING,
    VISIBLE_SHARE,
    braking_distance,
    careful_deceleration,
    human_limits,
    robot_limits,
    run_clock,
    start_clock,
    stopping_distance,
)
from simengine.scenario.config_loader import configuration_root

FULL = BRAKE_SHARE * GRAVITY  # 7.59 m/s²


def test_braking_takes_six_tenths_of_a_second_to_its_full_strength():
    assert pytest.approx(0.6, abs=0.001) == FULL / BRAKE_JERK
    assert careful_deceleration(0.0, BRAKE_JERK, FULL, 0.9) == 0.0
    assert careful_deceleration(0.3, BRAKE_JERK, FULL, 0.9) == pytest.approx(3.795)
    assert careful_deceleration(2.0, BRAKE_JERK, FULL, 0.9) == pytest.approx(7.593, abs=0.001)
    assert careful_deceleration(2.0, BRAKE_JERK, FULL, 0.3) == pytest.approx(0.3 * GRAVITY)
    assert careful_deceleration(0.01, math.inf, 2.5, 0.9) == 2.5  # a robot's brakes act at once


@pytest.mark.parametrize("friction", [0.9, 0.3, 0.1])
@pytest.mark.parametrize("speed", [1.0, 8.33, 13.89, 27.0])
def test_the_braking_distance_is_the_integral_of_the_profile(speed, friction):
    v, way, t, dt = speed, 0.0, 0.0, 1e-4
    while v > 0.0:
        a = careful_deceleration(t + 0.5 * dt, BRAKE_JERK, FULL, friction)
        way, v, t = way + v * dt - 0.5 * a * dt * dt, v - a * dt, t + dt
    assert braking_distance(speed, BRAKE_JERK, FULL, friction) == pytest.approx(way, abs=0.01)


def test_a_dry_stop_from_50_km_h_takes_33_m_and_from_30_km_h_17_m():
    """13.89 · 1.15 = 15.97 m; then 0.6 s of rising: 2.28 m/s lost on 7.88 m; and 11.61² / 15.19 = 8.88 m."""
    assert stopping_distance(50 / 3.6, human_limits(ActorKind.CAR), 0.9) == pytest.approx(15.97 + 7.88 + 8.88, abs=0.05)
    assert stopping_distance(30 / 3.6, human_limits(ActorKind.CAR), 0.9) == pytest.approx(16.55, abs=0.1)


def test_a_robot_stops_by_its_own_limits():
    """One sweep of 0.1 s and 0.2 s of reaction at 1.6 m/s are 0.48 m, and 1.6² / 5 = 0.512 m of braking."""
    assert stopping_distance(1.6, robot_limits(0.2, 2.5), 0.8) == pytest.approx(0.48 + 0.512)


def clock_run(seen, critical=None, slows=None, steps=80, lasting=False, lag=0.0):
    """Run a clock of one other actor at 20 Hz over spans [s] in which it is seen, critical, slows; when brakes act."""
    clock, found = start_clock(2), []

    def within(spans, time):
        return np.array([False, any(a - 1e-9 <= time < b - 1e-9 for a, b in spans)])

    for k in range(steps):
        t = 0.05 * k
        urgent = within(seen if critical is None else critical, t)
        run_clock(t, within(seen, t), urgent, within(slows or (), t), np.full(2, lasting), 0.4, 0.75, lag, clock)
        found.append(float(clock.brake[0]))
    return next((brake for brake in found if brake >= 0.0), math.inf), found


def test_brakes_act_perception_and_reaction_after_first_sight():
    assert clock_run([(1.0, 9.0)])[0] == pytest.approx(1.0 + 0.4 + 0.75)


def test_a_glimpse_shorter_than_perception_is_not_perceived():
    assert math.isinf(clock_run([(1.0, 1.35)])[0])
    assert clock_run([(1.0, 1.35), (2.0, 9.0)])[0] == pytest.approx(2.0 + 1.15)


def test_what_is_perceived_is_braked_for_even_if_it_is_gone_before_the_brakes_act():
    _, found = clock_run([(0.0, 0.5)])
    held = [k for k, brake in enumerate(found) if brake >= 0.0]
    assert found[held[0]] == pytest.approx(1.15) and held[-1] * 0.05 == pytest.approx(1.15 + 1.0)


def test_what_was_perceived_long_ago_is_braked_for_a_reaction_after_it_gets_critical():
    assert clock_run([(0.0, 9.0)], [(2.0, 9.0)])[0] == pytest.approx(2.0 + 0.75)


def test_a_leader_that_brakes_hard_is_perceived_anew():
    assert clock_run([(0.0, 9.0)], [], [(1.0, 9.0)])[0] == pytest.approx(1.0 + 1.15)
    assert clock_run([(0.0, 9.0)], [], [(1.0, 9.0)], lag=0.1)[0] == pytest.approx(0.9 + 1.15)  # shows 0.1 s late


def test_braking_ends_a_second_after_the_threat():
    _, found = clock_run([(0.0, 2.0)])
    held = [k for k, brake in enumerate(found) if brake >= 0.0]
    assert held[0] * 0.05 == pytest.approx(0.4) and held[-1] * 0.05 == pytest.approx(2.0 + 1.0 - 0.05)


def test_who_was_no_threat_for_a_moment_is_not_braked_for_until_critical_anew():
    """Braked for from 0.4 s; hidden for a moment at 2.0 s; then a threat that lasts but is not critical."""
    _, found = clock_run([(0.0, 2.0), (2.1, 9.0)], [(0.0, 2.0)], lasting=True)
    held = [k for k, brake in enumerate(found) if brake >= 0.0]
    assert held[-1] * 0.05 == pytest.approx(2.0 + 1.0 - 0.05)


def test_published_limits_are_those_of_the_regulation_and_of_the_rig():
    """UN R157 Annex 4 Appendix 3; AASHTO's eye heights; the LiDAR of the rig `robot_rig`."""
    assert (VISIBLE_SHARE, LEAD_BRAKING) == (0.25, 5.0)
    assert human_limits(ActorKind.CAR)[:2] == (0.4, 0.75) and math.isinf(human_limits(ActorKind.CAR).sight)
    assert [human_limits(k).eye_height for k in (ActorKind.CAR, ActorKind.TRUCK)] == [1.08, 2.33]
    robot = robot_limits(0.2, 2.5)
    rig = yaml.safe_load((configuration_root() / "conf/sensors/robot_rig.yaml").read_text())
    lidar = next(one for one in rig.values() if isinstance(one, dict) and one.get("kind") == "lidar")
    assert robot.sight == lidar["max_range"] and robot.perception_time == pytest.approx(1.0 / lidar["rate_hz"])


def test_a_leader_that_is_critical_no_more_is_let_go_but_what_stands_there_is_not():
    for lasting, until in ((False, 2.0 + 1.0), (True, 4.0)):
        _, found = clock_run([(0.0, 9.0)], [(0.5, 2.0)], lasting=lasting)
        held = [k for k, brake in enumerate(found) if brake >= 0.0]
        assert held[-1] * 0.05 == pytest.approx(until - 0.05)
