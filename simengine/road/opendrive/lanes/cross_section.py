"""Sample the lanes of a stretch of road: stations close enough that every chord stays near its curve.

Lateral layout follows ASAM OpenDRIVE 1.7, chapters 9–11: widths stack outwards from the (offset) center lane in the
plane that superelevation and crossfall incline, raised by the lateral shape; lanes marked `level` stay level.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.opendrive.geometry.lateral_shape import lay_on_shape
from simengine.road.opendrive.geometry.reference_line import reference_batch
from simengine.road.opendrive.model import Cubics, Lane, Road, Section

MAX_STEP = 5.0  # between stations [m]
MAX_WIDTH = 500.0  # of a lane [m]
MAX_OFFSET = 1_000.0  # of the lane offset [m]
MAX_HEIGHT = 20_000.0  # [m]
MAX_BANK = 1.2  # [rad]
_TOLERANCE = 0.008  # chord error aimed at; a centimeter is allowed [m]
_MIN_STEP = 0.04  # [m]
_JOINT = 0.02  # record starts nearer than this are one station [m]
_PROBES = (0.25, 0.5, 0.75)
MIN_WIDTH = 0.05  # a lane narrower than this is not there [m]
_SEARCH_STEP = 0.25  # a lane that is there for less may be missed [m]
_HALVINGS = 30  # of a search step: to less than a nanometer
_JUST_BEFORE = 1e-5  # [m]
_AT_ONCE = 20_000  # stations evaluated together


@dataclass(frozen=True)
class CrossSections:
    """The lanes of a stretch at its stations, in order of s whatever way they are driven."""

    station: NDArray[np.float64]  # (num_stations,) [m]
    heading: NDArray[np.float64]  # of the reference line (num_stations,) [rad]
    lanes: tuple[Lane, ...]  # left side outwards, then right side outwards
    point: NDArray[np.float64]  # center lines (num_lanes, num_stations, 3) [m]
    bank: NDArray[np.float64]  # positive lifts the edge on the left of s (num_lanes, num_stations) [rad]
    width: NDArray[np.float64]  # (num_lanes, num_stations) [m]


@njit(cache=True)
def lay_lanes(
    reference: NDArray[np.float64],
    height: NDArray[np.float64],
    offset: NDArray[np.float64],
    roll: NDArray[np.float64],
    fall: NDArray[np.float64],
    side: float,
    width: NDArray[np.float64],
    level: NDArray[np.bool_],
    point: NDArray[np.float64],
    bank: NDArray[np.float64],
) -> None:
    """Write the center lines of one side's lanes.

    Args:
        reference: x, y [m], heading [rad], curvature [1/m] of the reference line. Shape (num_stations, 4).
        height: Of the reference line [m]. Shape (num_stations,).
        offset: Of the center lane to the left of the reference line [m]. Shape (num_stations,).
        roll: Superelevation, positive lifts the left [rad]. Shape (num_stations,).
        fall: Crossfall, positive falls outwards [rad]. Shape (num_stations,).
        side: 1 for the left, −1 for the right.
        width: Of the lanes outwards [m]. Shape (num_lanes, num_stations).
        level: Lanes that stay level. Shape (num_lanes,).
        point: Written [m]. Shape (num_lanes, num_stations, 3).
        bank: Written [rad]. Shape (num_lanes, num_stations).
    """
    for i in range(reference.shape[0]):
        t, z = offset[i] * math.cos(roll[i]), height[i] + offset[i] * math.sin(roll[i])
        nx, ny = -math.sin(reference[i, 2]), math.cos(reference[i, 2])
        for k in range(width.shape[0]):
            angle = 0.0 if level[k] else roll[i] - side * fall[i]
            across, up = 0.5 * side * width[k, i] * math.cos(angle), 0.5 * side * width[k, i] * math.sin(angle)
            point[k, i, 0] = reference[i, 0] + (t + across) * nx
            point[k, i, 1] = reference[i, 1] + (t + across) * ny
            point[k, i, 2] = z + up
            bank[k, i] = angle
            t += 2.0 * across
            z += 2.0 * up


def _checked(value: NDArray[np.float64], limit: float, road: Road, what: str, station: NDArray[np.float64]) -> NDArray:
    bad = np.flatnonzero(~(np.abs(value) <= limit))
    if len(bad):
        place = f"{value[bad[0]]:.6g} at s = {station[bad[0]]:.6g} m"
        raise road.element.error(f"id='{road.id}': {what} is {place}; at most {limit:g} is allowed")
    return value


def _widths(lanes: tuple[Lane, ...], station: NDArray[np.float64], left: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the widths of one side's lanes (num_lanes, num_stations) [m]; a polynomial below zero counts as zero."""
    widths = np.zeros((len(lanes), len(station)))
    edge = np.zeros(len(station))
    for k, lane in enumerate(lanes):
        value = _one_sided(lane.extent, station - lane.origin, left)
        width = np.maximum(np.abs(value) - edge, 0.0) if lane.is_border else np.maximum(value, 0.0)
        bad = np.flatnonzero(~(width <= MAX_WIDTH))
        if len(bad):
            place = f"{width[bad[0]]:.6g} m wide at s = {station[bad[0]]:.6g} m"
            raise lane.element.error(f"id='{lane.id}': is {place}; at most {MAX_WIDTH:g} is allowed")
        widths[k] = width
        edge = edge + width
    return widths


