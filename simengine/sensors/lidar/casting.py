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

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.lidar.beam_table import BeamTable, first_beam, index_beams
from simengine.sensors.lidar.culling import BOUNDS, SHELLS, frame_part, list_clusters, trim_covered
from simengine.sensors.lidar.sweep import (
    COLUMN_RUN,
    MOST_COLUMNS,
    BeamPattern,
    ColumnPlanes,
    ColumnRun,
    SweepPoses,
    SweepSlices,
    column_run,
    fill_planes,
)
from simengine.sensors.lidar.triangle_selection import (
    MOST_VERTICES,
    SELECTED,
    FacePlanes,
    TriangleSet,
    list_facing,
    see_vertices,
    select_triangles,
)
from simengine.sensors.scene.clusters import CLUSTER_TRIANGLES, Clusters

_NOTHING = np.uint64(0x7F800000_FFFFFFFF)  # infinitely far, triangle −1
_LOW, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)
_LEAST = 1e-6  # horizontal distance of a hit at least [m]
_UPRIGHT = 1e30  # tangent of straight up


class CastingRoom(NamedTuple):
    """Arrays that the casting of one run after the other works in; in one thread, never in a `prange`."""

    listed: NDArray[np.void]  # BOUNDS of clusters. (num_clusters,)
    order: NDArray[np.int32]  # rows of `listed`. (num_clusters,)
    shell: NDArray[np.int32]  # (SHELLS + 1,)
    frame: NDArray[np.float64]  # of a part, from `frame_part`. (3, 3, 4)
    seen: NDArray[np.float32]  # from `see_vertices`. (3 · MOST_VERTICES,)
    height: NDArray[np.float32]  # (CLUSTER_TRIANGLES + 1,)
    facing: NDArray[np.uint8]  # (CLUSTER_TRIANGLES + 1,)
    selected: NDArray[np.void]  # SELECTED of triangles. (CLUSTER_TRIANGLES + 1,)
    cut: NDArray[np.float64]  # (7 · MOST_COLUMNS,)


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _place(frame: NDArray[np.float64], k: int, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Apply one of a frame's transforms to a point."""
    return (
        frame[k, 0, 0] * x + frame[k, 0, 1] * y + frame[k, 0, 2] * z + frame[k, 0, 3],
        frame[k, 1, 0] * x + frame[k, 1, 1] * y + frame[k, 1, 2] * z + frame[k, 1, 3],
        frame[k, 2, 0] * x + frame[k, 2, 1] * y + frame[k, 2, 2] * z + frame[k, 2, 3],
    )


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def cut_triangles(
    selected: NDArray[np.void],
    count: int,
    cluster: TriangleSet,
    frame: NDArray[np.float64],
    columns: ColumnPlanes,
    table: BeamTable,
    cut: NDArray[np.float64],
    nearest: NDArray[np.uint64],
) -> None:
    """Cut triangles of a cluster by columns and keep the nearest hits.

    Args:
        selected: Triangles and their columns, from `select_triangles`. Shape (≥ count,).
        count: How many.
        cluster: Whose triangles.
        frame: Of the part, from `frame_part`. Shape (3, 3, 4).
        columns: Of the run.
        table: The beams.
        cut: Work. Shape (7 · MOST_COLUMNS,).
        nearest: The hits. Shape (≥ num_columns, num_beams).
    """
    corner, x, y, z = cluster.corner, cluster.x, cluster.y, cluster.z
    slope = table.slope
    for n in range(count):
        j = selected[n].triangle
        a, b, c = corner[j, 0], corner[j, 1], corner[j, 2]
        px, py, pz = _place(frame, 0, float(x[a]), float(y[a]), float(z[a]))
        qx, qy, qz = _place(frame, 0, float(x[b]), float(y[b]), float(z[b]))
        sx, sy, sz = _place(frame, 0, float(x[c]), float(y[c]), float(z[c]))
        dpx, dpy, dpz = _place(frame, 1, float(x[a]), float(y[a]), float(z[a]))
        dqx, dqy, dqz = _place(frame, 1, float(x[b]), float(y[b]), float(z[b]))
        dsx, dsy, dsz = _place(frame, 1, float(x[c]), float(y[c]), float(z[c]))
        name = np.uint64(cluster.triangle[j])
        left, length = selected[n].first_column, selected[n].last_column + 1 - selected[n].first_column
        whole = (length + COLUMN_RUN - 1) // COLUMN_RUN * COLUMN_RUN
        beyond = left + whole
        fractions, cosines = columns.fraction[left:beyond], columns.cosine[left:beyond]
        sines = columns.sine[left:beyond]
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
            k = first_beam(table, cut[i])
            if slope[k] > high:
                continue
            across, along, turn = cut[i + 2 * MOST_COLUMNS], cut[i + 3 * MOST_COLUMNS], cut[i + 4 * MOST_COLUMNS]
            least, most = cut[i + 5 * MOST_COLUMNS], cut[i + 6 * MOST_COLUMNS]
            stop = first_beam(table, high)
            while slope[stop] == high:
                stop += 1
            row, tangents = nearest[left + i, k:stop], slope[k:stop]
            for q in range(stop - k):
                r = across / (along - tangents[q] * turn)
                r = r if r > least else least
                r = r if r < most else most
                key = (np.uint64(np.float32(r).view(np.uint32)) << _SHIFT) | name
                row[q] = key if key < row[q] else row[q]


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _cast_run(
    clusters: Clusters,
    poses: SweepPoses,
    run: ColumnRun,
    columns: ColumnPlanes,
    table: BeamTable,
    room: CastingRoom,
    nearest: NDArray[np.uint64],
) -> None:
    """Find the nearest hits of a run of columns.

    Args:
        clusters: What can be hit.
        poses: Of its parts.
        run: The columns.
        columns: The same.
        table: The beams.
        room: Work.
        nearest: The hits, _NOTHING on entry. Shape (≥ num_columns, num_beams).
    """
    vertex, plane, frame = clusters.vertex, clusters.plane, room.frame
    num_listed = list_clusters(clusters, poses, run, table, frame, room.listed, room.shell, room.order)
    for n in range(num_listed):
        bounds = room.listed[room.order[n]]
        k = bounds.cluster
        first, last = trim_covered(
            nearest, bounds.first_column, bounds.last_column, bounds.first_beam, bounds.last_beam, bounds.near
        )
        if first > last:
            continue
        bounds.first_column, bounds.last_column = first, last
        begin, end = float(columns.fraction[first]), float(columns.fraction[last])
        frame_part(poses, run, clusters.part[k], 0.5 * (begin + end), frame)
        v0, v1, t0, t1 = (
            clusters.first_vertex[k],
            clusters.first_vertex[k + 1],
            clusters.first_triangle[k],
            clusters.first_triangle[k + 1],
        )
        box, planes = clusters.box[k], FacePlanes(plane[0, t0:t1], plane[1, t0:t1], plane[2, t0:t1], plane[3, t0:t1])
        num_facing = list_facing(frame, begin, end, box, clusters.shell_box[k], planes, room.height, room.facing)
        if num_facing == 0:
            continue
        cluster = TriangleSet(
            clusters.corner[t0:t1], clusters.triangle[t0:t1], vertex[0, v0:v1], vertex[1, v0:v1], vertex[2, v0:v1]
        )
        see_vertices(frame, box, cluster, run, room.seen)
        num_selected = select_triangles(
            cluster.corner,
            room.facing,
            num_facing,
            room.seen,
            bounds,
            bounds.move * 0.5 * (end - begin),
            run,
            table,
            nearest,
            room.selected,
        )
        cut_triangles(room.selected, num_selected, cluster, frame, columns, table, room.cut, nearest)


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _read_hits(
    nearest: NDArray[np.uint64],
    count: int,
    secant: NDArray[np.float32],
    max_range: float,
    distance: NDArray[np.float32],
    hit: NDArray[np.int32],
) -> None:
    """Write the ranges [m] and triangles of a run's hits; see `sweep.SweepHits`."""
    for i in range(count):
        for b in range(secant.shape[0]):
            reach = np.uint32(nearest[i, b] >> _SHIFT).view(np.float32) * secant[b]
            if reach <= max_range:
                distance[i, b], hit[i, b] = reach, np.int32(np.uint32(nearest[i, b] & _LOW))
            else:
                distance[i, b], hit[i, b] = np.inf, -1


@njit(cache=True, nogil=True, error_model="numpy")
def cast_slices(
    first_slice: int,
    slice_step: int,
    clusters: Clusters,
    poses: SweepPoses,
    pattern: BeamPattern,
    slices: SweepSlices,
    max_range: float,
    distance: NDArray[np.float32],
    hit: NDArray[np.int32],
) -> None:
    """Find the first hit of every beam of every `slice_step`-th slice.

    Args:
        first_slice: Where to begin.
        slice_step: From one slice to the next.
        clusters: What can be hit.
        poses: Of its parts.
        pattern: Where the beams look.
        slices: Of the sweep.
        max_range: Beyond it nothing counts as hit [m].
        distance: See `SweepHits`. Shape (num_columns, num_beams).
        hit: See `SweepHits.triangle`. Shape (num_columns, num_beams).
    """
    num_beams, num_clusters = pattern.tangent.shape[0], clusters.part.shape[0]
    longest = 1
    for s in range(slices.knot.shape[0]):
        longest = max(longest, slices.first_column[s + 1] - slices.first_column[s])
    table = index_beams(pattern.tangent)
    room = CastingRoom(
        np.empty(num_clusters, BOUNDS),
        np.empty(num_clusters, np.int32),
        np.empty(SHELLS + 1, np.int32),
        np.empty((3, 3, 4)),
        np.empty(3 * MOST_VERTICES, np.float32),
        np.empty(CLUSTER_TRIANGLES + 1, np.float32),
        np.empty(CLUSTER_TRIANGLES + 1, np.uint8),
        np.empty(CLUSTER_TRIANGLES + 1, SELECTED),
        np.empty(7 * MOST_COLUMNS),
    )
    planes = np.zeros((3, MOST_COLUMNS + COLUMN_RUN), np.float32)
    columns = ColumnPlanes(planes[0], planes[1], planes[2])
    nearest = np.empty((longest, num_beams), np.uint64)
    for s in range(first_slice, slices.knot.shape[0], slice_step):
        run = column_run(slices, s, poses.sensor_from_part.shape[0], max_range)
        fill_planes(pattern, slices, s, columns)
        nearest[: run.count] = _NOTHING
        _cast_run(clusters, poses, run, columns, table, room, nearest)
        c0 = slices.first_column[s]
        _read_hits(nearest, run.count, pattern.secant, max_range, distance[c0:], hit[c0:])
