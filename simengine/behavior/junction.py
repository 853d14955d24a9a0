"""Who may pass a junction: right of way, gap acceptance, no blocking, no deadlock.

A driver needs a grant to enter. Grants are given one by one, so that of two conflicting ways the later grant always waits
for the earlier one: whoever is granted first never waits for whoever is granted second, and no circle can form. A driver
without right of way is granted only in a gap that those with right of way do not notice. Whoever enters without asking
(a red-light runner, a driver under test) is treated as granted before all others.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.lane_change import liked_speed
from simengine.behavior.memory import PRESENT, PREVIOUS, ROUTE_LANES, DriverMemory
from simengine.behavior.occupancy import LAST, Occupancy, Places
from simengine.behavior.rules import RoadRules, lane_heading
from simengine.core.geometry import wrap_angle
from simengine.road.network import LaneArrays, Turn

DECISION_TIME = 2.0  # a driver asks for the way when the last place to stop comfortably is this near [s]
DECISION_WAY = 8.0  # plus this [m]
GAP = 1.5  # between leaving a conflict and the arrival of those with right of way [s]
IMPATIENT_GAP = 0.8  # after waiting for `PATIENCE`
PATIENCE = 20.0  # [s]
BEHIND_GAP = 0.4  # after those granted earlier have left [s]
STANDING = 0.5  # [m/s]
DEADLOCK = 3.0  # after which the longest waiting goes first [s]
ROOM_SPEED = 3.0  # a slower vehicle beyond the junction may stop there [m/s]
ROOM = 1.5  # left in front and behind [m]
STALLED = 4.0  # a grant not used for so long is given back [s]
BEFORE_LINE = 0.5  # where to wait without a stop line, before the junction [m]
LEFT = int(Turn.LEFT)


class Passage(NamedTuple):
    """How each driver of one world goes through the next junction, or the one it is in. Shapes (num_actors,)."""

    junction: NDArray[np.int32]  # or −1
    first: NDArray[np.int32]  # place in the route of its first lane in it
    last: NDArray[np.int32]
    enter: NDArray[np.float64]  # front to the junction's edge; negative inside [m]
    stop: NDArray[np.float64]  # front to where it would wait [m]
    sign: NDArray[np.int32]  # 0 none, 1 give way, 2 stop
    held: NDArray[np.bool_]  # a red signal or a person on a crossing stops it before
    asks: NDArray[np.bool_]  # near enough to decide
    speed: NDArray[np.float64]  # that it will drive at most [m/s]
    wait: NDArray[np.float64]  # distance ahead of the front where it must wait, infinite for none [m]


@njit(cache=True)
def empty_passage(num_actors: int) -> Passage:
    """Allocate passages of drivers with no junction ahead."""
    n = num_actors
    return Passage(
        np.full(n, -1, np.int32), np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n), np.zeros(n),
        np.zeros(n, np.int32), np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n), np.full(n, math.inf),
    )


@njit(cache=True)
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


@njit(cache=True)
def find_passage(
    lanes: LaneArrays, rules: RoadRules, memory: DriverMemory, places: Places, e: int, a: int, horizon: float,
    passage: Passage,
) -> None:
    """Write how a driver goes through the junction it is in, or else the next one within the horizon [m]."""
    passage.junction[a] = -1
    passage.wait[a] = math.inf
    passage.held[a] = False
    passage.asks[a] = False
    route = memory.route[e, a]
    if memory.lane[e, a] < 0:
        return
    half = 0.5 * places.length[a]
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
            for stop in range(rules.stop_first[lane], rules.stop_first[lane + 1]):
                line, sign = start + rules.stop_s[stop], rules.stop_yield[stop]
            start += lanes.lane_length[lane]
            continue
        passage.junction[a] = junction
        passage.first[a] = k
        passage.enter[a] = start
        passage.stop[a] = min(line, start - BEFORE_LINE)
        passage.sign[a] = sign
        last = k
        while last + 1 < ROUTE_LANES and route[last + 1] >= 0 and lanes.lane_junction[route[last + 1]] == junction:
            last += 1
        passage.last[a] = last
        passage.speed[a] = liked_speed(lanes, memory, e, a, lane)
        return


@njit(cache=True)
def distance_to_lane(lanes: LaneArrays, memory: DriverMemory, passage: Passage, e: int, a: int, place: int) -> float:
    """Return the way from a driver's front to the start of the lane at a place of its route within the passage [m]."""
    way = passage.enter[a]
    for k in range(passage.first[a], place):
        way += lanes.lane_length[memory.route[e, a, k]]
    return way


@njit(cache=True)
def place_in_passage(memory: DriverMemory, passage: Passage, e: int, b: int, lane: int) -> int:
    """Return the place of a lane in a driver's route within the passage, or −1."""
    for k in range(passage.first[b], passage.last[b] + 1):
        if memory.route[e, b, k] == lane:
            return k
    return -1


