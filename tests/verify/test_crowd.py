"""What is counted of a crowd, on people whose places are given."""

import math

import numpy as np
import pytest

from simengine.verify.crowd import (
    PLACES,
    _crossed,
    _split,
    _spread,
    _stuck,
    _walking_speeds,
    crowd_scenario,
    nearest_distances,
    run_crowd,
)


def test_the_nearest_of_others_is_found_and_nobody_has_nobody():
    found = nearest_distances(np.array([[0.0, 0.0], [0.6, 0.8], [4.0, 0.8]]))
    assert found == pytest.approx([1.0, 1.0, 3.4])
    assert math.isinf(nearest_distances(np.zeros((1, 2)))[0]) and len(nearest_distances(np.zeros((0, 2)))) == 0


def test_a_group_is_split_beyond_ten_meters_and_spread_is_from_its_middle():
    group = np.array([0, 0, 1, 1, -1], np.int32)
    place = np.array([[0.0, 0.0], [9.9, 0.0], [0.0, 5.0], [10.1, 5.0], [500.0, 0.0]])
    assert _split(place, group) == 1
    assert _spread(place, group) == pytest.approx(5.05)


def test_speeds_are_of_those_who_walk_while_they_walk_by_the_size_of_their_group():
    speeds = np.full((20, 5), 1.2)
    speeds[10:, 0] = 0.1  # waits for half the time
    speeds[:, 1] = 9.0
    speeds[:4] = 5.0  # before everybody has taken up speed
    stands = np.array([False, True, False, False, False])
    found = _walking_speeds(speeds, np.array([1, 1, 2, 4, 3]), stands, 4)
    assert found == {"1": [pytest.approx(1.2)], "2": [pytest.approx(1.2)], "3+": [pytest.approx(1.2)] * 2}


def test_who_neither_stands_nor_waits_at_a_curb_nor_moves_is_stuck():
    places = np.zeros((30, 4, 2))
    places[:, :, 1] = (0.0, 50.0, 100.0, 150.0)
    places[:, 3, 0] = np.arange(30.0)  # walks on
    curbs = np.array([[3.0, 50.0]])
    stands = np.array([False, False, True, False])
    assert _stuck(places, stands, 20, curbs) == 1
    assert _stuck(places[:20], stands, 20, curbs) == 0  # not looked at for long enough


def test_who_comes_to_the_middle_of_a_crossing_has_crossed():
    places = np.zeros((3, 2, 2))
    places[:, 0, 1] = (-4.0, 0.5, 4.0)
    places[:, 1] = (9.0, 0.0)
    assert _crossed(places, np.array([[0.0, 0.0]])) == 1


def test_a_world_is_counted_from_its_start():
    scenario = crowd_scenario("narrow street", "batched", 7, 3.0, "pedestrians.max_people=12")
    found = run_crowd(scenario)
    assert scenario.road.pavement_width == 2.0 and "narrow street" in PLACES
    assert found.people == sum(int(size) * count for size, count in found.sizes.items()) == 12
    in_company = sum(int(size) * count for size, count in found.sizes.items() if size != "1")
    assert len(found.nearest) == 6 * in_company  # at six looks
    assert found.contacts == {"people": 0, "vehicles": 0, "scenery": 0} and 0.0 <= found.standing <= 1.0
