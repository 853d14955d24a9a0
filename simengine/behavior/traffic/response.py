"""What acceleration a driver of an ordinary vehicle would ask for if it reacted at once to all it has to heed."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import (
    COMFORTABLE_DECELERATION,
    MAX_ACCELERATION,
    MIN_GAP,
    NEXT,
    TIME_GAP,
    DriverMemory,
)
from simengine.behavior.idm import IdmParams
from simengine.behavior.lane_change.beside_in_bends import respond_beside
from simengine.behavior.lanes.lane_rules import DriverLanes
from simengine.behavior.lanes.occupancy import LENGTH, SPEED, WIDTH, Occupancy
from simengine.behavior.vehicle.following import drive_freely, follow, respond_ahead, respond_to_lane_being_left
from simengine.behavior.vehicle.road_conditions import (
    COMFORT_SHARE,
    EMERGENCY_SHARE,
    cautious_time_gap,
    grip_bound,
    planned_speed,
    seen_speed,
)

LINE_TIME_GAP = 0.4  # kept to a line, which does not move [s]
LINE_MIN_GAP = 0.6  # [m]
HOLD = -2.0  # brakes held at standstill [m/s²]
SHORTEST_HORIZON = 60.0  # how far ahead to look at standstill [m]
HORIZON_TIME = 8.0  # and this much more per speed [s]
BEYOND_END = 15.0  # a vehicle farther past the end of the road stops [m]


@njit(cache=True, _nrt=False)
def look_horizon(speed: float, sight: float) -> float:
    """Return how far ahead a driver looks [m]."""
    return min(sight, SHORTEST_HORIZON + HORIZON_TIME * max(0.0, speed))


@njit(cache=True, _nrt=False)
def response(
    lanes: DriverLanes,
    occupancy: Occupancy,
    memory: DriverMemory,
    pose: NDArray[np.float64],
    line: float,
    max_deceleration: float,
    e: int,
    a: int,
    friction: float,
    sight: float,
) -> tuple[float, float, float]:
    """Return a driver's acceleration, and the gap and speed of what it follows, were it to react at once.

    Args:
        lanes: The network.
        occupancy: Boxes by lane.
        memory: Decisions.
        pose: Of the vehicle, a row of `Places.pose`.
        line: Where it must stop, ahead of the front [m]; infinite for nowhere.
        max_deceleration: The hardest braking [m/s²].
        e, a: Which driver.
        friction: µ.
        sight: How far the driver sees [m].

    Returns:
        Acceleration [m/s²]; gap [m] and speed [m/s] of the leader.
    """
    speed, length, width = max(0.0, pose[SPEED]), pose[LENGTH], pose[WIDTH]
    style = memory.style[e, a]
    pull = grip_bound(style[MAX_ACCELERATION], friction, COMFORT_SHARE)
    brake = grip_bound(style[COMFORTABLE_DECELERATION], friction, COMFORT_SHARE)
    time_gap, min_gap = cautious_time_gap(style[TIME_GAP], friction), style[MIN_GAP]
    hardest = grip_bound(max_deceleration, friction, EMERGENCY_SHARE)
    desired = min(planned_speed(lanes, memory, e, a, speed, friction), seen_speed(sight, friction))
    horizon = look_horizon(speed, sight)
    acceleration = drive_freely(speed, desired, pull, min(hardest, 2.0 * brake))
    params = IdmParams(desired, pull, brake, time_gap, min_gap)
    ahead, gap, other_speed, _ = respond_ahead(lanes, occupancy, memory, e, a, length, width, speed, params, horizon)
    acceleration = min(acceleration, ahead)
    beside, beside_gap, beside_speed = respond_beside(lanes, occupancy, memory, e, a, length, width, speed, params)
    if beside < acceleration:
        acceleration, gap, other_speed = beside, beside_gap, beside_speed
    left, left_gap, left_speed = respond_to_lane_being_left(
        lanes, occupancy, memory, pose, e, a, speed, params, horizon
    )
    if left < acceleration:
        acceleration, gap, other_speed = left, left_gap, left_speed
    if line < horizon:
        to_line = IdmParams(desired, pull, brake, LINE_TIME_GAP, LINE_MIN_GAP)
        acceleration = min(acceleration, follow(speed, line, 0.0, to_line))
    if memory.route[e, a, NEXT] < 0 and memory.s[e, a] > lanes.lane_length[memory.lane[e, a]] + BEYOND_END:
        acceleration = min(acceleration, HOLD)
    acceleration = max(acceleration, -hardest)
    if speed < 0.2 and acceleration <= 0.0:
        acceleration = HOLD
    return acceleration, gap, other_speed
