"""Lane links of OpenDRIVE files against where their lanes lie: wrong contacts, gaps, steps, virtual junctions."""

import math

import numpy as np
import pytest

from simengine.road.network.network import Turn
from simengine.road.opendrive import read_opendrive
from tests.road.named_lanes import lane, points, successors


def link(kind, other, contact="", element="road", **place):
    attributes = f' contactPoint="{contact}"' if contact else ""
    attributes += "".join(f' {name}="{value}"' for name, value in place.items())
    return f'<{kind} elementType="{element}" elementId="{other}"{attributes}/>'


def road(name, x, y, hdg, length, links="", lanes=(-1,), joins=None, junction="-1", z=0.0, width=3.5):
    """Write a straight road; `joins` maps a lane to its links, e.g. {-1: '<successor id="-1"/>'}."""

    def lane(number):
        inner = (joins or {}).get(number, "")
        return (
            f'<lane id="{number}" type="driving"><link>{inner}</link>'
            f'<width sOffset="0" a="{width}" b="0" c="0" d="0"/></lane>'
        )

    left = "".join(lane(n) for n in sorted(lanes, reverse=True) if n > 0)
    right = "".join(lane(n) for n in sorted(lanes, reverse=True) if n < 0)
    return (
        f'<road id="{name}" length="{length}" junction="{junction}"><link>{links}</link><planView>'
        f'<geometry s="0" x="{x}" y="{y}" hdg="{hdg}" length="{length}"><line/></geometry></planView>'
        f'<elevationProfile><elevation s="0" a="{z}" b="0" c="0" d="0"/></elevationProfile><lanes><laneSection s="0">'
        f'{f"<left>{left}</left>" if left else ""}<center><lane id="0" type="none"/></center>'
        f"{f'<right>{right}</right>' if right else ''}</laneSection></lanes></road>"
    )


def connection(incoming, connecting, lanes, contact="start", key="connectingRoad"):
    at = f' contactPoint="{contact}"' if contact else ""
    pairs = "".join(f'<laneLink from="{a}" to="{b}"/>' for a, b in lanes)
    roads = f'incomingRoad="{incoming}" {key}="{connecting}"'
    return f'<connection id="{incoming}-{connecting}" {roads}{at}>{pairs}</connection>'


def read(tmp_path, *parts):
    path = tmp_path / "map.xodr"
    path.write_text('<OpenDRIVE><header revMajor="1" revMinor="8"/>' + "\n".join(parts) + "</OpenDRIVE>")
    found = read_opendrive(path)
    return found.network, "\n".join(found.remarks)


def conflicts(network, name):
    i = lane(network, name)
    return set(network.lane_name[network.conflict_lane[network.conflict_first[i] : network.conflict_first[i + 1]]])


ON = {-1: '<successor id="-1"/>'}


# ------------------------------------------------------------------------------------------------------ between roads


def test_roads_that_meet_are_linked_without_a_word(tmp_path):
    network, remarks = read(
        tmp_path, road(1, 0, 0, 0, 100, link("successor", 2, "start"), joins=ON), road(2, 100, 0, 0, 100)
    )
    assert successors(network, "1.0.-1") == {"2.0.-1"} and remarks == ""


def test_a_contact_point_that_lies_elsewhere_gives_way_to_the_end_that_touches(tmp_path):
    network, remarks = read(
        tmp_path, road(1, 0, 0, 0, 100, link("successor", 2, "end"), joins=ON), road(2, 100, 0, 0, 100)
    )
    assert successors(network, "1.0.-1") == {"2.0.-1"}
    assert "<successor> names an end that lies elsewhere: the one that touches is taken" in remarks
    assert "(road 1 to 2)" in remarks


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ((106, 0, 0, 0), "6.0 m apart"),  # ahead
        ((100, -3.5, 0, 0), "3.5 m apart"),  # a lane beside
        ((90, 0, 0, 0), "10.0 m apart"),  # begins before the other ends
        ((100, 0, 0, 4), "4.0 m higher"),
        ((100, -3.5, math.pi, 0), "turned by 180°"),  # leads back
    ],
)
def test_lanes_that_do_not_meet_are_not_linked(tmp_path, place, said):
    x, y, hdg, z = place
    network, remarks = read(
        tmp_path, road(1, 0, 0, 0, 100, link("successor", 2, "start"), joins=ON), road(2, x, y, hdg, 60, z=z)
    )
    assert successors(network, "1.0.-1") == set()
    assert "links lanes that do not meet: left out: line 1 (1.0.-1 to 2.0.-1: " in remarks and said in remarks


def test_a_step_that_can_be_driven_is_linked_and_told(tmp_path):
    network, remarks = read(
        tmp_path, road(1, 0, 0, 0, 100, link("successor", 2, "start"), joins=ON), road(2, 100, 0.6, 0, 100)
    )
    assert successors(network, "1.0.-1") == {"2.0.-1"}
    assert "links lanes that do not quite meet: linked all the same: line 1 (1.0.-1 to 2.0.-1: 0.6 m apart)" in remarks


