"""A KITTI export, read back by the devkit's readme, says the same as the episode: boxes, projections, points, sets."""

import csv

import cv2
import numpy as np
import pytest

from simengine.core.errors import ConfigError
from simengine.core.semantics import SEMANTIC_OF_KIND, Semantic
from simengine.export.command import export as export_command
from simengine.export.kitti import export, kitti_type
from simengine.physics.vehicle.catalog import all_models
from simengine.simulation.dataset.index import EPISODES
from simengine.simulation.episode.episode import Episode
from simengine.simulation.episode.in_memory import MemoryRecorder
from tests.simulation import episode_fixtures as drawn
from tools.checks.seen.kitti import box_corners, compare_export, project, read_calibration, read_labels


def play(seed: int = 7, lidar: bool = True, name: str = "") -> Episode:
    recorder = MemoryRecorder(name or f"{seed:06d}", drawn.concrete(seed=seed), drawn.network(), drawn.actors(), {})
    for k in range(3):
        time_ns, state = k * drawn.PERIOD_NS, drawn.state_at(12 * k, 0.1 * k)
        recorder.append_state(time_ns, state, None)
        recorder.append_frame(*drawn.camera_frame(k, time_ns, state))
        if lidar:
            later = time_ns + 30_000_000  # the sweep ends after the image, while the ego moves on
            recorder.append_frame(*drawn.lidar_frame(k, later, drawn.state_at(12 * k + 4, later / 1e9)))
    recorder.finish(drawn.VERDICT, [], [], {})
    return recorder.episode()


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kitti") / "out"
    episodes = [play(seed) for seed in range(5)]
    report = export(episodes, folder, {})
    return folder, episodes, report


def test_every_frame_has_image_label_calibration_and_points(exported):
    folder, episodes, report = exported
    numbers = [f"{k:06d}" for k in range(15)]
    for name, suffix in (("image_2", "png"), ("label_2", "txt"), ("calib", "txt"), ("velodyne", "bin")):
        assert sorted(p.name for p in (folder / "training" / name).iterdir()) == [f"{n}.{suffix}" for n in numbers]
    assert report.written["frames"] == report.written["point clouds"] == 15
    image = cv2.imread(str(folder / "training/image_2/000001.png"))[..., ::-1]
    np.testing.assert_array_equal(image, episodes[0].frames("camera_front")[1].rgb)
    table = list(csv.DictReader((folder / "frames.csv").open()))
    assert table[4] == {
        "frame": "000004", "episode": "000001", "sensor": "camera_front", "index": "1", "time_ns": "100000000",
    }  # fmt: skip


def test_what_an_episode_is_called_is_no_formula_in_the_table(tmp_path):
    export([play(lidar=False, name="=1+1\x1b")], tmp_path / "out", {})
    table = list(csv.DictReader((tmp_path / "out" / "frames.csv").open()))
    assert {row["episode"] for row in table} == {"'=1+1\\x1b"} and table[1]["time_ns"].isdecimal()


def test_reading_back_finds_the_episodes_again_and_sees_what_moved(exported):
    folder, episodes, _ = exported
    assert all(row.good for row in compare_export(folder, episodes))
    moved = [play(seed) for seed in range(5)]
    moved[1].frames("camera_front")[0].boxes_3d.position[1, 0] += 0.002
    assert [row.good for row in compare_export(folder, moved)] == [True, False, True, True]


def test_projected_three_d_boxes_are_the_two_d_boxes(exported):
    folder, _, _ = exported
    checked = 0
    for k in range(15):
        p2 = read_calibration(folder / f"training/calib/{k:06d}.txt")["P2"]
        for label in read_labels(folder / f"training/label_2/{k:06d}.txt"):
            if label["type"] == "DontCare":
                continue
            pixels = project(box_corners(label), p2)
            expected = np.clip(np.r_[pixels.min(axis=0), pixels.max(axis=0)], 0, [319, 179] * 2)
            assert np.abs(label["bbox"] - expected).max() < 0.05
            checked += 1
    assert checked >= 45


