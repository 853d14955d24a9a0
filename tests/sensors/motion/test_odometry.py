"""Wheel encoders against the way and the turn that their wheels went."""

import math

import numpy as np
import pytest

from simengine.core.history import History
from simengine.core.state import EGO, Mobility, copy_state, empty_state
from simengine.scenario.spec import Mount, OdometrySpec
from simengine.sensors.motion.odometry import OdometrySensor, reckon
from tests.sensors.lidar_scene import RATE_HZ, make_scene

NO_SIGNALS = np.zeros(0, np.int32)
MOUNT = Mount(position=(0.0, 0.0, 0.0), roll_deg=0.0, pitch_deg=0.0, yaw_deg=0.0)


def _drive(left_speed, right_speed, wheels=(2, 3), seconds=2.0, ticks_per_turn=4096, radius_error=0.0, mobility=None):
    scene = make_scene([])
    scene.actors.mobility[0, EGO] = Mobility.WHEELED if mobility is None else mobility
    history = History(RATE_HZ, 10_000)
    state = empty_state(1, 1)
    state.valid[:] = True
    ticks = round(seconds * RATE_HZ)
    for tick in range(ticks + 1):
        state = copy_state(state)
        state.tick[0] = tick
        for wheel, speed in zip(wheels, (left_speed, right_speed), strict=True):
            state.wheel_rotation[0, EGO, wheel] = speed / 0.3 * tick / RATE_HZ
        history.push(state)
    spec = OdometrySpec(
        kind="odometry", mount=MOUNT, rate_hz=50.0, phase=0.0, ticks_per_turn=ticks_per_turn, radius_error=radius_error
    )
    sensor = OdometrySensor("odometry", spec, scene)
    for _ in range(round(seconds * 50.0) + 1):
        frame = sensor.capture(history, NO_SIGNALS)
    return frame.channels


def test_straight_drive_reckons_its_length():
    channels = _drive(10.0, 10.0)
    assert channels["pose"] == pytest.approx([20.0, 0.0, 0.0], abs=1e-3)
    assert channels["speed"] == pytest.approx(10.0, abs=0.05)
    assert channels["ticks"][0] == channels["ticks"][1] == math.floor(20.0 / (2.0 * math.pi * 0.3) * 4096)


def test_circle_is_reckoned_along_its_arc():
    channels = _drive(9.0, 10.5, ticks_per_turn=100_000)
    rate = 1.5 / 1.5
    radius = 9.75 / rate
    expected = [radius * math.sin(2.0), radius * (1.0 - math.cos(2.0)), 2.0]
    assert channels["pose"] == pytest.approx(expected, abs=5e-3)
    assert channels["yaw_rate"] == pytest.approx(rate, abs=0.05)


def test_wrong_radius_scales_the_way():
    assert _drive(10.0, 10.0, radius_error=0.05)["pose"][0] == pytest.approx(21.0, abs=1e-3)


def test_coarse_encoder_quantizes_the_way():
    way = _drive(1.0, 1.0, ticks_per_turn=8, seconds=1.0)["pose"][0]
    step = 2.0 * math.pi * 0.3 / 8
    assert way == pytest.approx(round(way / step) * step)
    assert 1.0 - step < way <= 1.0


def test_robot_reads_its_driven_wheels():
    channels = _drive(1.0, 1.0, wheels=(0, 1), mobility=Mobility.DIFFERENTIAL)
    assert channels["pose"][0] == pytest.approx(2.0, abs=1e-3)
    assert _drive(1.0, 1.0, wheels=(0, 1))["pose"][0] == 0.0


def test_single_track_reckons_no_turning():
    pose = np.zeros(3)
    assert reckon(1.0, 1.2, 0.0, pose) == 0.0
    assert pose == pytest.approx([1.1, 0.0, 0.0])
