"""The rigid-body physics against closed forms, published tables and the laws of mechanics, and its contract."""

import gc
import importlib
import math
import sys

import numpy as np
import pytest

from simengine.core.errors import ScenarioError
from simengine.core.mechanics import GRAVITY, ROTATING
from simengine.core.state import Behavior, Light, empty_actors, empty_controls, empty_state
from simengine.core.surface_friction import ASPHALT
from simengine.physics.backend import FrictionPatches, Ground, StaticBox
from simengine.physics.vehicle.catalog import STANDARD_AIR, model_named
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import CURB_HEIGHT
from simengine.road.procedural.street import make_street
from tools.checks.motion.closed_forms import (
    MPH,
    UK_BRAKING,
    UK_FRICTION,
    braking_distance,
    full_braking_distance,
    moderate_braking_distance,
    single_track_yaw_rate,
)
from tools.checks.motion.proving_ground import (
    RATE,
    SLIDING,
    Placed,
    brake_from,
    brake_with_lag,
    collide,
    make_world,
    momentum,
    no_patches,
    park_on_slope,
    plain,
    settle_motion,
    single,
    steady_cornering,
)

bullet = pytest.importorskip("simengine.physics.bullet.bullet", reason="PyBullet is not installed")


# ------------------------------------------------------------------------------------------------------------- braking


@pytest.mark.parametrize("kmh", [30.0, 120.0])
@pytest.mark.parametrize("friction", [0.1, 0.3, 0.8])
def test_braking_distance_is_that_of_friction(friction, kmh):
    speed = kmh / 3.6
    distance, _ = brake_from("sedan", speed, friction)
    assert distance == pytest.approx(braking_distance(speed, friction), rel=0.03)


@pytest.mark.parametrize("model, kmh", [("van", 90.0), ("truck", 80.0), ("bus", 50.0), ("motorcycle", 90.0)])
def test_braking_distance_is_that_of_friction_for_every_vehicle(model, kmh):
    speed = kmh / 3.6
    distance, _ = brake_from(model, speed, 0.6)
    assert distance == pytest.approx(braking_distance(speed, 0.6), rel=0.03)


@pytest.mark.parametrize("mph, published", UK_BRAKING)
def test_braking_agrees_with_the_published_stopping_table(mph, published):
    # From the pedal's first movement, with air drag and the actuator's lag, which about cancel.
    assert brake_with_lag("sedan", mph * MPH, UK_FRICTION, -20.0) == pytest.approx(published, abs=1.0)


def test_published_braking_of_70_mph_is_met_without_resistances_too():
    assert brake_from("sedan", 70.0 * MPH, UK_FRICTION)[0] == pytest.approx(75.0, abs=1.0)


@pytest.mark.parametrize("friction", [0.3, 0.67])
def test_full_braking_with_drag_and_lag_meets_its_closed_form(friction):
    distance = brake_with_lag("sedan", 33.3, friction, -20.0)
    assert distance == pytest.approx(full_braking_distance(model_named("sedan"), 33.3, friction), rel=0.01)


@pytest.mark.parametrize("pedal", [2.0, 4.0])
def test_moderate_braking_with_drag_and_lag_meets_its_closed_form(pedal):
    distance = brake_with_lag("sedan", 25.0, 0.8, -pedal)
    assert distance == pytest.approx(moderate_braking_distance(model_named("sedan"), 25.0, pedal), rel=0.01)


def test_coasting_slows_by_drag_and_rolling_resistance_over_all_inertia():
    model = model_named("sedan")
    world = single("sedan", speed=30.0)
    world.run(RATE)
    force = 0.5 * STANDARD_AIR * model.drag_area * 30.0**2 + model.rolling_resistance * model.mass * GRAVITY
    inertia = model.mass + 4.0 * 1.7 / model.wheel_radius**2
    assert 30.0 - world.forward_speed() == pytest.approx(force / inertia, rel=0.03)


def test_a_pedal_that_makes_up_for_what_slows_a_vehicle_keeps_its_speed():
    model = model_named("sedan")
    world = single("sedan", speed=30.0)
    force = 0.5 * STANDARD_AIR * model.drag_area * 30.0**2 + model.rolling_resistance * model.mass * GRAVITY
    world.state.drive[:] = world.controls.acceleration[:] = force / model.mass / ROTATING
    world.run(RATE)
    before = world.forward_speed()
    world.run(2 * RATE)
    assert (world.forward_speed() - before) / 2.0 == pytest.approx(0.0, abs=3e-3)


def test_ticks_slower_than_the_integration_give_the_same_distance():
    distances = []
    for rate in (20, 120, 480):
        world = single("sedan", 20.0, rate=rate, resistance=False)
        world.controls.acceleration[:] = -5.0
        world.run(5 * rate)
        distances.append(world.state.position[0, 0, 0])
    assert max(distances) - min(distances) < 0.4