def test_points_land_in_the_boxes_that_their_instance_has(exported):
    folder, episodes, _ = exported
    calibration = read_calibration(folder / "training/calib/000001.txt")
    points = np.fromfile(folder / "training/velodyne/000001.bin", np.float32).reshape(-1, 4)
    scan = episodes[0].frames("lidar_top")[1]
    np.testing.assert_array_equal(points[:, 3], scan.intensity)
    camera = np.c_[points[:, :3], np.ones(len(points))] @ calibration["Tr_velo_to_cam"].T @ calibration["R0_rect"].T
    ground = camera[scan.instance == 0]
    np.testing.assert_allclose(ground[:, 1], 1.4, atol=1e-4)  # the road lies 1.4 m below the camera
    labels = {label["type"]: label for label in read_labels(folder / "training/label_2/000001.txt")}
    for kind, instance in (("Car", 2), ("Pedestrian", 3), ("Truck", 4), ("Cyclist", 5)):
        label = labels[kind]
        offset = camera[scan.instance == instance] - label["location"]
        c, s = np.cos(label["ry"]), np.sin(label["ry"])
        along, across = offset[:, 0] * c - offset[:, 2] * s, offset[:, 0] * s + offset[:, 2] * c
        drift = 0.03 * np.linalg.norm(drawn.ACTORS[instance - 1][3])  # what the actor moved until its sweep
        assert np.abs(along).max() <= label["l"] / 2 + drift + 1e-3
        assert np.abs(across).max() <= label["w"] / 2 + drift + 1e-3
        assert (-offset[:, 1]).min() >= -1e-3 and (-offset[:, 1]).max() <= label["h"] + 1e-3


def test_label_columns_have_kittis_order_signs_and_ranges(exported):
    folder, _, _ = exported
    labels = {label["type"]: label for label in read_labels(folder / "training/label_2/000000.txt")}
    truck = labels["Truck"]
    assert (truck["h"], truck["w"], truck["l"]) == (3.2, 2.5, 9.0)
    np.testing.assert_allclose(truck["location"], [-0.3, 1.4, 34.0 - 1.6], atol=1e-4)
    assert truck["ry"] == pytest.approx(-np.pi / 2, abs=1e-4)  # drives where the camera looks
    assert truck["alpha"] == pytest.approx(-np.pi / 2 - np.arctan2(-0.3, 32.4), abs=1e-4)
    car = labels["Car"]
    assert car["ry"] == pytest.approx(-np.pi / 2 - 0.1, abs=1e-4)  # turned to the left by 0.1
    walker = labels["Pedestrian"]
    assert walker["location"][0] == pytest.approx(3.2) and walker["ry"] == pytest.approx(-1.5 - np.pi / 2, abs=1e-4)
    for label in labels.values():
        assert -np.pi <= label["alpha"] <= np.pi and label["occluded"] in (0, 1, 2)
        assert 0.0 <= label["truncated"] <= 1.0


def test_occlusion_levels_follow_the_hidden_share(exported):
    folder, episodes, _ = exported
    names = {2: "Car", 3: "Pedestrian", 4: "Truck", 5: "Cyclist"}
    for k, frame in enumerate(episodes[0].frames("camera_front")):
        labels = {label["type"]: label for label in read_labels(folder / f"training/label_2/{k:06d}.txt")}
        for instance, share in zip(frame.boxes_2d.instance, frame.boxes_2d.occlusion, strict=True):
            if names[int(instance)] in labels:
                expected = 0 if share <= 0.05 else 1 if share <= 0.5 else 2
                assert labels[names[int(instance)]]["occluded"] == expected


def test_far_and_tiny_objects_become_dont_care_and_hidden_ones_are_counted(tmp_path):
    recorder = MemoryRecorder("000000", drawn.concrete(), drawn.network(), drawn.actors(), {})
    state = drawn.state_at(0, 0.0)
    state.position[0, 2] = [150.0, -6.0, 0.9]  # the pedestrian, far away
    state.position[0, 4] = [60.0, 0.3, 0.9]  # the cyclist, behind the truck
    recorder.append_state(0, state, None)
    recorder.append_frame(*drawn.camera_frame(0, 0, state))
    recorder.finish(drawn.VERDICT, [], [], {})
    report = export([recorder.episode()], tmp_path / "out", {})
    labels = read_labels(tmp_path / "out/training/label_2/000000.txt")
    assert [label["type"] for label in labels] == ["Car", "Truck", "DontCare"]
    region = labels[-1]
    assert region["location"].tolist() == [-1000.0] * 3 and region["ry"] == region["alpha"] == -10.0
    assert (region["h"], region["w"], region["l"], region["truncated"], region["occluded"]) == (-1, -1, -1, -1, -1)
    assert report.left_out == {"hidden objects": 1} and "left out: 1 hidden objects" in str(report)
    assert not (tmp_path / "out/training/velodyne").exists()


