"""What a recording says of an actor's motion at any time: place, heading, velocity, yaw rate, acceleration.

Positions and headings are cubic Hermite curves through the recorded samples with central differences as tangents
(Catmull–Rom), so they pass through every sample exactly, and velocities and yaw rates are their derivatives; headings
turn along the shorter arc. Recorded positions carry noise that a difference of differences would amplify to many g:
accelerations are the slope of the velocity fitted over ±0.5 s.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import wrap_angle
from simengine.road.files.recording import RecordedTracks

FIT = 0.5  # half the window of the fits [s]


class Recording(NamedTuple):
    """A recording laid out for replay: one row of samples per recorded actor."""

    time_step: float  # [s]
    row: NDArray[np.int64]  # of every actor of the world, −1 for none. (num_actors,)
    valid: NDArray[np.bool_]  # (num_rows, num_samples)
    position: NDArray[np.float64]  # box center [m]. (num_rows, num_samples, 2)
    tangent: NDArray[np.float64]  # [m/s]. (num_rows, num_samples, 2)
    heading: NDArray[np.float64]  # [rad]. (num_rows, num_samples)
    fitted: NDArray[np.float64]  # velocity fitted over ±0.5 s [m/s]. (num_rows, num_samples, 2)
    yaw_rate: NDArray[np.float64]  # tangent of the heading [rad/s]. (num_rows, num_samples)
    acceleration: NDArray[np.float64]  # slope of the velocity over ±0.5 s [m/s²]. (num_rows, num_samples, 2)


def lay_out(tracks: RecordedTracks, time_step: float, row: NDArray[np.int64]) -> Recording:
    """Prepare tracks for replay.

    Args:
        tracks: The recording.
        time_step: Between samples [s].
        row: Track of every actor of the world, −1 for none. Shape (num_actors,).
    """
    tangent, fitted = np.zeros_like(tracks.position), np.zeros_like(tracks.position)
    fit_velocities(tracks.valid, tracks.position, time_step, FIT, tangent, fitted)
    yaw_rate, acceleration = np.zeros_like(tracks.heading), np.zeros_like(tracks.position)
    turn_rates(tracks.valid, tracks.heading, time_step, yaw_rate)
    fit_slopes(tracks.valid, tangent, time_step, FIT, acceleration)
    return Recording(
        time_step, row, tracks.valid, tracks.position, tangent, tracks.heading, fitted, yaw_rate, acceleration
    )


@njit(cache=True, _nrt=False)
def fit_velocities(
    valid: NDArray[np.bool_],
    position: NDArray[np.float64],
    time_step: float,
    half_window: float,
    tangent: NDArray[np.float64],
    fitted: NDArray[np.float64],
) -> None:
    """Write central differences and least-squares slopes of every track.

    Args:
        valid: Shape (num_rows, num_samples).
        position: [m]. Shape (num_rows, num_samples, 2).
        time_step: [s].
        half_window: Of the fit [s].
        tangent: Central differences, one-sided at the ends [m/s]. Shape (num_rows, num_samples, 2).
        fitted: Slopes [m/s]. Shape (num_rows, num_samples, 2).
    """
    reach = max(1, round(half_window / time_step))
    for r in range(valid.shape[0]):
        for k in range(valid.shape[1]):
            if not valid[r, k]:
                continue
            low = k - 1 if k > 0 and valid[r, k - 1] else k
            high = k + 1 if k + 1 < valid.shape[1] and valid[r, k + 1] else k
            if high > low:
                for c in range(2):
                    tangent[r, k, c] = (position[r, high, c] - position[r, low, c]) / ((high - low) * time_step)
            first, last = _window(valid, r, k, reach, 0)
            for c in range(2):
                fitted[r, k, c] = _slope(position, r, first, last, c) / time_step


@njit(cache=True, _nrt=False)
def _window(valid: NDArray[np.bool_], r: int, k: int, reach: int, least: int) -> tuple[int, int]:
    """Return the first and last of the samples around one that are no farther than `reach` and without a gap.

    At an end of the track the window goes on to the other side until it is `least` steps long.
    """
    first, last = k, k
    while first > 0 and k - first < reach and valid[r, first - 1]:
        first -= 1
    while last + 1 < valid.shape[1] and last - k < reach and valid[r, last + 1]:
        last += 1
    while first > 0 and last - first < least and valid[r, first - 1]:
        first -= 1
    while last + 1 < valid.shape[1] and last - first < least and valid[r, last + 1]:
        last += 1
    return first, last


@njit(cache=True, _nrt=False)
def _slope(values: NDArray[np.float64], r: int, first: int, last: int, c: int) -> float:
    """Return the least-squares slope of a component over the samples first to last [1/sample]; 0 of a single one."""
    middle, weight, total = 0.5 * (first + last), 0.0, 0.0
    for i in range(first, last + 1):
        weight += (i - middle) ** 2
        total += (i - middle) * values[r, i, c]
    return total / weight if weight > 0.0 else 0.0


@njit(cache=True, _nrt=False)
def fit_slopes(
    valid: NDArray[np.bool_],
    values: NDArray[np.float64],
    time_step: float,
    half_window: float,
    out: NDArray[np.float64],
) -> None:
    """Write the least-squares slope of a vector around every sample; see `fit_velocities` for the arguments.

    At the ends of a track the window is as long as within it: half of one would double the noise.
    """
    reach = max(1, round(half_window / time_step))
    for r in range(valid.shape[0]):
        for k in range(valid.shape[1]):
            if valid[r, k]:
                first, last = _window(valid, r, k, reach, 2 * reach)
                for c in range(2):
                    out[r, k, c] = _slope(values, r, first, last, c) / time_step


@njit(cache=True, _nrt=False)
def turn_rates(
    valid: NDArray[np.bool_], heading: NDArray[np.float64], time_step: float, out: NDArray[np.float64]
) -> None:
    """Write central differences of every track's heading, one-sided at the ends [rad/s].

    Args:
        valid: Shape (num_rows, num_samples).
        heading: [rad]. Shape (num_rows, num_samples).
        time_step: [s].
        out: Shape (num_rows, num_samples).
    """
    for r in range(valid.shape[0]):
        for k in range(valid.shape[1]):
            if not valid[r, k]:
                continue
            turned, steps = 0.0, 0
            if k > 0 and valid[r, k - 1]:
                turned, steps = turned + wrap_angle(heading[r, k] - heading[r, k - 1]), steps + 1
            if k + 1 < valid.shape[1] and valid[r, k + 1]:
                turned, steps = turned + wrap_angle(heading[r, k + 1] - heading[r, k]), steps + 1
            out[r, k] = turned / (steps * time_step) if steps > 0 else 0.0


@njit(cache=True, _nrt=False)
def recorded_pose(
    time_step: float,
    valid: NDArray[np.bool_],
    position: NDArray[np.float64],
    tangent: NDArray[np.float64],
    heading: NDArray[np.float64],
    yaw_rate: NDArray[np.float64],
    r: int,
    time: float,
) -> tuple[bool, float, float, float, float, float, float]:
    """Return whether a track is there at a time [s], and x, y [m], heading [rad], vx, vy [m/s], yaw rate [rad/s].

    Args:
        time_step: Between samples [s].
        valid: Shape (num_tracks, num_samples).
        position: [m]. Shape (num_tracks, num_samples, 2).
        tangent: Rate of change of the position [m/s]. The same shape.
        heading: [rad]. Shape (num_tracks, num_samples).
        yaw_rate: [rad/s]. The same shape.
        r: Which track.
        time: [s].
    """
    num_samples = valid.shape[1]
    at = time / time_step
    k = int(math.floor(at + 1e-9))
    f = max(0.0, at - k)
    if k < 0 or k >= num_samples or not valid[r, k]:
        return False, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    if f < 1e-9:
        vx, vy = tangent[r, k, 0], tangent[r, k, 1]
        return True, position[r, k, 0], position[r, k, 1], heading[r, k], vx, vy, yaw_rate[r, k]
    if k + 1 >= num_samples or not valid[r, k + 1]:
        return False, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    f2, f3 = f * f, f * f * f
    a, b, c, d = 2 * f3 - 3 * f2 + 1, f3 - 2 * f2 + f, -2 * f3 + 3 * f2, f3 - f2
    da, db, dc, dd = 6 * f2 - 6 * f, 3 * f2 - 4 * f + 1, -6 * f2 + 6 * f, 3 * f2 - 2 * f
    h = time_step
    x = a * position[r, k, 0] + b * h * tangent[r, k, 0] + c * position[r, k + 1, 0] + d * h * tangent[r, k + 1, 0]
    y = a * position[r, k, 1] + b * h * tangent[r, k, 1] + c * position[r, k + 1, 1] + d * h * tangent[r, k + 1, 1]
    vx = (da * position[r, k, 0] + dc * position[r, k + 1, 0]) / h + db * tangent[r, k, 0] + dd * tangent[r, k + 1, 0]
    vy = (da * position[r, k, 1] + dc * position[r, k + 1, 1]) / h + db * tangent[r, k, 1] + dd * tangent[r, k + 1, 1]
    turn = wrap_angle(heading[r, k + 1] - heading[r, k])
    yaw = heading[r, k] + b * h * yaw_rate[r, k] + c * turn + d * h * yaw_rate[r, k + 1]
    rate = dc * turn / h + db * yaw_rate[r, k] + dd * yaw_rate[r, k + 1]
    return True, x, y, wrap_angle(yaw), vx, vy, rate


@njit(cache=True, _nrt=False)
def recorded_acceleration(
    time_step: float, acceleration: NDArray[np.float64], r: int, time: float
) -> tuple[float, float]:
    """Return the acceleration of a track that is there at a time [s], between samples on the line, x and y [m/s²]."""
    at = time / time_step
    k = int(math.floor(at + 1e-9))
    f = max(0.0, at - k)
    x, y = acceleration[r, k, 0], acceleration[r, k, 1]
    if f < 1e-9:
        return x, y
    return x + f * (acceleration[r, k + 1, 0] - x), y + f * (acceleration[r, k + 1, 1] - y)
