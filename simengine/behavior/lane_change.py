"""When drivers move to the next lane: for speed (MOBIL), or because theirs ends or does not lead where they want."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.conditions import grip_bound
from simengine.behavior.following import FAR, follow, nearest_on_lane, respond_to_lane
from simengine.behavior.lateral import LENGTHS_OF_CHANGE, SHORTEST_CHANGE, start_change
from simengine.behavior.long_ways import AGILE, ON
from simengine.behavior.memory import (
    CHANGE_BIAS,
    CHANGE_THRESHOLD,
    COMFORTABLE_DECELERATION,
    EXIT_TURN,
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
from simengine.behavior.mobil import SAFE_DECELERATION, is_safe, lane_change_incentive
from simengine.behavior.occupancy import BOX_ALONG, BOX_HALF, LAST, LENGTH, SPEED, WIDTH, Occupancy, X, Y
from simengine.behavior.route import enter_lane
from simengine.behavior.rules import DRIVING, Ways, is_drivable, may_cross, opens_ahead
from simengine.core.gravity import GRAVITY
from simengine.road.frenet import lane_width, project_on_lane_near

HORIZON = 150.0  # ahead and behind [m]
PERIOD = 0.5  # between considerations [s]
REST_AFTER = 6.0  # a change [s]
CHANGE_DURATION = 4.0  # of a change made for speed [s]
URGENT_DURATION = 3.0  # [s]
BEFORE_END_TIME = 8.0  # a lane that ends within this many seconds is to be left [s]
BEFORE_END = 60.0  # and this much more [m]
BEFORE_JUNCTION_TIME = 3.0  # no change for speed nearer than this to a junction [s]
BEFORE_JUNCTION = 20.0  # and this much more [m]
SMALLEST_GAP = 1.5  # to both neighbours at the start [m]
LONGER = 20.0  # a lane that ends so much later is worth moving to [m]
SIDE_ROOM = 0.4  # that a vehicle needs of a lane's width besides its own [m]
BEFORE_LINE = 1.0  # where to wait before a lane becomes too narrow [m]
SLOW = 3.0  # [m/s]
PATIENCE = 10.0  # of a driver that stands where its lane ends [s]
STRAIGHT_ENOUGH = 0.02  # curvature of a lane in a junction that is crossed straight on [1/m]
CRAWL = 0.5  # slower no vehicle changes lane, but one that waits at the end of its own [m/s]


@njit(cache=True, _nrt=False)
def way_to_end(lanes: Ways, memory: DriverMemory, e: int, a: int, junction: bool) -> float:
    """Return the way until the road ends, or with `junction` until the next junction begins [m]; FAR if unknown."""
    route = memory.route[e, a]
    way = -memory.s[e, a]
    for k in range(PRESENT, ROUTE_LANES):
        if route[k] < 0:
            return FAR if junction else way
        if junction and k > PRESENT and lanes.lane_junction[route[k]] >= 0:
            return way
        way += lanes.lane_length[route[k]]
    return FAR


@njit(cache=True, _nrt=False)
def goes_on(lanes: Ways, lane: int) -> bool:
    """Return whether a lane has a drivable successor."""
    for k in range(lanes.successor_first[lane], lanes.successor_first[lane + 1]):
        if is_drivable(lanes.lane_type, lanes.successor[k]):
            return True
    return False


@njit(cache=True, _nrt=False)
def leads_to_turn(lanes: Ways, lane: int, turn: int) -> int:
    """Return 1 if the next junction can be left by a turn from this lane, 0 if not, −1 if no junction is near."""
    for _ in range(ROUTE_LANES):
        first, last = lanes.successor_first[lane], lanes.successor_first[lane + 1]
        if first == last:
            return -1
        inside = False
        for k in range(first, last):
            following = lanes.successor[k]
            if lanes.lane_junction[following] >= 0:
                inside = True
                if lanes.lane_turn[following] == turn and is_drivable(lanes.lane_type, following):
                    return 1
        if inside:
            return 0
        lane = lanes.successor[first]
    return -1


@njit(cache=True, _nrt=False)
def last_place(memory: DriverMemory, e: int, a: int) -> int:
    """Return the place of the last lane in a driver's route."""
    k = PRESENT
    while k + 1 < ROUTE_LANES and memory.route[e, a, k + 1] >= 0:
        k += 1
    return k


@njit(cache=True, _nrt=False)
def merging_side(lanes: Ways, memory: DriverMemory, e: int, a: int) -> int:
    """Return 1 if the lane that a driver's route ends on is to be left to the left because that one goes on, −1 right.

    0 where the lane goes on, or the road ends for all.
    """
    present, last = memory.route[e, a, PRESENT], memory.route[e, a, last_place(memory, e, a)]
    if goes_on(lanes, last):
        return 0
    for side in range(1, -2, -2):
        beside = lanes.lane_left[present] if side == 1 else lanes.lane_right[present]
        target = lanes.lane_left[last] if side == 1 else lanes.lane_right[last]
        if beside < 0 or lanes.lane_type[beside] != DRIVING or target < 0 or lanes.lane_type[target] != DRIVING:
            continue
        if goes_on(lanes, target) or lanes.lane_length[target] > lanes.lane_length[last] + LONGER:
            return side
    return 0


