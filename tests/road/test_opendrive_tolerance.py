"""What an OpenDRIVE reader lets pass without a word, what it leaves out with one remark, and what it refuses."""

import math

import numpy as np
import pytest

from simengine.core.errors import ScenarioError
from simengine.road.files.xml import read_xml
from simengine.road.network.network import LaneType, MarkingType
from simengine.road.opendrive.parsing.parse import parse_opendrive
from tests.road.named_lanes import lane, points, successors
from tests.road.plain_road import DRIVING, read, road, tags

RECORD = 'a="{}" b="0" c="0" d="0"'


def driving(more):
    return DRIVING.replace("</lane>", f"{more}</lane>")


# --------------------------------------------------------------------------------------------------- legal: not a word


@pytest.mark.parametrize("center", ['<lane id="0"/>', '<lane id="0" type="none" level="false"/>'])
def test_lane_0_needs_no_type(tmp_path, center):
    network, remarks = read(tmp_path, road(center=center))
    assert network.lane_name.tolist() == ["1.0.-1"] and not remarks


@pytest.mark.parametrize(
    "part",
    [
        road(more='<type s="0" type="townPlayStreet"/>'),
        road(right=driving("<link/>")),
        road(more="<railroad><switch name='a' id='b'/></railroad><userData><any><thing/></any></userData>"),
        road() + '<junctionGroup id="1" type="roundabout"><junctionReference junction="7"/></junctionGroup>',
        road(more="<objects/><signals/><surface/>"),
    ],
)  # fmt: skip
def test_what_the_format_allows_is_not_remarked(tmp_path, part):
    assert not read(tmp_path, part).remarks


def test_order_within_rounding_is_order(tmp_path):
    up = "".join(f'<elevation s="{s}" {RECORD.format(a)}/>' for s, a in ((0, 0), (40, 1), ("39.99999999", 2), (80, 3)))
    widths = "".join(f'<width sOffset="{s}" {RECORD.format(a)}/>' for s, a in ((0, 4), (50.00000001, 3), (50, 2)))
    offset = "".join(f'<laneOffset s="{s}" {RECORD.format(a)}/>' for s, a in ((20, 0), (19.9999999, 0)))
    plan = (
        '<geometry s="0" x="0" y="0" hdg="0" length="30.00000002"><line/></geometry>'
        '<geometry s="30.00000002" x="30" y="0" hdg="0" length="0.00000001"><line/></geometry>'
        '<geometry s="30.00000001" x="30" y="0" hdg="0" length="70"><line/></geometry>'
    )
    right = f'<lane id="-1" type="driving">{widths}</lane>'
    text = road(plan=plan, right=right, lanes=offset, more=f"<elevationProfile>{up}</elevationProfile>")
    network, remarks = read(tmp_path, text)
    p = points(network, "1.0.-1")
    assert not remarks
    assert [p[p[:, 0] > x][0, 2] for x in (1, 41, 81)] == [0.0, 2.0, 3.0]
    assert network.point_width[-1] == pytest.approx(2.0) and p[-1, 0] == pytest.approx(100.0, abs=1e-6)


def test_of_two_limits_at_one_place_the_later_holds(tmp_path):
    limits = '<speed sOffset="0" max="10"/><speed sOffset="50.00000001" max="20"/><speed sOffset="50" max="30"/>'
    network, remarks = read(tmp_path, road(right=driving(limits)))
    assert network.lane_speed_limit[-1] == 30.0 and not remarks


def test_sections_order_within_rounding(tmp_path):
    section = '<laneSection s="{}"><center><lane id="0"/></center><right>{}</right></laneSection>'
    lanes = section.format("0", driving('<link><successor id="-1"/></link>')) + section.format("60", DRIVING)
    first = '<laneSection s="0"><center><lane id="0" type="none"/>'
    network, remarks = read(tmp_path, road(lanes=lanes).replace(first, first.replace('"0"', '"59.99999999"', 1)))
    assert not remarks and points(network, "1.0.-1")[-1, 0] == pytest.approx(60.0)


