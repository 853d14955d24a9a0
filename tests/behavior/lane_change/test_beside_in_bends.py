"""Beside a long vehicle nobody goes round a tight bend: its front corner sweeps into the next lane."""

import math

import numpy as np
import pytest

from simengine.behavior.lane_change.beside_in_bends import FRONT_SHARE, front_sweep
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from tests.behavior.small_world import SmallWorld

STRAIGHT = 60.0  # before the bend and behind it [m]


def two_lanes_round_a_bend(radius: float):
    """Two lanes along x that turn back to the left; the inner one, of that radius, is lane 0."""
    drafts = []
    for name, r in (("inner", radius), ("outer", radius + 3.5)):
        angle = np.linspace(0.0, np.pi, 60)
        bend = np.stack([r * np.sin(angle), radius - r * np.cos(angle), np.zeros(60)], axis=1)
        way = np.linspace(-STRAIGHT, -2.0, 30)
        before = np.stack([way, np.full(30, radius - r), np.zeros(30)], axis=1)
        behind = np.stack([way[::-1], np.full(30, radius + r), np.zeros(30)], axis=1)
        points = np.concatenate([before, bend, behind])
        drafts.append(LaneDraft(name, points, np.full(120, 3.5), np.zeros(120), speed_limit=14.0))
    drafts[0].right, drafts[1].left = "outer", "inner"
    return build_network(drafts)


def drive(models, offset, radius, speed=9.0):
    """Return whether two touch that begin beside each other, the outer `offset` ahead, and their least speeds [m/s]."""
    world = SmallWorld(two_lanes_round_a_bend(radius), list(models))
    world.memory.may_change_lane[...] = False
    world.put(0, 0, 15.0, speed)
    world.put(1, 1, 15.0 + offset, speed)
    least, touched = [speed, speed], False
    for _ in range(600):
        world.step()
        touched = touched or world.touching() != (-1, -1)
        least = [min(v, world.speed(a)) for a, v in enumerate(least)]
        if min(world.memory.s[0]) > STRAIGHT + np.pi * radius + 15.0:
            return touched, least
    raise AssertionError("somebody stands for ever")


@pytest.mark.parametrize("offset", [-7.0, -1.0, 1.0, 7.0])
@pytest.mark.parametrize("models", [("bus", "sedan"), ("bus", "bus"), ("truck", "bus"), ("truck", "suv")])
def test_vehicles_beside_a_long_one_pass_a_bend_one_after_the_other(models, offset):
    touched, _ = drive(models, offset, 23.0)
    assert not touched


def test_cars_go_round_the_bend_beside_each_other():
    touched, least = drive(("sedan", "sedan"), 1.0, 23.0)
    assert not touched and min(least) > 4.0


def test_the_front_corner_sweeps_as_rolling_about_the_rear_axle_says():
    reach, radius = FRONT_SHARE * 12.0, 23.0
    assert front_sweep(12.0, 1.0 / radius) == pytest.approx(math.hypot(radius, reach) - radius, abs=0.1)
