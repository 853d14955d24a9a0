"""What an event does when it fires: it writes the script, the state, the friction patches or the drivers' states.

An installed package adds an action by an entry point of the group `simengine.actions`: its name is the action's kind,
its value a callable `(ActionContext, event) -> bool | None`. One that returns False has found nothing to do: the event
has not happened.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.script.events import Event
from simengine.behavior.script.lane_move import Bounds, attainable, bend_at, lane_aside, move_duration
from simengine.behavior.script.script import MAX_POINTS, Script, take_lane
from simengine.behavior.script.scripted_path import corner_speeds, pursuit_reach
from simengine.core.errors import ConfigError
from simengine.core.heading import yaw_of_actor
from simengine.core.mechanics import GRAVITY
from simengine.core.plugins import find_part
from simengine.core.space.geometry import ground_speed, quaternion_from_euler, wrap_angle
from simengine.core.state import ActorTable, WorldState
from simengine.road.network.frenet import project_on_lane
from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import ground_at, lane_pose, locate

_BED_HEIGHT = 1.1  # from which a load falls off [m]
_LOAD_GAP = 0.25  # between the pieces of a load, and behind the vehicle [m]


class ActionContext(NamedTuple):
    """Everything that an action may change, of one world."""

    env: int
    time: float  # [s]
    lanes: LaneArrays
    actors: ActorTable
    state: WorldState  # a copy that the caller owns
    script: Script
    friction: float  # µ of the weather
    course_heading: float  # of the ego's lane where the ego is [rad]
    start: NDArray[np.float64]  # where everybody was placed, x, y, yaw. (num_actors, 3)
    ignores_signals: NDArray[np.bool_]  # (num_envs, num_actors)
    patch_active: NDArray[np.bool_]  # friction patches, (num_envs, num_patches)
    patch_disc: tuple[NDArray[np.float64], ...]  # their x, y, radius [m] and friction
    sensor_faults: list[tuple[str, str, float]]  # sensor, fault, duration [s]
    remarks: list[str]  # what could not be done as told, for the episode


def _speed(stage: ActionContext, a: int) -> float:
    """Return an actor's speed along the ground [m/s]."""
    return ground_speed(*stage.state.orientation[stage.env, a].tolist(), *stage.state.velocity[stage.env, a].tolist())


def tightest_curvature(actors: ActorTable, e: int, a: int) -> float:
    """Return the curvature of a vehicle's tightest turn [1/m]."""
    wheelbase = float(actors.front_axle[e, a] + actors.rear_axle[e, a])
    return math.tan(float(actors.max_steering[e, a])) / wheelbase


def _brake(stage: ActionContext, event: Event) -> None:
    e, a, script = stage.env, event.actor, stage.script
    script.brake[e, a] = event.action.deceleration
    script.brake_until[e, a] = stage.time + event.action.duration if event.action.duration > 0.0 else math.inf
    if not script.speed_set[e, a]:  # an actor that drives itself goes on as fast as it was
        script.speed_set[e, a] = True
        script.speed[e, a] = _speed(stage, a)
    if event.action.duration == 0.0:
        script.speed[e, a] = 0.0


def _set_speed(stage: ActionContext, event: Event) -> None:
    e, a, script = stage.env, event.actor, stage.script
    script.speed_set[e, a] = True
    script.speed[e, a], script.rate[e, a] = event.action.speed, event.action.acceleration
    script.brake[e, a] = 0.0  # what is told last counts


