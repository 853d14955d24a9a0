"""Crash pulses of both physics against the closed form of a mass on a spring that yields."""

import math

import numpy as np
import pytest

from simengine.core.mechanics import GRAVITY
from simengine.core.state import empty_actors, empty_controls, empty_state
from simengine.physics.backend import Ground, Physics, StaticBox
from simengine.physics.batched.batched import BatchedPhysics
from simengine.physics.contact.crush import BEYOND, CRUSH_ZONE, RATE, crush_force
from simengine.physics.vehicle.catalog import fill_actor, model_named
from tools.checks.motion.proving_ground import SLIDING, no_patches, plain

WALL = StaticBox((10.0, 0.0, 1.5), 0.0, (1.0, 8.0, 3.0))
FACE = 9.5  # of the wall towards what comes [m]
TICKS = 120  # a second


def make_physics(kind: str) -> Physics:
    if kind == "batched":
        return BatchedPhysics()
    return pytest.importorskip("simengine.physics.bullet.bullet", reason="PyBullet is not installed").BulletPhysics()


def crash(
    kind: str, placed: list[tuple], obstacles: tuple[StaticBox, ...] = (), seconds: float = 0.6,
    friction: float = 0.05, brake: float = 0.0, length: float = 2000.0,
):  # fmt: skip
    """Run actors given as model, x, y, yaw, speed; return the table, the states of every tick and the contacts."""
    count = len(placed)
    actors, state = empty_actors(1, count), empty_state(1, count)
    for a, (model, x, y, yaw, speed) in enumerate(placed):
        fill_actor(actors, 0, a, model, (0.5, 0.5, 0.5))
        state.position[0, a] = (x, y, 0.5 * actors.height[0, a])
        state.orientation[0, a] = (math.cos(0.5 * yaw), 0.0, 0.0, math.sin(0.5 * yaw))
        state.velocity[0, a, :2] = speed * math.cos(yaw), speed * math.sin(yaw)
        state.valid[0, a] = True
    physics = make_physics(kind)
    ground = Ground(plain(length=length), np.array([friction]), no_patches(), obstacles, SLIDING)
    state = physics.reset(actors, state, ground, TICKS)
    controls = empty_controls(1, count)
    controls.acceleration[:] = -brake
    states, contacts = [], []
    for _ in range(round(seconds * TICKS)):
        state = physics.step(state, controls)
        states.append(state)
        contacts += physics.contacts()
    physics.close()
    return actors, states, contacts


@pytest.mark.parametrize("kind", ["batched", "bullet"])
@pytest.mark.parametrize("model", ["sedan", "truck"])
def test_a_wall_stops_a_vehicle_as_a_spring_that_yields(kind, model):
    speed = 30.0 / 3.6
    actors, states, contacts = crash(kind, [(model, 0.0, 0.0, 0.0, speed)], (WALL,), seconds=1.2)
    pulse = -np.array([state.acceleration[0, 0, 0] for state in states])
    front = np.array([state.position[0, 0, 0] for state in states]) + 0.5 * actors.length[0, 0]
    assert 10.0 * GRAVITY < pulse.max() < 15.0 * GRAVITY
    assert pulse.max() == pytest.approx(RATE * speed, rel=0.03)
    assert front.max() - FACE == pytest.approx(speed / RATE, rel=0.05)
    assert sum(contact.impulse for contact in contacts) == pytest.approx(actors.mass[0, 0] * speed, rel=0.05)
    duration = np.flatnonzero(pulse > GRAVITY)
    assert (len(duration) / TICKS) == pytest.approx(0.5 * math.pi / RATE, abs=0.02)
    assert abs(states[-1].velocity[0, 0, 0]) < 0.2  # it hardly springs back


