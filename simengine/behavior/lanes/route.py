"""Where a driver is on the lanes and which lanes come next.

A route is a short row of lanes: the previous one, the present one and those ahead. Successors are drawn from a counter
by (seed, driver, number of the choice), so a route does not depend on what others do.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import (
    COUNTER,
    EXIT_TURN,
    FROM_LANE,
    NEXT,
    PRESENT,
    PREVIOUS,
    PROGRESS,
    ROUTE_LANES,
    TURN_IN,
    DriverMemory,
)
from simengine.behavior.lanes.lane_rules import DriverLanes, Grid, is_way_on, nearest_lane
from simengine.behavior.lanes.long_vehicles import AGILE, CLOSED, NOT
from simengine.core.rng import philox_uniform, stream
from simengine.road.network.frenet import lane_curvature, lane_width, project_on_lane_near
from simengine.road.network.network import Turn

STRAIGHT = int(Turn.STRAIGHT)
ROUTE_STREAM = stream("behavior", "route")
SEARCH = 8.0  # radius in which a lost driver looks for a lane [m]
STRAIGHT_WEIGHT = 8.0  # 80 % go straight on, 10 % each way turn: default of the Highway Capacity Manual 2000, ch. 10
CORNER = 4.0  # before a lane's end, within which it may be left for the next one sideways [m]
LOST = 2.0  # a driver farther than this beyond the edge of the lane looks for another [m]


@njit(cache=True, _nrt=False)
def turn_weight(turn: int) -> float:
    """Return how often drivers make a turn, against each other one."""
    return STRAIGHT_WEIGHT if turn == STRAIGHT else 1.0


@njit(cache=True, _nrt=False)
def ease_of_way(lanes: DriverLanes, lane: int, agile: bool) -> int:
    """Return how well a vehicle can take a lane, see `long_vehicles`; to agile ones all drivable ones are alike."""
    return min(lanes.lane_long[lane], NOT) if agile else lanes.lane_long[lane]


@njit(cache=True, _nrt=False)
def choose_successor(
    lanes: DriverLanes, lane: int, wanted_turn: int, agile: bool, seed: np.uint64, counter: int, e: int, a: int
) -> int:
    """Return one of a lane's successors that go on, or −1 at the end of the road.

    Args:
        lanes: The network.
        lane: The lane that ends.
        wanted_turn: Turn to prefer where a successor makes it, 0 for any.
        agile: Else a long vehicle. Either takes only ways it can turn, as long as there is one; see `long_vehicles`.
        seed, counter, e, a: Of the draw.
    """
    total, wanted, most = 0.0, -1, CLOSED
    for k in range(lanes.successor_first[lane], lanes.successor_first[lane + 1]):
        following = lanes.successor[k]
        if is_way_on(lanes, following):
            ease = ease_of_way(lanes, following, agile)
            if ease > most:
                most, total = ease, 0.0
            if ease == most:
                total += turn_weight(lanes.lane_turn[following])
            if wanted_turn > 0 and lanes.lane_turn[following] == wanted_turn and wanted < 0:
                wanted = following
    if total == 0.0 or wanted >= 0:
        return wanted
    left = philox_uniform(seed, ROUTE_STREAM, counter, e, a) * total
    chosen = -1
    for k in range(lanes.successor_first[lane], lanes.successor_first[lane + 1]):
        following = lanes.successor[k]
        if is_way_on(lanes, following) and ease_of_way(lanes, following, agile) == most:
            chosen = following
            left -= turn_weight(lanes.lane_turn[following])
            if left < 0.0:
                break
    return chosen


@njit(cache=True, _nrt=False)
def extend_route(lanes: DriverLanes, memory: DriverMemory, seed: np.uint64, e: int, a: int) -> None:
    """Fill a driver's route ahead of the present lane as far as the road goes on."""
    route = memory.route[e, a]
    junctions = 0
    for k in range(PRESENT, ROUTE_LANES - 1):
        if route[k] < 0:
            break
        if lanes.lane_junction[route[k]] >= 0:
            junctions += 1
        if route[k + 1] < 0:
            turn = memory.choice[e, a, EXIT_TURN] if junctions == 0 else 0
            agile = memory.style[e, a, TURN_IN] > AGILE
            route[k + 1] = choose_successor(lanes, route[k], turn, agile, seed, memory.choice[e, a, COUNTER], e, a)
            memory.choice[e, a, COUNTER] += 1


@njit(cache=True, _nrt=False)
def enter_lane(
    lanes: DriverLanes, memory: DriverMemory, seed: np.uint64, e: int, a: int, lane: int, s: float, t: float
) -> None:
    """Put a driver on a lane with a new route from there.

    Args:
        lanes: The network.
        memory: Decisions; written.
        seed: Of the routes.
        e, a: Which driver.
        lane: Which lane, −1 for none.
        s, t: Where on it [m].
    """
    memory.lane[e, a] = lane
    memory.s[e, a] = s
    memory.t[e, a] = t
    memory.route[e, a, :] = -1
    memory.route[e, a, PRESENT] = lane
    if lane >= 0:
        extend_route(lanes, memory, seed, e, a)


