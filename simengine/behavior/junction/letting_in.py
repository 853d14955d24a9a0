"""Who has waited so long before a junction that those with right of way let it in.

A driver without right of way goes in a gap that the others do not notice. A truck on the way out of a side street needs
nine seconds, and on a busy road there is no such gap for minutes. People do not watch that for ever: somebody who still
has to ask for the way himself waits and lets the other go first. Vehicles that have been granted their way, or wait
inside the junction, or as long before it, do not; nor does a driver under test, and it does not expect it of others, of
whom it cannot know. Nor is anybody let in while the way is taken by those who will not wait: that would hold up the
others for nothing.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import DriverMemory
from simengine.behavior.junction.path_through import DUE, KNOWN, Passage
from simengine.behavior.junction.right_of_way import PROVISIONAL, STANDING, first_obstacle
from simengine.behavior.junction.room_beyond import taker_of_room
from simengine.behavior.junction.wait_cycles import asks_in_vain
from simengine.behavior.lanes.lane_rules import Conflicts, DriverLanes
from simengine.behavior.lanes.occupancy import SPEED, Occupancy, Places

LET_IN = 30.0  # after standing for so long a driver is let in [s]


@njit(cache=True, _nrt=False)
def mark_due(
    lanes: DriverLanes,
    conflicts: Conflicts,
    occupancy: Occupancy,
    memory: DriverMemory,
    places: Places,
    passage: Passage,
    obeys: NDArray[np.bool_],
    e: int,
) -> None:
    """Mark the drivers that are to be let in: first before a junction with room beyond it, and standing for long.

    Args:
        lanes, conflicts: The network.
        occupancy: Boxes by lane.
        memory: Decisions.
        places: Where the actors are.
        passage: DriverLanes through the junctions; `DUE` is written.
        obeys: Drivers that ask for the way. Shape (num_actors,).
        e: World.
    """
    passage.flag[:, DUE] = False
    for a in range(len(places.seen)):
        if not places.seen[a] or memory.waiting[e, a] <= LET_IN or places.pose[a, SPEED] >= STANDING:
            continue
        if not passage.flag[a, KNOWN] or not asks_in_vain(memory, places, passage, obeys, e, a):
            continue
        if taker_of_room(lanes, occupancy, memory, places, passage, e, a) >= 0:
            continue
        passage.flag[a, DUE] = True  # those who let it in are no obstacle
        _, _, _, b = first_obstacle(lanes, conflicts, memory, places, passage, obeys, PROVISIONAL, True, e, a)
        passage.flag[a, DUE] = b < 0 or passage.flag[b, KNOWN]
