"""A reader of KITTI object data, written from the devkit's readme alone, and what it finds in an export of ours."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ConfigError
from simengine.simulation.episode.episode import Episode
from tools.checks.table import Row

_CAMERA_FROM_SENSOR = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])  # right, down, forward


def read_labels(path: Path) -> list[dict]:
    """Return the objects of a label file.

    Raises:
        ConfigError: A line that has not 15 columns.
    """
    labels = []
    for line in path.read_text().splitlines():
        words = line.split(" ")
        if len(words) != 15:
            raise ConfigError(f"{path}: a line has {len(words)} columns, not 15")
        v = [float(word) for word in words[1:]]
        labels.append({
            "type": words[0], "truncated": v[0], "occluded": int(v[1]), "alpha": v[2], "bbox": np.array(v[3:7]),
            "h": v[7], "w": v[8], "l": v[9], "location": np.array(v[10:13]), "ry": v[13],
        })  # fmt: skip
    return labels


def read_calibration(path: Path) -> dict[str, NDArray[np.float64]]:
    """Return the matrices of a calibration file by name."""
    found = {}
    for line in path.read_text().splitlines():
        if line:
            name, values = line.split(": ")
            numbers = np.array([float(x) for x in values.split(" ")])
            found[name] = numbers.reshape(3, 3 if name == "R0_rect" else 4)
    return found


def box_corners(label: dict) -> NDArray[np.float64]:
    """Return corners in the camera's frame: rotation about y, location is the middle of the bottom face, y points down.

    Shape (8, 3).
    """
    h, w, l, ry = label["h"], label["w"], label["l"], label["ry"]  # noqa: E741
    x = [l / 2, l / 2, -l / 2, -l / 2] * 2
    y = [0] * 4 + [-h] * 4
    z = [w / 2, -w / 2, -w / 2, w / 2] * 2
    turn = np.array([[np.cos(ry), 0, np.sin(ry)], [0, 1, 0], [-np.sin(ry), 0, np.cos(ry)]])
    return (turn @ np.array([x, y, z])).T + label["location"]


def project(points: NDArray[np.float64], p2: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the pixels of points in the camera's frame. Shapes (n, 3) and (n, 2)."""
    image = np.c_[points, np.ones(len(points))] @ p2.T
    return image[:, :2] / image[:, 2:]


def compare_export(folder: Path, episodes: Sequence[Episode]) -> Iterator[Row]:
    """Compare an export's images, objects and points with the episodes it was made of, in the same order.

    Args:
        folder: What `format=kitti` wrote of the first camera and LiDAR.
        episodes: Each with a camera "camera_front" and a LiDAR "lidar_top".
    """
    number = objects = other_images = other_counts = 0
    center = size = cloud = 0.0
    for episode in episodes:
        scans = episode.frames("lidar_top")
        for frame in episode.frames("camera_front"):
            name = f"{number:06d}"
            number += 1
            image = cv2.imread(str(folder / "training/image_2" / f"{name}.png"))[..., ::-1]
            other_images += not np.array_equal(image, frame.rgb)
            rotation = _CAMERA_FROM_SENSOR @ frame.world_from_sensor[:3, :3].T
            eye = frame.world_from_sensor[:3, 3]
            labels = read_labels(folder / "training/label_2" / f"{name}.txt")
            other_counts += len(labels) != int((frame.boxes_2d.visible_pixels > 0).sum())
            around = frame.boxes_3d
            centers = (around.position - eye) @ rotation.T
            for label in labels:
                if label["type"] == "DontCare":
                    continue
                objects += 1
                off = np.abs(centers - (label["location"] - [0.0, 0.5 * label["h"], 0.0])).max(axis=1)
                k = int(off.argmin())
                center = max(center, float(off[k]))
                size = max(size, float(np.abs(around.size[k] - [label["l"], label["w"], label["h"]]).max()))
            scan = scans.nearest(frame.capture_ns)
            points = np.fromfile(folder / "training/velodyne" / f"{name}.bin", np.float32).reshape(-1, 4)
            other_counts += len(points) != len(scan.points)
            matrix = read_calibration(folder / "training/calib" / f"{name}.txt")["Tr_velo_to_cam"]
            world = scan.points.astype(np.float64) @ scan.world_from_sensor[:3, :3].T + scan.world_from_sensor[:3, 3]
            mine = points[:, :3].astype(np.float64) @ matrix[:, :3].T + matrix[:, 3]
            if len(points) == len(scan.points):
                cloud = max(cloud, float(np.abs(mine - (world - eye) @ rotation.T).max(initial=0.0)))
    note = f"{number} frames, {objects} objects"
    yield Row("KITTI read back: images and counts that differ", other_images + other_counts, 0, "bad", note=note)
    yield Row("KITTI read back: centers of objects", 1000.0 * center if objects else np.nan, 1.0, "mm")
    yield Row("KITTI read back: sizes of objects", 1000.0 * size if objects else np.nan, 1.0, "mm")
    yield Row("KITTI read back: points in the camera's frame", 1000.0 * cloud, 1.0, "mm")