def test_first_record_a_rounding_error_late_holds_from_the_start(tmp_path):
    right = f'<lane id="-1" type="driving"><width sOffset="1e-8" {RECORD.format(4)}/></lane>'
    up = f'<elevationProfile><elevation s="0.00000001" {RECORD.format(7)}/></elevationProfile>'
    network, remarks = read(tmp_path, road(right=right, more=up))
    assert not remarks
    assert points(network, "1.0.-1")[0] == pytest.approx([0.0, -2.0, 7.0], abs=1e-6)


def test_coefficients_count_where_they_hold(tmp_path):
    """Exports hold records over a billionth of a meter with coefficients of 1e19; what counts is the width there."""
    wild = '<width sOffset="0" a="4" b="0" c="-1e13" d="7e18"/>' + f'<width sOffset="1e-7" {RECORD.format(3)}/>'
    network, _ = read(tmp_path, road(right=f'<lane id="-1" type="driving">{wild}</lane>'))
    assert network.point_width == pytest.approx(3.0)


# ------------------------------------------------------------------------------------------- left out, with one remark


def test_road_of_a_missing_junction_is_an_ordinary_road(tmp_path):
    here = road("1", link='<successor elementType="junction" elementId="77"/>')
    there = road(
        "2", x=100, length=20, junction="77",
        link='<predecessor elementType="road" elementId="1" contactPoint="end"/>',
        right=driving('<link><predecessor id="-1"/></link>'),
    )  # fmt: skip
    network, remarks = read(tmp_path, here, there)
    assert (network.lane_junction == -1).all() and successors(network, "1.0.-1") == {"2.0.-1"}
    assert tags(remarks) == [
        "<road> leads to what the file lacks: the map ends there",
        "<road> belongs to a junction the file lacks: kept as an ordinary road",
    ]


def test_section_without_a_center_lane_has_its_lanes(tmp_path):
    network, remarks = read(tmp_path, road(center=""))
    assert network.lane_name.tolist() == ["1.0.-1"]
    assert tags(remarks) == ["<laneSection> has no center lane: nothing is painted there"]


def test_empty_links_are_one_remark(tmp_path):
    right = driving("<link><predecessor/><successor/></link>")
    link = '<predecessor elementType="road"/><successor elementType="crossroad" elementId="3"/>'
    network, remarks = read(tmp_path, road(right=right, link=link))
    assert len(network.lane_type) == 1
    assert tags(remarks) == [
        "<link> names no lane on one of its sides: that side is left out",
        "<road> has a link that names no road or junction: left out",
    ]


def test_bad_limits_types_and_marks_leave_the_lane(tmp_path):
    decorated = driving(
        '<speed sOffset="0" max="fast"/><speed sOffset="0" max="30" unit="knots"/><speed sOffset="0" max="20"/>'
        '<roadMark sOffset="0" type="solid"/><roadMark sOffset="50" type="wavy"/><roadMark sOffset="nan" type="solid"/>'
    )
    odd = DRIVING.replace('"-1" type="driving"', '"-2" type="flying"')
    types = '<type s="x" type="town"/><type s="0" type="ice"/>'
    network, remarks = read(tmp_path, road(right=decorated + odd, more=types))
    assert network.lane_speed_limit[lane(network, "1.0.-1")] == 20.0
    assert network.lane_type[lane(network, "1.0.-2")] == LaneType.MEDIAN
    marks = parse_opendrive(read_xml(tmp_path / "map.xodr", "OpenDRIVE")).roads["1"].sections[0].right[0].marks
    assert [(mark.offset, mark.inner) for mark in marks] == [(0.0, MarkingType.SOLID), (50.0, MarkingType.NONE)]
    assert sorted(tags(remarks)) == [
        "<lane> has a type this reader does not know: taken as no carriageway",
        "<roadMark> cannot be read: left out",
        "<roadMark> has a type this reader does not know: taken as none",
        "<speed> cannot be read: left out",
        "<type> cannot be read: left out",
        "<type> has a type this reader does not know: taken as unknown",
    ]


