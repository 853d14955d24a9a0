"""Ways through the network: what can be reached, the shortest route, a random turn, and the line to drive."""

import heapq

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError
from simengine.core.rng import philox_uniform
from simengine.road.network import LaneArrays, RoadNetwork

LANE_CHANGE_COST = 30.0  # a lane change is worth this detour [m]


def _beside(network: RoadNetwork, lane: int) -> tuple[int, int]:
    return int(network.lane_left[lane]), int(network.lane_right[lane])


def _steps(network: RoadNetwork, lane: int) -> list[tuple[int, float]]:
    """Return the lanes that follow a lane or lie beside it, each with its cost [m]."""
    following = network.successor[network.successor_first[lane] : network.successor_first[lane + 1]]
    steps = [(int(target), float(network.lane_length[lane])) for target in following]
    for beside in _beside(network, lane):
        if beside >= 0 and network.lane_type[beside] == network.lane_type[lane]:
            steps.append((beside, LANE_CHANGE_COST))
    return steps


def reachable(network: RoadNetwork, lane: int) -> NDArray[np.bool_]:
    """Return which lanes can be reached from a lane by driving on and changing lanes, itself included. (num_lanes,)"""
    seen = np.zeros(len(network.lane_type), np.bool_)
    seen[lane] = True
    todo = [lane]
    while todo:
        for target, _ in _steps(network, todo.pop()):
            if not seen[target]:
                seen[target] = True
                todo.append(target)
    return seen


def route(network: RoadNetwork, start_lane: int, goal_lane: int) -> list[int]:
    """Return the lanes of the shortest way from one lane to another, both included (Dijkstra 1959).

    A lane and the next are linked or neighbours. Of equal ways the one over lower lane numbers is taken.

    Raises:
        ScenarioError: There is no way.
    """
    cost = {start_lane: 0.0}
    before: dict[int, int] = {}
    queue = [(0.0, start_lane)]
    done: set[int] = set()
    while queue:
        so_far, lane = heapq.heappop(queue)
        if lane == goal_lane:
            lanes = [lane]
            while lane != start_lane:
                lane = before[lane]
                lanes.append(lane)
            return lanes[::-1]
        if lane in done:
            continue
        done.add(lane)
        for target, step in _steps(network, lane):
            if so_far + step < cost.get(target, float("inf")):
                cost[target] = so_far + step
                before[target] = lane
                heapq.heappush(queue, (so_far + step, target))
    names = network.lane_name[start_lane], network.lane_name[goal_lane]
    raise ScenarioError(f"road: lane {names[1]} cannot be reached from lane {names[0]}")


@njit(cache=True)
def choose_successor(lanes: LaneArrays, lane: int, seed, stream, step, env, item) -> int:
    """Return one of a lane's successors of its own type at random, −1 where there is none.

    The choice is a pure function of the counter (see `simengine.core.rng`).
    """
    count = 0
    for k in range(lanes.successor_first[lane], lanes.successor_first[lane + 1]):
        if lanes.lane_type[lanes.successor[k]] == lanes.lane_type[lane]:
            count += 1
    if count == 0:
        return -1
    wanted = int(philox_uniform(seed, stream, step, env, item) * count)
    for k in range(lanes.successor_first[lane], lanes.successor_first[lane + 1]):
        if lanes.lane_type[lanes.successor[k]] == lanes.lane_type[lane]:
            if wanted == 0:
                return lanes.successor[k]
            wanted -= 1
    return -1


def lane_path(network: RoadNetwork, lanes: list[int]) -> NDArray[np.float64]:
    """Return the centre lines of a route as one line; at a lane change it crosses over midway along the lanes.

    Args:
        network: The road network.
        lanes: As `route` returns them.

    Returns:
        Points without repetition [m]. Shape (num_points, 3).
    """
    parts: list[NDArray[np.float64]] = []
    begin = 0
    while begin < len(lanes):
        end = begin + 1
        while end < len(lanes) and lanes[end] in _beside(network, lanes[end - 1]):
            end += 1
        count = end - begin
        for k in range(count):  # lanes side by side: each is driven over its share, a half share apart
            low = (k + (0.25 if k > 0 else 0.0)) / count
            high = (k + 1 - (0.25 if k < count - 1 else 0.0)) / count
            parts.append(_part(network, lanes[begin + k], low, high))
        begin = end
    points = np.concatenate(parts)
    apart = np.ones(len(points), np.bool_)
    apart[1:] = np.abs(np.diff(points[:, :2], axis=0)).max(axis=1) > 1e-3
    return points[apart]


def _part(network: RoadNetwork, lane: int, low: float, high: float) -> NDArray[np.float64]:
    """Return the centre line of a lane between two fractions of its length."""
    part = slice(network.lane_first_point[lane], network.lane_first_point[lane + 1])
    s, points = network.point_s[part], network.point_position[part]
    ends = np.array([low, high]) * network.lane_length[lane]
    inside = s[(s > ends[0]) & (s < ends[1])]
    at = np.concatenate([ends[:1], inside, ends[1:]])
    return np.stack([np.interp(at, s, points[:, axis]) for axis in range(3)], axis=1)
