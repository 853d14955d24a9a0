"""Signals of an OpenDRIVE file: which lanes they govern, stop lines, signs, right of way.

Exporters differ in orientation and heading offset (RoadRunner writes "-" for traffic along s), so a signal that governs
lanes looks against their traffic; only one that governs none (for walkers) is turned as written.

A signal that cannot be read, or a reference to none, is left out with a remark.
"""

import math
from dataclasses import dataclass, field

from simengine.road.files.xml import Element
from simengine.road.network.drafts import LaneDraft, SignDraft, StopLineDraft
from simengine.road.network.network import LaneType, Turn
from simengine.road.network.polyline import end_heading, foot, lengths
from simengine.road.opendrive.lanes.drafts import LaneMap, Span
from simengine.road.opendrive.lanes.placing import Place, locate
from simengine.road.opendrive.model import OpenDrive, Road
from simengine.road.opendrive.tolerance import chosen, number_or, read_all, read_or_leave_out, station

NEAR_JUNCTION = 40.0  # a signal this near to the end of a road belongs to the junction there [m]
_LAMP_HEIGHT, _PLATE_HEIGHT = 3.0, 2.2  # centers above the road where a file puts them below eye level [m]
_EYE_LEVEL = 1.5
_APART = 5.0  # lights of a lane farther from each other have stop lines of their own [m]
_WALKER_LIGHTS = ("1000002", "1000007")  # OpenDRIVE's own catalog: lights for pedestrians, and for bicycles too
_STOP_TYPES, _YIELD_TYPES, _PRIORITY_TYPES = ("206", "R1-1"), ("205", "R1-2"), ("306", "301")
_STOP_LINE_TYPE = "294"  # German catalog: stop line
CROSSING_TYPE = "1000003"  # pedestrian crossing painted on the road
_MPH = 1.609344  # [km/h]


@dataclass
class Signal:
    """One signal, where it stands and which lanes it governs."""

    name: str
    road: Road
    element: Element
    s: float  # along its road [m]
    place: Place
    orientation: str  # "+", "-" or "none"
    turn: float  # of what it faces, against its road's reference line [rad]
    height: float  # of its center above the road, as written [m]
    value: float  # as written, in the file's unit; −1 for none
    is_light: bool
    is_walker_light: bool
    approaches: dict[str, LaneDraft] = field(default_factory=dict)  # lanes whose traffic must heed it, by name
    stops: dict[str, float] = field(default_factory=dict)  # where on those lanes [m]
    roads: dict[str, None] = field(default_factory=dict)  # of those lanes, in order
    junctions: dict[str, None] = field(default_factory=dict)  # that it guards

    @property
    def type(self) -> str:
        """The type's code in its country's catalog."""
        return self.element.attributes.get("type", "")

    def facing(self) -> float:
        """Return the direction it looks to [rad]."""
        for draft in self.approaches.values():
            return math.remainder(end_heading(draft.points) + math.pi, 2.0 * math.pi)
        turned = math.pi if self.orientation == "-" else 0.0
        return math.remainder(self.place.heading + turned + self.turn + math.pi, 2.0 * math.pi)

    def center(self) -> tuple[float, float, float]:
        """Return the center of its lamps or plate [m]."""
        height = self.height
        if height < _EYE_LEVEL:
            height = _LAMP_HEIGHT if self.is_light else _PLATE_HEIGHT
        return self.place.x, self.place.y, self.place.z + height


def _touches(road: Road, end: str) -> str | None:
    """Return the junction at a road's end."""
    link = road.predecessor if end == "start" else road.successor
    return link.id if link is not None and link.kind == "junction" else None


def _governed(lanes: LaneMap, road: Road, element: Element, s: float) -> list[tuple[bool, Span]]:
    """Return the lanes at s that a signal or reference is valid for, and whether they run along s.

    Validity that names lanes of one direction says it all; without it, or across both directions, orientation decides.
    """
    number = lanes.at(road.id, s)
    section = lanes.stretches[road.id][number].section
    ranges = read_all(
        lambda e: (e.integer("fromLane", -99, 99), e.integer("toLane", -99, 99)),
        list(element.all("validity")),
        "cannot be read: left out",
    )
    numbers = [lane.id for lane in (*section.left, *section.right)]
    if ranges and not any(min(ends) <= number <= max(ends) for ends in ranges for number in numbers):
        named = ", ".join(f"{a} to {b}" for a, b in ranges[:4] if a or b)
        if named:
            element.remark("is for lanes that its road lacks there", f"lanes {named} at s = {s:g} of road {road.id}")
    found = []
    for lane in (*section.left, *section.right):
        if lane.kind not in (LaneType.DRIVING, LaneType.BIKING):
            continue
        if ranges and not any(min(ends) <= lane.id <= max(ends) for ends in ranges):
            continue
        node = (road.id, number, lane.id)
        found += [(lanes.forward[node], span) for span in lanes.spans[node] if span.start - 1.0 <= s <= span.end + 1.0]
    orientation = chosen(element, "orientation", ("+", "-", "none"), "none")
    if not ranges or len({forward for forward, _ in found}) > 1:
        wanted = {"+": (True,), "-": (False,), "none": (True, False)}[orientation]
        found = [(forward, span) for forward, span in found if forward in wanted]
    return found


