"""Which clusters of triangles an image may show, where, and in which order it is best to draw them."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.raster.drawn_scene import ClusterBounds, PlacedParts
from simengine.sensors.raster.pinhole import Intrinsics

TILE = 16  # edge of a tile of the occlusion test [px]
_BUCKETS = 1024  # of depth, for sorting
_BEYOND = 1.000001  # hidden is what lies behind by more than rounding
_INFINITE = np.float32(1e30)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def sphere_in_view(x: float, y: float, z: float, radius: float, camera: Intrinsics, near: float) -> bool:
    """Tell whether a sphere in camera coordinates may reach into the view."""
    if z + radius < near:
        return False
    left, right = -camera.cx / camera.fx, (camera.width - camera.cx) / camera.fx
    top, bottom = -camera.cy / camera.fy, (camera.height - camera.cy) / camera.fy
    if x - left * z < -radius * math.sqrt(1.0 + left * left):
        return False
    if right * z - x < -radius * math.sqrt(1.0 + right * right):
        return False
    if y - top * z < -radius * math.sqrt(1.0 + top * top):
        return False
    return not bottom * z - y < -radius * math.sqrt(1.0 + bottom * bottom)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def place_parts(
    parts: PlacedParts,
    camera_from_world: NDArray[np.float64],
    camera: Intrinsics,
    near: float,
    image_from_part: NDArray[np.float64],
    eye: NDArray[np.float64],
    shown: NDArray[np.bool_],
) -> None:
    """Find the parts that may be in view and what carries them into image coordinates.

    Image coordinates are (x, y, w): the pixel is (x / w, y / w), and w the depth along the optical axis.

    Args:
        parts: The parts.
        camera_from_world: Into optical axes. Shape (3, 4).
        camera: Intrinsics.
        near: Nothing nearer is seen [m].
        image_from_part: Filled for the parts present. Shape (num_parts, 3, 4).
        eye: The camera in the frame of each part present, filled [m]. Shape (num_parts, 3).
        shown: Filled. Shape (num_parts,).
    """
    part_center, world_from_part, present = parts.center, parts.world_from_part, parts.present
    fx, fy, cx, cy = camera.fx, camera.fy, camera.cx, camera.cy
    for p in range(present.shape[0]):
        shown[p] = False
        if not present[p]:
            continue
        m = image_from_part[p]
        for i in range(3):
            for j in range(4):
                m[i, j] = (
                    camera_from_world[i, 0] * world_from_part[p, 0, j]
                    + camera_from_world[i, 1] * world_from_part[p, 1, j]
                    + camera_from_world[i, 2] * world_from_part[p, 2, j]
                )
            m[i, 3] += camera_from_world[i, 3]
        x = m[0, 0] * part_center[p, 0] + m[0, 1] * part_center[p, 1] + m[0, 2] * part_center[p, 2] + m[0, 3]
        y = m[1, 0] * part_center[p, 0] + m[1, 1] * part_center[p, 1] + m[1, 2] * part_center[p, 2] + m[1, 3]
        z = m[2, 0] * part_center[p, 0] + m[2, 1] * part_center[p, 1] + m[2, 2] * part_center[p, 2] + m[2, 3]
        shown[p] = sphere_in_view(x, y, z, parts.radius[p], camera, near)
        for j in range(3):
            eye[p, j] = -(m[0, j] * m[0, 3] + m[1, j] * m[1, 3] + m[2, j] * m[2, 3])
        for j in range(4):
            m[0, j] = fx * m[0, j] + cx * m[2, j]
            m[1, j] = fy * m[1, j] + cy * m[2, j]


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _bucket(inverse_depth: float) -> int:
    """Return the place of an inverse depth [1/m] among the buckets, the nearest first; 10 m is in the middle."""
    return int((_BUCKETS - 1) / (1.0 + 10.0 * inverse_depth))


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def seen_from_behind(box: NDArray[np.float64], cone: NDArray[np.float64], eye: NDArray[np.float64]) -> bool:
    """Tell whether a place in the part's frame lies behind every face of a cluster."""
    dx, dy, dz = box[0] - eye[0], box[1] - eye[1], box[2] - eye[2]
    along = dx * cone[0] + dy * cone[1] + dz * cone[2]
    if along <= 0.0:
        return False
    radius = math.sqrt(box[3] * box[3] + box[4] * box[4] + box[5] * box[5])
    return along > cone[3] * math.sqrt(dx * dx + dy * dy + dz * dz) + radius + 1e-6


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def project_box(m: NDArray[np.float64], box: NDArray[np.float64], w: float) -> tuple[float, float, float, float]:
    """Return left, right, top, bottom [px] of a box that lies before the camera; `w` is the depth of its middle."""
    bx, by, bz, hx, hy, hz = box[0], box[1], box[2], box[3], box[4], box[5]
    x = m[0, 0] * bx + m[0, 1] * by + m[0, 2] * bz + m[0, 3]
    y = m[1, 0] * bx + m[1, 1] * by + m[1, 2] * bz + m[1, 3]
    left, right, top, bottom = math.inf, -math.inf, math.inf, -math.inf
    for n in range(8):
        sx, sy, sz = (hx if n & 1 else -hx), (hy if n & 2 else -hy), (hz if n & 4 else -hz)
        per_w = 1.0 / (w + m[2, 0] * sx + m[2, 1] * sy + m[2, 2] * sz)
        u = (x + m[0, 0] * sx + m[0, 1] * sy + m[0, 2] * sz) * per_w
        v = (y + m[1, 0] * sx + m[1, 1] * sy + m[1, 2] * sz) * per_w
        left, right, top, bottom = min(left, u), max(right, u), min(top, v), max(bottom, v)
    return left, right, top, bottom


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def box_depth(m: NDArray[np.float64], box: NDArray[np.float64]) -> tuple[float, float]:
    """Return the depth of a box's middle and how far it reaches from there along the optical axis [m]."""
    w = m[2, 0] * box[0] + m[2, 1] * box[1] + m[2, 2] * box[2] + m[2, 3]
    return w, abs(m[2, 0]) * box[3] + abs(m[2, 1]) * box[4] + abs(m[2, 2]) * box[5] + 1e-6


