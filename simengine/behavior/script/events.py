"""Rare hazards as tables: a scenario's events with their triggers and actions, and what has become of them.

The vocabulary is closed: the triggers and actions of `scenario.spec`, and the actions of installed packages (entry
points `simengine.actions`). `compile_events` turns names into indices once; `evaluate_triggers` runs over arrays.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.lanes.lane_rules import StopLines
from simengine.core.errors import ScenarioError
from simengine.core.heading import yaw_of_actor
from simengine.core.plugins import check_part
from simengine.core.rng import philox_uniform, stream
from simengine.core.space.geometry import ground_speed
from simengine.core.space.intersect import OrientedBox, box_gap
from simengine.core.space.plan_view import plan_view
from simengine.core.state import ActorTable, WorldState
from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import locate
from simengine.road.network.traverse import straightest
from simengine.scenario.spec import events as specs

TIME, DISTANCE, TIME_TO_COLLISION, POSITION, SPEED, AFTER, CHANCE, STOP_LINE = range(8)
_KINDS = {
    "time": TIME, "distance": DISTANCE, "time_to_collision": TIME_TO_COLLISION, "position": POSITION, "speed": SPEED,
    "after": AFTER, "chance": CHANCE, "stop_line": STOP_LINE,
}  # fmt: skip
_CHANCE_STREAM = stream("behavior", "chance")
_JUST_PASSED = 1.0  # beyond a stop line, where an actor is still at it [m]
# What the ego can be made to suffer; how it drives is its driver's business.
_EGO_ACTIONS = ("fail_tire", "friction_patch", "sensor_fault")


class EventTable(NamedTuple):
    """The events of a scenario in the order they are written. Shapes (num_events,)."""

    trigger: NDArray[np.int32]  # TIME … STOP_LINE
    subject: NDArray[np.int32]  # actor that the trigger watches, or −1
    other: NDArray[np.int32]  # second actor, or the event waited for, or −1
    bound: NDArray[np.float64]  # [s], [m], [m/s], [1/s] or [m/s²]
    rising: NDArray[np.bool_]


class EventLatches(NamedTuple):
    """What has happened so far."""

    fired_tick: NDArray[np.int64]  # −1 until it fires. (num_envs, num_events)
    traveled: NDArray[np.float64]  # way of every actor since the start [m]. (num_envs, num_actors)


class Event(NamedTuple):
    """One event for the code that carries it out."""

    name: str
    actor: int
    action: specs.Action
    hazard: bool
    load: tuple[int, ...]  # actors that `drop_load` releases
    threats: tuple[int, ...] = ()  # whom the ego must heed once it fires; empty: the actor


def compile_events(scenario: specs.ScenarioSpec, names: dict[str, int]) -> tuple[EventTable, tuple[Event, ...]]:
    """Turn a scenario's events into tables.

    Args:
        scenario: Whose events.
        names: Index by name of the actors that events may name; "ego" is one of them.

    Raises:
        ConfigError: There is no such action.
        ScenarioError: An event names an actor or event that does not exist, or asks the ego for something its driver
            decides.
    """
    order = {name: index for index, name in enumerate(scenario.events)}
    count = len(order)
    table = EventTable(
        np.zeros(count, np.int32), np.full(count, -1, np.int32), np.full(count, -1, np.int32), np.zeros(count),
        np.zeros(count, np.bool_),
    )  # fmt: skip
    events = []

    def actor(key: str, name: str) -> int:
        if name not in names:
            known = ", ".join(["ego", *scenario.actors])
            raise ScenarioError(f"scenario.events.{key} = {name}: no actor that events may name; allowed: {known}")
        return names[name]

    for name, event in scenario.events.items():
        k, when = order[name], event.when
        table.trigger[k] = _KINDS[when.kind]
        if when.kind in ("distance", "time_to_collision"):
            table.subject[k] = actor(f"{name}.when.actor", when.actor)
            table.other[k] = actor(f"{name}.when.other", when.other)
            table.bound[k] = when.below
        elif when.kind == "position":
            table.subject[k], table.bound[k] = actor(f"{name}.when.actor", when.actor), when.traveled
        elif when.kind == "speed":
            table.subject[k], table.bound[k] = actor(f"{name}.when.actor", when.actor), when.bound
            table.rising[k] = when.rising
        elif when.kind == "stop_line":
            table.subject[k], table.bound[k] = actor(f"{name}.when.actor", when.actor), when.deceleration
        elif when.kind == "after":
            if when.event not in order or when.event == name:
                raise ScenarioError(f"scenario.events.{name}.when.event = {when.event}: no other event of that name")
            table.other[k], table.bound[k] = order[when.event], when.delay
        else:
            table.bound[k] = when.time if when.kind == "time" else when.rate
        who = actor(f"{name}.actor", event.actor)
        check_part("action", f"scenario.events.{name}.do.kind", event.do.kind, specs.ACTION_KINDS)
        if who == 0 and event.do.kind not in _EGO_ACTIONS:
            raise ScenarioError(
                f"scenario.events.{name}.do.kind = {event.do.kind}: its driver decides that; allowed for the ego: "
                + ", ".join(_EGO_ACTIONS)
            )
        load = ()
        if event.do.kind == "drop_load":
            load = tuple(actor(f"{name}.do.load", item) for item in event.do.load)
        threats: tuple[int, ...] = ()
        if not isinstance(event.hazard, bool):
            threats = tuple(actor(f"{name}.hazard", other) for other in event.hazard)
            if 0 in threats:
                raise ScenarioError(f"scenario.events.{name}.hazard = ego: the ego cannot heed itself")
        events.append(Event(name, who, event.do, bool(event.hazard), load, threats))
    return table, tuple(events)


def empty_latches(num_envs: int, num_actors: int, num_events: int) -> EventLatches:
    """Allocate latches of events none of which has fired."""
    return EventLatches(np.full((num_envs, num_events), -1, np.int64), np.zeros((num_envs, num_actors)))


class _Boxes(NamedTuple):
    """What triggers read of the actors of one world; kernels compile faster the fewer arrays they are handed."""

    valid: NDArray[np.bool_]
    position: NDArray[np.float64]
    orientation: NDArray[np.float64]
    velocity: NDArray[np.float64]
    length: NDArray[np.float64]
    width: NDArray[np.float64]
    height: NDArray[np.float64]
    stop: NDArray[np.float64]  # way of every actor to where it has to stop [m], read where a trigger asks for it


@njit(cache=True, _nrt=False)
def _outline(boxes: _Boxes, a: int) -> OrientedBox:
    """Return the room an actor takes in plan view, also when it lies."""
    q, place = boxes.orientation[a], boxes.position[a]
    yaw, length, width, _ = plan_view(q[0], q[1], q[2], q[3], boxes.length[a], boxes.width[a], boxes.height[a])
    return OrientedBox(place[0], place[1], yaw, length, width)


@njit(cache=True, _nrt=False)
def _time_to_reach(boxes: _Boxes, a: int, b: int) -> float:
    """Return when actor a is abreast of actor b at constant speeds along a's heading [s]; infinite if it never is."""
    own, other = _outline(boxes, a), _outline(boxes, b)
    c, s = math.cos(own.yaw), math.sin(own.yaw)
    along = (other.x - own.x) * c + (other.y - own.y) * s
    turn = other.yaw - own.yaw
    half_b = 0.5 * (other.length * abs(math.cos(turn)) + other.width * abs(math.sin(turn)))
    gap = along - 0.5 * own.length - half_b
    closing = (boxes.velocity[a, 0] - boxes.velocity[b, 0]) * c + (boxes.velocity[a, 1] - boxes.velocity[b, 1]) * s
    if along <= 0.0 or closing <= 1e-6:
        return math.inf
    return max(0.0, gap / closing)


