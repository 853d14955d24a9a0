"""Whether an episode says anything about the ego: not where its hazard came to grief before the ego was involved."""

import math
from typing import NamedTuple

import numpy as np

from simengine.core.geometry import rotate, yaw_from_quaternion
from simengine.core.plan_view import UPRIGHT
from simengine.core.state import EGO, ActorKind, ActorTable, WorldState
from simengine.physics.backend import Contact

_LIES_ANYWAY = (ActorKind.CARGO, ActorKind.CONE)  # what tumbles has not come to grief
_SECOND = 1e-9


class Hazard(NamedTuple):
    """An event that is marked as a hazard."""

    name: str  # of the event
    actor: int  # index of who acts
    actor_name: str
    loads: frozenset[int]  # what it drops itself, and so may touch


class HazardWatch:
    """Watches the hazardous actors until the ego touches something or has left them behind.

    Args:
        hazards: The scenario's; those whose actor is the ego are its own to bear.
        names: Actors' names by index.
    """

    def __init__(self, hazards: list[Hazard], names: dict[int, str]) -> None:
        self._watched = [hazard for hazard in hazards if hazard.actor != EGO]
        self._names = names
        self.reason = ""  # why the episode is invalid, "" if it is not

    def update(
        self, time_ns: int, actors: ActorTable, state: WorldState, contacts: list[Contact], fired: frozenset[str]
    ) -> None:
        """Look at one control step.

        Args:
            time_ns: Now [ns].
            actors: What they are.
            state: Now.
            contacts: Since the last step, in order of their ticks.
            fired: Events that have been set off.
        """
        if self.reason or not self._watched:
            return
        for contact in contacts:
            if contact.impulse <= 0.0:
                continue
            if EGO in (contact.actor, contact.other):
                self._watched = []
                return
            for hazard in self._watched:
                if hazard.actor not in (contact.actor, contact.other):
                    continue
                other = contact.other if contact.actor == hazard.actor else contact.actor
                if other not in hazard.loads:
                    whom = self._names.get(other, f"actor {other}") if other >= 0 else "the scenery"
                    self._tell(hazard, fired, f"touched {whom}", time_ns)
                    return
        for hazard in self._watched:
            a = hazard.actor
            if not state.valid[0, a] or actors.kind[0, a] in _LIES_ANYWAY:
                continue
            if rotate(*state.orientation[0, a].tolist(), 0.0, 0.0, 1.0)[2] < UPRIGHT:
                self._tell(hazard, fired, "fell", time_ns)
                return
        self._watched = [h for h in self._watched if h.name not in fired or not _is_behind(actors, state, h.actor)]

    def _tell(self, hazard: Hazard, fired: frozenset[str], what: str, time_ns: int) -> None:
        when = "after" if hazard.name in fired else "before"
        self.reason = (
            f"{hazard.actor_name} {what} at {time_ns * _SECOND:.2f} s, {when} {hazard.name} fired and "
            "before the ego touched anything"
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
