"""Who has waited so long before a junction that those with right of way let it in.

A driver without right of way goes in a gap that the others do not notice. A truck on the way out of a side street needs
nine seconds, and on a busy road there is no such gap for minutes. People do not watch that for ever: somebody who still
has to ask for the way himself waits and lets the other go first. Vehicles that have been granted their way, or wait
inside the junction, or as long before it, do not; nor does a driver under test, and it does not expect it of others, of
whom it cannot know. Nor is anybody let in while the way is taken by those who will not wait: that would hold up the
others for nothing.

One that has waited as long for room beyond the junction claims the next that comes free: of the others those that want
the same room, and have not been granted their way yet, leave it to the one that claims it.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.memory import GRANTED, ROUTE_LANES, DriverMemory
from simengine.behavior.occupancy import SPEED, Occupancy, Places
from simengine.behavior.passage import CLAIMS, DUE, JUNCTION, KNOWN, LAST_PLACE, Passage
from simengine.behavior.precedence import PROVISIONAL, STANDING, first_obstacle, stops_gently, taker_of_room
from simengine.behavior.rules import Conflicts, Ways
from simengine.behavior.wait_cycles import asks_in_vain

LET_IN = 20.0  # after standing for so long a driver is let in [s]


@njit(cache=True, _nrt=False)
def mark_due(
    lanes: Ways, conflicts: Conflicts, occupancy: Occupancy, memory: DriverMemory, places: Places, passage: Passage,
    obeys: NDArray[np.bool_], e: int,
) -> None:
    """Mark the drivers that are first before a junction and have stood there for long.

    Those with room beyond it are to be let in, the others claim room.

    Args:
        lanes, conflicts: The network.
        occupancy: Boxes by lane.
        memory: Minds.
        places: Where the actors are.
        passage: Ways through the junctions; `DUE` and `CLAIMS` are written.
        obeys: Drivers that ask for the way. Shape (num_actors,).
        e: World.
    """
    passage.flag[:, DUE] = passage.flag[:, CLAIMS] = False
    for a in range(len(places.seen)):
        if not places.seen[a] or memory.waiting[e, a] <= LET_IN or places.pose[a, SPEED] >= STANDING:
            continue
        if not passage.flag[a, KNOWN] or not asks_in_vain(memory, places, passage, obeys, e, a):
            continue
        passage.flag[a, DUE] = True  # those who let it in are no obstacle
        _, _, _, b = first_obstacle(lanes, conflicts, memory, places, passage, obeys, PROVISIONAL, True, e, a)
        comes = b < 0 or passage.flag[b, KNOWN]
        passage.flag[a, CLAIMS] = comes
        passage.flag[a, DUE] = comes and taker_of_room(lanes, occupancy, memory, places, passage, e, a) < 0


@njit(cache=True, _nrt=False)
def leaves_room(memory: DriverMemory, places: Places, passage: Passage, e: int, a: int) -> bool:
    """Return whether a driver that asks for its way leaves the room beyond the junction to one that claims it.

    Args:
        memory: Minds.
        places: Where the actors are.
        passage: Ways through the junctions, after `mark_due`.
        e, a: Which driver.
    """
    last = passage.plan[a, LAST_PLACE]
    beyond = memory.route[e, a, last + 1] if last + 1 < ROUTE_LANES else -1
    if beyond < 0 or not passage.flag[a, KNOWN] or not stops_gently(places, passage, a):
        return False
    for b in range(len(places.seen)):
        if b == a or not places.seen[b] or not passage.flag[b, CLAIMS] or memory.choice[e, b, GRANTED] >= 0:
            continue
        end = passage.plan[b, LAST_PLACE] + 1
        if passage.plan[b, JUNCTION] != passage.plan[a, JUNCTION] or end >= ROUTE_LANES:
            continue
        if memory.route[e, b, end] != beyond:
            continue
        if not passage.flag[a, CLAIMS] or memory.waiting[e, a] < memory.waiting[e, b]:
            return True
    return False
