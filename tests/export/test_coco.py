"""A COCO export satisfies COCO's own tools: masks read back exactly, ground truth as prediction gives AP = 1."""

import json

import cv2
import numpy as np
import pytest

from simengine.core.errors import ConfigError
from simengine.core.semantics import SEMANTIC_OF_KIND
from simengine.export.coco import CATEGORIES, export
from simengine.simulation.episode.episode import Episode
from simengine.simulation.episode.in_memory import MemoryRecorder
from tests.simulation import episode_fixtures as drawn
from tools.checks.seen.coco import evaluate_truth

pytest.importorskip("pycocotools")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def play(seed: int) -> Episode:
    recorder = MemoryRecorder(f"{seed:06d}", drawn.concrete(seed=seed), drawn.network(), drawn.actors(), {})
    drawn.record(recorder, 3)
    return recorder.episode()


@pytest.fixture(scope="module")
def episodes() -> list[Episode]:
    return [play(seed) for seed in range(4)]


@pytest.fixture(scope="module", params=["polygon", "rle"])
def exported(request, tmp_path_factory, episodes):
    folder = tmp_path_factory.mktemp("coco") / request.param
    return folder, export(episodes, folder, {"masks": request.param, "validation": "0.25"})


def test_masks_read_back_to_the_pixel_and_images_exactly(exported, episodes):
    from pycocotools.coco import COCO

    folder, _ = exported
    coco = COCO(str(folder / "annotations" / "instances_train.json"))
    by_id = {episode.id: episode for episode in episodes}
    assert len(coco.imgs) == 9
    for image in coco.imgs.values():
        frame = by_id[image["episode"]].frames("camera_front")[image["frame"]]
        assert (image["width"], image["height"]) == (drawn.WIDTH, drawn.HEIGHT)
        stored = cv2.imread(str(folder / "images" / image["file_name"]))[..., ::-1]
        np.testing.assert_array_equal(stored, frame.rgb)
        annotations = coco.loadAnns(coco.getAnnIds(imgIds=image["id"]))
        assert len(annotations) == len(np.unique(frame.instance)) - 1
        for annotation in annotations:
            expected = frame.instance == annotation["track_id"]
            np.testing.assert_array_equal(coco.annToMask(annotation).astype(bool), expected)
            ys, xs = np.nonzero(expected)
            assert annotation["area"] == len(xs) and annotation["iscrowd"] == 0
            assert annotation["bbox"] == [xs.min(), ys.min(), xs.max() + 1 - xs.min(), ys.max() + 1 - ys.min()]
            row = int(np.flatnonzero(frame.boxes_2d.instance == annotation["track_id"])[0])
            x, y, w, h = annotation["amodal_bbox"]
            np.testing.assert_array_equal(np.array([x, y, x + w, y + h], np.float32), frame.boxes_2d.amodal[row])
            assert annotation["visibility"] == pytest.approx(1.0 - frame.boxes_2d.occlusion[row], abs=1e-6)


@pytest.mark.parametrize("kind", ["bbox", "segm"])
@pytest.mark.parametrize("part", ["train", "val"])
def test_ground_truth_as_prediction_gives_average_precision_one(exported, kind, part):
    folder, _ = exported
    found = evaluate_truth(folder / "annotations" / f"instances_{part}.json", kind)
    assert found.average_precision == 1.0 and found.average_recall == 1.0


def test_a_wrong_prediction_does_not_give_average_precision_one(exported):
    folder, _ = exported
    found = evaluate_truth(folder / "annotations" / "instances_val.json", "bbox", shift=4.0)
    assert 0.0 <= found.average_precision < 0.9


