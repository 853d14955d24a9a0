"""Who may pass a junction: right of way, gap acceptance, no blocking, no deadlock.

A driver needs a grant to enter. Grants are given one by one, so that of two conflicting ways the later grant always
waits for the earlier one: whoever is granted first never waits for whoever is granted second, and no circle can form. A
driver without right of way is granted only in a gap that those with right of way do not notice. Whoever enters without
asking (a red-light runner, a driver under test) is treated as granted before all others. Who turns left across oncoming
traffic may drive into the junction and wait before the first conflict: a provisional grant, ranked behind all others.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.lane_change import liked_speed
from simengine.behavior.memory import (
    COMFORTABLE_DECELERATION,
    GRANT_ORDER,
    GRANTED,
    MAX_ACCELERATION,
    PRESENT,
    PREVIOUS,
    ROUTE_LANES,
    TURN_IN,
    DriverMemory,
)
from simengine.behavior.occupancy import (
    BOX_ALONG,
    BOX_HALF,
    BOX_HIGH,
    BOX_LOW,
    BOX_S,
    LAST,
    LENGTH,
    SPEED,
    WIDTH,
    Occupancy,
    Places,
)
from simengine.behavior.route import AGILE
from simengine.behavior.rules import Conflicts, StopLines, Ways
from simengine.road.network import Turn

DECISION_TIME = 2.0  # a driver asks for the way when the last place to stop comfortably is this near [s]
DECISION_WAY = 8.0  # plus this [m]
GAP = 1.0  # between leaving a conflict and the arrival of those with right of way [s]
IMPATIENT_GAP = 0.7  # after waiting for `PATIENCE`
PATIENCE = 20.0  # [s]
BEHIND_GAP = 0.4  # after those granted earlier have left [s]
STANDING = 0.5  # [m/s]
DEADLOCK = 3.0  # after which the longest waiting goes first [s]
ROOM_SPEED = 3.0  # a slower vehicle beyond the junction may stop there [m/s]
ROOM = 1.5  # left in front and behind [m]
ADVANCE = 1.5  # beyond the edge of the junction to its first conflict, for a left turn to wait inside [m]
QUEUE_SPEED = 2.0  # [m/s]
QUEUE_WAY = 4.0  # one whose rear is this little inside the junction still blocks its lane [m]
PROVISIONAL = 1 << 60  # grant order of a left turn that may enter and wait before the first conflict
BEND = 1.0 / 30.0  # curvature from which a long vehicle sweeps beyond its lane [1/m]
OPPOSITE = 2.4  # directions that differ by more are opposite [rad]
STALLED = 4.0  # a grant not used for so long is given back [s]
BEFORE_LINE = 0.5  # where to wait without a stop line, before the junction [m]
LEFT = int(Turn.LEFT)


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


@njit(cache=True, _nrt=False)
def has_way_over(
    own_sign: int, other_sign: int, own_priority: int, other_priority: int, own_turn: int, other_turn: int,
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
    if abs(angle) > OPPOSITE:  # oncoming: who turns left waits
        return own_turn == LEFT and other_turn != LEFT
    return angle > 0.5  # the other comes from the right


@njit(cache=True, _nrt=False)
def has_room(
    lanes: Ways, occupancy: Occupancy, memory: DriverMemory, places: Places, passage: Passage, e: int, a: int
) -> bool:
    """Return whether a driver will find room beyond the junction, behind whoever may stop there.

    Vehicles between it and the exit will take room there too.
    """
    route = memory.route[e, a]
    need = places.pose[a, LENGTH] + ROOM
    start = passage.way[a, ENTER]
    for k in range(passage.plan[a, FIRST_PLACE], passage.plan[a, LAST_PLACE] + 1):
        entry = occupancy.head[route[k]]
        while entry != LAST:
            b = occupancy.actor[entry]
            ahead = start + occupancy.box[entry, BOX_S] > 0.0 and memory.lane[e, b] == route[k]
            if b != a and ahead and memory.choice[e, b, GRANTED] == passage.plan[a, JUNCTION]:
                need += places.pose[b, LENGTH] + ROOM + 0.5
            entry = occupancy.following[entry]
        start += lanes.lane_length[route[k]]
    exit_start = start
    for k in range(passage.plan[a, LAST_PLACE] + 1, ROUTE_LANES):
        lane = route[k]
        if lane < 0 or start > exit_start + need + 10.0:
            return True
        entry = occupancy.head[lane]
        while entry != LAST:
            b = occupancy.actor[entry]
            along = occupancy.box[entry, BOX_ALONG]
            half = 0.5 * places.pose[a, WIDTH]
            touching = occupancy.box[entry, BOX_LOW] < half and occupancy.box[entry, BOX_HIGH] > -half
            if b != a and touching and along < ROOM_SPEED:
                rear = start + occupancy.box[entry, BOX_S] - occupancy.box[entry, BOX_HALF]
                rear += 0.25 * max(0.0, along) ** 2  # where it comes to rest, braking at 2 m/s²
                if rear - exit_start < need:
                    return False
            entry = occupancy.following[entry]
        start += lanes.lane_length[lane]
    return True


@njit(cache=True, _nrt=False)
def is_stuck(memory: DriverMemory, places: Places, passage: Passage, e: int, b: int) -> bool:
    """Return whether a driver stands in a queue behind one that has not been granted its way for good."""
    lane = memory.lane[e, b]
    for c in range(len(places.seen)):
        if c == b or not places.seen[c] or passage.plan[c, JUNCTION] != passage.plan[b, JUNCTION]:
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
def may_pass_first(
    lanes: Ways, memory: DriverMemory, places: Places, passage: Passage, e: int, a: int, b: int, own: int, other: int,
    angle: float,
) -> bool:
    """Return whether driver a, on lane `own`, need not mind b, on lane `other`, which has not been granted its way."""
    if passage.flag[b, HELD] or is_stuck(memory, places, passage, e, b):
        return True
    if not has_way_over(
        passage.plan[a, SIGN], passage.plan[b, SIGN], lanes.lane_priority[own], lanes.lane_priority[other],
        lanes.lane_turn[own], lanes.lane_turn[other], angle,
    ):
        return True
    if places.pose[b, SPEED] >= STANDING or memory.waiting[e, a] <= DEADLOCK:
        return False
    longer = memory.waiting[e, a] > memory.waiting[e, b]
    both_long = min(memory.waiting[e, a], memory.waiting[e, b]) > 2.0 * DEADLOCK
    return longer or both_long or (memory.waiting[e, a] == memory.waiting[e, b] and a < b)


@njit(cache=True, _nrt=False)
def first_obstacle(
    lanes: Ways, conflicts: Conflicts, memory: DriverMemory, places: Places, passage: Passage, order: int,
    yields: bool, e: int, a: int,
) -> tuple[float, float, float]:
    """Return how far ahead of the front conflicts are that a driver may not enter yet.

    Args:
        lanes, conflicts: The network.
        memory: Minds.
        places: Where the actors are.
        passage: Ways through the junctions.
        order: Own order of grant; those granted earlier go first.
        yields: Whether those with right of way that have not been granted their way count too.
        e, a: Which driver.

    Returns:
        Distance to the first of all [m]; to the first with traffic that is not oncoming [m]; to the first shared area
        with an oncoming lane, free or not [m]. Infinite for none.
    """
    gap = IMPATIENT_GAP if memory.waiting[e, a] > PATIENCE else GAP
    speed, top = max(0.0, places.pose[a, SPEED]), max(passage.way[a, TOP_SPEED], 1.0)
    pull, junction = memory.style[e, a, MAX_ACCELERATION], passage.plan[a, JUNCTION]
    way, nearest, nearest_cross, oncoming = passage.way[a, ENTER], math.inf, math.inf, math.inf
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
            if enter >= (nearest if is_oncoming else nearest_cross):
                continue
            blocked = False
            other, twin = conflicts.lane[c], conflicts.twin[c]
            my_in, my_out = travel_time(enter, speed, pull, top), travel_time(leave, speed, pull, top)
            for b in range(len(places.seen)):
                if b == a or not places.seen[b] or passage.plan[b, JUNCTION] != junction:
                    continue
                place = place_in_passage(memory, passage, e, b, other)
                b_sweeps = memory.style[e, b, TURN_IN] <= AGILE and lanes.lane_tightest[other] > BEND
                if place < 0 or (conflicts.wide[c] and not sweeps and not b_sweeps):
                    continue
                theirs = distance_to_lane(lanes, memory, passage, e, b, place)
                arrives = theirs + conflicts.reach[twin, 0]
                out = theirs + conflicts.reach[twin, 1] + places.pose[b, LENGTH]
                if out < 0.0:
                    continue
                b_speed, b_pull = places.pose[b, SPEED], memory.style[e, b, MAX_ACCELERATION]
                b_top = max(passage.way[b, TOP_SPEED], b_speed, 1.0)
                b_order = memory.choice[e, b, GRANT_ORDER]
                granted = memory.choice[e, b, GRANTED] == junction and (b_order != PROVISIONAL or arrives < 0.0)
                if b_order == PROVISIONAL and memory.choice[e, b, GRANTED] == junction and not granted:
                    # It waits inside for oncoming traffic; those of the other street let it out first.
                    if passage.way[b, ENTER] < 0.0 < passage.way[a, ENTER] and not is_oncoming:
                        blocked = True
                        break
                if granted:
                    if b_order < order or arrives < 0.0:
                        if my_in < travel_time(out, b_speed, b_pull, b_top) + BEHIND_GAP:
                            blocked = True
                            break
                elif yields and not may_pass_first(
                    lanes, memory, places, passage, e, a, b, lane, other, conflicts.angle[c]
                ):
                    if my_out + gap > travel_time(arrives, b_speed, b_pull, b_top):
                        blocked = True
                        break
            if blocked:
                nearest = min(nearest, enter)
                if not is_oncoming:
                    nearest_cross = min(nearest_cross, enter)
        way += lanes.lane_length[lane]
    return nearest, nearest_cross, oncoming


@njit(cache=True, _nrt=False)
def rule_junctions(
    lanes: Ways, conflicts: Conflicts, occupancy: Occupancy, memory: DriverMemory, places: Places,
    obeys: NDArray[np.bool_], tick: int, e: int, passage: Passage,
) -> None:
    """Give and take back grants and write where each driver must wait.

    Args:
        lanes, conflicts: The network.
        occupancy: Boxes by lane.
        memory: Minds; grants are written.
        places: Where the actors are.
        obeys: Drivers that ask for the way; the others take it. Shape (num_actors,).
        tick: For the order of grants.
        e: World.
        passage: From `find_passage`, with `held` set; `asks` and `wait` are written.
    """
    n = len(places.seen)
    for a in range(n):
        junction = passage.plan[a, JUNCTION]
        if not places.seen[a] or junction < 0:
            memory.choice[e, a, GRANTED] = -1
            continue
        if memory.choice[e, a, GRANTED] != junction:
            memory.choice[e, a, GRANTED] = -1
        speed = max(0.0, places.pose[a, SPEED])
        comfortable = 0.5 * speed * speed / memory.style[e, a, COMFORTABLE_DECELERATION]
        passage.flag[a, ASKS] = passage.way[a, STOP] < comfortable + DECISION_TIME * speed + DECISION_WAY
        inside = passage.way[a, ENTER] < 0.0
        if inside and memory.choice[e, a, GRANTED] < 0:
            memory.choice[e, a, GRANTED] = junction
            memory.choice[e, a, GRANT_ORDER] = -1
        cannot_stop = 0.5 * speed * speed > 6.0 * max(0.0, passage.way[a, STOP]) and speed > 1.0
        if not obeys[a] or memory.ignores_signals[e, a]:
            braking = 0.5 * speed * speed > 2.5 * max(0.1, passage.way[a, ENTER])
            if memory.choice[e, a, GRANTED] < 0 and braking and speed > 1.0:
                memory.choice[e, a, GRANTED] = junction
                memory.choice[e, a, GRANT_ORDER] = -1
            elif not inside and not braking and memory.choice[e, a, GRANTED] >= 0:
                memory.choice[e, a, GRANTED] = -1
        elif memory.choice[e, a, GRANTED] >= 0 and not inside:
            stalled = speed < STANDING and memory.waiting[e, a] > STALLED and passage.way[a, ENTER] > 1.0
            if (passage.flag[a, HELD] and not cannot_stop) or stalled:
                memory.choice[e, a, GRANTED] = -1
        elif cannot_stop and memory.choice[e, a, GRANTED] < 0 and not passage.flag[a, HELD]:
            memory.choice[e, a, GRANTED] = junction
            memory.choice[e, a, GRANT_ORDER] = np.int64(tick) * (2 * n) + a
    rank = 0
    passage.flag[:, ASKED] = False
    for _ in range(n):
        chosen, longest = np.int64(-1), 0.0
        for a in range(n):
            if passage.flag[a, ASKED] or not places.seen[a] or passage.plan[a, JUNCTION] < 0:
                continue
            provisional = memory.choice[e, a, GRANTED] >= 0 and memory.choice[e, a, GRANT_ORDER] == PROVISIONAL
            if not obeys[a] or (memory.choice[e, a, GRANTED] >= 0 and not provisional):
                continue
            if not provisional and (not passage.flag[a, ASKS] or passage.flag[a, HELD]):
                continue
            patience = memory.waiting[e, a] + (1e6 if provisional else 0.0)
            nearer = chosen >= 0 and passage.way[a, ENTER] < passage.way[chosen, ENTER]
            if chosen < 0 or patience > longest or (patience == longest and nearer):
                chosen, longest = a, patience
        if chosen < 0:
            break
        passage.flag[chosen, ASKED] = True
        inside = memory.choice[e, chosen, GRANTED] >= 0
        if not inside and is_stuck(memory, places, passage, e, chosen):
            continue
        if not inside and not has_room(lanes, occupancy, memory, places, passage, e, chosen):
            continue
        obstacle, cross, oncoming = first_obstacle(
            lanes, conflicts, memory, places, passage, PROVISIONAL, True, e, chosen
        )
        if obstacle == math.inf:
            memory.choice[e, chosen, GRANTED] = passage.plan[chosen, JUNCTION]
            memory.choice[e, chosen, GRANT_ORDER] = np.int64(tick) * (2 * n) + n + rank
            rank += 1
        elif not inside and cross == math.inf and oncoming - passage.way[chosen, ENTER] > ADVANCE:
            first = memory.route[e, chosen, passage.plan[chosen, FIRST_PLACE]]
            if lanes.lane_turn[first] == LEFT and passage.plan[chosen, SIGN] == 0:
                memory.choice[e, chosen, GRANTED] = passage.plan[chosen, JUNCTION]
                memory.choice[e, chosen, GRANT_ORDER] = PROVISIONAL
    for a in range(n):
        if not places.seen[a] or passage.plan[a, JUNCTION] < 0 or not obeys[a]:
            continue
        if memory.choice[e, a, GRANTED] < 0:
            if passage.flag[a, ASKS] and not memory.ignores_signals[e, a]:
                passage.way[a, WAIT] = passage.way[a, STOP]
        else:
            order = memory.choice[e, a, GRANT_ORDER]
            obstacle, cross, oncoming = first_obstacle(
                lanes, conflicts, memory, places, passage, order, order == PROVISIONAL, e, a
            )
            if order == PROVISIONAL and obstacle < math.inf:
                obstacle = min(cross, oncoming)
            passage.way[a, WAIT] = obstacle
