"""How far a subject agrees with an exact tracer: Embree, cast at the same rays in the same frame."""

import numpy as np
from numpy.typing import NDArray

from tools.benches.triangles import TriangleScene
from tools.benches.views import NOTHING, SENSOR, Views, directions_of, motion_of, place_cars, reach_of, split_scene
from tools.benches.workloads import CAMERA_ALL, CAMERA_IDS

Seen = tuple[NDArray[np.float32], NDArray[np.int32]]  # distance, infinity for nothing [m], and instance. (num_rays,)
TOLERANCE = 1e-3  # of a range [m]
# A depth of z may err by 1 mm · (1 + (z / 50 m)²): on level ground it changes by z² / (f h) from pixel to pixel.
_FAR_DEPTH = 50.0


def placed_triangles(scene: TriangleScene, frame: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the corners of all triangles about the sensor in a frame [m], (num_triangles, 3, 3); their instances."""
    still, cars = split_scene(scene)
    moved = place_cars(cars, motion_of(frame, len(cars.center)))
    corner = np.concatenate([still.vertex[still.triangle], moved[cars.triangle]]).astype(np.float64) - SENSOR
    return corner, np.concatenate([still.instance, cars.instance])


def is_camera(workload: str) -> bool:
    """Tell whether a workload's distances are depths of a picture."""
    return workload in (CAMERA_IDS, CAMERA_ALL)


def trace(scene: TriangleScene, views: Views, workload: str, frame: int) -> Seen:
    """Return what Embree finds; a camera's rays pass faces from behind, as its pictures do.

    Raises:
        ImportError: Embree is not installed.
    """
    from tools.checks.seen.embree import Surfaces

    corner, instance = placed_triangles(scene, frame)
    surfaces, rays = Surfaces(corner), directions_of(workload, views)
    cast = surfaces.cast_at_front_faces if is_camera(workload) else surfaces.cast
    triangle, distance = cast(np.zeros_like(rays), rays)
    hit = (triangle >= 0) & (distance <= reach_of(workload, views))
    ids = np.where(hit, instance[np.maximum(triangle, 0)], np.int32(NOTHING))
    return np.where(hit, distance, np.inf).astype(np.float32), ids.astype(np.int32)


def tolerance(distance: NDArray, workload: str) -> NDArray:
    """Return by how much distances of a workload may differ [m]."""
    if is_camera(workload):
        return TOLERANCE * (1.0 + (distance / _FAR_DEPTH) ** 2)
    return np.full(distance.shape, TOLERANCE)


def meets(corner: NDArray[np.float64], ray: NDArray[np.float64], distance: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which rays from the origin meet any of some triangles within the tolerance of a distance.

    After Möller and Trumbore (1997).

    Args:
        corner: [m]. Shape (num_triangles, 3, 3).
        ray: Shape (num_rays, 3).
        distance: In lengths of the ray. Shape (num_rays,).
    """
    met = np.zeros(len(ray), np.bool_)
    a, u, v = corner[:, 0], corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    step = max(1, 2_000_000 // max(len(corner), 1))
    slack = 1e-5  # of the barycentric coordinates
    for k in range(0, len(ray), step):
        d = ray[k : k + step, None]
        p = np.cross(d, v)
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = 1.0 / (u * p).sum(-1)
            first = -(a * p).sum(-1) * scale
            q = np.cross(-a, u)
            second = (d * q).sum(-1) * scale
            along = (v * q).sum(-1) * scale
            inside = (first >= -slack) & (second >= -slack) & (first + second <= 1.0 + slack)
            near = np.abs(along - distance[k : k + step, None]) <= TOLERANCE
        met[k : k + step] = (inside & near).any(axis=1)
    return met


def agreement(found: Seen, truth: Seen, scene: TriangleScene, views: Views, workload: str, frame: int) -> float:
    """Return the share of rays, for a picture of pixels away from edges, whose distance and instance are right.

    Where two instances' surfaces coincide either is right.
    """
    distance, ids = found[0].astype(np.float64), found[1]
    true_distance, true_ids = truth[0].astype(np.float64), truth[1]
    counted = np.ones(len(ids), np.bool_)
    if is_camera(workload):
        from tools.checks.seen.embree import away_from_edges

        counted = away_from_edges(true_ids.reshape(views.height, views.width)).ravel()
    with np.errstate(invalid="ignore"):
        near = np.abs(distance - true_distance) <= tolerance(true_distance, workload)
    right = np.where(true_ids == NOTHING, ids == NOTHING, near & (ids == true_ids))
    limit = reach_of(workload, views)
    if np.isfinite(limit):  # one sees what lies at the limit and the other does not
        right |= (ids == NOTHING) & (true_distance > limit - TOLERANCE)
        right |= (true_ids == NOTHING) & (distance > limit - TOLERANCE) & (ids != NOTHING)
    open_ = np.flatnonzero(counted & ~right & near & (ids != NOTHING))
    if len(open_):
        corner, instance = placed_triangles(scene, frame)
        rays = directions_of(workload, views)[open_].astype(np.float64)
        for i in np.unique(ids[open_]):
            own = np.flatnonzero(ids[open_] == i)
            right[open_[own]] = meets(corner[instance == i], rays[own], distance[open_[own]])
    return float(right[counted].mean()) if counted.any() else 1.0
