"""Each criterion passes, fails and does not apply where it should, and says what decided."""

import math

import numpy as np
import pytest

from simengine.core.errors import ConfigError
from simengine.core.space.geometry import quaternion_from_euler, rotate
from simengine.core.state import EGO, empty_actors, empty_state
from simengine.labels.collisions import join_contacts
from simengine.metrics.criteria import StepView, conclude, make_criteria
from simengine.metrics.fault import FaultWatch
from simengine.physics.backend import Contact
from simengine.road.network.network import SignalColor, Turn
from simengine.road.procedural.kinds import make_intersection
from simengine.scenario.spec import criteria as specs
from simengine.scenario.spec.base import ExtensionSpec, kinds_of
from simengine.scenario.spec.events import GoalSpec

NETWORK = make_intersection(100.0, 1, 3.5, 0.0, 13.89, True, 20.0, 3.0, 2.0)
NO_GOAL = GoalSpec(traveled=0.0, exit="any")
LIMIT = float(NETWORK.lane_speed_limit[NETWORK.stop_lane[0]])


def judge(kind, views, **settings):
    """Return what a criterion found after some views."""
    criterion = make_criteria({"c": _model(kind)(kind=kind, **settings)})["c"]
    for moment in watched(views):
        criterion.update(moment)
    return criterion.result("c")


def watched(views):
    """Yield views with what a watch found of the ego's contacts, at 120 Hz; each contact is of its view's tick."""
    watch = FaultWatch(120)
    for moment in views:
        contacts = [hit._replace(tick=round(moment.time_ns * 120e-9)) for hit in moment.contacts]
        yield moment._replace(impacts=tuple(watch.update(moment.time_ns, moment.actors, moment.state, contacts)))


def _model(kind):
    models = [model for model in vars(specs).values() if isinstance(model, type)]
    return next(model for model in models if kinds_of(model) == (kind,))


def view(time, speed=10.0, contacts=(), off_lane=0.0, traveled=0.0, turns=(), goal=NO_GOAL, ttc=(math.inf, -1),
         pose=(0.0, 0.0, 0.0), red=True, progress=None):  # fmt: skip
    """Return one moment, `time` seconds after the start, of an ego at x, y [m] and yaw [rad]."""
    actors, state = empty_actors(1, 2), empty_state(1, 2)
    actors.length[0], actors.width[0] = 4.5, 1.8
    x, y, yaw = pose
    state.position[0, EGO] = (x, y, 0.75)
    state.orientation[0, EGO] = quaternion_from_euler(0.0, 0.0, yaw)
    state.velocity[0, EGO] = (speed * math.cos(yaw), speed * math.sin(yaw), 0.0)
    colors = np.full(len(NETWORK.signal_name), SignalColor.RED if red else SignalColor.GREEN, np.int32)
    return StepView(
        round(time * 1e9), actors, state, NETWORK, colors, list(contacts), int(NETWORK.stop_lane[0]), off_lane,
        traveled, frozenset(turns), goal, ttc, progress=progress,
    )  # fmt: skip


def contact(actor, other, impulse):
    return Contact(0, 0, actor, other, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), impulse, 3.0)


def approach(red):
    """Return moments in which the ego's front passes the first signal's stop line."""
    line = next(k for k in range(len(NETWORK.stop_lane)) if NETWORK.stop_signal[k] >= 0)
    lane = int(NETWORK.stop_lane[line])
    first, last = int(NETWORK.lane_first_point[lane]), int(NETWORK.lane_first_point[lane + 1])
    point = int(np.searchsorted(NETWORK.point_s[first:last], NETWORK.stop_s[line])) + first - 1
    x, y, _ = NETWORK.point_position[point]
    yaw = float(NETWORK.point_heading[point])
    beyond = float(NETWORK.stop_s[line] - NETWORK.point_s[point])
    views = []
    for k in range(8):
        along = beyond - 4.0 - 2.25 + k
        pose = (x + along * math.cos(yaw), y + along * math.sin(yaw), yaw)
        views.append(view(0.1 * k, pose=pose, red=red))
    return views


def test_only_a_hard_enough_contact_of_the_ego_is_a_collision():
    bumps = [view(0.1, contacts=[contact(0, 1, 40.0)]), view(0.2, contacts=[contact(1, 2, 9e3)])]
    assert judge("no_collision", bumps, min_impulse=50.0, at_fault_only=False).passed is True
    hard = view(1.3, contacts=[contact(1, 0, 60.0)])
    found = judge("no_collision", [*bumps, hard], min_impulse=50.0, at_fault_only=False)
    assert (found.passed, found.time_ns, found.actors, found.value) == (False, 1_300_000_000, (0, 1), 60.0)


