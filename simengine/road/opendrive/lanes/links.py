"""Which lane leads into which: lane links inside roads, between roads, and through junctions.

What a file links is checked against where its lanes lie. Where a contact point contradicts that, the other end counts;
lanes that do not meet are not linked. Each departure is remarked.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from simengine.road.files.xml import Element
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.joints import Fit, Joint, close_gap, joint_of
from simengine.road.network.network import LaneType
from simengine.road.network.polyline import turn_of
from simengine.road.opendrive.lanes.drafts import LaneMap, Node
from simengine.road.opendrive.model import Connection, Lane, OpenDrive, Road
from simengine.road.opendrive.single_side import goes_on

Port = tuple[str, int, int, str]  # road, stretch, lane, "start" or "end" along s
_OTHER = {"start": "end", "end": "start"}
_UNSAID = "does not say where its roads touch: found from where they lie"
_NO_TOUCH = "does not say where its roads touch, and they touch nowhere: left out"
_WRONG_CONTACT = "names an end that lies elsewhere: the one that touches is taken"
_WRONG_PLACE = "names a place on its main road that lies elsewhere: the one beside it is taken"
_APART = "links lanes that do not meet: left out"
_AGAINST = "links lanes that run against each other: left out"
_NEAR = "links lanes that do not quite meet: linked all the same"
_CLOSED = "links lanes with a gap between: the gap is closed with a piece of lane"


class Reading(NamedTuple):
    """One way to understand a statement: the lanes it joins, and what to remark if this is the way."""

    pairs: tuple[tuple[Port, Port], ...]
    remark: str  # "" for what the file says


class Statement(NamedTuple):
    """What one element of the file links, and how it may be meant, in order of preference."""

    element: Element
    readings: tuple[Reading, ...]
    detail: str


class Step(NamedTuple):
    """A lane that leads to another, as stated by an element."""

    target: LaneDraft
    element: Element
    passed: bool  # whether a lane too short to draw lies between


def _outer_stretch(lanes: LaneMap, road: str, end: str) -> int:
    return 0 if end == "start" else len(lanes.stretches[road]) - 1


def _inside(model: OpenDrive, lanes: LaneMap) -> Iterator[Statement]:
    """Join the stretches within each road."""
    for road in model.roads.values():
        stretches = lanes.stretches[road.id]
        for i in range(len(stretches) - 1):
            here, there = stretches[i], stretches[i + 1]
            for lane in (*here.section.left, *here.section.right):
                same = here.number == there.number or goes_on(here.section, there.section, lane.id)
                after = (lane.id,) if same else lane.successors
                pairs = tuple(((road.id, i, lane.id, "end"), (road.id, i + 1, n, "start")) for n in after)
                yield Statement(lane.element, (Reading(pairs, ""),), "")
            if here.number != there.number:
                for lane in (*there.section.left, *there.section.right):
                    before = () if goes_on(here.section, there.section, lane.id) else lane.predecessors
                    pairs = tuple(((road.id, i, n, "end"), (road.id, i + 1, lane.id, "start")) for n in before)
                    yield Statement(lane.element, (Reading(pairs, ""),), "")


def _between(model: OpenDrive, lanes: LaneMap) -> Iterator[Statement]:
    """Join roads that name each other as predecessor or successor."""
    for road in model.roads.values():
        for link, end in ((road.predecessor, "start"), (road.successor, "end")):
            if link is None or link.kind != "road" or link.id not in model.roads:
                continue
            i = _outer_stretch(lanes, road.id, end)
            section = lanes.stretches[road.id][i].section
            named = [
                (lane.id, n)
                for lane in (*section.left, *section.right)
                for n in (lane.predecessors if end == "start" else lane.successors)
            ]
            readings = list(_midway(lanes, road.id, end, [(n, own) for own, n in named]))
            if not readings:
                for contact in (link.contact, _OTHER[link.contact]) if link.contact else ("start", "end"):
                    j = _outer_stretch(lanes, link.id, contact)
                    pairs = tuple(((road.id, i, own, end), (link.id, j, n, contact)) for own, n in named)
                    readings.append(Reading(pairs, "" if contact == link.contact else _WRONG_CONTACT))
            yield Statement(link.element, tuple(readings), f"road {road.id} to {link.id}")


def _midway(lanes: LaneMap, road: str, end: str, named: Iterable[tuple[int, int]]) -> Iterator[Reading]:
    """Read lane pairs (main road, connecting road) where a road's end touches a main road midway, if it does."""
    i = _outer_stretch(lanes, road, end)
    for number, branch in enumerate(lanes.branches.at.get((road, end), ())):
        cut = lanes.boundary(branch.road, branch.s)
        pairs = []
        for n, own in named:
            away = lanes.forward.get((road, i, own), True) == (end == "start")  # from the main road
            before = lanes.forward.get((branch.road, max(cut - 1, 0), n), n < 0) == away
            stretch, side = (cut - 1, "end") if before else (cut, "start")
            if 0 <= stretch < len(lanes.stretches[branch.road]):
                pairs.append(((branch.road, stretch, n, side), (road, i, own, end)))
        yield Reading(tuple(pairs), _WRONG_PLACE if number else "")


