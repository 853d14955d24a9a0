"""The rigs that come with the package: they compose, and the one like nuScenes' sees all around at its keyframes."""

from pathlib import Path

import pytest

from simengine.behavior.traffic.inflow import OUT_LEAST
from simengine.core.errors import ConfigError
from simengine.scenario.compose import compose
from simengine.scenario.sampling import concretize
from simengine.scenario.spec import ConcreteScenario

RIGS = sorted(path.stem for path in (Path(__file__).parents[2] / "conf" / "sensors").glob("*.yaml"))


def with_rig(name: str) -> ConcreteScenario:
    return concretize(compose("config", (f"sensors={name}",)), 1)


@pytest.mark.parametrize("rig", RIGS)
def test_every_rig_composes(rig):
    assert (len(with_rig(rig).sensors) > 0) == (rig != "none")


def test_a_sweep_is_no_longer_than_a_place_in_traffic_stays_empty():
    with pytest.raises(ConfigError, match=r"sensors\.lidar_top\.rate_hz"):
        concretize(compose("config", ("sensors=camera_lidar", "sensors.lidar_top.rate_hz=0.9")), 1)
    rig = concretize(compose("config", ("sensors=camera_lidar", "sensors.lidar_top.rate_hz=1.0")), 1)
    assert 1.0 / rig.sensors["lidar_top"].rate_hz <= OUT_LEAST


def test_the_rig_like_nuscenes_sees_all_around():
    cameras = [spec for spec in with_rig("nuscenes").sensors.values() if spec.kind == "camera"]
    assert len(cameras) == 6
    assert all((camera.width, camera.height, camera.rate_hz) == (1600, 900, 2.0) for camera in cameras)
    for direction in range(360):
        off = [abs((direction - camera.mount.yaw_deg + 180.0) % 360.0 - 180.0) for camera in cameras]
        assert any(angle < 0.5 * camera.horizontal_fov_deg for angle, camera in zip(off, cameras, strict=True))


def test_cameras_of_the_rig_like_nuscenes_fire_when_the_lidar_looks_their_way():
    sensors = with_rig("nuscenes").sensors
    lidar = sensors["lidar_top"]
    for camera in sensors.values():
        if camera.kind == "camera":
            turns = (camera.phase - lidar.phase) * lidar.rate_hz
            looks = 180.0 - 360.0 * turns  # clockwise from the rear
            assert abs((looks - camera.mount.yaw_deg + 180.0) % 360.0 - 180.0) < 1.0
            assert 0.45 < camera.phase <= 0.5
