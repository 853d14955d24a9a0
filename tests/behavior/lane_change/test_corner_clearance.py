"""Nobody leaves a queue sideways before the own front corner clears the leader's rear one."""

import math

import numpy as np
import pytest

from simengine.behavior.driver_state import FROM_LANE, LANE_OFFSET, SPEED_CAP
from simengine.behavior.lane_change.choice import begin_change
from simengine.behavior.lane_change.corner_clearance import way_until_aside
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from tests.behavior.small_world import SmallWorld, straight

APART = 3.5  # of the lanes' middles [m]


def sides(world: SmallWorld) -> tuple[int, int]:
    """Return the right lane and the left one."""
    right = next(k for k in range(2) if world.rules.ways.lane_right[k] < 0)
    return right, int(world.rules.ways.lane_left[right])


def begins(gap: float, speed: float, leader_speed: float, model: str = "sedan") -> bool:
    """Return whether a driver behind a leader sets out for the free lane beside."""
    world = SmallWorld(straight(2), [model, "sedan"])
    right, left = sides(world)
    world.put(0, right, 100.0, speed)
    lengths = float(world.actors.length[0].sum())
    world.put(1, right, 100.0 + 0.5 * lengths + gap, leader_speed)
    world.drives[0, 1] = False
    world.decide()
    return int(world.memory.lane[0, 0]) == left


@pytest.mark.parametrize("model", ["sedan", "bus"])
@pytest.mark.parametrize("gap", [0.8, 1.3, 2.5])
def test_nobody_sets_out_where_the_corner_would_touch_one_that_stands(gap, model):
    assert not begins(gap, 1.0, 0.0, model)


def test_who_has_room_sets_out_and_a_leader_that_goes_on_makes_room():
    assert begins(9.0, 1.5, 0.0)
    assert begins(5.0, 6.0, 5.5)
    assert not begins(5.0, 6.0, 0.5)


@pytest.mark.parametrize(("model", "way"), [("sedan", 12.0), ("van", 12.0), ("truck", 21.5), ("bus", 30.0)])
@pytest.mark.parametrize("aside", [1.0, 1.8, 2.6])
def test_the_corner_moves_aside_as_the_path_says(model, way, aside):
    world = SmallWorld(straight(2), [model])
    right, left = sides(world)
    world.memory.style[0, 0, LANE_OFFSET], world.memory.style[0, 0, SPEED_CAP] = 0.0, 1.5
    world.put(0, right, 100.0, 1.5)
    world.memory.may_change_lane[...] = False
    world.decide()
    begin_change(world.rules.ways, world.memory, world.seed, 0, 0, left, 100.0, -APART, 4.0)
    length, width = float(world.actors.length[0, 0]), float(world.actors.width[0, 0])

    def corner() -> np.ndarray:
        q = world.state.orientation[0, 0]
        yaw = 2.0 * math.atan2(q[3], q[0])
        turned = np.array([[math.cos(yaw), -math.sin(yaw)], [math.sin(yaw), math.cos(yaw)]])
        return world.state.position[0, 0, :2] + turned @ (0.5 * length, -0.5 * width)

    start = corner()
    while corner()[1] - start[1] < aside:
        world.step()
        assert world.time < 60.0
    assert corner()[0] - start[0] == pytest.approx(way_until_aside(APART, aside, way, length, width), abs=0.8)


def test_who_comes_to_a_lanes_end_in_a_change_still_follows_those_on_the_lane_beside():
    """Lanes are cut where roads are described anew; a queue goes on over the cut."""
    x = np.linspace(0.0, 100.0, 21)
    drafts = []
    for part in range(2):
        for name, y in (("a", 0.0), ("b", APART)):
            points = np.stack([x + 100.0 * part, np.full(21, y), np.zeros(21)], axis=1)
            drafts.append(LaneDraft(f"{name}{part}", points, np.full(21, 3.5), np.zeros(21)))
            drafts[-1].successors = [f"{name}1"] if part == 0 else []
        drafts[-2].left, drafts[-1].right = drafts[-1].name, drafts[-2].name
    network = build_network(drafts)
    at = {str(name): k for k, name in enumerate(network.lane_name)}
    world = SmallWorld(network, ["sedan", "sedan"])
    world.put(0, at["a0"], 97.0, 4.0)
    world.put(1, at["a1"], 9.0, 0.0)
    world.drives[0, 1] = False
    world.memory.may_change_lane[...] = False
    world.decide()
    begin_change(world.rules.ways, world.memory, world.seed, 0, 0, at["b0"], 97.0, -APART, 4.0)
    for _ in range(200):
        world.step()
        if int(world.memory.lane[0, 0]) == at["b1"]:
            assert int(world.memory.choice[0, 0, FROM_LANE]) == at["a1"]
        ahead = world.state.position[0, 1] - world.state.position[0, 0]
        assert ahead[0] - float(world.actors.length[0, 0]) > 1.5
    assert int(world.memory.lane[0, 0]) == at["b1"]
    assert world.speed(0) < 0.1
