"""Boxes against projections worked out in closed form."""

import math

import numpy as np
import pytest

from simengine.core.state import EGO
from simengine.labels.annotate import annotate
from simengine.sensors.base.sensor import Frame
from simengine.sensors.raster.pinhole import intrinsics_of_fov
from simengine.sensors.raster.visibility_buffer import draw_visibility
from simengine.sensors.scene.scene_arrays import flatten_scene, pose_parts
from tests.sensors.lidar_scene import CLEAR, make_history, make_scene

WIDTH, HEIGHT, HALF_VIEW = 160, 90, 40.0
FOCAL = 0.5 * WIDTH / math.tan(math.radians(HALF_VIEW))


def _frame(scene, poses, eye):
    """Draw a camera at `eye` that looks along the world's x axis, without the ego that carries it."""
    arrays = flatten_scene(scene)
    world_from_part, present = pose_parts(arrays, scene.actors, poses, scene.origin)
    optical = np.array([[0.0, -1.0, 0.0, eye[1]], [0.0, 0.0, -1.0, eye[2]], [1.0, 0.0, 0.0, -eye[0]]])
    camera = intrinsics_of_fov(WIDTH, HEIGHT, math.radians(2.0 * HALF_VIEW))
    seen = draw_visibility(arrays, world_from_part, present & (arrays.part_actor != EGO), optical, camera)
    instance = np.where(seen.triangle >= 0, arrays.part_instance[arrays.part[seen.triangle]], 0).astype(np.uint16)
    pose = np.eye(4)
    pose[:3, 3] = eye
    matrix = np.array([[camera.fx, 0.0, camera.cx], [0.0, camera.fy, camera.cy], [0.0, 0.0, 1.0]])
    return Frame("camera", 0, 0, pose, {"intrinsics": matrix, "instance": instance})


def _label(sizes, places, weather=CLEAR, eye=(0.0, 0.0, 1.5)):
    scene = make_scene(sizes, ground=False)
    history = make_history(scene, [(0.0, 0.0, 0.75), *places], [(0.0, 0.0, 0.0)] * (1 + len(places)))
    poses = history.poses_at(0)
    return annotate(_frame(scene, poses, eye), scene, flatten_scene(scene), poses, weather)


def test_image_box_is_the_projection_of_the_near_face():
    boxes = _label([(4.0, 2.0, 1.6)], [(22.0, 1.0, 1.5)]).boxes_2d
    near = 20.0
    expected = [
        0.5 * WIDTH - FOCAL * 2.0 / near,
        0.5 * HEIGHT - FOCAL * 0.8 / near,
        0.5 * WIDTH - FOCAL * 0.0 / near,
        0.5 * HEIGHT + FOCAL * 0.8 / near,
    ]
    assert boxes.instance.tolist() == [2]
    assert boxes.unclipped[0] == pytest.approx(expected, abs=1e-3)
    assert boxes.visible[0] == pytest.approx(expected, abs=0.5 + 1e-6)
    assert boxes.amodal[0].tolist() == boxes.visible[0].tolist()
    area = FOCAL * 2.0 / near * FOCAL * 1.6 / near
    assert boxes.visible_pixels[0] == pytest.approx(area, rel=0.15)
    assert (boxes.occlusion[0], boxes.truncation[0], boxes.occluder[0]) == (0.0, 0.0, 0)
    assert boxes.distance[0] == pytest.approx(math.hypot(22.0, 1.0))


def test_half_hidden_box_names_who_hides_it():
    sizes, places = [(1.0, 4.0, 4.0), (1.0, 2.0, 4.0)], [(20.5, 0.0, 1.5), (10.5, 1.0, 1.5)]
    boxes = _label(sizes, places).boxes_2d
    assert boxes.instance.tolist() == [2, 3]
    assert boxes.occlusion[0] == pytest.approx(0.5, abs=0.06)  # the nearer covers its left half and more above, below
    assert boxes.occluder.tolist() == [3, 0]
    assert boxes.visible[0][0] == pytest.approx(0.5 * WIDTH, abs=1.0)
    assert boxes.amodal[0][0] == pytest.approx(0.5 * WIDTH - FOCAL * 2.0 / 20.0, abs=0.5 + 1e-6)


def test_wholly_hidden_box_is_still_listed():
    boxes = _label([(1.0, 1.0, 1.0), (1.0, 4.0, 4.0)], [(30.5, 0.0, 1.5), (10.5, 0.0, 1.5)]).boxes_2d
    assert boxes.instance.tolist() == [2, 3]
    assert boxes.visible_pixels[0] == 0 < boxes.amodal_pixels[0]
    assert boxes.occlusion[0] == 1.0
    assert boxes.visible[0].tolist() == [0.0, 0.0, 0.0, 0.0]


def test_box_across_the_image_border_is_truncated_by_its_share_outside():
    border = math.tan(math.radians(HALF_VIEW))
    edge = 20.0 * border
    inner, outer = (edge - 2.0) / 20.5, (edge + 2.0) / 20.0  # of the far and the near face
    boxes = _label([(0.5, 4.0, 2.0)], [(20.25, edge, 1.5)]).boxes_2d
    assert boxes.truncation[0] == pytest.approx((outer - border) / (outer - inner), abs=1e-3)
    assert boxes.amodal[0][0] == 0.0 > boxes.unclipped[0][0]


def test_actor_out_of_view_has_a_world_box_only():
    annotation = _label([(4.0, 2.0, 1.6), (4.0, 2.0, 1.6)], [(20.0, 0.0, 0.8), (-20.0, 0.0, 0.8)])
    assert annotation.boxes_2d.instance.tolist() == [2]
    assert annotation.boxes_3d.instance.tolist() == [1, 2, 3]
    assert annotation.boxes_3d.visible_pixels.tolist()[::2] == [0, 0]
    assert annotation.boxes_3d.visible_pixels[1] == annotation.boxes_2d.visible_pixels[0] > 0


def test_truth_does_not_fade_but_transmittance_tells():
    clear, hazy = (
        _label([(4.0, 2.0, 1.6)], [(42.0, 0.0, 1.5)], weather=CLEAR._replace(optical_range=r)) for r in (20_000.0, 42.0)
    )
    assert (clear.boxes_2d.visible == hazy.boxes_2d.visible).all()
    assert (clear.boxes_3d.position == hazy.boxes_3d.position).all()
    assert hazy.boxes_3d.transmittance[1] == pytest.approx(0.05, rel=1e-3)
    assert clear.boxes_3d.transmittance[1] > 0.99
