"""Successors and neighbors of CommonRoad lanelets against where they lie."""

import numpy as np

from simengine.road.commonroad import read_commonroad


def bound(tag, points):
    rows = "".join(f"<point><x>{x}</x><y>{y}</y><z>{z}</z></point>" for x, y, z in points)
    return f"<{tag}>{rows}</{tag}>"


def lanelet(name, x, y, length=50.0, links="", back=False, z=0.0):
    """Write a straight lanelet, 3 m wide, from x on between y and y + 3 or, if `back`, against that."""
    left, right = [(x, y + 3, z), (x + length, y + 3, z)], [(x, y, z), (x + length, y, z)]
    if back:
        left, right = right[::-1], left[::-1]
    return f'<lanelet id="{name}">{bound("leftBound", left)}{bound("rightBound", right)}{links}</lanelet>'


def read(tmp_path, *lanelets):
    path = tmp_path / "map.xml"
    head = '<commonRoad benchmarkID="ZAM_Links-1_1_T-1" commonRoadVersion="2020a" timeStepSize="0.1">'
    path.write_text(head + "\n".join(lanelets) + "</commonRoad>")
    found = read_commonroad(path)
    return found.network, "\n".join(found.remarks)


NEXT = '<successor ref="2"/>'


def test_a_successor_that_begins_elsewhere_is_told_and_left_out(tmp_path):
    for other, said in (
        (lanelet(2, 56, 0), "6.0 m apart"),
        (lanelet(2, 50, 3), "3.0 m apart"),
        (lanelet(2, 50, 0, z=5.0), "5.0 m higher"),
        (lanelet(2, 0, 0, back=True), "turned by 180°"),
    ):
        network, remarks = read(tmp_path, lanelet(1, 0, 0, links=NEXT), other)
        assert len(network.successor) == 0
        assert "<lanelet> names a successor that begins elsewhere: left out: line 1 (1 to 2: " in remarks, said
        assert said in remarks


def test_a_step_that_can_be_driven_is_linked_and_told(tmp_path):
    network, remarks = read(tmp_path, lanelet(1, 0, 0, links=NEXT), lanelet(2, 50.2, 0.5))
    assert network.successor.tolist() == [1]
    assert "does not quite meet its successor: linked all the same: line 1 (1 to 2: 0.5 m apart)" in remarks


def test_lanelets_that_meet_and_lie_beside_are_linked_without_a_word(tmp_path):
    beside = '<adjacentLeft ref="3" drivingDir="same"/><adjacentRight ref="4" drivingDir="opposite"/>'
    network, remarks = read(
        tmp_path,
        lanelet(1, 0, 0, links=NEXT + beside),
        lanelet(2, 50, 0),
        lanelet(3, 0, 3),
        lanelet(4, 0, -3, back=True),
    )
    assert network.successor.tolist() == [1] and network.lane_left[0] == 2 and network.lane_opposite[0] == 3
    assert "successor" not in remarks and "neighbor" not in remarks


def test_a_neighbor_that_lies_elsewhere_is_told_and_left_out(tmp_path):
    beside = '<adjacentLeft ref="2" drivingDir="same"/>'
    for other in (lanelet(2, 0, -3), lanelet(2, 0, 9), lanelet(2, 400, 3)):  # on the other side, too far, far ahead
        network, remarks = read(tmp_path, lanelet(1, 0, 0, links=beside), other)
        assert network.lane_left.tolist() == [-1, -1] and len(np.unique(network.lane_road)) == 2
        assert "names a neighbor that does not lie beside it: left out: line 1 (lanelet 1, left 2: off by " in remarks


def test_a_wrong_driving_direction_of_a_neighbor_is_taken_from_where_it_lies(tmp_path):
    network, remarks = read(
        tmp_path, lanelet(1, 0, 0, links='<adjacentLeft ref="2" drivingDir="same"/>'), lanelet(2, 0, 3, back=True)
    )
    assert network.lane_left[0] == -1 and network.lane_opposite[0] == 1
    assert "names a wrong driving direction of a neighbor: taken from where it lies" in remarks
