"""The last look before moving on."""

import numpy as np

from simengine.behavior.driver_state import vehicle_table
from simengine.behavior.lanes.occupancy import empty_places, look_around
from simengine.behavior.vehicle.near_collision_braking import guarded, would_touch
from tests.behavior.small_world import SmallWorld, straight


def _places(gap: float, speed: float, beside: float = 0.0):
    world = SmallWorld(straight(), ["sedan", "sedan"])
    world.put(0, 0, 100.0, speed)
    world.put(1, 0, 100.0 + world.actors.length[0, 0] + gap, 0.0, t=beside)
    actors, state = world.actors, world.state
    places = empty_places(2)
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
    return places, vehicle_table(world.actors)[0]


def test_vehicle_brakes_before_it_touches_at_walking_pace():
    places, vehicles = _places(0.5, 1.5)
    assert would_touch(places, 0, 0.0, 1.2, 0.15)
    assert guarded(0.5, places, 0, vehicles[0], 0.0, 0.0) == -4.0


def test_free_way_and_a_vehicle_beside_are_left_alone():
    places, vehicles = _places(10.0, 3.0)
    assert guarded(0.5, places, 0, vehicles[0], 0.0, 0.0) == 0.5
    places, vehicles = _places(0.5, 3.0, beside=2.5)
    assert guarded(0.5, places, 0, vehicles[0], 0.0, 0.0) == 0.5
    assert would_touch(places, 0, 0.15, 1.2, 0.15)  # turning towards it
    assert not would_touch(places, 0, -0.15, 1.2, 0.15)


def test_who_stands_too_near_may_drive_away():
    places, vehicles = _places(-5.0, 1.0)
    places.pose[1, :2] = places.pose[0, :2] - np.array([4.55, 0.0])  # close behind
    assert guarded(0.5, places, 0, vehicles[0], 0.0, 0.0) == 0.5


def test_who_has_waited_squeezes_past():
    places, vehicles = _places(0.3, 0.0)
    places.pose[0, 3] = 0.0
    places.pose[1, 1] = places.pose[0, 1] + 0.5 * (places.pose[0, 8] + places.pose[1, 8]) + 0.1  # beside, 10 cm
    assert guarded(0.5, places, 0, vehicles[0], 0.0, 0.0) == -4.0
    assert guarded(0.5, places, 0, vehicles[0], 0.0, 5.0) == 0.5
