"""Beams into triangles: the exact first hit of every beam of a spinning LiDAR, without a tree.

The columns of a sweep are vertical half-planes of the sensor's frame. Cutting a triangle by a column's half-plane gives
one segment in (r, z), r the horizontal distance from the axis; along it the tangent of the elevation, z / r, is
monotone, so the beams that hit are one contiguous range of the sorted beam table, and each beam meets the segment where
z = r · tangent. A triangle that contains the sensor's axis is cut at r = 0 and reaches to ±∞ in elevation.

The sensor and every part move during a sweep: parts are placed in the sensor's frame at knots in time (one a physics
tick), and a vertex moves on a straight line between them. The chord leaves the arc by r ω² Δt² / 8, under a millimetre
at 100 m for a yaw rate of 1 rad/s and 120 ticks a second.

Neighbouring columns form slices; each writes its own columns only, so the bits are the same for any number of threads.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.clusters import Clusters

SLICE_COLUMNS = 32  # at most, and at most a 32nd of the turn, so that tangents in a slice are nearly linear in angle
NO_TRIANGLE = -1
LONGEST_MOVE = 20.0  # of anything from one knot to the next, turn of the sensor included [m]


class BeamPattern(NamedTuple):
    """Where and when the beams of a sweep look; columns in order of time, clockwise from the rear."""

    tangent: NDArray[np.float32]  # of the beams' elevations, ascending. (num_beams,)
    secant: NDArray[np.float32]  # range over horizontal distance of each beam. (num_beams,)
    azimuth: NDArray[np.float64]  # of each column, counter-clockwise from x [rad]. (num_columns,)


class SweepSlices(NamedTuple):
    """Runs of neighbouring columns that lie between the same two knots in time."""

    first_column: NDArray[np.int32]  # CSR, (num_slices + 1,)
    knot: NDArray[np.int32]  # the earlier knot. (num_slices,)
    azimuth: NDArray[np.float64]  # of the slice's middle [rad]. (num_slices,)
    fraction: NDArray[np.float32]  # of the way to the later knot. (num_columns,)


def spinning_pattern(lowest: float, highest: float, channels: int, columns: int) -> BeamPattern:
    """Return evenly spaced beams from `lowest` to `highest` elevation [rad] and columns clockwise from the rear."""
    steps = max(channels - 1, 1)
    elevation = [lowest + (highest - lowest) * b / steps for b in range(channels)]
    azimuth = [math.pi - 2.0 * math.pi * (c + 0.5) / columns for c in range(columns)]
    return BeamPattern(
        tangent=np.array([math.tan(e) for e in elevation], np.float32),
        secant=np.array([1.0 / math.cos(e) for e in elevation], np.float32),
        azimuth=np.array(azimuth),
    )


def plan_slices(pattern: BeamPattern, column_time: NDArray[np.int64], knot_time: NDArray[np.int64]) -> SweepSlices:
    """Cut a sweep's columns into slices between knots.

    Args:
        pattern: Where the columns look.
        column_time: When each column fires [ns], ascending. Shape (num_columns,).
        knot_time: Instants at which the parts are placed [ns], ascending, around all columns. Shape (num_knots,).
    """
    columns = len(pattern.azimuth)
    knot = np.clip(np.searchsorted(knot_time, column_time, side="left") - 1, 0, max(len(knot_time) - 2, 0))
    later = np.minimum(knot + 1, len(knot_time) - 1)
    span = np.maximum(knot_time[later] - knot_time[knot], 1)
    longest = max(1, min(SLICE_COLUMNS, columns // 32))
    first = [0]
    for c in range(1, columns):
        if knot[c] != knot[c - 1] or c - first[-1] >= longest:
            first.append(c)
    start = np.array(first, np.int32)
    stop = np.append(start[1:], columns)
    return SweepSlices(
        first_column=np.append(start, columns).astype(np.int32),
        knot=knot[start].astype(np.int32),
        azimuth=0.5 * (pattern.azimuth[start] + pattern.azimuth[stop - 1]),
        fraction=((column_time - knot_time[knot]) / span).astype(np.float32),
    )


@njit(cache=True)
def _place(transform: NDArray[np.float64], x: float, y: float, z: float) -> tuple[float, float, float]:
    """Apply a 3 × 4 transform to a point."""
    return (
        transform[0, 0] * x + transform[0, 1] * y + transform[0, 2] * z + transform[0, 3],
        transform[1, 0] * x + transform[1, 1] * y + transform[1, 2] * z + transform[1, 3],
        transform[2, 0] * x + transform[2, 1] * y + transform[2, 2] * z + transform[2, 3],
    )


@njit(cache=True)
def _turn(transform: NDArray[np.float64], cosine: float, sine: float, out: NDArray[np.float64]) -> None:
    """Turn the frame that a 3 × 4 transform leads into, so that its x axis looks along (cosine, sine)."""
    for j in range(4):
        out[0, j] = transform[0, j] * cosine + transform[1, j] * sine
        out[1, j] = transform[1, j] * cosine - transform[0, j] * sine
        out[2, j] = transform[2, j]


@njit(cache=True)
def _first_beam(tangent: NDArray[np.float32], value: np.float32) -> int:
    """Return the first beam whose tangent is at least `value`."""
    low, high = 0, tangent.shape[0]
    while low < high:
        middle = (low + high) >> 1
        if tangent[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True)
def _cross_plane(
    un: np.float32, rn: np.float32, zn: np.float32, up: np.float32, rp: np.float32, zp: np.float32
) -> tuple[np.float32, np.float32]:
    """Return r, z where an edge meets the column's plane, from its end on the negative side to that on the positive.

    The order makes two triangles that share an edge compute the same bits, so no beam slips between them.
    """
    weight = un / (un - up)
    return rn + weight * (rp - rn), zn + weight * (zp - zn)


@njit(cache=True)
def _hit_segment(
    r0: np.float32, z0: np.float32, r1: np.float32, z1: np.float32, triangle: int, tangent: NDArray[np.float32],
    nearest: NDArray[np.float32], hit: NDArray[np.int32],
) -> None:
    """Offer a segment of one column's half-plane to the beams that meet it; the nearest stays.

    Args:
        r0, z0, r1, z1: Ends of the segment [m].
        triangle: The scene's triangle it was cut from.
        tangent: Of the beams' elevations, ascending. Shape (num_beams,).
        nearest: Horizontal distance of the nearest hit so far [m]. Shape (num_beams,).
        hit: Its triangle. Shape (num_beams,).
    """
    zero, one = np.float32(0.0), np.float32(1.0)
    infinity = np.float32(np.inf)
    if r0 <= zero and r1 <= zero:
        return
    if r0 > zero:
        t0 = z0 / r0
    else:
        axis = z1 + (z0 - z1) * (r1 / (r1 - r0))
        if axis == zero:
            return
        t0 = infinity if axis > zero else -infinity
    if r1 > zero:
        t1 = z1 / r1
    else:
        axis = z0 + (z1 - z0) * (r0 / (r0 - r1))
        if axis == zero:
            return
        t1 = infinity if axis > zero else -infinity
    low, high = min(t0, t1), max(t0, t1)
    num_beams = tangent.shape[0]
    if high < tangent[0] or low > tangent[num_beams - 1]:
        return
    for b in range(_first_beam(tangent, low), num_beams):
        t = tangent[b]
        if t > high:
            break
        e0, e1 = z0 - t * r0, z1 - t * r1
        if e0 == e1:
            r = min(r0, r1)
        else:
            r = r0 + min(one, max(zero, e0 / (e0 - e1))) * (r1 - r0)
        if r > zero and (r < nearest[b] or (r == nearest[b] and triangle < hit[b])):
            nearest[b] = r
            hit[b] = triangle


@njit(cache=True)
def list_clusters(
    cluster_part: NDArray[np.int32], cluster_center: NDArray[np.float64], cluster_radius: NDArray[np.float64],
    sensor_from_part: NDArray[np.float64], shown: NDArray[np.bool_], knot: int, later: int, max_range: float,
    cos_low: float, sin_low: float, cos_high: float, sin_high: float, near_cluster: NDArray[np.int32],
    near_sphere: NDArray[np.float64],
) -> int:
    """List the clusters that lie within the range and between the lowest and the highest beam from a knot to the next.

    Args:
        cluster_part: See `clusters.Clusters`.
        cluster_center: See `clusters.Clusters`.
        cluster_radius: See `clusters.Clusters`.
        sensor_from_part: Shape (num_knots, num_parts, 3, 4).
        shown: Shape (num_knots, num_parts).
        knot: The earlier knot.
        later: The later knot.
        max_range: [m].
        cos_low: Of the lowest beam's elevation.
        sin_low: Of the lowest beam's elevation.
        cos_high: Of the highest beam's elevation.
        sin_high: Of the highest beam's elevation.
        near_cluster: The clusters. Shape (num_clusters,).
        near_sphere: x and y at the earlier knot, radius with the motion to the later one [m]. Shape (num_clusters, 3).

    Returns:
        Their number.
    """
    count = 0
    for k in range(cluster_part.shape[0]):
        p = cluster_part[k]
        if not shown[knot, p]:
            continue
        x, y, z = cluster_center[k, 0], cluster_center[k, 1], cluster_center[k, 2]
        cx, cy, cz = _place(sensor_from_part[knot, p], x, y, z)
        far = max_range + cluster_radius[k]
        if abs(cx) > far + LONGEST_MOVE or abs(cy) > far + LONGEST_MOVE:
            continue
        ex, ey, ez = _place(sensor_from_part[later, p], x, y, z)
        radius = cluster_radius[k] + math.sqrt((ex - cx) ** 2 + (ey - cy) ** 2 + (ez - cz) ** 2)
        if cx * cx + cy * cy + cz * cz > (max_range + radius) ** 2:
            continue
        rho = math.sqrt(cx * cx + cy * cy)
        if rho * sin_low - cz * cos_low > radius or cz * cos_high - rho * sin_high > radius:
            continue
        near_cluster[count] = k
        near_sphere[count, 0], near_sphere[count, 1], near_sphere[count, 2] = cx, cy, radius
        count += 1
    return count


@njit(cache=True, nogil=True)
def cast_slices(
    first_slice: int, slice_step: int,
    cluster_part: NDArray[np.int32], cluster_center: NDArray[np.float64], cluster_radius: NDArray[np.float64],
    first_vertex: NDArray[np.int32], first_triangle: NDArray[np.int32],
    vertex: NDArray[np.float32], corner: NDArray[np.int16], triangle: NDArray[np.int32],
    sensor_from_part: NDArray[np.float64], shown: NDArray[np.bool_],
    tangent: NDArray[np.float32], azimuth: NDArray[np.float64],
    first_column: NDArray[np.int32], slice_knot: NDArray[np.int32], slice_azimuth: NDArray[np.float64],
    fraction: NDArray[np.float32], max_range: float,
    nearest: NDArray[np.float32], hit: NDArray[np.int32],
) -> None:
    """Find the first hit of every beam of every `slice_step`-th slice; see `cast_sweep` for the arrays.

    `nearest` and `hit`, (num_columns, num_beams), hold infinity and −1 on entry and horizontal distances [m] and
    triangles on return.
    """
    num_clusters = cluster_part.shape[0]
    most = 1
    for k in range(num_clusters):
        most = max(most, first_vertex[k + 1] - first_vertex[k])
    start = np.empty((most, 3), np.float32)  # at the earlier knot, x along the slice's middle
    motion = np.empty((most, 3), np.float32)  # to the later knot
    column_low = np.empty(most, np.float32)
    column_high = np.empty(most, np.float32)
    before = np.empty((3, 4))
    after = np.empty((3, 4))
    near_cluster = np.empty(num_clusters, np.int32)
    near_sphere = np.empty((num_clusters, 3))
    listed, num_listed = -1, 0
    cosine = np.empty(SLICE_COLUMNS, np.float32)
    sine = np.empty(SLICE_COLUMNS, np.float32)
    zero = np.float32(0.0)
    far = np.float32(1e9)
    margin = np.float32(0.1)  # a tangent departs from its angle by less than 0.06 columns within a slice
    lowest, highest = math.atan(tangent[0]), math.atan(tangent[tangent.shape[0] - 1])
    cos_low, sin_low = math.cos(lowest), math.sin(lowest)
    cos_high, sin_high = math.cos(highest), math.sin(highest)
    columns_per_radian = azimuth.shape[0] / (2.0 * math.pi)
    for s in range(first_slice, slice_knot.shape[0], slice_step):
        c0, count = first_column[s], first_column[s + 1] - first_column[s]
        knot = slice_knot[s]
        later = min(knot + 1, sensor_from_part.shape[0] - 1)
        for i in range(count):
            cosine[i] = math.cos(azimuth[c0 + i] - slice_azimuth[s])
            sine[i] = math.sin(azimuth[c0 + i] - slice_azimuth[s])
        cos_middle, sin_middle = math.cos(slice_azimuth[s]), math.sin(slice_azimuth[s])
        cos_edge, sin_edge = float(cosine[0]), float(sine[0])  # the leftmost column; the rightmost mirrors it
        center_column = np.float32(0.5 * (count - 1))
        scale = np.float32(columns_per_radian)
        if knot != listed:
            num_listed = list_clusters(
                cluster_part, cluster_center, cluster_radius, sensor_from_part, shown, knot, later, max_range, cos_low,
                sin_low, cos_high, sin_high, near_cluster, near_sphere,
            )
            listed = knot
        for n in range(num_listed):
            k = near_cluster[n]
            cx = near_sphere[n, 0] * cos_middle + near_sphere[n, 1] * sin_middle
            cy = near_sphere[n, 1] * cos_middle - near_sphere[n, 0] * sin_middle
            radius = near_sphere[n, 2]
            if cx < -radius or cy * cos_edge - cx * sin_edge > radius or cy * cos_edge + cx * sin_edge < -radius:
                continue
            p = cluster_part[k]
            _turn(sensor_from_part[knot, p], cos_middle, sin_middle, before)
            _turn(sensor_from_part[later, p], cos_middle, sin_middle, after)
            v0 = first_vertex[k]
            for i in range(first_vertex[k + 1] - v0):
                px, py, pz = float(vertex[v0 + i, 0]), float(vertex[v0 + i, 1]), float(vertex[v0 + i, 2])
                bx, by, bz = _place(before, px, py, pz)
                ax, ay, az = _place(after, px, py, pz)
                x, y = np.float32(bx), np.float32(by)
                start[i, 0], start[i, 1], start[i, 2] = x, y, np.float32(bz)
                motion[i, 0], motion[i, 1] = np.float32(ax - bx), np.float32(ay - by)
                motion[i, 2] = np.float32(az - bz)
                x1, y1 = np.float32(ax), np.float32(ay)
                if x > zero and x1 > zero:
                    q0, q1 = center_column - y / x * scale, center_column - y1 / x1 * scale
                    column_low[i], column_high[i] = min(q0, q1), max(q0, q1)
                else:
                    column_low[i], column_high[i] = -far, far
                    if x <= zero and x1 <= zero:
                        column_high[i] = np.float32(2.0) * far  # behind: it widens a triangle but cannot hold it alone
            for j in range(first_triangle[k], first_triangle[k + 1]):
                a, b, c = corner[j, 0], corner[j, 1], corner[j, 2]
                low = min(column_low[a], min(column_low[b], column_low[c])) - margin
                high = max(column_high[a], max(column_high[b], column_high[c])) + margin
                if high < zero or low > np.float32(count - 1):
                    continue
                if min(column_high[a], min(column_high[b], column_high[c])) > far:
                    continue
                first = max(0, math.ceil(max(low, -far)))
                last = min(count - 1, math.floor(min(high, far)))
                for i in range(first, last + 1):
                    f, cs, sn = fraction[c0 + i], cosine[i], sine[i]
                    xa, ya = start[a, 0] + f * motion[a, 0], start[a, 1] + f * motion[a, 1]
                    xb, yb = start[b, 0] + f * motion[b, 0], start[b, 1] + f * motion[b, 1]
                    xc, yc = start[c, 0] + f * motion[c, 0], start[c, 1] + f * motion[c, 1]
                    ua, ub, uc = ya * cs - xa * sn, yb * cs - xb * sn, yc * cs - xc * sn
                    pa, pb, pc = ua >= zero, ub >= zero, uc >= zero
                    if pa == pb and pb == pc:
                        continue
                    ra, rb, rc = xa * cs + ya * sn, xb * cs + yb * sn, xc * cs + yc * sn
                    za = start[a, 2] + f * motion[a, 2]
                    zb = start[b, 2] + f * motion[b, 2]
                    zc = start[c, 2] + f * motion[c, 2]
                    if pa == pb:  # c lies alone
                        ua, ra, za, uc, rc, zc = uc, rc, zc, ua, ra, za
                        pa = pc
                    elif pa == pc:  # b lies alone
                        ua, ra, za, ub, rb, zb = ub, rb, zb, ua, ra, za
                        pa = pb
                    if pa:
                        r0, z0 = _cross_plane(ub, rb, zb, ua, ra, za)
                        r1, z1 = _cross_plane(uc, rc, zc, ua, ra, za)
                    else:
                        r0, z0 = _cross_plane(ua, ra, za, ub, rb, zb)
                        r1, z1 = _cross_plane(ua, ra, za, uc, rc, zc)
                    _hit_segment(r0, z0, r1, z1, triangle[j], tangent, nearest[c0 + i], hit[c0 + i])


def cast_sweep(
    clusters: Clusters, sensor_from_part: NDArray[np.float64], shown: NDArray[np.bool_], pattern: BeamPattern,
    slices: SweepSlices, max_range: float, num_threads: int,
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return the first hit of every beam of a sweep.

    Args:
        clusters: What can be hit.
        sensor_from_part: Transforms at each knot in time, about the sensor. Shape (num_knots, num_parts, 3, 4).
        shown: Parts that are in the world from a knot to the next. Shape (num_knots, num_parts).
        pattern: Where the beams look.
        slices: `plan_slices` of the pattern and the knots.
        max_range: Beyond it nothing counts as hit [m].
        num_threads: Threads that share the slices; the result does not depend on it.

    Returns:
        Ranges [m], infinity where nothing was hit, and the scene's triangles, −1 where nothing was hit. Shapes
        (num_columns, num_beams).
    """
    shape = (len(pattern.azimuth), len(pattern.tangent))
    nearest = np.full(shape, np.inf, np.float32)
    hit = np.full(shape, NO_TRIANGLE, np.int32)

    def run(first: int, step: int) -> None:
        cast_slices(
            first, step, *clusters, sensor_from_part, shown, pattern.tangent, pattern.azimuth, slices.first_column,
            slices.knot, slices.azimuth, slices.fraction, max_range, nearest, hit,
        )

    workers = max(1, min(num_threads, len(slices.knot)))
    if workers == 1:
        run(0, 1)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda first: run(first, workers), range(workers)))
    distance = nearest * pattern.secant
    too_far = distance > np.float32(max_range)
    distance[too_far] = np.inf
    hit[too_far] = NO_TRIANGLE
    return distance, hit
