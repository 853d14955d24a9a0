"""How a driver goes through a junction: which it is, how far away, where it would wait, how long it takes."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import PRESENT, PREVIOUS, ROUTE_LANES, DriverMemory
from simengine.behavior.lane_change.choice import liked_speed
from simengine.behavior.lanes.lane_rules import Conflicts, DriverLanes, StopLines

BEFORE_LINE = 0.5  # where to wait without a stop line, before the junction [m]

# Columns of `Passage.plan`.
JUNCTION = 0  # or −1
FIRST_PLACE, LAST_PLACE = 1, 2  # places in the route of its lanes in the junction
SIGN = 3  # 0 none, 1 give way, 2 stop
LEAVES = 4  # junction that its rear is still in while the plan is about the next one, or −1
LEAVES_FIRST, LEAVES_LAST = 5, 6  # places in the route of its lanes in that one

# Columns of `Passage.way`.
ENTER = 0  # front to the junction's edge; negative inside [m]
STOP = 1  # front to where it would wait [m]
TOP_SPEED = 2  # that it will drive at most [m/s]
WAIT = 3  # front to where it must wait, infinite for none [m]
LINE = 4  # front to the signal, stop sign or crossing where it must stop, infinite for none [m]
LEAVES_ENTER = 5  # front to the edge of the junction that it leaves, where it came in; negative [m]

# Columns of `Passage.flag`.
HELD = 0  # a signal or people on a crossing stop it before the junction
ASKS = 1  # near enough to decide
ASKED = 2  # has had its turn at this decision
DUE = 3  # is to be let in, see `letting_in`
KNOWN = 4  # decides here, so what it was granted is what it goes by; of others that is a guess


class Passage(NamedTuple):
    """How each driver of one world goes through the next junction, or the one it is in; columns named above.

    Once no conflict of the junction that it is in lies ahead of its front, the next one is planned: where junctions lie
    closer together than a vehicle is long, its driver would else be in the next before it has asked for its way there.
    """

    plan: NDArray[np.int32]  # (num_actors, 7)
    way: NDArray[np.float64]  # (num_actors, 6)
    flag: NDArray[np.bool_]  # (num_actors, 5)
    gentle: NDArray[np.float64]  # deceleration with which drivers stop for somebody they let in, (1,) [m/s²]


def empty_passage(num_actors: int) -> Passage:
    """Allocate passages of drivers with no junction ahead."""
    return Passage(
        np.full((num_actors, 7), -1, np.int32), np.full((num_actors, 6), math.inf), np.zeros((num_actors, 5), np.bool_),
        np.zeros(1),
    )  # fmt: skip


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
def is_past_conflicts(
    lanes: DriverLanes, conflicts: Conflicts, memory: DriverMemory, e: int, a: int, start: float, first: int, last: int
) -> bool:
    """Return whether a front has entered every shared area of the lanes at some places of a driver's route.

    Args:
        lanes, conflicts: The network.
        memory: Decisions; the route is read.
        e, a: Which driver.
        start: Front to where the first of the lanes begins [m].
        first, last: Places of the lanes.
    """
    for k in range(first, last + 1):
        lane = memory.route[e, a, k]
        for c in range(conflicts.first[lane], conflicts.first[lane + 1]):
            if start + conflicts.reach[c, 0] >= 0.0:
                return False
        start += lanes.lane_length[lane]
    return True


@njit(cache=True, _nrt=False)
def find_passage(
    lanes: DriverLanes,
    stops: StopLines,
    conflicts: Conflicts,
    memory: DriverMemory,
    length: float,
    e: int,
    a: int,
    horizon: float,
    passage: Passage,
) -> None:
    """Write how a driver goes through the junction it is in, or else the next one within a horizon.

    Args:
        lanes, stops, conflicts: The network.
        memory: Decisions.
        length: Of the vehicle [m].
        e, a: Which driver.
        horizon: [m].
        passage: The driver's row is written.
    """
    plan, way = passage.plan[a], passage.way[a]
    plan[JUNCTION] = plan[LEAVES] = -1
    way[WAIT] = way[LINE] = math.inf
    passage.flag[a, HELD] = passage.flag[a, ASKS] = False
    route = memory.route[e, a]
    if memory.lane[e, a] < 0:
        return
    half = 0.5 * length
    start, k = -memory.s[e, a] - half, PRESENT
    previous = route[PREVIOUS]
    if previous >= 0 and lanes.lane_junction[previous] >= 0 and memory.s[e, a] < half:  # the rear is still inside
        start, k = start - lanes.lane_length[previous], PREVIOUS
    line, sign = math.inf, 0
    while k < ROUTE_LANES and route[k] >= 0 and start <= horizon:
        junction, last = lanes.lane_junction[route[k]], k
        if junction < 0:
            line, sign = math.inf, 0
            for stop in range(stops.first[route[k]], stops.first[route[k] + 1]):
                line, sign = start + stops.s[stop], stops.sign[stop]
        else:
            while last + 1 < ROUTE_LANES and route[last + 1] >= 0 and lanes.lane_junction[route[last + 1]] == junction:
                last += 1
            if plan[JUNCTION] >= 0:
                plan[LEAVES], way[LEAVES_ENTER] = plan[JUNCTION], way[ENTER]
                plan[LEAVES_FIRST], plan[LEAVES_LAST] = plan[FIRST_PLACE], plan[LAST_PLACE]
            plan[JUNCTION], plan[FIRST_PLACE], plan[LAST_PLACE], plan[SIGN] = junction, k, last, sign
            way[ENTER], way[STOP] = start, min(line, start - BEFORE_LINE)
            way[TOP_SPEED] = liked_speed(lanes, memory, e, a, route[k])
            passed = start < 0.0 and is_past_conflicts(lanes, conflicts, memory, e, a, start, k, last)
            if plan[LEAVES] >= 0 or not passed:
                return
            line, sign = math.inf, 0
        while k <= last:
            start += lanes.lane_length[route[k]]
            k += 1


@njit(cache=True, _nrt=False)
def way_to_lane(
    lanes: DriverLanes, memory: DriverMemory, passage: Passage, e: int, b: int, lane: int
) -> tuple[float, bool]:
    """Return the way from a driver's front to where a lane of its passage begins, or of the one that it leaves.

    Returns:
        The way [m], infinite if its route has no such lane there; whether it is one of the junction that it leaves.
    """
    for leaves in (True, False):
        if leaves and passage.plan[b, LEAVES] < 0:
            continue
        first, last = (LEAVES_FIRST, LEAVES_LAST) if leaves else (FIRST_PLACE, LAST_PLACE)
        way = passage.way[b, LEAVES_ENTER] if leaves else passage.way[b, ENTER]
        for k in range(passage.plan[b, first], passage.plan[b, last] + 1):
            if memory.route[e, b, k] == lane:
                return way, leaves
            way += lanes.lane_length[memory.route[e, b, k]]
    return math.inf, False


@njit(cache=True, _nrt=False)
def concerns(passage: Passage, b: int, junction: int) -> bool:
    """Return whether a driver is in a junction or on its way to it."""
    return passage.plan[b, JUNCTION] == junction or passage.plan[b, LEAVES] == junction
