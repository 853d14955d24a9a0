"""The four wheels of the batched physics against closed forms: loads, split of torques, moments of unequal wheels."""

import math

import numpy as np
import pytest

from simengine.core.mechanics import GRAVITY, ROTATING
from simengine.core.space.geometry import yaw_from_quaternion
from simengine.core.state import Behavior, empty_actors, empty_controls, empty_state
from simengine.physics.backend import FrictionPatches, Ground
from simengine.physics.batched.batched import BatchedPhysics
from simengine.physics.vehicle.catalog import fill_actor, model_named
from tools.checks.motion.proving_ground import RATE, no_patches, plain


class Car:
    """One vehicle in the batched physics, without air drag and rolling resistance."""

    def __init__(self, model: str, speed: float, friction: float, grip=(1.0,) * 4, patches=None, sliding=1.0) -> None:
        actors, self.state, self.controls = empty_actors(1, 1), empty_state(1, 1), empty_controls(1, 1)
        fill_actor(actors, 0, 0, model, (0.5, 0.5, 0.5))
        actors.behavior[:] = Behavior.SCRIPTED
        actors.drag[:] = actors.rolling_resistance[:] = 0.0
        self.state.valid[:] = True
        self.state.velocity[0, 0, 0] = speed
        self.state.tire_grip[0, 0] = grip
        self.physics, self.actors = BatchedPhysics(), actors
        self.ground = Ground(plain(), np.array([friction]), no_patches() if patches is None else patches, (), sliding)
        self.reset()

    def reset(self) -> None:
        """Take in what was changed of the vehicle or of its motion."""
        self.state = self.physics.reset(self.actors, self.state, self.ground, RATE)

    def run(self, seconds: float, acceleration: float = 0.0, steering: float = 0.0) -> None:
        self.controls.acceleration[:], self.controls.steering[:] = acceleration, steering
        for _ in range(round(seconds * RATE)):
            self.state = self.physics.step(self.state, self.controls)

    @property
    def speed(self) -> float:
        return float(np.hypot(*self.state.velocity[0, 0, :2]))

    @property
    def yaw_rate(self) -> float:
        return float(self.state.angular_velocity[0, 0, 2])


def first_yaw_acceleration(car: Car, demand: float) -> float:
    """Return the yaw acceleration in the first tick with the pedal fully there [rad/s²]."""
    car.state.drive[:] = demand
    before = car.yaw_rate
    car.run(1.0 / RATE, demand)
    return (car.yaw_rate - before) * RATE


def test_a_slippery_side_turns_a_braking_car_by_the_moment_of_its_wheels():
    row, demand, slippery = model_named("sedan"), -3.0, 0.2
    car = Car("sedan", 25.0, 1.0, grip=(1.0, slippery, 1.0, slippery))
    wheelbase = row.front_axle + row.rear_axle
    # The pull that comes and the load that it moves depend on each other; what slides pulls its µ times its load.
    pull = -demand
    for _ in range(20):
        moved = pull * row.cog_height / wheelbase
        static = GRAVITY * row.rear_axle / wheelbase, GRAVITY * row.front_axle / wheelbase
        loads = 0.5 * (static[0] + moved), 0.5 * (static[1] - moved)
        asked = -0.5 * demand * row.brake_front, -0.5 * demand * (1.0 - row.brake_front)
        slide = tuple(min(a, slippery * load) for a, load in zip(asked, loads, strict=True))
        pull = sum(asked) + sum(slide)
    moment = 0.5 * row.track_width * row.mass * (sum(asked) - sum(slide))
    assert sum(asked) - sum(slide) > 0.3
    assert first_yaw_acceleration(car, demand) == pytest.approx(moment / row.yaw_inertia, rel=0.03)


def test_a_slippery_patch_under_one_side_turns_the_car_too():
    disc = np.full((1, 1), True), *(np.full((1, 1), value) for value in (0.0, -20.0, 19.9, 0.1))
    car = Car("sedan", 20.0, 0.8, patches=FrictionPatches(*disc))
    car.run(0.3, -5.0)
    assert car.yaw_rate > 0.02  # to the left, where it grips


@pytest.mark.parametrize("model, expected", [("compact_car", "front"), ("sedan", "rear"), ("suv", "all")])
def test_traction_on_ice_is_that_of_the_driven_axle(model, expected):
    row, friction = model_named(model), 0.1
    car = Car(model, 5.0, friction)
    car.run(0.5, 4.0)
    before = car.speed
    car.run(1.0, 4.0)
    wheelbase, height = row.front_axle + row.rear_axle, friction * row.cog_height
    share = {
        "front": row.rear_axle / (wheelbase + height), "rear": row.front_axle / (wheelbase - height), "all": 1.0
    }[expected]  # fmt: skip
    assert car.speed - before == pytest.approx(share * friction * GRAVITY, rel=0.02)


def test_braking_in_a_bend_turns_a_neutral_car_in_as_the_load_moves_forward():
    car = Car("bmw_320i", 22.0, 1.0489)
    car.run(3.0, 0.0, 0.026)
    rate = car.yaw_rate
    car.run(0.5, -4.0, 0.026)
    assert car.yaw_rate > 1.05 * rate


