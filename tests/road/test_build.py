"""Networks from drafts: geometry against circles, links, conflicts, crossings, and what is refused."""

import math

import numpy as np
import pytest

from simengine.core.errors import ScenarioError
from simengine.road.build import build_network
from simengine.road.network.drafts import CrossingDraft, LaneDraft, SignalDraft, SignDraft, StopLineDraft
from simengine.road.network.network import CURB_HEIGHT, LaneType, MarkingType, SignalColor, mark_lanes

GREEN = [(10.0, SignalColor.GREEN), (20.0, SignalColor.RED)]


def draft(name, points, width=3.5, **fields):
    points = np.asarray(points, np.float64)
    return LaneDraft(name, points, np.full(len(points), width), np.zeros(len(points)), **fields)


def arc(radius, angle, count, x=0.0, y=0.0):
    a = np.linspace(0.0, angle, count)
    return np.stack([x + radius * np.sin(a), y + radius * (1.0 - np.cos(a)), 0.0 * a], axis=1)


def conflicts_of(network, lane):
    part = slice(network.conflict_first[lane], network.conflict_first[lane + 1])
    return {
        int(other): (float(enter), float(leave))
        for other, enter, leave in zip(
            network.conflict_lane[part], network.conflict_enter[part], network.conflict_leave[part], strict=True
        )
    }


def test_arc_has_its_length_heading_and_curvature():
    network = build_network([draft("a", arc(50.0, 1.5, 60))])
    assert network.lane_length[0] == pytest.approx(75.0, abs=0.01)
    assert network.point_curvature == pytest.approx(0.02, abs=1e-9)
    assert network.point_heading == pytest.approx(np.linspace(0.0, 1.5, 60), abs=1e-9)


def test_unevenly_sampled_arc_keeps_its_heading():
    a = np.cumsum(np.random.default_rng(0).uniform(0.005, 0.03, 60))
    points = np.stack([80.0 * np.sin(a), 80.0 * (1.0 - np.cos(a)), 0.0 * a], axis=1)
    network = build_network([draft("a", points)])
    assert network.point_heading == pytest.approx(a, abs=1e-4)
    assert network.point_curvature == pytest.approx(1.0 / 80.0, rel=1e-6)


def test_centimeter_noise_does_not_become_a_bend():
    x = np.arange(0.0, 100.0, 0.5)
    noise = np.random.default_rng(1).normal(0.0, 0.01, len(x))
    network = build_network([draft("a", np.stack([x, noise, 0.0 * x], axis=1))])
    assert np.abs(network.point_curvature).max() < 0.03  # neighboring points alone would give about 0.2 1/m


def test_heading_wraps_at_pi():
    network = build_network([draft("a", [[0, 0, 0], [-5, 1, 0], [-10, 0, 0], [-15, -3, 0]])])
    assert (np.abs(network.point_heading) <= math.pi).all()
    assert np.abs(network.point_heading[1:3]) == pytest.approx(math.pi, abs=0.6)


def test_coinciding_points_are_dropped():
    network = build_network([draft("a", [[0, 0, 0], [0, 0, 0], [5, 0, 0], [5, 0, 1e-6], [9, 0, 0]])])
    assert network.lane_first_point.tolist() == [0, 3]
    assert network.point_s.tolist() == [0.0, 5.0, 9.0]


def test_lines_hold_for_a_lane_or_from_point_to_point():
    line = np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [10.0, 0.0, 0.0], [20.0, 0.0, 0.0]])
    kinds = np.array([MarkingType.SOLID, MarkingType.CURB, MarkingType.BROKEN_SOLID, MarkingType.SOLID_BROKEN])
    closed = np.zeros(4, np.bool_)
    network = build_network(
        [
            draft(
                "a", line, marking_left=kinds, marking_right=MarkingType.BROKEN, yellow_left=kinds == MarkingType.SOLID
            ),
            draft("b", line + [0.0, 5.0, 0.0], marking_right=MarkingType.BROKEN, may_cross_right=closed),
        ]
    )
    kept = [MarkingType.SOLID, MarkingType.CURB, MarkingType.SOLID_BROKEN]  # the third point is the second
    assert network.point_marking[:3, 0].tolist() == kept
    assert network.point_may_cross.tolist() == [[False, True]] * 3 + [[True, False]] * 3
    assert network.point_yellow[:, 0].tolist() == [True] + 5 * [False] and not network.point_yellow[:, 1].any()
    marked = mark_lanes(network, *np.array([[MarkingType.NONE, MarkingType.SOLID], [MarkingType.BROKEN] * 2]))
    assert marked.point_marking[:, 0].tolist() == [MarkingType.NONE] * 3 + [MarkingType.SOLID] * 3
    assert (marked.point_marking[:, 1] == MarkingType.BROKEN).all()
    assert marked.point_may_cross.tolist() == [[True, True]] * 3 + [[False, True]] * 3