def _touching_end(road: Road, other: Road, contact: str, junction: str) -> str | None:
    """Return the end of an incoming road that a junction's connection leaves from, if the file says so.

    The connecting road says so itself; a direct junction is known by the road's own links.
    """
    link = other.predecessor if contact == "start" else other.successor
    if link is not None and link.kind == "road" and link.id == road.id and link.contact:
        return link.contact
    ends = [
        end
        for link, end in ((road.predecessor, "start"), (road.successor, "end"))
        if link is not None and link.kind == "junction" and link.id == junction
    ]
    return ends[0] if ends else None


def _through(model: OpenDrive, lanes: LaneMap) -> Iterator[Statement]:
    """Join incoming roads to the connecting (or directly linked) roads of junctions."""
    for junction in model.junctions.values():
        for connection in junction.connections:
            if connection.incoming not in model.roads or connection.connecting not in model.roads:
                continue
            road, other = model.roads[connection.incoming], model.roads[connection.connecting]
            readings = _contacts(lanes, road, other, connection, junction.id)
            yield Statement(connection.element, tuple(readings), f"road {road.id} to {other.id}")


def _contacts(lanes: LaneMap, road: Road, other: Road, connection: Connection, junction: str) -> Iterator[Reading]:
    """Read a connection: as it is stated, then with other ends of its two roads."""
    contacts = (connection.contact, _OTHER[connection.contact]) if connection.contact else ("start", "end")
    midway = False
    for contact in contacts:
        if any(branch.road == road.id for branch in lanes.branches.at.get((other.id, contact), ())):
            midway = True
            yield from _midway(lanes, other.id, contact, connection.lanes)
    if midway:
        return
    for contact in contacts:
        said = _touching_end(road, other, contact, junction)
        j = _outer_stretch(lanes, other.id, contact)
        for end in ("start", "end") if said is None else (said, _OTHER[said]):
            i = _outer_stretch(lanes, road.id, end)
            pairs = tuple(((road.id, i, a, end), (other.id, j, b, contact)) for a, b in connection.lanes)
            stated = end == said and contact == connection.contact
            yield Reading(pairs, "" if stated else _UNSAID if said is None else _WRONG_CONTACT)


def _lane(lanes: LaneMap, node: Node) -> Lane | None:
    return lanes.stretches[node[0]][node[1]].section.lane(node[2])


