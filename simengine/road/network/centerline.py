"""Differential geometry of sampled center lines: distinct points, arc length, heading, curvature.

Arc length is measured in plan view (as OpenDRIVE's s is), so that projection, which ignores height, is exact.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import wrap_angle

DISTINCT = 1e-4  # points nearer than this in plan view are one point [m]
CURVATURE_WINDOW = 2.0  # least distance to the neighbors that curvature is taken from [m]


@njit(cache=True)
def keep_distinct(position: NDArray[np.float64], first: NDArray[np.int64], keep: NDArray[np.bool_]) -> None:
    """Mark the points of every lane that are apart from the last kept one.

    Args:
        position: Points of all lanes [m]. Shape (num_points, 3).
        first: First point of each lane. Shape (num_lanes + 1,).
        keep: Written. Shape (num_points,).
    """
    for lane in range(len(first) - 1):
        last = -1
        for i in range(first[lane], first[lane + 1]):
            keep[i] = True
            if last >= 0:
                dx = position[i, 0] - position[last, 0]
                dy = position[i, 1] - position[last, 1]
                keep[i] = math.sqrt(dx * dx + dy * dy) > DISTINCT
            if keep[i]:
                last = i


@njit(cache=True)
def measure_lanes(
    position: NDArray[np.float64],
    first: NDArray[np.int32],
    s: NDArray[np.float64],
    heading: NDArray[np.float64],
    curvature: NDArray[np.float64],
) -> None:
    """Write arc length, heading and curvature of every point.

    Heading is the tangent of the parabola through a point and its neighbors (exact on a circle), at the ends the chord
    turned back by half its own turning. Curvature is that of the circle through the point and the nearest points at
    least `CURVATURE_WINDOW` away, so that centimeter noise of a digitised line does not become a bend.

    Args:
        position: Points of all lanes, neighbors distinct [m]. Shape (num_points, 3).
        first: First point of each lane, at least two each. Shape (num_lanes + 1,).
        s: Written [m]. Shape (num_points,).
        heading: Written, in (−π, π] [rad]. Shape (num_points,).
        curvature: Written, counter-clockwise positive [1/m]. Shape (num_points,).
    """
    for lane in range(len(first) - 1):
        begin, end = first[lane], first[lane + 1]
        s[begin] = 0.0
        for i in range(begin + 1, end):
            dx = position[i, 0] - position[i - 1, 0]
            dy = position[i, 1] - position[i - 1, 1]
            s[i] = s[i - 1] + math.sqrt(dx * dx + dy * dy)
        for i in range(begin + 1, end - 1):
            before, after = s[i] - s[i - 1], s[i + 1] - s[i]
            wb, wa = after / before, before / after
            tx = wb * (position[i, 0] - position[i - 1, 0]) + wa * (position[i + 1, 0] - position[i, 0])
            ty = wb * (position[i, 1] - position[i - 1, 1]) + wa * (position[i + 1, 1] - position[i, 1])
            if tx * tx + ty * ty < 1e-12 * (before + after) ** 2:  # the line turns back on itself
                tx, ty = position[i, 0] - position[i - 1, 0], position[i, 1] - position[i - 1, 1]
            heading[i] = math.atan2(ty, tx)
        chord = math.atan2(position[begin + 1, 1] - position[begin, 1], position[begin + 1, 0] - position[begin, 0])
        heading[begin] = _reflect(chord, heading[begin + 1]) if end - begin > 2 else chord
        chord = math.atan2(position[end - 1, 1] - position[end - 2, 1], position[end - 1, 0] - position[end - 2, 0])
        heading[end - 1] = _reflect(chord, heading[end - 2]) if end - begin > 2 else chord
        _measure_curvature(position, s, begin, end, curvature)


@njit(cache=True)
def write_tangents(heading: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write the cosine and sine of headings [rad] into `out`. Shapes (num_points,), (num_points, 2)."""
    for i in range(len(heading)):
        out[i, 0] = math.cos(heading[i])
        out[i, 1] = math.sin(heading[i])


@njit(cache=True)
def _reflect(chord: float, inner: float) -> float:
    """Return the heading at the outer end of a chord whose inner end has heading `inner`, as on a circle [rad]."""
    turn = wrap_angle(chord - inner)
    if abs(turn) > 0.5:  # a corner, not a curve
        return chord
    return wrap_angle(chord + turn)


@njit(cache=True)
def _measure_curvature(
    position: NDArray[np.float64], s: NDArray[np.float64], begin: int, end: int, curvature: NDArray[np.float64]
) -> None:
    if end - begin < 3:
        for i in range(begin, end):
            curvature[i] = 0.0
        return
    a, c = begin, begin
    low, high = end, begin - 1
    for i in range(begin + 1, end - 1):
        while a + 1 < i and s[i] - s[a + 1] >= CURVATURE_WINDOW:
            a += 1
        c = max(c, i + 1)
        while c < end - 1 and s[c] - s[i] < CURVATURE_WINDOW:
            c += 1
        curvature[i] = _circle_curvature(position, a, i, c)
        if s[i] - s[a] >= CURVATURE_WINDOW and s[c] - s[i] >= CURVATURE_WINDOW:
            low = min(low, i)
            high = max(high, i)
    if low <= high:  # nearer than a window to an end the three points are too close: continue the nearest full value
        for i in range(begin, low):
            curvature[i] = curvature[low]
        for i in range(high + 1, end):
            curvature[i] = curvature[high]
    else:
        middle = _circle_curvature(position, begin, (begin + end - 1) // 2, end - 1)
        for i in range(begin, end):
            curvature[i] = middle


@njit(cache=True)
def _circle_curvature(position: NDArray[np.float64], i: int, j: int, k: int) -> float:
    """Return the curvature of the circle through three points in plan view [1/m]."""
    ax, ay = position[j, 0] - position[i, 0], position[j, 1] - position[i, 1]
    bx, by = position[k, 0] - position[j, 0], position[k, 1] - position[j, 1]
    cx, cy = ax + bx, ay + by
    product = math.sqrt((ax * ax + ay * ay) * (bx * bx + by * by) * (cx * cx + cy * cy))
    if product < 1e-12:
        return 0.0
    return 2.0 * (ax * by - ay * bx) / product