def _change_lane(stage: ActionContext, event: Event) -> bool:
    e, a, script, lanes = stage.env, event.actor, stage.script, stage.lanes
    key = f"scenario.events.{event.name}.do"
    lane, offset = int(script.lane[e, a]), float(script.offset_to[e, a])
    taken = not script.lane_set[e, a] or script.path_length[e, a] > 0 or lane < 0
    if taken:  # nothing is written before it is known that the vehicle can: else it would lose what it follows
        x, y, z = stage.state.position[e, a].tolist()
        lane, _, offset = locate(lanes, x, y, z, yaw_of_actor(stage.state, e, a))
    if lane < 0:
        stage.remarks.append(f"{key}: the vehicle is on no lane then and does not change lane")
        return False
    yaw, rear = yaw_of_actor(stage.state, e, a), float(stage.actors.cog_offset[e, a] - stage.actors.rear_axle[e, a])
    x = float(stage.state.position[e, a, 0]) + rear * math.cos(yaw)
    y = float(stage.state.position[e, a, 1]) + rear * math.sin(yaw)
    s, t = project_on_lane(lanes, lane, x, y)
    found = lane_aside(lanes, lane, s, offset, event.action.lanes, float(stage.actors.width[e, a]))
    if isinstance(found, str):
        keeps = "path" if script.path_length[e, a] > 0 else "lane"
        stage.remarks.append(f"{key}.lanes = {event.action.lanes}: {found}; the vehicle keeps its {keeps}")
        return False
    if taken:
        take_lane(lanes, stage.state, script, e, a)
    script.path_length[e, a] = 0
    target = found.offset
    if found.along:  # from now on the middle of the lane it goes to is the reference
        lane, target = found.lane, 0.0
        s, t = project_on_lane(lanes, lane, x, y)
    speed, bend = _speed(stage, a), bend_at(lanes, lane, s)
    rate = speed * math.sin(wrap_angle(yaw - lane_pose(lanes, lane, s, 0.0)[3]))
    asked = Bounds(event.action.max_lateral_speed, event.action.max_lateral_acceleration)
    bounds = attainable(asked, speed, bend, stage.friction, tightest_curvature(stage.actors, e, a))
    duration = move_duration(target - t, rate, event.action.duration, bounds)
    if duration > event.action.duration:
        why = "its lateral bounds" if bounds == asked else "what the vehicle and the ground allow at that speed"
        stage.remarks.append(f"{key}.duration: the lane change takes longer than told, to keep to {why}")
    script.lane[e, a], script.s[e, a] = lane, s
    script.offset_from[e, a], script.offset_to[e, a] = t, target
    script.move_part[e, a], script.move_duration[e, a] = 0.0, duration
    script.move_rate[e, a], script.move_speed[e, a] = rate, max(1.0, speed)
    return True


def world_points(start: NDArray[np.float64], points: list[tuple[float, float]]) -> NDArray[np.float64]:
    """Return points that are given ahead and to the left of an actor's start in the world [m]. Shape (num_points, 2).

    Args:
        start: x, y [m], yaw [rad] of the actor's start. Shape (3,).
        points: Ahead and left of it [m].
    """
    x, y, yaw = start
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array([(x + ahead * c - left * s, y + ahead * s + left * c) for ahead, left in points])


def _follow_path(stage: ActionContext, event: Event) -> None:
    e, a, script = stage.env, event.actor, stage.script
    points = world_points(stage.start[a], event.action.points[:MAX_POINTS])
    count = len(points)
    script.path[e, a, :count] = points
    script.path_length[e, a], script.path_index[e, a] = count, 0
    script.speed_set[e, a] = script.lane_set[e, a] = True
    script.speed[e, a], script.brake[e, a] = event.action.speed, 0.0
    script.lane[e, a], script.walks[e, a] = -1, False
    if stage.actors.max_steering[e, a] > 0.0:
        reach = pursuit_reach(points, 1.0 / tightest_curvature(stage.actors, e, a))
        sideways = min(event.action.max_lateral_acceleration, 0.5 * stage.friction * GRAVITY)
        script.path_reach[e, a] = reach
        script.path_speed[e, a, :count] = corner_speeds(points, event.action.speed, sideways, reach)


def _walk(stage: ActionContext, event: Event) -> None:
    e, a, script = stage.env, event.actor, stage.script
    heading = stage.course_heading + math.radians(event.action.heading_deg)
    script.speed_set[e, a] = True
    script.speed[e, a] = event.action.speed
    x, y, _ = stage.state.position[e, a]
    way = event.action.distance
    script.walks[e, a], script.path_length[e, a] = True, 0
    script.walk_to[e, a] = (x + way * math.cos(heading), y + way * math.sin(heading))
    script.walk_heading[e, a] = heading


def _appear(stage: ActionContext, event: Event) -> None:
    stage.state.valid[stage.env, event.actor] = True


