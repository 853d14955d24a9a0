"""A table that leads from a tangent of elevation to the first beam at or above it."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

TABLE_STEPS = 16  # a beam: so fine that the step's first beam is nearly always the one


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def index_beams(
    tangent: NDArray[np.float32], slope: NDArray[np.float64], beam_at: NDArray[np.int32]
) -> tuple[float, float]:
    """Fill the table; return its origin and its steps per tangent.

    Args:
        tangent: Of the beams' elevations, ascending. Shape (num_beams,).
        slope: The same, then infinity. Shape (num_beams + 1,).
        beam_at: First beam from evenly spaced tangents on. Any length from 2.
    """
    num_beams = tangent.shape[0]
    for b in range(num_beams):
        slope[b] = tangent[b]
    slope[num_beams] = np.inf
    span = slope[num_beams - 1] - slope[0]
    scale = (beam_at.shape[0] - 1) / span if span > 0.0 else 0.0
    b = 0
    for n in range(beam_at.shape[0]):
        while b < num_beams and int((slope[b] - slope[0]) * scale) < n:
            b += 1
        beam_at[n] = min(b, num_beams - 1)
    return slope[0], scale


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def first_beam(
    slope: NDArray[np.float64], beam_at: NDArray[np.int32], origin: float, scale: float, value: float
) -> int:
    """Return the first beam whose tangent is at least `value`, their number if there is none; see `index_beams`."""
    step = (value - origin) * scale
    step = step if step > 0.0 else 0.0
    most = float(beam_at.shape[0] - 1)
    b = beam_at[int(step if step < most else most)]
    while slope[b] < value:
        b += 1
    return b
