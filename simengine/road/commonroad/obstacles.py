"""Obstacles of a CommonRoad file: those that move as recorded tracks, those that stand as boxes."""

import math
from dataclasses import dataclass, field

import numpy as np

from simengine.core.state import ActorKind
from simengine.road.commonroad import shapes
from simengine.road.files.recording import RecordedTracks, StillObstacles
from simengine.road.files.xml import Element

MAX_CELLS = 5_000_000  # tracks times steps
_MAX_SPEED = 1_000.0  # [m/s]
_MOVES = 0.05  # middles of occupancies nearer than this tell no direction [m]
_PERSON_SIZE = 1.2  # an obstacle of unknown type no larger than this is taken for a person [m]
_KINDS = {
    "car": ActorKind.CAR, "taxi": ActorKind.CAR, "priorityVehicle": ActorKind.CAR, "parkedVehicle": ActorKind.CAR,
    "truck": ActorKind.TRUCK, "train": ActorKind.TRUCK, "bus": ActorKind.BUS, "bicycle": ActorKind.BICYCLE,
    "motorcycle": ActorKind.MOTORCYCLE, "pedestrian": ActorKind.PEDESTRIAN,
    "constructionZone": ActorKind.CARGO, "pillar": ActorKind.CARGO,
}  # fmt: skip
_STANDS = 0.1  # what never is farther than this from its first place stands [m]
_FASTEST = 120.0  # on any road [m/s]
_AT_REST = ("parkedVehicle", "constructionZone", "pillar")  # these stand where nothing says that they move
_NO_ACTORS = ("roadBoundary", "building", "median_strip", "medianStrip")
_ALL_KINDS = (*_KINDS, *_NO_ACTORS, "unknown")


@dataclass
class _State:
    step: int
    x: float  # center of the box [m]
    y: float
    heading: float  # of the box's x axis [rad]
    velocity: float | None  # along the heading [m/s]


@dataclass
class _Track:
    id: str
    kind: ActorKind
    box: shapes.ObstacleBox
    states: list[_State]


@dataclass
class ReadObstacles:
    """What was read; what was passed over is in the file's remarks."""

    tracks: list[_Track] = field(default_factory=list)
    still: list[_Track] = field(default_factory=list)


def _state(element: Element, box: shapes.ObstacleBox, last_heading: float) -> _State:
    """Read a state and move it to the center of the obstacle's box, turned as its shape is.

    Point-mass states carry the velocity's components instead of an orientation.

    Args:
        element: The state.
        box: Around the obstacle's shape.
        last_heading: Of the box in the state before [rad].
    """
    x, y = shapes.place(element.require("position"))
    orientation, speed, lateral = element.find("orientation"), element.find("velocity"), element.find("velocityY")
    velocity = shapes.value(speed, -_MAX_SPEED, _MAX_SPEED) if speed is not None else None
    if orientation is not None:
        heading = shapes.angle(orientation)
    elif velocity is not None and lateral is not None:
        across = shapes.value(lateral, -_MAX_SPEED, _MAX_SPEED)
        moves = math.hypot(velocity, across) > 0.1
        heading = math.atan2(across, velocity) if moves else last_heading - box.turn
        velocity = math.hypot(velocity, across)
    else:
        raise element.error("has neither <orientation> nor <velocity> with <velocityY>; it needs one")
    c, s = math.cos(heading), math.sin(heading)
    return _State(
        shapes.step(element.require("time")), x + c * box.x - s * box.y, y + s * box.x + c * box.y,
        math.remainder(heading + box.turn, 2.0 * math.pi), None if velocity is None else velocity * math.cos(box.turn),
    )  # fmt: skip


def _kind(element: Element, box: shapes.ObstacleBox, moves: bool) -> ActorKind | None:
    name = element.require("type").text_choice(_ALL_KINDS)
    if name in _NO_ACTORS:
        return None
    if name != "unknown":
        kind = _KINDS[name]
        if name == "train":
            element.remark("is of type 'train', which there is none of; a truck stands for it", _name(element))
        return kind
    if not moves:
        kind = ActorKind.CARGO
    else:
        kind = ActorKind.PEDESTRIAN if max(box.length, box.width) <= _PERSON_SIZE else ActorKind.CAR
    element.remark("is of type 'unknown'; its kind is guessed by its size", f"{_name(element)}: {kind.name.lower()}")
    return kind


