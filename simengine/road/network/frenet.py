"""Lane coordinates: s along a lane, t to its left, continuous at the corners of the sampled center line.

Within a segment the normal turns evenly from one end's to the other's, so the strips of neighboring segments share
their border lines, no place beside a corner is left out or counted twice, and pose and projection are each other's
inverse up to the radius of curvature. Beyond its ends a lane goes straight on.

Every call of a kernel counts the references of each array it is handed (0.4 µs for a `LaneArrays`), so only the
outermost kernels take the network; the inner ones take scalars or the few arrays they read.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.network.network import LaneArrays

Floats = NDArray[np.float64]


@njit(cache=True, _nrt=False)
def fraction_of_foot(ax: float, ay: float, bx: float, by: float, x: float, y: float) -> tuple[float, float]:
    """Return how far along a segment (0..1) its point nearest to a place lies, and the squared distance [m²]."""
    ex, ey, dx, dy = x - ax, y - ay, bx - ax, by - ay
    f = min(1.0, max(0.0, (ex * dx + ey * dy) / (dx * dx + dy * dy)))
    ex -= f * dx
    ey -= f * dy
    return f, ex * ex + ey * ey


@njit(cache=True, _nrt=False)
def turned_normal(ac: float, as_: float, bc: float, bs: float, f: float) -> tuple[float, float]:
    """Return the unit normal (to the left) at fraction f between tangents of these cosines and sines."""
    nx, ny = -(as_ + f * (bs - as_)), ac + f * (bc - ac)
    norm = math.sqrt(nx * nx + ny * ny)
    if norm < 1e-9:  # the line turns back on itself
        return -as_, ac
    return nx / norm, ny / norm


@njit(cache=True, _nrt=False)
def fraction_of_normal(
    ax: float, ay: float, bx: float, by: float, ac: float, as_: float, bc: float, bs: float, x: float, y: float
) -> tuple[float, bool]:
    """Return the fraction of a segment whose normal passes through a place, and whether there is one near it.

    The cross product of (place − base − f·chord) and (normal + f·change of normal) vanishes: a quadratic in f, of which
    the root that stays finite as the curvature vanishes is taken.

    Args:
        ax, ay, bx, by: The segment's ends [m].
        ac, as_, bc, bs: Cosine and sine of the heading there.
        x, y: The place [m].
    """
    ex, ey, dx, dy = x - ax, y - ay, bx - ax, by - ay
    mx, my = as_ - bs, bc - ac
    a = dy * mx - dx * my
    b = ex * my - ey * mx - (dx * ac + dy * as_)
    c = ex * ac + ey * as_
    discriminant = b * b - 4.0 * a * c
    if b >= 0.0 or discriminant < 0.0:  # beyond the center of curvature
        return 0.0, False
    return 2.0 * c / (math.sqrt(discriminant) - b), True


@njit(cache=True, _nrt=False)
def last_not_above(point_s: Floats, begin: int, end: int, s: float) -> int:
    """Return the first point of the segment that holds s among the points begin … end − 1 of a lane."""
    low, high = begin, end - 1
    while high - low > 1:
        middle = (low + high) // 2
        if point_s[middle] <= s:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True, _nrt=False)
def segment_at(lanes: LaneArrays, lane: int, s: float) -> int:
    """Return the first point of the segment of a lane that holds s (the end segments hold what lies beyond)."""
    return last_not_above(lanes.point_s, lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1], s)


@njit(cache=True, _nrt=False)
def fraction_at(point_s: Floats, begin: int, end: int, s: float) -> tuple[int, float]:
    """Return the segment that holds s among the points begin … end − 1, and how far along it s lies (clamped)."""
    i = last_not_above(point_s, begin, end, s)
    return i, min(1.0, max(0.0, (s - point_s[i]) / (point_s[i + 1] - point_s[i])))


@njit(cache=True, _nrt=False)
def lane_fraction(lanes: LaneArrays, lane: int, s: float) -> tuple[int, float]:
    """Return the segment of a lane that holds s and how far along it s lies, 0..1 and clamped."""
    return fraction_at(lanes.point_s, lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1], s)


@njit(cache=True, _nrt=False)
def _value_at(point_s: Floats, value: Floats, begin: int, end: int, s: float) -> float:
    i, f = fraction_at(point_s, begin, end, s)
    return value[i] + f * (value[i + 1] - value[i])


@njit(cache=True, _nrt=False)
def lane_curvature(lanes: LaneArrays, lane: int, s: float) -> float:
    """Return the curvature of a lane's center line at s [1/m], counter-clockwise positive; ends go on."""
    first = lanes.lane_first_point
    return _value_at(lanes.point_s, lanes.point_curvature, first[lane], first[lane + 1], s)


