"""The signal heads in a camera's frames."""

import numpy as np
import pytest

from simengine.core.semantics import Semantic
from simengine.labels.signals import SignalLabels
from simengine.road.network.network import SignalColor
from simengine.sensors.base.sensor import Frame
from tests.sensors.camera_scene import street_scene, weather

SCENE = street_scene(weather())
HEAD = int(SCENE.static_instance[SCENE.signal_mesh[0]])
EYE = np.array([0.0, 0.0, 1.4])


def frame_of(semantic, instance, eye=EYE):
    pose = np.eye(4)
    pose[:3, 3] = eye
    return Frame("camera", 0, 0, pose, {"semantic": semantic, "instance": instance})


def images():
    semantic, instance = np.full((40, 60), Semantic.ROAD, np.uint8), np.zeros((40, 60), np.uint16)
    semantic[5:12, 30:34], instance[5:12, 30:34] = Semantic.TRAFFIC_LIGHT, HEAD
    semantic[12:30, 31], instance[12:30, 31] = Semantic.POLE, HEAD
    return semantic, instance


def label(frame, heading=np.pi, color=SignalColor.RED_AMBER):
    return SignalLabels(SCENE, np.array([heading]))(frame, np.array([color], np.int32))


def test_the_box_is_around_the_housing_and_not_the_post():
    seen = label(frame_of(*images()))
    assert seen.instance.tolist() == [HEAD] and seen.signal.tolist() == [0]
    assert seen.visible.tolist() == [[30.0, 5.0, 34.0, 12.0]] and seen.visible_pixels.tolist() == [28]
    assert seen.color.tolist() == ["red_amber"]
    assert seen.distance[0] == pytest.approx(np.linalg.norm(np.subtract((12.0, -4.5, 3.4 - 0.58), EYE)), abs=0.2)


def test_a_head_seen_from_behind_does_not_face_the_camera():
    assert label(frame_of(*images())).facing.tolist() == [True]
    assert label(frame_of(*images(), eye=np.array([30.0, 0.0, 1.4]))).facing.tolist() == [False]


def test_a_head_of_which_only_the_post_is_seen_is_not_labeled():
    semantic, instance = images()
    semantic[5:12, 30:34] = Semantic.POLE
    assert all(len(column) == 0 for column in label(frame_of(semantic, instance)))


def test_other_things_of_the_class_are_no_signal():
    semantic, instance = images()
    instance[5:12, 30:34] = HEAD + 7
    assert all(len(column) == 0 for column in label(frame_of(semantic, instance)))


def test_a_head_past_the_last_instance_id_claims_no_pixels_of_other_heads():
    semantic, instance = images()
    instance[:] = 0
    scene = SCENE._replace(static_instance=np.zeros_like(SCENE.static_instance))
    seen = SignalLabels(scene, np.array([np.pi]))(frame_of(semantic, instance), np.array([SignalColor.RED], np.int32))
    assert all(len(column) == 0 for column in seen)
