"""Who has waited so long before a junction that those with right of way let it in.

A driver without right of way goes in a gap that the others do not notice. A truck on the way out of a side street needs
nine seconds, and on a busy road there is no such gap for minutes. People do not watch that for ever: somebody who still
has to ask for the way himself waits and lets the other go first. Vehicles that have been granted their way, or wait
inside the junction, or as long before it, do not; nor does a driver under test, and it does not expect it of others, of
whom it cannot know.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.memory import DriverMemory
from simengine.behavior.occupancy import SPEED, Occupancy, Places
from simengine.behavior.passage import DUE, KNOWN, Passage
from simengine.behavior.precedence import STANDING, taker_of_room
from simengine.behavior.rules import Ways
from simengine.behavior.wait_cycles import asks_in_vain

LET_IN = 30.0  # after standing for so long a driver is let in [s]


@njit(cache=True, _nrt=False)
def mark_due(
    lanes: Ways, occupancy: Occupancy, memory: DriverMemory, places: Places, passage: Passage,
    obeys: NDArray[np.bool_], e: int,
) -> None:
    """Mark the drivers that are to be let in: first before a junction with room beyond it, and standing for long.

    Args:
        lanes: The network.
        occupancy: Boxes by lane.
        memory: Minds.
        places: Where the actors are.
        passage: Ways through the junctions; `DUE` is written.
        obeys: Drivers that ask for the way. Shape (num_actors,).
        e: World.
    """
    passage.flag[:, DUE] = False
    for a in range(len(places.seen)):
        if not places.seen[a] or memory.waiting[e, a] <= LET_IN or places.pose[a, SPEED] >= STANDING:
            continue
        if passage.flag[a, KNOWN] and asks_in_vain(memory, places, passage, obeys, e, a):
            passage.flag[a, DUE] = taker_of_room(lanes, occupancy, memory, places, passage, e, a) < 0
