"""Corrections of height along lanes as uniform cubic B-splines, fitted by least squares.

A lane's correction at s, t is z(s) + t/W · κ(s), W being half its largest width; z and κ [m] are splines over the same
knots. Rows ask for differences of two lanes' corrections; bending, twisting and size of every correction are penalized,
so that what nothing asks for stays as it is (P-splines: Eilers & Marx, Statistical Science 11(2), 1996). The normal
equations are solved by conjugate gradients with the diagonal as preconditioner: serial, so equal bits everywhere.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

BENDING = 0.5  # weight of a second derivative [1/m] over a meter, against a difference of one meter at one place
TWISTING = 0.1  # weight of κ's first derivative
SIZE, TILT_SIZE = 1e-5, 1e-3  # weights of z and κ themselves
SHORTEST_KNOT = 1.0  # knots nearer count as so far apart in the penalties [m]
MOST_STEPS = 3000
PRECISE = 1e-6  # of the residual against the right side


class Splines(NamedTuple):
    """The splines of all lanes: control points of lane i are first[i] … first[i + 1] − 1; none, and it is fixed."""

    first: NDArray[np.int64]  # (num_lanes + 1,)
    knot: NDArray[np.float64]  # distance of the knots of a lane [m]
    scale: NDArray[np.float64]  # W of a lane [m]
    pinned: NDArray[np.bool_]  # control points that keep their value


class Rows(NamedTuple):
    """What is asked: (correction of the first lane − correction of the second) · weight = −wrong · weight."""

    lane: NDArray[np.int64]  # (n, 2), −1 for nothing
    s: NDArray[np.float64]  # (n, 2) [m]
    z: NDArray[np.float64]  # (n, 2): factor of z
    tilt: NDArray[np.float64]  # (n, 2): factor of κ
    slope: NDArray[np.bool_]  # (n,): derivatives along s instead of values
    wrong: NDArray[np.float64]  # (n,)
    weight: NDArray[np.float64]  # (n,)


@njit(cache=True)
def basis(s: float, knot: float, intervals: int, slope: bool, out: NDArray[np.float64]) -> int:
    """Write the four basis functions (or their derivatives) at s and return the first control point they belong to."""
    u = s / knot
    i = min(intervals - 1, max(0, int(math.floor(u))))
    u = min(1.0, max(0.0, u - i))
    v = 1.0 - u
    if slope:
        out[0], out[3] = -0.5 * v * v / knot, 0.5 * u * u / knot
        out[1], out[2] = (1.5 * u * u - 2.0 * u) / knot, -(1.5 * v * v - 2.0 * v) / knot
    else:
        out[0], out[3] = v * v * v / 6.0, u * u * u / 6.0
        out[1], out[2] = (3.0 * u * u * u - 6.0 * u * u + 4.0) / 6.0, (3.0 * v * v * v - 6.0 * v * v + 4.0) / 6.0
    return i


@njit(cache=True)
def correction(splines: Splines, control: NDArray[np.float64], lane: int, s: float) -> tuple[float, float]:
    """Return z and κ of a lane at s [m]; zero where it is fixed."""
    begin, end = splines.first[lane], splines.first[lane + 1]
    if begin == end:
        return 0.0, 0.0
    b = np.empty(4)
    i = begin + basis(s, splines.knot[lane], end - begin - 3, False, b)
    z, tilt = 0.0, 0.0
    for k in range(4):
        z += b[k] * control[i + k, 0]
        tilt += b[k] * control[i + k, 1]
    return z, tilt


@njit(cache=True)
def _lay_rows(rows: Rows, splines: Splines, at: NDArray[np.int64], factor: NDArray[np.float64]) -> None:
    """Write where each row's two splines begin (−1: fixed) and the factors of their control points. (n, 2, 4)."""
    for r in range(len(rows.lane)):
        for k in range(2):
            at[r, k] = -1
            lane = rows.lane[r, k]
            if lane < 0 or splines.first[lane] == splines.first[lane + 1]:
                continue
            intervals = splines.first[lane + 1] - splines.first[lane] - 3
            at[r, k] = splines.first[lane] + basis(
                rows.s[r, k], splines.knot[lane], intervals, rows.slope[r], factor[r, k]
            )


@njit(cache=True)
def _gather(
    rows: Rows,
    at: NDArray[np.int64],
    factor: NDArray[np.float64],
    x: NDArray[np.float64],
    out: NDArray[np.float64],
    diagonal: bool,
) -> None:
    """Add the rows' share of the normal equations applied to x (or of their diagonal) to `out`."""
    for r in range(len(at)):
        weight = rows.weight[r] * rows.weight[r]
        value = 0.0
        for k in range(2):
            sign = 1.0 - 2.0 * k
            if at[r, k] < 0:
                continue
            for j in range(4):
                i, b = at[r, k] + j, sign * factor[r, k, j]
                if diagonal:
                    out[i, 0] += weight * (b * rows.z[r, k]) ** 2
                    out[i, 1] += weight * (b * rows.tilt[r, k]) ** 2
                else:
                    value += b * (rows.z[r, k] * x[i, 0] + rows.tilt[r, k] * x[i, 1])
        if diagonal:
            continue
        for k in range(2):
            if at[r, k] < 0:
                continue
            share = (1.0 - 2.0 * k) * weight * value
            for j in range(4):
                i = at[r, k] + j
                out[i, 0] += share * factor[r, k, j] * rows.z[r, k]
                out[i, 1] += share * factor[r, k, j] * rows.tilt[r, k]


