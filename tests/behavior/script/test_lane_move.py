"""A scripted vehicle moves sideways within its bounds, ends in the middle of a lane, and never passes it."""

import math

import numpy as np
import pytest

from simengine.behavior.script.lane_move import (
    Bounds,
    attainable,
    lane_aside,
    lanes_across,
    move_duration,
    move_reference,
)
from simengine.road.network.network import lane_arrays
from simengine.road.procedural.kinds import make_street
from tests.behavior.small_world import straight
from tests.behavior.stage import StagedWorld, lane_change

BOUNDS = Bounds(1.8, 2.0)


def followed(way, rate, duration, steps=400):
    return np.array([move_reference(0.0, way, rate, duration, part) for part in np.linspace(0.0, 1.0, steps)])


MOVES = [(3.5, 0.0, 1.2), (-3.75, 0.4, 2.0), (3.5, 1.5, 3.0), (0.6, -0.8, 2.0)]


@pytest.mark.parametrize(("way", "rate", "wanted"), MOVES)
def test_a_move_takes_as_long_as_its_bounds_ask_for(way, rate, wanted):
    duration = move_duration(way, rate, wanted, BOUNDS)
    path = followed(way, rate, duration)
    assert duration >= wanted
    assert np.abs(path[:, 1]).max() <= 1.8 * 1.01 and np.abs(path[:, 2]).max() <= 2.0 * 1.01
    assert (path[:, 0] * math.copysign(1.0, way)).max() <= abs(way) + 0.02
    assert path[0, 1] == pytest.approx(rate) and path[-1] == pytest.approx([way, 0.0, 0.0], abs=1e-9)


def test_a_move_that_keeps_to_its_bounds_takes_the_time_it_was_told():
    assert move_duration(3.5, 0.0, 5.0, BOUNDS) == 5.0
    # The peak of a minimum-jerk move is 15/8 of its mean speed (Flash & Hogan 1985).
    assert move_duration(3.5, 0.0, 0.1, Bounds(1.8, 100.0)) == pytest.approx(3.5 * 15.0 / 8.0 / 1.8, rel=0.025)


def test_ice_bends_and_low_speed_leave_less():
    dry = attainable(BOUNDS, 25.0, 0.0, 0.8, 0.2)
    assert dry == BOUNDS
    ice = attainable(BOUNDS, 25.0, 0.0, 0.1, 0.2)
    assert ice.acceleration == pytest.approx(0.5 * 0.1 * 9.81)
    assert attainable(BOUNDS, 25.0, 0.0005, 0.1, 0.2).acceleration < ice.acceleration
    slow = attainable(BOUNDS, 2.0, 0.0, 0.8, 0.2)
    assert slow.speed == pytest.approx(0.6) and slow.acceleration < 0.5


def two_way():
    """A road with two lanes and a shoulder this way and one lane the other way."""
    return lane_arrays(make_street(
        length=300.0, curvature=0.0, lanes_forward=2, lanes_backward=1, lane_width=3.5, shoulder_width=1.0,
        pavement_width=2.0, parking_width=0.0, crossing_spacing=0.0, speed_limit=20.0, grade=0.0, ring=False,
    ))  # fmt: skip


def test_lanes_are_found_abreast_and_past_the_center_line_the_oncoming_ones():
    lanes = two_way()
    lane = next(k for k in range(len(lanes.lane_type)) if lanes.lane_type[k] == 0 and lanes.lane_left[k] < 0
                and lanes.lane_right[k] >= 0 and lanes.lane_type[lanes.lane_right[k]] == 0)  # fmt: skip
    across = lanes_across(lanes, lane, 50.0)
    driving = [beside for beside in across if lanes.lane_type[beside.lane] == 0]
    assert [round(beside.offset, 2) for beside in driving] == [-3.5, 0.0, 3.5]
    assert [beside.along for beside in driving] == [True, True, False]
    assert lane_aside(lanes, lane, 50.0, 0.0, 1, 1.8).offset == pytest.approx(3.5)
    assert lane_aside(lanes, lane, 50.0, 3.5, -2, 1.8).offset == pytest.approx(-3.5)
    assert "3.50 m wide, the vehicle 3.40 m" in lane_aside(lanes, lane, 50.0, 0.0, 1, 3.4)
    assert lane_aside(lanes, lane, 50.0, 0.0, -2, 1.8) == "the road has 1 lane to the right there"


@pytest.mark.parametrize("speed", [6.0, 15.0, 30.0])
@pytest.mark.parametrize("friction", [0.75, 0.2])
@pytest.mark.parametrize("duration", [1.0, 4.0])
def test_a_vehicle_never_passes_the_middle_of_the_lane_it_goes_to(speed, friction, duration):
    world = StagedWorld(["sedan"])
    world.friction = friction
    world.put(0, 0, 100.0, speed)
    world.begin()
    world.fire(0, lane_change(1, duration))
    course = world.course(0, 10.0)
    assert course.max() < 3.5 + 0.08
    assert course[-1] == pytest.approx(3.5, abs=0.05)
    assert np.abs(np.diff(course) / 0.05).max() < 1.8 * 1.1


def test_a_move_that_takes_longer_than_told_is_stated():
    world = StagedWorld(["sedan"])
    world.put(0, 0, 100.0, 20.0)
    world.begin()
    world.fire(0, lane_change(1, 1.2))
    (remark,) = world.remarks
    assert "do.duration: the lane change takes longer than told, to keep to its lateral bounds" in remark


def test_where_there_is_no_lane_the_vehicle_keeps_its_own_and_says_so():
    world = StagedWorld(["sedan"])
    world.put(0, 0, 100.0, 20.0)
    world.begin()
    world.fire(0, lane_change(-1, 4.0))
    assert "the road has 0 lanes to the right there; the vehicle keeps its lane" in world.remarks[0]
    assert np.abs(world.course(0, 5.0)).max() < 0.05


def test_a_second_change_begins_from_the_real_place_and_drift_of_the_first():
    world = StagedWorld(["sedan"], straight(3))
    world.put(0, 0, 100.0, 20.0)
    world.begin()
    world.fire(0, lane_change(1, 4.0))
    first = world.course(0, 2.0)
    world.fire(0, lane_change(1, 4.0))
    second = world.course(0, 8.0)
    assert second[0] - first[-1] == pytest.approx(first[-1] - first[-2], abs=0.02)
    assert second[-1] == pytest.approx(7.0, abs=0.05) and second.max() < 7.08


def test_a_vehicle_that_brakes_to_a_stop_halfway_does_not_slide_on_sideways():
    from simengine.scenario.spec import events as specs

    world = StagedWorld(["sedan"])
    world.put(0, 0, 100.0, 15.0)
    world.begin()
    world.fire(0, lane_change(1, 6.0))
    world.fire(0, specs.BrakeAction(kind="brake", deceleration=6.0, duration=0.0))
    course = world.course(0, 8.0)
    assert world.speed(0) < 0.05
    assert 0.2 < course[-1] < 3.0 and course[-1] == pytest.approx(course[-40], abs=0.02)
