"""Names in an OpenDRIVE file that lead nowhere: a map cut out of a larger one is full of them.

A road of a junction that the file lacks is an ordinary road, a link that leads nowhere is the edge of the map, a
connection of roads that are not there is none. Each is remarked.
"""

from collections.abc import Iterator
from dataclasses import replace

from simengine.road.files.xml import Element
from simengine.road.opendrive.model import Connection, Junction, Lane, OpenDrive, Road, RoadLink, Section


def check_references(model: OpenDrive, root: Element) -> OpenDrive:
    """Return a model without what names something the file lacks, remarking it."""
    roads = {road.id: _known_road(road, model) for road in model.roads.values()}
    elements = {element.attributes.get("id", ""): element for element in root.all("junction")}
    known = replace(model, roads=roads)
    junctions = {name: _known_junction(junction, elements[name], known) for name, junction in model.junctions.items()}
    for road in roads.values():
        _check_lane_links(road, known)
    return replace(known, junctions=junctions, controllers=_known_signals(known, root))


def _known_road(road: Road, model: OpenDrive) -> Road:
    junction = road.junction
    if junction and junction not in model.junctions:
        road.element.remark(
            "belongs to a junction the file lacks: kept as an ordinary road", f"id='{road.id}', junction='{junction}'"
        )
        junction = ""
    predecessor, successor = (_known_link(road, link, model) for link in (road.predecessor, road.successor))
    return replace(road, junction=junction, predecessor=predecessor, successor=successor)


def _known_link(road: Road, link: RoadLink | None, model: OpenDrive) -> RoadLink | None:
    if link is None or link.id in (model.roads if link.kind == "road" else model.junctions):
        return link
    road.element.remark("leads to what the file lacks: the map ends there", f"id='{road.id}' to {link.kind} {link.id}")
    return None


def _known_junction(junction: Junction, element: Element, model: OpenDrive) -> Junction:
    connections = tuple(c for c in (_known_connection(c, model) for c in junction.connections) if c is not None)
    for priority in element.all("priority"):
        names = [priority.attributes[key] for key in ("high", "low") if key in priority.attributes]
        missing = [name for name in names if name not in model.roads]
        if missing and len(names) == 2:
            priority.remark("names a road the file lacks: left out", f"road {missing[0]}")
    for controller in element.all("controller"):
        name = controller.attributes.get("id", "")
        if name and name not in model.controllers:
            controller.remark("is none of the file's controllers: left out", f"id='{name}'")
    return replace(
        junction,
        connections=connections,
        priorities=tuple(pair for pair in junction.priorities if all(name in model.roads for name in pair)),
        controllers=tuple(name for name in junction.controllers if name in model.controllers),
    )


def _known_connection(connection: Connection, model: OpenDrive) -> Connection | None:
    incoming, connecting = model.roads.get(connection.incoming), model.roads.get(connection.connecting)
    if incoming is None or connecting is None:
        missing = connection.incoming if incoming is None else connection.connecting
        connection.element.remark("joins a road the file lacks: left out", f"road {missing}")
        return None
    before = (incoming.sections[0], incoming.sections[-1])
    ends = {"start": connecting.sections[:1], "end": connecting.sections[-1:]}
    behind = ends.get(connection.contact, (connecting.sections[0], connecting.sections[-1]))
    lanes = []
    for a, b in connection.lanes:
        if _has(before, a) and _has(behind, b):
            lanes.append((a, b))
        elif a != 0 or b != 0:  # some exporters link center lanes too, which carry nothing
            road, number = (connecting.id, b) if _has(before, a) else (incoming.id, a)
            connection.element.remark("names a lane its road lacks there: left out", f"road {road}, lane {number}")
    return replace(connection, lanes=tuple(lanes))


def _has(sections: tuple[Section, ...], number: int) -> bool:
    return any(section.lane(number) is not None for section in sections)


def _check_lane_links(road: Road, model: OpenDrive) -> None:
    """Remark links of lanes to numbers that no lane beyond bears; those on a road's end count where a road is there."""
    for i, section in enumerate(road.sections):
        before = road.sections[i - 1] if i > 0 else _beyond(road.predecessor, model)
        after = road.sections[i + 1] if i + 1 < len(road.sections) else _beyond(road.successor, model)
        for lane in (*section.left, *section.right):
            for number in _unknown(before, lane.predecessors):
                _remark_lane(road, section, lane, f"predecessor {number}")
            for number in _unknown(after, lane.successors):
                _remark_lane(road, section, lane, f"successor {number}")


def _beyond(link: RoadLink | None, model: OpenDrive) -> Section | None:
    if link is None or link.kind != "road" or link.contact not in ("start", "end"):
        return None
    return model.roads[link.id].sections[0 if link.contact == "start" else -1]


def _unknown(section: Section | None, numbers: tuple[int, ...]) -> Iterator[int]:
    return (number for number in numbers if section is not None and number != 0 and section.lane(number) is None)


def _remark_lane(road: Road, section: Section, lane: Lane, what: str) -> None:
    lane.element.remark(
        "links to a lane that is not there: left out", f"road {road.id}, s = {section.start:g}, lane {lane.id}, {what}"
    )


def _known_signals(model: OpenDrive, root: Element) -> dict[str, tuple[str, ...]]:
    groups = (road.element.find("signals") for road in model.roads.values())
    names = {e.attributes.get("id", "") for group in groups if group is not None for e in group.all("signal")}
    for controller in root.all("controller"):
        for control in controller.all("control"):
            name = control.attributes.get("signalId", "")
            if name and name not in names:
                control.remark("names a signal the file lacks: left out", f"signalId='{name}'")
    return {name: tuple(s for s in signals if s in names) for name, signals in model.controllers.items()}
