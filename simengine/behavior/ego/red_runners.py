"""Who visibly will not stop at a red signal: a driver under test does not trust its own green then.

Judged by what can be seen: where a vehicle is, how fast it comes, and what its signal shows. One that would have to
brake harder than drivers do at a signal, or is past its line already, is expected to go on. A driver gives way to it
only where that helps: one that is out of its way before it comes goes on, for braking would stop it there.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import (
    GRANT_ORDER,
    GRANTED,
    MAX_ACCELERATION,
    PRESENT,
    ROUTE_LANES,
    DriverMemory,
)
from simengine.behavior.junction.path_through import (
    ENTER,
    FIRST_PLACE,
    JUNCTION,
    LAST_PLACE,
    TOP_SPEED,
    Passage,
    concerns,
    find_passage,
    travel_time,
    way_to_lane,
)
from simengine.behavior.junction.right_of_way import PROVISIONAL
from simengine.behavior.lanes.lane_rules import Conflicts, DriverLanes, StopLines
from simengine.behavior.lanes.occupancy import LENGTH, SPEED, WIDTH, Places
from simengine.road.network.conflicts import half_sweep
from simengine.road.network.frenet import lane_width
from simengine.road.network.network import SignalColor, Turn

# Drivers who stop at amber accept 3 m/s² (`traffic_lights`) and vary about it: more than 4 needs a reason.
NOT_STOPPING = 4.0  # [m/s²]
LINE_ROOM = 1.0  # that somebody may stop beyond the line and still have stopped [m]
CREEPING = 3.0  # slower ones can stop at any moment [m/s]
PAST_LINE = 12.0  # how far beyond its line, before the junction, somebody is still on the way in [m]
TURNING_SPEED = 9.0  # faster ones are not expected to turn [m/s]
SURE = 0.5  # between the own leaving and the runner's arrival without which a driver that can still stop does so [s]
BEHIND = PROVISIONAL + 1  # grant order of somebody who comes when the observer is out of the way: after all others
BODY_MARGIN = 0.2  # beside a vehicle's box that counts as its way [m]
LINE_ROOM_OWN = 0.6  # that a driver who stops leaves before the other's way, as `traffic.LINE_MIN_GAP` [m]
HORIZON = 100.0  # how far ahead junctions matter here [m]

RED, RED_AMBER = int(SignalColor.RED), int(SignalColor.RED_AMBER)
STRAIGHT = int(Turn.STRAIGHT)


@njit(cache=True, _nrt=False)
def runs_red(
    lanes: DriverLanes,
    stops: StopLines,
    memory: DriverMemory,
    signal_colors: NDArray[np.int32],
    pose: NDArray[np.float64],
    age: float,
    b: int,
) -> bool:
    """Return whether a vehicle will not stop at the red signal ahead, or has passed it just now.

    Args:
        lanes, stops: The network.
        memory: Of one world; where the observer believes the vehicle to be.
        signal_colors: `SignalColor` of each signal. Shape (num_signals,).
        pose: Of the vehicle, a row of `Places.pose`.
        age: How old the sight is from which that was extrapolated [s]: what was seen then is judged, since one who
            brakes is believed to have come farther and faster than it has.
        b: Which vehicle.
    """
    speed = pose[SPEED]
    if speed < CREEPING or memory.lane[0, b] < 0:
        return False
    start = speed * age - memory.s[0, b] - 0.5 * pose[LENGTH]
    for k in range(PRESENT, ROUTE_LANES):
        lane = memory.route[0, b, k]
        if lane < 0 or lanes.lane_junction[lane] >= 0 or start > 0.5 * speed * speed / NOT_STOPPING:
            return False
        for line in range(stops.first[lane], stops.first[lane + 1]):
            signal, distance = stops.signal[line], start + stops.painted[line]
            if signal < 0 or distance < -PAST_LINE + speed * age:
                continue
            if signal_colors[signal] not in (RED, RED_AMBER):
                return False
            return 0.5 * speed * speed > NOT_STOPPING * (max(0.0, distance) + LINE_ROOM)
        start += lanes.lane_length[lane]
    return False


@njit(cache=True, _nrt=False)
def _lay_straight(lanes: DriverLanes, memory: DriverMemory, b: int) -> None:
    """Lay somebody's route straight through the next junction."""
    for k in range(PRESENT, ROUTE_LANES - 1):
        following = memory.route[0, b, k + 1]
        if following < 0 or lanes.lane_junction[memory.route[0, b, k]] >= 0:
            break
        if lanes.lane_junction[following] < 0 or lanes.lane_turn[following] == STRAIGHT:
            continue
        lane = memory.route[0, b, k]
        for n in range(lanes.successor_first[lane], lanes.successor_first[lane + 1]):
            if lanes.lane_turn[lanes.successor[n]] == STRAIGHT:
                memory.route[0, b, k + 1] = lanes.successor[n]
                for later in range(k + 2, ROUTE_LANES):
                    memory.route[0, b, later] = -1
                break
        break


@njit(cache=True, _nrt=False)
def _spare(lanes: DriverLanes, lane: int, s: float, width: float) -> float:
    """Return by how much a vehicle in the middle of its lane is out of a shared area earlier than the lane's edge [m].

    Shared areas are those of lanes. The value is that of lanes that cross at a right angle, the least there is.
    """
    return max(0.0, half_sweep(lane_width(lanes, lane, s)) - 0.5 * width - BODY_MARGIN)


