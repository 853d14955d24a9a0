"""Pedestrian crossings of an OpenDRIVE file: objects of type crosswalk, and crossings painted as signals.

A crossing without a size, or one that cannot be read, is left out with a remark.
"""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.road.files.xml import Element
from simengine.road.network.drafts import CrossingDraft, SignalDraft, StopLineDraft
from simengine.road.network.network import LaneType
from simengine.road.network.polyline import crossing_point
from simengine.road.opendrive.lanes.cross_section import evaluate
from simengine.road.opendrive.lanes.drafts import LaneMap
from simengine.road.opendrive.lanes.placing import locate
from simengine.road.opendrive.model import OpenDrive, Road
from simengine.road.opendrive.signals.signals import CROSSING_TYPE, Signal
from simengine.road.opendrive.tolerance import NEAR_END, number_or, read_all, station

MAX_EXTENT = 500.0  # of a crossing [m]
MAX_BEYOND = 50.0  # of a crossing's corner over its road's end [m]
DEFAULT_WIDTH = 4.0  # German R-FGÜ 2001: zebra crossings are 4 m wide [m]
_MIN_WIDTH, _MIN_LENGTH = 0.3, 1.0  # [m]
_LIGHT_REACH = 8.0  # a light for walkers this near to an end of a crossing governs it [m]
_SETBACK = 1.0  # of a stop line from a crossing (German RMS 1993) [m]
_HOLD_REACH = 15.0  # traffic waits before a crossing that lies this near before its stop line [m]
_CLEARLY_LONGER = 1.25  # ratio of sides from which the longer one is the way across


def _outline(road: Road, element: Element) -> NDArray[np.float64]:
    """Return the corners of an object (n, 3) [m]: its outline, or the rectangle of its length and width."""
    place = locate(road, station(element, road.length), element.number("t", -1e4, 1e4, 0.0))
    turn = place.heading + element.number("hdg", -1e3, 1e3, 0.0)
    c, d = math.cos(turn), math.sin(turn)

    def local(u: float, v: float) -> tuple[float, float, float]:
        return place.x + c * u - d * v, place.y + d * u + c * v, place.z

    outline = element.find("outlines", "outline") or element.find("outline")
    corners = []
    for corner in outline.children if outline is not None else ():
        if corner.tag == "cornerLocal":
            corners.append(local(*(corner.number(name, -MAX_EXTENT, MAX_EXTENT) for name in ("u", "v"))))
        elif corner.tag == "cornerRoad":
            # A crossing at a road's end may reach over it: the road goes straight on there.
            at = corner.number("s", -MAX_BEYOND, road.length + MAX_BEYOND), corner.number("t", -MAX_EXTENT, MAX_EXTENT)
            corners.append(tuple(locate(road, *at)[:3]))
    if len(corners) >= 2:
        return np.array(corners)
    if not element.attributes.get("length", "").strip() or not element.attributes.get("width", "").strip():
        raise element.error("has neither an outline of two corners or more nor a length and a width")
    a = 0.5 * element.number("length", _MIN_WIDTH, MAX_EXTENT)
    b = 0.5 * element.number("width", _MIN_WIDTH, MAX_EXTENT)
    return np.array([local(u, v) for u, v in ((a, b), (-a, b), (-a, -b), (a, -b))])


def _axis(corners: NDArray[np.float64], road_heading: float) -> tuple[float, float, NDArray[np.float64], float]:
    """Return direction [rad], length [m], center [m] and width [m] of the smallest rectangle around a crossing."""
    best = (math.inf, 0.0, 0.0, 0.0, corners[0])
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if math.hypot(b[0] - a[0], b[1] - a[1]) < 0.05:
            continue
        angle = math.atan2(b[1] - a[1], b[0] - a[0])
        c, s = math.cos(angle), math.sin(angle)
        along, across = corners[:, 0] * c + corners[:, 1] * s, corners[:, 1] * c - corners[:, 0] * s
        length, width = float(np.ptp(along)), float(np.ptp(across))
        if length * width < best[0]:
            u, v = 0.5 * (along.max() + along.min()), 0.5 * (across.max() + across.min())
            center = np.array([u * c - v * s, u * s + v * c, corners[:, 2].mean()])
            best = (length * width, angle, length, width, center)
    _, angle, length, width, center = best
    across_road = abs(math.sin(angle - road_heading)) > math.sqrt(0.5)
    longer = length > _CLEARLY_LONGER * width or (across_road and _CLEARLY_LONGER * length > width)
    return (angle, length, center, width) if longer else (angle + 0.5 * math.pi, width, center, length)


