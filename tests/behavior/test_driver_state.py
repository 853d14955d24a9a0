"""How drivers differ."""

import numpy as np

from simengine.behavior.driver_state import (
    MAX_ACCELERATION,
    SPEED_CAP,
    SPEED_FACTOR,
    TIME_GAP,
    draw_drivers,
    empty_memory,
    set_style,
    truncated_normal,
)
from simengine.core.state import empty_actors
from simengine.physics.vehicle.catalog import fill_actor
from simengine.scenario.spec import DriverSpread
from tests.behavior.small_world import KINDS

SPREAD = DriverSpread(
    desired_speed=1.0, desired_speed_std=0.1, time_gap=1.5, time_gap_std=0.3, time_gap_shape="normal", min_gap=1.0,
    max_acceleration=1.0, comfortable_deceleration=1.0, temper_std=0.1, politeness=0.2, lane_change_threshold=0.1,
    lane_change_bias=0.3, noise=0.0, noise_time=5.0,
)  # fmt: skip


def _drawn(seed: int, first: str = "sedan"):
    actors = empty_actors(1, 400)
    for a in range(400):
        fill_actor(actors, 0, a, first if a < 200 else "truck", (0.5, 0.5, 0.5))
    return draw_drivers(empty_memory(1, 400), actors, KINDS, SPREAD, np.uint64(seed)).style[0]


def test_drivers_spread_as_asked_and_no_farther_than_two_deviations():
    cars = _drawn(7)[:200]
    assert abs(cars[:, SPEED_FACTOR].mean() - 1.0) < 0.02
    assert 0.07 < cars[:, SPEED_FACTOR].std() < 0.1
    assert np.abs(cars[:, SPEED_FACTOR] - 1.0).max() <= 0.2
    assert np.abs(cars[:, TIME_GAP] - 1.5).max() <= 0.6


def test_trucks_are_slower_to_move_and_keep_more_distance():
    style = _drawn(7)
    assert style[200:, MAX_ACCELERATION].mean() < 0.6 * style[:200, MAX_ACCELERATION].mean()
    assert style[200:, TIME_GAP].mean() > 1.1 * style[:200, TIME_GAP].mean()
    assert style[:, SPEED_CAP].max() < 60.0


def test_one_driver_does_not_change_with_the_others():
    assert (_drawn(3)[200:] == _drawn(3, "van")[200:]).all()
    assert not (_drawn(3)[200:] == _drawn(4)[200:]).all()


def test_truncated_normal_has_the_moments_of_the_cut_normal():
    draws = np.array([truncated_normal(np.uint64(1), 5, 0, a, 0.0, 1.0) for a in range(4000)])
    assert np.abs(draws).max() <= 2.0
    assert abs(draws.mean()) < 0.05
    assert abs(draws.std() - 0.8796) < 0.03  # of a standard normal cut at two deviations


def test_set_style_gives_an_absolute_speed():
    memory = empty_memory(1, 2)
    set_style(memory, 0, 1, 12.5, 2.0)
    assert min(memory.style[0, 1, SPEED_FACTOR] * 30.0, memory.style[0, 1, SPEED_CAP]) == 12.5
