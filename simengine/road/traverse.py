"""Going along lanes, and the lanes of one direction beside each other."""

import numpy as np

from simengine.core.geometry import wrap_angle
from simengine.road.network import LaneArrays, LaneType


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
