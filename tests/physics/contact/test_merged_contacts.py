"""Contact points of a tick merge to one contact per pair, seen from the lower actor."""

import numpy as np
import pytest

from simengine.physics.bullet.bodies import empty_bodies
from simengine.physics.contact.merged_contacts import ContactSums

GROUND, WALL = 0, 1
ACTORS = {7: 0, 5: 1}  # body → actor: the lower actor has the later body


def point(first, second, place, normal, force, distance=-0.001):
    """Build a contact point as PyBullet lists it; the normal points from the second body to the first."""
    return (0, first, second, -1, -1, place, place, normal, distance, force, 0.0, (0.0,) * 3, 0.0, (0.0,) * 3)


def sums():
    bodies = empty_bodies(2)
    bodies["velocity"][0] = (10.0, 0.0, 0.0)
    bodies["angular_velocity"][0] = (0.0, 0.0, 2.0)
    bodies["position"][0] = (0.0, 0.0, 0.0)
    bodies["velocity"][1] = (4.0, 0.0, 0.0)
    return ContactSums(ACTORS, {GROUND}, bodies)


def test_points_of_a_pair_merge_by_impulse_and_normal_points_to_the_lower_actor():
    touches = sums()
    touches.add([
        point(5, 7, (2.0, 1.0, 0.5), (1.0, 0.0, 0.0), 3000.0), point(5, 7, (2.0, -1.0, 0.5), (1.0, 0.0, 0.0), 1000.0)
    ], 0.01)  # fmt: skip
    (contact,) = touches.contacts(17)
    assert (contact.env, contact.tick, contact.actor, contact.other) == (0, 17, 0, 1)
    assert contact.impulse == pytest.approx(40.0)
    assert contact.position == pytest.approx((2.0, 0.5, 0.5), abs=1e-6)
    assert contact.normal == pytest.approx((-1.0, 0.0, 0.0))
    # Actor 0 closes at 10 − 4, less what its turning takes at the left point and adds at the right one.
    assert contact.closing_speed == pytest.approx(0.75 * (6.0 - 2.0) + 0.25 * (6.0 + 2.0))


def test_scenery_is_minus_one_and_ground_is_left_out():
    touches = sums()
    touches.add([point(WALL, 7, (1.0, 0.0, 0.5), (1.0, 0.0, 0.0), 500.0),
                 point(GROUND, 5, (1.0, 0.0, 0.0), (0.0, 0.0, -1.0), 900.0)], 0.01)  # fmt: skip
    (contact,) = touches.contacts(1)
    assert (contact.actor, contact.other) == (0, -1)
    assert contact.normal == (-1.0, 0.0, 0.0)
    assert contact.closing_speed == pytest.approx(10.0)


def test_point_ahead_of_touch_without_push_is_none():
    touches = sums()
    touches.add([point(7, 5, (1.0, 0.0, 0.5), (-1.0, 0.0, 0.0), 0.0, distance=0.01)], 0.01)
    assert touches.contacts(1) == []


def test_impulses_add_over_steps_and_the_closing_speed_is_that_of_the_first():
    touches = sums()
    touches.add([point(7, 5, (1.0, 0.0, 0.5), (-1.0, 0.0, 0.0), 1000.0)], 0.01)
    touches._bodies["velocity"][0] = np.zeros(3)
    touches.add([point(7, 5, (1.0, 0.0, 0.5), (-1.0, 0.0, 0.0), 500.0)], 0.01)
    (contact,) = touches.contacts(1)
    assert contact.impulse == pytest.approx(15.0)
    assert contact.closing_speed == pytest.approx(6.0)
