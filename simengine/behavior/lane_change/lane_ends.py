"""Where a lane ends or leads elsewhere than its driver wants: to which side it must move, and up to where."""

import math

from numba import njit

from simengine.behavior.driver_state import EXIT_TURN, PRESENT, ROUTE_LANES, TURN_IN, DriverMemory
from simengine.behavior.lanes.lane_rules import DRIVING, DriverLanes, is_way_on
from simengine.behavior.lanes.long_vehicles import AGILE, ON
from simengine.behavior.vehicle.following import FAR
from simengine.behavior.vehicle.lateral import LENGTHS_OF_CHANGE, SHORTEST_CHANGE

BEFORE_END_TIME = 8.0  # a lane that ends within this many seconds is to be left [s]
BEFORE_END = 60.0  # and this much more [m]
LONGER = 20.0  # a lane that ends so much later is worth moving to [m]
SIDE_ROOM = 0.4  # that a vehicle needs of a lane's width besides its own [m]
BEFORE_LINE = 1.0  # where to wait before a lane becomes too narrow [m]
STRAIGHT_ENOUGH = 0.02  # curvature of a lane in a junction that is crossed straight on [1/m]


@njit(cache=True, _nrt=False)
def way_to_end(lanes: DriverLanes, memory: DriverMemory, e: int, a: int, junction: bool) -> float:
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
def goes_on(lanes: DriverLanes, lane: int) -> bool:
    """Return whether a lane has a successor that goes on for drivers."""
    for k in range(lanes.successor_first[lane], lanes.successor_first[lane + 1]):
        if is_way_on(lanes, lanes.successor[k]):
            return True
    return False


@njit(cache=True, _nrt=False)
def leads_to_turn(lanes: DriverLanes, lane: int, turn: int) -> int:
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
                if lanes.lane_turn[following] == turn and is_way_on(lanes, following):
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
def merging_side(lanes: DriverLanes, memory: DriverMemory, e: int, a: int) -> int:
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
def merging_line(lanes: DriverLanes, memory: DriverMemory, e: int, a: int, length: float, width: float) -> float:
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
def needed_side(lanes: DriverLanes, memory: DriverMemory, e: int, a: int, speed: float) -> int:
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
def side_of_long_way(lanes: DriverLanes, lane: int) -> int:
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
def has_room_to_change(lanes: DriverLanes, lane: int, s: float, way: float, presses: bool, must: bool) -> bool:
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
            if not is_way_on(lanes, following):
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
