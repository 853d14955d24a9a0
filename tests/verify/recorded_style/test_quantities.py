import numpy as np
import pytest

from simengine.road.commonroad import read_commonroad
from simengine.road.files.recording import RecordedTracks
from simengine.road.network.network import lane_arrays
from simengine.verify.recorded_style.quantities import RATE, measure
from tests.road.drawn_recordings import street, write

STEP = 0.1


@pytest.fixture(scope="module")
def lanes(tmp_path_factory):
    return lane_arrays(read_commonroad(write(tmp_path_factory.mktemp("road"), street(2, mark="dashed"))).network)


def _tracks(x, y, length=4.5):
    x, y = np.atleast_2d(x).astype(float), np.atleast_2d(y).astype(float)
    count = len(x)
    return RecordedTracks(
        id=np.array([str(k) for k in range(count)]), kind=np.zeros(count, np.int32), length=np.full(count, length),
        width=np.full(count, 1.8), valid=np.ones(x.shape, bool), position=np.stack([x, y], axis=2),
        heading=np.zeros(x.shape), velocity=np.zeros(x.shape),
    )  # fmt: skip


def _measure(lanes, tracks, end=np.inf, counted=None):
    counted = np.ones(len(tracks.id), bool) if counted is None else np.array(counted)
    return measure(lanes, np.full(len(lanes.lane_length), end), tracks, STEP, counted)


def test_steady_acceleration_is_found(lanes):
    time = STEP * np.arange(41)
    found = _measure(lanes, _tracks(10.0 + 12.0 * time - 0.75 * time**2, np.full(41, 1.75)))
    # The differences at a track's ends are one-sided, which shows within half the window.
    assert np.median(found.quantity["acceleration"].value) == pytest.approx(-1.5, abs=1e-6)
    assert found.quantity["speed"].value[20] == pytest.approx(12.0 - 1.5 * 2.0, abs=1e-6)
    assert np.median(found.quantity["jerk"].value) == pytest.approx(0.0, abs=1e-6)


def test_gap_is_from_bumper_to_bumper_and_headway_from_front_to_front(lanes):
    time = STEP * np.arange(31)
    ahead, behind = 60.0 + 10.0 * time, 30.0 + 10.0 * time
    found = _measure(lanes, _tracks([ahead, behind], np.full((2, 31), 1.75)))
    gap, headway = found.quantity["gap"], found.quantity["headway"]
    assert gap.value == pytest.approx(25.5)
    assert headway.value == pytest.approx(3.0)
    assert set(gap.owner) == {1}


def test_vehicles_in_another_lane_are_not_followed(lanes):
    time = STEP * np.arange(31)
    y = np.stack([np.full(31, 5.25), np.full(31, 1.75)])
    found = _measure(lanes, _tracks([60.0 + 10.0 * time, 30.0 + 10.0 * time], y))
    assert len(found.quantity["gap"].value) == 0


def test_vehicles_that_do_not_count_are_still_followed(lanes):
    time = STEP * np.arange(31)
    tracks = _tracks([60.0 + 10.0 * time, 30.0 + 10.0 * time], np.full((2, 31), 1.75))
    found = _measure(lanes, tracks, counted=[False, True])
    assert set(found.quantity["speed"].owner) == {1}
    assert len(found.quantity["gap"].value) == 31


def test_a_change_of_lane_counts_once_and_a_short_visit_does_not(lanes):
    x = 10.0 + STEP * 10.0 * np.arange(61)
    there = np.where(np.arange(61) < 30, 1.75, 5.25)
    visit = np.where((np.arange(61) >= 30) & (np.arange(61) < 35), 5.25, 1.75)
    found = _measure(lanes, _tracks([x, x + 60.0], [there, visit]))
    assert found.changes.tolist() == [1, 0]


def test_only_the_recorded_stretch_counts(lanes):
    x = 10.0 + STEP * 10.0 * np.arange(61)
    found = _measure(lanes, _tracks(x, np.full(61, 1.75)), end=40.0)
    assert found.watched[0] == pytest.approx(3.1)
    assert len(found.quantity["speed"].value) == 31


def test_noise_of_positions_shows_in_accelerations_of_both_sides_alike(lanes):
    # σ of the slope over 11 samples of central differences of white noise σ: cov by direct simulation, 0.05 m.
    random = np.random.default_rng(4)
    x = 10.0 + STEP * 1.0 * np.arange(61) + random.normal(0.0, 0.05, (20, 61))
    alone = [_measure(lanes, _tracks(row, np.full(61, 1.75))).quantity["acceleration"].value for row in x]
    again = [_measure(lanes, _tracks(row, np.full(61, 1.75))).quantity["acceleration"].value for row in x]
    assert 0.05 < np.std(np.concatenate(alone)) < 0.4
    assert (np.concatenate(alone) == np.concatenate(again)).all()
    assert RATE not in _measure(lanes, _tracks(x[0], np.full(61, 1.75))).quantity
