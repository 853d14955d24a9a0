"""The goal of a planning problem: all its conditions at one moment, and what was missing if none had them."""

import math
import sys

import numpy as np
import pytest

from simengine.metrics.goal import GoalWatch, TimedRegion
from simengine.road.files.recording import GoalRegion

AREA = np.array([[10.0, -2.0], [20.0, -2.0], [20.0, 2.0], [10.0, 2.0]])
FREE = (-math.pi, math.pi), (-math.inf, math.inf)


def timed(heading=FREE[0], velocity=FREE[1], areas=(AREA,), begin=2.0, end=4.0, slack=0.025):
    last = sys.maxsize if end is None else round(end * 1e9)
    region = GoalRegion(0, 0, end is not None, areas, heading, velocity)
    return TimedRegion(region, round(begin * 1e9), last, round(slack * 1e9), True)


def watch(goals, *moments):
    """Return what was found after moments of time [s], x [m], yaw [rad] and speed [m/s]."""
    seen = GoalWatch()
    for time, x, yaw, speed in moments:
        seen.update(goals, round(time * 1e9), x, 0.0, yaw, speed)
    return seen


def test_place_time_heading_and_speed_must_hold_at_once():
    goal = timed(heading=(-0.2, 0.2), velocity=(5.0, 15.0))
    assert watch((goal,), (3.0, 15.0, 0.0, 10.0)).time_ns == 3_000_000_000
    for moment, words in (
        ((3.0, 4.0, 0.0, 10.0), "6.0 m outside its region, at 3.00 s"),
        ((1.0, 15.0, 0.0, 10.0), "in its region, not in its time, at 1.00 s"),
        ((3.0, 15.0, 1.0, 10.0), "a heading of 57°, not -11 to 11°"),
        ((3.0, 15.0, 0.0, 20.0), "with 20.0 m/s, not 5.0 to 15.0 m/s"),
    ):
        found = watch((goal,), moment)
        assert found.time_ns == -1 and words in found.reason() and "2.00 to 4.00 s" in found.reason()


def test_the_reason_tells_what_was_missing_when_least_was():
    goal = timed(velocity=(5.0, 15.0))
    found = watch((goal,), (1.0, 15.0, 0.0, 10.0), (3.0, 15.0, 0.0, 16.0), (5.0, 30.0, 0.0, 10.0))
    assert "16.0 m/s" in found.reason()


def test_any_of_several_goals_will_do_and_a_moment_between_two_steps_counts_for_the_nearer():
    late = timed(areas=(), begin=3.02, end=3.02)
    assert watch((timed(), late), (3.0, 50.0, 0.0, 1.0)).time_ns == 3_000_000_000
    assert watch((late,), (2.99, 50.0, 0.0, 1.0), (3.05, 50.0, 0.0, 1.0)).time_ns == -1


@pytest.mark.parametrize(("heading", "passes"), [((3.0, 3.4), True), ((-3.4, -3.0), True), ((-3.0, 3.0), False)])
def test_headings_count_around_the_circle(heading, passes):
    found = watch((timed(heading=heading),), (3.0, 15.0, math.pi - 0.01, 1.0))
    assert (found.time_ns >= 0) is passes


def test_a_goal_without_time_counts_at_any():
    assert watch((timed(begin=0.0, end=None),), (90.0, 15.0, 0.0, 1.0)).time_ns == 90_000_000_000


@pytest.mark.parametrize(
    ("goal", "x", "settled"),
    [(timed(), 50.0, True), (timed(), 15.0, False), (timed(end=None), 50.0, False), (timed(end=9.0), 50.0, False)],
)
def test_a_goal_is_missed_once_its_time_is_over_and_it_was_not_reached(goal, x, settled):
    from simengine.metrics.criteria import make_criteria
    from simengine.scenario.spec import criteria as specs
    from tests.metrics.test_criteria import view

    criterion = make_criteria({"c": specs.ReachGoal(kind="reach_goal")})["c"]
    for time in (0.0, 3.0, 4.0):
        criterion.update(view(time, pose=(x, 0.0, 0.0))._replace(goals=(goal,)))
        assert not criterion.is_settled
    criterion.update(view(4.1, pose=(x, 0.0, 0.0))._replace(goals=(goal,)))
    assert criterion.is_settled is settled
