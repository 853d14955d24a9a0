"""Road marks of OpenDRIVE: what lines are read, where along the lane, who may cross them, what is painted."""

import numpy as np
import pytest

from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material
from simengine.road.ground.surface import surface_meshes
from simengine.road.network.network import MarkingType, lane_arrays
from simengine.road.network.projection import lane_pose
from tests.road.opendrive_text import lane, read_road, section

SOLID, BROKEN, NONE = MarkingType.SOLID, MarkingType.BROKEN, MarkingType.NONE
SOLID_BROKEN, BROKEN_SOLID = MarkingType.SOLID_BROKEN, MarkingType.BROKEN_SOLID


def mark(kind, content="", **attributes):
    stated = "".join(f' {name}="{value}"' for name, value in {"sOffset": 0, **attributes}.items())
    return f'<roadMark type="{kind}"{stated}>{content}</roadMark>'


def lines(tag, *rows):
    """Return <type> or <explicit> of lines given as attributes."""
    return (
        f"<{tag}>"
        + "".join("<line " + " ".join(f'{key}="{value}"' for key, value in row.items()) + "/>" for row in rows)
        + f"</{tag}>"
    )


def edge(network, name, side):
    """Return the ranges of a lane's edge from where it starts: (x [m], marking, may be crossed)."""
    i = int(np.flatnonzero(network.lane_name == name)[0])
    rows = slice(network.lane_first_point[i], network.lane_first_point[i + 1] - 1)
    column = ("left", "right").index(side)
    kind, may = network.point_marking[rows, column], network.point_may_cross[rows, column]
    starts = [0, *(np.flatnonzero((np.diff(kind) != 0) | (np.diff(may) != 0)) + 1)]
    x = network.point_position[rows, 0]
    return [(pytest.approx(float(x[k]), abs=1e-6), MarkingType(int(kind[k])), bool(may[k])) for k in starts]


def seen(tmp_path, marks, number=-1):
    """Return the ranges of one mark between lanes ±1 and ±2, as the inner and as the outer lane see it."""
    lanes = [lane(number, marks), lane(2 * number)]
    right, left = (lanes, ()) if number < 0 else ((), lanes)
    network = read_road(tmp_path, [section(left=left, right=right)]).network
    outwards, inwards = ("right", "left")  # both sides run so that the outer lane is to their right
    return edge(network, f"1.0.{number}", outwards), edge(network, f"1.0.{2 * number}", inwards)


def test_marks_change_along_a_section(tmp_path):
    center = mark("broken") + mark("solid", sOffset=60)
    right = [lane(-1, mark("broken") + mark("solid", sOffset=70)), lane(-2, mark("solid"))]
    network = read_road(tmp_path, [section([lane(1)], right, center=center)]).network
    assert edge(network, "1.0.-1", "left") == [(0, BROKEN, True), (60, SOLID, False)]
    assert edge(network, "1.0.-1", "right") == [(0, BROKEN, True), (70, SOLID, False)]
    assert edge(network, "1.0.-2", "left") == [(0, BROKEN, True), (70, SOLID, False)]
    assert edge(network, "1.0.-2", "right") == [(0, SOLID, False)]
    assert edge(network, "1.0.1", "left") == [(100, SOLID, False), (60, BROKEN, True)]  # it runs the other way
    assert len(network.lane_name) == 3  # no lane is cut


@pytest.mark.parametrize("number", [-1, 1])
def test_the_nearer_of_two_lines_rules(tmp_path, number):
    inner, outer = seen(tmp_path, mark("solid broken"), number)
    assert [row[1:] for row in inner + outer] == [(SOLID_BROKEN, False), (BROKEN_SOLID, True)]
    inner, outer = seen(tmp_path, mark("broken solid"), number)
    assert [row[1:] for row in inner + outer] == [(BROKEN_SOLID, True), (SOLID_BROKEN, False)]


def test_the_center_names_its_lines_from_left_to_right(tmp_path):
    network = read_road(tmp_path, [section([lane(1)], [lane(-1)], center=mark("solid broken"))]).network
    assert edge(network, "1.0.1", "left")[0][1:] == (SOLID_BROKEN, False)
    assert edge(network, "1.0.-1", "left")[0][1:] == (BROKEN_SOLID, True)


SOLID_IN = {"length": 4, "space": 0, "tOffset": 0.15, "sOffset": 0}
DASHED_OUT = {"length": 3, "space": 6, "tOffset": -0.15, "sOffset": 0}


