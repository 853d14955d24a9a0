"""Rare hazards as tables: a scenario's events with their triggers and actions, and what has become of them.

The vocabulary is closed: the triggers and actions of `scenario.spec`, and the actions of installed packages (entry
points `simengine.actions`). `compile_events` turns names into indices once; `evaluate_triggers` runs over arrays.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError
from simengine.core.geometry import boxes_gap, yaw_from_quaternion
from simengine.core.rng import philox_uniform
from simengine.core.state import ActorTable, WorldState
from simengine.scenario import spec as specs

TIME, DISTANCE, TIME_TO_COLLISION, POSITION, SPEED, AFTER, CHANCE = range(7)
_KINDS = {
    "time": TIME, "distance": DISTANCE, "time_to_collision": TIME_TO_COLLISION, "position": POSITION, "speed": SPEED,
    "after": AFTER, "chance": CHANCE,
}  # fmt: skip
_CHANCE_STREAM = 201
# What the ego can be made to suffer; how it drives is its driver's business.
_EGO_ACTIONS = ("fail_tyre", "friction_patch", "sensor_fault")


class EventTable(NamedTuple):
    """The events of a scenario in the order they are written. Shapes (num_events,)."""

    trigger: NDArray[np.int32]  # TIME … CHANCE
    subject: NDArray[np.int32]  # actor that the trigger watches, or −1
    other: NDArray[np.int32]  # second actor, or the event waited for, or −1
    bound: NDArray[np.float64]  # [s], [m], [m/s] or [1/s]
    rising: NDArray[np.bool_]


class EventLatches(NamedTuple):
    """What has happened so far."""

    fired_tick: NDArray[np.int64]  # −1 until it fires. (num_envs, num_events)
    travelled: NDArray[np.float64]  # way of every actor since the start [m]. (num_envs, num_actors)


class Event(NamedTuple):
    """One event for the code that carries it out."""

    name: str
    actor: int
    action: specs.Action
    hazard: bool
    load: tuple[int, ...]  # actors that `drop_load` releases


def compile_events(scenario: specs.ScenarioSpec, names: dict[str, int]) -> tuple[EventTable, tuple[Event, ...]]:
    """Turn a scenario's events into tables.

    Args:
        scenario: Whose events.
        names: Actor index by name; "ego" is one of them.

    Raises:
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
            raise ScenarioError(f"scenario.events.{key} = {name}: no actor of that name; allowed: {known}")
        return names[name]

    for name, event in scenario.events.items():
        k, when = order[name], event.when
        table.trigger[k] = _KINDS[when.kind]
        if when.kind in ("distance", "time_to_collision"):
            table.subject[k] = actor(f"{name}.when.actor", when.actor)
            table.other[k] = actor(f"{name}.when.other", when.other)
            table.bound[k] = when.below
        elif when.kind == "position":
            table.subject[k], table.bound[k] = actor(f"{name}.when.actor", when.actor), when.travelled
        elif when.kind == "speed":
            table.subject[k], table.bound[k] = actor(f"{name}.when.actor", when.actor), when.bound
            table.rising[k] = when.rising
        elif when.kind == "after":
            if when.event not in order or when.event == name:
                raise ScenarioError(f"scenario.events.{name}.when.event = {when.event}: no other event of that name")
            table.other[k], table.bound[k] = order[when.event], when.delay
        else:
            table.bound[k] = when.time if when.kind == "time" else when.rate
        who = actor(f"{name}.actor", event.actor)
        if who == 0 and event.do.kind not in _EGO_ACTIONS:
            raise ScenarioError(
                f"scenario.events.{name}.do.kind = {event.do.kind}: the ego's driver decides that; allowed for the ego: "
                + ", ".join(_EGO_ACTIONS)
            )
        load = ()
        if event.do.kind == "drop_load":
            load = tuple(actor(f"{name}.do.load", item) for item in event.do.load)
        events.append(Event(name, who, event.do, event.hazard, load))
    return table, tuple(events)


def empty_latches(num_envs: int, num_actors: int, num_events: int) -> EventLatches:
    """Allocate latches of events none of which has fired."""
    return EventLatches(np.full((num_envs, num_events), -1, np.int64), np.zeros((num_envs, num_actors)))


