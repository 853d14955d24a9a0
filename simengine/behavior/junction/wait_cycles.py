"""Vehicles that wait for each other in a circle go on together.

A driver enters a junction only where there is room beyond it, so that junctions stay free. In a small roundabout, or
round a block, every driver may then wait for the room that the next one takes: a circle that no right of way resolves.
There is room for each of them as soon as all move on by one place; so all of such a circle are granted their way at
once. A vehicle that waits for anything else, a signal, people, a vehicle that moves, is no part of a circle.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import GRANT_ORDER, GRANTED, PRESENT, ROUTE_LANES, DriverMemory
from simengine.behavior.junction.path_through import ASKS, HELD, JUNCTION, Passage
from simengine.behavior.junction.right_of_way import (
    DEADLOCK,
    PROVISIONAL,
    STANDING,
    first_obstacle,
    follows_one_without_way,
    is_stuck,
)
from simengine.behavior.junction.room_beyond import taker_of_room
from simengine.behavior.lanes.lane_rules import Conflicts, DriverLanes
from simengine.behavior.lanes.occupancy import (
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

NEAR = 8.0  # what stands nearer before a vehicle holds it up [m]


@njit(cache=True, _nrt=False)
def waits_long(memory: DriverMemory, places: Places, e: int, a: int) -> bool:
    """Return whether a driver has stood for so long that it may be in a circle."""
    return places.seen[a] and places.pose[a, SPEED] < STANDING and memory.waiting[e, a] > DEADLOCK


@njit(cache=True, _nrt=False)
def asks_in_vain(
    memory: DriverMemory, places: Places, passage: Passage, obeys: NDArray[np.bool_], e: int, a: int
) -> bool:
    """Return whether a driver stands first before a junction and has not been granted its way."""
    if not obeys[a] or memory.ignores_signals[e, a] or passage.plan[a, JUNCTION] < 0 or passage.flag[a, HELD]:
        return False
    if memory.choice[e, a, GRANTED] >= 0 or not passage.flag[a, ASKS] or is_stuck(memory, places, passage, e, a):
        return False
    return not follows_one_without_way(memory, places, passage, obeys, e, a)


@njit(cache=True, _nrt=False)
def leader(lanes: DriverLanes, occupancy: Occupancy, memory: DriverMemory, places: Places, e: int, a: int) -> int:
    """Return the vehicle that is close before another on its way, −1 for none."""
    start, best, nearest = -memory.s[e, a], -1, math.inf
    half = 0.5 * places.pose[a, LENGTH]
    for k in range(PRESENT, ROUTE_LANES):
        lane = memory.route[e, a, k]
        if lane < 0 or start > half + NEAR or best >= 0:
            break
        side = memory.t[e, a] if k == PRESENT else 0.0
        low, high = side - 0.5 * places.pose[a, WIDTH], side + 0.5 * places.pose[a, WIDTH]
        entry = occupancy.head[lane]
        while entry != LAST:
            b, ahead = occupancy.actor[entry], start + occupancy.box[entry, BOX_S]
            gap = ahead - half - occupancy.box[entry, BOX_HALF]
            touching = occupancy.box[entry, BOX_LOW] < high and occupancy.box[entry, BOX_HIGH] > low
            if b != a and touching and ahead > 0.0 and gap < NEAR and gap < nearest:
                best, nearest = b, gap
            entry = occupancy.following[entry]
        start += lanes.lane_length[lane]
    return best


@njit(cache=True, _nrt=False)
def holder(
    lanes: DriverLanes,
    conflicts: Conflicts,
    occupancy: Occupancy,
    memory: DriverMemory,
    places: Places,
    passage: Passage,
    obeys: NDArray[np.bool_],
    e: int,
    a: int,
) -> int:
    """Return the vehicle that a standing driver waits for, −1 for none.

    It waits for the one that takes the room beyond the junction, that goes first in it, or that is close before it.

    Args:
        lanes, conflicts: The network.
        occupancy: Boxes by lane.
        memory: Decisions.
        places: Where everybody is.
        passage: DriverLanes through junctions.
        obeys: Drivers that ask for the way. Shape (num_actors,).
        e, a: Which driver.
    """
    if asks_in_vain(memory, places, passage, obeys, e, a):
        b = taker_of_room(lanes, occupancy, memory, places, passage, e, a)
        if b >= 0:
            return b
        _, _, _, b = first_obstacle(lanes, conflicts, memory, places, passage, obeys, PROVISIONAL, True, e, a)
        return b
    if passage.plan[a, JUNCTION] >= 0 and memory.choice[e, a, GRANTED] == passage.plan[a, JUNCTION]:
        order = memory.choice[e, a, GRANT_ORDER]
        obstacle, _, _, b = first_obstacle(
            lanes, conflicts, memory, places, passage, obeys, order, order == PROVISIONAL, e, a
        )
        if b >= 0 and obstacle < NEAR:
            return b
    return leader(lanes, occupancy, memory, places, e, a)


@njit(cache=True, _nrt=False)
def closes(
    lanes: DriverLanes,
    conflicts: Conflicts,
    occupancy: Occupancy,
    memory: DriverMemory,
    places: Places,
    passage: Passage,
    obeys: NDArray[np.bool_],
    e: int,
    a: int,
) -> bool:
    """Return whether the drivers that one waits for, each for the next, have all waited long and end with itself.

    Args:
        lanes, conflicts: The network.
        occupancy: Boxes by lane.
        memory: Decisions.
        places: Where everybody is.
        passage: DriverLanes through junctions.
        obeys: Drivers that ask for the way. Shape (num_actors,).
        e, a: The driver with which it begins.
    """
    b = a
    for _ in range(len(places.seen)):
        if not waits_long(memory, places, e, b):
            return False
        b = holder(lanes, conflicts, occupancy, memory, places, passage, obeys, e, b)
        if b < 0:
            return False
        if b == a:
            return True
    return False


@njit(cache=True, _nrt=False)
def release_circles(
    lanes: DriverLanes,
    conflicts: Conflicts,
    occupancy: Occupancy,
    memory: DriverMemory,
    places: Places,
    passage: Passage,
    obeys: NDArray[np.bool_],
    order: int,
    e: int,
) -> None:
    """Grant their ways at once to all in a circle that only wait for room.

    Args:
        lanes, conflicts: The network.
        occupancy: Boxes by lane.
        memory: Decisions; grants are written.
        places: Where the actors are.
        passage: DriverLanes through the junctions.
        obeys: Drivers that ask for the way. Shape (num_actors,).
        order: Of the first grant; later than all given so far.
        e: World.
    """
    for a in range(len(places.seen)):
        if not waits_long(memory, places, e, a) or not asks_in_vain(memory, places, passage, obeys, e, a):
            continue
        if not closes(lanes, conflicts, occupancy, memory, places, passage, obeys, e, a):
            continue
        b = a
        for _ in range(len(places.seen)):
            # The next one is found before a grant changes what holds this one up.
            following = holder(lanes, conflicts, occupancy, memory, places, passage, obeys, e, b)
            if asks_in_vain(memory, places, passage, obeys, e, b):
                obstacle, _, _, _ = first_obstacle(
                    lanes, conflicts, memory, places, passage, obeys, PROVISIONAL, True, e, b
                )
                if obstacle == math.inf:
                    memory.choice[e, b, GRANTED] = passage.plan[b, JUNCTION]
                    memory.choice[e, b, GRANT_ORDER] = order
                    order += 1
            b = following
            if b == a or b < 0:
                break