@pytest.mark.parametrize("at_fault_only", [True, False])
def test_a_collision_is_as_hard_as_its_label_tells_all_touches_together(at_fault_only):
    """Three touches of 40 N s in half a second are one collision of 120 N s; a fourth one, a second later, is another.

    It fails with the touch that makes it harder than the bound, and tells of the whole, as the label does.
    """
    touches = [view(time, contacts=[contact(1, 0, 40.0)]) for time in (0.1, 0.2, 0.3)]
    found = judge("no_collision", touches, min_impulse=50.0, at_fault_only=at_fault_only)
    ticks = [contact(1, 0, 40.0)._replace(tick=tick) for tick in (12, 24, 36)]
    (label,) = join_contacts(ticks, 120)
    assert (found.passed, found.time_ns, found.value) == (False, 200_000_000, label.impulse) and label.impulse == 120.0
    assert found.reason == f"120 N s at {label.closing_speed:.1f} m/s"
    apart = [touches[0], view(1.3, contacts=[contact(1, 0, 40.0)])]
    assert judge("no_collision", apart, min_impulse=50.0, at_fault_only=at_fault_only).passed is True


def test_leaving_the_road_by_more_than_the_margin_fails_with_the_farthest_distance():
    assert judge("stay_on_road", [view(0.1, off_lane=0.4)], margin=0.5).passed is True
    found = judge("stay_on_road", [view(0.1, off_lane=0.6), view(0.2, off_lane=2.0)], margin=0.5)
    assert (found.passed, found.time_ns, found.value, found.reason) == (False, 100_000_000, 2.0, "2.0 m off the road")


def test_where_no_road_is_near_the_reason_has_no_infinite_distance():
    found = judge("stay_on_road", [view(0.1, off_lane=math.inf)], margin=0.5)
    assert (found.passed, found.value, found.reason) == (False, None, "far off any road")


@pytest.mark.parametrize(
    ("progress", "failed_at", "farthest"),
    [
        ([-0.3] * 21, 2.1, 6.3),  # however slow
        ([-3.0, -3.0], None, 6.0),
        ([-3.0, None, -2.0, None, -2.0], 0.5, 7.0),  # through a junction on the wrong side
        ([-5.0, 0.1, -5.0], None, 5.0),
        ([9.0] * 5, None, 0.0),
    ],
)
def test_driving_against_a_lanes_direction_fails_from_a_distance_on_without_a_break(progress, failed_at, farthest):
    views = [view(0.1 * (k + 1), progress=step) for k, step in enumerate(progress)]
    found = judge("driving_direction", views, distance=6.0)
    assert found.passed is (failed_at is None) and found.value == pytest.approx(farthest)
    assert found.time_ns == (-1 if failed_at is None else round(failed_at * 1e9))


def test_where_no_lane_has_a_direction_driving_direction_does_not_apply():
    assert judge("driving_direction", [view(0.1), view(0.2)], distance=6.0).passed is None


def test_speeding_fails_only_once_it_lasts():
    fast, slow = LIMIT + 3.0, LIMIT + 0.5
    brief = [view(0.0, fast), view(0.5, fast), view(0.9, slow), view(1.0, fast)]
    assert judge("speed_limit", brief, tolerance=1.0, duration=1.0).passed is True
    found = judge("speed_limit", [*brief, view(2.0, fast)], tolerance=1.0, duration=1.0)
    assert (found.passed, found.time_ns, found.reason) == (False, 2_000_000_000, "11 km/h above the limit")


def test_crossing_the_line_at_red_fails_and_at_green_passes():
    found = judge("red_light", approach(red=True))
    assert found.passed is False and found.reason.endswith("was red")
    assert found.time_ns == 500_000_000
    assert judge("red_light", approach(red=False)).passed is True


def test_without_a_signal_near_the_red_light_criterion_does_not_apply():
    assert judge("red_light", [view(0.1, pose=(5e3, 5e3, 0.0))]).passed is None


def test_the_smallest_time_to_collision_decides():
    views = [view(0.1, ttc=(3.0, 1)), view(0.2, ttc=(1.4, 1)), view(0.3)]
    found = judge("min_ttc", views, bound=1.5)
    assert (found.passed, found.time_ns, found.actors, found.value) == (False, 200_000_000, (0, 1), 1.4)
    assert judge("min_ttc", views, bound=1.4).passed is True
    assert judge("min_ttc", [view(0.1)], bound=1.5).passed is None


def test_braking_harder_than_the_bound_fails_and_a_crash_is_no_braking():
    crash = [view(0.0, 20.0), view(0.1, 10.0, contacts=[contact(0, 1, 9e3)])]
    assert judge("max_deceleration", crash, bound=6.0).passed is True
    found = judge("max_deceleration", [view(0.0, 20.0), view(0.1, 19.3)], bound=6.0)
    assert found.passed is False and found.value == pytest.approx(7.0)


