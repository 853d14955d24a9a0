"""What a driver's passage is about where junctions lie closer together than a vehicle is long."""

import math

import numpy as np
import pytest

from simengine.behavior.driver_state import PRESENT, PREVIOUS
from simengine.behavior.junction.path_through import (
    ENTER,
    FIRST_PLACE,
    JUNCTION,
    LEAVES,
    concerns,
    empty_passage,
    find_passage,
    way_to_lane,
)
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import RoadNetwork, Turn
from tests.behavior.small_world import SmallWorld

BETWEEN = 2.4  # from the end of the first junction to the next one [m]


def _lane(
    name: str, start: tuple[float, float], end: tuple[float, float], junction: int, *successors: str
) -> LaneDraft:
    points = np.zeros((20, 3))
    points[:, :2] = np.linspace(start, end, 20)
    return LaneDraft(
        name, points, np.full(20, 3.5), np.zeros(20), junction=junction, successors=list(successors),
        turn=Turn.NONE if junction < 0 else Turn.STRAIGHT, priority=1 if name == "main" else 0,
    )  # fmt: skip


def two_junctions() -> RoadNetwork:
    """Return a street through two junctions 2.4 m apart; in the second one it crosses a main road from the right."""
    x = 100.0 + 16.0 + BETWEEN
    return build_network(
        [
            _lane("in", (0.0, 0.0), (100.0, 0.0), -1, "first"),
            _lane("first", (100.0, 0.0), (108.0, 0.0), 0, "second"),
            _lane("second", (108.0, 0.0), (116.0, 0.0), 0, "between"),
            _lane("between", (116.0, 0.0), (x, 0.0), -1, "cross"),
            _lane("cross", (x, 0.0), (x + 16.0, 0.0), 1, "out"),
            _lane("out", (x + 16.0, 0.0), (x + 116.0, 0.0), -1),
            _lane("side_in", (112.0, -60.0), (112.0, -8.0), -1, "side"),
            _lane("side", (112.0, -8.0), (112.0, 8.0), 0, "side_out"),
            _lane("side_out", (112.0, 8.0), (112.0, 60.0), -1),
            _lane("main_in", (x + 8.0, -108.0), (x + 8.0, -8.0), -1, "main"),
            _lane("main", (x + 8.0, -8.0), (x + 8.0, 8.0), 1, "main_out"),
            _lane("main_out", (x + 8.0, 8.0), (x + 8.0, 108.0), -1),
        ]
    )


def _passage(world: SmallWorld, front: float):
    """Return the passages when actor 0's front is at a place of the street, counted from its start [m]."""
    at = {str(name): lane for lane, name in enumerate(world.network.lane_name)}
    middle = front - 0.5 * float(world.actors.length[0, 0])
    street = ["in", "first", "second", "between", "cross", "out"]
    lengths = [float(world.lanes.lane_length[at[name]]) for name in street]
    k = next(k for k in range(len(street)) if middle < sum(lengths[: k + 1]))
    world.memory.lane[0, 0] = at[street[k]]
    world.memory.s[0, 0] = middle - sum(lengths[:k])
    world.memory.route[0, 0, :] = -1
    world.memory.route[0, 0, PREVIOUS] = at[street[k - 1]] if k else -1
    for place, name in enumerate(street[k:]):
        world.memory.route[0, 0, PRESENT + place] = at[name]
    passage, rules = empty_passage(1), world.rules
    length = float(world.actors.length[0, 0])
    find_passage(rules.ways, rules.stops, rules.conflicts, world.memory, length, 0, 0, 100.0, passage)
    return passage, at


def test_the_next_junction_is_planned_once_no_conflict_of_the_present_one_lies_ahead():
    world = SmallWorld(two_junctions(), ["bus"])
    passage, _ = _passage(world, 99.0)
    assert (passage.plan[0, JUNCTION], passage.plan[0, LEAVES]) == (0, -1)
    passage, _ = _passage(world, 109.0)  # the side street is still ahead
    assert (passage.plan[0, JUNCTION], passage.plan[0, LEAVES]) == (0, -1)
    passage, at = _passage(world, 113.0)
    assert (passage.plan[0, JUNCTION], passage.plan[0, LEAVES]) == (1, 0)
    assert passage.way[0, ENTER] == pytest.approx(116.0 + BETWEEN - 113.0)
    assert concerns(passage, 0, 0) and concerns(passage, 0, 1)
    assert way_to_lane(world.rules.ways, world.memory, passage, 0, 0, at["second"]) == (pytest.approx(-5.0), True)
    assert way_to_lane(world.rules.ways, world.memory, passage, 0, 0, at["cross"]) == (pytest.approx(5.4), False)
    assert way_to_lane(world.rules.ways, world.memory, passage, 0, 0, at["main"])[0] == math.inf


def test_a_rear_on_the_last_lane_but_one_of_a_junction_is_in_it():
    world = SmallWorld(two_junctions(), ["bus"])
    passage, at = _passage(world, 115.0)  # its middle is a meter into the second lane, its rear five before it
    assert passage.plan[0, FIRST_PLACE] != PREVIOUS  # that of the next junction
    assert way_to_lane(world.rules.ways, world.memory, passage, 0, 0, at["first"]) == (pytest.approx(-15.0), True)


@pytest.mark.parametrize("model", ["sedan", "bus"])
@pytest.mark.parametrize("behind", [0.0, 4.0, 8.0, 12.0])
def test_one_that_comes_out_of_a_junction_gives_way_at_the_next(model, behind):
    world = SmallWorld(two_junctions(), [model, "sedan"])
    at = {str(name): lane for lane, name in enumerate(world.network.lane_name)}
    world.put(0, at["in"], 70.0, 9.0)
    world.put(1, at["main_in"], 60.0 - behind, 9.0)
    slowest = math.inf
    while world.time < 40.0 and world.network.lane_name[world.memory.lane[0, 0]] != "out":
        world.step()
        assert world.touching() == (-1, -1)
        if world.network.lane_name[world.memory.lane[0, 1]] in ("main_in", "main"):
            slowest = min(slowest, world.speed(1))
    assert world.time < 40.0
    assert slowest > 8.0
