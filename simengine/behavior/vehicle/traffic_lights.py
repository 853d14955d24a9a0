"""Where a driver has to stop: what it does at amber and red, and at stop signs."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import COMMITTED, GRANTED, PRESENT, ROUTE_LANES, STOPPED_AT, DriverMemory
from simengine.behavior.lanes.lane_rules import DriverLanes, StopLines
from simengine.behavior.vehicle.road_conditions import grip_bound
from simengine.road.network.network import SignalColor

AMBER_DECELERATION = 3.0  # a driver stops at amber if this suffices (ITE yellow change interval: 10 ft/s²) [m/s²]
AMBER_SHARE = 0.6  # of µg, on slippery ground
HARD_DECELERATION = 6.0  # and at red if this does [m/s²]
STOPPED_NEAR = 4.0  # of the line [m]
AMBER_TIME = 3.0  # that amber lasts at least (RiLSA 2015) [s]
PASSED = 0.5  # a line is passed once the front is this far beyond it [m]
STOPPED_SPEED = 0.3  # [m/s]

RED, RED_AMBER, AMBER = int(SignalColor.RED), int(SignalColor.RED_AMBER), int(SignalColor.AMBER)


@njit(cache=True, _nrt=False)
def signal_stop(
    lanes: DriverLanes,
    stops: StopLines,
    memory: DriverMemory,
    signal_colors: NDArray[np.int32],
    e: int,
    a: int,
    speed: float,
    half: float,
    friction: float,
    horizon: float,
) -> float:
    """Return how far ahead of the front the first line is that a driver must stop at now [m], infinite for none.

    One that has been granted its way and is beyond a line that is set back, where it would be in the way of a bus, goes
    on at amber if it passes the painted line meanwhile.

    Args:
        lanes, stops: The network.
        memory: Decisions; decisions at amber and stops at stop signs are noted.
        signal_colors: `SignalColor` of each signal. Shape (num_signals,).
        e, a: Which driver.
        speed: Own [m/s].
        half: Half the own length [m].
        friction: µ.
        horizon: How far to look [m].
    """
    if memory.ignores_signals[e, a]:
        return math.inf
    route = memory.route[e, a]
    start = -memory.s[e, a] - half
    gentle, hard = grip_bound(AMBER_DECELERATION, friction, AMBER_SHARE), grip_bound(HARD_DECELERATION, friction, 0.8)
    known = False
    for k in range(PRESENT, ROUTE_LANES):
        lane = route[k]
        if lane < 0 or start > horizon:
            break
        for line in range(stops.first[lane], stops.first[lane + 1]):
            distance, painted = start + stops.s[line], start + stops.painted[line]
            if painted < -PASSED:
                continue
            clears, beyond = False, distance < -PASSED
            if beyond:
                distance = painted
                clears = memory.choice[e, a, GRANTED] >= 0 and speed > STOPPED_SPEED and painted < AMBER_TIME * speed
            signal = stops.signal[line]
            needed = 0.5 * speed * speed / max(distance, 0.1)
            if signal >= 0:
                color = signal_colors[signal]
                if memory.choice[e, a, COMMITTED] == line:
                    # One that came to stand before the line after all, or has slowed so that it can, waits there.
                    slowed = speed < STOPPED_SPEED or (not beyond and distance > 0.0 and needed <= gentle)
                    if (not slowed or painted < 0.0) and color in (RED, RED_AMBER, AMBER):
                        known = True
                        continue
                    memory.choice[e, a, COMMITTED] = -1
                if (color == AMBER and (needed > gentle or clears)) or (color == RED and needed > hard):
                    memory.choice[e, a, COMMITTED] = line
                    known = True
                    continue
                if color in (RED, RED_AMBER, AMBER):
                    return distance
            elif stops.sign[line] == 2 and memory.choice[e, a, STOPPED_AT] != line:
                if speed < STOPPED_SPEED and distance < STOPPED_NEAR:
                    memory.choice[e, a, STOPPED_AT] = line
                else:
                    return distance
        start += lanes.lane_length[lane]
    if not known:
        memory.choice[e, a, COMMITTED] = -1
    return math.inf