@njit(cache=True)
def box_gap_of(actors: ActorTable, state: WorldState, e: int, a: int, b: int) -> float:
    """Return the gap between two actors' boxes in plan view [m]; negative when they overlap."""
    p, q = state.orientation[e, a], state.orientation[e, b]
    return boxes_gap(
        state.position[e, a, 0], state.position[e, a, 1], yaw_from_quaternion(p[0], p[1], p[2], p[3]),
        actors.length[e, a], actors.width[e, a],
        state.position[e, b, 0], state.position[e, b, 1], yaw_from_quaternion(q[0], q[1], q[2], q[3]),
        actors.length[e, b], actors.width[e, b],
    )


@njit(cache=True)
def time_to_reach(actors: ActorTable, state: WorldState, e: int, a: int, b: int) -> float:
    """Return when actor a is abreast of actor b at constant speeds along a's heading [s]; infinite if it never is."""
    q = state.orientation[e, a]
    yaw = yaw_from_quaternion(q[0], q[1], q[2], q[3])
    c, s = math.cos(yaw), math.sin(yaw)
    along = (state.position[e, b, 0] - state.position[e, a, 0]) * c + (state.position[e, b, 1] - state.position[e, a, 1]) * s
    p = state.orientation[e, b]
    turn = yaw_from_quaternion(p[0], p[1], p[2], p[3]) - yaw
    half_b = 0.5 * (actors.length[e, b] * abs(math.cos(turn)) + actors.width[e, b] * abs(math.sin(turn)))
    gap = along - 0.5 * actors.length[e, a] - half_b
    closing = (state.velocity[e, a, 0] - state.velocity[e, b, 0]) * c + (state.velocity[e, a, 1] - state.velocity[e, b, 1]) * s
    if along <= 0.0 or closing <= 1e-6:
        return math.inf
    return max(0.0, gap / closing)


@njit(cache=True)
def evaluate_triggers(
    table: EventTable, latches: EventLatches, actors: ActorTable, state: WorldState, rate_hz: int, dt: float,
    seed: np.uint64,
) -> None:
    """Fire every event whose trigger holds now, in every world; `latches` is updated.

    Args:
        table: The events.
        latches: What has fired, and how far everybody has come.
        actors: Sizes.
        state: Now.
        rate_hz: Physics rate [Hz].
        dt: Since the last call [s].
        seed: Of the chances.
    """
    for e in range(state.valid.shape[0]):
        time = state.tick[e] / rate_hz
        for a in range(state.valid.shape[1]):
            if state.valid[e, a] and state.tick[e] > 0:
                vx, vy = state.velocity[e, a, 0], state.velocity[e, a, 1]
                latches.travelled[e, a] += math.sqrt(vx * vx + vy * vy) * dt
        for k in range(len(table.trigger)):
            if latches.fired_tick[e, k] >= 0:
                continue
            kind, a, b, bound = table.trigger[k], table.subject[k], table.other[k], table.bound[k]
            fires = False
            if a >= 0 and not state.valid[e, a]:
                continue
            if kind == TIME:
                fires = time >= bound - 1e-9
            elif kind == DISTANCE:
                fires = state.valid[e, b] and box_gap_of(actors, state, e, a, b) < bound
            elif kind == TIME_TO_COLLISION:
                fires = state.valid[e, b] and time_to_reach(actors, state, e, a, b) < bound
            elif kind == POSITION:
                fires = latches.travelled[e, a] >= bound
            elif kind == SPEED:
                vx, vy = state.velocity[e, a, 0], state.velocity[e, a, 1]
                speed = math.sqrt(vx * vx + vy * vy)
                fires = speed > bound if table.rising[k] else speed < bound
            elif kind == AFTER:
                since = latches.fired_tick[e, b]
                fires = since >= 0 and state.tick[e] - since >= bound * rate_hz - 1e-6
            else:
                chance = 1.0 - math.exp(-bound * dt)
                fires = philox_uniform(seed, _CHANCE_STREAM, state.tick[e], e, k) < chance
            if fires:
                latches.fired_tick[e, k] = state.tick[e]
