"""Vehicles that run over loads touch them, with the speed at which they meet them."""

import math

import pytest

from simengine.core.space.geometry import quaternion_from_euler
from simengine.core.state import empty_actors, empty_state
from simengine.physics.backend import Contact
from simengine.physics.contact.run_over import with_run_over
from simengine.physics.vehicle.catalog import fill_actor
from simengine.road.network.network import lane_arrays
from tools.checks.motion.proving_ground import plain

LANES = lane_arrays(plain())


def placed(ahead, speed=15.0, load_speed=0.0, load="cargo_ladder", aside=0.0):
    """Return actors and state of a sedan and a load that lies across its way, ahead of its front axle [m]."""
    actors, state = empty_actors(1, 2), empty_state(1, 2)
    fill_actor(actors, 0, 0, "sedan", (0.5, 0.5, 0.5))
    fill_actor(actors, 0, 1, load, (0.5, 0.5, 0.5))
    state.valid[0] = True
    state.position[0, 0, 2] = 0.5 * actors.height[0, 0]
    axle = float(actors.cog_offset[0, 0] + actors.front_axle[0, 0])
    state.position[0, 1] = (axle + ahead, aside, 0.5 * actors.height[0, 1])
    state.orientation[0, 0] = (1.0, 0.0, 0.0, 0.0)
    state.orientation[0, 1] = quaternion_from_euler(0.0, 0.0, math.pi / 2.0)
    state.velocity[0, 0, 0], state.velocity[0, 1, 0] = speed, load_speed
    return actors, state


def found(*contacts, **layout):
    actors, state = placed(**layout)
    return with_run_over(list(contacts), actors, LANES, state)


def test_a_wheel_on_a_ladder_is_a_touch_along_its_way_without_an_impulse():
    (contact,) = found(ahead=0.1)
    assert (contact.actor, contact.other, contact.impulse) == (0, 1, 0.0)
    assert contact.closing_speed == pytest.approx(15.0) and contact.normal == (-1.0, 0.0, 0.0)
    assert contact.position[2] == pytest.approx(0.1, abs=0.02)
    assert found(ahead=0.1, load_speed=5.0)[0].closing_speed == pytest.approx(10.0)
    assert found(ahead=0.1, speed=-3.0)[0].normal == (1.0, 0.0, 0.0)


@pytest.mark.parametrize("layout", [{"ahead": 1.2}, {"ahead": -1.2}, {"ahead": 0.0, "aside": 3.0}])
def test_a_load_ahead_of_the_wheels_or_between_or_beside_them_is_not_touched(layout):
    assert found(**layout) == []


def test_who_stands_on_a_load_does_not_run_over_it():
    assert found(ahead=0.1, speed=0.05) == []


def test_what_is_touched_from_above_was_met_with_the_speed_along_the_ground():
    below = Contact(0, 7, 0, 1, (1.0, 0.0, 0.2), (0.1, 0.0, 0.99), 30.0, 0.0)
    (contact,) = found(below, ahead=0.3, load="cargo_tire")
    assert contact == below._replace(closing_speed=pytest.approx(15.0))
    ahead = below._replace(normal=(-1.0, 0.0, 0.0), closing_speed=14.0)
    assert found(ahead, ahead=0.1) == [ahead]  # and the wheels add nothing to what touches already


def test_where_no_load_lies_the_contacts_are_the_same_list():
    actors, state = placed(ahead=0.1)
    state.valid[0, 1] = False
    contacts = [Contact(0, 7, 0, -1, (1.0, 0.0, 0.2), (0.0, 0.0, 1.0), 30.0, 0.0)]
    assert with_run_over(contacts, actors, LANES, state) is contacts
