"""Joints of lanes at an angle, where one of the lanes bends."""

import math

import numpy as np
import pytest

from simengine.behavior.driver_state import NEXT, PRESENT
from simengine.behavior.vehicle.corners import arc_of_corner, corner_curvature, joint_turn
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from tests.behavior.small_world import SmallWorld

TIGHTEST = 3.0  # [m]


def bend_before_a_joint(radius: float, kink: float) -> SmallWorld:
    """A bend to the left by a right angle, after which the road goes on straight, turned by the kink [rad]."""
    angle = np.linspace(0.0, 0.5 * np.pi, 60)
    bend = np.stack([radius * np.sin(angle), radius * (1.0 - np.cos(angle)), np.zeros(60)], axis=1)
    course = 0.5 * np.pi + kink
    way = np.linspace(0.0, 40.0, 41)
    beyond = bend[-1] + np.stack([way * math.cos(course), way * math.sin(course), np.zeros(41)], axis=1)
    before = np.stack([np.linspace(-40.0, 0.0, 41), np.zeros(41), np.zeros(41)], axis=1)
    drafts = [
        LaneDraft("before", before, np.full(41, 3.5), np.zeros(41), successors=["bend"], speed_limit=6.0),
        LaneDraft("bend", bend, np.full(60, 3.5), np.zeros(60), successors=["beyond"], speed_limit=6.0),
        LaneDraft("beyond", beyond, np.full(41, 3.5), np.zeros(41), speed_limit=6.0),
    ]
    return SmallWorld(build_network(drafts), ["sedan"])


@pytest.mark.parametrize("kink", [-0.15, 0.15])
@pytest.mark.parametrize("radius", [5.0, 20.0])
def test_an_arc_at_a_joint_turns_as_much_as_the_lanes_do_along_it(radius, kink):
    world = bend_before_a_joint(radius, kink)
    world.memory.lane[0, 0] = 1
    world.memory.route[0, 0, PRESENT : NEXT + 1] = 1, 2
    turn, length = joint_turn(world.rules.ways, 1, 2), float(world.lanes.lane_length[1])
    _, reach = arc_of_corner(world.rules.ways, 1, 2, TIGHTEST)
    assert turn == pytest.approx(kink, abs=0.02)
    assert reach > 0.1
    found = corner_curvature(world.rules.ways, world.memory, 0, 0, length, TIGHTEST)
    assert 2.0 * reach * found == pytest.approx(turn + reach / radius, abs=0.02)


@pytest.mark.parametrize("kink", [-0.15, 0.0, 0.15])
def test_a_tight_bend_that_ends_at_a_joint_is_driven_to_its_end(kink):
    world = bend_before_a_joint(5.0, kink)
    world.put(0, 0, 15.0, 5.0)
    most = 0.0
    while int(world.memory.lane[0, 0]) != 2 or world.memory.s[0, 0] < 15.0:
        world.step()
        assert world.time < 40.0
        most = max(most, abs(float(world.memory.t[0, 0])))
    assert most < 0.6
