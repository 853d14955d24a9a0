"""Room for a long vehicle that turns: others wait short of where its front swings, beyond the edge of the junction too.

The rear axle of a bus follows its lane; its front, seven metres ahead of it, swings over into the lane beside the one
that it turns into. Who stood at the edge of the junction there would stop the bus, and the bus would stop everybody.
Stop lines of roads that buses turn into are set back for that reason; where a map does not, drivers see the bus.
"""

import math

from numba import njit

from simengine.behavior.long_ways import AGILE
from simengine.behavior.memory import GRANTED, PRESENT, TURN_IN, DriverMemory
from simengine.behavior.occupancy import LENGTH, SPEED, WIDTH, Places
from simengine.behavior.passage import (
    ASKS,
    ENTER,
    FIRST_PLACE,
    JUNCTION,
    LAST_PLACE,
    LEAVES,
    LEAVES_ENTER,
    LEAVES_FIRST,
    LEAVES_LAST,
    Passage,
)
from simengine.behavior.precedence import BEND, STANDING
from simengine.behavior.route import place_on_route
from simengine.behavior.rules import Ways
from simengine.behavior.stopping import AMBER_DECELERATION
from simengine.road.frenet import lane_position, project_on_lane_near

AXLE = 0.22  # rear axle behind the middle, as a share of the length: that of the bus and the truck of the catalog
STEP = 1.0  # along the way of the rear axle [m]
BESIDE = 0.3  # kept free beside the vehicle [m]
BEFORE = 0.5  # kept free before it by one that waits [m]
LOOK = 12.0  # a driver nearer to the junction than this sees where the long vehicle will swing [m]


@njit(cache=True, _nrt=False)
def way_of_turn(
    lanes: Ways, memory: DriverMemory, places: Places, passage: Passage, e: int, b: int, junction: int
) -> float:
    """Return how far a long vehicle's front has to go until it has turned in a junction [m]; 0 if it does not turn."""
    if memory.style[e, b, TURN_IN] > AGILE:
        return 0.0
    if passage.plan[b, LEAVES] == junction:
        first, last, way = passage.plan[b, LEAVES_FIRST], passage.plan[b, LEAVES_LAST], passage.way[b, LEAVES_ENTER]
    elif passage.plan[b, JUNCTION] == junction and (passage.flag[b, ASKS] or passage.way[b, ENTER] < 0.0):
        first, last, way = passage.plan[b, FIRST_PLACE], passage.plan[b, LAST_PLACE], passage.way[b, ENTER]
    else:
        return 0.0
    turns = False
    for k in range(first, last + 1):
        lane = memory.route[e, b, k]
        turns = turns or lanes.lane_tightest[lane] > BEND
        way += lanes.lane_length[lane]
    # Its rear axle is at the end of the turn when its front is this far beyond.
    return max(0.0, way + (0.5 + AXLE) * places.pose[b, LENGTH]) if turns else 0.0


@njit(cache=True, _nrt=False)
def place_in_turn(
    lanes: Ways, memory: DriverMemory, places: Places, e: int, b: int, ahead: float
) -> tuple[float, float, float]:
    """Return the middle of a vehicle's box [m] and its heading [rad] when it has gone some way.

    Its rear axle is then in the middle of its lane.

    Args:
        lanes: The network.
        memory: Minds; the route is read.
        places: Where the actors are.
        e, b: Which vehicle.
        ahead: From where it is now [m].
    """
    behind = AXLE * places.pose[b, LENGTH]
    lane, s = place_on_route(lanes, memory, e, b, memory.s[e, b] - behind + ahead)
    x, y, c, d = lane_position(lanes, lane, s, 0.0)
    return x + behind * c, y + behind * d, math.atan2(d, c)


