"""Measures of polylines, against figures that can be read off."""

import math

import numpy as np
import pytest

from simengine.road.network.network import Turn
from simengine.road.network.polyline import (
    crossing_point,
    end_heading,
    foot,
    lengths,
    outline_distance,
    points_within,
    total_turn,
    turn_of,
)

CORNER = np.array([[0.0, 0.0, 5.0], [4.0, 0.0, 6.0], [4.0, 3.0, 9.0]])


def arc(angle, count=40):
    a = np.linspace(0.0, angle, count)
    return np.stack([10 * np.sin(a), 10 * (1 - np.cos(a)), 0 * a], axis=1)


def test_length_is_measured_in_plan_view():
    assert lengths(CORNER).tolist() == [0.0, 4.0, 7.0]


def test_foot_is_the_nearest_place():
    assert foot(CORNER, 1.0, -2.0) == pytest.approx(1.0)
    assert foot(CORNER, 9.0, 1.0) == pytest.approx(5.0)
    assert foot(CORNER, -3.0, 0.0) == 0.0 and foot(CORNER, 4.0, 90.0) == pytest.approx(7.0)


def test_crossing_point_is_where_a_segment_meets_the_line():
    assert crossing_point(CORNER, 3.0, 2.0, 9.0, 2.0) == pytest.approx(6.0)
    assert crossing_point(CORNER, 2.0, -1.0, 2.0, 1.0) == pytest.approx(2.0)
    assert crossing_point(CORNER, 5.0, 2.0, 9.0, 2.0) == -1.0


def test_turning_counts_full_circles():
    assert total_turn(arc(7.0)) == pytest.approx(7.0 * 38 / 39)
    assert [turn_of(arc(a)) for a in (0.4, 1.2, -1.2, 4.0)] == [Turn.STRAIGHT, Turn.LEFT, Turn.RIGHT, Turn.LEFT]
    assert turn_of(CORNER[:2]) == Turn.STRAIGHT


def test_end_heading_is_that_of_the_last_chord():
    assert end_heading(CORNER) == pytest.approx(math.pi / 2)


def test_places_inside_and_outside_of_a_polygon_are_told_apart_and_measured():
    corner = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 1.0], [1.0, 1.0], [1.0, 4.0], [0.0, 4.0]])
    places = np.array([[0.5, 3.0], [3.0, 0.5], [2.0, 2.0], [5.0, 0.5], [-0.1, 2.0]])
    assert points_within(corner, places).tolist() == [True, True, False, False, False]
    assert points_within(corner[::-1].copy(), places).tolist() == [True, True, False, False, False]
    assert [outline_distance(corner, x, y) for x, y in places[2:]] == pytest.approx([1.0, 1.0, 0.1])
