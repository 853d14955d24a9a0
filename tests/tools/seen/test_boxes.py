"""Boxes that contradict masks, depths or points are seen."""

import numpy as np
import pytest

from simengine.labels.annotation import Annotation, Boxes2d
from simengine.sensors.base.sensor import Frame
from tests.simulation import episode_fixtures as drawn
from tools.checks.seen.boxes import check_depths, check_masks, check_points


@pytest.fixture
def camera():
    """A frame with two actors whose boxes are those of their pixels; the second hides a part of the first."""
    instance = np.zeros((8, 12), np.uint16)
    instance[2:5, 1:6], instance[3:8, 4:9] = 2, 3
    frame = Frame("camera", 0, 0, np.eye(4), {"instance": instance})
    boxes = Boxes2d(
        instance=np.array([2, 3, 4]), semantic=np.full(3, 1, np.uint8),
        visible=np.array([[1, 2, 6, 5], [4, 3, 9, 8], [0, 0, 0, 0]], np.float32),
        amodal=np.array([[1, 2, 6, 5], [4, 3, 9, 8], [5, 3, 7, 5]], np.float32), unclipped=np.zeros((3, 4), np.float32),
        visible_pixels=np.array([11, 25, 0]), amodal_pixels=np.array([15, 25, 4]), occlusion=np.zeros(3),
        truncation=np.zeros(3), occluder=np.zeros(3, np.int32), distance=np.zeros(3),
    )  # fmt: skip
    return frame, Annotation("camera", 0, 0, None, boxes)


def wrong(camera):
    return check_masks(*camera, 5).wrong


def test_boxes_that_their_masks_say_are_right(camera):
    assert check_masks(*camera, 5).boxes == 3 and wrong(camera) == 0


@pytest.mark.parametrize(
    ("field", "row", "value"),
    [("visible", 0, [1, 2, 5, 5]), ("visible", 2, [5, 3, 6, 4]), ("visible_pixels", 1, 24), ("amodal", 1, [5, 3, 9, 8]),
     ("amodal_pixels", 1, 20)],
)  # fmt: skip
def test_a_box_that_says_otherwise_is_wrong(camera, field, row, value):
    getattr(camera[1].boxes_2d, field)[row] = value
    assert wrong(camera) == 1


def test_an_actor_without_a_box_is_wrong(camera):
    frame, labels = camera
    fewer = labels.boxes_2d._replace(**{name: value[1:] for name, value in labels.boxes_2d._asdict().items()})
    assert wrong((frame, labels._replace(boxes_2d=fewer))) == 1


def test_points_of_a_vehicle_lie_in_its_box_until_it_is_moved():
    frame, labels = drawn.lidar_frame(0, 0, drawn.state_at(0, 0.0))
    found = check_points(frame, labels, 0.0)
    assert found.measured > 100 and found.outside == 0 and found.wrong == 0
    labels.boxes_3d.position[1, 0] += 1.0
    labels.boxes_3d.lidar_hits[1] += 1
    moved = check_points(frame, labels, 0.0)
    assert moved.outside > 0.1 * found.measured and moved.wrong == 1
    # What it may have moved while the sweep lasted is allowed.
    assert check_points(frame, labels, 0.2).outside == 0


def test_pixels_of_a_vehicle_lie_in_its_box_until_their_depth_is_wrong():
    frame, labels = drawn.camera_frame(0, 0, drawn.state_at(0, 0.0))
    found = check_depths(frame, labels)
    assert found.measured > 100
    frame.channels["depth"] = frame.channels["depth"] + np.float32(20.0)
    assert check_depths(frame, labels).outside == found.measured
