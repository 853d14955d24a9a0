"""Triangles of a cluster that a run of columns of a beam sweep may hit.

A face of a closed surface is left out if it looks away from the sensor throughout the run; the others are bounded in
columns, in beams and by their smallest horizontal distance, and left out if they lie between two columns or two beams,
or behind what has been hit. The bounds are conservative, so the hits do not depend on them.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.lidar.beam_table import BeamTable, beams_about
from simengine.sensors.lidar.culling import CLOSE, COLUMN_MARGIN, ROUNDING, azimuth_of, trim_covered
from simengine.sensors.lidar.sweep import ColumnRun
from simengine.sensors.scene.clusters import CLUSTER_TRIANGLES

MOST_VERTICES = 3 * CLUSTER_TRIANGLES
_PI, _TURN, _TINY = np.float32(math.pi), np.float32(2.0 * math.pi), np.float32(1e-20)
_ZERO, _ONE, _BULGE = np.float32(0.0), np.float32(1.0), np.float32(0.168)
_SELECTED_FIELDS = np.dtype(
    [
        ("triangle", np.int32),  # of the cluster
        ("first_column", np.int32),  # of the run
        ("last_column", np.int32),
        ("first_beam", np.int32),
        ("last_beam", np.int32),
        ("near", np.float32),  # smallest horizontal distance [m]
    ]
)
SELECTED = np.dtype((np.record, _SELECTED_FIELDS))  # what a triangle may hit of a run of columns


class FacePlanes(NamedTuple):
    """Planes of a cluster's triangles, views of `Clusters.plane`. Shapes (num_triangles,)."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    z: NDArray[np.float32]
    shift: NDArray[np.float32]


