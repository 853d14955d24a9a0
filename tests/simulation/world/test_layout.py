"""The world at tick 0: whose lamps are on, and the weather of a hall."""

import pytest

import simengine
from simengine.core.errors import ScenarioError
from simengine.core.state import ActorKind, Behavior, Light, Mobility, empty_actors
from simengine.core.surface_friction import ASPHALT
from simengine.simulation.loop.simulator import Simulator
from simengine.simulation.world.layout import build_world, headlamps_on
from tests.core.test_weather import CLEAR


def test_motorcycles_ride_with_their_lamp_on_and_parked_vehicles_are_dark():
    actors = empty_actors(1, 4)
    actors.mobility[:] = Mobility.WHEELED
    actors.kind[0] = ActorKind.CAR, ActorKind.MOTORCYCLE, ActorKind.MOTORCYCLE, ActorKind.BICYCLE
    actors.behavior[0] = Behavior.TRAFFIC, Behavior.REPLAY, Behavior.PARKED, Behavior.TRAFFIC
    assert headlamps_on(actors, CLEAR)[0].tolist() == [False, True, False, False]
    assert headlamps_on(actors, CLEAR._replace(optical_range=80.0))[0].tolist() == [True, True, False, True]


@pytest.mark.parametrize("physics", ["batched", "bullet"])
def test_parked_cars_are_dark_while_traffic_in_fog_has_its_lamps_on(physics):
    overrides = [f"physics={physics}", "sensors=none", "weather=fog", "traffic.max_vehicles=12"]
    simulator = Simulator(simengine.load_scenario("urban/jaywalker", overrides, seed=3))
    behavior, wheeled = simulator.world.actors.behavior[0], simulator.world.actors.mobility[0] == Mobility.WHEELED
    try:
        for snapshot in (simulator.reset(), *(simulator.step() for _ in range(10))):
            lights, valid = snapshot.state.lights[0], snapshot.state.valid[0]
            parked, driven = valid & (behavior == Behavior.PARKED), valid & wheeled & (behavior != Behavior.PARKED)
            assert parked.any() and (lights[parked] == 0).all()
            assert (lights[driven] & Light.HEAD != 0).all()
    finally:
        simulator.close()


def test_the_weather_of_a_hall_is_that_under_its_roof():
    world = build_world(simengine.load_scenario("warehouse/person_steps_out", ["weather=heavy_rain", "sensors=none"]))
    assert world.weather.rain_rate == 0.0 and world.weather.hall_light > 0.0
    assert world.ground.friction.tolist() == [ASPHALT.dry]
    assert {prop.kind for prop in world.scenery.props} == {"shelf", "wall", "roof", "ceiling_lamp"}
    assert world.scenario.weather.rain_rate > 0.0


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("warehouse/person_steps_out", ["ego.speed=100"], "ego.speed = 100: must be at most 2 m/s"),
        ("highway/hard_brake", ["ego.speed=60"], "ego.speed = 60: must be at most 50.8 m/s"),
        ("highway/hard_brake", ["scenario.actors.lead.speed=60"], "scenario.actors.lead.speed = 60: must be at most"),
        ("urban/jaywalker", ["scenario.actors.walker.speed=30"], "speed = 30: must be at most"),
        ("warehouse/person_steps_out", ["ego=sedan"], r"ego.lane = 1: must be 0 \(ego=robot begins there\)"),
    ],
)
def test_a_start_that_the_ego_or_an_actor_cannot_make_is_refused(name, settings, said):
    with pytest.raises(ScenarioError, match=said):
        build_world(simengine.load_scenario(name, ["sensors=none", *settings], seed=1))


def test_a_load_lies_on_its_truck_and_needs_no_top_speed():
    build_world(simengine.load_scenario("highway/lost_cargo", ["sensors=none", "scenario.actors.box.speed=5"], seed=1))
