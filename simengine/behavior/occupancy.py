"""Who stands on which lane: every actor's box in the coordinates of every lane it touches.

A vehicle that straddles a line, a load on the road, a person on a crossing and a car inside a junction are found by the
same look-up, so whoever drives along a lane reacts to whatever overlaps it, the moment it does.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.rules import is_drivable, lane_heading
from simengine.core.geometry import yaw_from_quaternion
from simengine.core.state import ActorTable, WorldState
from simengine.road.frenet import lane_width, project_on_lane_near, segment_foot
from simengine.road.network import LaneArrays

ENTRIES_PER_ACTOR = 8
CLEARANCE = 4.0  # an actor farther above or below a lane is on another level [m]
LAST = -1  # end of a list


class Places(NamedTuple):
    """Where the actors of one world are, or are believed to be. Shapes (num_actors,)."""

    seen: NDArray[np.bool_]
    x: NDArray[np.float64]  # box centre, world [m]
    y: NDArray[np.float64]
    z: NDArray[np.float64]
    yaw: NDArray[np.float64]  # [rad]
    vx: NDArray[np.float64]  # world [m/s]
    vy: NDArray[np.float64]
    speed: NDArray[np.float64]  # along the actor's own x axis [m/s]
    length: NDArray[np.float64]  # [m]
    width: NDArray[np.float64]


class Occupancy(NamedTuple):
    """Linked lists of boxes by lane. Shapes (num_actors · ENTRIES_PER_ACTOR,) unless said."""

    head: NDArray[np.int32]  # first entry of a lane, or LAST. (num_lanes,)
    following: NDArray[np.int32]  # next entry of the same lane, or LAST
    actor: NDArray[np.int32]
    s: NDArray[np.float64]  # box centre along the lane [m]
    half: NDArray[np.float64]  # half the extent along it [m]
    low: NDArray[np.float64]  # right edge, left of the centre line [m]
    high: NDArray[np.float64]  # left edge
    along: NDArray[np.float64]  # velocity along the lane [m/s]
    across: NDArray[np.float64]  # velocity to the left [m/s]
    count: NDArray[np.int64]  # entries in use. (1,)


@njit(cache=True)
def empty_places(num_actors: int) -> Places:
    """Allocate places of actors that are not seen."""
    return Places(
        np.zeros(num_actors, np.bool_), np.zeros(num_actors), np.zeros(num_actors), np.zeros(num_actors),
        np.zeros(num_actors), np.zeros(num_actors), np.zeros(num_actors), np.zeros(num_actors), np.zeros(num_actors),
        np.zeros(num_actors),
    )


@njit(cache=True)
def empty_occupancy(num_lanes: int, num_actors: int) -> Occupancy:
    """Allocate lists in which no lane holds anything."""
    n = num_actors * ENTRIES_PER_ACTOR
    return Occupancy(
        np.full(num_lanes, LAST, np.int32), np.full(n, LAST, np.int32), np.zeros(n, np.int32), np.zeros(n),
        np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(1, np.int64),
    )


@njit(cache=True)
def look_around(actors: ActorTable, state: WorldState, e: int, places: Places) -> None:
    """Write the true places of world `e`."""
    for a in range(state.valid.shape[1]):
        places.seen[a] = state.valid[e, a]
        if not state.valid[e, a]:
            continue
        q = state.orientation[e, a]
        yaw = yaw_from_quaternion(q[0], q[1], q[2], q[3])
        places.x[a] = state.position[e, a, 0]
        places.y[a] = state.position[e, a, 1]
        places.z[a] = state.position[e, a, 2]
        places.yaw[a] = yaw
        places.vx[a] = state.velocity[e, a, 0]
        places.vy[a] = state.velocity[e, a, 1]
        places.speed[a] = places.vx[a] * math.cos(yaw) + places.vy[a] * math.sin(yaw)
        places.length[a] = actors.length[e, a]
        places.width[a] = actors.width[e, a]


@njit(cache=True)
def box_on_lane(
    lanes: LaneArrays, lane: int, near: float, x: float, y: float, yaw: float, length: float, width: float
) -> tuple[float, float, float, float, float]:
    """Return s, half extent along, right and left edge [m] of a box on a lane, and the lane's heading there [rad]."""
    s, t = project_on_lane_near(lanes, lane, x, y, near)
    heading = lane_heading(lanes, lane, s)
    c, d = abs(math.cos(yaw - heading)), abs(math.sin(yaw - heading))
    along, across = 0.5 * (length * c + width * d), 0.5 * (length * d + width * c)
    return s, along, t - across, t + across, heading