@njit(cache=True, nogil=True, error_model="numpy")
def choose_clusters(
    cluster_part: NDArray[np.int32],
    bounds: ClusterBounds,
    shown: NDArray[np.bool_],
    image_from_part: NDArray[np.float64],
    eye: NDArray[np.float64],
    camera: Intrinsics,
    near: float,
    rectangle: NDArray[np.int32],
    nearest: NDArray[np.float32],
    crosses: NDArray[np.bool_],
    chosen: NDArray[np.int32],
) -> int:
    """List the clusters that may cover a pixel center, roughly from near to far, and return how many they are.

    Args:
        cluster_part: Part of each cluster. Shape (num_clusters,).
        bounds: Of the clusters.
        shown: See `place_parts`. Shape (num_parts,).
        image_from_part: See `place_parts`. Shape (num_parts, 3, 4).
        eye: See `place_parts` [m]. Shape (num_parts, 3).
        camera: Intrinsics.
        near: Nothing nearer is seen [m].
        rectangle: First column, last column + 1, first row, last row + 1 of the clusters chosen, filled. Shape
            (num_clusters, 4).
        nearest: Larger than any inverse depth of theirs, filled [1/m]. Shape (num_clusters,).
        crosses: Whether they reach before the near plane, filled. Shape (num_clusters,).
        chosen: Filled. Shape (num_clusters,).
    """
    box, cone, width, height = bounds.box, bounds.cone, camera.width, camera.height
    found = np.empty(cluster_part.shape[0], np.int32)
    first = np.zeros(_BUCKETS + 1, np.int32)
    count = 0
    for k in range(cluster_part.shape[0]):
        p = cluster_part[k]
        if not shown[p] or seen_from_behind(box[k], cone[k], eye[p]):
            continue
        m = image_from_part[p]
        w, reach = box_depth(m, box[k])
        if w + reach < near:
            continue
        x0, x1, y0, y1 = 0, width, 0, height
        crosses[k] = w - reach <= near
        nearest[k] = _INFINITE
        if not crosses[k]:
            nearest[k] = _BEYOND / (w - reach)
            left, right, top, bottom = project_box(m, box[k], w)
            if not (right > 0.0 and left < width and bottom > 0.0 and top < height):
                continue
            x0, x1 = int(max(0.0, left + 0.499)), int(min(float(width), right + 0.501))
            y0, y1 = int(max(0.0, top + 0.499)), int(min(float(height), bottom + 0.501))
            if x0 >= x1 or y0 >= y1:
                continue  # between pixel centers
        rectangle[k, 0], rectangle[k, 1], rectangle[k, 2], rectangle[k, 3] = x0, x1, y0, y1
        found[count] = k
        count += 1
        first[_bucket(nearest[k]) + 1] += 1
    for b in range(_BUCKETS):
        first[b + 1] += first[b]
    for n in range(count):
        b = _bucket(nearest[found[n]])
        chosen[first[b]] = found[n]
        first[b] += 1
    return count


