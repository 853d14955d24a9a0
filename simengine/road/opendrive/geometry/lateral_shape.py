"""The lateral shape of a road (`<lateralProfile><shape>`): height over the plane that superelevation inclines.

ASAM OpenDRIVE 1.8, chapter "Road shape": at every s that has records the height is a piecewise cubic of t, between two
such s it is interpolated linearly for each t. Heights are along the normal of the inclined plane. Lanes marked `level`
are left out of it and stay as high as their inner neighbor's edge. What the format leaves open: before the first and
behind the last s its profile goes on; right of a profile's first record its height there goes on.

A lane is plane across, so it takes the shape's height at its center and the mean slope between its edges.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

MAX_SLOPE = 1.0  # across a lane, as an angle; what is steeper is a curb that no plane lane can show [rad]


class LateralShape(NamedTuple):
    """Profiles of one road, each a piecewise cubic of t."""

    s: NDArray[np.float64]  # of the profiles, ascending (num_profiles,) [m]
    first: NDArray[np.int64]  # CSR into the records (num_profiles + 1,)
    t: NDArray[np.float64]  # where a record starts, ascending within a profile (num_records,) [m]
    coefficient: NDArray[np.float64]  # (num_records, 4)


@njit(cache=True)
def _profile_height(shape: LateralShape, k: int, t: float) -> float:
    begin, end = shape.first[k], shape.first[k + 1]
    i = begin
    while i + 1 < end and shape.t[i + 1] <= t:
        i += 1
    dt = max(t - shape.t[i], 0.0)
    c = shape.coefficient
    return c[i, 0] + dt * (c[i, 1] + dt * (c[i, 2] + dt * c[i, 3]))


@njit(cache=True)
def shape_height(shape: LateralShape, s: float, t: float) -> float:
    """Return the height over the inclined plane [m] at s and t [m]."""
    last = shape.s.shape[0] - 1
    k = np.searchsorted(shape.s, s, side="right") - 1
    if k < 0:
        return _profile_height(shape, 0, t)
    if k >= last:
        return _profile_height(shape, last, t)
    f = (s - shape.s[k]) / (shape.s[k + 1] - shape.s[k])
    return (1.0 - f) * _profile_height(shape, k, t) + f * _profile_height(shape, k + 1, t)


@njit(cache=True)
def lay_on_shape(
    shape: LateralShape,
    station: NDArray[np.float64],
    heading: NDArray[np.float64],
    offset: NDArray[np.float64],
    roll: NDArray[np.float64],
    side: float,
    width: NDArray[np.float64],
    level: NDArray[np.bool_],
    point: NDArray[np.float64],
    bank: NDArray[np.float64],
) -> None:
    """Raise one side's lanes, laid on the inclined plane, onto the lateral shape.

    Args:
        shape: Of the road.
        station: Shape (num_stations,) [m].
        heading: Of the reference line [rad]. Shape (num_stations,).
        offset: Of the center lane to the left of the reference line [m]. Shape (num_stations,).
        roll: Superelevation [rad]. Shape (num_stations,).
        side: 1 for the left, −1 for the right.
        width: Of the lanes outwards [m]. Shape (num_lanes, num_stations).
        level: Lanes that stay level. Shape (num_lanes,).
        point: Center lines, moved [m]. Shape (num_lanes, num_stations, 3).
        bank: Inclinations, added to [rad]. Shape (num_lanes, num_stations).
    """
    for i in range(station.shape[0]):
        s, t = station[i], offset[i]
        inner = shape_height(shape, s, t)  # the shape's own height at the lane's inner edge
        up = inner  # what that edge is raised by: less where level lanes lie within
        for k in range(width.shape[0]):
            w = width[k, i]
            outer = shape_height(shape, s, t + side * w)
            rise, slope = 0.0, 0.0
            if not level[k]:
                rise = shape_height(shape, s, t + 0.5 * side * w) - inner
                slope = math.atan(side * (outer - inner) / w) if w > 1e-3 else 0.0
            lift = up + rise
            aside = -lift * math.sin(roll[i])
            point[k, i, 0] -= aside * math.sin(heading[i])
            point[k, i, 1] += aside * math.cos(heading[i])
            point[k, i, 2] += lift * math.cos(roll[i])
            bank[k, i] += min(max(slope, -MAX_SLOPE), MAX_SLOPE)
            if not level[k]:
                up += outer - inner
            inner = outer
            t += side * w
