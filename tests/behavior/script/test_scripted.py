"""Scripted actors keep lane and speed until an event tells them otherwise, and then do as told."""

import math

import numpy as np
import pytest

from simengine.core.state import Light
from simengine.scenario.spec import events as specs
from tests.behavior.stage import StagedWorld, lane_change


def one(model: str = "sedan", speed: float = 15.0) -> StagedWorld:
    world = StagedWorld([model])
    world.put(0, 0, 100.0, speed)
    world.begin()
    return world


def test_untold_it_keeps_lane_and_speed():
    world = one()
    world.play(6.0)
    assert world.speed(0) == pytest.approx(15.0, abs=0.05)
    assert abs(world.lateral(0)) < 0.02
    assert abs(world.state.position[0, 0, 0] - world.start[0, 0]) == pytest.approx(90.0, abs=0.5)


def test_braking_to_standstill_takes_the_closed_form_and_stays():
    world = one()
    world.fire(0, specs.BrakeAction(kind="brake", deceleration=5.0, duration=0.0))
    before = float(world.state.position[0, 0, 0])
    world.play(6.0)
    assert world.speed(0) < 0.01
    way = abs(float(world.state.position[0, 0, 0]) - before)
    assert way == pytest.approx(15.0**2 / (2.0 * 5.0) + 15.0 * 0.1, abs=1.0)  # and the lag of the brakes


def test_braking_for_a_while_ends_with_the_speed_taken_up_again():
    world = one()
    world.fire(0, specs.BrakeAction(kind="brake", deceleration=4.0, duration=1.0))
    world.play(1.2)
    assert world.speed(0) == pytest.approx(11.0, abs=0.6)
    world.play(6.0)
    assert world.speed(0) == pytest.approx(15.0, abs=0.2)


def test_speed_is_taken_up_at_the_rate_asked_for():
    world = one(speed=10.0)
    world.fire(0, specs.SetSpeedAction(kind="set_speed", speed=14.0, acceleration=1.0))
    world.play(2.0)
    assert world.speed(0) == pytest.approx(12.0, abs=0.3)
    world.play(5.0)
    assert world.speed(0) == pytest.approx(14.0, abs=0.1)


def test_lane_change_ends_in_the_middle_of_the_next_lane_with_the_indicator_on_meanwhile():
    world = one(speed=20.0)
    world.fire(0, lane_change(1, 4.0))
    world.play(2.0)
    assert world.controls.lights[0, 0] & Light.LEFT
    assert world.lateral(0) == pytest.approx(1.75, abs=0.2)
    world.play(4.0)
    assert world.lateral(0) == pytest.approx(3.5, abs=0.1)
    assert not world.controls.lights[0, 0] & Light.LEFT


def test_path_is_followed_through_its_points_and_ends_at_standstill():
    world = one(speed=8.0)
    points = [(10.0, 0.0), (20.0, 2.0), (35.0, 4.0), (50.0, 4.0)]
    world.fire(0, specs.FollowPathAction(kind="follow_path", points=points, speed=8.0, max_lateral_acceleration=2.5))
    nearest = math.inf
    c, s = math.cos(world.start[0, 2]), math.sin(world.start[0, 2])
    x, y = world.start[0, 0] + 35.0 * c - 4.0 * s, world.start[0, 1] + 35.0 * s + 4.0 * c
    for _ in range(60):
        world.play(0.2)
        nearest = min(nearest, math.hypot(*(world.state.position[0, 0, :2] - (x, y))))
    assert nearest < 1.6
    assert world.speed(0) < 0.1


def test_walker_walks_as_far_as_told_and_stands():
    world = one("pedestrian", 0.0)
    world.fire(0, specs.WalkAction(kind="walk", heading_deg=90.0, speed=1.5, distance=4.0))
    world.play(1.0)
    assert world.speed(0) == pytest.approx(1.5)
    world.play(4.0)
    assert world.speed(0) == 0.0
    moved = world.state.position[0, 0, :2] - world.start[0, :2]
    assert np.allclose(moved, (0.0, 4.0), atol=0.16)


def test_what_is_told_last_counts():
    world = one()
    world.fire(0, specs.BrakeAction(kind="brake", deceleration=4.0, duration=0.0))
    world.fire(0, specs.SetSpeedAction(kind="set_speed", speed=18.0, acceleration=2.0))
    world.play(5.0)
    assert world.speed(0) == pytest.approx(18.0, abs=0.1)


def test_brakes_ask_no_more_than_the_ground_holds():
    world = one()
    world.friction = 0.1
    world.fire(0, specs.BrakeAction(kind="brake", deceleration=7.0, duration=0.0))
    world.play(0.5)
    assert world.controls.acceleration[0, 0] == pytest.approx(-0.9 * 0.1 * 9.81, rel=0.05)


def test_a_path_is_driven_no_faster_than_its_corners_allow_and_ends_at_its_end():
    world = one(speed=14.0)
    points = [(30.0, 0.0), (45.0, 3.0), (58.0, 12.0), (66.0, 26.0), (68.0, 60.0)]
    world.fire(0, specs.FollowPathAction(kind="follow_path", points=points, speed=14.0, max_lateral_acceleration=2.0))
    hardest = 0.0
    for _ in range(500):
        world.play(0.05)
        curvature = math.tan(world.state.steering[0, 0]) / 2.579
        hardest = max(hardest, world.speed(0) ** 2 * abs(curvature))
    assert hardest < 2.0 * 1.25
    c, s = math.cos(world.start[0, 2]), math.sin(world.start[0, 2])
    end = world.start[0, :2] + np.array([68.0 * c - 60.0 * s, 68.0 * s + 60.0 * c])
    assert np.hypot(*(world.state.position[0, 0, :2] - end)) < 1.0
    assert world.speed(0) < 0.1