@njit(cache=True, error_model="numpy", _nrt=False)
def add_costs(
    order: NDArray[np.int32],
    rectangle: NDArray[np.int32],
    first_triangle: NDArray[np.int32],
    empty: float,
    cost: NDArray[np.float64],
) -> None:
    """Guess how long the image takes to draw up to the end of each column of tiles, in triangles.

    Args:
        order: The clusters that are drawn.
        rectangle: See `choose_clusters`.
        first_triangle: See `Clusters`.
        empty: Cost of the pixels of a column.
        cost: Filled; zero on entry. Shape (width / TILE, rounded up).
    """
    for n in range(order.shape[0]):
        k = order[n]
        first, last = rectangle[k, 0] // TILE, (rectangle[k, 1] - 1) // TILE
        each = (first_triangle[k + 1] - first_triangle[k]) / (last + 1 - first)
        for i in range(first, last + 1):
            cost[i] += each
    before = 0.0
    for i in range(cost.shape[0]):
        before += cost[i] + empty
        cost[i] = before


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def is_hidden(
    bits: NDArray[np.int32],
    farthest: NDArray[np.int32],
    dirty: NDArray[np.bool_],
    x0: int,
    x1: int,
    y0: int,
    y1: int,
    nearest: np.int32,
) -> bool:
    """Tell whether everything drawn so far in a rectangle lies before some depth.

    Args:
        bits: Inverse depths [1/m], not negative, as integers: they sort alike. Shape (height, width).
        farthest: The smallest of each tile when it was last looked at. Shape (height / TILE, width / TILE), rounded up.
        dirty: Tiles that were drawn into since then. Shape as that of `farthest`.
        x0: First column [px].
        x1: One past the last.
        y0: First row [px].
        y1: One past the last.
        nearest: The inverse depth, as an integer.
    """
    for i in range(y0 // TILE, (y1 - 1) // TILE + 1):
        for j in range(x0 // TILE, (x1 - 1) // TILE + 1):
            if farthest[i, j] > nearest:
                continue
            if not dirty[i, j]:
                return False
            dirty[i, j] = False
            last = min((j + 1) * TILE, bits.shape[1])
            smallest = np.int32(2147483647)
            for row in range(i * TILE, min((i + 1) * TILE, bits.shape[0])):
                line = bits[row, j * TILE : last]
                for k in range(len(line)):
                    smallest = min(smallest, line[k])
            farthest[i, j] = smallest
            if smallest <= nearest:
                return False
    return True
