"""Scripted walkers get through: round what stands, past moving vehicles that are not the hazard's business."""

import math

import numpy as np
import pytest

from simengine.behavior.script.scripted_walk import way_to_box
from simengine.core.space.geometry import boxes_gap
from simengine.scenario.spec import events as specs
from tests.behavior.small_world import DT
from tests.behavior.stage import StagedWorld


def crossing(*models, speed=1.5, distance=12.0):
    """A walker that is to cross the road; further actors are placed by the test."""
    world = StagedWorld(["sedan", "pedestrian", *models])
    world.put(0, 0, 300.0, 0.0)
    world.put(1, 0, 100.0, 0.0, t=-4.0)
    return world, specs.WalkAction(kind="walk", heading_deg=90.0, speed=speed, distance=distance)


def least_gap(world, a, b):
    p, q = world.state.position[0, a], world.state.position[0, b]
    size = world.actors
    return boxes_gap(
        p[0], p[1], world.yaw(a), size.length[0, a], size.width[0, a],
        q[0], q[1], world.yaw(b), size.length[0, b], size.width[0, b],
    )  # fmt: skip


@pytest.mark.parametrize("aside", [-1.5, 0.0, 1.5])
def test_a_walker_goes_round_a_car_that_stands_in_the_way_and_arrives(aside):
    world, walk = crossing("sedan")
    world.put(2, 0, 100.0 + aside, 0.0, t=1.0)
    world.begin()
    world.fire(1, walk)
    gaps = []
    for _ in range(400):
        world.play(DT)
        gaps.append(least_gap(world, 1, 2))
    assert min(gaps) > 0.0
    moved = world.state.position[0, 1, :2] - world.start[1, :2]
    assert moved[1] == pytest.approx(12.0, abs=0.5)


def test_a_walker_goes_through_the_gap_between_two_parked_cars():
    world, walk = crossing("sedan", "sedan")
    world.put(2, 0, 100.0 - 3.1, 0.0, t=-1.0)
    world.put(3, 0, 100.0 + 3.1, 0.0, t=-1.0)
    world.begin()
    world.fire(1, walk)
    gaps, aside = [], []
    for _ in range(240):
        world.play(DT)
        gaps.append(min(least_gap(world, 1, 2), least_gap(world, 1, 3)))
        aside.append(abs(world.state.position[0, 1, 0] - world.start[1, 0]))
    assert min(gaps) > 0.0 and max(aside) < 0.5
    assert world.state.position[0, 1, 1] - world.start[1, 1] == pytest.approx(12.0, abs=0.3)


def test_a_walker_waits_for_another_vehicle_but_not_for_the_ego():
    heights = {}
    for who in (0, 2):
        world, walk = crossing("sedan")
        world.put(2, 0, 500.0, 0.0)
        world.put(who, 0, 100.0 - 25.0, 15.0)
        world.begin()
        world.fire(1, walk)
        world.play(1.5)
        heights[who] = float(world.state.position[0, 1, 1] - world.start[1, 1])
    assert heights[0] == pytest.approx(2.25, abs=0.3)
    assert heights[2] < 1.5


def test_the_way_to_a_box_is_that_of_the_slab():
    assert way_to_box(0.0, 0.0, 1.0, 0.0, 10.0, 0.0, 0.0, 2.0, 1.0) == pytest.approx(8.0)
    assert way_to_box(0.0, 1.5, 1.0, 0.0, 10.0, 0.0, 0.0, 2.0, 1.0) == math.inf
    assert way_to_box(0.0, 0.0, 1.0, 0.0, 10.0, 0.0, 0.5 * math.pi, 2.0, 1.0) == pytest.approx(9.0)
    assert way_to_box(0.5, 0.9, 0.0, -1.0, 0.0, 0.0, 0.0, 2.0, 1.0) == 0.0  # within it, going deeper
    assert way_to_box(0.5, 0.9, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0, 1.0) == math.inf  # on the way out


def test_a_walker_keeps_clear_of_the_scenery():
    world, walk = crossing()
    world.obstacles = np.array([[*world.state.position[0, 1, :2] + (0.0, 4.0), 0.0, 3.0, 0.5]])
    world.begin()
    world.fire(1, walk)
    box, gaps = world.obstacles[0], []
    for _ in range(300):
        world.play(DT)
        p = world.state.position[0, 1]
        gaps.append(boxes_gap(p[0], p[1], world.yaw(1), 0.5, 0.55, box[0], box[1], box[2], box[3], box[4]))
    assert min(gaps) > 0.0
    assert world.state.position[0, 1, 1] - world.start[1, 1] == pytest.approx(12.0, abs=0.5)
