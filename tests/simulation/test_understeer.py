"""Drivers turn the wheels further than a bend alone needs, by what their vehicles understeer."""

import math

import numpy as np
import pytest

import simengine
from simengine.core.mechanics import GRAVITY
from simengine.physics.vehicle.catalog import model_named


@pytest.mark.parametrize("model, speed", [("sedan", 27.0), ("truck", 22.0)])
def test_a_driver_holds_its_lane_in_a_bend_that_its_vehicle_would_leave_without(model, speed):
    kind = "car" if model == "sedan" else model
    overrides = [
        "road=highway_curved", f"ego.kind={kind}", f"ego.model={model}", f"ego.speed={speed}",
        f"ego.desired_speed={speed}", "traffic=none", "physics=batched", "sensors=none",
    ]  # fmt: skip
    simulator = simengine.Simulator(simengine.load_scenario("drive", overrides, seed=1))
    snapshot, aside, steered = simulator.reset(), [], []
    while not simulator.done and snapshot.observation.time < 12.0:
        snapshot = simulator.step(None)
        aside.append(abs(snapshot.observation.lane_t))
        steered.append(float(snapshot.state.steering[0, 0]))
    curvature = abs(simulator.world.network.point_curvature).max()
    driven = snapshot.observation.speed
    simulator.close()
    assert max(aside[len(aside) // 2 :]) < 0.15
    row = model_named(model)
    gradient = (1.0 / row.front_stiffness - 1.0 / row.rear_stiffness) / GRAVITY
    expected = math.atan((row.front_axle + row.rear_axle) * curvature) + gradient * driven**2 * curvature
    assert abs(np.mean(steered[-20:])) == pytest.approx(expected, rel=0.15)