@njit(cache=True, _nrt=False)
def merging_line(lanes: Ways, memory: DriverMemory, e: int, a: int, length: float, width: float) -> float:
    """Return the way of the front to where a lane that must be left becomes too narrow [m]; infinite if it goes on."""
    k = last_place(memory, e, a)
    if k == ROUTE_LANES - 1 or merging_side(lanes, memory, e, a) == 0:
        return math.inf
    last = memory.route[e, a, k]
    end = lanes.lane_length[last]
    way = way_to_end(lanes, memory, e, a, False) - end
    for i in range(lanes.lane_first_point[last], lanes.lane_first_point[last + 1]):
        if lanes.point_s[i] + way > 0.0 and lanes.point_width[i] < width + SIDE_ROOM:
            end = lanes.point_s[i]
            break
    side = merging_side(lanes, memory, e, a)
    target = lanes.lane_left[last] if side == 1 else lanes.lane_right[last]
    for i in range(lanes.successor_first[target], lanes.successor_first[target + 1]):
        if lanes.lane_junction[lanes.successor[i]] >= 0:  # the change has to be over before the junction
            end = min(end, lanes.lane_length[last] - max(SHORTEST_CHANGE, LENGTHS_OF_CHANGE * length))
            break
    return way + end - 0.5 * length - BEFORE_LINE


@njit(cache=True, _nrt=False)
def needed_side(lanes: Ways, memory: DriverMemory, e: int, a: int, speed: float) -> int:
    """Return 1 if the driver must move left, −1 right, 0 if the lane will do."""
    lane = memory.route[e, a, PRESENT]
    turn = memory.choice[e, a, EXIT_TURN]
    if turn > 0 and leads_to_turn(lanes, lane, turn) == 0:
        left, right = lanes.lane_left[lane], lanes.lane_right[lane]
        for _ in range(8):
            if left >= 0:
                if leads_to_turn(lanes, left, turn) == 1:
                    return 1
                left = lanes.lane_left[left]
            if right >= 0:
                if leads_to_turn(lanes, right, turn) == 1:
                    return -1
                right = lanes.lane_right[right]
    if way_to_end(lanes, memory, e, a, False) < BEFORE_END + BEFORE_END_TIME * speed:
        side = merging_side(lanes, memory, e, a)
        if side != 0:
            return side
    if turn == 0 and memory.style[e, a, TURN_IN] <= AGILE and lanes.lane_long[lane] < ON:
        return side_of_long_way(lanes, lane)
    return 0


@njit(cache=True, _nrt=False)
def side_of_long_way(lanes: Ways, lane: int) -> int:
    """Return 1 if a long vehicle gets on from a lane left of this one, −1 right, 0 if from none."""
    left, right = lanes.lane_left[lane], lanes.lane_right[lane]
    for _ in range(8):
        if left >= 0:
            if lanes.lane_type[left] == DRIVING and lanes.lane_long[left] == ON:
                return 1
            left = lanes.lane_left[left]
        if right >= 0:
            if lanes.lane_type[right] == DRIVING and lanes.lane_long[right] == ON:
                return -1
            right = lanes.lane_right[right]
    return 0


@njit(cache=True, _nrt=False)
def has_room_to_change(lanes: Ways, lane: int, s: float, way: float, presses: bool, must: bool) -> bool:
    """Return whether a change to a lane is over before a junction begins there.

    In a junction lanes part and bend: a vehicle still on the way across would be beside every lane.

    Args:
        lanes: The network.
        lane: To which the driver would move.
        s: Where it would be on it [m].
        way: That the change takes [m].
        presses: The driver creeps and its own lane ends: into a junction that is crossed straight on it may take its
            change along.
        must: Into any junction, having waited for so long.
    """
    room = lanes.lane_length[lane] - s
    for _ in range(ROUTE_LANES):
        if room >= way:
            return True
        inside, straight, ahead = False, True, -1
        for k in range(lanes.successor_first[lane], lanes.successor_first[lane + 1]):
            following = lanes.successor[k]
            if not is_drivable(lanes.lane_type, following):
                continue
            ahead = following if ahead < 0 else ahead
            inside = inside or lanes.lane_junction[following] >= 0
            straight = straight and lanes.lane_tightest[following] < STRAIGHT_ENOUGH
        if ahead < 0:
            return True
        if inside:
            return must or (presses and straight)
        room += lanes.lane_length[ahead]
        lane = ahead
    return True


@njit(cache=True, _nrt=False)
def liked_speed(lanes: Ways, memory: DriverMemory, e: int, a: int, lane: int) -> float:
    """Return the desired speed of a driver on a lane [m/s]."""
    return min(memory.style[e, a, SPEED_CAP], memory.style[e, a, SPEED_FACTOR] * lanes.lane_speed_limit[lane])


