"""Sun shadows: two maps of the height towards the sun, a fine one near the camera and a coarse one farther out.

Williams, "Casting curved shadows on curved surfaces", SIGGRAPH 1978, with the comparison filtered over the four texels
around a point (Reeves et al. 1987). Points are lifted along their normal by about a texel so that surfaces do not
shade themselves.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.scene import SceneArrays
from simengine.sensors.spans import clip_span, compose_transform, transform_vertices

RESOLUTION = 1024
# Half the edge of each map, how far ahead of the camera its middle lies, and the grid that its corner lies on [m].
CASCADES = ((26.0, 17.0, 6.0), (130.0, 95.0, 24.0))
EMPTY = -1e30
LIFT, BIAS = 1.3, 0.3  # along the normal, and towards the sun [texels]


class ShadowMaps(NamedTuple):
    """Heights towards the sun seen from it; empty arrays (no map) where the sun does not shine."""

    height: NDArray[np.float32]  # of the surface nearest the sun [m]. (num_cascades, RESOLUTION, RESOLUTION)
    corner: NDArray[np.float64]  # coordinates of the first texel's outer corner. (num_cascades, 2) [m]
    texel: NDArray[np.float64]  # (num_cascades,) [m]
    sun_from_world: NDArray[np.float64]  # across, along, towards the sun. (3, 4)


@njit(cache=True, error_model="numpy")
def draw_shadow_map(
    vertex: NDArray[np.float32], triangle: NDArray[np.int32], part_first_triangle: NDArray[np.int32],
    part_first_vertex: NDArray[np.int32], part_center: NDArray[np.float64], part_radius: NDArray[np.float64],
    world_from_part: NDArray[np.float64], present: NDArray[np.bool_], sun_from_world: NDArray[np.float64],
    corner_x: float, corner_y: float, texel: float, out: NDArray[np.float32],
) -> None:
    """Draw the faces that look at the sun into a map of their height towards it. `out` has shape (size, size)."""
    size = out.shape[0]
    sun_vertex = np.empty((vertex.shape[0], 3))
    m = np.empty((3, 4))
    extent = size * texel
    for p in range(part_radius.shape[0]):
        if not present[p]:
            continue
        compose_transform(sun_from_world, world_from_part[p], m)
        x = m[0, 0] * part_center[p, 0] + m[0, 1] * part_center[p, 1] + m[0, 2] * part_center[p, 2] + m[0, 3] - corner_x
        y = m[1, 0] * part_center[p, 0] + m[1, 1] * part_center[p, 1] + m[1, 2] * part_center[p, 2] + m[1, 3] - corner_y
        r = part_radius[p]
        if x + r < 0.0 or x - r > extent or y + r < 0.0 or y - r > extent:
            continue
        transform_vertices(m, vertex, part_first_vertex[p], part_first_vertex[p + 1], sun_vertex)
        for t in range(part_first_triangle[p], part_first_triangle[p + 1]):
            i, j, k = triangle[t, 0], triangle[t, 1], triangle[t, 2]
            ax, ay = (sun_vertex[i, 0] - corner_x) / texel, (sun_vertex[i, 1] - corner_y) / texel
            bx, by = (sun_vertex[j, 0] - corner_x) / texel, (sun_vertex[j, 1] - corner_y) / texel
            gx, gy = (sun_vertex[k, 0] - corner_x) / texel, (sun_vertex[k, 1] - corner_y) / texel
            area = (bx - ax) * (gy - ay) - (by - ay) * (gx - ax)
            if area <= 1e-9:
                continue
            x0 = int(max(0.0, math.ceil(min(ax, bx, gx) - 0.501)))
            x1 = int(min(size - 1.0, math.floor(max(ax, bx, gx) - 0.499)))
            y0 = int(max(0.0, math.ceil(min(ay, by, gy) - 0.501)))
            y1 = int(min(size - 1.0, math.floor(max(ay, by, gy) - 0.499)))
            if x0 > x1 or y0 > y1:
                continue
            aw, bw, gw = sun_vertex[i, 2], sun_vertex[j, 2], sun_vertex[k, 2]
            slope_x = ((bw - aw) * (gy - ay) - (gw - aw) * (by - ay)) / area
            slope_y = ((gw - aw) * (bx - ax) - (bw - aw) * (gx - ax)) / area
            a0, b0 = by - gy, gx - bx
            a1, b1 = gy - ay, ax - gx
            a2, b2 = ay - by, bx - ax
            c0, c1, c2 = -(a0 * bx + b0 * by), -(a1 * gx + b1 * gy), -(a2 * ax + b2 * ay)
            for row in range(y0, y1 + 1):
                yc = row + 0.5
                low, high = clip_span(a0, b0, b0 * yc + c0, x0, x1)
                if low <= high:
                    low, high = clip_span(a1, b1, b1 * yc + c1, low, high)
                if low <= high:
                    low, high = clip_span(a2, b2, b2 * yc + c2, low, high)
                for column in range(low, high + 1):
                    value = np.float32(aw + slope_x * (column + 0.5 - ax) + slope_y * (yc - ay))
                    if value > out[row, column]:
                        out[row, column] = value


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
    """Draws the shadow maps around a camera; what stands still is drawn again only when a map moves on.

    A map's corner lies on a coarse grid, so that it depends on the camera's place alone and not on where it was before.

    Args:
        arrays: The flattened scene.
        sun_direction: Towards the sun. Shape (3,).
    """

    def __init__(self, arrays: SceneArrays, sun_direction: NDArray[np.float64]) -> None:
        self._arrays = arrays
        self._axes = sun_axes(sun_direction)
        self._static = arrays.part_actor < 0
        self._drawn: dict[int, tuple[tuple[float, float], NDArray[np.float32]]] = {}

    def draw(
        self,
        world_from_part: NDArray[np.float64],
        present: NDArray[np.bool_],
        eye: tuple[float, float, float],
        forward: tuple[float, float],
    ) -> ShadowMaps:
        """Draw the maps.

        Args:
            world_from_part: Pose of every part. Shape (num_parts, 3, 4).
            present: Which parts are in the world. Shape (num_parts,).
            eye: The camera's place [m].
            forward: Level unit vector that it looks along.
        """
        count = len(CASCADES)
        height = np.empty((count, RESOLUTION, RESOLUTION), np.float32)
        corners, texels = np.zeros((count, 2)), np.zeros(count)
        for c, (half, ahead, stride) in enumerate(CASCADES):
            middle = (eye[0] + ahead * forward[0], eye[1] + ahead * forward[1], eye[2] - 1.0)
            texels[c] = 2.0 * half / RESOLUTION
            place = [sum(float(self._axes[axis, k]) * middle[k] for k in range(3)) - half for axis in range(2)]
            corner = (math.floor(place[0] / stride + 0.5) * stride, math.floor(place[1] / stride + 0.5) * stride)
            corners[c] = corner
            if c not in self._drawn or self._drawn[c][0] != corner:
                still = np.full((RESOLUTION, RESOLUTION), EMPTY, np.float32)
                self._add(world_from_part, self._static, corner, float(texels[c]), still)
                self._drawn[c] = (corner, still)
            height[c] = self._drawn[c][1]
            self._add(world_from_part, present & ~self._static, corner, float(texels[c]), height[c])
        return ShadowMaps(height, corners, texels, self._axes)

    def _add(
        self, world_from_part: NDArray[np.float64], chosen: NDArray[np.bool_], corner: tuple[float, float],
        texel: float, out: NDArray[np.float32],
    ) -> None:
        arrays = self._arrays
        draw_shadow_map(
            arrays.vertex, arrays.triangle, arrays.part_first_triangle, arrays.part_first_vertex, arrays.part_center,
            arrays.part_radius, world_from_part, chosen, self._axes, corner[0], corner[1], texel, out,
        )