def _from_object(road: Road, element: Element) -> CrossingDraft:
    corners = _outline(road, element)
    s = min(max(element.number("s", -NEAR_END, road.length + NEAR_END), 0.0), road.length)
    if len(corners) == 2:
        marks = [mark for group in element.all("markings") for mark in group.all("marking")]
        widths = [number_or(mark, "width", 0.0, MAX_EXTENT, 0.0) for mark in marks]
        ends, width = corners, max(widths, default=0.0) or DEFAULT_WIDTH
    else:
        angle, length, center, width = _axis(corners, locate(road, s, 0.0).heading)
        half = 0.5 * length * np.array([math.cos(angle), math.sin(angle), 0.0])
        ends = np.stack([center - half, center + half])
    span = ends[1] - ends[0]
    length = math.hypot(span[0], span[1])
    if length < _MIN_LENGTH:
        raise element.error(f"is {length:.2f} m long; a crossing needs {_MIN_LENGTH:g} m")
    return CrossingDraft(_triple(ends[0]), _triple(ends[1]), max(width, _MIN_WIDTH))


def _triple(point: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(point[0]), float(point[1]), float(point[2])


def _from_signal(lanes: LaneMap, signal: Signal) -> CrossingDraft:
    """Draw a crossing painted across the road from its s on, as wide as its value says, from curb to curb."""
    road = signal.road
    width = signal.value if _MIN_WIDTH <= signal.value <= MAX_EXTENT else DEFAULT_WIDTH
    step = {"+": 0.5, "-": -0.5}.get(signal.orientation, 0.0) * width
    s = min(max(signal.s + step, 0.0), road.length)
    stretch = lanes.stretches[road.id][lanes.at(road.id, s)]
    at = evaluate(road, stretch.section, np.array([s]), np.array([s >= stretch.end]))
    heading = float(at.heading[0])
    nx, ny = -math.sin(heading), math.cos(heading)
    edges = []
    for k, lane in enumerate(at.lanes):
        if lane.kind is not None and lane.kind not in (LaneType.PAVEMENT, LaneType.MEDIAN):
            x, y, z = (float(v) for v in at.point[k, 0])
            half = 0.5 * float(at.width[k, 0])
            for side in (-half, half):
                edges.append((side + x * nx + y * ny, x + side * nx, y + side * ny, z))
    if not edges or max(edges)[0] - min(edges)[0] < _MIN_LENGTH:
        raise signal.element.error("is a crossing where there is no carriageway")
    return CrossingDraft(min(edges)[1:], max(edges)[1:], width)


def draw_crossings(
    model: OpenDrive, lanes: LaneMap, signals: list[Signal], lights: list[SignalDraft]
) -> list[CrossingDraft]:
    """Return all crossings; one whose end is near a light for walkers obeys that light."""
    found: list[CrossingDraft] = []
    for road in model.roads.values():
        group = road.element.find("objects")
        for element in group.all("object") if group is not None else ():
            if element.attributes.get("type") == "crosswalk":
                found += read_all(lambda e, r=road: _from_object(r, e), [element], "is no crossing: left out")
    for signal in signals:
        if signal.type == CROSSING_TYPE and not signal.is_light:
            found += read_all(lambda _, s=signal: _from_signal(lanes, s), [signal.element], "is no crossing: left out")
    walkers = {signal.name for signal in signals if signal.is_walker_light}
    theirs = [light for light in lights if light.name in walkers]
    place = np.array([light.position[:2] for light in theirs]).reshape(-1, 2)
    for draft in found if theirs else ():
        away = [((place - np.array(end[:2])) ** 2).sum(axis=1) for end in (draft.start, draft.end)]
        nearest = np.minimum(away[0], away[1])
        k = int(np.argmin(nearest))
        if nearest[k] < _LIGHT_REACH**2:
            draft.signal = theirs[k].group
    return found


def hold_before_crossings(stops: list[StopLineDraft], crossings: list[CrossingDraft], lanes: LaneMap) -> None:
    """Move stop lines that lie on or behind a crossing to before it, so that who waits does not stand on it."""
    points = {draft.name: draft.points for draft in lanes.drafts}
    for stop in stops:
        line = points[stop.lane]
        low, high = line.min(axis=0), line.max(axis=0)
        for crossing in crossings:
            ends = np.array([crossing.start, crossing.end])
            if (ends.max(axis=0)[:2] < low[:2]).any() or (ends.min(axis=0)[:2] > high[:2]).any():
                continue
            at = crossing_point(line, *crossing.start[:2], *crossing.end[:2])
            before = at - 0.5 * crossing.width - _SETBACK
            if at >= 0.0 and before < stop.s <= at + _HOLD_REACH:
                stop.s = max(before, 0.0)
