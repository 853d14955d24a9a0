"""Contacts of single ticks joined to collisions."""

from collections.abc import Iterable

from simengine.core.history import time_of_tick
from simengine.labels.annotation import Collision
from simengine.physics.backend import Contact

JOIN_GAP = 0.5  # touches of one pair that are closer in time are one collision [s]


def join_contacts(contacts: Iterable[Contact], rate_hz: int, env: int = 0) -> list[Collision]:
    """Join the contacts of each pair to collisions, in order of their start.

    Args:
        contacts: Of all ticks.
        rate_hz: Physics rate [Hz].
        env: The world whose contacts count.
    """
    pairs: dict[tuple[int, int], list[Contact]] = {}
    for contact in contacts:
        if contact.env == env:
            a, b = contact.actor, contact.other
            pairs.setdefault((a, b) if b < 0 or a < b else (b, a), []).append(contact)
    gap = round(JOIN_GAP * rate_hz)
    collisions: list[Collision] = []
    for (actor, other), touches in pairs.items():
        touches.sort(key=lambda contact: contact.tick)
        group = [touches[0]]
        for touch in [*touches[1:], None]:
            if touch is not None and touch.tick - group[-1].tick <= gap:
                group.append(touch)
                continue
            first = [contact for contact in group if contact.tick == group[0].tick]
            collisions.append(Collision(
                start_ns=time_of_tick(group[0].tick, rate_hz),
                end_ns=time_of_tick(group[-1].tick, rate_hz),
                actor=actor,
                other=other,
                position=max(group, key=lambda contact: contact.impulse).position,
                impulse=sum(contact.impulse for contact in group),
                closing_speed=max(contact.closing_speed for contact in first),
            ))
            if touch is not None:
                group = [touch]
    return sorted(collisions, key=lambda collision: (collision.start_ns, collision.actor, collision.other))
