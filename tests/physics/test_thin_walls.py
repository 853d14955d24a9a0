"""Vehicles against walls and rails thinner than they move in a tick: none gets through, none gains energy."""

import math

import numpy as np
import pytest

from simengine.core.space.intersect import OrientedBox
from simengine.core.state import empty_actors, empty_controls, empty_state
from simengine.physics.backend import Ground, Physics, StaticBox
from simengine.physics.batched.batched import BatchedPhysics
from simengine.physics.contact.box_overlap import box_contact
from simengine.physics.vehicle.catalog import fill_actor
from simengine.road.furniture import RAIL_SIZE
from tools.checks.motion.proving_ground import SLIDING, no_patches, plain

TICKS = 120  # a second
FACE = 8.0  # of the wall towards what comes [m]
APART = 160.0  # between vehicles along the wall [m]
SPEEDS = (10.0, 20.0, 25.0, 30.0, 40.0, 45.0, 50.0)
ANGLES = (0.1, 0.3, 0.5, 0.8, 1.07, 1.3, 0.5 * math.pi)  # between wall and way [rad]


def make_physics(kind: str) -> Physics:
    if kind == "batched":
        return BatchedPhysics()
    return pytest.importorskip("simengine.physics.bullet.bullet", reason="PyBullet is not installed").BulletPhysics()


def run_into(kind: str, model: str, thickness: float, height: float, piece: float, rate: int = TICKS) -> tuple:
    """Run a vehicle of every speed and angle into one wall.

    Returns:
        By speed and angle the greatest share of the starting energy and how far the middle came beyond the wall's face
        [m], and the table.
    """
    ways = [(speed, angle) for speed in SPEEDS for angle in ANGLES]
    count, long = len(ways), APART * (len(ways) + 1)
    number, size = math.ceil(long / piece), (piece, thickness, height)
    walls = tuple(
        StaticBox((piece * (i + 0.5) - 0.5 * long, FACE + 0.5 * thickness, 0.5 * height), 0.0, size)
        for i in range(number)
    )
    actors, state = empty_actors(1, count), empty_state(1, count)
    for a, (speed, angle) in enumerate(ways):
        fill_actor(actors, 0, a, model, (0.5, 0.5, 0.5))
        cosine, sine = math.cos(angle), math.sin(angle)
        reach = 0.5 * (actors.length[0, a] * sine + actors.width[0, a] * cosine) + 0.5
        x = APART * a + 80.0 - 0.5 * long
        state.position[0, a] = (x, FACE - reach, 0.5 * actors.height[0, a])
        state.orientation[0, a] = (math.cos(0.5 * angle), 0.0, 0.0, math.sin(0.5 * angle))
        state.velocity[0, a, :2] = speed * cosine, speed * sine
        state.valid[0, a] = True
    physics = make_physics(kind)
    ground = Ground(plain(length=2.0 * long), np.array([0.7]), no_patches(), walls, SLIDING)
    state = physics.reset(actors, state, ground, rate)
    controls = empty_controls(1, count)
    start, most, furthest = _energy(actors, state), np.zeros(count), np.full(count, -math.inf)
    for _ in range(round(1.2 * rate)):
        state = physics.step(state, controls)
        most = np.maximum(most, _energy(actors, state) / start)
        furthest = np.maximum(furthest, state.position[0, :, 1] - FACE)
    physics.close()
    shape = (len(SPEEDS), len(ANGLES))
    return most.reshape(shape), furthest.reshape(shape), actors


def _energy(actors, state):
    """Return the energy of motion in the plane, of the centers of mass and about them [J]. Shape (num_actors,)."""
    w, x, y, z = np.moveaxis(state.orientation[0], -1, 0)
    yaw, rate = np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z)), state.angular_velocity[0, :, 2]
    offset = actors.cog_offset[0]
    vx = state.velocity[0, :, 0] - rate * offset * np.sin(yaw)
    vy = state.velocity[0, :, 1] + rate * offset * np.cos(yaw)
    return 0.5 * (actors.mass[0] * (vx * vx + vy * vy) + actors.yaw_inertia[0] * rate * rate)


@pytest.mark.parametrize("kind", ["batched", "bullet"])
@pytest.mark.parametrize("model", ["compact_car", "sedan", "van", "suv"])
@pytest.mark.parametrize("wall", ["wall", "rail"])
def test_no_car_gets_through_a_thin_wall_or_a_rail(kind, model, wall):
    thickness, height, piece = (0.2, 3.0, 1.0e6) if wall == "wall" else (RAIL_SIZE[0], RAIL_SIZE[1], 4.0)
    most, furthest, actors = run_into(kind, model, thickness, height, min(piece, 9000.0))
    assert most.max() < 1.01
    assert furthest.max() < 0.5 * actors.width[0, 0]


@pytest.mark.parametrize("rate", [20, 60])
def test_no_car_gets_through_between_two_slow_ticks(rate):
    most, furthest, actors = run_into("batched", "sedan", 0.2, 3.0, 9000.0, rate)
    assert most.max() < 1.01
    assert furthest.max() < 0.5 * actors.width[0, 0]


def test_contact_lies_in_the_middle_of_what_two_boxes_share():
    # A long thin wall across a car that is turned by 0.5 rad: on the car's own axis.
    car, wall = OrientedBox(0.0, 0.0, 0.5, 4.5, 1.6), OrientedBox(1.0, 0.0, 0.0, 0.2, 120.0)
    touching, nx, ny, _, x, y = box_contact(car, wall)
    assert touching
    assert (nx, ny) == pytest.approx((-1.0, 0.0))
    assert (x, y) == pytest.approx((1.0, math.tan(0.5)), abs=1e-6)
    # A corner in a wall: the middle of a triangle. Sides that lie on each other: the middle of a rectangle.
    corner, wall = OrientedBox(0.0, 0.0, 0.25 * math.pi, 2.0, 2.0), OrientedBox(2.3, 0.0, 0.0, 2.0, 20.0)
    *_, depth, x, y = box_contact(corner, wall)
    assert depth == pytest.approx(math.sqrt(2.0) - 1.3)
    assert (x, y) == pytest.approx((math.sqrt(2.0) - 2.0 / 3.0 * depth, 0.0), abs=1e-6)
    for yaw in (0.0, math.pi):
        *_, x, y = box_contact(OrientedBox(0.0, 0.0, 0.0, 4.0, 2.0), OrientedBox(3.5, 0.0, yaw, 4.0, 2.0))
        assert (x, y) == pytest.approx((1.75, 0.0), abs=1e-6)