@njit(cache=True)
def add_entry(
    occupancy: Occupancy, lane: int, actor: int, s: float, half: float, low: float, high: float, along: float,
    across: float,
) -> None:
    """Put a box on a lane's list; what exceeds the lists' capacity is left out."""
    k = occupancy.count[0]
    if k >= len(occupancy.actor):
        return
    occupancy.count[0] = k + 1
    occupancy.actor[k] = actor
    occupancy.s[k] = s
    occupancy.half[k] = half
    occupancy.low[k] = low
    occupancy.high[k] = high
    occupancy.along[k] = along
    occupancy.across[k] = across
    occupancy.following[k] = occupancy.head[lane]
    occupancy.head[lane] = k


@njit(cache=True)
def occupy_lanes(lanes: LaneArrays, places: Places, occupancy: Occupancy) -> None:
    """Enter every seen actor into the lists of the drivable lanes that its box overlaps.

    Args:
        lanes: The network.
        places: Where the actors are.
        occupancy: Lists, emptied and filled.
    """
    occupancy.head[:] = LAST
    occupancy.count[0] = 0
    near_lane = np.empty(32, np.int32)
    near_s = np.empty(32)
    near_distance = np.empty(32)
    for a in range(len(places.seen)):
        if not places.seen[a]:
            continue
        x, y = places.x[a], places.y[a]
        reach = 0.5 * math.sqrt(places.length[a] ** 2 + places.width[a] ** 2) + lanes.widest
        cell, columns = lanes.grid_cell, lanes.grid_shape[0]
        left = max(0, int(math.floor((x - reach - lanes.grid_origin[0]) / cell)))
        right = min(columns - 1, int(math.floor((x + reach - lanes.grid_origin[0]) / cell)))
        bottom = max(0, int(math.floor((y - reach - lanes.grid_origin[1]) / cell)))
        top = min(lanes.grid_shape[1] - 1, int(math.floor((y + reach - lanes.grid_origin[1]) / cell)))
        found = 0
        for row in range(bottom, top + 1):
            for column in range(left, right + 1):
                for k in range(lanes.grid_first[row * columns + column], lanes.grid_first[row * columns + column + 1]):
                    i = lanes.grid_point[k]
                    lane = lanes.point_lane[i]
                    if not is_drivable(lanes, lane):
                        continue
                    f, square = segment_foot(lanes, i, x, y)
                    rise = lanes.point_position[i + 1, 2] - lanes.point_position[i, 2]
                    height = lanes.point_position[i, 2] + f * rise
                    if square > reach * reach or abs(height - places.z[a]) > CLEARANCE:
                        continue
                    n = 0
                    while n < found and near_lane[n] != lane:
                        n += 1
                    if n == found:
                        if found == len(near_lane):
                            continue
                        found += 1
                        near_lane[n] = lane
                        near_distance[n] = math.inf
                    if square < near_distance[n]:
                        near_distance[n] = square
                        near_s[n] = lanes.point_s[i] + f * (lanes.point_s[i + 1] - lanes.point_s[i])
        for n in range(found):
            lane = near_lane[n]
            s, half, low, high, heading = box_on_lane(
                lanes, lane, near_s[n], x, y, places.yaw[a], places.length[a], places.width[a]
            )
            edge = 0.5 * lane_width(lanes, lane, s)
            if low > edge or high < -edge or s + half < 0.0 or s - half > lanes.lane_length[lane]:
                continue
            c, d = math.cos(heading), math.sin(heading)
            along = places.vx[a] * c + places.vy[a] * d
            across = places.vy[a] * c - places.vx[a] * d
            add_entry(occupancy, lane, a, s, half, low, high, along, across)


@njit(cache=True)
def is_on_lane(occupancy: Occupancy, lane: int, actor: int) -> bool:
    """Return whether an actor is on a lane's list."""
    k = occupancy.head[lane]
    while k != LAST:
        if occupancy.actor[k] == actor:
            return True
        k = occupancy.following[k]
    return False
