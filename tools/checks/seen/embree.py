"""Rays cast by Embree: an independent answer to what a camera or a LiDAR sees of a set of triangles."""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.sensors.raster.pinhole import Intrinsics

NOTHING = -1
_BEHIND = 1e-5  # how far behind a culled face a ray goes on, in lengths of its direction
_MOST_CULLED = 64  # faces a ray may pass from behind


class Surfaces:
    """Triangles that rays can be cast at.

    Args:
        corner: Counter-clockwise from outside [m]; float32 in Embree, so best about where the rays start. Shape
            (num_triangles, 3, 3).

    Raises:
        ImportError: Embree is not installed.
    """

    def __init__(self, corner: NDArray[np.floating]) -> None:
        try:
            from embreex import rtcore_scene
            from embreex.mesh_construction import TriangleMesh
        except ImportError:
            raise ImportError(
                'this check needs Embree: pip install "simengine[test]", or run tools/test once'
            ) from None
        self._corner = np.ascontiguousarray(corner, np.float32)
        self._scene = rtcore_scene.EmbreeScene()
        if len(self._corner):
            TriangleMesh(self._scene, self._corner)

    def cast(
        self, start: NDArray[np.floating], direction: NDArray[np.floating]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return what each ray meets first, from either side.

        Args:
            start: [m]. Shape (num_rays, 3).
            direction: Of any length. Shape (num_rays, 3).

        Returns:
            The triangle, −1 for none, and the distance in lengths of the direction, infinity for none. (num_rays,)
        """
        triangle, distance = self.first_hits(
            np.ascontiguousarray(start, np.float32), np.ascontiguousarray(direction, np.float32)
        )
        return triangle.astype(np.int64), np.where(triangle >= 0, distance.astype(np.float64), np.inf)

    def first_hits(
        self, start: NDArray[np.float32], direction: NDArray[np.float32]
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return what `cast` does as Embree gives it: float32, and any distance where nothing is met."""
        if not len(self._corner):
            return np.full(len(direction), NOTHING, np.int32), np.full(len(direction), np.inf, np.float32)
        hit = self._scene.run(start, direction, output=1)
        return hit["primID"], hit["tfar"]

    def cast_at_front_faces(
        self, start: NDArray[np.floating], direction: NDArray[np.floating]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return what each ray meets first from outside, as `cast`; faces seen from behind are passed."""
        triangle, distance = self.cast(start, direction)
        normal = np.cross(self._corner[:, 1] - self._corner[:, 0], self._corner[:, 2] - self._corner[:, 0])
        start, direction = np.asarray(start, np.float64), np.asarray(direction, np.float64)
        for _ in range(_MOST_CULLED):
            behind = triangle >= 0
            behind[behind] = (normal[triangle[behind]] * direction[behind]).sum(axis=1) >= 0.0
            rays = np.flatnonzero(behind)
            if len(rays) == 0:
                break
            gone = distance[rays] * (1.0 + 1e-6) + _BEHIND
            met, further = self.cast(start[rays] + gone[:, None] * direction[rays], direction[rays])
            triangle[rays], distance[rays] = met, gone + further
        return triangle, distance


def nearest_front_face(corner: NDArray[np.float64], ray: NDArray[np.float64], nearest: float) -> float:
    """Return how far one ray from the origin goes to the first face seen from outside, in lengths of the ray.

    In double precision, triangle by triangle (Möller and Trumbore 1997): the judge where single precision cannot tell
    on which side of an edge a ray passes.

    Args:
        corner: [m]. Shape (num_triangles, 3, 3).
        ray: Shape (3,).
        nearest: Where the ray begins, in its lengths.
    """
    edge_1, edge_2 = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    normal = np.cross(ray, edge_2)
    det = (edge_1 * normal).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        u = -(corner[:, 0] * normal).sum(axis=1) / det
        across = np.cross(-corner[:, 0], edge_1)
        v, distance = across @ ray / det, (edge_2 * across).sum(axis=1) / det
    met = (det > 0.0) & (u >= 0.0) & (v >= 0.0) & (u + v <= 1.0) & (distance >= nearest)
    return float(distance[met].min(initial=np.inf))


def pixel_rays(camera: Intrinsics, rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the directions of all pixels' centers, of unit length along the optical axis. Shape (height · width, 3).

    Args:
        camera: Intrinsics.
        rotation: Camera's optical axes from world. Shape (3, 3).
    """
    u, v = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    ray = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u)], axis=-1)
    return (ray @ rotation).reshape(-1, 3)


def beam_rays(lowest: float, highest: float, channels: int, columns: int) -> NDArray[np.float64]:
    """Return the unit directions of a spinning LiDAR's beams in its own frame. Shape (columns, channels, 3).

    Columns are clockwise from the rear, beams evenly spaced from `lowest` to `highest` elevation [rad].
    """
    azimuth = math.pi - 2.0 * math.pi * (np.arange(columns)[:, None] + 0.5) / columns
    elevation = np.linspace(lowest, highest, channels)[None]
    level = np.cos(elevation)
    rays = np.broadcast_arrays(np.cos(azimuth) * level, np.sin(azimuth) * level, np.sin(elevation))
    return np.stack(rays, axis=-1)


def away_from_edges(image: NDArray) -> NDArray[np.bool_]:
    """Mark the pixels whose eight neighbors show the same; the image's border is not among them."""
    same = np.ones(image.shape, np.bool_)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            same &= np.roll(image, (dy, dx), (0, 1)) == image
    same[[0, -1]] = same[:, [0, -1]] = False
    return same
