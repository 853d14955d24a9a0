"""Traffic on maps is measured by what happens: collisions, standing and leaving the lane are seen and told."""

import pytest

from simengine.scenario.sampling import from_yaml, to_yaml
from simengine.simulation.runner import Job
from simengine.verify import flow_maps
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
    assert found.collisions == found.rolled == found.standing == found.off_lane == found.taken_out == []
    assert found.vehicles > 5.0 and 2.0 < found.mean_speed < 14.0
    assert 0 < found.admitted <= found.arrived


def test_standing_is_told_with_seed_time_and_place(scenario, monkeypatch):
    monkeypatch.setattr(flow_maps, "PATIENCE", 8.0)  # shorter than a red light
    found = run_map(scenario)
    assert found.standing and found.standing[0].startswith("seed 7, batched: ")
    assert " m, actor " in found.standing[0] and found.standing[0].endswith(" s")
    assert len(found.standing) == len(set(found.standing))


def test_leaving_the_lane_is_told_but_not_at_the_maps_end(scenario, monkeypatch):
    monkeypatch.setattr(flow_maps, "ASIDE", -1.6)  # 15 cm from the middle of a lane already
    everywhere = run_map(scenario).off_lane
    monkeypatch.setattr(flow_maps, "END", 1e6)
    assert everywhere and run_map(scenario).off_lane == []


def test_a_collision_is_told_once_and_the_run_goes_on(tmp_path):
    scenario = map_scenario(CURVED, tmp_path, "batched", 3, 25.0)
    blind = scenario.ego.model_copy(update={"driver": "constant", "speed": 40.0})
    found = run_map(scenario.model_copy(update={"ego": blind}))
    assert found.simulated == pytest.approx(25.0)
    assert found.collisions and "ego (kind 0)" in found.collisions[0] and "closing at" in found.collisions[0]


def test_what_cannot_be_run_is_told_and_stops_nobody(scenario):
    none = scenario.model_copy(update={"ego": scenario.ego.model_copy(update={"lane": 7})})
    assert "ego.lane = 7" in map_job(Job("x", to_yaml(none), "")).verdict