@njit(cache=True, _nrt=False)
def find_lane(
    lanes: DriverLanes,
    grid: Grid,
    memory: DriverMemory,
    seed: np.uint64,
    e: int,
    a: int,
    x: float,
    y: float,
    z: float,
    yaw: float,
    beyond: float,
) -> None:
    """Look for the lane at a pose; the driver is on none (−1) where there is none for vehicles that runs its way.

    Args:
        lanes, grid: The network.
        memory: Decisions; lane, s, t and route are written.
        seed: Of the routes.
        e, a: Which driver.
        x, y, z: Box center, world [m].
        yaw: Direction of travel [rad].
        beyond: A lane is none of its own whose edge is farther away [m].
    """
    lane, s, t = nearest_lane(lanes, grid, x, y, z, yaw, SEARCH, 0.5 * math.pi)
    if lane >= 0 and abs(t) > 0.5 * lane_width(lanes, lane, s) + beyond:
        lane = -1
    if lane >= 0 and lane == memory.route[e, a, PRESENT]:  # still on the way back to it
        memory.lane[e, a], memory.s[e, a], memory.t[e, a] = lane, s, t
        return
    enter_lane(lanes, memory, seed, e, a, lane, s, t)


@njit(cache=True, _nrt=False)
def is_aside(lanes: DriverLanes, lane: int, s: float, t: float) -> bool:
    """Return whether a driver at s, t [m] is so far beside its lane that it has to drive back to it."""
    return abs(t) > 0.5 * lane_width(lanes, lane, s) + LOST


@njit(cache=True, _nrt=False)
def has_cut_corner(lanes: DriverLanes, lane: int, following: int, s: float, t: float, x: float, y: float) -> bool:
    """Return whether a vehicle has left its lane beside its end, onto the next one: lanes of some maps meet at angles.

    Args:
        lanes: The network.
        lane, following: Its lane and the next one.
        s, t: Where it is on its lane [m].
        x, y: And in the world [m].
    """
    if lanes.lane_length[lane] - s > CORNER or abs(t) < 0.5 * lane_width(lanes, lane, s):
        return False
    beyond, aside = project_on_lane_near(lanes, following, x, y, 0.0)
    return beyond > 0.0 and abs(aside) < abs(t)


@njit(cache=True, _nrt=False)
def lane_beside(lanes: DriverLanes, lane: int, left_behind: int) -> int:
    """Return the lane beside `lane` that goes on from `left_behind`, −1 if none does.

    A driver who comes to a lane's end in the middle of a lane change is still on the lane beside it.
    """
    if left_behind >= 0:
        for k in range(lanes.successor_first[left_behind], lanes.successor_first[left_behind + 1]):
            following = lanes.successor[k]
            if following in (lanes.lane_left[lane], lanes.lane_right[lane]):
                return following
    return -1


@njit(cache=True, _nrt=False)
def track_lane(
    lanes: DriverLanes, memory: DriverMemory, seed: np.uint64, e: int, a: int, x: float, y: float, beyond: float
) -> bool:
    """Follow a driver's place along the present lane and into the next ones of the route.

    Args:
        lanes: The network.
        memory: Decisions; lane, s, t and route are written.
        seed: Of the routes.
        e, a: Which driver.
        x, y: Box center, world [m].
        beyond: Farther than this beyond the edge of the lane it has to be looked for [m].

    Returns:
        Whether it has to be looked for.
    """
    if memory.lane[e, a] < 0:
        return True
    route = memory.route[e, a]
    s, t = project_on_lane_near(lanes, route[PRESENT], x, y, memory.s[e, a])
    for _ in range(ROUTE_LANES):
        lane = route[PRESENT]
        if route[NEXT] < 0:
            break
        if s <= lanes.lane_length[lane] and not (
            memory.change[e, a, PROGRESS] >= 1.0 and has_cut_corner(lanes, lane, route[NEXT], s, t, x, y)
        ):
            break
        if lanes.lane_junction[lane] >= 0 and lanes.lane_junction[route[NEXT]] < 0:
            memory.choice[e, a, EXIT_TURN] = 0
        for k in range(ROUTE_LANES - 1):
            route[k] = route[k + 1]
        route[ROUTE_LANES - 1] = -1
        extend_route(lanes, memory, seed, e, a)
        memory.choice[e, a, FROM_LANE] = lane_beside(lanes, route[PRESENT], memory.choice[e, a, FROM_LANE])
        s, t = project_on_lane_near(lanes, route[PRESENT], x, y, 0.0)
    memory.lane[e, a] = route[PRESENT]
    memory.s[e, a] = s
    memory.t[e, a] = t
    beside = abs(t) > 0.5 * lane_width(lanes, route[PRESENT], s) + beyond
    return beside and memory.change[e, a, PROGRESS] >= 1.0


@njit(cache=True, _nrt=False)
def place_on_lanes(lanes: DriverLanes, route: NDArray[np.int32], s: float) -> tuple[int, float]:
    """Return the lane and arc length [m] of a place `s` along the present lane, which may lie before or beyond it.

    Args:
        lanes: The network.
        route: Lanes as in `DriverMemory.route`; −1 past the end.
        s: Along the present lane [m].
    """
    if s < 0.0 and route[PREVIOUS] >= 0:
        return route[PREVIOUS], s + lanes.lane_length[route[PREVIOUS]]
    k = PRESENT
    while k + 1 < len(route) and route[k + 1] >= 0 and s > lanes.lane_length[route[k]]:
        s -= lanes.lane_length[route[k]]
        k += 1
    return route[k], s


@njit(cache=True, _nrt=False)
def place_on_route(lanes: DriverLanes, memory: DriverMemory, e: int, a: int, s: float) -> tuple[int, float]:
    """Return `place_on_lanes` of a driver's route."""
    return place_on_lanes(lanes, memory.route[e, a], s)


@njit(cache=True, _nrt=False)
def route_curvature(lanes: DriverLanes, memory: DriverMemory, e: int, a: int, s: float) -> float:
    """Return the curvature of the route at a place `s` along the present lane, before or beyond it too [1/m]."""
    lane, along = place_on_route(lanes, memory, e, a, s)
    return lane_curvature(lanes, lane, along)
