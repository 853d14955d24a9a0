"""Paths of lane changes."""

import pytest

from simengine.behavior.driver_state import DURATION, empty_memory
from simengine.behavior.vehicle.lateral import change_length, smooth_step


def test_smooth_step_joins_without_slope_or_curvature():
    for p, value in ((0.0, 0.0), (1.0, 1.0), (-0.3, 0.0), (1.7, 1.0)):
        assert smooth_step(p) == (value, 0.0, 0.0)
    assert smooth_step(0.5)[0] == pytest.approx(0.5)


def test_smooth_step_derivatives_are_those_of_its_value():
    h = 1e-5
    for p in (0.1, 0.35, 0.8):
        slope = (smooth_step(p + h)[0] - smooth_step(p - h)[0]) / (2.0 * h)
        bend = (smooth_step(p + h)[1] - smooth_step(p - h)[1]) / (2.0 * h)
        assert smooth_step(p)[1] == pytest.approx(slope, abs=1e-6)
        assert smooth_step(p)[2] == pytest.approx(bend, abs=1e-6)


def test_lane_change_takes_its_time_when_fast_and_some_way_when_slow():
    memory = empty_memory(1, 1)
    memory.change[0, 0, DURATION] = 4.0
    assert change_length(memory, 0, 0, 25.0, 4.5) == 100.0
    assert change_length(memory, 0, 0, 1.0, 4.5) == 12.0
    assert change_length(memory, 0, 0, 1.0, 12.0) == 30.0