@njit(cache=True, _nrt=False)
def lane_width(lanes: LaneArrays, lane: int, s: float) -> float:
    """Return the width of a lane at s [m]; ends go on."""
    first = lanes.lane_first_point
    return _value_at(lanes.point_s, lanes.point_width, first[lane], first[lane + 1], s)


@njit(cache=True, _nrt=False)
def beside_segment(
    position: Floats, tangent: Floats, i: int, foot: float, x: float, y: float
) -> tuple[float, float, float, float, float]:
    """Return where a place lies beside a segment: fraction, the normal there, and the way from the line to the place.

    Args:
        position, tangent: Of the points.
        i: Point that the segment starts at.
        foot: Fraction of the nearest point, taken where no normal of the curve meets the place.
        x, y: The place [m].
    """
    ax, ay, bx, by = position[i, 0], position[i, 1], position[i + 1, 0], position[i + 1, 1]
    ac, as_, bc, bs = tangent[i, 0], tangent[i, 1], tangent[i + 1, 0], tangent[i + 1, 1]
    f, solved = fraction_of_normal(ax, ay, bx, by, ac, as_, bc, bs, x, y)
    f = min(1.0, max(0.0, f)) if solved else foot
    nx, ny = turned_normal(ac, as_, bc, bs, f)
    return f, nx, ny, x - ax - f * (bx - ax), y - ay - f * (by - ay)


@njit(cache=True, _nrt=False)
def segment_foot(lanes: LaneArrays, i: int, x: float, y: float) -> tuple[float, float]:
    """Return the fraction of the nearest point of a segment, and its squared distance [m²]."""
    p = lanes.point_position
    return fraction_of_foot(p[i, 0], p[i, 1], p[i + 1, 0], p[i + 1, 1], x, y)


@njit(cache=True, _nrt=False)
def place_at(
    position: Floats, tangent: Floats, point_s: Floats, begin: int, end: int, s: float, t: float
) -> tuple[float, float, float, float]:
    """Return x, y of lane coordinates [m] and the cosine and sine of the heading there.

    Args:
        position, tangent, point_s: Of all points, as in `LaneArrays`.
        begin, end: The lane's points are begin … end − 1.
        s: Along the lane; beyond its ends it goes straight on [m].
        t: To its left [m].
    """
    if s < 0.0 or s > point_s[end - 1]:
        k = begin if s < 0.0 else end - 1
        along = s - point_s[k]
        tx, ty = tangent[k, 0], tangent[k, 1]
        return position[k, 0] + along * tx - t * ty, position[k, 1] + along * ty + t * tx, tx, ty
    i, f = fraction_at(point_s, begin, end, s)
    nx, ny = turned_normal(tangent[i, 0], tangent[i, 1], tangent[i + 1, 0], tangent[i + 1, 1], f)
    x = position[i, 0] + f * (position[i + 1, 0] - position[i, 0]) + t * nx
    y = position[i, 1] + f * (position[i + 1, 1] - position[i, 1]) + t * ny
    return x, y, ny, -nx


@njit(cache=True, _nrt=False)
def lane_position(lanes: LaneArrays, lane: int, s: float, t: float) -> tuple[float, float, float, float]:
    """Return x, y of lane coordinates [m] and the cosine and sine of the lane's heading there."""
    first = lanes.lane_first_point
    return place_at(lanes.point_position, lanes.point_tangent, lanes.point_s, first[lane], first[lane + 1], s, t)


