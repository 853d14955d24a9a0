"""Draws clusters of triangles into a map of the largest height along its third axis, seen along that axis."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.raster.drawing import find_boxes, unpack_box
from simengine.sensors.raster.drawn_scene import ROOM, ClusterBounds, ClusterTriangles, ClusterWork, PlacedParts
from simengine.sensors.raster.filling import PixelBox, Plane, TriangleSetup, fill_triangle

MARK = 16  # edge of the squares that are marked when something is drawn into them [texels]
_SMALLEST = 1e-9  # twice the area of a triangle that is drawn [texel²]


class MapFrame(NamedTuple):
    """Where a map of heights lies; its texels lie fixed in the world."""

    map_from_world: NDArray[np.float64]  # across, along, height [m]. (3, 4)
    corner_x: int  # where the map begins [texels]
    corner_y: int  # [texels]
    texel: float  # [m]


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def restore_marked(source: NDArray[np.float32], marked: NDArray[np.bool_], out: NDArray[np.float32]) -> None:
    """Copy the marked squares. Shapes (size, size), (size / MARK, size / MARK) and (size, size)."""
    for i in range(marked.shape[0]):
        for j in range(marked.shape[1]):
            if marked[i, j]:
                for row in range(i * MARK, (i + 1) * MARK):
                    for column in range(j * MARK, (j + 1) * MARK):
                        out[row, column] = source[row, column]


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def place_flat(
    vertex: NDArray[np.float32], first: int, last: int, m: NDArray[np.float64], place: NDArray[np.float64]
) -> None:
    """Write heights and texels of the vertices [first, last); rows as of `drawing.place_vertices`."""
    vx, vy, vz = vertex[0, first:last], vertex[1, first:last], vertex[2, first:last]
    m00, m01, m02, m03 = m[0, 0], m[0, 1], m[0, 2], m[0, 3]
    m10, m11, m12, m13 = m[1, 0], m[1, 1], m[1, 2], m[1, 3]
    m20, m21, m22, m23 = m[2, 0], m[2, 1], m[2, 2], m[2, 3]
    for i in range(len(vx)):
        px, py, pz = float(vx[i]), float(vy[i]), float(vz[i])
        place[2 * ROOM + i] = m20 * px + m21 * py + m22 * pz + m23
        place[3 * ROOM + i] = m00 * px + m01 * py + m02 * pz + m03
        place[4 * ROOM + i] = m10 * px + m11 * py + m12 * pz + m13


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def draw_heights(
    parts: PlacedParts,
    first_cluster: NDArray[np.int32],
    bounds: ClusterBounds,
    triangles: ClusterTriangles,
    frame: MapFrame,
    block: int,
    m: NDArray[np.float64],
    work: ClusterWork,
    marked: NDArray[np.bool_],
    height: NDArray[np.float32],
    triangle: NDArray[np.int32],
) -> None:
    """Draw the faces of some parts that look along the third axis.

    Args:
        parts: The parts.
        first_cluster: Of each part, CSR. Shape (num_parts + 1,).
        bounds: Of the clusters.
        triangles: Of the clusters.
        frame: Where the map lies.
        block: BLOCK.
        m: Work. Shape (3, 4).
        work: For own use.
        marked: Squares that may be drawn into are set. Shape (size / MARK, size / MARK).
        height: [m]. Shape (size, size).
        triangle: Work. Shape (size, size).
    """
    part_center, part_radius, world_from_part = parts.center, parts.radius, parts.world_from_part
    box, cone, vertex, corner = bounds.box, bounds.cone, triangles.vertex, triangles.corner
    first_vertex, first_triangle = triangles.first_vertex, triangles.first_triangle
    map_from_world, texel, place, packed = frame.map_from_world, frame.texel, work.place, work.box
    size = height.shape[0]
    edge = float(size)
    for p in range(part_radius.shape[0]):
        if not parts.present[p]:
            continue
        for i in range(3):
            scale = 1.0 / texel if i < 2 else 1.0
            for j in range(4):
                m[i, j] = scale * (
                    map_from_world[i, 0] * world_from_part[p, 0, j]
                    + map_from_world[i, 1] * world_from_part[p, 1, j]
                    + map_from_world[i, 2] * world_from_part[p, 2, j]
                )
        m[0, 3] += map_from_world[0, 3] / texel - frame.corner_x
        m[1, 3] += map_from_world[1, 3] / texel - frame.corner_y
        m[2, 3] += map_from_world[2, 3]
        x = m[0, 0] * part_center[p, 0] + m[0, 1] * part_center[p, 1] + m[0, 2] * part_center[p, 2] + m[0, 3]
        y = m[1, 0] * part_center[p, 0] + m[1, 1] * part_center[p, 1] + m[1, 2] * part_center[p, 2] + m[1, 3]
        r = part_radius[p] / texel
        if x + r < 0.0 or x - r > edge or y + r < 0.0 or y - r > edge:
            continue
        for k in range(first_cluster[p], first_cluster[p + 1]):
            if cone[k, 0] * m[2, 0] + cone[k, 1] * m[2, 1] + cone[k, 2] * m[2, 2] < -cone[k, 3]:
                continue  # every face looks away
            bx, by, bz, hx, hy, hz = box[k, 0], box[k, 1], box[k, 2], box[k, 3], box[k, 4], box[k, 5]
            x = m[0, 0] * bx + m[0, 1] * by + m[0, 2] * bz + m[0, 3]
            y = m[1, 0] * bx + m[1, 1] * by + m[1, 2] * bz + m[1, 3]
            rx = abs(m[0, 0]) * hx + abs(m[0, 1]) * hy + abs(m[0, 2]) * hz
            ry = abs(m[1, 0]) * hx + abs(m[1, 1]) * hy + abs(m[1, 2]) * hz
            left, right = math.floor(max(0.0, x - rx + 0.499)), math.floor(min(edge, x + rx + 0.501))
            top, bottom = math.floor(max(0.0, y - ry + 0.499)), math.floor(min(edge, y + ry + 0.501))
            if left >= right or top >= bottom:
                continue
            place_flat(vertex, first_vertex[k], first_vertex[k + 1], m, place)
            begin = first_triangle[k]
            corners = corner[begin : first_triangle[k + 1]]
            for n in range(find_boxes(place, corners, 1.0, left, right, top, bottom, packed)):
                j, x0, x1, y0, y1 = unpack_box(packed[n])
                _fill_flat(
                    place,
                    int(corners[j, 0]),
                    int(corners[j, 1]),
                    int(corners[j, 2]),
                    PixelBox(x0, x1, y0, y1),
                    size,
                    block,
                    height,
                    triangle,
                )
            for i in range(int(top) // MARK, (int(bottom) - 1) // MARK + 1):
                for j in range(int(left) // MARK, (int(right) - 1) // MARK + 1):
                    marked[i, j] = True


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def _fill_flat(
    place: NDArray[np.float64],
    a: int,
    b: int,
    c: int,
    box: PixelBox,
    size: int,
    block: int,
    height: NDArray[np.float32],
    triangle: NDArray[np.int32],
) -> None:
    """Draw the triangle of three vertices of a cluster.

    Args:
        place: See `place_flat`. Shape (5 · ROOM,).
        a: First vertex.
        b: Second vertex.
        c: Third vertex.
        box: Texels that it may cover.
        size: Edge of the map [texels].
        block: BLOCK.
        height: [m]. Shape (size, size).
        triangle: Work. Shape (size, size).
    """
    u, v, w = 3 * ROOM, 4 * ROOM, 2 * ROOM
    ax, ay, bx, by, gx, gy = place[u + a], place[v + a], place[u + b], place[v + b], place[u + c], place[v + c]
    area = (bx - ax) * (gy - ay) - (by - ay) * (gx - ax)
    if area <= _SMALLEST:
        return
    base, up_b, up_c = place[w + a], place[w + b] - place[w + a], place[w + c] - place[w + a]
    per_x = (up_b * (gy - ay) - up_c * (by - ay)) / area
    per_y = (up_c * (bx - ax) - up_b * (gx - ax)) / area
    a0, b0, a1, b1, a2, b2 = by - gy, gx - bx, gy - ay, ax - gx, ay - by, bx - ax
    setup = TriangleSetup(
        Plane(a0, b0, -(a0 * bx + b0 * by)),
        Plane(a1, b1, -(a1 * gx + b1 * gy)),
        Plane(a2, b2, -(a2 * ax + b2 * ay)),
        Plane(per_x, per_y, base - per_x * ax - per_y * ay),
    )
    fill_triangle(setup, math.inf, box, size, block, np.int32(0), height, triangle)
