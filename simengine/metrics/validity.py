"""Whether an episode says anything about the ego: not where its hazard came to grief without the ego's doing.

Watched are the actors of hazardous events and those that an event names for the ego to heed. They come to grief when
they fall, or when touches by anything but what they drop have changed their speed by `GRIEF`. Whatever happens to an
actor once the ego has touched it, however lightly, or has touched what then touches it, may be of the ego's doing: it
is watched no longer. An ego that has failed a criterion before is judged by that, whatever happens to the hazard later.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from simengine.core.space.geometry import rotate, yaw_from_quaternion
from simengine.core.space.plan_view import UPRIGHT
from simengine.core.state import EGO, ActorKind, ActorTable, WorldState
from simengine.physics.backend import Contact

TUMBLING = (ActorKind.CARGO, ActorKind.CONE)  # what tumbles has not come to grief
_SECOND = 1e-9
GRIEF = 0.1  # change of a hazardous actor's speed by all touches together: a brush of a mirror is less [m/s]


class Hazard(NamedTuple):
    """One actor of an event that is marked as a hazard."""

    name: str  # of the event
    actor: int  # index of who acts, or whom the ego has to heed
    actor_name: str
    loads: frozenset[int]  # what the event drops, and so may be touched


class HazardWatch:
    """Watches the hazardous actors until the ego has touched them, has failed or has left them behind.

    Args:
        hazards: The scenario's; those whose actor is the ego are its own to bear.
        names: Actors' names by index.
    """

    def __init__(self, hazards: list[Hazard], names: dict[int, str]) -> None:
        self._watched = [hazard for hazard in hazards if hazard.actor != EGO]
        self._names = names
        self._shaken: dict[int, float] = {}  # change of speed by touches until now, by actor [m/s]
        self._moved: set[int] = set()  # identities of whom the ego touched, or one that it may so have moved
        self.reason = ""  # why the episode is invalid, "" if it is not

    def update(
        self,
        time_ns: int,
        actors: ActorTable,
        state: WorldState,
        contacts: list[Contact],
        fired: frozenset[str],
        has_failed: Callable[[], bool],
    ) -> None:
        """Look at one control step.

        Args:
            time_ns: Now [ns].
            actors: What they are.
            state: Now.
            contacts: Since the last step, in order of their ticks.
            fired: Events that have been set off.
            has_failed: Whether the ego had failed a criterion by the step before; asked once a hazard came to grief.
        """
        if self.reason or not self._watched:
            return
        grief = self._find_grief(actors, state, contacts)
        if grief is not None:
            if not has_failed():
                self._tell(*grief, fired, time_ns)
            self._watched = []
        self._watched = [h for h in self._watched if h.name not in fired or not _is_behind(actors, state, h.actor)]

    def _find_grief(self, actors: ActorTable, state: WorldState, contacts: list[Contact]) -> tuple[Hazard, str] | None:
        """Return which hazard came to grief first and how, without the ego's doing."""
        for contact in contacts:
            pair = (contact.actor, contact.other)
            self._note_moved(state, pair)
            if contact.impulse <= 0.0:
                continue
            for actor in {hazard.actor for hazard in self._watched}.intersection(pair):
                other = contact.other if contact.actor == actor else contact.actor
                hazards = [h for h in self._watched if h.actor == actor and other not in h.loads]
                if hazards and self._shake(actors, actor, contact.impulse) >= GRIEF:
                    return hazards[0], f"touched {self._name(state, other)}"
        for hazard in self._watched:
            a = hazard.actor
            if not state.valid[0, a] or actors.kind[0, a] in TUMBLING:
                continue
            if rotate(*state.orientation[0, a].tolist(), 0.0, 0.0, 1.0)[2] < UPRIGHT:
                return hazard, "fell"
        return None

    def _name(self, state: WorldState, actor: int) -> str:
        """Say whom a hazard met: by name, or by the id that labels have, not by its slot."""
        if actor < 0:
            return "the scenery"
        return self._names.get(actor, f"actor {int(state.identity[0, actor])}")

    def _note_moved(self, state: WorldState, pair: tuple[int, int]) -> None:
        """Note whom the ego may have moved: a touch without an impulse counts, since it parts those that overlap."""
        if min(pair) < 0:
            return
        who = {int(state.identity[0, a]) for a in pair}
        if EGO in pair or not self._moved.isdisjoint(who):
            self._moved |= who
            self._watched = [h for h in self._watched if int(state.identity[0, h.actor]) not in self._moved]

    def _shake(self, actors: ActorTable, actor: int, impulse: float) -> float:
        """Add a touch to what touches have changed of an actor's speed; returns the sum [m/s]."""
        mass = float(actors.mass[0, actor])
        self._shaken[actor] = self._shaken.get(actor, 0.0) + (impulse / mass if mass > 0.0 else math.inf)
        return self._shaken[actor]

    def _tell(self, hazard: Hazard, what: str, fired: frozenset[str], time_ns: int) -> None:
        when = "after" if hazard.name in fired else "before"
        self.reason = (
            f"{hazard.actor_name} {what} at {time_ns * _SECOND:.2f} s, {when} {hazard.name} fired and "
            "not because the ego touched it"
        )


def _is_behind(actors: ActorTable, state: WorldState, actor: int) -> bool:
    """Return whether an actor lies wholly behind the ego."""
    if not state.valid[0, actor]:
        return False
    yaw = yaw_from_quaternion(*(float(q) for q in state.orientation[0, EGO]))
    dx, dy, _ = (state.position[0, actor] - state.position[0, EGO]).tolist()
    size = np.array([actors.length[0, actor], actors.width[0, actor], actors.height[0, actor]])
    ahead = dx * math.cos(yaw) + dy * math.sin(yaw)
    return ahead + 0.5 * float(np.sqrt((size * size).sum())) < -0.5 * float(actors.length[0, EGO])
