"""Wheels on curbs, boxes and lost loads against the geometry of a rolling circle and the laws of mechanics."""

import math

import numpy as np
import pytest

from simengine.core.mechanics import GRAVITY
from simengine.core.space.geometry import multiply_quaternions, quaternion_from_euler, rotation_matrix
from simengine.core.state import empty_actors, empty_controls, empty_state
from simengine.physics.backend import Ground, StaticBox
from simengine.physics.batched.batched import BatchedPhysics
from simengine.physics.bullet.bodies import empty_bodies
from simengine.physics.bullet.forces import sample_ground, step_onto
from simengine.physics.contact.footing import REACH, box_around, curb_grid, near_curb, over_box, over_curb, way_to_box
from simengine.physics.contact.lift import lift_over_loads
from simengine.physics.vehicle.catalog import fill_actor, model_named
from simengine.physics.vehicle.chassis import chassis_of
from simengine.physics.vehicle.suspension import GROUND_COLUMNS
from simengine.road.network.lane_surface import CURB_RAMP
from simengine.road.network.network import CURB_HEIGHT, lane_arrays
from simengine.road.procedural.street import make_street
from tools.checks.motion.proving_ground import RATE, SLIDING, Placed, make_world, no_patches, plain

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
        if inside.any():  # the tire's width only brings it nearer
            assert abs(found) <= np.abs(ways[inside]).min() + 1e-3
        if math.isfinite(found):
            depth = max(abs((found - x) * math.cos(yaw) - y * math.sin(yaw)) - 0.5 * length,
                        abs(-(found - x) * math.sin(yaw) - y * math.cos(yaw)) - 0.5 * width)  # fmt: skip
            assert depth <= 0.1 + 1e-9


def test_a_wheel_meets_a_curb_before_its_hub_is_above_it():
    lanes = lane_arrays(street())
    curb = -3.5  # the pavement rises over `CURB_RAMP` from here to the right
    for y in np.arange(-3.9, -3.0, 0.05):
        row = footing_on(CURB_HEIGHT * min(1.0, max(0.0, (curb - y) / CURB_RAMP)))
        over_curb(lanes, 100.0, y, 0.0, -1.0, RADIUS, row)
        ways = np.linspace(-RADIUS, RADIUS, 2001)
        profile = CURB_HEIGHT * np.clip((curb - (y - ways)) / CURB_RAMP, 0.0, 1.0)
        assert row[0] == pytest.approx((profile - RADIUS + np.sqrt(RADIUS**2 - ways**2)).max(), abs=0.012)


def test_curbs_are_looked_for_along_edges_of_pavements_only():
    lanes = lane_arrays(street())
    curbs = curb_grid(lanes, REACH)
    assert all(near_curb(curbs, 100.0, y) for y in (-3.5, 3.9, -3.5 + REACH))
    assert not any(near_curb(curbs, x, y) for x, y in ((100.0, -1.0), (100.0, -6.5), (-500.0, 0.0)))
    assert not curb_grid(lane_arrays(plain()), REACH).near.any()


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


@pytest.mark.parametrize("model", ["cargo_ladder", "cargo_box", "cargo_tire"])
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


def test_a_curb_slows_a_car_that_runs_onto_it():
    pytest.importorskip("pybullet")
    rows = {}
    for network in (street(), plain()):
        world = make_world([Placed("sedan", x=100.0, y=1.0, yaw=-math.pi / 2.0, speed=4.0)], network=network)
        rows[len(rows)] = ride(world, 2.5)
        side = world.state.position[0, 0, 1]
        assert side < -5.0
    assert rows[1][-1, 3] - rows[0][-1, 3] > 0.1
    assert rows[0][-1, 1] - rows[0][0, 1] == pytest.approx(CURB_HEIGHT, abs=0.02)


def test_a_car_parked_across_a_curb_stands_still():
    pytest.importorskip("pybullet")
    world = make_world([Placed("sedan", x=100.0, y=-3.6, yaw=0.0)], network=street())
    start = world.state.position[0, 0].copy()
    world.run(RATE)
    assert np.abs(world.state.position[0, 0] - start).max() < 2e-3


# ---------------------------------------------------------------------------------------------------- steered wheels

STEERING, AHEAD = 0.5, 0.05  # road-wheel angle [rad]; from the tire's corner to the beam, square to the beam [m]


def way_of(model, left: float) -> float:
    """Return the angle of a front wheel by Ackermann's geometry: all wheels turn about one point."""
    wheelbase = model.front_axle + model.rear_axle
    return math.atan(wheelbase / (wheelbase / math.tan(STEERING) - left))


def met_obliquely(model, left: float) -> float:
    """Return how high the circle of a steered front wheel stands on a beam of 0.1 m along the car, `AHEAD` beside it.

    The corner of a tire 0.2 m wide meets it first; the way there is along the wheel.
    """
    way = AHEAD / math.sin(way_of(model, left))
    return 0.1 - model.wheel_radius + math.sqrt(model.wheel_radius**2 - way**2)


