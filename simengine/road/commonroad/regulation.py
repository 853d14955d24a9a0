"""Signs, traffic lights, stop lines and crosswalks of a CommonRoad file."""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.road.commonroad.lanelets import Lanelet, refs
from simengine.road.commonroad.shapes import MAX_STEP, point
from simengine.road.files.xml import Element
from simengine.road.network.drafts import CrossingDraft, SignalDraft, SignDraft, StopLineDraft
from simengine.road.network.network import LaneType, SignalColor
from simengine.road.network.polyline import end_heading, foot, lengths, points_within

# Ids of signs that limit the speed: Germany, China, Zamunda 274, United States R2-1, Spain R-301, Russia 3.24, Belgium
# C43, France B14, Greece R-32, Croatia B31, United Kingdom 670, Italy II.50. Their additional value is in m/s.
_SPEED_SIGNS = ("274", "R2-1", "r301", "3.24", "C43", "B14", "R-32", "B31", "670", "II.50")
_TOWN_SIGNS = ("310",)  # German entry of a town: 50 km/h (StVO §3)
_TOWN_SPEED = 50.0 / 3.6
STOP_SIGNS = ("206", "R1-1", "r2", "2.5", "B5", "AB4", "601.1")
YIELD_SIGNS = ("205", "R1-2", "r1", "2.4", "B1", "AB3a", "602")
PRIORITY_SIGNS = ("306", "301", "r3", "2.1", "B9", "AB6")
_COLORS = {
    "red": SignalColor.RED, "redYellow": SignalColor.RED_AMBER, "green": SignalColor.GREEN,
    "yellow": SignalColor.AMBER, "inactive": SignalColor.OFF,
}  # fmt: skip
_CROSSED = (LaneType.DRIVING, LaneType.BIKING, LaneType.SHOULDER, LaneType.PARKING)  # what crosswalks are painted on
_CROSSING_STEP = 0.1  # along a crossing where it is looked at [m]
_LAMP_HEIGHT = 3.0  # of the lamps' center above the ground, where a file gives none [m]
_PLATE_HEIGHT = 2.2  # of a sign's center above the ground, likewise [m]
_SHARED_LIGHT = ("all", "straight", "straightLeft", "leftStraight", "straightRight", "right", "left", "leftRight")
_AHEAD_FIRST = {name: rank for rank, name in enumerate(_SHARED_LIGHT)}


class Sign:
    """A traffic sign: its elements' ids and numbers, and where it stands if it does."""

    def __init__(self, element: Element) -> None:
        self.id = element.string("id")
        self.kinds: list[tuple[str, float | None]] = []
        for part in element.all("trafficSignElement"):
            kind = part.require("trafficSignID").text
            value = part.find("additionalValue")
            speed = value.text_number(0.0, 500.0) if value is not None and kind in _SPEED_SIGNS else None
            self.kinds.append((kind, speed))
        place = element.find("position", "point")
        virtual = element.find("virtual")
        shown = virtual is None or virtual.text_choice(("true", "false")) == "false"
        self.position = point(place) if place is not None and shown else None

    def has(self, ids: tuple[str, ...]) -> bool:
        """Tell whether one of its elements bears one of these ids."""
        return any(kind in ids for kind, _ in self.kinds)

    def speed(self) -> float | None:
        """Return the speed limit it sets [m/s], if it does."""
        for kind, value in self.kinds:
            if value is not None and value > 0.0:
                return value
            if kind in _TOWN_SIGNS:
                return _TOWN_SPEED
        return None

    def label(self) -> str:
        """Return what a `SignDraft` calls it."""
        kind, value = self.kinds[0] if self.kinds else ("", None)
        if value is not None:
            return f"speed_limit:{round(value * 3.6)}"
        return "stop" if kind in STOP_SIGNS else "yield" if kind in YIELD_SIGNS else kind


def _facing(lanelet: Lanelet) -> float:
    """Return the direction against the traffic that leaves a lanelet [rad]."""
    return math.remainder(end_heading(lanelet.draft.points) + math.pi, 2.0 * math.pi)


def read_signs(root: Element, lanelets: dict[str, Lanelet]) -> tuple[dict[str, Sign], list[SignDraft]]:
    """Read signs, apply speed limits to the lanelets that refer to them, and draw those that stand somewhere."""
    signs = {sign.id: sign for sign in map(Sign, root.all("trafficSign"))}
    faces: dict[str, float] = {}
    for lanelet in lanelets.values():
        for name in lanelet.signs:
            if name not in signs:
                raise lanelet.element.error(f"trafficSignRef='{name}': the file has no such sign")
            faces.setdefault(name, _facing(lanelet))
            speed = signs[name].speed()
            if speed is not None:
                lanelet.draft.speed_limit, lanelet.limited = speed, True
    drafts = [
        SignDraft((*sign.position[:2], sign.position[2] or _PLATE_HEIGHT), faces.get(sign.id, 0.0), sign.label())
        for sign in signs.values()
        if sign.position is not None and sign.kinds
    ]
    return signs, drafts


