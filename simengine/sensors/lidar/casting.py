"""Triangles cut by the columns of a beam sweep, front to back, and the nearest hit of every beam.

A column is a vertical half-plane along (c, s). An edge from v to w meets its plane at the homogeneous point

    R = v_y w_x − v_x w_y,  Z = u_v w_z − u_w v_z,  D = u_v − u_w  with  u = y c − x s,

at the horizontal distance R / D and the height Z / D. Swapping the ends negates all three exactly, so two triangles
that share an edge meet a column at the same bits and no beam slips between them. A beam of tangent t meets the segment
between two such points at r = N / (A − t B) with N = Z₀R₁ − Z₁R₀, A = Z₀D₁ − Z₁D₀, B = R₀D₁ − R₁D₀.

A hit is one integer, the bits of the horizontal distance above those of the triangle, so the smallest is the nearest,
or the lowest triangle of equally near ones, in whatever order they come.

Before it is cut, a triangle is bounded in columns, beams and distance, and left out if it lies between two columns or
two beams, or behind what has been hit. The bounds are conservative, so the hits do not depend on them.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.lidar.beam_table import TABLE_STEPS, first_beam, index_beams
from simengine.sensors.lidar.culling import SHELLS, frame_part, list_clusters, trim_covered
from simengine.sensors.lidar.triangle_selection import MOST_VERTICES, list_facing, see_vertices, select_triangles
from simengine.sensors.scene.clusters import CLUSTER_TRIANGLES

MOST_COLUMNS = 256  # of a slice, a multiple of COLUMN_RUN
COLUMN_RUN = 4  # columns are cut by whole runs, those beyond the last in vain, as vectors hold so many
_NOTHING = np.uint64(0x7F800000_FFFFFFFF)  # infinitely far, triangle −1
_LOW, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)
_LEAST = 1e-6  # horizontal distance of a hit at least [m]
_UPRIGHT = 1e30  # tangent of straight up


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _place(
    frame: NDArray[np.float64], k: int, x: float, y: float, z: float
) -> tuple[float, float, float]:
    """Apply one of a frame's transforms to a point."""
    return (
        frame[k, 0, 0] * x + frame[k, 0, 1] * y + frame[k, 0, 2] * z + frame[k, 0, 3],
        frame[k, 1, 0] * x + frame[k, 1, 1] * y + frame[k, 1, 2] * z + frame[k, 1, 3],
        frame[k, 2, 0] * x + frame[k, 2, 1] * y + frame[k, 2, 2] * z + frame[k, 2, 3],
    )


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def cut_triangles(
    chosen: NDArray[np.int32], count: int, corner: NDArray[np.uint8], triangle: NDArray[np.int32],
    frame: NDArray[np.float64], x: NDArray[np.float32], y: NDArray[np.float32], z: NDArray[np.float32],
    run: NDArray[np.float32], slope: NDArray[np.float64], beam_at: NDArray[np.int16], origin: float, scale: float,
    cut: NDArray[np.float64], nearest: NDArray[np.uint64],
) -> None:
    """Cut triangles of a cluster by columns and keep the nearest hits.

    Args:
        chosen: Triangle, first and last column of each. Shape (≥ count, 3).
        count: How many.
        corner: Vertices of the cluster's triangles. Shape (num_triangles, 3).
        triangle: Their ids. Shape (num_triangles,).
        frame: Of the part, from `frame_part`. Shape (3, 3, 4).
        x, y, z: Of the vertices, part frame [m]. Shape (num_vertices,).
        run: Fraction of the way between the knots, cosine and sine of the azimuth of each column of the run. Shape
            (3, MOST_COLUMNS + COLUMN_RUN).
        slope, beam_at, origin, scale: From `index_beams`.
        cut: Work. Shape (7 · MOST_COLUMNS,).
        nearest: The hits. Shape (≥ num_columns, num_beams).
    """
    for n in range(count):
        j = chosen[n, 0]
        a, b, c = corner[j, 0], corner[j, 1], corner[j, 2]
        px, py, pz = _place(frame, 0, float(x[a]), float(y[a]), float(z[a]))
        qx, qy, qz = _place(frame, 0, float(x[b]), float(y[b]), float(z[b]))
        sx, sy, sz = _place(frame, 0, float(x[c]), float(y[c]), float(z[c]))
        dpx, dpy, dpz = _place(frame, 1, float(x[a]), float(y[a]), float(z[a]))
        dqx, dqy, dqz = _place(frame, 1, float(x[b]), float(y[b]), float(z[b]))
        dsx, dsy, dsz = _place(frame, 1, float(x[c]), float(y[c]), float(z[c]))
        name = np.uint64(triangle[j])
        left, length = chosen[n, 1], chosen[n, 2] + 1 - chosen[n, 1]
        whole = (length + COLUMN_RUN - 1) // COLUMN_RUN * COLUMN_RUN
        beyond = left + whole
        fractions, cosines, sines = run[0, left:beyond], run[1, left:beyond], run[2, left:beyond]
        for i in range(whole):  # without a branch, so that it runs in vectors
            f, cs, sn = float(fractions[i]), float(cosines[i]), float(sines[i])
            xa, ya, za = px + f * dpx, py + f * dpy, pz + f * dpz
            xb, yb, zb = qx + f * dqx, qy + f * dqy, qz + f * dqz
            xc, yc, zc = sx + f * dsx, sy + f * dsy, sz + f * dsz
            ua, ub, uc = ya * cs - xa * sn, yb * cs - xb * sn, yc * cs - xc * sn
            ab, ac = (ua >= 0.0) == (ub >= 0.0), (ua >= 0.0) == (uc >= 0.0)
            r0, z0, d0 = ya * xb - xa * yb, ua * zb - ub * za, ua - ub
            r1, z1, d1 = yc * xa - xc * ya, uc * za - ua * zc, uc - ua
            r2, z2, d2 = yb * xc - xb * yc, ub * zc - uc * zb, ub - uc
            r0, z0, d0 = r2 if ab else r0, z2 if ab else z0, d2 if ab else d0
            r1, z1, d1 = r2 if ac else r1, z2 if ac else z1, d2 if ac else d1
            ahead0, ahead1 = r0 * d0 > 0.0, r1 * d1 > 0.0
            across, turn = z0 * r1 - z1 * r0, r0 * d1 - r1 * d0
            up = _UPRIGHT if (across > 0.0) != (turn > 0.0) else -_UPRIGHT  # from where the segment meets the axis
            t0, t1 = z0 / r0 if ahead0 else up, z1 / r1 if ahead1 else up
            level0, level1 = r0 / d0, r1 / d1
            least = level0 if level0 < level1 else level1
            cut[i] = np.inf if (ab & ac) | ~(ahead0 | ahead1) else t0 if t0 < t1 else t1
            high = t1 if t0 < t1 else t0
            cut[i + MOST_COLUMNS] = high if high < _UPRIGHT else _UPRIGHT  # below the table's infinity
            cut[i + 2 * MOST_COLUMNS] = across
            cut[i + 3 * MOST_COLUMNS] = z0 * d1 - z1 * d0
            cut[i + 4 * MOST_COLUMNS] = turn
            cut[i + 5 * MOST_COLUMNS] = least if least > _LEAST else _LEAST
            cut[i + 6 * MOST_COLUMNS] = level1 if level0 < level1 else level0
        for i in range(length):
            high = cut[i + MOST_COLUMNS]
            k = first_beam(slope, beam_at, origin, scale, cut[i])
            if slope[k] > high:
                continue
            across, along, turn = cut[i + 2 * MOST_COLUMNS], cut[i + 3 * MOST_COLUMNS], cut[i + 4 * MOST_COLUMNS]
            least, most = cut[i + 5 * MOST_COLUMNS], cut[i + 6 * MOST_COLUMNS]
            stop = first_beam(slope, beam_at, origin, scale, high)
            while slope[stop] == high:
                stop += 1
            row, tangents = nearest[left + i, k:stop], slope[k:stop]
            for q in range(stop - k):
                r = across / (along - tangents[q] * turn)
                r = r if r > least else least
                r = r if r < most else most
                key = (np.uint64(np.float32(r).view(np.uint32)) << _SHIFT) | name
                row[q] = key if key < row[q] else row[q]


