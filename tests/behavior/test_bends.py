"""Long vehicles begin and end a turn on time, so that they stay near the middle of their lane."""

import numpy as np
import pytest

from simengine.behavior.vehicle.road_conditions import TURN_IN_WAY, bend_behind
from simengine.road.network.network import Turn
from tests.behavior.small_world import SmallWorld, junction


@pytest.mark.parametrize(("model", "most"), [("sedan", 0.25), ("bus", 0.2)])
def test_left_turn_is_driven_and_left_near_the_middle_of_the_lane(model, most):
    network = junction(signaled=False)
    world = SmallWorld(network, [model])
    turns = [lane for lane in range(len(network.lane_turn)) if network.lane_turn[lane] == Turn.LEFT]
    inner = turns[0]
    approach = int(network.predecessor[network.predecessor_first[inner]])
    leaving = int(network.successor[network.successor_first[inner]])
    world.put(0, approach, float(world.lanes.lane_length[approach]) - 40.0, 8.0)
    world.decide()
    world.memory.route[0, 0, 2:] = -1
    world.memory.route[0, 0, 2:4] = inner, leaving
    aside = []
    for _ in range(600):
        world.step()
        if world.memory.lane[0, 0] == leaving:
            aside.append(abs(float(world.memory.t[0, 0])))
            if world.memory.s[0, 0] > 30.0:
                break
    assert len(aside) > 20
    assert max(aside[10:]) < most
    assert np.mean(aside[-10:]) < 0.2


def test_a_tight_bend_just_behind_is_left_slowly_while_the_wheels_are_turned():
    network = junction(signaled=False)
    world = SmallWorld(network, ["sedan"])
    inner = int(np.flatnonzero(network.lane_turn == Turn.RIGHT)[0])
    leaving = int(network.successor[network.successor_first[inner]])
    ways, memory = world.rules.ways, world.memory
    memory.lane[0, 0], memory.route[0, 0, 0], memory.route[0, 0, 1] = leaving, inner, leaving
    memory.s[0, 0] = 0.5
    assert 0.0 < bend_behind(ways, memory, 0, 0) <= ways.lane_tightest[inner]
    memory.s[0, 0] = TURN_IN_WAY + 1.0
    assert bend_behind(ways, memory, 0, 0) < 0.01
    memory.lane[0, 0], memory.route[0, 0, 0], memory.route[0, 0, 1] = inner, -1, inner
    memory.s[0, 0] = 0.5 * float(network.lane_length[inner])
    assert bend_behind(ways, memory, 0, 0) > 0.05
