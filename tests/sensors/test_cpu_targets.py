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
    from simengine.sensors.lidar import LidarSensor
    from simengine.sensors.scene import flatten_scene
    from tests.sensors.lidar_scene import CLEAR, lidar_spec, make_history, make_scene

    sizes = [(4.0, 2.0, 1.5), (0.6, 30.0, 6.0), (3.0, 1.0, 2.0)]
    scene = make_scene(sizes, CLEAR._replace(rain_rate=20.0, wetness=0.7))
    history = make_history(
        scene, [(1.4, 0.0, 0.75), (11.0, 3.0, 0.75), (40.0, 2.0, 3.0), (-9.0, -7.0, 1.0)],
        [(12.0, 1.0, 0.0), (9.0, -2.0, 0.0), (0.0, 0.0, 0.0), (-3.0, 7.0, 0.0)], yaws=[0.1, 2.0, 0.3, 0.7],
        yaw_rates=[0.4, -0.8, 0.0, 1.5],
    )
    sensor = LidarSensor("lidar", lidar_spec(noise_std=0.02), scene, flatten_scene(scene), 5)
    channels = sensor.capture(history, np.zeros(0, np.int32)).channels
    assert len(channels["points"]) > 2000
    return [channels[name] for name in sorted(channels)]


SUBJECTS = {"lidar": _lidar}


def _digests() -> dict[str, str]:
    from tests.sensors.cpu_target_scene import camera_digests

    digests = {
        name: hashlib.sha256(b"".join(array.tobytes() for array in subject())).hexdigest()
        for name, subject in SUBJECTS.items()
    }
    return {**digests, **camera_digests()}


def _digests_under(changes: dict[str, str]) -> dict[str, str]:
    from tools.checks.determinism import environment

    done = subprocess.run(
        [sys.executable, "-m", "tests.sensors.test_cpu_targets"], env=environment(changes), capture_output=True,
        text=True, check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def native() -> dict[str, str]:
    digests = _digests_under({})
    assert len(set(digests.values())) == len(digests) > 2
    return digests


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
