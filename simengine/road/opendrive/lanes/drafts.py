"""From sampled cross-sections to lane drafts: where each lane exists, which way it runs, what it is called."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import LaneType
from simengine.road.opendrive.lanes.cross_section import MIN_WIDTH, CrossSections, sample
from simengine.road.opendrive.lanes.folds import Path, unfold
from simengine.road.opendrive.lanes.lane_edges import edge_lines
from simengine.road.opendrive.lanes.lane_height import lane_rises
from simengine.road.opendrive.lanes.points_along import keep_advancing, square_widths
from simengine.road.opendrive.lanes.virtual_junctions import MAIN_PRIORITY, Branches, find_branches
from simengine.road.opendrive.model import Lane, OpenDrive, Road, Section

MAX_POINTS = 4_000_000  # of all lanes of a file
MAX_JUNCTION_LANES = 1_000
DEFAULT_SPEED = 50.0 / 3.6  # where a file states neither limit nor road type [m/s]
_MIN_LENGTH = 0.05  # a lane shorter than this is only passed through [m]
_TRAVELED = (LaneType.DRIVING, LaneType.BIKING)
# A driving lane that begins and ends beside others within this way is a bay: vehicles cannot follow it anywhere [m].
_LONGEST_BAY = 100.0
_STEEPEST_TAPER = 0.4  # of a lane that is driven into: its width over the way in which it gets it
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
    is_cut: bool = False  # a part of a lane that folds: what lies beside it there lies beside it elsewhere too


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
        cuts |= {lane.origin + s for lane in (*section.left, *section.right) for s, _ in lane.speeds}
        inner = sorted(s for s in cuts if section.start + _SPEED_CUT <= s <= section.end - _SPEED_CUT)
        bounds = [section.start, *inner, section.end]
        result += [Stretch(section, number, a, b) for a, b in zip(bounds, bounds[1:], strict=False)]
    return result


def _speed_limit(road: Road, lane: Lane, s: float) -> float:
    """Return the limit at s [m/s]: the lane's own, else the road's, else what is usual in a town; 0 counts as none."""
    own = [value for offset, value in lane.speeds if lane.origin + offset <= s]
    general = [value for start, value in road.speeds if start <= s]
    value = own[-1] if own else general[-1] if general else 0.0
    return value if value > 0.0 else DEFAULT_SPEED


def _existing(width: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the ranges of stations (first, one past the last) over which a lane is there; two stations at least."""
    there = np.flatnonzero(np.diff(np.concatenate([[False], width > MIN_WIDTH, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in there.reshape(-1, 2) if b - a >= 2]


def _pieces(lane: Lane, path: Path, width: NDArray[np.float64]) -> tuple[list[Path], bool]:
    """Return what is drawn of a lane: its line, without folds where traffic goes; and whether that changed it."""
    if lane.kind not in _TRAVELED:
        return [path], False
    pieces, changed = unfold(path, width)
    if changed:
        place = f"id='{lane.id}' at s = {path.station[0]:.4g} to {path.station[-1]:.4g} m"
        whole = "is rounded" if len(pieces) == 1 else "is cut there" if pieces else "is left out"
        lane.element.remark(f"folds back on itself inside a bend: {whole}", place)
    return pieces, changed


def _is_bay(lane: Lane, place: Stretch, station: NDArray[np.float64], width: NDArray[np.float64], common: dict) -> bool:
    """Tell whether a driving lane is a row of parking places: it leads nowhere, and nobody drives in along it.

    It begins and ends inside its section, and at an end becomes as wide as it is within a way in which a car gets only
    by turning in, as the ends of parking bays do; lanes for passing taper gently.

    Args:
        lane, place: Which and where.
        station: Of the rows in which it has a width, along the road [m].
        width: There [m].
        common: What all drafts of the road share.
    """
    start, end, most = float(station[0]), float(station[-1]), 0.9 * float(width.max())
    inside = place.start + 1e-6 < start and end < place.end - 1e-6
    if lane.kind != LaneType.DRIVING or not inside or end - start >= _LONGEST_BAY or common["junction"] >= 0:
        return False
    wide = np.flatnonzero(width >= most)
    tapers = max(0.0, float(station[wide[0]]) - start), max(0.0, end - float(station[wide[-1]]))
    return most > _STEEPEST_TAPER * min(tapers)


def _spans(
    road: Road, place: Stretch, at: CrossSections, rise: NDArray[np.float64], k: int, name: str, common: dict
) -> list[Span]:
    """Draw one lane of a stretch: one draft for every range of s in which it has a width and does not break.

    Args:
        road, place: Where.
        at: The stretch, sampled.
        rise: Of the lane, inner edge first [m]. Shape (num_stations, 4).
        k: Row of the lane.
        name: Of the lane; pieces are numbered.
        common: What all drafts of the road share.
    """
    lane = at.lanes[k]
    forward = runs_forward(road, lane)
    inner_is_left = (lane.id < 0) == forward
    order = slice(None) if forward else slice(None, None, -1)
    bank, rise = at.bank[k] if forward else -at.bank[k], rise if inner_is_left else rise[:, ::-1]
    drawn = []
    for a, b in _existing(at.width[k]):
        pieces, changed = _pieces(lane, Path(at.station[a:b], at.point[k, a:b], at.heading[a:b]), at.width[k, a:b])
        drawn += [(piece, slice(a, b), changed) for piece in pieces]
    spans = []
    for number, (path, rows, changed) in enumerate(drawn):
        keep = np.zeros(len(path.station), np.bool_)
        keep_advancing(path.point, path.heading, keep)
        point, heading, station = path.point[keep], path.heading[keep], path.station[keep]
        steps = np.diff(point, axis=0)
        if np.sqrt((steps * steps).sum(axis=1)).sum() < _MIN_LENGTH:
            continue
        across = np.column_stack([at.width[k], bank, rise])[rows]
        if changed:
            across = np.column_stack([np.interp(station, at.station[rows], column) for column in across.T])
        else:
            across = across[keep]
        width = np.zeros(len(station))
        square_widths(point, heading, np.ascontiguousarray(across[:, 0]), width)
        start, end = float(path.station[0]), float(path.station[-1])
        kind = lane.kind if lane.kind is not None else LaneType.DRIVING
        if not changed and _is_bay(lane, place, at.station[rows], at.width[k, rows], common):
            where = f"id='{lane.id}' at s = {start:.4g} to {end:.4g} m"
            lane.element.remark("is for driving, but begins and ends beside others: taken for a parking bay", where)
            kind = LaneType.PARKING
        middle = 0.5 * (station[1:] + station[:-1])[order]
        inner, outer = edge_lines(place.section, lane, np.append(middle, middle[-1:]))
        left, right = (inner, outer) if inner_is_left else (outer, inner)
        draft = LaneDraft(
            name=name if len(drawn) == 1 else f"{name}.{number}",
            points=np.ascontiguousarray(point[order]),
            width=np.ascontiguousarray(width[order]),
            bank=np.ascontiguousarray(across[order, 1]),
            rise=np.ascontiguousarray(across[order, 2:]),
            lane_type=kind,
            speed_limit=_speed_limit(road, lane, 0.5 * (start + end)),
            marking_left=left.marking,
            marking_right=right.marking,
            may_cross_left=left.may_cross,
            may_cross_right=right.may_cross,
            yellow_left=left.yellow,
            yellow_right=right.yellow,
            **common,
        )
        is_cut = changed and (start > at.station[rows][0] + 1e-6 or end < at.station[rows][-1] - 1e-6)
        spans.append(Span(draft, start, end, is_cut))
    return spans


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


def _set_neighbors(road: Road, stretch: Stretch, spans: dict[int, list[Span]]) -> None:
    """Name each lane's neighbors of its own direction, and a driving lane's nearest oncoming one.

    A lane of type "none" that has a width is a gap: nothing beyond it is a neighbor. Oncoming lanes count only where
    nothing but driving lanes lies between, so a median or a hard strip ends the search. A lane that had to be cut where
    it folds has no neighbors.
    """
    numbers = [lane.id for lane in reversed(stretch.section.left)] + [lane.id for lane in stretch.section.right]
    row = [number for number in numbers if spans[number]]
    lanes = {lane.id: lane for lane in (*stretch.section.left, *stretch.section.right)}
    forward = {number: runs_forward(road, lanes[number]) for number in row}
    for number in row:
        for span in spans[number]:
            for step, side in ((-1, "left"), (1, "right")):
                found = _beside(row, spans, number, span, step if forward[number] else -step)
                if found is None or span.is_cut or found[1].is_cut:
                    continue
                if lanes[found[0]].kind is not None and forward[found[0]] == forward[number]:
                    setattr(span.draft, side, found[1].draft.name)
            step = -1 if forward[number] == road.right_hand else 1  # towards oncoming traffic
            found = (number, span) if lanes[number].kind == LaneType.DRIVING and not span.is_cut else None
            while found is not None:
                found = _beside(row, spans, *found, step)
                if found is None or lanes[found[0]].kind != LaneType.DRIVING or found[1].is_cut:
                    break
                if found[1].draft.lane_type != LaneType.DRIVING:
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
        junction = model.junctions[road.junction] if road.junction else None
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
                rises = lane_rises(at.lanes, at.station, at.width)
                for k, lane in enumerate(at.lanes):
                    name = f"{road.id}.{number}.{lane.id}"
                    spans[lane.id] = _spans(road, stretch, at, rises[k], k, name, common)
                _set_neighbors(road, stretch, spans)
            for lane in members:
                node = (road.id, number, lane.id)
                lanes.forward[node] = runs_forward(road, lane)
                if lane.kind is not None:
                    lanes.spans[node] = spans[lane.id]
                    lanes.drafts += [span.draft for span in spans[lane.id]]
    return lanes