@pytest.mark.parametrize("kind", ["batched", "bullet"])
def test_a_crush_zone_that_is_used_up_stops_harder(kind):
    speed = 56.0 / 3.6
    actors, states, _ = crash(kind, [("sedan", 0.0, 0.0, 0.0, speed)], (WALL,))
    pulse = -min(state.acceleration[0, 0, 0] for state in states)
    front = max(state.position[0, 0, 0] for state in states) + 0.5 * actors.length[0, 0]
    left = speed**2 - (RATE * CRUSH_ZONE) ** 2  # what the zone has not taken, per half mass
    rest = -CRUSH_ZONE / BEYOND + math.sqrt((CRUSH_ZONE / BEYOND) ** 2 + left / (BEYOND * RATE**2))
    assert front - FACE == pytest.approx(CRUSH_ZONE + rest, rel=0.05)
    assert pulse == pytest.approx(RATE**2 * (CRUSH_ZONE + BEYOND * rest), rel=0.1)


@pytest.mark.parametrize("kind", ["batched", "bullet"])
@pytest.mark.parametrize("other", ["sedan", "truck"])
def test_two_vehicles_are_springs_in_a_row_and_keep_their_momentum(kind, other):
    speed = 10.0
    actors, states, _ = crash(kind, [("sedan", 0.0, 0.0, 0.0, speed), (other, 12.0, 0.0, math.pi, 0.0)], seconds=1.4)
    mass = actors.mass[0]
    pulse = -min(state.acceleration[0, 0, 0] for state in states)
    # Stiffness and reduced mass of the pair are both those in a row, so its rate is that of one.
    assert pulse == pytest.approx(RATE * speed * mass[1] / mass.sum(), rel=0.05)
    common = speed * mass[0] / mass.sum()
    assert states[-1].velocity[0, :, 0] == pytest.approx([common, common], abs=0.05 * speed)


@pytest.mark.parametrize("kind", ["batched", "bullet"])
@pytest.mark.parametrize("aside, kmh", [(0.0, 100.0), (0.4, 50.0)])
def test_a_post_that_is_narrower_than_the_crush_stops_a_car(kind, aside, kmh):
    post = StaticBox((10.0, aside, 1.5), 0.0, (0.15, 0.15, 3.0))
    _, states, _ = crash(kind, [("sedan", 0.0, 0.0, 0.0, kmh / 3.6)], (post,), seconds=1.0)
    furthest = max(state.position[0, 0, 0] for state in states)
    assert furthest < 10.0 - 0.3  # the post does not reach the middle of the car
    if aside == 0.0:
        assert abs(states[-1].velocity[0, 0, 0]) < 1.0
    else:
        assert states[-1].angular_velocity[0, 0, 2] > 0.3  # it turns about the post, to the left


@pytest.mark.parametrize("kind", ["batched", "bullet"])
def test_a_wall_of_two_boxes_yields_as_one(kind):
    halves = (StaticBox((10.0, 2.0, 1.5), 0.0, (1.0, 4.0, 3.0)), StaticBox((10.0, -2.0, 1.5), 0.0, (1.0, 4.0, 3.0)))
    _, states, _ = crash(kind, [("sedan", 0.0, 0.0, 0.0, 30.0 / 3.6)], halves, seconds=1.0)
    pulse = -min(state.acceleration[0, 0, 0] for state in states)
    assert pulse == pytest.approx(RATE * 30.0 / 3.6, rel=0.04)


@pytest.mark.parametrize("kind", ["batched", "bullet"])
def test_a_car_that_scrapes_along_a_rail_does_not_snag_at_its_joints(kind):
    speeds = []
    for length in (4.0, 80.0):
        count = round(80.0 / length)
        rails = tuple(StaticBox((length * (k + 0.5) - 2.0, -2.0, 0.7), 0.0, (length, 0.3, 0.8)) for k in range(count))
        _, states, _ = crash(kind, [("sedan", 0.0, 0.0, -0.12, 20.0)], rails, seconds=1.5)
        speeds.append(states[-1].velocity[0, 0, 0])
    assert speeds[0] == pytest.approx(speeds[1], abs=0.5)
    assert speeds[1] > 17.0


