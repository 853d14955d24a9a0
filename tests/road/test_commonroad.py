"""CommonRoad: lanelets, regulation, obstacles and problems by fixtures, all shared files, hostile ones refused."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simengine.core.errors import ScenarioError
from simengine.core.state import ActorKind
from simengine.road.commonroad import read_commonroad
from simengine.road.commonroad.lanelets import drop_hooks, drop_spikes
from simengine.road.network.network import LaneType, MarkingType, SignalColor, Turn
from tests.road.named_lanes import lane, points, successors

FIXTURES = Path(__file__).parent / "fixtures"
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "commonroad"


def load(name):
    return read_commonroad(FIXTURES / f"{name}.xml")


def name_of(network, i):
    return None if i < 0 else str(network.lane_name[i])


# ------------------------------------------------------------------------------------------------------------ lanelets


def test_center_line_and_width_lie_between_the_bounds():
    network = load("lanelets_2018b").network
    p = points(network, "1")
    assert p[:, 1:] == pytest.approx(np.tile([1.5, 0.0], (len(p), 1))) and (p[0, 0], p[-1, 0]) == (0.0, 50.0)
    assert np.diff(p[:, 0]).max() <= 5.0 + 1e-9 and network.point_width == pytest.approx(3.0)
    assert points(network, "4")[0, 0] == 50.0  # runs against the others


def test_neighbors_successors_limits_and_markings():
    network = load("lanelets_2018b").network
    one, two, four = (lane(network, k) for k in "124")
    assert name_of(network, network.lane_left[one]) == "2" and name_of(network, network.lane_right[two]) == "1"
    assert name_of(network, network.lane_opposite[two]) == "4" and name_of(network, network.lane_opposite[four]) == "2"
    assert network.lane_left[two] == -1 and successors(network, "1") == {"3"} and successors(network, "2") == set()
    assert network.lane_speed_limit[[one, two]].tolist() == [25.0, 25.0]
    first = network.lane_first_point[one]
    assert network.point_marking[first].tolist() == [MarkingType.BROKEN, MarkingType.SOLID]
    roads = network.lane_road[[one, two, four, lane(network, "3")]]
    assert roads[0] == roads[1] == roads[2] != roads[3]


def test_a_line_that_one_neighbor_tells_holds_for_both(tmp_path):
    text = (FIXTURES / "lanelets_2018b.xml").read_text()
    text = text.replace("<lineMarking>dashed</lineMarking></rightBound>", "</rightBound>", 1)  # of lanelet 2
    text = text.replace("dashed</lineMarking></leftBound>", "solid_dashed</lineMarking></leftBound>")
    path = tmp_path / "one_sided.xml"
    path.write_text(text)
    network = read_commonroad(path).network
    first = [network.lane_first_point[lane(network, name)] for name in ("1", "2", "4")]
    assert network.point_marking[first[0], 0] == MarkingType.BROKEN_SOLID
    assert network.point_marking[first[1], 1] == MarkingType.SOLID_BROKEN
    assert network.point_may_cross[first[0], 0] and not network.point_may_cross[first[1], 1]
    assert network.point_marking[first[2], 0] == MarkingType.SOLID  # towards oncoming traffic


def test_predecessors_alone_make_a_link(tmp_path):
    text = (FIXTURES / "lanelets_2018b.xml").read_text().replace('<successor ref="3"/>', "")
    path = tmp_path / "one_sided.xml"
    path.write_text(text)
    assert successors(read_commonroad(path).network, "1") == {"3"}


def test_links_across_a_gap_are_dropped(tmp_path):
    text = (FIXTURES / "lanelets_2018b.xml").read_text()
    text = re.sub(r"<x>50(</x><y>.</y></point><point><x>100)", r"<x>60\1", text)
    path = tmp_path / "gap.xml"
    path.write_text(text)
    network = read_commonroad(path).network
    assert points(network, "3")[0, 0] == 60.0 and successors(network, "1") == set()


def test_height_and_bank_come_from_the_bounds():
    network = load("height_2020a").network
    assert points(network, "1")[[0, -1]] == pytest.approx(np.array([[0, 2, 1.2], [20, 2, 3.2]]))
    assert network.point_bank == pytest.approx(math.atan(0.1)) and network.point_width == pytest.approx(4.0)


def test_spikes_of_digitising_are_dropped():
    line = np.array([[0.0, 0.0, 0.0], [0.0, 0.2, 0.0], [0.0, -4.0, 0.0], [0.0, -8.0, 0.0]])
    keep = np.ones(4, np.bool_)
    drop_spikes(line, keep)
    assert keep.tolist() == [True, False, True, True]


@pytest.mark.parametrize("hook", [(30.02, 0.07), (30.3, -0.8)])
@pytest.mark.parametrize("backward", [False, True])
def test_the_end_of_a_lanelet_cut_askew_does_not_turn_its_center_line(hook, backward):
    line = np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [29.0, 0.0, 0.0], [30.0, 0.0, 0.0], [*hook, 0.0]])
    keep = np.ones(5, np.bool_)
    drop_hooks(line[::-1] if backward else line, keep)
    assert keep[:: -1 if backward else 1].tolist() == [True, True, True, False, True]


def test_a_short_straight_piece_and_a_real_bend_at_an_end_are_kept():
    for end in ((30.5, 0.1), (31.0, 3.0)):
        line = np.array([[0.0, 0.0, 0.0], [15.0, 0.0, 0.0], [30.0, 0.0, 0.0], [*end, 0.0]])
        keep = np.ones(4, np.bool_)
        drop_hooks(line, keep)
        assert keep.all()


# ---------------------------------------------------------------------------------------------------------- regulation


def test_types_make_lanes_and_crossings():
    network = load("intersection_2020a").network
    kinds = {str(n): LaneType(k) for n, k in zip(network.lane_name, network.lane_type, strict=True)}
    assert kinds["9"] == LaneType.BIKING and kinds["12"] == LaneType.PAVEMENT and kinds["1"] == LaneType.DRIVING
    assert "8" not in kinds
    assert network.crossing_start[0] == pytest.approx([20, -2, 0], abs=0.11)  # from edge to edge of lane 4
    assert network.crossing_end[0] == pytest.approx([20, 2, 0], abs=0.11)
    assert network.crossing_width[0] == pytest.approx(4.0)
    assert [name_of(network, i) for i in network.crossing_lane] == ["4"]


def test_intersection_gives_turns_conflicts_and_priority():
    network = load("intersection_2020a").network
    turn = {k: Turn(network.lane_turn[lane(network, k)]) for k in "1237"}
    assert turn == {"1": Turn.NONE, "2": Turn.STRAIGHT, "3": Turn.LEFT, "7": Turn.STRAIGHT}
    assert {int(network.lane_junction[lane(network, k)]) for k in "237"} == {0}
    two = lane(network, "2")
    others = network.conflict_lane[network.conflict_first[two] : network.conflict_first[two + 1]]
    assert name_of(network, others[0]) == "7" or "7" in {name_of(network, i) for i in others}
    priority = {k: network.lane_priority[lane(network, k)] for k in "237"}
    assert priority["2"] > priority["3"] > priority["7"]  # a left turn waits, a stop sign waits longer


def test_lanelets_that_cross_make_an_intersection_of_their_own(tmp_path):
    text = (FIXTURES / "intersection_2020a.xml").read_text()
    text = re.sub(r"<intersection id.*</intersection>", "", text, flags=re.DOTALL)
    path = tmp_path / "undeclared.xml"
    path.write_text(text)
    network = read_commonroad(path).network
    assert network.lane_junction[[lane(network, k) for k in "27"]].tolist() == [0, 0]
    assert network.lane_turn[lane(network, "2")] == Turn.STRAIGHT and len(network.conflict_lane)
    assert network.lane_junction[lane(network, "4")] == -1


def _joining(adjacent: str, start: float = -20.0) -> str:
    """Return a file of a lanelet 1 and, beside or at an angle to it, 2 that both lead into 3, which leads into 4.

    Lanelets 1 and 2 begin at x = `start` [m] and end at 0.
    """

    def lanelet(name, points, links):
        bounds = [[(x, y + side) for x, y in points] for side in (1.75, -1.75)]
        lines = ["".join(f"<point><x>{x}</x><y>{y}</y></point>" for x, y in bound) for bound in bounds]
        return (
            f'<lanelet id="{name}"><leftBound>{lines[0]}</leftBound><rightBound>{lines[1]}</rightBound>{links}'
            "<laneletType>urban</laneletType></lanelet>"
        )

    before, after = '<predecessor ref="1"/><predecessor ref="2"/>', '<successor ref="3"/>'
    return (
        '<commonRoad benchmarkID="ZAM_Test-1_1_T-1" commonRoadVersion="2018b" timeStepSize="0.1">'
        + lanelet("1", [(start, 0), (0, 0)], after + adjacent.replace("REF", "2").replace("SIDE", "Right"))
        + lanelet("2", [(start, -3.5), (-10, -3), (0, 0)], after + adjacent.replace("REF", "1").replace("SIDE", "Left"))
        + lanelet("3", [(0, 0), (30, 0)], before + '<successor ref="4"/>')
        + lanelet("4", [(30, 0), (60, 0)], '<predecessor ref="3"/>')
        + "</commonRoad>"
    )


def test_lanelets_that_lead_into_the_same_one_make_an_intersection(tmp_path):
    """Else nobody on the one would give way to anybody on the other: outside intersections there is no right of way."""
    path = tmp_path / "joining.xml"
    path.write_text(_joining(""))
    network = read_commonroad(path).network
    assert network.lane_junction[[lane(network, k) for k in "1234"]].tolist() == [0, 0, -1, -1]
    assert len(network.conflict_lane) == 2


@pytest.mark.parametrize(("start", "junction"), [(-20.0, 0), (-150.0, -1)])
def test_lanelets_side_by_side_that_soon_become_one_make_an_intersection(tmp_path, start, junction):
    """Else two who come abreast would touch where the lanes become one: both go on, so neither changes lane."""
    path = tmp_path / "merging.xml"
    path.write_text(_joining('<adjacentSIDE ref="REF" drivingDir="same"/>', start))
    network = read_commonroad(path).network
    assert network.lane_junction[[lane(network, k) for k in "1234"]].tolist() == [junction, junction, -1, -1]
    assert len(network.conflict_lane) == (2 if junction == 0 else 0)


def test_light_has_the_files_cycle_and_governs_the_stop_line():
    network = load("intersection_2020a").network
    assert network.program_duration[0].tolist() == pytest.approx([10.0, 1.0, 20.0, 3.0])
    colors = [SignalColor.RED, SignalColor.RED_AMBER, SignalColor.GREEN, SignalColor.AMBER]
    assert network.program_color[0].tolist() == colors and network.program_offset[0] == pytest.approx(5.0)
    assert network.signal_position[0] == pytest.approx([-9, -4, 3])
    assert abs(network.signal_heading[0]) == pytest.approx(math.pi)
    stops = {
        name_of(network, i): (s, g, k)
        for i, s, g, k in zip(network.stop_lane, network.stop_s, network.stop_signal, network.stop_yield, strict=True)
    }
    assert stops == {"1": (pytest.approx(28.0), 0, 0), "5": (pytest.approx(30.0), -1, 2)}


def test_an_inactive_light_is_dark(tmp_path):
    path = tmp_path / "dark.xml"
    path.write_text((FIXTURES / "intersection_2020a.xml").read_text().replace("<active>true", "<active>false"))
    assert (read_commonroad(path).network.program_color == SignalColor.OFF).all()


def test_signs_set_limits_and_stand_where_they_are_not_virtual():
    network = load("intersection_2020a").network
    assert network.lane_speed_limit[lane(network, "1")] == pytest.approx(8.333333)
    assert network.lane_speed_limit[lane(network, "4")] == pytest.approx(50 / 3.6)
    assert network.sign_type.tolist() == ["speed_limit:30"]
    assert network.sign_position[0, :2] == pytest.approx([-30, -3])
    assert abs(network.sign_heading[0]) == pytest.approx(math.pi)


# ----------------------------------------------------------------------------------------------------------- obstacles


def test_tracks_hold_every_state_at_its_step():
    scenario = load("lanelets_2018b")
    tracks = scenario.tracks
    assert scenario.time_step == 0.1 and tracks.id.tolist() == ["10"] and tracks.kind.tolist() == [ActorKind.CAR]
    assert tracks.valid.tolist() == [[True, True, True, False, True]]
    assert tracks.position[0, 2] == pytest.approx([12.0, 1.6]) and tracks.heading[0, 4] == 0.1
    assert tracks.velocity[0, [0, 4]].tolist() == [10.0, 10.0]
    assert (tracks.length[0], tracks.width[0]) == (4.5, 1.8)


def test_still_obstacles_are_boxes():
    still = load("lanelets_2018b").still
    assert still.id.tolist() == ["11"] and still.position.tolist() == [[30.0, 4.5]] and still.heading.tolist() == [3.0]
    still = load("obstacles_2020a").still
    assert still.kind.tolist() == [ActorKind.CARGO]
    assert (still.length[0], still.width[0]) == pytest.approx((1.0, 3.0))  # the rectangle lies across its obstacle


def test_positions_are_of_the_boxs_center_whatever_the_reference_point():
    tracks = load("obstacles_2020a").tracks
    truck, person, bus = range(3)
    assert tracks.position[truck, 0] == pytest.approx([10.0, 2.0])  # 2 m ahead of its reference point, heading north
    assert (tracks.length[bus], tracks.width[bus]) == (10.0, 3.0)
    assert tracks.heading[bus, 2] == pytest.approx(math.atan2(4.0, 3.0))
    assert tracks.velocity[bus, 2] == pytest.approx(5.0)
    assert tracks.position[bus, 2] == pytest.approx([4 * 0.6 - 0.5 * 0.8, 4 * 0.8 + 0.5 * 0.6])
    assert (tracks.length[person], tracks.width[person]) == pytest.approx((0.6, 0.6))


def test_intervals_count_by_their_middle_and_missing_speed_by_positions():
    tracks = load("obstacles_2020a").tracks
    assert tracks.heading[1, 0] == pytest.approx(0.1) and tracks.velocity[1, 0] == pytest.approx(1.5)
    assert tracks.position[1, 0] == pytest.approx([20.0, 1.0])
    assert tracks.velocity[1, 1] == pytest.approx(math.cos(0.1), abs=1e-9)  # 0.1 m in a step, along the heading


def test_what_is_no_track_is_named_with_the_reason():
    scenario = load("obstacles_2020a")
    assert scenario.tracks.id.tolist() == ["1", "2", "3", "4"]
    assert any("obstacle 4" in line and "occupancies" in line for line in scenario.remarks)
    assert any("obstacle 6" in line for line in scenario.remarks)


def test_problem_has_start_and_goal():
    (problem,) = load("lanelets_2018b").problems
    assert (problem.position, problem.velocity, problem.heading, problem.first_step) == ((5.0, 4.5), 12.0, 0.0, 0)
    (goal,) = problem.goals
    assert (goal.first_step, goal.last_step, goal.heading, goal.velocity) == (30, 40, (-0.2, 0.2), (5.0, 15.0))
    assert goal.areas[0].tolist() == [[50, 3], [100, 3], [100, 0], [50, 0]]


# ----------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("lanelets_2018b", 'commonRoadVersion="2018b"', 'commonRoadVersion="2017a"', "must be one of 2018b, 2020a"),
        ("lanelets_2018b", 'timeStepSize="0.1"', 'timeStepSize="0"', "timeStepSize='0': must be a number from 0.0001"),
        ("lanelets_2018b", "<x>50</x>", "<x>nan</x>", "<x> 'nan': must be a number from -1e+08"),
        ("lanelets_2018b", "<x>50</x>", "<x>1e300</x>", "'1e300'"),
        ("lanelets_2018b", "<x>50</x>", "", "<point> has no <x>"),
        ("lanelets_2018b", "<y>3</y>", "<y>9999</y>", "m wide; up to 500 m"),
        ("lanelets_2018b", '<lanelet id="2">', '<lanelet id="1">', "another lanelet has this id"),
        ("lanelets_2018b", 'drivingDir="same"', 'drivingDir="up"', "must be one of same, opposite"),
        ("lanelets_2018b", "<speedLimit>25", "<speedLimit>-1", "'-1'"),
        ("lanelets_2018b", "dashed", "wavy", "'wavy': must be one of solid"),
        ("lanelets_2018b", "<role>dynamic", "<role>moving", "must be one of static, dynamic"),
        ("lanelets_2018b", "<exact>4</exact>", "<exact>2</exact>", "states must ascend"),
        ("lanelets_2018b", "<exact>4</exact>", "<exact>1e6</exact>", "'1e6': must be a number from 0 to 100000"),
        ("lanelets_2018b", "<type>car", "<type>ufo", "'ufo': must be one of car"),
        ("lanelets_2018b", "<length>4.5", "<length>0", "above 0"),
        ("lanelets_2018b", '<lanelet ref="3"/>', '<lanelet ref="33"/>', "no such lanelet"),
        ("intersection_2020a", '<trafficSignRef ref="60"/>', '<trafficSignRef ref="6"/>', "no such sign"),
        ("intersection_2020a", '<trafficLightRef ref="70"/>', '<trafficLightRef ref="7"/>', "no such traffic light"),
        ("intersection_2020a", "<color>green", "<color>pink", "'pink': must be one of red"),
        ("intersection_2020a", "<duration>100", "<duration>1.5", "must be an integer"),
        ("intersection_2020a", '<successorsLeft ref="3"', '<successorsLeft ref="33"', "no such lanelet"),
        ("obstacles_2020a", "<intervalStart>1<", "<intervalStart>3<", "must not end before"),
        ("obstacles_2020a", "<velocityY><exact>4</exact></velocityY>", "", "neither <orientation>"),
    ],
)
def test_bad_values_are_one_error_with_place_value_and_range(tmp_path, name, old, new, words):
    text = (FIXTURES / f"{name}.xml").read_text()
    assert old in text
    path = tmp_path / "bad.xml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ScenarioError) as caught:
        read_commonroad(path)
    message = str(caught.value)
    assert words in message and re.search(r"bad.xml, line \d+: <", message) and "\n" not in message


def test_tracks_beyond_memory_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("simengine.road.commonroad.obstacles.MAX_CELLS", 4)
    with pytest.raises(ScenarioError, match="1 tracks over 5 steps; 4"):
        load("lanelets_2018b")


def test_tangles_of_lanelets_are_refused(monkeypatch):
    monkeypatch.setattr("simengine.road.commonroad.intersections.MAX_CROSSINGS", 1)
    with pytest.raises(ScenarioError, match="cross 1 times or more"):
        load("intersection_2020a")


def test_a_network_needs_a_lane(tmp_path):
    path = tmp_path / "crosswalk.xml"
    text = (FIXTURES / "height_2020a.xml").read_text()
    path.write_text(text.replace("</lanelet>", "<laneletType>crosswalk</laneletType></lanelet>"))
    with pytest.raises(ScenarioError, match=r"crosswalk.xml, line \d+: <commonRoad> makes no road network"):
        read_commonroad(path)


_MUTATIONS = ("", "nan", "-1", "0", "1e300", "99999", "0.0001", "-0.5", "x", "2", "101", "car", "\u00e9")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_give_a_scenario_or_one_error(tmp_path, data):
    text = (FIXTURES / data.draw(st.sampled_from(sorted(p.name for p in FIXTURES.glob("*.xml"))))).read_text()
    for _ in range(data.draw(st.integers(1, 3))):
        kind = data.draw(st.sampled_from(("value", "attribute", "element", "cut", "repeat")))
        pattern = {"value": r">([^<>\n]+)<", "attribute": r'"([^"]*)"', "element": r"(<\w+[^<>]*/?>)"}.get(kind)
        if kind == "cut":
            text = text[: data.draw(st.integers(0, len(text)))]
        elif kind == "repeat":
            lines = text.splitlines(keepends=True) or [""]
            k = data.draw(st.integers(0, len(lines) - 1))
            text = "".join(lines[: k + 1] + lines[k:])
        else:
            spots = list(re.finditer(pattern, text))
            if spots:
                spot = data.draw(st.sampled_from(spots))
                text = text[: spot.start(1)] + data.draw(st.sampled_from(_MUTATIONS)) + text[spot.end(1) :]
    path = tmp_path / "mutated.xml"
    path.write_text(text)
    try:
        scenario = read_commonroad(path)
    except ScenarioError as error:
        assert "\n" not in str(error)
    else:
        assert np.isfinite(scenario.network.point_position).all() and scenario.tracks.valid.size < 1_000_000


# ---------------------------------------------------------------------------------------------------------- real files

_UNREADABLE = {  # parts of files for the format's own unit tests
    "test_reading_obstacles": "holds no <lanelet>",
    "test_reading_planning_problem": "holds no <lanelet>",
    "test_reading_lanelets": "trafficSignRef='201': the file has no such sign",
}


def real_files() -> list:
    found = sorted(SHARED.rglob("*.xml")) if SHARED.is_dir() else []
    return found or [pytest.param(None, marks=pytest.mark.skip("no shared data"))]


@pytest.mark.parametrize("path", real_files(), ids=lambda path: path and path.stem)
def test_real_files_are_read(path):
    if path.stem in _UNREADABLE:
        with pytest.raises(ScenarioError, match=re.escape(_UNREADABLE[path.stem])):
            read_commonroad(path)
        return
    scenario = read_commonroad(path)
    network, tracks = scenario.network, scenario.tracks
    i = np.repeat(np.arange(len(network.lane_type)), np.diff(network.successor_first))
    end, start = network.lane_first_point[i + 1] - 1, network.lane_first_point[network.successor]
    gap = network.point_position[end, :2] - network.point_position[start, :2]
    assert np.hypot(gap[:, 0], gap[:, 1]).max(initial=0.0) < (1.0 if path.stem.startswith("test_") else 0.1)
    text = path.read_text()
    moving = len(re.findall(r"<dynamicObstacle|<role>dynamic", text))
    assert len(tracks.id) == moving
    assert tracks.valid.any(axis=1).all() and np.isfinite(tracks.position[tracks.valid]).all()
    assert len(scenario.problems) == text.count("<planningProblem ")


@pytest.mark.parametrize(
    "path",
    sorted((SHARED / "ngsim").glob("*.xml")) or [pytest.param(None, marks=pytest.mark.skip("no shared data"))],
    ids=lambda path: path and path.stem,
)
def test_recorded_vehicles_move_as_fast_as_they_say(path):
    """The manifest of the shared data: differs by more than 3 m/s in under 2.1 % of the steps."""
    scenario = read_commonroad(path)
    tracks = scenario.tracks
    both = tracks.valid[:, 1:] & tracks.valid[:, :-1]
    step = np.diff(tracks.position, axis=1)
    speed = np.hypot(step[..., 0], step[..., 1]) / scenario.time_step
    mean = 0.5 * (tracks.velocity[:, 1:] + tracks.velocity[:, :-1])
    assert (np.abs(speed - np.abs(mean))[both] > 3.0).mean() < 0.021
    fast = both & (speed > 5.0)
    along = np.cos(tracks.heading[:, 1:]) * step[..., 0] + np.sin(tracks.heading[:, 1:]) * step[..., 1]
    assert np.median(along[fast] / (speed[fast] * scenario.time_step)) > 0.99