def _attach(
    model: OpenDrive,
    lanes: LaneMap,
    before: dict[str, list[LaneDraft]],
    road_of: dict[str, str],
    signal: Signal,
    road: Road,
    element: Element,
    s: float,
) -> None:
    """Find the approaches of a signal: on a connecting road the lanes that lead onto it, else the lanes themselves."""
    number = lanes.at(road.id, s)
    for forward, span in _governed(lanes, road, element, s):
        if road.junction:
            signal.junctions[road.junction] = None
            targets = [(draft, float("inf")) for draft in before.get(span.draft.name, [])] or [(span.draft, 0.0)]
        else:
            draft = span.draft
            end, left = ("end", road.length - s) if forward else ("start", s)
            junction = _touches(road, end)
            outermost = number == (len(lanes.stretches[road.id]) - 1 if forward else 0)
            if junction is not None and left <= NEAR_JUNCTION and outermost:
                signal.junctions[junction] = None
                targets = [(draft, float("inf"))]
            else:
                place = locate(road, s, 0.0)
                targets = [(draft, foot(draft.points, place.x, place.y))]
        for draft, at in targets:
            signal.approaches[draft.name] = draft
            signal.stops[draft.name] = min(at, float(lengths(draft.points)[-1]))
            signal.roads[road_of[draft.name]] = None


def _signal(road: Road, element: Element, name: str) -> Signal:
    s = station(element, road.length)
    place = locate(road, s, element.number("t", -1e4, 1e4))
    kind = element.attributes.get("type", "")
    is_light = chosen(element, "dynamic", ("yes", "no"), "no") == "yes" and kind.startswith("1000")
    return Signal(
        name=name,
        road=road,
        element=element,
        s=s,
        place=place,
        orientation=chosen(element, "orientation", ("+", "-", "none"), "none"),
        turn=number_or(element, "hOffset", -1e3, 1e3, 0.0),
        height=number_or(element, "zOffset", -1e3, 1e3, 0.0) + 0.5 * number_or(element, "height", 0.0, 100.0, 0.0),
        value=number_or(element, "value", -1e9, 1e9, -1.0),
        is_light=is_light,
        is_walker_light=is_light and kind in _WALKER_LIGHTS,
    )


def _free_name(element: Element, identity: str, names: set[str]) -> str:
    """Return a signal's id, or a name of its own where it has none or another's."""
    if identity and identity not in names:
        return identity
    text = "has no id of its own: references and controllers mean the first that has it"
    element.remark(text, f"id='{identity[:40]}'")
    return next(name for n in range(1, len(names) + 2) if (name := f"{identity}.{n}") not in names)


def read_signals(model: OpenDrive, lanes: LaneMap) -> list[Signal]:
    """Read all signals and the references that other roads make to them."""
    signals: list[Signal] = []
    by_id: dict[str, Signal] = {}
    names: set[str] = set()
    before: dict[str, list[LaneDraft]] = {}
    for draft in lanes.drafts:
        for name in draft.successors:
            before.setdefault(name, []).append(draft)
    road_of = {span.draft.name: node[0] for node, spans in lanes.spans.items() for span in spans}
    references: list[tuple[Road, Element]] = []
    for road in model.roads.values():
        group = road.element.find("signals")
        for element in group.children if group is not None else ():
            if element.tag == "signalReference":
                references.append((road, element))
            if element.tag != "signal":
                continue
            identity = element.attributes.get("id", "")
            name = _free_name(element, identity, names)
            names.add(name)
            signal = read_or_leave_out(lambda e, r=road, n=name: _signal(r, e, n), element, "cannot be read: left out")
            if signal is None:
                continue
            signals.append(signal)
            if identity:
                by_id.setdefault(identity, signal)
            if signal.is_walker_light:
                for end, left in (("start", signal.s), ("end", road.length - signal.s)):
                    junction = _touches(road, end)
                    if junction is not None and left <= NEAR_JUNCTION:
                        signal.junctions[junction] = None
            else:
                _attach(model, lanes, before, road_of, signal, road, element, signal.s)
    for road, element in references:
        target = by_id.get(element.attributes.get("id", ""))
        if target is None:
            element.remark("is to no signal of this file: left out", f"id='{element.attributes.get('id', '')[:40]}'")
        elif not target.is_walker_light:
            s = read_or_leave_out(lambda e, r=road: station(e, r.length), element, "cannot be read: left out")
            if s is not None:
                _attach(model, lanes, before, road_of, target, road, element, s)
    for signal in signals:
        if signal.is_light and not signal.is_walker_light and not signal.approaches:
            signal.element.remark("is a light that governs no lane: nobody heeds it", f"id='{signal.name}'")
    return signals


