"""Hazard intervals: onset, the ego's reaction, and when it was over."""

import math

import numpy as np
import pytest

from simengine.labels.annotation import Collision
from simengine.labels.hazards import HazardOnset, course, hazard_intervals
from tests.labels.drawn_tracks import drive, make_tracks

SIZE = np.array([4.0, 2.0, 1.5])
SECOND = 1_000_000_000


def _one(tracks, time_ns=SECOND, actor=1):
    (interval,) = hazard_intervals(tracks, [HazardOnset("brakes", actor, time_ns)], int(tracks.time_ns[-1]))
    assert interval.name == "hazard:brakes" and interval.start_ns == time_ns
    return interval


def test_course_gives_time_to_collision_from_gap_and_closing_speed():
    ego, other = np.array([0.0, 0.0, 0.0, 20.0, 0.0]), np.array([34.0, 0.0, 0.0, 10.0, 0.0])
    assert course(ego, other, SIZE, SIZE) == pytest.approx((3.0, 38.0))
    assert course(other, ego, SIZE, SIZE)[0] == pytest.approx(3.0)
    ego, other = np.array([0.0, 0.0, math.pi / 2, 0.0, 20.0]), np.array([0.0, 34.0, math.pi / 2, 0.0, 10.0])
    assert course(ego, other, SIZE, SIZE) == pytest.approx((3.0, 38.0))


def test_course_is_free_of_collision_beside_and_when_opening():
    ego = np.array([0.0, 0.0, 0.0, 20.0, 0.0])
    assert course(ego, np.array([34.0, 3.5, 0.0, 10.0, 0.0]), SIZE, SIZE)[0] == math.inf
    assert course(ego, np.array([34.0, 0.0, 0.0, 25.0, 0.0]), SIZE, SIZE)[0] == math.inf
    assert course(ego, np.array([-30.0, 0.0, 0.0, 10.0, 0.0]), SIZE, SIZE)[1] < 0.0


def test_crossing_walker_is_met_only_if_the_times_agree():
    ego = np.array([0.0, 0.0, 0.0, 10.0, 0.0])
    walker = np.array([0.5, 0.5, 1.7])
    met = course(ego, np.array([32.25, -4.5, math.pi / 2, 0.0, 1.5]), SIZE, walker)
    assert met[0] == pytest.approx(3.0, abs=0.05)
    assert course(ego, np.array([32.25, -12.0, math.pi / 2, 0.0, 1.5]), SIZE, walker)[0] == math.inf


def test_braking_to_a_stop_is_the_reaction_and_the_end():
    speeds = np.concatenate([np.full(20, 20.0), np.maximum(20.0 - 0.6 * np.arange(1, 41), 0.0), np.zeros(20)])
    interval = _one(make_tracks([drive(0.0, speeds), drive(90.0, np.zeros(80))]))
    assert interval.response_ns == pytest.approx(2.0 * SECOND, abs=0.11 * SECOND)
    assert interval.end_ns == pytest.approx(5.4 * SECOND, abs=0.15 * SECOND)


def test_passing_the_actor_ends_it_without_a_reaction():
    interval = _one(make_tracks([drive(0.0, np.full(60, 20.0)), drive(50.0, np.zeros(60), y=4.0)]))
    assert interval.response_ns == -1
    assert interval.end_ns == pytest.approx((50.0 + 4.0) / 20.0 * SECOND, abs=0.11 * SECOND)


def test_steering_counts_as_a_reaction():
    steering = np.where(np.arange(61) < 15, 0.0, 0.06)
    interval = _one(make_tracks([drive(0.0, np.full(60, 20.0)), drive(50.0, np.zeros(60), y=4.0)], steering=steering))
    assert interval.response_ns == round(1.5 * SECOND)


def test_being_slowed_without_a_pedal_is_no_reaction():
    speeds = np.concatenate([np.full(20, 25.0), 25.0 - 0.15 * np.arange(1, 61)])  # 1.5 m/s², as by a burst tire
    paths = [drive(0.0, speeds), drive(300.0, np.full(80, 25.0))]
    assert _one(make_tracks(paths, pedal=False)).response_ns == -1
    assert _one(make_tracks(paths)).response_ns == pytest.approx(2.0 * SECOND, abs=0.11 * SECOND)


def test_recovered_time_to_collision_ends_it():
    lead = np.concatenate([np.full(10, 20.0), np.full(20, 8.0), np.full(50, 22.0)])
    ego = np.concatenate([np.full(15, 20.0), np.linspace(20.0, 12.0, 15), np.full(50, 14.0)])
    interval = _one(make_tracks([drive(0.0, ego), drive(35.0, lead)]))
    assert SECOND < interval.response_ns < 2.2 * SECOND
    assert 2.0 * SECOND < interval.end_ns < 4.0 * SECOND


