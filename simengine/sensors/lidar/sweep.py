"""A sweep of a spinning LiDAR: where and when its beams look, where things are meanwhile, and what they hit."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

MOST_COLUMNS = 256  # of a slice, a multiple of COLUMN_RUN
COLUMN_RUN = 4  # columns are cut by whole runs, those beyond the last in vain, as vectors hold so many


class BeamPattern(NamedTuple):
    """Where the beams of a sweep look; columns in order of time, clockwise from the rear."""

    tangent: NDArray[np.float32]  # of the beams' elevations, ascending. (num_beams,)
    secant: NDArray[np.float32]  # range over horizontal distance of each beam. (num_beams,)
    cosine: NDArray[np.float64]  # of the elevation, from the tangent's square in single precision. (num_beams,)
    azimuth: NDArray[np.float64]  # of each column, counter-clockwise from x, evenly spaced [rad]. (num_columns,)
    direction: NDArray[np.float64]  # cosine and sine of each column's azimuth. (2, num_columns)


class SweepSlices(NamedTuple):
    """Runs of neighboring columns that lie between the same two knots in time."""

    first_column: NDArray[np.int32]  # CSR, (num_slices + 1,)
    knot: NDArray[np.int32]  # the earlier knot. (num_slices,)
    azimuth: NDArray[np.float64]  # of the slice's middle [rad]. (num_slices,)
    fraction: NDArray[np.float32]  # of the way to the later knot. (num_columns,)
    time_ns: NDArray[np.int64]  # when each column fires. (num_columns,)


class SweepPoses(NamedTuple):
    """Where the parts are at the knots of a sweep."""

    sensor_from_part: NDArray[np.float64]  # (num_knots, num_parts, 3, 4)
    shown: NDArray[np.bool_]  # parts that are in the world from a knot to the next. (num_knots, num_parts)


class SweepHits(NamedTuple):
    """The first hit of every beam of a sweep."""

    distance: NDArray[np.float32]  # range [m], infinity where nothing was hit. (num_columns, num_beams)
    triangle: NDArray[np.int32]  # the scene's, −1 where nothing was hit. (num_columns, num_beams)


class ColumnRun(NamedTuple):
    """A slice of a sweep as bounds need it: evenly spaced columns, clockwise, no more than a quarter of the turn."""

    count: int  # columns
    knot: int  # before the run
    later: int  # the knot after it
    begin: float  # fraction of the way between the knots at the first column
    end: float  # at the last column
    azimuth: float  # of the middle [rad]
    cos_middle: float  # of that azimuth
    sin_middle: float
    cos_edge: float  # of the angle from the middle to a little beyond the ends, less than a right angle
    sin_edge: float
    columns_per_radian: float
    max_range: float  # beyond it nothing counts as hit [m]


class ColumnPlanes(NamedTuple):
    """What cuts triangles at each column of a run, in single precision; with room to go on to a whole COLUMN_RUN."""

    fraction: NDArray[np.float32]  # of the way between the knots. (MOST_COLUMNS + COLUMN_RUN,)
    cosine: NDArray[np.float32]  # of the azimuth. (MOST_COLUMNS + COLUMN_RUN,)
    sine: NDArray[np.float32]  # (MOST_COLUMNS + COLUMN_RUN,)


def spinning_pattern(lowest: float, highest: float, channels: int, columns: int) -> BeamPattern:
    """Return evenly spaced beams from `lowest` to `highest` elevation [rad] and columns clockwise from the rear."""
    steps = max(channels - 1, 1)
    elevation = [lowest + (highest - lowest) * b / steps for b in range(channels)]
    azimuth = [math.pi - 2.0 * math.pi * (c + 0.5) / columns for c in range(columns)]
    tangent = np.array([math.tan(e) for e in elevation], np.float32)
    return BeamPattern(
        tangent=tangent,
        secant=np.array([1.0 / math.cos(e) for e in elevation], np.float32),
        cosine=np.array([1.0 / math.sqrt(1.0 + square) for square in (tangent * tangent).tolist()]),
        azimuth=np.array(azimuth),
        direction=np.array([[math.cos(a) for a in azimuth], [math.sin(a) for a in azimuth]]),
    )


def plan_slices(pattern: BeamPattern, column_time: NDArray[np.int64], knot_time: NDArray[np.int64]) -> SweepSlices:
    """Cut a sweep's columns into slices between knots.

    Args:
        pattern: Where the columns look.
        column_time: When each column fires [ns], ascending. Shape (num_columns,).
        knot_time: Instants at which the parts are placed [ns], ascending, around all columns. Shape (num_knots,).
    """
    columns = len(pattern.azimuth)
    knot = np.clip(np.searchsorted(knot_time, column_time, side="left") - 1, 0, max(len(knot_time) - 2, 0))
    later = np.minimum(knot + 1, len(knot_time) - 1)
    span = np.maximum(knot_time[later] - knot_time[knot], 1)
    longest = max(1, min(MOST_COLUMNS, columns // 8))
    begins = np.concatenate([[0], np.flatnonzero(np.diff(knot)) + 1, [columns]])
    first: list[int] = []
    for begin, end in zip(begins[:-1].tolist(), begins[1:].tolist()):
        pieces = -(-(end - begin) // longest)
        first += [begin + (end - begin) * k // pieces for k in range(pieces)]
    start = np.array(first, np.int32)
    stop = np.append(start[1:], columns)
    return SweepSlices(
        first_column=np.append(start, columns).astype(np.int32),
        knot=knot[start].astype(np.int32),
        azimuth=0.5 * (pattern.azimuth[start] + pattern.azimuth[stop - 1]),
        fraction=((column_time - knot_time[knot]) / span).astype(np.float32),
        time_ns=column_time,
    )


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def column_run(slices: SweepSlices, s: int, num_knots: int, max_range: float) -> ColumnRun:
    """Return slice `s` of a sweep with `num_knots` knots as a run of columns; `max_range` in meters."""
    c0, count, knot = slices.first_column[s], slices.first_column[s + 1] - slices.first_column[s], slices.knot[s]
    azimuth = slices.azimuth[s]
    columns_per_radian = slices.fraction.shape[0] / (2.0 * math.pi)
    edge = 0.5 * count / columns_per_radian
    return ColumnRun(
        count,
        knot,
        min(knot + 1, num_knots - 1),
        float(slices.fraction[c0]),
        float(slices.fraction[c0 + count - 1]),
        azimuth,
        math.cos(azimuth),
        math.sin(azimuth),
        math.cos(edge),
        math.sin(edge),
        columns_per_radian,
        max_range,
    )


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def fill_planes(pattern: BeamPattern, slices: SweepSlices, s: int, columns: ColumnPlanes) -> None:
    """Write the planes of the columns of slice `s`."""
    c0 = slices.first_column[s]
    for i in range(slices.first_column[s + 1] - c0):
        columns.fraction[i] = slices.fraction[c0 + i]
        columns.cosine[i], columns.sine[i] = pattern.direction[0, c0 + i], pattern.direction[1, c0 + i]
