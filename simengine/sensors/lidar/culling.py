"""Clusters that a run of columns of a beam sweep can hit, front to back.

A box is bounded in columns, in the tangent of elevation and by its smallest horizontal distance from the sensor's axis.
It is left out if it lies beyond the range, outside the run, or between two columns or two beams. All bounds are
conservative, so the hits do not depend on them.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.lidar.beam_table import BeamTable, first_beam
from simengine.sensors.lidar.sweep import ColumnRun, SweepPoses
from simengine.sensors.scene.clusters import Clusters

ROUNDING = 1e-3  # more than single precision does to a bound [m]
CLOSE = 1e-2  # what comes nearer to the axis may show in any column [m]
COLUMN_MARGIN = 0.02  # the arc tangent's 3e-6 rad are 0.008 columns of 16,384
SHELLS = 96  # of distance, eight an octave from a quarter of a meter on
_SHELL_BITS, _FIRST_SHELL = np.uint32(20), 0x3E800000 >> 20
_PI, _HALF_PI, _TURN = np.float32(math.pi), np.float32(0.5 * math.pi), 2.0 * math.pi
# Minimax odd polynomial for the arc tangent on [0, 1], to 2e-6 rad.
_A0, _A1, _A2 = np.float32(0.99997726), np.float32(-0.33262347), np.float32(0.19354346)
_A3, _A4, _A5 = np.float32(-0.11643287), np.float32(0.05265332), np.float32(-0.01172120)
_TINY, _ZERO = np.float32(1e-20), np.float32(0.0)
_BOUNDS_FIELDS = np.dtype(
    [
        ("cluster", np.int32),
        ("first_column", np.int32),  # of the run
        ("last_column", np.int32),
        ("first_beam", np.int32),
        ("last_beam", np.int32),
        ("near", np.float64),  # smallest horizontal distance [m]
        ("move", np.float64),  # way from knot to knot at most [m]
    ],
    align=True,
)
BOUNDS = np.dtype((np.record, _BOUNDS_FIELDS))  # what a box can hit of a run of columns


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def azimuth_of(x: np.float32, y: np.float32) -> np.float32:
    """Return the azimuth of a point within 3e-6 rad; unlike a library's, a loop over it runs in vectors."""
    ax, ay = abs(x), abs(y)
    most = ax if ax > ay else ay
    least = ay if ax > ay else ax
    ratio = least / (most if most > _TINY else _TINY)
    square = ratio * ratio
    angle = ratio * (_A0 + square * (_A1 + square * (_A2 + square * (_A3 + square * (_A4 + square * _A5)))))
    angle = _HALF_PI - angle if ay > ax else angle
    angle = _PI - angle if x < _ZERO else angle
    return -angle if y < _ZERO else angle


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def frame_part(poses: SweepPoses, run: ColumnRun, part: int, middle: float, frame: NDArray[np.float64]) -> None:
    """Write a part's transforms: at the earlier knot, its change to the later one, and at a fraction between.

    Args:
        poses: Of the parts.
        run: Between whose knots.
        part: Which.
        middle: The fraction.
        frame: The three transforms. Shape (3, 3, 4).
    """
    for i in range(3):
        for j in range(4):
            start = poses.sensor_from_part[run.knot, part, i, j]
            change = poses.sensor_from_part[run.later, part, i, j] - start
            frame[0, i, j], frame[1, i, j], frame[2, i, j] = start, change, start + middle * change


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _bound(bounds: np.void, first_column: int, last_column: int, first_beam: int, last_beam: int, near: float) -> bool:
    """Write bounds; return whether they hold a column."""
    bounds.first_column, bounds.last_column = first_column, last_column
    bounds.first_beam, bounds.last_beam, bounds.near = first_beam, last_beam, near
    return first_column <= last_column


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def bound_box(
    frame: NDArray[np.float64], box: NDArray[np.float64], run: ColumnRun, table: BeamTable, bounds: np.void
) -> bool:
    """Bound what a box can hit of a run of columns; return whether there is anything.

    Args:
        frame: Of its part at the run's middle, from `frame_part`. Shape (3, 3, 4).
        box: Center, half edges and radius, part frame [m]. Shape (7,).
        run: The columns.
        table: The beams.
        bounds: A record of BOUNDS, all but `cluster` written if there is anything to hit.
    """
    x, y, z, hx, hy, hz = box[0], box[1], box[2], box[3], box[4], box[5]
    cx = frame[2, 0, 0] * x + frame[2, 0, 1] * y + frame[2, 0, 2] * z + frame[2, 0, 3]
    cy = frame[2, 1, 0] * x + frame[2, 1, 1] * y + frame[2, 1, 2] * z + frame[2, 1, 3]
    move = 0.0
    for i in range(3):
        move += abs(frame[1, i, 0] * x + frame[1, i, 1] * y + frame[1, i, 2] * z + frame[1, i, 3])
        move += abs(frame[1, i, 0]) * hx + abs(frame[1, i, 1]) * hy + abs(frame[1, i, 2]) * hz
    slack = move * (0.5 * (run.end - run.begin)) + ROUNDING
    radius = box[6] + slack
    square = cx * cx + cy * cy
    ahead, aside = cx * run.cos_middle + cy * run.sin_middle, cy * run.cos_middle - cx * run.sin_middle
    if square > (run.max_range + radius) ** 2 or ahead < -radius:
        return False
    if abs(aside) * run.cos_edge - ahead * run.sin_edge > radius:
        return False
    bounds.move = move
    rho = math.sqrt(square)
    ex, ey = (cx / rho, cy / rho) if rho > 0.0 else (1.0, 0.0)
    near = rho - slack
    near -= abs(ex * frame[2, 0, 0] + ey * frame[2, 1, 0]) * hx
    near -= abs(ex * frame[2, 0, 1] + ey * frame[2, 1, 1]) * hy
    near -= abs(ex * frame[2, 0, 2] + ey * frame[2, 1, 2]) * hz
    if near <= CLOSE:
        return _bound(bounds, 0, run.count - 1, 0, table.slope.shape[0] - 2, 0.0)
    cz = frame[2, 2, 0] * x + frame[2, 2, 1] * y + frame[2, 2, 2] * z + frame[2, 2, 3]
    height = abs(frame[2, 2, 0]) * hx + abs(frame[2, 2, 1]) * hy + abs(frame[2, 2, 2]) * hz + slack
    width = slack
    width += abs(ex * frame[2, 1, 0] - ey * frame[2, 0, 0]) * hx
    width += abs(ex * frame[2, 1, 1] - ey * frame[2, 0, 1]) * hy
    width += abs(ex * frame[2, 1, 2] - ey * frame[2, 0, 2]) * hz
    far = 2.0 * rho - near + width
    low, high = cz - height, cz + height
    low, high = low / (near if low < 0.0 else far), high / (near if high > 0.0 else far)
    first = first_beam(table, low)
    if table.slope[first] > high or near > run.max_range:
        return False
    last = first
    while table.slope[last + 1] <= high:
        last += 1
    half = float(azimuth_of(np.float32(near), np.float32(width))) * run.columns_per_radian + COLUMN_MARGIN
    away = run.azimuth - float(azimuth_of(np.float32(cx), np.float32(cy)))
    away += _TURN if away < -math.pi else (-_TURN if away > math.pi else 0.0)
    center = 0.5 * (run.count - 1) + away * run.columns_per_radian
    if abs(away) * run.columns_per_radian + half > math.pi * run.columns_per_radian:  # across the far side
        return _bound(bounds, 0, run.count - 1, first, last, near)
    left, right = math.ceil(max(0.0, center - half)), math.floor(min(run.count - 1.0, center + half))
    return _bound(bounds, int(left), int(right), first, last, near)


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def trim_covered(
    nearest: NDArray[np.uint64], left: int, right: int, bottom: int, top: int, near: float
) -> tuple[int, int]:
    """Leave out the columns at either end whose beams have all hit something nearer.

    Args:
        nearest: The hits; see `casting`. Shape (≥ num_columns, num_beams).
        left, right: First and last column.
        bottom, top: First and last beam.
        near: Smallest horizontal distance of what they may hit [m].

    Returns:
        First and last column; the last before the first if none remains.
    """
    if near <= 0.0:
        return left, right
    limit = np.uint64(np.float32(near).view(np.uint32)) << np.uint64(32)
    while left <= right:
        b = bottom
        while b <= top and nearest[left, b] < limit:
            b += 1
        if b <= top:
            break
        left += 1
    while right > left:
        b = bottom
        while b <= top and nearest[right, b] < limit:
            b += 1
        if b <= top:
            break
        right -= 1
    return left, right


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _shell_of(distance: float) -> int:
    shell = int(np.float32(distance).view(np.uint32) >> _SHELL_BITS) - _FIRST_SHELL
    return max(0, min(SHELLS - 1, shell))


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def list_clusters(
    clusters: Clusters,
    poses: SweepPoses,
    run: ColumnRun,
    table: BeamTable,
    frame: NDArray[np.float64],
    listed: NDArray[np.void],
    shell: NDArray[np.int32],
    order: NDArray[np.int32],
) -> int:
    """List the clusters that a run of columns may hit, front to back.

    Args:
        clusters: All there are.
        poses: Of their parts.
        run: The columns.
        table: The beams.
        frame: Work. Shape (3, 3, 4).
        listed: The clusters' BOUNDS. Shape (num_clusters,).
        shell: Work. Shape (SHELLS + 1,).
        order: Rows of the list, nearest first. Shape (num_clusters,).

    Returns:
        Their number.
    """
    middle = 0.5 * (run.begin + run.end)
    shell[:] = 0
    num_listed, framed = 0, -1
    for n in range(clusters.bundle_first.shape[0] - 1):
        p = clusters.part[clusters.bundle_first[n]]
        if not poses.shown[run.knot, p]:
            continue
        if p != framed:
            frame_part(poses, run, p, middle, frame)
            framed = p
        if not bound_box(frame, clusters.bundle_box[n], run, table, listed[num_listed]):
            continue
        for k in range(clusters.bundle_first[n], clusters.bundle_first[n + 1]):
            bounds = listed[num_listed]
            if not bound_box(frame, clusters.box[k], run, table, bounds):
                continue
            bounds.cluster = k
            shell[_shell_of(bounds.near) + 1] += 1
            num_listed += 1
    for i in range(SHELLS):
        shell[i + 1] += shell[i]
    for n in range(num_listed):
        i = _shell_of(listed[n].near)
        order[shell[i]] = n
        shell[i] += 1
    return num_listed
