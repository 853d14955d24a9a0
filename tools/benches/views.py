"""What every subject of the sensors' benchmark is asked: the rays, the pixels, and where the cars are in each frame."""

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.benches.triangles import TriangleScene, boxes_of
from tools.benches.workloads import LIDAR_DYNAMIC, LIDAR_STATIC

SENSOR = (0.0, 0.0, 1.8)  # where LiDAR and camera stand, the camera looking along x [m]
STILL = -1  # the frame in which every car stands where the file has it
NOTHING = -1  # instance where a ray meets nothing


class Views(NamedTuple):
    """The two sensors."""

    channels: int = 64
    columns: int = 2048
    lowest_deg: float = -25.0
    highest_deg: float = 15.0
    max_range: float = 120.0  # of the LiDAR [m]
    width: int = 1280  # of the picture [px]
    height: int = 720
    fov_deg: float = 90.0  # horizontal

    @property
    def focal(self) -> float:
        """The focal length [px]."""
        return 0.5 * self.width / math.tan(math.radians(0.5 * self.fov_deg))


FULL = Views()  # what figures are given for


def beam_directions(views: Views) -> NDArray[np.float32]:
    """Return unit directions, columns clockwise from the rear, beams upwards. Shape (columns · channels, 3)."""
    azimuth = math.pi - 2.0 * math.pi * (np.arange(views.columns)[:, None] + 0.5) / views.columns
    elevation = np.radians(np.linspace(views.lowest_deg, views.highest_deg, views.channels))[None]
    level = np.cos(elevation)
    rays = np.broadcast_arrays(np.cos(azimuth) * level, np.sin(azimuth) * level, np.sin(elevation))
    return np.stack(rays, axis=-1).reshape(-1, 3).astype(np.float32)


def pixel_directions(views: Views) -> NDArray[np.float32]:
    """Return directions of length 1 along the optical axis, rows from the top. Shape (height · width, 3)."""
    u, v = np.meshgrid(np.arange(views.width) + 0.5, np.arange(views.height) + 0.5)
    left, up = (0.5 * views.width - u) / views.focal, (0.5 * views.height - v) / views.focal
    return np.stack([np.ones_like(u), left, up], axis=-1).reshape(-1, 3).astype(np.float32)


def directions_of(workload: str, views: Views) -> NDArray[np.float32]:
    """Return a workload's rays from the sensor. Shape (num_rays, 3)."""
    return beam_directions(views) if workload in (LIDAR_STATIC, LIDAR_DYNAMIC) else pixel_directions(views)


def reach_of(workload: str, views: Views) -> float:
    """Return how far a workload's rays count [m]."""
    return views.max_range if workload in (LIDAR_STATIC, LIDAR_DYNAMIC) else math.inf


class Motion(NamedTuple):
    """How the cars of a frame stand against the file: turned about their boxes' centers, then shifted."""

    shift: NDArray[np.float64]  # [m]. (num_cars, 3)
    yaw: NDArray[np.float64]  # [rad]. (num_cars,)


def motion_of(frame: int, num_cars: int) -> Motion:
    """Return where the cars are in a frame: up to 1 m ahead, 0.3 m aside and 3° turned, none of them as before."""
    shift, yaw = np.zeros((num_cars, 3)), np.zeros(num_cars)
    if frame != STILL:
        random = np.random.default_rng([7, frame])
        shift[:, 0], shift[:, 1] = random.uniform(-1.0, 1.0, num_cars), random.uniform(-0.3, 0.3, num_cars)
        yaw[:] = random.uniform(-0.05, 0.05, num_cars)
    return Motion(shift, yaw)


class Cars(NamedTuple):
    """The vertices and triangles that move, as one mesh, and how they hang together."""

    center: NDArray[np.float64]  # of each car's upright box [m]. (num_cars, 3)
    local: NDArray[np.float32]  # vertices about their car's center [m]. (num_vertices, 3)
    car: NDArray[np.int64]  # of each vertex, row of `center`. (num_vertices,)
    triangle: NDArray[np.int32]  # rows of `local`. (num_triangles, 3)
    instance: NDArray[np.int32]  # of each triangle. (num_triangles,)