def test_pavements_rise_unless_their_source_says_otherwise():
    line = [(0.0, 0.0, 0.0), (10.0, 0.0, 0.0)]
    kinds = {"lane_type": LaneType.PAVEMENT}
    stated = draft("c", line, rise=np.ones((2, 4)), **kinds)
    network = build_network([draft("a", line), draft("b", line, **kinds), stated])
    assert network.point_rise[::2].tolist() == [[0.0] * 4, [0.0, CURB_HEIGHT, CURB_HEIGHT, 0.0], [1.0] * 4]


def test_predecessors_mirror_successors():
    network = build_network(
        [
            draft("a", [[0, 0, 0], [10, 0, 0]], successors=["c", "c"]),
            draft("b", [[0, 5, 0], [10, 0, 0]], successors=["c"], left="a"),
            draft("c", [[10, 0, 0], [20, 0, 0]], opposite="b"),
        ]
    )
    assert network.successor.tolist() == [2, 2] and network.successor_first.tolist() == [0, 1, 2, 2]
    assert network.predecessor.tolist() == [0, 1] and network.predecessor_first.tolist() == [0, 0, 0, 2]
    assert network.lane_left.tolist() == [-1, 0, -1] and network.lane_opposite.tolist() == [-1, -1, 1]


def test_crossing_lanes_conflict_where_their_areas_meet():
    network = build_network(
        [
            draft("east", [[-20, 0, 0], [20, 0, 0]], junction=4),
            draft("north", [[0, -30, 0], [0, 20, 0]], junction=4),
        ]
    )
    enter, leave = conflicts_of(network, 0)[1]
    assert (enter, leave) == (pytest.approx(20.0 - 1.5, abs=0.3), pytest.approx(20.0 + 1.5, abs=0.3))
    enter, leave = conflicts_of(network, 1)[0]
    assert (enter, leave) == (pytest.approx(30.0 - 1.5, abs=0.3), pytest.approx(30.0 + 1.5, abs=0.3))


def test_merging_lanes_conflict_to_their_end_and_diverging_ones_do_not():
    network = build_network(
        [
            draft("in", [[-50, 0, 0], [0, 0, 0]], successors=["straight", "right"]),
            draft("straight", [[0, 0, 0], [40, 0, 0]], junction=1, successors=["out"]),
            draft("right", arc(20.0, 1.5, 30) * [1, -1, 1], junction=1),
            draft("merge", [[20, 20, 0], [30, 2, 0], [40, 0, 0]], junction=1, successors=["out"]),
            draft("out", [[40, 0, 0], [80, 0, 0]]),
        ]
    )
    assert set(conflicts_of(network, 1)) == {3}
    assert conflicts_of(network, 1)[3][1] == pytest.approx(40.0)
    assert conflicts_of(network, 3)[1][1] == pytest.approx(network.lane_length[3])
    assert conflicts_of(network, 2) == {}


def test_neighbors_bridges_other_junctions_and_pavements_do_not_conflict():
    def across(**fields):
        return [
            draft("a", [[-20, 0, 0], [20, 0, 0]], junction=0),
            draft("b", [[0, -20, 0], [0, 20, 0]], **fields),
        ]

    beside = [draft("a", [[0, 0, 0], [30, 0, 0]], junction=0), draft("b", [[0, 3.5, 0], [30, 3.5, 0]], junction=0)]
    above = [draft("a", [[-20, 0, 0], [20, 0, 0]], junction=0), draft("b", [[0, -20, 6], [0, 20, 6]], junction=0)]
    for lanes in (beside, above, across(junction=1), across(junction=0, lane_type=LaneType.PAVEMENT)):
        assert len(build_network(lanes).conflict_lane) == 0
    assert len(build_network(across(junction=0)).conflict_lane) == 2


def test_crossing_finds_the_lanes_it_crosses_at_its_level():
    network = build_network(
        [
            draft("a", [[0, 0, 0], [100, 0, 0]]),
            draft("b", [[100, 4, 0], [0, 4, 0]]),
            draft("walk", [[0, 8, 0], [100, 8, 0]], lane_type=LaneType.PAVEMENT),
            draft("bridge", [[0, 1, 6], [100, 1, 6]]),
        ],
        signals=[SignalDraft("w", (0, 0, 3), 0.0, GREEN, group="walk")],
        crossings=[CrossingDraft((30, -3, 0), (30, 9, 0), 3.0, signal="walk")],
    )
    assert network.crossing_lane.tolist() == [0, 1]
    assert network.crossing_s == pytest.approx([30.0, 70.0])
    assert network.crossing_signal.tolist() == [0]


