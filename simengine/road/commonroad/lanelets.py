"""Lanelets of a CommonRoad file as lane drafts: center lines, widths, neighbors, successors, types, speed limits."""

import math
from dataclasses import dataclass, field

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.commonroad.link_check import can_follow, lies_beside
from simengine.road.commonroad.shapes import point
from simengine.road.files.xml import Element
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import LaneType, MarkingType
from simengine.road.network.polyline import lengths

MAX_WIDTH = 500.0  # of a lanelet [m]
MAX_LENGTH = 100_000.0  # of a lanelet [m]
MAX_BANK = 1.2  # [rad]
MAX_STEP = 5.0  # between points of a center line [m]
_SAME = 1e-3  # bound points nearer than this are one [m]
_HOOK = 1.0  # a piece at the end of a center line no longer than this, turned against the next, is a hook [m]
_HOOK_TURN = 0.5  # [rad]

# Lanelet types of the format (2020a); those not named here are for driving on.
_TYPES = {
    "sidewalk": LaneType.PAVEMENT, "bicycleLane": LaneType.BIKING, "shoulder": LaneType.SHOULDER,
    "border": LaneType.SHOULDER, "parking": LaneType.PARKING, "restricted": LaneType.MEDIAN,
}  # fmt: skip
_DRIVING_TYPES = (
    "urban", "country", "highway", "driveWay", "mainCarriageWay", "accessRamp", "exitRamp", "busLane", "busStop",
    "interstate", "intersection", "unknown",
)  # fmt: skip
_USERS = ("vehicle", "car", "truck", "bus", "motorcycle", "priorityVehicle", "taxi", "train", "bicycle", "pedestrian")
# Usual limits where neither sign nor speedLimit gives one [m/s]: German law (StVO §3; motorway: recommended speed).
_TYPE_SPEED = {
    "interstate": 130.0 / 3.6, "highway": 130.0 / 3.6, "country": 100.0 / 3.6, "urban": 50.0 / 3.6,
    "driveWay": 10.0 / 3.6,
}  # fmt: skip
DEFAULT_SPEED = 50.0 / 3.6
_MIXED = {  # the lines from left to right: as seen across a left, a right bound
    "solid_dashed": (MarkingType.BROKEN_SOLID, MarkingType.SOLID_BROKEN),
    "dashed_solid": (MarkingType.SOLID_BROKEN, MarkingType.BROKEN_SOLID),
}
_ACROSS = {  # a line as seen from its other side
    MarkingType.SOLID_BROKEN: MarkingType.BROKEN_SOLID, MarkingType.BROKEN_SOLID: MarkingType.SOLID_BROKEN,
}  # fmt: skip
_MARKINGS = {
    "solid": MarkingType.SOLID, "broad_solid": MarkingType.SOLID, "dashed": MarkingType.BROKEN,
    "broad_dashed": MarkingType.BROKEN, "solid_solid": MarkingType.DOUBLE_SOLID,
    "dashed_dashed": MarkingType.DOUBLE_BROKEN, "curb": MarkingType.CURB, "lowered_curb": MarkingType.CURB,
    "no_marking": MarkingType.NONE, "unknown": MarkingType.NONE,
}  # fmt: skip


@dataclass
class Lanelet:
    """One lanelet: its draft, its outline and what it refers to."""

    id: str
    element: Element
    draft: LaneDraft
    left: NDArray[np.float64]  # bounds in direction of travel (num_points, 3) [m]
    right: NDArray[np.float64]
    types: tuple[str, ...]
    signs: tuple[str, ...]
    lights: tuple[str, ...]
    predecessors: tuple[str, ...]
    successors: tuple[str, ...]
    limited: bool = False  # whether the file states its speed limit
    adjacent: dict[str, tuple[str, bool]] = field(default_factory=dict)  # "left"/"right" → lanelet, same direction

    @property
    def is_crosswalk(self) -> bool:
        """Whether this is a crossing for people, not a lane."""
        return "crosswalk" in self.types


def refs(element: Element, tag: str) -> tuple[str, ...]:
    """Return the ids that the children of a tag refer to."""
    return tuple(child.string("ref") for child in element.all(tag))


def _bound(lanelet: Element, tag: str) -> NDArray[np.float64]:
    element = lanelet.require(tag)
    points = np.array([point(child) for child in element.all("point")], np.float64).reshape(-1, 3)
    if len(points) < 2:
        raise element.error(f"has {len(points)} points; a bound needs 2")
    return points


