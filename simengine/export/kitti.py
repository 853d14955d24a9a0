"""KITTI object detection: `training/{image_2,label_2,calib,velodyne}` and `ImageSets`, one numbered frame per image.

Reference: Geiger, Lenz, Urtasun (CVPR 2012) and the devkit's readme. Where this departs from it:

- There is no human annotator: `occluded` is 0 up to 5 % hidden pixels, 1 up to 50 %, 2 beyond; 3 (unknown) never
  occurs.
- An object whose box is less than 10 px high, or that is more than 120 m away, becomes a `DontCare` region, as KITTI
  does with what is too small to label. What is hidden entirely has no line; how many there were is reported.
- `bbox` is amodal: around the whole object, occluded or not, cut by the image's border.
- All four cameras P0–P3 are the one camera, and R0_rect is the identity. KITTI's boxes turn about the camera's vertical
  axis only, so a camera must be mounted level (to 10°); an object's tilt of up to 20° against it is left out. What is
  tilted more (a person or a motorcycle that lies, a car on its side) gets the smallest level box around it that is
  turned along its longest edge in plan view; the tilt itself is in the episode's `boxes_3d` only. Centers are exact.
- A car of the catalog's model "van" is a `Van`; there are no trams and nobody who sits.
- `Tr_velo_to_cam` is per frame and holds the ego's motion between sweep and image, so that still things coincide.
- KITTI counts pixels from their centers: image coordinates are 0.5 px less than those of an episode.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ConfigError
from simengine.core.semantics import Semantic
from simengine.core.space.geometry import rotate
from simengine.core.space.transforms import SENSOR_FROM_OPTICAL, invert_pose
from simengine.core.state import EGO
from simengine.core.text.printable_text import write_csv
from simengine.export.target import (
    ExportReport,
    check_settings,
    fraction,
    fresh_folder,
    pick_sensor,
    refuse_blind,
    require_recorded,
    validation_flags,
)
from simengine.sensors.base.mount import mount_rotation
from simengine.simulation.episode.content import content_of
from simengine.simulation.episode.episode import Episode
from simengine.simulation.episode.episode_frames import EpisodeFrame
from simengine.simulation.files.array_encoding import encode_png

SETTINGS = ("camera", "lidar", "validation")
# Every class of actor has a KITTI type; KITTI itself uses Misc for vehicles that are none of its types.
TYPES = {
    Semantic.CAR: "Car",
    Semantic.TRUCK: "Truck",
    Semantic.BUS: "Misc",
    Semantic.MOTORCYCLE: "Misc",
    Semantic.BICYCLE: "Cyclist",
    Semantic.RIDER: "Cyclist",
    Semantic.PEDESTRIAN: "Pedestrian",
    Semantic.ANIMAL: "Misc",
    Semantic.CARGO: "Misc",
    Semantic.CONE: "Misc",
    Semantic.ROBOT: "Misc",
}
_MIN_HEIGHT = 10.0  # of a labeled box [px]
_MAX_DISTANCE = 120.0  # [m], the reach of KITTI's LiDAR
_PARTLY, _LARGELY = 0.05, 0.5  # hidden share of pixels
_MAX_TILT = math.radians(10.0)
_UPRIGHT = math.cos(math.radians(20.0))  # of an object: slopes, and a two-wheeler's lean


def camera_from_world(frame: EpisodeFrame) -> NDArray[np.float64]:
    """Return the transform into KITTI's camera frame (x right, y down, z forward). Shape (4, 4)."""
    optical = np.eye(4)
    optical[:3, :3] = np.array(SENSOR_FROM_OPTICAL).T
    return optical @ invert_pose(frame.world_from_sensor)


def projection(frame: EpisodeFrame) -> NDArray[np.float64]:
    """Return P2: camera frame to pixels counted from their centers. Shape (3, 4)."""
    matrix = np.zeros((3, 4))
    matrix[:, :3] = frame.intrinsics
    matrix[:2, 2] -= 0.5
    return matrix


def _check_level(episode: Episode, frame: EpisodeFrame) -> None:
    """Refuse a camera whose vertical axis is not the ego's."""
    tracks = episode.tracks
    now = max(0, int(np.searchsorted(tracks.time_ns, frame.capture_ns, side="right")) - 1)
    up = rotate(*tracks.orientation[now, EGO].tolist(), 0.0, 0.0, 1.0)
    refuse_tilted(frame.sensor, sum(a * b for a, b in zip(up, frame.world_from_sensor[:3, 2].tolist(), strict=True)))


