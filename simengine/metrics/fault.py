"""Whose fault a collision of the ego is, as far as its own motion tells.

After nuPlan's metric of at-fault collisions (Karnchanachari et al., "Towards learning-based planning: the nuPlan
benchmark", ICRA 2024): an ego that is struck while it stands, or from behind, is not at fault; one that runs into
something with its front is. Departures: an ego counts as standing only once it has stood for a second, so that one who
stops in another's way at the last moment does not; side impacts of a moving ego always count, since lanes overlap in
junctions, where nuPlan's test by lanes says little; and what the ego is pushed into counts as what pushed it, where
nuPlan, which judges each first contact by itself, blames the ego.

Pushed is an ego only as far as the push explains how it moves. The blow must have changed its speed noticeably. From
then on it must not go faster than right after the blow, must keep the blow's course, and once a driver has had the time
to react, it must have slowed, if only as much as ice allows. An ego that drives on, speeds up or turns into something
after a touch does that itself.

A blow is not over with its first tick: two cars that meet push each other for a tenth of a second, and one that is
shoved along for longer. Touches of it stay what its first one was for as long as the ego does not move towards the
other, and what they change of the ego's speed and course counts as the blow's. So it is with what a pushed ego runs
into and bounces off.
"""

import math
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from simengine.core.space.geometry import rotate, rotate_inverse, yaw_from_quaternion
from simengine.core.state import EGO, ActorTable, Mobility, WorldState
from simengine.physics.backend import Contact
from simengine.physics.contact.joined_contacts import ContactJoiner, JoinedContact

STANDING_SPEED = 0.1  # [m/s]
STANDING_TIME = 1.0  # that the ego must have stood before the contact [s]
PUSHED_TIME = 2.0  # after being struck in which further contacts can be of that blow [s]
NOTICEABLE = 0.5  # change of the ego's speed by a blow from which it can push the ego into something [m/s]
FASTER = 0.25  # than right after the blow a pushed ego is at most: its drive until it is let go of [m/s]
PUSHED_COURSE = math.cos(math.radians(30.0))  # of its course with that right after the blow, at least
CREEPS = 1.0  # slower than this the course of a pushed ego tells nothing [m/s]
STARTLED_TIME = 1.15  # until a careful driver brakes: 0.4 s + 0.75 s (UN R157, Annex 4, Appendix 3) [s]
STARTLED_BRAKING = 1.0  # from then on, what ice holds (friction 0.1) [m/s²]


class Fault(Enum):
    """How the ego came to touch something."""

    OWN = ""
    STANDING = "struck while standing"
    BEHIND = "struck from behind"
    PUSHED = "pushed by what struck it"


@dataclass(slots=True)
class EgoCollision:
    """A collision of the ego, which grows while the touches go on."""

    joined: JoinedContact  # between ids; the label of the collision tells the same
    other: int  # id of whom it touched, −1 for the scenery
    began: Fault  # of its first touch
    own_impulse: float  # sum over the touches that are the ego's own fault [N s]
    is_own: bool  # whether any is: wheels that roll over debris touch it without an impulse


class Impact(NamedTuple):
    """A touch of the ego during a tick."""

    time_ns: int
    contact: Contact
    other: int  # id of whom it touched, −1 for the scenery
    fault: Fault
    collision: EgoCollision  # that it is part of


