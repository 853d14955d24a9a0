"""How somebody on foot turns and climbs."""

import math

import numpy as np
import pytest

from simengine.physics.feet.strides import TURN_ACCELERATION, climb_rate, lift_acceleration, turned_rate

STEP = 1.0 / 120.0


@pytest.mark.parametrize("aside", [0.05, -0.6, 1.6, 3.1])
def test_a_turn_ends_where_it_should_without_overshoot_or_jerks(aside):
    yaw, rate, rates = 0.0, 0.0, [0.0]
    for _ in range(300):
        new = turned_rate(aside - yaw, rate, STEP)
        yaw, rate = yaw + 0.5 * (rate + new) * STEP, new
        rates.append(rate)
        assert abs(yaw) <= abs(aside) + 0.02
    assert yaw == pytest.approx(aside, abs=1e-3) and rate == pytest.approx(0.0, abs=1e-2)
    assert np.abs(np.diff(rates)).max() <= TURN_ACCELERATION * STEP + 1e-12


def test_legs_climb_a_curb_within_a_step_and_gently():
    z, vz, hardest = 0.0, 0.0, 0.0
    for _ in range(72):
        lift = lift_acceleration(0.12 - z, 0.0, vz)
        z, vz = z + (vz + 0.5 * lift * STEP) * STEP, vz + lift * STEP
        hardest = max(hardest, abs(lift))
    assert z == pytest.approx(0.12, abs=0.01) and hardest < 9.0


def test_a_hill_is_climbed_and_an_edge_stepped_over():
    assert climb_rate(1.0, 0.5, 0.1, 0.2) == pytest.approx(0.2)
    assert climb_rate(1.0, 0.5, 3.0, 0.0) == 0.0
    assert math.isclose(lift_acceleration(-5.0, 0.0, 0.0), -9.81)
