"""Wheels on kerbs, boxes and lost loads against the geometry of a rolling circle and the laws of mechanics."""

import math

import numpy as np
import pytest

from simengine.core.gravity import GRAVITY
from simengine.core.state import empty_actors, empty_controls, empty_state
from simengine.physics.backend import Ground, StaticBox
from simengine.physics.batched import BatchedPhysics
from simengine.physics.catalog import fill_actor
from simengine.physics.footing import REACH, kerb_grid, near_kerb, over_box, over_kerb, way_to_box
from simengine.physics.suspension import GROUND_COLUMNS
from simengine.road.network import KERB_HEIGHT, lane_arrays
from simengine.road.projection import KERB_RAMP
from simengine.road.street import make_street
from tools.checks.proving_ground import RATE, Placed, make_world, no_patches, plain

RADIUS = 0.32


def footing_on(height: float = 0.0) -> np.ndarray:
    row = np.zeros(GROUND_COLUMNS)
    row[0], row[3], row[8] = height, 1.0, -1.0
    return row


def street():
    return make_street(400.0, 0.0, 1, 1, 3.5, 0.0, 6.0, 0.0, 0.0, 14.0, 0.0, False)


@pytest.mark.parametrize("yaw", [0.0, 0.7, math.pi / 2.0])
@pytest.mark.parametrize("ahead", [-0.3, -0.1, 0.0, 0.2, 0.31, 0.4])
def test_a_wheel_rolls_over_the_edge_of_a_box_as_a_circle_does(ahead, yaw):
    # A beam square to the way, its near edge (far edge, if behind) `ahead` of the hub.
    cosine, sine = math.cos(yaw), math.sin(yaw)
    middle = ahead + 0.5 if ahead > 0.0 else (ahead - 0.5 if ahead < 0.0 else 0.0)
    box = np.array([5.0 + middle * cosine, 3.0 + middle * sine, yaw, 1.0, 4.0, 0.1, 0.0])
    row = footing_on()
    touched = over_box(box, 5.0, 3.0, cosine, sine, RADIUS, row)
    height = 0.1 - RADIUS + math.sqrt(max(0.0, RADIUS**2 - ahead**2))
    assert touched == (abs(ahead) < RADIUS and height > 0.0)
    assert row[0] == pytest.approx(max(0.0, height) if touched else 0.0, abs=1e-12)
    if touched:
        assert row[1] * cosine + row[2] * sine == pytest.approx(-ahead / RADIUS)
        assert np.linalg.norm(row[1:4]) == pytest.approx(1.0)


def test_a_wheel_does_not_climb_what_is_higher_than_its_hub_or_beside_it():
    wall, beside = (0.3, 0.0, 0.0, 1.0, 1.0, 0.5, 0.0), (0.3, 1.0, 0.0, 1.0, 1.0, 0.1, 0.0)
    bridge = (0.3, 0.0, 0.0, 1.0, 1.0, 2.0, 1.9)
    for box in (wall, beside, bridge):
        row = footing_on()
        assert not over_box(np.array(box), 0.0, 0.0, 1.0, 0.0, RADIUS, row)
        assert row[0] == 0.0


def test_the_way_to_a_box_is_that_of_dense_sampling():
    rng = np.random.default_rng(3)
    ways = np.linspace(-0.5, 0.5, 4001)
    for _ in range(200):
        x, y, yaw, length, width = rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(-3, 3), *rng.uniform(0.3, 1.5, 2)
        u = (ways - x) * math.cos(yaw) - y * math.sin(yaw)
        v = -(ways - x) * math.sin(yaw) - y * math.cos(yaw)
        inside = (np.abs(u) < 0.5 * length) & (np.abs(v) < 0.5 * width)
        found = way_to_box(np.array([x, y, yaw, length, width, 0.1, 0.0]), 0.0, 0.0, 1.0, 0.0, 0.5)
        if inside.any():  # the tyre's width only brings it nearer
            assert abs(found) <= np.abs(ways[inside]).min() + 1e-3
        if math.isfinite(found):
            depth = max(abs((found - x) * math.cos(yaw) - y * math.sin(yaw)) - 0.5 * length,
                        abs(-(found - x) * math.sin(yaw) - y * math.cos(yaw)) - 0.5 * width)  # fmt: skip
            assert depth <= 0.1 + 1e-9