def _drop_load(stage: ActionContext, event: Event) -> None:
    e, a, state, actors = stage.env, event.actor, stage.state, stage.actors
    yaw = yaw_of_actor(state, e, a)
    c, s = math.cos(yaw), math.sin(yaw)
    yaw_rate = float(state.angular_velocity[e, a, 2])
    behind = 0.5 * float(actors.length[e, a]) + _LOAD_GAP
    for item in event.load:
        reach = 0.5 * math.hypot(actors.length[e, item], actors.width[e, item])
        behind += reach
        # Its own placement says how far aside it lies, and how it is turned, as seen from the ego's lane.
        aside, turn = _beside_ego(stage, item)
        back, left = -behind, aside
        x, y = back * c - left * s, back * s + left * c
        position = state.position[e, a]
        ground, _, _, _ = ground_at(stage.lanes, position[0] + x, position[1] + y, float(position[2]))
        state.valid[e, item] = True
        state.velocity[e, item] = state.velocity[e, a]
        # It moves as the bed did: in a bend the rear swings round.
        state.velocity[e, item, 0] -= yaw_rate * y
        state.velocity[e, item, 1] += yaw_rate * x
        state.position[e, item] = (
            position[0] + x, position[1] + y, ground + _BED_HEIGHT + 0.5 * float(actors.height[e, item])
        )  # fmt: skip
        state.orientation[e, item] = quaternion_from_euler(0.0, 0.0, yaw + turn)
        state.angular_velocity[e, item] = (0.0, 0.0, yaw_rate)
        behind += reach + _LOAD_GAP


def _beside_ego(stage: ActionContext, item: int) -> tuple[float, float]:
    """Return how far left of the ego's way a load was placed [m], and how it was turned against it [rad]."""
    x, y, yaw = stage.start[0]
    lane, _, own = locate(stage.lanes, x, y, math.nan, yaw)
    if lane < 0:
        dx, dy = stage.start[item, 0] - x, stage.start[item, 1] - y
        return float(dy * math.cos(yaw) - dx * math.sin(yaw)), float(stage.start[item, 2] - yaw)
    s, t = project_on_lane(stage.lanes, lane, *stage.start[item, :2].tolist())
    return t - own, float(stage.start[item, 2]) - lane_pose(stage.lanes, lane, s, 0.0)[3]


def _fail_tire(stage: ActionContext, event: Event) -> None:
    wheels = [event.action.wheel]
    if stage.actors.track_width[stage.env, event.actor] == 0.0:  # both wheels of an axle stand for its one wheel
        wheels = [event.action.wheel, event.action.wheel ^ 1]
    stage.state.tire_grip[stage.env, event.actor, wheels] = event.action.grip
    stage.state.tire_burst[stage.env, event.actor, wheels] = True


def _run_red(stage: ActionContext, event: Event) -> None:
    stage.ignores_signals[stage.env, event.actor] = True


def _mark(stage: ActionContext, event: Event) -> None:
    """Do nothing: the event marks a moment."""


def _friction_patch(stage: ActionContext, event: Event) -> None:
    e, a = stage.env, event.actor
    free = np.flatnonzero(~stage.patch_active[e])
    if len(free) == 0:
        raise ConfigError(
            f"scenario.events.{event.name}: more than {stage.patch_active.shape[1]} friction patches at once"
        )
    slot, yaw = int(free[0]), yaw_of_actor(stage.state, e, a)
    x, y, radius, friction = stage.patch_disc
    x[e, slot] = stage.state.position[e, a, 0] + event.action.ahead * math.cos(yaw)
    y[e, slot] = stage.state.position[e, a, 1] + event.action.ahead * math.sin(yaw)
    radius[e, slot], friction[e, slot] = event.action.radius, event.action.friction
    stage.patch_active[e, slot] = True


def _sensor_fault(stage: ActionContext, event: Event) -> None:
    stage.sensor_faults.append((event.action.sensor, event.action.fault, event.action.duration))


_ACTIONS: dict[str, Callable[[ActionContext, Event], bool | None]] = {
    "brake": _brake,
    "set_speed": _set_speed,
    "change_lane": _change_lane,
    "follow_path": _follow_path,
    "walk": _walk,
    "appear": _appear,
    "drop_load": _drop_load,
    "fail_tire": _fail_tire,
    "run_red": _run_red,
    "mark": _mark,
    "friction_patch": _friction_patch,
    "sensor_fault": _sensor_fault,
}


def find_action(event: Event) -> Callable[[ActionContext, Event], bool | None]:
    """Return what carries an event's action out; `compile_events` has seen that there is such a kind.

    Raises:
        PartError: The package that brings it cannot be loaded.
    """
    return find_part("action", f"scenario.events.{event.name}.do.kind", event.action.kind, _ACTIONS)
