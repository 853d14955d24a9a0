"""Vehicles that wait for each other in a circle go on: full roundabouts, four left turns at once, a bus among them."""

import numpy as np
import pytest

from simengine.road.network.network import Turn
from tests.behavior.roundabout import roundabout
from tests.behavior.small_world import SmallWorld, junction

QUEUE = 2  # vehicles before each entry


def lane_of(world: SmallWorld, actor: int) -> str:
    """Return the name of the lane that an actor is on."""
    return str(world.network.lane_name[world.memory.lane[0, actor]])


def full_roundabout(radius: float, give_way: bool, models: list[str], past: int) -> SmallWorld:
    """Return a roundabout with a vehicle between any two arms and queues before it; each passes some arms first."""
    network = roundabout(radius, give_way)
    at = {str(name): lane for lane, name in enumerate(network.lane_name)}
    world = SmallWorld(network, [*models, *["sedan"] * (4 * QUEUE)])
    starts = [f"link{k}" for k in range(4)] + [f"in{k}" for k in range(4) for _ in range(QUEUE)]
    for actor, name in enumerate(starts):
        length = float(world.lanes.lane_length[at[name]])
        s = 0.5 * length if actor < 4 else length - 3.5 - 5.5 * ((actor - 4) % QUEUE)
        world.put(actor, at[name], s, 0.0)
    world.decide()
    for actor, name in enumerate(starts):
        arm = int(name[-1])
        route = [at[f"enter{arm}"], at[f"link{arm}"]] if name.startswith("in") else []
        for k in range(arm + 1, arm + 1 + past):
            route += [at[f"ring{k % 4}"], at[f"link{k % 4}"]]
        route += [at[f"leave{(arm + 1 + past) % 4}"], at[f"out{(arm + 1 + past) % 4}"]]
        world.memory.route[0, actor, 2:] = -1
        world.memory.route[0, actor, 2 : 2 + len(route)] = route
    return world


def clear(world: SmallWorld, seconds: float, is_out) -> float:
    """Run until everybody is out, who then is gone; returns the time or infinity. Nobody may touch anybody."""
    while world.time < seconds:
        world.step()
        assert world.touching() == (-1, -1)
        for actor in np.flatnonzero(world.state.valid[0]).tolist():
            if world.memory.lane[0, actor] >= 0 and is_out(world, actor):
                world.state.valid[0, actor] = False
        if not world.state.valid.any():
            return world.time
    return np.inf


def has_left(world: SmallWorld, actor: int) -> bool:
    """Return whether an actor has left the roundabout and some way more."""
    return lane_of(world, actor).startswith("out") and world.memory.s[0, actor] > 25.0


@pytest.mark.parametrize("past", [1, 2])
@pytest.mark.parametrize("give_way", [True, False])
@pytest.mark.parametrize("radius", [12.0, 18.0])
def test_a_full_roundabout_empties(radius, give_way, past):
    world = full_roundabout(radius, give_way, ["sedan"] * 4, past)
    assert clear(world, 150.0, has_left) < 150.0


def test_a_full_roundabout_with_a_bus_empties():
    world = full_roundabout(18.0, True, ["bus", "sedan", "sedan", "sedan"], 1)
    assert clear(world, 150.0, has_left) < 150.0


@pytest.mark.parametrize("first", ["sedan", "bus"])
def test_four_left_turns_from_four_sides_at_once_are_all_made(first):
    network = junction(signaled=False)
    world = SmallWorld(network, [first, "sedan", "sedan", "sedan"])
    turns = [lane for lane in range(len(network.lane_turn)) if network.lane_turn[lane] == Turn.LEFT]
    ways = []
    for actor, inner in enumerate(turns):
        approach = int(network.predecessor[network.predecessor_first[inner]])
        leaving = int(network.successor[network.successor_first[inner]])
        world.put(actor, approach, float(world.lanes.lane_length[approach]) - 8.0, 0.0)
        ways.append((inner, leaving))
    world.decide()
    for actor, way in enumerate(ways):
        world.memory.route[0, actor, 2:] = -1
        world.memory.route[0, actor, 2:4] = way
    exits = {leaving for _, leaving in ways}
    assert clear(world, 60.0, lambda w, a: int(w.memory.lane[0, a]) in exits and w.memory.s[0, a] > 20.0) < 60.0
