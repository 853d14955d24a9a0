"""People and animals that a vehicle strikes: laid down, never inside it, never faster than a blow can make them."""

import math

import numpy as np
import pytest

from simengine.core.state import empty_actors, empty_controls, empty_state
from simengine.physics.backend import Ground, Physics
from simengine.physics.batched.batched import BatchedPhysics
from simengine.physics.vehicle.catalog import fill_actor, model_named
from tools.checks.motion.proving_ground import SLIDING, no_patches, plain

TICKS = 120  # a second
FALL = 1.0  # what an adult's middle gains as he falls forward before a bus at 5 m/s [m/s]
APART = 220.0  # between collisions [m]
SPEEDS = (5.0, 10.0, 20.0, 30.0)


def make_physics(kind: str) -> Physics:
    if kind == "batched":
        return BatchedPhysics()
    return pytest.importorskip("simengine.physics.bullet.bullet", reason="PyBullet is not installed").BulletPhysics()


def _tilt(orientation):
    """Return the angle between an actor's up axis and the vertical [rad]."""
    return np.arccos(np.clip(1.0 - 2.0 * (orientation[..., 1] ** 2 + orientation[..., 2] ** 2), -1.0, 1.0))


def strike(kind: str, model: str, brake: float):
    """Run a vehicle into a pedestrian, a child and a deer, from behind and from the side, at every speed.

    Returns:
        The speeds, and of those struck the tilts of every tick from the blow on, shape (num_ticks, num_struck), and the
        greatest speeds; how deep Bullet's bodies were in each other [m].
    """
    cases = [
        (min(speed, model_named(model).max_speed), who, yaw)
        for speed in SPEEDS for who in ("pedestrian", "child", "deer") for yaw in (0.0, 0.5 * math.pi)
    ]  # fmt: skip
    count, long = 2 * len(cases), APART * (len(cases) + 1)
    actors, state = empty_actors(1, count), empty_state(1, count)
    for i, (speed, who, yaw) in enumerate(cases):
        x = APART * i - 0.5 * long
        gap = 0.5 * (model_named(model).length + model_named(who).length) + 0.3
        for a, (name, ahead, turned, way) in enumerate(((model, 0.0, 0.0, speed), (who, gap, yaw, 0.0))):
            a += 2 * i
            fill_actor(actors, 0, a, name, (0.5, 0.5, 0.5))
            state.position[0, a] = (x + ahead, 0.0, 0.5 * actors.height[0, a])
            state.orientation[0, a] = (math.cos(0.5 * turned), 0.0, 0.0, math.sin(0.5 * turned))
            state.velocity[0, a, 0], state.valid[0, a] = way, True
    physics = make_physics(kind)
    ground = Ground(plain(length=2.0 * long), np.array([0.75]), no_patches(), (), SLIDING)
    state = physics.reset(actors, state, ground, TICKS)
    controls = empty_controls(1, count)
    hit, greatest, deepest = np.full(len(cases), -1), np.zeros(len(cases)), 0.0
    ticks = round(4.2 * TICKS)
    tilts = np.full((ticks, len(cases)), math.nan)  # by ticks since they were struck
    for tick in range(round(5.0 * TICKS)):
        controls.acceleration[0, ::2] = np.where(hit >= 0, -brake, 0.0)
        state = physics.step(state, controls)
        for contact in physics.contacts():
            if hit[contact.actor // 2] < 0:
                hit[contact.actor // 2] = tick
        if kind == "bullet":
            points = bullet_engine().getContactPoints(physicsClientId=physics._client)
            pairs = [q for q in points if {q[1], q[2]} <= set(physics._actor_of_uid)]
            deepest = max([deepest, *(-q[8] for q in pairs)])
        greatest = np.maximum(greatest, np.linalg.norm(state.velocity[0, 1::2], axis=-1))
        for i, angle in enumerate(_tilt(state.orientation[0, 1::2])):
            if hit[i] >= 0 and tick - hit[i] < ticks:
                tilts[tick - hit[i], i] = angle
    physics.close()
    return np.array([case[0] for case in cases]), tilts, greatest, deepest


def bullet_engine():
    """Return PyBullet as the physics sees it."""
    return pytest.importorskip("simengine.physics.bullet.engine", reason="PyBullet is not installed").p


@pytest.mark.parametrize("kind", ["batched", "bullet"])
@pytest.mark.parametrize("brake", [0.0, 6.0])
@pytest.mark.parametrize("model", ["compact_car", "sedan", "suv", "van", "truck", "bus"])
def test_whoever_is_struck_is_thrown_down_and_lies(kind, model, brake):
    speed, tilts, greatest, deepest = strike(kind, model, brake)
    assert np.degrees(tilts[: 2 * TICKS]).max(axis=0).min() > 60.0
    # A vehicle that does not brake carries some on its bonnet, from which they slide and are pushed on.
    assert np.degrees(tilts[round((2.0 if brake else 4.0) * TICKS)]).min() > 60.0
    assert (greatest < 1.5 * speed + FALL).all()
    assert deepest < speed.max() / TICKS + 0.02  # what closes in a tick


@pytest.mark.parametrize("model", ["compact_car", "sedan", "suv"])
def test_an_adult_is_turned_onto_the_bonnet(model):
    pytest.importorskip("simengine.physics.bullet.bullet", reason="PyBullet is not installed")
    from tools.checks.motion.proving_ground import Placed, make_world

    world = make_world([Placed(model, speed=10.0), Placed("pedestrian", x=3.2, yaw=0.5 * math.pi)])
    leaned = 0.0
    for _ in range(TICKS // 2):
        world.run(1)
        w, x, y, z = world.state.orientation[0, 1]
        leaned = min(leaned, 2.0 * (x * z + w * y))  # of the up axis, along the car's way
    world.physics.close()
    assert leaned < -0.8  # head back, towards the windscreen
