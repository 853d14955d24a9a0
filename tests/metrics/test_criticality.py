"""Time to collision against closed forms."""

import math

import pytest

from simengine.metrics.criticality import box_time_to_collision


def test_head_on_time_is_gap_over_closing_speed():
    time = box_time_to_collision(0, 0, 0.0, 4.0, 2.0, 20.0, 0.0, 50, 0, math.pi, 4.0, 2.0, -10.0, 0.0, 10.0)
    assert time == pytest.approx((50 - 4) / 30.0, abs=0.006)


def test_boxes_that_pass_beside_each_other_never_meet():
    assert box_time_to_collision(0, 0, 0.0, 4.0, 2.0, 20.0, 0.0, 50, 3, 0.0, 4.0, 2.0, 0.0, 0.0, 10.0) == math.inf


def test_a_crossing_walker_meets_the_car_where_their_paths_cross():
    # The car's front reaches x = 20 − 0.25 after (20 − 2.25)/10 s; the walker is inside its width from 1.5 s to 3.5 s.
    time = box_time_to_collision(0, 0, 0.0, 4.0, 2.0, 10.0, 0.0, 20, -2.75, 0.0, 0.5, 0.5, 0.0, 1.0, 10.0)
    assert time == pytest.approx(1.775, abs=0.006)


def test_overlapping_boxes_have_met():
    assert box_time_to_collision(0, 0, 0.0, 4.0, 2.0, 0.0, 0.0, 1, 0, 0.5, 4.0, 2.0, 0.0, 0.0, 10.0) == 0.0