@njit(cache=True, _nrt=False)
def _fires(
    table: EventTable,
    fired_tick: NDArray[np.int64],
    traveled: NDArray[np.float64],
    boxes: _Boxes,
    tick: int,
    rate_hz: int,
    dt: float,
    seed: np.uint64,
    e: int,
    k: int,
) -> bool:
    """Say whether event k's trigger holds in a world.

    Args:
        table: The events.
        fired_tick: When each fired, −1 for not yet. Shape (num_events,).
        traveled: Way of every actor since the start [m]. Shape (num_actors,).
        boxes: The actors.
        tick: Now.
        rate_hz: Ticks a second.
        dt: Time since the last call [s].
        seed: Of the chances.
        e: World.
        k: Which event.
    """
    kind, a, b, bound = table.trigger[k], table.subject[k], table.other[k], table.bound[k]
    if a >= 0 and not boxes.valid[a]:
        return False
    if kind == TIME:
        return tick / rate_hz >= bound - 1e-9
    if kind == DISTANCE:
        return boxes.valid[b] and box_gap(_outline(boxes, a), _outline(boxes, b)) < bound
    if kind == TIME_TO_COLLISION:
        return boxes.valid[b] and _time_to_reach(boxes, a, b) < bound
    if kind == POSITION:
        return traveled[a] >= bound
    if kind == SPEED:
        q, v = boxes.orientation[a], boxes.velocity[a]
        speed = ground_speed(q[0], q[1], q[2], q[3], v[0], v[1], v[2])
        return speed > bound if table.rising[k] else speed < bound
    if kind == STOP_LINE:
        return boxes.velocity[a, 0] ** 2 + boxes.velocity[a, 1] ** 2 >= 2.0 * bound * boxes.stop[a]
    if kind == AFTER:
        return fired_tick[b] >= 0 and tick - fired_tick[b] >= bound * rate_hz - 1e-6
    return philox_uniform(seed, _CHANCE_STREAM, tick, e, k) < 1.0 - math.exp(-bound * dt)


