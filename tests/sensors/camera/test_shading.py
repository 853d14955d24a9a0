"""Shading: what is drawn straight between the knots of a run is what every pixel would have given."""

import numpy as np
import pytest

from simengine.core.state import Light
from simengine.road.network.network import SignalColor
from simengine.sensors.base.mount import sensor_pose
from simengine.sensors.camera import camera as camera_module
from simengine.sensors.camera.camera import CameraSensor
from simengine.sensors.raster.pixel_planes import find_runs, knot_step
from simengine.sensors.scene.scene_arrays import flatten_scene
from tests.sensors.camera_scene import NIGHT, camera_spec, still_history, street_scene, weather

RED = np.array([SignalColor.RED], np.int32)


@pytest.mark.parametrize(
    "sky",
    [
        weather(),
        weather(**NIGHT, rain_rate=20.0, wetness=0.8),
        weather(cloud=1.0, ice=0.5),
    ],
    ids=["day", "night rain", "ice"],
)
def test_knots_give_what_every_pixel_gives(sky, monkeypatch):
    scene = street_scene(sky)
    spec = camera_spec(width=640, height=360, horizontal_fov_deg=53.2)  # a focal length of 640 pixels: 4 to a knot
    poses = still_history(scene, lights=int(Light.HEAD | Light.BRAKE)).poses_at(0)
    images = []
    for every_pixel in (False, True):
        if every_pixel:
            monkeypatch.setattr(camera_module, "knot_step", lambda focal: 1)
        sensor = CameraSensor("front", spec, scene, flatten_scene(scene), 3)
        pose = sensor_pose(scene.actors, poses, spec.mount)
        images.append(sensor.render(poses, pose, RED).radiance.astype(float))
    drawn, exact = images
    floor = 0.02 * np.median(exact)  # darker than this is black in the picture
    error = np.abs(drawn - exact).max(axis=2) / (exact.max(axis=2) + floor)
    assert knot_step(640.0) == 4
    assert error.mean() < 2e-3
    assert (error > 0.05).mean() < 2e-3
    assert not np.array_equal(drawn, exact)


def test_runs_cover_a_row_and_change_where_the_triangle_does():
    shown = np.array([3, 3, -1, -1, -1, 7, 3, 3], np.int32)
    run = np.zeros(9, np.int32)
    count = find_runs(shown, 8, run)
    assert run[: count + 1].tolist() == [0, 2, 5, 6, 8]


def test_knots_lie_as_close_as_the_picture_is_coarse():
    assert [knot_step(focal) for focal in (100.0, 320.0, 640.0, 2000.0)] == [1, 2, 4, 4]
