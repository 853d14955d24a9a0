"""What an actor cannot do is refused before the episode begins: by kind, by the vehicle's own limits, by the road."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.script.actions import tightest_curvature, world_points
from simengine.behavior.script.events import Event
from simengine.behavior.script.lane_move import lane_aside
from simengine.behavior.script.scripted_path import sharpest_corner
from simengine.core.errors import ConfigError
from simengine.core.heading import yaw_of_actor
from simengine.core.state import ActorTable, Behavior, Mobility, WorldState
from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import locate
from simengine.road.network.traverse import straightest

_WANTS = {
    "walk": (Mobility.WALKER,),
    "change_lane": (Mobility.WHEELED,),
    "brake": (Mobility.WHEELED,),
    "set_speed": (Mobility.WHEELED,),
    "follow_path": (Mobility.WHEELED, Mobility.WALKER),
    "drop_load": (Mobility.WHEELED,),
    "fail_tire": (Mobility.WHEELED,),
    "run_red": (Mobility.WHEELED,),
}
_MOVES = ("brake", "set_speed", "change_lane", "follow_path", "walk")
_STANDS = 0.1  # placed slower than this an actor stands [m/s]
_STEP = 5.0  # between the places on the way ahead where a lane beside is looked for [m]
_MOST_LANES = 1000  # of the way ahead


def check_mobility(event: Event, actors: ActorTable) -> None:
    """Refuse an action that an actor cannot carry out.

    Raises:
        ConfigError: A vehicle is told to walk, somebody on foot to change lane, anybody to do more than the limits of
            the model allow, or an actor that looks at no signal to disregard them.
    """
    a, do = event.actor, event.action
    mobility = Mobility(int(actors.mobility[0, a]))
    wants = _WANTS.get(do.kind)
    if wants is not None and mobility not in wants:
        raise ConfigError(f"scenario.events.{event.name}.do.kind = {do.kind}: a {mobility.name.lower()} actor cannot")
    if do.kind == "run_red" and actors.behavior[0, a] != Behavior.TRAFFIC:
        raise ConfigError(
            f"scenario.events.{event.name}.do.kind = run_red: a {Behavior(int(actors.behavior[0, a])).name.lower()} "
            f"actor heeds no signal anyway; allowed for actors with behavior: traffic. Where only the moment matters, "
            f"use kind: mark"
        )
    limits = {
        "brake": (("deceleration", actors.max_deceleration, "m/s²"),),
        "set_speed": (("speed", actors.max_speed, "m/s"), ("acceleration", actors.max_acceleration, "m/s²")),
        "follow_path": (("speed", actors.max_speed, "m/s"),),
        "walk": (("speed", actors.max_speed, "m/s"),),
    }.get(do.kind, ())
    for key, limit, unit in limits:
        asked, most = getattr(do, key), float(limit[0, a])
        if asked > most:
            raise ConfigError(
                f"scenario.events.{event.name}.do.{key} = {asked:g} {unit}: that actor's limit is {most:g} {unit}"
            )


def check_behavior(event: Event, events: Iterable[Event], actors: ActorTable, state: WorldState) -> None:
    """Refuse an order that would change nothing of what an actor does.

    Args:
        event: What is to happen.
        events: All of the scenario: another one may set the actor going.
        actors: Whom it concerns.
        state: How they are placed.

    Raises:
        ConfigError: An actor that follows a recording is told to move otherwise; one that stands, and is never set
            going, to brake or to change lane; or one that is there to appear.
    """
    a, kind = event.actor, event.action.kind
    key, behavior = f"scenario.events.{event.name}.do.kind = {kind}", Behavior(int(actors.behavior[0, a]))
    if behavior == Behavior.REPLAY and kind in (*_MOVES, "appear"):
        raise ConfigError(f"{key}: a replay actor cannot, it follows its recording")
    if kind == "appear" and state.valid[0, a]:
        raise ConfigError(f"{key}: that actor is there from the start; an actor with present: false can appear")
    stands = behavior == Behavior.SCRIPTED and float(np.hypot(*state.velocity[0, a, :2])) < _STANDS
    if kind in ("brake", "change_lane") and (stands or behavior == Behavior.PARKED):
        if not any(other.actor == a and _sets_going(other) for other in events):
            what = "parked actor" if behavior == Behavior.PARKED else "scripted actor that is placed with speed 0"
            raise ConfigError(f"{key}: a {what} cannot, as it stands; an event with do: set_speed can set it going")


def _sets_going(event: Event) -> bool:
    return event.action.kind in ("set_speed", "follow_path") and event.action.speed > 0.0


def check_road(event: Event, lanes: LaneArrays, actors: ActorTable, state: WorldState, known: bool) -> None:
    """Refuse a lane change to where there is no lane, and a path that a vehicle cannot turn into.

    An event fires somewhere on the way ahead, and lanes begin and end there. So a lane change is refused only if no
    place on the whole way straight ahead has the lane; whether the place of firing has it, the firing tells.

    Args:
        event: What is to happen.
        lanes: The network.
        actors: Whom it concerns.
        state: Where they are placed.
        known: Whether no other event moves the actor sideways; else its way is not that of the lane it is placed on.

    Raises:
        ConfigError: It cannot.
    """
    a, do = event.actor, event.action
    if actors.mobility[0, a] != Mobility.WHEELED:
        return
    x, y, z = state.position[0, a].tolist()
    yaw = yaw_of_actor(state, 0, a)
    if do.kind == "follow_path":
        points = world_points(np.array([x, y, yaw]), do.points)
        corner = sharpest_corner(points, 1.0 / tightest_curvature(actors, 0, a))
        if corner >= 0:
            radius = 1.0 / tightest_curvature(actors, 0, a)
            raise ConfigError(
                f"scenario.events.{event.name}.do.points[{corner}] = {_pair(do.points[corner])}: the corner is sharper "
                f"than that vehicle can turn, radius {radius:.1f} m; draw it rounder"
            )
    if do.kind == "change_lane" and known and actors.behavior[0, a] == Behavior.SCRIPTED:
        lane, s, t = locate(lanes, x, y, z, yaw)
        reason = "the vehicle is on no lane"
        for k, along in _way_ahead(lanes, lane, s):
            found = lane_aside(lanes, k, along, t, do.lanes, float(actors.width[0, a]))
            if not isinstance(found, str):
                return
            if (k, along) == (lane, s):
                reason = f"{found}, nor does the way straight ahead allow it anywhere"
        raise ConfigError(f"scenario.events.{event.name}.do.lanes = {do.lanes}: {reason}")


def _way_ahead(lanes: LaneArrays, lane: int, s: float) -> Iterator[tuple[int, float]]:
    """Yield places on the way straight ahead from a place on a lane [m], up to the map's end or once round a ring."""
    seen: set[int] = set()
    while lane >= 0 and lane not in seen and len(seen) < _MOST_LANES:
        seen.add(lane)
        length = float(lanes.lane_length[lane])
        for along in np.linspace(s, length, 2 + int((length - s) / _STEP)).tolist():
            yield lane, along
        following = lanes.successor[lanes.successor_first[lane] : lanes.successor_first[lane + 1]]
        lane, s = (straightest(lanes, following) if len(following) else -1), 0.0


def _pair(point: tuple[float, float]) -> str:
    return f"({point[0]:g}, {point[1]:g})"


def moved_sideways_once(events: tuple[Event, ...]) -> NDArray[np.bool_]:
    """Return for every event whether it alone moves its actor sideways. Shape (num_events,)."""
    moving = ("change_lane", "follow_path")
    return np.array(
        [sum(e.actor == event.actor and e.action.kind in moving for e in events) == 1 for event in events], np.bool_
    )
