"""Sensors by kind: the built-in ones, those of packages, and the message for one that nobody knows."""

from importlib.metadata import EntryPoint

import numpy as np
import pytest

from simengine.core import plugins
from simengine.core.errors import ConfigError
from simengine.scenario.spec import ExtensionSpec, ImuSpec, OdometrySpec
from simengine.sensors import registry
from simengine.sensors.base.sensor import Frame, Sensor
from tests.sensors.lidar_scene import lidar_spec, make_history, make_scene

MOUNT = lidar_spec().mount
ODOMETRY = OdometrySpec(kind="odometry", mount=MOUNT, rate_hz=50.0, phase=0.0, ticks_per_turn=96, radius_error=0.0)
IMU = ImuSpec(
    kind="imu",
    mount=MOUNT,
    rate_hz=100.0,
    phase=0.0,
    gyro_noise=0.0,
    gyro_walk=0.0,
    accelerometer_noise=0.0,
    accelerometer_walk=0.0,
)


class Thermometer(Sensor):
    """A sensor as a package would bring it."""

    def __init__(self, name, spec, scene, seed):
        self.name, self.kind, self.offset = name, spec.kind, spec.offset

    def next_time_ns(self):
        return 0

    def span_ns(self):
        return 0

    def capture(self, history, signals):
        return Frame(self.name, 0, 0, np.eye(4), {"temperature": np.array(15.0 + self.offset)})


def not_a_sensor(name, spec, scene, seed):
    return "surprise"


def _install(monkeypatch, **points):
    found = [EntryPoint(name, value, "simengine.sensors") for name, value in points.items()]
    monkeypatch.setattr(plugins, "entry_points", lambda group: found if group == "simengine.sensors" else [])


def test_rig_is_built_by_kind_and_shares_the_flattened_scene(monkeypatch):
    scene, calls = make_scene([(4.0, 2.0, 2.0)]), []
    flatten = registry.flatten_scene
    monkeypatch.setattr(registry, "flatten_scene", lambda s: calls.append(s) or flatten(s))
    rig = registry.make_sensors({"top": lidar_spec(), "side": lidar_spec(), "imu": IMU, "wheels": ODOMETRY}, scene, 3)
    assert {name: sensor.kind for name, sensor in rig.items()} == {
        "top": "lidar",
        "side": "lidar",
        "imu": "imu",
        "wheels": "odometry",
    }
    assert len(calls) == 1
    history = make_history(scene, [(1.4, 0.0, 0.75), (12.0, 0.0, 1.0)], [(0.0, 0.0, 0.0)] * 2)
    for sensor in rig.values():
        assert sensor.capture(history, np.zeros(0, np.int32)).sensor == sensor.name


def test_package_adds_a_kind_with_its_own_settings(monkeypatch):
    _install(monkeypatch, thermometer=f"{__name__}:Thermometer")
    monkeypatch.setattr(EntryPoint, "load", lambda self: globals()[self.value.split(":")[1]])
    spec = ExtensionSpec(kind="thermometer", offset=2.0)
    sensor = registry.make_sensor("t", spec, make_scene([]), 0)
    assert sensor.capture(None, None).channels["temperature"] == 17.0


def test_unknown_kind_names_the_nearest_and_all_known(monkeypatch):
    _install(monkeypatch, thermometer="anything:Thermometer")
    with pytest.raises(ConfigError, match=r'sensors\.roof\.kind = lidat: no such sensor .*mean "lidar"\?.*thermo'):
        registry.make_sensor("roof", ExtensionSpec(kind="lidat"), make_scene([]), 0)


def test_maker_that_makes_no_sensor_is_refused(monkeypatch):
    _install(monkeypatch, odd=f"{__name__}:not_a_sensor")
    monkeypatch.setattr(EntryPoint, "load", lambda self: globals()[self.value.split(":")[1]])
    with pytest.raises(ConfigError, match=r"sensors\.o\.kind = odd: the package made no simengine Sensor"):
        registry.make_sensor("o", ExtensionSpec(kind="odd"), make_scene([]), 0)