def _one_sided(cubics: Cubics, s: NDArray[np.float64], left: NDArray[np.bool_]) -> NDArray[np.float64]:
    value = cubics.at(s)
    if left.any():
        value = np.where(left, cubics.at(s, left=True), value)
    return value


def evaluate(road: Road, section: Section, station: NDArray[np.float64], left: NDArray[np.bool_]) -> CrossSections:
    """Return the lanes of a section at stations [m]; where `left`, the records that end there hold, not new ones."""
    reference = np.zeros((len(station), 4))
    reference_batch(road.line, station, reference)
    height = _checked(_one_sided(road.elevation, station, left), MAX_HEIGHT, road, "its elevation [m]", station)
    roll = _checked(_one_sided(road.superelevation, station, left), MAX_BANK, road, "its superelevation [rad]", station)
    offset = _checked(_one_sided(road.lane_offset, station, left), MAX_OFFSET, road, "its lane offset [m]", station)
    lanes = (*section.left, *section.right)
    point = np.zeros((len(lanes), len(station), 3))
    bank = np.zeros((len(lanes), len(station)))
    width = np.zeros((len(lanes), len(station)))
    first = 0
    for side, group, fall in (
        (1.0, section.left, road.crossfall_left),
        (-1.0, section.right, road.crossfall_right),
    ):
        if not group:
            continue
        rows = slice(first, first + len(group))
        first += len(group)
        width[rows] = _widths(group, station, left)
        falling = _checked(_one_sided(fall, station, left), MAX_BANK, road, "its crossfall [rad]", station)
        level = np.array([lane.level for lane in group], np.bool_)
        lay_lanes(reference, height, offset, roll, falling, side, width[rows], level, point[rows], bank[rows])
        if road.shape is not None:
            heading = reference[:, 2].copy()
            lay_on_shape(road.shape, station, heading, offset, roll, side, width[rows], level, point[rows], bank[rows])
    _checked(bank.ravel(), MAX_BANK, road, "the inclination of a lane [rad]", np.tile(station, len(lanes)))
    return CrossSections(station, reference[:, 2], lanes, point, bank, width)


def _breakpoints(road: Road, section: Section, start: float, end: float) -> NDArray[np.float64]:
    """Return the places where a new record begins, the stretch's ends included, none too near to another."""
    starts = [road.line.s, road.elevation.s, road.superelevation.s, road.lane_offset.s]
    starts += [road.crossfall_left.s, road.crossfall_right.s]
    starts += [road.shape.s] if road.shape is not None else []
    starts += [lane.extent.s + lane.origin for lane in (*section.left, *section.right)]
    for lane in (*section.left, section.center, *section.right):
        starts.append(np.array([mark.offset for mark in lane.marks]) + lane.origin)
        starts.append(np.array([height[0] for height in lane.heights]) + lane.origin)
    inner = np.unique(np.concatenate(starts))
    kept = [start]
    for s in inner:
        if kept[-1] + _JOINT <= s <= end - _JOINT:
            kept.append(float(s))
    return np.array([*kept, end])


