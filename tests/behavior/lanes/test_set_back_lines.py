"""Who waits beside the end of a tight turn stops before the area that a bus sweeps there."""

import math

import numpy as np
import pytest

from simengine.behavior.driver_state import COMMITTED, GRANTED, PRESENT
from simengine.behavior.lanes.set_back_lines import AHEAD, BEHIND, MARGIN, WIDTH
from simengine.behavior.vehicle.traffic_lights import signal_stop
from simengine.physics.vehicle.catalog import model_named
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft, SignalDraft, StopLineDraft
from simengine.road.network.network import RoadNetwork, SignalColor, Turn
from tests.behavior.small_world import SmallWorld

APART = 3.5  # of the lanes' middles, as wide as they are [m]
ARM = 80.0  # [m]


def corner(
    radius: float, apart: float = APART, line: float | None = None, shown: list[tuple[float, SignalColor]] | None = None
) -> tuple[RoadNetwork, dict[str, int]]:
    """A road that turns right, from south to west, and on its outside the lane of the other direction.

    The junction is the bend; `line` is where that lane's stop line is, before its end [m]. It may have a signal, which
    shows these colors, each for so long [s].
    """
    angle = np.linspace(0.0, 0.5 * np.pi, 40)
    outer, flat = radius + apart, np.zeros(40)
    way = np.linspace(0.0, ARM, 40)
    lanes = {
        "south": (np.full(40, radius), radius + ARM - way, ["right"]),
        "right": (radius * np.cos(angle), radius * (1.0 - np.sin(angle)), ["west"]),
        "west": (-way, flat, []),
        "east": (way - ARM, flat - apart, ["left"]),
        "left": (outer * np.sin(angle), radius - outer * np.cos(angle), ["north"]),
        "north": (np.full(40, outer), radius + way, []),
    }
    turns = {"right": Turn.RIGHT, "left": Turn.LEFT}
    drafts = [
        LaneDraft(
            name, np.stack([x, y, flat], axis=1), np.full(40, APART), flat, successors=after, speed_limit=8.0,
            junction=3 if name in turns else -1, turn=turns.get(name, Turn.NONE),
            priority=int(name == "right"),
        )
        for name, (x, y, after) in lanes.items()
    ]  # fmt: skip
    signals = [SignalDraft("light", (0.0, -8.0, 3.0), 0.0, shown)] if shown else []
    lines = []
    if line is not None:
        lines = [StopLineDraft("east", ARM - line, "light" if shown else None, 0 if shown else 1)]
    network = build_network(drafts, signals, lines)
    return network, {str(name): k for k, name in enumerate(network.lane_name)}


def line_before_end(network: RoadNetwork, lane: int) -> float:
    """Return where drivers stop on a lane, before its end [m]."""
    stops = SmallWorld(network, ["bus"]).rules.stops
    return float(network.lane_length[lane] - stops.s[stops.first[lane]])


def swept(radius: float, apart: float) -> float:
    """Return how far before its end the other lane is swept, from the circles of rear axle and front corner [m]."""
    turn = np.linspace(0.0, 0.5 * np.pi, 2000)  # still to do
    x = (radius + 0.5 * WIDTH) * np.sin(turn) - AHEAD * np.cos(turn)
    y = radius - (radius + 0.5 * WIDTH) * np.cos(turn) - AHEAD * np.sin(turn)
    return float(-x[y + apart - 0.5 * WIDTH < MARGIN].min(initial=0.0))


def test_the_bus_is_the_longest_vehicle_of_the_catalog():
    bus = model_named("bus")
    behind = bus.rear_axle - bus.cog_offset
    assert pytest.approx((0.5 * bus.length + behind, 0.5 * bus.length - behind, bus.width)) == (AHEAD, BEHIND, WIDTH)


@pytest.mark.parametrize("radius", [11.0, 14.0, 20.0])
def test_who_waits_beside_a_tight_turn_stops_before_the_swept_area(radius):
    network, at = corner(radius)
    assert line_before_end(network, at["east"]) == pytest.approx(swept(radius, APART), abs=1.0)
    assert swept(radius, APART) > 2.0


def test_a_line_that_is_far_enough_from_the_junction_stays_and_a_nearer_one_is_set_back():
    far, at = corner(11.0, line=15.0)
    assert line_before_end(far, at["east"]) == pytest.approx(15.0)
    near, at = corner(11.0, line=1.0)
    stops = SmallWorld(near, ["bus"]).rules.stops
    assert line_before_end(near, at["east"]) == pytest.approx(swept(11.0, APART), abs=1.0)
    assert stops.sign[stops.first[at["east"]]] == 1


@pytest.mark.parametrize(("front", "line"), [(12.0, 7.0), (4.0, 1.0), (-3.0, None)])
def test_who_is_between_the_line_and_where_it_is_set_back_to_does_not_pass_the_line(front, line):
    """A signal that turns red meets vehicles there; the places are before the lane's end [m]."""
    network, at = corner(11.0, line=1.0, shown=[(60.0, SignalColor.RED)])
    world = SmallWorld(network, ["sedan"])
    half = 0.5 * float(world.actors.length[0, 0])
    world.put(0, at["east"], ARM - front - half, 1.0)
    for _ in range(200):
        world.step()
    if line is None:
        assert int(world.memory.lane[0, 0]) != at["east"]
    else:
        assert world.speed(0) < 0.1
        assert line <= ARM - float(world.memory.s[0, 0]) - half < max(line + 1.6, front)