def rolled(time, speed, degrees):
    """Return a moment of an ego that leans to its right."""
    moment = view(time, speed=speed)
    moment.state.orientation[0, EGO] = quaternion_from_euler(math.radians(degrees), 0.0, 0.0)
    return moment


@pytest.mark.parametrize(("tilts", "failed_at"), [((0.0, 50.0, 0.0), None), ((0.0, 61.0, 92.0, 20.0), 0.1)])
def test_an_ego_that_lies_on_its_side_fails_however_it_got_there(tilts, failed_at):
    found = judge("stay_upright", [rolled(0.1 * k, 10.0, tilt) for k, tilt in enumerate(tilts)])
    assert found.passed is (failed_at is None) and found.value == pytest.approx(math.radians(max(tilts)))
    if failed_at is not None:
        assert found.time_ns == round(failed_at * 1e9) and found.reason == "it overturned, 92° from upright"


def test_hitting_the_ground_with_its_side_is_no_braking():
    views = [rolled(0.0, 24.0, 30.0), rolled(0.1, 23.5, 58.0), rolled(0.2, 18.0, 88.0), rolled(0.3, 14.0, 40.0)]
    found = judge("max_deceleration", views, bound=12.0)
    assert found.passed is True and found.value == pytest.approx(5.0)


def test_the_goal_is_a_way_driven_and_a_turn_taken():
    goal = GoalSpec(traveled=50.0, exit="left")
    assert judge("reach_goal", [view(1.0, traveled=60.0, goal=goal)]).passed is False
    found = judge("reach_goal", [view(2.0, traveled=60.0, goal=goal, turns=[Turn.LEFT])])
    assert (found.passed, found.time_ns) == (True, 2_000_000_000)
    assert judge("reach_goal", [view(1.0)]).passed is None


def test_a_goal_reached_too_late_says_when():
    goal = GoalSpec(traveled=50.0, exit="any")
    late = [view(1.0, goal=goal), view(9.0, traveled=50.0, goal=goal)]
    found = judge("time_limit", late, limit=8.0)
    assert (found.passed, found.reason) == (False, "not within 8.0 s but after 9.0 s")
    assert judge("time_limit", late, limit=9.0).passed is True
    assert judge("time_limit", [view(1.0)], limit=9.0).passed is None


def test_a_limit_that_is_not_over_when_the_run_ends_is_not_said_to_be():
    goal = GoalSpec(traveled=50.0, exit="any")
    found = judge("time_limit", [view(1.0, goal=goal), view(3.0, goal=goal)], limit=8.0)
    assert (found.passed, found.time_ns, found.value) == (False, -1, 3.0)
    assert found.reason == "the goal was not reached by 3.0 s, its limit is 8.0 s"
    found = judge("time_limit", [view(1.0, goal=goal), view(8.1, goal=goal)], limit=8.0)
    assert (found.time_ns, found.reason) == (8_000_000_000, "not within 8.0 s")


def test_what_no_moment_decided_says_why_the_run_was_over_before_its_time():
    made = make_criteria({
        "goal": specs.ReachGoal(kind="reach_goal"), "ttc": specs.MinTtc(kind="min_ttc", bound=1.5),
    })  # fmt: skip
    for criterion in made.values():
        criterion.update(view(1.0, goal=GoalSpec(traveled=50.0, exit="any"), ttc=(1.0, 1)))
    ended = "the run ended at 3.00 s, where the map ends"
    goal, ttc = conclude(made, "", ended, {1: "lead (car)"}.__getitem__).results
    assert (goal.reason, goal.names) == (f"the goal was not reached; {ended}", ())
    assert ended not in ttc.reason and ttc.description.startswith("ttc at 1.00 s with lead (car), 1.00 s is under")
    assert conclude(made).results[0].reason == "the goal was not reached"


def test_an_unknown_criterion_is_refused_with_those_that_there_are():
    with pytest.raises(ConfigError, match=r"criteria\.mine\.kind = nicety.*no_collision"):
        make_criteria({"mine": ExtensionSpec(kind="nicety")})


def test_speeding_uphill_is_measured_along_the_ground():
    def uphill(time):
        moment = view(time)
        q = quaternion_from_euler(0.0, -math.atan(0.2), 0.0)
        moment.state.orientation[0, EGO] = q
        moment.state.velocity[0, EGO] = rotate(*q, LIMIT + 1.1, 0.0, 0.0)  # in plan view below the limit plus 1
        return moment

    assert judge("speed_limit", [uphill(0.0), uphill(2.0)], tolerance=1.0, duration=1.0).passed is False