def test_repeated_lines_say_which_side_may_cross(tmp_path):
    custom = mark("custom", lines("type", DASHED_OUT, SOLID_IN))
    inner, outer = seen(tmp_path, custom)
    assert [row[1:] for row in inner + outer] == [(SOLID_BROKEN, False), (BROKEN_SOLID, True)]
    inner, outer = seen(tmp_path, custom, 1)  # on the left of the road a positive offset lies outwards
    assert [row[1:] for row in inner + outer] == [(BROKEN_SOLID, True), (SOLID_BROKEN, False)]
    one = mark("custom", lines("type", {"length": 3, "space": 6, "tOffset": 0, "sOffset": 2}))
    assert seen(tmp_path, one)[0] == [(0, BROKEN, True)]


def test_a_solid_line_among_broken_ones_closes_both_ways(tmp_path):
    middle = {"length": 4, "space": 0, "tOffset": 0.0, "sOffset": 0}
    row = [{**DASHED_OUT, "tOffset": t} for t in (0.2, -0.2)]
    inner, outer = seen(tmp_path, mark("custom", lines("type", row[0], middle, row[1])))
    assert not inner[0][2] and not outer[0][2]


def test_a_line_that_begins_later_begins_there(tmp_path):
    late = mark("custom", lines("type", DASHED_OUT, {**SOLID_IN, "sOffset": 50}))
    assert seen(tmp_path, late)[0] == [(0, BROKEN, True), (50, SOLID_BROKEN, False)]


def test_lines_that_contradict_their_type_are_taken_and_told(tmp_path):
    marks = mark("broken", lines("type", DASHED_OUT, SOLID_IN))
    road = read_road(tmp_path, [section(right=[lane(-1, marks), lane(-2)])])
    assert edge(road.network, "1.0.-1", "right")[0][1:] == (SOLID_BROKEN, False)
    assert len(road.remarks) == 1 and "other lines than its type says" in road.remarks[0]


def test_lines_without_measures_leave_the_type(tmp_path):
    nothing = {"length": 0, "space": 0, "tOffset": 0, "sOffset": 0}
    for kind, marking in (("solid", SOLID), ("broken", BROKEN), ("none", NONE)):
        assert seen(tmp_path, mark(kind, lines("type", nothing)))[0][0][1] == marking
    assert seen(tmp_path, mark("custom", lines("type", nothing)))[0] == [(0, SOLID, False)]


def test_explicit_pieces_hold_where_they_lie(tmp_path):
    dashes = [{"length": 3, "sOffset": s, "tOffset": 0} for s in (10, 19, 28)]
    solid = [{"length": 30, "sOffset": 40, "tOffset": 0}, {"length": 10, "sOffset": 70.02, "tOffset": 0}]
    ranges = seen(tmp_path, mark("custom", lines("explicit", *dashes, *solid)))[0]
    assert ranges == [(0, NONE, True), (10, BROKEN, True), (31, NONE, True), (40, SOLID, False), (80.02, NONE, True)]
    beside = [{"length": 100, "sOffset": 0, "tOffset": 0.15}, *({**row, "tOffset": -0.15} for row in dashes)]
    ranges = seen(tmp_path, mark("custom", lines("explicit", *beside)))[0]
    assert ranges == [(0, SOLID, False), (10, SOLID_BROKEN, False), (31, SOLID, False)]


def test_custom_marks_without_lines_are_told(tmp_path):
    assert "draws no line" in read_road(tmp_path, [section(right=[lane(-1, mark("custom"))])]).remarks[0]


@pytest.mark.parametrize(
    ("kind", "stated", "number", "outwards", "inwards"),
    [
        ("solid", "both", -1, True, True), ("broken", "none", -1, False, False),
        ("none", "none", -1, False, False),
        ("solid", "increase", -1, False, True), ("solid", "decrease", -1, True, False),
        ("solid", "increase", 1, True, False), ("solid", "decrease", 1, False, True),
        ("solid", "", -1, False, False),
    ],
)  # fmt: skip
def test_a_stated_lane_change_outweighs_the_line(tmp_path, kind, stated, number, outwards, inwards):
    inner, outer = seen(tmp_path, mark(kind, laneChange=stated), number)
    assert (inner[0][2], outer[0][2]) == (outwards, inwards)
    assert inner[0][1] == MarkingType[kind.upper()]  # it looks the same


def test_over_the_center_increase_is_from_right_to_left(tmp_path):
    center = mark("solid", laneChange="increase")
    network = read_road(tmp_path, [section([lane(1)], [lane(-1)], center=center)]).network
    assert edge(network, "1.0.-1", "left")[0][2] and not edge(network, "1.0.1", "left")[0][2]


