"""What the road and the air ask of a driver: gentler on slippery ground, slower in bends and when little is seen."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import (
    COMFORTABLE_DECELERATION,
    LATERAL_COMFORT,
    MAX_ACCELERATION,
    PRESENT,
    PREVIOUS,
    PROGRESS,
    ROUTE_LANES,
    SPEED_CAP,
    SPEED_FACTOR,
    TIME_GAP,
    TURN_IN,
    DriverMemory,
)
from simengine.behavior.idm import sight_speed
from simengine.behavior.lanes.lane_rules import DriverLanes
from simengine.behavior.lanes.route import is_aside
from simengine.behavior.vehicle.corners import joint_turn
from simengine.core.mechanics import GRAVITY
from simengine.road.network.frenet import segment_at

COMFORT_SHARE = 0.4  # of µg that a driver plans with, accelerating, braking and cornering
EMERGENCY_SHARE = 0.9  # of µg that a driver brakes with in need
DRY = 0.7  # µ above which drivers do not mind
SIGHT_REACTION = 1.0  # [s], Highway Code's thinking time is 0.67 s; drivers in doubt are slower
SIGHT_SHARE = 0.6  # of µg that a driver counts on when choosing a speed for what is seen
SIGHT_DECELERATION = 5.0  # and at most [m/s²]
SIGHT_MARGIN = 2.0  # [m]
TURN_IN_WAY = 4.5  # on which a vehicle can turn its wheels for a bend without leaving its lane [m]
KINK = 0.02  # a flatter joint of lanes is none [1/m]
SPEED_DECELERATION = 1.2  # with which a driver slows for a bend or a lower limit [m/s²]
SLOWEST = 1.0  # in the tightest bend [m/s]
RETURN_SPEED = 2.0  # of a driver that has lost its lane and drives back to it [m/s]
TRACKING_TIME = 0.8  # in which too high a speed is taken back [s]


@njit(cache=True, _nrt=False)
def grip_bound(value: float, friction: float, share: float) -> float:
    """Return an acceleration cut to a share of what the ground holds [m/s²]."""
    return min(value, share * friction * GRAVITY)


@njit(cache=True, _nrt=False)
def cautious_time_gap(time_gap: float, friction: float) -> float:
    """Return the time gap on a slippery road [s]: up to twice as long on ice (Highway Code, rule 126)."""
    return time_gap * (1.0 + min(1.0, max(0.0, DRY - friction) / (DRY - 0.1)))


def careful_style(style: NDArray[np.float64], friction: float) -> NDArray[np.float64]:
    """Return how drivers accelerate, brake and follow on ground of a friction µ; `style` as in `DriverMemory`."""
    careful = style.copy()
    for column in (MAX_ACCELERATION, COMFORTABLE_DECELERATION):
        careful[..., column] = np.minimum(style[..., column], grip_bound(math.inf, friction, COMFORT_SHARE))
    careful[..., TIME_GAP] *= cautious_time_gap(1.0, friction)
    return careful


@njit(cache=True, _nrt=False)
def seen_speed(sight_distance: float, friction: float) -> float:
    """Return the speed from which a driver stops within sight [m/s]."""
    deceleration = grip_bound(SIGHT_DECELERATION, friction, SIGHT_SHARE)
    return sight_speed(sight_distance, SIGHT_REACTION, deceleration, SIGHT_MARGIN)


@njit(cache=True, _nrt=False)
def bend_behind(lanes: DriverLanes, memory: DriverMemory, e: int, a: int) -> float:
    """Return the largest curvature of the last `TURN_IN_WAY` of a driver's way [1/m]: its wheels are still turned."""
    start, greatest = -memory.s[e, a], 0.0
    for k in range(PRESENT, PREVIOUS - 1, -1):
        lane = memory.route[e, a, k]
        if lane < 0:
            break
        if k == PREVIOUS:
            start -= lanes.lane_length[lane]
        i = segment_at(lanes, lane, -start)
        while i >= lanes.lane_first_point[lane] and start + lanes.point_s[i] > -TURN_IN_WAY:
            greatest = max(greatest, abs(lanes.point_curvature[i]))
            i -= 1
        if start < -TURN_IN_WAY:
            break
    before, here = memory.route[e, a, PREVIOUS], memory.route[e, a, PRESENT]
    if before >= 0 and here >= 0 and memory.s[e, a] < TURN_IN_WAY:
        curvature = abs(joint_turn(lanes, before, here)) / TURN_IN_WAY
        if curvature > KINK:
            greatest = max(greatest, curvature)
    return greatest


@njit(cache=True, _nrt=False)
def planned_speed(lanes: DriverLanes, memory: DriverMemory, e: int, a: int, speed: float, friction: float) -> float:
    """Return the speed that limits and bends ahead allow now [m/s].

    Args:
        lanes: The network.
        memory: Decisions; the route is read.
        e, a: Which driver.
        speed: Own [m/s].
        friction: µ.
    """
    comfort = grip_bound(memory.style[e, a, LATERAL_COMFORT], friction, COMFORT_SHARE)
    slowing = grip_bound(SPEED_DECELERATION, friction, COMFORT_SHARE)
    factor, cap = memory.style[e, a, SPEED_FACTOR], memory.style[e, a, SPEED_CAP]
    turn_in = TURN_IN_WAY * memory.style[e, a, TURN_IN]
    route = memory.route[e, a]
    horizon = 0.5 * speed * speed / slowing + 10.0
    limit = max(SLOWEST, turn_in / max(bend_behind(lanes, memory, e, a), 1e-6))
    if memory.change[e, a, PROGRESS] >= 1.0 and is_aside(lanes, route[PRESENT], memory.s[e, a], memory.t[e, a]):
        limit = min(limit, RETURN_SPEED)
    best = min(cap, limit) ** 2  # squares of speeds, so that no root is taken per point
    start = -memory.s[e, a]
    for k in range(PRESENT, ROUTE_LANES):
        lane = route[k]
        if lane < 0 or start > horizon:
            break
        limit = min(cap, factor * lanes.lane_speed_limit[lane])
        best = min(best, limit * limit + 2.0 * slowing * max(0.0, start))
        first = segment_at(lanes, lane, -start) if k == PRESENT else lanes.lane_first_point[lane]
        last = -1e9
        for i in range(first, lanes.lane_first_point[lane + 1]):
            ahead = max(0.0, start + lanes.point_s[i])
            if ahead > horizon:
                break
            if ahead < last + 1.0:  # bends change little in a meter
                continue
            last = ahead
            curvature = abs(lanes.point_curvature[i])
            if curvature * best > comfort:
                best = min(best, comfort / curvature + 2.0 * slowing * ahead)
            if curvature * curvature * best > turn_in * turn_in:
                limit = max(SLOWEST, turn_in / curvature)
                best = min(best, limit * limit + 2.0 * slowing * ahead)
        start += lanes.lane_length[lane]
        if k + 1 < ROUTE_LANES and route[k + 1] >= 0 and start < horizon:
            # Lanes of some maps meet at an angle: a bend that is turned into on as much way as any.
            curvature = abs(joint_turn(lanes, lane, route[k + 1])) / TURN_IN_WAY
            if curvature > KINK:
                limit = max(SLOWEST, min(turn_in / curvature, math.sqrt(comfort / curvature)))
                best = min(best, limit * limit + 2.0 * slowing * max(0.0, start - TURN_IN_WAY))
    return math.sqrt(best)
