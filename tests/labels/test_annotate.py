"""Labels of whole frames and of whole episodes, from the sensors' own output."""

import numpy as np
import pytest

from simengine.core.errors import ScenarioError
from simengine.core.state import Behavior, Mobility, empty_state
from simengine.labels.annotate import Annotator
from simengine.labels.hazards import HazardOnset
from simengine.labels.tracks import tracks_of_states
from simengine.physics.backend import Contact
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.sensors.base.sensor import FIRST_STATIC, Frame
from simengine.sensors.lidar.lidar import LidarSensor
from simengine.sensors.scene.scene_arrays import flatten_scene
from tests.sensors.lidar_scene import CLEAR, RATE_HZ, lidar_spec, make_history, make_scene

NETWORK = build_network(
    [
        LaneDraft("only", np.array([[0.0, 0.0, 0.0], [200.0, 0.0, 0.0]]), np.full(2, 3.5), np.zeros(2)),
    ]
)
PLACES = [(1.4, 0.0, 0.75), (15.0, 0.0, 1.0), (30.0, 0.0, 1.0)]


def _annotator(scene, weather=CLEAR):
    return Annotator(scene.actors, weather, scene, flatten_scene(scene), NETWORK, RATE_HZ)


def test_scan_is_labeled_with_received_and_expected_hits():
    foggy = CLEAR._replace(optical_range=60.0)
    scene = make_scene([(4.0, 2.0, 2.0), (4.0, 6.0, 6.0)], weather=foggy)
    history = make_history(scene, PLACES, [(0.0, 0.0, 0.0)] * 3)
    frame = LidarSensor("lidar", lidar_spec(), scene, flatten_scene(scene), 1).capture(history, np.zeros(0, np.int32))
    _, annotation = _annotator(scene, foggy).annotate(frame, history)
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
    assert _annotator(scene).annotate(frame, history) == (frame, None)
    assert Annotator(scene.actors, CLEAR, None, None, NETWORK, RATE_HZ).annotate(frame, history) == (frame, None)


def test_absent_actor_has_no_box():
    scene = make_scene([(4.0, 2.0, 2.0), (4.0, 2.0, 2.0)])
    history = make_history(scene, PLACES, [(0.0, 0.0, 0.0)] * 3)
    for tick in range(31):
        history.at_tick(tick).valid[0, 1] = False
    frame = Frame("lidar", 0, 50_000_000, np.eye(4), {"points": np.zeros((1, 3)), "instance": np.array([3], np.int32)})
    boxes = _annotator(scene).annotate(frame, history)[1].boxes_3d
    assert boxes.instance.tolist() == [1, 3]
    assert boxes.lidar_hits.tolist() == [0, 1]


def test_labels_points_and_counts_go_by_id_not_by_slot():
    scene = make_scene([(4.0, 2.0, 2.0), (4.0, 2.0, 2.0)])
    history = make_history(scene, PLACES, [(0.0, 0.0, 0.0)] * 3)
    for tick in range(31):
        history.at_tick(tick).identity[0] = (0, 1, 7)
    channels = {
        "points": np.zeros((5, 3)),
        "instance": np.array([0, 3, 2, 3, FIRST_STATIC], np.int32),
        "expected_hits": np.array([[2, 1], [3, 9], [FIRST_STATIC, 4]], np.int32),
    }
    frame, labels = _annotator(scene).annotate(Frame("lidar", 0, 50_000_000, np.eye(4), channels), history)
    assert labels.boxes_3d.instance.tolist() == [1, 2, 8]
    assert labels.boxes_3d.lidar_hits.tolist() == [0, 1, 2] and labels.boxes_3d.expected_hits.tolist() == [0, 1, 9]
    assert frame.channels["instance"].tolist() == [0, 8, 2, 8, FIRST_STATIC]
    assert frame.channels["instance"].dtype == np.int32 and channels["instance"][1] == 3
    assert frame.channels["expected_hits"].tolist() == [[2, 1], [8, 9], [FIRST_STATIC, 4]]


def test_more_actors_than_there_are_instance_ids_are_refused():
    scene = make_scene([(4.0, 2.0, 2.0)])
    history = make_history(scene, PLACES[:2], [(0.0, 0.0, 0.0)] * 2)
    for tick in range(31):
        history.at_tick(tick).identity[0, 1] = FIRST_STATIC - 1
    frame = Frame("lidar", 0, 50_000_000, np.eye(4), {"points": np.zeros((1, 3)), "instance": np.array([2], np.int32)})
    with pytest.raises(ScenarioError, match="more than 9999 actors took part.*sensors=none"):
        _annotator(scene).annotate(frame, history)


def test_episode_ends_with_collisions_hazards_and_maneuvers():
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
    assert hazard.end_ns == 1_000_000_000  # with the collision, not once it has passed
    assert intervals == sorted(intervals, key=lambda interval: interval.start_ns)


def test_two_vehicles_in_one_slot_are_two_in_tracks_collisions_and_maneuvers():
    scene = make_scene([(4.0, 2.0, 2.0)])
    scene.actors.mobility[:], scene.actors.present[:] = Mobility.WHEELED, True
    scene.actors.behavior[:] = Behavior.TRAFFIC
    annotator, states, times = _annotator(scene), [], []
    for k in range(60):  # slot 1 is empty in between; whoever is in it is hit, then brakes to a standstill
        state = empty_state(1, 2)
        second, step = k >= 30, k % 30
        state.tick[0], state.valid[0], state.identity[0, 1] = 12 * k, (True, step > 0), 2 if second else 1
        state.position[0, 1, 0], state.velocity[0, 1, 0] = (500.0 if second else 20.0) + step, max(0.0, 6.0 - step)
        contact = Contact(0, 12 * k, 0, 1, (0.0, 0.0, 0.5), (-1.0, 0.0, 0.0), 50.0, 1.0)
        times.append(100_000_000 * k)
        states.append(state)
        annotator.update(times[-1], state, [contact] if step == 10 else [], [])
    tracks = tracks_of_states(times, states, scene.actors)
    assert tracks.valid.sum(axis=0).tolist() == [60, 29, 29] and tracks.size.shape == (3, 3)
    assert tracks.position[40, :, 0].tolist() == [0.0, 0.0, 510.0] and tracks.kind.tolist() == [0, 0, 0]
    collisions, intervals = annotator.finish(6_000_000_000)
    assert [(c.actor, c.other) for c in collisions] == [(0, 1), (0, 2)]
    braking = [(i.actor, i.start_ns) for i in intervals if i.name == "maneuver:braking"]
    assert [actor for actor, _ in braking] == [1, 2] and braking[0][1] < 3_000_000_000 < braking[1][1]


def test_episode_without_steps_has_nothing_to_tell():
    assert _annotator(make_scene([])).finish(0) == ([], [])
