"""Tracks seen from the actors themselves: heading, speed along it, and how they move against their lane."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import along_axis, wrap_angle, yaw_from_quaternion
from simengine.labels.tracks import Tracks
from simengine.road.network.network import LaneArrays, RoadNetwork, lane_arrays
from simengine.road.network.projection import lane_pose, locate


class Motion(NamedTuple):
    """Per recorded time and actor. Shapes (num_frames, num_actors); rows of absent actors are zero, lane −1."""

    yaw: NDArray[np.float64]  # [rad]
    turned: NDArray[np.float64]  # since the previous time [rad]
    speed: NDArray[np.float64]  # along the actor's x axis [m/s]
    acceleration: NDArray[np.float64]  # of that speed since the previous time [m/s²]


class LaneMotion(NamedTuple):
    """Per recorded time and actor. Shapes (num_frames, num_actors); lane −1 where there is none."""

    lane: NDArray[np.int32]
    offset: NDArray[np.float64]  # left of the lane's center [m]
    drift: NDArray[np.float64]  # speed to the left across the lane [m/s]


@njit(cache=True)
def motion_batch(
    time_ns: NDArray[np.int64],
    valid: NDArray[np.bool_],
    orientation: NDArray[np.float64],
    velocity: NDArray[np.float64],
    yaw: NDArray[np.float64],
    turned: NDArray[np.float64],
    speed: NDArray[np.float64],
    acceleration: NDArray[np.float64],
) -> None:
    """Write heading and speed of every actor at every time; see `Motion`."""
    for f in range(valid.shape[0]):
        for a in range(valid.shape[1]):
            if not valid[f, a]:
                continue
            q = orientation[f, a]
            yaw[f, a] = yaw_from_quaternion(q[0], q[1], q[2], q[3])
            v = velocity[f, a]
            speed[f, a] = along_axis(q[0], q[1], q[2], q[3], v[0], v[1], v[2])
            if f > 0 and valid[f - 1, a]:
                turned[f, a] = wrap_angle(yaw[f, a] - yaw[f - 1, a])
                acceleration[f, a] = (speed[f, a] - speed[f - 1, a]) / ((time_ns[f] - time_ns[f - 1]) * 1e-9)


@njit(cache=True)
def lane_motion_batch(
    lanes: LaneArrays,
    valid: NDArray[np.bool_],
    followed: NDArray[np.bool_],
    position: NDArray[np.float64],
    velocity: NDArray[np.float64],
    yaw: NDArray[np.float64],
    lane: NDArray[np.int32],
    offset: NDArray[np.float64],
    drift: NDArray[np.float64],
) -> None:
    """Write how every followed actor moves against its lane; see `LaneMotion`. `followed` has shape (num_actors,)."""
    for f in range(valid.shape[0]):
        for a in range(valid.shape[1]):
            lane[f, a] = -1
            if valid[f, a] and followed[a]:
                p, v = position[f, a], velocity[f, a]
                lane[f, a], s, offset[f, a] = locate(lanes, p[0], p[1], p[2], yaw[f, a])
                if lane[f, a] >= 0:
                    _, _, _, heading = lane_pose(lanes, lane[f, a], s, offset[f, a])
                    drift[f, a] = v[1] * math.cos(heading) - v[0] * math.sin(heading)


def motion_of(tracks: Tracks) -> Motion:
    """Return heading and speed of every actor at every time."""
    motion = Motion(*(np.zeros(tracks.valid.shape) for _ in Motion._fields))
    motion_batch(tracks.time_ns, tracks.valid, tracks.orientation, tracks.velocity, *motion)
    return motion


def lane_motion_of(tracks: Tracks, motion: Motion, network: RoadNetwork, followed: NDArray[np.bool_]) -> LaneMotion:
    """Return how actors move against their lanes; `followed` (num_actors,) says for whom this is wanted."""
    shape = tracks.valid.shape
    result = LaneMotion(np.full(shape, -1, np.int32), np.zeros(shape), np.zeros(shape))
    lane_motion_batch(
        lane_arrays(network), tracks.valid, followed, tracks.position, tracks.velocity, motion.yaw, *result
    )
    return result


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the stretches [start, stop) in which a mask is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]
