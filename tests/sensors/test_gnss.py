"""The satellite receiver against geodesy and the statistics of its errors."""

import math

import numpy as np
import pytest

from simengine.core.weather import hall_weather
from simengine.scenario.spec import GnssSpec, Mount
from simengine.sensors.gnss import DATUM, GnssSensor, drift_step, geodetic_from_enu
from tests.sensors.lidar_scene import CLEAR, make_history, make_scene

NO_SIGNALS = np.zeros(0, np.int32)
MOUNT = Mount(position=(1.0, 0.0, 1.5), roll_deg=0.0, pitch_deg=0.0, yaw_deg=0.0)


def _spec(**changes):
    settings = {"white_std": 0.0, "drift_std": 0.0, "drift_time": 30.0, **changes}
    return GnssSpec(kind="gnss", mount=MOUNT, rate_hz=5.0, phase=0.0, **settings)


def test_without_errors_it_gives_the_antenna_position():
    scene = make_scene([])
    history = make_history(scene, [(10.0, 5.0, 0.75)], [(20.0, 0.0, 0.0)])
    sensor = GnssSensor("gnss", _spec(), scene, 1)
    sensor.capture(history, NO_SIGNALS)
    frame = sensor.capture(history, NO_SIGNALS)
    assert frame.time_ns == 200_000_000
    assert frame.channels["position"] == pytest.approx([10.0 - 1.4 + 1.0 + 4.0, 5.0, 1.5])


def test_scene_origin_stands_at_the_datum():
    origin = (680_000.0, 4_180_000.0, 12.0)
    scene = make_scene([], origin=origin)
    history = make_history(scene, [(origin[0] + 0.4, origin[1], origin[2] - 0.75)], [(0.0, 0.0, 0.0)])
    frame = GnssSensor("gnss", _spec(), scene, 1).capture(history, NO_SIGNALS)
    assert frame.channels["geodetic"] == pytest.approx([*DATUM], abs=1e-8)


def test_geodetic_follows_the_radii_of_the_ellipsoid():
    latitude = math.radians(50.0)
    squared = (1.0 / 298.257223563) * (2.0 - 1.0 / 298.257223563)
    root = 1.0 - squared * math.sin(latitude) ** 2
    meridian, normal = 6_378_137.0 * (1.0 - squared) / root**1.5, 6_378_137.0 / math.sqrt(root)
    north = geodetic_from_enu(0.0, 100.0, 0.0, latitude, 0.2, 30.0)
    east = geodetic_from_enu(100.0, 0.0, 0.0, latitude, 0.2, 30.0)
    up = geodetic_from_enu(0.0, 0.0, 100.0, latitude, 0.2, 30.0)
    assert north[0] - latitude == pytest.approx(100.0 / (meridian + 30.0), rel=1e-5)
    assert east[1] - 0.2 == pytest.approx(100.0 / ((normal + 30.0) * math.cos(latitude)), rel=1e-5)
    assert up == pytest.approx((latitude, 0.2, 130.0), abs=1e-8)


def test_white_error_has_the_stated_deviation():
    scene = make_scene([])
    history = make_history(scene, [(1.4, 0.0, 0.75)], [(0.0, 0.0, 0.0)], ticks=40)
    fixes = []
    for seed in range(300):
        frame = GnssSensor("gnss", _spec(white_std=0.3), scene, seed).capture(history, NO_SIGNALS)
        fixes.append(frame.channels["position"] - (1.0, 0.0, 1.5))
    assert np.std(fixes) == pytest.approx(0.3, rel=0.1)


def test_drift_is_stationary_and_forgets_in_its_correlation_time():
    count, interval, time = 40_000, 0.2, 3.0
    drift, path = np.zeros(3), np.zeros((count, 3))
    for k in range(count):
        drift_step(np.uint64(9), k, interval, 1.5, time, drift)
        path[k] = drift
    lag = round(time / interval)
    correlation = np.mean(path[lag:] * path[:-lag]) / np.mean(path * path)
    assert path.std() == pytest.approx(1.5, rel=0.05)
    assert correlation == pytest.approx(math.exp(-1.0), abs=0.05)


def test_under_a_roof_there_is_no_fix():
    for weather, fix in ((CLEAR, True), (hall_weather(CLEAR), False)):
        scene = make_scene([], weather=weather)
        history = make_history(scene, [(1.4, 0.0, 0.75)], [(0.0, 0.0, 0.0)])
        channels = GnssSensor("gnss", _spec(), scene, 1).capture(history, NO_SIGNALS).channels
        assert channels["fix"] == fix
        for name in ("position", "geodetic"):
            assert np.isfinite(channels[name]).all() == fix
