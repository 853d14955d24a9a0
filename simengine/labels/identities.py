"""From slots of the state's arrays to the ids that episodes carry; see `WorldState.identity`.

Sensors and physics go by slot. What is told to the outside goes by id: labels, masks, points, tracks, collisions.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError
from simengine.core.state import WorldState
from simengine.physics.backend import Contact
from simengine.sensors.base.sensor import FIRST_STATIC, Frame, actor_instance


def instances_of(identity: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the instance id of whoever is in each slot. Shape (num_actors,).

    Raises:
        ScenarioError: More actors took part than there are instance ids for.
    """
    instance = actor_instance(identity.astype(np.int32))
    if len(instance) and int(instance.max()) >= FIRST_STATIC:
        raise ScenarioError(
            f"more than {FIRST_STATIC - 1} actors took part, more than masks and points have instance ids for; shorten "
            "scenario.duration, lower traffic.inflow or leave sensors out (sensors=none)"
        )
    return instance


def identified(instance: NDArray, identity: NDArray[np.int32]) -> NDArray:
    """Return instance ids in which slots are replaced by who is in them; an array of the same type and shape.

    Args:
        instance: 0, 1 + slot, or of the scenery.
        identity: Of each slot. Shape (num_actors,).
    """
    count = len(identity)
    if np.array_equal(identity, np.arange(count)):
        return instance
    table = np.arange(FIRST_STATIC, dtype=instance.dtype)
    table[1 : count + 1] = instances_of(identity)
    out = instance.copy()
    actors = instance < FIRST_STATIC
    out[actors] = table[instance[actors]]
    return out


def identify(frame: Frame, identity: NDArray[np.int32]) -> Frame:
    """Return a frame whose instance ids say who was seen rather than in which slot; see `identified`."""
    if np.array_equal(identity, np.arange(len(identity))) or "instance" not in frame.channels:
        return frame
    channels = dict(frame.channels)
    channels["instance"] = identified(channels["instance"], identity)
    if "expected_hits" in channels:
        rows = channels["expected_hits"].copy()
        rows[:, 0] = identified(rows[:, 0], identity)
        channels["expected_hits"] = rows[np.argsort(rows[:, 0], kind="stable")]
    return frame._replace(channels=channels)


def identified_contact(contact: Contact, identity: NDArray[np.int32]) -> Contact:
    """Return a contact between ids instead of slots."""
    other = int(identity[contact.other]) if contact.other >= 0 else contact.other
    return contact._replace(actor=int(identity[contact.actor]), other=other)


def slots_of(states: Sequence[WorldState], num_actors: int) -> NDArray[np.int64]:
    """Return the slot in which each id of world 0 was, in order of the ids. Shape (num_ids,), at least num_actors."""
    found = np.arange(num_actors)
    for state in states:
        found = joined_slots(found, state.identity[0])
    return found


def joined_slots(slots: NDArray[np.int64], identity: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the slots of ids with those of one more moment; the same array if it brings no new id.

    Args:
        slots: Of the ids so far. Shape (num_ids,).
        identity: Of each slot now. Shape (num_actors,).
    """
    most = int(identity.max(initial=-1)) + 1
    if most <= len(slots):
        return slots
    more = np.concatenate([slots, np.zeros(most - len(slots), np.int64)])
    new = np.flatnonzero(identity >= len(slots))
    more[identity[new]] = new
    return more
