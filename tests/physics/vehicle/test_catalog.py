"""The catalog: every model is physically sound, known by kind, and fills a table row completely."""

import math

import numpy as np
import pytest

from simengine.core.errors import ScenarioError
from simengine.core.mechanics import GRAVITY
from simengine.core.state import ActorKind, Mobility, empty_actors
from simengine.physics.vehicle.catalog import (
    REFERENCE_CARS,
    VehicleModel,
    all_models,
    fill_actor,
    model_named,
    model_names,
    models_of_kind,
)
from tools.checks.motion.closed_forms import understeer_gradient


@pytest.mark.parametrize("kind", list(ActorKind))
def test_every_kind_has_a_model(kind):
    models = models_of_kind(kind)
    assert models
    assert all(model.kind == kind for model in models)


@pytest.mark.parametrize("name", sorted(all_models()))
def test_model_is_physically_sound(name):
    model = model_named(name)
    assert model.name == name
    assert min(model.length, model.width, model.height, model.mass, model.yaw_inertia) > 0.0
    assert 0.0 < model.cog_height < model.height
    # The radius of gyration of a body inside its box is at most half the box's diagonal.
    gyration = np.sqrt(model.yaw_inertia / model.mass)
    assert gyration < 0.5 * np.hypot(model.length, model.width)
    if model.mobility in (Mobility.WHEELED, Mobility.DIFFERENTIAL):
        front = model.cog_offset + model.front_axle
        rear = model.cog_offset - model.rear_axle
        assert -0.5 * model.length < rear < front < 0.5 * model.length
        assert 0.0 <= model.track_width < model.width
        assert 0.0 < model.wheel_radius < model.height
        assert model.front_stiffness > 0.0 and model.rear_stiffness > 0.0
        assert min(model.max_acceleration, model.max_deceleration, model.power, model.max_speed) > 0.0


def test_reference_car_is_the_published_bmw_320i():
    # reference/science.md §5, vehicle 2.
    sedan = model_named("bmw_320i")
    assert (sedan.length, sedan.width) == (4.508, 1.610)
    assert sedan.mass == pytest.approx(1093.3, abs=0.1)
    assert sedan.yaw_inertia == pytest.approx(1791.6, abs=0.1)
    assert (sedan.front_axle, sedan.rear_axle) == pytest.approx((1.1562, 1.4227), abs=1e-4)
    assert sedan.cog_height == pytest.approx(0.575, abs=1e-3)
    assert sedan.front_stiffness == sedan.rear_stiffness == 20.9
    assert (sedan.max_steering, sedan.max_steering_rate) == (1.066, 0.4)
    assert sedan.power == pytest.approx(11.5 * 7.319 * 1093.3, rel=0.01)


def test_fill_actor_writes_every_field_of_one_row_only():
    actors = empty_actors(2, 3)
    fill_actor(actors, 1, 2, "bus", (0.1, 0.2, 0.3))
    bus = model_named("bus")
    for field in actors._fields:
        values = getattr(actors, field)
        if field == "color":
            np.testing.assert_array_equal(values[1, 2], np.array([0.1, 0.2, 0.3], np.float32))
        elif field == "present":
            assert values[1, 2]
        elif field == "drag":
            assert values[1, 2] == pytest.approx(0.5 * 1.225 * bus.drag_area, rel=1e-3)
        elif field == "model":
            assert model_names(values[1].tolist()) == ("", "", "bus")
            values += 1
        elif field != "behavior":
            assert values[1, 2] == getattr(bus, field)
        values[1, 2] = 0
        assert not values.any()


def test_variants_of_a_kind_select_different_meshes():
    for kind in (ActorKind.CAR, ActorKind.PEDESTRIAN):
        variants = [model.variant for model in models_of_kind(kind)]
        assert sorted(variants) == list(range(len(variants)))


def test_unknown_model_is_refused_with_the_allowed_names():
    with pytest.raises(ScenarioError, match="'tank'.*sedan"):
        model_named("tank")


def turning_circle(model: VehicleModel, ahead: float, aside: float) -> float:
    """Return the diameter of the circle of a point ahead of the rear axle and outside its middle [m], at the lock."""
    radius = (model.front_axle + model.rear_axle) / math.tan(model.max_steering)
    return 2.0 * math.hypot(radius + aside, ahead)


@pytest.mark.parametrize(
    "name, published", [("compact_car", 10.0), ("sedan", 10.5), ("van", 10.5), ("suv", 11.4), ("truck", 16.6)]
)
def test_turning_circle_between_curbs_is_that_of_data_sheets(name, published):
    model = model_named(name)
    wheelbase = model.front_axle + model.rear_axle
    assert turning_circle(model, wheelbase, 0.5 * model.track_width) == pytest.approx(published, abs=0.1)


def test_turning_circle_of_a_bus_between_walls_is_that_of_data_sheets():
    bus = model_named("bus")
    corner = 0.5 * bus.length - bus.cog_offset + bus.rear_axle
    assert turning_circle(bus, corner, 0.5 * bus.width) == pytest.approx(22.0, abs=0.1)


@pytest.mark.parametrize("name", ["compact_car", "sedan", "van", "suv", "truck", "bus"])
def test_vehicles_understeer_as_measured_ones_do(name):
    gradient = math.degrees(understeer_gradient(model_named(name))) * GRAVITY  # [°/g]
    low, high = (1.0, 3.0) if model_named(name).kind == ActorKind.CAR else (2.0, 4.0)
    assert low < gradient < high


def test_only_reference_cars_are_neutral_and_no_traffic_draws_them():
    for name in REFERENCE_CARS:
        assert understeer_gradient(model_named(name)) == 0.0
    assert not {model.name for model in models_of_kind(ActorKind.CAR)} & set(REFERENCE_CARS)
