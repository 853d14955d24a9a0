"""What scripted actors have been told, and how they begin: keep lane and speed as placed."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.script.scripted_path import PURSUIT_LEAST
from simengine.core.space.geometry import ground_speed, yaw_from_quaternion
from simengine.core.state import ActorTable, Behavior, Mobility, WorldState
from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import locate

_SCRIPTED, _WHEELED = int(Behavior.SCRIPTED), int(Mobility.WHEELED)
MAX_POINTS = 64


class Script(NamedTuple):
    """What every actor has been told. Shapes (num_envs, num_actors) unless said."""

    speed_set: NDArray[np.bool_]  # acceleration is decided here
    lane_set: NDArray[np.bool_]  # steering is decided here
    lane: NDArray[np.int32]  # whose center line is the reference, −1 off the road
    s: NDArray[np.float64]  # along it [m]
    offset_from: NDArray[np.float64]  # reference left of the center line before the move [m]
    offset_to: NDArray[np.float64]  # and after it [m]
    move_part: NDArray[np.float64]  # of the move that is done, 0 … 1
    move_duration: NDArray[np.float64]  # at the speed at its start [s]
    move_rate: NDArray[np.float64]  # lateral speed at its start [m/s]
    move_speed: NDArray[np.float64]  # of the vehicle at its start [m/s]
    speed: NDArray[np.float64]  # to take up and keep [m/s]
    rate: NDArray[np.float64]  # acceleration with which to take it up [m/s²]
    brake: NDArray[np.float64]  # deceleration, 0 for none [m/s²]
    brake_until: NDArray[np.float64]  # infinite: to standstill [s]
    walks: NDArray[np.bool_]  # towards a place
    walk_to: NDArray[np.float64]  # that place, world [m]. (…, 2)
    walk_heading: NDArray[np.float64]  # in which it lay at first [rad]
    path: NDArray[np.float64]  # world points [m]. (…, MAX_POINTS, 2)
    path_speed: NDArray[np.float64]  # allowed at them [m/s]. (…, MAX_POINTS)
    path_reach: NDArray[np.float64]  # least look-ahead on it [m]
    path_length: NDArray[np.int32]  # points, 0 for no path
    path_index: NDArray[np.int32]  # next point


def empty_script(num_envs: int, num_actors: int) -> Script:
    """Allocate a script that tells nobody anything."""
    shape = (num_envs, num_actors)
    return Script(
        speed_set=np.zeros(shape, np.bool_), lane_set=np.zeros(shape, np.bool_), lane=np.full(shape, -1, np.int32),
        s=np.zeros(shape), offset_from=np.zeros(shape), offset_to=np.zeros(shape), move_part=np.ones(shape),
        move_duration=np.ones(shape), move_rate=np.zeros(shape), move_speed=np.ones(shape), speed=np.zeros(shape),
        rate=np.full(shape, 2.0), brake=np.zeros(shape), brake_until=np.zeros(shape), walks=np.zeros(shape, np.bool_),
        walk_to=np.zeros((*shape, 2)), walk_heading=np.zeros(shape), path=np.zeros((*shape, MAX_POINTS, 2)),
        path_speed=np.zeros((*shape, MAX_POINTS)), path_reach=np.full(shape, PURSUIT_LEAST),
        path_length=np.zeros(shape, np.int32), path_index=np.zeros(shape, np.int32),
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
    script.move_part[e, a] = 1.0
