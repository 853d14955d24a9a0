"""Lane coordinates: s along a lane, t to its left, continuous at the corners of the sampled centre line.

Within a segment the normal turns evenly from one end's to the other's, so the strips of neighbouring segments share
their border lines, no place beside a corner is left out or counted twice, and pose and projection are each other's
inverse up to the radius of curvature. Beyond its ends a lane goes straight on.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.network import LaneArrays


@njit(cache=True)
def segment_at(lanes: LaneArrays, lane: int, s: float) -> int:
    """Return the first point of the segment of a lane that holds s (the end segments hold what lies beyond)."""
    low, high = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1] - 1
    while high - low > 1:
        middle = (low + high) // 2
        if lanes.point_s[middle] <= s:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True)
def lane_fraction(lanes: LaneArrays, lane: int, s: float) -> tuple[int, float]:
    """Return the segment that holds s and how far along it s lies, 0..1 and clamped."""
    i = segment_at(lanes, lane, s)
    f = (s - lanes.point_s[i]) / (lanes.point_s[i + 1] - lanes.point_s[i])
    return i, min(1.0, max(0.0, f))


@njit(cache=True)
def lane_curvature(lanes: LaneArrays, lane: int, s: float) -> float:
    """Return the curvature of a lane's centre line at s [1/m], counter-clockwise positive; ends go on."""
    i, f = lane_fraction(lanes, lane, s)
    return lanes.point_curvature[i] + f * (lanes.point_curvature[i + 1] - lanes.point_curvature[i])


@njit(cache=True)
def lane_width(lanes: LaneArrays, lane: int, s: float) -> float:
    """Return the width of a lane at s [m]; ends go on."""
    i, f = lane_fraction(lanes, lane, s)
    return lanes.point_width[i] + f * (lanes.point_width[i + 1] - lanes.point_width[i])


@njit(cache=True)
def segment_normal(lanes: LaneArrays, i: int, f: float) -> tuple[float, float]:
    """Return the unit normal (to the left) at fraction f of the segment that begins at point i."""
    nx = -(lanes.point_tangent[i, 1] + f * (lanes.point_tangent[i + 1, 1] - lanes.point_tangent[i, 1]))
    ny = lanes.point_tangent[i, 0] + f * (lanes.point_tangent[i + 1, 0] - lanes.point_tangent[i, 0])
    norm = math.sqrt(nx * nx + ny * ny)
    if norm < 1e-9:  # the line turns back on itself
        return -lanes.point_tangent[i, 1], lanes.point_tangent[i, 0]
    return nx / norm, ny / norm


@njit(cache=True)
def solve_segment(lanes: LaneArrays, i: int, x: float, y: float) -> tuple[float, bool]:
    """Return the fraction f of a segment whose normal passes through a point, and whether there is one near it.

    The cross product of (point − base − f·chord) and (normal + f·change of normal) vanishes: a quadratic in f, of which
    the root that stays finite as the curvature vanishes is taken.
    """
    ex, ey = x - lanes.point_position[i, 0], y - lanes.point_position[i, 1]
    dx = lanes.point_position[i + 1, 0] - lanes.point_position[i, 0]
    dy = lanes.point_position[i + 1, 1] - lanes.point_position[i, 1]
    nx, ny = -lanes.point_tangent[i, 1], lanes.point_tangent[i, 0]
    mx, my = -lanes.point_tangent[i + 1, 1] - nx, lanes.point_tangent[i + 1, 0] - ny
    a = dy * mx - dx * my
    b = ex * my - ey * mx - (dx * ny - dy * nx)
    c = ex * ny - ey * nx
    discriminant = b * b - 4.0 * a * c
    if b >= 0.0 or discriminant < 0.0:  # beyond the centre of curvature
        return 0.0, False
    return 2.0 * c / (math.sqrt(discriminant) - b), True


@njit(cache=True)
def segment_foot(lanes: LaneArrays, i: int, x: float, y: float) -> tuple[float, float]:
    """Return the fraction of the nearest point of a segment, and its squared distance [m²]."""
    ex, ey = x - lanes.point_position[i, 0], y - lanes.point_position[i, 1]
    dx = lanes.point_position[i + 1, 0] - lanes.point_position[i, 0]
    dy = lanes.point_position[i + 1, 1] - lanes.point_position[i, 1]
    f = min(1.0, max(0.0, (ex * dx + ey * dy) / (dx * dx + dy * dy)))
    ex -= f * dx
    ey -= f * dy
    return f, ex * ex + ey * ey


