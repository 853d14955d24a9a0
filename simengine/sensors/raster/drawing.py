"""Draws clusters of triangles: places their vertices in the image, leaves out what covers no pixel, fills the rest."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.raster.culling import TILE, is_hidden
from simengine.sensors.raster.drawn_scene import ROOM, ClusterTriangles, ClusterWork, ProjectedClusters, Viewport
from simengine.sensors.raster.filling import PixelBox, Plane, TriangleSetup, fill_triangle

_U, _V = np.uint64(3 * ROOM), np.uint64(4 * ROOM)
_BEHIND = 1e-3  # turned away by more than rounding [px²]
_PIXELS = (1 << 14) - 1


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def place_vertices(
    vertex: NDArray[np.float32], first: int, last: int, m: NDArray[np.float64], place: NDArray[np.float64]
) -> None:
    """Write image coordinates x, y, w and pixels x / w, y / w of the vertices [first, last).

    Args:
        vertex: [m]. Shape (3, num_vertices).
        first: First vertex.
        last: One past the last.
        m: Affine transform into image coordinates. Shape (3, 4).
        place: Five rows of ROOM numbers, one after the other. Shape (5 · ROOM,).
    """
    m00, m01, m02, m03 = m[0, 0], m[0, 1], m[0, 2], m[0, 3]
    m10, m11, m12, m13 = m[1, 0], m[1, 1], m[1, 2], m[1, 3]
    m20, m21, m22, m23 = m[2, 0], m[2, 1], m[2, 2], m[2, 3]
    vx, vy, vz = vertex[0, first:last], vertex[1, first:last], vertex[2, first:last]
    for i in range(len(vx)):
        px, py, pz = float(vx[i]), float(vy[i]), float(vz[i])
        x = m00 * px + m01 * py + m02 * pz + m03
        y = m10 * px + m11 * py + m12 * pz + m13
        w = m20 * px + m21 * py + m22 * pz + m23
        place[i], place[ROOM + i], place[2 * ROOM + i] = x, y, w
        place[3 * ROOM + i], place[4 * ROOM + i] = x / w, y / w


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def pack_box(j: int, x0: int, x1: int, y0: int, y1: int) -> int:
    """Pack a triangle of a cluster and four numbers of pixels in one integer."""
    return (((j << 14 | x0) << 14 | x1) << 14 | y0) << 14 | y1


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def unpack_box(packed: int) -> tuple[int, int, int, int, int]:
    """Return what `pack_box` packed."""
    x0, x1, y0, y1 = (packed >> 42) & _PIXELS, (packed >> 28) & _PIXELS, (packed >> 14) & _PIXELS, packed & _PIXELS
    return packed >> 56, x0, x1, y0, y1


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def find_boxes(
    place: NDArray[np.float64],
    corner: NDArray[np.uint8],
    sign: float,
    left: float,
    right: float,
    top: float,
    bottom: float,
    box: NDArray[np.int64],
) -> int:
    """List the triangles that may cover a pixel center: none seen from behind, none between centers.

    Half of a closed mesh is seen from behind: a branch would be guessed wrong every other time, so there is none.

    Args:
        place: See `place_vertices`; every w is positive. Shape (5 · ROOM,).
        corner: Of the cluster's triangles. Shape (n, 3).
        sign: 1 if front faces turn clockwise in the image, whose y points down, else −1.
        left: The image begins here [px].
        right: And ends here.
        top: Likewise.
        bottom: Likewise.
        box: Triangles and the columns and rows that they may cover, packed, filled. Shape (n,) or more.

    Returns:
        How many they are.
    """
    count = 0
    for j in range(corner.shape[0]):
        a, b, c = np.uint64(corner[j, 0]), np.uint64(corner[j, 1]), np.uint64(corner[j, 2])
        ua, ub, uc = place[a + _U], place[b + _U], place[c + _U]
        va, vb, vc = place[a + _V], place[b + _V], place[c + _V]
        back = sign * ((ub - ua) * (vc - va) - (vb - va) * (uc - ua)) < -_BEHIND
        x0 = np.int64(max(left, min(min(ua, min(ub, uc)) + 0.499, right)))
        x1 = np.int64(max(left, min(max(ua, max(ub, uc)) + 0.501, right)))
        y0 = np.int64(max(top, min(min(va, min(vb, vc)) + 0.499, bottom)))
        y1 = np.int64(max(top, min(max(va, max(vb, vc)) + 0.501, bottom)))
        box[count] = pack_box(j, x0, x1, y0, y1)
        count += int(x0 < x1) & int(y0 < y1) & int(not back)
    return count


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def bound_crossing(
    place: NDArray[np.float64], a: int, b: int, c: int, near: float
) -> tuple[float, float, float, float]:
    """Return left, right, top, bottom [px] of the part of a triangle beyond the near plane; left > right if none is."""
    left, right, top, bottom = math.inf, -math.inf, math.inf, -math.inf
    for k in range(3):
        i = a if k == 0 else (b if k == 1 else c)
        j = b if k == 0 else (c if k == 1 else a)
        xi, yi, wi = place[i], place[ROOM + i], place[2 * ROOM + i]
        wj = place[2 * ROOM + j]
        if wi >= near:
            u, v = xi / wi, yi / wi
            left, right, top, bottom = min(left, u), max(right, u), min(top, v), max(bottom, v)
        if (wi >= near) != (wj >= near):
            share = (near - wi) / (wj - wi)
            u, v = (xi + share * (place[j] - xi)) / near, (yi + share * (place[ROOM + j] - yi)) / near
            left, right, top, bottom = min(left, u), max(right, u), min(top, v), max(bottom, v)
    return left, right, top, bottom


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def find_crossing_boxes(
    place: NDArray[np.float64],
    corner: NDArray[np.uint8],
    near: float,
    left: float,
    right: float,
    top: float,
    bottom: float,
    box: NDArray[np.int64],
) -> int:
    """List the triangles of a cluster that reaches before the near plane, and return how many they are.

    Args:
        place: See `place_vertices`. Shape (5 · ROOM,).
        corner: Of the cluster's triangles. Shape (n, 3).
        near: Nothing nearer is drawn [m].
        left, right, top, bottom: Of the image [px]; see `find_boxes`.
        box: See `find_boxes`, filled. Shape (n,) or more.
    """
    count = 0
    for j in range(corner.shape[0]):
        u0, u1, v0, v1 = bound_crossing(place, int(corner[j, 0]), int(corner[j, 1]), int(corner[j, 2]), near)
        x0, x1 = int(max(left, min(u0 + 0.499, right))), int(max(left, min(u1 + 0.501, right)))
        y0, y1 = int(max(top, min(v0 + 0.499, bottom))), int(max(top, min(v1 + 0.501, bottom)))
        if x0 < x1 and y0 < y1:
            box[count] = pack_box(j, x0, x1, y0, y1)
            count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def draw_clusters(
    order: NDArray[np.int32],
    projected: ProjectedClusters,
    triangles: ClusterTriangles,
    viewport: Viewport,
    work: ClusterWork,
    farthest: NDArray[np.int32],
    dirty: NDArray[np.bool_],
    depth: NDArray[np.float32],
    bits: NDArray[np.int32],
    nearest: NDArray[np.int32],
) -> None:
    """Draw clusters into the columns of a viewport, which begin and end where a tile or the image does.

    Args:
        order: The clusters, in the order they are drawn. Shape (num_drawn,).
        projected: Where they lie in the image.
        triangles: Their triangles.
        viewport: What is drawn of the image.
        work: For own use.
        farthest: See `is_hidden` [1/m]. Shape (height / TILE, width / TILE), rounded up.
        dirty: See `is_hidden`. Shape as that of `farthest`.
        depth: Inverse depth [1/m], 0 where nothing is. Shape (height, width).
        bits: The same memory.
        nearest: Triangle, or −1. Shape (height, width).
    """
    rectangle, nearest_bits, crosses = projected.rectangle, projected.nearest_bits, projected.crosses
    image_from_part, cluster_part = projected.image_from_part, triangles.part
    first_vertex, first_triangle = triangles.first_vertex, triangles.first_triangle
    vertex, corner, triangle = triangles.vertex, triangles.corner, triangles.triangle
    column_first, column_last, near, block = viewport.first_column, viewport.last_column, viewport.near, viewport.block
    place, box = work.place, work.box
    sign = 1.0 if viewport.mirrored else -1.0
    for n in range(order.shape[0]):
        k = order[n]
        left, right = max(rectangle[k, 0], column_first), min(rectangle[k, 1], column_last)
        top, bottom = rectangle[k, 2], rectangle[k, 3]
        if left >= right or is_hidden(bits, farthest, dirty, left, right, top, bottom, nearest_bits[k]):
            continue
        place_vertices(vertex, first_vertex[k], first_vertex[k + 1], image_from_part[cluster_part[k]], place)
        begin, limit = first_triangle[k], math.inf
        corners = corner[begin : first_triangle[k + 1]]
        if crosses[k]:
            limit = 1.0 / near
            count = find_crossing_boxes(place, corners, near, float(left), float(right), float(top), float(bottom), box)
        else:
            count = find_boxes(place, corners, sign, float(left), float(right), float(top), float(bottom), box)
        if count == 0:
            continue
        for i in range(count):
            j, x0, x1, y0, y1 = unpack_box(box[i])
            a, b, c = int(corners[j, 0]), int(corners[j, 1]), int(corners[j, 2])
            ax, ay, aw = place[a], place[ROOM + a], place[2 * ROOM + a]
            bx, by, bw = place[b], place[ROOM + b], place[2 * ROOM + b]
            gx, gy, gw = place[c], place[ROOM + c], place[2 * ROOM + c]
            ex, ey, ew, fx, fy, fw = bx - ax, by - ay, bw - aw, gx - ax, gy - ay, gw - aw
            nx, ny, nw = ey * fw - ew * fy, ew * fx - ex * fw, ex * fy - ey * fx
            volume = nx * ax + ny * ay + nw * aw
            if not sign * volume > 0.0:
                continue  # seen from behind, or edge on
            per_volume = 1.0 / volume
            setup = TriangleSetup(
                Plane(sign * (by * gw - bw * gy), sign * (bw * gx - bx * gw), sign * (bx * gy - by * gx)),
                Plane(sign * (gy * aw - gw * ay), sign * (gw * ax - gx * aw), sign * (gx * ay - gy * ax)),
                Plane(sign * (ay * bw - aw * by), sign * (aw * bx - ax * bw), sign * (ax * by - ay * bx)),
                Plane(nx * per_volume, ny * per_volume, nw * per_volume),
            )
            fill_triangle(
                setup, limit, PixelBox(x0, x1, y0, y1), column_last, block, triangle[begin + j], depth, nearest
            )
        for i in range(top // TILE, (bottom - 1) // TILE + 1):
            for j in range(left // TILE, (right - 1) // TILE + 1):
                dirty[i, j] = True
