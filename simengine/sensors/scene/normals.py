"""Normals of triangles and of their corners, and the cones that hold those of a cluster."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.scene.clusters import Clusters


@njit(cache=True)
def face_normals(vertex: NDArray[np.float32], triangle: NDArray[np.int32], out: NDArray[np.float32]) -> None:
    """Write the unit normal of every triangle, zero where it has no area. Shapes (…, 3)."""
    for t in range(triangle.shape[0]):
        a, b, c = triangle[t, 0], triangle[t, 1], triangle[t, 2]
        ux = float(vertex[b, 0]) - float(vertex[a, 0])
        uy = float(vertex[b, 1]) - float(vertex[a, 1])
        uz = float(vertex[b, 2]) - float(vertex[a, 2])
        vx = float(vertex[c, 0]) - float(vertex[a, 0])
        vy = float(vertex[c, 1]) - float(vertex[a, 1])
        vz = float(vertex[c, 2]) - float(vertex[a, 2])
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        length = math.sqrt(nx * nx + ny * ny + nz * nz)
        scale = 1.0 / length if length > 0.0 else 0.0
        out[t, 0], out[t, 1], out[t, 2] = nx * scale, ny * scale, nz * scale


@njit(cache=True)
def smooth_corner_normals(
    vertex: NDArray[np.float32], triangle: NDArray[np.int32], cosine: float, out: NDArray[np.float32]
) -> None:
    """Average the face normals around each vertex that lie within an angle of the corner's own face.

    Args:
        vertex: [m]. Shape (num_vertices, 3).
        triangle: Rows of `vertex`. Shape (num_triangles, 3).
        cosine: Of the largest angle between faces that are smoothed over.
        out: Unit normals. Shape (num_triangles, 3, 3).
    """
    num_triangles, num_vertices = triangle.shape[0], vertex.shape[0]
    area_normal = np.zeros((num_triangles, 3))
    unit = np.zeros((num_triangles, 3))
    first = np.zeros(num_vertices + 1, np.int64)
    for t in range(num_triangles):
        a, b, c = triangle[t, 0], triangle[t, 1], triangle[t, 2]
        ux = float(vertex[b, 0]) - float(vertex[a, 0])
        uy = float(vertex[b, 1]) - float(vertex[a, 1])
        uz = float(vertex[b, 2]) - float(vertex[a, 2])
        vx = float(vertex[c, 0]) - float(vertex[a, 0])
        vy = float(vertex[c, 1]) - float(vertex[a, 1])
        vz = float(vertex[c, 2]) - float(vertex[a, 2])
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        length = math.sqrt(nx * nx + ny * ny + nz * nz)
        area_normal[t, 0], area_normal[t, 1], area_normal[t, 2] = nx, ny, nz
        if length > 0.0:
            unit[t, 0], unit[t, 1], unit[t, 2] = nx / length, ny / length, nz / length
        else:
            unit[t, 2] = 1.0
        for k in range(3):
            first[triangle[t, k] + 1] += 1
    for v in range(num_vertices):
        first[v + 1] += first[v]
    fill = first.copy()
    around = np.zeros(3 * num_triangles, np.int64)
    for t in range(num_triangles):
        for k in range(3):
            v = triangle[t, k]
            around[fill[v]] = t
            fill[v] += 1
    for t in range(num_triangles):
        for k in range(3):
            v = triangle[t, k]
            sx, sy, sz = 0.0, 0.0, 0.0
            for i in range(first[v], first[v + 1]):
                o = around[i]
                dot = unit[t, 0] * unit[o, 0] + unit[t, 1] * unit[o, 1] + unit[t, 2] * unit[o, 2]
                if dot > cosine:
                    sx += area_normal[o, 0]
                    sy += area_normal[o, 1]
                    sz += area_normal[o, 2]
            length = math.sqrt(sx * sx + sy * sy + sz * sz)
            if length > 0.0:
                out[t, k, 0], out[t, k, 1], out[t, k, 2] = sx / length, sy / length, sz / length
            else:
                out[t, k, 0], out[t, k, 1], out[t, k, 2] = unit[t, 0], unit[t, 1], unit[t, 2]


@njit(cache=True, error_model="numpy")
def _fill_cones(
    first_vertex: NDArray[np.int32],
    first_triangle: NDArray[np.int32],
    vertex: NDArray[np.float32],
    corner: NDArray[np.uint8],
    normal: NDArray[np.float64],
    cone: NDArray[np.float64],
) -> None:
    for k in range(cone.shape[0]):
        begin = first_vertex[k]
        count = 0
        sx, sy, sz = 0.0, 0.0, 0.0
        for t in range(first_triangle[k], first_triangle[k + 1]):
            a, b, c = begin + corner[t, 0], begin + corner[t, 1], begin + corner[t, 2]
            ax, ay, az = float(vertex[0, a]), float(vertex[1, a]), float(vertex[2, a])
            ex, ey, ez = vertex[0, b] - ax, vertex[1, b] - ay, vertex[2, b] - az
            fx, fy, fz = vertex[0, c] - ax, vertex[1, c] - ay, vertex[2, c] - az
            nx, ny, nz = ey * fz - ez * fy, ez * fx - ex * fz, ex * fy - ey * fx
            length = math.sqrt(nx * nx + ny * ny + nz * nz)
            if length > 0.0:
                normal[count, 0], normal[count, 1], normal[count, 2] = nx / length, ny / length, nz / length
                sx, sy, sz = sx + normal[count, 0], sy + normal[count, 1], sz + normal[count, 2]
                count += 1
        length = math.sqrt(sx * sx + sy * sy + sz * sz)
        if length < 1e-9:
            cone[k, 3] = 2.0
            continue
        x, y, z = sx / length, sy / length, sz / length
        smallest = 1.0
        for n in range(count):
            smallest = min(smallest, normal[n, 0] * x + normal[n, 1] * y + normal[n, 2] * z)
        cone[k, 0], cone[k, 1], cone[k, 2] = x, y, z
        cone[k, 3] = math.sqrt(max(0.0, 1.0 - smallest * smallest)) + 1e-5 if smallest > 0.0 else 2.0


def normal_cones(clusters: Clusters) -> NDArray[np.float64]:
    """Return the cone that holds the normals of each cluster's faces.

    Returns:
        Its axis in the part's frame, and the sine of its half angle, 2 where that is 90° or more. Shape
        (num_clusters, 4).
    """
    cone = np.zeros((len(clusters.part), 4))
    most = int(np.diff(clusters.first_triangle).max(initial=0))
    _fill_cones(
        clusters.first_vertex, clusters.first_triangle, clusters.vertex, clusters.corner, np.empty((most, 3)), cone
    )
    return cone
