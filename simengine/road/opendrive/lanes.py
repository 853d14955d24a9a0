"""From sampled cross-sections to lane drafts: where each lane exists, which way it runs, what it is called."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.build import LaneDraft
from simengine.road.network import LaneType, MarkingType
from simengine.road.opendrive.cross_section import CrossSections, sample
from simengine.road.opendrive.model import Lane, Mark, OpenDrive, Road, Section
from simengine.road.opendrive.virtual_junctions import MAIN_PRIORITY, Branches, find_branches

MAX_POINTS = 4_000_000  # of all lanes of a file
MAX_JUNCTION_LANES = 1_000
DEFAULT_SPEED = 50.0 / 3.6  # where a file states neither limit nor road type [m/s]
MIN_WIDTH = 0.05  # a lane narrower than this is not there [m]
_MIN_LENGTH = 0.05  # a lane shorter than this is only passed through [m]
_SPEED_CUT = 1.0  # a change of speed limit this near to a section's end counts as being there [m]

Node = tuple[str, int, int]  # road, stretch, lane


@dataclass(frozen=True)
class Stretch:
    """A part of a section over which no speed limit changes: a bundle of parallel lanes."""

    section: Section
    number: int  # of the section in its road
    start: float  # [m]
    end: float


@dataclass(frozen=True)
class Span:
    """One lane draft and the range of s it covers."""

    draft: LaneDraft
    start: float  # [m]
    end: float


@dataclass
class LaneMap:
    """All lane drafts of a file, found by road, stretch and lane number."""

    stretches: dict[str, list[Stretch]] = field(default_factory=dict)
    spans: dict[Node, list[Span]] = field(default_factory=dict)  # of a lane too short to draw: empty
    forward: dict[Node, bool] = field(default_factory=dict)  # runs along s
    drafts: list[LaneDraft] = field(default_factory=list)
    branches: Branches = field(default_factory=lambda: Branches({}, {}))

    def boundary(self, road: str, s: float) -> int:
        """Return the stretch of a road that starts nearest to a place [m]: 0 to the number of stretches."""
        stretches = self.stretches[road]
        bounds = [stretches[0].start, *(stretch.end for stretch in stretches)]
        return min(range(len(bounds)), key=lambda i: abs(bounds[i] - s))

    def at(self, road: str, s: float) -> int:
        """Return the stretch of a road that holds a place [m]."""
        stretches = self.stretches[road]
        return next((i for i, stretch in enumerate(stretches) if s < stretch.end), len(stretches) - 1)

    def ends(self, node: Node, end: str) -> Span | None:
        """Return the span of a lane that reaches the "start" or "end" of its stretch, if one does."""
        spans = self.spans.get(node)
        if not spans:
            return None
        stretch = self.stretches[node[0]][node[1]]
        if end == "start":
            return spans[0] if spans[0].start <= stretch.start + 1e-6 else None
        return spans[-1] if spans[-1].end >= stretch.end - 1e-6 else None


def runs_forward(road: Road, lane: Lane) -> bool:
    """Tell whether traffic on a lane runs along s: right lanes do where people drive on the right."""
    return ((lane.id < 0) == road.right_hand) != lane.reverse


def _stretches(road: Road, branches: Branches) -> list[Stretch]:
    result: list[Stretch] = []
    for number, section in enumerate(road.sections):
        cuts = {s for s, _ in road.speeds} | branches.cuts(road.id)
        cuts |= {section.start + s for lane in (*section.left, *section.right) for s, _ in lane.speeds}
        inner = sorted(s for s in cuts if section.start + _SPEED_CUT <= s <= section.end - _SPEED_CUT)
        bounds = [section.start, *inner, section.end]
        result += [Stretch(section, number, a, b) for a, b in zip(bounds, bounds[1:], strict=False)]
    return result


def _speed_limit(road: Road, lane: Lane, section: Section, s: float) -> float:
    """Return the limit at s [m/s]: the lane's own, else the road's, else what is usual in a town; 0 counts as none."""
    own = [value for offset, value in lane.speeds if section.start + offset <= s]
    general = [value for start, value in road.speeds if start <= s]
    value = own[-1] if own else general[-1] if general else 0.0
    return value if value > 0.0 else DEFAULT_SPEED


def _marking(marks: tuple[Mark, ...], section: Section, start: float, end: float, inner: bool) -> MarkingType:
    """Return the marking that covers most of a range of s [m], seen from inside or outside of the line."""
    covered: dict[MarkingType, float] = {}
    limits = [section.start + mark.offset for mark in marks[1:]] + [section.end]
    for mark, limit in zip(marks, limits, strict=False):
        length = min(end, limit) - max(start, section.start + mark.offset)
        kind = mark.inner if inner else mark.outer
        covered[kind] = covered.get(kind, 0.0) + max(length, 0.0)
    if not covered:
        return MarkingType.NONE
    return max(covered, key=lambda kind: covered[kind])


@njit(cache=True)
def keep_advancing(point: NDArray[np.float64], heading: NDArray[np.float64], keep: NDArray[np.bool_]) -> None:
    """Mark the points that advance along the road; inside a curve tighter than a lane's offset the line folds back.

    Args:
        point: Centre line in order of s [m]. Shape (num_stations, 3).
        heading: Of the reference line [rad]. Shape (num_stations,).
        keep: Written; the last point is kept wherever one before it is left. Shape (num_stations,).
    """
    n = point.shape[0]
    keep[:] = False
    last = 0
    keep[0] = True
    for i in range(1, n):
        if _advance(point, heading, last, i) > 1e-3:
            keep[i] = True
            last = i
    if not keep[n - 1]:
        while last > 0 and _advance(point, heading, last, n - 1) <= 1e-3:
            keep[last] = False
            last -= 1
            while last > 0 and not keep[last]:
                last -= 1
        keep[n - 1] = _advance(point, heading, last, n - 1) > 1e-3


@njit(cache=True)
def _advance(point: NDArray[np.float64], heading: NDArray[np.float64], a: int, b: int) -> float:
    """Return how far b lies ahead of a along the road's direction at b [m]."""
    dx, dy = point[b, 0] - point[a, 0], point[b, 1] - point[a, 1]
    return dx * math.cos(heading[b]) + dy * math.sin(heading[b])


