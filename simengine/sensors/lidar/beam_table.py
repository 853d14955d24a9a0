"""A table that leads from a tangent of elevation to the first beam at or above it."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

TABLE_STEPS = 64  # a beam: so fine that the step's first beam is nearly always the one


class BeamTable(NamedTuple):
    """The beams by the tangents of their elevations."""

    slope: NDArray[np.float64]  # the tangents, ascending, then infinity. (num_beams + 1,)
    beam_at: NDArray[np.int16]  # first beam from evenly spaced tangents on, then num_beams. (num_steps + 1,)
    origin: float  # tangent of the first step
    scale: float  # steps per tangent


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def index_beams(tangent: NDArray[np.float32]) -> BeamTable:
    """Return the table of beams whose elevations have these tangents, ascending. Shape (num_beams,)."""
    num_beams = tangent.shape[0]
    slope, beam_at = np.empty(num_beams + 1), np.empty(TABLE_STEPS * num_beams + 2, np.int16)
    for b in range(num_beams):
        slope[b] = tangent[b]
    slope[num_beams] = np.inf
    span = slope[num_beams - 1] - slope[0]
    last = beam_at.shape[0] - 2
    scale = last / span if span > 0.0 else 1.0
    b = 0
    for n in range(last + 1):
        while b < num_beams and int((slope[b] - slope[0]) * scale) < n:
            b += 1
        beam_at[n] = b
    beam_at[last + 1] = num_beams
    return BeamTable(slope, beam_at, slope[0], scale)


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def first_beam(table: BeamTable, value: float) -> int:
    """Return the first beam whose tangent is at least `value`, their number if there is none."""
    step = (value - table.origin) * table.scale
    step = step if step > 0.0 else 0.0
    most = float(table.beam_at.shape[0] - 2)
    b = table.beam_at[int(step if step < most else most)]
    while table.slope[b] < value:
        b += 1
    return b


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def beams_about(
    beam_at: NDArray[np.int16], origin: np.float32, scale: np.float32, low: np.float32, high: np.float32
) -> tuple[int, int]:
    """Return the first and last beam whose tangents may lie between two, the last before the first if there is none.

    In single precision and without a branch: it may name a beam that lies within a step of the table outside.
    """
    bottom, top = (low - origin) * scale, (high - origin) * scale
    beyond, none = np.float32(beam_at.shape[0] - 1), np.float32(-1.0)
    bottom = bottom if bottom > np.float32(0.0) else np.float32(0.0)
    top = top if top > none else none
    bottom, top = bottom if bottom < beyond else beyond, top if top < beyond - np.float32(1.0) else beyond + none
    return beam_at[int(bottom)], beam_at[int(top) + 1] - 1