@njit(cache=True, _nrt=False)
def nearest_behind(lanes: Ways, occupancy: Occupancy, lane: int, s: float, a: int) -> tuple[int, float]:
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
def _leader(
    lanes: Ways, occupancy: Occupancy, memory: DriverMemory, e: int, a: int, lane: int, s: float, half: float,
    width: float, speed: float, desired: float, friction: float,
) -> tuple[float, float, float]:
    """Return the response of driver a, were it in the middle of `lane` at s; gap [m] and speed [m/s] of the leader."""
    acceleration = grip_bound(memory.style[e, a, MAX_ACCELERATION], friction, 0.4)
    deceleration = grip_bound(memory.style[e, a, COMFORTABLE_DECELERATION], friction, 0.4)
    least, gap, other = math.inf, FAR, 0.0
    start = -s
    for _ in range(ROUTE_LANES):  # short lanes may lie between
        found = respond_to_lane(
            occupancy, lane, start, -0.5 * width, 0.5 * width, a, half, speed, desired, acceleration,
            deceleration, memory.style[e, a, TIME_GAP], memory.style[e, a, MIN_GAP], HORIZON, False,
        )
        if found[0] < least:
            least, gap, other = found[0], found[1], found[2]
        start += lanes.lane_length[lane]
        first = lanes.successor_first[lane]
        if start > HORIZON or first == lanes.successor_first[lane + 1]:
            break
        lane = lanes.successor[first]
    style = memory.style[e, a]
    free = follow(speed, desired, FAR, speed, acceleration, deceleration, style[TIME_GAP], style[MIN_GAP])
    return min(least, free), gap, other


@njit(cache=True, _nrt=False)
def _behind(
    memory: DriverMemory, occupancy: Occupancy, entry: int, e: int, gap: float, speed: float, friction: float,
    desired: float,
) -> float:
    """Return the acceleration of the follower in `entry` at a gap behind something that moves at `speed`."""
    style = memory.style[e, occupancy.actor[entry]]
    return follow(
        max(0.0, occupancy.box[entry, BOX_ALONG]), desired, gap, speed,
        grip_bound(style[MAX_ACCELERATION], friction, 0.4), grip_bound(style[COMFORTABLE_DECELERATION], friction, 0.4),
        style[TIME_GAP], style[MIN_GAP],
    )


@njit(cache=True, _nrt=False)
def consider_change(
    lanes: Ways, occupancy: Occupancy, pose: NDArray[np.float64], memory: DriverMemory, seed: np.uint64,
    e: int, a: int, friction: float, dt: float,
) -> None:
    """Let a driver begin a lane change where it pays or must be, and is safe.

    Args:
        lanes: The network.
        occupancy: Boxes by lane.
        pose: Of the vehicle, a row of `Places.pose`.
        memory: Minds.
        seed: Of the routes.
        e, a: Which driver.
        friction: µ.
        dt: Since the last call [s].
    """
    lane = memory.route[e, a, PRESENT]
    if memory.change[e, a, PROGRESS] < 1.0 or lane < 0 or lanes.lane_junction[lane] >= 0:
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
    best, best_side, best_s, best_t = 0.0, 0, 0.0, 0.0
    for side in range(1, -2, -2):
        target = lanes.lane_left[lane] if side == 1 else lanes.lane_right[lane]
        if target < 0 or lanes.lane_type[target] != DRIVING or needed == -side:
            continue
        if needed != side and memory.style[e, a, TURN_IN] <= AGILE and lanes.lane_long[target] < lanes.lane_long[lane]:
            continue
        here = memory.s[e, a]
        duration = URGENT_DURATION if needed == side else CHANGE_DURATION
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
        share = lanes.lane_length[target] / lanes.lane_length[lane]
        s, t = project_on_lane_near(lanes, target, pose[X], pose[Y], memory.s[e, a] * share)
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
        if gap_after < SMALLEST_GAP:
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
            now, after, max(new_now, -GRAVITY), max(new_after, -GRAVITY), max(old_now, -GRAVITY),
            max(old_after, -GRAVITY), memory.style[e, a, POLITENESS],
        )
        gain -= memory.style[e, a, CHANGE_THRESHOLD] + side * memory.style[e, a, CHANGE_BIAS]
        if needed == side:
            gain = 100.0
        if gain > best:
            best, best_side, best_s, best_t = gain, side, s, t
    if best_side == 0:
        return
    target = lanes.lane_left[lane] if best_side == 1 else lanes.lane_right[lane]
    begin_change(lanes, memory, seed, e, a, target, best_s, best_t, URGENT_DURATION if needed != 0 else CHANGE_DURATION)


@njit(cache=True, _nrt=False)
def begin_change(
    lanes: Ways, memory: DriverMemory, seed: np.uint64, e: int, a: int, target: int, s: float, t: float,
    duration: float,
) -> None:
    """Take `target` as the present lane, at s and t [m] on it, and set out for its middle."""
    origin = memory.route[e, a, PRESENT]
    enter_lane(lanes, memory, seed, e, a, target, s, t)
    memory.choice[e, a, FROM_LANE] = origin
    memory.change[e, a, REST] = REST_AFTER
    start_change(memory, e, a, duration)
