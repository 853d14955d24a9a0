"""Visibility by scan conversion: inverse depth and the nearest triangle at every pixel centre.

Edge functions are those of homogeneous coordinates (Olano and Greer, "Triangle scan conversion using 2D homogeneous
coordinates", 1997): the plane through the eye and an edge is the cross product of its two vertices, so nothing is
clipped or divided by depth, triangles may cross the plane of the camera, and the two triangles of an edge get edge
functions that are exact negatives of each other (sums and products of floats commute). A pixel centre exactly on an
edge belongs to the triangle on one side of it (top-left rule): no pixel is drawn twice or missed. Camera coordinates
here are optical: x right, y down, z forward.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.scene import SceneArrays

NEAR = 0.05  # nothing nearer is seen [m]


class Intrinsics(NamedTuple):
    """A pinhole camera without distortion; the centre of pixel (column, row) is at (column + 0.5, row + 0.5)."""

    width: int  # [px]
    height: int  # [px]
    fx: float  # focal length [px]
    fy: float  # [px]
    cx: float  # principal point [px]
    cy: float  # [px]


def intrinsics_of_fov(width: int, height: int, horizontal_fov: float) -> Intrinsics:
    """Return the intrinsics of a camera with square pixels and a horizontal field of view [rad]."""
    focal = 0.5 * width / math.tan(0.5 * horizontal_fov)
    return Intrinsics(width, height, focal, focal, 0.5 * width, 0.5 * height)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def edge_accepts(value: float, a: float, b: float) -> bool:
    """Tell whether a pixel centre lies inside an edge a·x + b·y + c of that value; ties go by the top-left rule."""
    return value > 0.0 or (value == 0.0 and (a > 0.0 or (a == 0.0 and b > 0.0)))


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def clip_span(a: float, b: float, at_row: float, low: int, high: int) -> tuple[int, int]:
    """Cut a row of pixels to those inside an edge, exactly as `edge_accepts` decides at each pixel centre.

    Args:
        a: Change of the edge function from one column to the next.
        b: Change of the edge function from one row to the next.
        at_row: The edge function at x = 0 of the row.
        low: First column.
        high: Last column.

    Returns:
        First and last column left; the first is larger when there is none.
    """
    if a == 0.0:
        if edge_accepts(at_row, a, b):
            return low, high
        return 1, 0
    root = -at_row / a - 0.5
    if a > 0.0:
        if root > high + 1.0:
            return 1, 0
        if root > low - 1.0:
            k = int(math.ceil(root))
            while edge_accepts(a * (k - 0.5) + at_row, a, b):
                k -= 1
            while not edge_accepts(a * (k + 0.5) + at_row, a, b):
                k += 1
            low = max(low, k)
    else:
        if root < low - 1.0:
            return 1, 0
        if root < high + 1.0:
            k = int(math.floor(root))
            while edge_accepts(a * (k + 1.5) + at_row, a, b):
                k += 1
            while not edge_accepts(a * (k + 0.5) + at_row, a, b):
                k -= 1
            high = min(high, k)
    return low, high


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def compose_transform(outer: NDArray[np.float64], inner: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Chain two affine transforms of shape (3, 4), `inner` first."""
    for i in range(3):
        for j in range(4):
            out[i, j] = outer[i, 0] * inner[0, j] + outer[i, 1] * inner[1, j] + outer[i, 2] * inner[2, j]
        out[i, 3] += outer[i, 3]


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def transform_vertices(
    transform: NDArray[np.float64], vertex: NDArray[np.float32], first: int, last: int, out: NDArray[np.float64]
) -> None:
    """Carry the vertices of one part by an affine transform of shape (3, 4)."""
    for v in range(first, last):
        x, y, z = float(vertex[v, 0]), float(vertex[v, 1]), float(vertex[v, 2])
        out[v, 0] = transform[0, 0] * x + transform[0, 1] * y + transform[0, 2] * z + transform[0, 3]
        out[v, 1] = transform[1, 0] * x + transform[1, 1] * y + transform[1, 2] * z + transform[1, 3]
        out[v, 2] = transform[2, 0] * x + transform[2, 1] * y + transform[2, 2] * z + transform[2, 3]


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def sphere_in_view(
    x: float, y: float, z: float, radius: float, width: int, height: int, fx: float, fy: float, cx: float, cy: float,
    near: float,
) -> bool:
    """Tell whether a sphere in camera coordinates may reach into the view."""
    if z + radius < near:
        return False
    left, right = -cx / fx, (width - cx) / fx
    top, bottom = -cy / fy, (height - cy) / fy
    if x - left * z < -radius * math.sqrt(1.0 + left * left):
        return False
    if right * z - x < -radius * math.sqrt(1.0 + right * right):
        return False
    if y - top * z < -radius * math.sqrt(1.0 + top * top):
        return False
    return not bottom * z - y < -radius * math.sqrt(1.0 + bottom * bottom)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def project_bounds(
    camera_vertex: NDArray[np.float64], a: int, b: int, c: int, fx: float, fy: float, cx: float, cy: float, near: float,
) -> tuple[float, float, float, float]:
    """Return left, right, top, bottom [px] of the part of a triangle beyond the near plane; left > right if none is."""
    left, right, top, bottom = math.inf, -math.inf, math.inf, -math.inf
    for k in range(3):
        i = a if k == 0 else (b if k == 1 else c)
        j = b if k == 0 else (c if k == 1 else a)
        zi, zj = camera_vertex[i, 2], camera_vertex[j, 2]
        if zi >= near:
            u, v = fx * camera_vertex[i, 0] / zi + cx, fy * camera_vertex[i, 1] / zi + cy
            left, right, top, bottom = min(left, u), max(right, u), min(top, v), max(bottom, v)
        if (zi >= near) != (zj >= near):
            share = (near - zi) / (zj - zi)
            x = camera_vertex[i, 0] + share * (camera_vertex[j, 0] - camera_vertex[i, 0])
            y = camera_vertex[i, 1] + share * (camera_vertex[j, 1] - camera_vertex[i, 1])
            u, v = fx * x / near + cx, fy * y / near + cy
            left, right, top, bottom = min(left, u), max(right, u), min(top, v), max(bottom, v)
    return left, right, top, bottom


