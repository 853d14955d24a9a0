"""Bodies about their centers of mass and boxes about their centers say the same motion."""

import numpy as np

from simengine.core.state import empty_actors
from simengine.physics.bullet.bodies import body_from_box, box_from_body, empty_bodies
from simengine.physics.vehicle.catalog import fill_actor
from simengine.physics.vehicle.chassis import chassis_of


def turning_bus():
    actors = empty_actors(1, 1)
    fill_actor(actors, 0, 0, "bus", (0.5, 0.5, 0.5))
    bodies = empty_bodies(1)
    quaternion = np.array([0.8, 0.1, -0.2, 0.5])
    bodies["orientation"][0] = quaternion / np.sqrt((quaternion**2).sum())
    bodies["angular_velocity"][0] = (0.1, -0.2, 0.6)
    return chassis_of(actors), bodies


def test_box_and_body_are_each_others_inverse():
    chassis, bodies = turning_bus()
    place, velocity = np.array([10.0, -4.0, 2.0]), np.array([7.0, 1.0, -0.5])
    bodies["box_position"][0], bodies["box_velocity"][0] = place, velocity
    body_from_box(chassis[0], bodies[0])
    bodies["box_position"][0] = bodies["box_velocity"][0] = 0.0
    box_from_body(chassis[0], bodies[0])
    np.testing.assert_allclose(bodies["box_position"][0], place, atol=1e-12)
    np.testing.assert_allclose(bodies["box_velocity"][0], velocity, atol=1e-12)


def test_box_center_moves_as_its_velocity_says():
    chassis, bodies = turning_bus()
    bodies["velocity"][0] = (7.0, 1.0, -0.5)
    box_from_body(chassis[0], bodies[0])
    before, velocity, step = bodies["box_position"][0].copy(), bodies["box_velocity"][0].copy(), 1e-6
    # A small turn: dq/dt = ½ ω q, in world coordinates.
    w, x, y, z = bodies["orientation"][0]
    p, q, r = 0.5 * step * bodies["angular_velocity"][0]
    bodies["orientation"][0] += (
        -p * x - q * y - r * z,
        p * w + q * z - r * y,
        q * w + r * x - p * z,
        r * w + p * y - q * x,
    )
    bodies["position"][0] += step * bodies["velocity"][0]
    box_from_body(chassis[0], bodies[0])
    np.testing.assert_allclose((bodies["box_position"][0] - before) / step, velocity, atol=1e-4)