def beam_beside(model, wheel: int) -> np.ndarray:
    """Return a beam of 0.1 m along a car at the origin, in the way of one front wheel steered left and of no other."""
    left = 0.5 * model.track_width * (1.0 if wheel == 0 else -1.0)
    face = left + 0.1 * math.cos(way_of(model, left)) + AHEAD  # the corner is half the tire's width across its way
    return np.array([model.front_axle, face + 0.05, 0.0, 1.0, 0.1, 0.1, 0.0])


@pytest.mark.parametrize("wheel", [0, 1])
def test_a_steered_wheel_meets_an_edge_in_its_own_way_in_bullet(wheel):
    model, actors = model_named("sedan"), empty_actors(1, 1)
    fill_actor(actors, 0, 0, "sedan", (0.5, 0.5, 0.5))
    chassis, bodies, ground = chassis_of(actors), empty_bodies(1), np.zeros((4, GROUND_COLUMNS))
    bodies["position"][0], bodies["steering"][0] = (0.0, 0.0, model.cog_height), STEERING
    ground[:, 3], ground[:, 8] = 1.0, -1.0
    box = beam_beside(model, wheel)
    assert step_onto(chassis[0], bodies, 0, np.eye(3), box[None], 1, np.array([-1]), ground)
    left = 0.5 * model.track_width * (1.0 if wheel == 0 else -1.0)
    heights = np.zeros(4)
    heights[wheel] = met_obliquely(model, left)
    assert ground[:, 0] == pytest.approx(heights, abs=1e-9)
    # Back along the wheel, not along the car.
    angle = way_of(model, left)
    assert ground[wheel, 1] / ground[wheel, 2] == pytest.approx(1.0 / math.tan(angle))
    assert ground[wheel, 1] < 0.0


@pytest.mark.parametrize("wheel", [0, 1])
def test_a_steered_wheel_meets_a_load_in_its_own_way_in_batched(wheel):
    model, actors, state = model_named("sedan"), empty_actors(1, 2), empty_state(1, 2)
    fill_actor(actors, 0, 0, "sedan", (0.5, 0.5, 0.5))
    fill_actor(actors, 0, 1, "cargo_ladder", (0.5, 0.5, 0.5))
    box = beam_beside(model, wheel)
    actors.length[0, 1], actors.width[0, 1], actors.height[0, 1] = box[3], box[4], box[5]
    state.valid[:] = True
    state.position[0] = (-model.cog_offset, 0.0, 0.5 * model.height), (box[0], box[1], 0.5 * box[5])
    step = 1.0 / RATE
    heave, _, _, _ = lift_over_loads(
        actors, state, lane_arrays(plain()), step, 0, 0, -model.cog_offset, 0.0, 0.0, STEERING, 0.0, np.zeros((3, 10))
    )
    left = 0.5 * model.track_width * (1.0 if wheel == 0 else -1.0)
    share = (model.rear_axle - model.cog_offset) / (model.front_axle + model.rear_axle)  # of the front axle's rise
    share *= 1.0 - math.exp(-step / 0.1)
    assert heave == pytest.approx(0.5 * met_obliquely(model, left) * share, rel=1e-6)


@pytest.mark.parametrize("steering", [0.55, -0.55])
def test_a_steered_wheel_meets_a_curb_in_its_own_way(steering):
    """A car along a curb whose front wheels are turned towards it and away: they roll as far to it either way."""
    actors, lanes = empty_actors(1, 1), lane_arrays(street())
    fill_actor(actors, 0, 0, "sedan", (0.5, 0.5, 0.5))
    chassis, bodies, ground = chassis_of(actors), empty_bodies(1), np.zeros((4, GROUND_COLUMNS))
    model = model_named("sedan")
    right = -0.5 * model.track_width
    bodies["position"][0] = (100.0, -3.49 - right, model.cog_height)
    bodies["steering"][0] = steering
    bodies["grip"][0] = 1.0
    sample_ground(
        chassis[0], bodies[0], np.eye(3), lanes, curb_grid(lanes, REACH), 0.9, no_patches(), ground
    )  # fmt: skip
    wheelbase = model.front_axle + model.rear_axle
    angle = math.atan(wheelbase / (wheelbase / math.tan(steering) - right))
    ways = np.linspace(-model.wheel_radius, model.wheel_radius, 2001)
    profile = CURB_HEIGHT * np.clip((-3.5 - (-3.49 + ways * math.sin(angle))) / CURB_RAMP, 0.0, 1.0)
    height = (profile - model.wheel_radius + np.sqrt(model.wheel_radius**2 - ways**2)).max()
    assert height > 0.02
    assert ground[1, 0] == pytest.approx(height, abs=0.012)
    assert ground[3, 0] == 0.0  # the wheel behind it rolls along the curb


# --------------------------------------------------------------------------------------------------- loads that lie


