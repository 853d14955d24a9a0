"""Drivers ask engine and brakes for what they want and what resists besides."""

import math

import numpy as np
import pytest

from simengine.behavior.driver_state import (
    COG_OFFSET,
    DRAG,
    FRONT_AXLE,
    PRESENT,
    PREVIOUS,
    REAR_AXLE,
    ROLLING,
    ROUTE_LANES,
    vehicle_table,
)
from simengine.behavior.vehicle.pedals import resistance
from simengine.core.mechanics import ROTATING
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.procedural.kinds import make_street
from tests.behavior.small_world import SmallWorld, straight


def _route(lane: int, previous: int = -1, following: int = -1) -> np.ndarray:
    """Return the route of a driver on a lane."""
    route = np.full(ROUTE_LANES, -1, np.int32)
    route[PREVIOUS : PRESENT + 2] = previous, lane, following
    return route


def _hill(grade: float) -> SmallWorld:
    network = make_street(
        length=300.0, curvature=0.0, lanes_forward=1, lanes_backward=0, lane_width=3.5, shoulder_width=0.0,
        pavement_width=0.0, parking_width=0.0, crossing_spacing=0.0, speed_limit=20.0, grade=grade, ring=False,
    )  # fmt: skip
    return SmallWorld(network, ["sedan"])


def test_level_road_resists_by_rolling_and_air():
    world = SmallWorld(straight(), ["sedan"])
    world.actors.rolling_resistance[...], world.actors.drag[...] = 0.01, 0.4
    vehicle = vehicle_table(world.actors)[0, 0]
    expected = 0.01 * 9.81 + 0.4 * 20.0**2 / world.actors.mass[0, 0]
    assert resistance(world.rules.ways, _route(0), 50.0, 20.0, vehicle) == pytest.approx(expected / ROTATING)


@pytest.mark.parametrize("grade", [0.06, -0.06])
def test_hill_resists_or_pulls_by_its_sine(grade):
    world = _hill(grade)
    vehicle = np.zeros_like(vehicle_table(world.actors)[0, 0])
    assert vehicle[ROLLING] == vehicle[DRAG] == 0.0
    found = resistance(world.rules.ways, _route(0), 150.0, 10.0, vehicle)
    assert found == pytest.approx(9.81 * grade / ROTATING, rel=0.01)


def _dip(model: str, grade: float) -> SmallWorld:
    """Return a lane that leads down to 50 m from its start and up from there."""
    points = np.zeros((101, 3))
    points[:, 0] = np.linspace(0.0, 100.0, 101)
    points[:, 2] = grade * np.abs(points[:, 0] - 50.0)
    return SmallWorld(build_network([LaneDraft("lane", points, np.full(101, 3.5), np.zeros(101))]), [model])


@pytest.mark.parametrize("model", ["sedan", "truck"])
@pytest.mark.parametrize("beyond", [-0.4, -0.1, 0.0, 0.1, 0.4])
def test_in_a_dip_the_road_under_the_axles_resists_not_that_under_the_middle(model, beyond):
    world = _dip(model, 0.3)
    vehicle = vehicle_table(world.actors)[0, 0]
    vehicle[ROLLING] = vehicle[DRAG] = 0.0
    wheelbase = vehicle[FRONT_AXLE] + vehicle[REAR_AXLE]
    between_axles = vehicle[COG_OFFSET] + 0.5 * (vehicle[FRONT_AXLE] - vehicle[REAR_AXLE])  # ahead of the box center
    found = resistance(world.rules.ways, _route(0), 50.0 + beyond - between_axles, 0.0, vehicle)
    assert found == pytest.approx(9.81 * math.sin(math.atan(2.0 * 0.3 * beyond / wheelbase)) / ROTATING, abs=0.02)


