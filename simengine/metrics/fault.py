"""Whose fault a collision of the ego is, as far as its own motion tells.

After nuPlan's metric of at-fault collisions (Karnchanachari et al., "Towards learning-based planning: the nuPlan
benchmark", ICRA 2024): an ego that is struck while it stands, or from behind, is not at fault; one that runs into
something with its front is. Departures: an ego counts as standing only once it has stood for a second, so that one who
stops in another's way at the last moment does not; side impacts of a moving ego always count, since lanes overlap in
junctions, where nuPlan's test by lanes says little; and what the ego is pushed into counts as what pushed it.
"""

import math
from enum import Enum
from typing import NamedTuple

from simengine.core.geometry import rotate, rotate_inverse, yaw_from_quaternion
from simengine.core.state import EGO, ActorTable, WorldState
from simengine.physics.backend import Contact

STANDING_SPEED = 0.1  # [m/s]
STANDING_TIME = 1.0  # that the ego must have stood before the contact [s]
PUSHED_TIME = 2.0  # after being struck in which further contacts are of that blow [s]


class Fault(Enum):
    """How the ego came to touch something."""

    OWN = ""
    STANDING = "struck while standing"
    BEHIND = "struck from behind"
    PUSHED = "pushed by what struck it"


class Impact(NamedTuple):
    """A contact of the ego."""

    time_ns: int
    contact: Contact
    other: int  # id of whom it touched, −1 for the scenery
    fault: Fault


class FaultWatch:
    """Looks at every control step and tells of each contact of the ego whose fault it is."""

    def __init__(self) -> None:
        self._stood_since = -1  # −1 while it moves [ns]
        self._speed = 0.0  # along its x axis at the last step [m/s]
        self._struck_ns = -1

    def update(
        self, time_ns: int, actors: ActorTable, state: WorldState, contacts: list[Contact], min_impulse: float
    ) -> list[Impact]:
        """Return the contacts of the ego since the last step that are harder than an impulse [N s], in order."""
        touched = [c for c in contacts if EGO in (c.actor, c.other) and c.impulse > min_impulse]
        found = [self._judge(time_ns, actors, state, contact) for contact in touched]
        q, v = state.orientation[0, EGO].tolist(), state.velocity[0, EGO].tolist()
        forward = rotate(*q, 1.0, 0.0, 0.0)
        self._speed = sum(a * b for a, b in zip(forward, v, strict=True))
        if math.hypot(*v) >= STANDING_SPEED:
            self._stood_since = -1
        elif self._stood_since < 0:
            self._stood_since = time_ns
        return found

    def _judge(self, time_ns: int, actors: ActorTable, state: WorldState, contact: Contact) -> Impact:
        other = contact.other if contact.actor == EGO else contact.actor
        identity = int(state.identity[0, other]) if other >= 0 else -1
        fault = Fault.OWN
        if self._struck_ns >= 0 and time_ns - self._struck_ns <= PUSHED_TIME * 1e9:
            fault = Fault.PUSHED
        elif self._stood_since >= 0 and time_ns - self._stood_since >= STANDING_TIME * 1e9:
            fault = Fault.STANDING
        elif other >= 0 and self._from_behind(actors, state, contact, other):
            fault = Fault.BEHIND
        if fault in (Fault.STANDING, Fault.BEHIND):
            self._struck_ns = time_ns
        return Impact(time_ns, contact, identity, fault)

    def _from_behind(self, actors: ActorTable, state: WorldState, contact: Contact, other: int) -> bool:
        """Return whether another runs into the ego's rear while the ego does not back up."""
        q, p = state.orientation[0, EGO].tolist(), state.position[0, EGO].tolist()
        place = [c - o for c, o in zip(contact.position, p, strict=True)]
        x, y, _ = rotate_inverse(*q, *place)
        rear = 0.5 * float(actors.length[0, EGO]) + x
        side = 0.5 * float(actors.width[0, EGO]) - abs(y)
        yaw = yaw_from_quaternion(*q)
        normal = contact.normal if contact.actor == EGO else tuple(-n for n in contact.normal)
        pushes = normal[0] * math.cos(yaw) + normal[1] * math.sin(yaw)
        return self._speed > -STANDING_SPEED and rear < max(0.3, side) and pushes > 0.7
