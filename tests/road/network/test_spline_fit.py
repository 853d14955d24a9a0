"""Splines along lanes: their functions, and that a fit gives what is asked by the smoothest change."""

import numpy as np
import pytest

from simengine.road.network.spline_fit import Rows, Splines, basis, correction, fit


def splines(*lengths, pinned=()):
    count = [int(length) + 3 for length in lengths]
    first = np.concatenate([[0], np.cumsum(count)])
    held = np.zeros(first[-1], np.bool_)
    held[list(pinned)] = True
    return Splines(first, np.ones(len(lengths)), np.full(len(lengths), 2.0), held)


def rows(*asked):
    lane, s, z, tilt, slope, wrong = (np.array(values) for values in zip(*asked, strict=True))
    return Rows(lane, s, z, tilt, slope, wrong, np.ones(len(asked)))


def test_basis_functions_sum_to_one_and_their_slopes_are_derivatives():
    value, more, slope = np.empty(4), np.empty(4), np.empty(4)
    for s in np.linspace(0.0, 9.99, 41):
        i = basis(s, 2.0, 5, False, value)
        assert value.sum() == pytest.approx(1.0) and (value >= 0.0).all()
        assert basis(s, 2.0, 5, True, slope) == i and slope.sum() == pytest.approx(0.0, abs=1e-12)
        if basis(s + 1e-6, 2.0, 5, False, more) == i:
            assert slope == pytest.approx((more - value) / 1e-6, abs=1e-5)


def test_two_lanes_meet_halfway():
    lanes = splines(10.0, 10.0)
    control = np.zeros((26, 2))
    fit(rows(([0, 1], [5.0, 5.0], [1.0, 1.0], [0.0, 0.0], False, 1.0)), lanes, control)
    first, second = correction(lanes, control, 0, 5.0)[0], correction(lanes, control, 1, 5.0)[0]
    assert first == pytest.approx(-0.5, abs=0.01) and second == pytest.approx(0.5, abs=0.01)


def test_a_lane_gives_way_to_one_that_does_not_move_and_keeps_its_pinned_end():
    lanes = splines(10.0, pinned=(0, 1, 2))
    control = np.zeros((13, 2))
    fit(rows(([0, -1], [9.0, 0.0], [1.0, 0.0], [0.0, 0.0], False, -0.3)), lanes, control)
    assert correction(lanes, control, 0, 0.0) == (0.0, 0.0)
    assert correction(lanes, control, 0, 9.0)[0] == pytest.approx(0.3, abs=0.01)
    path = [correction(lanes, control, 0, s)[0] for s in np.linspace(0.0, 9.0, 91)]
    assert (np.diff(path) >= -1e-9).all()  # it does not swing


def test_a_tilt_is_found_from_both_edges():
    lanes = splines(10.0)
    control = np.zeros((13, 2))
    edges = [([0, -1], [s, 0.0], [1.0, 0.0], [side, 0.0], False, -0.1 * side) for s in range(1, 10) for side in (1, -1)]
    fit(rows(*edges), lanes, control)
    z, tilt = correction(lanes, control, 0, 5.0)
    assert z == pytest.approx(0.0, abs=1e-6) and tilt == pytest.approx(0.1, abs=1e-3)


def test_nothing_asked_changes_nothing():
    lanes, control = splines(10.0), np.zeros((13, 2))
    fit(rows(([0, -1], [5.0, 0.0], [1.0, 0.0], [0.0, 0.0], False, 0.0)), lanes, control)
    assert (control == 0.0).all()
