"""Who visibly will not stop at a red signal: a driver under test does not trust its own green then.

Judged by what can be seen: where a vehicle is, how fast it comes, and what its signal shows. One that would have to
brake harder than drivers do at a signal, or is past its line already, is expected to go on.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.memory import GRANT_ORDER, GRANTED, PRESENT, ROUTE_LANES, DriverMemory
from simengine.behavior.occupancy import LENGTH, SPEED, Places
from simengine.behavior.rules import StopLines, Ways
from simengine.road.network import SignalColor, Turn

# Drivers who stop at amber accept 3 m/s² (`stopping.AMBER_DECELERATION`) and vary about it: more than 4 needs a reason.
NOT_STOPPING = 4.0  # [m/s²]
LINE_ROOM = 1.0  # that somebody may stop beyond the line and still have stopped [m]
CREEPING = 3.0  # slower ones can stop at any moment [m/s]
PAST_LINE = 12.0  # how far beyond its line, before the junction, somebody is still on the way in [m]
TURNING_SPEED = 9.0  # faster ones are not expected to turn [m/s]

RED, RED_AMBER = int(SignalColor.RED), int(SignalColor.RED_AMBER)
STRAIGHT = int(Turn.STRAIGHT)


@njit(cache=True, _nrt=False)
def runs_red(
    lanes: Ways, stops: StopLines, memory: DriverMemory, signal_colors: NDArray[np.int32],
    pose: NDArray[np.float64], age: float, b: int,
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
            signal, distance = stops.signal[line], start + stops.s[line]
            if signal < 0 or distance < -PAST_LINE + speed * age:
                continue
            if signal_colors[signal] not in (RED, RED_AMBER):
                return False
            return 0.5 * speed * speed > NOT_STOPPING * (max(0.0, distance) + LINE_ROOM)
        start += lanes.lane_length[lane]
    return False


@njit(cache=True, _nrt=False)
def expect_runners(
    lanes: Ways, stops: StopLines, memory: DriverMemory, places: Places, signal_colors: NDArray[np.int32], age: float,
    own: int, obeys: NDArray[np.bool_],
) -> None:
    """Note who is not expected to keep to the signals, and that fast ones of them go straight on.

    Args:
        lanes, stops: The network.
        memory: Of one world: the observer's belief of everybody. Routes of fast runners are laid straight.
        places: Where everybody is believed to be.
        signal_colors: `SignalColor` of each signal. Shape (num_signals,).
        age: How old the sight is from which places were extrapolated [s].
        own: The observer, of whom nothing is noted.
        obeys: Written: who is expected to ask for the way. Shape (num_actors,).
    """
    for b in range(len(obeys)):
        obeys[b] = True
        if b == own or not places.seen[b] or memory.lane[0, b] < 0:
            continue
        if not runs_red(lanes, stops, memory, signal_colors, places.pose[b], age, b):
            continue
        obeys[b] = False
        if memory.choice[0, b, GRANT_ORDER] >= 0:  # believed to have the way like anybody; now it takes it before all
            memory.choice[0, b, GRANTED] = -1
        if places.pose[b, SPEED] < TURNING_SPEED:
            continue
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
