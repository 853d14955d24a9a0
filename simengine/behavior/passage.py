"""How a driver goes through a junction: which it is, how far away, where it would wait, how long it takes."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.lane_change import liked_speed
from simengine.behavior.memory import PRESENT, PREVIOUS, ROUTE_LANES, DriverMemory
from simengine.behavior.rules import StopLines, Ways

BEFORE_LINE = 0.5  # where to wait without a stop line, before the junction [m]

# Columns of `Passage.plan`.
JUNCTION = 0  # or −1
FIRST_PLACE, LAST_PLACE = 1, 2  # places in the route of its lanes in the junction
SIGN = 3  # 0 none, 1 give way, 2 stop

# Columns of `Passage.way`.
ENTER = 0  # front to the junction's edge; negative inside [m]
STOP = 1  # front to where it would wait [m]
TOP_SPEED = 2  # that it will drive at most [m/s]
WAIT = 3  # front to where it must wait, infinite for none [m]
LINE = 4  # front to the signal, stop sign or crossing where it must stop, infinite for none [m]

# Columns of `Passage.flag`.
HELD = 0  # a signal or people on a crossing stop it before the junction
ASKS = 1  # near enough to decide
ASKED = 2  # has had its turn at this decision


class Passage(NamedTuple):
    """How each driver of one world goes through the next junction, or the one it is in; columns named above."""

    plan: NDArray[np.int32]  # (num_actors, 4)
    way: NDArray[np.float64]  # (num_actors, 5)
    flag: NDArray[np.bool_]  # (num_actors, 3)


def empty_passage(num_actors: int) -> Passage:
    """Allocate passages of drivers with no junction ahead."""
    return Passage(
        np.full((num_actors, 4), -1, np.int32), np.full((num_actors, 5), math.inf), np.zeros((num_actors, 3), np.bool_)
    )


@njit(cache=True, _nrt=False)
def travel_time(distance: float, speed: float, acceleration: float, top: float) -> float:
    """Return the time to drive a distance, accelerating up to a top speed [s]; 0 for what lies behind."""
    if distance <= 0.0:
        return 0.0
    speed = max(speed, 0.0)
    if speed >= top:
        return distance / max(speed, 0.1)
    run_up = 0.5 * (top * top - speed * speed) / acceleration
    if distance <= run_up:
        return (math.sqrt(speed * speed + 2.0 * acceleration * distance) - speed) / acceleration
    return (top - speed) / acceleration + (distance - run_up) / top


@njit(cache=True, _nrt=False)
def find_passage(
    lanes: Ways, stops: StopLines, memory: DriverMemory, length: float, e: int, a: int, horizon: float,
    passage: Passage,
) -> None:
    """Write how a driver goes through the junction it is in, or else the next one within the horizon [m]."""
    passage.plan[a, JUNCTION] = -1
    passage.way[a, WAIT] = math.inf
    passage.flag[a, HELD] = False
    passage.flag[a, ASKS] = False
    passage.way[a, LINE] = math.inf
    route = memory.route[e, a]
    if memory.lane[e, a] < 0:
        return
    half = 0.5 * length
    start, begin = -memory.s[e, a] - half, PRESENT
    previous = route[PREVIOUS]
    if previous >= 0 and lanes.lane_junction[previous] >= 0 and memory.s[e, a] < half:
        if lanes.lane_junction[route[PRESENT]] < 0:  # the rear is still inside
            start -= lanes.lane_length[previous]
            begin = PREVIOUS
    line, sign = math.inf, 0
    for k in range(begin, ROUTE_LANES):
        lane = route[k]
        if lane < 0 or start > horizon:
            return
        junction = lanes.lane_junction[lane]
        if junction < 0:
            line, sign = math.inf, 0
            for stop in range(stops.first[lane], stops.first[lane + 1]):
                line, sign = start + stops.s[stop], stops.sign[stop]
            start += lanes.lane_length[lane]
            continue
        passage.plan[a, JUNCTION] = junction
        passage.plan[a, FIRST_PLACE] = k
        passage.way[a, ENTER] = start
        passage.way[a, STOP] = min(line, start - BEFORE_LINE)
        passage.plan[a, SIGN] = sign
        last = k
        while last + 1 < ROUTE_LANES and route[last + 1] >= 0 and lanes.lane_junction[route[last + 1]] == junction:
            last += 1
        passage.plan[a, LAST_PLACE] = last
        passage.way[a, TOP_SPEED] = liked_speed(lanes, memory, e, a, lane)
        return


@njit(cache=True, _nrt=False)
def distance_to_lane(lanes: Ways, memory: DriverMemory, passage: Passage, e: int, a: int, place: int) -> float:
    """Return the way from a driver's front to the start of the lane at a place of its route within the passage [m]."""
    way = passage.way[a, ENTER]
    for k in range(passage.plan[a, FIRST_PLACE], place):
        way += lanes.lane_length[memory.route[e, a, k]]
    return way


@njit(cache=True, _nrt=False)
def place_in_passage(memory: DriverMemory, passage: Passage, e: int, b: int, lane: int) -> int:
    """Return the place of a lane in a driver's route within the passage, or −1."""
    for k in range(passage.plan[b, FIRST_PLACE], passage.plan[b, LAST_PLACE] + 1):
        if memory.route[e, b, k] == lane:
            return k
    return -1