def refuse_tilted(camera: str, cosine: float) -> None:
    """Refuse a camera by the cosine of the angle between its vertical axis and the ego's.

    Raises:
        ConfigError: It is more than KITTI's boxes allow.
    """
    tilt = math.acos(max(-1.0, min(1.0, cosine)))
    if tilt > _MAX_TILT:
        found, most = math.degrees(tilt), math.degrees(_MAX_TILT)
        text = f"it is tilted by {found:.0f} degrees; KITTI's boxes allow {most:.0f}"
        raise ConfigError(f"camera = {camera}: {text}")


def level_box(axes: NDArray[np.float64], size: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return a box as KITTI has it: its rotation about the camera's vertical axis [rad], and length, width, height [m].

    Args:
        axes: Of the object: x, y, z as columns, in the camera's frame (x right, y down, z forward). Shape (3, 3).
        size: Length, width, height along them [m]. Shape (3,).
    """
    ahead = axes[:, 0]
    if abs(axes[1, 2]) < _UPRIGHT:
        level = np.sqrt(axes[0] * axes[0] + axes[2] * axes[2])
        ahead = axes[:, int((level * size).argmax())]
        along = np.array([ahead[0], 0.0, ahead[2]]) / math.hypot(ahead[0], ahead[2])
        across = np.array([along[2], 0.0, -along[0]])
        size = np.array([
            (np.abs((axes * along[:, None]).sum(axis=0)) * size).sum(),
            (np.abs((axes * across[:, None]).sum(axis=0)) * size).sum(), (np.abs(axes[1]) * size).sum(),
        ])  # fmt: skip
    return math.atan2(-ahead[2], ahead[0]), size


def kitti_type(semantic: Semantic, model: str) -> str:
    """Return KITTI's name for an object of a class and a model of the catalog."""
    if semantic == Semantic.CAR and model == "van":
        return "Van"
    return TYPES.get(semantic, "Misc")


def label_lines(frame: EpisodeFrame, models: Sequence[str]) -> tuple[list[str], int]:
    """Return the lines of a frame's label file, and how many objects are hidden entirely and so have none.

    Args:
        frame: Of a camera.
        models: Of every actor of the episode, by id; see `Tracks`.
    """
    boxes, around = frame.boxes_2d, frame.boxes_3d
    from_world = camera_from_world(frame)
    height, width = frame.rgb.shape[:2]
    lines, regions, hidden = [], [], 0
    for i in range(len(boxes.instance)):
        if boxes.visible_pixels[i] == 0:
            hidden += 1
            continue
        left, top, right, bottom = np.clip(boxes.amodal[i] - 0.5, 0.0, [width - 1, height - 1] * 2).tolist()
        rows = np.flatnonzero(around.instance == boxes.instance[i])
        if bottom - top < _MIN_HEIGHT or boxes.distance[i] > _MAX_DISTANCE or len(rows) == 0:
            edges = f"{left:.2f} {top:.2f} {right:.2f} {bottom:.2f}"
            regions.append(f"DontCare -1 -1 -10 {edges} -1 -1 -1 -1000 -1000 -1000 -10")
            continue
        k = int(rows[0])
        center = from_world[:3, :3] @ around.position[k] + from_world[:3, 3]
        q = around.orientation[k].tolist()
        axes = from_world[:3, :3] @ np.array([rotate(*q, *unit) for unit in np.eye(3).tolist()]).T
        rotation, size = level_box(axes, around.size[k])
        alpha = math.remainder(rotation - math.atan2(center[0], center[2]), 2.0 * math.pi)
        hidden_share = float(boxes.occlusion[i])
        occluded = 0 if hidden_share <= _PARTLY else 1 if hidden_share <= _LARGELY else 2
        kind = kitti_type(Semantic(int(boxes.semantic[i])), models[int(boxes.instance[i]) - 1])
        lines.append(
            f"{kind} {float(boxes.truncation[i]):.2f} {occluded} {alpha:.4f} "
            f"{left:.2f} {top:.2f} {right:.2f} {bottom:.2f} "
            f"{size[2]:.4f} {size[1]:.4f} {size[0]:.4f} "
            f"{center[0]:.4f} {center[1] + 0.5 * size[2]:.4f} {center[2]:.4f} {rotation:.4f}"
        )
    return lines + regions, hidden


def calibration_text(episode: Episode, frame: EpisodeFrame, scan: EpisodeFrame | None) -> str:
    """Return the text of a frame's calibration file.

    Without a LiDAR its frame is the camera's with x forward, y left, z up; without an IMU its frame is the LiDAR's.
    """
    from_world = camera_from_world(frame)
    velodyne = scan.world_from_sensor if scan is not None else frame.world_from_sensor
    matrices = {f"P{k}": projection(frame) for k in range(4)}
    matrices["R0_rect"] = np.eye(3)
    matrices["Tr_velo_to_cam"] = (from_world @ velodyne)[:3]
    matrices["Tr_imu_to_velo"] = _velodyne_from_imu(episode, scan)[:3]
    lines = [f"{name}: {' '.join(f'{x:.12e}' for x in matrix.reshape(-1))}" for name, matrix in matrices.items()]
    return "\n".join(lines) + "\n\n"


def _velodyne_from_imu(episode: Episode, scan: EpisodeFrame | None) -> NDArray[np.float64]:
    """Return the fixed transform between the mounts of IMU and LiDAR. Shape (4, 4)."""
    specs = episode.scenario.sensors
    imu = next((spec for spec in specs.values() if spec.kind == "imu"), None)
    if imu is None or scan is None:
        return np.eye(4)
    poses = []
    for mount in (specs[scan.sensor].mount, imu.mount):
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = mount_rotation(mount), mount.position
        poses.append(pose)
    return invert_pose(poses[0]) @ poses[1]


def export(episodes: Sequence[Episode], output: Path, settings: Mapping[str, str]) -> ExportReport:
    """Write a KITTI object dataset.

    Args:
        episodes: What is exported, in this order.
        output: A new or empty folder.
        settings: `camera` and `lidar` name sensors (the first of their kind by default); `validation` is the share of
            episodes that ImageSets/val.txt lists (0.2 by default).

    Raises:
        ConfigError: A wrong setting, no camera, a tilted camera, a folder that cannot be used.
    """
    check_settings("kitti", settings, SETTINGS)
    share = fraction(settings, "validation", 0.2)
    written = {"frames": 0, "labels": 0, "DontCare regions": 0, "point clouds": 0}
    left_out = {"hidden objects": 0}
    frames_of: dict[str, list[str]] = {"train": [], "val": []}
    table: list[tuple[str | int, ...]] = [("frame", "episode", "sensor", "index", "time_ns")]
    with fresh_folder(output) as folder:
        training = folder / "training"
        for name in ("image_2", "label_2", "calib"):
            (training / name).mkdir(parents=True)
        for episode, for_validation in zip(episodes, validation_flags(len(episodes), share), strict=True):
            with content_of(episode, "exported"):
                camera = pick_sensor(episode, settings, "camera", "camera", "rgb")
                if camera is None:
                    refuse_blind(episode, "kitti", "rgb")
                require_recorded(episode, camera, "intrinsics", "labels")
                lidar = pick_sensor(episode, settings, "lidar", "LiDAR", "points")
                if lidar is not None:
                    require_recorded(episode, lidar, "intensity")
                scans = episode.frames(lidar) if lidar is not None else None
                for frame in episode.frames(camera):
                    number = f"{written['frames']:06d}"
                    _check_level(episode, frame)
                    scan = scans.nearest(frame.capture_ns) if scans is not None else None
                    lines, hidden = label_lines(frame, episode.tracks.model)
                    (training / "image_2" / f"{number}.png").write_bytes(encode_png(frame.rgb))
                    (training / "label_2" / f"{number}.txt").write_text("".join(f"{line}\n" for line in lines))
                    (training / "calib" / f"{number}.txt").write_text(calibration_text(episode, frame, scan))
                    if scan is not None:
                        (training / "velodyne").mkdir(exist_ok=True)
                        cloud = np.concatenate([scan.points, scan.intensity[:, None]], axis=1).astype("<f4")
                        (training / "velodyne" / f"{number}.bin").write_bytes(cloud.tobytes())
                        written["point clouds"] += 1
                    regions = sum(line.startswith("DontCare") for line in lines)
                    written["frames"] += 1
                    written["labels"] += len(lines) - regions
                    written["DontCare regions"] += regions
                    left_out["hidden objects"] += hidden
                    frames_of["val" if for_validation else "train"].append(number)
                    table.append((number, episode.id, camera, frame.index, frame.capture_ns))
        sets = {**frames_of, "trainval": sorted(frames_of["train"] + frames_of["val"]), "test": []}
        (folder / "ImageSets").mkdir()
        for name, numbers in sets.items():
            (folder / "ImageSets" / f"{name}.txt").write_text("".join(f"{number}\n" for number in numbers))
        write_csv(folder / "frames.csv", table)
    return ExportReport(written, left_out)
