"""The recorded map: lines where they are painted."""

import numpy as np
import pytest

from simengine.road.network.network import MarkingType
from simengine.simulation.world.roadmap import road_map, road_map_from_json, road_map_to_json
from tests.road.opendrive_text import lane, read_road, section


def test_a_lane_whose_line_changes_comes_in_pieces(tmp_path):
    marks = '<roadMark sOffset="0" type="broken"/><roadMark sOffset="70" type="solid broken"/>'
    network = read_road(tmp_path, [section(right=[lane(-1, marks), lane(-2)])]).network
    around = road_map(network, np.array([[50.0, 0.0, 0.0]]))
    pieces = [row for row in road_map_from_json(road_map_to_json(around)).lanes if row.name == "1.0.-1"]
    assert [(row.marking_left, row.marking_right, float(row.right[-1, 0])) for row in pieces] == [
        (MarkingType.NONE, MarkingType.BROKEN, pytest.approx(70.0)),
        (MarkingType.NONE, MarkingType.SOLID_BROKEN, pytest.approx(100.0)),
    ]
    assert pieces[0].right[-1] == pytest.approx(pieces[1].right[0])
    assert [row.marking_left for row in around.lanes if row.name == "1.0.-2"][-1] == MarkingType.BROKEN_SOLID
