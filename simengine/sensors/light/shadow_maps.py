"""Sun shadows: two maps of the height towards the sun, a fine one near the camera and a coarse one farther out.

Williams, "Casting curved shadows on curved surfaces", SIGGRAPH 1978, with the comparison filtered over the four texels
around a point (Reeves et al. 1987). Points are lifted along their normal by about a texel so that surfaces do not
shade themselves.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.sensors.base.thread_pool import share
from simengine.sensors.light.shadow_drawing import MARK, MapFrame, draw_heights, restore_marked
from simengine.sensors.raster.drawn_scene import cluster_bounds, cluster_triangles, cluster_work, place_scene
from simengine.sensors.raster.filling import BLOCK
from simengine.sensors.scene.scene_arrays import SceneArrays

RESOLUTION = 1024
# Half the edge of each map and how far ahead of the camera its middle lies [m].
CASCADES = ((26.0, 17.0), (130.0, 95.0))
PATCH = 128  # maps begin and end with patches of this many texels, which lie fixed in the world
EMPTY = -1e30
LIFT, BIAS = 1.3, 0.3  # along the normal, and towards the sun [texels]


class ShadowMaps(NamedTuple):
    """Heights towards the sun seen from it; empty arrays (no map) where the sun does not shine."""

    height: NDArray[np.float32]  # of the surface nearest the sun [m]. (num_cascades, RESOLUTION, RESOLUTION)
    corner: NDArray[np.float64]  # coordinates of the first texel's outer corner. (num_cascades, 2) [m]
    texel: NDArray[np.float64]  # (num_cascades,) [m]
    sun_from_world: NDArray[np.float64]  # across, along, towards the sun. (3, 4)


def sun_axes(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the frame whose third axis points to the sun: sun_from_world, shape (3, 4)."""
    x, y, z = (float(value) for value in direction)
    level = math.hypot(x, y)
    across = (-y / level, x / level, 0.0) if level > 1e-9 else (0.0, 1.0, 0.0)
    along = (y * across[2] - z * across[1], z * across[0] - x * across[2], x * across[1] - y * across[0])
    return np.array([[*across, 0.0], [*along, 0.0], [x, y, z, 0.0]])


def no_shadows() -> ShadowMaps:
    """Return maps in which nothing shades."""
    axes = sun_axes(np.array([0.0, 0.0, 1.0]))
    return ShadowMaps(np.zeros((0, RESOLUTION, RESOLUTION), np.float32), np.zeros((0, 2)), np.zeros(0), axes)


class SunShadows:
    """Draws the shadow maps around a camera; of what stands still only patches that a map newly reaches are drawn.

    A patch of a map is drawn about its own corner, so that it depends on its place alone and not on where the camera
    was before.

    Args:
        arrays: The flattened scene.
        sun_direction: Towards the sun. Shape (3,).
    """

    def __init__(self, arrays: SceneArrays, sun_direction: NDArray[np.float64]) -> None:
        count, marks = len(CASCADES), RESOLUTION // MARK
        self._arrays = arrays
        self._axes = sun_axes(sun_direction)
        self._is_static = arrays.part_actor < 0
        parts = np.arange(len(arrays.part_actor) + 1)
        self._first_cluster = np.searchsorted(arrays.clusters.part, parts).astype(np.int32)
        self._corner: list[tuple[int, int] | None] = [None] * count  # of each map [patches]
        self._static: list[NDArray[np.float32]] = []
        self._height = np.zeros((0, 0, 0), np.float32)
        self._marked = np.zeros((count, marks, marks), np.bool_)  # where something moving was drawn
        self._triangle = np.zeros((0, 0, 0), np.int32)

    def draw(
        self,
        world_from_part: NDArray[np.float64],
        present: NDArray[np.bool_],
        eye: tuple[float, float, float],
        forward: tuple[float, float],
        num_threads: int = 1,
    ) -> ShadowMaps:
        """Draw the maps. Their heights are overwritten by the next call.

        Args:
            world_from_part: Pose of every part. Shape (num_parts, 3, 4).
            present: Which parts are in the world. Shape (num_parts,).
            eye: The camera's place [m].
            forward: Level unit vector that it looks along.
            num_threads: That draw at the same time, a map each.
        """
        count = len(CASCADES)
        if not self._static:
            self._static = [np.full((RESOLUTION, RESOLUTION), EMPTY, np.float32) for _ in range(count)]
            self._height = np.full((count, RESOLUTION, RESOLUTION), EMPTY, np.float32)
            self._triangle = np.zeros((count, RESOLUTION, RESOLUTION), np.int32)
        corners, texels = np.zeros((count, 2)), np.zeros(count)
        moving = present & ~self._is_static

        def draw(c: int) -> None:
            half, ahead = CASCADES[c]
            texel = texels[c] = 2.0 * half / RESOLUTION
            middle = (eye[0] + ahead * forward[0], eye[1] + ahead * forward[1], eye[2] - 1.0)
            place = [sum(float(self._axes[axis, k]) * middle[k] for k in range(3)) - half for axis in range(2)]
            corner = (math.floor(place[0] / (PATCH * texel) + 0.5), math.floor(place[1] / (PATCH * texel) + 0.5))
            corners[c] = corner[0] * PATCH * texel, corner[1] * PATCH * texel
            if self._corner[c] != corner:
                self._move(c, corner, texel, world_from_part)
                self._height[c] = self._static[c]
            else:
                restore_marked(self._static[c], self._marked[c], self._height[c])
            self._marked[c] = False
            self._draw(world_from_part, moving, corner, texel, self._height[c], self._triangle[c], self._marked[c])

        share(draw, [(c,) for c in range(count)], num_threads)
        return ShadowMaps(self._height, corners, texels, self._axes)

    def _move(self, c: int, corner: tuple[int, int], texel: float, world_from_part: NDArray[np.float64]) -> None:
        """Let a map of what stands still begin at another patch: keep the patches that it had, draw the others."""
        count, before, old = RESOLUTION // PATCH, self._corner[c], self._static[c]
        new = np.empty_like(old)
        patch, marked = np.empty((PATCH, PATCH), np.float32), np.zeros((PATCH // MARK, PATCH // MARK), np.bool_)
        triangle = np.zeros((PATCH, PATCH), np.int32)
        for j in range(count):
            for i in range(count):
                target = new[j * PATCH : (j + 1) * PATCH, i * PATCH : (i + 1) * PATCH]
                if before is not None:
                    x, y = i + corner[0] - before[0], j + corner[1] - before[1]
                    if 0 <= x < count and 0 <= y < count:
                        target[:] = old[y * PATCH : (y + 1) * PATCH, x * PATCH : (x + 1) * PATCH]
                        continue
                patch[:] = EMPTY
                place = (corner[0] + i, corner[1] + j)
                self._draw(world_from_part, self._is_static, place, texel, patch, triangle, marked)
                target[:] = patch
        self._static[c], self._corner[c] = new, corner

    def _draw(
        self,
        world_from_part: NDArray[np.float64],
        chosen: NDArray[np.bool_],
        corner: tuple[int, int],
        texel: float,
        height: NDArray[np.float32],
        triangle: NDArray[np.int32],
        marked: NDArray[np.bool_],
    ) -> None:
        arrays = self._arrays
        draw_heights(
            place_scene(arrays, world_from_part, chosen),
            self._first_cluster,
            cluster_bounds(arrays),
            cluster_triangles(arrays),
            MapFrame(self._axes, corner[0] * PATCH, corner[1] * PATCH, texel),
            BLOCK,
            np.empty((3, 4)),
            cluster_work(),
            marked,
            height,
            triangle,
        )
