"""Prints the digests of what a camera records; run by `test_cpu_targets` under other processor targets."""

import hashlib
import math

import numpy as np

from simengine.road.network import SignalColor
from simengine.sensors.camera import CameraSensor, camera_axes, camera_from_pose
from simengine.sensors.extent import measure_extents
from simengine.sensors.mount import sensor_pose
from simengine.sensors.scene import flatten_scene, pose_parts
from tests.sensors.camera_scene import camera_spec, still_history, street_scene, weather


def digest(arrays) -> str:
    """Hash arrays by their bytes."""
    state = hashlib.sha256()
    for array in arrays:
        state.update(np.ascontiguousarray(array).tobytes())
    return state.hexdigest()[:16]


def camera_digests() -> dict[str, str]:
    """Take a picture by day, in rain, with every layer, and measure its actors."""
    scene = street_scene(weather(rain_rate=5.0, wetness=0.6, optical_range=400.0))
    arrays, history = flatten_scene(scene), still_history(scene, speed=3.0)
    spec = camera_spec(noise=True, layers=("normal", "flow"))
    sensor = CameraSensor("front", spec, scene, arrays, 3)
    poses = history.poses_at(0)
    pose = sensor_pose(scene.actors, poses, spec.mount)
    sensor.capture(history, np.array([SignalColor.RED], np.int32))
    sensor.index = 0  # the same instant again: flow without motion
    frame = sensor.capture(history, np.array([SignalColor.RED], np.int32))
    world_from_part, present = pose_parts(arrays, scene.actors, poses, scene.origin)
    view = camera_from_pose(camera_axes(pose), pose[:3, 3].copy())
    extents = measure_extents(
        arrays, world_from_part, present & (arrays.part_actor != 0), view, sensor.intrinsics,
        frame.channels["instance"], len(scene.actor_mesh),
    )
    assert math.isfinite(float(np.abs(frame.channels["flow"]).max()))
    return {**{name: digest([array]) for name, array in frame.channels.items()}, "extents": digest(extents)}


if __name__ == "__main__":
    for name, value in camera_digests().items():
        print(name, value)
