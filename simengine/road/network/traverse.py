"""Going along lanes: what is so far on, how fast one may come to a place, the lanes of one direction side by side."""

import math

import numpy as np

from simengine.core.space.geometry import wrap_angle
from simengine.road.network.network import LaneArrays, LaneType


def walk_lanes(lanes: LaneArrays, lane: int, s: float, distance: float) -> tuple[int, float]:
    """Go along lanes by a signed distance [m], straight on where they fork; stops at the end of the map."""
    s += distance
    for _ in range(10_000):
        if s > lanes.lane_length[lane]:
            following = lanes.successor[lanes.successor_first[lane] : lanes.successor_first[lane + 1]]
            if len(following) == 0:
                break
            s -= float(lanes.lane_length[lane])
            lane = straightest(lanes, following)
        elif s < 0.0:
            leading = lanes.predecessor[lanes.predecessor_first[lane] : lanes.predecessor_first[lane + 1]]
            if len(leading) == 0:
                break
            lane = straightest(lanes, leading)
            s += float(lanes.lane_length[lane])
        else:
            break
    return lane, s


def straightest(lanes: LaneArrays, candidates: np.ndarray) -> int:
    """Return the lane of some that bends least from its beginning to its end."""

    def bend(lane: int) -> float:
        first, last = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1] - 1
        return abs(wrap_angle(float(lanes.point_heading[last] - lanes.point_heading[first])))

    return int(min(candidates, key=lambda lane: (bend(int(lane)), int(lane))))


def bundle_from_right(lanes: LaneArrays, lane: int) -> list[int]:
    """Return the driving lanes of one direction beside a lane, from the right."""
    seen = {lane}
    while lanes.lane_right[lane] >= 0 and lanes.lane_type[lanes.lane_right[lane]] == LaneType.DRIVING:
        lane = int(lanes.lane_right[lane])
        if lane in seen:
            break
        seen.add(lane)
    bundle = [lane]
    while lanes.lane_left[lane] >= 0 and lanes.lane_type[lanes.lane_left[lane]] == LaneType.DRIVING:
        lane = int(lanes.lane_left[lane])
        if lane in bundle:
            break
        bundle.append(lane)
    return bundle


_REACH = 200.0  # that a driver looks ahead for bends and junctions [m]
_LATERAL = 1.5  # acceleration in bends that suits every kind of vehicle, loaded trucks too [m/s²]
COMFORTABLE_BRAKING = 2.0  # comfortable deceleration of the IDM [m/s²]
_BEFORE_JUNCTION = 8.0  # where to be able to stand [m]


def approach_speed(lanes: LaneArrays, lane: int, s: float, comfort: float = math.inf) -> float:
    """Return how fast a vehicle may be put down at a lane position [m/s].

    Not above the limit, nor so fast that it could not slow down comfortably for the bends ahead, whichever way the road
    forks, and stand before the next junction. Who is on a lane that ends beside one that goes on must be able to stand
    before its end, and to drive on along the other.

    Args:
        lanes: The network.
        lane, s: The place [m].
        comfort: The most that a driver plans with on slippery ground, in bends and braking [m/s²].
    """
    lateral, braking = min(_LATERAL, comfort), min(COMFORTABLE_BRAKING, comfort)
    least = _square_allowed(lanes, lane, s, 0.0, lateral, braking)
    beside = _goes_on_beside(lanes, lane)
    if beside >= 0:
        length = float(lanes.lane_length[lane])
        least = min(least, 2.0 * braking * max(0.0, length - s - _BEFORE_JUNCTION))
        opposite = s * float(lanes.lane_length[beside]) / length
        least = min(least, _square_allowed(lanes, beside, opposite, 0.0, lateral, braking))
    return min(float(lanes.lane_speed_limit[lane]), math.sqrt(least))


def _goes_on_beside(lanes: LaneArrays, lane: int) -> int:
    """Return the lane beside one that leads nowhere on which its traffic goes on, −1 for none."""
    if lanes.successor_first[lane + 1] > lanes.successor_first[lane]:
        return -1
    for beside in (int(lanes.lane_left[lane]), int(lanes.lane_right[lane])):
        if beside >= 0 and lanes.lane_type[beside] == LaneType.DRIVING:
            if lanes.successor_first[beside + 1] > lanes.successor_first[beside]:
                return beside
    return -1


def _square_allowed(lanes: LaneArrays, lane: int, s: float, driven: float, lateral: float, braking: float) -> float:
    """Return the greatest square of a speed from which the bends of a lane from s on, and beyond, can be taken."""
    first, last = int(lanes.lane_first_point[lane]), int(lanes.lane_first_point[lane + 1])
    way = np.maximum(lanes.point_s[first:last] - s, 0.0)
    ahead = lanes.point_s[first:last] >= s - 5.0
    bend = np.abs(lanes.point_curvature[first:last][ahead])
    least = float((lateral / np.maximum(bend, 1e-6) + 2.0 * braking * (driven + way[ahead])).min(initial=1e4))
    driven += max(0.0, float(lanes.lane_length[lane]) - s)
    if driven > _REACH:
        return least
    for following in lanes.successor[lanes.successor_first[lane] : lanes.successor_first[lane + 1]]:
        if lanes.lane_junction[following] >= 0 and lanes.lane_junction[lane] < 0:
            least = min(least, 2.0 * braking * max(0.0, driven - _BEFORE_JUNCTION))
        else:
            least = min(least, _square_allowed(lanes, int(following), 0.0, driven, lateral, braking))
    return least