def _two_lanes(first: float, second: float) -> SmallWorld:
    """Return a car in a world of two lanes behind each other, 50 m each, of two slopes."""
    points = np.zeros((2, 11, 3))
    points[..., 0] = np.linspace((0.0, 50.0), (50.0, 100.0), 11).T
    points[0, :, 2], points[1, :, 2] = first * (points[0, :, 0] - 50.0), second * (points[1, :, 0] - 50.0)
    width, drafts = np.full(11, 3.5), []
    for name, line, successors in (("first", points[0], ["second"]), ("second", points[1], [])):
        drafts.append(LaneDraft(name, line, width, np.zeros(11), successors=successors))
    return SmallWorld(build_network(drafts), ["sedan"])


def _weightless(world: SmallWorld) -> np.ndarray:
    """Return what the car's driver knows of it, without rolling resistance and drag."""
    vehicle = vehicle_table(world.actors)[0, 0]
    vehicle[ROLLING] = vehicle[DRAG] = 0.0
    return vehicle


@pytest.mark.parametrize("beyond", [-0.4, -0.1, 0.1, 0.4])
def test_a_dip_between_two_lanes_counts_as_one_within(beyond):
    world = _two_lanes(-0.3, 0.3)
    vehicle = _weightless(world)
    wheelbase = vehicle[FRONT_AXLE] + vehicle[REAR_AXLE]
    place = beyond - vehicle[COG_OFFSET] - 0.5 * (vehicle[FRONT_AXLE] - vehicle[REAR_AXLE])
    lane, s = (1, place) if place >= 0.0 else (0, 50.0 + place)
    found = resistance(world.rules.ways, _route(lane), s, 0.0, vehicle)
    assert found == pytest.approx(9.81 * math.sin(math.atan(2.0 * 0.3 * beyond / wheelbase)) / ROTATING, abs=0.03)


def test_a_hill_goes_on_where_lanes_meet_and_where_the_road_ends():
    world = _two_lanes(0.1, 0.1)
    vehicle = _weightless(world)
    for lane, s in ((0, 0.0), (0, 49.9), (1, 0.1), (1, float(world.lanes.lane_length[1]))):
        found = resistance(world.rules.ways, _route(lane), s, 0.0, vehicle)
        assert found == pytest.approx(9.81 * math.sin(math.atan(0.1)) / ROTATING, rel=0.01), (lane, s)


@pytest.mark.parametrize("inward", [False, True])
def test_at_a_fork_the_branch_that_the_driver_takes_resists(inward):
    """Two lanes lead on from a level one, or into it: one is level and the other climbs, in the direction of travel."""
    points = np.zeros((3, 11, 3))
    points[:, :, 0] = np.linspace((0.0, 50.0, 50.0), (50.0, 100.0, 100.0), 11).T
    if inward:
        points = points[:, ::-1] * [-1.0, 1.0, 1.0]
    links = [[], ["level"], ["level"]] if inward else [["flat", "hill"], [], []]
    drafts = [
        LaneDraft(name, line, np.full(11, 3.5), np.zeros(11), successors=after)
        for name, line, after in zip(("level", "flat", "hill"), points, links, strict=True)
    ]
    world = SmallWorld(build_network(drafts), ["sedan"])
    level, flat, hill = ([str(name) for name in world.network.lane_name].index(k) for k in ("level", "flat", "hill"))
    first, last = world.lanes.lane_first_point[hill : hill + 2]
    along = world.lanes.point_position[first:last]
    along[:, 2] = 0.2 * (along[:, 0] + 50.0 if inward else along[:, 0] - 50.0)  # building joins what lies so near
    vehicle = _weightless(world)
    place = -vehicle[COG_OFFSET] - 0.5 * (vehicle[FRONT_AXLE] - vehicle[REAR_AXLE])  # the axles stand about the fork
    steep = 9.81 * math.sin(math.atan(0.1)) / ROTATING
    for branch, expected in ((flat, 0.0), (hill, steep)):
        route = _route(level, previous=branch) if inward else _route(level, following=branch)
        found = resistance(world.rules.ways, route, place if inward else 50.0 + place, 0.0, vehicle)
        assert found == pytest.approx(expected, abs=0.02)
