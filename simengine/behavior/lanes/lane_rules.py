"""The traffic rules of a network sorted by lane, because drivers ask by lane: stop lines, crossings, conflicts."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.lanes.joined_lanes import joined_from
from simengine.behavior.lanes.long_vehicles import CLOSED, DRY, find_long_ways
from simengine.behavior.lanes.set_back_lines import find_set_backs, linked_lanes
from simengine.behavior.lanes.wide_turns import find_near_lanes
from simengine.core.space.geometry import wrap_angle
from simengine.road.network.frenet import lane_fraction, project_on_lane_near, segment_foot
from simengine.road.network.network import LEFT, RIGHT, LaneArrays, LaneType, RoadNetwork, lane_arrays

DRIVING, BIKING, FLOOR = int(LaneType.DRIVING), int(LaneType.BIKING), int(LaneType.FLOOR)
LEVEL = 4.0  # an actor farther above or below a lane is on another level [m]


class DriverLanes(NamedTuple):
    """The arrays of `LaneArrays` that a driver reads all the time; those of `road.network.frenet` are among them.

    Kernels take this and not the whole: a kernel's compile time grows with the square of the arrays it is handed
    (1.9 s for 120 arrays against 0.2 s for 30, measured). Each call would also count references of every one of them,
    with an atomic instruction each; `_nrt=False` on kernels that allocate nothing leaves that out: decisions of 150
    drivers take 0.46 ms instead of 2.3 ms, a physics tick 0.26 ms instead of 0.72 ms, and compiling a quarter less.
    """

    lane_type: NDArray[np.int32]
    lane_first_point: NDArray[np.int32]
    lane_length: NDArray[np.float64]
    lane_speed_limit: NDArray[np.float64]
    lane_left: NDArray[np.int32]
    lane_right: NDArray[np.int32]
    lane_junction: NDArray[np.int32]
    lane_turn: NDArray[np.int32]
    lane_priority: NDArray[np.int32]
    point_position: NDArray[np.float64]
    point_s: NDArray[np.float64]
    point_heading: NDArray[np.float64]
    point_tangent: NDArray[np.float64]
    point_curvature: NDArray[np.float64]
    point_width: NDArray[np.float64]
    successor_first: NDArray[np.int32]
    successor: NDArray[np.int32]
    predecessor_first: NDArray[np.int32]
    predecessor: NDArray[np.int32]
    lane_tightest: NDArray[np.float64]  # largest curvature either way [1/m]. (num_lanes,)
    lane_long: NDArray[np.int8]  # whether long vehicles get on from it, see `long_vehicles`. (num_lanes,)
    point_may_cross: NDArray[np.bool_]  # the line left, right may be crossed up to the next point. (num_points, 2)


class Grid(NamedTuple):
    """The spatial hash over center-line segments, as in `LaneArrays`."""

    origin: NDArray[np.float64]
    cell: float
    shape: NDArray[np.int32]
    first: NDArray[np.int32]
    point: NDArray[np.int32]
    point_lane: NDArray[np.int32]
    widest: float  # half the largest lane width [m]


class StopLines(NamedTuple):
    """Where to stop before junctions, CSR over lanes; without signal and sign, where those wait who have to."""

    first: NDArray[np.int32]
    s: NDArray[np.float64]  # set back from swept areas [m]
    painted: NDArray[np.float64]  # where the network has it, or the lane's end: it is passed only there [m]
    signal: NDArray[np.int32]  # or −1
    sign: NDArray[np.int32]  # 0 signal only or none, 1 give way, 2 stop


class Crossings(NamedTuple):
    """Pedestrian crossings, and CSR over lanes which of them meet it."""

    first: NDArray[np.int32]
    crossing: NDArray[np.int32]  # which crossing
    s: NDArray[np.float64]
    start: NDArray[np.float64]  # curb to curb [m]. (num_crossings, 3)
    end: NDArray[np.float64]
    width: NDArray[np.float64]
    signal: NDArray[np.int32]  # a signal of the walkers' group, or −1. (num_crossings,)


class Conflicts(NamedTuple):
    """Lanes whose areas overlap in a junction, or come so near that long vehicles need both; CSR over lanes.

    A shared area of lanes that lead into the same one ends where they have become one, and one that a long vehicle
    sweeps may begin before the lane does: its reach is negative there, on the lane before.
    """

    first: NDArray[np.int32]
    lane: NDArray[np.int32]
    reach: NDArray[np.float64]  # of the area along the own lane, see below [m]. (num_conflicts, 2)
    twin: NDArray[np.int32]  # the entry that tells the same from the other lane
    wide: NDArray[np.bool_]  # counts only where one of the two vehicles is long
    angle: NDArray[np.float64]  # from the own direction at the start of the lane to the other's, in (−π, π] [rad]


class RoadRules(NamedTuple):
    """What drivers read of a network, in small groups."""

    ways: DriverLanes
    grid: Grid
    stops: StopLines
    crossings: Crossings
    conflicts: Conflicts


def _sorted_by_lane(lane: NDArray[np.int32], num_lanes: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    order = np.argsort(lane, kind="stable")
    return order, np.searchsorted(lane[order], np.arange(num_lanes + 1)).astype(np.int32)


def road_rules(network: RoadNetwork, friction: float = DRY) -> RoadRules:
    """Sort the rules of a network by lane, on ground of a friction µ."""
    num_lanes = len(network.lane_type)
    owner = np.repeat(np.arange(len(network.crossing_width), dtype=np.int32), np.diff(network.crossing_lane_first))
    crossing_order, crossing_first = _sorted_by_lane(network.crossing_lane, num_lanes)
    shown = {int(group): signal for signal, group in reversed(list(enumerate(network.signal_group)))}
    lanes = lane_arrays(network)
    shared = {name: getattr(lanes, name) for name in DriverLanes._fields if name in LaneArrays._fields}
    ways = DriverLanes(
        **shared,
        lane_tightest=np.maximum.reduceat(np.abs(network.point_curvature), network.lane_first_point[:-1]),
        lane_long=find_long_ways(lanes, friction),
        point_may_cross=network.point_may_cross,
    )
    grid = Grid(
        lanes.grid_origin,
        lanes.grid_cell,
        lanes.grid_shape,
        lanes.grid_first,
        lanes.grid_point,
        lanes.point_lane,
        lanes.widest,
    )
    crossings = Crossings(
        first=crossing_first,
        crossing=owner[crossing_order],
        s=network.crossing_s[crossing_order],
        start=network.crossing_start,
        end=network.crossing_end,
        width=network.crossing_width,
        signal=np.array([shown.get(int(group), -1) for group in network.crossing_signal], np.int32),
    )
    set_backs = find_set_backs(ways)
    stops, conflicts = _stop_lines(network, ways, set_backs), _conflicts(network, ways, set_backs)
    return RoadRules(ways, grid, stops, crossings, conflicts)


def _stop_lines(network: RoadNetwork, ways: DriverLanes, set_backs: dict[tuple[int, int], float]) -> StopLines:
    """Return the network's stop lines, set back from swept areas; where one begins without a line it gets one."""
    set_back = np.zeros_like(ways.lane_length)
    for (approach, _), distance in set_backs.items():
        set_back[approach] = max(set_back[approach], distance)
    last = np.maximum(0.0, ways.lane_length - set_back)
    without = np.flatnonzero((set_back > 0.0) & ~np.isin(np.arange(len(last)), network.stop_lane)).astype(np.int32)
    lane = np.concatenate([network.stop_lane, without])
    none = np.full(len(without), -1, np.int32)
    order, first = _sorted_by_lane(lane, len(last))
    painted = np.concatenate([network.stop_s, ways.lane_length[without]])
    return StopLines(
        first=first,
        s=np.minimum(painted, last[lane])[order],
        painted=painted[order],
        signal=np.concatenate([network.stop_signal, none])[order],
        sign=np.concatenate([network.stop_yield, np.zeros_like(none)])[order],
    )


