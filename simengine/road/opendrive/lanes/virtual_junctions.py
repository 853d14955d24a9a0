"""Virtual junctions: connecting roads that leave and enter a main road midway, where it has no end.

ASAM OpenDRIVE 1.8, 12.7. A connecting road's link names the main road and the place on it (`elementS`); where the place
is missing, or older files name a contact point instead, it is where the connecting road's end lies beside the main
road. The main road's lanes are cut at these places, and between them they belong to the junction, in which they go
first: whoever turns in or out waits for them.
"""

import math
from typing import NamedTuple

import numpy as np

from simengine.road.network.network import LaneType
from simengine.road.opendrive.geometry.reference_line import reference_batch
from simengine.road.opendrive.lanes.placing import locate
from simengine.road.opendrive.model import Junction, OpenDrive, Road

MAIN_PRIORITY = 6  # of a main road's lanes within the junction: above all that right-of-way lists and signs give
_BESIDE = 40.0  # from a main road's reference line within which a road may leave it [m]
_STEP = 1.0  # of the search for a place beside a road [m]
SAME_PLACE = 1.0  # places nearer than this to each other are one [m]
_SHORTEST = 10.0  # part of a main road within a junction, in which others may have to wait for its traffic [m]


class Branch(NamedTuple):
    """A place at which a connecting road touches a main road."""

    road: str  # the main one
    s: float  # [m]


class MainPart(NamedTuple):
    """A part of a main road that lies within a virtual junction."""

    start: float  # [m]
    end: float
    junction: int  # its index


class Branches(NamedTuple):
    """All places of a file at which roads leave and enter others midway."""

    at: dict[tuple[str, str], tuple[Branch, ...]]  # by connecting road and its "start" or "end": the stated place first
    parts: dict[str, tuple[MainPart, ...]]  # by main road

    def cuts(self, road: str) -> set[float]:
        """Return where a main road's lanes are cut [m]."""
        ends = [s for part in self.parts.get(road, ()) for s in (part.start, part.end)]
        places = [branch.s for branches in self.at.values() for branch in branches if branch.road == road]
        found: set[float] = set()
        for s in (*places, *ends):
            if all(abs(s - other) >= SAME_PLACE for other in found):
                found.add(s)
        return found

    def junction(self, road: str, start: float, end: float) -> int:
        """Return the index of the virtual junction that holds a stretch of a main road, or −1."""
        middle = 0.5 * (start + end)
        return next((part.junction for part in self.parts.get(road, ()) if part.start < middle < part.end), -1)


def _end_point(road: Road, end: str) -> tuple[float, float]:
    """Return where the middle of a road's first carriageway lies at an end of it [m]."""
    s = 0.0 if end == "start" else road.length
    section = road.sections[0 if end == "start" else -1]
    station, offset = np.array([s]), np.array([s - section.start])
    across = float(road.lane_offset.at(station)[0])
    for lanes, sign in ((section.right, -1.0), (section.left, 1.0)):
        inner = 0.0
        for lane in lanes:
            extent = float(lane.extent.at(offset)[0])
            outer = extent if lane.is_border else inner + extent
            if lane.kind == LaneType.DRIVING:
                place = locate(road, s, across + sign * 0.5 * (inner + outer))
                return place.x, place.y
            inner = outer
    place = locate(road, s, across)
    return place.x, place.y


def _place_beside(road: Road, x: float, y: float) -> float | None:
    """Return the s at which a point lies beside a road [m], or None if it lies farther than `_BESIDE` from it."""
    low, high, step = 0.0, road.length, _STEP
    for _ in range(3):
        station = np.linspace(low, high, max(2, min(100_001, math.ceil((high - low) / step) + 1)))
        out = np.zeros((len(station), 4))
        reference_batch(road.line, station, out)
        square = (out[:, 0] - x) ** 2 + (out[:, 1] - y) ** 2
        best = int(square.argmin())
        low, high = station[max(best - 1, 0)], station[min(best + 1, len(station) - 1)]
        step *= 0.02
    return float(station[best]) if square[best] <= _BESIDE * _BESIDE else None


def _places(road: Road, end: str, main: Road) -> tuple[Branch, ...]:
    """Return where an end of a connecting road touches the main road: as stated, and as it lies."""
    link = road.predecessor if end == "start" else road.successor
    stated = link.s if link is not None and link.kind == "road" and link.id == main.id else None
    places = (stated, _place_beside(main, *_end_point(road, end)))
    found = [s for s in places if s is not None and 0.0 <= s <= main.length]
    if len(found) == 2 and abs(found[0] - found[1]) < SAME_PLACE:
        found.pop()
    return tuple(Branch(main.id, s) for s in found)


def _branches_of(model: OpenDrive, junction: Junction, main: Road) -> dict[tuple[str, str], tuple[Branch, ...]]:
    ends: dict[tuple[str, str], None] = {}
    for road in model.roads.values():
        for link, end in ((road.predecessor, "start"), (road.successor, "end")):
            if road.junction == junction.id and link is not None and link.kind == "road" and link.id == main.id:
                ends[road.id, end] = None
    for connection in junction.connections:
        if connection.incoming != main.id or connection.connecting not in model.roads:
            continue
        known = [end for end in ("start", "end") if (connection.connecting, end) in ends]
        contact = connection.contact or (known[0] if known else "start")
        ends[connection.connecting, contact] = None
    return {key: _places(model.roads[key[0]], key[1], main) for key in ends}


def find_branches(model: OpenDrive) -> Branches:
    """Find where the connecting roads of virtual junctions touch their main roads."""
    at: dict[tuple[str, str], tuple[Branch, ...]] = {}
    parts: dict[str, tuple[MainPart, ...]] = {}
    for junction in model.junctions.values():
        if junction.main is None or junction.main.road not in model.roads:
            continue
        main = model.roads[junction.main.road]
        found = {key: places for key, places in _branches_of(model, junction, main).items() if places}
        at.update(found)
        if found:
            marks = [places[-1].s for places in found.values()]  # as they lie
            marks += [s for s in (junction.main.start, junction.main.end) if s is not None and 0.0 <= s <= main.length]
            low, high = min(marks), max(marks)
            if high - low < _SHORTEST:
                low, high = max(0.0, low - _SHORTEST), min(main.length, high + _SHORTEST)
            parts[main.id] = (*parts.get(main.id, ()), MainPart(low, high, junction.index))
    return Branches(at, parts)
