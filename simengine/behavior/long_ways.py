"""Which lanes long vehicles can drive: not too tight, not too steep, and leading on to others like them.

A bus of 12 m has a turning circle of about 11 m at its rear axle with its wheels at the lock, and at 10.5 m its front
corner already sweeps 2.4 m beyond its lane; what is tighter it takes only by blocking the junction, or not at all.
Turns that not even cars can drive, as some road files have them, are no way for anybody.
"""

import numpy as np
from numpy.typing import NDArray

from simengine.road.network import LaneArrays, LaneType

TIGHT = 0.095  # curvature, over the length of a wheelbase, of a turn that a bus or truck cannot take [1/m]
WHEELBASE = 6.0  # over which the turning of a lane is measured: that of a bus [m]
CAR_TIGHT = 0.23  # the same for cars: the one with the widest turning circle has 4.2 m at its rear axle [1/m]
CAR_STRETCH = 5.0  # over which the turning is measured for them [m]
STEEP = 0.12  # rise over run up which a full bus hardly starts: its drive force allows 0.15
AGILE = 0.1  # vehicles whose curvature changes faster take any turn, see `memory.TURN_IN` [1/m/s]
CHANGE_ROOM = 50.0  # a shorter lane is too short to leave it sideways [m]
NOBODY = -1  # not even a car can drive it
NOT, BY_CHANGING, ON = 0, 1, 2  # cannot be driven on to the end of the road; only by leaving it sideways; can


def is_agile(max_steering_rate: float, wheelbase: float) -> bool:
    """Return whether a vehicle takes any turn, from the rate [rad/s] of its steering and its wheelbase [m]."""
    return max_steering_rate / max(wheelbase, 0.5) > AGILE


def find_long_ways(lanes: LaneArrays) -> NDArray[np.int8]:
    """Return for every lane whether long vehicles get on from it: `NOBODY`, `NOT`, `BY_CHANGING` or `ON`.

    Shape (num_lanes,).
    """
    count = len(lanes.lane_length)
    drivable = np.isin(lanes.lane_type, (LaneType.DRIVING, LaneType.BIKING, LaneType.FLOOR))
    successors = [
        [int(k) for k in lanes.successor[first:last] if drivable[k]]
        for first, last in zip(lanes.successor_first[:-1], lanes.successor_first[1:], strict=True)
    ]
    ways = [ON if drivable[lane] and _is_easy(lanes, lane) else NOT for lane in range(count)]
    changed = True
    while changed:  # every pass only takes away
        changed = False
        for lane in range(count):
            if ways[lane] == NOT or not successors[lane]:
                continue
            if ways[lane] == ON and any(ways[k] != NOT for k in successors[lane]):
                continue
            beside = [int(k) for k in (lanes.lane_left[lane], lanes.lane_right[lane]) if k >= 0]
            leaves = lanes.lane_length[lane] > CHANGE_ROOM and any(ways[k] == ON for k in beside)
            found = BY_CHANGING if leaves else NOT
            changed = changed or found != ways[lane]
            ways[lane] = found
    for lane in range(count):
        if ways[lane] == NOT and drivable[lane] and _turning(lanes, lane, CAR_STRETCH) > CAR_TIGHT * CAR_STRETCH:
            ways[lane] = NOBODY
    return np.array(ways, np.int8)


def _turning(lanes: LaneArrays, lane: int, stretch: float) -> float:
    """Return by how much a lane turns over a stretch of it, at most [rad]."""
    first, last = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1]
    s, heading = lanes.point_s[first:last], np.unwrap(lanes.point_heading[first:last])
    along = np.arange(0.0, max(float(s[-1]) - stretch, 0.0) + 1.0)
    return float(np.abs(np.interp(along + stretch, s, heading) - np.interp(along, s, heading)).max())


def _is_easy(lanes: LaneArrays, lane: int) -> bool:
    """Return whether a lane itself is neither too tight nor too steep."""
    first, last = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1]
    s, height = lanes.point_s[first:last], lanes.point_position[first:last, 2]
    along = np.arange(0.0, max(float(s[-1]) - WHEELBASE, 0.0) + 1.0)
    rise = np.interp(along + WHEELBASE, s, height) - np.interp(along, s, height)
    return bool(_turning(lanes, lane, WHEELBASE) < TIGHT * WHEELBASE and rise.max() < STEEP * WHEELBASE)
