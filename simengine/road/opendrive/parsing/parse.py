"""From the XML of an OpenDRIVE file to its checked model (ASAM OpenDRIVE 1.4–1.8, the elements common to them).

Where the line between refusing and leaving out is drawn: `tolerance.py`. Names that lead nowhere: `references.py`.
"""

from simengine.road.files.xml import Element
from simengine.road.network.network import LaneType
from simengine.road.opendrive.model import (
    Connection,
    Cubics,
    Junction,
    Lane,
    MainRoad,
    OpenDrive,
    Road,
    RoadLink,
    Section,
)
from simengine.road.opendrive.parsing.plan_view import read_reference_line
from simengine.road.opendrive.parsing.polynomials import MAX_LENGTH, read_cubics, read_elevation, read_lateral_shape
from simengine.road.opendrive.parsing.references import check_references
from simengine.road.opendrive.parsing.road_marks import in_sequence, read_mark
from simengine.road.opendrive.parsing.vocabulary import remark_left_out
from simengine.road.opendrive.single_side import continue_sides
from simengine.road.opendrive.tolerance import NEAR_END, ROUNDING, chosen, in_order, read_all, read_or_leave_out

NEWEST_MINOR = 8  # of ASAM OpenDRIVE 1.x
MAX_LANES = 50  # on one side of a road
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
    "pedestrian": 7.0 / 3.6, "bicycle": 30.0 / 3.6, "unknown": 50.0 / 3.6, "townPlayStreet": 7.0 / 3.6,
    **dict.fromkeys(("townExpressway", "townCollector", "townArterial", "townPrivate", "townLocal"), 50.0 / 3.6),
}  # fmt: skip
_SPEED_UNIT = {"m/s": 1.0, "km/h": 1.0 / 3.6, "mph": 0.44704}
MAX_RISE = 100.0  # of a lane's border above the road [m]


def _speed(element: Element) -> float:
    text = element.string("max")
    if text in ("no limit", "undefined"):
        return _TYPE_SPEED["motorway" if text == "no limit" else "unknown"]
    unit = element.choice("unit", tuple(_SPEED_UNIT), "m/s")
    return element.number("max", 0.0, 1_000.0) * _SPEED_UNIT[unit]


def _height(element: Element) -> tuple[float, float, float]:
    """Return where a lane's height holds and by how much its inner and outer border rise above the road [m]."""
    offset = element.number("sOffset", -ROUNDING, MAX_LENGTH, 0.0)
    return offset, *(element.number(border, -MAX_RISE, MAX_RISE) for border in ("inner", "outer"))


def _lane_type(element: Element) -> LaneType | None:
    """Return what a lane is for; one of a type that this reader does not know is there but carries no traffic."""
    text = element.attributes.get("type", "").strip()
    for name, kind in _LANE_TYPES.items():
        if name.casefold() == text.casefold():
            return kind
    element.remark("has a type this reader does not know: taken as no carriageway", f"type='{text[:40]}'")
    return LaneType.MEDIAN


def _is_reversed(element: Element) -> bool:
    """Tell whether a lane runs against the direction its side implies."""
    direction = chosen(element, "direction", ("standard", "reversed", "both"), "standard")
    if direction == "both":
        element.remark("is for both directions: used in that of its side only", f"id='{element.string('id')}'")
    return direction == "reversed"


def _linked_lanes(link: Element | None, tag: str) -> tuple[int, ...]:
    if link is None:
        return ()
    text = "names no lane on one of its sides: that side is left out"
    found = [read_or_leave_out(lambda e: e.integer("id", -1_000, 1_000), e, text, link) for e in link.all(tag)]
    return tuple(number for number in found if number is not None)


def _lane_speed(element: Element) -> tuple[float, float]:
    return element.number("sOffset", -ROUNDING, MAX_LENGTH, 0.0), _speed(element)


