"""Lanes of a junction that cars can use at once and long vehicles cannot: their corners leave the lane in a turn."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.network.network import LaneType

DRIVING = int(LaneType.DRIVING)
NEAR = 5.2  # center lines nearer than this: a bus in a turn of 11 m sweeps 1.5 m beyond its lane [m]


@njit(cache=True, _nrt=False)
def _related(first: NDArray[np.int32], linked: NDArray[np.int32], a: int, b: int) -> bool:
    """Return whether b is linked from a, or both have a link in common."""
    for i in range(first[a], first[a + 1]):
        if linked[i] == b:
            return True
        for k in range(first[b], first[b + 1]):
            if linked[k] == linked[i]:
                return True
    return False


@njit(cache=True, _nrt=False)
def find_near_lanes(
    ways: NamedTuple,
    conflict_first: NDArray[np.int32],
    conflict_lane: NDArray[np.int32],
    pairs: NDArray[np.int32],
    reach: NDArray[np.float64],
) -> int:
    """Find pairs of lanes of one junction that come near each other and are no conflict; return how many.

    Args:
        ways: `lane_rules.DriverLanes` of the network.
        conflict_first, conflict_lane: The conflicts, CSR over lanes.
        pairs: Written as far as it goes: own and other lane. Shape (capacity, 2).
        reach: Written: where the own lane is near the other, from and to [m]. Shape (capacity, 2).
    """
    count = 0
    for a in range(len(ways.lane_type)):
        if ways.lane_junction[a] < 0 or ways.lane_type[a] != DRIVING:
            continue
        for b in range(len(ways.lane_type)):
            if b == a or ways.lane_junction[b] != ways.lane_junction[a] or ways.lane_type[b] != DRIVING:
                continue
            known = False
            for k in range(conflict_first[a], conflict_first[a + 1]):
                known = known or conflict_lane[k] == b
            if known or _related(ways.predecessor_first, ways.predecessor, a, b):
                continue
            if _related(ways.successor_first, ways.successor, a, b) or _related(
                ways.predecessor_first, ways.predecessor, b, a
            ):
                continue
            low, high = np.inf, -np.inf
            for i in range(ways.lane_first_point[a], ways.lane_first_point[a + 1]):
                for k in range(ways.lane_first_point[b], ways.lane_first_point[b + 1]):
                    dx = ways.point_position[i, 0] - ways.point_position[k, 0]
                    dy = ways.point_position[i, 1] - ways.point_position[k, 1]
                    dz = ways.point_position[i, 2] - ways.point_position[k, 2]
                    if dx * dx + dy * dy < NEAR * NEAR and abs(dz) < 3.0:
                        low, high = min(low, ways.point_s[i]), max(high, ways.point_s[i])
            if high >= low:
                if count < len(pairs):
                    pairs[count, 0], pairs[count, 1] = a, b
                    reach[count, 0], reach[count, 1] = low, high
                count += 1
    return count
