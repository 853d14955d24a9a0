"""The plan-view shapes of OpenDRIVE reference lines, exact in arc length.

Shapes and their parameters follow ASAM OpenDRIVE 1.7, chapter 7: line, arc, spiral (clothoid), poly3, paramPoly3. Local
coordinates (u, v) start at the shape's origin along its heading.
"""

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

NUM_PARAMETERS = 10
# Gauss–Legendre, 8 nodes on [−1, 1]: abscissae and weights (Abramowitz & Stegun, table 25.4); exact to degree 15.
_NODES = (0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363)
_WEIGHTS = (0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763)
# Over half a radian of turning the remainder of that rule on sine and cosine is below double precision.
_PANEL_TURN = 0.5
_CUBIC_PANELS = 4
_NEWTON_STEPS = 20


class Shape(IntEnum):
    """Kind of a piece of reference line; poly3 is a parametric cubic with u = p."""

    LINE = 0
    ARC = 1
    SPIRAL = 2
    CUBIC = 3


class ReferenceLine(NamedTuple):
    """The pieces of one road's reference line in ascending s. Shapes (num_pieces,) unless said."""

    s: NDArray[np.float64]  # where a piece starts [m]
    x: NDArray[np.float64]  # [m]
    y: NDArray[np.float64]
    heading: NDArray[np.float64]  # [rad]
    length: NDArray[np.float64]  # [m]
    shape: NDArray[np.int32]  # Shape
    # (num_pieces, 10): arc: curvature; spiral: curvature at the start, curvature rate; cubic: coefficients of u then of
    # v (constant first), parameter at the end, true length of the cubic
    parameter: NDArray[np.float64]


@njit(cache=True)
def arc_point(curvature: float, s: float) -> tuple[float, float, float]:
    """Return u, v [m] and the turning [rad] after `s` [m] of an arc; exact for any curvature, zero included."""
    half = 0.5 * curvature * s
    sinc = math.sin(half) / half if abs(half) > 1e-12 else 1.0
    return s * sinc * math.cos(half), s * sinc * math.sin(half), 2.0 * half


@njit(cache=True)
def spiral_point(curvature: float, rate: float, s: float) -> tuple[float, float, float]:
    """Return u, v [m] and the turning [rad] after `s` [m] of a clothoid by Gauss–Legendre panels of the tangent.

    The closed form by Fresnel integrals cancels when the rate is small against the curvature; the quadrature does not.

    Args:
        curvature: At the start [1/m].
        rate: Of the curvature [1/m²].
        s: Arc length [m].
    """
    turn = abs(s) * max(abs(curvature), abs(curvature + rate * s))
    panels = 1 + int(turn / _PANEL_TURN)
    half = 0.5 * s / panels
    u, v = 0.0, 0.0
    for i in range(panels):
        middle = (2.0 * i + 1.0) * half
        for k in range(4):
            for side in (-1.0, 1.0):
                t = middle + side * half * _NODES[k]
                angle = t * (curvature + 0.5 * rate * t)
                u += half * _WEIGHTS[k] * math.cos(angle)
                v += half * _WEIGHTS[k] * math.sin(angle)
    return u, v, s * (curvature + 0.5 * rate * s)


@njit(cache=True)
def cubic_length(c: NDArray[np.float64], p: float) -> float:
    """Return the length [m] of a parametric cubic from parameter 0 to `p`; `c` holds its 8 coefficients."""
    half = 0.5 * p / _CUBIC_PANELS
    length = 0.0
    for i in range(_CUBIC_PANELS):
        middle = (2.0 * i + 1.0) * half
        for k in range(4):
            for side in (-1.0, 1.0):
                q = middle + side * half * _NODES[k]
                du = c[1] + q * (2.0 * c[2] + 3.0 * c[3] * q)
                dv = c[5] + q * (2.0 * c[6] + 3.0 * c[7] * q)
                length += half * _WEIGHTS[k] * math.sqrt(du * du + dv * dv)
    return length


@njit(cache=True)
def cubic_parameter(c: NDArray[np.float64], end: float, target: float) -> float:
    """Return the parameter in [0, end] at which a parametric cubic is `target` [m] long; Newton inside a bracket."""
    low, high = 0.0, end
    p = end
    total = cubic_length(c, end)
    if target >= total:
        return end
    if total > 0.0:
        p = end * target / total
    for _ in range(_NEWTON_STEPS):
        error = cubic_length(c, p) - target
        if error > 0.0:
            high = p
        else:
            low = p
        du = c[1] + p * (2.0 * c[2] + 3.0 * c[3] * p)
        dv = c[5] + p * (2.0 * c[6] + 3.0 * c[7] * p)
        speed = math.sqrt(du * du + dv * dv)
        step = p - error / speed if speed > 0.0 else low
        if not low < step < high:
            step = 0.5 * (low + high)
        if abs(step - p) <= 1e-12 * end:
            return step
        p = step
    return p


@njit(cache=True)
def cubic_point(c: NDArray[np.float64], p: float) -> tuple[float, float, float, float]:
    """Return u, v [m], direction [rad] and curvature [1/m] of a parametric cubic at parameter `p`."""
    u = c[0] + p * (c[1] + p * (c[2] + p * c[3]))
    v = c[4] + p * (c[5] + p * (c[6] + p * c[7]))
    du = c[1] + p * (2.0 * c[2] + 3.0 * c[3] * p)
    dv = c[5] + p * (2.0 * c[6] + 3.0 * c[7] * p)
    ddu = 2.0 * c[2] + 6.0 * c[3] * p
    ddv = 2.0 * c[6] + 6.0 * c[7] * p
    speed = math.sqrt(du * du + dv * dv)
    curvature = (du * ddv - dv * ddu) / (speed * speed * speed) if speed > 1e-9 else 0.0
    return u, v, math.atan2(dv, du), curvature


@njit(cache=True)
def piece_point(
    shape: int, parameter: NDArray[np.float64], length: float, s: float
) -> tuple[float, float, float, float]:
    """Return u, v [m], turning [rad] and curvature [1/m] after `s` [m] of one piece.

    A cubic is run through by arc length, scaled so that its end lies at the length the file states.
    """
    if shape == Shape.LINE:
        return s, 0.0, 0.0, 0.0
    if shape == Shape.ARC:
        u, v, turn = arc_point(parameter[0], s)
        return u, v, turn, parameter[0]
    if shape == Shape.SPIRAL:
        u, v, turn = spiral_point(parameter[0], parameter[1], s)
        return u, v, turn, parameter[0] + parameter[1] * s
    p = cubic_parameter(parameter, parameter[8], s * parameter[9] / length)
    return cubic_point(parameter, p)


@njit(cache=True)
def reference_batch(line: ReferenceLine, station: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write x, y [m], heading [rad] and curvature [1/m] at each station [m] into `out` (num_stations, 4).

    A station at a joint belongs to the piece that starts there; beyond the last piece's end it stays on that end.
    """
    for i in range(station.shape[0]):
        k = np.searchsorted(line.s, station[i], side="right") - 1
        k = min(max(k, 0), line.s.shape[0] - 1)
        s = min(max(station[i] - line.s[k], 0.0), line.length[k])
        u, v, turn, curvature = piece_point(line.shape[k], line.parameter[k], line.length[k], s)
        c, d = math.cos(line.heading[k]), math.sin(line.heading[k])
        out[i, 0] = line.x[k] + u * c - v * d
        out[i, 1] = line.y[k] + u * d + v * c
        out[i, 2] = line.heading[k] + turn
        out[i, 3] = curvature