def _name(element: Element) -> str:
    return f"obstacle {element.string('id')}"


def _follow_occupancies(element: Element, track: _Track) -> None:
    """Continue a track along the middles of a set of occupancies, the box turned as those are.

    A rectangle tells how the obstacle is turned, to a quarter turn that the state before decides. Of other outlines the
    way from middle to middle does; who turns by more than a right angle there goes backwards.
    """
    areas: dict[int, list[Element]] = {}
    for occupancy in element.all("occupancy"):
        areas.setdefault(shapes.step(occupancy.require("time")), []).append(occupancy.require("shape"))
    largest = track.box
    for step in sorted(step for step in areas if step > track.states[0].step):
        parts, last = areas[step], track.states[-1]
        area = shapes.surround(parts)
        if area is None:
            raise parts[0].error("holds no rectangle, circle or polygon; it needs one")
        heading, dx, dy = last.heading, area.x - last.x, area.y - last.y
        if len(parts) == 1 and parts[0].find("rectangle") is not None and len(parts[0].children) == 1:
            heading = area.turn + round((last.heading - area.turn) / (0.5 * math.pi)) * 0.5 * math.pi
        elif math.hypot(dx, dy) > _MOVES:
            way = math.remainder(math.atan2(dy, dx) - last.heading, 2.0 * math.pi)
            heading += way if abs(way) <= 0.5 * math.pi else way - math.copysign(math.pi, way)
        track.states.append(_State(step, area.x, area.y, math.remainder(heading, 2.0 * math.pi), None))
        largest = max(largest, area, key=lambda b: b.length * b.width)
    size = f"{track.box.length:.3g} m by {track.box.width:.3g} m"
    element.remark(
        "is a set of occupancies, not a trajectory; the obstacle goes along their middles",
        f"obstacle {track.id}, to step {track.states[-1].step}, of {size} in up to "
        f"{largest.length:.3g} m by {largest.width:.3g} m",
    )


def _read_one(element: Element, moves: bool, into: ReadObstacles) -> None:
    box = shapes.box(element.require("shape"))
    kind = _kind(element, box, moves)
    if kind is None:
        kind_name = element.require("type").text
        element.remark(f"is of type {kind_name!r}, which is no actor; it is left out", _name(element))
        return
    track = _Track(element.string("id"), kind, box, [_state(element.require("initialState"), box, 0.0)])
    states = track.states
    if element.find("signalSeries") is not None or element.find("initialSignalState") is not None:
        element.remark("has lamps or a horn recorded; they are not replayed", _name(element))
    trajectory, occupancies = element.find("trajectory"), element.find("occupancySet")
    rests = element.require("type").text.strip() in _AT_REST and trajectory is None and occupancies is None
    if rests or not moves:
        into.still.append(track)
        return
    for state in trajectory.all("state") if trajectory is not None else ():
        following = _state(state, box, states[-1].heading)
        if len(states) == 1 and following.step == states[0].step:
            states.pop()  # some files repeat the initial state as the trajectory's first
        elif following.step <= states[-1].step:
            raise state.error(f"is at step {following.step}: states must ascend, {states[-1].step} comes before")
        states.append(following)
    if trajectory is None and occupancies is not None:
        _follow_occupancies(occupancies, track)
    gaps = [f"{a.step} to {b.step}" for a, b in zip(states, states[1:], strict=False) if b.step > a.step + 1]
    if gaps:
        element.remark("leaves out steps; it is absent in between", f"{_name(element)}: {', '.join(gaps[:3])}")
    is_stood = all(math.hypot(state.x - states[0].x, state.y - states[0].y) <= _STANDS for state in states)
    if element.require("type").text.strip() in _AT_REST and is_stood:
        into.still.append(track)
        return
    into.tracks.append(track)


