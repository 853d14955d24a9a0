"""Maneuvers found in tracks that were drawn to contain them, and in none that were not."""

import math

import numpy as np
import pytest

from simengine.core.space.geometry import quaternion_from_euler, rotate
from simengine.core.state import Behavior
from simengine.labels.maneuvers import maneuver_intervals
from simengine.labels.motion import motion_of
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import Turn
from tests.labels.drawn_tracks import STEP, drive, make_actors, make_tracks

SECOND = 1_000_000_000


def _lane(name, points, **links):
    points = np.asarray(points, float)
    points = np.column_stack([points, np.zeros(len(points))])
    return LaneDraft(name, points, np.full(len(points), 3.5), np.zeros(len(points)), **links)


@pytest.fixture(scope="module")
def highway():
    """Two lanes along x, the left one at y = 3.5 m, each cut into two pieces at x = 200 m."""

    def piece(first, last, y):
        x = np.arange(first, last + 1.0, 20.0)
        return np.column_stack([x, np.full(len(x), y)])

    return build_network(
        [
            _lane("right a", piece(0, 200, 0.0), left="left a", successors=["right b"]),
            _lane("left a", piece(0, 200, 3.5), right="right a", successors=["left b"]),
            _lane("right b", piece(200, 400, 0.0), left="left b"),
            _lane("left b", piece(200, 400, 3.5), right="right b"),
        ]
    )


@pytest.fixture(scope="module")
def corner():
    """A lane along x, a left turn of radius 15 m in a junction, a lane along y."""
    angle = np.linspace(0.0, math.pi / 2, 40)
    arc = np.column_stack([100.0 + 15.0 * np.sin(angle), 15.0 - 15.0 * np.cos(angle)])
    return build_network(
        [
            _lane("in", [[0.0, 0.0], [100.0, 0.0]], successors=["turn"]),
            _lane("turn", arc, successors=["out"], junction=0, turn=Turn.LEFT),
            _lane("out", [[115.0, 15.0], [115.0, 115.0]]),
        ]
    )


def _found(paths, network, actors=None):
    tracks = make_tracks(paths)
    actors = make_actors(len(paths)) if actors is None else actors
    return maneuver_intervals(tracks, actors, np.arange(len(paths)), network)


def _sideways(x0, speed, begin, end, y0, y1, count=80):
    """Drive along x and move from y0 to y1 between two times on a cosine."""
    time = np.arange(count + 1) * STEP
    share = np.clip((time - begin) / (end - begin), 0.0, 1.0)
    return np.column_stack([x0 + speed * time, y0 + (y1 - y0) * 0.5 * (1.0 - np.cos(math.pi * share))])


@pytest.mark.parametrize(("y0", "y1", "name"), [(0.0, 3.5, "left"), (3.5, 0.0, "right")])
def test_lane_change_spans_the_drift_across_the_line(highway, y0, y1, name):
    (change,) = _found([_sideways(10.0, 20.0, 2.0, 5.0, y0, y1)], highway)
    assert change.name == f"maneuver:lane_change_{name}"
    assert (change.actor, change.response_ns) == (0, -1)
    assert change.start_ns == pytest.approx(2.0 * SECOND, abs=0.35 * SECOND)
    assert change.end_ns == pytest.approx(5.0 * SECOND, abs=0.35 * SECOND)


def test_lane_change_across_a_joint_of_lanes_is_found(highway):
    path = _sideways(200.0 - 20.0 * 3.5, 20.0, 2.0, 5.0, 0.0, 3.5)
    assert [change.name for change in _found([path], highway)] == ["maneuver:lane_change_left"]


def test_passing_a_joint_in_the_lane_is_no_lane_change(highway):
    assert _found([drive(150.0, np.full(60, 20.0), y=0.4)], highway) == []


def test_hard_braking_is_found_and_gentle_slowing_is_not(highway):
    hard = np.concatenate([np.full(20, 20.0), 20.0 - 0.5 * np.arange(1, 21), np.full(20, 10.0)])
    gentle = np.concatenate([np.full(20, 20.0), 20.0 - 0.15 * np.arange(1, 21), np.full(20, 17.0)])
    (braking,) = _found([drive(0.0, gentle), drive(40.0, hard, y=3.5)], highway)
    assert (braking.name, braking.actor) == ("maneuver:braking", 1)
    assert braking.start_ns == pytest.approx(1.9 * SECOND, abs=0.11 * SECOND)
    assert braking.end_ns == pytest.approx(3.9 * SECOND, abs=0.11 * SECOND)


def test_standstill_of_a_driver_counts_and_of_a_parked_car_does_not(highway):
    stop = np.concatenate([np.maximum(10.0 - 0.15 * np.arange(70), 0.0), np.zeros(20)])
    actors = make_actors(3)
    actors.behavior[0, 2] = Behavior.PARKED
    found = _found([drive(0.0, stop), drive(200.0, np.zeros(90)), drive(300.0, np.zeros(90))], highway, actors)
    assert [(interval.name, interval.actor) for interval in found] == [("maneuver:standstill", 0)]
    assert found[0].start_ns == pytest.approx(6.7 * SECOND, abs=0.15 * SECOND)
    assert found[0].end_ns == 9 * SECOND


def test_turn_is_the_passage_of_the_junction(corner):
    speed, radius = 7.5, 15.0
    way = 70.0 + speed * STEP * np.arange(90)
    angle = np.clip((way - 100.0) / radius, 0.0, math.pi / 2)
    beyond = np.maximum(way - 100.0 - radius * math.pi / 2, 0.0)
    x = np.where(way < 100.0, way, 100.0 + radius * np.sin(angle))
    y = np.where(way < 100.0, 0.0, radius - radius * np.cos(angle)) + beyond
    (turn,) = _found([np.column_stack([x, y])], corner)
    assert turn.name == "maneuver:turn_left"
    assert turn.start_ns == pytest.approx(4.0 * SECOND, abs=0.3 * SECOND)
    assert turn.end_ns == pytest.approx((30.0 + radius * math.pi / 2) / speed * SECOND, abs=0.3 * SECOND)


def test_speed_of_a_label_is_along_the_vehicle():
    q = quaternion_from_euler(0.0, -math.atan(0.2), 0.3)
    tracks = make_tracks([[(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)]])
    tracks.orientation[:, 0] = q
    tracks.velocity[:, 0] = rotate(*q, 20.34, 0.0, 0.0)
    assert motion_of(tracks).speed[:, 0] == pytest.approx(20.34)