@njit(cache=True, _nrt=False)
def _evaluate(
    table: EventTable,
    boxes: _Boxes,
    tick: int,
    rate_hz: int,
    dt: float,
    seed: np.uint64,
    e: int,
    fired_tick: NDArray[np.int64],
    traveled: NDArray[np.float64],
) -> None:
    """Note the events that fire now.

    Args:
        table: The events.
        boxes: The actors.
        tick: Now.
        rate_hz: Ticks a second.
        dt: Time since the last call [s].
        seed: Of the chances.
        e: World.
        fired_tick: When each fired, −1 for not yet; written. Shape (num_events,).
        traveled: Way of every actor since the start; added to [m]. Shape (num_actors,).
    """
    if tick > 0:
        for a in range(len(boxes.valid)):
            if boxes.valid[a]:
                traveled[a] += math.sqrt(boxes.velocity[a, 0] ** 2 + boxes.velocity[a, 1] ** 2) * dt
    for k in range(len(table.trigger)):
        if fired_tick[k] < 0 and _fires(table, fired_tick, traveled, boxes, tick, rate_hz, dt, seed, e, k):
            fired_tick[k] = tick


def way_to_stop(lanes: LaneArrays, stops: StopLines, actors: ActorTable, state: WorldState, e: int, a: int) -> float:
    """Return how far an actor's front is from the first stop line straight ahead [m].

    Up to a junction without one it is the way to the junction; inside a junction it is 0, and infinite where neither
    lies ahead. A line that was passed within the last meter still counts, as 0.

    Args:
        lanes: The network.
        stops: Its stop lines.
        actors: Sizes.
        state: Now.
        e: World.
        a: Actor.
    """
    x, y, z = state.position[e, a].tolist()
    yaw = yaw_of_actor(state, e, a)
    lane, s, _ = locate(lanes, x, y, z, yaw)
    if lane < 0:
        return math.inf
    way = -s - 0.5 * float(actors.length[e, a])
    for _ in range(1000):
        if lanes.lane_junction[lane] >= 0:
            return max(0.0, way)
        lines = np.sort(stops.painted[stops.first[lane] : stops.first[lane + 1]]) + way
        ahead = lines[lines >= -_JUST_PASSED]
        if len(ahead):
            return max(0.0, float(ahead[0]))
        way += float(lanes.lane_length[lane])
        following = lanes.successor[lanes.successor_first[lane] : lanes.successor_first[lane + 1]]
        if len(following) == 0:
            return math.inf
        lane = straightest(lanes, following)
    return math.inf


def evaluate_triggers(
    table: EventTable,
    latches: EventLatches,
    lanes: LaneArrays,
    stops: StopLines,
    actors: ActorTable,
    state: WorldState,
    rate_hz: int,
    dt: float,
    seed: np.uint64,
) -> None:
    """Fire every event whose trigger holds now, in every world; `latches` is updated.

    Args:
        table: The events.
        latches: What has fired, and how far everybody has come.
        lanes: The network.
        stops: Its stop lines.
        actors: Sizes.
        state: Now.
        rate_hz: Physics rate [Hz].
        dt: Since the last call [s].
        seed: Of the chances.
    """
    for e in range(state.valid.shape[0]):
        stop = np.full(state.valid.shape[1], math.inf)
        for a in table.subject[(table.trigger == STOP_LINE) & (latches.fired_tick[e] < 0)].tolist():
            stop[a] = way_to_stop(lanes, stops, actors, state, e, a)
        boxes = _Boxes(
            state.valid[e],
            state.position[e],
            state.orientation[e],
            state.velocity[e],
            actors.length[e],
            actors.width[e],
            actors.height[e],
            stop,
        )
        _evaluate(table, boxes, int(state.tick[e]), rate_hz, dt, seed, e, latches.fired_tick[e], latches.traveled[e])
