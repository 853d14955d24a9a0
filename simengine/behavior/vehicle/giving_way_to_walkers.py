"""Where drivers stop for people: at crossings that are in use, or about to be.

On a crossing without signals drivers wait for whoever wants to use it (StVO § 26, UK Highway Code rule H2).
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import LET_WAIT, PRESENT, ROUTE_LANES, DriverMemory
from simengine.behavior.lanes.lane_rules import Crossings, DriverLanes
from simengine.behavior.lanes.occupancy import VX, VY, Places, X, Y
from simengine.behavior.vehicle.road_conditions import grip_bound
from simengine.behavior.vehicle.traffic_lights import AMBER_DECELERATION, AMBER_SHARE, HARD_DECELERATION, STOPPED_NEAR
from simengine.core.state import Mobility
from simengine.road.network.frenet import lane_position, lane_width

WALKER_TIME = 4.0  # a person on a crossing who reaches the lane within this has it [s]
WALKER_MARGIN = 0.6  # beside the lane [m]
BEFORE_CROSSING = 0.7  # [m]
CURB = 1.3  # who stands this near to the end of a crossing, or comes nearer, is about to step onto it [m]
CURB_SPEED = 0.4  # who moves otherwise at this speed passes by [m/s]
CURB_PATIENCE = 6.0  # for which a driver waits for somebody at the curb who does not go [s]
FREE, ON, AT_CURB = 0, 1, 2  # what is marked
WALKER = int(Mobility.WALKER)


@njit(cache=True, _nrt=False)
def mark_busy_crossings(
    lanes: DriverLanes, crossings: Crossings, places: Places, mobility: NDArray[np.int32], busy: NDArray[np.int8]
) -> None:
    """Mark, for each lane a crossing meets, whether somebody is on that lane or about to be, or stands at the curb.

    Args:
        lanes, crossings: The network.
        places: Where the actors are.
        mobility: Of each actor. Shape (num_actors,).
        busy: Written: `ON`, `AT_CURB` (of a crossing without signals) or `FREE`. Shape of `Crossings.crossing`.
    """
    busy[:] = FREE
    if len(busy) == 0:
        return
    for w in range(len(places.seen)):
        if not places.seen[w] or mobility[w] != WALKER:
            continue
        for lane in range(len(crossings.first) - 1):
            for k in range(crossings.first[lane], crossings.first[lane + 1]):
                c = crossings.crossing[k]
                ux = crossings.end[c, 0] - crossings.start[c, 0]
                uy = crossings.end[c, 1] - crossings.start[c, 1]
                length = math.sqrt(ux * ux + uy * uy)
                ux, uy = ux / length, uy / length
                dx, dy = places.pose[w, X] - crossings.start[c, 0], places.pose[w, Y] - crossings.start[c, 1]
                u, v = dx * ux + dy * uy, dy * ux - dx * uy
                if abs(v) > 0.5 * crossings.width[c] + 0.5 or u < -CURB or u > length + CURB:
                    continue
                if u < 0.0 or u > length:
                    inward = (places.pose[w, VX] * ux + places.pose[w, VY] * uy) * (1.0 if u < 0.0 else -1.0)
                    still = abs(places.pose[w, VX]) + abs(places.pose[w, VY]) < CURB_SPEED
                    if busy[k] == FREE and crossings.signal[c] < 0 and (still or inward > CURB_SPEED):
                        busy[k] = AT_CURB
                    continue
                x, y, _, _ = lane_position(lanes, lane, crossings.s[k], 0.0)
                middle = (x - crossings.start[c, 0]) * ux + (y - crossings.start[c, 1]) * uy
                edge = 0.5 * lane_width(lanes, lane, crossings.s[k]) + WALKER_MARGIN
                towards = (places.pose[w, VX] * ux + places.pose[w, VY] * uy) * (1.0 if middle > u else -1.0)
                if abs(middle - u) < edge or abs(middle - u) - edge < towards * WALKER_TIME:
                    busy[k] = ON


@njit(cache=True, _nrt=False)
def crossing_stop(
    lanes: DriverLanes,
    crossings: Crossings,
    memory: DriverMemory,
    busy: NDArray[np.int8],
    e: int,
    a: int,
    speed: float,
    half: float,
    friction: float,
    horizon: float,
) -> float:
    """Return how far ahead of the front the first crossing with people in the way begins [m], infinite for none.

    A driver who cannot stop any more drives on (and still brakes for whoever is in the lane); for people at the curb
    no more than comfortable braking is used.

    Args:
        lanes, crossings: The network.
        memory: Decisions; who was let wait is noted.
        busy: Crossings with people in the way, see `mark_busy_crossings`.
        e, a: Which driver.
        speed: Own [m/s].
        half: Half the own length [m].
        friction: µ.
        horizon: How far to look [m].
    """
    route = memory.route[e, a]
    start = -memory.s[e, a] - half
    hard = grip_bound(HARD_DECELERATION, friction, 0.8)
    gentle = grip_bound(AMBER_DECELERATION, friction, AMBER_SHARE)
    waited_out = False
    for k in range(PRESENT, ROUTE_LANES):
        lane = route[k]
        if lane < 0 or start > horizon:
            break
        for item in range(crossings.first[lane], crossings.first[lane + 1]):
            if not busy[item]:
                continue
            c = crossings.crossing[item]
            distance = start + crossings.s[item] - 0.5 * crossings.width[c] - BEFORE_CROSSING
            braking = hard
            if busy[item] == AT_CURB:
                braking = gentle
                near = distance < STOPPED_NEAR and memory.waiting[e, a] > CURB_PATIENCE
                if near or memory.choice[e, a, LET_WAIT] == item:
                    memory.choice[e, a, LET_WAIT] = item
                    waited_out = True
                    continue
            if distance > -0.3 and 0.5 * speed * speed <= braking * max(distance, 0.1):
                return distance
        start += lanes.lane_length[lane]
    if not waited_out:
        memory.choice[e, a, LET_WAIT] = -1
    return math.inf