def test_marks_and_limits_out_of_order_are_sorted(tmp_path):
    decorated = driving('<speed sOffset="50" max="10"/><speed sOffset="0" max="20"/>')
    network, remarks = read(tmp_path, road(right=decorated))
    limits = dict(zip(network.lane_name.tolist(), network.lane_speed_limit.tolist(), strict=True))
    assert limits == {"1.0.-1": 20.0, "1.1.-1": 10.0}
    assert tags(remarks) == ["<lane> has speed limits out of order: sorted"]


SIGNAL = '<signal id="{}" s="{}" t="-6" type="205" dynamic="no" orientation="+" {}/>'


def test_one_bad_signal_leaves_the_others(tmp_path):
    signals = [
        SIGNAL.format("a", "50", 'zOffset="2"'), SIGNAL.format("b", "nan", ""), SIGNAL.format("c", "500", ""),
        SIGNAL.format("d", "100.9", 'zOffset="2"'), SIGNAL.format("e", "60", 'zOffset="high" value="much"'),
        '<signalReference id="zz" s="5" t="0" orientation="+"/>',
    ]  # fmt: skip
    network, remarks = read(tmp_path, road(more=f"<signals>{''.join(signals)}</signals>"))
    assert network.sign_position[:, 0].tolist() == [50.0, 100.0, 60.0]
    assert tags(remarks) == [
        "<signal> cannot be read: left out",
        "<signal> lies beyond its road's end: moved to the end",
        "<signal> has a bad number where one may be left out: taken as left out",
        "<signalReference> is to no signal of this file: left out",
    ]


CROSSING = '<object type="crosswalk" id="{}" s="{}" t="0" hdg="1.5707963" orientation="none" {}>{}</object>'


def test_crossings_without_a_size_are_left_out(tmp_path):
    objects = [
        CROSSING.format("a", "50", 'length="8" width="4"', ""), CROSSING.format("b", "50", "", "<outline/>"),
        CROSSING.format("c", "50", "", ""), CROSSING.format("d", "50", 'length="nan" width="4"', ""),
        CROSSING.format("e", "50", 'length="0.5" width="0.5"', ""),
        CROSSING.format("f", "900", 'length="8" width="4"', ""),
    ]  # fmt: skip
    network, remarks = read(tmp_path, road(more=f"<objects>{''.join(objects)}</objects>"))
    assert network.crossing_width.tolist() == [4.0]
    assert tags(remarks) == ["<object> is no crossing: left out"] and remarks[0].count("line 3") == 5


def test_crossing_that_reaches_over_the_end_of_its_road_keeps_its_outline(tmp_path):
    corners = "".join(f'<cornerRoad s="{s}" t="{t}"/>' for s, t in ((98, 2), (98, -6), (102, -6), (102, 2)))
    text = CROSSING.format("a", "100.5", "", f"<outline>{corners}</outline>")
    network, _ = read(tmp_path, road(more=f"<objects>{text}</objects>"))
    assert network.crossing_width[0] == pytest.approx(4.0) and network.crossing_start[0, 0] == pytest.approx(100.0)


