"""Roads that go on beyond the edge of a map, so that drivers near it still see whom they follow."""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.road.network.lane_points import measure_points
from simengine.road.network.network import LaneType, RoadNetwork


def ending_lanes(network: RoadNetwork) -> NDArray[np.bool_]:
    """Return which driving lanes end at the edge of the map: no lane of their direction goes on. Shape (num_lanes,)."""
    driving = network.lane_type == LaneType.DRIVING
    goes_on = np.diff(network.successor_first) > 0
    ends = driving & ~goes_on
    for lane in np.flatnonzero(ends).tolist():
        for side in (network.lane_left, network.lane_right):
            beside, seen = int(side[lane]), {lane}
            while beside >= 0 and beside not in seen and driving[beside]:
                ends[lane] &= not goes_on[beside]  # else it merges
                seen.add(beside)
                beside = int(side[beside])
    return ends


def extend_ends(network: RoadNetwork, length: float) -> RoadNetwork:
    """Return a network whose roads go on straight beyond the edge of the map.

    Args:
        network: The roads.
        length: By how much [m].
    """
    first = network.lane_first_point
    last = first[1:] - 1
    repeated = np.zeros(len(network.point_s), np.int64)
    repeated[last[ending_lanes(network)]] = 1
    source = np.repeat(np.arange(len(repeated)), 1 + repeated)
    added = np.concatenate([[False], source[1:] == source[:-1]])
    position = network.point_position[source]
    for i in np.flatnonzero(added).tolist():
        heading = float(network.point_heading[source[i]])
        position[i, :2] += length * math.cos(heading), length * math.sin(heading)
    told = {
        name: getattr(network, name)[source]
        for name in ("point_width", "point_bank", "point_rise", "point_marking", "point_may_cross", "point_yellow")
    }
    counts = np.diff(first) + repeated[last]
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return network._replace(**told, **measure_points(np.ascontiguousarray(position), starts))
