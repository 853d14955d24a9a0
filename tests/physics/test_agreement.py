"""The two physics against each other, where the tyre is in its linear range."""

import math

import numpy as np
import pytest

pytest.importorskip("pybullet")

from simengine.core.geometry import yaw_from_quaternion  # noqa: E402
from simengine.core.state import Behavior, WorldState, empty_actors, empty_controls, empty_state  # noqa: E402
from simengine.physics.backend import FrictionPatches, Ground, Physics  # noqa: E402
from simengine.physics.batched import BatchedPhysics  # noqa: E402
from simengine.physics.bullet import BulletPhysics  # noqa: E402
from simengine.physics.catalog import fill_actor  # noqa: E402
from simengine.road.build import LaneDraft, build_network  # noqa: E402

RATE = 120


def drive(physics: Physics, speed: float, seconds: float, steering, acceleration) -> list[WorldState]:
    """Drive one sedan from a speed under a steering [rad] and an acceleration [m/s²] given as functions of time."""
    x = np.array([-200.0, 0.0, 800.0])
    lane = LaneDraft(
        name="a", points=np.stack([x, np.zeros(3), np.zeros(3)], axis=1), width=np.full(3, 8.0), bank=np.zeros(3)
    )
    zeros = np.zeros((1, 1))
    patches = FrictionPatches(np.zeros((1, 1), bool), zeros, zeros.copy(), zeros.copy(), zeros.copy())
    ground = Ground(build_network([lane]), np.array([0.75]), patches, ())
    actors, state, controls = empty_actors(1, 1), empty_state(1, 1), empty_controls(1, 1)
    fill_actor(actors, 0, 0, "sedan", (0.5, 0.5, 0.5))
    actors.behavior[:] = Behavior.EGO
    state.valid[:] = True
    state.velocity[0, 0, 0] = speed
    state.position[0, 0, 2] = 0.5 * actors.height[0, 0]
    state = physics.reset(actors, state, ground, RATE)
    states = [state]
    for k in range(round(seconds * RATE)):
        controls.steering[0, 0] = steering(k / RATE)
        controls.acceleration[0, 0] = acceleration(k / RATE)
        state = physics.step(state, controls)
        states.append(state)
    physics.close()
    return states


def both(*arguments) -> tuple[list[WorldState], list[WorldState]]:
    return drive(BatchedPhysics(), *arguments), drive(BulletPhysics(), *arguments)


def test_braking_distances_agree() -> None:
    batched, bullet = both(25.0, 8.0, lambda t: 0.0, lambda t: -4.0)
    ends = [states[-1].position[0, 0, 0] for states in (batched, bullet)]
    assert abs(batched[-1].velocity[0, 0, 0]) < 0.05 and abs(bullet[-1].velocity[0, 0, 0]) < 0.05
    assert ends[0] == pytest.approx(ends[1], rel=0.03)


def test_steady_cornering_agrees() -> None:
    rates = [
        states[-1].angular_velocity[0, 0, 2] for states in both(15.0, 3.0, lambda t: 0.03, lambda t: 0.4)
    ]
    assert rates[0] == pytest.approx(rates[1], rel=0.05)


def test_a_lane_change_agrees() -> None:
    def swing(t: float) -> float:
        return 0.02 * math.sin(math.pi * t) if t < 2.0 else 0.0

    batched, bullet = both(20.0, 3.0, swing, lambda t: 0.4)
    sideways = [states[-1].position[0, 0, 1] for states in (batched, bullet)]
    assert sideways[0] > 1.8 and sideways[0] == pytest.approx(sideways[1], rel=0.06)
    yaws = [yaw_from_quaternion(*states[-1].orientation[0, 0]) for states in (batched, bullet)]
    assert abs(yaws[0]) < 0.02 and abs(yaws[1]) < 0.02
    apart = [abs(a.position[0, 0, 1] - b.position[0, 0, 1]) for a, b in zip(batched, bullet, strict=True)]
    assert max(apart) < 0.06 * sideways[0]
