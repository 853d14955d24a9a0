"""Mitsuba 3, variant llvm_ad_mono (Embree in vector packets): a scene of what stands and one of cars as instances."""

from typing import Any

import drjit
import mitsuba
import numpy as np
from numpy.typing import NDArray

from tools.benches.triangles import TriangleScene
from tools.benches.views import (
    NOTHING,
    SENSOR,
    STILL,
    Subject,
    Views,
    car_matrices,
    directions_of,
    motion_of,
    place_cars,
    reach_of,
    split_scene,
)
from tools.benches.workloads import CAMERA_IDS, LIDAR_DYNAMIC, LIDAR_STATIC

dr: Any = drjit  # types depend on the variant, which is chosen later
mi: Any = mitsuba
VARIANT = "llvm_ad_mono"
_SAME = 3.4e38  # a ray that counts however far it reaches


def _mesh(name: str, vertex: NDArray[np.float32], triangle: NDArray) -> Any:
    mesh = mi.Mesh(name, len(vertex), len(triangle))
    values = mi.traverse(mesh)
    values["vertex_positions"] = np.ascontiguousarray(vertex, np.float32).ravel()
    values["faces"] = np.ascontiguousarray(triangle, np.uint32).ravel()
    values.update()
    return mesh


def _number(shape: Any) -> int:
    """Return the number that hits carry for a shape."""
    return int(dr.reinterpret_array(mi.UInt32, mi.ShapePtr(shape)).numpy()[0])


class MitsubaRays(Subject):
    """A frame sets the matrices of the cars' instances, and the nearer hit of both scenes is kept.

    An update builds its whole scene again, so what stands has one of its own. Instances took half of the time of new
    vertices.
    """

    workloads = (LIDAR_STATIC, LIDAR_DYNAMIC, CAMERA_IDS)

    def __init__(self, scene: TriangleScene, views: Views, threads: int) -> None:
        mi.set_variant(VARIANT)
        mi.set_log_level(mi.LogLevel.Error)
        dr.set_thread_count(threads)
        self._views = views
        self._still, self._cars = split_scene(scene)
        at_rest = place_cars(self._cars, motion_of(STILL, len(self._cars.center)))
        meshes = {}
        if len(self._still.triangle):
            meshes["still"] = _mesh("still", self._still.vertex, self._still.triangle)
        self._standing = mi.load_dict({"type": "scene", **meshes})
        if len(self._cars.triangle):
            meshes["cars"] = _mesh("cars", at_rest, self._cars.triangle)
        self._all = mi.load_dict({"type": "scene", **meshes})
        self._moving = mi.load_dict(self._instances())
        self._values = mi.traverse(self._moving)
        self._rays = {workload: self._ray(workload) for workload in self.workloads}
        self._hits: dict[str, tuple[NDArray, ...]] = {}

    def _instances(self) -> dict:
        """Return the scene whose cars are instances of a shape group each."""
        parts: dict = {"type": "scene"}
        cars = self._cars
        for c in range(len(cars.center)):
            own = cars.car[cars.triangle[:, 0]] == c
            used, corner = np.unique(cars.triangle[own], return_inverse=True)
            mesh = _mesh(f"mesh_{c}", cars.local[used], corner.reshape(-1, 3))
            parts[f"group_{c}"] = {"type": "shapegroup", "mesh": mesh}
            parts[f"car_{c}"] = {
                "type": "instance", "group": {"type": "ref", "id": f"group_{c}"},
                "to_world": mi.ScalarTransform4f().translate(cars.center[c].tolist()),
            }  # fmt: skip
        return parts

    def _ray(self, workload: str) -> Any:
        x, y, z = (mi.Float(np.ascontiguousarray(column)) for column in directions_of(workload, self._views).T)
        ray = mi.Ray3f(o=mi.Point3f(*SENSOR), d=mi.Vector3f(x, y, z))
        ray.maxt = mi.Float(min(reach_of(workload, self._views), _SAME))
        dr.eval(ray)
        return ray

    def _cast(self, scene: Any, workload: str) -> tuple[NDArray, ...]:
        """Return distance, triangle, shape and instance of every hit."""
        hit = scene.ray_intersect_preliminary(self._rays[workload], coherent=True)
        shape, instance = (dr.reinterpret_array(mi.UInt32, at) for at in (hit.shape, hit.instance))
        dr.eval(hit.t, hit.prim_index, shape, instance)
        return hit.t.numpy(), hit.prim_index.numpy(), shape.numpy(), instance.numpy()

    def run(self, workload: str, frame: int) -> None:
        """See `Subject.run`."""
        if workload == LIDAR_STATIC:
            self._hits[workload] = self._cast(self._all, workload)
            return
        for c, matrix in enumerate(car_matrices(self._cars, motion_of(frame, len(self._cars.center)))):
            self._values[f"car_{c}.to_world"] = mi.Transform4f(matrix)
        self._values.update()
        still, cars = self._cast(self._standing, workload), self._cast(self._moving, workload)
        moving = cars[0] < still[0]
        self._hits[workload] = tuple(np.where(moving, car, stands) for car, stands in zip(cars, still, strict=True))

    def found(self, workload: str) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """See `Subject.found`."""
        distance, triangle, shape, instance = self._hits[workload]
        hit = np.isfinite(distance) & (distance < _SAME)
        ids = np.full(len(distance), NOTHING, np.int32)
        cars = self._cars
        first = {int(cars.car[rows[0]]): number for rows, number in zip(cars.triangle[::-1], cars.instance[::-1])}
        still = np.append(self._still.instance, np.int32(NOTHING))
        ids[hit] = still[np.minimum(triangle[hit], len(still) - 1)]  # where a car was hit it is put right below
        for placed in self._all.shapes():
            if placed.id() == "cars":
                chosen = hit & (shape == _number(placed)) & (instance == 0)
                ids[chosen] = cars.instance[triangle[chosen]]
        for placed in self._moving.shapes():
            if placed.id().startswith("car_"):
                ids[hit & (instance == _number(placed))] = first[int(placed.id().split("_")[1])]
        return np.where(hit, distance, np.float32(np.inf)), ids
