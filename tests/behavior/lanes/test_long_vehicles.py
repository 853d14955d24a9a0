"""Long vehicles take only lanes that they can turn, and that lead on to such."""

import numpy as np
import pytest

from simengine.behavior.lane_change.lane_ends import goes_on
from simengine.behavior.lanes.lane_rules import road_rules
from simengine.behavior.lanes.long_vehicles import (
    BY_CHANGING,
    CLOSED,
    NOBODY,
    NOT,
    ON,
    find_long_ways,
    is_agile,
    open_ends,
)
from simengine.behavior.lanes.route import choose_successor
from simengine.behavior.traffic.inflow import begin_inflow
from simengine.core.state import empty_actors, empty_state
from simengine.physics.vehicle.catalog import model_named
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import lane_arrays


def arc(radius: float, turn: float) -> np.ndarray:
    """Return a bend to the left from the origin, along x at first."""
    angle = np.linspace(0.0, turn, 30)
    points = np.stack([np.sin(angle), 1.0 - np.cos(angle), np.zeros(30)], axis=1)
    return points * (radius, radius, 0.0)


def fork(radius: float, rise: float = 0.0, beside: bool = False, length: float = 200.0):
    """A road whose only ways on are a bend and, with `beside`, a straight lane from the lane left of it."""
    start = np.stack([np.linspace(-length, 0.0, 21), np.zeros(21), np.zeros(21)], axis=1)
    bend = arc(radius, 0.5 * np.pi)
    way = np.linspace(0.0, 100.0, 11)
    beyond = bend[-1] + np.stack([np.zeros(11), way, way * rise], axis=1)
    drafts = [
        LaneDraft("a", start, np.full(21, 3.5), np.zeros(21), successors=["bend"]),
        LaneDraft("bend", bend, np.full(30, 3.5), np.zeros(30), successors=["beyond"]),
        LaneDraft("beyond", beyond, np.full(11, 3.5), np.zeros(11)),
    ]
    if beside:
        ahead = np.stack([np.linspace(0.0, 100.0, 11), np.full(11, 3.5), np.zeros(11)], axis=1)
        drafts.append(LaneDraft("b", start + (0.0, 3.5, 0.0), np.full(21, 3.5), np.zeros(21), successors=["ahead"]))
        drafts.append(LaneDraft("ahead", ahead, np.full(11, 3.5), np.zeros(11)))
        drafts[0].left, drafts[3].right = "b", "a"
    network = build_network(drafts)
    return network, {str(name): k for k, name in enumerate(network.lane_name)}


@pytest.mark.parametrize(("radius", "expected"), [(8.0, NOT), (13.0, ON)])
def test_a_road_that_leads_only_into_a_tight_turn_is_no_way_for_a_bus(radius, expected):
    network, at = fork(radius)
    ways = find_long_ways(lane_arrays(network))
    assert ways[at["beyond"]] == ON  # the end of the map is a way out
    assert ways[at["bend"]] == ways[at["a"]] == expected


def test_a_hill_that_a_full_bus_cannot_start_on_is_none_either():
    network, at = fork(13.0, rise=0.14)
    assert find_long_ways(lane_arrays(network))[at["a"]] == NOT


@pytest.mark.parametrize(("length", "expected"), [(200.0, BY_CHANGING), (40.0, NOT)])
def test_a_lane_beside_one_that_goes_on_is_left_sideways_if_it_is_long_enough(length, expected):
    network, at = fork(8.0, beside=True, length=length)
    ways = find_long_ways(lane_arrays(network))
    assert ways[at["b"]] == ON and ways[at["a"]] == expected


@pytest.mark.parametrize(("radius", "expected"), [(2.8, NOBODY), (5.0, NOT)])
def test_a_turn_is_told_that_not_even_a_car_can_drive(radius, expected):
    network, at = fork(radius)
    ways = find_long_ways(lane_arrays(network))
    assert ways[at["bend"]] == expected and ways[at["a"]] == NOT


