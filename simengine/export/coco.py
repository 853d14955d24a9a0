"""COCO instances: `images/` and `annotations/instances_{train,val}.json`; masks exact, boxes around what is visible.

Reference: Lin et al. (ECCV 2014) and cocodataset.org/#format-data. Classes that COCO has carry its names and ids, so
that models trained on COCO can be measured at once; the others follow above 90. Beyond the format every annotation has
`amodal_bbox`, `visibility` (share of its pixels that is visible), `truncation`, `track_id` and `distance` [m], every
image its `episode`, `sensor`, `frame` and `time_ns`. Objects that are hidden entirely have no annotation; they are
counted.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import simengine
from simengine.core.errors import ConfigError
from simengine.core.semantics import Semantic
from simengine.export.outlines import mask_to_polygons
from simengine.export.target import (
    ExportReport,
    check_settings,
    choice,
    fraction,
    fresh_folder,
    pick_sensor,
    refuse_blind,
    require_recorded,
    validation_flags,
)
from simengine.simulation.episode.content import content_of
from simengine.simulation.episode.episode import Episode
from simengine.simulation.episode.episode_frames import EpisodeFrame
from simengine.simulation.files.array_encoding import encode_png

SETTINGS = ("camera", "masks", "validation")
# COCO's own ids and names where it has the class (an actor on two wheels includes its rider).
CATEGORIES: dict[Semantic, tuple[int, str, str]] = {
    Semantic.PEDESTRIAN: (1, "person", "person"),
    Semantic.BICYCLE: (2, "bicycle", "vehicle"),
    Semantic.CAR: (3, "car", "vehicle"),
    Semantic.MOTORCYCLE: (4, "motorcycle", "vehicle"),
    Semantic.BUS: (6, "bus", "vehicle"),
    Semantic.TRUCK: (8, "truck", "vehicle"),
    Semantic.ANIMAL: (91, "animal", "animal"),
    Semantic.CARGO: (92, "cargo", "object"),
    Semantic.CONE: (93, "cone", "object"),
    Semantic.ROBOT: (94, "robot", "vehicle"),
}


def _segmentation(mask: NDArray[np.bool_], form: str) -> Any:
    if form == "polygon":
        return mask_to_polygons(mask)
    try:
        from pycocotools import mask as coco_mask
    except ImportError:
        raise ImportError('masks=rle needs pycocotools: pip install "simengine[export]"') from None
    encoded = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    return {"size": [int(side) for side in encoded["size"]], "counts": encoded["counts"].decode()}


def frame_annotations(frame: EpisodeFrame, form: str) -> tuple[list[dict[str, Any]], int]:
    """Return the annotations of a frame without their ids, and how many objects are hidden entirely.

    Args:
        frame: Of a camera.
        form: "polygon" or "rle".

    Raises:
        ConfigError: An object is of a class that has no category.
    """
    boxes, instance = frame.boxes_2d, frame.instance
    found, hidden = [], 0
    for i in range(len(boxes.instance)):
        if boxes.visible_pixels[i] == 0:
            hidden += 1
            continue
        semantic = Semantic(int(boxes.semantic[i]))
        if semantic not in CATEGORIES:
            raise ConfigError(f"format=coco has no category for the class {semantic.name.lower()}")
        left, top, right, bottom = (round(edge) for edge in boxes.visible[i].tolist())
        window = instance[top:bottom, left:right] == boxes.instance[i]
        mask = np.zeros(instance.shape, np.bool_)
        mask[top:bottom, left:right] = window
        x0, y0, x1, y1 = boxes.amodal[i].tolist()
        found.append(
            {
                "category_id": CATEGORIES[semantic][0],
                "segmentation": _segmentation(mask, form),
                "area": int(np.count_nonzero(window)),
                "bbox": [left, top, right - left, bottom - top],
                "iscrowd": 0,
                "amodal_bbox": [x0, y0, x1 - x0, y1 - y0],
                "visibility": round(1.0 - float(boxes.occlusion[i]), 6),
                "truncation": round(float(boxes.truncation[i]), 6),
                "track_id": int(boxes.instance[i]),
                "distance": round(float(boxes.distance[i]), 3),
            }
        )
    return found, hidden


def _image_name(episode: Episode, number: int, frame: EpisodeFrame) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", episode.id)
    return f"{number:04d}_{name}_{frame.sensor}_{frame.index:06d}.png"


def _cameras(episode: Episode, settings: Mapping[str, str]) -> list[str]:
    found = list(episode.sensors_with("rgb", "instance"))
    if "camera" in settings:
        found = [str(pick_sensor(episode, settings, "camera", "camera", "rgb"))]
    if not found:
        refuse_blind(episode, "coco", "rgb", "instance")
    for camera in found:
        require_recorded(episode, camera, "instance", "labels")
    return found


def export(episodes: Sequence[Episode], output: Path, settings: Mapping[str, str]) -> ExportReport:
    """Write a COCO instances dataset.

    Args:
        episodes: What is exported, in this order.
        output: A new or empty folder.
        settings: `camera` names one (all by default); `masks` is polygon or rle; `validation` is the share of episodes
            in instances_val.json (0.2 by default).

    Raises:
        ConfigError: A wrong setting, no camera, a folder that cannot be used.
        ImportError: masks=rle without pycocotools.
    """
    check_settings("coco", settings, SETTINGS)
    form, share = choice(settings, "masks", ("polygon", "rle")), fraction(settings, "validation", 0.2)
    parts: dict[str, tuple[list[Any], list[Any]]] = {"train": ([], []), "val": ([], [])}
    num_images = num_annotations = num_hidden = 0
    flags = validation_flags(len(episodes), share)
    with fresh_folder(output) as folder:
        (folder / "images").mkdir()
        (folder / "annotations").mkdir()
        for number, (episode, for_validation) in enumerate(zip(episodes, flags, strict=True)):
            with content_of(episode, "exported"):
                images, annotations = parts["val" if for_validation else "train"]
                for camera in _cameras(episode, settings):
                    for frame in episode.frames(camera):
                        num_images += 1
                        name = _image_name(episode, number, frame)
                        (folder / "images" / name).write_bytes(encode_png(frame.rgb))
                        images.append({
                            "id": num_images, "width": frame.rgb.shape[1], "height": frame.rgb.shape[0],
                            "file_name": name, "episode": episode.id, "sensor": camera, "frame": frame.index,
                            "time_ns": frame.capture_ns,
                        })  # fmt: skip
                        found, hidden = frame_annotations(frame, form)
                        num_hidden += hidden
                        for annotation in found:
                            num_annotations += 1
                            annotations.append({"id": num_annotations, "image_id": num_images, **annotation})
        for part, (images, annotations) in parts.items():
            if images:
                path = folder / "annotations" / f"instances_{part}.json"
                path.write_text(json.dumps(_document(images, annotations), separators=(",", ":")))
    return ExportReport({"images": num_images, "annotations": num_annotations}, {"hidden objects": num_hidden})


def _document(images: list[Any], annotations: list[Any]) -> dict[str, Any]:
    return {
        "info": {
            "description": "Simulated driving and robotics scenes with exact labels",
            "version": simengine.__version__, "year": 0, "contributor": "simengine", "url": "", "date_created": "",
        },
        "licenses": [],
        "images": images,
        "annotations": annotations,
        "categories": [
            {"id": number, "name": name, "supercategory": above} for number, name, above in CATEGORIES.values()
        ],
    }  # fmt: skip
