"""What a run of columns of a beam sweep cannot hit is left out early: whole boxes, then single triangles.

A box or triangle is bounded in columns, in the tangent of elevation and by the smallest horizontal distance from the
sensor's axis. It is left out if it lies outside the run, between two columns or two beams, beyond the range, or behind
what has already been hit everywhere it could show. All bounds are conservative, so the hits do not depend on them.

Azimuths are a minimax polynomial, not a library's arc tangent, so that the loop over vertices runs in vectors.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.clusters import CLUSTER_TRIANGLES

MOST_VERTICES = 3 * CLUSTER_TRIANGLES
BLOCK_COLUMNS, BLOCK_BEAMS = 8, 4  # of which the farthest hit is kept
_ROUNDING = 1e-3  # covers what single precision does to a bound [m]
_CLOSE = 1e-2  # nearer to the axis than this, a box or vertex may show in any column [m]
_COLUMN_MARGIN = 0.02  # the polynomial's 2e-6 rad are 0.005 columns of 16,384
_PI, _HALF_PI, _TURN = np.float32(math.pi), np.float32(0.5 * math.pi), np.float32(2.0 * math.pi)
_ARC = (  # Abramowitz & Stegun 4.4.49, an odd polynomial for the arc tangent on [0, 1] to 2e-6, here refitted
    np.float32(0.99997726), np.float32(-0.33262347), np.float32(0.19354346), np.float32(-0.11643287),
    np.float32(0.05265332), np.float32(-0.01172120),
)
_A0, _A1, _A2, _A3, _A4, _A5 = _ARC
_TINY = np.float32(1e-20)
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)


@njit(cache=True, _nrt=False, error_model="numpy")
def azimuth_of(x: np.float32, y: np.float32) -> np.float32:
    """Return the azimuth of a point within 3e-6 rad."""
    ax, ay = abs(x), abs(y)
    most = ax if ax > ay else ay
    least = ay if ax > ay else ax
    ratio = least / (most if most > _TINY else _TINY)
    square = ratio * ratio
    angle = ratio * (_A0 + square * (_A1 + square * (_A2 + square * (_A3 + square * (_A4 + square * _A5)))))
    angle = _HALF_PI - angle if ay > ax else angle
    angle = _PI - angle if x < _ZERO else angle
    return -angle if y < _ZERO else angle


@njit(cache=True, _nrt=False, error_model="numpy")
def index_beams(tangent: NDArray[np.float32], beam_at: NDArray[np.int32]) -> tuple[float, float]:
    """Fill a table of the first beam from evenly spaced tangents on; return its origin and its steps per tangent.

    Args:
        tangent: Of the beams, ascending. Shape (num_beams,).
        beam_at: The table. Any length from 2.
    """
    origin = float(tangent[0])
    span = float(tangent[tangent.shape[0] - 1]) - origin
    scale = (beam_at.shape[0] - 1) / span if span > 0.0 else 0.0
    b = 0
    for n in range(beam_at.shape[0]):
        while b < tangent.shape[0] and int((float(tangent[b]) - origin) * scale) < n:
            b += 1
        beam_at[n] = b
    return origin, scale


@njit(cache=True, _nrt=False, error_model="numpy")
def first_beam(
    tangent: NDArray[np.float32], beam_at: NDArray[np.int32], origin: float, scale: float, value: float
) -> int:
    """Return the first beam whose tangent is at least `value`; see `index_beams`."""
    step = (value - origin) * scale
    if not step > 0.0:
        return 0 if value <= tangent[0] else 1 if tangent.shape[0] == 1 else 0
    most = beam_at.shape[0] - 1
    b = beam_at[int(step) if step < most else most]
    while b < tangent.shape[0] and tangent[b] < value:
        b += 1
    return b


@njit(cache=True, _nrt=False, error_model="numpy")
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


@njit(cache=True, _nrt=False, error_model="numpy")
def bound_box(
    frame: NDArray[np.float64], box: NDArray[np.float64], half_span: float, max_range: float, azimuth: float,
    columns_per_radian: float, count: int, tangent: NDArray[np.float32], beam_at: NDArray[np.int32], origin: float,
    scale: float,
) -> tuple[int, int, int, int, float, float]:
    """Bound what a box can hit of a run of columns.

    Args:
        frame: Of its part, from `frame_part`. Shape (3, 3, 4).
        box: Center and half edges, part frame [m]. Shape (6,).
        half_span: Of the fraction of the way between knots around that of the frame.
        max_range: [m].
        azimuth: Of the run's middle [rad].
        columns_per_radian: Columns lie evenly, clockwise.
        count: Columns of the run.
        tangent: Of the beams, ascending. Shape (num_beams,).
        beam_at: Table of `index_beams`.
        origin: Of the table.
        scale: Of the table.

    Returns:
        First and last column, first and last beam, smallest horizontal distance and way from knot to knot [m]. The last
        column is −1 if there is nothing to hit.
    """
    x, y, z, hx, hy, hz = box[0], box[1], box[2], box[3], box[4], box[5]
    cx = frame[2, 0, 0] * x + frame[2, 0, 1] * y + frame[2, 0, 2] * z + frame[2, 0, 3]
    cy = frame[2, 1, 0] * x + frame[2, 1, 1] * y + frame[2, 1, 2] * z + frame[2, 1, 3]
    cz = frame[2, 2, 0] * x + frame[2, 2, 1] * y + frame[2, 2, 2] * z + frame[2, 2, 3]
    move = 0.0
    for i in range(3):
        move += abs(frame[1, i, 0] * x + frame[1, i, 1] * y + frame[1, i, 2] * z + frame[1, i, 3])
        move += abs(frame[1, i, 0]) * hx + abs(frame[1, i, 1]) * hy + abs(frame[1, i, 2]) * hz
    slack = move * half_span + _ROUNDING
    rho = math.sqrt(cx * cx + cy * cy)
    ex, ey = (cx / rho, cy / rho) if rho > 0.0 else (1.0, 0.0)
    depth, width, height = slack, slack, slack
    for j in range(3):
        half = hx if j == 0 else (hy if j == 1 else hz)
        depth += abs(ex * frame[2, 0, j] + ey * frame[2, 1, j]) * half
        width += abs(ex * frame[2, 1, j] - ey * frame[2, 0, j]) * half
        height += abs(frame[2, 2, j]) * half
    near, low, high = rho - depth, cz - height, cz + height
    num_beams = tangent.shape[0]
    if near <= _CLOSE:
        return 0, count - 1, 0, num_beams - 1, 0.0, move
    above = low if low > 0.0 else (high if high < 0.0 else 0.0)
    if near * near + above * above > max_range * max_range:
        return 0, -1, 0, 0, near, move
    far = math.sqrt((rho + depth) ** 2 + width * width)
    low = low / (near if low < 0.0 else far)
    high = high / (near if high > 0.0 else far)
    first, last = first_beam(tangent, beam_at, origin, scale, low), -1
    if first == num_beams or tangent[first] > high:
        return 0, -1, 0, 0, near, move
    last = first_beam(tangent, beam_at, origin, scale, high)
    if last == num_beams or tangent[last] > high:
        last -= 1
    half = float(azimuth_of(np.float32(near), np.float32(width)))
    away = azimuth - float(azimuth_of(np.float32(cx), np.float32(cy)))
    away += 2.0 * math.pi if away < -math.pi else (-2.0 * math.pi if away > math.pi else 0.0)
    center = 0.5 * (count - 1) + away * columns_per_radian
    half = half * columns_per_radian + _COLUMN_MARGIN
    if center + half < 0.0 or center - half > count - 1:
        turn = 2.0 * math.pi * columns_per_radian  # a wide box may reach in from beyond the opposite side
        if center - half > count - 1 and center + half - turn >= 0.0:
            return 0, count - 1, first, last, near, move
        if center + half < 0.0 and center - half + turn <= count - 1:
            return 0, count - 1, first, last, near, move
        return 0, -1, 0, 0, near, move
    left = int(max(0.0, math.ceil(center - half)))
    right = int(min(count - 1.0, math.floor(center + half)))
    if left > right:
        return 0, -1, 0, 0, near, move
    return left, right, first, last, near, move


@njit(cache=True, _nrt=False, error_model="numpy")
def cover_blocks(
    nearest: NDArray[np.uint64], count: int, row: NDArray[np.uint64], cover: NDArray[np.float32]
) -> None:
    """Keep the farthest hit of every block of columns and beams.

    Args:
        nearest: Hits; see `beam_casting`. Shape (≥ count, num_beams).
        count: Columns.
        row: Work. Shape (num_beams,).
        cover: Horizontal distances [m]. Shape (≥ column blocks, beam blocks).
    """
    num_beams = nearest.shape[1]
    for k in range((count + BLOCK_COLUMNS - 1) // BLOCK_COLUMNS):
        c = k * BLOCK_COLUMNS
        for b in range(num_beams):
            row[b] = nearest[c, b]
        for i in range(c + 1, min(count, c + BLOCK_COLUMNS)):
            for b in range(num_beams):
                value = nearest[i, b]
                row[b] = value if value > row[b] else row[b]
        for n in range(cover.shape[1]):
            most = row[n * BLOCK_BEAMS]
            for b in range(n * BLOCK_BEAMS + 1, min(num_beams, (n + 1) * BLOCK_BEAMS)):
                most = row[b] if row[b] > most else most
            cover[k, n] = np.uint32(most >> np.uint64(32)).view(np.float32)


@njit(cache=True, _nrt=False, error_model="numpy")
def is_covered(
    cover: NDArray[np.float32], first_column: int, last_column: int, low_beam: int, high_beam: int, near: float
) -> bool:
    """Return whether all that a run of columns and beams can see has been hit nearer than `near` [m]."""
    for k in range(first_column // BLOCK_COLUMNS, last_column // BLOCK_COLUMNS + 1):
        for n in range(low_beam // BLOCK_BEAMS, high_beam // BLOCK_BEAMS + 1):
            if cover[k, n] >= near:
                return False
    return True


@njit(cache=True, _nrt=False, error_model="numpy")
def place_vertices(
    frame: NDArray[np.float64], x: NDArray[np.float32], y: NDArray[np.float32], z: NDArray[np.float32],
    azimuth: np.float32, columns_per_radian: np.float32, center: np.float32, placed: NDArray[np.float64],
    seen: NDArray[np.float32],
) -> None:
    """Move a cluster's vertices into the sensor's frame and find where a run of columns would see them.

    Args:
        frame: Of the part, from `frame_part`. Shape (3, 3, 4).
        x: Of the vertices, part frame [m]. Shape (num_vertices,).
        y: Likewise.
        z: Likewise.
        azimuth: Of the run's middle [rad].
        columns_per_radian: Columns lie evenly, clockwise.
        center: The column at the middle.
        placed: x, y, z at the earlier knot, then the way to the later one [m]. Shape (6 · MOST_VERTICES,).
        seen: Column, tangent of elevation and horizontal distance [m] at the frame's fraction. Shape
            (3 · MOST_VERTICES,).
    """
    for k in range(2):
        out = placed[3 * k * MOST_VERTICES :]
        xx, xy, xz, xt = frame[k, 0, 0], frame[k, 0, 1], frame[k, 0, 2], frame[k, 0, 3]
        yx, yy, yz, yt = frame[k, 1, 0], frame[k, 1, 1], frame[k, 1, 2], frame[k, 1, 3]
        zx, zy, zz, zt = frame[k, 2, 0], frame[k, 2, 1], frame[k, 2, 2], frame[k, 2, 3]
        for i in range(x.shape[0]):
            px, py, pz = float(x[i]), float(y[i]), float(z[i])
            out[i] = xx * px + xy * py + xz * pz + xt
            out[i + MOST_VERTICES] = yx * px + yy * py + yz * pz + yt
            out[i + 2 * MOST_VERTICES] = zx * px + zy * py + zz * pz + zt
    xx, xy, xz, xt = frame[2, 0, 0], frame[2, 0, 1], frame[2, 0, 2], frame[2, 0, 3]
    yx, yy, yz, yt = frame[2, 1, 0], frame[2, 1, 1], frame[2, 1, 2], frame[2, 1, 3]
    zx, zy, zz, zt = frame[2, 2, 0], frame[2, 2, 1], frame[2, 2, 2], frame[2, 2, 3]
    for i in range(x.shape[0]):
        px, py, pz = float(x[i]), float(y[i]), float(z[i])
        vx = np.float32(xx * px + xy * py + xz * pz + xt)
        vy = np.float32(yx * px + yy * py + yz * pz + yt)
        vz = np.float32(zx * px + zy * py + zz * pz + zt)
        away = azimuth - azimuth_of(vx, vy)
        away = away + _TURN if away < -_PI else away
        away = away - _TURN if away > _PI else away
        level = np.float32(math.sqrt(vx * vx + vy * vy))
        seen[i] = center + away * columns_per_radian
        seen[i + MOST_VERTICES] = vz / (level if level > _TINY else _TINY)
        seen[i + 2 * MOST_VERTICES] = level


@njit(cache=True, _nrt=False, error_model="numpy")
def select_triangles(
    corner: NDArray[np.uint8], seen: NDArray[np.float32], move: float, near: float, max_range: float,
    columns_per_radian: float, first_column: int, last_column: int, tangent: NDArray[np.float32],
    beam_at: NDArray[np.int32], origin: float, scale: float, cover: NDArray[np.float32], chosen: NDArray[np.int32],
) -> int:
    """List the triangles of a cluster that a run of columns may hit.

    Args:
        corner: Vertices of its triangles. Shape (num_triangles, 3).
        seen: From `place_vertices`.
        move: How far a vertex lies from where it was seen, at most [m].
        near: Smallest horizontal distance of the cluster [m].
        max_range: [m].
        columns_per_radian: Columns lie evenly, clockwise.
        first_column: That the cluster can be in.
        last_column: That the cluster can be in.
        tangent: Of the beams, ascending. Shape (num_beams,).
        beam_at: Table of `index_beams`.
        origin: Of the table.
        scale: Of the table.
        cover: From `cover_blocks`.
        chosen: Triangle, first and last column. Shape (≥ num_triangles, 3).

    Returns:
        Their number.
    """
    close = np.float32(max(near, 10.0 * move, _CLOSE))  # what is nearer has no bounds
    share = move / float(close)
    column_margin = np.float32(share * (1.0 + share * share) * columns_per_radian + _COLUMN_MARGIN)
    slope_share = np.float32(share / (1.0 - share) + 1e-6)
    slack = np.float32(move + _ROUNDING)
    half_turn = np.float32(math.pi * columns_per_radian)
    quarter_turn = np.float32(0.5 * math.pi * columns_per_radian)
    radians = np.float32(1.0 / columns_per_radian)
    first, last = np.float32(first_column), np.float32(last_column)
    num_beams, count = tangent.shape[0], 0
    eighth = np.float32(0.125)
    column, slope, rho = seen[:MOST_VERTICES], seen[MOST_VERTICES : 2 * MOST_VERTICES], seen[2 * MOST_VERTICES :]
    for j in range(corner.shape[0]):
        a, b, c = corner[j, 0], corner[j, 1], corner[j, 2]
        qa, qb, qc = column[a], column[b], column[c]
        low, high = min(qa, min(qb, qc)) - column_margin, max(qa, max(qb, qc)) + column_margin
        span = high - low
        if (high < first or low > last) and span < half_turn:
            continue
        ra, rb, rc = rho[a], rho[b], rho[c]
        level = min(ra, min(rb, rc))
        if span >= quarter_turn or level < close:
            if span >= half_turn or level < close:
                low, high = first, last
            chosen[count, 0] = j
            chosen[count, 1], chosen[count, 2] = int(math.ceil(max(low, first))), int(math.floor(min(high, last)))
            count += 1
            continue
        left, right = int(math.ceil(max(low, first))), int(math.floor(min(high, last)))
        if left > right:
            continue
        angle = span * radians
        bend = _ONE - angle * angle * eighth  # at most the cosine of half the angle: how far an edge bulges
        ta, tb, tc = slope[a], slope[b], slope[c]
        low, high = min(ta, min(tb, tc)), max(ta, max(tb, tc))
        low = low / bend if low < _ZERO else low
        high = high / bend if high > _ZERO else high
        low, high = low - slope_share * (_ONE + abs(low)), high + slope_share * (_ONE + abs(high))
        bottom = first_beam(tangent, beam_at, origin, scale, low)
        if bottom == num_beams or tangent[bottom] > high:
            continue
        level = level * bend - slack
        if level > max_range:
            continue
        top = bottom
        while top + 1 < num_beams and tangent[top + 1] <= high:
            top += 1
        if is_covered(cover, left, right, bottom, top, level):
            continue
        chosen[count, 0], chosen[count, 1], chosen[count, 2] = j, left, right
        count += 1
    return count