@njit(cache=True)
def _penalize(splines: Splines, x: NDArray[np.float64], out: NDArray[np.float64], diagonal: bool) -> None:
    """Add the penalties' share to `out`, as `_gather` does."""
    for lane in range(len(splines.knot)):
        begin, end = splines.first[lane], splines.first[lane + 1]
        h = max(SHORTEST_KNOT, splines.knot[lane])
        bend, twist = BENDING / (h * h * h), TWISTING / h
        for c in range(2):
            size = (SIZE if c == 0 else TILT_SIZE) * h
            for i in range(begin, end):
                out[i, c] += size * (1.0 if diagonal else x[i, c])
            for i in range(begin + 1, end - 1):
                if diagonal:
                    out[i - 1, c] += bend
                    out[i, c] += 4.0 * bend
                    out[i + 1, c] += bend
                else:
                    value = bend * (x[i - 1, c] - 2.0 * x[i, c] + x[i + 1, c])
                    out[i - 1, c] += value
                    out[i, c] -= 2.0 * value
                    out[i + 1, c] += value
        for i in range(begin, end - 1):
            if diagonal:
                out[i, 1] += twist
                out[i + 1, 1] += twist
            else:
                value = twist * (x[i + 1, 1] - x[i, 1])
                out[i, 1] -= value
                out[i + 1, 1] += value


@njit(cache=True)
def _normal(
    rows: Rows,
    splines: Splines,
    at: NDArray[np.int64],
    factor: NDArray[np.float64],
    x: NDArray[np.float64],
    out: NDArray[np.float64],
    diagonal: bool,
) -> None:
    """Apply the normal equations' matrix to x, or write its diagonal.

    Args:
        rows: What is asked.
        splines: The lanes' splines.
        at: First control point of each row's two splines, −1 where it is fixed. Shape (num_rows, 2).
        factor: Of the four control points from there on. Shape (num_rows, 2, 4).
        x: Of every control point; not read for the diagonal. Shape (num_controls, 2).
        out: Written. Shape (num_controls, 2).
        diagonal: Whether to write the diagonal.
    """
    out[:] = 0.0
    _gather(rows, at, factor, x, out, diagonal)
    _penalize(splines, x, out, diagonal)
    for i in range(len(out)):
        if splines.pinned[i]:
            out[i, 0] = out[i, 1] = 0.0


@njit(cache=True)
def fit(rows: Rows, splines: Splines, control: NDArray[np.float64]) -> None:
    """Change the control points that are not pinned to the best ones.

    Args:
        rows: What is asked.
        splines: The lanes' splines.
        control: z and κ of every control point; pinned ones are given [m]. Shape (num_controls, 2).
    """
    at, factor = np.empty((len(rows.lane), 2), np.int64), np.zeros((len(rows.lane), 2, 4))
    _lay_rows(rows, splines, at, factor)
    residual, image, diagonal = np.zeros_like(control), np.zeros_like(control), np.zeros_like(control)
    _normal(rows, splines, at, factor, control, diagonal, True)
    for r in range(len(at)):  # the right side
        for k in range(2):
            if at[r, k] >= 0:
                share = (2.0 * k - 1.0) * rows.weight[r] * rows.weight[r] * rows.wrong[r]
                for j in range(4):
                    i = at[r, k] + j
                    residual[i, 0] += share * factor[r, k, j] * rows.z[r, k]
                    residual[i, 1] += share * factor[r, k, j] * rows.tilt[r, k]
    _normal(rows, splines, at, factor, control, image, False)
    size = 0.0
    for i in range(len(control)):
        for c in range(2):
            residual[i, c] = 0.0 if splines.pinned[i] else residual[i, c] - image[i, c]
            if splines.pinned[i]:
                diagonal[i, c] = 1.0
            size += residual[i, c] * residual[i, c] / diagonal[i, c]
    direction = residual / diagonal
    enough = PRECISE * PRECISE * size
    for _ in range(MOST_STEPS):
        if size <= enough:
            break
        _normal(rows, splines, at, factor, direction, image, False)
        along = 0.0
        for i in range(len(control)):
            along += direction[i, 0] * image[i, 0] + direction[i, 1] * image[i, 1]
        step = size / along
        after = 0.0
        for i in range(len(control)):
            for c in range(2):
                control[i, c] += step * direction[i, c]
                residual[i, c] -= step * image[i, c]
                after += residual[i, c] * residual[i, c] / diagonal[i, c]
        for i in range(len(control)):
            for c in range(2):
                direction[i, c] = residual[i, c] / diagonal[i, c] + after / size * direction[i, c]
        size = after