def lying(orientation) -> Episode:
    """The drawn episode with its pedestrian (0.5 × 0.6 × 1.8 m) turned as a struck one may be."""
    recorder = MemoryRecorder("000000", drawn.concrete(), drawn.network(), drawn.actors(), {})
    state = drawn.state_at(0, 0.0)
    frame, labels = drawn.camera_frame(0, 0, state)
    row = int(np.flatnonzero(labels.boxes_3d.instance == 3)[0])
    labels.boxes_3d.orientation[row] = orientation
    recorder.append_state(0, state, None)
    recorder.append_frame(frame, labels)
    recorder.finish(drawn.VERDICT, [], [], {})
    return recorder.episode()


@pytest.mark.parametrize(
    ("orientation", "extents", "heading"),
    [
        ((np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0), (1.8, 0.5, 0.6), -np.pi / 2),  # on the right side: head to the right
        ((np.sqrt(0.5), 0.0, np.sqrt(0.5), 0.0), (1.8, 0.6, 0.5), 0.0),  # on the face: head ahead
        ((np.cos(0.5), 0.0, np.sin(0.5), 0.0), None, 0.0),  # halfway down
        ((np.cos(0.1), 0.0, np.sin(0.1), 0.0), (0.5, 0.6, 1.8), 0.0),  # bent forward by 11°: as it stands
    ],
)
def test_who_lies_has_a_lying_box_around_the_tilted_one(tmp_path, orientation, extents, heading):
    export([lying(orientation)], tmp_path / "out", {})
    labels = read_labels(tmp_path / "out/training/label_2/000000.txt")
    (walker,) = [label for label in labels if label["type"] == "Pedestrian"]
    if extents is not None:
        assert (walker["l"], walker["w"], walker["h"]) == pytest.approx(extents, abs=1e-4)
    # KITTI's rotation is about the axis that points down, and 0 along the camera's right.
    assert walker["ry"] == pytest.approx(-np.pi / 2 - heading, abs=1e-4)
    w, x, y, z = orientation
    up = 1.0 - 2.0 * (x * x + y * y)
    corners = np.array([[a, b, c] for a in (-0.25, 0.25) for b in (-0.3, 0.3) for c in (-0.9, 0.9)])
    turned = corners + 2.0 * np.cross([x, y, z], np.cross([x, y, z], corners) + w * corners)
    camera = turned @ np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]]).T + [3.2, -0.9 + 1.4, 14.0 - 1.6]
    kitti = box_corners(walker)
    if up < np.cos(np.radians(20.0)):
        assert (kitti.max(axis=0) >= camera.max(axis=0) - 1e-3).all()
        assert (kitti.min(axis=0) <= camera.min(axis=0) + 1e-3).all()
        assert walker["h"] == pytest.approx(np.ptp(camera[:, 1]), abs=1e-3)
    assert (0.5 * (kitti.max(axis=0) + kitti.min(axis=0)))[1] == pytest.approx(0.5, abs=1e-3)


def test_types_follow_from_the_model_where_kitti_tells_more_than_the_class():
    assert kitti_type(Semantic.CAR, "van") == "Van" and kitti_type(Semantic.CAR, "suv") == "Car"
    assert kitti_type(Semantic.CAR, "") == "Car" and kitti_type(Semantic.TRUCK, "truck") == "Truck"
    allowed = {"Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Cyclist", "Tram", "Misc"}
    for model in all_models().values():
        assert kitti_type(SEMANTIC_OF_KIND[model.kind], model.name) in allowed


def test_a_van_is_exported_as_one(tmp_path):
    table = drawn.actors()
    table.model[0, 1] = list(all_models()).index("van")
    recorder = MemoryRecorder("000000", drawn.concrete(), drawn.network(), table, {})
    state = drawn.state_at(0, 0.0)
    recorder.append_state(0, state, None)
    recorder.append_frame(*drawn.camera_frame(0, 0, state))
    recorder.finish(drawn.VERDICT, [], [], {})
    export([recorder.episode()], tmp_path / "out", {})
    types = [label["type"] for label in read_labels(tmp_path / "out/training/label_2/000000.txt")]
    assert "Van" in types and "Car" not in types