@pytest.mark.parametrize(("front", "goes"), [(5.0, True), (14.0, False)])
def test_who_is_beyond_the_line_that_is_set_back_when_amber_comes_leaves_the_swept_area(front, goes):
    shown = [(0.6, SignalColor.GREEN), (3.0, SignalColor.AMBER), (60.0, SignalColor.RED)]
    network, at = corner(11.0, line=1.0, shown=shown)
    world = SmallWorld(network, ["sedan"])
    half = 0.5 * float(world.actors.length[0, 0])
    world.put(0, at["east"], ARM - front - half, 2.0)
    while world.time < 3.5:
        world.step()
    assert (int(world.memory.lane[0, 0]) != at["east"] or ARM - float(world.memory.s[0, 0]) < half) == goes


def test_who_went_on_at_amber_but_came_to_stand_before_the_line_does_not_pass_it_at_red():
    network, at = corner(11.0, line=1.0, shown=[(60.0, SignalColor.RED)])
    world = SmallWorld(network, ["sedan"])
    world.put(0, at["east"], ARM - 4.0 - 0.5 * float(world.actors.length[0, 0]), 0.0)
    world.memory.choice[0, 0, COMMITTED] = world.rules.stops.first[at["east"]]
    while world.time < 10.0:
        world.step()
    assert int(world.memory.lane[0, 0]) == at["east"]


@pytest.mark.parametrize(("speed", "goes"), [(0.6, False), (6.0, True)])
def test_who_went_on_at_amber_but_has_slowed_so_that_it_can_stop_does_not_go_on_at_red(speed, goes):
    network, at = corner(11.0, line=1.0, shown=[(60.0, SignalColor.RED)])
    world = SmallWorld(network, ["sedan"])
    stops = world.rules.stops
    half = 0.5 * float(world.actors.length[0, 0])
    place = float(stops.s[stops.first[at["east"]]]) - 0.8 - half  # 0.8 m before the line that is set back
    world.memory.lane[0, 0] = world.memory.route[0, 0, PRESENT] = at["east"]
    world.memory.s[0, 0] = place
    world.memory.choice[0, 0, COMMITTED] = stops.first[at["east"]]
    red = np.array([SignalColor.RED], np.int32)
    way = signal_stop(world.rules.ways, stops, world.memory, red, 0, 0, speed, half, 0.75, 50.0)
    assert way == (math.inf if goes else pytest.approx(0.8))


def test_a_bus_does_not_begin_to_turn_while_somebody_stands_in_the_area_that_it_sweeps():
    network, at = corner(11.0, line=1.0, shown=[(15.0, SignalColor.RED), (60.0, SignalColor.GREEN)])
    world = SmallWorld(network, ["bus", "sedan"])
    world.put(0, at["south"], ARM - 20.0, 3.0)
    world.put(1, at["east"], ARM - 4.0 - 0.5 * float(world.actors.length[0, 1]), 1.0)
    while world.time < 14.0:
        world.step()
    assert world.speed(0) < 0.1
    assert float(world.memory.s[0, 0]) < ARM - 0.5 * float(world.actors.length[0, 0])
    while world.time < 50.0 and not all(world.memory.lane[0] == [at["west"], at["north"]]):
        world.step()
        assert world.touching() == (-1, -1)
    assert world.time < 50.0


@pytest.mark.parametrize(("radius", "apart"), [(8.0, APART), (40.0, APART), (11.0, 2.0 * APART)])
def test_no_line_is_set_back_where_no_bus_turns_or_none_comes_near(radius, apart):
    network, at = corner(radius, apart)
    stops = SmallWorld(network, ["bus"]).rules.stops
    assert stops.first[-1] == 0


def test_lanes_as_near_to_each_other_all_along_the_road_get_no_line():
    network, _ = corner(40.0, apart=2.6)
    assert SmallWorld(network, ["bus"]).rules.stops.first[-1] == 0


@pytest.mark.parametrize("waits", ["bus", "sedan"])
@pytest.mark.parametrize("radius", [11.0, 14.0])
def test_two_who_meet_at_a_tight_turn_both_get_through(radius, waits):
    network, at = corner(radius)
    world = SmallWorld(network, ["bus", waits])
    world.put(0, at["south"], ARM - 8.0, 3.0)
    world.put(1, at["east"], ARM - 30.0, 6.0)
    held = False
    while world.time < 40.0 and not all(world.memory.lane[0] == [at["west"], at["north"]]):
        world.step()
        assert world.touching() == (-1, -1)
        held = held or (world.speed(1) < 0.1 and world.memory.choice[0, 1, GRANTED] < 0)
    assert held
    assert world.time < 40.0
