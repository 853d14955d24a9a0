"""Right of way and the times it is judged by."""

import math

import pytest

from simengine.behavior.passage import travel_time
from simengine.behavior.precedence import has_way_over
from simengine.road.network import Turn

STRAIGHT, LEFT = int(Turn.STRAIGHT), int(Turn.LEFT)


def test_travel_time_is_the_closed_form():
    assert travel_time(-1.0, 5.0, 1.0, 10.0) == 0.0
    assert travel_time(20.0, 10.0, 1.0, 10.0) == pytest.approx(2.0)
    assert travel_time(8.0, 0.0, 1.0, 100.0) == pytest.approx(4.0)
    assert travel_time(50.0 + 30.0, 0.0, 1.0, 10.0) == pytest.approx(10.0 + 3.0)


@pytest.mark.parametrize(
    ("angle", "expected"), [(0.5 * math.pi, True), (-0.5 * math.pi, False), (math.pi, False), (0.0, False)]
)
def test_among_equals_the_one_from_the_right_goes_first(angle, expected):
    assert has_way_over(0, 0, 1, 1, STRAIGHT, STRAIGHT, angle) == expected


def test_signs_come_before_priority_and_priority_before_the_right():
    assert has_way_over(1, 0, 2, 1, STRAIGHT, STRAIGHT, -0.5 * math.pi)
    assert not has_way_over(0, 2, 1, 2, STRAIGHT, STRAIGHT, 0.5 * math.pi)
    assert has_way_over(0, 0, 1, 2, STRAIGHT, STRAIGHT, -0.5 * math.pi)


def test_left_turn_waits_for_oncoming():
    assert has_way_over(0, 0, 1, 1, LEFT, STRAIGHT, math.pi)
    assert not has_way_over(0, 0, 1, 1, STRAIGHT, LEFT, math.pi)
    assert not has_way_over(0, 0, 1, 1, LEFT, LEFT, math.pi)
