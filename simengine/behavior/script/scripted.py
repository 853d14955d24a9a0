"""What scripted actors do: keep lane and speed as placed, until events brake, speed up, move sideways or set walking.

Vehicles steer through their own vehicle models; how they move sideways is told by `lane_move`, how they follow a path
by `scripted_path`, how walkers get through by `scripted_walk`. Nobody asks more of the ground than it holds.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.lanes.lane_rules import DriverLanes
from simengine.behavior.script.script import Script
from simengine.behavior.script.scripted_lane import ScriptedVehicles, keep_lane, yaw_of
from simengine.behavior.script.scripted_path import PURSUIT_MOST, PURSUIT_TIME, SLOWING, allowed_speed, next_point
from simengine.behavior.script.scripted_walk import WalkerSurroundings, walk_towards
from simengine.behavior.vehicle.side_force import Chassis
from simengine.core.mechanics import GRAVITY
from simengine.core.space.geometry import ground_speed, wrap_angle
from simengine.core.state import ActorTable, Controls, Light, Mobility, WorldState

_WHEELED, _WALKER = int(Mobility.WHEELED), int(Mobility.WALKER)
_LEFT, _RIGHT = int(Light.LEFT), int(Light.RIGHT)
_SPEED_TIME = 0.5  # in which a speed error is taken back [s]
_HOLD = -4.0  # brakes held at standstill [m/s²]
_INDICATED = 0.5  # moves sideways by more are indicated [m]
_ARRIVING = 2.5  # deceleration of walkers at the end of their way [m/s²]
_WALK_REACH = 0.4  # of a walker on a path [m]
EMERGENCY_SHARE = 0.9  # of µg that brakes and tires use in need


class _Orders(NamedTuple):
    """What scripts write of the controls of one world."""

    acceleration: NDArray[np.float64]
    steering: NDArray[np.float64]
    velocity: NDArray[np.float64]
    lights: NDArray[np.int32]


@njit(cache=True, _nrt=False)
def _pursue(bodies: ScriptedVehicles, dx: float, dy: float, e: int, a: int) -> float:
    """Return the road-wheel angle of pure pursuit of a point [rad]."""
    turn = wrap_angle(math.atan2(dy, dx) - yaw_of(bodies, a))
    wheelbase = bodies.chassis.front[e, a] - bodies.chassis.rear[e, a]
    angle = math.atan2(2.0 * wheelbase * math.sin(turn), math.sqrt(dx * dx + dy * dy))
    return min(bodies.chassis.lock[e, a], max(-bodies.chassis.lock[e, a], angle))


@njit(cache=True, _nrt=False)
def _scripted_acceleration(speed: float, wanted: float, rate: float, brake: float, braking: bool, hold: float) -> float:
    """Return the acceleration that brakes as told or takes up the wanted speed, within what tires hold [m/s²]."""
    if braking:
        return -min(brake, hold) if speed > 0.05 else _HOLD
    if wanted <= 0.0 and speed < 0.1:
        return _HOLD
    limit = min(rate, hold)
    return min(limit, max(-limit, (wanted - speed) / _SPEED_TIME))


@njit(cache=True, _nrt=False)
def _walk(around: WalkerSurroundings, script: Script, e: int, a: int, dt: float) -> tuple[float, float]:
    """Return the velocity of a scripted walker [m/s]; where it arrives, its walk or path is over."""
    x, y, speed = around.position[a, 0], around.position[a, 1], script.speed[e, a]
    if script.path_length[e, a] > 0:
        dx, dy, goes_on = next_point(
            script.path[e, a], script.path_length[e, a], script.path_index[e], a, x, y, math.nan, _WALK_REACH
        )
        if goes_on:
            return walk_towards(around, a, dx, dy, speed)
        script.path_length[e, a] = 0
    elif script.walks[e, a]:
        dx, dy = script.walk_to[e, a, 0] - x, script.walk_to[e, a, 1] - y
        heading = script.walk_heading[e, a]
        if dx * math.cos(heading) + dy * math.sin(heading) > 0.5 * speed * dt:
            # It slows down for the end of its way, as it could not stop at once.
            return walk_towards(around, a, dx, dy, min(speed, math.sqrt(0.1 + 2.0 * _ARRIVING * math.hypot(dx, dy))))
        script.walks[e, a] = False
    return 0.0, 0.0


@njit(cache=True, _nrt=False)
def _drive(
    ways: DriverLanes, bodies: ScriptedVehicles, script: Script, friction: float, time: float, dt: float, e: int, a: int
) -> tuple[float, float, int]:
    """Return acceleration [m/s²], road-wheel angle [rad] and lights of a scripted vehicle.

    Args:
        ways: The network.
        bodies: The actors.
        script: What they are to do; updated.
        friction: µ.
        time: Since the start [s].
        dt: Between decisions [s].
        e, a: Which vehicle.
    """
    x, y = bodies.position[a, 0], bodies.position[a, 1]
    q, v = bodies.orientation[a], bodies.velocity[a]
    speed = ground_speed(q[0], q[1], q[2], q[3], v[0], v[1], v[2])
    hold = EMERGENCY_SHARE * friction * GRAVITY
    wanted, rate, angle, lateral, lights = script.speed[e, a], script.rate[e, a], 0.0, 0.0, 0
    if script.path_length[e, a] > 0:
        reach = max(script.path_reach[e, a], min(PURSUIT_MOST, PURSUIT_TIME * speed))
        wanted = min(wanted, allowed_speed(
            script.path[e, a], script.path_speed[e, a], script.path_index[e, a], script.path_length[e, a], x, y, reach
        ))  # fmt: skip
        rate = max(rate, 2.0 * SLOWING)  # so that it can keep up with what corners ask
        dx, dy, goes_on = next_point(
            script.path[e, a], script.path_length[e, a], script.path_index[e], a, x, y, yaw_of(bodies, a), reach
        )
        if goes_on:
            angle = _pursue(bodies, dx, dy, e, a)
            lateral = math.tan(angle) / (bodies.chassis.front[e, a] - bodies.chassis.rear[e, a]) * speed * speed
        else:
            script.path_length[e, a], script.speed[e, a], wanted = 0, 0.0, 0.0
    elif script.lane[e, a] >= 0 and speed > 0.3:
        angle, lateral = keep_lane(ways, bodies, script, friction, speed, dt, e, a)
        if 0.0 < script.move_part[e, a] < 1.0:
            aside = script.offset_to[e, a] - script.offset_from[e, a]
            if abs(aside) > _INDICATED:
                lights = _LEFT if aside > 0.0 else _RIGHT
    # Side force first: a friction circle leaves the rest to brakes and engine.
    hold = max(0.3 * hold, math.sqrt(max(0.0, hold * hold - lateral * lateral)))
    brake, braking = script.brake[e, a], script.brake[e, a] > 0.0 and time < script.brake_until[e, a]
    return _scripted_acceleration(speed, wanted, rate, brake, braking, hold), angle, lights


@njit(cache=True, _nrt=False)
def _scripted(
    ways: DriverLanes,
    bodies: ScriptedVehicles,
    around: WalkerSurroundings,
    script: Script,
    friction: float,
    time: float,
    dt: float,
    e: int,
    orders: _Orders,
) -> None:
    """Write what the scripted actors of one world ask for.

    Args:
        ways: The network.
        bodies: The actors.
        around: Where everybody is.
        script: What they are to do; updated.
        friction: µ.
        time: Since the start [s].
        dt: Between decisions [s].
        e: World.
        orders: Written for those that a script moves.
    """
    for a in range(len(around.valid)):
        if not around.valid[a] or not (script.speed_set[e, a] or script.lane_set[e, a]):
            continue
        if around.mobility[a] == _WALKER:
            orders.velocity[a, 0], orders.velocity[a, 1] = _walk(around, script, e, a, dt)
        elif around.mobility[a] == _WHEELED:
            pedal, angle, shown = _drive(ways, bodies, script, friction, time, dt, e, a)
            if script.lane_set[e, a]:
                orders.steering[a] = angle
                orders.lights[a] |= shown
            if script.speed_set[e, a]:
                orders.acceleration[a] = pedal


def scripted_controls(
    ways: DriverLanes,
    actors: ActorTable,
    chassis: Chassis,
    state: WorldState,
    script: Script,
    friction: NDArray[np.float64],
    obstacles: NDArray[np.float64],
    rate_hz: int,
    dt: float,
    controls: Controls,
) -> None:
    """Write the controls of everybody who has been told something, over what they wanted themselves.

    Args:
        ways: The network.
        actors: What they are.
        chassis: `chassis_of` them.
        state: Now.
        script: What they have been told; progress is updated.
        friction: µ. Shape (num_envs,).
        obstacles: Of the scenery, see `WalkerSurroundings.obstacles`. Shape (num_obstacles, 5).
        rate_hz: Physics rate [Hz].
        dt: Between decisions [s].
        controls: Written where something is told.
    """
    for e in range(state.valid.shape[0]):
        position, orientation, velocity = state.position[e], state.orientation[e], state.velocity[e]
        _scripted(
            ways,
            ScriptedVehicles(position, orientation, velocity, state.angular_velocity[e], chassis),
            WalkerSurroundings(
                actors.mobility[e],
                state.valid[e],
                position,
                orientation,
                velocity,
                actors.length[e],
                actors.width[e],
                obstacles,
            ),
            script,
            float(friction[e]),
            int(state.tick[e]) / rate_hz,
            dt,
            e,
            _Orders(controls.acceleration[e], controls.steering[e], controls.velocity[e], controls.lights[e]),
        )
