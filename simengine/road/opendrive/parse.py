"""From the XML of an OpenDRIVE file to its checked model (ASAM OpenDRIVE 1.4–1.8, the elements common to them)."""

import math

import numpy as np

from simengine.road.network import LaneType, MarkingType
from simengine.road.opendrive.geometry import NUM_PARAMETERS, ReferenceLine, Shape, cubic_length, cubic_parameter
from simengine.road.opendrive.model import (
    Connection,
    Cubics,
    Junction,
    Lane,
    MainRoad,
    Mark,
    OpenDrive,
    Road,
    RoadLink,
    Section,
)
from simengine.road.xml import Element

MAX_LENGTH = 100_000.0  # of a road [m]
MAX_COORDINATE = 1e8  # [m]; UTM northings reach 1e7
MAX_CURVATURE = 1_000.0  # [1/m]
MAX_TURN = 100.0  # of one piece of reference line [rad]
MAX_LANES = 50  # on one side of a road
_MAX_COEFFICIENT = 1e9
_CURVE_SLACK = 0.1  # by which a cubic's true length may differ from the stated one, relative

# Lane types of ASAM OpenDRIVE 1.4–1.8 (e_laneType); "none" is no lane.
_LANE_TYPES: dict[str, LaneType | None] = {
    **dict.fromkeys(
        ("driving", "entry", "exit", "offRamp", "onRamp", "connectingRamp", "slipLane", "mwyEntry", "mwyExit",
         "bidirectional", "special1", "special2", "special3", "HOV", "bus", "taxi"), LaneType.DRIVING
    ),
    **dict.fromkeys(("shoulder", "stop", "border", "curb"), LaneType.SHOULDER),
    **dict.fromkeys(("sidewalk", "walking"), LaneType.PAVEMENT),
    **dict.fromkeys(("median", "restricted", "roadWorks", "tram", "rail", "shared"), LaneType.MEDIAN),
    "biking": LaneType.BIKING,
    "parking": LaneType.PARKING,
    "none": None,
}  # fmt: skip
# Speed limits where a road type comes without one [m/s]: German law (StVO §3; motorway: recommended speed).
_TYPE_SPEED = {
    "motorway": 130.0 / 3.6, "rural": 100.0 / 3.6, "town": 50.0 / 3.6, "lowSpeed": 30.0 / 3.6,
    "pedestrian": 7.0 / 3.6, "bicycle": 30.0 / 3.6, "unknown": 50.0 / 3.6,
}  # fmt: skip
_SPEED_UNIT = {"m/s": 1.0, "km/h": 1.0 / 3.6, "mph": 0.44704}
_MARKS = {
    "none": MarkingType.NONE, "edge": MarkingType.NONE, "grass": MarkingType.NONE,
    "solid": MarkingType.SOLID, "broken": MarkingType.BROKEN, "broken broken": MarkingType.BROKEN,
    "botts dots": MarkingType.BROKEN, "solid solid": MarkingType.DOUBLE_SOLID, "curb": MarkingType.CURB,
}  # fmt: skip
_MIXED_MARKS = ("solid broken", "broken solid")


def _cubics(elements: list[Element], key: str = "s") -> Cubics:
    """Read records of a, b, c, d; of two at one place the later holds."""
    start: list[float] = []
    coefficient: list[list[float]] = []
    for element in elements:
        s = element.number(key, -1e-3, MAX_LENGTH)
        values = [element.number(name, -_MAX_COEFFICIENT, _MAX_COEFFICIENT) for name in "abcd"]
        if start and s < start[-1]:
            raise element.error(f"{key}='{s:g}': records must ascend, the one before is at {start[-1]:g}")
        if start and s == start[-1]:
            coefficient[-1] = values
        else:
            start.append(s)
            coefficient.append(values)
    return Cubics(np.array(start, np.float64), np.array(coefficient, np.float64).reshape(-1, 4))


