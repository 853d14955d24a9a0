"""Which lanes long vehicles can drive: not too tight, not too steep, and leading on to others like them.

A bus of 12 m has a turning circle of about 11 m at its rear axle with its wheels at the lock, and at 10.5 m its front
corner already sweeps 2.4 m beyond its lane; what is tighter it takes only by blocking the junction, or not at all.
Turns that not even cars can drive, as some road files have them, are taken only where there is no other way. A turn
back or a climb that no car can drive is closed: the road ends before it, and nobody is placed or comes in there. So is
ground that inclines so much, along the lane or across it, that friction leaves too little to brake and steer with.
"""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.road.network.network import LaneArrays, LaneType

TIGHT = 0.095  # curvature, over the length of a wheelbase, of a turn that a bus or truck cannot take [1/m]
WHEELBASE = 6.0  # over which the turning of a lane is measured: that of a bus [m]
CAR_TIGHT = 0.23  # the same for cars: the one with the widest turning circle has 4.2 m at its rear axle [1/m]
CAR_STRETCH = 5.0  # over which the turning is measured for them [m]
# Turn beyond which a driver cannot cut the corner: an arc that is wider by d runs 1.6 d inside a bend of 135° [rad].
TURN_BACK = 0.75 * math.pi
# Rise over run, over the same stretch, that no car climbs but one whose axles are both driven: the adhesion of a driven
# rear axle carries up to µ l_f / (L − µ h) = 0.41 on dry ground (µ = 0.75, l_f = 1.25, L = 2.7, h = 0.55 m), that of a
# driven front axle up to 0.35. The steepest street, Baldwin Street in Dunedin, has 0.35.
CAR_STEEP = 0.41
REAR_LOAD, HIGH = 1.25 / 2.7, 0.55 / 2.7  # l_f / L and h / L of that car: with µ they give its steepest climb
# What an incline leaves of µ for braking: the share that drivers plan with, see `road_conditions.COMFORT_SHARE`, and at
# most their comfortable deceleration of 2 m/s² over g.
BRAKING_SHARE, BRAKING_MOST = 0.4, 0.2
DRY = 0.9  # µ of dry asphalt, where nothing else is known
BANKED = 0.3  # rise over run across the lane: a loaded truck tips over at 0.4 to 0.6 and lies at less in a bend
STEEP = 0.12  # rise over run up which a full bus hardly starts: its drive force allows 0.15
AGILE = 0.1  # vehicles whose curvature changes faster take any turn, see `driver_state.TURN_IN` [1/m/s]
CHANGE_ROOM = 50.0  # a shorter lane is too short to leave it sideways [m]
CLOSED = -2  # the road ends before it
NOBODY = -1  # not even a car can drive it, but to cut the corner
NOT, BY_CHANGING, ON = 0, 1, 2  # cannot be driven on to the end of the road; only by leaving it sideways; can


def is_agile(max_steering_rate: float, wheelbase: float) -> bool:
    """Return whether a vehicle takes any turn, from the rate [rad/s] of its steering and its wheelbase [m]."""
    return max_steering_rate / max(wheelbase, 0.5) > AGILE


def find_long_ways(lanes: LaneArrays, friction: float = DRY) -> NDArray[np.int8]:
    """Return for every lane whether long vehicles get on from it: `CLOSED`, `NOBODY`, `NOT`, `BY_CHANGING` or `ON`.

    Args:
        lanes: The network.
        friction: µ of the ground.

    Returns:
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
    for lane in range(count):
        if drivable[lane] and _is_closed(lanes, lane, friction):
            ways[lane] = CLOSED
    changed = True
    while changed:  # what in a junction leads only there, too
        changed = False
        for lane in range(count):
            only = bool(successors[lane]) and all(ways[k] == CLOSED for k in successors[lane])
            if drivable[lane] and lanes.lane_junction[lane] >= 0 and ways[lane] != CLOSED and only:
                ways[lane], changed = CLOSED, True
    return np.array(ways, np.int8)


def open_ends(lanes: LaneArrays, ways: NDArray[np.int8]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which lanes nothing leads to and which lead nowhere, lanes that are closed left out.

    Args:
        lanes: The network.
        ways: As `find_long_ways` returns them.

    Returns:
        Shapes (num_lanes,).
    """
    count = len(ways)
    begins, ends = np.ones(count, np.bool_), np.ones(count, np.bool_)
    for first, linked, free in (
        (lanes.predecessor_first, lanes.predecessor, begins),
        (lanes.successor_first, lanes.successor, ends),
    ):
        lane = np.repeat(np.arange(count), np.diff(first))
        free[lane[ways[linked] != CLOSED]] = False
    return begins, ends


