"""Which vehicle goes first at a junction, and which one is in the way."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import (
    GRANT_ORDER,
    GRANTED,
    MAX_ACCELERATION,
    PRESENT,
    PREVIOUS,
    TURN_IN,
    DriverMemory,
)
from simengine.behavior.junction.path_through import (
    DUE,
    ENTER,
    FIRST_PLACE,
    HELD,
    JUNCTION,
    KNOWN,
    LAST_PLACE,
    SIGN,
    STOP,
    TOP_SPEED,
    Passage,
    concerns,
    travel_time,
    way_to_lane,
)
from simengine.behavior.lane_change.choice import liked_speed
from simengine.behavior.lanes.lane_rules import Conflicts, DriverLanes
from simengine.behavior.lanes.long_vehicles import AGILE
from simengine.behavior.lanes.occupancy import (
    LENGTH,
    SPEED,
    Places,
)
from simengine.behavior.vehicle.traffic_lights import STOPPED_SPEED
from simengine.road.network.network import Turn

GAP = 1.0  # between leaving a conflict and the arrival of those with right of way [s]
IMPATIENT_GAP = 0.7  # after waiting for `PATIENCE`
PATIENCE = 20.0  # [s]
BEHIND_GAP = 0.4  # after those granted earlier have left [s]
DEADLOCK = 3.0  # after which the longest waiting goes first [s]
QUEUE_SPEED = 2.0  # [m/s]
QUEUE_WAY = 4.0  # one whose rear is this little inside the junction still blocks its lane [m]
BEND = 1.0 / 30.0  # curvature from which a long vehicle sweeps beyond its lane [1/m]
SWING = 1.5  # that the front of such a vehicle swings out of the bend: others wait this much earlier [m]
OPPOSITE = 2.4  # directions that differ by more are opposite [rad]
STANDING = 0.5  # [m/s]
# A grant not used for so long is given back; one whose mind is not known here, and who has stood for so long, is no
# longer waited for [s].
STALLED = 4.0
PROVISIONAL = 1 << 60  # grant order of a left turn that may enter and wait before the first conflict
LEFT = int(Turn.LEFT)


@njit(cache=True, _nrt=False)
def has_way_over(
    own_sign: int,
    other_sign: int,
    own_priority: int,
    other_priority: int,
    own_turn: int,
    other_turn: int,
    angle: float,
) -> bool:
    """Return whether the other driver has right of way over oneself.

    Args:
        own_sign, other_sign: 0 none, 1 give way, 2 stop.
        own_priority, other_priority: Of the lanes in the junction.
        own_turn, other_turn: Turn of these lanes.
        angle: From the own direction at the edge of the junction to the other's [rad].
    """
    if own_sign != other_sign:
        return other_sign < own_sign
    if own_priority != other_priority:
        return other_priority > own_priority
    if abs(angle) > OPPOSITE:  # oncoming: a driver that turns left waits
        return own_turn == LEFT and other_turn != LEFT
    return angle > 0.5  # the other comes from the right


@njit(cache=True, _nrt=False)
def count_waiting(memory: DriverMemory, e: int, a: int, speed: float, dt: float) -> None:
    """Count how long a driver has stood [s].

    One that may only drive up to oncoming traffic and wait there moves up a little now and then, and still waits: were
    its time to begin anew, those whom it lets go first would never be the ones to wait for it.

    Args:
        memory: Decisions; the waiting is written, and how much of it was with the way granted.
        e, a: Which driver.
        speed: Its own [m/s].
        dt: Since the last decision [s].
    """
    granted = memory.choice[e, a, GRANTED] >= 0
    if speed < STOPPED_SPEED:
        memory.waiting[e, a] += dt
        memory.unused[e, a] = memory.unused[e, a] + dt if granted else 0.0
        return
    memory.unused[e, a] = 0.0
    provisional = granted and memory.choice[e, a, GRANT_ORDER] == PROVISIONAL
    if speed > QUEUE_SPEED or not provisional:
        memory.waiting[e, a] = 0.0


@njit(cache=True, _nrt=False)
def is_stuck(memory: DriverMemory, places: Places, passage: Passage, e: int, b: int) -> bool:
    """Return whether a driver stands in a queue behind one that has not been granted its way for good."""
    lane = memory.lane[e, b]
    for c in range(len(places.seen)):
        if c == b or not places.seen[c] or not concerns(passage, c, passage.plan[b, JUNCTION]):
            continue
        if places.pose[c, SPEED] > QUEUE_SPEED:
            continue
        if memory.choice[e, c, GRANTED] >= 0 and memory.choice[e, c, GRANT_ORDER] != PROVISIONAL:
            continue
        rear = memory.s[e, c] - 0.5 * places.pose[c, LENGTH]
        just_in = memory.route[e, c, PREVIOUS] == lane and rear < QUEUE_WAY
        if just_in or (memory.lane[e, c] == lane and memory.s[e, c] > memory.s[e, b]):
            return True
    return False


@njit(cache=True, _nrt=False)
def follows_one_without_way(
    memory: DriverMemory, places: Places, passage: Passage, obeys: NDArray[np.bool_], e: int, a: int
) -> bool:
    """Return whether a driver is behind one, moving or not, that still asks for its way through the same junction.

    Were the one behind granted first, others would let it go first, and the one before it would wait for them: a
    circle. Drivers that do not ask take the way before all others, so nobody is granted his before them.
    """
    junction, last = passage.plan[a, JUNCTION], passage.plan[a, LAST_PLACE]
    for c in range(len(places.seen)):
        if c == a or not places.seen[c] or passage.plan[c, JUNCTION] != junction:
            continue
        if not obeys[c] or memory.ignores_signals[e, c]:
            continue
        if memory.choice[e, c, GRANTED] >= 0 and memory.choice[e, c, GRANT_ORDER] != PROVISIONAL:
            continue
        for k in range(PRESENT, last + 1):
            ahead = k > PRESENT or memory.s[e, c] > memory.s[e, a]
            if ahead and memory.route[e, a, k] == memory.lane[e, c]:
                return True
    return False


@njit(cache=True, _nrt=False)
def may_pass_first(
    lanes: DriverLanes,
    memory: DriverMemory,
    places: Places,
    passage: Passage,
    e: int,
    a: int,
    b: int,
    own: int,
    other: int,
    angle: float,
) -> bool:
    """Return whether a driver need not mind another that has not been granted its way.

    Args:
        lanes: The network.
        memory: Decisions.
        places: Where everybody is.
        passage: DriverLanes through junctions.
        e: World.
        a, b: The driver and the other one.
        own, other: Their lanes in the junction.
        angle: From the own direction at the edge of the junction to the other's [rad].
    """
    if passage.flag[b, HELD] or is_stuck(memory, places, passage, e, b):
        return True
    if not has_way_over(
        passage.plan[a, SIGN],
        passage.plan[b, SIGN],
        lanes.lane_priority[own],
        lanes.lane_priority[other],
        lanes.lane_turn[own],
        lanes.lane_turn[other],
        angle,
    ):
        return True
    if places.pose[b, SPEED] >= STANDING or memory.waiting[e, a] <= DEADLOCK:
        return False
    longer = memory.waiting[e, a] > memory.waiting[e, b]
    both_long = min(memory.waiting[e, a], memory.waiting[e, b]) > 2.0 * DEADLOCK
    return longer or both_long or (memory.waiting[e, a] == memory.waiting[e, b] and a < b)


@njit(cache=True, _nrt=False)
def stops_gently(places: Places, passage: Passage, a: int) -> bool:
    """Return whether a driver stands, or stops before the junction with no more braking than at an amber light there.

    One that brakes as the IDM does needs for a while a little more than its own comfortable deceleration; were that the
    bound, it would begin to let somebody in and then not do so.
    """
    speed = places.pose[a, SPEED]
    return speed < STANDING or 0.5 * speed * speed <= passage.gentle[0] * max(0.0, passage.way[a, STOP])


@njit(cache=True, _nrt=False)
def lets_in(memory: DriverMemory, places: Places, passage: Passage, e: int, a: int, b: int) -> bool:
    """Return whether driver a waits for b, that is due, even where it would pass in time.

    One that has been granted its way does not, nor one that would have to brake harder than is comfortable; and one
    that waits inside the junction has to clear it.
    """
    due = passage.flag[b, DUE] and not passage.flag[a, DUE]
    if not due or not passage.flag[a, KNOWN] or memory.choice[e, a, GRANTED] >= 0:
        return False
    return stops_gently(places, passage, a)


@njit(cache=True, _nrt=False)
def first_obstacle(
    lanes: DriverLanes,
    conflicts: Conflicts,
    memory: DriverMemory,
    places: Places,
    passage: Passage,
    obeys: NDArray[np.bool_],
    order: int,
    yields: bool,
    e: int,
    a: int,
) -> tuple[float, float, float, int]:
    """Return how far ahead of the front conflicts are that a driver may not enter yet.

    Args:
        lanes, conflicts: The network.
        memory: Decisions.
        places: Where the actors are.
        passage: DriverLanes through the junctions.
        obeys: Drivers that ask for the way. Shape (num_actors,).
        order: Own order of grant; those granted earlier go first.
        yields: Whether those with right of way that have not been granted their way count too.
        e, a: Which driver.

    Returns:
        Distance to the first of all [m]; to the first with traffic that is not oncoming [m]; to the first shared area
        with an oncoming lane, free or not [m]; infinite for none. Then the vehicle that causes the first, −1 for none.
    """
    gap = IMPATIENT_GAP if memory.waiting[e, a] > PATIENCE else GAP
    speed, top = max(0.0, places.pose[a, SPEED]), max(passage.way[a, TOP_SPEED], 1.0)
    pull, junction = memory.style[e, a, MAX_ACCELERATION], passage.plan[a, JUNCTION]
    way, nearest, nearest_cross, oncoming = passage.way[a, ENTER], math.inf, math.inf, math.inf
    causing = -1
    for k in range(passage.plan[a, FIRST_PLACE], passage.plan[a, LAST_PLACE] + 1):
        lane = memory.route[e, a, k]
        sweeps = memory.style[e, a, TURN_IN] <= AGILE and lanes.lane_tightest[lane] > BEND
        for c in range(conflicts.first[lane], conflicts.first[lane + 1]):
            enter, leave = way + conflicts.reach[c, 0], way + conflicts.reach[c, 1] + places.pose[a, LENGTH]
            if enter < 0.0:
                continue
            is_oncoming = abs(conflicts.angle[c]) > OPPOSITE
            if is_oncoming:
                oncoming = min(oncoming, enter)
            if max(0.0, enter - SWING) >= (nearest if is_oncoming else nearest_cross):
                continue
            stop, cause = math.inf, -1
            other, twin = conflicts.lane[c], conflicts.twin[c]
            my_in, my_out = travel_time(enter, speed, pull, top), travel_time(leave, speed, pull, top)
            for b in range(len(places.seen)):
                if stop < enter:
                    break
                if b == a or not places.seen[b] or not concerns(passage, b, junction):
                    continue
                theirs, leaves = way_to_lane(lanes, memory, passage, e, b, other)
                b_sweeps = memory.style[e, b, TURN_IN] <= AGILE and lanes.lane_tightest[other] > BEND
                if theirs == math.inf or (conflicts.wide[c] and not sweeps and not b_sweeps):
                    continue
                before = max(0.0, enter - SWING) if b_sweeps else enter
                arrives = theirs + conflicts.reach[twin, 0]
                out = theirs + conflicts.reach[twin, 1] + places.pose[b, LENGTH]
                if out < 0.0:
                    continue
                b_speed, b_pull = places.pose[b, SPEED], memory.style[e, b, MAX_ACCELERATION]
                b_top = liked_speed(lanes, memory, e, b, other) if leaves else passage.way[b, TOP_SPEED]
                b_top = max(b_top, b_speed, 1.0)
                if leaves:
                    if my_in < travel_time(out, b_speed, b_pull, b_top) + BEHIND_GAP:
                        stop, cause = min(stop, before), b
                    continue
                b_order = memory.choice[e, b, GRANT_ORDER]
                granted = memory.choice[e, b, GRANTED] == junction and (b_order != PROVISIONAL or arrives < 0.0)
                if b_order == PROVISIONAL and memory.choice[e, b, GRANTED] == junction and not granted:
                    # It waits inside for oncoming traffic; those of the other street let it out first.
                    if passage.way[b, ENTER] < 0.0 < passage.way[a, ENTER] and not is_oncoming:
                        stop, cause = min(stop, before), b
                stands = not passage.flag[b, KNOWN] and b_speed < STANDING and memory.waiting[e, b] > STALLED
                if granted:
                    if (b_order < order and not stands) or arrives < 0.0:
                        if my_in < travel_time(out, b_speed, b_pull, b_top) + BEHIND_GAP:
                            stop, cause = min(stop, before), b
                elif (sweeps and arrives < 0.0 < passage.way[b, ENTER]) or (
                    yields and lets_in(memory, places, passage, e, a, b)
                ):  # it stands where this one would swing over, or is let in
                    stop, cause = min(stop, before), b
                elif (
                    yields
                    and not lets_in(memory, places, passage, e, b, a)
                    and not may_pass_first(lanes, memory, places, passage, e, a, b, lane, other, conflicts.angle[c])
                ):
                    if my_out + gap > travel_time(arrives, b_speed, b_pull, b_top):
                        stop, cause = min(stop, before), b
            if stop < nearest:
                nearest, causing = stop, cause
            if not is_oncoming:
                nearest_cross = min(nearest_cross, stop)
        way += lanes.lane_length[lane]
    return nearest, nearest_cross, oncoming, causing
