"""What an event does at the moment it fires: it writes the script, the state, the friction patches or the minds.

An installed package adds an action by an entry point of the group `simengine.actions`: its name is the action's kind,
its value a callable `(Stage, event) -> None`.
"""

import importlib.metadata
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.events import Event
from simengine.behavior.scripted import MAX_POINTS, Script, take_lane
from simengine.core.errors import ConfigError, blame, nearest
from simengine.core.geometry import ground_speed, quaternion_from_euler, yaw_from_quaternion
from simengine.core.state import ActorTable, Mobility, WorldState
from simengine.road.frenet import project_on_lane
from simengine.road.network import LaneArrays
from simengine.road.projection import ground_at, lane_pose

_BED_HEIGHT = 1.1  # from which a load falls off [m]
_LOAD_GAP = 0.25  # between the pieces of a load, and behind the vehicle [m]


class Stage(NamedTuple):
    """Everything that an action may change, of one world."""

    env: int
    time: float  # [s]
    lanes: LaneArrays
    actors: ActorTable
    state: WorldState  # a copy that the caller owns
    script: Script
    course_heading: float  # of the ego's lane where the ego is [rad]
    start: NDArray[np.float64]  # where everybody was placed, x, y, yaw. (num_actors, 3)
    ignores_signals: NDArray[np.bool_]  # (num_envs, num_actors)
    patch_active: NDArray[np.bool_]  # friction patches, (num_envs, num_patches)
    patch_disc: tuple[NDArray[np.float64], ...]  # their x, y, radius [m] and friction
    sensor_faults: list[tuple[str, str, float]]  # sensor, fault, duration [s]


def _yaw(state: WorldState, e: int, a: int) -> float:
    return yaw_from_quaternion(*(float(q) for q in state.orientation[e, a]))


def _brake(stage: Stage, event: Event) -> None:
    e, a, script = stage.env, event.actor, stage.script
    script.brake[e, a] = event.action.deceleration
    script.brake_until[e, a] = stage.time + event.action.duration if event.action.duration > 0.0 else math.inf
    if not script.speed_set[e, a]:  # an actor that drives itself goes on as fast as it was
        script.speed_set[e, a] = True
        script.speed[e, a] = ground_speed(
            *stage.state.orientation[e, a].tolist(), *stage.state.velocity[e, a].tolist()
        )
    if event.action.duration == 0.0:
        script.speed[e, a] = 0.0


def _set_speed(stage: Stage, event: Event) -> None:
    e, a, script = stage.env, event.actor, stage.script
    script.speed_set[e, a] = True
    script.speed[e, a], script.rate[e, a] = event.action.speed, event.action.acceleration


def _change_lane(stage: Stage, event: Event) -> None:
    e, a, script, lanes = stage.env, event.actor, stage.script, stage.lanes
    if not script.lane_set[e, a]:
        take_lane(lanes, stage.state, script, e, a)
    lane, s = int(script.lane[e, a]), float(script.s[e, a])
    if lane < 0:
        return
    script.offset_from[e, a] = script.offset_to[e, a]
    script.move_start[e, a], script.move_duration[e, a] = stage.time, event.action.duration
    script.offset_to[e, a] += _lanes_aside(lanes, lane, s, event.action.lanes)


def _lanes_aside(lanes: LaneArrays, lane: int, s: float, count: int) -> float:
    """Return how far to the left the centre line `count` lanes on is [m]; past the edge in lane widths."""
    x, y, _, _ = lane_pose(lanes, lane, s, 0.0)
    aside, other = 0.0, lane
    for _ in range(abs(count)):
        following = int(lanes.lane_left[other] if count > 0 else lanes.lane_right[other])
        if following < 0:
            aside += math.copysign(float(lanes.point_width[lanes.lane_first_point[lane]]), count)
            continue
        _, t = project_on_lane(lanes, following, x, y)
        aside, other = -t, following
    return aside


def _follow_path(stage: Stage, event: Event) -> None:
    e, a, script = stage.env, event.actor, stage.script
    x, y, yaw = stage.start[a]
    c, s = math.cos(yaw), math.sin(yaw)
    points = event.action.points[:MAX_POINTS]
    for k, (ahead, left) in enumerate(points):
        script.path[e, a, k] = (x + ahead * c - left * s, y + ahead * s + left * c)
    script.path_length[e, a], script.path_index[e, a] = len(points), 0
    script.speed_set[e, a] = script.lane_set[e, a] = True
    script.speed[e, a] = event.action.speed


def _walk(stage: Stage, event: Event) -> None:
    e, a, script = stage.env, event.actor, stage.script
    heading = stage.course_heading + math.radians(event.action.heading_deg)
    script.speed_set[e, a] = True
    script.walk[e, a] = (event.action.speed * math.cos(heading), event.action.speed * math.sin(heading))
    script.walk_left[e, a] = event.action.distance


def _appear(stage: Stage, event: Event) -> None:
    stage.state.valid[stage.env, event.actor] = True