def _lane(element: Element, low: int, high: int) -> Lane:
    number = element.integer("id", low, high)
    kind = _lane_type(element) if number != 0 else None
    width, border = list(element.all("width")), list(element.all("border"))
    if number != 0 and not width and not border and kind is not None:
        raise element.error("has neither <width> nor <border>; it needs one")
    linked = [_linked_lanes(element.find("link"), tag) for tag in ("predecessor", "successor")]
    marks = read_all(lambda e: read_mark(e, number), list(element.all("roadMark")), "cannot be read: left out")
    heights = [_height(e) for e in element.all("height")] if number != 0 else []
    speeds = read_all(_lane_speed, list(element.all("speed")), "cannot be read: left out")
    return Lane(
        id=number,
        kind=kind,
        level=chosen(element, "level", ("true", "false", "1", "0"), "false") in ("true", "1"),
        reverse=_is_reversed(element),
        extent=read_cubics(width or border, "sOffset"),
        is_border=not width,
        predecessors=linked[0],
        successors=linked[1],
        marks=in_sequence(in_order(marks, lambda ranges: ranges[0].offset, element, "marks")),
        heights=tuple(in_order(heights, lambda height: height[0], element, "heights")),
        speeds=tuple(in_order(speeds, lambda speed: speed[0], element, "speed limits")),
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
    if not center:  # it has no width, and what it lacks is paint alone
        element.remark("has no center lane: nothing is painted there", f"s='{element.attributes.get('s', '')}'")
        center = (_lane(Element(element.file, element.line, "lane", {"id": "0"}, element.remarks), 0, 0),)
    return Section(start, end, side("left", 1, MAX_LANES), center[0], side("right", -MAX_LANES, -1))


def _sections(road: Element, length: float) -> tuple[Section, ...]:
    lanes = road.require("lanes")
    elements = list(lanes.all("laneSection"))
    if not elements:
        raise lanes.error("has no <laneSection>; it needs one")
    starts = [element.number("s", -ROUNDING, MAX_LENGTH) for element in elements]
    if starts[0] > NEAR_END:
        raise elements[0].error(f"s='{starts[0]:g}': the first section starts there; it should start at 0")
    if starts[0] > ROUNDING:
        elements[0].remark("is the first and starts behind its road's start: moved there", f"s='{starts[0]:g}'")
    starts[0] = 0.0
    for k, element in enumerate(elements[1:], start=1):
        if starts[k] < starts[k - 1] - ROUNDING:
            raise element.error(f"s='{starts[k]:g}': sections must ascend, the one before is at {starts[k - 1]:g}")
        starts[k] = max(starts[k], starts[k - 1])
        if starts[k] > length + ROUNDING:
            element.remark("starts beyond its road's end: left out", f"s='{starts[k]:g}'")
    ends = [min(s, length) for s in starts[1:]] + [length]
    return continue_sides([_section(e, min(s, t), t) for e, s, t in zip(elements, starts, ends, strict=True)], elements)


def _road_link(element: Element) -> RoadLink:
    kind = element.choice("elementType", ("road", "junction"), "road")
    midway = kind == "road" and "elementS" in element.attributes
    contact = element.choice("contactPoint", ("start", "end"), "start") if kind == "road" and not midway else ""
    s = element.number("elementS", 0.0, MAX_LENGTH) if midway else None
    return RoadLink(kind, element.string("elementId"), contact, element, s)


def _type_speed(element: Element) -> tuple[float, float]:
    """Return where a road type starts [m] and the limit it implies [m/s]: its own, else what is usual for the type."""
    kind = chosen(element, "type", tuple(_TYPE_SPEED), "unknown")
    speed = element.find("speed")
    own = read_or_leave_out(_speed, speed, "cannot be read: left out") if speed is not None else None
    return element.number("s", -ROUNDING, MAX_LENGTH), _TYPE_SPEED[kind] if own is None else own


def _road(element: Element) -> Road:
    line, length = read_reference_line(element, element.number("length", 0.0, MAX_LENGTH))
    lateral = element.find("lateralProfile")
    fall = list(lateral.all("crossfall")) if lateral is not None else []
    profile = element.find("elevationProfile")
    lanes = element.require("lanes")

    def falls(side: str) -> Cubics:
        return read_cubics([e for e in fall if e.choice("side", ("left", "right", "both"), "both") in (side, "both")])

    def road_link(tag: str) -> RoadLink | None:
        link, text = element.find("link", tag), "has a link that names no road or junction: left out"
        return read_or_leave_out(_road_link, link, text, element) if link is not None else None

    junction = element.string("junction", "-1")
    speeds = read_all(_type_speed, list(element.all("type")), "cannot be read: left out")
    return Road(
        id=element.string("id"),
        length=length,
        junction="" if junction in ("-1", "") else junction,
        right_hand=chosen(element, "rule", ("RHT", "LHT"), "RHT") == "RHT",
        line=line,
        elevation=read_elevation(list(profile.all("elevation")) if profile is not None else []),
        superelevation=read_cubics(list(lateral.all("superelevation")) if lateral is not None else []),
        crossfall_left=falls("left"),
        crossfall_right=falls("right"),
        shape=read_lateral_shape(list(lateral.all("shape")) if lateral is not None else []),
        lane_offset=read_cubics(list(lanes.all("laneOffset"))),
        sections=_sections(element, length),
        speeds=tuple(in_order(speeds, lambda speed: speed[0], element, "types")),
        predecessor=road_link("predecessor"),
        successor=road_link("successor"),
        element=element,
    )


def _lane_link(element: Element) -> tuple[int, int]:
    return element.integer("from", -MAX_LANES, MAX_LANES), element.integer("to", -MAX_LANES, MAX_LANES)


def _connection(element: Element, virtual: bool) -> Connection:
    direct = "linkedRoad" in element.attributes
    return Connection(
        incoming=element.string("incomingRoad"),
        connecting=element.string("linkedRoad" if direct else "connectingRoad"),
        contact=element.choice("contactPoint", ("start", "end", ""), "" if virtual else None),
        lanes=tuple(read_all(_lane_link, list(element.all("laneLink")), "names no lanes: left out")),
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
    controllers = read_all(
        lambda e: (e.integer("sequence", 0, 1_000_000_000, 0), e.string("id")),
        list(element.all("controller")),
        "cannot be read: left out",
    )
    connections = [e for e in element.all("connection") if _is_joined(e)]
    priorities = read_all(
        lambda e: (e.string("high"), e.string("low")), list(element.all("priority")), "cannot be read: left out"
    )
    return Junction(
        id=element.string("id"),
        index=index,
        connections=tuple(
            read_all(lambda e: _connection(e, main is not None), connections, "cannot be read: left out")
        ),
        priorities=tuple(priorities),
        controllers=tuple(name for _, name in sorted(controllers, key=lambda c: c[0])),
        main=main,
    )


def _signals_of(controller: Element) -> tuple[str, tuple[str, ...]]:
    controls = read_all(lambda e: e.string("signalId"), list(controller.all("control")), "cannot be read: left out")
    return controller.string("id"), tuple(dict.fromkeys(controls))


def parse_opendrive(root: Element) -> OpenDrive:
    """Check an OpenDRIVE tree and return its model, in which every name that roads and junctions use leads somewhere.

    Raises:
        ScenarioError: Names file, line, element, attribute, value and what is allowed.
    """
    header = root.require("header")
    header.integer("revMajor", 1, 1)
    if header.integer("revMinor", 0, 99) > NEWEST_MINOR:
        header.remark("is of a newer version than this reader knows", f"1.{header.string('revMinor')}")
    remark_left_out(root)
    roads: dict[str, Road] = {}
    for element in root.all("road"):
        road = _road(element)
        if road.id in roads:
            raise element.error(f"id='{road.id}': another road has this id")
        roads[road.id] = road
    if not roads:
        raise root.error("holds no <road>; it needs one")
    junctions: dict[str, Junction] = {}
    for element in root.all("junction"):
        junction = _junction(element, len(junctions))
        if junction.id in junctions:
            raise element.error(f"id='{junction.id}': another junction has this id")
        junctions[junction.id] = junction
    controllers: dict[str, tuple[str, ...]] = {}
    for name, signals in read_all(_signals_of, list(root.all("controller")), "cannot be read: left out"):
        controllers[name] = tuple(dict.fromkeys((*controllers.get(name, ()), *signals)))
    return check_references(OpenDrive(roads, junctions, controllers), root)
