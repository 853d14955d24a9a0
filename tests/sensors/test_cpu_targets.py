"""What a sensor records has the same bits on any processor: compiled for this one, for any x86-64, and without AVX-512.

The file is also the program that each process runs; it prints a digest of every subject.
"""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest


def _lidar() -> list[np.ndarray]:
    """Sweep in rain while the ego and two cars turn and drive, before a wall and boxes."""
    from simengine.scenario.spec import Mount
    from simengine.sensors.lidar.lidar import LidarSensor
    from simengine.sensors.scene.scene_arrays import flatten_scene
    from tests.sensors.lidar_scene import CLEAR, lidar_spec, make_history, make_scene

    sizes = [(4.0, 2.0, 1.5), (0.6, 30.0, 6.0), (3.0, 1.0, 2.0)]
    scene = make_scene(sizes, CLEAR._replace(rain_rate=20.0, wetness=0.7))
    history = make_history(
        scene,
        [(1.4, 0.0, 0.75), (11.0, 3.0, 0.75), (40.0, 2.0, 3.0), (-9.0, -7.0, 1.0)],
        [(12.0, 1.0, 0.0), (9.0, -2.0, 0.0), (0.0, 0.0, 0.0), (-3.0, 7.0, 0.0)],
        yaws=[0.1, 2.0, 0.3, 0.7],
        yaw_rates=[0.4, -0.8, 0.0, 1.5],
    )
    high = Mount(position=(0.0, 0.0, 3.5), roll_deg=0.0, pitch_deg=0.0, yaw_deg=0.0)  # sees over the own body
    sensor = LidarSensor("lidar", lidar_spec(noise_std=0.02, mount=high), scene, flatten_scene(scene), 5)
    channels = sensor.capture(history, np.zeros(0, np.int32)).channels
    assert len(channels["points"]) > 2000
    return [channels[name] for name in sorted(channels)]


def _camera() -> list[np.ndarray]:
    """Take a picture in rain with every layer, from a little farther on than before, and measure its actors."""
    from simengine.core.space.transforms import optical_from_world, world_from_optical
    from simengine.road.network.network import SignalColor
    from simengine.sensors.camera.camera import CameraSensor
    from simengine.sensors.raster.visible_extents import measure_extents
    from simengine.sensors.scene.scene_arrays import flatten_scene, pose_parts
    from tests.sensors.camera_scene import ACTORS, camera_spec, still_history, street_scene, weather

    scene = street_scene(weather(rain_rate=5.0, wetness=0.6, optical_range=400.0))
    arrays = flatten_scene(scene)
    sensor = CameraSensor("front", camera_spec(noise=True, layers=("normal", "flow")), scene, arrays, 3)
    red = np.array([SignalColor.RED], np.int32)
    sensor.capture(still_history(scene, (("sedan", 1.0, 0.1, 0.02), *ACTORS[1:])), red)
    sensor.index = 0  # still at the first instant
    history = still_history(scene, speed=3.0)
    frame = sensor.capture(history, red)
    world_from_part, present = pose_parts(arrays, scene.actors, history.poses_at(0), scene.origin)
    view = optical_from_world(world_from_optical(frame.world_from_sensor), frame.world_from_sensor[:3, 3].copy())
    extents = measure_extents(
        arrays,
        world_from_part,
        present & (arrays.part_actor != 0),
        view,
        sensor.intrinsics,
        frame.channels["instance"],
        len(scene.actor_mesh),
    )
    assert np.nanmax(np.abs(frame.channels["flow"])) > 1.0 and extents.amodal_pixels.max() > 100
    return [*(frame.channels[name] for name in sorted(frame.channels)), *extents]


SUBJECTS = {"lidar": _lidar, "camera": _camera}


def _digests() -> dict[str, str]:
    return {
        name: hashlib.sha256(b"".join(array.tobytes() for array in subject())).hexdigest()
        for name, subject in SUBJECTS.items()
    }


def _digests_under(changes: dict[str, str]) -> dict[str, str]:
    from tools.checks.determinism import environment

    done = subprocess.run(
        [sys.executable, "-m", "tests.sensors.test_cpu_targets"],
        env=environment(changes),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def native() -> dict[str, str]:
    return _digests_under({})


def test_code_for_any_x86_64_gives_the_same_bits(native):
    assert _digests_under({"NUMBA_CPU_NAME": "generic"}) == native


def test_numpy_without_avx512_gives_the_same_bits(native):
    from tools.checks.determinism import wide_instructions

    wide = wide_instructions()
    if not wide:
        pytest.skip("this processor has no AVX-512 to do without")
    assert _digests_under({"NPY_DISABLE_CPU_FEATURES": " ".join(wide)}) == native


if __name__ == "__main__":
    print(json.dumps(_digests()))
