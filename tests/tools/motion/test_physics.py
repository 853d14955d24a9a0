"""Each part of the physics check measures what it says, on one point of its grid."""

import math

import pytest

pytest.importorskip("pybullet")

from tools.checks.motion import physics  # noqa: E402


def only(rows):
    rows = list(rows)
    assert len(rows) == 1
    return rows[0]


def test_the_worst_case_is_the_one_shown():
    row = physics._worst("what", [("a", 1.01, 1.0), ("b", 0.95, 1.0), ("c", 1.0, 1.0)], 3.0)
    assert row.measured == pytest.approx(5.0) and not row.good and "b" in row.note
    assert not physics._worst("what", [("a", math.nan, 1.0)], 3.0).good


def test_braking_is_compared_without_and_with_resistances():
    bare, full = physics.braking([0.5], [30.0])
    assert bare.good and full.good and bare.note != full.note


def test_parts_of_one_point_are_within_bounds():
    assert only(physics.stopping_table([(30.0, 14.0)])).good
    assert only(physics.cornering(["sedan"], [15.0], [0.2])).good
    assert only(physics.parking([("sedan", 0.0)], 0.5)).good
    assert all(row.good for row in physics.collisions([("rear-end", 0.0, 0.0)]))
    row = only(physics.many_vehicles(3, 0.2))
    assert row.at_least and row.measured > 0.0


def test_stops_in_bends_are_told_for_each_physics():
    rows = list(physics.stops_in_bends(["motorcycle"], [(300.0, 4.0, 0.8)]))
    assert [row.good for row in rows] == [True] * 3
    assert "2 stops" in rows[0].note and rows[2].measured > 5.0  # it leans
    assert rows[0].measured != rows[1].measured


def test_a_wrong_published_figure_is_seen():
    assert not only(physics.stopping_table([(30.0, 17.0)])).good


def test_derivatives_are_compared_with_the_published_package():
    pytest.importorskip("vehiclemodels")
    rows = list(physics.published_derivatives(30))
    assert [row.good for row in rows] == [True, True]
