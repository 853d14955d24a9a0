"""A driver who waits long for room beyond a junction takes another way on, where there is room.

Where streets are full, drivers who all keep to their routes may lock each other up for good. Drivers who give up a
blocked way for a free one dissolve such locks: Daganzo, Gayah and Gonzales, "Macroscopic relations of urban traffic
variables: bifurcations, multivaluedness and instability", Transportation Research B 45 (2011), 278-288. Only ordinary
drivers do, who are on their way to nowhere in particular, and only before the junction.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import (
    COUNTER,
    EXIT_TURN,
    GRANTED,
    NEXT,
    PRESENT,
    PROGRESS,
    ROUTE_LANES,
    TURN_IN,
    DriverMemory,
)
from simengine.behavior.junction.path_through import (
    ASKS,
    ENTER,
    FIRST_PLACE,
    HELD,
    JUNCTION,
    LINE,
    STOP,
    WAIT,
    Passage,
    find_passage,
)
from simengine.behavior.junction.right_of_way import STANDING, is_stuck
from simengine.behavior.junction.room_beyond import taker_of_room
from simengine.behavior.lanes.lane_rules import Conflicts, DriverLanes, StopLines, is_way_on
from simengine.behavior.lanes.long_vehicles import AGILE
from simengine.behavior.lanes.occupancy import LENGTH, SPEED, Occupancy, Places
from simengine.behavior.lanes.route import ease_of_way, extend_route

GIVES_UP = 20.0  # after standing for so long a driver without room looks for another way, once a second [s]


@njit(cache=True, _nrt=False)
def looks_for_another_way(memory: DriverMemory, places: Places, passage: Passage, dt: float, e: int, a: int) -> bool:
    """Return whether a driver that may go stands first before a junction for long; once in a second of its wait.

    Args:
        memory: Decisions.
        places: Where everybody is.
        passage: DriverLanes through the junctions.
        dt: Since the last decision [s].
        e, a: Which driver.
    """
    waited = memory.waiting[e, a]
    if waited < GIVES_UP or int(waited) == int(waited - dt) or places.pose[a, SPEED] >= STANDING:
        return False
    if memory.choice[e, a, EXIT_TURN] > 0 or memory.change[e, a, PROGRESS] < 1.0:
        return False
    if passage.plan[a, JUNCTION] < 0 or passage.plan[a, FIRST_PLACE] != NEXT or passage.way[a, ENTER] < 0.0:
        return False
    if memory.choice[e, a, GRANTED] >= 0 or not passage.flag[a, ASKS] or passage.flag[a, HELD]:
        return False
    return not is_stuck(memory, places, passage, e, a)


@njit(cache=True, _nrt=False)
def take_way_with_room(
    lanes: DriverLanes,
    stops: StopLines,
    conflicts: Conflicts,
    occupancy: Occupancy,
    memory: DriverMemory,
    places: Places,
    passage: Passage,
    kept: NDArray[np.int32],
    seed: np.uint64,
    horizon: float,
    e: int,
    a: int,
) -> None:
    """Let a driver that `looks_for_another_way` take the first way on that it can turn and that has room, if any.

    Args:
        lanes, stops, conflicts: The network.
        occupancy: Boxes by lane.
        memory: Decisions; the route is written.
        places: Where everybody is.
        passage: DriverLanes through the junctions; the driver's row is written.
        kept: Scratch: the route up to now. Shape (ROUTE_LANES,).
        seed: Of the routes.
        horizon: Within which a junction is planned [m].
        e, a: Which driver.
    """
    if taker_of_room(lanes, occupancy, memory, places, passage, e, a) < 0:
        return
    route, lane, blocked = memory.route[e, a], memory.route[e, a, PRESENT], memory.route[e, a, NEXT]
    agile, length = memory.style[e, a, TURN_IN] > AGILE, places.pose[a, LENGTH]
    for k in range(ROUTE_LANES):
        kept[k] = route[k]
    drawn, line, found = memory.choice[e, a, COUNTER], passage.way[a, LINE], False
    for i in range(lanes.successor_first[lane], lanes.successor_first[lane + 1]):
        other = lanes.successor[i]
        if other == blocked or not is_way_on(lanes, other):
            continue
        if ease_of_way(lanes, other, agile) < ease_of_way(lanes, blocked, agile):
            continue
        route[NEXT] = other
        route[NEXT + 1 :] = -1
        extend_route(lanes, memory, seed, e, a)
        find_passage(lanes, stops, conflicts, memory, length, e, a, horizon, passage)
        found = taker_of_room(lanes, occupancy, memory, places, passage, e, a) < 0
        if found:
            break
    if not found:
        for k in range(ROUTE_LANES):
            route[k] = kept[k]
        memory.choice[e, a, COUNTER] = drawn
        find_passage(lanes, stops, conflicts, memory, length, e, a, horizon, passage)
    passage.way[a, LINE], passage.way[a, WAIT] = line, passage.way[a, STOP]  # it asks for this way from now on