def test_actor_that_leaves_the_world_ends_it():
    valid = np.ones((61, 2), np.bool_)
    valid[30:, 1] = False
    interval = _one(make_tracks([drive(0.0, np.full(60, 5.0)), drive(200.0, np.full(60, 5.0))], valid=valid))
    assert interval.end_ns == 3 * SECOND


def test_hazard_that_is_never_over_ends_with_the_episode():
    tracks = make_tracks([drive(0.0, np.full(60, 10.0)), drive(100.0, np.full(60, 10.0))])
    interval = _one(tracks)
    assert interval.end_ns == tracks.time_ns[-1]
    assert hazard_intervals(tracks, [], 0) == []


def test_braking_that_was_going_on_at_the_onset_is_no_reaction():
    speeds = 25.0 - 0.15 * np.arange(60)
    interval = _one(make_tracks([drive(0.0, speeds), drive(300.0, np.full(60, 25.0))]))
    assert interval.response_ns == -1


def test_of_several_threats_the_soonest_counts_and_all_must_be_behind():
    ego = drive(0.0, [20.0] * 60)
    caused, near, far = (np.full((61, 2), place) for place in ((200.0, 9.0), (40.0, 4.0), (70.0, 4.0)))
    tracks = make_tracks([ego, caused, near, far])
    end = int(tracks.time_ns[-1])

    def over(*threats):
        (interval,) = hazard_intervals(tracks, [HazardOnset("drop", 1, 0, threats)], end)
        assert interval.actor == 1
        return interval.end_ns / SECOND

    assert over(2) == pytest.approx((40.0 + 4.0) / 20.0, abs=0.11)  # the ego's rear passes its front
    assert over(2, 3) == over(3, 2) == pytest.approx((70.0 + 4.0) / 20.0, abs=0.11)
    assert over() == 6.0  # who caused it never comes to lie behind


def test_a_threat_that_leaves_the_world_leaves_the_others():
    ego, near, far = drive(0.0, [20.0] * 60), np.full((61, 2), (60.0, 0.0)), np.full((61, 2), (90.0, 0.0))
    valid = np.ones((61, 3), np.bool_)
    valid[5:, 1] = False
    tracks = make_tracks([ego, near, far], valid=valid)
    (interval,) = hazard_intervals(tracks, [HazardOnset("drop", 1, 0, (1, 2))], int(tracks.time_ns[-1]))
    assert interval.end_ns / SECOND == pytest.approx((90.0 + 4.0) / 20.0, abs=0.11)  # the ego's rear passes its front
    (interval,) = hazard_intervals(tracks, [HazardOnset("drop", 1, 0, (1,))], int(tracks.time_ns[-1]))
    assert interval.end_ns / SECOND == pytest.approx(0.5, abs=0.01)


def _hit(time, other=1):
    return Collision(round(time * SECOND), round(time * SECOND), 0, other, (0.0, 0.0, 0.0), 500.0, 5.0)


def _ended(tracks, *collisions):
    (interval,) = hazard_intervals(tracks, [HazardOnset("runs", 1, 0)], int(tracks.time_ns[-1]), collisions)
    return interval.end_ns / SECOND, interval.response_ns / SECOND


def _lull():
    """A leader that slows, drives off for two seconds and stops; the ego stops 10 m behind it, having braked at 4 s."""
    lead = np.concatenate([np.full(5, 6.0), np.full(30, 16.0), np.zeros(40)])
    ego = np.concatenate([np.full(40, 12.0), np.linspace(12.0, 0.0, 15), np.zeros(20)])
    gap = 4.0 + 10.0 + 0.1 * (ego.sum() - lead.sum())
    return make_tracks([drive(0.0, ego), drive(gap, lead)])


def test_a_second_of_safety_ends_nothing_if_the_course_becomes_critical_again():
    assert _ended(_lull())[0] == pytest.approx(5.5, abs=0.11)  # with the stop, not in the lull


def test_a_hazard_lasts_until_the_ego_collides_with_whom_it_had_to_heed():
    """A threat that was critical for a moment at the beginning, and is not from then on as drawn."""
    ego, lead = drive(0.0, np.full(60, 10.0)), drive(40.0, np.concatenate([[0.0] * 5, np.full(55, 20.0)]))
    tracks = make_tracks([ego, lead])
    assert _ended(tracks)[0] < 1.0
    assert _ended(tracks, _hit(3.43))[0] == pytest.approx(3.43)
    assert _ended(tracks, _hit(3.43, other=2), _hit(3.43, other=-1))[0] < 1.0
    assert _ended(tracks, _hit(4.0), _hit(5.0))[0] == pytest.approx(4.0)