def test_lanes_of_other_widths_that_keep_an_edge_in_line_meet(tmp_path):
    network, remarks = read(
        tmp_path, road(1, 0, 0, 0, 100, link("successor", 2, "start"), joins=ON), road(2, 100, 0, 0, 100, width=7.0)
    )
    assert successors(network, "1.0.-1") == {"2.0.-1"} and remarks == ""


def test_lanes_that_run_against_each_other_are_told(tmp_path):
    network, remarks = read(
        tmp_path,
        road(1, 0, 0, 0, 100, link("successor", 2, "start"), joins={-1: '<successor id="1"/>'}),
        road(2, 100, 0, 0, 100, lanes=(1, -1)),
    )
    assert len(network.successor) == 0
    assert "links lanes that run against each other: left out: line 1 (road 1 lane -1 and road 2 lane 1)" in remarks


def test_a_wrong_lane_inside_a_road_is_not_linked(tmp_path):
    text = road(1, 0, 0, 0, 100, lanes=(-1, -2), joins={-1: '<successor id="-2"/>', -2: '<successor id="-2"/>'})
    section = text[text.index("<laneSection") : text.index("</lanes>")].replace('s="0"><center', 's="50"><center')
    network, remarks = read(tmp_path, text.replace("</lanes>", section + "</lanes>"))
    assert successors(network, "1.0.-1") == set() and successors(network, "1.0.-2") == {"1.1.-2"}
    assert "<lane> links lanes that do not meet: left out" in remarks and "(1.0.-1 to 1.1.-2: 3.5 m apart)" in remarks


# -------------------------------------------------------------------------------------------------- through junctions


def crossing(tmp_path, contact="start", said=True, gap=0.0, other=100.0, key="connectingRoad", kind=""):
    """Roads 1 and 3 with road 2 between them, 20 m from x = 100, through junction 9."""
    before = link("predecessor", 1, "end") if said else ""
    return read(
        tmp_path,
        road(1, 0, 0, 0, 100, link("successor", 9, element="junction") if said else ""),
        road(
            2, other, 0, 0, 20, before + link("successor", 3, "start"), joins={-1: '<successor id="-1"/>'},
            junction="9" if key == "connectingRoad" else "-1",
        ),
        road(3, 120 + gap, 0, 0, 100),
        f'<junction id="9"{kind}>{connection(1, 2, [(-1, -1)], contact, key)}</junction>',
    )  # fmt: skip


def test_a_connection_with_the_wrong_contact_is_linked_where_it_touches(tmp_path):
    network, remarks = crossing(tmp_path, contact="end")
    assert successors(network, "1.0.-1") == {"2.0.-1"} and successors(network, "2.0.-1") == {"3.0.-1"}
    assert "<connection> names an end that lies elsewhere: the one that touches is taken" in remarks


def test_a_direct_junction_with_the_wrong_contact_is_linked_where_it_touches(tmp_path):
    for contact, told in (("start", False), ("end", True)):
        network, remarks = crossing(tmp_path, contact, key="linkedRoad", kind=' type="direct"')
        assert successors(network, "1.0.-1") == {"2.0.-1"}
        assert ("names an end that lies elsewhere" in remarks) == told


def test_a_connection_that_does_not_say_where_is_found_by_its_ends(tmp_path):
    network, remarks = crossing(tmp_path, said=False)
    assert successors(network, "1.0.-1") == {"2.0.-1"}
    assert "does not say where its roads touch: found from where they lie: line 4 (road 1 to 2)" in remarks
    network, remarks = crossing(tmp_path, said=False, other=300.0)
    assert successors(network, "1.0.-1") == set()
    assert "does not say where its roads touch, and they touch nowhere: left out" in remarks


def test_a_gap_straight_ahead_in_a_junction_is_closed(tmp_path):
    network, remarks = crossing(tmp_path, gap=7.0)
    assert successors(network, "2.0.-1") == {"3.0.-1"}
    assert points(network, "2.0.-1")[-1] == pytest.approx(points(network, "3.0.-1")[0], abs=1e-9)
    assert np.diff(points(network, "2.0.-1")[:, 0]).min() > 0.0 and np.ptp(points(network, "2.0.-1")[:, 1]) < 1e-9
    assert "the gap is closed with a piece of lane: line 2 (2.0.-1 to 3.0.-1: 7.0 m apart)" in remarks


def test_a_gap_before_a_connecting_road_is_closed(tmp_path):
    network, remarks = crossing(tmp_path, other=104.0, gap=4.0)
    assert points(network, "2.0.-1")[0] == pytest.approx([100.0, -1.75, 0.0], abs=1e-9)
    assert successors(network, "1.0.-1") == {"2.0.-1"} and "(1.0.-1 to 2.0.-1: 4.0 m apart)" in remarks


