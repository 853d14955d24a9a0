"""A verdict follows from its criteria and says why."""

from simengine.metrics.verdict import CriterionResult, Verdict


def test_a_failed_criterion_fails_the_episode_and_is_named_with_time_actor_and_value():
    verdict = Verdict(
        (
            CriterionResult("speed_limit", True, -1, (), 3.0, ""),
            CriterionResult("no_collision", False, 4_320_000_000, (0, 3), 812.0, "812 N s"),
            CriterionResult("red_light", None, -1, (), None, "no signal"),
        )
    )
    assert verdict.passed is False
    assert str(verdict) == "failed: no_collision at 4.32 s with actor 3, 812 N s"
    assert verdict.reason == "no_collision at 4.32 s with actor 3, 812 N s"


def test_actors_go_by_their_names_where_these_are_known():
    named = CriterionResult("no_collision", False, 4_320_000_000, (0, 3), 812.0, "812 N s", ("load_2 (cargo)",))
    assert named.description == "no_collision at 4.32 s with load_2 (cargo), 812 N s"
    two = CriterionResult("apart", False, -1, (0, 3, 4), None, "", ("a (car)", "b (truck)"))
    assert two.description == "apart with a (car), b (truck)"


def test_the_earliest_failure_decides_and_one_without_a_moment_comes_last():
    verdict = Verdict(
        (
            CriterionResult("reach_goal", False, -1, (0,), 12.0, "12 m short"),
            CriterionResult("min_ttc", False, 3_000_000_000, (0, 2), 0.8, "0.80 s"),
            CriterionResult("no_collision", False, 2_000_000_000, (0, -1), 5.0, "5 N s"),
        )
    )
    assert verdict.decisive.name == "no_collision"
    assert str(verdict) == "failed: no_collision at 2.00 s with the scenery, 5 N s"


def test_no_applicable_criterion_is_neither_passed_nor_failed():
    assert Verdict(()).passed is None
    not_applicable = Verdict((CriterionResult("red_light", None, -1, (), None, ""),))
    assert not_applicable.passed is None and str(not_applicable) == "not applicable"


def test_passing_prints_as_passed():
    assert str(Verdict((CriterionResult("no_collision", True, -1, (), 0.0, ""),))) == "passed"
