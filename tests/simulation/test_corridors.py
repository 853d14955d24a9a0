"""Nobody is placed by chance where a scripted walker is to go."""

import math
from types import SimpleNamespace

import pytest

from simengine.core.space.geometry import boxes_gap
from simengine.core.state import Behavior
from simengine.physics.vehicle.catalog import model_named
from simengine.road.network.network import lane_arrays
from simengine.scenario.sampling import load_scenario
from simengine.simulation.placement.corridors import in_corridor, walked_corridors
from simengine.simulation.placement.placer import ActorPlan, Course
from simengine.simulation.world.layout import build_world
from tests.behavior.small_world import straight

ROOM = 0.5  # on either side of the walker [m]


def plan(name, x, y, yaw=0.0, model="pedestrian"):
    return ActorPlan(name, model_named(model), Behavior.SCRIPTED, x, y, 0.0, yaw, 0.0, (0.5, 0.5, 0.5))


def placer(*plans, kind="walk", heading_deg=-90.0, distance=8.0):
    """Return what the corridors are found from: on a road along x, one event of the actor "walker"."""
    do = SimpleNamespace(kind=kind, heading_deg=heading_deg, distance=distance)
    event = SimpleNamespace(actor="walker", do=do)
    scenario = SimpleNamespace(scenario=SimpleNamespace(events={"step_out": event}))
    return SimpleNamespace(
        scenario=scenario, plans=list(plans), lanes=lane_arrays(straight()), course=Course(0, 0.0)
    )  # fmt: skip


def test_the_corridor_leads_from_the_walker_as_far_as_it_walks():
    walker = plan("walker", 50.0, 6.0, yaw=1.0)  # the event tells the direction, not how the walker stands
    (way,) = walked_corridors(placer(walker))
    assert (way.x, way.y) == pytest.approx((50.0, 2.0))
    assert math.cos(way.yaw + math.pi / 2) == pytest.approx(1.0)
    assert way.length == pytest.approx(8.0 + walker.model.length)
    assert way.width == pytest.approx(walker.model.width + 2.0 * ROOM)


@pytest.mark.parametrize(
    ("x", "y", "blocked"),
    [(50.0, 2.0, True), (50.9, -1.5, True), (51.3, 2.0, False), (50.0, -2.7, False), (50.0, 6.9, False)],
)
def test_who_stands_where_the_walker_goes_is_found_on_the_way_and_not_beside_it(x, y, blocked):
    assert in_corridor(placer(plan("walker", 50.0, 6.0)), plan("other", x, y)) is blocked


def test_only_walks_of_actors_that_are_placed_leave_corridors():
    assert walked_corridors(placer(plan("walker", 50.0, 6.0), kind="brake")) == []
    assert walked_corridors(placer(plan("somebody", 50.0, 6.0))) == []


@pytest.mark.parametrize("seed", [1000, 1001])
def test_a_full_row_of_parked_cars_leaves_the_way_of_a_jaywalker_free(seed):
    settings = [
        "sensors=none", "physics=batched", "pedestrians=crowd", "road.parked_fraction=1.0",
        "scenario.parameters.across=1",
    ]  # fmt: skip
    scenario = load_scenario("urban/jaywalker", settings, seed=seed)
    world = build_world(scenario)
    walker, position = world.names["walker"], world.state.position[0]
    (event,) = scenario.scenario.events.values()
    x, y = position[walker, :2].tolist()
    turn, half = math.radians(event.do.heading_deg), 0.5 * event.do.distance  # of the ego, which drives along x
    way = (x + half * math.cos(turn), y + half * math.sin(turn), turn, 2.0 * half, 0.5)
    assert half > 4.0  # across both rows
    others = [a for a in range(1, len(position)) if a != walker and world.state.valid[0, a]]
    assert len(others) > 60
    for a in others:
        size = float(world.actors.length[0, a]), float(world.actors.width[0, a])
        assert boxes_gap(*position[a, :2].tolist(), 0.0, *size, *way) > 0.0


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("deep", [2.0, 2.3])
def test_the_person_in_the_passage_stands_clear_of_all_shelves_and_sees_the_aisle(side, deep):
    settings = [
        "sensors=none", "physics=batched", f"scenario.parameters.side={side}", f"scenario.parameters.deep={deep}",
        "road.passage_at=11.0",
    ]  # fmt: skip
    world = build_world(load_scenario("warehouse/person_steps_out", settings, seed=1))
    x, y = world.state.position[0, world.names["person"], :2].tolist()
    assert (x, y) == pytest.approx((11.0, side * deep), abs=1e-6)
    w, _, _, z = world.state.orientation[0, world.names["person"]].tolist()
    assert math.sin(2.0 * math.atan2(z, w)) == pytest.approx(-side)  # faces the aisle
    for box in world.ground.obstacles:
        assert boxes_gap(x, y, 0.0, 0.5, 0.5, *box.position[:2], box.yaw, *box.size[:2]) > 0.1