class TriangleSet(NamedTuple):
    """The triangles of a cluster, views of `Clusters`."""

    corner: NDArray[np.uint8]  # vertices within the cluster. (num_triangles, 3)
    triangle: NDArray[np.int32]  # the scene's. (num_triangles,)
    x: NDArray[np.float32]  # of the vertices, part frame [m]. (num_vertices,)
    y: NDArray[np.float32]  # (num_vertices,)
    z: NDArray[np.float32]  # (num_vertices,)


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def see_vertices(
    frame: NDArray[np.float64],
    box: NDArray[np.float64],
    cluster: TriangleSet,
    run: ColumnRun,
    seen: NDArray[np.float32],
) -> None:
    """Find where a run of columns sees a cluster's vertices, in single precision about the cluster's center.

    Args:
        frame: Of the part, from `frame_part`. Shape (3, 3, 4).
        box: Of the cluster. Shape (7,).
        cluster: Whose vertices.
        run: The columns.
        seen: Column, tangent of elevation and horizontal distance [m] at the frame's fraction. Shape
            (3 · MOST_VERTICES,).
    """
    x, y, z = cluster.x, cluster.y, cluster.z
    azimuth, columns_per_radian = np.float32(run.azimuth), np.float32(run.columns_per_radian)
    center = np.float32(0.5 * (run.count - 1))
    ox, oy, oz = np.float32(box[0]), np.float32(box[1]), np.float32(box[2])
    bx, by, bz = float(ox), float(oy), float(oz)
    xt = np.float32(frame[2, 0, 0] * bx + frame[2, 0, 1] * by + frame[2, 0, 2] * bz + frame[2, 0, 3])
    yt = np.float32(frame[2, 1, 0] * bx + frame[2, 1, 1] * by + frame[2, 1, 2] * bz + frame[2, 1, 3])
    zt = np.float32(frame[2, 2, 0] * bx + frame[2, 2, 1] * by + frame[2, 2, 2] * bz + frame[2, 2, 3])
    xx, xy, xz = np.float32(frame[2, 0, 0]), np.float32(frame[2, 0, 1]), np.float32(frame[2, 0, 2])
    yx, yy, yz = np.float32(frame[2, 1, 0]), np.float32(frame[2, 1, 1]), np.float32(frame[2, 1, 2])
    zx, zy, zz = np.float32(frame[2, 2, 0]), np.float32(frame[2, 2, 1]), np.float32(frame[2, 2, 2])
    for i in range(x.shape[0]):
        px, py, pz = x[i] - ox, y[i] - oy, z[i] - oz
        vx = xx * px + xy * py + xz * pz + xt
        vy = yx * px + yy * py + yz * pz + yt
        vz = zx * px + zy * py + zz * pz + zt
        away = azimuth - azimuth_of(vx, vy)
        away = away + _TURN if away < -_PI else away
        away = away - _TURN if away > _PI else away
        level = np.float32(math.sqrt(vx * vx + vy * vy))
        seen[i] = center + away * columns_per_radian
        seen[i + MOST_VERTICES] = vz / (level if level > _TINY else _TINY)
        seen[i + 2 * MOST_VERTICES] = level


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _bounds(a: np.float32, b: np.float32, c: np.float32) -> tuple[np.float32, np.float32]:
    """Return the least and the greatest; without the care for NaN that `min` takes."""
    low, high = (a, b) if a < b else (b, a)
    return low if low < c else c, high if high > c else c


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _row(frame: NDArray[np.float64], i: int, fraction: float) -> tuple[float, float, float, float]:
    """Return a row of a part's transform at a fraction of the way between knots; `frame` from `frame_part`."""
    start, change = frame[0, i], frame[1, i]
    return (
        start[0] + fraction * change[0],
        start[1] + fraction * change[1],
        start[2] + fraction * change[2],
        start[3] + fraction * change[3],
    )


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _sensor_place(frame: NDArray[np.float64], fraction: float) -> tuple[float, float, float]:
    """Return where in a part's frame the sensor stands at a fraction of the way between knots."""
    xx, xy, xz, x = _row(frame, 0, fraction)
    yx, yy, yz, y = _row(frame, 1, fraction)
    zx, zy, zz, z = _row(frame, 2, fraction)
    ax, ay, az = yy * zz - yz * zy, yz * zx - yx * zz, yx * zy - yy * zx  # by Cramer's rule
    scale = -1.0 / (xx * ax + xy * ay + xz * az)
    bx, by, bz = xz * zy - xy * zz, xx * zz - xz * zx, xy * zx - xx * zy
    cx, cy, cz = xy * yz - xz * yy, xz * yx - xx * yz, xx * yy - xy * yx
    return ((ax * x + bx * y + cx * z) * scale, (ay * x + by * y + cy * z) * scale, (az * x + bz * y + cz * z) * scale)


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def list_facing(
    frame: NDArray[np.float64],
    begin: float,
    end: float,
    box: NDArray[np.float64],
    shell_box: NDArray[np.float64],
    planes: FacePlanes,
    height: NDArray[np.float32],
    facing: NDArray[np.uint8],
) -> int:
    """List the triangles of a cluster that do not look away from the sensor.

    The sensor's way through the part's frame is straight but for twice its sagitta, by which the planes are moved.

    Args:
        frame: Of the part, from `frame_part`. Shape (3, 3, 4).
        begin, end: Fractions of the way between the knots at the run's ends.
        box: Of the cluster. Shape (7,).
        shell_box: Around the closed shells of its triangles; see `clusters.Clusters`. Shape (6,).
        planes: Of the triangles.
        height: Work. Shape (≥ num_triangles,).
        facing: The triangles, filled. Shape (≥ num_triangles,).

    Returns:
        Their number.
    """
    plane_x, plane_y, plane_z, plane_shift = planes.x, planes.y, planes.z, planes.shift
    num_triangles = plane_x.shape[0]
    x, y, z = _sensor_place(frame, 0.5 * (begin + end))
    dx, dy, dz, margin = 0.0, 0.0, 0.0, ROUNDING
    if begin != end:
        x0, y0, z0 = _sensor_place(frame, begin)
        x1, y1, z1 = _sensor_place(frame, end)
        dx, dy, dz = 0.5 * (x1 - x0), 0.5 * (y1 - y0), 0.5 * (z1 - z0)
        margin += 2.0 * (abs(x0 + dx - x) + abs(y0 + dy - y) + abs(z0 + dz - z))
    outside = (x + abs(dx) + margin < shell_box[0]) | (x - abs(dx) - margin > shell_box[3])
    outside |= (y + abs(dy) + margin < shell_box[1]) | (y - abs(dy) - margin > shell_box[4])
    outside |= (z + abs(dz) + margin < shell_box[2]) | (z - abs(dz) - margin > shell_box[5])
    if (shell_box[0] > shell_box[3]) | (not outside):
        for j in range(num_triangles):
            facing[j] = j
        return num_triangles
    sx, sy, sz = np.float32(x - box[0]), np.float32(y - box[1]), np.float32(z - box[2])
    tx, ty, tz, least = np.float32(dx), np.float32(dy), np.float32(dz), np.float32(-margin)
    for j in range(num_triangles):
        nx, ny, nz = plane_x[j], plane_y[j], plane_z[j]
        height[j] = nx * sx + ny * sy + nz * sz - plane_shift[j] + abs(nx * tx + ny * ty + nz * tz)
    count = 0
    for j in range(num_triangles):
        facing[count] = j
        count += int(not height[j] < least)
    return count


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def select_triangles(
    corner: NDArray[np.uint8],
    facing: NDArray[np.uint8],
    num_facing: int,
    seen: NDArray[np.float32],
    bounds: np.void,
    move: float,
    run: ColumnRun,
    table: BeamTable,
    nearest: NDArray[np.uint64],
    selected: NDArray[np.void],
) -> int:
    """List the triangles of a cluster that a run of columns may hit.

    Bounds are found without branches: which triangles lie between two columns or beams cannot be foreseen.

    Args:
        corner: Vertices of its triangles. Shape (num_triangles, 3).
        facing: Triangles that may be hit. Shape (≥ num_facing,).
        num_facing: How many.
        seen: From `see_vertices`.
        bounds: Of the cluster, a record of BOUNDS.
        move: How far a vertex lies from where it was seen, at most [m].
        run: The columns.
        table: The beams.
        nearest: Hits so far. Shape (≥ num_columns, num_beams).
        selected: The triangles' SELECTED; columns whose beams have all hit something nearer are left out at either
            end. Shape (≥ num_triangles + 1,).

    Returns:
        Their number.
    """
    columns_per_radian, slope = run.columns_per_radian, table.slope
    first_column, last_column = bounds.first_column, bounds.last_column
    center = np.float32(0.5 * (run.count - 1))
    reference = max(bounds.near, 10.0 * move, CLOSE)  # what is nearer has no bounds
    share = move / reference
    margin = np.float32(share * (1.0 + share * share) * columns_per_radian + COLUMN_MARGIN)
    slope_share = np.float32(share / (1.0 - share) + 1e-6)
    slope_margin = slope_share + np.float32(2.5e-7 * (abs(slope[0]) + abs(slope[slope.shape[0] - 2])))
    close, slack, most = np.float32(reference), np.float32(move + ROUNDING), np.float32(run.max_range)
    half_turn, turn = np.float32(math.pi * columns_per_radian), np.float32(2.0 * math.pi * columns_per_radian)
    narrow = np.float32(0.5 * math.pi * columns_per_radian)
    radians = np.float32(1.0 / columns_per_radian)
    first, last = np.float32(first_column), np.float32(last_column)
    least_slope, steps = np.float32(table.origin), np.float32(table.scale)
    column, tangent, rho = seen[:MOST_VERTICES], seen[MOST_VERTICES : 2 * MOST_VERTICES], seen[2 * MOST_VERTICES :]
    num_met = 0
    for n in range(num_facing):
        j = facing[n]
        a, b, c = corner[j, 0], corner[j, 1], corner[j, 2]
        low, high = _bounds(column[a], column[b], column[c])
        low, high = low - margin, high + margin
        span = high - low
        level, _ = _bounds(rho[a], rho[b], rho[c])
        left, right = int(math.ceil(low if low > first else first)), int(math.floor(high if high < last else last))
        if (span >= narrow) | (level < close):
            if (span >= half_turn) | (level < close):
                left, right = first_column, last_column
            if (span >= half_turn) & (level >= close):  # across the far side, unless about the axis
                qa, qb, qc = column[a], column[b], column[c]
                qa, qb = qa if qa >= center else qa + turn, qb if qb >= center else qb + turn
                low, high = _bounds(qa, qb, qc if qc >= center else qc + turn)
                low, high = low - margin, high + margin
                if (high - low < half_turn) & (low > last) & (high - turn < first):
                    continue
            if left <= right:
                met = selected[num_met]
                met.triangle, met.first_column, met.last_column, met.near = j, left, right, _ZERO
                num_met += 1
            continue
        bulge = span * radians  # 1 / cos(angle / 2) − 1 at most, by which an edge rises between its ends
        bulge *= bulge * _BULGE
        low, high = _bounds(tangent[a], tangent[b], tangent[c])
        low -= slope_margin + (slope_share + bulge) * abs(low)
        high += slope_margin + (slope_share + bulge) * abs(high)
        bottom, top = beams_about(table.beam_at, least_slope, steps, low, high)
        level = level * (_ONE - bulge) - slack
        met = selected[num_met]
        met.triangle, met.first_column, met.last_column = j, left, right
        met.first_beam, met.last_beam, met.near = bottom, top, level
        num_met += int((left <= right) & (bottom <= top) & (level <= most))
    count = 0
    for n in range(num_met):
        met = selected[n]
        left, right = trim_covered(
            nearest, met.first_column, met.last_column, met.first_beam, met.last_beam, float(met.near)
        )
        kept = selected[count]
        kept.triangle, kept.first_column, kept.last_column = met.triangle, left, right
        count += int(left <= right)
    return count
