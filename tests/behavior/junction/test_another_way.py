"""A driver who waits long for room beyond a junction takes another way on, where there is room and it can turn."""

import numpy as np
import pytest

from simengine.behavior.driver_state import EXIT_TURN, GRANTED, NEXT
from simengine.behavior.junction.another_way import GIVES_UP
from simengine.behavior.lanes.long_vehicles import NOT
from simengine.road.network.network import Turn
from tests.behavior.junction.test_grants import straight_ways
from tests.behavior.small_world import DT, SmallWorld, junction


def blocked(model: str = "sedan", exits: int = 1, goal: int = 0, waited: float = GIVES_UP) -> SmallWorld:
    """Return a world in which a vehicle before a junction wants to go straight on, and some exits are full.

    Args:
        model: Of the vehicle, actor 0.
        exits: How many are full: the one straight on first.
        goal: Turn that the driver has to make, 0 for none.
        waited: Until the next decision [s].
    """
    world = SmallWorld(junction(signaled=False), [model, *["sedan"] * 4])
    ways = straight_ways(world)
    start, inner, straight_on = ways[0]
    others = [way[2] for way in ways if way[2] != straight_on]
    for k, lane in enumerate([straight_on, *others][:exits]):
        world.put(1 + k, lane, 3.0, 0.0)
        world.drives[0, 1 + k] = world.obeys[0, 1 + k] = False
    end = float(world.lanes.lane_length[start])
    world.put(0, start, end - 0.5 * float(world.actors.length[0, 0]) - 1.0, 0.0)
    world.decide()
    world.memory.route[0, 0, NEXT:] = -1
    world.memory.route[0, 0, NEXT : NEXT + 2] = (inner, straight_on)
    world.memory.choice[0, 0, [EXIT_TURN, GRANTED]] = (goal, -1)
    world.memory.waiting[0, 0] = waited - 1.5 * DT
    world.decide()
    assert world.memory.route[0, 0, NEXT] == inner
    return world


def turn_after(world: SmallWorld) -> int:
    """Return the turn that actor 0 makes after the next decision."""
    world.decide()
    return int(world.network.lane_turn[world.memory.route[0, 0, NEXT]])


def test_one_that_has_waited_long_for_room_takes_a_way_that_has_room():
    world = blocked()
    assert turn_after(world) in (Turn.LEFT, Turn.RIGHT)
    for _ in range(round(12.0 / DT)):
        world.step()
        assert world.touching() == (-1, -1)
    assert world.network.lane_junction[world.memory.lane[0, 0]] < 0
    assert world.memory.s[0, 0] < 100.0


@pytest.mark.parametrize("settings", [{"exits": 4}, {"goal": Turn.STRAIGHT}, {"waited": 0.5 * GIVES_UP}, {"exits": 0}])
def test_nobody_gives_up_his_way_without_need_or_use(settings):
    assert turn_after(blocked(**settings)) == Turn.STRAIGHT


def test_a_bus_takes_no_way_that_it_cannot_turn():
    world = blocked("bus")
    ways = world.rules.ways
    turns = (ways.lane_turn == Turn.LEFT) | (ways.lane_turn == Turn.RIGHT)
    ways.lane_long[np.flatnonzero(turns & (ways.lane_junction >= 0))] = NOT
    assert turn_after(world) == Turn.STRAIGHT
