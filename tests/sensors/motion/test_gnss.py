"""The satellite receiver against geodesy and the statistics of its errors."""

import math

import numpy as np
import pytest

from simengine.core.errors import ScenarioError
from simengine.core.weather import hall_weather
from simengine.road.files.datum import local_datum, make_locator, projected_datum
from simengine.scenario.spec import GnssSpec, Mount
from simengine.sensors.motion.gnss import GnssSensor, drift_step
from tests.sensors.lidar_scene import CLEAR, make_history, make_scene

NO_SIGNALS = np.zeros(0, np.int32)
MOUNT = Mount(position=(1.0, 0.0, 1.5), roll_deg=0.0, pitch_deg=0.0, yaw_deg=0.0)


def _spec(**changes):
    settings = {"white_std": 0.0, "drift_std": 0.0, "drift_time": 30.0, **changes}
    return GnssSpec(kind="gnss", mount=MOUNT, rate_hz=5.0, phase=0.0, **settings)


def _scene():
    return make_scene([])._replace(datum=local_datum(57.7, 12.0, 0.0, np.array([[0.0, 0.0], [100.0, 100.0]])))


def test_without_errors_it_gives_the_antenna_position():
    scene = _scene()
    history = make_history(scene, [(10.0, 5.0, 0.75)], [(20.0, 0.0, 0.0)])
    sensor = GnssSensor("gnss", _spec(), scene, 1)
    sensor.capture(history, NO_SIGNALS)
    frame = sensor.capture(history, NO_SIGNALS)
    assert frame.time_ns == 200_000_000
    assert frame.channels["position"] == pytest.approx([10.0 - 1.4 + 1.0 + 4.0, 5.0, 1.5])


def test_fixes_of_one_map_do_not_depend_on_where_the_episode_starts():
    datum, _ = projected_datum("+proj=utm +zone=32 +datum=WGS84")
    locate, place = make_locator(datum), (680_000.0, 4_180_000.0, 12.0)
    for away in (0.0, 300.0):
        origin = (place[0] + away, place[1] - away, 0.0)
        scene = make_scene([], origin=origin)._replace(datum=datum)
        history = make_history(scene, [(place[0] + 0.4, place[1], place[2] - 0.75)], [(0.0, 0.0, 0.0)])
        frame = GnssSensor("gnss", _spec(), scene, 1).capture(history, NO_SIGNALS)
        assert frame.channels["geodetic"].tolist() == list(locate(*place))


def test_a_scene_without_a_datum_has_no_receiver():
    with pytest.raises(ScenarioError, match="sensors.gnss: the scene has no datum"):
        GnssSensor("gnss", _spec(), make_scene([]), 1)


def test_white_error_has_the_stated_deviation():
    scene = _scene()
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
        scene = make_scene([], weather=weather)._replace(datum=_scene().datum)
        history = make_history(scene, [(1.4, 0.0, 0.75)], [(0.0, 0.0, 0.0)])
        channels = GnssSensor("gnss", _spec(), scene, 1).capture(history, NO_SIGNALS).channels
        assert channels["fix"] == fix
        for name in ("position", "geodetic"):
            assert np.isfinite(channels[name]).all() == fix


def test_where_the_projection_ends_there_is_no_fix():
    datum, _ = projected_datum("+proj=utm +zone=32 +datum=WGS84")
    for x, held in ((680_000.0, True), (1e12, False)):
        scene = make_scene([], origin=(x, 4_180_000.0, 0.0))._replace(datum=datum)
        history = make_history(scene, [(x, 4_180_000.0, 0.75)], [(0.0, 0.0, 0.0)])
        channels = GnssSensor("gnss", _spec(), scene, 1).capture(history, NO_SIGNALS).channels
        assert bool(channels["fix"]) == held and channels["fix"].shape == ()
        assert np.isfinite(channels["geodetic"]).all() == np.isfinite(channels["position"]).all() == held