def _conflicts(network: RoadNetwork, ways: DriverLanes, set_backs: dict[tuple[int, int], float]) -> Conflicts:
    """Join the network's conflicts with those of long vehicles; these begin where one of them sweeps a lane before."""
    num_lanes = len(network.lane_type)
    own = np.repeat(np.arange(num_lanes, dtype=np.int32), np.diff(network.conflict_first))
    capacity = 64
    while True:
        pairs, near = np.zeros((capacity, 2), np.int32), np.zeros((capacity, 2))
        found = find_near_lanes(ways, network.conflict_first, network.conflict_lane, pairs, near)
        if found <= capacity:
            break
        capacity = found
    wide = np.concatenate([np.zeros(len(own), np.bool_), np.ones(found, np.bool_)])
    other = np.concatenate([network.conflict_lane, pairs[:found, 1]])
    own = np.concatenate([own, pairs[:found, 0]])
    reach = np.concatenate([np.stack([network.conflict_enter, network.conflict_leave], axis=1), near[:found]])
    for k in np.flatnonzero(~wide).tolist():  # one that is ahead on what has become one lane is followed
        reach[k, 1] = min(reach[k, 1], max(reach[k, 0], joined_from(ways, int(own[k]), int(other[k]))))
    for k in np.flatnonzero(wide).tolist():
        for approach in linked_lanes(ways.predecessor_first, ways.predecessor, int(own[k])):
            reach[k, 0] = min(reach[k, 0], -set_backs.get((approach, int(other[k])), 0.0))
    order = np.lexsort((other, own))
    own, other = own[order], other[order]
    place = {(int(a), int(b)): k for k, (a, b) in enumerate(zip(own, other, strict=True))}
    start = network.point_heading[network.lane_first_point[:-1]]
    return Conflicts(
        first=np.searchsorted(own, np.arange(num_lanes + 1)).astype(np.int32),
        lane=other.astype(np.int32),
        reach=reach[order].reshape(-1, 2),
        twin=np.array([place[int(b), int(a)] for a, b in place], np.int32),
        wide=wide[order],
        angle=np.array([wrap_angle(float(start[b] - start[a])) for a, b in place], np.float64),
    )