class FaultWatch:
    """Looks at every control step and tells of each contact of the ego whose fault it is.

    Args:
        rate_hz: Physics rate [Hz].
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._joiner = ContactJoiner(rate_hz)
        self._collisions: dict[int, EgoCollision] = {}  # the latest with each id
        self._stood_since = -1  # −1 while it moves [ns]
        self._speed = 0.0  # along its x axis at the last step [m/s]
        self._velocity = (0.0, 0.0)  # at the last step [m/s]
        self._struck_ns = -1
        self._struck_by = -1  # id of whom the blow was by
        self._struck_as = Fault.OWN  # how the blow began
        self._blow = 0.0  # what the blow has changed of the ego's speed [m/s]
        self._struck_velocity = (0.0, 0.0)  # right after the blow [m/s]

    def update(self, time_ns: int, actors: ActorTable, state: WorldState, contacts: list[Contact]) -> list[Impact]:
        """Return the touches of the ego since the last step, in order; without an impulse only those of loads."""
        found = []
        for contact in contacts:
            if EGO not in (contact.actor, contact.other):
                continue
            other = contact.other if contact.actor == EGO else contact.actor
            identity = int(state.identity[0, other]) if other >= 0 else -1
            joined = self._joiner.add(contact._replace(actor=EGO, other=identity))
            if contact.impulse > 0.0 or (other >= 0 and actors.mobility[0, other] == Mobility.FREE):
                fault = self._judge(time_ns, actors, state, contact, other, joined)
                collision = self._add(joined, identity, fault, contact.impulse)
                found.append(Impact(time_ns, contact, identity, fault, collision))
        q, v = state.orientation[0, EGO].tolist(), state.velocity[0, EGO].tolist()
        forward = rotate(*q, 1.0, 0.0, 0.0)
        self._speed = sum(a * b for a, b in zip(forward, v, strict=True))
        self._velocity = (v[0], v[1])
        if math.hypot(*v) >= STANDING_SPEED:
            self._stood_since = -1
        elif self._stood_since < 0:
            self._stood_since = time_ns
        return found

    def _add(self, joined: JoinedContact, other: int, fault: Fault, impulse: float) -> EgoCollision:
        """Add a touch to the collision that it is part of."""
        collision = self._collisions.get(other)
        if collision is None or collision.joined is not joined:
            collision = self._collisions[other] = EgoCollision(joined, other, fault, 0.0, False)
        if fault is Fault.OWN:
            collision.is_own = True
            collision.own_impulse += impulse
        return collision

    def _judge(
        self, time_ns: int, actors: ActorTable, state: WorldState, contact: Contact, other: int, joined: JoinedContact
    ) -> Fault:
        if self._stood_since >= 0 and time_ns - self._stood_since >= STANDING_TIME * 1e9:
            fault = Fault.STANDING
        elif other >= 0 and self._from_behind(actors, state, contact, other):
            fault = Fault.BEHIND
        else:
            fault = self._of_what_goes_on(time_ns, contact, joined)
            if fault is Fault.OWN and self._is_pushed(time_ns):
                fault = Fault.PUSHED
            if fault is not Fault.OWN and contact.impulse > 0.0:
                self._follow_blow(time_ns, actors, state, contact, joined.other)
            return fault
        if contact.impulse > 0.0:
            self._struck_as = fault
            self._remember_blow(time_ns, actors, state, contact, joined.other)
        return fault

    def _of_what_goes_on(self, time_ns: int, contact: Contact, joined: JoinedContact) -> Fault:
        """Return what a touch goes on from, if another did that and the ego does not move towards it; else its own."""
        x, y, _ = contact.normal if contact.actor == EGO else tuple(-n for n in contact.normal)
        if self._velocity[0] * x + self._velocity[1] * y < -STANDING_SPEED:
            return Fault.OWN
        before = self._collisions.get(joined.other)
        if before is not None and before.joined is joined:
            return before.began if not before.is_own else Fault.OWN
        again = joined.other == self._struck_by and self._is_recent(time_ns)
        return self._struck_as if again else Fault.OWN

    def _remember_blow(self, time_ns: int, actors: ActorTable, state: WorldState, contact: Contact, other: int) -> None:
        """Take in a blow; while the same one goes on pushing, its blows add up."""
        if other != self._struck_by or time_ns - self._struck_ns > PUSHED_TIME * 1e9:
            self._blow = 0.0
        mass = float(actors.mass[0, EGO])
        self._blow += contact.impulse / mass if mass > 0.0 else 0.0
        self._struck_ns, self._struck_by = time_ns, other
        vx, vy, _ = state.velocity[0, EGO].tolist()
        self._struck_velocity = (vx, vy)

    def _follow_blow(self, time_ns: int, actors: ActorTable, state: WorldState, contact: Contact, other: int) -> None:
        """Take in what a touch that is not the ego's fault changes of how a pushed ego moves.

        The ego has become faster by no more than the impulse tells, so one that speeds up while it is touched does that
        itself. Only who struck it, and pushes it harder than it could slow, begins the blow anew.
        """
        mass = float(actors.mass[0, EGO])
        gain = contact.impulse / mass if mass > 0.0 else 0.0
        vx, vy, _ = state.velocity[0, EGO].tolist()
        speed, struck = math.hypot(vx, vy), math.hypot(*self._struck_velocity)
        explained = min(speed, struck + gain)
        if other == self._struck_by:
            self._blow += gain
        if other == self._struck_by and gain * self._rate_hz >= STARTLED_BRAKING:
            self._struck_ns = time_ns
        else:
            explained = max(struck, explained)
        if speed > 0.0:
            self._struck_velocity = (vx / speed * explained, vy / speed * explained)

    def _is_recent(self, time_ns: int) -> bool:
        """Return whether what happens now can be of the last blow."""
        return self._struck_ns >= 0 and time_ns - self._struck_ns <= PUSHED_TIME * 1e9

    def _is_pushed(self, time_ns: int) -> bool:
        """Return whether a blow explains how the ego moved until now."""
        since = (time_ns - self._struck_ns) * 1e-9
        if not self._is_recent(time_ns) or self._blow < NOTICEABLE:
            return False
        if since == 0.0:
            return True
        (vx, vy), (ux, uy) = self._velocity, self._struck_velocity
        speed, struck = math.hypot(vx, vy), math.hypot(ux, uy)
        if speed > struck + FASTER - STARTLED_BRAKING * max(0.0, since - STARTLED_TIME):
            return False
        return speed < CREEPS or vx * ux + vy * uy >= PUSHED_COURSE * speed * struck

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