def read_obstacles(root: Element) -> ReadObstacles:
    """Read all obstacles of a file.

    Raises:
        ScenarioError: Names file, line, element, value and what is allowed.
    """
    found = ReadObstacles()
    names: dict[str, Element] = {}
    for element in root.children:
        if element.tag in ("phantomObstacle", "environmentObstacle"):
            reason = "is only assumed" if element.tag == "phantomObstacle" else "is part of the surroundings, no actor"
            element.remark(f"{reason}; it is left out", _name(element))
            continue
        if element.tag == "obstacle":
            moves = element.require("role").text_choice(("static", "dynamic")) == "dynamic"
        elif element.tag in ("staticObstacle", "dynamicObstacle"):
            moves = element.tag == "dynamicObstacle"
        else:
            continue
        if names.setdefault(element.string("id"), element) is not element:
            raise element.error(f"id='{element.string('id')}': another obstacle has this id")
        _read_one(element, moves, found)
    _remark_jumps(found.tracks, names, root.number("timeStepSize", 1e-4, 60.0))
    steps = max([track.states[-1].step for track in found.tracks], default=-1) + 1
    if steps * len(found.tracks) > MAX_CELLS:
        raise root.error(f"holds {len(found.tracks)} tracks over {steps} steps; {MAX_CELLS} in all are allowed")
    return found


def _remark_jumps(tracks: list[_Track], elements: dict[str, Element], time_step: float) -> None:
    """Remark tracks that go from one state to the next faster than anything on a road does."""
    for track in tracks:
        for a, b in zip(track.states, track.states[1:], strict=False):
            speed = math.hypot(b.x - a.x, b.y - a.y) / ((b.step - a.step) * time_step)
            if speed > _FASTEST:
                elements[track.id].remark(
                    "jumps from one state to the next; it is replayed as recorded",
                    f"obstacle {track.id} from step {a.step} to {b.step}: {speed:.0f} m/s",
                )
                break


def pack_tracks(tracks: list[_Track], time_step: float) -> RecordedTracks:
    """Pack tracks into arrays; a velocity that the file leaves out is taken from neighboring positions."""
    n, steps = len(tracks), max([track.states[-1].step for track in tracks], default=-1) + 1
    valid, position = np.zeros((n, steps), np.bool_), np.zeros((n, steps, 2))
    heading, velocity = np.zeros((n, steps)), np.zeros((n, steps))
    for k, track in enumerate(tracks):
        states = track.states
        for i, state in enumerate(states):
            valid[k, state.step] = True
            position[k, state.step] = state.x, state.y
            heading[k, state.step] = state.heading
            if state.velocity is not None:
                velocity[k, state.step] = state.velocity
            elif len(states) > 1:
                a, b = states[max(i - 1, 0)], states[min(i + 1, len(states) - 1)]
                along = (b.x - a.x) * math.cos(state.heading) + (b.y - a.y) * math.sin(state.heading)
                velocity[k, state.step] = along / ((b.step - a.step) * time_step)
    return RecordedTracks(
        id=np.array([track.id for track in tracks], np.str_),
        kind=np.array([track.kind for track in tracks], np.int32),
        length=np.array([track.box.length for track in tracks], np.float64),
        width=np.array([track.box.width for track in tracks], np.float64),
        valid=valid,
        position=position,
        heading=heading,
        velocity=velocity,
    )


def pack_still(still: list[_Track]) -> StillObstacles:
    """Pack standing obstacles into arrays."""
    return StillObstacles(
        id=np.array([track.id for track in still], np.str_),
        kind=np.array([track.kind for track in still], np.int32),
        length=np.array([track.box.length for track in still], np.float64),
        width=np.array([track.box.width for track in still], np.float64),
        position=np.array([(track.states[0].x, track.states[0].y) for track in still], np.float64).reshape(-1, 2),
        heading=np.array([track.states[0].heading for track in still], np.float64),
    )