# ---------------------------------------------------------------------------------------------------- drive, cornering


@pytest.mark.parametrize("model", ["sedan", "truck", "bicycle"])
def test_drive_is_limited_by_force_then_by_power(model):
    row = model_named(model)
    world = single(model, 0.1, resistance=False, friction=1.0)
    world.controls.acceleration[:] = 20.0
    world.run(RATE)
    before = world.forward_speed()
    world.run(RATE // 2)
    gained = 2.0 * (world.forward_speed() - before)
    middle = 0.5 * (before + world.forward_speed())
    assert gained == pytest.approx(min(row.max_acceleration, row.power / (ROTATING * row.mass * middle)), rel=0.03)


@pytest.mark.parametrize("model", ["sedan", "truck"])
def test_full_power_accelerates_the_vehicle_and_turns_its_wheels_and_overcomes_what_resists(model):
    row = model_named(model)
    world = single(model, 0.75 * row.max_speed, friction=1.0)
    world.controls.acceleration[:] = 20.0
    world.run(RATE)
    before = world.forward_speed()
    world.run(RATE // 4)
    speed, acceleration = 0.5 * (before + world.forward_speed()), 4.0 * (world.forward_speed() - before)
    resists = 0.5 * STANDARD_AIR * row.drag_area * speed**2 + row.rolling_resistance * row.mass * GRAVITY
    assert (ROTATING * row.mass * acceleration + resists) * speed == pytest.approx(row.power, rel=0.015)


@pytest.mark.parametrize("angle_deg", [0.0, 20.0, 45.0])
def test_a_parked_car_that_is_pushed_slides_on_locked_wheels_whichever_way(angle_deg):
    parked = Placed("sedan", speed=10.0, drift=math.radians(angle_deg), behavior=Behavior.PARKED)
    world = make_world([parked], friction=0.9, resistance=False)
    begin = world.state.position[0, 0, :2].copy()
    world.run(3 * RATE)
    dx, dy = world.state.position[0, 0, :2] - begin
    assert math.degrees(math.atan2(dy, dx)) == pytest.approx(angle_deg, abs=3.0)
    assert math.hypot(dx, dy) == pytest.approx(100.0 / (2.0 * SLIDING * 0.9 * GRAVITY), rel=0.07)


def test_demanded_acceleration_is_what_comes():
    world = single("suv", 10.0, resistance=False)
    world.controls.acceleration[:] = 2.0
    world.run(RATE // 2)
    before = world.forward_speed()
    world.run(RATE)
    assert world.forward_speed() - before == pytest.approx(2.0, rel=0.01)


@pytest.mark.parametrize("speed, lateral", [(8.0, 0.1), (15.0, 0.4), (30.0, 0.4)])
@pytest.mark.parametrize("model", ["sedan", "van", "truck"])
def test_steady_cornering_is_that_of_the_linear_single_track(model, speed, lateral):
    speed = min(speed, 24.0) if model == "truck" else speed
    rate, came, steering = steady_cornering(model, speed, lateral * GRAVITY)
    assert rate == pytest.approx(single_track_yaw_rate(model_named(model), came, steering), rel=0.05)
    assert rate * came == pytest.approx(lateral * GRAVITY, rel=0.15)


def test_motorcycle_leans_into_its_turn():
    world = single("motorcycle", 15.0)
    world.controls.steering[:] = 0.3 * GRAVITY * 1.4 / 15.0**2
    for _ in range(3 * RATE):
        world.controls.acceleration[:] = 15.0 - world.forward_speed()
        world.run(1)
    w, x, y, z = world.state.orientation[0, 0]
    up_left = 2.0 * (w * x + y * z)  # of the left axis: negative when leaning left
    lean = math.asin(up_left)
    assert lean == pytest.approx(-math.atan(0.3), rel=0.15)


@pytest.mark.parametrize("model", ["bicycle", "motorcycle"])
def test_two_wheeler_is_not_thrown_by_hard_steering_and_braking(model):
    world = single(model, 8.0)
    for tick in range(3 * RATE):
        world.controls.steering[:] = 0.5 if tick % 180 < 90 else -0.5
        world.controls.acceleration[:] = -2.0 if tick > 2 * RATE else 0.3
        world.run(1)
        w, x, y, z = world.state.orientation[0, 0]
        assert 1.0 - 2.0 * (x * x + y * y) > math.cos(0.5)


def test_car_drives_over_a_curb():
    network = make_street(400.0, 0.0, 1, 1, 3.5, 0.0, 6.0, 0.0, 0.0, 14.0, 0.0, False)
    world = make_world([Placed("sedan", x=50.0, y=-1.75, yaw=-0.35, speed=7.0)], network=network)
    hardest = 0.0
    for _ in range(RATE):
        world.run(1)
        hardest = max(hardest, abs(world.state.acceleration[0, 0, 2]))
    assert world.state.position[0, 0, 1] < -3.5
    assert world.state.position[0, 0, 2] == pytest.approx(0.71 + CURB_HEIGHT, abs=0.05)
    assert 1.0 < hardest < 30.0
    assert not world.contacts


def test_car_runs_wide_on_ice_and_not_on_a_dry_road():
    turned = {}
    for friction in (0.1, 0.75):
        world = single("sedan", 15.0, friction=friction)
        world.controls.steering[:] = 0.04
        world.run(2 * RATE)
        turned[friction] = world.yaw()
    assert turned[0.1] < 0.6 * turned[0.75]


def test_steering_moves_at_its_rate_to_its_stop():
    world = single("sedan", 1.0)
    world.controls.steering[:] = 5.0
    world.run(RATE)
    assert world.state.steering[0, 0] == pytest.approx(0.4, rel=1e-9)
    world.run(3 * RATE)
    assert world.state.steering[0, 0] == model_named("sedan").max_steering


def test_slippery_patch_acts_where_it_lies():
    disc = (np.array([[True]]), np.array([[30.0]]), np.array([[0.0]]), np.array([[20.0]]), np.array([[0.05]]))
    world = single("sedan", 20.0, patches=FrictionPatches(*disc), resistance=False)
    world.controls.acceleration[:] = -6.0
    slowest = {}
    while world.state.position[0, 0, 0] < 60.0:
        world.run(1)
        slowest[round(world.state.position[0, 0, 0])] = world.state.acceleration[0, 0, 0]
    assert slowest[7] < -4.0
    assert slowest[30] == pytest.approx(-0.05 * GRAVITY, rel=0.1)
    assert slowest[56] == pytest.approx(-6.0, rel=0.05)


def test_failed_tire_pulls_a_braking_car_to_the_other_side():
    world = single("sedan", 25.0)
    world.state.tire_grip[0, 0, 0] = 0.05  # front left
    world.controls.acceleration[:] = -6.0
    world.run(RATE)
    assert world.yaw() < -0.02


@pytest.mark.parametrize("wheel, side", [(0, 1.0), (1, -1.0)])
def test_a_burst_tire_drags_and_pulls_to_its_side(wheel, side):
    sound, burst = single("bmw_320i", 20.0, resistance=False), single("bmw_320i", 20.0, resistance=False)
    burst.state.tire_burst[0, 0, wheel] = True
    for world in (sound, burst):
        world.run(2 * RATE)
    assert side * burst.state.position[0, 0, 1] > 0.3
    # The wheel carries its static load less what it hangs lower; the rest goes to the others.
    row = model_named("bmw_320i")
    most = 0.2 * 0.5 * GRAVITY * row.rear_axle / (row.front_axle + row.rear_axle)
    assert 0.2 * most < 0.5 * (sound.forward_speed() - burst.forward_speed()) < most
    for world in (sound, burst):
        world.physics.close()


# ------------------------------------------------------------------------------------------------------------- standing


@pytest.mark.parametrize("yaw", [0.0, 0.7, math.pi / 2.0])
@pytest.mark.parametrize("model", ["sedan", "truck", "motorcycle"])
def test_parked_vehicle_does_not_creep_on_a_slope(model, yaw):
    seconds = 60.0 if (model, yaw) == ("sedan", 0.0) else 5.0
    assert park_on_slope(model, 0.10, seconds, yaw) < 1e-6


def test_parked_vehicle_slides_down_a_slope_steeper_than_its_friction():
    assert park_on_slope("sedan", 0.10, 3.0, friction=0.05) > 1.0


@pytest.mark.parametrize("model", ["sedan", "bus", "bicycle", "robot"])
def test_reset_puts_a_vehicle_in_equilibrium_on_any_slope(model):
    for network in (plain(), plain(0.1), plain(-0.05, bank=0.05)):
        assert settle_motion(model, 0.0, network, yaw=0.5, seconds=0.3) < 1e-6


def test_reset_of_a_moving_vehicle_does_not_bounce():
    # Only what drag and the lack of drive do to its pitch remains.
    assert settle_motion("sedan", 20.0, plain(0.05)) < 0.02


def test_load_moves_forward_under_braking():
    # Static pitch of springs: m a h over their stiffness about the lateral axis, nose down.
    row = model_named("sedan")
    world = single("sedan", 30.0, resistance=False)
    world.controls.acceleration[:] = -4.0
    world.run(RATE)
    w, x, y, z = world.state.orientation[0, 0]
    pitch = math.asin(2.0 * (w * y - z * x))
    spring = (2.0 * math.pi * 1.5) ** 2 * row.mass * row.front_axle * row.rear_axle
    assert pitch == pytest.approx(row.mass * 4.0 * row.cog_height / spring, rel=0.1)


# ---------------------------------------------------------------------------------------------------------- collisions


@pytest.mark.parametrize("offset, heading", [(0.0, 0.0), (0.5, math.pi), (0.6, math.pi / 2.0)])
def test_momentum_is_conserved_in_a_collision(offset, heading):
    collision = collide(offset, heading)
    assert collision.road < 0.05
    assert collision.changed < 0.05
    # Along the normal the struck car got what the contacts say; across it there is friction too.
    assert collision.told == pytest.approx(1.0, rel=0.1)


def test_collision_takes_energy_and_does_not_give_any():
    world = make_world([Placed("sedan", speed=25.0), Placed("sedan", x=9.0)], friction=0.05)

    def energy():
        return 0.5 * (world.actors.mass[0, :, None] * world.state.velocity[0] ** 2).sum()

    start = energy()
    world.run(RATE // 2)
    assert world.contacts
    assert energy() < start


def test_contact_names_place_normal_impulse_and_closing_speed():
    world = make_world([Placed("suv", x=10.0), Placed("sedan", speed=15.0)])
    world.run(RATE // 2)
    first = world.contacts[0]
    assert (first.env, first.actor, first.other) == (0, 0, 1)
    assert first.tick > 0
    assert first.position[0] == pytest.approx(10.0 - 0.5 * 4.65, abs=0.15)
    assert first.normal == pytest.approx((1.0, 0.0, 0.0), abs=0.02)
    assert first.closing_speed == pytest.approx(15.0, abs=0.3)
    share = 1750.0 * 1093.3 / (1750.0 + 1093.3)
    whole = sum(contact.impulse for contact in world.contacts)
    assert whole == pytest.approx(share * 15.0, rel=0.05)  # plastic


def test_wall_is_reported_as_scenery():
    wall = StaticBox((10.0, 0.0, 1.0), 0.3, (1.0, 8.0, 2.0))
    world = make_world([Placed("sedan", speed=10.0)], obstacles=(wall,))
    world.run(RATE)
    first = world.contacts[0]
    assert (first.actor, first.other) == (0, -1)
    assert first.normal == pytest.approx((-math.cos(0.3), -math.sin(0.3), 0.0), abs=0.15)
    assert first.closing_speed == pytest.approx(10.0, rel=0.1)
    assert world.state.position[0, 0, 0] < 9.0


def test_ordinary_driving_walking_and_lying_is_no_contact():
    world = make_world([Placed("sedan", speed=15.0), Placed("pedestrian", y=9.0), Placed("cargo_box", y=12.0, z=0.5)])
    world.controls.velocity[0, 1] = (1.2, 0.0)
    world.run(RATE)
    assert not world.contacts


# ----------------------------------------------------------------------------------------------- people, animals, loads


def test_walker_takes_up_the_demanded_velocity_within_its_limit_and_stays_upright():
    world = single("pedestrian", speed=0.0)
    world.controls.velocity[0, 0] = (0.8, 1.1)
    greatest = 0.0
    for _ in range(2 * RATE):
        world.run(1)
        greatest = max(greatest, float(np.hypot(*world.state.acceleration[0, 0, :2])))
    np.testing.assert_allclose(world.state.velocity[0, 0, :2], (0.8, 1.1), atol=0.01)
    assert greatest < 1.02 * world.actors.max_acceleration[0, 0]
    assert world.yaw() == pytest.approx(math.atan2(1.1, 0.8), abs=0.02)
    assert world.state.position[0, 0, 2] == pytest.approx(0.9, abs=0.005)
    walked = float(np.hypot(*world.state.position[0, 0, :2]))
    assert world.state.gait_phase[0, 0] == pytest.approx(2.0 * math.pi * walked / (0.8 * 1.8), rel=0.02)


@pytest.mark.parametrize("model", ["pedestrian", "child", "deer"])
def test_walker_walks_uphill(model):
    network = plain(0.1)
    world = make_world([Placed(model)], network=network)
    world.controls.velocity[0, 0] = (1.5, 0.0)
    world.run(3 * RATE)
    x, _, z = world.state.position[0, 0]
    assert x > 3.5
    assert z - 0.1 * x == pytest.approx(0.5 * world.actors.height[0, 0], abs=0.03)


def test_nobody_can_run_faster_than_they_can():
    world = single("child")
    world.controls.velocity[0, 0] = (50.0, 0.0)
    world.run(4 * RATE)
    assert world.forward_speed() == pytest.approx(5.0, abs=0.05)


@pytest.mark.parametrize("kmh", [30.0, 50.0])
def test_struck_pedestrian_is_thrown_as_far_as_people_are(kmh):
    world = make_world([Placed("sedan", speed=kmh / 3.6), Placed("pedestrian", x=6.0, yaw=math.pi / 2.0)])
    while not world.contacts:
        world.run(1)
    place, hit = world.state.position[0, 1].copy(), world.contacts[0]
    assert hit.closing_speed == pytest.approx(kmh / 3.6, rel=0.03)
    world.controls.acceleration[0, 0] = -7.0
    world.run(1)
    assert world.state.velocity[0, 1, 0] > 0.7 * kmh / 3.6
    world.run(6 * RATE)
    thrown = float(np.hypot(*(world.state.position[0, 1] - place)[:2]))
    # Searle (SAE 831622): the impact speed lies between √(2µgd/(1+µ²)) and √(2µgd); µ = 0.66 on asphalt.
    fastest = math.sqrt(2.0 * 0.66 * GRAVITY * thrown)
    assert fastest / math.sqrt(1.0 + 0.66**2) < hit.closing_speed < fastest
    assert np.abs(world.state.velocity[0, 1]).max() < 0.05
    assert world.state.position[0, 1, 2] < 0.5  # lies


def test_touch_at_walking_pace_knocks_nobody_down():
    world = make_world([Placed("pedestrian"), Placed("sedan", x=4.0, behavior=Behavior.PARKED)])
    world.controls.velocity[0, 0] = (1.2, 0.0)
    world.run(3 * RATE)
    assert world.contacts
    w, x, y, z = world.state.orientation[0, 0]
    assert 1.0 - 2.0 * (x * x + y * y) > 0.95


def test_struck_motorcycle_falls():
    world = make_world([Placed("motorcycle", yaw=math.pi / 2.0, speed=1.0), Placed("sedan", x=-6.0, speed=12.0)])
    world.run(3 * RATE)
    w, x, y, z = world.state.orientation[0, 0]
    assert abs(1.0 - 2.0 * (x * x + y * y)) < 0.5


@pytest.mark.parametrize("grade", [0.0, 0.02])
@pytest.mark.parametrize("model, tall", [("cargo_box", 0.4), ("cargo_ladder", 0.1)])
def test_dropped_load_slides_by_friction_and_rests_on_the_ground(model, tall, grade):
    world = make_world([Placed(model, z=1.2, speed=10.0)], network=plain(grade), friction=ASPHALT.dry)
    world.run(5 * RATE)
    x, y, z = world.state.position[0, 0]
    assert z - grade * x == pytest.approx(0.5 * tall, abs=0.01)
    assert np.abs(world.state.velocity[0, 0]).max() < 1e-3
    # It flies, loses µ times its falling speed in the plastic landing, and slides on.
    landing = math.sqrt(2.0 * GRAVITY * (1.2 - 0.5 * tall))
    left = 10.0 - 0.66 * (landing + grade * 10.0)
    gone = 10.0 * landing / GRAVITY + left**2 / (2.0 * GRAVITY * (0.66 + grade))
    assert x == pytest.approx(gone, rel=0.05)
    place = world.state.position[0, 0].copy()
    world.run(RATE)
    np.testing.assert_allclose(world.state.position[0, 0], place, atol=1e-3)


def test_loads_on_a_bridge_and_under_it_rest_on_their_own_storey():
    x = np.linspace(-100.0, 100.0, 5)
    flat = np.full(5, 8.0)
    under = LaneDraft("under", np.stack([x, 0.0 * x, 0.0 * x], axis=1), flat, 0.0 * x)
    over = LaneDraft("over", np.stack([0.0 * x, x, 0.0 * x + 6.0], axis=1), flat, 0.0 * x)
    world = make_world(
        [Placed("cargo_box", z=6.4), Placed("cargo_box", x=1.0, z=0.4), Placed("pedestrian", y=2.0, z=6.9),
         Placed("sedan", y=-3.0, z=6.7)], network=build_network([under, over])
    )  # fmt: skip
    world.run(RATE)
    np.testing.assert_allclose(world.state.position[0, :, 2], (6.2, 0.2, 6.9, 6.71), atol=0.02)


def test_load_slides_farther_on_ice():
    dry, ice = (make_world([Placed("cargo_crate", speed=8.0)], friction=friction) for friction in (0.75, 0.1))
    dry.run(3 * RATE)
    ice.run(3 * RATE)
    assert ice.state.position[0, 0, 0] > 3.0 * dry.state.position[0, 0, 0]


def test_vehicle_on_its_roof_lies_on_the_ground():
    for grade in (0.0, 0.02):
        world = make_world([Placed("van", z=2.5)], network=plain(grade))
        world.physics.close()
        state = world.state._replace(orientation=np.array([[[0.0, 1.0, 0.0, 0.0]]]))
        state.valid[:] = False
        world.state = world.physics.reset(world.actors, state, world.physics._ground, RATE)
        world.state.position[0, 0, 2] = 2.0
        world.state.valid[:] = True
        world.run(3 * RATE)
        assert 0.6 < world.state.position[0, 0, 2] < 1.3
        assert np.abs(world.state.velocity[0, 0]).max() < 0.02


# ---------------------------------------------------------------------------------------------------- replay, lifecycle


def follow(world, actor, tick, speed=12.0, y=0.0):
    """Write a recorded pose: straight along x with a gentle brake."""
    time = tick / RATE
    world.state.position[0, actor] = (speed * time - 0.5 * time * time, y, 0.71)
    world.state.velocity[0, actor] = (speed - time, 0.0, 0.0)
    world.state.acceleration[0, actor] = (-1.0, 0.0, 0.0)


def test_replayed_actor_follows_its_recording_exactly_and_keeps_its_velocity_at_the_hand_over():
    world = make_world([Placed("suv", x=200.0), Placed("sedan", replayed=True, speed=12.0)])
    for tick in range(1, RATE + 1):
        follow(world, 1, tick)
        given = world.state.position[0, 1].copy()
        world.run(1)
        np.testing.assert_array_equal(world.state.position[0, 1], given)
        assert world.state.replayed[0, 1]
        assert world.state.acceleration[0, 1, 0] == -1.0
    assert world.state.acceleration[0, 1, 0] == pytest.approx(-1.0, abs=0.01)
    assert world.state.lights[0, 1] & Light.BRAKE
    assert world.state.wheel_speed[0, 1] == pytest.approx(11.0 / 0.344, rel=0.01)
    world.state.replayed[0, 1] = False
    world.controls.acceleration[0, 1] = 0.0
    world.run(6)
    assert world.state.velocity[0, 1, 0] == pytest.approx(11.0, abs=0.1)
    assert world.state.position[0, 1, 0] == pytest.approx(given[0] + 11.0 * 6 / RATE, abs=0.02)
    assert abs(world.state.velocity[0, 1, 2]) < 0.01


def test_the_jump_of_the_velocity_at_the_hand_over_is_no_acceleration():
    world = make_world([Placed("suv", x=200.0), Placed("sedan", replayed=True, speed=12.0)])
    for tick in range(1, 13):
        follow(world, 1, tick)
        world.run(1)
    world.state.replayed[0, 1] = False
    world.state.velocity[0, 1, 0] -= 1.5  # the fitted velocity, where the recorded one was noisy
    world.run(1)
    assert np.abs(world.state.acceleration[0, 1]).max() < 1.0


@pytest.mark.parametrize("model", ["pedestrian", "deer"])
def test_of_people_and_animals_too_each_quantity_is_the_derivative_of_the_one_before(model):
    world, random, rows = single(model, speed=0.0), np.random.default_rng(4), []
    for _ in range(80):
        if len(rows) % 10 == 0:
            world.controls.velocity[0, 0] = random.uniform(-1.5, 1.5, 2)
        world.run(6)
        state = world.state
        rows.append((*state.position[0, 0], *state.velocity[0, 0], *state.acceleration[0, 0], world.yaw(),
                     state.angular_velocity[0, 0, 2]))  # fmt: skip
    rows, step = np.array(rows), 6 / RATE
    change, middle = np.diff(rows, axis=0) / step, 0.5 * (rows[1:] + rows[:-1])
    assert np.abs(change[:, 0:3] - middle[:, 3:6]).max() < 0.03
    assert np.median(np.abs(change[:, 3:6] - middle[:, 6:9])) < 0.1
    turned = np.mod(change[:, 9] * step + math.pi, 2.0 * math.pi) - math.pi
    assert np.abs(turned / step - middle[:, 10]).max() < 0.2


def test_replayed_actor_becomes_dynamic_before_it_touches_anything():
    world = make_world([Placed("suv", x=9.0), Placed("sedan", replayed=True, speed=12.0)], friction=0.3)
    for tick in range(1, RATE):
        before = world.state
        start = momentum(world)
        world.run(1)
        if not world.state.replayed[0, 1]:
            break
        follow(world, 1, tick)
    assert not world.contacts
    gap = before.position[0, 0, 0] - before.position[0, 1, 0] - 0.5 * (4.65 + 4.508)
    assert 0.0 < gap < 0.2
    world.run(12)
    # A kinematic body of infinite mass would have driven the other off at its own speed.
    assert world.contacts
    assert momentum(world)[0] == pytest.approx(start[0], rel=0.05)
    assert world.state.velocity[0, 1, 0] < 7.0


def test_replayed_actors_pass_through_each_other_and_stay_replayed():
    world = make_world([Placed("suv", replayed=True), Placed("sedan", x=1.0, replayed=True), Placed("bus", x=90.0)])
    world.run(10)
    assert world.state.replayed[0, :2].all()
    assert not world.contacts


def test_hand_over_spreads_along_a_queue():
    world = make_world(
        [Placed("sedan", speed=10.0), Placed("suv", x=4.6, replayed=True), Placed("van", x=9.25, replayed=True)]
    )
    world.run(1)
    assert not world.state.replayed[0].any()


def test_actor_appears_where_it_is_put_and_leaves():
    world = make_world([Placed("sedan", x=-30.0), Placed("cargo_box", valid=False, z=0.0)])
    world.run(10)
    np.testing.assert_array_equal(world.state.position[0, 1], (0.0, 0.0, 0.0))
    world.state.valid[0, 1] = True
    world.state.position[0, 1] = (5.0, 1.0, 1.5)
    world.state.velocity[0, 1] = (7.0, 0.0, 0.0)
    world.run(1)
    np.testing.assert_allclose(world.state.position[0, 1], (5.0 + 7.0 / RATE, 1.0, 1.5), atol=1e-3)
    world.run(RATE)
    world.state.valid[0, 1] = False
    place = world.state.position[0, 1].copy()
    world.run(5)
    np.testing.assert_array_equal(world.state.position[0, 1], place)
    assert len(world.physics._members) == 1


def test_no_pose_is_written_after_reset(monkeypatch):
    engine = bullet.p
    moved, pushed = [], []
    push = engine.resetBaseVelocity
    monkeypatch.setattr(engine, "resetBasePositionAndOrientation", lambda *a, **k: moved.append(a))
    monkeypatch.setattr(engine, "resetBaseVelocity", lambda *a, **k: (pushed.append(a), push(*a, **k)))
    for name in ("restoreState", "resetJointState", "resetBasePositionAndOrientation"):
        monkeypatch.setattr(engine, name, lambda *a, **k: moved.append(a))
    world = make_world(
        [Placed("sedan", speed=15.0), Placed("pedestrian", x=10.0), Placed("suv", x=18.0, replayed=True),
         Placed("cargo_box", valid=False)]
    )  # fmt: skip
    assert len(pushed) == 2  # the two dynamic bodies, when they were made
    world.run(RATE)
    world.state.valid[0, 3] = True
    world.state.position[0, 3] = (0.0, 5.0, 1.0)
    world.state.replayed[0, 2] = False
    world.run(RATE)
    assert world.contacts
    assert len(pushed) == 4  # and those of the hand-over and the appearance
    assert not moved


def test_two_runs_are_bit_equal():
    def run():
        world = make_world(
            [Placed("sedan", speed=18.0), Placed("truck", x=25.0, speed=8.0), Placed("pedestrian", x=12.0, y=-2.0),
             Placed("cargo_ladder", x=8.0, z=1.2), Placed("motorcycle", y=4.0, speed=12.0), Placed("robot", y=8.0)],
            network=plain(0.01), obstacles=(StaticBox((45.0, 0.0, 1.0), 0.2, (1.0, 9.0, 2.0)),),
        )  # fmt: skip
        world.controls.velocity[0, 2] = (0.0, 1.4)
        world.controls.velocity[0, 5] = (1.0, 0.5)
        world.controls.steering[0, 0] = 0.01
        world.run(2 * RATE)
        return world

    one, two = run(), run()
    assert one.contacts
    assert one.contacts == two.contacts
    for name in one.state._fields:
        np.testing.assert_array_equal(getattr(one.state, name), getattr(two.state, name))


def test_acceleration_is_the_change_of_velocity_over_the_tick():
    world = single("sedan", 10.0)
    world.controls.acceleration[:] = -3.0
    world.run(RATE // 4)
    before = world.state
    world.run(1)
    change = (world.state.velocity[0, 0] - before.velocity[0, 0]) * RATE
    np.testing.assert_allclose(world.state.acceleration[0, 0], change, atol=1e-9)
    assert world.state.tick[0] == before.tick[0] + 1


def test_brake_lamps_light_by_braking_and_others_by_asking():
    world = single("sedan", 10.0)
    world.controls.lights[:] = Light.LEFT
    world.controls.acceleration[:] = 0.5
    world.run(RATE // 4)
    assert world.state.lights[0, 0] == Light.LEFT
    world.controls.acceleration[:] = -2.0
    world.run(RATE // 4)
    assert world.state.lights[0, 0] == Light.LEFT | Light.BRAKE


def test_given_state_is_not_written():
    world = single("sedan", 10.0)
    before, copies = world.state, [field.copy() for field in world.state]
    world.run(3)
    for field, copy in zip(before, copies, strict=True):
        np.testing.assert_array_equal(field, copy)


def test_more_than_one_world_is_refused():
    ground = Ground(plain(), np.array([0.7, 0.7]), no_patches(), (), SLIDING)
    with pytest.raises(ScenarioError, match="exactly 1 world"):
        bullet.BulletPhysics().reset(empty_actors(2, 1), empty_state(2, 1), ground, RATE)


def test_world_without_actors_runs_and_closes_twice():
    physics = bullet.BulletPhysics()
    ground = Ground(plain(), np.array([0.7]), no_patches(), (), SLIDING)
    state = physics.reset(empty_actors(1, 2), empty_state(1, 2), ground, RATE)
    state = physics.step(state, empty_controls(1, 2))
    assert state.tick[0] == 1
    physics.close()
    physics.close()


def empty_world(physics):
    ground = Ground(plain(), np.array([0.7]), no_patches(), (), SLIDING)
    physics.reset(empty_actors(1, 2), empty_state(1, 2), ground, RATE)
    return physics


@pytest.fixture
def room_for_five(monkeypatch):
    """Let Bullet have room for five worlds, not for 1024 of 28 MB, and let nothing wait for the collector of cycles."""
    opened = bullet.connect

    def five_at_most():
        alive = sum(bool(bullet.p.isConnected(client)) for client in range(64))
        return opened() if alive < 5 else -1

    gc.collect()
    monkeypatch.setattr(bullet, "connect", five_at_most)
    gc.disable()
    yield
    gc.enable()


def test_more_worlds_than_bullet_has_room_for_are_opened_when_nobody_closes_them(room_for_five):
    for _ in range(12):
        empty_world(bullet.BulletPhysics())


def test_worlds_dropped_in_circles_are_freed_before_one_more_is_refused(room_for_five):
    for _ in range(8):
        physics = empty_world(bullet.BulletPhysics())
        physics.circle = physics
    with pytest.raises(ScenarioError, match="too many simulators are open"):
        [empty_world(bullet.BulletPhysics()) for _ in range(6)]


def test_without_pybullet_bullet_is_refused_with_the_pip_line_and_batched_works(monkeypatch):
    monkeypatch.setitem(sys.modules, "pybullet", None)
    for part in ("bullet.engine", "bullet.bullet", "batched.batched"):
        name = f"simengine.physics.{part}"
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(ImportError, match=r'pip install "simengine\[bullet\]"'):
        importlib.import_module("simengine.physics.bullet.bullet")
    assert importlib.import_module("simengine.physics.batched.batched").BatchedPhysics is not None


@pytest.mark.parametrize("model", ["sedan", "compact_car", "bus"])
@pytest.mark.parametrize("demand", [-2.0, 1.0])
def test_torque_is_split_between_the_axles_as_the_vehicle_has_it(model, demand):
    # A wheel's slip is its force over C_S and load, its force the torque over the radius.
    world = single(model, 15.0, resistance=False)
    world.controls.acceleration[:] = demand
    world.run(2 * RATE)
    row, chassis = model_named(model), world.physics._chassis[0]
    slip = 1.0 - world.state.wheel_speed[0, 0] * row.wheel_radius / world.forward_speed()
    moved = row.mass * demand * row.cog_height / (row.front_axle + row.rear_axle)
    loads = chassis.static_load + 0.5 * np.array([-moved, -moved, moved, moved])
    force = -slip * loads * chassis.stiffness
    share = row.brake_front if demand < 0.0 else row.drive_front
    expected = 0.5 * force.sum() * np.array([share, share, 1.0 - share, 1.0 - share])
    # The wheels' own inertia takes its part of the torque at each.
    assert force == pytest.approx(expected, abs=0.05 * abs(force.sum()))


def test_braking_in_a_bend_turns_a_car_in_as_the_load_moves_forward():
    # With torques equal left and right nothing makes up for the front tires' share of the load.
    world = single("sedan", 22.0, friction=1.0489, resistance=False)
    world.controls.steering[:] = 0.026
    world.run(3 * RATE)
    rate = world.state.angular_velocity[0, 0, 2]
    world.controls.acceleration[:] = -4.0
    world.run(RATE // 2)
    assert world.state.angular_velocity[0, 0, 2] > 1.05 * rate
