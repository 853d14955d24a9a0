"""The measures of ordinary traffic: collisions are seen and told, vehicles counted, flow compared with the model."""

import pytest

from simengine.scenario.sampling import from_yaml, to_yaml
from simengine.verify import flow


def test_flow_of_equal_drivers_is_the_models(monkeypatch):
    monkeypatch.setattr(flow, "CALM", 30.0)
    monkeypatch.setattr(flow, "OBSERVED", 5.0)
    found = flow.measure_equilibrium(20.0)
    assert abs(found.error) < flow.FLOW_ERROR
    assert found._replace(measured=0.98 * found.predicted).error == pytest.approx(-0.02)


def test_a_collision_ends_a_world_and_is_told_with_seed_time_place_and_actors():
    scenario = flow.ring_scenario("batched", 4, 60.0)
    blind = scenario.ego.model_copy(update={"driver": "constant", "speed": 30.0})
    found = flow.run_flow(scenario.model_copy(update={"ego": blind}))
    assert found.simulated < 60.0
    assert found.collisions[0].startswith("seed 4, batched: ")
    assert " s at x = " in found.collisions[0] and "ego (kind 0)" in found.collisions[0]


def test_vehicles_are_counted_once_the_intersection_has_filled(monkeypatch):
    monkeypatch.setattr(flow, "SETTLE", 60.0)
    scenario = flow.intersection_scenario("batched", 2, 120.0)
    assert from_yaml(to_yaml(scenario)) == scenario
    found = flow.run_flow(scenario)
    assert found.collisions == []
    assert found.simulated == pytest.approx(120.0)
    assert 10 <= found.entered <= 45  # 27 are expected in 60 s
    assert 10 <= found.left <= 45
    assert 1.0 < found.mean_speed < 13.0


def test_worlds_share_the_time_and_differ_in_their_seed(monkeypatch):
    jobs = []
    monkeypatch.setattr(flow, "run_jobs", lambda made, workers, run: jobs.extend(made) or iter(()))
    assert list(flow.run_worlds("intersection", "bullet", 900.0, 400.0, 2)) == []
    scenarios = [from_yaml(job.scenario_yaml) for job in jobs]
    assert [scenario.seed for scenario in scenarios] == [1, 2, 3]
    assert {scenario.scenario.duration for scenario in scenarios} == {300.0 + flow.SETTLE}
    assert {scenario.physics.backend for scenario in scenarios} == {"bullet"}
    assert {scenario.traffic.inflow for scenario in scenarios} == {400.0}
