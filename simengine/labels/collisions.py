"""Contacts of single ticks joined to collisions."""

from collections.abc import Iterable

from simengine.core.history import time_of_tick
from simengine.labels.annotation import Collision
from simengine.physics.backend import Contact
from simengine.physics.contact.joined_contacts import ContactJoiner


def join_contacts(contacts: Iterable[Contact], rate_hz: int, env: int = 0) -> list[Collision]:
    """Join the contacts of each pair to collisions, in order of their start.

    Args:
        contacts: Of all ticks.
        rate_hz: Physics rate [Hz].
        env: The world whose contacts count.
    """
    joiner = ContactJoiner(rate_hz)
    for contact in sorted((c for c in contacts if c.env == env), key=lambda contact: contact.tick):
        joiner.add(contact)
    collisions = [
        Collision(
            start_ns=time_of_tick(one.first_tick, rate_hz),
            end_ns=time_of_tick(one.last_tick, rate_hz),
            actor=one.actor,
            other=one.other,
            position=one.position,
            impulse=one.impulse,
            closing_speed=one.closing_speed,
        )
        for one in joiner.joined
    ]
    return sorted(collisions, key=lambda collision: (collision.start_ns, collision.actor, collision.other))