def _resample(points: NDArray[np.float64], fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    s = lengths(points)
    return np.stack([np.interp(fraction * s[-1], s, points[:, k]) for k in range(3)], axis=1)


def _paired(left: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give both bounds points at the same fractions of their length, if they have not the same number already."""
    if len(left) == len(right):
        return left, right
    fractions = [s / max(s[-1], 1e-9) for s in (lengths(left), lengths(right))]
    union = np.unique(np.concatenate(fractions))
    return _resample(left, union), _resample(right, union)


@njit(cache=True)
def drop_spikes(points: NDArray[np.float64], keep: NDArray[np.bool_]) -> None:
    """Unmark the inner points at which a line turns back on itself by more than 120°: slips of digitising.

    Args:
        points: [m]. Shape (n, 3).
        keep: True where a point counts; written. Shape (n,).
    """
    dropped = True
    while dropped:
        dropped = False
        before = -1
        here = -1
        for i in range(points.shape[0]):
            if not keep[i]:
                continue
            if before >= 0:
                ax, ay = points[here, 0] - points[before, 0], points[here, 1] - points[before, 1]
                bx, by = points[i, 0] - points[here, 0], points[i, 1] - points[here, 1]
                if ax * bx + ay * by < -0.5 * math.sqrt((ax * ax + ay * ay) * (bx * bx + by * by)):
                    keep[here] = False
                    dropped = True
                    here = i
                    continue
            before, here = here, i


def drop_hooks(points: NDArray[np.float64], keep: NDArray[np.bool_]) -> None:
    """Unmark the points next to an end at which a line turns sharply just before it: ends of a lanelet cut askew.

    The end itself stays, where the next lanelet begins; its direction is then that of the lanelet.

    Args:
        points: [m]. Shape (n, 3).
        keep: True where a point counts; written. Shape (n,).
    """
    for end in (0, -1):
        step = 1 if end == 0 else -1
        while keep.sum() > 2:
            last, inner, beyond = np.flatnonzero(keep)[[end, end + step, end + 2 * step]]
            piece, rest = points[inner, :2] - points[last, :2], points[beyond, :2] - points[inner, :2]
            turn = math.atan2(piece[0] * rest[1] - piece[1] * rest[0], piece[0] * rest[0] + piece[1] * rest[1])
            if math.hypot(*piece) > _HOOK or abs(turn) < _HOOK_TURN:
                break
            keep[inner] = False


@njit(cache=True)
def measure_width(
    left: NDArray[np.float64], right: NDArray[np.float64], width: NDArray[np.float64], bank: NDArray[np.float64]
) -> None:
    """Write width across the direction of travel [m] and bank [rad] at each pair of bound points.

    The ends of a lanelet may be cut askew; the width is the part of the pair's distance across the center line.
    """
    n = left.shape[0]
    for i in range(n):
        a, b = max(i - 1, 0), min(i + 1, n - 1)
        tx = left[b, 0] + right[b, 0] - left[a, 0] - right[a, 0]
        ty = left[b, 1] + right[b, 1] - left[a, 1] - right[a, 1]
        norm = max(math.sqrt(tx * tx + ty * ty), 1e-12)
        dx, dy = left[i, 0] - right[i, 0], left[i, 1] - right[i, 1]
        width[i] = abs(-ty * dx + tx * dy) / norm
        bank[i] = math.atan2(left[i, 2] - right[i, 2], max(width[i], 1e-3))


def _center_line(
    element: Element, left: NDArray[np.float64], right: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return center points, widths and bank, with no two points in one place and none farther apart than `MAX_STEP`."""
    apart = left - right
    apart = float(np.sqrt((apart * apart).sum(axis=1).max()))
    if apart > MAX_WIDTH:
        raise element.error(f"id='{element.string('id')}': is {apart:g} m wide; up to {MAX_WIDTH:g} m is allowed")
    center = 0.5 * (left + right)
    s = lengths(center)
    if not _SAME < s[-1] <= MAX_LENGTH:
        raise element.error(f"id='{element.string('id')}': is {s[-1]:g} m long; up to {MAX_LENGTH:g} m is allowed")
    keep = [0]
    for i in range(1, len(s)):
        if s[i] - s[keep[-1]] > _SAME:
            keep.append(i)
    left, right, center = left[keep], right[keep], center[keep]
    straight = np.ones(len(center), np.bool_)
    drop_spikes(center, straight)
    if not straight.all():
        name = f"lanelet {element.string('id')}"
        element.remark("has bounds that turn back on themselves; those points are left out", name)
    drop_hooks(center, straight)
    left, right, center = left[straight], right[straight], center[straight]
    s = lengths(center)
    width, bank = np.zeros(len(s)), np.zeros(len(s))
    measure_width(left, right, width, bank)
    if np.abs(bank).max() > MAX_BANK:
        steep = float(np.abs(bank).max())
        raise element.error(f"id='{element.string('id')}': banks by {steep:g} rad; up to {MAX_BANK:g} rad is allowed")
    counts = np.ceil(np.diff(s) / MAX_STEP - 1e-9).astype(np.int64)
    parts = [np.linspace(a, b, max(int(n), 1), endpoint=False) for a, b, n in zip(s, s[1:], counts, strict=False)]
    fine = np.append(np.concatenate(parts), s[-1])
    points = np.stack([np.interp(fine, s, center[:, k]) for k in range(3)], axis=1)
    return points, np.interp(fine, s, width), np.interp(fine, s, bank)


def _marking(bound: Element, side: int) -> MarkingType:
    element = bound.find("lineMarking")
    if element is None:
        return MarkingType.NONE
    name = element.text_choice((*_MARKINGS, *_MIXED))
    return _MIXED[name][side] if name in _MIXED else _MARKINGS[name]


def _share_marking(draft: LaneDraft, side: str, other: LaneDraft, other_side: str) -> None:
    """Give a bound of which this lanelet tells no line the one that its neighbor tells of it."""
    told = getattr(other, f"marking_{other_side}")
    if getattr(draft, f"marking_{side}") == MarkingType.NONE:
        setattr(draft, f"marking_{side}", _ACROSS.get(told, told))


def _lane_type(types: tuple[str, ...], users: set[str]) -> LaneType:
    for name in types:
        if name in _TYPES:
            return _TYPES[name]
    if users == {"pedestrian"}:
        return LaneType.PAVEMENT
    return LaneType.BIKING if users and users <= {"bicycle", "pedestrian"} else LaneType.DRIVING


def _lanelet(element: Element) -> Lanelet:
    name = element.string("id")
    left, right = _paired(_bound(element, "leftBound"), _bound(element, "rightBound"))
    points, width, bank = _center_line(element, left, right)
    allowed = (*_TYPES, *_DRIVING_TYPES, "crosswalk")
    types = tuple(child.text_choice(allowed) for child in element.all("laneletType"))
    users = {child.text_choice(_USERS) for tag in ("userOneWay", "userBidirectional") for child in element.all(tag)}
    limit = element.find("speedLimit")
    usual = next((_TYPE_SPEED[t] for t in types if t in _TYPE_SPEED), DEFAULT_SPEED)
    lanelet = Lanelet(
        id=name,
        element=element,
        draft=LaneDraft(
            name=name,
            points=points,
            width=width,
            bank=bank,
            lane_type=_lane_type(types, users),
            speed_limit=usual if limit is None else limit.text_number(0.1, 500.0),
            marking_left=_marking(element.require("leftBound"), 0),
            marking_right=_marking(element.require("rightBound"), 1),
        ),
        left=left,
        right=right,
        types=types,
        signs=refs(element, "trafficSignRef"),
        lights=refs(element, "trafficLightRef"),
        predecessors=refs(element, "predecessor"),
        successors=refs(element, "successor"),
        limited=limit is not None,
    )
    for side in ("left", "right"):
        neighbor = element.find(f"adjacent{side.capitalize()}")
        if neighbor is not None:
            same = neighbor.choice("drivingDir", ("same", "opposite")) == "same"
            lanelet.adjacent[side] = neighbor.string("ref"), same
    return lanelet


def read_lanelets(root: Element) -> dict[str, Lanelet]:
    """Read all lanelets, with neighbors, successors and roads set; crosswalks are among them.

    A reference to a lanelet that the file does not hold is the edge of the map. A successor that starts elsewhere than
    the lanelet ends is none: some hand-made files link lanelets a hundred meters apart.

    Raises:
        ScenarioError: Names file, line, element, value and what is allowed.
    """
    lanelets: dict[str, Lanelet] = {}
    for element in root.all("lanelet"):
        lanelet = _lanelet(element)
        if lanelet.id in lanelets:
            raise element.error(f"id='{lanelet.id}': another lanelet has this id")
        lanelets[lanelet.id] = lanelet
    if not lanelets:
        raise root.error("holds no <lanelet>; a road network needs one")
    lanes = {name: lanelet for name, lanelet in lanelets.items() if not lanelet.is_crosswalk}
    named_by: dict[str, list[str]] = {}  # as a predecessor
    for name, lanelet in lanes.items():
        for before in lanelet.predecessors:
            named_by.setdefault(before, []).append(name)
    for name, lanelet in lanes.items():
        following = dict.fromkeys(n for n in (*lanelet.successors, *named_by.get(name, ())) if n in lanes)
        lanelet.draft.successors = [n for n in following if can_follow(lanelet.element, lanelet.draft, lanes[n].draft)]
        for side, (other, stated) in list(lanelet.adjacent.items()):
            if other not in lanes:
                continue
            same = lies_beside(lanelet.element, lanelet.draft, lanes[other].draft, side, stated)
            if same is None:
                del lanelet.adjacent[side]
            elif same:
                setattr(lanelet.draft, side, other)
                _share_marking(lanelet.draft, side, lanes[other].draft, "right" if side == "left" else "left")
            else:
                lanelet.draft.opposite = other
                _share_marking(lanelet.draft, side, lanes[other].draft, side)
    _number_roads(lanes)
    return lanelets


def _number_roads(lanes: dict[str, Lanelet]) -> None:
    """Give lanelets that lie side by side one road."""
    road: dict[str, int] = {}
    beside: dict[str, list[str]] = {name: [] for name in lanes}
    for name, lanelet in lanes.items():
        for other, _ in lanelet.adjacent.values():
            if other in lanes:
                beside[name].append(other)
                beside[other].append(name)
    count = 0
    for name in lanes:
        if name in road:
            continue
        waiting = [name]
        while waiting:
            here = waiting.pop()
            if here not in road:
                road[here] = count
                waiting += beside[here]
        count += 1
    for name, lanelet in lanes.items():
        lanelet.draft.road = road[name]
