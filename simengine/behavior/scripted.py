"""What scripted actors do: keep lane and speed as placed, until events brake, speed up, move sideways or set walking.

Every scripted vehicle steers through its own vehicle model along a reference that moves sideways as a minimum-jerk
polynomial (Flash & Hogan, J. Neuroscience 5 (1985) 1688).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.rules import Ways, lane_heading
from simengine.behavior.steering import path_steering, slip_compliance
from simengine.core.geometry import ground_speed, wrap_angle, yaw_from_quaternion
from simengine.core.state import ActorTable, Behavior, Controls, Light, Mobility, WorldState
from simengine.road.frenet import lane_curvature, project_on_lane_near
from simengine.road.network import LaneArrays
from simengine.road.projection import locate

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
        script.speed[e, a] = ground_speed(*state.orientation[e, a].tolist(), *state.velocity[e, a].tolist())
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


class _Bodies(NamedTuple):
    """What scripts read of the actors of one world; kernels compile faster the fewer arrays they are handed."""

    mobility: NDArray[np.int32]
    valid: NDArray[np.bool_]
    position: NDArray[np.float64]
    orientation: NDArray[np.float64]
    velocity: NDArray[np.float64]
    chassis: NDArray[np.float64]  # rear axle ahead of the box centre, wheelbase [m], C_S, lock [rad]. (num_actors, 4)


_REAR, _WHEELBASE, _STIFFNESS, _LOCK = 0, 1, 2, 3


@njit(cache=True, _nrt=False)
def _follow_lane(
    ways: Ways, lane_row: NDArray[np.int32], s_row: NDArray[np.float64], a: int, x: float, y: float
) -> float:
    """Update where an actor is along its lanes, straight on where they fork; returns t [m]."""
    lane = lane_row[a]
    s, t = project_on_lane_near(ways, lane, x, y, s_row[a])
    for _ in range(8):
        first, last = ways.successor_first[lane], ways.successor_first[lane + 1]
        if s <= ways.lane_length[lane] - 1e-6 or first == last:
            break
        best, least = ways.successor[first], math.inf
        for k in range(first, last):
            n = ways.successor[k]
            begin, end = ways.lane_first_point[n], ways.lane_first_point[n + 1] - 1
            bend = abs(wrap_angle(ways.point_heading[end] - ways.point_heading[begin]))
            if bend < least:
                best, least = n, bend
        s -= ways.lane_length[lane]
        lane = best
        s, t = project_on_lane_near(ways, lane, x, y, s)
    lane_row[a], s_row[a] = lane, s
    return t


@njit(cache=True, _nrt=False)
def _lane_steering(
    ways: Ways,
    bodies: _Bodies,
    lane_row: NDArray[np.int32],
    s_row: NDArray[np.float64],
    a: int,
    from_: float,
    to: float,
    part: float,
    duration: float,
    friction: float,
) -> float:
    """Return the road-wheel angle that follows a reference moving sideways `from_` … `to` [m], `part` of it done."""
    q = bodies.orientation[a]
    yaw = yaw_from_quaternion(q[0], q[1], q[2], q[3])
    rear = bodies.chassis[a, _REAR]
    x, y = bodies.position[a, 0] + rear * math.cos(yaw), bodies.position[a, 1] + rear * math.sin(yaw)
    t = _follow_lane(ways, lane_row, s_row, a, x, y)
    lane, s = lane_row[a], s_row[a]
    speed = max(1.0, math.sqrt(bodies.velocity[a, 0] ** 2 + bodies.velocity[a, 1] ** 2))
    way = to - from_
    offset = from_ + way * part**3 * (10.0 - 15.0 * part + 6.0 * part * part)
    rate = way * 30.0 * part**2 * (1.0 - part) ** 2 / duration
    bend = way * 60.0 * part * (1.0 - part) * (1.0 - 2.0 * part) / duration**2
    return path_steering(
        t - offset,
        wrap_angle(yaw - lane_heading(ways, lane, s) - math.atan(rate / speed)),
        lane_curvature(ways, lane, s + 0.15 * speed) + bend / speed**2,
        speed,
        bodies.chassis[a, _WHEELBASE],
        0.0,
        slip_compliance(bodies.chassis[a, _STIFFNESS], friction),
        bodies.chassis[a, _LOCK],
    )


@njit(cache=True, _nrt=False)
def _next_point(
    path: NDArray[np.float64], length: int, index: NDArray[np.int32], x: float, y: float, reach: float, a: int
) -> tuple[float, float, bool]:
    """Return the vector to the point of a path at least `reach` ahead [m], and whether the path goes on."""
    last = length - 1
    while index[a] <= last:
        dx, dy = path[a, index[a], 0] - x, path[a, index[a], 1] - y
        distance = math.sqrt(dx * dx + dy * dy)
        if distance >= reach:
            return dx, dy, True
        if index[a] == last:
            if distance > 0.3:
                return dx, dy, True
            index[a] += 1
            return dx, dy, False
        index[a] += 1
    return 0.0, 0.0, False


@njit(cache=True, _nrt=False)
def _pursue(bodies: _Bodies, dx: float, dy: float, a: int) -> float:
    """Return the road-wheel angle of pure pursuit of a point [rad]."""
    q = bodies.orientation[a]
    turn = wrap_angle(math.atan2(dy, dx) - yaw_from_quaternion(q[0], q[1], q[2], q[3]))
    angle = math.atan2(2.0 * bodies.chassis[a, _WHEELBASE] * math.sin(turn), math.sqrt(dx * dx + dy * dy))
    return min(bodies.chassis[a, _LOCK], max(-bodies.chassis[a, _LOCK], angle))


@njit(cache=True, _nrt=False)
def _scripted_acceleration(
    speed: float, wanted: float, rate: float, brake: float, brake_until: float, time: float
) -> float:
    if brake > 0.0 and time < brake_until:
        return -brake if speed > 0.05 else _HOLD
    if wanted <= 0.0 and speed < 0.1:
        return _HOLD
    return min(rate, max(-rate, (wanted - speed) / _SPEED_TIME))


@njit(cache=True, _nrt=False)
def _scripted(
    ways: Ways,
    bodies: _Bodies,
    script: Script,
    friction: float,
    time: float,
    dt: float,
    e: int,
    acceleration: NDArray[np.float64],
    steering: NDArray[np.float64],
    velocity: NDArray[np.float64],
    lights: NDArray[np.int32],
) -> None:
    path, index = script.path[e], script.path_index[e]
    for a in range(len(bodies.valid)):
        if not bodies.valid[a] or not (script.speed_set[e, a] or script.lane_set[e, a]):
            continue
        x, y = bodies.position[a, 0], bodies.position[a, 1]
        q, v = bodies.orientation[a], bodies.velocity[a]
        speed = ground_speed(q[0], q[1], q[2], q[3], v[0], v[1], v[2])
        on_path, dx, dy = script.path_length[e, a] > 0, 0.0, 0.0
        if on_path:
            reach = 0.4 if bodies.mobility[a] == _WALKER else max(_PURSUIT_LEAST, _PURSUIT_TIME * speed)
            dx, dy, on_path = _next_point(path, script.path_length[e, a], index, x, y, reach, a)
            if not on_path:
                script.path_length[e, a] = 0
                script.speed[e, a] = 0.0
        if bodies.mobility[a] == _WALKER:
            if on_path:
                distance = math.sqrt(dx * dx + dy * dy)
                velocity[a, 0] = script.speed[e, a] * dx / distance
                velocity[a, 1] = script.speed[e, a] * dy / distance
            elif script.walk_left[e, a] > 0.0:
                script.walk_left[e, a] -= speed * dt
                velocity[a, 0], velocity[a, 1] = script.walk[e, a, 0], script.walk[e, a, 1]
            else:
                velocity[a, 0] = velocity[a, 1] = 0.0
        elif bodies.mobility[a] == _WHEELED:
            if on_path:
                steering[a] = _pursue(bodies, dx, dy, a)
            elif script.lane_set[e, a]:
                start, duration = script.move_start[e, a], script.move_duration[e, a]
                from_, to = script.offset_from[e, a], script.offset_to[e, a]
                part = min(1.0, max(0.0, (time - start) / duration))
                steering[a] = 0.0
                if script.lane[e, a] >= 0 and speed > 0.3:
                    steering[a] = _lane_steering(
                        ways, bodies, script.lane[e], script.s[e], a, from_, to, part, duration, friction
                    )
                if abs(to - from_) > 0.5 and 0.0 < part < 1.0:
                    lights[a] |= _LEFT if to > from_ else _RIGHT
            if script.speed_set[e, a]:
                acceleration[a] = _scripted_acceleration(
                    speed, script.speed[e, a], script.rate[e, a], script.brake[e, a], script.brake_until[e, a], time
                )


def chassis_columns(actors: ActorTable) -> NDArray[np.float64]:
    """Return what steering needs of every vehicle. Shape (num_envs, num_actors, 4); see `_Bodies.chassis`."""
    return np.stack(
        [
            actors.cog_offset - actors.rear_axle,
            actors.front_axle + actors.rear_axle,
            actors.cornering_stiffness,
            actors.max_steering,
        ],
        axis=-1,
    )


def scripted_controls(
    ways: Ways,
    actors: ActorTable,
    chassis: NDArray[np.float64],
    state: WorldState,
    script: Script,
    friction: NDArray[np.float64],
    rate_hz: int,
    dt: float,
    controls: Controls,
) -> None:
    """Write the controls of everybody who has been told something, over what they wanted themselves.

    Args:
        ways: The network.
        actors: What they are.
        chassis: `chassis_columns` of them.
        state: Now.
        script: What they have been told; progress is updated.
        friction: µ. Shape (num_envs,).
        rate_hz: Physics rate [Hz].
        dt: Between decisions [s].
        controls: Written where something is told.
    """
    for e in range(state.valid.shape[0]):
        bodies = _Bodies(
            actors.mobility[e], state.valid[e], state.position[e], state.orientation[e], state.velocity[e], chassis[e]
        )
        _scripted(
            ways,
            bodies,
            script,
            float(friction[e]),
            int(state.tick[e]) / rate_hz,
            dt,
            e,
            controls.acceleration[e],
            controls.steering[e],
            controls.velocity[e],
            controls.lights[e],
        )
