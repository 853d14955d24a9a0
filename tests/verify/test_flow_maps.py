"""Traffic on maps is measured by what happens: collisions, standing and leaving the lane are seen and told."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from simengine.behavior.traffic import removal
from simengine.behavior.traffic.removal import Removal
from simengine.core.state import empty_actors
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import LaneType, lane_arrays
from simengine.scenario.sampling import from_yaml, to_yaml
from simengine.simulation.jobs.runner import Job
from simengine.simulation.loop.simulator import Simulator
from simengine.verify import flow_maps, flow_watch
from simengine.verify.flow_maps import MAPS, map_job, map_scenario, run_map

INTERSECTION = next(place for place in MAPS if place.name == "intersection")
CURVED = next(place for place in MAPS if place.name == "highway_curved")


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    return map_scenario(INTERSECTION, tmp_path_factory.mktemp("none"), "batched", 7, 20.0)


def test_calm_traffic_has_no_findings_and_counts_its_demand(scenario):
    assert from_yaml(to_yaml(scenario)) == scenario
    found = run_map(scenario)
    assert found.simulated == pytest.approx(20.0)
    assert found.collisions == found.rolled == found.standing == found.off_lane == []
    assert found.out_standing == found.out_overturned == found.out_off_road == found.out_wrecked == []
    assert found.vehicles > 5.0 and 2.0 < found.mean_speed < 14.0
    assert 0 < found.admitted <= found.arrived


def test_standing_is_told_with_seed_time_and_place(scenario, monkeypatch):
    monkeypatch.setattr(flow_watch, "PATIENCE", 8.0)  # shorter than a red light
    monkeypatch.setattr(flow_watch, "CYCLES", 0.0)
    found = run_map(scenario)
    assert found.waited and found.waited[0].startswith("seed 7, batched: ")
    assert " m, actor " in found.waited[0] and found.waited[0].endswith(" s")
    assert len(found.waited) == len(set(found.waited))
    assert found.standing == []  # they went on when it was green
    assert found.simulated == pytest.approx(20.0)


def test_who_does_not_go_on_stands_for_ever(scenario, monkeypatch):
    monkeypatch.setattr(flow_watch, "PATIENCE", 8.0)
    monkeypatch.setattr(flow_watch, "CYCLES", 0.0)
    monkeypatch.setattr(flow_maps, "GRACE", 0.0)  # no time left to see
    found = run_map(scenario)
    assert found.standing and set(found.standing) <= set(found.waited)
    assert found.simulated == pytest.approx(20.0)


@pytest.mark.parametrize("since", [2.0, 19.0])
def test_a_vehicle_that_comes_to_stand_just_before_the_end_and_stays_is_told(scenario, monkeypatch, since):
    """All of them are held from then on: no run is too short to see that."""
    monkeypatch.setattr(flow_watch, "PATIENCE", 30.0)
    monkeypatch.setattr(flow_watch, "CYCLES", 0.0)
    monkeypatch.setattr(flow_maps, "GRACE", 40.0)
    monkeypatch.setattr(flow_watch, "STILL", 0.5)
    step, places = flow_maps.Simulator.step, []

    def hold(simulator):
        snapshot = step(simulator)
        if simulator.time_ns > since * 1e9:
            places.append(snapshot.state.position.copy())
            snapshot = snapshot._replace(state=snapshot.state._replace(position=places[0]))
        return snapshot

    monkeypatch.setattr(flow_maps.Simulator, "step", hold)
    found = run_map(scenario)
    assert found.standing and found.simulated == pytest.approx(20.0)


def test_leaving_the_lane_is_told(scenario, monkeypatch):
    monkeypatch.setattr(flow_watch, "ASIDE", -1.6)  # 15 cm from the middle of a lane already
    assert run_map(scenario).off_lane


@pytest.fixture(scope="module")
def simulator(scenario):
    simulator = Simulator(scenario)
    simulator.reset()
    yield simulator
    simulator.close()


def place_at(lanes, point, along, aside):
    """A place that far beyond a point of a lane in its direction and left of it."""
    (x, y, z), heading = lanes.point_position[point], lanes.point_heading[point]
    c, s = math.cos(heading), math.sin(heading)
    return x + along * c - aside * s, y + along * s + aside * c, z


@pytest.mark.parametrize(("y", "aside"), [(2.3, -0.55), (1.0, 0.55), (-1.0, 2.55)])
def test_beside_a_lane_that_tapers_off_the_next_one_still_counts(y, aside):
    """Its middle may be nearer than that of the lane the vehicle is in."""
    ends, wide = np.array([[0.0, 1.65, 0.0], [60.0, 1.65, 0.0]]), np.array([[0.0, 3.5, 0.0], [60.0, 3.5, 0.0]])
    taper = LaneDraft("taper", ends, np.full(2, 0.2), np.zeros(2))
    network = build_network([taper, LaneDraft("wide", wide, np.full(2, 3.5), np.zeros(2))])
    ground = SimpleNamespace(friction=np.array([0.9]))
    world = SimpleNamespace(network=network, lanes=lane_arrays(network), actors=empty_actors(1, 1), ground=ground)
    watch = flow_watch.TrafficWatch(SimpleNamespace(world=world, scenario=None))
    assert watch._aside(30.0, y, 0.0, 0.0) == pytest.approx(aside)


@pytest.mark.parametrize(
    ("along", "aside", "excused"),
    [(0.5, 0.0, True), (4.9, 0.0, True), (5.1, 0.0, False), (-0.5, 0.0, False), (2.0, 2.0, True), (2.0, 2.6, False)],
)
def test_a_vehicle_may_be_straight_beyond_the_end_of_a_lane_only(simulator, along, aside, excused):
    watch, lanes = flow_watch.TrafficWatch(simulator), simulator.world.lanes
    driving = lanes.lane_type == LaneType.DRIVING
    ending = int(np.flatnonzero(driving & (np.diff(lanes.successor_first) == 0))[0])
    end = lanes.lane_first_point[ending + 1] - 1
    assert watch.is_at_end(*place_at(lanes, end, along, aside)) is excused


def test_where_lanes_begin_nothing_is_excused(simulator):
    watch, lanes = flow_watch.TrafficWatch(simulator), simulator.world.lanes
    driving = lanes.lane_type == LaneType.DRIVING
    beginning = int(np.flatnonzero(driving & (np.diff(lanes.predecessor_first) == 0))[0])
    for along in (-4.0, -1.0, 1.0, 4.0):
        assert not watch.is_at_end(*place_at(lanes, lanes.lane_first_point[beginning], along, -1.0))


REMOVED = Removal(9, 3, "standing", 0, round(60e9), (1.0, 2.0, 0.0))


@pytest.mark.parametrize(
    ("reason", "column", "fault"),
    [("standing", "out_standing", "standing"), ("overturned", "out_overturned", "rolled"),
     ("off_road", "out_off_road", "off_lane")],
)  # fmt: skip
def test_a_vehicle_taken_out_counts_by_its_reason_and_as_the_fault_once(simulator, reason, column, fault):
    watch = flow_watch.TrafficWatch(simulator)
    watch.tell_removal(REMOVED._replace(reason=reason))
    assert len(watch.found[column]) == len(watch.found[fault]) == 1
    assert sum(map(len, watch.found.values())) == 2
    assert f"actor 9 (kind 0) taken out {reason} since 0 s" in watch.found[fault][0]
    watch._told.add((fault, 8))  # a look has told it already
    watch.tell_removal(REMOVED._replace(reason=reason, actor=8))
    assert (len(watch.found[column]), len(watch.found[fault])) == (2, 1)


def test_a_wreck_is_told_apart(simulator):
    watch = flow_watch.TrafficWatch(simulator)
    watch.collided.add(9)
    watch.tell_removal(REMOVED)
    assert {kind for kind, lines in watch.found.items() if lines} == {"out_wrecked"}


def test_a_vehicle_that_is_taken_out_before_the_watch_would_tell_it_is_told(scenario, monkeypatch):
    monkeypatch.setattr(removal, "STUCK", 8.0)  # shorter than a red light; the watch would wait for 60 s
    monkeypatch.setattr(removal, "CYCLES", 0.0)
    monkeypatch.setattr(removal, "CLOSEST", 0.0)
    monkeypatch.setattr(removal, "SIGHT", 1.0)
    found = run_map(scenario)
    assert found.out_standing and found.standing == found.out_standing


def test_long_signals_are_waited_for(simulator):
    network = simulator.world.network
    cycle = float(network.program_duration.sum(axis=1).max())
    assert cycle > 0.0
    assert flow_watch.TrafficWatch(simulator).patience == max(60.0, 1.5 * cycle)


def test_a_collision_is_told_once_and_the_run_goes_on(tmp_path):
    scenario = map_scenario(CURVED, tmp_path, "batched", 3, 25.0)
    blind = scenario.ego.model_copy(update={"driver": "constant", "speed": 40.0})
    found = run_map(scenario.model_copy(update={"ego": blind}))
    assert found.simulated == pytest.approx(25.0)
    assert found.collisions and "ego (kind 0)" in found.collisions[0] and "closing at" in found.collisions[0]


def test_what_cannot_be_run_is_told_and_stops_nobody(scenario):
    none = scenario.model_copy(update={"ego": scenario.ego.model_copy(update={"lane": 7})})
    assert "ego.lane = 7" in str(map_job(Job("x", to_yaml(none), ""))[1])
