"""Scan conversion of triangles into an image of inverse depth and triangle numbers, whatever the order of drawing.

Edge functions are those of homogeneous coordinates (Olano and Greer, "Triangle scan conversion using 2D homogeneous
coordinates", 1997): the plane through the eye and an edge is the cross product of its two vertices, so nothing is
clipped or divided by depth, triangles may cross the plane of the camera, and the two triangles of an edge get edge
functions that are exact negatives of each other (sums and products of floats commute). A pixel center exactly on an
edge belongs to the triangle on one side of it (top-left rule): no pixel is drawn twice or missed.

The largest inverse depth wins a pixel, and of equal ones the smallest triangle number; so the image depends neither on
the order of drawing, nor on what was left out because it is hidden, nor on how it was cut among threads.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

BLOCK = 8  # pixels that are drawn at once; kernels take it as an argument, else loops over it are not vectorised
_NARROW = 16  # triangles no wider than this are tested against their edges at every pixel [px]
_ON_EDGE = -5e-324  # the largest number below zero: v > _ON_EDGE is v >= 0
_SURE = 1e-6  # an edge's crossing of a row is known better than this [px]


class Plane(NamedTuple):
    """A linear function of a place in the image [px]: x · column + y · row + constant."""

    x: float
    y: float
    constant: float


class TriangleSetup(NamedTuple):
    """What scan conversion knows of a triangle."""

    edge_0: Plane  # positive inside
    edge_1: Plane
    edge_2: Plane
    value: Plane  # what is drawn of it: the largest wins


class PixelBox(NamedTuple):
    """Pixels that a triangle may cover: columns [x0, x1) and rows [y0, y1)."""

    x0: int
    x1: int
    y0: int
    y1: int


class RowEdge(NamedTuple):
    """An edge in a row of pixels: slope · x + at_row exceeds the threshold inside."""

    slope: float
    at_row: float
    threshold: float  # see `edge_threshold`


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def clear_rows(first: int, last: int, depth: NDArray[np.float32], nearest: NDArray[np.int32]) -> None:
    """Let the rows [first, last) show nothing. Shapes (height, width)."""
    for row in range(first, last):
        depth[row] = np.float32(0.0)
        nearest[row] = np.int32(-1)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def edge_threshold(a: float, b: float) -> float:
    """Return what a·x + b·y + c must exceed inside an edge: top-left edges own the pixel centers that lie on them."""
    return _ON_EDGE if a > 0.0 or (a == 0.0 and b > 0.0) else 0.0


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def cut_row(left: float, right: float, a: float, step: float, at_row: float, threshold: float) -> tuple[float, float]:
    """Cut a row at an edge, to within rounding.

    Args:
        left: First pixel, counted from the center of the row's first.
        right: Last pixel.
        a: Change of the edge function from one column to the next.
        step: −1 / a.
        at_row: The edge function at x = 0 of the row.
        threshold: Of the edge, see `edge_threshold`.
    """
    if a > 0.0:
        return max(left, at_row * step - 0.5), right
    if a < 0.0:
        return left, min(right, at_row * step - 0.5)
    return (left, right) if at_row > threshold else (1.0, 0.0)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def blend_span(
    middle: float,
    px: float,
    at_row: float,
    limit: float,
    t: np.int32,
    depth: NDArray[np.float32],
    nearest: NDArray[np.int32],
) -> None:
    """Draw pixels of a row that all lie inside.

    Args:
        middle: Center of the first [px].
        px: Change of the value from one column to the next.
        at_row: The value at x = 0 of the row.
        limit: Larger values are not drawn.
        t: The triangle.
        depth: Largest value so far. Shape (n,).
        nearest: The triangle that it is of. Shape (n,).
    """
    for k in range(len(depth)):
        value = np.float32(px * (middle + float(np.int32(k))) + at_row)
        before, other = depth[k], nearest[k]
        takes = (value <= limit) & ((value > before) | ((value == before) & (t < other)))
        depth[k] = value if takes else before
        nearest[k] = t if takes else other


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def blend_inside(
    middle: float,
    px: float,
    at_row: float,
    limit: float,
    t: np.int32,
    edge_0: RowEdge,
    edge_1: RowEdge,
    edge_2: RowEdge,
    depth: NDArray[np.float32],
    nearest: NDArray[np.int32],
) -> None:
    """Draw those pixels of a row that lie inside all edges.

    Args:
        middle, px, at_row, limit, t: See `blend_span`.
        edge_0, edge_1, edge_2: The edges.
        depth, nearest: See `blend_span`. Shapes (n,).
    """
    a0, r0, t0 = edge_0
    a1, r1, t1 = edge_1
    a2, r2, t2 = edge_2
    for k in range(len(depth)):
        x = middle + float(np.int32(k))
        value = np.float32(px * x + at_row)
        inside = (a0 * x + r0 > t0) & (a1 * x + r1 > t1) & (a2 * x + r2 > t2)
        before, other = depth[k], nearest[k]
        takes = inside & (value <= limit) & ((value > before) | ((value == before) & (t < other)))
        depth[k] = value if takes else before
        nearest[k] = t if takes else other


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def fill_triangle(
    setup: TriangleSetup,
    limit: float,
    box: PixelBox,
    column_last: int,
    block: int,
    t: np.int32,
    depth: NDArray[np.float32],
    nearest: NDArray[np.int32],
) -> None:
    """Draw one triangle.

    Args:
        setup: Its edges and what is drawn of it.
        limit: Larger values are not drawn.
        box: The pixels that it may cover.
        column_last: End of the columns that may be touched; at least BLOCK before it may.
        block: BLOCK.
        t: Its number.
        depth: Largest value so far. Shape (height, width).
        nearest: The triangle that it is of. Shape (height, width).
    """
    a0, b0, c0 = setup.edge_0
    a1, b1, c1 = setup.edge_1
    a2, b2, c2 = setup.edge_2
    px, py, pz = setup.value
    x0, x1, y0, y1 = box
    t0, t1, t2 = edge_threshold(a0, b0), edge_threshold(a1, b1), edge_threshold(a2, b2)
    if x1 - x0 <= _NARROW:
        width = (x1 - x0 + block - 1) // block * block
        start = min(x0, column_last - width)
        if start >= 0:
            for row in range(y0, y1):
                yc = row + 0.5
                blend_inside(
                    start + 0.5,
                    px,
                    py * yc + pz,
                    limit,
                    t,
                    RowEdge(a0, b0 * yc + c0, t0),
                    RowEdge(a1, b1 * yc + c1, t1),
                    RowEdge(a2, b2 * yc + c2, t2),
                    depth[row, start : start + width],
                    nearest[row, start : start + width],
                )
            return
    s0, s1, s2 = -1.0 / a0, -1.0 / a1, -1.0 / a2
    for row in range(y0, y1):
        yc = row + 0.5
        r0, r1, r2, at_row = b0 * yc + c0, b1 * yc + c1, b2 * yc + c2, py * yc + pz
        left, right = cut_row(float(x0), x1 - 1.0, a0, s0, r0, t0)
        left, right = cut_row(left, right, a1, s1, r1, t1)
        left, right = cut_row(left, right, a2, s2, r2, t2)
        if not left <= right + _SURE:
            continue
        low, high = int(left + (1.0 - _SURE)), int(right + _SURE)
        # Of the pixels at the ends it is not sure yet that they lie inside: their edge functions tell.
        x = low + 0.5
        if not ((a0 * x + r0 > t0) & (a1 * x + r1 > t1) & (a2 * x + r2 > t2)):
            low += 1
        x = high + 0.5
        if not ((a0 * x + r0 > t0) & (a1 * x + r1 > t1) & (a2 * x + r2 > t2)):
            high -= 1
        count = high + 1 - low
        if count <= 0:
            continue
        if count < block:
            start = min(low, column_last - block)
            blend_inside(
                start + 0.5,
                px,
                at_row,
                limit,
                t,
                RowEdge(a0, r0, t0),
                RowEdge(a1, r1, t1),
                RowEdge(a2, r2, t2),
                depth[row, start : start + block],
                nearest[row, start : start + block],
            )
            continue
        whole = count // block * block
        blend_span(low + 0.5, px, at_row, limit, t, depth[row, low : low + whole], nearest[row, low : low + whole])
        if whole < count:  # pixels drawn twice stay the same
            start = high + 1 - block
            blend_span(start + 0.5, px, at_row, limit, t, depth[row, start : high + 1], nearest[row, start : high + 1])