def _shape(geometry: Element, length: float) -> tuple[Shape, list[float]]:
    """Read the one shape inside <geometry> and the parameters the kernels want."""
    shapes = [child for child in geometry.children if child.tag in ("line", "arc", "spiral", "poly3", "paramPoly3")]
    if len(shapes) != 1:
        raise geometry.error(f"holds {len(shapes)} shapes; needs one of line, arc, spiral, poly3, paramPoly3")
    element = shapes[0]

    def turned(turn: float) -> None:
        if turn > MAX_TURN:
            raise element.error(f"turns by {turn:.4g} rad over its length: at most {MAX_TURN:g} are allowed")

    def curvature(name: str) -> float:
        return element.number(name, -MAX_CURVATURE, MAX_CURVATURE)

    if element.tag == "line":
        return Shape.LINE, []
    if element.tag == "arc":
        value = curvature("curvature")
        turned(abs(value) * length)
        return Shape.ARC, [value]
    if element.tag == "spiral":
        start, end = curvature("curvStart"), curvature("curvEnd")
        turned(max(abs(start), abs(end)) * length)
        return Shape.SPIRAL, [start, (end - start) / length]
    if element.tag == "poly3":
        v = [element.number(name, -_MAX_COEFFICIENT, _MAX_COEFFICIENT) for name in "abcd"]
        c = np.array([0.0, 1.0, 0.0, 0.0, *v])
        end = cubic_parameter(c, length, length)  # a curve over u is never shorter than u
        return Shape.CUBIC, [*c, end, length]
    names = ("aU", "bU", "cU", "dU", "aV", "bV", "cV", "dV")
    c = np.array([element.number(name, -_MAX_COEFFICIENT, _MAX_COEFFICIENT) for name in names])
    end = 1.0 if element.choice("pRange", ("normalized", "arcLength"), "normalized") == "normalized" else length
    true_length = cubic_length(c, end)
    if not abs(true_length - length) <= _CURVE_SLACK * length + 0.01:
        raise element.error(f"is {true_length:.6g} m long, but its <geometry> states length='{length:g}'")
    return Shape.CUBIC, [*c, end, true_length]


def _reference_line(road: Element, road_length: float) -> ReferenceLine:
    pieces: list[tuple[float, float, float, float, float]] = []
    shapes: list[int] = []
    parameters = []
    plan = road.require("planView")
    for geometry in plan.all("geometry"):
        s = geometry.number("s", -1e-3, MAX_LENGTH)
        length = geometry.number("length", 0.0, MAX_LENGTH)
        x, y = (geometry.number(name, -MAX_COORDINATE, MAX_COORDINATE) for name in ("x", "y"))
        heading = math.remainder(geometry.number("hdg", -1e6, 1e6), 2.0 * math.pi)
        if pieces and s < pieces[-1][0]:
            raise geometry.error(f"s='{s:g}': pieces must ascend, the one before is at {pieces[-1][0]:g}")
        if length < 1e-9:
            continue  # exporters leave empty pieces behind; they draw nothing
        shape, parameter = _shape(geometry, length)
        pieces.append((s, x, y, heading, length))
        shapes.append(shape)
        parameters.append(parameter + [0.0] * (NUM_PARAMETERS - len(parameter)))
    if not pieces:
        raise plan.error("holds no <geometry> of positive length; it needs one")
    end = pieces[-1][0] + pieces[-1][4]
    if abs(end - road_length) > 0.01 * road_length + 0.1:
        raise road.error(f"length='{road_length:g}': its <planView> ends at {end:g} m")
    columns = [np.ascontiguousarray(column) for column in np.array(pieces, np.float64).T]
    return ReferenceLine(*columns, np.array(shapes, np.int32), np.array(parameters, np.float64))


def _speed(element: Element) -> float:
    text = element.string("max")
    if text in ("no limit", "undefined"):
        return _TYPE_SPEED["motorway" if text == "no limit" else "unknown"]
    unit = element.choice("unit", tuple(_SPEED_UNIT), "m/s")
    return element.number("max", 0.0, 1_000.0) * _SPEED_UNIT[unit]