def test_the_split_keeps_episodes_together_and_ids_are_unique(exported):
    folder, report = exported
    parts = {part: json.loads((folder / f"annotations/instances_{part}.json").read_text()) for part in ("train", "val")}
    assert {image["episode"] for image in parts["val"]["images"]} == {"000003"}
    ids = [annotation["id"] for part in parts.values() for annotation in part["annotations"]]
    assert len(ids) == len(set(ids)) == report.written["annotations"]
    assert report.written["images"] == 12
    names = {category["id"]: category["name"] for category in parts["train"]["categories"]}
    assert (names[1], names[2], names[3], names[6], names[8]) == ("person", "bicycle", "car", "bus", "truck")


def test_every_kind_of_actor_has_a_category():
    assert set(SEMANTIC_OF_KIND.values()) == set(CATEGORIES)
    assert len({number for number, _, _ in CATEGORIES.values()}) == len(CATEGORIES)


@pytest.mark.parametrize("side", [1, 2, 3, 5])
def test_the_smallest_objects_are_ordinary_ones_and_missing_them_costs_recall(tmp_path, side):
    from pycocotools.coco import COCO

    recorder = MemoryRecorder("000000", drawn.concrete(), drawn.network(), drawn.actors(), {})
    state = drawn.state_at(0, 0.0)
    frame, labels = drawn.camera_frame(0, 0, state)
    instance, boxes = frame.channels["instance"], labels.boxes_2d
    instance[instance == 3] = 0
    instance[40 : 40 + side, 60 : 60 + side] = 3
    row = int(np.flatnonzero(boxes.instance == 3)[0])
    boxes.visible[row], boxes.visible_pixels[row] = [60, 40, 60 + side, 40 + side], side * side
    recorder.append_state(0, state, None)
    recorder.append_frame(frame, labels)
    recorder.finish(drawn.VERDICT, [], [], {})
    export([recorder.episode()], tmp_path / "out", {"validation": "0"})
    path = tmp_path / "out/annotations/instances_train.json"
    document = json.loads(path.read_text())
    (small,) = [annotation for annotation in document["annotations"] if annotation["track_id"] == 3]
    assert (small["area"], small["iscrowd"], small["bbox"]) == (side * side, 0, [60, 40, side, side])
    assert "ignore" not in small
    truth = COCO(str(path))
    np.testing.assert_array_equal(truth.annToMask(truth.anns[small["id"]]).astype(bool), instance == 3)
    assert evaluate_truth(path, "segm").average_precision == pytest.approx(1.0, abs=1e-12)
    assert evaluate_truth(path, "bbox").average_precision == pytest.approx(1.0, abs=1e-12)
    missed = evaluate_truth(path, "bbox", without=(small["id"],))
    assert missed.average_recall < 1.0  # an ignored region would not be missed


def test_hidden_objects_are_counted_and_not_annotated(tmp_path):
    recorder = MemoryRecorder("000000", drawn.concrete(), drawn.network(), drawn.actors(), {})
    state = drawn.state_at(0, 0.0)
    state.position[0, 4] = [60.0, 0.3, 0.9]  # the cyclist, behind the truck
    recorder.append_state(0, state, None)
    recorder.append_frame(*drawn.camera_frame(0, 0, state))
    recorder.finish(drawn.VERDICT, [], [], {})
    report = export([recorder.episode()], tmp_path / "out", {"validation": "0"})
    document = json.loads((tmp_path / "out/annotations/instances_train.json").read_text())
    assert {annotation["track_id"] for annotation in document["annotations"]} == {2, 3, 4}
    assert report.left_out == {"hidden objects": 1}
    assert not (tmp_path / "out/annotations/instances_val.json").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"masks": "polygons"}, 'masks = polygons \\(did you mean "polygon"\\?\\); allowed: polygon, rle'),
        ({"lidar": "x"}, "lidar: format=coco has no setting of that name"),
        ({"camera": "imu"}, "camera = imu"),
    ],
)
def test_wrong_settings_are_one_error(tmp_path, episodes, settings, message):
    with pytest.raises(ConfigError, match=message):
        export(episodes[:1], tmp_path / "out", settings)
    assert list(tmp_path.iterdir()) == []
