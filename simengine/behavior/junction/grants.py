"""Who may pass a junction: right of way, gap acceptance, no blocking, no deadlock.

A driver needs a grant to enter. Grants are given one by one, so that of two conflicting ways the later grant always
waits for the earlier one: whoever is granted first never waits for whoever is granted second, and no circle can form.
For that nobody is granted the way before a driver ahead of him on it, for whom he waits in any case; of those who can
no longer stop, and take it at the same time, the nearer one does so first. A driver without right of way is granted
only in a gap that those with right of way do not notice, until it has waited for so long that they let it in. Whoever
enters without asking (a red-light runner, a driver under test) is treated as granted before all others, and so is, in
the mind of a driver under test, whom it takes to be first, until it stands there: it may be waiting for them. Who turns
left across oncoming traffic may drive into the junction and wait before the first conflict: a provisional grant, ranked
behind all others.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import COMFORTABLE_DECELERATION, GRANT_ORDER, GRANTED, DriverMemory
from simengine.behavior.junction.letting_in import mark_due
from simengine.behavior.junction.path_through import (
    ASKED,
    ASKS,
    ENTER,
    FIRST_PLACE,
    HELD,
    JUNCTION,
    SIGN,
    STOP,
    WAIT,
    Passage,
)
from simengine.behavior.junction.right_of_way import (
    LEFT,
    PROVISIONAL,
    STALLED,
    STANDING,
    first_obstacle,
    follows_one_without_way,
    is_stuck,
)
from simengine.behavior.junction.room_beyond import taker_of_room
from simengine.behavior.junction.wait_cycles import release_circles
from simengine.behavior.lanes.lane_rules import Conflicts, DriverLanes
from simengine.behavior.lanes.occupancy import SPEED, Occupancy, Places

DECISION_TIME = 2.0  # a driver asks for the way when the last place to stop comfortably is this near [s]
DECISION_WAY = 8.0  # plus this [m]
OUTSIDE = 0.2  # a front farther than this from the junction's edge has not begun to enter [m]
ADVANCE = 1.5  # beyond the edge of the junction to its first conflict, for a left turn to wait inside [m]


@njit(cache=True, _nrt=False)
def count_nearer(places: Places, passage: Passage, a: int) -> int:
    """Return how many are nearer to the edge of their junction than a driver; of those as near, the lower slots."""
    nearer = 0
    for b in range(len(places.seen)):
        if b != a and places.seen[b] and passage.plan[b, JUNCTION] >= 0:
            before = passage.way[b, ENTER] - passage.way[a, ENTER]
            nearer += before < 0.0 or (before == 0.0 and b < a)
    return nearer


@njit(cache=True, _nrt=False)
def waits_for_one_under_way(
    lanes: DriverLanes,
    conflicts: Conflicts,
    memory: DriverMemory,
    places: Places,
    passage: Passage,
    obeys: NDArray[np.bool_],
    e: int,
    a: int,
) -> bool:
    """Return whether a driver that has been granted its way lets one pass first that moves.

    Its turn comes next: were its grant taken back, those behind that one would have theirs first, one after another.

    Args:
        lanes, conflicts: The network.
        memory: Decisions.
        places: Where the actors are.
        passage: DriverLanes through the junctions.
        obeys: Drivers that ask for the way. Shape (num_actors,).
        e, a: Which driver.
    """
    order = memory.choice[e, a, GRANT_ORDER]
    _, _, _, b = first_obstacle(lanes, conflicts, memory, places, passage, obeys, order, order == PROVISIONAL, e, a)
    return b >= 0 and places.pose[b, SPEED] >= STANDING


@njit(cache=True, _nrt=False)
def rule_junctions(
    lanes: DriverLanes,
    conflicts: Conflicts,
    occupancy: Occupancy,
    memory: DriverMemory,
    places: Places,
    obeys: NDArray[np.bool_],
    tick: int,
    e: int,
    passage: Passage,
) -> None:
    """Give and take back grants and write where each driver must wait.

    Args:
        lanes, conflicts: The network.
        occupancy: Boxes by lane.
        memory: Decisions; grants are written.
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
            stalled = speed < STANDING and memory.unused[e, a] > STALLED and passage.way[a, ENTER] > OUTSIDE
            stalled = stalled and not waits_for_one_under_way(lanes, conflicts, memory, places, passage, obeys, e, a)
            follows = follows_one_without_way(memory, places, passage, obeys, e, a)
            if ((passage.flag[a, HELD] or follows) and not cannot_stop) or stalled:
                memory.choice[e, a, GRANTED] = -1
        elif cannot_stop and memory.choice[e, a, GRANTED] < 0 and not passage.flag[a, HELD]:
            memory.choice[e, a, GRANTED] = junction
            memory.choice[e, a, GRANT_ORDER] = np.int64(tick) * (2 * n) + count_nearer(places, passage, a)
    mark_due(lanes, conflicts, occupancy, memory, places, passage, obeys, e)
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
        if follows_one_without_way(memory, places, passage, obeys, e, chosen):
            continue
        if not inside and is_stuck(memory, places, passage, e, chosen):
            continue
        if not inside and taker_of_room(lanes, occupancy, memory, places, passage, e, chosen) >= 0:
            continue
        obstacle, cross, oncoming, _ = first_obstacle(
            lanes, conflicts, memory, places, passage, obeys, PROVISIONAL, True, e, chosen
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
    order = np.int64(tick) * (2 * n) + n + rank
    release_circles(lanes, conflicts, occupancy, memory, places, passage, obeys, order, e)
    for a in range(n):
        if not places.seen[a] or passage.plan[a, JUNCTION] < 0 or not obeys[a]:
            continue
        if memory.choice[e, a, GRANTED] < 0:
            if passage.flag[a, ASKS] and not memory.ignores_signals[e, a]:
                passage.way[a, WAIT] = passage.way[a, STOP]
        else:
            order = memory.choice[e, a, GRANT_ORDER]
            obstacle, cross, oncoming, _ = first_obstacle(
                lanes, conflicts, memory, places, passage, obeys, order, order == PROVISIONAL, e, a
            )
            if order == PROVISIONAL and obstacle < math.inf:
                obstacle = min(cross, oncoming)
            passage.way[a, WAIT] = obstacle
