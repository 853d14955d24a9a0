"""Rows of pixels inside a triangle, for the images that are not yet drawn by clusters."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray


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
