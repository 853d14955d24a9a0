"""The surface of one lane: its height and slope, with superelevation and what rises above the banked points."""

import math

from numba import njit

from simengine.road.network.frenet import Floats, turned_normal
from simengine.road.network.network import LEFT_FOOT, LEFT_TOP, RIGHT_FOOT, RIGHT_TOP

CURB_RAMP = 0.1  # width of the edge over which a raised lane rises [m]


@njit(cache=True, _nrt=False)
def is_raised(rise: Floats, i: int) -> bool:
    """Tell whether a lane's surface lies above its points along segment i."""
    return max(rise[i, LEFT_TOP], rise[i, RIGHT_TOP], rise[i + 1, LEFT_TOP], rise[i + 1, RIGHT_TOP]) > 0.0


@njit(cache=True, _nrt=False)
def rise_at(rise: Floats, i: int, f: float, width: float, t: float) -> float:
    """Return how far a lane's surface lies above its banked points [m]; the one place that says so.

    Args:
        rise: Across the lane, `RoadNetwork.point_rise` [m]. Shape (num_points, 4).
        i, f: Segment and fraction of it.
        width: Of the lane there [m].
        t: To the left of the center line, within the lane [m].
    """
    top = rise[i, LEFT_TOP] + f * (rise[i + 1, LEFT_TOP] - rise[i, LEFT_TOP])
    right = rise[i, RIGHT_TOP] + f * (rise[i + 1, RIGHT_TOP] - rise[i, RIGHT_TOP])
    if top != right and width > 0.0:
        top = right + (top - right) * min(1.0, max(0.0, 0.5 + t / width))
    side = LEFT_FOOT if t >= 0.0 else RIGHT_FOOT
    foot = rise[i, side] + f * (rise[i + 1, side] - rise[i, side])
    if foot == top:
        return top
    return foot + (top - foot) * min(1.0, max(0.0, (0.5 * width - abs(t)) / CURB_RAMP))


@njit(cache=True, _nrt=False)
def rise_slope(rise: Floats, point_s: Floats, i: int, f: float, width: float) -> tuple[float, float]:
    """Return the slope of a raised lane's top against its banked points, along the lane and to the left."""
    left, right = rise[i, LEFT_TOP], rise[i, RIGHT_TOP]
    more_left, more_right = rise[i + 1, LEFT_TOP] - left, rise[i + 1, RIGHT_TOP] - right
    along = 0.5 * (more_left + more_right) / (point_s[i + 1] - point_s[i])
    across = left + f * more_left - right - f * more_right
    return along, across / width if across != 0.0 and width > 0.0 else 0.0


@njit(cache=True, _nrt=False)
def surface_height(z: float, width: float, bank: float, t: float, rise: float) -> float:
    """Return the height of a lane's surface at t to its left [m]; level past the edges.

    Args:
        z: Of the center line [m].
        width: Of the lane [m].
        bank: Superelevation, positive lifts the left edge [rad].
        t: To the left of the center line [m].
        rise: Of the surface above the banked points, 0 beside the lane [m].
    """
    if bank != 0.0:
        z += math.tan(bank) * min(0.5 * width, max(-0.5 * width, t))
    return z + rise if rise != 0.0 else z


@njit(cache=True, _nrt=False)
def grade_at(position: Floats, point_s: Floats, begin: int, end: int, i: int, f: float) -> float:
    """Return the rise over run at fraction f of segment i, between those that its ends' neighbors give."""
    a, b, c = max(i - 1, begin), i + 1, min(i + 2, end - 1)
    here = (position[b, 2] - position[a, 2]) / (point_s[b] - point_s[a])
    there = (position[c, 2] - position[i, 2]) / (point_s[c] - point_s[i])
    return here + f * (there - here)


@njit(cache=True, _nrt=False)
def surface_slope(
    position: Floats,
    point_s: Floats,
    tangent: Floats,
    point_width: Floats,
    point_bank: Floats,
    point_rise: Floats,
    begin: int,
    end: int,
    i: int,
    f: float,
    beside: bool,
) -> tuple[float, float]:
    """Return the slope of a lane's surface along x and y [m/m].

    Args:
        position, point_s, tangent, point_width, point_bank, point_rise: Of all points, as in `LaneArrays`.
        begin, end: The lane's points are begin … end − 1.
        i, f: Segment and fraction of it.
        beside: Beside the lane, where its superelevation and its rise are left out.
    """
    grade = grade_at(position, point_s, begin, end, i, f)
    nx, ny = turned_normal(tangent[i, 0], tangent[i, 1], tangent[i + 1, 0], tangent[i + 1, 1], f)
    bank = 0.0 if beside else point_bank[i] + f * (point_bank[i + 1] - point_bank[i])
    across = math.tan(bank) if bank != 0.0 else 0.0
    if not beside:
        width = point_width[i] + f * (point_width[i + 1] - point_width[i])
        more_along, more_across = rise_slope(point_rise, point_s, i, f, width)
        grade += more_along
        across += more_across
    return grade * ny + across * nx, -grade * nx + across * ny