@pytest.mark.parametrize("seed", range(20))
def test_the_box_around_a_turned_load_is_that_of_its_corners(seed):
    rng = np.random.default_rng(seed)
    q = rng.normal(size=4)
    q /= np.linalg.norm(q)
    size, place, box = rng.uniform(0.1, 3.0, 3), rng.uniform(-5.0, 5.0, 3), np.zeros(7)
    box_around(*place, q, *size, box)
    rotation = np.zeros((3, 3))
    rotation_matrix(*q, rotation)
    signs = np.array([(i, j, k) for i in (-0.5, 0.5) for j in (-0.5, 0.5) for k in (-0.5, 0.5)])
    corner = (signs * size) @ rotation.T
    cosine, sine = math.cos(box[2]), math.sin(box[2])
    along, across = corner[:, 0] * cosine + corner[:, 1] * sine, corner[:, 1] * cosine - corner[:, 0] * sine
    assert box[:2] == pytest.approx(place[:2])
    assert box[3:5] == pytest.approx((np.ptp(along), np.ptp(across)))
    assert box[5:] == pytest.approx((place[2] + corner[:, 2].max(), place[2] + corner[:, 2].min()))


def test_a_load_on_end_takes_the_room_of_its_end():
    """A ladder of 3 m × 0.45 m × 0.1 m leans on end, turned by 0.4 rad about the vertical; on its side; and lying."""
    box, yaw = np.zeros(7), 0.4
    half = math.sqrt(0.5)
    on_end = np.array(multiply_quaternions(*quaternion_from_euler(0.0, 0.0, yaw), half, 0.0, -half, 0.0))
    box_around(0.0, 0.0, 1.5, on_end, 3.0, 0.45, 0.1, box)
    assert sorted(box[3:5]) == pytest.approx([0.1, 0.45])
    assert box[5:] == pytest.approx((3.0, 0.0))
    turned = math.remainder(box[2] - yaw, math.pi)
    assert abs(turned) == pytest.approx(0.0 if box[3] < box[4] else 0.5 * math.pi)
    on_side = np.array(quaternion_from_euler(0.5 * math.pi, 0.0, yaw))
    box_around(0.0, 0.0, 0.225, on_side, 3.0, 0.45, 0.1, box)
    assert box[2:] == pytest.approx((yaw, 3.0, 0.1, 0.45, 0.0))
    box_around(0.0, 0.0, 0.05, np.array(quaternion_from_euler(0.0, 0.0, yaw)), 3.0, 0.45, 0.1, box)
    assert box[2:] == pytest.approx((yaw, 3.0, 0.45, 0.1, 0.0))


# ------------------------------------------------------------------------------------------------------- both physics


@pytest.mark.parametrize("name", ["BatchedPhysics", "BulletPhysics"])
def test_an_axle_on_a_low_load_lifts_a_car_by_the_height_of_the_load(name):
    """A plate of 0.08 m, shorter than the wheelbase: while the front wheels are on it, then the rear ones."""
    bullet = pytest.importorskip("simengine.physics.bullet.bullet", reason="PyBullet is not installed")
    physics = BatchedPhysics() if name == "BatchedPhysics" else bullet.BulletPhysics()
    actors, state, controls = empty_actors(1, 2), empty_state(1, 2), empty_controls(1, 2)
    thick, long = 0.08, 2.4
    for a, (kind, x) in enumerate((("sedan", 0.0), ("cargo_ladder", 8.0))):
        fill_actor(actors, 0, a, kind, (0.5, 0.5, 0.5))
        state.position[0, a, 0] = x
    actors.length[0, 1], actors.width[0, 1], actors.height[0, 1] = long, 3.0, thick
    actors.mass[0, 1], actors.cog_height[0, 1] = 300.0, 0.5 * thick
    state.position[0, :, 2] = 0.5 * actors.height[0]
    state.valid[:] = True
    state.velocity[0, 0, 0] = 2.5
    model = model_named("sedan")
    wheelbase, middle = model.front_axle + model.rear_axle, model.cog_offset
    state = physics.reset(actors, state, Ground(plain(), np.array([0.75]), no_patches(), (), SLIDING), RATE)
    start, rises = state.position[0, 0, 2], {"front": [], "rear": []}
    for _ in range(6 * RATE):
        controls.acceleration[0, 0] = 2.0 * (2.5 - state.velocity[0, 0, 0])
        state = physics.step(state, controls)
        w, x, y, z = state.orientation[0, 0]
        pitch = math.asin(2.0 * (w * y - z * x))
        for axle, ahead in (("front", model.front_axle), ("rear", -model.rear_axle)):
            # From amid the plate on, when the body has had the time to follow.
            if 0.0 < state.position[0, 0, 0] + middle + ahead - state.position[0, 1, 0] < 0.5 * long - 0.1:
                rises[axle].append((state.position[0, 0, 2] - start, pitch))
    assert state.position[0, 0, 0] > 14.0
    assert state.position[0, 0, 2] == pytest.approx(start, abs=0.002)
    physics.close()
    for axle, sign, arm in (("front", -1.0, model.rear_axle - middle), ("rear", 1.0, model.front_axle + middle)):
        heave, pitch = np.mean(rises[axle], axis=0)
        assert pitch == pytest.approx(sign * thick / wheelbase, rel=0.12), axle
        assert heave == pytest.approx(thick * arm / wheelbase, rel=0.12), axle