@njit(cache=True, _nrt=False)
def lane_heading(lanes: DriverLanes, lane: int, s: float) -> float:
    """Return the direction of a lane at `s` [rad]; beyond its ends that of the end."""
    i, f = lane_fraction(lanes, lane, s)
    return wrap_angle(lanes.point_heading[i] + f * wrap_angle(lanes.point_heading[i + 1] - lanes.point_heading[i]))


@njit(cache=True, _nrt=False)
def may_cross(lanes: DriverLanes, lane: int, side: int, start: float, end: float) -> bool:
    """Return whether the line left (side 1) or right (−1) of a lane may be crossed all the way between two s [m]."""
    column = LEFT if side == 1 else RIGHT
    i, _ = lane_fraction(lanes, lane, start)
    while i < lanes.lane_first_point[lane + 1] - 1:
        if not lanes.point_may_cross[i, column]:
            return False
        i += 1
        if lanes.point_s[i] >= end:
            break
    return True


@njit(cache=True, _nrt=False)
def opens_ahead(lanes: DriverLanes, lane: int, side: int, s: float) -> bool:
    """Return whether the line left (side 1) or right (−1) of a lane may be crossed anywhere from s [m] to its end."""
    column = LEFT if side == 1 else RIGHT
    i, _ = lane_fraction(lanes, lane, s)
    last = lanes.lane_first_point[lane + 1] - 1
    while i < last and not lanes.point_may_cross[i, column]:
        i += 1
    return i < last


@njit(cache=True, _nrt=False)
def is_drivable(lane_type: NDArray[np.int32], lane: int) -> bool:
    """Return whether vehicles or robots travel on a lane."""
    return lane_type[lane] in (DRIVING, BIKING, FLOOR)


@njit(cache=True, _nrt=False)
def is_way_on(lanes: DriverLanes, lane: int) -> bool:
    """Return whether a lane that another leads to goes on for drivers: it is drivable, and not closed to them."""
    return is_drivable(lanes.lane_type, lane) and lanes.lane_long[lane] > CLOSED


@njit(cache=True, _nrt=False)
def nearest_lane(
    lanes: DriverLanes, grid: Grid, x: float, y: float, z: float, yaw: float, reach: float, max_turn: float
) -> tuple[int, float, float]:
    """Find the drivable lane whose center line is nearest and runs the same way.

    Args:
        lanes, grid: The network.
        x, y, z: The point, world [m]; z tells levels apart where roads cross.
        yaw: Direction of travel [rad].
        reach: How far to look [m].
        max_turn: Largest difference of direction [rad].

    Returns:
        The lane (−1 if there is none), arc length and distance to the left [m].
    """
    best, best_lane, best_s = reach, -1, 0.0
    columns = grid.shape[0]
    left = max(0, int(math.floor((x - reach - grid.origin[0]) / grid.cell)))
    right = min(columns - 1, int(math.floor((x + reach - grid.origin[0]) / grid.cell)))
    bottom = max(0, int(math.floor((y - reach - grid.origin[1]) / grid.cell)))
    top = min(grid.shape[1] - 1, int(math.floor((y + reach - grid.origin[1]) / grid.cell)))
    for row in range(bottom, top + 1):
        for column in range(left, right + 1):
            for k in range(grid.first[row * columns + column], grid.first[row * columns + column + 1]):
                i = grid.point[k]
                lane = grid.point_lane[i]
                turn = abs(wrap_angle(lanes.point_heading[i] - yaw))
                if turn > max_turn or not is_drivable(lanes.lane_type, lane):
                    continue
                f, square = segment_foot(lanes, i, x, y)
                height = lanes.point_position[i, 2]
                height += f * (lanes.point_position[i + 1, 2] - height)
                cost = math.sqrt(square) + 0.5 * turn  # meters: of two lanes at one place the better aligned one
                if abs(z - height) < LEVEL and (cost < best or (cost == best and lane < best_lane)):
                    best, best_lane = cost, lane
                    best_s = lanes.point_s[i] + f * (lanes.point_s[i + 1] - lanes.point_s[i])
    if best_lane < 0:
        return -1, 0.0, 0.0
    s, t = project_on_lane_near(lanes, best_lane, x, y, best_s)
    return best_lane, s, t