@njit(cache=True, error_model="numpy")
def place_parts(
    vertex: NDArray[np.float32], part_first_vertex: NDArray[np.int32], part_center: NDArray[np.float64],
    part_radius: NDArray[np.float64], world_from_part: NDArray[np.float64], present: NDArray[np.bool_],
    camera_from_world: NDArray[np.float64], width: int, height: int, fx: float, fy: float, cx: float, cy: float,
    near: float, camera_vertex: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Carry the parts that may be in view into camera coordinates.

    Returns:
        The parts in view, the nearest first.
    """
    num_parts = part_radius.shape[0]
    chosen = np.empty(num_parts, np.int64)
    nearest = np.empty(num_parts, np.float64)
    transform = np.empty((3, 4))
    count = 0
    for p in range(num_parts):
        if not present[p]:
            continue
        compose_transform(camera_from_world, world_from_part[p], transform)
        mx, my, mz = part_center[p, 0], part_center[p, 1], part_center[p, 2]
        x = transform[0, 0] * mx + transform[0, 1] * my + transform[0, 2] * mz + transform[0, 3]
        y = transform[1, 0] * mx + transform[1, 1] * my + transform[1, 2] * mz + transform[1, 3]
        z = transform[2, 0] * mx + transform[2, 1] * my + transform[2, 2] * mz + transform[2, 3]
        if not sphere_in_view(x, y, z, part_radius[p], width, height, fx, fy, cx, cy, near):
            continue
        transform_vertices(transform, vertex, part_first_vertex[p], part_first_vertex[p + 1], camera_vertex)
        chosen[count] = p
        nearest[count] = z - part_radius[p]
        count += 1
    order = np.argsort(nearest[:count], kind="mergesort")
    return chosen[:count][order]


@njit(cache=True, nogil=True, error_model="numpy")
def draw_rows(
    parts: NDArray[np.int64], part_first_triangle: NDArray[np.int32], triangle: NDArray[np.int32],
    camera_vertex: NDArray[np.float64], mirrored: bool, width: int, fx: float, fy: float, cx: float, cy: float,
    near: float, row_first: int, row_last: int, inverse_depth: NDArray[np.float32], nearest: NDArray[np.int32],
) -> None:
    """Draw parts into the rows [row_first, row_last) of a visibility buffer; rows are independent of each other.

    Args:
        parts: In the order they are drawn.
        part_first_triangle: CSR. Shape (num_parts + 1,).
        triangle: Rows of `camera_vertex`. Shape (num_triangles, 3).
        camera_vertex: Camera coordinates [m]. Shape (num_vertices, 3).
        mirrored: The transform into the camera reflects, so that front faces turn clockwise.
        width: Of the image [px].
        fx: Focal length [px].
        fy: Focal length [px].
        cx: Principal point [px].
        cy: Principal point [px].
        near: Nothing nearer is drawn [m].
        row_first: First row.
        row_last: One past the last row.
        inverse_depth: [1/m], 0 where nothing is. Shape (height, width).
        nearest: Triangle, or −1. Shape (height, width).
    """
    farthest_inverse = np.float32(1.0 / near)
    for n in range(parts.shape[0]):
        p = parts[n]
        for t in range(part_first_triangle[p], part_first_triangle[p + 1]):
            a, b, c = triangle[t, 0], triangle[t, 1], triangle[t, 2]
            ax, ay, az = camera_vertex[a, 0], camera_vertex[a, 1], camera_vertex[a, 2]
            bx, by, bz = camera_vertex[b, 0], camera_vertex[b, 1], camera_vertex[b, 2]
            gx, gy, gz = camera_vertex[c, 0], camera_vertex[c, 1], camera_vertex[c, 2]
            if az < near and bz < near and gz < near:
                continue
            ux, uy, uz, vx, vy, vz = bx - ax, by - ay, bz - az, gx - ax, gy - ay, gz - az
            nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
            volume = nx * ax + ny * ay + nz * az
            if (volume <= 0.0) if mirrored else (volume >= 0.0):
                continue  # seen from behind, or edge on
            left, right, top, bottom = project_bounds(camera_vertex, a, b, c, fx, fy, cx, cy, near)
            if not (right > 0.0 and left < width and bottom > row_first and top < row_last):
                continue
            x0, x1 = int(max(0.0, math.ceil(left - 0.501))), int(min(width - 1.0, math.floor(right - 0.499)))
            y0 = int(max(float(row_first), math.ceil(top - 0.501)))
            y1 = int(min(row_last - 1.0, math.floor(bottom - 0.499)))
            if x0 > x1 or y0 > y1:
                continue
            s = 1.0 if mirrored else -1.0
            a0, b0, c0 = s * (by * gz - bz * gy), s * (bz * gx - bx * gz), s * (bx * gy - by * gx)
            a1, b1, c1 = s * (gy * az - gz * ay), s * (gz * ax - gx * az), s * (gx * ay - gy * ax)
            a2, b2, c2 = s * (ay * bz - az * by), s * (az * bx - ax * bz), s * (ax * by - ay * bx)
            a0, b0, a1, b1, a2, b2 = a0 / fx, b0 / fy, a1 / fx, b1 / fy, a2 / fx, b2 / fy
            c0, c1, c2 = c0 - a0 * cx - b0 * cy, c1 - a1 * cx - b1 * cy, c2 - a2 * cx - b2 * cy
            px, py = nx / (fx * volume), ny / (fy * volume)
            pz = nz / volume - px * cx - py * cy
            for row in range(y0, y1 + 1):
                yc = row + 0.5
                low, high = clip_span(a0, b0, b0 * yc + c0, x0, x1)
                if low <= high:
                    low, high = clip_span(a1, b1, b1 * yc + c1, low, high)
                if low <= high:
                    low, high = clip_span(a2, b2, b2 * yc + c2, low, high)
                at_row = py * yc + pz
                for column in range(low, high + 1):
                    value = np.float32(px * (column + 0.5) + at_row)
                    if value > inverse_depth[row, column] and value <= farthest_inverse:
                        inverse_depth[row, column] = value
                        nearest[row, column] = t


class Visibility(NamedTuple):
    """What is seen through each pixel centre."""

    inverse_depth: NDArray[np.float32]  # along the optical axis [1/m], 0 where nothing is. (height, width)
    triangle: NDArray[np.int32]  # −1 where nothing is. (height, width)


def draw_visibility(
    arrays: SceneArrays,
    world_from_part: NDArray[np.float64],
    present: NDArray[np.bool_],
    camera_from_world: NDArray[np.float64],
    camera: Intrinsics,
    *,
    mirrored: bool = False,
) -> Visibility:
    """Draw the visibility buffer of a scene.

    Args:
        arrays: The flattened scene.
        world_from_part: Pose of every part. Shape (num_parts, 3, 4).
        present: Which parts are in the world. Shape (num_parts,).
        camera_from_world: Into optical axes. Shape (3, 4).
        camera: Intrinsics.
        mirrored: `camera_from_world` contains a reflection.
    """
    inverse_depth = np.zeros((camera.height, camera.width), np.float32)
    nearest = np.full((camera.height, camera.width), -1, np.int32)
    camera_vertex = np.empty((len(arrays.vertex), 3))
    parts = place_parts(
        arrays.vertex, arrays.part_first_vertex, arrays.part_center, arrays.part_radius, world_from_part, present,
        camera_from_world, *camera, NEAR, camera_vertex,
    )
    draw_rows(
        parts, arrays.part_first_triangle, arrays.triangle, camera_vertex, mirrored, camera.width, camera.fx, camera.fy,
        camera.cx, camera.cy, NEAR, 0, camera.height, inverse_depth, nearest,
    )
    return Visibility(inverse_depth, nearest)
