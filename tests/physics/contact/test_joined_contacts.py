"""Contacts of ticks joined while a pair touches."""

from simengine.physics.backend import Contact
from simengine.physics.contact.joined_contacts import ContactJoiner


def _touch(tick, impulse, actor=0, other=3):
    return Contact(0, tick, actor, other, (impulse, 0.0, 0.0), (1.0, 0.0, 0.0), impulse, 2.0)


def test_a_joined_contact_grows_while_the_pair_touches_whoever_is_named_first():
    joiner = ContactJoiner(120)
    first = joiner.add(_touch(5, 10.0))
    assert first.impulse == 10.0
    assert joiner.add(_touch(65, 30.0, actor=3, other=0)) is first
    assert (first.impulse, first.first_tick, first.last_tick, first.position[0]) == (40.0, 5, 65, 30.0)


def test_half_a_second_without_touch_and_another_pair_begin_anew():
    joiner = ContactJoiner(120)
    first = joiner.add(_touch(5, 10.0))
    assert joiner.add(_touch(66, 30.0)) is not first and joiner.add(_touch(6, 30.0, other=-1)) is not first
    assert [one.impulse for one in joiner.joined] == [10.0, 30.0, 30.0]