@njit(cache=True, nogil=True, error_model="numpy")
def cast_slices(
    first_slice: int, slice_step: int,
    part: NDArray[np.int32], box: NDArray[np.float64], first_vertex: NDArray[np.int32],
    first_triangle: NDArray[np.int32], vertex: NDArray[np.float32], corner: NDArray[np.uint8],
    triangle: NDArray[np.int32], plane: NDArray[np.float32], shell_box: NDArray[np.float64],
    bundle_box: NDArray[np.float64], bundle_first: NDArray[np.int32],
    sensor_from_part: NDArray[np.float64], shown: NDArray[np.bool_],
    tangent: NDArray[np.float32], secant: NDArray[np.float32], direction: NDArray[np.float32],
    first_column: NDArray[np.int32], slice_knot: NDArray[np.int32], slice_azimuth: NDArray[np.float64],
    fraction: NDArray[np.float32], max_range: float,
    distance: NDArray[np.float32], hit: NDArray[np.int32],
) -> None:
    """Find the first hit of every beam of every `slice_step`-th slice; see `beams.cast_sweep` for the arrays."""
    num_beams, num_clusters = tangent.shape[0], part.shape[0]
    longest = 1
    for s in range(slice_knot.shape[0]):
        longest = max(longest, first_column[s + 1] - first_column[s])
    slope, beam_at = np.empty(num_beams + 1), np.empty(TABLE_STEPS * num_beams + 2, np.int16)
    origin, scale = index_beams(tangent, slope, beam_at)
    nearest = np.empty((longest, num_beams), np.uint64)
    listed, near = np.empty((num_clusters, 5), np.int32), np.empty((num_clusters, 2))
    order, shell = np.empty(num_clusters, np.int32), np.empty(SHELLS + 1, np.int32)
    frame, cut = np.empty((3, 3, 4)), np.empty(7 * MOST_COLUMNS)
    seen = np.empty(3 * MOST_VERTICES, np.float32)
    met, chosen = np.empty((CLUSTER_TRIANGLES + 1, 5), np.int32), np.empty((CLUSTER_TRIANGLES + 1, 3), np.int32)
    height, facing = np.empty(CLUSTER_TRIANGLES + 1, np.float32), np.empty(CLUSTER_TRIANGLES + 1, np.uint8)
    columns_per_radian = direction.shape[1] / (2.0 * math.pi)
    run = np.zeros((3, MOST_COLUMNS + COLUMN_RUN), np.float32)
    for s in range(first_slice, slice_knot.shape[0], slice_step):
        c0, count = first_column[s], first_column[s + 1] - first_column[s]
        knot = slice_knot[s]
        later = min(knot + 1, sensor_from_part.shape[0] - 1)
        begin, end = float(fraction[c0]), float(fraction[c0 + count - 1])
        num_listed = list_clusters(
            part, box, bundle_box, bundle_first, sensor_from_part, shown, knot, later, 0.5 * (begin + end),
            0.5 * (end - begin), max_range, slice_azimuth[s], columns_per_radian, count, slope, beam_at, origin,
            scale, frame, listed, near, shell, order,
        )
        nearest[:count] = _NOTHING
        for i in range(count):
            run[0, i], run[1, i], run[2, i] = fraction[c0 + i], direction[0, c0 + i], direction[1, c0 + i]
        center = np.float32(0.5 * (count - 1))
        for n in range(num_listed):
            entry = order[n]
            k, first, last = listed[entry, 0], listed[entry, 1], listed[entry, 2]
            first, last = trim_covered(nearest, first, last, listed[entry, 3], listed[entry, 4], near[entry, 0])
            if first > last:
                continue
            begin, end = float(fraction[c0 + first]), float(fraction[c0 + last])
            frame_part(sensor_from_part, knot, later, part[k], 0.5 * (begin + end), frame)
            v0, v1, t0, t1 = first_vertex[k], first_vertex[k + 1], first_triangle[k], first_triangle[k + 1]
            num_facing = list_facing(
                frame, begin, end, box[k], shell_box[k], plane[0, t0:t1], plane[1, t0:t1], plane[2, t0:t1],
                plane[3, t0:t1], height, facing,
            )
            if num_facing == 0:
                continue
            x, y, z = vertex[0, v0:v1], vertex[1, v0:v1], vertex[2, v0:v1]
            see_vertices(
                frame, box[k], x, y, z, np.float32(slice_azimuth[s]), np.float32(columns_per_radian),
                center, seen,
            )
            num_chosen = select_triangles(
                corner[t0:t1], facing, num_facing, seen, near[entry, 1] * 0.5 * (end - begin), near[entry, 0],
                max_range, columns_per_radian, center, first, last, slope, beam_at, origin, scale, nearest, met, height,
                chosen,
            )
            cut_triangles(
                chosen, num_chosen, corner[t0:t1], triangle[t0:t1], frame, x, y, z, run, slope, beam_at, origin, scale,
                cut, nearest,
            )
        for i in range(count):
            for b in range(num_beams):
                reach = np.uint32(nearest[i, b] >> _SHIFT).view(np.float32) * secant[b]
                if reach <= max_range:
                    distance[c0 + i, b], hit[c0 + i, b] = reach, np.int32(np.uint32(nearest[i, b] & _LOW))
                else:
                    distance[c0 + i, b], hit[c0 + i, b] = np.inf, -1
