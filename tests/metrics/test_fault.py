"""Whose fault a contact is: struck while standing, from behind, or one's own."""

import pytest

from simengine.core.space.geometry import quaternion_from_euler
from simengine.core.state import EGO, Mobility, empty_actors, empty_state
from simengine.metrics.criteria import NoCollision
from simengine.metrics.fault import Fault, FaultWatch
from simengine.physics.backend import Contact
from simengine.scenario.spec import criteria as specs

RATE = 120  # of the physics [Hz]
FRONT, REAR, LEFT, CORNER = (2.2, 0.3, 0.5), (-2.2, 0.3, 0.5), (0.3, 0.88, 0.5), (-2.2, 0.85, 0.5)
RIGHT = (0.3, -0.88, 0.5)
# From the other to the ego.
NORMAL = {CORNER: (0.0, -1.0, 0.0), FRONT: (-1.0, 0.0, 0.0), REAR: (1.0, 0.0, 0.0), LEFT: (0.0, -1.0, 0.0),
          RIGHT: (0.0, 1.0, 0.0)}  # fmt: skip


def drive(steps, watch=None, impulse=1500.0):
    """Let a watch see steps of (time [s], speed [m/s], place of a contact with actor 1 or None); return the faults.

    A speed may be (ahead, to the left). The ego has 1500 kg.
    """
    actors, state = empty_actors(1, 2), empty_state(1, 2)
    actors.length[0], actors.width[0], actors.mass[0] = 4.5, 1.8, 1500.0
    state.orientation[0, EGO] = quaternion_from_euler(0.0, 0.0, 0.0)
    watch, found = watch or FaultWatch(RATE), []
    for time, speed, place in steps:
        state.velocity[0, EGO, :2] = speed if isinstance(speed, tuple) else (speed, 0.0)
        tick = round(time * RATE)
        contacts = [] if place is None else [Contact(0, tick, EGO, 1, place, NORMAL[place], impulse, 4.0)]
        found += watch.update(round(time * 1e9), actors, state, contacts)
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


BLOW = [(0.0, 8.0, None), (0.05, 9.0, REAR)]


def test_what_the_ego_is_pushed_into_belongs_to_the_blow_while_it_slows_for_two_seconds():
    assert drive([*BLOW, (0.5, 9.0, None), (0.55, 6.0, FRONT)]) == [Fault.BEHIND, Fault.PUSHED]
    assert drive([*BLOW, (1.5, 5.0, None), (1.55, 3.0, FRONT)]) == [Fault.BEHIND, Fault.PUSHED]
    assert drive([*BLOW, (2.5, 4.0, None), (2.55, 3.0, FRONT)]) == [Fault.BEHIND, Fault.OWN]


def test_an_ego_that_drives_on_after_a_blow_runs_into_things_itself():
    assert drive([*BLOW, (1.45, 9.0, None), (1.5, 7.0, FRONT)]) == [Fault.BEHIND, Fault.OWN]


def test_an_ego_that_speeds_up_after_a_blow_runs_into_things_itself():
    """Struck at 10 m/s, it is at 14 m/s when it runs into something 1.85 s later, or at 12 m/s after 0.6 s."""
    struck = [(0.0, 10.0, None), (0.05, 11.0, REAR)]
    assert drive([*struck, (1.85, 14.0, None), (1.9, 10.0, FRONT)]) == [Fault.BEHIND, Fault.OWN]
    assert drive([*struck, (0.6, 12.0, None), (0.65, 10.0, FRONT)]) == [Fault.BEHIND, Fault.OWN]


def test_a_brush_excuses_nothing_that_follows():
    """1 N s changes the speed of 1500 kg by less than 1 mm/s."""
    steps = [(0.0, 9.0, None), (0.05, 9.0, REAR), (0.5, 9.0, None), (0.55, 6.0, FRONT)]
    assert drive(steps, impulse=1.0) == [Fault.BEHIND, Fault.OWN]


def test_many_small_pushes_of_one_actor_add_up():
    steps = [(0.0, 8.0, None), *((0.05 * k, 8.0 + 0.2 * k, REAR) for k in range(1, 6)), (0.5, 8.5, None),
             (0.55, 6.0, FRONT)]  # fmt: skip
    assert drive(steps, impulse=300.0) == [Fault.BEHIND] * 5 + [Fault.PUSHED]
    assert drive(steps, impulse=100.0)[-1] is Fault.OWN


