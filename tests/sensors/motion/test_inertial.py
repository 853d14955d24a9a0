"""The inertial unit against gravity, circular motion and its stated noise densities."""

import math

import numpy as np
import pytest

from simengine.core.history import History
from simengine.core.mechanics import STANDARD_GRAVITY
from simengine.core.rng import kernel_seed
from simengine.core.state import copy_state, empty_state
from simengine.scenario.spec import ImuSpec, Mount
from simengine.sensors.motion.inertial import ImuSensor, add_inertial_errors
from tests.sensors.lidar_scene import RATE_HZ, make_history, make_scene

NO_SIGNALS = np.zeros(0, np.int32)


def _spec(mount_x=0.0, pitch=0.0, yaw=0.0, **noise):
    settings = {"gyro_noise": 0.0, "gyro_walk": 0.0, "accelerometer_noise": 0.0, "accelerometer_walk": 0.0, **noise}
    mount = Mount(position=(mount_x, 0.0, 0.75), roll_deg=0.0, pitch_deg=pitch, yaw_deg=yaw)
    return ImuSpec(kind="imu", mount=mount, rate_hz=100.0, phase=0.0, **settings)


def _last_sample(spec, history, count=10, seed=3):
    sensor = ImuSensor("imu", spec, make_scene([]), seed)
    for _ in range(count):
        frame = sensor.capture(history, NO_SIGNALS)
    return frame.channels


def _circle(speed, radius, ticks=40):
    """The box center drives counter-clockwise, nose along its path."""
    history = History(RATE_HZ, ticks + 2)
    state = empty_state(1, 1)
    state.valid[:] = True
    rate = speed / radius
    for tick in range(ticks + 1):
        state = copy_state(state)
        state.tick[0] = tick
        yaw = rate * tick / RATE_HZ
        state.position[0, 0] = (radius * math.sin(yaw), radius * (1.0 - math.cos(yaw)), 0.75)
        state.velocity[0, 0] = (speed * math.cos(yaw), speed * math.sin(yaw), 0.0)
        state.angular_velocity[0, 0, 2] = rate
        state.orientation[0, 0] = (math.cos(0.5 * yaw), 0.0, 0.0, math.sin(0.5 * yaw))
        history.push(state)
    return history


def test_at_rest_it_feels_gravity_upwards():
    history = make_history(make_scene([]), [(0.0, 0.0, 0.75)], [(0.0, 0.0, 0.0)])
    sample = _last_sample(_spec(), history)
    assert sample["specific_force"] == pytest.approx([0.0, 0.0, STANDARD_GRAVITY])
    assert sample["angular_velocity"] == pytest.approx([0.0, 0.0, 0.0])


def test_pitched_down_it_feels_gravity_behind():
    history = make_history(make_scene([]), [(0.0, 0.0, 0.75)], [(0.0, 0.0, 0.0)])
    sample = _last_sample(_spec(pitch=30.0), history)
    assert sample["specific_force"] == pytest.approx(
        [-0.5 * STANDARD_GRAVITY, 0.0, STANDARD_GRAVITY * math.cos(math.pi / 6)]
    )


def test_circular_drive_gives_centripetal_force_and_yaw_rate():
    speed, radius = 12.0, 30.0
    sample = _last_sample(_spec(mount_x=1.4), _circle(speed, radius))  # at the box center
    assert sample["specific_force"] == pytest.approx([0.0, speed**2 / radius, STANDARD_GRAVITY], rel=1e-4, abs=1e-3)
    assert sample["angular_velocity"] == pytest.approx([0.0, 0.0, speed / radius])


def test_lever_arm_adds_centripetal_force_along_it():
    speed, radius, ahead = 12.0, 30.0, 2.0
    sample = _last_sample(_spec(mount_x=1.4 + ahead), _circle(speed, radius))
    rate = speed / radius
    assert sample["specific_force"] == pytest.approx(
        [-ahead * rate**2, speed**2 / radius, STANDARD_GRAVITY], rel=1e-3, abs=1e-3
    )


def test_yawed_unit_turns_the_force_into_its_frame():
    speed, radius = 12.0, 30.0
    sample = _last_sample(_spec(mount_x=1.4, yaw=90.0), _circle(speed, radius))
    assert sample["specific_force"] == pytest.approx([speed**2 / radius, 0.0, STANDARD_GRAVITY], rel=1e-4, abs=1e-3)


def _allan_deviation(rate, size):
    """Overlapping Allan deviation of a rate at a cluster of `size` samples."""
    total = np.concatenate([[0.0], np.cumsum(rate)])
    mean = (total[size:] - total[:-size]) / size
    step = mean[size:] - mean[:-size]
    return math.sqrt(0.5 * float(np.mean(step * step)))


def test_allan_deviation_shows_the_stated_densities():
    noise, walk, interval, count = 2.0e-3, 3.0e-3, 0.01, 120_000
    seed = kernel_seed(11, "sensor", "imu")
    densities, walks = np.full(6, noise), np.array([0.0, 0.0, 0.0, walk, walk, walk])
    bias, samples = np.zeros(6), np.zeros((count, 6))
    for k in range(count):
        add_inertial_errors(seed, k, interval, densities, walks, bias, samples[k])
    for size in (10, 100):  # slope −½: N / √τ
        assert _allan_deviation(samples[:, 0], size) == pytest.approx(noise / math.sqrt(size * interval), rel=0.05)
    size = 1500  # slope +½: K √(τ / 3), far above N / √τ
    measured = np.mean([_allan_deviation(samples[:, axis], size) for axis in (3, 4, 5)])
    assert measured == pytest.approx(walk * math.sqrt(size * interval / 3.0), rel=0.25)


def test_samples_repeat_with_the_seed_and_differ_with_the_name():
    history = make_history(make_scene([]), [(0.0, 0.0, 0.75)], [(0.0, 0.0, 0.0)])
    spec = _spec(accelerometer_noise=2e-3, gyro_noise=1e-4)
    first, again, other = (_last_sample(spec, history, seed=seed) for seed in (3, 3, 4))
    assert first["specific_force"].tobytes() == again["specific_force"].tobytes()
    assert first["specific_force"].tobytes() != other["specific_force"].tobytes()
