"""OpenDRIVE: shapes against closed forms, features by fixtures, real files for continuity, hostile ones refused."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simengine.core.errors import ScenarioError
from simengine.road.network.network import LaneType, MarkingType, SignalColor, Turn
from simengine.road.opendrive import read_opendrive
from simengine.road.opendrive.geometry.reference_line import arc_point, cubic_length, cubic_parameter, spiral_point
from simengine.road.opendrive.lanes.points_along import keep_advancing
from tests.road.named_lanes import lane, points, successors

FIXTURES = Path(__file__).parent / "fixtures"
SHARED = Path(__file__).parents[2].parent / "shared" / "data"
TOWNS = SHARED / "opendrive" / "carla-towns"
ESMINI = SHARED / "openscenario" / "esmini" / "resources" / "xodr"


def load(name):
    return read_opendrive(FIXTURES / f"{name}.xodr").network


def of_points(network, name, field):
    i = lane(network, name)
    return getattr(network, field)[network.lane_first_point[i] : network.lane_first_point[i + 1]]


def neighbor(network, name, side):
    i = getattr(network, f"lane_{side}")[lane(network, name)]
    return None if i < 0 else str(network.lane_name[i])


def chord_errors(p):
    """Return how far the curve bulges from its chords, as seen from the turning at their ends [m]."""
    chord = np.diff(p[:, :2], axis=0)
    length = np.hypot(chord[:, 0], chord[:, 1])
    heading = np.unwrap(np.arctan2(chord[:, 1], chord[:, 0]))
    return np.abs(np.diff(heading)) * np.maximum(length[1:], length[:-1]) / 8.0


# ---------------------------------------------------------------------------------------------------- reference lines


@pytest.mark.parametrize(
    ("x", "cosine", "sine"),
    [
        (0.5, 0.49234422587144639, 0.064732432859999278),
        (1.0, 0.77989340037682283, 0.43825914739035477),
        (2.0, 0.48825340607534075, 0.34341567836369824),
        (5.0, 0.56363118870401223, 0.49919138191711689),
        (10.0, 0.49989869420551572, 0.46816997858488224),
    ],
)
def test_spiral_meets_the_fresnel_integrals(x, cosine, sine):
    """A clothoid of curvature π s is (C(s), S(s)): Abramowitz & Stegun, table 7.7, here to 17 digits."""
    u, v, turn = spiral_point(0.0, math.pi, x)
    assert (u, v, turn) == pytest.approx((cosine, sine, 0.5 * math.pi * x * x), abs=1e-13)


def test_spiral_without_rate_is_an_arc_and_an_arc_without_curvature_a_line():
    assert spiral_point(0.02, 0.0, 100.0) == pytest.approx(arc_point(0.02, 100.0), abs=1e-12)
    assert spiral_point(0.02, 1e-13, 100.0) == pytest.approx(arc_point(0.02, 100.0), abs=1e-7)
    assert arc_point(0.0, 7.0) == (7.0, 0.0, 0.0)
    assert arc_point(0.02, 100.0) == pytest.approx((50 * math.sin(2.0), 50 * (1 - math.cos(2.0)), 2.0), abs=1e-12)


def test_cubic_parameter_inverts_its_length():
    c = np.array([0.0, 1.0, 0.01, 0.0, 0.0, 0.1, -0.02, 0.001])
    for target in (0.0, 1e-6, 3.0, 17.5):
        assert cubic_length(c, cubic_parameter(c, 20.0, target)) == pytest.approx(target, abs=1e-9)


def test_line_has_its_lanes_beside_it_each_in_its_direction():
    network = load("line")
    c, s = math.cos(0.5), math.sin(0.5)
    right, left = points(network, "1.0.-1"), points(network, "1.0.1")
    assert right[0] == pytest.approx([10 + 2 * s, 20 - 2 * c, 0], abs=1e-9)
    assert right[-1] == pytest.approx([10 + 100 * c + 2 * s, 20 + 100 * s - 2 * c, 0], abs=1e-9)
    assert left[-1] == pytest.approx([10 - 1.5 * s, 20 + 1.5 * c, 0], abs=1e-9)
    assert neighbor(network, "1.0.-1", "opposite") == "1.0.1" and neighbor(network, "1.0.-1", "left") is None
    assert np.diff(of_points(network, "1.0.-1", "point_s")).max() <= 5.0 + 1e-9


def test_arc_lane_is_a_circle_within_a_centimeter():
    network = load("arc")
    p = points(network, "1.0.-1")
    assert np.hypot(p[:, 0], p[:, 1] - 50.0) == pytest.approx(52.0, abs=1e-9)
    half = 0.5 * np.diff(of_points(network, "1.0.-1", "point_s"))
    assert (52.0 - np.sqrt(52.0**2 - half**2)).max() < 0.01
    assert half.mean() > 0.7  # and not sampled needlessly finely
    assert of_points(network, "1.0.-1", "point_curvature") == pytest.approx(1.0 / 52.0, rel=1e-3)
    assert network.lane_length[0] == pytest.approx(52.0 * math.pi / 2.0, rel=1e-3)


def test_spiral_lane_follows_its_reference_line():
    network = load("spiral")
    u, v, turn = spiral_point(0.0, 1e-4, 100.0)
    end = [50 + u + math.sin(turn), v - math.cos(turn), 0]
    assert points(network, "1.0.-1")[-1] == pytest.approx(end, abs=1e-9)
    assert chord_errors(points(network, "1.0.-1")).max() < 0.01


def test_poly3_runs_to_its_length():
    angle = math.atan(0.5)
    end = points(load("poly3"), "1.0.1")[0]
    assert end == pytest.approx([50 - math.sin(angle), 12.5 + math.cos(angle), 0], abs=1e-6)


def test_param_poly3_is_one_curve_in_both_ranges():
    network = load("param_poly3")
    normalized, by_length = points(network, "1.0.-1"), points(network, "2.0.-1")
    assert by_length - [0, 100, 0] == pytest.approx(normalized, abs=1e-6)
    middle = of_points(network, "1.0.-1", "point_s").searchsorted(26.0)
    x, y, _ = normalized[middle]
    assert y < x * x / 200.0  # to the right of the parabola


# ----------------------------------------------------------------------------------------------------- cross-sections


def test_lane_offset_moves_all_lanes():
    network = load("lane_offset")
    for name, t in (("1.0.-1", -1.5), ("1.0.1", 1.5)):
        p = points(network, name)
        p = p[np.argsort(p[:, 0])]
        assert np.interp([20, 50, 80], p[:, 0], p[:, 1]) == pytest.approx([t, t + 1.5, t + 3.0], abs=0.01)
        assert chord_errors(p).max() < 0.01


def test_lane_exists_only_where_it_has_a_width():
    network = load("widths")
    p, width = points(network, "1.0.-2"), of_points(network, "1.0.-2", "point_width")
    assert 20.0 < p[0, 0] < 25.0 and 77.0 < p[-1, 0] < 80.0
    assert (width > 0.0).all() and width.max() == pytest.approx(3.0)
    assert p[:, 1] == pytest.approx(-3.5 - 0.5 * width, abs=0.03)
    assert np.interp(30.0, p[:, 0], width) == pytest.approx(1.5, abs=0.01)
    outer = points(network, "1.0.-3")
    assert np.interp([10.0, 50.0], outer[:, 0], outer[:, 1]) == pytest.approx([-4.0, -7.0], abs=0.01)
    assert neighbor(network, "1.0.-1", "right") == "1.0.-2" and neighbor(network, "1.0.-3", "left") == "1.0.-2"
    assert successors(network, "1.0.-2") == set()


def test_border_gives_widths_from_the_reference_line():
    network = load("border")
    assert of_points(network, "1.0.-1", "point_width") == pytest.approx(3.0)
    width = of_points(network, "1.0.-2", "point_width")
    assert (width[0], width[-1]) == pytest.approx((4.0, 5.0), abs=1e-3)
    assert network.lane_type[lane(network, "1.0.-2")] == LaneType.PARKING


def test_elevation_is_the_cubic_at_s():
    network = load("elevation")
    p = points(network, "1.0.-1")
    ds = np.clip(p[:, 0] - 50.0, 0.0, 50.0)
    assert p[:, 2] == pytest.approx(2.0 + 0.006 * ds**2 - 0.00008 * ds**3, abs=1e-9)
    assert points(network, "1.0.1")[0, 2] == pytest.approx(7.0)


def test_superelevation_tilts_lanes_and_level_ones_stay_level():
    network = load("superelevation")
    right, left, pavement = (points(network, f"1.0.{k}")[0] for k in (-1, 1, -2))
    assert right == pytest.approx([0, -2 * math.cos(0.1), -2 * math.sin(0.1)])
    assert left[1:] == pytest.approx([2 * math.cos(0.1), 2 * math.sin(0.1)])
    assert pavement[1:] == pytest.approx([-4 * math.cos(0.1) - 1.0, -4 * math.sin(0.1)])
    banks = [of_points(network, f"1.0.{k}", "point_bank")[0] for k in (-1, 1, -2)]
    assert banks == pytest.approx([0.1, -0.1, 0.0])  # lane 1 runs the other way: its left edge is the lower one


def test_crossfall_falls_outwards_on_both_sides():
    network = load("crossfall")
    for name in ("1.0.1", "1.0.-1"):
        assert points(network, name)[0, 2] == pytest.approx(-2 * math.sin(0.03))
        assert of_points(network, name, "point_bank")[0] == pytest.approx(0.03)


def test_folded_lane_keeps_only_what_advances():
    heading = np.zeros(6)
    x = np.array([0.0, 1.0, 2.0, 1.5, 1.2, 1.9])
    keep = np.zeros(6, np.bool_)
    keep_advancing(np.stack([x, 0 * x, 0 * x], axis=1), heading, keep)
    assert x[keep].tolist() == [0.0, 1.0, 1.9]


# --------------------------------------------------------------------------------------------- links, sides, attributes


def test_sections_and_roads_link_in_the_direction_of_travel():
    network = load("sections")
    assert successors(network, "1.0.-1") == {"1.1.-1"}
    assert successors(network, "1.1.-1") == {"2.0.1"}  # road 2 runs towards road 1: its left lane goes on
    assert successors(network, "2.0.-1") == {"1.1.1"} and successors(network, "1.1.1") == {"1.0.1"}
    assert successors(network, "1.1.-2") == set()
    assert neighbor(network, "1.1.-1", "right") == "1.1.-2" and neighbor(network, "1.1.-2", "left") == "1.1.-1"
    assert neighbor(network, "1.1.-2", "opposite") == "1.1.1"


def test_junction_links_turn_and_yield():
    network = load("junction")
    assert successors(network, "1.0.-1") == {"11.0.-1", "12.0.-1"}
    assert successors(network, "2.0.1") == {"11.0.1", "15.0.-1"}
    assert successors(network, "3.0.-1") == {"13.0.-1", "14.0.-1"}
    assert successors(network, "13.0.-1") == {"1.0.1"} and successors(network, "12.0.-1") == {"3.0.1"}
    turns = {n: Turn(network.lane_turn[lane(network, n)]) for n in ("11.0.1", "12.0.-1", "13.0.-1", "1.0.1")}
    assert turns == {"11.0.1": Turn.STRAIGHT, "12.0.-1": Turn.RIGHT, "13.0.-1": Turn.LEFT, "1.0.1": Turn.NONE}
    assert network.lane_junction[lane(network, "13.0.-1")] == 0 and network.lane_junction[lane(network, "1.0.1")] == -1
    priority = {n: network.lane_priority[lane(network, n)] for n in ("11.0.1", "12.0.-1", "13.0.-1", "15.0.-1")}
    assert priority["11.0.1"] == priority["12.0.-1"] > priority["13.0.-1"] == priority["15.0.-1"]


def test_links_end_where_the_next_lane_starts():
    for name in ("sections", "junction", "direct_junction", "speeds"):
        network = load(name)
        assert len(network.successor)
        assert joints(network)[:, :2].max() < (0.1 if name == "direct_junction" else 1e-6)


def joints(network):
    """Return gap in plan [m], in height [m] and in heading [rad] of every link. Shape (num_links, 3)."""
    i = np.repeat(np.arange(len(network.lane_type)), np.diff(network.successor_first))
    end, start = network.lane_first_point[i + 1] - 1, network.lane_first_point[network.successor]
    gap = network.point_position[end] - network.point_position[start]
    turn = network.point_heading[end] - network.point_heading[start]
    turn = np.abs((turn + np.pi) % (2 * np.pi) - np.pi)
    return np.stack([np.hypot(gap[:, 0], gap[:, 1]), np.abs(gap[:, 2]), turn], axis=1)


def test_direct_junction_links_without_connecting_roads():
    network = load("direct_junction")
    assert successors(network, "1.0.-1") == {"2.0.-1"} and successors(network, "1.0.-2") == {"3.0.-1"}
    assert (network.lane_junction == -1).all()


def test_speed_limits_change_where_the_file_says():
    network = load("speeds")
    limit = {str(n): float(v) for n, v in zip(network.lane_name, network.lane_speed_limit, strict=True)}
    assert limit["1.0.-1"] == pytest.approx(50 / 3.6) and limit["1.1.-1"] == pytest.approx(30 * 0.44704)
    assert limit["1.2.-1"] == 10.0 and limit["1.2.1"] == pytest.approx(30 * 0.44704)
    assert limit["2.0.-1"] == pytest.approx(130 / 3.6)
    assert points(network, "1.0.-1")[-1, 0] == pytest.approx(40.0) and successors(network, "1.0.-1") == {"1.1.-1"}


def first_marking(network):
    return network.point_marking[network.lane_first_point[:-1]]


def test_markings_lie_on_the_side_they_are_seen_from():
    network = load("marks")
    seen = {
        str(n): (MarkingType(a), MarkingType(b))
        for n, (a, b) in zip(network.lane_name, first_marking(network), strict=True)
    }
    assert seen["1.0.1"] == (MarkingType.SOLID_BROKEN, MarkingType.DOUBLE_SOLID)
    assert seen["1.0.-1"] == (MarkingType.BROKEN_SOLID, MarkingType.SOLID)
    last = network.lane_first_point[lane(network, "1.0.-1") + 1] - 1
    assert network.point_marking[last].tolist() == [MarkingType.BROKEN_SOLID, MarkingType.BROKEN]  # the custom dashes
    assert seen["1.0.-2"] == (MarkingType.SOLID, MarkingType.CURB)
    assert seen["1.0.-3"] == (MarkingType.CURB, MarkingType.NONE)
    kinds = [network.lane_type[lane(network, f"1.0.{k}")] for k in (-2, -3)]
    assert kinds == [LaneType.BIKING, LaneType.PAVEMENT]


def test_left_hand_traffic_runs_the_other_way_round():
    network = load("left_hand")
    assert points(network, "1.0.1")[0, 0] == 0.0 and points(network, "1.0.-1")[0, 0] == 50.0
    assert neighbor(network, "1.0.1", "left") == "1.0.2" and neighbor(network, "1.0.2", "right") == "1.0.1"
    assert neighbor(network, "1.0.1", "opposite") == "1.0.-1" and neighbor(network, "1.0.-1", "opposite") == "1.0.1"
    i = lane(network, "1.0.1")
    assert first_marking(network)[i].tolist() == [MarkingType.BROKEN, MarkingType.SOLID]


def test_gaps_and_medians_part_neighbors():
    network = load("gap")
    assert neighbor(network, "1.0.-1", "right") is None and neighbor(network, "1.0.-3", "left") is None
    assert neighbor(network, "1.0.-1", "opposite") is None and neighbor(network, "1.0.2", "opposite") is None


# ------------------------------------------------------------------------------------------------------------- signals


def color_at(network, signal, time):
    group = network.signal_group[list(network.signal_name).index(signal)]
    rest = (time - network.program_offset[group]) % network.program_duration[group].sum()
    phase = int(np.searchsorted(np.cumsum(network.program_duration[group]), rest, side="right"))
    return SignalColor(network.program_color[group, phase])


def test_controllers_get_green_in_turn_and_never_together():
    network = load("junction")
    cycle = network.program_duration.sum(axis=1)
    assert (cycle == cycle[0]).all()
    moving = (SignalColor.GREEN, SignalColor.AMBER)
    first_green = {}
    for time in np.arange(0.05, cycle[0], 0.1):
        shown = {name: color_at(network, name, time) for name in ("s1", "s2", "s3", "w3")}
        assert shown["s1"] == shown["s2"]
        assert sum(shown[name] in moving for name in ("s1", "s3", "w3")) <= 1
        for name, color in shown.items():
            if color == SignalColor.GREEN:
                first_green.setdefault(name, time)
    assert first_green["s1"] < first_green["s3"] < first_green["w3"]  # the sequence of the junction's controllers


def test_lights_face_the_traffic_and_stop_it():
    network = load("junction")
    facing = dict(zip(network.signal_name.tolist(), network.signal_heading.tolist(), strict=True))
    assert abs(facing["s1"]) == pytest.approx(math.pi)
    assert facing["s2"] == pytest.approx(0.0)  # although its file says "+", known by the references to it
    assert facing["s3"] == pytest.approx(-math.pi / 2)
    position = dict(zip(network.signal_name.tolist(), network.signal_position.tolist(), strict=True))
    assert position["s1"] == pytest.approx([-12.0, -4.0, 2.85])
    stops = {
        str(network.lane_name[i]): (s, str(network.signal_name[g]))
        for i, s, g in zip(network.stop_lane, network.stop_s, network.stop_signal, strict=True)
    }
    assert stops == {
        "1.0.-1": (pytest.approx(50.0), "s1"),
        "2.0.1": (pytest.approx(50.0), "s2"),
        "3.0.-1": (pytest.approx(41.0), "s3"),  # before the crossing at 42 to 46
    }


def test_crosswalk_outline_becomes_a_crossing_under_the_walkers_light():
    network = load("junction")
    ends = np.stack([network.crossing_start[0], network.crossing_end[0]])
    assert sorted(ends[:, 0].tolist()) == pytest.approx([-3.5, 3.5]) and ends[:, 1] == pytest.approx(-16.0)
    assert network.crossing_width[0] == pytest.approx(4.0)
    assert network.crossing_signal[0] == network.signal_group[list(network.signal_name).index("w3")]
    assert {str(network.lane_name[i]) for i in network.crossing_lane} == {"3.0.1", "3.0.-1"}


def test_lights_in_mid_block_share_a_cycle_with_the_walkers():
    network = load("mid_block")
    for time in np.arange(0.05, network.program_duration[0].sum(), 0.1):
        assert color_at(network, "a", time) == color_at(network, "b", time)
        if color_at(network, "w", time) == SignalColor.GREEN:
            assert color_at(network, "a", time) == SignalColor.RED
    stops = dict(zip(network.lane_name[network.stop_lane].tolist(), network.stop_s.tolist(), strict=True))
    assert stops == {"1.0.-1": pytest.approx(98.0), "1.0.1": pytest.approx(94.0)}
    assert network.crossing_start[0, 0] == pytest.approx(102.0) and network.crossing_signal[0] >= 0


def test_signs_are_named_placed_and_turned_to_the_traffic():
    network = load("mid_block")
    assert network.sign_type.tolist() == ["speed_limit:30", "speed_limit:70", "de:123"]
    assert network.sign_position[0] == pytest.approx([20.0, -4.0, 2.3])
    assert abs(network.sign_heading[0]) == pytest.approx(math.pi) and network.sign_heading[1] == pytest.approx(0.0)


def test_signs_rank_the_approaches_where_no_light_does(tmp_path):
    text = (FIXTURES / "junction.xodr").read_text().replace('dynamic="yes"', 'dynamic="no"').replace("1000002", "123")
    for name, kind in (("s1", "306"), ("s2", "306"), ("s3", "205")):
        text = re.sub(rf'(<signal id="{name}".*?type=")1000001', rf"\g<1>{kind}", text)
    path = tmp_path / "signs.xodr"
    path.write_text(text)
    network = read_opendrive(path).network
    rank = {name: network.lane_priority[lane(network, name)] for name in ("11.0.1", "15.0.-1", "14.0.-1", "13.0.-1")}
    assert rank["11.0.1"] > rank["15.0.-1"] > rank["14.0.-1"] > rank["13.0.-1"]
    assert network.lane_name[network.stop_lane].tolist() == ["3.0.-1"] and network.stop_yield.tolist() == [1]
    assert sorted(network.sign_type.tolist()) == ["123", "priority", "priority", "yield"]


# ----------------------------------------------------------------------------------------------------------- bad input


def refused(tmp_path, name, old, new):
    text = (FIXTURES / f"{name}.xodr").read_text()
    assert old in text
    path = tmp_path / "bad.xodr"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ScenarioError) as caught:
        read_opendrive(path)
    message = str(caught.value)
    assert "\n" not in message and str(path) in message
    return message


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("line", 'revMinor="4"', 'revMinor="x"', "line 4: <header> revMinor='x': must be an integer from 0 to 99"),
        ("line", '<header revMajor="1" revMinor="4"/>', "", "has no <header>"),
        ("line", 'length="100" junction', 'length="nan" junction', "<road> length='nan': must be a number from 0"),
        ("line", 'length="100" junction', 'length="1e300" junction', "<road> length='1e300'"),
        ("line", 'length="100" junction', 'length="150" junction', "its <planView> ends at 100 m"),
        ("line", 'x="10"', "", "<geometry> x='': needs a number"),
        ("line", 'hdg="0.5"', 'hdg="inf"', "hdg='inf'"),
        ("line", "<line/>", "<curl/>", "holds 0 shapes"),
        ("line", 'id="-1"', 'id="-4"', "numbered without gaps"),
        ("line", 'id="-1"', 'id="-900"', "integer from -50 to -1"),
        ("line", 'a="4"', 'a="1e8"', "1e+08 m wide"),
        ("line", '<width sOffset="0" a="4" b="0" c="0" d="0"/>', "", "neither <width> nor <border>"),
        ("arc", 'curvature="0.02"', 'curvature="20"', "turns by 1571 rad"),
        ("arc", 'a="4"', 'a="0"', "<OpenDRIVE> makes no road network: road: there is no lane"),
        ("arc", 'x="0"', 'x="1e8"', "finite numbers up to"),
        ("arc", 'curvature="0.02"', 'curvature="1e9"', "curvature='1e9'"),
        ("param_poly3", 'bU="50"', 'bU="90"', "but its <geometry> states length"),
        ("elevation", 'a="7"', 'a="1e7"', "elevation [m] is 1e+07"),
        ("superelevation", 'a="0.1"', 'a="3"', "superelevation [rad] is 3"),
        ("lane_offset", 's="60"', 's="30"', "records must ascend"),
        ("sections", 's="60"', 's="-60"', "<laneSection> s='-60'"),
    ],
)
def test_absurd_values_are_one_error_with_place_value_and_range(tmp_path, name, old, new, words):
    message = refused(tmp_path, name, old, new)
    assert words in message and re.search(r", line \d+: <", message)


def test_too_many_points_are_refused_before_they_are_made(tmp_path, monkeypatch):
    monkeypatch.setattr("simengine.road.opendrive.lanes.drafts.MAX_POINTS", 50)
    message = refused(tmp_path, "elevation", "<!--", "<!--")
    assert "<road> id='1': needs 60 points; a file may have 50 more" in message


def test_overcrowded_junctions_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("simengine.road.opendrive.lanes.drafts.MAX_JUNCTION_LANES", 3)
    assert "junction='9': may have 3 lanes" in refused(tmp_path, "junction", "<!--", "<!--")


_MUTATIONS = ("", "nan", "-1", "0", "1e300", "1e9", "99999", "0.0001", "-0.5", "x", "driving", "start", "road", "é")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_give_a_network_or_one_error(tmp_path, data):
    text = (FIXTURES / data.draw(st.sampled_from(sorted(p.name for p in FIXTURES.glob("*.xodr"))))).read_text()
    for _ in range(data.draw(st.integers(1, 3))):
        kind = data.draw(st.sampled_from(("value", "drop", "cut", "repeat")))
        if kind == "value":
            spots = list(re.finditer(r'"([^"]*)"', text))
            spot = data.draw(st.sampled_from(spots))
            text = text[: spot.start(1)] + data.draw(st.sampled_from(_MUTATIONS)) + text[spot.end(1) :]
        elif kind == "cut":
            text = text[: data.draw(st.integers(0, len(text)))]
        else:
            lines = text.splitlines(keepends=True)
            k = data.draw(st.integers(0, max(len(lines) - 1, 0)))
            lines[k : k + 1] = lines[k : k + 1] * (2 if kind == "repeat" else 0)
            text = "".join(lines)
        if '"' not in text:
            break
    path = tmp_path / "mutated.xodr"
    path.write_text(text)
    try:
        network = read_opendrive(path).network
    except ScenarioError as error:
        assert "\n" not in str(error)
    else:
        assert np.isfinite(network.point_position).all() and len(network.point_s) < 500_000


# ---------------------------------------------------------------------------------------------------------- real files


def real_files() -> list:
    roots = (SHARED / "opendrive", SHARED / "openscenario")
    found = sorted(path for root in roots if root.is_dir() for path in root.rglob("*.xodr"))
    return found or [pytest.param(None, marks=pytest.mark.skip("no shared data"))]


# Links that the file itself states between lanes apart: turning roads of Newmarket are stubs that end up to 8.6 m
# short, three lanes of Town03 go on in one beside them.
LINKS_APART = {"od_newmarket.xodr": 90, "Town03.xodr": 3}


@pytest.mark.parametrize("path", real_files(), ids=lambda path: path and path.stem)
def test_real_lanes_meet_their_successors(path):
    network = read_opendrive(path).network
    assert len(network.lane_type)
    if not len(network.successor):
        return
    gap, rise, turn = joints(network).T
    driving = np.repeat(network.lane_type == LaneType.DRIVING, np.diff(network.successor_first))
    bad = (gap > 0.1) | (rise > 0.1) | (driving & (turn > 0.06))
    assert bad.sum() <= LINKS_APART.get(path.name, 0)


@pytest.mark.parametrize("path", real_files(), ids=lambda path: path and path.stem)
def test_real_neighbors_touch_without_overlap(path):
    network = read_opendrive(path).network
    checked = 0
    for i in np.flatnonzero(network.lane_left >= 0):
        left = network.lane_left[i]
        a = slice(network.lane_first_point[i], network.lane_first_point[i + 1])
        b = slice(network.lane_first_point[left], network.lane_first_point[left + 1])
        if a.stop - a.start != b.stop - b.start:
            continue  # one of them begins, ends or folds in between: their points are not those of the same stations
        x, y = (network.point_position[b, :2] - network.point_position[a, :2]).T
        heading = network.point_heading[a]
        across = np.cos(heading) * y - np.sin(heading) * x
        room = 0.5 * network.point_width[a] * np.cos(network.point_bank[a])
        askew = np.cos(network.point_heading[b] - heading)  # a lane that opens fast: its width is across itself
        room += 0.5 * network.point_width[b] * np.cos(network.point_bank[b]) / askew
        assert across == pytest.approx(room, abs=0.1), network.lane_name[i]
        checked += 1
    assert checked >= 0.4 * (network.lane_left >= 0).sum()


needs_data = pytest.mark.skipif(not ESMINI.is_dir(), reason="no shared data")


@needs_data
def test_crest_curve_and_curves_elevation_are_as_high_as_their_cubics():
    def crest(s):
        a = np.where(s < 270.0, s - 200.0, s - 270.0)
        up = 0.00367346938776 * a**2 - 0.0000349854227405 * a**3
        down = 6.0 - 0.00367346938776 * a**2 + 0.0000349854227405 * a**3
        return np.where((s < 200.0) | (s > 340.0), 0.0, np.where(s < 270.0, up, down))

    network = read_opendrive(ESMINI / "crest-curve.xodr").network
    p = points(network, "0.0.-1")
    on_line = p[:, 0] <= 100.0
    assert p[on_line, 2] == pytest.approx(0.0)
    assert p[:, 2].max() == pytest.approx(6.0, abs=1e-3)
    rate = -0.02 / 300.0
    for s in (210.0, 250.0, 270.0, 300.0, 339.0):
        u, v, turn = spiral_point(0.0, rate, s - 100.0)
        place = np.array([100 + u + 1.6 * math.sin(turn), v - 1.6 * math.cos(turn)])
        k = int(np.argmin(np.hypot(*(p[:, :2] - place).T)))
        step = p[min(k + 1, len(p) - 1)] - p[k - 1]
        at = p[k, 2] + step[2] * ((place - p[k, :2]) @ step[:2]) / (step[:2] @ step[:2])
        assert at == pytest.approx(float(crest(np.array(s))), abs=0.02)

    text = (ESMINI / "curves_elevation.xodr").read_text()
    records = [
        {key: float(value) for key, value in re.findall(r'(\w)="([^"]*)"', record)}
        for record in re.findall(r"<elevation (.*?)/>", text)
    ]
    network = read_opendrive(ESMINI / "curves_elevation.xodr").network
    heights = points(network, "1.0.-1")[:, 2]
    for record in records[1:]:
        assert np.abs(heights - record["a"]).min() < 1e-6  # a station lies on every record's start


@needs_data
def test_left_hand_motorway_is_the_right_hand_one_reversed():
    right, left = (read_opendrive(ESMINI / f"{name}.xodr").network for name in ("e6mini", "e6mini-lht"))
    for name in ("0.0.-2", "0.0.2"):
        assert points(left, name) == pytest.approx(points(right, name)[::-1], abs=1e-9)


@needs_data
def test_velodrome_banks_by_sixty_degrees_and_closes():
    network = read_opendrive(ESMINI / "velodrome.xodr").network
    assert np.abs(network.point_bank).max() == pytest.approx(math.pi / 3, abs=1e-6)
    assert successors(network, "1.0.-1") == {"1.0.-1"}


@needs_data
def test_towns_have_lights_for_every_approach():
    network = read_opendrive(TOWNS / "Town01.xodr").network
    assert len(network.signal_name) == 36 and len(network.stop_lane) == 36
    assert len(set(network.stop_lane.tolist())) == 36 and (network.stop_signal >= 0).all()
    assert (np.diff(network.successor_first)[network.lane_type == LaneType.DRIVING] > 0).all()  # no dead end
    entering = network.lane_junction[network.successor[network.successor_first[network.stop_lane]]]
    assert (entering >= 0).all()
    for stop, signal in zip(network.stop_lane, network.stop_signal, strict=True):
        heading = network.point_heading[network.lane_first_point[stop + 1] - 1]
        assert math.cos(heading - network.signal_heading[signal]) < -0.99


@needs_data
def test_lights_of_fabriksgatan_stop_cars_and_let_people_cross():
    network = read_opendrive(ESMINI / "fabriksgatan_traffic_lights.xodr").network
    assert network.signal_name.tolist() == ["1", "2", "3"]
    assert len(network.stop_lane) == 1 and network.signal_group[1] == network.signal_group[2] != network.signal_group[0]
