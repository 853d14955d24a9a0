"""Which lane leads into which: lane links inside roads, between roads, and through junctions."""

from collections.abc import Iterator

from simengine.road.network import LaneType
from simengine.road.opendrive.lanes import LaneMap, Node
from simengine.road.opendrive.model import Lane, OpenDrive, Road
from simengine.road.opendrive.single_side import goes_on
from simengine.road.polyline import turn_of

Port = tuple[str, int, int, str]  # road, stretch, lane, "start" or "end" along s


def _outer_stretch(lanes: LaneMap, road: str, end: str) -> int:
    return 0 if end == "start" else len(lanes.stretches[road]) - 1


def _inside(model: OpenDrive, lanes: LaneMap) -> Iterator[tuple[Port, Port]]:
    """Join the stretches within each road."""
    for road in model.roads.values():
        stretches = lanes.stretches[road.id]
        for i in range(len(stretches) - 1):
            here, there = stretches[i], stretches[i + 1]
            for lane in (*here.section.left, *here.section.right):
                same = here.number == there.number or goes_on(here.section, there.section, lane.id)
                after = (lane.id,) if same else lane.successors
                yield from (((road.id, i, lane.id, "end"), (road.id, i + 1, n, "start")) for n in after)
            if here.number != there.number:
                for lane in (*there.section.left, *there.section.right):
                    before = () if goes_on(here.section, there.section, lane.id) else lane.predecessors
                    yield from (((road.id, i, n, "end"), (road.id, i + 1, lane.id, "start")) for n in before)


def _between(model: OpenDrive, lanes: LaneMap) -> Iterator[tuple[Port, Port]]:
    """Join roads that name each other as predecessor or successor."""
    for road in model.roads.values():
        for link, end in ((road.predecessor, "start"), (road.successor, "end")):
            if link is None or link.kind != "road":
                continue
            if link.id not in model.roads:
                continue
            i, j = _outer_stretch(lanes, road.id, end), _outer_stretch(lanes, link.id, link.contact)
            section = lanes.stretches[road.id][i].section
            for lane in (*section.left, *section.right):
                others = lane.predecessors if end == "start" else lane.successors
                yield from (((road.id, i, lane.id, end), (link.id, j, n, link.contact)) for n in others)


def _touching_end(road: Road, other: Road, contact: str, junction: str) -> str | None:
    """Return the end of an incoming road that a junction's connection leaves from.

    The connecting road says so itself; a direct junction is known by the road's own links.
    """
    link = other.predecessor if contact == "start" else other.successor
    if link is not None and link.kind == "road" and link.id == road.id:
        return link.contact
    for link, end in ((road.predecessor, "start"), (road.successor, "end")):
        if link is not None and link.kind == "junction" and link.id == junction:
            return end
    return None


def _through(model: OpenDrive, lanes: LaneMap) -> Iterator[tuple[Port, Port]]:
    """Join incoming roads to the connecting (or directly linked) roads of junctions."""
    for junction in model.junctions.values():
        for connection in junction.connections:
            if connection.incoming not in model.roads or connection.connecting not in model.roads:
                continue
            road, other = model.roads[connection.incoming], model.roads[connection.connecting]
            end = _touching_end(road, other, connection.contact, junction.id)
            if end is None:
                raise connection.element.error(
                    f"incomingRoad='{road.id}': neither this road nor road '{other.id}' says where they touch"
                )
            i, j = _outer_stretch(lanes, road.id, end), _outer_stretch(lanes, other.id, connection.contact)
            yield from (((road.id, i, a, end), (other.id, j, b, connection.contact)) for a, b in connection.lanes)


def _kind(model: OpenDrive, lanes: LaneMap, node: Node) -> LaneType | None:
    lane: Lane | None = lanes.stretches[node[0]][node[1]].section.lane(node[2])
    return None if lane is None else lane.kind


def link_lanes(model: OpenDrive, lanes: LaneMap) -> None:
    """Write the successors of all drafts.

    Both sides of a joint may state it; one statement is enough. A link holds where one lane leaves and the other enters
    and both are of one kind; a lane too short to draw is passed through. A link to a road that the file does not hold
    is the edge of the map: maps cut out of larger ones are full of them.

    Raises:
        ScenarioError: A junction's connection does not say where its roads touch.
    """
    after: dict[Node, dict[Node, None]] = {}
    for joints in (_inside(model, lanes), _between(model, lanes), _through(model, lanes)):
        for a, b in joints:
            first, second = a[:3], b[:3]
            if first not in lanes.spans or second not in lanes.spans:
                continue  # lanes of type "none", and numbers that no lane bears
            if _kind(model, lanes, first) != _kind(model, lanes, second):
                continue
            leaves = lanes.forward[first] == (a[3] == "end")
            enters = lanes.forward[second] == (b[3] == "start")
            if leaves and enters:
                after.setdefault(first, {})[second] = None
            elif not leaves and not enters:
                after.setdefault(second, {})[first] = None

    for node, spans in lanes.spans.items():
        span = lanes.ends(node, "end" if lanes.forward[node] else "start")
        if not spans or span is None:
            continue
        seen: set[Node] = set()
        waiting = list(after.get(node, {}))
        while waiting:
            target = waiting.pop(0)
            if target in seen:
                continue
            seen.add(target)
            entry = lanes.ends(target, "start" if lanes.forward[target] else "end")
            if entry is not None:
                span.draft.successors.append(entry.draft.name)
            elif _is_short(lanes, target):
                waiting += after.get(target, {})


def _is_short(lanes: LaneMap, node: Node) -> bool:
    stretch = lanes.stretches[node[0]][node[1]]
    return not lanes.spans[node] and stretch.end - stretch.start < 1.0


def set_turns(lanes: LaneMap) -> None:
    """Name the turn of every junction lane from how far it turns."""
    for draft in lanes.drafts:
        if draft.junction >= 0:
            draft.turn = turn_of(draft.points)