def test_an_ego_that_turns_after_a_blow_runs_into_things_itself():
    assert drive([*BLOW, (0.9, (5.0, 5.0), None), (0.95, (3.0, 3.0), FRONT)]) == [Fault.BEHIND, Fault.OWN]


def test_what_is_struck_in_the_step_of_the_blow_belongs_to_it():
    actors, state, watch = empty_actors(1, 3), empty_state(1, 3), FaultWatch(RATE)
    actors.length[0], actors.width[0], actors.mass[0] = 4.5, 1.8, 1500.0
    state.orientation[0, EGO] = quaternion_from_euler(0.0, 0.0, 0.0)
    state.velocity[0, EGO, 0] = 8.0
    watch.update(0, actors, state, [])
    pairs = ((1, REAR), (2, FRONT))
    contacts = [Contact(0, 0, EGO, other, place, NORMAL[place], 1500.0, 4.0) for other, place in pairs]
    assert [i.fault for i in watch.update(1, actors, state, contacts)] == [Fault.BEHIND, Fault.PUSHED]


def test_what_an_ego_that_stood_is_pushed_into_belongs_to_the_blow():
    stood = [(0.0, 0.0, None), (1.0, 0.0, None), (1.1, 3.0, LEFT), (1.6, 2.0, FRONT)]
    assert drive(stood) == [Fault.STANDING, Fault.PUSHED]


STOOD = [(0.0, 0.0, None), (1.0, 0.0, None)]


@pytest.mark.parametrize(("place", "push"), [(FRONT, (-1.0, 0.0)), (LEFT, (0.0, -1.0)), (REAR, (1.0, 0.0))])
def test_a_blow_that_lasts_stays_what_its_first_touch_was_while_it_makes_the_ego_faster(place, push):
    """A head-on blow of 12 m/s, tick by tick: the ego is at 3 m/s after the second step of it, then at 6.7 m/s."""
    speeds = [0.08, 2.99, 6.69, 6.65, 6.64, 6.64]
    steps = [(1.05 + 0.05 * k, (speed * push[0], speed * push[1]), place) for k, speed in enumerate(speeds)]
    found = drive([*STOOD, *steps], impulse=3000.0)
    assert set(found) <= {Fault.STANDING, Fault.BEHIND} and len(found) == len(steps)


def test_a_blow_too_light_to_push_the_ego_into_anything_is_still_another_s():
    steps = [(1.05 + 0.05 * k, (-0.04 * k, 0.0), FRONT) for k in range(1, 8)]
    assert set(drive([*STOOD, *steps], impulse=60.0)) == {Fault.STANDING}


def test_an_ego_that_drives_into_who_struck_it_does_that_itself():
    """It is struck in front, and 1.5 s later, backing no more, it runs into the same one."""
    steps = [(1.05, (-3.0, 0.0), FRONT), (2.0, (-1.0, 0.0), None), (2.5, (3.5, 0.0), None), (2.55, (3.0, 0.0), FRONT)]
    assert drive([*STOOD, *steps]) == [Fault.STANDING, Fault.OWN]


def test_an_ego_that_speeds_up_while_it_is_touched_runs_into_the_next_itself():
    """A blow of 1 m/s, then a scrape of 2 N s a step, along which the ego speeds up by 4 m/s²."""
    scrape = [(1.1 + 0.05 * k, (1.0 + 0.2 * k, 0.0), LEFT) for k in range(12)]
    watch = FaultWatch(RATE)
    assert drive([*STOOD, (1.05, (1.0, 0.0), LEFT)], watch) == [Fault.STANDING]
    assert drive(scrape, watch, impulse=2.0)[-1] is Fault.STANDING
    assert drive([(1.7, (3.0, 0.0), FRONT)], watch) == [Fault.OWN]


def test_who_is_shoved_along_for_long_and_then_into_something_was_pushed():
    shoved = [(1.05 + 0.05 * k, (0.0, -4.0), LEFT) for k in range(60)]
    watch = FaultWatch(RATE)
    assert set(drive([*STOOD, *shoved], watch, impulse=250.0)) == {Fault.STANDING}
    assert drive([(4.1, (0.0, -2.0), RIGHT)], watch) == [Fault.PUSHED]