def steepest(lanes: LaneArrays, lane: int) -> float:
    """Return the greatest incline of a lane, along and across it together, as rise over run."""
    first, last = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1]
    s, height = lanes.point_s[first:last], lanes.point_position[first:last, 2]
    bank = np.abs(lanes.point_bank[first:last])
    along = np.arange(0.0, max(float(s[-1]) - CAR_STRETCH, 0.0) + 1.0)
    rise = (np.interp(along + CAR_STRETCH, s, height) - np.interp(along, s, height)) / CAR_STRETCH
    across = np.tan(np.interp(along + 0.5 * CAR_STRETCH, s, bank))
    return max(float(np.hypot(rise, across).max()), float(np.tan(bank.max())))


def steepest_held(friction: float) -> float:
    """Return the incline, rise over run, on which vehicles hold at a µ and can still brake and steer."""
    return friction - min(BRAKING_SHARE * friction, BRAKING_MOST)


def cannot_hold(lanes: LaneArrays, lane: int, friction: float) -> bool:
    """Return whether a lane inclines somewhere by more than vehicles hold at a µ."""
    return steepest(lanes, lane) > steepest_held(friction)


def is_too_steep(lanes: LaneArrays, lane: int, friction: float) -> bool:
    """Return whether no car climbs a lane at a µ, or none holds on to it."""
    climb = min(CAR_STEEP, friction * REAR_LOAD / (1.0 - friction * HIGH))
    return _rise(lanes, lane, CAR_STRETCH) > climb * CAR_STRETCH or cannot_hold(lanes, lane, friction)


def _is_closed(lanes: LaneArrays, lane: int, friction: float) -> bool:
    """Return whether a lane turns back as no car can, or is too steep at a µ."""
    turns_back = _turning(lanes, lane, math.pi / CAR_TIGHT) > TURN_BACK
    if turns_back and _turning(lanes, lane, CAR_STRETCH) > CAR_TIGHT * CAR_STRETCH:
        return True
    return is_too_steep(lanes, lane, friction)


def _rise(lanes: LaneArrays, lane: int, stretch: float) -> float:
    """Return by how much a lane rises over a stretch of it, at most [m]."""
    first, last = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1]
    s, height = lanes.point_s[first:last], lanes.point_position[first:last, 2]
    along = np.arange(0.0, max(float(s[-1]) - stretch, 0.0) + 1.0)
    return float((np.interp(along + stretch, s, height) - np.interp(along, s, height)).max())


def _turning(lanes: LaneArrays, lane: int, stretch: float) -> float:
    """Return by how much a lane turns over a stretch of it, at most [rad]."""
    first, last = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1]
    s, heading = lanes.point_s[first:last], np.unwrap(lanes.point_heading[first:last])
    along = np.arange(0.0, max(float(s[-1]) - stretch, 0.0) + 1.0)
    return float(np.abs(np.interp(along + stretch, s, heading) - np.interp(along, s, heading)).max())


def _is_easy(lanes: LaneArrays, lane: int) -> bool:
    """Return whether a lane itself is neither too tight nor too steep, nor banked too much."""
    first, last = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1]
    leans = math.tan(float(np.abs(lanes.point_bank[first:last]).max())) > BANKED
    climbs = _rise(lanes, lane, WHEELBASE) >= STEEP * WHEELBASE
    return _turning(lanes, lane, WHEELBASE) < TIGHT * WHEELBASE and not climbs and not leans