def test_a_wheel_meets_a_kerb_before_its_hub_is_above_it():
    lanes = lane_arrays(street())
    kerb = -3.5  # the pavement rises over `KERB_RAMP` from here to the right
    for y in np.arange(-3.9, -3.0, 0.05):
        row = footing_on(KERB_HEIGHT * min(1.0, max(0.0, (kerb - y) / KERB_RAMP)))
        over_kerb(lanes, 100.0, y, 0.0, -1.0, RADIUS, row)
        ways = np.linspace(-RADIUS, RADIUS, 2001)
        profile = KERB_HEIGHT * np.clip((kerb - (y - ways)) / KERB_RAMP, 0.0, 1.0)
        assert row[0] == pytest.approx((profile - RADIUS + np.sqrt(RADIUS**2 - ways**2)).max(), abs=0.012)


def test_kerbs_are_looked_for_along_edges_of_pavements_only():
    lanes = lane_arrays(street())
    kerbs = kerb_grid(lanes, REACH)
    assert all(near_kerb(kerbs, 100.0, y) for y in (-3.5, 3.9, -3.5 + REACH))
    assert not any(near_kerb(kerbs, x, y) for x, y in ((100.0, -1.0), (100.0, -6.5), (-500.0, 0.0)))
    assert not kerb_grid(lane_arrays(plain()), REACH).near.any()


def ride(world, seconds: float) -> np.ndarray:
    """Run a world and return x, z, pitch and speed of actor 0 at every tick."""
    rows = []
    for _ in range(round(seconds * RATE)):
        world.run(1)
        w, x, y, z = world.state.orientation[0, 0]
        place = world.state.position[0, 0]
        rows.append((place[0], place[2], math.asin(2.0 * (w * y - z * x)), world.forward_speed()))
    return np.array(rows)


def test_a_car_rolls_over_a_beam_of_12_cm_on_springs():
    pytest.importorskip("pybullet")
    beam = StaticBox((8.0, 0.0, 0.06), 0.0, (0.3, 6.0, 0.12))
    rows = ride(make_world([Placed("sedan", speed=5.0)], obstacles=(beam,)), 4.0)
    level = rows[0, 1]
    assert rows[:, 2].min() < -0.02  # front axle up
    assert rows[:, 2].max() > 0.02  # then the rear one
    assert 0.03 < rows[:, 1].max() - level < 0.2
    assert rows[-1, 0] > 12.0  # over it
    assert rows[-1, 1] == pytest.approx(level, abs=0.005) and abs(rows[-1, 2]) < 0.005
    assert 3.0 < rows[-1, 3] < 5.0  # it took energy and did not give any


def test_a_car_drives_over_a_lost_ladder_and_presses_on_it():
    pytest.importorskip("pybullet")
    world = make_world([Placed("sedan", speed=12.0), Placed("cargo_ladder", x=10.0, z=0.05, yaw=math.pi / 2.0)])
    rows = ride(world, 1.5)
    assert rows[:, 1].max() - rows[0, 1] > 0.02
    assert rows[:, 2].min() < -0.015
    assert rows[-1, 0] > 14.0
    ladder = world.state.position[0, 1]
    assert 10.001 < ladder[0] < 10.5  # dragged along a little
    assert 0.0 < ladder[2] < 0.1


@pytest.mark.parametrize("model", ["cargo_ladder", "cargo_box", "cargo_tyre"])
@pytest.mark.parametrize("speed", [3.0, 6.0, 20.0])
@pytest.mark.parametrize(("yaw", "aside"), [(80.0, 0.0), (60.0, 0.9), (-75.0, -1.6), (10.0, 0.7)])
def test_what_lies_under_a_wheel_is_neither_pressed_into_the_ground_nor_flung(model, speed, yaw, aside):
    pytest.importorskip("pybullet")
    load = Placed(model, x=6.0, y=aside, yaw=math.radians(yaw))
    world = make_world([Placed("sedan", speed=speed), load], resistance=False)
    for _ in range(round(1.2 * 12.0 / speed * RATE)):
        world.run(1)
        # A wheel that rolls carries nothing along faster than twice its axle; a struck load may leap, not dive.
        assert np.linalg.norm(world.state.velocity[0, 1]) < 2.2 * speed + 1.0
        assert world.state.position[0, 1, 2] > 0.0
    assert world.forward_speed() > speed - 1.5