def test_signals_of_a_group_share_one_program():
    network = build_network(
        [draft("a", [[0, 0, 0], [50, 0, 0]])],
        signals=[
            SignalDraft("s1", (50, 3, 5), math.pi, GREEN, offset=4.0, group="g"),
            SignalDraft("s2", (50, -3, 5), math.pi, GREEN, offset=4.0, group="g"),
            SignalDraft("s3", (0, 0, 5), 0.0, [(5.0, SignalColor.RED)]),
        ],
        stop_lines=[StopLineDraft("a", 70.0, signal="s2"), StopLineDraft("a", 10.0, yield_kind=2)],
        signs=[SignDraft((1, 2, 3), 0.5, "stop")],
    )
    assert network.signal_group.tolist() == [0, 0, 1]
    assert network.program_duration.tolist() == [[10.0, 20.0], [5.0, 0.0]]
    assert network.program_offset.tolist() == [4.0, 0.0]
    assert network.stop_s.tolist() == [50.0, 10.0]
    assert network.stop_signal.tolist() == [1, -1] and network.stop_yield.tolist() == [0, 2]
    assert network.sign_type.tolist() == ["stop"]


def test_grid_lists_every_segment_in_each_cell_it_passes():
    rng = np.random.default_rng(2)
    lanes = [draft(str(k), np.append(rng.uniform(-90, 90, (5, 2)), np.zeros((5, 1)), axis=1)) for k in range(6)]
    network = build_network(lanes)
    columns = network.grid_shape[0]
    for i in range(len(network.point_s)):
        if i + 1 == network.lane_first_point[network.point_lane[i] + 1]:
            assert i not in network.grid_point
            continue
        for f in np.linspace(0.0, 1.0, 50):
            place = network.point_position[i] + f * (network.point_position[i + 1] - network.point_position[i])
            cell = np.minimum((place[:2] - network.grid_origin) / network.grid_cell, network.grid_shape - 1).astype(int)
            k = cell[1] * columns + cell[0]
            assert i in network.grid_point[network.grid_first[k] : network.grid_first[k + 1]]


def test_grid_of_a_wide_network_stays_small():
    network = build_network([draft("a", [[0, 0, 0], [400_000, 0, 0]]), draft("b", [[0, 400_000, 0], [9, 400_000, 0]])])
    assert np.prod(network.grid_shape.astype(np.int64)) <= 2**20
    assert len(network.grid_point) < 10_000


BENT = draft("a", [[0, 0, 0], [10, 0, 0]])


@pytest.mark.parametrize(
    ("lanes", "others", "message"),
    [
        ([], {}, "no lane"),
        ([draft("a", [[1, 2, 0], [1, 2, 0]])], {}, "'a' has 1 distinct"),
        ([draft("a", [[1, 2, 0]])], {}, "'a' has 1 distinct"),
        ([draft("a", np.zeros((0, 3)))], {}, "'a' has 0 distinct"),
        ([draft("b", [[0, 0, 0], [9, 0, 0]]), draft("a", [[0, 0, 0], [np.nan, 2, 0]])], {}, "'a': point 1 is"),
        ([draft("a", [[0, 0, 0], [1e9, 2, 0]])], {}, "'a': point 1 is"),
        ([draft("a", [[0, 0, 0], [5, 2, 0]], width=np.inf)], {}, "'a': width 0 is inf"),
        ([draft("a", [[0, 0, 0], [5, 2, 0]], speed_limit=np.nan)], {}, "speed_limit is nan"),
        ([draft("a", [[0, 0], [5, 2]])], {}, r"shapes \(2, 2\)"),
        ([draft("a", [[0, 0, 0], [5, 2, 0]], successors=["zebra"])], {}, "successors names 'zebra'"),
        ([draft("a", [[0, 0, 0], [5, 2, 0]], left="zebra")], {}, "left names 'zebra'"),
        ([BENT, BENT], {}, "'a' is used twice"),
        ([draft("a", [[0, 0, 0], [0, 9e5, 0]])], {}, "900 km"),
        ([BENT], {"stop_lines": [StopLineDraft("b", 1.0)]}, "stop line names 'b'"),
        ([BENT], {"stop_lines": [StopLineDraft("a", 1.0, signal="s")]}, "names 's', which is no signal"),
        ([BENT], {"crossings": [CrossingDraft((0, 0, 0), (0, 1, 0), 2.0, signal="w")]}, "no signal group"),
        ([BENT], {"crossings": [CrossingDraft((0, 0, np.nan), (0, 1, 0), 2.0)]}, "crossing 'start' lies at"),
        ([BENT], {"signals": [SignalDraft("s", (0, 0, 0), 0.0, [])]}, "'s' has phases"),
        ([BENT], {"signals": [SignalDraft("s", (0, np.inf, 0), 0.0, GREEN)]}, "signal 's' lies at"),
        (
            [BENT],
            {"signals": [SignalDraft(n, (0, 0, 0), 0.0, GREEN, o, "g") for n, o in (("s", 0.0), ("r", 1.0))]},
            "different programs",
        ),
    ],
)
def test_bad_drafts_are_refused_by_name(lanes, others, message):
    with pytest.raises(ScenarioError, match=message):
        build_network(lanes, **others)