@njit(cache=True)
def has_way_over(
    lanes: LaneArrays, memory: DriverMemory, places: Places, passage: Passage, e: int, a: int, b: int,
    own: int, other: int,
) -> bool:
    """Return whether driver b, on lane `other`, has right of way over driver a on lane `own`."""
    if passage.sign[a] != passage.sign[b]:
        return passage.sign[b] < passage.sign[a]
    if lanes.lane_priority[own] != lanes.lane_priority[other]:
        return lanes.lane_priority[other] > lanes.lane_priority[own]
    angle = wrap_angle(lane_heading(lanes, other, 0.0) - lane_heading(lanes, own, 0.0))
    if abs(angle) > 2.4:  # oncoming: who turns left waits
        return lanes.lane_turn[own] == LEFT and lanes.lane_turn[other] != LEFT
    return angle > 0.5  # b comes from the right


@njit(cache=True)
def has_room(
    lanes: LaneArrays, occupancy: Occupancy, memory: DriverMemory, places: Places, passage: Passage, e: int, a: int
) -> bool:
    """Return whether a driver will find room beyond the junction, behind whoever may stop there.

    Vehicles between it and the exit will take room there too.
    """
    route = memory.route[e, a]
    need = places.length[a] + ROOM
    start = passage.enter[a]
    for k in range(passage.first[a], passage.last[a] + 1):
        entry = occupancy.head[route[k]]
        while entry != LAST:
            b = occupancy.actor[entry]
            ahead = start + occupancy.s[entry] > 0.0 and memory.lane[e, b] == route[k]
            if b != a and ahead and memory.granted[e, b] == passage.junction[a]:
                need += places.length[b] + ROOM + 0.5
            entry = occupancy.following[entry]
        start += lanes.lane_length[route[k]]
    exit_start = start
    for k in range(passage.last[a] + 1, ROUTE_LANES):
        lane = route[k]
        if lane < 0 or start > exit_start + need + 10.0:
            return True
        entry = occupancy.head[lane]
        while entry != LAST:
            b = occupancy.actor[entry]
            along = occupancy.along[entry]
            touching = occupancy.low[entry] < 0.5 * places.width[a] and occupancy.high[entry] > -0.5 * places.width[a]
            if b != a and touching and along < ROOM_SPEED:
                rear = start + occupancy.s[entry] - occupancy.half[entry] + 0.25 * max(0.0, along) ** 2
                if rear - exit_start < need:
                    return False
            entry = occupancy.following[entry]
        start += lanes.lane_length[lane]
    return True


@njit(cache=True)
def way_is_free(
    lanes: LaneArrays, rules: RoadRules, memory: DriverMemory, places: Places, passage: Passage, e: int, a: int
) -> bool:
    """Return whether a driver may be granted its way now, considering all others with a way through the junction."""
    gap = IMPATIENT_GAP if memory.waiting[e, a] > PATIENCE else GAP
    speed, top = places.speed[a], passage.speed[a]
    pull = memory.max_acceleration[e, a]
    way = passage.enter[a]
    for k in range(passage.first[a], passage.last[a] + 1):
        lane = memory.route[e, a, k]
        for c in range(lanes.conflict_first[lane], lanes.conflict_first[lane + 1]):
            other, twin = lanes.conflict_lane[c], rules.conflict_twin[c]
            my_in = travel_time(way + lanes.conflict_enter[c], speed, pull, top)
            my_out = travel_time(way + lanes.conflict_leave[c] + places.length[a], speed, pull, top)
            for b in range(len(places.seen)):
                if b == a or not places.seen[b] or passage.junction[b] != passage.junction[a]:
                    continue
                place = place_in_passage(memory, passage, e, b, other)
                if place < 0:
                    continue
                theirs = distance_to_lane(lanes, memory, passage, e, b, place)
                out = theirs + lanes.conflict_leave[twin] + places.length[b]
                if out < 0.0:
                    continue
                granted = memory.granted[e, b] == passage.junction[b]
                b_speed, b_pull = places.speed[b], memory.max_acceleration[e, b]
                if granted:
                    if my_in < travel_time(out, b_speed, b_pull, max(passage.speed[b], 1.0)) + BEHIND_GAP:
                        return False
                    continue
                if passage.held[b] or not has_way_over(lanes, memory, places, passage, e, a, b, lane, other):
                    continue
                if b_speed < STANDING and memory.waiting[e, a] > DEADLOCK:
                    longer = memory.waiting[e, a] > memory.waiting[e, b]
                    if longer or memory.waiting[e, a] == memory.waiting[e, b] and a < b or (
                        memory.waiting[e, a] > 2.0 * DEADLOCK and memory.waiting[e, b] > 2.0 * DEADLOCK
                    ):
                        continue
                arrival = travel_time(
                    theirs + lanes.conflict_enter[twin], b_speed, b_pull, max(b_speed, passage.speed[b])
                )
                if my_out + gap > arrival:
                    return False
        way += lanes.lane_length[lane]
    return True