@njit(cache=True)
def _project_from(lanes: LaneArrays, lane: int, i: int, x: float, y: float) -> tuple[float, float]:
    """Project a point, walking from segment i to the one whose strip holds it; return s, t [m]."""
    first, last = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1] - 2
    came = 0
    for _ in range(last - first + 2):
        f, solved = solve_segment(lanes, i, x, y)
        if not solved:
            f, _ = segment_foot(lanes, i, x, y)
            break
        if f < 0.0:
            if i == first:
                ex, ey = x - lanes.point_position[i, 0], y - lanes.point_position[i, 1]
                tx, ty = lanes.point_tangent[i, 0], lanes.point_tangent[i, 1]
                return ex * tx + ey * ty, ey * tx - ex * ty
            if came == 1:
                f = 0.0
                break
            i -= 1
            came = -1
        elif f > 1.0:
            if i == last:
                k = i + 1
                ex, ey = x - lanes.point_position[k, 0], y - lanes.point_position[k, 1]
                tx, ty = lanes.point_tangent[k, 0], lanes.point_tangent[k, 1]
                return lanes.point_s[k] + ex * tx + ey * ty, ey * tx - ex * ty
            if came == -1:
                f = 1.0
                break
            i += 1
            came = 1
        else:
            break
    f = min(1.0, max(0.0, f))
    nx, ny = segment_normal(lanes, i, f)
    ex = x - lanes.point_position[i, 0] - f * (lanes.point_position[i + 1, 0] - lanes.point_position[i, 0])
    ey = y - lanes.point_position[i, 1] - f * (lanes.point_position[i + 1, 1] - lanes.point_position[i, 1])
    return lanes.point_s[i] + f * (lanes.point_s[i + 1] - lanes.point_s[i]), ex * nx + ey * ny


@njit(cache=True)
def project_on_lane(lanes: LaneArrays, lane: int, x: float, y: float) -> tuple[float, float]:
    """Return s along a lane and t to its left [m] of a point in plan view, from the nearest segment of all."""
    best, nearest = np.inf, lanes.lane_first_point[lane]
    for i in range(lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1] - 1):
        _, distance = segment_foot(lanes, i, x, y)
        if distance < best:
            best, nearest = distance, i
    return _project_from(lanes, lane, nearest, x, y)


@njit(cache=True)
def project_on_lane_near(lanes: LaneArrays, lane: int, x: float, y: float, s_hint: float) -> tuple[float, float]:
    """Return s and t [m] as `project_on_lane` does, searching downhill from the segment at `s_hint` only."""
    first, last = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1] - 2
    i = segment_at(lanes, lane, s_hint)
    _, best = segment_foot(lanes, i, x, y)
    start = i
    while i < last:
        _, distance = segment_foot(lanes, i + 1, x, y)
        if distance >= best:
            break
        i, best = i + 1, distance
    if i == start:
        while i > first:
            _, distance = segment_foot(lanes, i - 1, x, y)
            if distance >= best:
                break
            i, best = i - 1, distance
    return _project_from(lanes, lane, i, x, y)


@njit(cache=True)
def lane_position(lanes: LaneArrays, lane: int, s: float, t: float) -> tuple[float, float, float, float]:
    """Return x, y of lane coordinates [m] and the cosine and sine of the lane's heading there."""
    first, end = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1] - 1
    if s < 0.0 or s > lanes.point_s[end]:
        k = first if s < 0.0 else end
        along = s - lanes.point_s[k]
        tx, ty = lanes.point_tangent[k, 0], lanes.point_tangent[k, 1]
        x = lanes.point_position[k, 0] + along * tx - t * ty
        y = lanes.point_position[k, 1] + along * ty + t * tx
        return x, y, tx, ty
    i, f = lane_fraction(lanes, lane, s)
    nx, ny = segment_normal(lanes, i, f)
    x = lanes.point_position[i, 0] + f * (lanes.point_position[i + 1, 0] - lanes.point_position[i, 0]) + t * nx
    y = lanes.point_position[i, 1] + f * (lanes.point_position[i + 1, 1] - lanes.point_position[i, 1]) + t * ny
    return x, y, ny, -nx


@njit(cache=True)
def project_on_lane_batch(
    lanes: LaneArrays, lane: NDArray[np.int32], x: NDArray[np.float64], y: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Write s and t [m] of every point on its lane. Shapes (n,), (n,), (n,); `out` (n, 2)."""
    for k in range(len(lane)):
        out[k, 0], out[k, 1] = project_on_lane(lanes, lane[k], x[k], y[k])