def read_lights(
    root: Element, lanelets: dict[str, Lanelet], time_step: float
) -> tuple[list[SignalDraft], dict[str, int]]:
    """Read traffic lights; a cycle counts in time steps. Also return how well each suits traffic straight on."""
    approach: dict[str, Lanelet] = {}
    for lanelet in lanelets.values():
        for name in (*lanelet.lights, *_stop_lights(lanelet)):
            approach.setdefault(name, lanelet)
    drafts, rank = [], {}
    for element in root.all("trafficLight"):
        name = element.string("id")
        active = element.find("active")
        program = []
        for part in element.require("cycle").all("cycleElement"):
            steps = part.require("duration").text_integer(0, MAX_STEP)
            program.append((steps * time_step, _COLORS[part.require("color").text_choice(tuple(_COLORS))]))
        if sum(duration for duration, _ in program) <= 0.0:
            raise element.error("has a cycle without duration; one element must last a step or more")
        if active is not None and active.text_choice(("true", "false")) == "false":
            program = [(duration, SignalColor.OFF) for duration, _ in program]
        offset = element.find("cycle", "timeOffset")
        direction = element.find("direction")
        rank[name] = _AHEAD_FIRST[direction.text_choice(_SHARED_LIGHT)] if direction is not None else 0
        lanelet = approach.get(name)
        place = element.find("position", "point")
        if place is None and lanelet is None:
            raise element.error(f"id='{name}': has no <position> and no lanelet refers to it")
        position = point(place) if place is not None else tuple(float(v) for v in lanelet.draft.points[-1])
        ground = float(lanelet.draft.points[-1, 2]) if lanelet is not None else 0.0
        height = position[2] if place is not None and place.find("z") is not None else ground + _LAMP_HEIGHT
        drafts.append(
            SignalDraft(
                name=name,
                position=(position[0], position[1], height),
                heading=_facing(lanelet) if lanelet is not None else 0.0,
                program=program,
                offset=offset.text_integer(-MAX_STEP, MAX_STEP) * time_step if offset is not None else 0.0,
            )
        )
    return drafts, rank


def _stop_lights(lanelet: Lanelet) -> tuple[str, ...]:
    line = lanelet.element.find("stopLine")
    return () if line is None else refs(line, "trafficLightRef")


def read_stop_lines(lanelets: dict[str, Lanelet], signs: dict[str, Sign], rank: dict[str, int]) -> list[StopLineDraft]:
    """Draw the stop lines that lanelets have, and one at the end of those with a light, stop or yield sign but none.

    Of several lights of one lanelet the one for traffic straight on governs the line.
    """
    drafts = []
    for lanelet in lanelets.values():
        line = lanelet.element.find("stopLine")
        lights = list(dict.fromkeys((*_stop_lights(lanelet), *lanelet.lights)))
        for name in lights:
            if name not in rank:
                raise lanelet.element.error(f"trafficLightRef='{name}': the file has no such traffic light")
        on_line = refs(line, "trafficSignRef") if line is not None else ()
        posted = [signs[name] for name in (*on_line, *lanelet.signs) if name in signs]
        stop = 2 if any(s.has(STOP_SIGNS) for s in posted) else 1 if any(s.has(YIELD_SIGNS) for s in posted) else 0
        if lanelet.is_crosswalk or (line is None and not lights and stop == 0):
            continue
        if line is not None and not lights and stop == 0:
            stop = 1  # a line with neither light nor sign: stop there to give way
        length = float(lengths(lanelet.draft.points)[-1])
        ends = [point(child) for child in line.all("point")] if line is not None else []
        s = length
        if len(ends) > 1:
            s = foot(lanelet.draft.points, 0.5 * (ends[0][0] + ends[-1][0]), 0.5 * (ends[0][1] + ends[-1][1]))
        light = min(lights, key=lambda name: rank[name]) if lights else None
        drafts.append(StopLineDraft(lanelet.draft.name, s, light, stop))
    return drafts


def draw_crosswalks(lanelets: dict[str, Lanelet]) -> list[CrossingDraft]:
    """Turn lanelets of type crosswalk into crossings along their center line, from edge to edge of the carriageway.

    Files draw them from pavement to pavement, across a verge too; nothing is painted on grass.
    """
    drafts = []
    lanes = [lanelet for lanelet in lanelets.values() if not lanelet.is_crosswalk]
    roads = [lane for lane in lanes if lane.draft.lane_type in _CROSSED]
    for lanelet in lanelets.values():
        if not lanelet.is_crosswalk:
            continue
        points, width = lanelet.draft.points, float(lanelet.draft.width.mean())
        start, end = points[0], points[-1]
        span = _span_on_roads(start, end, width, roads)
        if span is None:
            lanelet.element.remark("is a crosswalk across no lane; it is left out", f"lanelet {lanelet.id}")
            continue
        ends = (tuple(float(v) for v in start + share * (end - start)) for share in span)
        drafts.append(CrossingDraft(*ends, width))
    return drafts


def _span_on_roads(
    start: NDArray[np.float64], end: NDArray[np.float64], width: float, roads: list[Lanelet]
) -> tuple[float, float] | None:
    """Return between which shares of its way a crossing is on a carriageway with its whole width, if anywhere."""
    way = end[:2] - start[:2]
    length = math.hypot(way[0], way[1])
    steps = max(2, math.ceil(length / _CROSSING_STEP))
    share = np.linspace(0.0, 1.0, steps + 1)
    across = 0.45 * width * np.array([-way[1], way[0]]) / max(length, 1e-9)
    whole = np.ones(steps + 1, np.bool_)
    for shift in (-1.0, 0.0, 1.0):
        place = start[:2] + share[:, None] * way + shift * across
        on = np.zeros(steps + 1, np.bool_)
        for road in roads:
            on |= points_within(np.concatenate([road.left[:, :2], road.right[::-1, :2]]), place)
        whole &= on
    found = np.flatnonzero(whole)
    return (float(share[found[0]]), float(share[found[-1]])) if len(found) > 1 else None
