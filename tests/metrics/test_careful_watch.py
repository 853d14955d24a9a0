"""What the careful driver takes for slowing: of one vehicle, not of two that had the same slot one after the other."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from simengine.behavior.lanes.lane_rules import road_rules
from simengine.core.space.geometry import quaternion_from_euler
from simengine.core.state import ActorKind, Mobility, empty_actors, empty_state
from simengine.metrics.careful_driver import human_limits
from simengine.metrics.careful_watch import CarefulWatch
from tests.behavior.small_world import straight

DT = 0.05  # [s]
SPEED = 15.0  # [m/s]
GAP = 45.0  # between centers [m]


def watched(speeds: list[tuple[float, int]]) -> CarefulWatch:
    """Return a watch of an ego behind a leader whose slot has these speeds [m/s] and identities, step by step."""
    rules = road_rules(straight(3))
    y = float(rules.ways.point_position[rules.ways.lane_first_point[1], 1])
    actors, state = empty_actors(1, 2), empty_state(1, 2)
    actors.length[0], actors.width[0], actors.height[0] = 4.5, 1.8, 1.5
    actors.mobility[0], state.valid[0] = Mobility.WHEELED, True
    state.orientation[0] = quaternion_from_euler(0.0, 0.0, 0.0)
    state.position[0] = ((100.0, y, 0.75), (100.0 + GAP, y, 0.75))
    watch = CarefulWatch(rules, actors, (), human_limits(ActorKind.CAR), DT)
    route = np.full(12, -1, np.int32)
    route[1] = 1
    for k, (speed, identity) in enumerate(speeds):
        state.velocity[0, :, 0], state.identity[0, 1] = (SPEED, speed), identity
        observation = SimpleNamespace(
            position=state.position[0, 0], yaw=0.0, route=route, lane_s=100.0, speed=SPEED, friction=0.9,
            time=DT * k, sight_distance=math.inf,
        )  # fmt: skip
        watch.look(state, observation)
    return watch


def test_a_vehicle_that_takes_over_a_slot_has_not_slowed():
    for since in range(1, 10):
        watch = watched([(30.0, 1)] * 20 + [(SPEED, 7)] * since)
        assert watch._others.slowing[1] == 0.0 and math.isinf(watch.brakes_at)


def test_a_vehicle_that_slows_as_much_itself_is_braked_for():
    """From 30 m/s to 15 m/s with 20 m/s² in front of an ego that drives 15 m/s."""
    slowing = [(30.0, 7)] * 20 + [(30.0 - k, 7) for k in range(15)]
    watch = watched(slowing)
    assert watch._others.slowing[1] == pytest.approx(20.0)
    assert math.isfinite(watched([*slowing, *[(SPEED, 7)] * 20]).brakes_at)
