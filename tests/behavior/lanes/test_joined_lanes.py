"""Lanes that become one long before their junction ends."""

import math

import numpy as np
import pytest

from simengine.behavior.lanes.joined_lanes import joined_from
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import RoadNetwork, Turn
from tests.behavior.small_world import SmallWorld

SLOW = 1.5  # speed limit [m/s]


def long_merge() -> RoadNetwork:
    """Return a street that another joins from the right 12 m into a junction of 72 m."""
    turn = np.linspace(-0.5 * np.pi, 0.0, 19)  # of the circle about (12, −12), from its left end to its top
    arc = np.stack([12.0 + 12.0 * np.sin(turn), -12.0 + 12.0 * np.cos(turn)], axis=1)
    ways = {
        "main_in": (np.linspace((-60.0, 0.0), (0.0, 0.0), 31), -1, ["main"]),
        "main": (np.linspace((0.0, 0.0), (72.0, 0.0), 37), 0, ["out"]),
        "side_in": (np.linspace((0.0, -72.0), (0.0, -12.0), 31), -1, ["side"]),
        "side": (np.concatenate([arc, np.linspace((14.0, 0.0), (72.0, 0.0), 30)]), 0, ["out"]),
        "out": (np.linspace((72.0, 0.0), (172.0, 0.0), 51), -1, []),
    }
    drafts = [
        LaneDraft(
            name, np.column_stack([points, np.zeros(len(points))]), np.full(len(points), 3.5), np.zeros(len(points)),
            junction=junction, turn=Turn.NONE if junction < 0 else Turn.STRAIGHT, successors=successors,
            speed_limit=SLOW,
        )
        for name, (points, junction, successors) in ways.items()
    ]  # fmt: skip
    return build_network(drafts)


def test_lanes_are_one_from_where_their_center_lines_meet():
    world = SmallWorld(long_merge(), ["sedan"])
    at = {str(name): lane for lane, name in enumerate(world.network.lane_name)}
    assert joined_from(world.rules.ways, at["main"], at["side"]) == pytest.approx(9.0, abs=1.1)
    assert joined_from(world.rules.ways, at["side"], at["main"]) == pytest.approx(0.5 * math.pi * 12.0 - 3.0, abs=1.1)
    assert joined_from(world.rules.ways, at["main"], at["side_in"]) == math.inf
    conflicts = world.rules.conflicts
    (k,) = range(conflicts.first[at["main"]], conflicts.first[at["main"] + 1])
    assert conflicts.reach[k, 0] < conflicts.reach[k, 1] < 11.0


def test_one_that_is_ahead_on_what_has_become_one_lane_is_followed_not_waited_for():
    world = SmallWorld(long_merge(), ["sedan", "sedan"])
    at = {str(name): lane for lane, name in enumerate(world.network.lane_name)}
    world.put(0, at["main_in"], 55.0, SLOW)
    world.put(1, at["side_in"], 55.0, SLOW)  # from the right
    entered = [math.inf, math.inf]
    while world.time < 90.0 and math.inf in entered:
        world.step()
        assert world.touching() == (-1, -1)
        for a in range(2):
            if world.network.lane_junction[world.memory.lane[0, a]] >= 0:
                entered[a] = min(entered[a], world.time)
    assert entered[1] < entered[0] < entered[1] + 25.0
