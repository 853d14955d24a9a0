"""Who is found on which lane."""

import math

import numpy as np
import pytest

from simengine.behavior.lanes.occupancy import (
    BOX_ALONG,
    BOX_HIGH,
    BOX_LOW,
    BOX_S,
    LAST,
    LENGTH,
    SPEED,
    WIDTH,
    empty_occupancy,
    empty_places,
    look_around,
    occupy_lanes,
)
from simengine.core.space.geometry import quaternion_from_euler, rotate
from tests.behavior.small_world import SmallWorld, straight


def _lists(world: SmallWorld) -> dict[int, set[int]]:
    actors, state = world.actors, world.state
    places = empty_places(state.valid.shape[1])
    look_around(
        actors.length[0],
        actors.width[0],
        actors.height[0],
        state.valid[0],
        state.position[0],
        state.orientation[0],
        state.velocity[0],
        places,
    )
    occupancy = empty_occupancy(len(world.lanes.lane_length), state.valid.shape[1])
    occupy_lanes(world.rules.ways, world.rules.grid, places, actors.mobility[0], occupancy)
    found: dict[int, set[int]] = {}
    for lane in range(len(world.lanes.lane_length)):
        k = occupancy.head[lane]
        while k != LAST:
            found.setdefault(lane, set()).add(int(occupancy.actor[k]))
            k = occupancy.following[k]
    world.boxes = occupancy.box
    return found


def test_vehicle_is_on_every_lane_that_its_box_overlaps():
    world = SmallWorld(straight(3), ["sedan", "sedan"])
    world.put(0, 0, 100.0, 10.0)
    world.put(1, 1, 200.0, 10.0, t=1.2)
    assert _lists(world) == {0: {0}, 1: {1}, 2: {1}}


def test_box_is_given_in_lane_coordinates():
    world = SmallWorld(straight(), ["sedan"])
    world.put(0, 0, 100.0, 10.0, t=0.5, turned=0.5 * np.pi)
    assert _lists(world) == {0: {0}}
    assert abs(world.boxes[0, BOX_S] - 100.0) < 1e-6
    assert abs(world.boxes[0, BOX_HIGH] - world.boxes[0, BOX_LOW] - world.actors.length[0, 0]) < 1e-6
    assert abs(world.boxes[0, BOX_ALONG]) < 1e-6


def test_person_who_walks_towards_a_lane_is_entered_before_reaching_it():
    world = SmallWorld(straight(), ["sedan", "pedestrian"])
    world.put(1, 0, 100.0, 0.0, t=4.0)
    assert _lists(world) == {}
    world.state.velocity[0, 1] = (0.0, -1.5, 0.0)
    assert _lists(world) == {0: {1}}
    world.state.velocity[0, 1] = (0.0, 1.5, 0.0)
    assert _lists(world) == {}


def test_actor_on_another_level_is_not_on_the_lane():
    world = SmallWorld(straight(), ["sedan"])
    world.put(0, 0, 100.0, 10.0)
    world.state.position[0, 0, 2] += 6.0
    assert _lists(world) == {}


def test_speed_of_who_drives_uphill_is_along_its_own_axis():
    q = quaternion_from_euler(0.0, -math.atan(0.2), 0.5)
    places = empty_places(1)
    look_around(
        np.array([4.5]),
        np.array([1.8]),
        np.array([1.5]),
        np.ones(1, np.bool_),
        np.zeros((1, 3)),
        np.array([q]),
        np.array([rotate(*q, 20.34, 0.0, 0.0)]),
        places,
    )
    assert places.pose[0, SPEED] == pytest.approx(20.34)


def test_one_who_lies_takes_the_room_he_lies_on():
    places = empty_places(1)
    look_around(
        np.array([2.2]),
        np.array([0.8]),
        np.array([1.5]),
        np.ones(1, np.bool_),
        np.zeros((1, 3)),
        np.array([quaternion_from_euler(0.5 * math.pi, 0.0, 0.3)]),
        np.zeros((1, 3)),
        places,
    )
    assert places.pose[0, LENGTH] == pytest.approx(2.2) and places.pose[0, WIDTH] == pytest.approx(1.5)