def _mark(element: Element, left_to_right: bool) -> Mark:
    """Read a road mark; the line nearer to a lane rules it. "solid broken" names the lines from inside to outside."""
    offset = element.number("sOffset", -1e-3, MAX_LENGTH, 0.0)
    kind = element.choice("type", (*_MARKS, *_MIXED_MARKS, "custom"))
    if kind in _MIXED_MARKS:
        first, second = (MarkingType[word.upper()] for word in kind.split())
        return Mark(offset, first, second)
    if kind == "custom":
        lines = [line for group in element.all("type") for line in group.all("line")]
        broken = any(line.number("space", 0.0, MAX_LENGTH, 0.0) > 0.0 for line in lines)
        value = MarkingType.NONE if not lines else MarkingType.BROKEN if broken else MarkingType.SOLID
        return Mark(offset, value, value)
    return Mark(offset, _MARKS[kind], _MARKS[kind])


def _lane(element: Element, low: int, high: int) -> Lane:
    number = element.integer("id", low, high)
    kind = element.choice("type", tuple(_LANE_TYPES))
    width, border = list(element.all("width")), list(element.all("border"))
    if number != 0 and not width and not border:
        raise element.error("has neither <width> nor <border>; it needs one")
    link = element.find("link")
    linked = [
        tuple(e.integer("id", -1_000, 1_000) for e in link.all(tag)) if link is not None else ()
        for tag in ("predecessor", "successor")
    ]
    return Lane(
        id=number,
        kind=_LANE_TYPES[kind] if number != 0 else None,
        level=element.choice("level", ("true", "false", "1", "0"), "false") in ("true", "1"),
        reverse=element.choice("direction", ("standard", "reversed", "both"), "standard") == "reversed",
        extent=_cubics(width or border, "sOffset"),
        is_border=not width,
        predecessors=linked[0],
        successors=linked[1],
        marks=tuple(_mark(e, number == 0) for e in element.all("roadMark")),
        speeds=tuple((e.number("sOffset", -1e-3, MAX_LENGTH, 0.0), _speed(e)) for e in element.all("speed")),
        element=element,
    )


def _section(element: Element, start: float, end: float) -> Section:
    def side(tag: str, low: int, high: int) -> tuple[Lane, ...]:
        group = element.find(tag)
        lanes = [_lane(e, low, high) for e in group.all("lane")] if group is not None else []
        lanes.sort(key=lambda lane: abs(lane.id))
        for place, lane in enumerate(lanes, start=0 if tag == "center" else 1):
            if abs(lane.id) != place:
                raise lane.element.error(f"id='{lane.id}': lanes of a side are numbered without gaps; expected {place}")
        return tuple(lanes)

    center = side("center", 0, 0)
    if not center:
        raise element.error("has no <center> with <lane id='0'>; it needs one")
    return Section(start, end, side("left", 1, MAX_LANES), center[0], side("right", -MAX_LANES, -1))


def _sections(road: Element, length: float) -> tuple[Section, ...]:
    lanes = road.require("lanes")
    elements = list(lanes.all("laneSection"))
    if not elements:
        raise lanes.error("has no <laneSection>; it needs one")
    starts = [element.number("s", -1e-3, MAX_LENGTH) for element in elements]
    starts[0] = 0.0
    for element, before, after in zip(elements[1:], starts, starts[1:], strict=False):
        if after < before:
            raise element.error(f"s='{after:g}': sections must ascend, the one before is at {before:g}")
    ends = [min(s, length) for s in starts[1:]] + [length]
    return tuple(_section(e, min(s, t), t) for e, s, t in zip(elements, starts, ends, strict=True))


def _road_link(road: Element, tag: str) -> RoadLink | None:
    element = road.find("link", tag)
    if element is None:
        return None
    kind = element.choice("elementType", ("road", "junction"), "road")
    midway = kind == "road" and "elementS" in element.attributes
    contact = element.choice("contactPoint", ("start", "end"), "start") if kind == "road" and not midway else ""
    s = element.number("elementS", 0.0, MAX_LENGTH) if midway else None
    return RoadLink(kind, element.string("elementId"), contact, element, s)


