"""Procedural roads: geometry in closed form, links that join without gaps, rules of the intersection."""

import math

import numpy as np
import pytest

from simengine.core.errors import ScenarioError
from simengine.road.network.network import LaneType, MarkingType, SignalColor, Turn
from simengine.road.procedural.kinds import (
    make_intersection,
    make_street,
    make_warehouse,
    warehouse_fittings,
    warehouse_walls,
)

STREET = {
    "length": 300.0,
    "curvature": 0.0,
    "lanes_forward": 2,
    "lanes_backward": 1,
    "lane_width": 3.5,
    "shoulder_width": 0.0,
    "pavement_width": 2.5,
    "parking_width": 2.0,
    "crossing_spacing": 100.0,
    "speed_limit": 13.9,
    "grade": 0.0,
    "ring": False,
}
INTERSECTION = {
    "arm_length": 80.0,
    "lanes": 2,
    "lane_width": 3.5,
    "pavement_width": 3.0,
    "speed_limit": 13.9,
    "signaled": True,
    "green": 20.0,
    "amber": 3.0,
    "all_red": 2.0,
}
WAREHOUSE = {"aisles": 3, "aisle_length": 20.0, "aisle_width": 3.0, "shelf_depth": 1.0, "shelf_height": 4.0}


def street(**changes):
    return make_street(**(STREET | changes))


def intersection(**changes):
    return make_intersection(**(INTERSECTION | changes))


def points(network, lane):
    return network.point_position[network.lane_first_point[lane] : network.lane_first_point[lane + 1]]


def lane_named(network, name):
    return network.lane_name.tolist().index(name)


def joints(network):
    """Return position and heading gaps of all links."""
    gaps = []
    for lane in range(len(network.lane_type)):
        end = network.lane_first_point[lane + 1] - 1
        for target in network.successor[network.successor_first[lane] : network.successor_first[lane + 1]]:
            start = network.lane_first_point[target]
            turn = math.remainder(network.point_heading[start] - network.point_heading[end], 2.0 * math.pi)
            gaps.append((np.linalg.norm(network.point_position[start] - network.point_position[end]), abs(turn)))
    return np.array(gaps)


def test_street_runs_from_right_to_left_with_traffic_on_the_right():
    network = street()
    y = {name: points(network, k)[0, 1] for k, name in enumerate(network.lane_name.tolist())}
    assert network.lane_name[:3].tolist() == ["forward.0", "forward.1", "backward.0"]
    assert y == pytest.approx(
        {
            "forward.0": -5.25,
            "forward.1": -1.75,
            "forward.parking": -8.0,
            "forward.pavement": -10.25,
            "backward.0": 1.75,
            "backward.parking": 4.5,
            "backward.pavement": 6.75,
        }
    )
    assert abs(network.point_heading[network.lane_first_point[2]]) == pytest.approx(math.pi)
    assert network.lane_left[:3].tolist() == [1, -1, -1] and network.lane_right[:3].tolist() == [-1, 0, -1]
    assert network.lane_opposite[:3].tolist() == [-1, 2, 1]
    double = MarkingType.DOUBLE_SOLID
    first = network.lane_first_point[:3]
    assert network.point_marking[first, 0].tolist() == [MarkingType.BROKEN, double, double]


def test_crossings_go_from_curb_to_curb_over_every_driving_lane():
    network = street()
    assert len(network.crossing_width) == 3
    assert network.crossing_start[:, 1] == pytest.approx(-9.0) and network.crossing_end[:, 1] == pytest.approx(5.5)
    assert network.crossing_lane.tolist() == [0, 1, 2] * 3
    assert network.crossing_s[:3] == pytest.approx([50.0, 50.0, 250.0])


@pytest.mark.parametrize("curvature", [0.0, 0.002, -0.015])
def test_curved_street_has_the_lengths_of_parallel_arcs_and_climbs_evenly(curvature):
    network = street(curvature=curvature, grade=0.05)
    offset = np.array([-5.25, -1.75, 1.75])
    assert network.lane_length[:3] == pytest.approx(300.0 * (1.0 - curvature * offset), rel=5e-5)
    own = curvature / (1.0 - curvature * offset[0])
    assert network.point_curvature[: len(points(network, 0))] == pytest.approx(own, rel=1e-3, abs=1e-9)
    assert points(network, 0)[-1, 2] == pytest.approx(15.0) and points(network, 2)[-1, 2] == 0.0


@pytest.mark.parametrize("curvature", [1.0, -1.0])
def test_ring_lanes_succeed_themselves_and_have_their_exact_length(curvature):
    network = street(ring=True, curvature=curvature, length=500.0, parking_width=0.0)
    radius = 500.0 / (2.0 * math.pi)
    offset = np.array([-5.25, -1.75, 1.75])
    assert network.lane_length[:3] == pytest.approx(2.0 * math.pi * (radius - curvature * offset), abs=1e-9)
    assert network.successor.tolist() == list(range(len(network.lane_type)))
    assert joints(network).max() < 1e-9
    distance = np.hypot(points(network, 0)[:, 0], points(network, 0)[:, 1] - curvature * radius)
    assert np.abs(distance - (radius - curvature * offset[0])).max() < 0.005
    assert (np.sign(network.point_curvature[: len(distance)]) == curvature).all()


