"""Contacts of single ticks joined to one for as long as a pair touches: what labels tell and criteria judge."""

from dataclasses import dataclass

from simengine.physics.backend import Contact

JOIN_GAP = 0.5  # touches of one pair that are closer in time are one [s]


@dataclass(slots=True)
class JoinedContact:
    """Two that touch, from the first tick to the last so far; it grows while they go on touching."""

    actor: int
    other: int  # −1: scenery
    first_tick: int
    last_tick: int
    position: tuple[float, float, float]  # of the hardest touch, world [m]
    hardest: float  # impulse of that touch [N s]
    impulse: float  # sum along the normal [N s]
    closing_speed: float  # at the first touch [m/s]


class ContactJoiner:
    """Takes in contacts in order of their ticks and tells of each which joined one it belongs to.

    Args:
        rate_hz: Physics rate [Hz].
    """

    def __init__(self, rate_hz: int) -> None:
        self.joined: list[JoinedContact] = []  # in order of their first ticks
        self._gap = round(JOIN_GAP * rate_hz)
        self._latest: dict[tuple[int, int], JoinedContact] = {}

    def add(self, contact: Contact) -> JoinedContact:
        """Return the joined contact that one is part of from now on."""
        a, b = contact.actor, contact.other
        pair = (a, b) if b < 0 or a < b else (b, a)
        joined = self._latest.get(pair)
        if joined is None or contact.tick - joined.last_tick > self._gap:
            joined = JoinedContact(
                *pair, contact.tick, contact.tick, contact.position, contact.impulse, contact.impulse,
                contact.closing_speed,
            )  # fmt: skip
            self._latest[pair] = joined
            self.joined.append(joined)
            return joined
        joined.last_tick = contact.tick
        joined.impulse += contact.impulse
        if contact.impulse > joined.hardest:
            joined.hardest, joined.position = contact.impulse, contact.position
        if contact.tick == joined.first_tick:
            joined.closing_speed = max(joined.closing_speed, contact.closing_speed)
        return joined
