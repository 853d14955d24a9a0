"""Who stands on which lane: every actor's box in the coordinates of every lane it touches.

A vehicle that straddles a line, a load on the road, a person on a crossing and a car inside a junction are found by the
same look-up, so whoever drives along a lane reacts to whatever overlaps it, the moment it does.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.lanes.lane_rules import LEVEL, DriverLanes, Grid, is_drivable, lane_heading
from simengine.core.space.geometry import along_axis
from simengine.core.space.plan_view import plan_view
from simengine.core.state import Mobility
from simengine.road.network.frenet import lane_width, project_on_lane_near, segment_foot

ENTRIES_PER_ACTOR = 8
NEAR_LANES = 32  # looked at for one actor, at most
WALKER = int(Mobility.WALKER)
LAST = -1  # end of a list


# Columns of `Places.pose`.
X, Y, Z = 0, 1, 2  # box center, world [m]
YAW = 3  # [rad]
VX, VY = 4, 5  # world [m/s]
SPEED = 6  # along the actor's own x axis [m/s]
LENGTH, WIDTH = 7, 8  # [m]

# Columns of `Occupancy.box`.
BOX_S = 0  # center along the lane [m]
BOX_HALF = 1  # half the extent along it [m]
BOX_LOW, BOX_HIGH = 2, 3  # right and left edge, left of the center line [m]
BOX_ALONG, BOX_ACROSS = 4, 5  # velocity along the lane and to its left [m/s]
BOX_DRIFT = 6  # how long a sideways move of it is expected to go on [s]

VEHICLE_DRIFT = 0.8  # [s]
WALKER_DRIFT = 2.5  # people and animals keep walking for longer than vehicles keep swerving [s]


class Places(NamedTuple):
    """Where the actors of one world are, or are believed to be; columns named above."""

    seen: NDArray[np.bool_]  # (num_actors,)
    pose: NDArray[np.float64]  # (num_actors, 9)


class Occupancy(NamedTuple):
    """Linked lists of boxes by lane; columns named above."""

    head: NDArray[np.int32]  # first entry of a lane, or LAST. (num_lanes,)
    following: NDArray[np.int32]  # next entry of the same lane, or LAST. (capacity,)
    actor: NDArray[np.int32]  # (capacity,)
    box: NDArray[np.float64]  # (capacity, 7)
    count: NDArray[np.int64]  # entries in use. (1,)
    near_lane: NDArray[np.int32]  # scratch: lanes near one actor. (NEAR_LANES,)
    near: NDArray[np.float64]  # scratch: s on them and squared distance. (NEAR_LANES, 2)


def empty_places(num_actors: int) -> Places:
    """Allocate places of actors that are not seen."""
    return Places(np.zeros(num_actors, np.bool_), np.zeros((num_actors, 9)))


def empty_occupancy(num_lanes: int, num_actors: int) -> Occupancy:
    """Allocate lists in which no lane holds anything."""
    n = num_actors * ENTRIES_PER_ACTOR
    return Occupancy(
        np.full(num_lanes, LAST, np.int32),
        np.full(n, LAST, np.int32),
        np.zeros(n, np.int32),
        np.zeros((n, 7)),
        np.zeros(1, np.int64),
        np.zeros(NEAR_LANES, np.int32),
        np.zeros((NEAR_LANES, 2)),
    )


@njit(cache=True, _nrt=False)
def look_around(
    length: NDArray[np.float64],
    width: NDArray[np.float64],
    height: NDArray[np.float64],
    valid: NDArray[np.bool_],
    position: NDArray[np.float64],
    orientation: NDArray[np.float64],
    velocity: NDArray[np.float64],
    places: Places,
) -> None:
    """Write the true places of one world.

    Whoever has toppled takes the room that it lies on.

    Args:
        length, width, height: Of the actors of that world [m]. Shapes (num_actors,).
        valid: Who is in it. Shape (num_actors,).
        position: World [m]. Shape (num_actors, 3).
        orientation: w, x, y, z. Shape (num_actors, 4).
        velocity: World [m/s]. Shape (num_actors, 3).
        places: Written.
    """
    for a in range(len(valid)):
        places.seen[a] = valid[a]
        if not valid[a]:
            continue
        q = orientation[a]
        yaw, along, across, _ = plan_view(q[0], q[1], q[2], q[3], length[a], width[a], height[a])
        places.pose[a, X] = position[a, 0]
        places.pose[a, Y] = position[a, 1]
        places.pose[a, Z] = position[a, 2]
        places.pose[a, YAW] = yaw
        places.pose[a, VX] = velocity[a, 0]
        places.pose[a, VY] = velocity[a, 1]
        places.pose[a, SPEED] = along_axis(q[0], q[1], q[2], q[3], velocity[a, 0], velocity[a, 1], velocity[a, 2])
        places.pose[a, LENGTH] = along
        places.pose[a, WIDTH] = across


@njit(cache=True, _nrt=False)
def box_on_lane(
    lanes: DriverLanes, lane: int, near: float, x: float, y: float, yaw: float, length: float, width: float
) -> tuple[float, float, float, float, float]:
    """Return s, half extent along, right and left edge [m] of a box on a lane, and the lane's heading there [rad].

    Args:
        lanes: The network.
        lane: Which lane.
        near: Along it, where to begin to search [m].
        x, y: Center of the box [m].
        yaw: [rad].
        length, width: [m].
    """
    s, t = project_on_lane_near(lanes, lane, x, y, near)
    heading = lane_heading(lanes, lane, s)
    c, d = abs(math.cos(yaw - heading)), abs(math.sin(yaw - heading))
    along, across = 0.5 * (length * c + width * d), 0.5 * (length * d + width * c)
    return s, along, t - across, t + across, heading


@njit(cache=True, _nrt=False)
def add_entry(
    occupancy: Occupancy,
    lane: int,
    actor: int,
    s: float,
    half: float,
    low: float,
    high: float,
    along: float,
    across: float,
    drift: float,
) -> None:
    """Put a box on a lane's list; what exceeds the lists' capacity is left out.

    Args:
        occupancy: Written.
        lane: Which lane.
        actor: Whose box.
        s: Of its center along the lane [m].
        half: Half its extent along the lane [m].
        low, high: Its right and its left edge, to the left of the lane's middle [m].
        along, across: Its velocity along the lane and to the left [m/s].
        drift: For how long it is taken to go on sideways [s].
    """
    k = occupancy.count[0]
    if k >= len(occupancy.actor):
        return
    occupancy.count[0] = k + 1
    occupancy.actor[k] = actor
    occupancy.box[k, BOX_S] = s
    occupancy.box[k, BOX_HALF] = half
    occupancy.box[k, BOX_LOW] = low
    occupancy.box[k, BOX_HIGH] = high
    occupancy.box[k, BOX_ALONG] = along
    occupancy.box[k, BOX_ACROSS] = across
    occupancy.box[k, BOX_DRIFT] = drift
    occupancy.following[k] = occupancy.head[lane]
    occupancy.head[lane] = k


@njit(cache=True, _nrt=False)
def occupy_lanes(
    lanes: DriverLanes, grid: Grid, places: Places, mobility: NDArray[np.int32], occupancy: Occupancy
) -> None:
    """Enter every seen actor into the lists of the drivable lanes that its box overlaps, or will if it keeps walking.

    Args:
        lanes, grid: The network.
        places: Where the actors are.
        mobility: Of the actors. Shape (num_actors,).
        occupancy: Lists, emptied and filled.
    """
    occupancy.head[:] = LAST
    occupancy.count[0] = 0
    near_lane = occupancy.near_lane
    for a in range(len(places.seen)):
        if not places.seen[a]:
            continue
        x, y = places.pose[a, X], places.pose[a, Y]
        walks = mobility[a] == WALKER
        drift = WALKER_DRIFT if walks else VEHICLE_DRIFT
        reach = 0.5 * math.sqrt(places.pose[a, LENGTH] ** 2 + places.pose[a, WIDTH] ** 2) + grid.widest
        if walks:
            reach += drift * math.sqrt(places.pose[a, VX] ** 2 + places.pose[a, VY] ** 2)
        cell, columns = grid.cell, grid.shape[0]
        left = max(0, int(math.floor((x - reach - grid.origin[0]) / cell)))
        right = min(columns - 1, int(math.floor((x + reach - grid.origin[0]) / cell)))
        bottom = max(0, int(math.floor((y - reach - grid.origin[1]) / cell)))
        top = min(grid.shape[1] - 1, int(math.floor((y + reach - grid.origin[1]) / cell)))
        found = 0
        for row in range(bottom, top + 1):
            for column in range(left, right + 1):
                for k in range(grid.first[row * columns + column], grid.first[row * columns + column + 1]):
                    i = grid.point[k]
                    lane = grid.point_lane[i]
                    if not is_drivable(lanes.lane_type, lane):
                        continue
                    f, square = segment_foot(lanes, i, x, y)
                    rise = lanes.point_position[i + 1, 2] - lanes.point_position[i, 2]
                    height = lanes.point_position[i, 2] + f * rise
                    if square > reach * reach or abs(height - places.pose[a, Z]) > LEVEL:
                        continue
                    n = 0
                    while n < found and near_lane[n] != lane:
                        n += 1
                    if n == found:
                        if found == len(near_lane):
                            continue
                        found += 1
                        near_lane[n] = lane
                        occupancy.near[n, 1] = math.inf
                    if square < occupancy.near[n, 1]:
                        occupancy.near[n, 1] = square
                        occupancy.near[n, 0] = lanes.point_s[i] + f * (lanes.point_s[i + 1] - lanes.point_s[i])
        for n in range(found):
            lane = near_lane[n]
            pose = places.pose[a]
            s, half, low, high, heading = box_on_lane(
                lanes, lane, occupancy.near[n, 0], x, y, pose[YAW], pose[LENGTH], pose[WIDTH]
            )
            edge = 0.5 * lane_width(lanes, lane, s)
            c, d = math.cos(heading), math.sin(heading)
            along = places.pose[a, VX] * c + places.pose[a, VY] * d
            across = places.pose[a, VY] * c - places.pose[a, VX] * d
            coming = drift * across if walks else 0.0
            if low + min(0.0, coming) > edge or high + max(0.0, coming) < -edge:
                continue
            if s + half < 0.0 or s - half > lanes.lane_length[lane]:
                continue
            add_entry(occupancy, lane, a, s, half, low, high, along, across, drift)
