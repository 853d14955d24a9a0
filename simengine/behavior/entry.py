"""Who is on the way to a place where a vehicle may appear, though not there yet.

`inflow.safe_entry_speed` looks at the bodies on the lane. Besides, somebody may be changing onto it, turning into it
from a junction or coming along the lanes before it, have to leave a lane that ends beside it, or stand in the lane
behind it, round a bend.
"""

import math

from simengine.behavior.memory import PRESENT, ROUTE_LANES, DriverMemory
from simengine.behavior.occupancy import LENGTH, SPEED, Places
from simengine.road.network import LaneArrays

TIME_GAP = 1.2  # to the vehicle ahead and behind [s]
MIN_GAP = 4.0  # [m]
BRAKING = 2.0  # that an entry may ask of anybody: comfortable deceleration of the IDM [m/s²]
GAINING = 1.8  # with which somebody who comes may gain speed: that of cars, `memory` [m/s²]
REACH = 200.0  # along the lanes [m]


def speed_among_comers(
    lanes: LaneArrays, memory: DriverMemory, places: Places, lane: int, s: float, length: float, speed: float
) -> float:
    """Return how fast a vehicle may appear at a place, given everybody who comes there or is ahead; −1 if it may not.

    Args:
        lanes: The network.
        memory: Minds: where everybody is, and whereto.
        places: Of all actors.
        lane, s: The place [m].
        length: Of the vehicle [m].
        speed: At which it would appear otherwise [m/s].
    """
    beyond = _lanes_beyond(lanes, lane, s)
    limit = float(lanes.lane_speed_limit[lane])
    for b in range(len(places.seen)):
        here = int(memory.lane[0, b])
        if not places.seen[b] or here < 0:
            continue
        extent = 0.5 * (length + float(places.pose[b, LENGTH])) + MIN_GAP
        moving = max(0.0, float(places.pose[b, SPEED]))
        behind = _way_to(lanes, memory, b, lane, s)
        if behind > 0.0:
            gap = behind - extent
            arrives = max(moving, min(limit, math.sqrt(moving * moving + 2.0 * GAINING * behind)))
            needed = TIME_GAP * arrives + max(0.0, arrives * arrives - speed * speed) / (2.0 * BRAKING)
            if gap < needed:
                return -1.0
            continue
        ahead = -behind if behind > -math.inf else beyond.get(here, math.inf) + float(memory.s[0, b])
        if ahead < REACH:
            gap = ahead - extent
            if gap <= 0.0:
                return -1.0
            speed = min(speed, gap / TIME_GAP, math.sqrt(moving * moving + 2.0 * BRAKING * gap))
    return speed


def _lanes_beyond(lanes: LaneArrays, lane: int, s: float) -> dict[int, float]:
    """Return the lanes that a lane leads to within reach, and how far their starts are from a place on it [m]."""
    found: dict[int, float] = {}
    todo = [(lane, float(lanes.lane_length[lane]) - s)]
    while todo:
        before, way = todo.pop()
        if way > REACH:
            continue
        for following in lanes.successor[lanes.successor_first[before] : lanes.successor_first[before + 1]].tolist():
            if way < found.get(following, math.inf):
                found[following] = way
                todo.append((following, way + float(lanes.lane_length[following])))
    return found


def _way_to(lanes: LaneArrays, memory: DriverMemory, b: int, lane: int, s: float) -> float:
    """Return the way that a driver has to a place on a lane: along its route, or having left one that ends beside it.

    Negative for one on that lane beyond the place, minus infinity for one that does not come there [m].
    """
    way, last = -float(memory.s[0, b]), -1
    for k in range(PRESENT, ROUTE_LANES):
        following = int(memory.route[0, b, k])
        if following < 0 or way > REACH:
            break
        if following == lane:
            return way + s
        way, last = way + float(lanes.lane_length[following]), following
    if last < 0 or lane not in (lanes.lane_left[last], lanes.lane_right[last]):
        return -math.inf
    ends = lanes.successor_first[last + 1] == lanes.successor_first[last]
    if not ends or lanes.successor_first[lane + 1] == lanes.successor_first[lane]:
        return -math.inf
    return way - float(lanes.lane_length[last]) + s  # lanes side by side begin together
