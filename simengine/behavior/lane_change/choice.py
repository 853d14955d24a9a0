"""When drivers move to the next lane: for speed (MOBIL), or because they must (`lane_ends`)."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import (
    CHANGE_BIAS,
    CHANGE_THRESHOLD,
    COMFORTABLE_DECELERATION,
    FROM_LANE,
    MAX_ACCELERATION,
    MIN_GAP,
    NEXT,
    POLITENESS,
    PRESENT,
    PROGRESS,
    REST,
    ROUTE_LANES,
    SPEED_CAP,
    SPEED_FACTOR,
    TIME_GAP,
    TURN_IN,
    DriverMemory,
)
from simengine.behavior.idm import IdmParams
from simengine.behavior.lane_change.corner_clearance import gets_past
from simengine.behavior.lane_change.lane_ends import (
    BEFORE_END,
    BEFORE_END_TIME,
    SIDE_ROOM,
    goes_on,
    has_room_to_change,
    merging_side,
    needed_side,
    way_to_end,
)
from simengine.behavior.lanes.lane_rules import DRIVING, DriverLanes, may_cross, opens_ahead
from simengine.behavior.lanes.long_vehicles import AGILE
from simengine.behavior.lanes.occupancy import BOX_ALONG, BOX_HALF, LAST, LENGTH, SPEED, WIDTH, Occupancy, X, Y
from simengine.behavior.lanes.route import enter_lane
from simengine.behavior.mobil import SAFE_DECELERATION, is_safe, lane_change_incentive
from simengine.behavior.vehicle.following import FAR, follow, nearest_on_lane, respond_to_lane
from simengine.behavior.vehicle.lateral import LENGTHS_OF_CHANGE, SHORTEST_CHANGE, change_duration, start_change
from simengine.behavior.vehicle.road_conditions import grip_bound
from simengine.core.mechanics import GRAVITY
from simengine.road.network.frenet import lane_width, project_on_lane_near, segment_at

HORIZON = 150.0  # ahead and behind [m]
PERIOD = 0.5  # between considerations [s]
REST_AFTER = 6.0  # a change [s]
CHANGE_DURATION = 4.0  # of a change made for speed [s]
URGENT_DURATION = 3.0  # [s]
BEFORE_JUNCTION_TIME = 3.0  # no change for speed nearer than this to a junction [s]
BEFORE_JUNCTION = 20.0  # and this much more [m]
SMALLEST_GAP = 1.5  # to both neighbors at the start [m]
SLOW = 3.0  # [m/s]
PATIENCE = 10.0  # of a driver that stands where its lane ends [s]
CRAWL = 0.5  # slower no vehicle changes lane, but one that waits at the end of its own [m/s]


@njit(cache=True, _nrt=False)
def liked_speed(lanes: DriverLanes, memory: DriverMemory, e: int, a: int, lane: int) -> float:
    """Return the desired speed of a driver on a lane [m/s]."""
    return min(memory.style[e, a, SPEED_CAP], memory.style[e, a, SPEED_FACTOR] * lanes.lane_speed_limit[lane])


@njit(cache=True, _nrt=False)
def nearest_behind(lanes: DriverLanes, occupancy: Occupancy, lane: int, s: float, a: int) -> tuple[int, float]:
    """Return the list entry of the nearest box behind a place, on the lane or those that lead into it, and how far."""
    best, best_distance = nearest_on_lane(occupancy, lane, s, a, False)
    for _ in range(ROUTE_LANES):  # short lanes may lie between
        if best != LAST or s > HORIZON:
            break
        before = -1
        for k in range(lanes.predecessor_first[lane], lanes.predecessor_first[lane + 1]):
            leading = lanes.predecessor[k]
            before = leading if before < 0 else before
            found, distance = nearest_on_lane(occupancy, leading, s + lanes.lane_length[leading], a, False)
            if found != LAST and distance < best_distance:
                best, best_distance = found, distance
        if before < 0:
            break
        s += lanes.lane_length[before]
        lane = before
    return best, best_distance


@njit(cache=True, _nrt=False)
def _wishes(style: NDArray[np.float64], desired: float, friction: float) -> IdmParams:
    """Return what a driver with a row of `DriverMemory.style` wants whose desired speed is given [m/s]."""
    return IdmParams(
        desired,
        grip_bound(style[MAX_ACCELERATION], friction, 0.4),
        grip_bound(style[COMFORTABLE_DECELERATION], friction, 0.4),
        style[TIME_GAP],
        style[MIN_GAP],
    )


@njit(cache=True, _nrt=False)
def _leader(
    lanes: DriverLanes,
    occupancy: Occupancy,
    memory: DriverMemory,
    e: int,
    a: int,
    lane: int,
    s: float,
    half: float,
    width: float,
    speed: float,
    desired: float,
    friction: float,
) -> tuple[float, float, float]:
    """Return the response of a driver, were it in the middle of a lane; gap [m] and speed [m/s] of the leader.

    Args:
        lanes: The network.
        occupancy: Boxes by lane.
        memory: Decisions.
        e, a: Which driver.
        lane: Which lane.
        s: Along it [m].
        half: Half the own length [m].
        width: Own width [m].
        speed: Own speed [m/s].
        desired: Desired speed [m/s].
        friction: µ.
    """
    params = _wishes(memory.style[e, a], desired, friction)
    least, gap, other = math.inf, FAR, 0.0
    start = -s
    for _ in range(ROUTE_LANES):  # short lanes may lie between
        found = respond_to_lane(
            occupancy, lane, start, -0.5 * width, 0.5 * width, a, half, speed, params, HORIZON, False
        )
        if found[0] < least:
            least, gap, other = found[0], found[1], found[2]
        start += lanes.lane_length[lane]
        first = lanes.successor_first[lane]
        if start > HORIZON or first == lanes.successor_first[lane + 1]:
            break
        lane = lanes.successor[first]
    free = follow(speed, FAR, speed, params)
    return min(least, free), gap, other


@njit(cache=True, _nrt=False)
def _behind(
    memory: DriverMemory,
    occupancy: Occupancy,
    entry: int,
    e: int,
    gap: float,
    speed: float,
    friction: float,
    desired: float,
) -> float:
    """Return the acceleration of a follower behind something [m/s²].

    Args:
        memory: Decisions.
        occupancy: Boxes by lane.
        entry: The follower's among them.
        e: World.
        gap: Between the two [m].
        speed: Of what it follows [m/s].
        friction: µ.
        desired: Desired speed of the follower [m/s].
    """
    params = _wishes(memory.style[e, occupancy.actor[entry]], desired, friction)
    return follow(max(0.0, occupancy.box[entry, BOX_ALONG]), gap, speed, params)


@njit(cache=True, _nrt=False)
def consider_change(
    lanes: DriverLanes,
    occupancy: Occupancy,
    pose: NDArray[np.float64],
    memory: DriverMemory,
    seed: np.uint64,
    e: int,
    a: int,
    friction: float,
    dt: float,
) -> None:
    """Let a driver begin a lane change where it pays or must be, and is safe.

    Args:
        lanes: The network.
        occupancy: Boxes by lane.
        pose: Of the vehicle, a row of `Places.pose`.
        memory: Decisions.
        seed: Of the routes.
        e, a: Which driver.
        friction: µ.
        dt: Since the last call [s].
    """
    lane = memory.route[e, a, PRESENT]
    if memory.change[e, a, PROGRESS] < 1.0 or lane < 0:
        return
    if lanes.lane_junction[lane] >= 0 and goes_on(lanes, lane):  # one that tapers off inside a junction is left there
        return
    memory.change[e, a, REST] -= dt
    speed, length, width = pose[SPEED], pose[LENGTH], pose[WIDTH]
    if memory.change[e, a, REST] > 0.0 or (speed < CRAWL and merging_side(lanes, memory, e, a) == 0):
        return
    memory.change[e, a, REST] = PERIOD
    needed = needed_side(lanes, memory, e, a, speed)
    near = way_to_end(lanes, memory, e, a, True) < BEFORE_JUNCTION + BEFORE_JUNCTION_TIME * speed
    if needed == 0 and (near or not memory.may_change_lane[e, a]):
        return
    safe = grip_bound(SAFE_DECELERATION, friction, 0.6)
    desired = liked_speed(lanes, memory, e, a, lane)
    now, gap_now, other_now = _leader(
        lanes, occupancy, memory, e, a, lane, memory.s[e, a], 0.5 * length, width, speed, desired, friction
    )
    best, best_side, best_s, best_t, best_duration = 0.0, 0, 0.0, 0.0, CHANGE_DURATION
    for side in range(1, -2, -2):
        target = lanes.lane_left[lane] if side == 1 else lanes.lane_right[lane]
        if target < 0 or lanes.lane_type[target] != DRIVING or needed == -side:
            continue
        if needed != side and memory.style[e, a, TURN_IN] <= AGILE and lanes.lane_long[target] < lanes.lane_long[lane]:
            continue
        here = memory.s[e, a]
        share = lanes.lane_length[target] / lanes.lane_length[lane]
        s, t = project_on_lane_near(lanes, target, pose[X], pose[Y], here * share)
        bend = abs(lanes.point_curvature[segment_at(lanes, lane, here)])
        duration = change_duration(URGENT_DURATION if needed == side else CHANGE_DURATION, t, bend, speed, friction)
        way = max(SHORTEST_CHANGE, LENGTHS_OF_CHANGE * length, duration * speed)
        if needed == side:  # a line that is closed to the lane's end is crossed where it must be
            may = may_cross(lanes, lane, side, here, here) or not opens_ahead(lanes, lane, side, here)
        else:
            rest, following = here + way - lanes.lane_length[lane], memory.route[e, a, NEXT]
            may = may_cross(lanes, lane, side, here, here + way)
            if may and rest > 0.0 and following >= 0 and lanes.lane_junction[following] < 0:
                may = may_cross(lanes, following, side, 0.0, rest)
        if not may:
            continue
        left = lanes.lane_length[target] - s
        if s < 0.0 or left < 0.0 or lane_width(lanes, target, s) < width + SIDE_ROOM:
            continue
        presses = needed == side and speed < SLOW
        if not has_room_to_change(lanes, target, s, way, presses, presses and memory.waiting[e, a] > PATIENCE):
            continue
        if needed != side and left < BEFORE_END + BEFORE_END_TIME * speed and not goes_on(lanes, target):
            continue
        liked = liked_speed(lanes, memory, e, a, target)
        after, gap_after, other_after = _leader(
            lanes, occupancy, memory, e, a, target, s, 0.5 * length, width, speed, liked, friction
        )
        if gap_after < SMALLEST_GAP or not gets_past(lanes, occupancy, memory, e, a, pose, side, abs(t), way):
            continue
        new_now, new_after = 0.0, 0.0
        entry, distance = nearest_behind(lanes, occupancy, target, s, a)
        if entry != LAST and distance < HORIZON:
            gap = distance - 0.5 * length - occupancy.box[entry, BOX_HALF]
            if gap < SMALLEST_GAP:
                continue
            theirs = liked_speed(lanes, memory, e, occupancy.actor[entry], target)
            new_after = _behind(memory, occupancy, entry, e, gap, speed, friction, theirs)
            beyond = gap + length + gap_after
            new_now = _behind(memory, occupancy, entry, e, beyond, other_after, friction, theirs)
        if not is_safe(after, new_after, safe):
            continue
        old_now, old_after = 0.0, 0.0
        entry, distance = nearest_behind(lanes, occupancy, lane, memory.s[e, a], a)
        if entry != LAST and distance < HORIZON:
            gap = max(0.1, distance - 0.5 * length - occupancy.box[entry, BOX_HALF])
            theirs = liked_speed(lanes, memory, e, occupancy.actor[entry], lane)
            old_now = _behind(memory, occupancy, entry, e, gap, speed, friction, theirs)
            old_after = _behind(memory, occupancy, entry, e, gap + length + gap_now, other_now, friction, theirs)
        gain = lane_change_incentive(
            now,
            after,
            max(new_now, -GRAVITY),
            max(new_after, -GRAVITY),
            max(old_now, -GRAVITY),
            max(old_after, -GRAVITY),
            memory.style[e, a, POLITENESS],
        )
        gain -= memory.style[e, a, CHANGE_THRESHOLD] + side * memory.style[e, a, CHANGE_BIAS]
        if needed == side:
            gain = 100.0
        if gain > best:
            best, best_side, best_s, best_t, best_duration = gain, side, s, t, duration
    if best_side == 0:
        return
    target = lanes.lane_left[lane] if best_side == 1 else lanes.lane_right[lane]
    begin_change(lanes, memory, seed, e, a, target, best_s, best_t, best_duration)


@njit(cache=True, _nrt=False)
def begin_change(
    lanes: DriverLanes,
    memory: DriverMemory,
    seed: np.uint64,
    e: int,
    a: int,
    target: int,
    s: float,
    t: float,
    duration: float,
) -> None:
    """Take another lane as the present one and set out for its middle.

    Args:
        lanes: The network.
        memory: Decisions; written.
        seed: Of the routes.
        e, a: Which driver.
        target: The lane.
        s, t: Where the vehicle is on it [m].
        duration: Of the change [s].
    """
    origin = memory.route[e, a, PRESENT]
    enter_lane(lanes, memory, seed, e, a, target, s, t)
    memory.choice[e, a, FROM_LANE] = origin
    memory.change[e, a, REST] = REST_AFTER
    start_change(memory, e, a, duration)
