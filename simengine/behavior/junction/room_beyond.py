"""Whether there is room beyond a junction for a vehicle that wants to pass it, and who takes it."""

from numba import njit

from simengine.behavior.driver_state import GRANTED, ROUTE_LANES, DriverMemory
from simengine.behavior.junction.path_through import (
    ENTER,
    FIRST_PLACE,
    JUNCTION,
    LAST_PLACE,
    LEAVES,
    LEAVES_LAST,
    Passage,
)
from simengine.behavior.lanes.lane_rules import DriverLanes
from simengine.behavior.lanes.occupancy import (
    BOX_ALONG,
    BOX_HALF,
    BOX_HIGH,
    BOX_LOW,
    BOX_S,
    LAST,
    LENGTH,
    WIDTH,
    Occupancy,
    Places,
)

ROOM_SPEED = 3.0  # a slower vehicle beyond the junction may stop there [m/s]
ROOM = 1.5  # left in front and behind [m]


@njit(cache=True, _nrt=False)
def taker_of_room(
    lanes: DriverLanes, occupancy: Occupancy, memory: DriverMemory, places: Places, passage: Passage, e: int, a: int
) -> int:
    """Return the vehicle that may stop beyond the junction where a driver needs room, −1 if it will find room.

    All drivers that have been granted their way to the same lane take room there too, wherever they come from.

    Args:
        lanes: The network.
        occupancy: Boxes by lane.
        memory: Decisions.
        places: Where everybody is.
        passage: DriverLanes through junctions.
        e, a: Which driver.
    """
    route = memory.route[e, a]
    need = places.pose[a, LENGTH] + ROOM
    start, last = passage.way[a, ENTER], passage.plan[a, LAST_PLACE]
    for k in range(passage.plan[a, FIRST_PLACE], last + 1):
        start += lanes.lane_length[route[k]]
    beyond = route[last + 1] if last + 1 < ROUTE_LANES else -1
    # A vehicle that is beyond already and may not go on yet will stand at the next junction, however fast it still is.
    after = route[last + 2] if beyond >= 0 and last + 2 < ROUTE_LANES else -1
    short = after >= 0 and lanes.lane_junction[after] >= 0
    taken, taker = 0.0, -1
    for b in range(len(places.seen)):
        if b == a or not places.seen[b] or memory.lane[e, b] < 0 or beyond < 0:
            continue
        granted = memory.choice[e, b, GRANTED]
        if memory.lane[e, b] == beyond:
            if granted < 0 or granted == passage.plan[a, JUNCTION]:
                taken, taker = taken + places.pose[b, LENGTH] + ROOM + 0.5, b
            continue
        if passage.plan[b, LEAVES] == passage.plan[a, JUNCTION]:
            place = passage.plan[b, LEAVES_LAST] + 1
        elif granted == passage.plan[a, JUNCTION] and passage.plan[b, JUNCTION] == granted:
            place = passage.plan[b, LAST_PLACE] + 1
        else:
            continue
        if place >= ROUTE_LANES:
            continue
        follows = memory.lane[e, b] == memory.lane[e, a] and memory.s[e, b] < memory.s[e, a]
        if memory.route[e, b, place] == beyond and not follows:
            need += places.pose[b, LENGTH] + ROOM + 0.5
            taker = b
    if short and taker >= 0 and taken + need > lanes.lane_length[beyond]:
        return taker
    exit_start = start
    for k in range(passage.plan[a, LAST_PLACE] + 1, ROUTE_LANES):
        lane = route[k]
        if lane < 0 or start > exit_start + need + 10.0:
            return -1
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
                    return b
            entry = occupancy.following[entry]
        start += lanes.lane_length[lane]
    return -1
