"""People and animals change their velocity evenly between decisions: labels are the derivatives of the states."""

import numpy as np
import pytest

import simengine
from simengine.core.space.geometry import wrap_angle
from simengine.core.state import Mobility, empty_actors, empty_controls, empty_state
from simengine.physics.feet.strides import turned_rate
from simengine.simulation.loop.simulator import Simulator
from simengine.simulation.loop.walking_demands import asked_before, ramped_demands

STEP = 0.05  # [s]
QUIET = ["sensors=none", "traffic=none", "pedestrians=none", "scenario.duration=10"]


def walked(name, actor, backend):
    """Return the states of a walker at every control step: velocity (n, 2), acceleration (n, 2)."""
    simulator = Simulator(simengine.load_scenario(name, [*QUIET, f"physics={backend}"], seed=1))
    simulator.reset()
    a = simulator.world.names[actor]
    velocity, acceleration = [], []
    while not simulator.done:
        simulator.step()
        if simulator.crashed:
            break
        velocity.append(simulator.state.velocity[0, a, :2].copy())
        acceleration.append(simulator.state.acceleration[0, a, :2].copy())
    simulator.close()
    return np.array(velocity), np.array(acceleration)


@pytest.mark.parametrize("backend", ["batched", "bullet"])
def test_the_acceleration_of_an_animal_is_the_change_of_its_velocity(backend):
    velocity, acceleration = walked("rural/deer_crossing", "deer", backend)
    assert np.hypot(*np.diff(velocity, axis=0).T).max() > 2.0 * STEP  # it stops hard or sets off
    change = np.diff(velocity, axis=0) / STEP
    mean = 0.5 * (acceleration[1:] + acceleration[:-1])
    smooth = np.hypot(*np.diff(acceleration, axis=0).T) < 0.5  # where it does not begin or end to brake
    assert smooth.sum() > 50 and np.hypot(*(change - mean)[smooth].T).max() < 0.15


def test_walkers_go_evenly_from_one_demand_to_the_next_and_robots_at_once():
    actors, controls = empty_actors(1, 2), empty_controls(1, 2)
    actors.mobility[0] = Mobility.WALKER, Mobility.DIFFERENTIAL
    controls.velocity[0] = (2.0, -1.0)
    asked = np.zeros((1, 2, 2))
    asked[0, :, 0] = 1.0
    quarter = ramped_demands(actors, asked, controls, 0.25).velocity[0]
    assert quarter[0].tolist() == [1.25, -0.25] and quarter[1].tolist() == [2.0, -1.0]
    assert np.array_equal(ramped_demands(actors, asked, controls, 1.0).velocity, controls.velocity)
    assert controls.velocity[0, 0].tolist() == [2.0, -1.0]  # what is recorded as asked stays


def test_the_yaw_rate_of_somebody_who_walks_a_bend_is_the_change_of_the_heading():
    actors, controls, asked = empty_actors(1, 1), empty_controls(1, 1), np.array([[[1.4, 0.0]]])
    actors.mobility[0] = Mobility.WALKER
    yaw = rate = 0.0
    yaws, rates = [yaw], [rate]
    for k in range(1, 61):  # a circle of 1.4 m, told anew twenty times a second
        controls.velocity[0, 0] = 1.4 * np.cos(k * STEP), 1.4 * np.sin(k * STEP)
        for tick in range(6):
            demand = ramped_demands(actors, asked, controls, (tick + 1) / 6).velocity[0, 0]
            before, rate = rate, turned_rate(wrap_angle(np.arctan2(demand[1], demand[0]) - yaw), rate, STEP / 6)
            yaw += 0.5 * (before + rate) * STEP / 6
        asked = controls.velocity.copy()
        yaws.append(yaw)
        rates.append(rate)
    turned = np.diff(np.unwrap(yaws)) / STEP
    off = np.abs(turned - 0.5 * (np.array(rates)[1:] + np.array(rates)[:-1]))
    assert rates[-1] == pytest.approx(1.0, abs=0.02) and off[20:].max() < 0.01


def test_those_who_appear_go_on_as_they_move():
    before, state = empty_state(1, 2), empty_state(1, 2)
    before.valid[0, 0] = True
    state.valid[0] = True
    state.velocity[0, :, 0] = 3.0
    assert asked_before(np.ones((1, 2, 2)), before, state)[0].tolist() == [[1.0, 1.0], [3.0, 0.0]]