def test_an_ego_that_stopped_and_then_runs_into_the_threat_was_not_out_of_danger():
    ego = np.concatenate([np.linspace(12.0, 0.0, 20), np.zeros(20), np.full(20, 3.0)])
    tracks = make_tracks([drive(0.0, ego), drive(20.0, np.zeros(60))])
    assert _ended(tracks)[0] == pytest.approx(2.0, abs=0.11)
    assert _ended(tracks, _hit(5.2))[0] == pytest.approx(5.2)


def test_what_runs_into_the_ego_after_it_was_passed_is_another_matter():
    tracks = make_tracks([drive(0.0, np.full(60, 20.0)), drive(20.0, np.zeros(60), y=4.0)])
    assert _ended(tracks, _hit(5.0))[0] == _ended(tracks)[0] == pytest.approx(1.2, abs=0.11)


def test_being_slowed_by_the_blow_is_no_reaction():
    ego = np.concatenate([np.full(30, 12.0), np.full(30, 6.0)])
    tracks = make_tracks([drive(0.0, ego), drive(60.0, np.zeros(60))])
    assert _ended(tracks)[1] > 0.0
    assert _ended(tracks, _hit(3.0))[1] < 0.0


def test_a_hazard_from_behind_lasts_until_it_runs_into_the_ego():
    """One at 15 m/s that begins 60 m behind an ego that stands, or that stops in its way."""
    ram = drive(-60.0, np.full(60, 15.0))
    for ego in (np.zeros(60), np.concatenate([np.full(5, 3.0), np.zeros(55)])):
        tracks = make_tracks([drive(0.0, ego), ram])
        assert _ended(tracks, _hit(3.7))[0] == pytest.approx(3.7)


def test_a_hazard_from_behind_is_over_once_it_has_passed_and_goes_away():
    tracks = make_tracks([drive(0.0, np.full(80, 10.0)), drive(-40.0, np.full(80, 20.0), y=4.0)])
    assert _ended(tracks)[0] == pytest.approx(4.4, abs=0.11)  # its rear is ahead of the ego's front


def test_a_hazard_from_behind_that_falls_back_is_over_then():
    ram = np.concatenate([np.full(20, 20.0), np.full(40, 8.0)])
    assert _ended(make_tracks([drive(0.0, np.full(60, 10.0)), drive(-40.0, ram)]))[0] == pytest.approx(2.0, abs=0.11)
    waits = np.concatenate([np.full(5, 10.0), np.full(40, 20.0)])  # at first it keeps its distance
    assert _ended(make_tracks([drive(0.0, np.full(45, 10.0)), drive(-60.0, waits)]))[0] == 4.5


def test_a_hazard_that_the_ego_had_left_behind_before_it_began_is_over_at_once():
    assert _ended(make_tracks([drive(0.0, np.full(60, 10.0)), drive(-20.0, np.zeros(60))]))[0] == 0.0


def test_braking_that_was_under_way_as_the_episode_began_is_no_reaction():
    """The brakes follow within the first moments; only what comes harder after them is a reaction."""
    ramp = 25.0 - np.cumsum(0.1 * np.array([0.0, 1.0, 2.0, 2.8, *[3.0] * 56]))
    tracks = make_tracks([drive(0.0, ramp), drive(60.0, np.full(60, 10.0))])
    tracks.lights[0, 0] = tracks.lights[5, 0]
    assert tracks.lights[0, 0] != 0 and _ended(tracks)[1] < 0.0
    harder = 25.0 - np.cumsum(0.1 * np.array([0.0, 1.0, 2.0, 2.8, *[3.0] * 16, *[7.0] * 15, *[3.0] * 25]))
    tracks = make_tracks([drive(0.0, np.maximum(harder, 0.0)), drive(60.0, np.full(60, 10.0))])
    tracks.lights[0, 0] = tracks.lights[5, 0]
    assert _ended(tracks)[1] == pytest.approx(2.1, abs=0.11)


def test_brakes_that_are_put_on_after_the_episode_began_are_a_reaction_however_early():
    ego = np.concatenate([np.full(3, 20.0), 20.0 - 0.5 * np.arange(1, 38)])
    assert _ended(make_tracks([drive(0.0, ego), drive(90.0, np.zeros(40))]))[1] == pytest.approx(0.3, abs=0.11)


def test_wheels_that_were_being_turned_as_the_episode_began_are_no_reaction():
    lead = drive(150.0, np.zeros(60))
    bend = np.minimum(0.02 * np.arange(61), 0.06)  # the wheels follow into the bend where it began
    assert _ended(make_tracks([drive(0.0, np.full(60, 20.0)), lead], steering=bend))[1] < 0.0
    swerve = np.where(np.arange(61) < 12, bend, 0.12)
    assert _ended(make_tracks([drive(0.0, np.full(60, 20.0)), lead], steering=swerve))[1] == pytest.approx(1.2)