def test_a_gap_too_long_to_close_is_not_linked(tmp_path):
    network, remarks = crossing(tmp_path, gap=15.0)
    assert successors(network, "2.0.-1") == set() and "(2.0.-1 to 3.0.-1: 15.0 m apart)" in remarks


# --------------------------------------------------------------------------------------------------- virtual junctions


MAIN = 'mainRoad="1" sStart="150" sEnd="180"'


def driveway(tmp_path, leave=None, enter=None, contact="start", main=MAIN):
    """A main road along x: road 2 leaves it at x = 150 to the right, 4 enters at x = 180; road 99 is the yard's."""
    leave = {"elementS": 150, "elementDir": "+"} if leave is None else leave
    enter = {"elementS": 180, "elementDir": "+"} if enter is None else enter
    out, back = -0.4, 0.4
    length = 20.0
    yard = 150 + length * math.cos(out), -1.75 + length * math.sin(out)
    start = 180 - length * math.cos(back), -1.75 - length * math.sin(back)
    aside = 1.75  # from a one-lane road's reference line to its lane
    return read(
        tmp_path,
        road(1, 0, 0, 0, 400, lanes=(1, -1)),
        road(
            2, 150 + aside * -math.sin(out), -1.75 + aside * math.cos(out), out, length,
            link("predecessor", 1, **leave) + link("successor", 99, "start"),
            joins={-1: '<predecessor id="-1"/><successor id="-1"/>'}, junction="55",
        ),
        road(
            4, start[0] + aside * -math.sin(back), start[1] + aside * math.cos(back), back, length,
            link("successor", 1, **enter), joins={-1: '<successor id="-1"/>'}, junction="55",
        ),
        road(99, yard[0] + aside * -math.sin(out), yard[1] + aside * math.cos(out), out, 30,
             link("predecessor", 55, element="junction")),
        f'<junction id="55" type="virtual" {main} orientation="+">'
        f"{connection(1, 2, [(-1, -1)], contact)}</junction>",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("leave", "enter"),
    [
        (None, None),
        ({"contactPoint": "start"}, {"contactPoint": "end"}),  # as files before 1.6 say it
        ({"elementS": 150}, {"elementS": 180}),
    ],
)
def test_a_virtual_junction_leaves_and_enters_its_main_road_midway(tmp_path, leave, enter):
    network, remarks = driveway(tmp_path, leave, enter)
    assert successors(network, "1.0.-1") == {"1.1.-1", "2.0.-1"} and successors(network, "1.1.-1") == {"1.2.-1"}
    assert successors(network, "4.0.-1") == {"1.2.-1"} and successors(network, "2.0.-1") == {"99.0.-1"}
    assert points(network, "1.0.-1")[-1, 0] == pytest.approx(150.0, abs=1e-3)
    assert successors(network, "1.2.1") == {"1.1.1"} and successors(network, "1.1.1") == {"1.0.1"}
    assert remarks == ""


def test_a_main_road_goes_first_within_its_virtual_junction(tmp_path):
    network, _ = driveway(tmp_path)
    main, out = lane(network, "1.1.-1"), lane(network, "4.0.-1")
    assert network.lane_junction[[main, lane(network, "1.1.1"), out]].tolist() == [0, 0, 0]
    assert network.lane_junction[[lane(network, "1.0.-1"), lane(network, "1.2.-1")]].tolist() == [-1, -1]
    assert network.lane_priority[main] > network.lane_priority[out] and network.lane_turn[main] == Turn.STRAIGHT
    assert "1.1.-1" in conflicts(network, "4.0.-1")  # who turns in waits for the main road's traffic


def test_a_virtual_place_that_lies_elsewhere_gives_way_to_the_one_beside(tmp_path):
    network, remarks = driveway(tmp_path, leave={"elementS": 250})
    assert successors(network, "1.0.-1") == {"1.1.-1", "2.0.-1"}
    assert points(network, "1.0.-1")[-1, 0] == pytest.approx(150.0, abs=1.0)
    assert "names a place on its main road that lies elsewhere: the one beside it is taken" in remarks


def test_a_virtual_connection_needs_no_contact_point(tmp_path):
    network, remarks = driveway(tmp_path, contact="")
    assert successors(network, "1.0.-1") == {"1.1.-1", "2.0.-1"} and remarks == ""


def test_a_virtual_junction_without_a_main_road_is_told(tmp_path):
    network, remarks = driveway(tmp_path, main="")
    assert "is virtual but names no main road: read as an ordinary one" in remarks
    assert "2.0.-1" not in successors(network, "1.0.-1")  # whose end is 250 m away


def test_no_fixture_is_remarked_for_its_links():
    from tests.road.test_opendrive import FIXTURES

    for path in FIXTURES.glob("*.xodr"):
        assert read_opendrive(path).remarks == (), path.name
