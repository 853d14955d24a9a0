"""Labels of whole frames and of whole episodes, from the sensors' own output."""

import numpy as np
import pytest

from simengine.core.state import Mobility
from simengine.labels.annotate import Annotator
from simengine.labels.hazards import HazardOnset
from simengine.physics.backend import Contact
from simengine.road.build import LaneDraft, build_network
from simengine.sensors.base import Frame
from simengine.sensors.lidar import LidarSensor
from simengine.sensors.scene import flatten_scene
from tests.sensors.lidar_scene import CLEAR, RATE_HZ, lidar_spec, make_history, make_scene

NETWORK = build_network([
    LaneDraft("only", np.array([[0.0, 0.0, 0.0], [200.0, 0.0, 0.0]]), np.full(2, 3.5), np.zeros(2)),
])
PLACES = [(1.4, 0.0, 0.75), (15.0, 0.0, 1.0), (30.0, 0.0, 1.0)]


def _annotator(scene, weather=CLEAR):
    return Annotator(scene.actors, weather, scene, flatten_scene(scene), NETWORK, RATE_HZ)


def test_scan_is_labelled_with_received_and_expected_hits():
    foggy = CLEAR._replace(optical_range=60.0)
    scene = make_scene([(4.0, 2.0, 2.0), (4.0, 6.0, 6.0)], weather=foggy)
    history = make_history(scene, PLACES, [(0.0, 0.0, 0.0)] * 3)
    frame = LidarSensor("lidar", lidar_spec(), scene, flatten_scene(scene), 1).capture(history, np.zeros(0, np.int32))
    annotation = _annotator(scene, foggy).annotate(frame, history)
    boxes = annotation.boxes_3d
    assert annotation.boxes_2d is None
    assert boxes.instance.tolist() == [1, 2, 3]
    assert boxes.lidar_hits.tolist() == [int((frame.channels["instance"] == i).sum()) for i in (1, 2, 3)]
    assert boxes.lidar_hits[0] == boxes.expected_hits[0] == 0
    assert boxes.lidar_hits[1] == boxes.expected_hits[1] > 0
    assert boxes.lidar_hits[2] < boxes.expected_hits[2]
    assert boxes.transmittance[2] < boxes.transmittance[1] < 1.0
    assert boxes.distance[1] == pytest.approx(np.linalg.norm(np.subtract(PLACES[1], (0.0, 0.0, 1.8))))


def test_frames_without_masks_or_points_have_no_labels():
    scene = make_scene([])
    history = make_history(scene, PLACES[:1], [(0.0, 0.0, 0.0)])
    frame = Frame("imu", 0, 0, np.eye(4), {"specific_force": np.zeros(3)})
    assert _annotator(scene).annotate(frame, history) is None
    assert Annotator(scene.actors, CLEAR, None, None, NETWORK, RATE_HZ).annotate(frame, history) is None


def test_absent_actor_has_no_box():
    scene = make_scene([(4.0, 2.0, 2.0), (4.0, 2.0, 2.0)])
    history = make_history(scene, PLACES, [(0.0, 0.0, 0.0)] * 3)
    for tick in range(31):
        history.at_tick(tick).valid[0, 1] = False
    frame = Frame("lidar", 0, 50_000_000, np.eye(4), {"points": np.zeros((1, 3)), "instance": np.array([3], np.int32)})
    boxes = _annotator(scene).annotate(frame, history).boxes_3d
    assert boxes.instance.tolist() == [1, 3]
    assert boxes.lidar_hits.tolist() == [0, 1]


def test_episode_ends_with_collisions_hazards_and_manoeuvres():
    scene = make_scene([(4.0, 2.0, 2.0)])
    scene.actors.mobility[:] = Mobility.WHEELED
    history = make_history(scene, PLACES[:2], [(10.0, 0.0, 0.0), (0.0, 0.0, 0.0)], ticks=240)
    annotator = _annotator(scene)
    onset = HazardOnset("stalls", 1, 500_000_000)
    for tick in range(12, 241, 12):
        touch = [Contact(0, tick, 0, 1, (13.0, 0.0, 0.5), (-1.0, 0.0, 0.0), 50.0, 10.0)] if tick == 120 else []
        annotator.update(tick * 1_000_000_000 // RATE_HZ, history.at_tick(tick), touch, [onset] if tick >= 60 else [])
    collisions, intervals = annotator.finish(2_000_000_000)
    assert [(c.actor, c.other, c.start_ns) for c in collisions] == [(0, 1, 1_000_000_000)]
    (hazard,) = [interval for interval in intervals if interval.name == "hazard:stalls"]
    assert (hazard.start_ns, hazard.response_ns) == (500_000_000, -1)
    assert hazard.end_ns == pytest.approx((15.0 - 1.4 + 4.0) / 10.0 * 1e9, abs=1.1e8)
    assert intervals == sorted(intervals, key=lambda interval: interval.start_ns)


def test_episode_without_steps_has_nothing_to_tell():
    assert _annotator(make_scene([])).finish(0) == ([], [])
