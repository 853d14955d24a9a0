"""Actors of a scenario: which vehicle, load or person a scenario chooses, and what its episode says of the road."""

import pytest

import simengine
from simengine.core.errors import ScenarioError
from simengine.physics.vehicle.catalog import model_named
from simengine.simulation.episode.recorder import drawn_parameters
from simengine.simulation.world.layout import build_world

QUIET = ("traffic=none", "sensors=none", "physics=batched", "pedestrians=none")


def lost_cargo(*overrides):
    return simengine.load_scenario("highway/lost_cargo", [*QUIET, *overrides])


@pytest.mark.parametrize("model", ["cargo_ladder", "cargo_tire"])
def test_a_scenario_may_say_which_load_it_is(model):
    for seed in range(3):
        scenario = simengine.load_scenario(
            "highway/lost_cargo", [*QUIET, f"+scenario.actors.box.model={model}"], seed=seed
        )
        world = build_world(scenario)
        assert world.actors.length[0, world.names["box"]] == model_named(model).length


def test_a_reference_car_may_be_chosen_too_though_none_is_drawn():
    scenario = simengine.load_scenario("highway/cut_in", [*QUIET, "+scenario.actors.cutter.model=bmw_320i"])
    world = build_world(scenario)
    assert world.actors.length[0, world.names["cutter"]] == model_named("bmw_320i").length


@pytest.mark.parametrize(("kind", "model", "hint"), [
    ("cargo", "cargo_lader", 'did you mean "cargo_ladder"'), ("cargo", "sedan", "allowed: cargo_box"),
    ("pedestrian", "child", "allowed: pedestrian"), ("child", "pedestrian", "allowed: child"),
])  # fmt: skip
def test_a_model_of_another_kind_is_refused_with_those_there_are(kind, model, hint):
    settings = ["scenario.actors.box.kind=" + kind, "+scenario.actors.box.model=" + model]
    with pytest.raises(ScenarioError, match=f"scenario.actors.box.model = {model}.*{hint}"):
        build_world(lost_cargo(*settings))


def test_the_road_surface_is_among_an_episodes_parameters():
    parameters = drawn_parameters(lost_cargo("surface=gravel"))
    assert parameters["surface.dry"] == 0.6 and parameters["surface.wet_sliding"] == 0.45
