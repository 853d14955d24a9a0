"""Drivers slow down for bends, fog and ice."""

import math

import pytest

from simengine.behavior.driver_state import LATERAL_COMFORT, SPEED_CAP, SPEED_FACTOR, TURN_IN
from simengine.behavior.vehicle.road_conditions import cautious_time_gap, grip_bound, planned_speed, seen_speed
from tests.behavior.small_world import SmallWorld, ring, straight


def test_bend_is_driven_at_comfortable_lateral_acceleration():
    world = SmallWorld(ring(1, 300.0), ["sedan"])
    world.put(0, 0, 10.0, 5.0)
    world.decide()
    style = world.memory.style[0, 0]
    style[SPEED_FACTOR], style[SPEED_CAP], style[LATERAL_COMFORT], style[TURN_IN] = 1.0, 60.0, 2.0, 10.0
    radius = float(world.lanes.lane_length[0]) / (2.0 * math.pi)
    dry = planned_speed(world.rules.ways, world.memory, 0, 0, 5.0, 0.75)
    assert dry == pytest.approx(math.sqrt(2.0 * radius), rel=0.01)
    ice = planned_speed(world.rules.ways, world.memory, 0, 0, 5.0, 0.1)
    assert ice == pytest.approx(math.sqrt(0.4 * 0.1 * 9.81 * radius), rel=0.01)


def test_straight_road_is_driven_at_the_liked_share_of_the_limit():
    world = SmallWorld(straight(speed_limit=20.0), ["sedan"])
    world.put(0, 0, 10.0, 5.0)
    world.decide()
    world.memory.style[0, 0, SPEED_FACTOR] = 0.9
    assert planned_speed(world.rules.ways, world.memory, 0, 0, 15.0, 0.75) == pytest.approx(18.0)


def test_fog_limits_the_speed_to_what_stops_within_sight():
    for sight in (50.0, 100.0):
        speed = seen_speed(sight, 0.75)
        deceleration = min(5.0, 0.6 * 0.75 * 9.81)
        assert speed * 1.0 + speed * speed / (2.0 * deceleration) == pytest.approx(sight - 2.0)
    assert seen_speed(50.0, 0.1) < seen_speed(50.0, 0.75)


def test_ice_doubles_the_time_gap_and_dry_road_leaves_it():
    assert cautious_time_gap(1.5, 0.75) == 1.5
    assert cautious_time_gap(1.5, 0.1) == pytest.approx(3.0)
    assert grip_bound(2.0, 0.1, 0.4) == pytest.approx(0.4 * 0.1 * 9.81)
