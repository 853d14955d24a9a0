"""Clusters that a run of columns of a beam sweep can hit, front to back.

A box is bounded in columns, in the tangent of elevation and by its smallest horizontal distance from the sensor's axis.
It is left out if it lies beyond the range, outside the run, or between two columns or two beams. All bounds are
conservative, so the hits do not depend on them.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.lidar.beam_table import first_beam

ROUNDING = 1e-3  # more than single precision does to a bound [m]
CLOSE = 1e-2  # what comes nearer to the axis may show in any column [m]
COLUMN_MARGIN = 0.02  # the arc tangent's 3e-6 rad are 0.008 columns of 16,384
SHELLS = 96  # of distance, eight an octave from a quarter of a metre on
_SHELL_BITS, _FIRST_SHELL = np.uint32(20), 0x3E800000 >> 20
_PI, _HALF_PI, _TURN = np.float32(math.pi), np.float32(0.5 * math.pi), 2.0 * math.pi
# Minimax odd polynomial for the arc tangent on [0, 1], to 2e-6 rad.
_A0, _A1, _A2 = np.float32(0.99997726), np.float32(-0.33262347), np.float32(0.19354346)
_A3, _A4, _A5 = np.float32(-0.11643287), np.float32(0.05265332), np.float32(-0.01172120)
_TINY, _ZERO = np.float32(1e-20), np.float32(0.0)


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
def frame_part(
    sensor_from_part: NDArray[np.float64], knot: int, later: int, part: int, middle: float, frame: NDArray[np.float64],
) -> None:
    """Write a part's transforms: at the earlier knot, its change to the later one, and at a fraction between.

    Args:
        sensor_from_part: Shape (num_knots, num_parts, 3, 4).
        knot: The earlier knot.
        later: The later knot.
        part: Which.
        middle: The fraction.
        frame: The three transforms. Shape (3, 3, 4).
    """
    for i in range(3):
        for j in range(4):
            start = sensor_from_part[knot, part, i, j]
            change = sensor_from_part[later, part, i, j] - start
            frame[0, i, j], frame[1, i, j], frame[2, i, j] = start, change, start + middle * change


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def bound_box(
    frame: NDArray[np.float64], box: NDArray[np.float64], half_span: float, max_range: float, azimuth: float,
    cos_middle: float, sin_middle: float, cos_edge: float, sin_edge: float, columns_per_radian: float, count: int,
    slope: NDArray[np.float64], beam_at: NDArray[np.int16], origin: float, scale: float,
) -> tuple[int, int, int, int, float, float]:
    """Bound what a box can hit of a run of columns.

    Args:
        frame: Of its part, from `frame_part`. Shape (3, 3, 4).
        box: Center, half edges and radius, part frame [m]. Shape (7,).
        half_span: Of the fractions of the way between knots around that of the frame.
        max_range: [m].
        azimuth: Of the run's middle [rad].
        cos_middle, sin_middle: Of it.
        cos_edge, sin_edge: Of the angle from the middle to a little beyond the run's ends, less than a right angle.
        columns_per_radian: Columns lie evenly, clockwise.
        count: Columns of the run.
        slope, beam_at, origin, scale: From `index_beams`.

    Returns:
        First and last column, first and last beam, smallest horizontal distance and way from knot to knot [m]. The last
        column is −1 if there is nothing to hit.
    """
    x, y, z, hx, hy, hz = box[0], box[1], box[2], box[3], box[4], box[5]
    cx = frame[2, 0, 0] * x + frame[2, 0, 1] * y + frame[2, 0, 2] * z + frame[2, 0, 3]
    cy = frame[2, 1, 0] * x + frame[2, 1, 1] * y + frame[2, 1, 2] * z + frame[2, 1, 3]
    move = 0.0
    for i in range(3):
        move += abs(frame[1, i, 0] * x + frame[1, i, 1] * y + frame[1, i, 2] * z + frame[1, i, 3])
        move += abs(frame[1, i, 0]) * hx + abs(frame[1, i, 1]) * hy + abs(frame[1, i, 2]) * hz
    slack = move * half_span + ROUNDING
    radius = box[6] + slack
    square = cx * cx + cy * cy
    ahead, aside = cx * cos_middle + cy * sin_middle, cy * cos_middle - cx * sin_middle
    if square > (max_range + radius) ** 2 or ahead < -radius or abs(aside) * cos_edge - ahead * sin_edge > radius:
        return 0, -1, 0, 0, 0.0, move
    rho = math.sqrt(square)
    ex, ey = (cx / rho, cy / rho) if rho > 0.0 else (1.0, 0.0)
    near = rho - slack
    near -= abs(ex * frame[2, 0, 0] + ey * frame[2, 1, 0]) * hx
    near -= abs(ex * frame[2, 0, 1] + ey * frame[2, 1, 1]) * hy
    near -= abs(ex * frame[2, 0, 2] + ey * frame[2, 1, 2]) * hz
    if near <= CLOSE:
        return 0, count - 1, 0, slope.shape[0] - 2, 0.0, move
    cz = frame[2, 2, 0] * x + frame[2, 2, 1] * y + frame[2, 2, 2] * z + frame[2, 2, 3]
    height = abs(frame[2, 2, 0]) * hx + abs(frame[2, 2, 1]) * hy + abs(frame[2, 2, 2]) * hz + slack
    width = slack
    width += abs(ex * frame[2, 1, 0] - ey * frame[2, 0, 0]) * hx
    width += abs(ex * frame[2, 1, 1] - ey * frame[2, 0, 1]) * hy
    width += abs(ex * frame[2, 1, 2] - ey * frame[2, 0, 2]) * hz
    far = 2.0 * rho - near + width
    low, high = cz - height, cz + height
    low, high = low / (near if low < 0.0 else far), high / (near if high > 0.0 else far)
    first = first_beam(slope, beam_at, origin, scale, low)
    if slope[first] > high or near > max_range:
        return 0, -1, 0, 0, near, move
    last = first
    while slope[last + 1] <= high:
        last += 1
    half = float(azimuth_of(np.float32(near), np.float32(width))) * columns_per_radian + COLUMN_MARGIN
    away = azimuth - float(azimuth_of(np.float32(cx), np.float32(cy)))
    away += _TURN if away < -math.pi else (-_TURN if away > math.pi else 0.0)
    center = 0.5 * (count - 1) + away * columns_per_radian
    if abs(away) * columns_per_radian + half > math.pi * columns_per_radian:  # across the far side
        return 0, count - 1, first, last, near, move
    left, right = math.ceil(max(0.0, center - half)), math.floor(min(count - 1.0, center + half))
    return int(left), int(right) if left <= right else -1, first, last, near, move


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
    part: NDArray[np.int32], box: NDArray[np.float64], bundle_box: NDArray[np.float64], bundle_first: NDArray[np.int32],
    sensor_from_part: NDArray[np.float64], shown: NDArray[np.bool_], knot: int, later: int, middle: float,
    half_span: float, max_range: float, azimuth: float, columns_per_radian: float, count: int,
    slope: NDArray[np.float64], beam_at: NDArray[np.int16], origin: float, scale: float, frame: NDArray[np.float64],
    listed: NDArray[np.int32], near: NDArray[np.float64], shell: NDArray[np.int32], order: NDArray[np.int32],
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
        count: Columns of the run, no more than a quarter of the turn.
        slope, beam_at, origin, scale: From `index_beams`.
        frame: Work. Shape (3, 3, 4).
        listed: Cluster, first and last column, first and last beam. Shape (num_clusters, 5).
        near: Smallest horizontal distance and way from knot to knot [m]. Shape (num_clusters, 2).
        shell: Work. Shape (SHELLS + 1,).
        order: Rows of the list, nearest first. Shape (num_clusters,).

    Returns:
        Their number.
    """
    cos_middle, sin_middle = math.cos(azimuth), math.sin(azimuth)
    edge = 0.5 * count / columns_per_radian
    cos_edge, sin_edge = math.cos(edge), math.sin(edge)
    shell[:] = 0
    num_listed, framed = 0, -1
    for n in range(bundle_first.shape[0] - 1):
        p = part[bundle_first[n]]
        if not shown[knot, p]:
            continue
        if p != framed:
            frame_part(sensor_from_part, knot, later, p, middle, frame)
            framed = p
        _, last, _, _, _, _ = bound_box(
            frame, bundle_box[n], half_span, max_range, azimuth, cos_middle, sin_middle, cos_edge, sin_edge,
            columns_per_radian, count, slope, beam_at, origin, scale,
        )
        if last < 0:
            continue
        for k in range(bundle_first[n], bundle_first[n + 1]):
            first, last, low, high, distance, move = bound_box(
                frame, box[k], half_span, max_range, azimuth, cos_middle, sin_middle, cos_edge, sin_edge,
                columns_per_radian, count, slope, beam_at, origin, scale,
            )
            if last < 0:
                continue
            listed[num_listed, 0], listed[num_listed, 1], listed[num_listed, 2] = k, first, last
            listed[num_listed, 3], listed[num_listed, 4] = low, high
            near[num_listed, 0], near[num_listed, 1] = distance, move
            shell[_shell_of(distance) + 1] += 1
            num_listed += 1
    for i in range(SHELLS):
        shell[i + 1] += shell[i]
    for n in range(num_listed):
        i = _shell_of(near[n, 0])
        order[shell[i]] = n
        shell[i] += 1
    return num_listed
