"""Normals of triangles, and the cones that hold those of a cluster."""

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


@njit(cache=True, error_model="numpy")
def _fill_cones(
    first_vertex: NDArray[np.int32], first_triangle: NDArray[np.int32], vertex: NDArray[np.float32],
    corner: NDArray[np.uint8], normal: NDArray[np.float64], cone: NDArray[np.float64],
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