@pytest.mark.parametrize("friction", [0.2, 0.9])
def test_a_full_stop_takes_what_friction_says(friction):
    car = Car("sedan", 20.0, friction)
    car.state.drive[:] = -11.5
    start = car.state.position[0, 0, 0]
    car.run(20.0 / friction / GRAVITY + 1.0, -11.5)
    assert car.speed < 1e-6
    assert car.state.position[0, 0, 0] - start == pytest.approx(20.0**2 / (2.0 * friction * GRAVITY), rel=0.03)


def test_load_moved_aside_costs_an_axle_friction():
    """µ falls with the load, so a car at its limit corners with less than µ g by what the outer wheels carry more."""
    car = Car("sedan", 15.0, 0.8)
    car.run(2.0, 0.0, 0.3)
    lateral = car.yaw_rate * car.speed
    row = model_named("sedan")
    part = 2.0 * 0.8 * row.cog_height / row.track_width  # of the load that changes sides
    assert lateral < 0.8 * GRAVITY * (1.0 - 0.5 * 0.05 * part**2)


@pytest.mark.parametrize("speed", [0.0, 0.05])
def test_a_braked_car_stands_still(speed):
    car = Car("suv", speed, 0.8)
    car.run(2.0, -3.0, 0.3)
    place = car.state.position[0, 0].copy()
    car.run(2.0, -3.0, -0.3)
    assert car.speed < 1e-9 and math.isclose(place[0], car.state.position[0, 0, 0], abs_tol=1e-9)


def test_a_burst_tire_turns_the_car_by_the_moment_of_its_drag():
    row = model_named("bmw_320i")
    car = Car("bmw_320i", 20.0, 1.0)
    car.state.tire_burst[0, 0, 0] = True  # front left
    car.run(1.0 / RATE)
    drag = 0.2 * 0.5 * row.mass * GRAVITY * row.rear_axle / (row.front_axle + row.rear_axle)
    assert car.yaw_rate * RATE == pytest.approx(drag * 0.5 * row.track_width / row.yaw_inertia, rel=0.05)
    assert (20.0 - car.speed) * RATE == pytest.approx(drag / row.mass / ROTATING, rel=0.01)


def test_an_axle_with_a_burst_tire_holds_less_in_a_bend():
    rates = []
    for wheel in (None, 1, 3):  # none, front right, rear right: the outer ones
        car = Car("bmw_320i", 20.0, 1.0)
        if wheel is not None:
            car.state.tire_burst[0, 0, wheel] = True
        car.run(1.5, 0.0, 0.02)
        rates.append(car.yaw_rate)
    assert rates[1] < 0.9 * rates[0] < 0.9 * rates[2]


@pytest.mark.parametrize("model", ["sedan", "compact_car", "suv"])
@pytest.mark.parametrize("angle_deg", [0.0, 20.0, 45.0, 90.0, 180.0])
def test_a_parked_car_that_is_pushed_slides_on_locked_wheels_whichever_way(model, angle_deg):
    """No anti-lock brakes roll it along its wheels: v² / 2 µ g with the friction of sliding, straight on."""
    friction, sliding, speed = 0.9, 0.8, 10.0
    car, angle = Car(model, 0.0, friction, sliding=sliding), math.radians(angle_deg)
    car.actors.behavior[:] = Behavior.PARKED
    car.state.velocity[0, 0, :2] = speed * math.cos(angle), speed * math.sin(angle)
    car.reset()
    begin = car.state.position[0, 0, :2].copy()
    car.run(3.0)
    dx, dy = car.state.position[0, 0, :2] - begin
    along, aside = dx * math.cos(angle) + dy * math.sin(angle), dy * math.cos(angle) - dx * math.sin(angle)
    assert car.speed < 1e-3 and along == pytest.approx(speed**2 / (2 * sliding * friction * GRAVITY), rel=0.02)
    assert abs(aside) < 0.02 * along
    assert abs(yaw_from_quaternion(*car.state.orientation[0, 0])) < math.radians(3.0)


def test_a_spin_on_locked_wheels_comes_to_rest_and_loses_energy_all_the_way():
    car = Car("sedan", 0.0, 0.9, sliding=0.8)
    actors = car.actors
    actors.behavior[:] = Behavior.PARKED
    car.state.velocity[0, 0, :2], car.state.angular_velocity[0, 0, 2] = (6.0, -3.0), 2.5
    car.reset()
    before = math.inf
    for _ in range(3 * RATE):
        car.run(1.0 / RATE)
        energy = 0.5 * actors.mass[0, 0] * car.speed**2 + 0.5 * actors.yaw_inertia[0, 0] * car.yaw_rate**2
        assert energy <= before
        before = energy
    assert car.speed < 1e-3 and abs(car.yaw_rate) < 1e-3


@pytest.mark.parametrize("model", ["sedan", "truck", "motorcycle", "bicycle"])
def test_full_power_accelerates_the_vehicle_and_turns_its_wheels_and_overcomes_what_resists(model):
    row = model_named(model)
    car = Car(model, 0.75 * row.max_speed, 1.0)
    car.actors.drag[:], car.actors.rolling_resistance[:] = 0.4, row.rolling_resistance
    car.reset()
    car.run(1.0, 20.0)
    before = car.speed
    car.run(1.0 / RATE, 20.0)
    speed, acceleration = 0.5 * (before + car.speed), (car.speed - before) * RATE
    resists = 0.4 * speed**2 + row.rolling_resistance * row.mass * GRAVITY
    assert (ROTATING * row.mass * acceleration + resists) * speed == pytest.approx(row.power, rel=0.005)