@njit(cache=True, _nrt=False)
def clears_first(
    lanes: DriverLanes,
    conflicts: Conflicts,
    memory: DriverMemory,
    places: Places,
    passage: Passage,
    hardest: float,
    own: int,
    b: int,
) -> bool:
    """Return whether the observer, going on, is out of every area that another crosses too before that one comes.

    A driver that can stop before such an area asks for a margin; for one that cannot, to be out of the way at all is
    better than to stop in it.

    Args:
        lanes, conflicts: The network.
        memory: Of one world.
        places: Where everybody is believed to be.
        passage: Of both through the same junction.
        hardest: The observer's hardest braking [m/s²].
        own: The observer.
        b: The other, who keeps its speed.
    """
    if passage.plan[own, JUNCTION] < 0 or not concerns(passage, b, passage.plan[own, JUNCTION]):
        return False
    speed, theirs = max(0.0, places.pose[own, SPEED]), max(CREEPING, places.pose[b, SPEED])
    top, pull = max(passage.way[own, TOP_SPEED], 1.0), memory.style[0, own, MAX_ACCELERATION]
    way = passage.way[own, ENTER]
    for k in range(passage.plan[own, FIRST_PLACE], passage.plan[own, LAST_PLACE] + 1):
        lane = memory.route[0, own, k]
        for c in range(conflicts.first[lane], conflicts.first[lane + 1]):
            other, twin = conflicts.lane[c], conflicts.twin[c]
            start, _ = way_to_lane(lanes, memory, passage, 0, b, other)
            leave = way + conflicts.reach[c, 1] + places.pose[own, LENGTH]
            if start == math.inf or leave < 0.0:
                continue
            if start + conflicts.reach[twin, 1] + places.pose[b, LENGTH] < 0.0:
                continue
            leave -= _spare(lanes, other, conflicts.reach[twin, 0], places.pose[b, WIDTH])
            comes = start + conflicts.reach[twin, 0]
            comes += _spare(lanes, lane, conflicts.reach[c, 0], places.pose[own, WIDTH])
            room = way + conflicts.reach[c, 0] - LINE_ROOM_OWN
            stops = room > 0.0 and 0.5 * speed * speed < hardest * room
            out = travel_time(leave, speed, pull, top) + (SURE if stops else 0.0)
            if out * theirs > comes:
                return False
        way += lanes.lane_length[lane]
    return True


@njit(cache=True, _nrt=False)
def rank_runner(
    lanes: DriverLanes,
    stops: StopLines,
    conflicts: Conflicts,
    memory: DriverMemory,
    places: Places,
    passage: Passage,
    hardest: float,
    own: int,
    b: int,
) -> None:
    """Grant somebody who does not ask its way before the observer, or behind it where that is out of the way by then.

    Args:
        lanes, stops, conflicts: The network.
        memory: Of one world; the grant is written.
        places: Where everybody is believed to be.
        passage: With the observer's; the other's is written.
        hardest: The observer's hardest braking [m/s²].
        own: The observer.
        b: Who does not ask.
    """
    find_passage(lanes, stops, conflicts, memory, places.pose[b, LENGTH], 0, b, HORIZON, passage)
    if passage.plan[b, JUNCTION] < 0:
        return
    if clears_first(lanes, conflicts, memory, places, passage, hardest, own, b):
        memory.choice[0, b, GRANTED] = passage.plan[b, JUNCTION]
        memory.choice[0, b, GRANT_ORDER] = BEHIND
    elif passage.way[b, ENTER] < 0.0:
        memory.choice[0, b, GRANT_ORDER] = -1


@njit(cache=True, _nrt=False)
def expect_runners(
    lanes: DriverLanes,
    stops: StopLines,
    conflicts: Conflicts,
    memory: DriverMemory,
    places: Places,
    passage: Passage,
    signal_colors: NDArray[np.int32],
    age: float,
    hardest: float,
    own: int,
    obeys: NDArray[np.bool_],
) -> None:
    """Note who is not expected to keep to the signals, and that fast ones of them go straight on.

    Args:
        lanes, stops, conflicts: The network.
        memory: Of one world: the observer's belief of everybody. Routes of fast runners are laid straight.
        places: Where everybody is believed to be.
        passage: Overwritten.
        signal_colors: `SignalColor` of each signal. Shape (num_signals,).
        age: How old the sight is from which places were extrapolated [s].
        hardest: The observer's hardest braking [m/s²].
        own: The observer, of whom nothing is noted.
        obeys: Written: who is expected to ask for the way. Shape (num_actors,).
    """
    find_passage(lanes, stops, conflicts, memory, places.pose[own, LENGTH], 0, own, HORIZON, passage)
    for b in range(len(obeys)):
        obeys[b] = True
        if b == own or not places.seen[b] or memory.lane[0, b] < 0:
            continue
        order = memory.choice[0, b, GRANT_ORDER]
        inside = lanes.lane_junction[memory.lane[0, b]] >= 0 and memory.choice[0, b, GRANTED] >= 0
        if inside and (order == -1 or order == BEHIND):
            rank_runner(lanes, stops, conflicts, memory, places, passage, hardest, own, b)
            continue
        if not runs_red(lanes, stops, memory, signal_colors, places.pose[b], age, b):
            continue
        obeys[b] = False
        if memory.choice[0, b, GRANT_ORDER] >= 0:  # believed to have the way like anybody; now it takes it before all
            memory.choice[0, b, GRANTED] = -1
        if places.pose[b, SPEED] >= TURNING_SPEED:
            _lay_straight(lanes, memory, b)
        rank_runner(lanes, stops, conflicts, memory, places, passage, hardest, own, b)