@njit(cache=True, _nrt=False)
def swings_to(
    lanes: Ways, memory: DriverMemory, places: Places, passage: Passage, e: int, b: int, a: int
) -> float:
    """Return how far ahead of a driver's front a long vehicle that turns will swing into its way [m].

    Args:
        lanes: The network.
        memory: Minds.
        places: Where the actors are.
        passage: Ways through the junctions.
        e, b: Which long vehicle.
        a: The driver; it is on the last lane before the junction.

    Returns:
        Infinite if it does not, or does not turn there; negative for one that stands too far on already.
    """
    lane = memory.lane[e, a]
    way = way_of_turn(lanes, memory, places, passage, e, b, passage.plan[a, JUNCTION])
    end, nearest, ahead = lanes.lane_length[lane], math.inf, 0.0
    low = memory.t[e, a] - 0.5 * places.pose[a, WIDTH] - BESIDE
    high = memory.t[e, a] + 0.5 * places.pose[a, WIDTH] + BESIDE
    while ahead < way:
        x, y, yaw = place_in_turn(lanes, memory, places, e, b, ahead)
        c, d = math.cos(yaw), math.sin(yaw)
        for side in (-0.5, 0.5):
            for along in (0.5, 0.25, 0.0):
                u, v = along * places.pose[b, LENGTH], side * places.pose[b, WIDTH]
                s, t = project_on_lane_near(lanes, lane, x + u * c - v * d, y + u * d + v * c, end)
                if s < end and low < t < high:
                    nearest = min(nearest, s)
        ahead += STEP
    return nearest - memory.s[e, a] - 0.5 * places.pose[a, LENGTH]


@njit(cache=True, _nrt=False)
def is_at_edge(memory: DriverMemory, places: Places, passage: Passage, e: int, a: int, b: int) -> bool:
    """Return whether driver a is close before a junction, on its last lane, and b comes from elsewhere."""
    if a == b or not places.seen[a] or not places.seen[b] or memory.lane[e, b] < 0 or memory.lane[e, a] < 0:
        return False
    near = passage.plan[a, JUNCTION] >= 0 and 0.0 <= passage.way[a, ENTER] < LOOK
    return near and passage.plan[a, FIRST_PLACE] == PRESENT + 1 and memory.lane[e, a] != memory.lane[e, b]


@njit(cache=True, _nrt=False)
def wait_short(lanes: Ways, memory: DriverMemory, places: Places, passage: Passage, e: int, a: int) -> float:
    """Return how far ahead of its front a driver has to wait for long vehicles to turn [m], infinite for none.

    One that cannot stop there as at an amber light does not.

    Args:
        lanes: The network.
        memory: Minds.
        places: Where the actors are.
        passage: Ways through the junctions.
        e, a: Which driver; it is before a junction that it may not enter.
    """
    nearest, speed = math.inf, places.pose[a, SPEED]
    for b in range(len(places.seen)):
        if is_at_edge(memory, places, passage, e, a, b):
            nearest = min(nearest, max(0.0, swings_to(lanes, memory, places, passage, e, b, a) - BEFORE))
    return nearest if speed < STANDING or 0.5 * speed * speed <= AMBER_DECELERATION * nearest else math.inf


@njit(cache=True, _nrt=False)
def would_be_held_up(lanes: Ways, memory: DriverMemory, places: Places, passage: Passage, e: int, b: int) -> bool:
    """Return whether a long vehicle that turned now might swing against one that is before the junction still.

    Against one that is too far on to wait short of it, or that has been granted its way but may still stop for a light.

    Args:
        lanes: The network.
        memory: Minds.
        places: Where the actors are.
        passage: Ways through the junctions.
        e, b: Which vehicle.
    """
    junction = passage.plan[b, JUNCTION]
    if way_of_turn(lanes, memory, places, passage, e, b, junction) == 0.0:
        return False
    for a in range(len(places.seen)):
        if passage.plan[a, JUNCTION] != junction or not is_at_edge(memory, places, passage, e, a, b):
            continue
        room = swings_to(lanes, memory, places, passage, e, b, a)
        if room < 0.0 or (room < math.inf and memory.choice[e, a, GRANTED] >= 0):
            return True
    return False
