"""Which lamps of a vehicle are lit."""

import pytest

from simengine.core.state import ActorKind, Behavior, Light, Mobility
from simengine.physics.batched.batched import BatchedPhysics
from simengine.physics.vehicle.lamp_switches import lit_lamps, replayed_pedal
from tests.physics.batched.test_batched import RATE, make_ground, make_world, run, set_pose

CAR, WHEELED = int(ActorKind.CAR), int(Mobility.WHEELED)
STEP = 1.0 / 120.0


def follow(accelerations, speed):
    """Return the pedal after a recording's accelerations [m/s²], a tick each."""
    pedal = 0.0
    for acceleration in accelerations:
        speed = max(0.0, speed + acceleration * STEP)
        pedal = replayed_pedal(pedal, acceleration, speed, STEP)
    return pedal


def recorded_lamps(accelerations, speed):
    return lit_lamps(CAR, WHEELED, False, True, 0, follow(accelerations, speed))


@pytest.mark.parametrize("lights", [0, int(Light.HEAD)])
def test_a_parked_vehicle_has_only_the_lamps_lit_that_are_asked_for(lights):
    actors, state, controls = make_world(["sedan", "sedan"])
    actors.behavior[0, 1] = Behavior.PARKED
    set_pose(state, 0, 0.0, 0.0)
    set_pose(state, 1, 20.0, 0.0)
    controls.acceleration[:], controls.lights[:] = -5.0, lights
    physics = BatchedPhysics()
    state = run(physics, physics.reset(actors, state, make_ground(2, 0.8), RATE), controls, 0.5)
    assert state.lights[0].tolist() == [lights | Light.BRAKE, lights]


def test_a_recorded_vehicle_that_coasts_shows_no_brake_lamps():
    assert recorded_lamps([-0.5] * 240, 20.0) == 0
    assert recorded_lamps([-1.5] * 240, 20.0) == Light.BRAKE


def test_a_recorded_vehicle_keeps_its_brake_lamps_where_it_has_stopped_and_drops_them_as_it_starts():
    stopping = [-2.0] * 240 + [0.0] * 600
    assert recorded_lamps(stopping, 4.0) == Light.BRAKE
    assert recorded_lamps([*stopping, *[1.0] * 120], 4.0) == 0


def test_a_recorded_vehicle_that_has_never_moved_is_dark():
    assert recorded_lamps([0.0] * 600, 0.0) == 0


def test_a_bicycle_has_neither_brake_lamps_nor_indicators():
    asked = int(Light.HEAD | Light.LEFT)
    assert lit_lamps(int(ActorKind.BICYCLE), WHEELED, False, False, asked, -3.0) == Light.HEAD
    assert lit_lamps(int(ActorKind.MOTORCYCLE), WHEELED, False, False, asked, -3.0) == asked | Light.BRAKE


def test_a_two_wheeler_that_leans_back_on_a_slope_shows_its_brake_lamp():
    actors, state, controls = make_world(["motorcycle"])  # the batched physics keeps riders up, however they are hit
    set_pose(state, 0, 20.0, 0.0, speed=10.0)
    controls.acceleration[:] = -2.0
    physics = BatchedPhysics()
    state = run(physics, physics.reset(actors, state, make_ground(1, 0.8, grade=0.1), RATE), controls, 0.5)
    assert state.lights[0].tolist() == [Light.BRAKE]


def test_a_rider_who_has_fallen_brakes_no_more():
    assert lit_lamps(int(ActorKind.MOTORCYCLE), WHEELED, True, False, int(Light.HEAD), -3.0) == Light.HEAD
