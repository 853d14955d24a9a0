"""The two physics against each other, where the tire is in its linear range."""

import numpy as np
import pytest

pytest.importorskip("pybullet")

from simengine.core.mechanics import GRAVITY  # noqa: E402
from simengine.core.state import Behavior, empty_actors, empty_controls, empty_state  # noqa: E402
from simengine.core.surface_friction import ASPHALT  # noqa: E402
from simengine.physics.backend import Ground  # noqa: E402
from simengine.physics.batched.batched import BatchedPhysics  # noqa: E402
from simengine.physics.bullet.bullet import BulletPhysics  # noqa: E402
from simengine.physics.vehicle.catalog import fill_actor  # noqa: E402
from tools.checks.motion import agreement  # noqa: E402
from tools.checks.motion.proving_ground import RATE, no_patches, plain  # noqa: E402


def test_braking_distances_agree() -> None:
    batched, bullet = agreement.braking_distances()
    assert batched == pytest.approx(bullet, rel=0.03)


@pytest.mark.parametrize(("speed", "deceleration"), [(30.0, 2.0), (30.0, 4.0), (20.0, 2.0), (30.0, 6.0)])
def test_gentle_stops_end_at_the_same_place(speed: float, deceleration: float) -> None:
    batched, bullet = agreement.braking_distances(speed, deceleration)
    assert batched == pytest.approx(bullet, abs=0.15)


def test_steady_cornering_agrees() -> None:
    batched, bullet = agreement.cornering_rates()
    assert batched == pytest.approx(bullet, rel=0.05)


def test_a_lane_change_agrees() -> None:
    batched, bullet, apart = agreement.lane_changes()
    assert batched > 1.3 and batched == pytest.approx(bullet, rel=0.06)
    assert apart < 0.06 * batched


@pytest.mark.parametrize("physics", [BatchedPhysics, BulletPhysics])
def test_a_car_that_slides_sideways_is_slowed_by_sliding_friction(physics):
    actors, state, controls = empty_actors(1, 1), empty_state(1, 1), empty_controls(1, 1)
    fill_actor(actors, 0, 0, "bmw_320i", (0.5, 0.5, 0.5))
    actors.behavior[:] = Behavior.SCRIPTED
    state.valid[:], state.velocity[0, 0, 1] = True, 15.0
    state.position[0, 0, 2] = 0.5 * actors.height[0, 0]
    world = physics()
    ground = Ground(plain(), np.array([ASPHALT.dry]), no_patches(), (), ASPHALT.dry_sliding / ASPHALT.dry)
    state = world.reset(actors, state, ground, RATE)
    speeds = []
    for _ in range(RATE):
        state = world.step(state, controls)
        speeds.append(float(np.hypot(*state.velocity[0, 0, :2])))
    world.close()
    # The first half second is left to the springs.
    slowed = (speeds[RATE // 2 - 1] - speeds[-1]) / 0.5
    assert slowed == pytest.approx(ASPHALT.dry_sliding * GRAVITY, rel=0.04)