def _lane_ends(section: Section, joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the places between joints at which lanes begin or end, the outermost at which they are there [m].

    They are looked for every `_SEARCH_STEP` along lanes whose width changes and closed in on by halving. A lane that
    ends at a joint because its next record has no width is there up to just before it.
    """
    found = [np.zeros(0)]
    for group in (section.left, section.right):
        if not any(lane.is_border or len(lane.extent.s) > 1 or lane.extent.coefficient[:, 1:].any() for lane in group):
            continue
        counts = np.ceil(np.diff(joints) / _SEARCH_STEP).astype(np.int64)
        parts = [np.linspace(a, b, n, endpoint=False) for a, b, n in zip(joints, joints[1:], counts, strict=False)]
        at = np.concatenate(parts)
        after = np.append(at[1:], joints[-1])
        here, there = (
            np.concatenate(
                [
                    _widths(group, some, np.full(len(some), left)) > MIN_WIDTH
                    for some in np.split(place, range(_AT_ONCE, len(place), _AT_ONCE))
                ],
                axis=1,
            )
            for place, left in ((at, False), (after, True))
        )
        row, i = np.nonzero(here != there)
        inside, outside = np.where(here[row, i], (at[i], after[i]), (after[i], at[i]))
        for _ in range(_HALVINGS if len(row) else 0):
            middle = 0.5 * (inside + outside)
            wide = _widths(group, middle, np.zeros(len(middle), np.bool_))[row, np.arange(len(row))] > MIN_WIDTH
            inside, outside = np.where(wide, middle, inside), np.where(wide, outside, middle)
        found.append(inside)
        found.append(after[:-1][(there[:, :-1] & ~here[:, 1:]).any(axis=0)] - _JUST_BEFORE)
    return np.concatenate(found)


def _chord_error(at: CrossSections) -> NDArray[np.float64]:
    """Return the largest distance [m] of the probes of each interval from its chord; five stations an interval."""
    shape = (*at.width.shape[:1], -1, 5)
    point, width = at.point.reshape(*shape, 3), at.width.reshape(shape)
    a, b = point[:, :, 0], point[:, :, 4]
    chord = b - a
    square = np.maximum((chord * chord).sum(axis=2), 1e-12)
    worst = np.zeros(point.shape[:2])
    for k in range(1, 4):
        reach = point[:, :, k] - a
        fraction = np.clip((reach * chord).sum(axis=2) / square, 0.0, 1.0)
        off = reach - fraction[:, :, None] * chord
        worst = np.maximum(worst, np.sqrt((off * off).sum(axis=2)))
    there = (width > MIN_WIDTH).any(axis=2) & np.array([[lane.kind is not None] for lane in at.lanes])
    return np.where(there, worst, 0.0).max(axis=0)


def sample(road: Road, section: Section, start: float, end: float, budget: int) -> CrossSections:
    """Return the lanes from `start` to `end` [m], sampled so that chords depart from curves by less than a centimeter.

    Args:
        budget: Points that may still be made.

    Raises:
        ScenarioError: The budget does not suffice, or a width, height, offset or bank is out of range.
    """
    num_lanes = max(1, len(section.left) + len(section.right))

    def check(count: int) -> None:
        if count * num_lanes > budget:
            raise road.element.error(f"id='{road.id}': needs {count * num_lanes} points; a file may have {budget} more")

    joints = _breakpoints(road, section, start, end)
    joints = np.unique(np.concatenate([joints, _lane_ends(section, joints)]))
    steps = np.ceil(np.diff(joints) / MAX_STEP).astype(np.int64)
    check(int(steps.sum()))
    parts = [np.linspace(a, b, n, endpoint=False) for a, b, n in zip(joints, joints[1:], steps, strict=False)]
    station = np.append(np.concatenate(parts), end)
    open_ = np.ones(len(station) - 1, np.bool_)
    while open_.any() and section.left + section.right:
        a, b = station[:-1][open_], station[1:][open_]
        probes = np.stack([a, *(a + (b - a) * p for p in _PROBES), b], axis=1)
        # A value that jumps from one record to the next is not chased with ever smaller steps: records end smoothly.
        ends = np.tile([False, False, False, False, True], len(a))
        error = _chord_error(evaluate(road, section, probes.ravel(), ends))
        pieces = np.ceil(np.sqrt(error / _TOLERANCE))
        pieces = np.clip(np.minimum(pieces, np.floor((b - a) / _MIN_STEP)), 1, 16).astype(np.int64)
        count = np.ones(len(open_), np.int64)
        count[open_] = pieces
        check(int(count.sum()))
        if (count == 1).all():
            break
        parts = [station[:-1][count == 1][:, None]] if (count == 1).any() else []
        for n in np.unique(count[count > 1]):
            left, right = station[:-1][count == n], station[1:][count == n]
            parts.append(left[:, None] + (right - left)[:, None] * (np.arange(n) / n))
        fresh = np.concatenate([p.ravel() for p in parts])
        is_open = np.concatenate([np.full(p.size, p.shape[1] > 1) for p in parts])
        order = np.argsort(fresh, kind="stable")
        station, open_ = np.append(fresh[order], end), is_open[order]
    return evaluate(road, section, station, np.arange(len(station)) == len(station) - 1)