def test_one_way_highway_has_shoulders_and_no_oncoming_lane():
    network = street(lanes_forward=3, lanes_backward=0, shoulder_width=2.5, pavement_width=0.0, parking_width=0.0)
    assert (network.lane_opposite == -1).all()
    assert network.lane_name[3:].tolist() == ["forward.shoulder", "left.shoulder"]
    assert (np.abs(network.point_heading) < 1e-9).all()
    right = network.point_marking[network.lane_first_point[:3], 1]
    assert right.tolist() == [MarkingType.SOLID, MarkingType.BROKEN, MarkingType.BROKEN]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ring": True, "grade": 0.01}, "road.grade"),
        ({"length": 400.0, "curvature": 0.018}, "road.length"),
        ({"length": 60.0, "ring": True}, "road.curvature"),
    ],
)
def test_impossible_streets_are_refused(changes, message):
    with pytest.raises(ScenarioError, match=message):
        street(**changes)


@pytest.mark.parametrize(
    ("lanes", "pavement", "width", "arm"), [(1, 0.0, 2.5, 40.0), (2, 3.0, 3.5, 80.0), (3, 10.0, 6.0, 40.0)]
)
def test_intersection_joins_without_gaps(lanes, pavement, width, arm):
    network = intersection(lanes=lanes, pavement_width=pavement, lane_width=width, arm_length=arm)
    gaps = joints(network)
    assert gaps[:, 0].max() < 1e-6 and gaps[:, 1].max() < 0.02
    inside = network.lane_junction == 0
    turns = [int((network.lane_turn[inside] == turn).sum()) for turn in (Turn.STRAIGHT, Turn.LEFT, Turn.RIGHT)]
    assert turns == [4 * lanes, 4, 4]
    assert network.lane_name[:lanes].tolist() == [f"in.west.{k}" for k in range(lanes)]
    assert (network.stop_s > 0.0).all()


def test_left_turn_ends_on_the_left_and_right_turn_on_the_right():
    network = intersection()
    left, right = points(network, lane_named(network, "left.west")), points(network, lane_named(network, "right.west"))
    assert left[-1, 1] > left[0, 1] and right[-1, 1] < right[0, 1]
    assert network.point_curvature[network.lane_first_point[lane_named(network, "left.west")] + 2] > 0.0


def conflicts(network, name):
    lane = lane_named(network, name)
    part = slice(network.conflict_first[lane], network.conflict_first[lane + 1])
    return {str(network.lane_name[other]) for other in network.conflict_lane[part]}


def test_conflicts_of_a_single_lane_intersection_are_those_of_the_textbook():
    network = intersection(lanes=1)
    assert conflicts(network, "right.west") == {"straight.north.0", "left.east"}  # both merge into the south arm
    assert conflicts(network, "straight.west.0") == {
        "straight.south.0",
        "straight.north.0",
        "left.east",
        "left.south",
        "left.north",
        "right.south",
    }
    assert conflicts(network, "left.west") >= {"straight.east.0", "straight.south.0", "straight.north.0", "right.east"}


def test_left_turns_yield_to_oncoming_and_the_main_street_goes_first_without_signals():
    signaled, priority = intersection(), intersection(signaled=False)
    for network in (signaled, priority):
        order = dict(zip(network.lane_name.tolist(), network.lane_priority.tolist(), strict=True))
        assert order["left.west"] < order["straight.east.0"] == order["right.east"]
    assert order["left.west"] > order["straight.south.0"]
    yielding = {str(priority.lane_name[lane]).split(".")[1] for lane in priority.stop_lane}
    assert yielding == {"south", "north"} and (priority.stop_yield == 1).all() and len(priority.signal_group) == 0
    assert (signaled.stop_signal >= 0).all() and len(signaled.stop_lane) == 8


def test_streets_are_never_green_together_and_all_red_separates_them():
    network = intersection()
    seconds = np.arange(0.05, 200.0, 0.1)
    shown = {}
    for name in ("signal.west", "signal.south"):
        group = network.signal_group[network.signal_name.tolist().index(name)]
        duration, offset = network.program_duration[group], network.program_offset[group]
        phase = np.searchsorted(np.cumsum(duration), (seconds - offset) % duration.sum(), side="right")
        shown[name] = network.program_color[group][phase]
    moving = {n: (c == SignalColor.GREEN) | (c == SignalColor.AMBER) for n, c in shown.items()}
    assert not (moving["signal.west"] & moving["signal.south"]).any()
    still = ~(moving["signal.west"] | moving["signal.south"])
    assert still.mean() == pytest.approx(2.0 * 2.0 / 50.0)
    assert (shown["signal.west"] == SignalColor.GREEN).mean() == pytest.approx(20.0 / 50.0)


