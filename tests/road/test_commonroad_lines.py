"""Lines and crosswalks of CommonRoad files: usual lines where none is stated, paint only on the carriageway."""

import numpy as np
import pytest

from simengine.road.commonroad import read_commonroad
from simengine.road.network.network import MarkingType
from tests.road.drawn_recordings import lanelet, street, write

FAST = "<laneletType>country</laneletType>"


def marks(path):
    network = read_commonroad(path).network
    first = network.point_marking[network.lane_first_point[:-1]]
    sides = zip(network.lane_name, first, strict=True)
    return {str(name): (MarkingType(left), MarkingType(right)) for name, (left, right) in sides}


def test_a_file_without_any_marking_gets_usual_lines_and_says_so(tmp_path):
    none, broken, solid = MarkingType.NONE, MarkingType.BROKEN, MarkingType.SOLID
    path = write(tmp_path, street(2, FAST, mark=""))
    assert marks(path) == {"1": (broken, solid), "2": (solid, broken)}
    assert any("line marking" in line for line in read_commonroad(path).remarks)
    assert marks(write(tmp_path, street(2, mark="")))["1"] == (broken, none)  # in a town there is a curb
    assert marks(write(tmp_path, street(2, mark="unknown")))["1"] == (broken, none)


def test_a_file_that_states_lines_is_taken_at_its_word(tmp_path):
    path = write(tmp_path, street(2, FAST, mark="no_marking"))
    assert marks(path) == dict.fromkeys("12", (MarkingType.NONE, MarkingType.NONE))
    assert not any("line marking" in line for line in read_commonroad(path).remarks)


def test_oncoming_lanes_are_parted_by_a_line_and_forks_have_none_across(tmp_path):
    here = lanelet(1, 0, 3.5, inside='<adjacentLeft ref="2" drivingDir="opposite"/>' + FAST)
    there = lanelet(2, 3.5, 7, inside='<adjacentLeft ref="1" drivingDir="opposite"/>' + FAST, backwards=True)
    assert {left for left, _ in marks(write(tmp_path, here, there)).values()} == {MarkingType.BROKEN}
    overlap = lanelet(3, 2.0, 5.5, inside=FAST)
    found = marks(write(tmp_path, lanelet(1, 0, 3.5, inside=FAST), overlap))
    assert found["1"] == (MarkingType.NONE, MarkingType.SOLID) and found["3"] == (MarkingType.SOLID, MarkingType.NONE)


def crosswalk(name, bottom, top, x=50.0):
    points = "".join(f"<point><x>{{0}}</x><y>{y}</y></point>" for y in (bottom, top))
    left, right = points.replace("{0}", str(x - 2)), points.replace("{0}", str(x + 2))
    bounds = f"<leftBound>{left}</leftBound><rightBound>{right}</rightBound>"
    return f'<lanelet id="{name}">{bounds}<laneletType>crosswalk</laneletType></lanelet>'


def test_a_crosswalk_is_painted_from_edge_to_edge_of_the_carriageway_only(tmp_path):
    path = write(tmp_path, street(2), crosswalk(8, -4.0, 12.0), crosswalk(9, 30.0, 40.0))
    scenario = read_commonroad(path)
    ends = np.sort([scenario.network.crossing_start[:, 1], scenario.network.crossing_end[:, 1]], axis=0)[:, 0]
    assert ends == pytest.approx([0.0, 7.0], abs=0.11)
    assert len(scenario.network.crossing_width) == 1
    assert any("crosswalk across no lane" in line and "lanelet 9" in line for line in scenario.remarks)