def test_names_that_lead_nowhere_are_remarked(tmp_path):
    links = driving('<link><predecessor id="-1"/><successor id="-5"/></link>')
    here = road("1", link='<predecessor elementType="road" elementId="8" contactPoint="end"/>'
                '<successor elementType="road" elementId="2" contactPoint="start"/>', right=links)  # fmt: skip
    there = road("2", x=100, link='<predecessor elementType="road" elementId="1" contactPoint="end"/>')
    junction = (
        '<junction id="5"><connection id="0" incomingRoad="1" connectingRoad="99" contactPoint="start"/>'
        '<connection id="1" incomingRoad="1" contactPoint="start"/>'
        '<connection id="2" incomingRoad="1" connectingRoad="2" contactPoint="start"><laneLink from="-1" to="-9"/>'
        '<laneLink from="0" to="0"/><laneLink from="-1"/></connection>'
        '<priority high="1" low="77"/><priority high="1"/><controller id="c9"/></junction>'
        '<controller id="c1"><control signalId="s9"/></controller>'
    )
    network, remarks = read(tmp_path, here, there, junction)
    assert len(network.lane_type) == 2
    assert sorted(tags(remarks)) == [
        "<connection> cannot be read: left out",
        "<connection> joins a road the file lacks: left out",
        "<connection> names a lane its road lacks there: left out",
        "<control> names a signal the file lacks: left out",
        "<controller> is none of the file's controllers: left out",
        "<lane> links to a lane that is not there: left out",
        "<laneLink> names no lanes: left out",
        "<priority> cannot be read: left out",
        "<priority> names a road the file lacks: left out",
        "<road> leads to what the file lacks: the map ends there",
    ]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (road(more="<objects><tunnel id='1' s='5' length='9' type='standard'/></objects>"), "<tunnel> is not built"),
        (road(more="<objects><bridge id='1' s='5' length='9' type='steel'/></objects>"), "<bridge> is not built"),
        (road(more="<surface><CRG file='a.crg' sStart='0' sEnd='9'/></surface>"), "<CRG> is left out"),
        (road(right=driving("<access sOffset='0' rule='deny' restriction='motorcycle'/>")), "<access> is left out"),
        (road(right=driving("<rule sOffset='0' value='no stopping'/>")), "<rule> is left out"),
        (road(right=driving("<material sOffset='0' friction='0.3'/>")), "<material> is left out"),
        (road(right=DRIVING.replace('id="-1"', 'id="-1" direction="both"')), "<lane> is for both directions"),
        (road(more="<objects><object type='tree' id='1' s='5' t='9'/></objects>"), "is of a type that is not drawn"),
        (road(more="<weather/>"), "<OpenDRIVE> holds elements this reader does not know"),
        (road(lateral="<crossSectionSurface/>"), "<crossSectionSurface> is left out"),
    ],
)
def test_what_means_something_and_is_left_out_is_remarked(tmp_path, part, words):
    (line,) = read(tmp_path, part).remarks
    assert words in line


def test_objects_left_out_are_counted_by_type(tmp_path):
    objects = "<object type='tree' id='1' s='5' t='9'/>" * 3 + "<object type='pole' id='2' s='5' t='9'/>"
    (line,) = read(tmp_path, road(more=f"<objects>{objects}</objects>")).remarks
    assert line.endswith("(3 × tree, 1 × pole)")


def test_newer_versions_are_remarked(tmp_path):
    assert tags(read(tmp_path, road(), minor=9).remarks) == ["<header> is of a newer version than this reader knows"]


def test_line_of_another_length_than_stated_is_followed_to_its_end(tmp_path):
    text = road(length=100).replace('<road id="1" length="100"', '<road id="1" length="100.6"')
    network, remarks = read(tmp_path, text)
    assert points(network, "1.0.-1")[-1, 0] == pytest.approx(100.0)
    assert tags(remarks) == ["<road> has another length than its planView: the planView's is taken"]


def test_roads_without_length_are_passed_through(tmp_path):
    link = '<{0} elementType="road" elementId="{1}" contactPoint="{2}"/>'
    lane = driving('<link><predecessor id="-1"/><successor id="-1"/></link>')
    before = road("1", link=link.format("successor", 2, "start"), right=lane)
    nothing = road("2", x=100, length=0, right=lane,
                   link=link.format("predecessor", 1, "end") + link.format("successor", 3, "start"))  # fmt: skip
    behind = road("3", x=100, link=link.format("predecessor", 2, "end"), right=lane)
    network, remarks = read(tmp_path, before, nothing, behind)
    assert successors(network, "1.0.-1") == {"3.0.-1"}
    assert tags(remarks) == ["<road> has no length: it is only passed through"]


def test_height_holds_before_its_first_record(tmp_path):
    up = f'<elevationProfile><elevation s="30" {RECORD.format(70)}/></elevationProfile>'
    network, remarks = read(tmp_path, road(more=up))
    assert (points(network, "1.0.-1")[:, 2] == 70.0).all()
    assert tags(remarks) == ["<elevation> is the first and starts behind its road's start: its height holds there"]


