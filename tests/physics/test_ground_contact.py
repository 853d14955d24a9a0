"""What actors do on and against the ground is the same in both physics: sliding, bouncing, passing over, gaining speed.

Each case has its closed form; both physics are held to it, not only to each other.
"""

import math

import numpy as np
import pytest

pytest.importorskip("pybullet")

from simengine.core.mechanics import GRAVITY  # noqa: E402
from simengine.core.state import (  # noqa: E402
    ActorTable,
    Behavior,
    Controls,
    WorldState,
    empty_actors,
    empty_controls,
    empty_state,
)
from simengine.core.surface_friction import ASPHALT  # noqa: E402
from simengine.physics.backend import Contact, Ground, Physics  # noqa: E402
from simengine.physics.batched.batched import BatchedPhysics  # noqa: E402
from simengine.physics.bullet.bullet import BulletPhysics  # noqa: E402
from simengine.physics.vehicle.catalog import fill_actor  # noqa: E402
from simengine.physics.vehicle.planar_motion import PEDAL_TIME  # noqa: E402
from simengine.physics.vehicle.ridden_motion import braked_friction  # noqa: E402
from tools.checks.motion.proving_ground import RATE, SLIDING, no_patches, plain  # noqa: E402

PHYSICS = [BulletPhysics, BatchedPhysics]
PAIR = {0, 1}


def place(models: list[str]) -> tuple[ActorTable, WorldState, Controls]:
    """Return actors that stand in the origin, without air drag and rolling resistance."""
    actors, state = empty_actors(1, len(models)), empty_state(1, len(models))
    for a, model in enumerate(models):
        fill_actor(actors, 0, a, model, (0.5, 0.5, 0.5))
        state.position[0, a, 2] = 0.5 * actors.height[0, a]
    actors.drag[:] = actors.rolling_resistance[:] = 0.0
    actors.behavior[:] = Behavior.SCRIPTED
    state.valid[:] = True
    return actors, state, empty_controls(1, len(models))


def run(
    physics: Physics, actors: ActorTable, state: WorldState, controls: Controls, friction: float, seconds: float
) -> tuple[list[WorldState], list[Contact]]:
    """Return the states after every tick, and all contacts."""
    state = physics.reset(actors, state, Ground(plain(), np.array([friction]), no_patches(), (), SLIDING), RATE)
    states, contacts = [state], []
    for _ in range(round(seconds * RATE)):
        state = physics.step(state, controls)
        states.append(state)
        contacts += physics.contacts()
    physics.close()
    return states, contacts


@pytest.mark.parametrize("physics", PHYSICS)
@pytest.mark.parametrize("friction", [0.75, 0.3])
def test_a_load_slides_as_far_as_the_friction_of_cardboard_lets_it(physics, friction):
    actors, state, controls = place(["cargo_box"])
    state.velocity[0, 0, 0] = 6.0
    states, _ = run(physics(), actors, state, controls, friction, 6.0)
    sliding = 0.66 * SLIDING * friction / ASPHALT.dry_sliding
    assert states[-1].position[0, 0, 0] == pytest.approx(6.0**2 / (2.0 * sliding * GRAVITY), rel=0.06)
    assert np.abs(states[-1].velocity[0, 0]).max() < 0.02


@pytest.mark.parametrize("physics", PHYSICS)
def test_a_load_that_drops_hardly_bounces(physics):
    actors, state, controls = place(["cargo_box"])
    rest, height = 0.5 * float(actors.height[0, 0]), 1.0
    state.position[0, 0, 2] = rest + height
    states, _ = run(physics(), actors, state, controls, 0.75, 1.0)
    landed = round(1.05 * math.sqrt(2.0 * height / GRAVITY) * RATE)
    rise = max(float(s.position[0, 0, 2]) for s in states[landed:]) - rest
    assert rise < 2.0 * 0.06**2 * height + 0.005  # restitution of 0.2 · 0.3


