"""The two-wheeled robot: it takes up what is demanded within its limits, turns on the spot, stops and stays."""

import numpy as np
import pytest

from simengine.core.mechanics import GRAVITY
from simengine.physics.vehicle.robots import motor_torque, wheel_targets
from tools.checks.motion.proving_ground import RATE, Placed, make_world, park_on_slope, plain, single


def test_wheel_targets_of_a_turn_on_the_spot_are_opposite():
    left, right = wheel_targets(0.0, 1.0, 0.5, 0.1, 2.0)
    assert (left, right) == (pytest.approx(-2.5), pytest.approx(2.5))


def test_wheel_targets_stay_within_the_top_speed():
    assert wheel_targets(5.0, 0.0, 0.5, 0.1, 2.0) == (20.0, 20.0)


def test_motor_is_limited_by_force_and_by_power():
    slow = motor_torque(20.0, 0.0, 60.0, 0.1, 0.01, 1.5, 2.5, 250.0, 1.0 / 120.0)
    assert slow == pytest.approx((30.0 * 0.1**2 + 0.01) / 0.1 * 1.5)
    fast = motor_torque(500.0, 100.0, 60.0, 0.1, 0.01, 1.5, 2.5, 250.0, 1.0 / 120.0)
    assert fast == pytest.approx(1.25)


@pytest.mark.parametrize("speed", [1.2, -0.6, 1.6])
def test_robot_takes_up_a_speed_within_its_acceleration(speed):
    world = single("robot")
    world.controls.velocity[0, 0] = (speed, 0.0)
    greatest = 0.0
    for _ in range(2 * RATE):
        world.run(1)
        greatest = max(greatest, abs(world.state.acceleration[0, 0, 0]))
    assert world.state.velocity[0, 0, 0] == pytest.approx(speed, rel=0.02)
    assert greatest < 1.1 * world.actors.max_acceleration[0, 0]
    assert abs(world.yaw()) < 1e-3
    for _ in range(6):  # its motors do not chatter from tick to tick
        world.run(1)
        assert np.abs(world.state.acceleration[0, 0]).max() < 0.01
        assert np.abs(world.state.angular_velocity[0, 0]).max() < 0.001


def test_robot_drives_the_demanded_circle():
    world = single("robot")
    world.controls.velocity[0, 0] = (0.8, 0.8)
    world.run(2 * RATE)
    assert world.state.angular_velocity[0, 0, 2] == pytest.approx(0.8, rel=0.03)
    assert world.forward_speed() == pytest.approx(0.8, rel=0.03)


def test_robot_turns_on_the_spot():
    world = single("robot")
    world.controls.velocity[0, 0] = (0.0, 1.0)
    world.run(2 * RATE)
    assert world.state.angular_velocity[0, 0, 2] == pytest.approx(1.0, rel=0.03)
    assert np.abs(world.state.position[0, 0, :2]).max() < 0.02


def test_robot_stops_and_stands():
    world = single("robot", speed=1.5)
    world.run(2 * RATE)
    place = world.state.position[0, 0].copy()
    deceleration = 2.5 + 0.015 * GRAVITY  # motors and rolling resistance; the servo eases off towards the end
    assert 1.0 < place[0] / (1.5**2 / (2.0 * deceleration)) + 0.01 < 1.1
    world.run(RATE)
    np.testing.assert_allclose(world.state.position[0, 0], place, atol=1e-4)


def test_robot_stands_on_a_slope():
    assert park_on_slope("robot", 0.1, 5.0, yaw=0.7) < 1e-4


def test_robot_slips_on_ice():
    grip, ice = single("robot", friction=0.75), single("robot", friction=0.02)
    for world in (grip, ice):
        world.controls.velocity[0, 0] = (1.5, 0.0)
        world.run(RATE // 2)
    assert ice.forward_speed() < 0.25 * grip.forward_speed()


def test_robot_pushes_a_crate_that_it_meets():
    world = make_world([Placed("robot"), Placed("cargo_box", x=0.9)], network=plain())
    world.controls.velocity[0, 0] = (0.5, 0.0)
    world.run(4 * RATE)
    assert world.state.position[0, 1, 0] > 1.2
    assert {(contact.actor, contact.other) for contact in world.contacts} == {(0, 1)}
