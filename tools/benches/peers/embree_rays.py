"""embreex (Embree), as Open3D: what stands is built once and the cars every frame; its casting knows one thread."""

import numpy as np
from numpy.typing import NDArray

from tools.benches.triangles import TriangleScene
from tools.benches.views import (
    NOTHING,
    SENSOR,
    STILL,
    Subject,
    Views,
    directions_of,
    motion_of,
    place_cars,
    reach_of,
    split_scene,
)
from tools.benches.workloads import CAMERA_IDS, LIDAR_DYNAMIC, LIDAR_STATIC
from tools.checks.seen.embree import Surfaces


class EmbreeRays(Subject):
    """Every ray is cast in both scenes and the nearer hit kept; a scene that does not change is built once."""

    workloads = (LIDAR_STATIC, LIDAR_DYNAMIC, CAMERA_IDS)

    def __init__(self, scene: TriangleScene, views: Views, threads: int) -> None:
        self._views = views
        self._still, self._cars = split_scene(scene)
        self._standing = Surfaces(self._still.vertex[self._still.triangle])
        at_rest = place_cars(self._cars, motion_of(STILL, len(self._cars.center)))
        self._all = Surfaces(np.concatenate([self._still.vertex[self._still.triangle], at_rest[self._cars.triangle]]))
        self._rays = {workload: directions_of(workload, views) for workload in self.workloads}
        self._origin = {
            workload: np.tile(np.array(SENSOR, np.float32), (len(rays), 1)) for workload, rays in self._rays.items()
        }
        self._hits: dict[str, tuple[NDArray, NDArray]] = {}  # triangle of all, those of cars last, and distance

    def run(self, workload: str, frame: int) -> None:
        """See `Subject.run`."""
        origin, rays = self._origin[workload], self._rays[workload]
        if workload == LIDAR_STATIC:
            self._hits[workload] = self._all.first_hits(origin, rays)
            return
        vertex = place_cars(self._cars, motion_of(frame, len(self._cars.center)))
        triangle, distance = self._standing.first_hits(origin, rays)
        car, nearer = Surfaces(vertex[self._cars.triangle]).first_hits(origin, rays)
        moving = (car >= 0) & ((triangle < 0) | (nearer < distance))
        self._hits[workload] = (
            np.where(moving, car + len(self._still.triangle), triangle),
            np.where(moving, nearer, distance),
        )

    def found(self, workload: str) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """See `Subject.found`."""
        triangle, distance = self._hits[workload]
        hit = (triangle >= 0) & (distance <= np.float32(reach_of(workload, self._views)))
        instance = np.concatenate([self._still.instance, self._cars.instance])
        ids = np.where(hit, instance[np.maximum(triangle, 0)], np.int32(NOTHING))
        return np.where(hit, distance, np.float32(np.inf)).astype(np.float32), ids
