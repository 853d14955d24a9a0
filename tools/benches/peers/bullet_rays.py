"""PyBullet: rayTestBatch against concave meshes, and TinyRenderer's getCameraImage with its segmentation.

TinyRenderer drops triangles that cross the near plane, such as the ground under the camera, and its depths err by
decimeters, so its pictures agree with a tracer only in part.
"""

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pybullet  # type: ignore[import-not-found]
from numpy.typing import NDArray

from tools.benches.triangles import TriangleScene
from tools.benches.views import NOTHING, SENSOR, Subject, Views, directions_of, motion_of, split_scene
from tools.benches.workloads import CAMERA_IDS, LIDAR_DYNAMIC, LIDAR_STATIC

_BATCH = pybullet.MAX_RAY_INTERSECTION_BATCH_SIZE - 1
_TILE = 100_000  # triangles of one body
_NEAR, _FAR = 1.0, 500.0  # of TinyRenderer's planes [m]


def _write_obj(path: Path, vertex: NDArray, triangle: NDArray) -> None:
    with path.open("w") as file:
        np.savetxt(file, vertex, "v %.6f %.6f %.6f")
        np.savetxt(file, triangle + 1, "f %d %d %d")


class BulletRays(Subject):
    """What stands is one body an instance (the camera's ids are bodies), cars are bodies that are put in place."""

    workloads = (LIDAR_STATIC, LIDAR_DYNAMIC, CAMERA_IDS)

    def __init__(self, scene: TriangleScene, views: Views, threads: int) -> None:
        self._views, self._threads = views, threads
        self._client = pybullet.connect(pybullet.DIRECT)
        _, self._cars = split_scene(scene)
        self._instance_of: dict[int, int] = {-1: NOTHING}
        self._bodies: list[int] = []
        with tempfile.TemporaryDirectory() as folder:
            for i in range(len(scene.instance_class)):
                first, last = scene.first_triangle[i], scene.first_triangle[i + 1]
                car = np.flatnonzero(scene.cars == i)
                center = self._cars.center[car[0]] if len(car) else np.zeros(3)
                for start in range(first, last, _TILE):
                    used, corner = np.unique(scene.triangle[start : min(start + _TILE, last)], return_inverse=True)
                    path = Path(folder) / f"{i}_{start}.obj"
                    _write_obj(path, scene.vertex[used].astype(np.float64) - center, corner.reshape(-1, 3))
                    self._instance_of[self._add(str(path), center)] = i
                if len(car):
                    self._bodies.append(max(self._instance_of))
        self._rays = {}
        for workload in (LIDAR_STATIC, LIDAR_DYNAMIC):
            end = np.array(SENSOR) + directions_of(workload, views).astype(np.float64) * views.max_range
            self._rays[workload] = [end[k : k + _BATCH].tolist() for k in range(0, len(end), _BATCH)]
        self._origin = [SENSOR] * _BATCH
        self._view = pybullet.computeViewMatrix(SENSOR, (SENSOR[0] + 1.0, *SENSOR[1:]), (0.0, 0.0, 1.0))
        upright = 2.0 * math.degrees(math.atan(0.5 * views.height / views.focal))
        self._projection = pybullet.computeProjectionMatrixFOV(upright, views.width / views.height, _NEAR, _FAR)
        self._hits: dict[str, Any] = {}

    def _add(self, path: str, center: NDArray[np.float64]) -> int:
        """Return a new body of a mesh."""
        collision = pybullet.createCollisionShape(
            pybullet.GEOM_MESH, fileName=path, flags=pybullet.GEOM_FORCE_CONCAVE_TRIMESH, physicsClientId=self._client
        )
        visual = pybullet.createVisualShape(pybullet.GEOM_MESH, fileName=path, physicsClientId=self._client)
        return pybullet.createMultiBody(0.0, collision, visual, center.tolist(), physicsClientId=self._client)

    def prepare(self, workload: str, frame: int) -> None:
        """Put the cars back before static rays; see `Subject.prepare`."""
        if workload == LIDAR_STATIC:
            for body, position in zip(self._bodies, self._cars.center.tolist(), strict=True):
                pybullet.resetBasePositionAndOrientation(body, position, (0.0, 0.0, 0.0, 1.0), self._client)

    def run(self, workload: str, frame: int) -> None:
        """See `Subject.run`."""
        if workload != LIDAR_STATIC:
            motion = motion_of(frame, len(self._bodies))
            place = (self._cars.center + motion.shift).tolist()
            for body, position, yaw in zip(self._bodies, place, motion.yaw.tolist(), strict=True):
                turn = (0.0, 0.0, math.sin(0.5 * yaw), math.cos(0.5 * yaw))
                pybullet.resetBasePositionAndOrientation(body, position, turn, self._client)
        if workload == CAMERA_IDS:
            self._hits[workload] = pybullet.getCameraImage(
                self._views.width, self._views.height, self._view, self._projection,
                renderer=pybullet.ER_TINY_RENDERER, physicsClientId=self._client,
            )  # fmt: skip
            return
        hits = []
        for ends in self._rays[workload]:
            origin = self._origin[: len(ends)]
            hits += pybullet.rayTestBatch(origin, ends, numThreads=self._threads, physicsClientId=self._client)
        self._hits[workload] = np.array([(hit[0], hit[2]) for hit in hits])

    def found(self, workload: str) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """See `Subject.found`."""
        table = np.full(max(self._instance_of) + 2, NOTHING, np.int32)
        for body, instance in self._instance_of.items():
            table[body] = instance  # −1, nothing, is the last row
        if workload != CAMERA_IDS:
            body, share = self._hits[workload].T
            ids = table[body.astype(np.int64)]
            distance = np.where(ids == NOTHING, np.inf, share * self._views.max_range)
            return distance.astype(np.float32), ids
        size = (self._views.height, self._views.width)
        _, _, _, depth, body = self._hits[workload]
        buffer = np.reshape(depth, size).astype(np.float64)
        ids = table[np.reshape(body, size).astype(np.int64)]
        along = _FAR * _NEAR / (_FAR - (_FAR - _NEAR) * buffer)
        return np.where(ids == NOTHING, np.inf, along).astype(np.float32).ravel(), ids.ravel()