@pytest.mark.parametrize("physics", PHYSICS)
def test_a_car_passes_over_what_is_lower_than_its_underside(physics):
    actors, state, controls = place(["sedan", "cargo_box"])
    state.velocity[0, 0, 0] = 10.0
    actors.height[0, 1], actors.cog_height[0, 1] = 0.10, 0.05
    state.position[0, 1] = (12.0, 0.0, 0.05)
    controls.acceleration[0, 0] = 0.06  # else it holds itself
    states, contacts = run(physics(), actors, state, controls, 0.75, 2.5)
    assert states[-1].position[0, 0, 0] > 20.0
    assert states[-1].position[0, 1, 0] == pytest.approx(12.0, abs=0.02)
    assert all({contact.actor, contact.other} != PAIR for contact in contacts)


@pytest.mark.parametrize("physics", PHYSICS)
def test_a_car_strikes_what_is_higher_than_its_underside(physics):
    actors, state, controls = place(["sedan", "cargo_box"])
    state.velocity[0, 0, 0] = 10.0
    actors.height[0, 1], actors.cog_height[0, 1] = 0.30, 0.15
    state.position[0, 1] = (12.0, 0.0, 0.15)
    controls.acceleration[0, 0] = 0.06
    states, contacts = run(physics(), actors, state, controls, 0.75, 2.5)
    assert states[-1].position[0, 1, 0] > 13.0
    assert any({contact.actor, contact.other} == PAIR for contact in contacts)


@pytest.mark.parametrize("physics", PHYSICS)
def test_a_robot_closes_in_on_its_speed_as_a_servo_does(physics):
    actors, state, controls = place(["robot"])
    state.velocity[0, 0, 0] = 0.8
    controls.velocity[0, 0, 0] = 0.88  # so near that no limit is met: a lag of first order
    actors.max_acceleration[:] = actors.max_deceleration[:] = 10.0
    states, _ = run(physics(), actors, state, controls, 0.75, 0.3)
    after = states[round(0.1 * RATE)].velocity[0, 0, 0]
    assert (after - 0.8) / 0.08 == pytest.approx(1.0 - math.exp(-1.0), abs=0.1)
    assert states[-1].velocity[0, 0, 0] == pytest.approx(0.88, rel=0.01)


@pytest.mark.parametrize("physics", PHYSICS)
@pytest.mark.parametrize("model", ["pedestrian", "deer"])
def test_nobody_on_foot_gains_speed_faster_than_friction_lets_them(physics, model):
    actors, state, controls = place([model])
    controls.velocity[0, 0] = (1.4, 0.0)
    states, _ = run(physics(), actors, state, controls, 0.03, 1.0)
    most = 0.03 * GRAVITY
    speeds = [float(np.hypot(*s.velocity[0, 0, :2])) for s in states]
    assert speeds[RATE // 2] <= 1.02 * most * 0.5
    assert speeds[-1] == pytest.approx(most * 1.0, rel=0.1)


@pytest.mark.parametrize("physics", PHYSICS)
@pytest.mark.parametrize("model", ["sedan", "motorcycle"])
@pytest.mark.parametrize("friction", [0.8, 0.5])
def test_a_full_stop_takes_as_long_as_load_moved_forward_and_the_pedal_let_it(physics, model, friction):
    actors, state, controls = place([model])
    actors.rolling_resistance[:] = 0.015  # which the tires pass on within their friction, not beside it
    state.velocity[0, 0, 0] = 20.0
    controls.acceleration[0, 0] = -20.0
    states, _ = run(physics(), actors, state, controls, friction, 6.0)
    stopped = next(k for k, s in enumerate(states) if s.velocity[0, 0, 0] < 0.01) / RATE
    limit = GRAVITY * braked_friction(
        friction, actors.front_axle[0, 0], actors.rear_axle[0, 0], actors.cog_height[0, 0]
    )
    assert limit < friction * GRAVITY * (0.98 if model == "motorcycle" and friction == 0.8 else 1.0)
    hardest = float(actors.max_deceleration[0, 0])  # is approached as 1 − exp(−t / τ), until friction limits it
    until = -PEDAL_TIME * math.log(1.0 - limit / hardest)
    built = hardest * (until - PEDAL_TIME * (1.0 - math.exp(-until / PEDAL_TIME)))
    assert stopped == pytest.approx(until + (20.0 - built) / limit, rel=0.02)
