import math

import pytest

from simengine.road.commonroad import read_commonroad
from simengine.road.network.network import lane_arrays
from simengine.road.network.projection import locate
from simengine.verify.recorded_style.edges import ending_lanes, extend_ends
from tests.road.drawn_recordings import lanelet, street, write


def test_roads_go_on_straight_beyond_the_edge(tmp_path):
    network = read_commonroad(write(tmp_path, street(2))).network
    longer = extend_ends(network, 200.0)
    assert longer.lane_length == pytest.approx(network.lane_length + 200.0)
    lane, s, t = locate(lane_arrays(longer), 450.0, 1.75, math.nan, 0.0)
    assert lane >= 0 and s == pytest.approx(450.0) and t == pytest.approx(0.0, abs=1e-6)
    assert len(longer.point_width) == len(longer.point_s) == len(longer.point_may_cross)


def test_lanes_that_merge_are_left_alone(tmp_path):
    # Lanelet 2 ends at x = 300 m beside lanelet 1, which lanelet 3 continues.
    first = lanelet(1, 0.0, 3.5, inside='<successor ref="3"/><adjacentLeft ref="2" drivingDir="same"/>')
    second = lanelet(2, 3.5, 7.0, inside='<adjacentRight ref="1" drivingDir="same"/>')
    third = lanelet(3, 0.0, 3.5, xs=(300.0, 400.0, 500.0), inside='<predecessor ref="1"/>')
    network = read_commonroad(write(tmp_path, first, second, third)).network
    ends = {str(name): bool(end) for name, end in zip(network.lane_name, ending_lanes(network), strict=True)}
    assert ends == {"1": False, "2": False, "3": True}