def test_stop_line_lies_before_the_crossing_of_its_arm():
    network = intersection()
    for lane, s in zip(network.stop_lane, network.stop_s, strict=True):
        crossing = [
            network.crossing_s[k] - 0.5 * network.crossing_width[0]
            for k in range(len(network.crossing_lane))
            if network.crossing_lane[k] == lane
        ]
        assert len(crossing) == 1 and s == pytest.approx(crossing[0] - 1.0)


def test_signals_face_the_traffic_they_govern():
    network = intersection()
    for lane, signal in zip(network.stop_lane, network.stop_signal, strict=True):
        heading = network.point_heading[network.lane_first_point[lane]]
        assert math.cos(heading - network.signal_heading[signal]) == pytest.approx(-1.0)
        end = points(network, lane)[-1]
        toward = network.signal_position[signal] - end
        assert toward[0] * math.sin(heading) - toward[1] * math.cos(heading) > 0.0  # on the right


def test_a_passage_leads_through_every_row_of_shelves():
    network, shelves = make_warehouse(**WAREHOUSE, speed_limit=2.0, passage_at=7.0, passage_width=1.6)
    whole_network, whole = make_warehouse(**WAREHOUSE, speed_limit=2.0)
    assert np.array_equal(network.point_position, whole_network.point_position)
    assert len(shelves) == 2 * len(whole)
    for row in whole:
        west, east = sorted((s for s in shelves if s.position[1] == row.position[1]), key=lambda s: s.position[0])
        ends = [s.position[0] + sign * 0.5 * s.size[0] for s in (west, east) for sign in (-1.0, 1.0)]
        half = 0.5 * row.size[0]
        assert ends == pytest.approx([row.position[0] - half, 6.2, 7.8, row.position[0] + half])
        assert west.size[1:] == east.size[1:] == row.size[1:]


def test_warehouse_lanes_join_and_keep_clear_of_the_shelves():
    network, shelves = make_warehouse(**WAREHOUSE, speed_limit=2.0)
    assert joints(network)[:, 0].max() < 1e-9 and joints(network)[:, 1].max() < 0.05
    assert (network.lane_type == LaneType.FLOOR).all() and len(shelves) == 4
    boxes = [(*s.position[:2], *s.size[:2]) for s in shelves]
    boxes += [
        (w.position[0], w.position[1], *((w.size[0], w.size[1]) if w.yaw == 0.0 else (w.size[1], w.size[0])))
        for w in warehouse_walls(**WAREHOUSE)
    ]
    for x, y, length, width in boxes:
        beyond = np.abs(network.point_position[:, :2] - (x, y)) - np.array([0.5 * length, 0.5 * width])
        away = np.hypot(*np.maximum(beyond, 0.0).T)
        assert away.min() >= 0.75 - 1e-9  # half a lane of 1.5 m


def test_a_hall_is_closed_above_and_lit_over_every_aisle():
    fittings = warehouse_fittings(**WAREHOUSE)
    walls = [box for kind, box in fittings if kind == "wall"]
    roof = next(box for kind, box in fittings if kind == "roof")
    assert walls == warehouse_walls(**WAREHOUSE)
    top = max(wall.position[2] + 0.5 * wall.size[2] for wall in walls)
    assert roof.position[2] == pytest.approx(top)  # its upper half, the sheets, begins where the walls end
    for wall in walls:
        across = (wall.size[0], wall.size[1]) if wall.yaw == 0.0 else (wall.size[1], wall.size[0])
        for axis in range(2):
            away = abs(wall.position[axis] - roof.position[axis]) + 0.5 * across[axis]
            assert away <= 0.5 * roof.size[axis] + 1e-9
    pitch = WAREHOUSE["aisle_width"] + WAREHOUSE["shelf_depth"]
    lamps = np.array([box.position for kind, box in fittings if kind == "ceiling_lamp"])
    assert sorted(set(lamps[:, 1].tolist())) == [k * pitch for k in range(WAREHOUSE["aisles"])]
    assert (lamps[:, 2] > WAREHOUSE["shelf_height"]).all() and (lamps[:, 2] < top).all()


def test_every_aisle_can_be_reached_from_every_other():
    network, _ = make_warehouse(**WAREHOUSE, speed_limit=2.0)
    for start in range(len(network.lane_type)):
        seen, todo = {start}, [start]
        while todo:
            lane = todo.pop()
            part = slice(network.successor_first[lane], network.successor_first[lane + 1])
            new = set(network.successor[part].tolist()) - seen
            seen |= new
            todo += new
        assert seen >= {lane_named(network, f"{way}.{k}") for way in ("east", "west") for k in range(3)}
