"""Open3D's RaycastingScene (Embree): one scene of what stands, built once, and one of the cars, built every frame."""

from typing import Any

import numpy as np
import open3d as o3d
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


class Open3dRays(Subject):
    """Every ray is cast in both scenes and the nearer hit kept; a scene that does not change is built once."""

    workloads = (LIDAR_STATIC, LIDAR_DYNAMIC, CAMERA_IDS)

    def __init__(self, scene: TriangleScene, views: Views, threads: int) -> None:
        self._views, self._threads = views, threads
        self._still, self._cars = split_scene(scene)
        self._car_triangle = self._cars.triangle.astype(np.uint32)
        self._standing = self._build([(self._still.vertex, self._still.triangle.astype(np.uint32))])
        at_rest = place_cars(self._cars, motion_of(STILL, len(self._cars.center)))
        self._all = self._build(
            [
                (self._still.vertex, self._still.triangle.astype(np.uint32)),
                (at_rest, self._car_triangle),
            ]
        )
        self._rays: dict[str, o3d.core.Tensor] = {}
        for workload in self.workloads:
            directions = directions_of(workload, views)
            origin = np.broadcast_to(np.array(SENSOR, np.float32), directions.shape)
            self._rays[workload] = o3d.core.Tensor.from_numpy(np.concatenate([origin, directions], axis=1))
        self._hits: dict[str, tuple[Any, Any, Any]] = {}  # distance, triangle, whether of a car

    def _build(self, meshes: list[tuple[NDArray, NDArray]]) -> o3d.t.geometry.RaycastingScene:
        scene = o3d.t.geometry.RaycastingScene(nthreads=self._threads)
        for vertex, triangle in meshes:
            if len(triangle):
                scene.add_triangles(o3d.core.Tensor.from_numpy(vertex), o3d.core.Tensor.from_numpy(triangle))
        return scene

    def run(self, workload: str, frame: int) -> None:
        """See `Subject.run`."""
        rays = self._rays[workload]
        if workload == LIDAR_STATIC:
            hit = self._all.cast_rays(rays, nthreads=self._threads)
            moving = hit["geometry_ids"].numpy() == int(len(self._still.triangle) > 0)
            self._hits[workload] = hit["t_hit"].numpy(), hit["primitive_ids"].numpy(), moving
            return
        vertex = place_cars(self._cars, motion_of(frame, len(self._cars.center)))
        still = self._standing.cast_rays(rays, nthreads=self._threads)
        near = still["t_hit"].numpy()
        if not len(self._car_triangle):
            self._hits[workload] = near, still["primitive_ids"].numpy(), np.zeros(len(near), np.bool_)
            return
        cars = self._build([(vertex, self._car_triangle)]).cast_rays(rays, nthreads=self._threads)
        moving = cars["t_hit"].numpy() < near
        self._hits[workload] = (
            np.where(moving, cars["t_hit"].numpy(), near),
            np.where(moving, cars["primitive_ids"].numpy(), still["primitive_ids"].numpy()), moving,
        )  # fmt: skip

    def found(self, workload: str) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """See `Subject.found`."""
        distance, triangle, moving = self._hits[workload]
        hit = distance <= np.float32(reach_of(workload, self._views))
        hit &= np.isfinite(distance)
        ids = np.full(len(distance), NOTHING, np.int32)
        for chosen, instance in ((hit & ~moving, self._still.instance), (hit & moving, self._cars.instance)):
            ids[chosen] = instance[triangle[chosen]]
        return np.where(hit, distance, np.float32(np.inf)), ids