class Still(NamedTuple):
    """The vertices and triangles that stand, as one mesh."""

    vertex: NDArray[np.float32]  # [m]. (num_vertices, 3)
    triangle: NDArray[np.int32]  # rows of `vertex`. (num_triangles, 3)
    instance: NDArray[np.int32]  # of each triangle. (num_triangles,)


def _join(scene: TriangleScene, instances: NDArray[np.int64]) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Return vertices, their position in `instances`, triangles and theirs, of some instances as one mesh."""
    keep = np.isin(scene.instance, instances)
    used, corner = np.unique(scene.triangle[keep], return_inverse=True)
    owner = np.searchsorted(scene.first_vertex, used, side="right") - 1
    return scene.vertex[used], owner, corner.reshape(-1, 3).astype(np.int32), scene.instance[keep]


def split_scene(scene: TriangleScene) -> tuple[Still, Cars]:
    """Part a scene into what stands and what moves."""
    still = np.setdiff1d(np.arange(len(scene.instance_class)), scene.cars)
    vertex, _, triangle, instance = _join(scene, still)
    low, high = boxes_of(scene, scene.cars)
    center = 0.5 * (low + high)
    point, owner, rows, of_row = _join(scene, scene.cars)
    car = np.searchsorted(scene.cars, owner)
    local = (point.astype(np.float64) - center[car]).astype(np.float32)
    return Still(vertex, triangle, instance), Cars(center, local, car, rows, of_row)


def place_cars(cars: Cars, motion: Motion) -> NDArray[np.float32]:
    """Return the cars' vertices in the world [m]. Shape (num_vertices, 3)."""
    cosine, sine = np.cos(motion.yaw).astype(np.float32)[cars.car], np.sin(motion.yaw).astype(np.float32)[cars.car]
    out = (cars.center + motion.shift).astype(np.float32)[cars.car]
    out[:, 0] += cosine * cars.local[:, 0] - sine * cars.local[:, 1]
    out[:, 1] += sine * cars.local[:, 0] + cosine * cars.local[:, 1]
    out[:, 2] += cars.local[:, 2]
    return out


def car_matrices(cars: Cars, motion: Motion) -> NDArray[np.float32]:
    """Return world from car of every car. Shape (num_cars, 4, 4)."""
    out = np.zeros((len(cars.center), 4, 4), np.float32)
    cosine, sine = np.cos(motion.yaw), np.sin(motion.yaw)
    out[:, 0, 0], out[:, 0, 1], out[:, 1, 0], out[:, 1, 1] = cosine, -sine, sine, cosine
    out[:, 2, 2] = out[:, 3, 3] = 1.0
    out[:, :3, 3] = cars.center + motion.shift
    return out


def digest_of(arrays: Iterable[NDArray]) -> str:
    """Return a hash of arrays' content."""
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()


class Subject(ABC):
    """One renderer under the benchmark, in a process of its own.

    Args:
        scene: What it sees.
        views: Through what.
        threads: That it may use.
    """

    workloads: tuple[str, ...]  # it can do

    @abstractmethod
    def __init__(self, scene: TriangleScene, views: Views, threads: int) -> None: ...

    def prepare(self, workload: str, frame: int) -> None:  # noqa: B027  most need none
        """Do what a simulation has done before a sensor is asked; not timed."""

    @abstractmethod
    def run(self, workload: str, frame: int) -> None:
        """Bring the cars to where they are in the frame and see; timed."""

    @abstractmethod
    def found(self, workload: str) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Return what the last run of a workload saw.

        Returns:
            Ranges, for cameras depths along the optical axis, infinity for nothing [m]; and the file's instances,
            NOTHING for none. Shapes (num_rays,), in the order of `directions_of`.
        """

    def digest(self, workload: str) -> str:
        """Return a hash of everything the last run of a workload gave."""
        return digest_of(self.found(workload))