@pytest.mark.parametrize(("radius", "car"), [(8.0, {"bend", "ahead"}), (2.8, {"ahead"})])
def test_a_car_turns_into_the_bend_if_it_can_and_a_bus_goes_round(radius, car):
    network, at = fork(radius, beside=True)
    first = network.successor_first[at["a"]]
    both = np.insert(network.successor, first, at["ahead"]).astype(np.int32)  # ahead or into the bend
    later = np.arange(len(network.successor_first)) > at["a"]
    network = network._replace(successor=both, successor_first=(network.successor_first + later).astype(np.int32))
    ways = road_rules(network).ways
    chosen = {
        agile: {choose_successor(ways, at["a"], 0, agile, np.uint64(5), k, 0, 1) for k in range(40)}
        for agile in (True, False)
    }
    assert chosen == {True: {at[name] for name in car}, False: {at["ahead"]}}


def test_a_turn_that_is_the_only_way_on_is_taken_however_tight():
    network, at = fork(2.8)
    ways = road_rules(network).ways
    for agile in (True, False):
        assert choose_successor(ways, at["a"], 0, agile, np.uint64(5), 0, 0, 1) == at["bend"]


@pytest.mark.parametrize(("name", "agile"), [("sedan", True), ("motorcycle", True), ("truck", False), ("bus", False)])
def test_trucks_and_buses_are_long(name, agile):
    model = model_named(name)
    assert is_agile(model.max_steering_rate, model.front_axle + model.rear_axle) is agile


def loop(radius: float, rise: float = 0.0):
    """A road that ends in a turn back to its other side, 200 m long; the other side climbs from 100 m to 120 m on."""
    way = np.linspace(0.0, 200.0, 41)
    here = np.stack([way - 200.0, np.zeros(41), np.zeros(41)], axis=1)
    turn = arc(radius, np.pi)
    back = np.stack([-way, np.full(41, 2.0 * radius), rise * np.clip(way - 100.0, 0.0, 20.0)], axis=1)
    network = build_network(
        [
            LaneDraft("here", here, np.full(41, 3.5), np.zeros(41), successors=["turn"]),
            LaneDraft("turn", turn, np.full(30, 3.5), np.zeros(30), successors=["back"], junction=0),
            LaneDraft("back", back, np.full(41, 3.5), np.zeros(41)),
        ]
    )
    return network, {str(name): k for k, name in enumerate(network.lane_name)}


@pytest.mark.parametrize(
    ("radius", "rise", "closed"),
    [(5.0, 0.38, set()), (3.6, 0.0, {"turn"}), (5.0, 0.45, {"turn", "back"}), (5.0, -0.45, set())],
)
def test_a_road_ends_before_a_turn_back_and_a_climb_that_no_car_can_drive(radius, rise, closed):
    network, at = loop(radius, rise)
    rules, lanes = road_rules(network), lane_arrays(network)
    ways = find_long_ways(lanes)
    assert {name for name, lane in at.items() if ways[lane] == CLOSED} == closed
    begins, ends = open_ends(lanes, ways)
    assert ends[at["here"]] == bool(closed) and ends[at["back"]]
    assert begins[at["here"]] and begins[at["back"]] == bool(closed)
    chosen = choose_successor(rules.ways, at["here"], 0, True, np.uint64(5), 0, 0, 1)
    assert chosen == (-1 if closed else at["turn"])
    assert goes_on(rules.ways, at["here"]) != bool(closed)


def test_nobody_comes_in_on_a_climb_that_no_car_can_drive_but_where_a_dead_end_begins():
    for radius, rise, lanes_entered in ((3.6, 0.0, {"here", "back"}), (5.0, 0.45, {"here"})):
        network, at = loop(radius, rise)
        lanes, actors, state = lane_arrays(network), empty_actors(1, 2), empty_state(1, 2)
        inflow = begin_inflow(lanes, actors, state, 400.0, np.uint64(5), np.zeros(2, np.bool_), 0.75)
        assert set(inflow.site_lane.tolist()) == {at[name] for name in lanes_entered}
        assert set(inflow.site_lane[inflow.begins].tolist()) == {at[name] for name in lanes_entered}
        assert inflow.ends[at["here"]]