def test_who_bounces_off_what_it_was_pushed_into_stays_pushed():
    """Struck from behind it runs into the one ahead, comes back at 1.5 m/s and meets the first one again."""
    steps = [*BLOW, (0.3, 8.0, None), (0.35, 2.0, FRONT), (0.4, (-1.5, 0.0), FRONT), (0.45, (-1.5, 0.0), REAR)]
    assert drive(steps) == [Fault.BEHIND, Fault.PUSHED, Fault.PUSHED, Fault.PUSHED]


@pytest.mark.parametrize(("at_fault_only", "passed"), [(True, True), (False, False)])
def test_no_collision_says_that_the_ego_was_struck_while_standing(at_fault_only, passed):
    from tests.metrics.test_criteria import contact, view, watched

    spec = specs.NoCollision(kind="no_collision", min_impulse=0.0, at_fault_only=at_fault_only)
    criterion = NoCollision(spec)
    hit = [contact(1, 0, 900.0)]
    for moment in watched([view(0.1 * k, speed=0.0, contacts=hit if k == 11 else []) for k in range(12)]):
        criterion.update(moment)
    found = criterion.result("no_collision")
    assert found.passed is passed
    assert found.reason == "struck while standing, 900 N s at 3.0 m/s" and found.actors == (EGO, 1)


@pytest.mark.parametrize(("own", "passed"), [(40.0, True), (60.0, False)])
def test_where_only_faults_count_a_collision_is_as_hard_as_the_touches_that_are_the_egos_own(own, passed):
    """Struck from behind with 900 N s, the ego backs up into the same one with two touches."""
    from tests.metrics.test_criteria import view, watched

    def touch(impulse):
        return [Contact(0, 0, EGO, 1, REAR, NORMAL[REAR], impulse, 3.0)]

    struck, backs_up = (0.1, 5.0, touch(900.0)), ((0.3, -1.0, touch(own)), (0.4, 0.0, touch(own)))
    steps = ((0.0, 5.0, []), struck, (0.2, -1.0, []), *backs_up)
    criterion = NoCollision(specs.NoCollision(kind="no_collision", min_impulse=100.0, at_fault_only=True))
    for moment in watched([view(time, speed, contacts) for time, speed, contacts in steps]):
        moment.actors.mass[0] = 1500.0
        criterion.update(moment)
    found = criterion.result("no_collision")
    assert found.passed is passed and found.value == pytest.approx(900.0 + 2.0 * own)
    assert found.reason.startswith("struck from behind") is passed


def test_a_blow_is_known_to_the_criterion_however_hard_its_bound_is():
    """A blow below the bound pushes the ego into something: the criterion excuses it as the measures do."""
    from tests.metrics.test_criteria import view, watched

    blow = [Contact(0, 0, EGO, 1, REAR, NORMAL[REAR], 900.0, 3.0)]
    into = [Contact(0, 0, EGO, -1, FRONT, NORMAL[FRONT], 2000.0, 3.0)]
    criterion = NoCollision(specs.NoCollision(kind="no_collision", min_impulse=1000.0, at_fault_only=True))
    views = [view(0.0, 5.0), view(0.1, 5.0, blow), view(0.2, 5.0), view(0.3, 4.0, into)]
    for moment in views:
        moment.actors.mass[0] = 1500.0
    for moment in watched(views):
        criterion.update(moment)
    found = criterion.result("no_collision")
    assert found.passed is True and found.reason.startswith("pushed by what struck it, 2000 N s")


@pytest.mark.parametrize(("bound", "passed"), [(0.0, False), (1.0, True)])
def test_who_rolls_over_debris_has_touched_it_though_without_an_impulse(bound, passed):
    from tests.metrics.test_criteria import view, watched

    rolls = [Contact(0, 0, EGO, 1, FRONT, NORMAL[FRONT], 0.0, 15.0)]
    criterion = NoCollision(specs.NoCollision(kind="no_collision", min_impulse=bound, at_fault_only=True))
    views = [view(0.0, 15.0), view(0.1, 15.0, rolls)]
    for moment in views:
        moment.actors.mobility[0, 1] = Mobility.FREE
    for moment in watched(views):
        criterion.update(moment)
    found = criterion.result("no_collision")
    assert found.passed is passed and (passed or found.reason == "0 N s at 15.0 m/s")