def draw_stop_lines(signals: list[Signal]) -> list[StopLineDraft]:
    """Draw one stop line for every lane that a light, a stop or a yield sign governs; a light outranks a sign."""
    painted: dict[str, float] = {}
    lights: dict[str, tuple[float, str]] = {}
    yields: dict[str, tuple[float, int]] = {}
    for signal in signals:
        for lane, s in signal.stops.items():
            if signal.is_light and not signal.is_walker_light:
                before, _ = lights.setdefault(lane, (s, signal.name))
                if abs(before - s) > _APART:
                    signal.element.remark(
                        "is a further light along a lane that has one: the lane obeys the first",
                        f"id='{signal.name}', lane {lane}, at {s:.1f} m instead of {before:.1f} m",
                    )
            elif signal.type in _STOP_TYPES:
                yields[lane] = (s, 2)
            elif signal.type in _YIELD_TYPES:
                yields.setdefault(lane, (s, 1))
            elif signal.type == _STOP_LINE_TYPE:
                place = locate(signal.road, signal.s, 0.0)
                painted[lane] = foot(signal.approaches[lane].points, place.x, place.y)
    drafts = [StopLineDraft(lane, min(s, painted.get(lane, s)), name, 0) for lane, (s, name) in lights.items()]
    return drafts + [
        StopLineDraft(lane, min(s, painted.get(lane, s)), None, kind)
        for lane, (s, kind) in yields.items()
        if lane not in lights
    ]


def _speed_limit(signal: Signal) -> float | None:
    """Return the limit a sign shows [km/h], if it is a speed limit."""
    element, kind = signal.element, signal.type
    country = element.attributes.get("country", "").lower()
    subtype = element.attributes.get("subtype", "")
    value = signal.value
    unit = {"mph": _MPH, "m/s": 3.6, "km/h": 1.0}.get(element.attributes.get("unit", ""))
    if kind == "274" and value > 0.0:
        return value * (unit or 1.0)
    if kind == "274" and subtype.isascii() and subtype.isdigit() and 51 <= int(subtype) <= 63:
        return 10.0 * (int(subtype) - 50)  # German catalog: 274-5x shows x times 10 km/h
    if country == "se" and kind == "c" and subtype == "31" and value > 0.0:
        return 10.0 * value  # Swedish catalog: C31-5 shows 50
    if kind == "R2-1" and value > 0.0:
        return value * (unit or _MPH)
    return None


def draw_signs(signals: list[Signal]) -> list[SignDraft]:
    """Draw the static signs that stand beside the road; what is painted on it is none."""
    drafts = []
    for signal in signals:
        kind, element = signal.type, signal.element
        if signal.is_light or kind in (_STOP_LINE_TYPE, CROSSING_TYPE):
            continue
        if kind.startswith("1000"):
            element.remark("is a light that is not dynamic: left out", f"type='{kind[:40]}'")
            continue
        limit = _speed_limit(signal)
        if limit is not None:
            label = f"speed_limit:{round(limit)}"
        elif kind in _STOP_TYPES:
            label = "stop"
        elif kind in _YIELD_TYPES:
            label = "yield"
        elif kind in _PRIORITY_TYPES:
            label = "priority"
        else:
            code = "-".join(p for p in (kind, element.attributes.get("subtype", "")) if p not in ("", "-1", "none"))
            country = element.attributes.get("country", "").lower()
            label = f"{country}:{code}" if country not in ("", "opendrive") and code else code
            label = label or (element.attributes.get("name", "") if kind == "" else "")
        if label:
            drafts.append(SignDraft(signal.center(), signal.facing(), label))
    return drafts


def set_priorities(model: OpenDrive, lanes: LaneMap, signals: list[Signal]) -> None:
    """Rank the lanes of every junction: by its right-of-way list and signs, unless lights rule; turns across wait."""
    rank: dict[str, int] = {}  # of approaches
    lit = {name for signal in signals if signal.is_light and not signal.is_walker_light for name in signal.junctions}
    for signal in signals:
        value = 2 if signal.type in _PRIORITY_TYPES else 0 if signal.type in (*_STOP_TYPES, *_YIELD_TYPES) else None
        if value is not None and not signal.is_light:
            rank.update(dict.fromkeys(signal.approaches, value))
    of_road: dict[str, int] = {}
    for junction in model.junctions.values():
        for high, low in junction.priorities:
            of_road[high] = max(2, of_road.get(high, 0))
            of_road.setdefault(low, 0)
    inherited: dict[str, int] = {}
    for draft in lanes.drafts:
        if draft.name in rank:
            inherited.update(dict.fromkeys(draft.successors, rank[draft.name]))
    for (road, _, _), spans in lanes.spans.items():
        junction, across = model.roads[road].junction, Turn.LEFT if model.roads[road].right_hand else Turn.RIGHT
        if not junction:
            continue
        for span in spans:
            value = 1 if junction in lit else of_road.get(road, inherited.get(span.draft.name, 1))
            span.draft.priority = 2 * value + (0 if span.draft.turn == across else 1)