class _Linker:
    """Collects which lane leads to which, from all statements of a file."""

    def __init__(self, lanes: LaneMap) -> None:
        self._lanes = lanes
        self.after: dict[Node, dict[Node, Element]] = {}

    def _directed(self, a: Port, b: Port) -> tuple[Node, Node] | None:
        """Return two lanes of one kind in the order of travel; None where one is no lane, or they run against another.

        Lanes of type "none" and numbers that no lane bears are no lanes.
        """
        lanes, first, second = self._lanes, a[:3], b[:3]
        if first not in lanes.spans or second not in lanes.spans:
            return None
        if self._kind(first) != self._kind(second):
            return None
        leaves = lanes.forward[first] == (a[3] == "end")
        enters = lanes.forward[second] == (b[3] == "start")
        if leaves != enters:
            return None
        return (first, second) if leaves else (second, first)

    def _kind(self, node: Node) -> LaneType | None:
        lane = _lane(self._lanes, node)
        return None if lane is None else lane.kind

    def joint(self, first: Node, second: Node) -> Joint | None:
        """Return how two lanes lie to each other; None where one of them is not drawn up to there."""
        lanes = self._lanes
        before = lanes.ends(first, "end" if lanes.forward[first] else "start")
        behind = lanes.ends(second, "start" if lanes.forward[second] else "end")
        return None if before is None or behind is None else joint_of(before.draft, behind.draft)

    def _touches(self, reading: Reading) -> bool:
        directed = [pair for a, b in reading.pairs if (pair := self._directed(a, b)) is not None]
        joints = [joint for pair in directed if (joint := self.joint(*pair)) is not None]
        return any(joint.fit != Fit.APART or joint.can_be_closed for joint in joints)

    def add(self, statement: Statement) -> None:
        """Take in a statement: in the first reading in which any of its lanes meet, else as the file says."""
        readings = [reading for reading in statement.readings if reading.pairs]
        if not readings:
            return
        chosen = next((reading for reading in readings if self._touches(reading)), None)
        if chosen is None:
            if all(reading.remark == _UNSAID for reading in readings):
                statement.element.remark(_NO_TOUCH, statement.detail)
                return
            chosen = readings[0]
        elif chosen.remark:
            statement.element.remark(chosen.remark, statement.detail)
        for a, b in chosen.pairs:
            pair = self._directed(a, b)
            if pair is not None:
                self.after.setdefault(pair[0], {}).setdefault(pair[1], statement.element)
            elif self._run_against_each_other(a, b):
                statement.element.remark(_AGAINST, f"road {a[0]} lane {a[2]} and road {b[0]} lane {b[2]}")

    def _run_against_each_other(self, a: Port, b: Port) -> bool:
        known = all(port[:3] in self._lanes.spans for port in (a, b))
        return known and all(self._kind(port[:3]) == LaneType.DRIVING for port in (a, b))

    def steps(self, node: Node) -> Iterator[Step]:
        """Iterate over the drawn lanes that a lane leads to, through lanes too short to draw."""
        seen: set[Node] = set()
        waiting = [(target, element, False) for target, element in self.after.get(node, {}).items()]
        while waiting:
            target, element, passed = waiting.pop(0)
            if target in seen:
                continue
            seen.add(target)
            entry = self._lanes.ends(target, "start" if self._lanes.forward[target] else "end")
            if entry is not None:
                yield Step(entry.draft, element, passed)
            elif self._is_short(target):
                waiting += [(beyond, element, True) for beyond in self.after.get(target, {})]

    def _is_short(self, node: Node) -> bool:
        stretch = self._lanes.stretches[node[0]][node[1]]
        return not self._lanes.spans[node] and stretch.end - stretch.start < 1.0


def link_lanes(model: OpenDrive, lanes: LaneMap) -> None:
    """Write the successors of all drafts.

    Both sides of a joint may state it; one statement is enough. A link holds where one lane leaves and the other
    enters, both are of one kind, and the one begins where the other ends; a lane too short to draw is passed through.
    In a junction a gap straight ahead is closed. A link to a road that the file does not hold is the edge of the map.
    """
    linker = _Linker(lanes)
    for statements in (_inside(model, lanes), _between(model, lanes), _through(model, lanes)):
        for statement in statements:
            linker.add(statement)
    found: list[tuple[LaneDraft, Step]] = []
    for node, spans in lanes.spans.items():
        span = lanes.ends(node, "end" if lanes.forward[node] else "start")
        if spans and span is not None:
            found += [(span.draft, step) for step in linker.steps(node)]
    leaving: dict[str, int] = {}
    entering: dict[str, int] = {}
    for draft, step in found:
        leaving[draft.name] = leaving.get(draft.name, 0) + 1
        entering[step.target.name] = entering.get(step.target.name, 0) + 1
    for draft, step in found:
        joint = joint_of(draft, step.target)
        text = {Fit.MEETS: "", Fit.NEAR: _NEAR, Fit.APART: _APART}[joint.fit]
        if joint.fit != Fit.MEETS and joint.can_be_closed:
            lengthened = draft.junction >= 0 or step.passed
            if lengthened and leaving[draft.name] == 1:
                close_gap(draft, step.target, extend_first=True)
                text = _CLOSED
            elif step.target.junction >= 0 and entering[step.target.name] == 1:
                close_gap(draft, step.target, extend_first=False)
                text = _CLOSED
        if text:
            step.element.remark(text, f"{draft.name} to {step.target.name}: {joint}")
        if text != _APART:
            draft.successors.append(step.target.name)


def set_turns(lanes: LaneMap) -> None:
    """Name the turn of every junction lane from how far it turns."""
    for draft in lanes.drafts:
        if draft.junction >= 0:
            draft.turn = turn_of(draft.points)