@pytest.mark.parametrize("kind", ["batched", "bullet"])
def test_wrecks_that_rest_against_each_other_touch_no_more(kind):
    _, _, contacts = crash(
        kind, [("sedan", 0.0, 0.0, 0.0, 12.0), ("sedan", 8.0, 0.3, 0.0, 0.0)], seconds=6.0, friction=0.7, brake=8.0
    )
    assert contacts and len([contact for contact in contacts if contact.tick > 5 * TICKS]) < TICKS // 4


@pytest.mark.parametrize("kind", ["batched", "bullet"])
def test_vehicles_that_rest_against_each_other_neither_push_nor_part(kind):
    actors, states, contacts = crash(
        kind, [("sedan", 0.0, 0.0, 0.0, 12.0), ("sedan", 8.0, 0.3, 0.0, 0.0)], seconds=8.0, friction=0.7, brake=8.0
    )
    last = [contact for contact in contacts if contact.tick > 7 * TICKS]
    assert np.abs(states[-1].velocity[0, :, :2]).max() < 0.01
    assert sum(contact.impulse for contact in last) < 0.01 * actors.mass[0, 0] * GRAVITY
    assert states[-1].position[0, 1, 0] - states[-1].position[0, 0, 0] > 3.5  # crushed, not swallowed


@pytest.mark.parametrize("x, y, yaw", [(8.0, 0.9, 0.0), (8.0, 1.2, 3.14), (7.0, 1.3, 1.57), (8.0, 1.0, 2.5)])
def test_both_physics_crash_alike(x, y, yaw):
    after = []
    for kind in ("batched", "bullet"):
        _, states, _ = crash(kind, [("sedan", 0.0, 0.0, 0.0, 12.0), ("suv", x, y, yaw, 0.0)], seconds=0.9)
        last = states[-1]
        after.append(np.column_stack([last.velocity[0, :, :2], last.angular_velocity[0, :, 2]]))
    np.testing.assert_allclose(after[0], after[1], atol=0.6)


def test_the_force_of_crushing_grows_without_a_step():
    depth = np.linspace(0.0, 2.0, 2001)
    for inverse in (0.0, 1e-3, 1e-4):
        force = np.array([crush_force(d, 1e-3, inverse) for d in depth])
        assert force[0] == 0.0
        assert np.diff(force).min() > 0.0
        assert np.diff(force).max() < 1.001 * BEYOND * RATE**2 / 1e-3 * 1e-3


@pytest.mark.parametrize("kind", ["batched", "bullet"])
@pytest.mark.parametrize("way", ["rear-end", "head-on"])
def test_crashing_vehicles_are_shoved_and_not_thrown_on_end(kind, way):
    models, placed, speeds = ("compact_car", "sedan", "van", "suv", "truck", "bus"), [], []
    for i, (one, other) in enumerate((one, other) for one in models for other in models):
        x, rear_end = 200.0 * i - 3600.0, way == "rear-end"
        speed, against = (min(30.0, model_named(name).max_speed) for name in (one, other))
        placed.append((one, x, 0.0, 0.0, speed))
        gap = 0.5 * (model_named(one).length + model_named(other).length) + 0.5
        placed.append((other, x + gap, 0.0, 0.0 if rear_end else math.pi, 0.0 if rear_end else against))
        speeds.append((speed, 0.0 if rear_end else -against))
    actors, states, _ = crash(kind, placed, seconds=1.5, length=16000.0)
    q = np.array([state.orientation[0] for state in states])
    tilt = np.degrees(np.arccos(1.0 - 2.0 * (q[:, :, 1] ** 2 + q[:, :, 2] ** 2)))
    assert tilt.max() < 20.0
    mass, speed = actors.mass[0].reshape(-1, 2), np.array(speeds)
    common = (mass * speed).sum(axis=1) / mass.sum(axis=1)
    after = np.array(states[-1].velocity[0, :, 0]).reshape(-1, 2)
    np.testing.assert_allclose(after, np.column_stack([common, common]), atol=0.08 * 30.0)