def test_image_sets_keep_episodes_together(exported):
    folder, _, _ = exported
    names = ("train", "val", "trainval", "test")
    sets = {name: (folder / f"ImageSets/{name}.txt").read_text().split() for name in names}
    assert sets["val"] == ["000012", "000013", "000014"] and len(sets["train"]) == 12
    assert sets["trainval"] == sorted(sets["train"] + sets["val"]) and sets["test"] == []


def test_imu_and_lidar_share_a_mount_here(exported):
    folder, _, _ = exported
    calibration = read_calibration(folder / "training/calib/000000.txt")
    assert set(calibration) == {"P0", "P1", "P2", "P3", "R0_rect", "Tr_velo_to_cam", "Tr_imu_to_velo"}
    np.testing.assert_array_equal(calibration["Tr_imu_to_velo"], np.eye(4)[:3])
    np.testing.assert_array_equal(calibration["R0_rect"], np.eye(3))


def test_a_tilted_camera_is_refused(tmp_path):
    recorder = MemoryRecorder("000000", drawn.concrete(), drawn.network(), drawn.actors(), {})
    state = drawn.state_at(0, 0.0)
    frame, labels = drawn.camera_frame(0, 0, state)
    c, s = np.cos(0.3), np.sin(0.3)
    frame.world_from_sensor[:3, :3] = [[c, 0, s], [0, 1, 0], [-s, 0, c]]
    recorder.append_state(0, state, None)
    recorder.append_frame(frame, labels)
    recorder.finish(drawn.VERDICT, [], [], {})
    with pytest.raises(ConfigError, match="camera_front: it is tilted by 17 degrees; KITTI's boxes allow 10"):
        export([recorder.episode()], tmp_path / "out", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"camara": "x"}, 'camara: format=kitti has no setting of that name \\(did you mean "camera"\\?\\)'),
        ({"camera": "camera_frnt"}, 'camera = camera_frnt \\(did you mean "camera_front"'),
        ({"camera": "lidar_top"}, "camera = lidar_top"),
        ({"validation": "2"}, "validation = 2: must be a number from 0 to 1"),
        ({"validation": "half"}, "validation = half: must be a number from 0 to 1"),
    ],
)
def test_wrong_settings_are_one_error_and_leave_nothing(tmp_path, settings, message):
    with pytest.raises(ConfigError, match=message):
        export([play(lidar=False)], tmp_path / "out", settings)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_refused_and_an_empty_one_taken(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(ConfigError, match="full: is there already and not an empty folder"):
        export([play(lidar=False)], tmp_path / "full", {})
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["mine"]
    (tmp_path / "empty").mkdir()
    (tmp_path / ".empty.unfinished").mkdir()
    (tmp_path / ".empty.unfinished" / "left behind").touch()
    export([play(lidar=False)], tmp_path / "empty", {})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "full"]
    assert not (tmp_path / "empty" / "left behind").exists()


def test_the_command_exports_a_dataset_folder(tmp_path, capsys):
    from tests.simulation.dataset.test_index import make

    (tmp_path / "job" / EPISODES).mkdir(parents=True)
    make(tmp_path / "job", 0)
    assert export_command(str(tmp_path / "job"), ["format=kitti", f"output={tmp_path / 'out'}", "validation=0"]) == 0
    assert "1 frames, 4 labels, 0 DontCare regions, 1 point clouds" in capsys.readouterr().out
    assert (tmp_path / "out" / "ImageSets" / "train.txt").read_text() == "000000\n"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["format=kiti", "output=x"], 'format = kiti: no such format \\(did you mean "kitti"\\?\\); allowed: coco'),
        (["output=x"], "format: this setting is missing; give format=coco|kitti"),
        (["format=kitti"], "output: this setting is missing"),
        (["format"], '"format" is not a setting of the form key=value'),
        (["format=kitti", "format=coco"], "format: it is given twice"),
        (["format=coco", "output=x"], "nowhere: no such folder"),
    ],
)
def test_a_wrong_command_is_one_error(settings, message):
    with pytest.raises(ConfigError, match=message):
        export_command("nowhere", settings)
