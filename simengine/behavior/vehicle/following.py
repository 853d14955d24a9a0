"""Response to whatever overlaps the way ahead: the smallest IDM acceleration over everything in the corridor."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import FROM_LANE, LANE_OFFSET, PRESENT, ROUTE_LANES, DriverMemory
from simengine.behavior.idm import EXPONENT, IdmParams, idm_acceleration
from simengine.behavior.lanes.lane_rules import DriverLanes
from simengine.behavior.lanes.occupancy import (
    BOX_ACROSS,
    BOX_ALONG,
    BOX_DRIFT,
    BOX_HALF,
    BOX_HIGH,
    BOX_LOW,
    BOX_S,
    LAST,
    LENGTH,
    WIDTH,
    Occupancy,
    X,
    Y,
)
from simengine.behavior.lanes.route import lane_beside
from simengine.behavior.vehicle.road_conditions import TRACKING_TIME
from simengine.road.network.frenet import project_on_lane_near

MARGIN = 0.3  # kept free beside the vehicle [m]
SQUEEZE = 0.1  # beside what stands, for one who creeps; `near_collision_braking` looks at the bodies themselves [m]
SQUEEZE_SPEED = 3.0  # [m/s]
STANDING = 0.1  # [m/s]
PASS_MARGIN = 0.5  # by which one must have passed before somebody comes over [s]
BESIDE_DECELERATION = 3.0  # used to fall back behind a vehicle that drifts over from beside [m/s²]
FAR = 1e6  # gap that stands for none [m]


@njit(cache=True, _nrt=False)
def drive_freely(speed: float, desired_speed: float, max_acceleration: float, deceleration: float) -> float:
    """Return the acceleration towards a desired speed [m/s²]: the IDM's below it, proportional above it.

    Departure from the IDM: above the desired speed its free term depends on the acceleration parameter and is weaker
    than what a falling speed limit or a bend asks for.
    """
    if speed > desired_speed:
        return -min(deceleration, (speed - desired_speed) / TRACKING_TIME)
    return idm_acceleration(speed, desired_speed, math.inf, 0.0, max_acceleration, deceleration, 1.0, 1.0, EXPONENT)


@njit(cache=True, _nrt=False)
def follow(speed: float, gap: float, other_speed: float, params: IdmParams) -> float:
    """Return the IDM's acceleration behind something that moves at `other_speed` along the way [m/s²].

    The desired speed is not let below the own one: what is too fast is taken back by `drive_freely`.
    """
    return idm_acceleration(
        speed,
        max(params.desired_speed, speed, 0.1),
        gap,
        speed - other_speed,
        params.max_acceleration,
        params.comfortable_deceleration,
        params.time_gap,
        params.min_gap,
        EXPONENT,
    )


@njit(cache=True, _nrt=False)
def corridor(memory: DriverMemory, e: int, a: int, width: float, present: bool) -> tuple[float, float]:
    """Return right and left edge of what a driver will sweep on the present lane or a later one of the route [m]."""
    wanted = memory.style[e, a, LANE_OFFSET]
    here = memory.t[e, a] if present else wanted
    return min(here, wanted) - 0.5 * width, max(here, wanted) + 0.5 * width


@njit(cache=True, _nrt=False)
def respond_to_lane(
    occupancy: Occupancy,
    lane: int,
    start: float,
    low: float,
    high: float,
    a: int,
    half: float,
    speed: float,
    params: IdmParams,
    horizon: float,
    ignore_crossing: bool,
) -> tuple[float, float, float, int]:
    """Return the response to the boxes on one lane.

    Args:
        occupancy: Boxes by lane.
        lane: Which lane.
        start: Where it begins, ahead of the own box center [m].
        low, high: Right and left edge of the own corridor on it [m].
        a: Own index, left out.
        half: Half the own length [m].
        speed: Own speed [m/s].
        params: What the driver wants.
        horizon: Farther ones are left out [m].
        ignore_crossing: Leave out what moves across rather than along.

    Returns:
        Smallest acceleration (infinite for none) [m/s²]; gap [m] and speed [m/s] of what causes it; its index or −1.
    """
    least, least_gap, least_speed, who = math.inf, FAR, 0.0, -1
    k = occupancy.head[lane]
    while k != LAST:
        b = occupancy.actor[k]
        ahead = start + occupancy.box[k, BOX_S]
        if b != a and ahead > 0.0 and ahead < horizon:
            along, across = occupancy.box[k, BOX_ALONG], occupancy.box[k, BOX_ACROSS]
            drift = occupancy.box[k, BOX_DRIFT] * across
            right = occupancy.box[k, BOX_LOW] + min(0.0, drift)
            left = occupancy.box[k, BOX_HIGH] + max(0.0, drift)
            if ignore_crossing and abs(across) > abs(along) and abs(across) > 0.5:
                right, left = 1e9, -1e9
            stands = abs(along) < STANDING and abs(across) < STANDING
            margin = SQUEEZE if stands and speed < SQUEEZE_SPEED else MARGIN
            if right < high + margin and left > low - margin:
                aside = max(occupancy.box[k, BOX_LOW] - high, low - occupancy.box[k, BOX_HIGH])
                passed = ahead + half + occupancy.box[k, BOX_HALF]
                if aside > MARGIN and passed + PASS_MARGIN * speed < speed * (aside / abs(across)):
                    k = occupancy.following[k]
                    continue
                gap = ahead - half - occupancy.box[k, BOX_HALF]
                acceleration = follow(speed, gap, along, params)
                touching = occupancy.box[k, BOX_LOW] < high and occupancy.box[k, BOX_HIGH] > low
                if gap < 0.0 and not touching:
                    acceleration = max(acceleration, -BESIDE_DECELERATION)
                if acceleration < least:
                    least, least_gap, least_speed, who = acceleration, gap, along, b
        k = occupancy.following[k]
    return least, least_gap, least_speed, who


@njit(cache=True, _nrt=False)
def respond_ahead(
    lanes: DriverLanes,
    occupancy: Occupancy,
    memory: DriverMemory,
    e: int,
    a: int,
    length: float,
    width: float,
    speed: float,
    params: IdmParams,
    horizon: float,
) -> tuple[float, float, float, int]:
    """Return the response to everything on a driver's route; returns as `respond_to_lane`.

    Args:
        lanes: The network.
        occupancy: Boxes by lane.
        memory: Decisions.
        e, a: Which driver.
        length, width: Of its vehicle [m].
        speed: [m/s].
        params: What the driver wants.
        horizon: Farther ones are left out [m].
    """
    least, least_gap, least_speed, who = math.inf, FAR, 0.0, -1
    route = memory.route[e, a]
    start = -memory.s[e, a]
    for k in range(PRESENT, ROUTE_LANES):
        if route[k] < 0 or start > horizon:
            break
        low, high = corridor(memory, e, a, width, k == PRESENT)
        found = respond_to_lane(
            occupancy,
            route[k],
            start,
            low,
            high,
            a,
            0.5 * length,
            speed,
            params,
            horizon,
            memory.ignores_signals[e, a],
        )
        if found[0] < least:
            least, least_gap, least_speed, who = found
        start += lanes.lane_length[route[k]]
    return least, least_gap, least_speed, who


@njit(cache=True, _nrt=False)
def respond_to_lane_being_left(
    lanes: DriverLanes,
    occupancy: Occupancy,
    memory: DriverMemory,
    pose: NDArray[np.float64],
    e: int,
    a: int,
    speed: float,
    params: IdmParams,
    horizon: float,
) -> tuple[float, float, float]:
    """Return the response to what is on the lane that a driver is leaving sideways, and on those that it leads on to.

    Args:
        lanes: The network.
        occupancy: Boxes by lane.
        memory: Decisions.
        pose: Of the vehicle, a row of `Places.pose`.
        e, a: Which driver.
        speed: [m/s].
        params: What the driver wants.
        horizon: Farther ones are left out [m].

    Returns:
        Smallest acceleration (infinite for none) [m/s²]; gap [m] and speed [m/s] of what causes it.
    """
    least, least_gap, least_speed = math.inf, FAR, 0.0
    origin = memory.choice[e, a, FROM_LANE]
    if origin < 0:
        return least, least_gap, least_speed
    s, t = project_on_lane_near(lanes, origin, pose[X], pose[Y], memory.s[e, a])
    start, half = -s, 0.5 * pose[WIDTH]
    for k in range(PRESENT, ROUTE_LANES):
        found = respond_to_lane(
            occupancy,
            origin,
            start,
            t - half,
            t + half,
            a,
            0.5 * pose[LENGTH],
            speed,
            params,
            horizon,
            memory.ignores_signals[e, a],
        )
        if found[0] < least:
            least, least_gap, least_speed = found[0], found[1], found[2]
        start += lanes.lane_length[origin]
        following = memory.route[e, a, k + 1] if k + 1 < ROUTE_LANES else -1
        origin = lane_beside(lanes, following, origin) if following >= 0 and start <= horizon else -1
        if origin < 0:
            break
    return least, least_gap, least_speed


@njit(cache=True, _nrt=False)
def nearest_on_lane(occupancy: Occupancy, lane: int, s: float, a: int, forward: bool) -> tuple[int, float]:
    """Return the list entry of the nearest box ahead of (or behind) a place on a lane, or LAST, and how far it is [m].

    Args:
        occupancy: Boxes by lane.
        lane: Which lane.
        s: Place along it; may lie before or beyond its ends [m].
        a: Index left out.
        forward: Ahead, else behind.
    """
    best, found = math.inf, LAST
    k = occupancy.head[lane]
    while k != LAST:
        distance = occupancy.box[k, BOX_S] - s if forward else s - occupancy.box[k, BOX_S]
        if occupancy.actor[k] != a and distance >= 0.0 and distance < best:
            best, found = distance, k
        k = occupancy.following[k]
    return found, best