def _drop_load(stage: Stage, event: Event) -> None:
    e, a, state, actors = stage.env, event.actor, stage.state, stage.actors
    yaw = _yaw(state, e, a)
    c, s = math.cos(yaw), math.sin(yaw)
    behind = 0.5 * float(actors.length[e, a]) + _LOAD_GAP
    for item in event.load:
        reach = 0.5 * math.hypot(actors.length[e, item], actors.width[e, item])
        behind += reach
        # Its own placement says how far aside it lies, and how it is turned, as seen from the ego's lane.
        aside = (stage.start[item, 0] - stage.start[0, 0]) * -math.sin(stage.start[0, 2]) + (
            stage.start[item, 1] - stage.start[0, 1]
        ) * math.cos(stage.start[0, 2])
        x = state.position[e, a, 0] - behind * c - aside * s
        y = state.position[e, a, 1] - behind * s + aside * c
        ground, _, _, _ = ground_at(stage.lanes, x, y, float(state.position[e, a, 2]))
        state.valid[e, item] = True
        state.position[e, item] = (x, y, ground + _BED_HEIGHT + 0.5 * float(actors.height[e, item]))
        turn = stage.start[item, 2] - stage.start[0, 2]
        state.orientation[e, item] = quaternion_from_euler(0.0, 0.0, yaw + turn)
        state.velocity[e, item] = state.velocity[e, a]
        state.angular_velocity[e, item] = 0.0
        behind += reach + _LOAD_GAP


def _fail_tyre(stage: Stage, event: Event) -> None:
    stage.state.tyre_grip[stage.env, event.actor, event.action.wheel] = event.action.grip


def _run_red(stage: Stage, event: Event) -> None:
    stage.ignores_signals[stage.env, event.actor] = True


def _friction_patch(stage: Stage, event: Event) -> None:
    e, a = stage.env, event.actor
    free = np.flatnonzero(~stage.patch_active[e])
    if len(free) == 0:
        raise ConfigError(
            f"scenario.events.{event.name}: more than {stage.patch_active.shape[1]} friction patches at once"
        )
    slot, yaw = int(free[0]), _yaw(stage.state, e, a)
    x, y, radius, friction = stage.patch_disc
    x[e, slot] = stage.state.position[e, a, 0] + event.action.ahead * math.cos(yaw)
    y[e, slot] = stage.state.position[e, a, 1] + event.action.ahead * math.sin(yaw)
    radius[e, slot], friction[e, slot] = event.action.radius, event.action.friction
    stage.patch_active[e, slot] = True


def _sensor_fault(stage: Stage, event: Event) -> None:
    stage.sensor_faults.append((event.action.sensor, event.action.fault, event.action.duration))


_ACTIONS: dict[str, Callable[[Stage, Event], None]] = {
    "brake": _brake,
    "set_speed": _set_speed,
    "change_lane": _change_lane,
    "follow_path": _follow_path,
    "walk": _walk,
    "appear": _appear,
    "drop_load": _drop_load,
    "fail_tyre": _fail_tyre,
    "run_red": _run_red,
    "friction_patch": _friction_patch,
    "sensor_fault": _sensor_fault,
}


def find_action(event: Event) -> Callable[[Stage, Event], None]:
    """Return what carries an event's action out.

    Raises:
        ConfigError: Nobody offers that kind of action.
    """
    if event.action.kind in _ACTIONS:
        return _ACTIONS[event.action.kind]
    installed = {entry.name: entry for entry in importlib.metadata.entry_points(group="simengine.actions")}
    if event.action.kind not in installed:
        allowed = [*_ACTIONS, *installed]
        raise ConfigError(
            f"scenario.events.{event.name}.do.kind = {event.action.kind}: no such action"
            f"{nearest(event.action.kind, allowed)}; allowed: {', '.join(allowed)}"
        )
    kind = event.action.kind
    with blame(kind, f"scenario.events.{event.name}.do.kind = {kind}: the package that brings it"):
        return installed[kind].load()


def check_mobility(event: Event, actors: ActorTable) -> None:
    """Refuse an action that an actor cannot carry out.

    Raises:
        ConfigError: A vehicle is told to walk, or somebody on foot to change lane.
    """
    mobility = Mobility(int(actors.mobility[0, event.actor]))
    wants = {
        "walk": (Mobility.WALKER,),
        "change_lane": (Mobility.WHEELED,),
        "brake": (Mobility.WHEELED,),
        "set_speed": (Mobility.WHEELED,),
        "follow_path": (Mobility.WHEELED, Mobility.WALKER),
        "drop_load": (Mobility.WHEELED,),
        "fail_tyre": (Mobility.WHEELED,),
        "run_red": (Mobility.WHEELED,),
    }.get(event.action.kind)
    if wants is not None and mobility not in wants:
        raise ConfigError(
            f"scenario.events.{event.name}.do.kind = {event.action.kind}: a {mobility.name.lower()} actor cannot"
        )