@njit(cache=True, _nrt=False)
def _project_from(
    position: Floats, tangent: Floats, point_s: Floats, begin: int, end: int, i: int, x: float, y: float
) -> tuple[float, float]:
    """Project a place, walking from segment i to the one whose strip holds it; return s, t [m].

    Args:
        position, tangent, point_s: Of all points, as in `LaneArrays`.
        begin, end: The lane's points are begin … end − 1.
        i: First point of the segment to begin at.
        x, y: The place [m].
    """
    last = end - 2
    came = 0
    f = 0.0
    for _ in range(end - begin):
        f, solved = fraction_of_normal(
            position[i, 0],
            position[i, 1],
            position[i + 1, 0],
            position[i + 1, 1],
            tangent[i, 0],
            tangent[i, 1],
            tangent[i + 1, 0],
            tangent[i + 1, 1],
            x,
            y,
        )
        if not solved:
            f, _ = fraction_of_foot(position[i, 0], position[i, 1], position[i + 1, 0], position[i + 1, 1], x, y)
            if (f == 0.0 and i == begin) or (f == 1.0 and i == last):  # far from the curve, perhaps beyond its end
                k, side = (begin, -1.0) if f == 0.0 else (end - 1, 1.0)
                over = side * ((x - position[k, 0]) * tangent[k, 0] + (y - position[k, 1]) * tangent[k, 1])
                f += side * max(0.0, over)
            if 0.0 <= f <= 1.0:
                break
        elif 0.0 <= f <= 1.0:
            break
        if (f < 0.0 and i == begin) or (f > 1.0 and i == last):  # beyond the lane's end
            k = begin if f < 0.0 else end - 1
            ex, ey = x - position[k, 0], y - position[k, 1]
            tx, ty = tangent[k, 0], tangent[k, 1]
            return point_s[k] + ex * tx + ey * ty, ey * tx - ex * ty
        step = -1 if f < 0.0 else 1
        if came == -step or not solved:  # the strips fold over each other beyond the center of curvature
            break
        i += step
        came = step
    f = min(1.0, max(0.0, f))
    nx, ny = turned_normal(tangent[i, 0], tangent[i, 1], tangent[i + 1, 0], tangent[i + 1, 1], f)
    ex = x - position[i, 0] - f * (position[i + 1, 0] - position[i, 0])
    ey = y - position[i, 1] - f * (position[i + 1, 1] - position[i, 1])
    return point_s[i] + f * (point_s[i + 1] - point_s[i]), ex * nx + ey * ny


@njit(cache=True, _nrt=False)
def _nearest_segment(position: Floats, begin: int, end: int, x: float, y: float) -> int:
    best, nearest = np.inf, begin
    for i in range(begin, end - 1):
        _, square = fraction_of_foot(position[i, 0], position[i, 1], position[i + 1, 0], position[i + 1, 1], x, y)
        if square < best:
            best, nearest = square, i
    return nearest


@njit(cache=True, _nrt=False)
def _nearer_segment(position: Floats, begin: int, end: int, i: int, x: float, y: float) -> int:
    """Return the segment reached from segment i by going on while the next one is nearer."""
    _, best = fraction_of_foot(position[i, 0], position[i, 1], position[i + 1, 0], position[i + 1, 1], x, y)
    for step in (1, -1):
        start = i
        while begin <= i + step < end - 1:
            k = i + step
            _, square = fraction_of_foot(position[k, 0], position[k, 1], position[k + 1, 0], position[k + 1, 1], x, y)
            if square >= best:
                break
            i, best = k, square
        if i != start:
            break
    return i


@njit(cache=True, _nrt=False)
def project_on_lane(lanes: LaneArrays, lane: int, x: float, y: float) -> tuple[float, float]:
    """Return s along a lane and t to its left [m] of a point in plan view, from the nearest segment of all."""
    begin, end = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1]
    i = _nearest_segment(lanes.point_position, begin, end, x, y)
    return _project_from(lanes.point_position, lanes.point_tangent, lanes.point_s, begin, end, i, x, y)


@njit(cache=True, _nrt=False)
def project_on_lane_near(lanes: LaneArrays, lane: int, x: float, y: float, s_hint: float) -> tuple[float, float]:
    """Return s and t [m] as `project_on_lane` does, searching downhill from the segment at `s_hint` only."""
    begin, end = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1]
    i = last_not_above(lanes.point_s, begin, end, s_hint)
    i = _nearer_segment(lanes.point_position, begin, end, i, x, y)
    return _project_from(lanes.point_position, lanes.point_tangent, lanes.point_s, begin, end, i, x, y)


@njit(cache=True, _nrt=False)
def project_on_lane_batch(lanes: LaneArrays, lane: NDArray[np.int32], x: Floats, y: Floats, out: Floats) -> None:
    """Write s and t [m] of every point on its lane. Shapes (n,), (n,), (n,); `out` (n, 2)."""
    for k in range(len(lane)):
        out[k, 0], out[k, 1] = project_on_lane(lanes, lane[k], x[k], y[k])
