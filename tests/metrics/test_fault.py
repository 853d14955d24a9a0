"""Whose fault a contact is: struck while standing, from behind, or one's own."""

import pytest

from simengine.core.geometry import quaternion_from_euler
from simengine.core.state import EGO, empty_actors, empty_state
from simengine.metrics.criteria import NoCollision
from simengine.metrics.fault import Fault, FaultWatch
from simengine.physics.backend import Contact
from simengine.scenario.spec import criteria as specs

FRONT, REAR, LEFT, CORNER = (2.2, 0.3, 0.5), (-2.2, 0.3, 0.5), (0.3, 0.88, 0.5), (-2.2, 0.85, 0.5)
# From the other to the ego.
NORMAL = {CORNER: (0.0, -1.0, 0.0), FRONT: (-1.0, 0.0, 0.0), REAR: (1.0, 0.0, 0.0), LEFT: (0.0, -1.0, 0.0)}


def drive(steps, watch=None):
    """Let a watch see steps of (time [s], speed [m/s], place of a contact with actor 1 or None); return the faults."""
    actors, state = empty_actors(1, 2), empty_state(1, 2)
    actors.length[0], actors.width[0] = 4.5, 1.8
    state.orientation[0, EGO] = quaternion_from_euler(0.0, 0.0, 0.0)
    watch, found = watch or FaultWatch(), []
    for time, speed, place in steps:
        state.velocity[0, EGO, 0] = speed
        contacts = [] if place is None else [Contact(0, 0, EGO, 1, place, NORMAL[place], 800.0, 4.0)]
        found += watch.update(round(time * 1e9), actors, state, contacts, 0.0)
    return [impact.fault for impact in found]


@pytest.mark.parametrize("place", [FRONT, REAR, LEFT])
def test_an_ego_that_has_stood_for_a_second_is_struck(place):
    assert drive([(0.0, 0.0, None), (0.5, 0.0, None), (1.0, 0.05, None), (1.05, 2.0, place)]) == [Fault.STANDING]


def test_an_ego_that_stopped_just_before_is_not_excused():
    assert drive([(0.0, 5.0, None), (0.5, 0.0, None), (1.0, 0.0, LEFT)]) == [Fault.OWN]


def test_a_moving_ego_is_struck_from_behind_but_runs_into_what_is_ahead_or_beside():
    for place, fault in ((REAR, Fault.BEHIND), (FRONT, Fault.OWN), (LEFT, Fault.OWN), (CORNER, Fault.OWN)):
        assert drive([(0.0, 10.0, None), (0.05, 10.0, place)]) == [fault]


def test_an_ego_that_backs_up_hits_with_its_rear_itself():
    assert drive([(0.0, -2.0, None), (0.05, -1.0, REAR)]) == [Fault.OWN]


def test_what_the_ego_is_pushed_into_belongs_to_the_blow_for_two_seconds():
    blow = [(0.0, 8.0, None), (0.05, 9.0, REAR)]
    assert drive([*blow, (1.5, 9.0, FRONT)]) == [Fault.BEHIND, Fault.PUSHED]
    assert drive([*blow, (2.5, 9.0, FRONT)]) == [Fault.BEHIND, Fault.OWN]


def test_what_an_ego_that_stood_is_pushed_into_belongs_to_the_blow():
    stood = [(0.0, 0.0, None), (1.0, 0.0, None), (1.1, 3.0, LEFT), (1.6, 2.0, FRONT)]
    assert drive(stood) == [Fault.STANDING, Fault.PUSHED]


@pytest.mark.parametrize(("at_fault_only", "passed"), [(True, True), (False, False)])
def test_no_collision_says_that_the_ego_was_struck_while_standing(at_fault_only, passed):
    from tests.metrics.test_criteria import contact, view

    spec = specs.NoCollision(kind="no_collision", min_impulse=0.0, at_fault_only=at_fault_only)
    criterion = NoCollision(spec)
    for k in range(12):
        hit = [contact(1, 0, 900.0)] if k == 11 else []
        criterion.update(view(0.1 * k, speed=0.0, contacts=hit))
    found = criterion.result("no_collision")
    assert found.passed is passed
    assert found.reason == "struck while standing, 900 N s at 3.0 m/s" and found.actors == (EGO, 1)