@njit(cache=True)
def wait_for_earlier(
    lanes: LaneArrays, rules: RoadRules, memory: DriverMemory, places: Places, passage: Passage, e: int, a: int
) -> float:
    """Return how far ahead of the front a granted driver must wait for those granted earlier [m], infinite for none."""
    nearest = math.inf
    speed, top, pull = places.speed[a], max(passage.speed[a], 1.0), memory.max_acceleration[e, a]
    way = passage.enter[a]
    for k in range(passage.first[a], passage.last[a] + 1):
        lane = memory.route[e, a, k]
        for c in range(lanes.conflict_first[lane], lanes.conflict_first[lane + 1]):
            enter = way + lanes.conflict_enter[c]
            if enter < 0.0 or enter > nearest:
                continue
            other, twin = lanes.conflict_lane[c], rules.conflict_twin[c]
            for b in range(len(places.seen)):
                if b == a or not places.seen[b] or passage.junction[b] != passage.junction[a]:
                    continue
                if memory.granted[e, b] != passage.junction[b] or memory.grant_order[e, b] >= memory.grant_order[e, a]:
                    continue
                place = place_in_passage(memory, passage, e, b, other)
                if place < 0:
                    continue
                theirs = distance_to_lane(lanes, memory, passage, e, b, place)
                out = theirs + lanes.conflict_leave[twin] + places.length[b]
                if out < 0.0:
                    continue
                leaves = travel_time(out, places.speed[b], memory.max_acceleration[e, b], max(passage.speed[b], 1.0))
                if travel_time(enter, speed, pull, top) < leaves + 0.5 * BEHIND_GAP:
                    nearest = min(nearest, enter)
        way += lanes.lane_length[lane]
    return nearest


@njit(cache=True)
def rule_junctions(
    lanes: LaneArrays, rules: RoadRules, occupancy: Occupancy, memory: DriverMemory, places: Places,
    obeys: NDArray[np.bool_], tick: int, dt: float, e: int, passage: Passage,
) -> None:
    """Give and take back grants and write where each driver must wait.

    Args:
        lanes, rules: The network.
        occupancy: Boxes by lane.
        memory: Minds; grants are written.
        places: Where the actors are.
        obeys: Drivers that ask for the way; the others take it. Shape (num_actors,).
        tick: For the order of grants.
        dt: Time since the last call [s].
        e: World.
        passage: From `find_passage`, with `held` set; `asks` and `wait` are written.
    """
    n = len(places.seen)
    for a in range(n):
        junction = passage.junction[a]
        if not places.seen[a] or junction < 0:
            memory.granted[e, a] = -1
            continue
        if memory.granted[e, a] != junction:
            memory.granted[e, a] = -1
        speed = max(0.0, places.speed[a])
        comfortable = 0.5 * speed * speed / memory.comfortable_deceleration[e, a]
        passage.asks[a] = passage.stop[a] < comfortable + DECISION_TIME * speed + DECISION_WAY
        inside = passage.enter[a] < 0.0
        if inside and memory.granted[e, a] < 0:
            memory.granted[e, a] = junction
            memory.grant_order[e, a] = -1
        cannot_stop = 0.5 * speed * speed > 6.0 * max(0.0, passage.stop[a]) and speed > 1.0
        if not obeys[a] or memory.ignores_signals[e, a]:
            braking = 0.5 * speed * speed > 2.5 * max(0.1, passage.enter[a])
            if memory.granted[e, a] < 0 and braking and speed > 1.0:
                memory.granted[e, a] = junction
                memory.grant_order[e, a] = -1
            elif not inside and not braking and memory.granted[e, a] >= 0:
                memory.granted[e, a] = -1
        elif memory.granted[e, a] >= 0 and not inside:
            stalled = speed < STANDING and memory.waiting[e, a] > STALLED
            if passage.held[a] and not cannot_stop or stalled:
                memory.granted[e, a] = -1
        elif cannot_stop and memory.granted[e, a] < 0 and not passage.held[a]:
            memory.granted[e, a] = junction
            memory.grant_order[e, a] = np.int64(tick) * (2 * n) + a
    rank = 0
    asked = np.zeros(n, np.bool_)
    for _ in range(n):
        chosen = -1
        for a in range(n):
            if asked[a] or not places.seen[a] or passage.junction[a] < 0 or not passage.asks[a] or passage.held[a]:
                continue
            if memory.granted[e, a] >= 0 or not obeys[a]:
                continue
            if chosen < 0 or memory.waiting[e, a] > memory.waiting[e, chosen] or (
                memory.waiting[e, a] == memory.waiting[e, chosen] and passage.enter[a] < passage.enter[chosen]
            ):
                chosen = a
        if chosen < 0:
            break
        asked[chosen] = True
        if way_is_free(lanes, rules, memory, places, passage, e, chosen) and has_room(
            lanes, occupancy, memory, places, passage, e, chosen
        ):
            memory.granted[e, chosen] = passage.junction[chosen]
            memory.grant_order[e, chosen] = np.int64(tick) * (2 * n) + n + rank
            rank += 1
    for a in range(n):
        if not places.seen[a] or passage.junction[a] < 0 or not obeys[a]:
            continue
        if memory.granted[e, a] < 0:
            if passage.asks[a] and not memory.ignores_signals[e, a]:
                passage.wait[a] = passage.stop[a]
        else:
            passage.wait[a] = wait_for_earlier(lanes, rules, memory, places, passage, e, a)
