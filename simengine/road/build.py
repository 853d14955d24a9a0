"""Assemble a `RoadNetwork` from lanes drawn one by one: the one place that makes its arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError
from simengine.road.ground.common_surface import join_surfaces
from simengine.road.network.conflicts import CLEARANCE, candidate_pairs, pair_conflicts
from simengine.road.network.drafts import CrossingDraft, LaneDraft, SignalDraft, SignDraft, StopLineDraft
from simengine.road.network.grid import CenterLines, intersect_segment
from simengine.road.network.lane_points import LARGEST_COORDINATE, join_points, measure_points, told_across
from simengine.road.network.network import LaneType, RoadNetwork, SignalColor

_TRAVELED = (LaneType.DRIVING, LaneType.BIKING)


def build_network(
    lanes: list[LaneDraft],
    signals: list[SignalDraft] | None = None,
    stop_lines: list[StopLineDraft] | None = None,
    crossings: list[CrossingDraft] | None = None,
    signs: list[SignDraft] | None = None,
) -> RoadNetwork:
    """Flatten drafts into arrays: arc length, heading, curvature, links, junction conflicts, spatial hash.

    Args:
        lanes: At least one; their order is the order of the network's lanes.
        signals: Heads; those of one group must have one program.
        stop_lines: A line beyond its lane's end is moved to the end.
        crossings: `signal` names a group of `signals`.
        signs: Plates.

    Raises:
        ScenarioError: A lane has fewer than two distinct points, a link names no lane, a value is not finite, or there
            is no lane at all.
    """
    if not lanes:
        raise ScenarioError("road: there is no lane; at least one is needed")
    index = {lane.name: i for i, lane in enumerate(lanes)}
    if len(index) < len(lanes):
        names = [lane.name for lane in lanes]
        raise ScenarioError(f"road: the lane name {next(n for n in names if names.count(n) > 1)!r} is used twice")
    position, width, bank, keep, first = join_points(lanes)
    points = measure_points(position, first)

    successors = [_unique([_lane(index, lane, "successors", name) for name in lane.successors]) for lane in lanes]
    predecessors: list[list[int]] = [[] for _ in lanes]
    for i, targets in enumerate(successors):
        for target in targets:
            predecessors[target].append(i)
    successor_first, successor = _csr(successors, np.int32)
    predecessor_first, predecessor = _csr(predecessors, np.int32)
    junction = np.array([lane.junction for lane in lanes], np.int32)
    lane_type = np.array([lane.lane_type for lane in lanes], np.int32)
    conflicts = _conflicts(points, width, lane_type, junction, predecessors, successors)

    signals, stop_lines, crossings, signs = signals or [], stop_lines or [], crossings or [], signs or []
    groups, signal_group, program = _programs(signals)
    crossed = [_lanes_crossed(crossing, points, lane_type) for crossing in crossings]
    crossing_first, crossing_lane = _csr([[lane for lane, _ in row] for row in crossed], np.int32)
    _, crossing_s = _csr([[where for _, where in row] for row in crossed], np.float64)
    return join_surfaces(
        RoadNetwork(
            **points,
            lane_type=lane_type,
            lane_speed_limit=np.array([_checked(lane, "speed_limit", lane.speed_limit) for lane in lanes], np.float64),
            lane_left=_neighbors(index, lanes, "left"),
            lane_right=_neighbors(index, lanes, "right"),
            lane_opposite=_neighbors(index, lanes, "opposite"),
            lane_road=np.array([lane.road for lane in lanes], np.int32),
            lane_junction=junction,
            lane_turn=np.array([lane.turn for lane in lanes], np.int32),
            lane_priority=np.array([lane.priority for lane in lanes], np.int32),
            lane_name=np.array([lane.name for lane in lanes], np.str_),
            point_width=width,
            point_bank=bank,
            **told_across(lanes, keep),
            successor_first=successor_first,
            successor=successor,
            predecessor_first=predecessor_first,
            predecessor=predecessor,
            conflict_first=conflicts[0],
            conflict_lane=conflicts[1],
            conflict_enter=conflicts[2],
            conflict_leave=conflicts[3],
            signal_position=_triples([_point("signal", signal.name, signal.position) for signal in signals]),
            signal_heading=np.array([signal.heading for signal in signals], np.float64),
            signal_group=signal_group,
            signal_name=np.array([signal.name for signal in signals], np.str_),
            program_duration=program[0],
            program_color=program[1],
            program_offset=program[2],
            **_stop_lines(
                stop_lines, index, points["lane_length"], {signal.name: i for i, signal in enumerate(signals)}
            ),
            crossing_start=_triples([_point("crossing", str(i), c.start) for i, c in enumerate(crossings)]),
            crossing_end=_triples([_point("crossing", str(i), c.end) for i, c in enumerate(crossings)]),
            crossing_width=np.array([crossing.width for crossing in crossings], np.float64),
            crossing_signal=np.array([_group(groups, crossing) for crossing in crossings], np.int32),
            crossing_lane_first=crossing_first,
            crossing_lane=crossing_lane,
            crossing_s=crossing_s,
            sign_position=_triples([_point("sign", sign.kind, sign.position) for sign in signs]),
            sign_heading=np.array([sign.heading for sign in signs], np.float64),
            sign_type=np.array([sign.kind for sign in signs], np.str_),
        )
    )


def _lane(index: dict[str, int], lane: LaneDraft, key: str, name: str) -> int:
    if name not in index:
        raise ScenarioError(f"road: lane {lane.name!r}: {key} names {name!r}, which is no lane of this network")
    return index[name]


def _neighbors(index: dict[str, int], lanes: list[LaneDraft], key: str) -> NDArray[np.int32]:
    named = [(lane, getattr(lane, key)) for lane in lanes]
    return np.array([-1 if name is None else _lane(index, lane, key, name) for lane, name in named], np.int32)


def _checked(lane: LaneDraft, key: str, value: float) -> float:
    if not 0.0 < value < 1_000.0:
        raise ScenarioError(f"road: lane {lane.name!r}: {key} is {value}; above 0 and below 1000 is allowed")
    return value


def _point(what: str, name: str, point: tuple[float, float, float]) -> tuple[float, float, float]:
    if len(point) != 3 or not all(abs(value) <= LARGEST_COORDINATE for value in point):
        raise ScenarioError(f"road: {what} {name!r} lies at {point}; three finite numbers up to 1e8 m are allowed")
    return point


def _triples(rows: list[tuple[float, float, float]]) -> NDArray[np.float64]:
    return np.array(rows, np.float64).reshape(-1, 3)


def _unique(values: list[int]) -> list[int]:
    return list(dict.fromkeys(values))


def _csr(rows: list[list], dtype: type) -> tuple[NDArray[np.int32], NDArray]:
    first = np.cumsum([0] + [len(row) for row in rows]).astype(np.int32)
    return first, np.array([value for row in rows for value in row], dtype)


def _conflicts(
    points: dict[str, Any],
    width: NDArray[np.float64],
    lane_type: NDArray[np.int32],
    junction: NDArray[np.int32],
    predecessors: list[list[int]],
    successors: list[list[int]],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """Return the conflicts of all junctions as CSR: first, lane, enter, leave."""
    position, first = points["point_position"], points["lane_first_point"]
    widest = np.maximum.reduceat(width, first[:-1])[:, None] * np.array([0.5, 0.5, 0.0])
    reach = widest + np.array([0.0, 0.0, 0.5 * CLEARANCE])
    low = np.minimum.reduceat(position, first[:-1], axis=0) - reach
    high = np.maximum.reduceat(position, first[:-1], axis=0) + reach
    before, after = [set(row) for row in predecessors], [set(row) for row in successors]
    traveled = np.isin(lane_type, [int(kind) for kind in _TRAVELED])
    pairs = np.concatenate(
        [np.zeros((0, 2), np.int32)]
        + [
            candidate_pairs(np.flatnonzero((junction == j) & traveled).astype(np.int32), low, high, before, after)
            for j in np.unique(junction[junction >= 0])
        ]
    ).astype(np.int32)
    ranges, found = np.zeros((len(pairs), 4)), np.zeros(len(pairs), np.bool_)
    pair_conflicts(position, points["point_heading"], width, points["point_s"], first, pairs, ranges, found)
    pairs, ranges = pairs[found], ranges[found]
    lane = np.concatenate([pairs[:, 0], pairs[:, 1]])
    other = np.concatenate([pairs[:, 1], pairs[:, 0]])
    own = np.concatenate([ranges[:, :2], ranges[:, 2:]])
    order = np.lexsort((other, lane))
    starts = np.searchsorted(lane[order], np.arange(len(first))).astype(np.int32)
    return starts, other[order].astype(np.int32), own[order, 0].copy(), own[order, 1].copy()


def _programs(
    signals: list[SignalDraft],
) -> tuple[dict[str, int], NDArray[np.int32], tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.float64]]]:
    """Return the named groups' rows, every signal's row, and durations, colors and offsets of the programs."""
    rows: list[SignalDraft] = []
    groups: dict[str, int] = {}
    member = np.zeros(len(signals), np.int32)
    if len({signal.name for signal in signals}) < len(signals):
        raise ScenarioError("road: two signals have one name; every signal needs its own")
    for i, signal in enumerate(signals):
        durations = [duration for duration, _ in signal.program]
        if not durations or not all(0.0 <= d < 1e6 for d in durations) or sum(durations) <= 0.0:
            raise ScenarioError(
                f"road: signal {signal.name!r} has phases of {durations} s; they must be finite and one above 0"
            )
        if not abs(signal.offset) < 1e9 or not abs(signal.heading) < 1e9:
            raise ScenarioError(f"road: signal {signal.name!r}: offset and heading must be finite")
        if signal.group and signal.group in groups:
            row = rows[groups[signal.group]]
            if (row.program, row.offset) != (signal.program, signal.offset):
                raise ScenarioError(
                    f"road: signals {row.name!r} and {signal.name!r} of group {signal.group!r} have different "
                    "programs; one group has one"
                )
            member[i] = groups[signal.group]
            continue
        member[i] = len(rows)
        if signal.group:
            groups[signal.group] = len(rows)
        rows.append(signal)
    phases = max([len(signal.program) for signal in rows], default=1)
    duration, color = np.zeros((len(rows), phases)), np.full((len(rows), phases), int(SignalColor.OFF), np.int32)
    for g, signal in enumerate(rows):
        for p, (seconds, shown) in enumerate(signal.program):
            duration[g, p], color[g, p] = seconds, int(shown)
    return groups, member, (duration, color, np.array([signal.offset for signal in rows], np.float64))


def _stop_lines(
    stop_lines: list[StopLineDraft], index: dict[str, int], length: NDArray[np.float64], signals: dict[str, int]
) -> dict[str, NDArray]:
    for line in stop_lines:
        if line.lane not in index:
            raise ScenarioError(f"road: a stop line names {line.lane!r}, which is no lane of this network")
        if line.signal is not None and line.signal not in signals:
            raise ScenarioError(f"road: the stop line of lane {line.lane!r} names {line.signal!r}, which is no signal")
        if not -LARGEST_COORDINATE < line.s < LARGEST_COORDINATE:
            raise ScenarioError(f"road: the stop line of lane {line.lane!r} lies at s = {line.s}; s must be finite")
    lane = np.array([index[line.lane] for line in stop_lines], np.int32)
    s = np.array([line.s for line in stop_lines], np.float64)
    return {
        "stop_lane": lane,
        "stop_s": np.minimum(np.maximum(s, 0.0), length[lane]),
        "stop_signal": np.array([-1 if line.signal is None else signals[line.signal] for line in stop_lines], np.int32),
        "stop_yield": np.array([line.yield_kind for line in stop_lines], np.int32),
    }


def _group(groups: dict[str, int], crossing: CrossingDraft) -> int:
    if not 0.0 < crossing.width < 1_000.0:
        raise ScenarioError(f"road: a crossing is {crossing.width} m wide; above 0 and below 1000 is allowed")
    if crossing.signal is None:
        return -1
    if crossing.signal not in groups:
        raise ScenarioError(f"road: a crossing names {crossing.signal!r}, which is no signal group")
    return groups[crossing.signal]


def _lanes_crossed(
    crossing: CrossingDraft, points: dict[str, Any], lane_type: NDArray[np.int32]
) -> list[tuple[int, float]]:
    """Return the driving and biking lanes whose center line a crossing meets, in order of lane, and where."""
    lines, capacity = CenterLines(*(points[name] for name in CenterLines._fields)), 64
    start, end = (
        tuple(float(value) for value in _point("crossing", which, place))
        for which, place in (("start", crossing.start), ("end", crossing.end))
    )
    while True:
        hit, where = np.zeros(capacity, np.int32), np.zeros(capacity)
        found = intersect_segment(lines, start, end, CLEARANCE, hit, where)
        if found <= capacity:
            break
        capacity = found
    hits = {(int(points["point_lane"][p]), float(at)) for p, at in zip(hit[:found], where[:found], strict=True)}
    return sorted((lane, at) for lane, at in hits if LaneType(lane_type[lane]) in _TRAVELED)
