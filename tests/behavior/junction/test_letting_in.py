"""Somebody who has stood long before a junction is let in, where there is room, by those who can still stop."""

import numpy as np
import pytest

from simengine.behavior.driver_state import EXIT_TURN, GRANTED
from simengine.behavior.junction.letting_in import LET_IN
from simengine.behavior.junction.path_through import DUE, Passage
from simengine.behavior.lanes.occupancy import look_around
from simengine.behavior.traffic.traffic import empty_scratch, survey
from simengine.road.network.network import Turn
from tests.behavior.junction.test_grants import straight_ways
from tests.behavior.small_world import DT, SmallWorld, junction

STREAM = 10  # vehicles that come from the right, again and again
HEADWAY = 2.5  # [s]
FLOWING = 15.0  # when they come regularly [s]


def _times_through(models: list[str], lets_in: bool, seconds: float, drives: bool = True) -> tuple[list[float], float]:
    """Return when vehicles have crossed a busy street or turned into it, and how hard anybody on it braked [m/s²].

    The first comes from the left of the street's traffic and goes straight on, a second one comes towards that traffic
    and turns left. Times count from when they stand there; infinite if one has not got through [s].
    """
    world = SmallWorld(junction(signaled=False), [*models, *["sedan"] * STREAM])
    ways, count = straight_ways(world), len(models)
    busy, starts, turns = ways[1], (ways[0][0], ways[3][0]), (Turn.STRAIGHT, Turn.LEFT)
    world.drives[0, count:], world.obeys[0, count:] = drives, lets_in
    due, hardest, times = 0.0, 0.0, [np.inf] * count
    while world.time < FLOWING + seconds and max(times) == np.inf:
        for a in range(count):
            if world.time >= FLOWING and not world.state.valid[0, a] and times[a] == np.inf:
                end = float(world.lanes.lane_length[starts[a]])
                world.put(a, starts[a], end - 0.5 * float(world.actors.length[0, a]) - 1.5, 0.0)
                world.memory.choice[0, a, EXIT_TURN] = turns[a]
            lane = int(world.memory.lane[0, a])
            if lane >= 0 and lane != starts[a] and world.network.lane_junction[lane] < 0:
                times[a] = min(times[a], world.time - FLOWING)
                world.state.valid[0, a] = world.memory.s[0, a] < 20.0
        for a in range(count, count + STREAM):
            if int(world.memory.lane[0, a]) == busy[2] and world.memory.s[0, a] > 20.0:
                world.state.valid[0, a] = False
        out = [a for a in range(count, count + STREAM) if not world.state.valid[0, a]]
        on = (world.memory.lane[0] == busy[0]) & world.state.valid[0]
        if world.time >= due and out and world.memory.s[0, on].min(initial=np.inf) > 25.0:
            world.memory.lane[0, out[0]], world.memory.choice[0, out[0], GRANTED] = -1, -1
            world.memory.choice[0, out[0], EXIT_TURN] = Turn.STRAIGHT
            world.put(out[0], busy[0], 5.0, 11.0)
            due = world.time + HEADWAY
        world.step()
        assert world.touching() == (-1, -1)
        flowing = world.state.valid[0] & (np.arange(count + STREAM) >= count)
        hardest = max(hardest, -float(world.controls.acceleration[0, flowing].min(initial=0.0)))
    return times, hardest


@pytest.mark.parametrize("model", ["sedan", "truck"])
def test_somebody_who_has_waited_long_is_let_in_without_hard_braking(model):
    (time,), hardest = _times_through([model], True, 90.0)
    assert LET_IN < time < LET_IN + 30.0
    assert hardest < 3.5


def test_one_that_waits_inside_the_junction_clears_it_and_does_not_wait_for_the_one_that_is_let_in():
    times, _ = _times_through(["truck", "sedan"], True, 90.0)
    assert max(times) < 90.0


def test_those_who_do_not_ask_for_their_way_are_not_relied_on():
    assert _times_through(["truck"], False, 60.0)[0] == [np.inf]


def test_a_driver_does_not_expect_to_be_let_in_by_those_whose_minds_are_not_of_this_world():
    """A driver under test believes that others ask for their way as it does, and they let in only one another."""
    assert _times_through(["truck"], True, 60.0, drives=False)[0] == [np.inf]


def _passage(known: bool, way: float, speed: float) -> tuple[SmallWorld, Passage]:
    """Return what is decided when one comes from the right of a truck that has waited long; its front is `way` off [m].

    The truck is actor 0, the other actor 1, whose mind is of this world if it is `known`.
    """
    world = SmallWorld(junction(signaled=False), ["truck", "sedan"])
    ways = straight_ways(world)
    for a, before, current in ((0, 1.0, 0.0), (1, way, speed)):
        start = ways[a][0]
        end, half = float(world.lanes.lane_length[start]), 0.5 * float(world.actors.length[0, a])
        world.put(a, start, end - half - before, current)
        world.memory.choice[0, a, EXIT_TURN] = Turn.STRAIGHT
    world.memory.waiting[0, 0] = LET_IN + 1.0
    world.drives[0, 1] = known
    actors, state = world.actors, world.state
    scratch = empty_scratch(2, len(world.lanes.lane_length), len(world.rules.crossings.crossing))
    look_around(
        actors.length[0], actors.width[0], actors.height[0], state.valid[0], state.position[0], state.orientation[0],
        state.velocity[0], scratch.places,
    )  # fmt: skip
    survey(
        world.rules, actors.mobility[0], world.memory, scratch, np.zeros(0, np.int32), world.drives[0], world.obeys[0],
        0.75, 1, world.seed, DT, 0,
    )  # fmt: skip
    return world, scratch.passage


@pytest.mark.parametrize("known", [True, False])
def test_nobody_is_to_be_let_in_while_one_that_lets_nobody_in_takes_the_way(known):
    """It would hold up the others for nothing."""
    _, passage = _passage(known, 35.0, 10.0)
    assert passage.flag[0, DUE] == known


@pytest.mark.parametrize(("way", "lets_in"), [(35.0, True), (12.5, False)])
def test_only_one_that_can_stop_gently_lets_somebody_in(way, lets_in):
    world, _ = _passage(True, way, 10.0)
    assert (world.memory.choice[0, 1, GRANTED] < 0) == lets_in
    assert (world.memory.choice[0, 0, GRANTED] >= 0) == lets_in
