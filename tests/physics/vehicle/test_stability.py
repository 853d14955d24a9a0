"""Stability control: which wheel it brakes and how hard, and that a car that would spin does not."""

import math

import numpy as np
import pytest

from simengine.core.state import Behavior, empty_actors, empty_controls, empty_state
from simengine.physics.backend import Ground
from simengine.physics.batched.batched import BatchedPhysics
from simengine.physics.vehicle.catalog import all_models, fill_actor, model_named
from simengine.physics.vehicle.stability import DEAD_BAND, GAIN, SLOWEST, stability_brake
from tools.checks.motion.proving_ground import RATE, SLIDING, no_patches, plain

WHEELBASE, INERTIA, TRACK = 2.6, 1800.0, 1.4


def brake(forward: float, yaw_rate: float, steering: float, friction: float = 0.9) -> tuple[int, float]:
    return stability_brake(forward, yaw_rate, steering, WHEELBASE, 0.002, friction, INERTIA, TRACK)


@pytest.mark.parametrize(
    "turning, wheel", [(0.35, 1), (0.05, 2), (-0.35, 0), (-0.05, 3)],
    ids=["too far left", "too little left", "too far right", "too little right"],
)  # fmt: skip
def test_the_outer_front_or_inner_rear_wheel_is_braked(turning, wheel):
    steering = math.copysign(0.03, turning)
    wanted = 20.0 * math.tan(steering) / (WHEELBASE + 0.002 * 400.0)
    found, force = brake(20.0, turning, steering)
    assert found == wheel
    # The moment that undoes what is beyond the dead band at its rate.
    assert force * 0.5 * TRACK == pytest.approx(INERTIA * GAIN * (abs(turning - wanted) - DEAD_BAND))


def test_the_turn_that_is_wanted_is_no_more_than_friction_carries():
    most = 0.85 * 0.2 * 9.81 / 20.0
    assert brake(20.0, most, 0.2, 0.2) == (-1, 0.0)
    assert brake(20.0, most + DEAD_BAND + 0.01, 0.2, 0.2)[0] == 1


def test_slow_vehicles_and_small_errors_are_left_alone():
    assert brake(SLOWEST - 0.1, 1.0, 0.0) == (-1, 0.0)
    assert brake(20.0, DEAD_BAND - 0.001, 0.0) == (-1, 0.0)


def swerve(physics, stability: bool) -> float:
    """Return by how much a neutral car turns away at µ 0.4 in a quick swerve and back [rad]."""
    actors, state, controls = empty_actors(1, 1), empty_state(1, 1), empty_controls(1, 1)
    fill_actor(actors, 0, 0, "bmw_320i", (0.5, 0.5, 0.5))
    actors.behavior[:], actors.stability[:] = Behavior.SCRIPTED, stability
    state.valid[:], state.velocity[0, 0, 0] = True, 25.0
    state.position[0, 0, 2] = 0.5 * actors.height[0, 0]
    state = physics.reset(actors, state, Ground(plain(), np.array([0.4]), no_patches(), (), SLIDING), RATE)
    most = turned = 0.0
    for k in range(4 * RATE):
        time = k / RATE
        controls.steering[:] = 0.15 * math.sin(2.0 * math.pi * 0.5 * time) if time < 2.0 else 0.0
        state = physics.step(state, controls)
        turned += float(state.angular_velocity[0, 0, 2]) / RATE
        most = max(most, abs(turned))
    physics.close()
    return most


def physics_named(name: str):
    if name == "batched":
        return BatchedPhysics()
    return pytest.importorskip("simengine.physics.bullet.bullet").BulletPhysics()


@pytest.mark.parametrize("name", ["batched", "bullet"])
def test_a_swerve_on_slippery_ground_spins_a_car_only_without_it(name):
    without, having = swerve(physics_named(name), False), swerve(physics_named(name), True)
    assert without > 1.0 and having < 0.5


def test_the_reference_cars_have_none_and_other_four_wheelers_have_it():
    for model in all_models().values():
        wheeled = model.track_width > 0.0 and model.max_steering > 0.0
        assert model.stability == (wheeled and model.name not in ("ford_escort", "bmw_320i"))
    assert not model_named("motorcycle").stability