@njit(cache=True)
def square_widths(
    point: NDArray[np.float64], heading: NDArray[np.float64], width: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Turn widths measured across the road into widths across the lane, which are less where it runs askew.

    Args:
        point: Centre line [m]. Shape (n, 3), at least two.
        heading: Of the reference line [rad]. Shape (n,).
        width: Across the reference line [m]. Shape (n,).
        out: Written [m]. Shape (n,).
    """
    n = point.shape[0]
    for i in range(n):
        a, b = max(i - 1, 0), min(i + 1, n - 1)
        dx, dy = point[b, 0] - point[a, 0], point[b, 1] - point[a, 1]
        norm = math.sqrt(dx * dx + dy * dy)
        along = dx * math.cos(heading[i]) + dy * math.sin(heading[i])
        out[i] = width[i] * abs(along) / norm if norm > 0.0 else width[i]


def _existing(width: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the ranges of stations (first, one past the last) over which a lane is there; two stations at least."""
    there = np.flatnonzero(np.diff(np.concatenate([[False], width > MIN_WIDTH, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in there.reshape(-1, 2) if b - a >= 2]


def _spans(road: Road, place: Stretch, at: CrossSections, k: int, name: str, common: dict) -> list[Span]:
    """Draw one lane of a stretch: one draft for every range of s in which it has a width."""
    lane = at.lanes[k]
    forward = runs_forward(road, lane)
    spans = []
    ranges = _existing(at.width[k])
    for number, (a, b) in enumerate(ranges):
        point, heading = at.point[k, a:b], at.heading[a:b]
        keep = np.zeros(b - a, np.bool_)
        keep_advancing(point, heading, keep)
        steps = np.diff(point[keep], axis=0)
        if np.sqrt((steps * steps).sum(axis=1)).sum() < _MIN_LENGTH:
            continue
        width = np.zeros(int(keep.sum()))
        square_widths(point[keep], heading[keep], at.width[k, a:b][keep], width)
        order = slice(None) if forward else slice(None, None, -1)
        start, end = float(at.station[a]), float(at.station[b - 1])
        inner_marks = _inner_marks(place.section, lane)
        inner = _marking(inner_marks[0], place.section, start, end, inner_marks[1])
        outer = _marking(lane.marks, place.section, start, end, True)
        inner_is_left = (lane.id < 0) == forward
        draft = LaneDraft(
            name=name if len(ranges) == 1 else f"{name}.{number}",
            points=np.ascontiguousarray(point[keep][order]),
            width=np.ascontiguousarray(width[order]),
            bank=np.ascontiguousarray((at.bank[k, a:b] if forward else -at.bank[k, a:b])[keep][order]),
            lane_type=lane.kind if lane.kind is not None else LaneType.DRIVING,
            speed_limit=_speed_limit(road, lane, place.section, 0.5 * (start + end)),
            marking_left=inner if inner_is_left else outer,
            marking_right=outer if inner_is_left else inner,
            **common,
        )
        spans.append(Span(draft, start, end))
    return spans


def _inner_marks(section: Section, lane: Lane) -> tuple[tuple[Mark, ...], bool]:
    """Return the marks on a lane's inner edge and whether the lane sees them from inside.

    A mark belongs to the lane within it, which sees it from inside; the lane beyond sees it from outside. The centre's
    marks are written from left to right: the left lane sees their first line, the right lane their second.
    """
    if abs(lane.id) > 1:
        within = section.lane(lane.id - 1 if lane.id > 0 else lane.id + 1)
        return (within.marks if within is not None else ()), False
    return section.center.marks, lane.id > 0


def _beside(
    row: list[int], spans: dict[int, list[Span]], number: int, span: Span, step: int
) -> tuple[int, Span] | None:
    """Return the next lane (and its span) left (−1) or right (1) along s that is there over part of a span's range.

    Args:
        row: Lane numbers from left to right, seen along s.
    """
    i = row.index(number) + step
    while 0 <= i < len(row):
        best = max(spans[row[i]], key=lambda other: min(span.end, other.end) - max(span.start, other.start))
        if min(span.end, best.end) > max(span.start, best.start):
            return row[i], best
        i += step
    return None


def _set_neighbours(road: Road, stretch: Stretch, spans: dict[int, list[Span]]) -> None:
    """Name each lane's neighbours of its own direction, and a driving lane's nearest oncoming one.

    A lane of type "none" that has a width is a gap: nothing beyond it is a neighbour. Oncoming lanes count only where
    nothing but driving lanes lies between, so a median or a hard strip ends the search.
    """
    numbers = [lane.id for lane in reversed(stretch.section.left)] + [lane.id for lane in stretch.section.right]
    row = [number for number in numbers if spans[number]]
    lanes = {lane.id: lane for lane in (*stretch.section.left, *stretch.section.right)}
    forward = {number: runs_forward(road, lanes[number]) for number in row}
    for number in row:
        for span in spans[number]:
            for step, side in ((-1, "left"), (1, "right")):
                found = _beside(row, spans, number, span, step if forward[number] else -step)
                if found is not None and lanes[found[0]].kind is not None and forward[found[0]] == forward[number]:
                    setattr(span.draft, side, found[1].draft.name)
            step = -1 if forward[number] == road.right_hand else 1  # towards oncoming traffic
            found = (number, span) if lanes[number].kind == LaneType.DRIVING else None
            while found is not None:
                found = _beside(row, spans, *found, step)
                if found is None or lanes[found[0]].kind != LaneType.DRIVING:
                    break
                if forward[found[0]] != forward[number]:
                    span.draft.opposite = found[1].draft.name
                    break


def draw_lanes(model: OpenDrive) -> LaneMap:
    """Sample every road of a file into lane drafts, without links.

    Raises:
        ScenarioError: A width, height or offset is out of range, or the file needs more than `MAX_POINTS` points.
    """
    lanes = LaneMap(branches=find_branches(model))
    points = 0
    crowd: dict[str, int] = {}
    for index, road in enumerate(model.roads.values()):
        lanes.stretches[road.id] = _stretches(road, lanes.branches)
        junction = model.junctions.get(road.junction) if road.junction else None
        if road.junction and junction is None:
            raise road.element.error(f"junction='{road.junction}': the file has no such junction")
        crowd[road.junction] = crowd.get(road.junction, 0) + max(len(s.left) + len(s.right) for s in road.sections)
        if road.junction and crowd[road.junction] > MAX_JUNCTION_LANES:
            raise road.element.error(f"junction='{road.junction}': may have {MAX_JUNCTION_LANES} lanes, it has more")
        for number, stretch in enumerate(lanes.stretches[road.id]):
            members = (*stretch.section.left, *stretch.section.right)
            spans: dict[int, list[Span]] = {lane.id: [] for lane in members}
            if stretch.end - stretch.start >= _MIN_LENGTH:
                at = sample(road, stretch.section, stretch.start, stretch.end, MAX_POINTS - points)
                points += at.width.size
                common: dict[str, Any] = {"road": index, "junction": -1 if junction is None else junction.index}
                crossed = lanes.branches.junction(road.id, stretch.start, stretch.end)
                if junction is None and crossed >= 0:
                    common |= {"junction": crossed, "priority": MAIN_PRIORITY}
                for k, lane in enumerate(at.lanes):
                    spans[lane.id] = _spans(road, stretch, at, k, f"{road.id}.{number}.{lane.id}", common)
                _set_neighbours(road, stretch, spans)
            for lane in members:
                node = (road.id, number, lane.id)
                lanes.forward[node] = runs_forward(road, lane)
                if lane.kind is not None:
                    lanes.spans[node] = spans[lane.id]
                    lanes.drafts += [span.draft for span in spans[lane.id]]
    return lanes
