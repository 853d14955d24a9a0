"""Furniture along a recorded street makes room for what is recorded, wherever it starts, drives or stands."""

import math

import pytest

import simengine
from simengine.simulation.world.layout import World, build_world
from tests.road.drawn_recordings import car, obstacle, problem, shape, state, street, write

DRESSED = ("sensors=none", "physics=batched", "road=commonroad", "road.scenery=urban", "pedestrians=none",
           "traffic.kind=replay", "traffic.max_vehicles=50")  # fmt: skip


def laid_out(folder, *parts) -> World:
    file = write(folder, street(), *parts, problem(900, 5.0))
    return build_world(simengine.load_scenario("drive", [*DRESSED, f"road.file={file}"], seed=3))


def furniture(world: World, x: float, y: float) -> list:
    """Return what stands within 0.5 m of a place, plan view [m]."""
    datum = world.scenery.props
    return [prop for prop in datum if math.hypot(prop.position[0] - x, prop.position[1] - y) < 0.5]


@pytest.fixture
def post(tmp_path):
    """Return where a post or tree of the street stands, far from the ego, and how many things there are [m]."""
    world = laid_out(tmp_path)
    solid = [(box.position[0], box.position[1]) for box in world.scenery.obstacles if box.position[0] > 60.0]
    assert solid
    return *solid[0], len(world.scenery.props)


def test_a_recorded_car_that_stands_takes_the_place_of_furniture(tmp_path, post):
    x, y, count = post
    still = obstacle(7, state("initialState", 0, x, y, speed=0.0), kind="parkedVehicle", outline=shape(), static=True)
    world = laid_out(tmp_path, still)
    assert "still_7" in world.names
    assert furniture(world, x, y) == [] and len(world.scenery.props) < count


def test_furniture_makes_room_for_a_recorded_car_where_it_starts_and_where_it_drives(tmp_path, post):
    x, y, _ = post
    for begin in (x, x - 30.0):
        world = laid_out(tmp_path, car(8, begin, y=y, speed=10.0, last=60))
        assert "recorded_8" in world.names and furniture(world, x, y) == []
    assert furniture(laid_out(tmp_path, car(8, x - 30.0, y=1.75, last=60)), x, y)  # one on the road needs none
