"""Triangles cut by the columns of a beam sweep, front to back, and the nearest hit of every beam.

A column is a vertical half-plane along (c, s). An edge from v to w meets its plane at the homogeneous point

    R = v_y w_x − v_x w_y,  Z = u_v w_z − u_w v_z,  D = u_v − u_w  with  u = y c − x s,

at the horizontal distance R / D and the height Z / D. Swapping the ends negates all three exactly, so two triangles
that share an edge meet a column at the same bits and no beam slips between them. A beam of tangent t meets the segment
between two such points at r = N / (A − t B) with N = Z₀R₁ − Z₁R₀, A = Z₀D₁ − Z₁D₀, B = R₀D₁ − R₁D₀.

A hit is one integer, the bits of the horizontal distance above those of the triangle, so the smallest is the nearest,
or the lowest triangle of equally near ones, in whatever order they come.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.beam_culling import (
    BLOCK_BEAMS,
    BLOCK_COLUMNS,
    MOST_VERTICES,
    bound_box,
    cover_blocks,
    first_beam,
    frame_part,
    index_beams,
    is_covered,
    place_vertices,
    select_triangles,
)
from simengine.sensors.clusters import CLUSTER_TRIANGLES

NOTHING = np.uint64(0x7F800000_FFFFFFFF)  # infinitely far, triangle −1
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_LEAST = 1e-6  # horizontal distance of a hit at least [m]
_SHELLS = 64  # of distance, two an octave
_SHELL_SHIFT = np.uint32(22)


@njit(cache=True, _nrt=False, error_model="numpy")
def shell_of(distance: float) -> int:
    """Return the shell of a horizontal distance, two an octave from half a metre."""
    if distance < 0.5:
        return 0
    return min(_SHELLS - 1, int(np.float32(distance).view(np.uint32) >> _SHELL_SHIFT) - 251)


@njit(cache=True, _nrt=False, error_model="numpy")
def list_clusters(
    part: NDArray[np.int32], box: NDArray[np.float64], bundle_box: NDArray[np.float64], bundle_first: NDArray[np.int32],
    sensor_from_part: NDArray[np.float64], shown: NDArray[np.bool_], knot: int, later: int, middle: float,
    half_span: float, max_range: float, azimuth: float, columns_per_radian: float, num_columns: int,
    tangent: NDArray[np.float32], beam_at: NDArray[np.int32], origin: float, scale: float, frame: NDArray[np.float64],
    listed: NDArray[np.int32], near: NDArray[np.float64], first_of_shell: NDArray[np.int32], order: NDArray[np.int32],
) -> int:
    """List the clusters that a run of columns may hit, front to back.

    Args:
        part, box, bundle_box, bundle_first: See `clusters.Clusters`.
        sensor_from_part: Shape (num_knots, num_parts, 3, 4).
        shown: Shape (num_knots, num_parts).
        knot: Before the run.
        later: After the run.
        middle: Fraction of the way between the knots at the run's middle.
        half_span: From there to the run's ends.
        max_range: [m].
        azimuth: Of the run's middle [rad].
        columns_per_radian: Columns lie evenly, clockwise.
        num_columns: Of the run.
        tangent: Of the beams, ascending. Shape (num_beams,).
        beam_at, origin, scale: Table of `index_beams`.
        frame: Work. Shape (3, 3, 4).
        listed: Cluster, first and last column, first and last beam. Shape (num_clusters, 5).
        near: Smallest horizontal distance and way from knot to knot [m]. Shape (num_clusters, 2).
        first_of_shell: Work. Shape (_SHELLS + 1,).
        order: Rows of the list, nearest first. Shape (num_clusters,).

    Returns:
        Their number.
    """
    first_of_shell[:] = 0
    count = 0
    framed = -1
    for n in range(bundle_first.shape[0] - 1):
        p = part[bundle_first[n]]
        if not shown[knot, p]:
            continue
        if p != framed:
            frame_part(sensor_from_part, knot, later, p, middle, frame)
            framed = p
        _, last, _, _, _, _ = bound_box(
            frame, bundle_box[n], half_span, max_range, azimuth, columns_per_radian, num_columns, tangent, beam_at,
            origin, scale,
        )
        if last < 0:
            continue
        for k in range(bundle_first[n], bundle_first[n + 1]):
            first, last, low, high, distance, move = bound_box(
                frame, box[k], half_span, max_range, azimuth, columns_per_radian, num_columns, tangent, beam_at, origin,
                scale,
            )
            if last < 0:
                continue
            listed[count, 0], listed[count, 1], listed[count, 2] = k, first, last
            listed[count, 3], listed[count, 4] = low, high
            near[count, 0], near[count, 1] = distance, move
            first_of_shell[shell_of(distance) + 1] += 1
            count += 1
    for i in range(_SHELLS):
        first_of_shell[i + 1] += first_of_shell[i]
    for n in range(count):
        shell = shell_of(near[n, 0])
        order[first_of_shell[shell]] = n
        first_of_shell[shell] += 1
    return count


@njit(cache=True, _nrt=False, error_model="numpy")
def cut_triangles(
    chosen: NDArray[np.int32], count: int, corner: NDArray[np.uint8], triangle: NDArray[np.int32],
    placed: NDArray[np.float64], direction: NDArray[np.float32], fraction: NDArray[np.float32],
    tangent: NDArray[np.float32], beam_at: NDArray[np.int32], origin: float, scale: float,
    nearest: NDArray[np.uint64],
) -> None:
    """Cut triangles of a cluster by columns and keep the nearest hits.

    Args:
        chosen: Triangle, first and last column of each. Shape (≥ count, 3).
        count: How many.
        corner: Vertices of the cluster's triangles. Shape (num_triangles, 3).
        triangle: Their ids. Shape (num_triangles,).
        placed: From `place_vertices`.
        direction: Of the run's columns. Shape (≥ num_columns, 2).
        fraction: Of the way between the knots. Shape (≥ num_columns,).
        tangent: Of the beams, ascending. Shape (num_beams,).
        beam_at, origin, scale: Table of `index_beams`.
        nearest: The hits. Shape (≥ num_columns, num_beams).
    """
    num_beams = tangent.shape[0]
    x, y, z = placed[:MOST_VERTICES], placed[MOST_VERTICES : 2 * MOST_VERTICES], placed[2 * MOST_VERTICES :]
    dx, dy, dz = placed[3 * MOST_VERTICES :], placed[4 * MOST_VERTICES :], placed[5 * MOST_VERTICES :]
    for n in range(count):
        j = chosen[n, 0]
        a, b, c = corner[j, 0], corner[j, 1], corner[j, 2]
        name = np.uint64(triangle[j])
        for i in range(chosen[n, 1], chosen[n, 2] + 1):
            f, cs, sn = float(fraction[i]), float(direction[i, 0]), float(direction[i, 1])
            xa = x[a] + f * dx[a]
            ya = y[a] + f * dy[a]
            xb = x[b] + f * dx[b]
            yb = y[b] + f * dy[b]
            xc = x[c] + f * dx[c]
            yc = y[c] + f * dy[c]
            ua, ub, uc = ya * cs - xa * sn, yb * cs - xb * sn, yc * cs - xc * sn
            pa, pb, pc = ua >= 0.0, ub >= 0.0, uc >= 0.0
            if pa == pb and pb == pc:
                continue
            za = z[a] + f * dz[a]
            zb = z[b] + f * dz[b]
            zc = z[c] + f * dz[c]
            r0, z0, d0 = ya * xb - xa * yb, ua * zb - ub * za, ua - ub
            r1, z1, d1 = yc * xa - xc * ya, uc * za - ua * zc, uc - ua
            rm, zm, dm = yb * xc - xb * yc, ub * zc - uc * zb, ub - uc
            if pa == pb:  # c lies alone
                r0, z0, d0 = rm, zm, dm
            if pa == pc:  # b lies alone
                r1, z1, d1 = rm, zm, dm
            front0, front1 = r0 * d0 > 0.0, r1 * d1 > 0.0
            if front0 and front1:
                t0, t1 = z0 / r0, z1 / r1
            elif front0 or front1:  # the segment meets the axis and reaches straight up or down from there
                up = np.inf if (z0 * r1 > z1 * r0) != (r0 * d1 > r1 * d0) else -np.inf
                t0, t1 = z0 / r0 if front0 else up, z1 / r1 if front1 else up
            else:
                continue
            low, high = (t0, t1) if t0 < t1 else (t1, t0)
            begin = first_beam(tangent, beam_at, origin, scale, low)
            if begin == num_beams or tangent[begin] > high:
                continue
            across, along, turn = z0 * r1 - z1 * r0, z0 * d1 - z1 * d0, r0 * d1 - r1 * d0
            level0, level1 = r0 / d0, r1 / d1
            least, most = (level0, level1) if level0 < level1 else (level1, level0)
            least = least if least > _LEAST else _LEAST
            for k in range(begin, num_beams):
                t = float(tangent[k])
                if t > high:
                    break
                r = across / (along - t * turn)
                r = r if r > least else least
                r = r if r < most else most
                key = (np.uint64(np.float32(r).view(np.uint32)) << _SHIFT) | name
                nearest[i, k] = key if key < nearest[i, k] else nearest[i, k]


@njit(cache=True, nogil=True, error_model="numpy")
def cast_slices(
    first_slice: int, slice_step: int,
    part: NDArray[np.int32], box: NDArray[np.float64], first_vertex: NDArray[np.int32],
    first_triangle: NDArray[np.int32], vertex: NDArray[np.float32], corner: NDArray[np.uint8],
    triangle: NDArray[np.int32], bundle_box: NDArray[np.float64], bundle_first: NDArray[np.int32],
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
    beam_at = np.empty(8 * num_beams, np.int32)
    origin, scale = index_beams(tangent, beam_at)
    nearest, row = np.empty((longest, num_beams), np.uint64), np.empty(num_beams, np.uint64)
    blocks = ((longest + BLOCK_COLUMNS - 1) // BLOCK_COLUMNS, (num_beams + BLOCK_BEAMS - 1) // BLOCK_BEAMS)
    cover = np.empty(blocks, np.float32)
    listed, near = np.empty((num_clusters, 5), np.int32), np.empty((num_clusters, 2))
    order, first_of_shell = np.empty(num_clusters, np.int32), np.empty(_SHELLS + 1, np.int32)
    frame = np.empty((3, 3, 4))
    placed, seen = np.empty(6 * MOST_VERTICES), np.empty(3 * MOST_VERTICES, np.float32)
    chosen = np.empty((CLUSTER_TRIANGLES, 3), np.int32)
    columns_per_radian = direction.shape[0] / (2.0 * np.pi)
    for s in range(first_slice, slice_knot.shape[0], slice_step):
        c0, count = first_column[s], first_column[s + 1] - first_column[s]
        knot = slice_knot[s]
        later = min(knot + 1, sensor_from_part.shape[0] - 1)
        begin, end = float(fraction[c0]), float(fraction[c0 + count - 1])
        num_listed = list_clusters(
            part, box, bundle_box, bundle_first, sensor_from_part, shown, knot, later, 0.5 * (begin + end),
            0.5 * (end - begin), max_range, slice_azimuth[s], columns_per_radian, count, tangent, beam_at, origin,
            scale, frame, listed, near, first_of_shell, order,
        )
        nearest[:count] = NOTHING
        cover[:] = np.inf
        shell = -1
        for n in range(num_listed):
            entry = order[n]
            k, first, last = listed[entry, 0], listed[entry, 1], listed[entry, 2]
            distance_near = near[entry, 0]
            if shell_of(distance_near) != shell:
                cover_blocks(nearest, count, row, cover)
                shell = shell_of(distance_near)
            if is_covered(cover, first, last, listed[entry, 3], listed[entry, 4], distance_near):
                continue
            begin, end = float(fraction[c0 + first]), float(fraction[c0 + last])
            frame_part(sensor_from_part, knot, later, part[k], 0.5 * (begin + end), frame)
            v0, v1, t0, t1 = first_vertex[k], first_vertex[k + 1], first_triangle[k], first_triangle[k + 1]
            place_vertices(
                frame, vertex[0, v0:v1], vertex[1, v0:v1], vertex[2, v0:v1], np.float32(slice_azimuth[s]),
                np.float32(columns_per_radian), np.float32(0.5 * (count - 1)), placed, seen,
            )
            num_chosen = select_triangles(
                corner[t0:t1], seen, near[entry, 1] * 0.5 * (end - begin), distance_near, max_range, columns_per_radian,
                first, last, tangent, beam_at, origin, scale, cover, chosen,
            )
            cut_triangles(
                chosen, num_chosen, corner[t0:t1], triangle[t0:t1], placed, direction[c0 : c0 + count],
                fraction[c0 : c0 + count], tangent, beam_at, origin, scale, nearest,
            )
        for i in range(count):
            for b in range(num_beams):
                reach = np.uint32(nearest[i, b] >> _SHIFT).view(np.float32) * secant[b]
                if reach <= max_range:
                    distance[c0 + i, b], hit[c0 + i, b] = reach, np.int32(np.uint32(nearest[i, b] & _LOW))
                else:
                    distance[c0 + i, b], hit[c0 + i, b] = np.inf, -1
