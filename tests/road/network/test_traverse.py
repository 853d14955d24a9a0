"""Going along lanes, and the speed that the way ahead allows."""

import math

import numpy as np
import pytest

from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import LaneType, lane_arrays
from simengine.road.network.traverse import approach_speed, bundle_from_right, walk_lanes
from simengine.road.procedural.kinds import make_intersection, make_street

STREET = {
    "lane_width": 3.5, "shoulder_width": 0.5, "pavement_width": 0.0, "parking_width": 0.0, "crossing_spacing": 0.0,
    "speed_limit": 30.0, "grade": 0.0,
}  # fmt: skip


def street(curvature, ring=False):
    return lane_arrays(
        make_street(length=250.0, curvature=curvature, lanes_forward=2, lanes_backward=0, ring=ring, **STREET)
    )


def driving(lanes):
    return np.flatnonzero(lanes.lane_type == LaneType.DRIVING)


def test_a_straight_road_may_be_entered_at_its_limit():
    lanes = street(0.0)
    assert approach_speed(lanes, int(driving(lanes)[0]), 10.0) == 30.0


def test_a_bend_is_entered_at_the_speed_that_its_curvature_allows():
    lanes = street(0.02)
    lane = int(driving(lanes)[0])
    curvature = float(np.abs(lanes.point_curvature[lanes.lane_first_point[lane]]))
    assert approach_speed(lanes, lane, 10.0) == pytest.approx(math.sqrt(1.5 / curvature), rel=1e-6)


def test_before_a_junction_one_is_slow_enough_to_stand():
    lanes = lane_arrays(make_intersection(100.0, 1, 3.5, 0.0, 13.89, True, 20.0, 3.0, 2.0))
    entry = next(
        int(lane) for lane in driving(lanes)
        if lanes.lane_junction[lane] < 0 and lanes.successor_first[lane + 1] > lanes.successor_first[lane]
    )  # fmt: skip
    length = float(lanes.lane_length[entry])
    assert approach_speed(lanes, entry, length - 20.0) == pytest.approx(math.sqrt(2.0 * 2.0 * 12.0))
    assert approach_speed(lanes, entry, length - 1.0) == 0.0


def test_walking_along_a_ring_comes_back_and_lanes_are_counted_from_the_right():
    lanes = street(0.0, ring=True)
    lane = int(driving(lanes)[0])
    around = float(lanes.lane_length[lane])
    there, s = walk_lanes(lanes, lane, 10.0, around)
    assert (there, s) == (lane, pytest.approx(10.0))
    assert walk_lanes(lanes, lane, 10.0, -20.0)[1] == pytest.approx(around - 10.0)
    bundle = bundle_from_right(lanes, int(driving(lanes)[1]))
    assert len(bundle) == 2 and lanes.lane_left[bundle[0]] == bundle[1]


def test_who_is_on_a_lane_that_ends_beside_one_that_goes_on_can_stand_before_its_end():
    x = np.linspace(0.0, 300.0, 31)
    width, flat = np.full(31, 3.5), np.zeros(31)
    a = LaneDraft("a", np.stack([x, flat, flat], axis=1), width, flat, speed_limit=30.0, left="b")
    b = LaneDraft(
        "b", np.stack([x, flat + 3.5, flat], axis=1), width, flat, speed_limit=30.0, right="a", successors=["c"]
    )
    c = LaneDraft("c", np.stack([300.0 + x, flat + 3.5, flat], axis=1), width, flat, speed_limit=30.0)
    lanes = lane_arrays(build_network([a, b, c]))
    assert approach_speed(lanes, 0, 10.0) == 30.0 and approach_speed(lanes, 1, 280.0) == 30.0
    assert approach_speed(lanes, 0, 280.0) == pytest.approx(math.sqrt(2.0 * 2.0 * 12.0))
    assert approach_speed(lanes, 0, 295.0) == 0.0
    assert approach_speed(lanes, 2, 280.0) == 30.0  # there the road ends for all
