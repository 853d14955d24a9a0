"""What an actor cannot do is refused before the episode begins: by kind, by the vehicle's own limits, by the road."""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.actions import tightest_curvature, world_points
from simengine.behavior.events import Event
from simengine.behavior.lane_move import lane_aside
from simengine.behavior.scripted_path import sharpest_corner
from simengine.core.errors import ConfigError
from simengine.core.state import ActorTable, Behavior, Mobility, WorldState
from simengine.road.network import LaneArrays
from simengine.road.projection import locate

_WANTS = {
    "walk": (Mobility.WALKER,),
    "change_lane": (Mobility.WHEELED,),
    "brake": (Mobility.WHEELED,),
    "set_speed": (Mobility.WHEELED,),
    "follow_path": (Mobility.WHEELED, Mobility.WALKER),
    "drop_load": (Mobility.WHEELED,),
    "fail_tyre": (Mobility.WHEELED,),
    "run_red": (Mobility.WHEELED,),
}


def check_mobility(event: Event, actors: ActorTable) -> None:
    """Refuse an action that an actor cannot carry out.

    Raises:
        ConfigError: A vehicle is told to walk, somebody on foot to change lane, or anybody to do more than the limits
            of the model allow.
    """
    a, do = event.actor, event.action
    mobility = Mobility(int(actors.mobility[0, a]))
    wants = _WANTS.get(do.kind)
    if wants is not None and mobility not in wants:
        raise ConfigError(f"scenario.events.{event.name}.do.kind = {do.kind}: a {mobility.name.lower()} actor cannot")
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


def check_road(event: Event, lanes: LaneArrays, actors: ActorTable, state: WorldState, known: bool) -> None:
    """Refuse a lane change to where there is no lane, and a path that a vehicle cannot turn into.

    Args:
        event: What is to happen.
        lanes: The network.
        actors: Whom it concerns.
        state: Where they are placed.
        known: Whether no other event moves the actor sideways before; else only its place then can tell.

    Raises:
        ConfigError: It cannot.
    """
    a, do = event.actor, event.action
    if actors.mobility[0, a] != Mobility.WHEELED:
        return
    x, y, z = state.position[0, a].tolist()
    yaw = _yaw(state, a)
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
        found: object = "the vehicle is on no lane"
        if lane >= 0:
            found = lane_aside(lanes, lane, s, t, do.lanes, float(actors.width[0, a]))
        if isinstance(found, str):
            raise ConfigError(f"scenario.events.{event.name}.do.lanes = {do.lanes}: {found}")


def _pair(point: tuple[float, float]) -> str:
    return f"({point[0]:g}, {point[1]:g})"


def _yaw(state: WorldState, a: int) -> float:
    w, x, y, z = state.orientation[0, a].tolist()
    return math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def moved_sideways_once(events: tuple[Event, ...]) -> NDArray[np.bool_]:
    """Return for every event whether it alone moves its actor sideways. Shape (num_events,)."""
    moving = ("change_lane", "follow_path")
    return np.array(
        [sum(e.actor == event.actor and e.action.kind in moving for e in events) == 1 for event in events], np.bool_
    )
