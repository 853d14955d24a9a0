"""Points along a lane that advance, and widths across them."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def keep_advancing(point: NDArray[np.float64], heading: NDArray[np.float64], keep: NDArray[np.bool_]) -> None:
    """Mark the points that advance along the road; inside a curve tighter than a lane's offset the line folds back.

    Args:
        point: Center line in order of s [m]. Shape (num_stations, 3).
        heading: Of the reference line [rad]. Shape (num_stations,).
        keep: Written; the last point is kept wherever one before it is left. Shape (num_stations,).
    """
    n = point.shape[0]
    keep[:] = False
    last = 0
    keep[0] = True
    for i in range(1, n):
        if _advance(point, heading, last, i) > 1e-3:
            keep[i] = True
            last = i
    if not keep[n - 1]:
        while last > 0 and _advance(point, heading, last, n - 1) <= 1e-3:
            keep[last] = False
            last -= 1
            while last > 0 and not keep[last]:
                last -= 1
        keep[n - 1] = _advance(point, heading, last, n - 1) > 1e-3


@njit(cache=True)
def _advance(point: NDArray[np.float64], heading: NDArray[np.float64], a: int, b: int) -> float:
    """Return how far b lies ahead of a along the road's direction at b [m]."""
    dx, dy = point[b, 0] - point[a, 0], point[b, 1] - point[a, 1]
    return dx * math.cos(heading[b]) + dy * math.sin(heading[b])


@njit(cache=True)
def square_widths(
    point: NDArray[np.float64], heading: NDArray[np.float64], width: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Turn widths measured across the road into widths across the lane, which are less where it runs askew.

    Args:
        point: Center line [m]. Shape (n, 3), at least two.
        heading: Of the reference line [rad]. Shape (n,).
        width: Across the reference line [m]. Shape (n,).
        out: Written [m]. Shape (n,).
    """
    n = point.shape[0]
    for i in range(n):
        a, b = max(i - 1, 0), min(i + 1, n - 1)
        dx, dy = point[b, 0] - point[a, 0], point[b, 1] - point[a, 1]
        norm = math.sqrt(dx * dx + dy * dy)
        along = dx * math.cos(heading[i]) + dy * math.sin(heading[i])
        out[i] = width[i] * abs(along) / norm if norm > 0.0 else width[i]
