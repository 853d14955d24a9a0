"""What everybody carries from decision to decision: events act on whom they name, and hazards tell whose they are."""

import pytest

import simengine
from simengine.core.errors import ScenarioError
from simengine.simulation.loop.simulator import Simulator

SETTINGS = ["sensors=none", "physics=batched", "pedestrians=none", "scenario.duration=1.5"]


def test_an_event_cannot_name_a_vehicle_whose_place_another_takes():
    settings = [*SETTINGS, "scenario.events.brake.actor=traffic_0"]
    simulator = Simulator(simengine.load_scenario("highway/hard_brake", settings))
    assert "traffic_0" in simulator.world.names
    with pytest.raises(ScenarioError, match=r"scenario\.events\.brake\.actor = traffic_0: .*; allowed: ego, lead$"):
        simulator.reset()


def test_a_hazard_goes_by_the_id_of_whom_it_befell():
    settings = [*SETTINGS, "traffic=none", "scenario.events.brake.when.time=0.2"]
    simulator = Simulator(simengine.load_scenario("highway/hard_brake", settings))
    simulator.reset()
    simulator.state.identity[0, simulator.world.names["lead"]] = 9
    while not simulator.hazards:
        simulator.step()
    assert [(onset.name, onset.actor) for onset in simulator.hazards] == [("brake", 9)]
