"""Contacts of ticks joined to collisions."""

import pytest

from simengine.labels.collisions import join_contacts
from simengine.physics.backend import Contact


def _touch(tick, actor=0, other=3, impulse=10.0, closing=2.0, x=0.0, env=0):
    return Contact(env, tick, actor, other, (x, 0.0, 0.0), (1.0, 0.0, 0.0), impulse, closing)


def test_neighboring_ticks_of_a_pair_are_one_collision():
    contacts = [_touch(120, impulse=100.0, closing=9.0), _touch(121, impulse=300.0, closing=4.0, x=5.0), _touch(122)]
    (collision,) = join_contacts(contacts, 120)
    assert (collision.actor, collision.other) == (0, 3)
    assert (collision.start_ns, collision.end_ns) == (1_000_000_000, 1_016_666_667)
    assert collision.impulse == pytest.approx(410.0)
    assert collision.closing_speed == 9.0
    assert collision.position == (5.0, 0.0, 0.0)


def test_order_of_the_pair_does_not_matter():
    (collision,) = join_contacts([_touch(5, actor=3, other=0), _touch(6, actor=0, other=3)], 120)
    assert (collision.actor, collision.other) == (0, 3)


def test_long_gap_makes_two_collisions():
    collisions = join_contacts([_touch(10), _touch(60), _touch(300)], 120)
    assert [(c.start_ns, c.end_ns) for c in collisions] == [(83_333_333, 500_000_000), (2_500_000_000, 2_500_000_000)]


def test_scenery_and_other_actors_are_apart_and_other_worlds_left_out():
    contacts = [_touch(9, actor=2, other=-1), _touch(4, actor=2, other=5), _touch(4, actor=2, other=6, env=1)]
    assert [(c.actor, c.other) for c in join_contacts(contacts, 120)] == [(2, 5), (2, -1)]
    assert join_contacts([], 120) == []