def _road(element: Element) -> Road:
    length = element.number("length", 0.0, MAX_LENGTH)
    lateral = element.find("lateralProfile")
    fall = list(lateral.all("crossfall")) if lateral is not None else []
    profile = element.find("elevationProfile")
    lanes = element.require("lanes")
    if lateral is not None and lateral.find("shape") is not None:
        raise lateral.require("shape").error("is a lateral shape; this reader knows superelevation and crossfall")

    def falls(side: str) -> Cubics:
        return _cubics([e for e in fall if e.choice("side", ("left", "right", "both"), "both") in (side, "both")])

    def type_speed(kind: Element) -> float:
        speed = kind.find("speed")
        return _speed(speed) if speed is not None else _TYPE_SPEED.get(kind.string("type"), _TYPE_SPEED["unknown"])

    junction = element.string("junction", "-1")
    return Road(
        id=element.string("id"),
        length=length,
        junction="" if junction == "-1" else junction,
        right_hand=element.choice("rule", ("RHT", "LHT"), "RHT") == "RHT",
        line=_reference_line(element, length),
        elevation=_cubics(list(profile.all("elevation")) if profile is not None else []),
        superelevation=_cubics(list(lateral.all("superelevation")) if lateral is not None else []),
        crossfall_left=falls("left"),
        crossfall_right=falls("right"),
        lane_offset=_cubics(list(lanes.all("laneOffset"))),
        sections=_sections(element, length),
        speeds=tuple((e.number("s", -1e-3, MAX_LENGTH), type_speed(e)) for e in element.all("type")),
        predecessor=_road_link(element, "predecessor"),
        successor=_road_link(element, "successor"),
        element=element,
    )


def _contact(element: Element) -> str:
    return element.choice("contactPoint", ("start", "end"))


def _connection(element: Element, virtual: bool) -> Connection:
    direct = "linkedRoad" in element.attributes
    return Connection(
        incoming=element.string("incomingRoad"),
        connecting=element.string("linkedRoad" if direct else "connectingRoad"),
        contact=element.choice("contactPoint", ("start", "end", ""), "") if virtual else _contact(element),
        lanes=tuple(
            (e.integer("from", -MAX_LANES, MAX_LANES), e.integer("to", -MAX_LANES, MAX_LANES))
            for e in element.all("laneLink")
        ),
        direct=direct,
        element=element,
    )


def _main_road(element: Element) -> MainRoad | None:
    if element.attributes.get("type", "default") != "virtual":
        return None
    if not element.attributes.get("mainRoad", ""):
        element.remark("is virtual but names no main road: read as an ordinary one", f"id='{element.string('id')}'")
        return None
    ends = [element.number(s, 0.0, MAX_LENGTH) if s in element.attributes else None for s in ("sStart", "sEnd")]
    return MainRoad(element.string("mainRoad"), *ends)


def _is_joined(connection: Element) -> bool:
    """Tell whether a connection has a road through the junction, remarking those that have none."""
    joined = connection.attributes.get("type", "default") != "virtual"
    if not joined:
        connection.remark("joins roads without a connecting road: left out", f"id='{connection.string('id', '')}'")
    return joined


def _junction(element: Element, index: int) -> Junction:
    main = _main_road(element)
    controllers = sorted(element.all("controller"), key=lambda e: e.integer("sequence", 0, 1_000_000, 0))
    return Junction(
        id=element.string("id"),
        index=index,
        connections=tuple(_connection(e, main is not None) for e in element.all("connection") if _is_joined(e)),
        priorities=tuple((e.string("high"), e.string("low")) for e in element.all("priority")),
        controllers=tuple(e.string("id") for e in controllers),
        main=main,
    )


def parse_opendrive(root: Element) -> OpenDrive:
    """Check an OpenDRIVE tree and return its model.

    Raises:
        ScenarioError: Names file, line, element, attribute, value and what is allowed.
    """
    header = root.require("header")
    header.integer("revMajor", 1, 1)
    header.integer("revMinor", 1, 8)
    roads: dict[str, Road] = {}
    for element in root.all("road"):
        road = _road(element)
        if road.id in roads:
            raise element.error(f"id='{road.id}': another road has this id")
        roads[road.id] = road
    if not roads:
        raise root.error("holds no <road>; it needs one")
    junctions = {}
    for index, element in enumerate(root.all("junction")):
        junction = _junction(element, index)
        junctions[junction.id] = junction
    controllers = {
        e.string("id"): tuple(dict.fromkeys(control.string("signalId") for control in e.all("control")))
        for e in root.all("controller")
    }
    return OpenDrive(roads, junctions, controllers)