@pytest.mark.parametrize("grade", [0.1, -0.1])
def test_a_ladder_on_a_slope_is_rolled_over_as_on_the_level(grade):
    pytest.importorskip("pybullet")
    ladder = Placed("cargo_ladder", x=8.0, z=0.06 + 8.0 * grade, yaw=math.pi / 2.0)
    world = make_world([Placed("sedan", speed=12.0, z=0.71), ladder], network=plain(grade))
    world.run(RATE)
    assert world.state.position[0, 0, 0] > 9.5
    # Its floor may brush the ladder, no more: on the grade gravity alone takes 1 m/s.
    assert world.forward_speed() == pytest.approx(12.0 - GRAVITY * grade, abs=0.8)


def test_wheel_and_load_exchange_momentum():
    pytest.importorskip("pybullet")
    world = make_world(
        [Placed("sedan", speed=8.0), Placed("cargo_ladder", x=4.0, z=0.05, yaw=math.pi / 2.0)], friction=1e-6,
        resistance=False,
    )  # fmt: skip
    mass = world.actors.mass[0]
    before = float((mass * world.state.velocity[0, :, 0]).sum())
    world.run(RATE // 2)
    assert world.state.velocity[0, 1, 0] > 0.5
    assert float((mass * world.state.velocity[0, :, 0]).sum()) == pytest.approx(before, rel=2e-3)


def test_a_kerb_slows_a_car_that_runs_onto_it():
    pytest.importorskip("pybullet")
    rows = {}
    for network in (street(), plain()):
        world = make_world([Placed("sedan", x=100.0, y=1.0, yaw=-math.pi / 2.0, speed=4.0)], network=network)
        rows[len(rows)] = ride(world, 2.5)
        side = world.state.position[0, 0, 1]
        assert side < -5.0
    assert rows[1][-1, 3] - rows[0][-1, 3] > 0.1
    assert rows[0][-1, 1] - rows[0][0, 1] == pytest.approx(KERB_HEIGHT, abs=0.02)


def test_a_car_parked_across_a_kerb_stands_still():
    pytest.importorskip("pybullet")
    world = make_world([Placed("sedan", x=100.0, y=-3.6, yaw=0.0)], network=street())
    start = world.state.position[0, 0].copy()
    world.run(RATE)
    assert np.abs(world.state.position[0, 0] - start).max() < 2e-3


@pytest.mark.parametrize("model", ["cargo_ladder"])
def test_batched_vehicles_are_lifted_by_a_load_as_far_as_on_springs(model):
    bullet = pytest.importorskip("simengine.physics.bullet", reason="PyBullet is not installed")
    rises = {}
    for physics in (BatchedPhysics(), bullet.BulletPhysics()):
        actors, state = empty_actors(1, 2), empty_state(1, 2)
        for a, (name, x, yaw) in enumerate((("sedan", 0.0, 0.0), (model, 8.0, math.pi / 2.0))):
            fill_actor(actors, 0, a, name, (0.5, 0.5, 0.5))
            state.position[0, a] = (x, 0.0, 0.5 * actors.height[0, a])
            state.orientation[0, a] = (math.cos(0.5 * yaw), 0.0, 0.0, math.sin(0.5 * yaw))
            state.valid[0, a] = True
        state.velocity[0, 0, 0] = 6.0
        state = physics.reset(actors, state, Ground(plain(), np.array([0.75]), no_patches(), ()), RATE)
        start, top, nose, tail = state.position[0, 0, 2], 0.0, 0.0, 0.0
        for _ in range(4 * RATE):
            state = physics.step(state, empty_controls(1, 2))
            w, x, y, z = state.orientation[0, 0]
            pitch = math.asin(2.0 * (w * y - z * x))
            top, nose, tail = max(top, state.position[0, 0, 2] - start), min(nose, pitch), max(tail, pitch)
        assert state.position[0, 0, 0] > 15.0
        assert state.position[0, 0, 2] == pytest.approx(start, abs=0.002)
        rises[type(physics).__name__] = (top, -nose, tail)
        physics.close()
    assert rises["BatchedPhysics"] == pytest.approx(rises["BulletPhysics"], rel=0.6)
    assert min(rises["BatchedPhysics"]) > 0.01
