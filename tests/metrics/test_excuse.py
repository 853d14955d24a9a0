"""What another's blow excuses, and what it does not."""

import math

import pytest

from simengine.core.space.geometry import quaternion_from_euler
from simengine.core.state import EGO
from simengine.metrics.criteria import BUILT_IN, conclude, make_criteria
from simengine.metrics.excuse import Excuse
from simengine.physics.backend import Contact
from simengine.scenario.spec import criteria as specs
from simengine.scenario.spec.events import GoalSpec
from tests.metrics.test_criteria import view, watched

MASS = 1500.0  # of the ego [kg]
FAR = GoalSpec(traveled=100.0, exit="any")
SPECS = {
    "no_collision": specs.NoCollision(kind="no_collision", min_impulse=0.0, at_fault_only=True),
    "stay_on_road": specs.StayOnRoad(kind="stay_on_road", margin=0.5),
    "stay_upright": specs.StayUpright(kind="stay_upright"),
    "reach_goal": specs.ReachGoal(kind="reach_goal"),
    "time_limit": specs.TimeLimit(kind="time_limit", limit=1.0),
}
REAR, FRONT = ((-2.2, 0.0, 0.5), (1.0, 0.0, 0.0)), ((2.2, 0.0, 0.5), (-1.0, 0.0, 0.0))


def touch(where, impulse=3000.0, other=1):
    place, normal = where
    return [Contact(0, 0, EGO, other, place, normal, impulse, 4.0)]


def judged(*moments, ends_with=None):
    """Return the results, by name, after moments of (time [s], what differs from an ego that drives at 10 m/s)."""
    criteria = make_criteria(SPECS)
    excuse = Excuse(criteria)
    for moment in watched([view(time, goal=FAR, **{"speed": 10.0, **what}) for time, what in moments]):
        moment.actors.mass[0] = MASS
        excuse.update(MASS, moment.impacts)
        for criterion in criteria.values():
            criterion.update(moment)
    if ends_with is not None:
        excuse.end_early(ends_with)
    verdict = conclude(criteria, excuse=excuse, ended="the run ended", name_of=lambda actor: f"ram_{actor}")
    return {result.name: result for result in verdict.results}


STRUCK = (0.5, {"contacts": touch(REAR)})


def test_who_was_struck_need_not_reach_the_goal_nor_stay_on_the_road():
    found = judged((0.4, {}), STRUCK, (0.9, {"off_lane": 3.0}), (1.2, {"off_lane": 5.0}))
    for name in ("reach_goal", "time_limit", "stay_on_road"):
        assert found[name].passed is None and found[name].time_ns == 500_000_000 and found[name].names == ("ram_1",)
        assert found[name].reason == "struck from behind: from then on it is another's doing"
    assert found["no_collision"].passed is True and found["stay_upright"].passed is True


def test_what_the_ego_had_failed_before_the_blow_stays_failed_as_it_was_then():
    found = judged((0.4, {"off_lane": 0.8}), STRUCK, (0.9, {"off_lane": 5.0}))
    assert found["stay_on_road"].passed is False and found["stay_on_road"].value == 0.8
    late = judged((1.4, {}), (1.5, {"contacts": touch(REAR)}))
    assert late["time_limit"].passed is False and late["reach_goal"].passed is None


def test_what_it_passes_all_the_same_is_passed():
    found = judged((0.4, {}), STRUCK, (0.9, {"traveled": 120.0}))
    assert found["reach_goal"].passed is True and found["stay_on_road"].passed is True


def test_who_is_turned_over_by_another_has_not_overturned_itself():
    def lies(time, contacts=()):
        moment = view(time, contacts=contacts, goal=FAR)
        moment.state.orientation[0, EGO] = quaternion_from_euler(math.radians(80.0), 0.0, 0.0)
        return moment

    for blow, passed in (((), False), (touch(REAR), None)):
        criteria = make_criteria(SPECS)
        excuse = Excuse(criteria)
        for moment in watched([view(0.4), view(0.5, contacts=blow), lies(0.9)]):
            excuse.update(MASS, moment.impacts)
            for criterion in criteria.values():
                criterion.update(moment)
        found = {r.name: r for r in conclude(criteria, excuse=excuse).results}["stay_upright"]
        assert found.passed is passed


def test_the_ego_s_own_collision_excuses_nothing_nor_does_a_blow_that_follows_it():
    found = judged((0.4, {"contacts": touch(FRONT, other=-1)}), STRUCK, (0.9, {"off_lane": 3.0}))
    assert found["stay_on_road"].passed is found["reach_goal"].passed is False


def test_a_brush_excuses_only_what_the_end_of_the_run_leaves_undecided():
    brushed = ((0.4, {}), (0.5, {"contacts": touch(REAR, 10.0)}), (0.9, {"off_lane": 3.0}))
    assert judged(*brushed)["reach_goal"].passed is False  # the run went on to its end
    found = judged(*brushed, ends_with=1)
    assert found["reach_goal"].passed is None and found["stay_on_road"].passed is False
    assert judged(*brushed, ends_with=-1)["reach_goal"].passed is False


@pytest.mark.parametrize("kind", sorted(set(BUILT_IN) - {"no_collision"}))
def test_every_criterion_but_the_collision_itself_can_be_excused(kind):
    settings = {"margin": 0.5, "distance": 6.0, "tolerance": 2.8, "duration": 1.0, "bound": 1.0, "limit": 1.0}
    assert BUILT_IN[kind](type("Spec", (), settings)()).is_excusable