@pytest.mark.parametrize(("s", "refused"), [(0.0005, False), (0.5, False), (40, True)])
def test_first_section_starts_the_road(tmp_path, s, refused):
    text = road().replace('<laneSection s="0">', f'<laneSection s="{s}">')
    if refused:
        with pytest.raises(ScenarioError, match="<laneSection> s='40': the first section starts there"):
            read(tmp_path, text)
    else:
        network, remarks = read(tmp_path, text)
        assert points(network, "1.0.-1")[0, 0] == 0.0 and len(remarks) == (s > 0.001)


def test_line_with_a_piece_missing_goes_straight_on(tmp_path):
    piece = '<geometry s="{0}" x="{1}" y="{2}" hdg="0" length="50"><line/></geometry>'
    network, remarks = read(tmp_path, road(plan=piece.format(0, 0, 0) + piece.format(50, 53, 0.2)))
    p = points(network, "1.0.-1")
    assert p[-1] == pytest.approx([103.0, -1.8, 0.0]) and (np.diff(p[:, 0]) > 0.0).all()
    assert tags(remarks) == ["<geometry> does not start where the piece before ends: joined by a straight line"]


# -------------------------------------------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ([(0, 0, 0), (50, 50, 2)], "0.00 m ahead and 2.00 m left"),
        ([(0, 0, 0), (50, 30, 0)], "-20.00 m ahead"),
        ([(5, 0, 0), (55, 50, 0)], "s='5': the first piece starts there"),
        ([(0, 0, 0), (60, 60, 0)], "the piece before ends at 50; no piece lies between"),
        ([(50, 50, 0), (0, 0, 0)], "pieces must ascend"),
    ],
)
def test_lines_that_step_aside_or_leave_a_part_out_are_refused(tmp_path, plan, words):
    pieces = [f'<geometry s="{s}" x="{x}" y="{y}" hdg="0" length="50"><line/></geometry>' for s, x, y in plan]
    with pytest.raises(ScenarioError, match=words):
        read(tmp_path, road(length=plan[-1][0] + 50, plan="".join(pieces)))


@pytest.mark.parametrize("where", ["top", "in a road"])
def test_included_files_are_refused_by_name(tmp_path, where):
    include = '<include file="../signals.xml"/>'
    parts = (road(more=include),) if where == "in a road" else (road(), include)
    with pytest.raises(ScenarioError, match=r"<include> file='../signals.xml': a map must be one file"):
        read(tmp_path, *parts)


def test_roads_and_junctions_of_one_id_are_refused(tmp_path):
    for parts, words in (((road(), road()), "another road"), ((road(), '<junction id="3"/>' * 2), "another junction")):
        with pytest.raises(ScenarioError, match=words):
            read(tmp_path, *parts)


def test_crossfall_carries_signs_too(tmp_path):
    fall = f'<crossfall side="both" s="0" {RECORD.format(0.05)}/>'
    signal = SIGNAL.format("a", "50", 'zOffset="2"')
    network, _ = read(tmp_path, road(lateral=fall, more=f"<signals>{signal}</signals>"))
    assert network.sign_position[0, 2] == pytest.approx(2.0 - 6.0 * math.sin(0.05))


def test_lights_for_no_lane_are_remarked(tmp_path):
    light = '<signal id="{}" s="50" t="-6" type="1000001" dynamic="yes" orientation="{}">{}</signal>'
    lights = light.format("a", "+", '<validity fromLane="-7" toLane="-5"/>') + light.format("b", "+", "")
    network, remarks = read(tmp_path, road(more=f"<signals>{lights}</signals>"))
    assert network.signal_name.tolist() == ["a", "b"] and len(network.stop_lane) == 1
    assert tags(remarks) == [
        "<signal> is for lanes that its road lacks there",
        "<signal> is a light that governs no lane: nobody heeds it",
    ]


def test_lights_that_never_change_and_ids_used_twice_are_remarked(tmp_path):
    text = '<signal id="a" s="50" t="-6" type="1000001" dynamic="no" orientation="+"/>' + SIGNAL.format("a", "60", "")
    _, remarks = read(tmp_path, road(more=f"<signals>{text}</signals>"))
    assert tags(remarks) == [
        "<signal> has no id of its own: references and controllers mean the first that has it",
        "<signal> is a light that is not dynamic: left out",
    ]