def test_a_line_that_forbids_passing_closes_from_inside(tmp_path):
    row = {"length": 3, "space": 6, "tOffset": 0, "sOffset": 0, "rule": "no passing"}
    inner, outer = seen(tmp_path, mark("custom", lines("type", row)))
    assert inner[0] == (0, BROKEN, False) and outer[0] == (0, BROKEN, True)


def test_a_rule_holds_where_its_line_is(tmp_path):
    dashes = {"length": 3, "space": 6, "tOffset": 0, "sOffset": 0}
    closed = {"length": 40, "space": 0, "tOffset": -0.2, "sOffset": 50, "rule": "no passing"}
    inner, _ = seen(tmp_path, mark("custom", lines("type", dashes, closed)))
    assert [may for _, _, may in inner] == [True, False] and inner[1][0] == 50.0


def paint(network, y, material=Material.PAINT_WHITE):
    """Return the stretches of x [m] that are painted at a lateral place, joined where they touch."""
    found = []
    for mesh in surface_meshes(network, (0.0, 0.0, 0.0), "urban"):
        chosen = (mesh.semantic == Semantic.LANE_MARKING) & (mesh.material == material)
        for corners in mesh.vertex[mesh.triangle[chosen]]:
            if corners[:, 1].min() - 1e-4 <= y <= corners[:, 1].max() + 1e-4:
                found.append((float(corners[:, 0].min()), float(corners[:, 0].max())))
    joined = []
    for a, b in sorted(found):
        if joined and a <= joined[-1][1] + 1e-3:
            joined[-1] = (joined[-1][0], max(b, joined[-1][1]))
        else:
            joined.append((a, b))
    return joined


def test_paint_follows_the_marks_and_is_laid_once(tmp_path):
    right = [lane(-1, mark("broken") + mark("solid", sOffset=70)), lane(-2)]
    network = read_road(tmp_path, [section(right=right)]).network
    stretches = paint(network, -3.5)
    assert stretches[-1] == pytest.approx((70.0, 100.0), abs=1e-3)
    dashes = stretches[:-1]
    assert len(dashes) > 5 and all(b - a <= 3.0 + 1e-3 for a, b in dashes)
    area = sum(b - a for a, b in dashes)
    assert area == pytest.approx(70.0 / 3.0, abs=3.0)


def test_two_lines_of_different_kind_lie_side_by_side(tmp_path):
    network = read_road(tmp_path, [section(right=[lane(-1, mark("solid broken")), lane(-2)])]).network
    assert paint(network, -3.5 + 0.12) == [pytest.approx((0.0, 100.0), abs=1e-3)]
    assert len(paint(network, -3.5 - 0.12)) > 5
    assert paint(network, -3.5) == []


def test_yellow_marks_are_painted_yellow(tmp_path):
    network = read_road(tmp_path, [section([lane(1)], [lane(-1)], center=mark("solid", color="yellow"))]).network
    assert paint(network, 0.0, Material.PAINT_YELLOW) == [pytest.approx((0.0, 100.0), abs=1e-3)]
    assert paint(network, 0.0) == []


def test_an_edge_is_painted_where_its_neighbor_is_not(tmp_path):
    narrow = '<width sOffset="0" a="0" b="0" c="0" d="0"/><width sOffset="60" a="3.5" b="0" c="0" d="0"/>'
    network = read_road(tmp_path, [section(right=[lane(-1, mark("solid")), lane(-2, width=narrow)])]).network
    stretches = paint(network, -3.5)
    assert stretches == [pytest.approx((0.0, 100.0), abs=1e-3)]


def test_paint_lies_on_raised_lanes(tmp_path):
    high = '<height sOffset="0" inner="0.2" outer="0.2"/>'
    right = [lane(-1), lane(-2, high + mark("solid"), kind="biking"), lane(-3, high, kind="sidewalk")]
    network = read_road(tmp_path, [section(right=right)]).network
    top = lane_pose(lane_arrays(network), 1, 50.0, 0.0)[2]
    heights = [
        mesh.vertex[mesh.triangle[mesh.semantic == Semantic.LANE_MARKING]][..., 2]
        for mesh in surface_meshes(network, (0.0, 0.0, 0.0), "urban")
    ]
    assert np.concatenate([z.ravel() for z in heights]) == pytest.approx(top + 0.01, abs=1e-5)
