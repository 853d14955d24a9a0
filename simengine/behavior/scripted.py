"""What scripted actors do: keep lane and speed as placed, until events brake, speed up, move sideways or set walking.

Every scripted vehicle steers through its own vehicle model along a reference that moves sideways as a minimum-jerk
polynomial (Flash & Hogan, J. Neuroscience 5 (1985) 1688).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.steering import path_steering, slip_compliance
from simengine.core.geometry import wrap_angle, yaw_from_quaternion
from simengine.core.state import ActorTable, Behavior, Controls, Light, Mobility, WorldState
from simengine.road.frenet import lane_curvature, project_on_lane_near
from simengine.road.network import LaneArrays
from simengine.road.projection import lane_pose, locate

_SCRIPTED, _WHEELED, _WALKER = int(Behavior.SCRIPTED), int(Mobility.WHEELED), int(Mobility.WALKER)
_LEFT, _RIGHT = int(Light.LEFT), int(Light.RIGHT)
_SPEED_TIME = 0.5  # in which a speed error is taken back [s]
_HOLD = -4.0  # brakes held at standstill [m/s²]
_PURSUIT_TIME, _PURSUIT_LEAST = 0.8, 3.0  # look-ahead on a path [s], [m]
MAX_POINTS = 64


class Script(NamedTuple):
    """What every actor has been told. Shapes (num_envs, num_actors) unless said."""

    speed_set: NDArray[np.bool_]  # acceleration is decided here
    lane_set: NDArray[np.bool_]  # steering is decided here
    lane: NDArray[np.int32]  # whose centre line is the reference, −1 off the road
    s: NDArray[np.float64]  # along it [m]
    offset_from: NDArray[np.float64]  # reference left of the centre line before the move [m]
    offset_to: NDArray[np.float64]  # and after it [m]
    move_start: NDArray[np.float64]  # [s]
    move_duration: NDArray[np.float64]  # [s]
    speed: NDArray[np.float64]  # to take up and keep [m/s]
    rate: NDArray[np.float64]  # acceleration with which to take it up [m/s²]
    brake: NDArray[np.float64]  # deceleration, 0 for none [m/s²]
    brake_until: NDArray[np.float64]  # infinite: to standstill [s]
    walk: NDArray[np.float64]  # ground velocity [m/s]. (…, 2)
    walk_left: NDArray[np.float64]  # way still to walk [m]
    path: NDArray[np.float64]  # world points [m]. (…, MAX_POINTS, 2)
    path_length: NDArray[np.int32]  # points, 0 for no path
    path_index: NDArray[np.int32]  # next point


def empty_script(num_envs: int, num_actors: int) -> Script:
    """Allocate a script that tells nobody anything."""
    shape = (num_envs, num_actors)
    return Script(
        speed_set=np.zeros(shape, np.bool_), lane_set=np.zeros(shape, np.bool_), lane=np.full(shape, -1, np.int32),
        s=np.zeros(shape), offset_from=np.zeros(shape), offset_to=np.zeros(shape), move_start=np.zeros(shape),
        move_duration=np.ones(shape), speed=np.zeros(shape), rate=np.full(shape, 2.0), brake=np.zeros(shape),
        brake_until=np.zeros(shape), walk=np.zeros((*shape, 2)), walk_left=np.zeros(shape),
        path=np.zeros((*shape, MAX_POINTS, 2)), path_length=np.zeros(shape, np.int32),
        path_index=np.zeros(shape, np.int32),
    )  # fmt: skip


def begin_script(lanes: LaneArrays, actors: ActorTable, state: WorldState) -> Script:
    """Tell every scripted actor to go on as it is placed."""
    script = empty_script(*state.valid.shape)
    for e, a in zip(*np.nonzero(actors.behavior == _SCRIPTED), strict=True):
        script.speed_set[e, a] = True
        script.speed[e, a] = math.hypot(*state.velocity[e, a, :2])
        if actors.mobility[e, a] == _WHEELED:
            take_lane(lanes, state, script, int(e), int(a))
    return script


def take_lane(lanes: LaneArrays, state: WorldState, script: Script, e: int, a: int) -> None:
    """Let an actor keep the lane and the place in it where it is now."""
    x, y, z = (float(value) for value in state.position[e, a])
    yaw = yaw_from_quaternion(*(float(q) for q in state.orientation[e, a]))
    lane, s, t = locate(lanes, x, y, z, yaw)
    script.lane_set[e, a] = True
    script.lane[e, a], script.s[e, a] = lane, s
    script.offset_from[e, a] = script.offset_to[e, a] = t


@njit(cache=True)
def _follow_lane(lanes: LaneArrays, script: Script, e: int, a: int, x: float, y: float) -> float:
    """Update where an actor is along its lanes, straight on where they fork; returns t [m]."""
    lane = script.lane[e, a]
    s, t = project_on_lane_near(lanes, lane, x, y, script.s[e, a])
    for _ in range(8):
        first, last = lanes.successor_first[lane], lanes.successor_first[lane + 1]
        if s <= lanes.lane_length[lane] - 1e-6 or first == last:
            break
        best, least = lanes.successor[first], math.inf
        for k in range(first, last):
            n = lanes.successor[k]
            begin, end = lanes.lane_first_point[n], lanes.lane_first_point[n + 1] - 1
            bend = abs(wrap_angle(lanes.point_heading[end] - lanes.point_heading[begin]))
            if bend < least:
                best, least = n, bend
        s -= lanes.lane_length[lane]
        lane = best
        s, t = project_on_lane_near(lanes, lane, x, y, s)
    script.lane[e, a], script.s[e, a] = lane, s
    return t


@njit(cache=True)
def _lane_steering(
    lanes: LaneArrays, actors: ActorTable, state: WorldState, script: Script, friction: float, time: float, e: int, a: int
) -> float:
    """Return the road-wheel angle that follows the moving reference [rad]."""
    q = state.orientation[e, a]
    yaw = yaw_from_quaternion(q[0], q[1], q[2], q[3])
    back = actors.cog_offset[e, a] - actors.rear_axle[e, a]
    x = state.position[e, a, 0] + back * math.cos(yaw)
    y = state.position[e, a, 1] + back * math.sin(yaw)
    t = _follow_lane(lanes, script, e, a, x, y)
    lane, s = script.lane[e, a], script.s[e, a]
    vx, vy = state.velocity[e, a, 0], state.velocity[e, a, 1]
    speed = max(1.0, math.sqrt(vx * vx + vy * vy))
    duration = script.move_duration[e, a]
    part = min(1.0, max(0.0, (time - script.move_start[e, a]) / duration))
    way = script.offset_to[e, a] - script.offset_from[e, a]
    offset = script.offset_from[e, a] + way * part**3 * (10.0 - 15.0 * part + 6.0 * part * part)
    rate = way * 30.0 * part**2 * (1.0 - part) ** 2 / duration
    bend = way * 60.0 * part * (1.0 - part) * (1.0 - 2.0 * part) / duration**2
    _, _, _, heading = lane_pose(lanes, lane, s, 0.0)
    wheelbase = actors.front_axle[e, a] + actors.rear_axle[e, a]
    return path_steering(
        t - offset, wrap_angle(yaw - heading - math.atan(rate / speed)),
        lane_curvature(lanes, lane, s + 0.15 * speed) + bend / speed**2, speed, wheelbase, 0.0,
        slip_compliance(actors.cornering_stiffness[e, a], friction), actors.max_steering[e, a],
    )


@njit(cache=True)
def _next_point(state: WorldState, script: Script, reach: float, e: int, a: int) -> tuple[float, float, bool]:
    """Return the vector to the point of a path at least `reach` ahead [m], and whether the path goes on."""
    x, y = state.position[e, a, 0], state.position[e, a, 1]
    last = script.path_length[e, a] - 1
    while script.path_index[e, a] <= last:
        dx = script.path[e, a, script.path_index[e, a], 0] - x
        dy = script.path[e, a, script.path_index[e, a], 1] - y
        if math.sqrt(dx * dx + dy * dy) >= reach:
            return dx, dy, True
        if script.path_index[e, a] == last:
            near = math.sqrt(dx * dx + dy * dy) > 0.3
            if not near:
                script.path_index[e, a] += 1
            return dx, dy, near
        script.path_index[e, a] += 1
    return 0.0, 0.0, False


@njit(cache=True)
def _path_steering(actors: ActorTable, state: WorldState, script: Script, speed: float, e: int, a: int) -> float:
    """Return the road-wheel angle of pure pursuit along a path [rad]; ends the path when it is driven."""
    dx, dy, on = _next_point(state, script, max(_PURSUIT_LEAST, _PURSUIT_TIME * speed), e, a)
    if not on:
        script.path_length[e, a] = 0
        script.speed[e, a] = 0.0
        return 0.0
    q = state.orientation[e, a]
    turn = wrap_angle(math.atan2(dy, dx) - yaw_from_quaternion(q[0], q[1], q[2], q[3]))
    wheelbase = actors.front_axle[e, a] + actors.rear_axle[e, a]
    angle = math.atan2(2.0 * wheelbase * math.sin(turn), math.sqrt(dx * dx + dy * dy))
    return min(actors.max_steering[e, a], max(-actors.max_steering[e, a], angle))


@njit(cache=True)
def _scripted_acceleration(script: Script, speed: float, time: float, e: int, a: int) -> float:
    if script.brake[e, a] > 0.0 and time < script.brake_until[e, a]:
        return -script.brake[e, a] if speed > 0.05 else _HOLD
    script.brake[e, a] = 0.0
    if script.speed[e, a] <= 0.0 and speed < 0.1:
        return _HOLD
    demand = (script.speed[e, a] - speed) / _SPEED_TIME
    return min(script.rate[e, a], max(-script.rate[e, a], demand))


@njit(cache=True)
def _walk(state: WorldState, script: Script, dt: float, e: int, a: int, controls: Controls) -> None:
    vx, vy = script.walk[e, a, 0], script.walk[e, a, 1]
    if script.path_length[e, a] > 0:
        speed = script.speed[e, a]
        dx, dy, on = _next_point(state, script, 0.4, e, a)
        distance = math.sqrt(dx * dx + dy * dy)
        if not on or distance < 1e-6:
            script.path_length[e, a] = 0
            vx = vy = 0.0
        else:
            vx, vy = speed * dx / distance, speed * dy / distance
        script.walk[e, a, 0] = script.walk[e, a, 1] = 0.0
    elif script.walk_left[e, a] <= 0.0:
        vx = vy = 0.0
    else:
        ux, uy = state.velocity[e, a, 0], state.velocity[e, a, 1]
        script.walk_left[e, a] -= math.sqrt(ux * ux + uy * uy) * dt
    controls.velocity[e, a, 0], controls.velocity[e, a, 1] = vx, vy


@njit(cache=True)
def scripted_controls(
    lanes: LaneArrays, actors: ActorTable, state: WorldState, script: Script, friction: NDArray[np.float64],
    rate_hz: int, dt: float, controls: Controls,
) -> None:
    """Write the controls of everybody who has been told something, over what they wanted themselves.

    Args:
        lanes: The network.
        actors: What they are.
        state: Now.
        script: What they have been told; progress is updated.
        friction: µ. Shape (num_envs,).
        rate_hz: Physics rate [Hz].
        dt: Between decisions [s].
        controls: Written where something is told.
    """
    for e in range(state.valid.shape[0]):
        time = state.tick[e] / rate_hz
        for a in range(state.valid.shape[1]):
            if not state.valid[e, a] or not (script.speed_set[e, a] or script.lane_set[e, a]):
                continue
            if actors.mobility[e, a] == _WALKER:
                _walk(state, script, dt, e, a, controls)
                continue
            if actors.mobility[e, a] != _WHEELED:
                continue
            vx, vy = state.velocity[e, a, 0], state.velocity[e, a, 1]
            speed = math.sqrt(vx * vx + vy * vy)
            if script.path_length[e, a] > 0:
                controls.steering[e, a] = _path_steering(actors, state, script, speed, e, a)
            elif script.lane_set[e, a]:
                controls.steering[e, a] = 0.0
                if script.lane[e, a] >= 0 and speed > 0.3:
                    controls.steering[e, a] = _lane_steering(lanes, actors, state, script, friction[e], time, e, a)
                way = script.offset_to[e, a] - script.offset_from[e, a]
                if abs(way) > 0.5 and script.move_start[e, a] <= time < script.move_start[e, a] + script.move_duration[e, a]:
                    controls.lights[e, a] |= _LEFT if way > 0.0 else _RIGHT
            if script.speed_set[e, a]:
                controls.acceleration[e, a] = _scripted_acceleration(script, speed, time, e, a)
