"""Which lanes of a junction cannot be driven at once: pairs whose swept areas overlap, and where."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

CLEARANCE = 3.0  # lanes farther apart in height pass over each other [m]
EDGE_MARGIN = 0.25  # taken off each half width: neighbors that touch do not conflict [m]
STEP = 0.5  # along the lane between cross sections [m]
SAMPLES = 7  # across the lane


@njit(cache=True)
def half_sweep(width: float) -> float:
    """Return half the width that a vehicle on a lane of this width may sweep [m]."""
    return max(0.5 * width - EDGE_MARGIN, 0.35 * width)


@njit(cache=True)
def overlap(
    position: NDArray[np.float64],
    heading: NDArray[np.float64],
    width: NDArray[np.float64],
    s: NDArray[np.float64],
    a_begin: int,
    a_end: int,
    b_begin: int,
    b_end: int,
    ranges: NDArray[np.float64],
) -> bool:
    """Widen `ranges` by the part where cross sections of lane a lie within lane b; say whether there is any.

    Args:
        position, heading, width, s: Per point, as in `RoadNetwork`.
        a_begin, a_end, b_begin, b_end: The points of the two lanes.
        ranges: Updated: enter and leave on a, enter and leave on b [m]. Shape (4,).
    """
    found = False
    for i in range(a_begin, a_end - 1):
        length = s[i + 1] - s[i]
        steps = max(1, int(math.ceil(length / STEP)))
        c, d = math.cos(heading[i]), math.sin(heading[i])
        for k in range(steps + 1):
            f = k / steps
            x = position[i, 0] + f * (position[i + 1, 0] - position[i, 0])
            y = position[i, 1] + f * (position[i + 1, 1] - position[i, 1])
            z = position[i, 2] + f * (position[i + 1, 2] - position[i, 2])
            reach = half_sweep(width[i] + f * (width[i + 1] - width[i]))
            for j in range(SAMPLES):
                t = reach * (2.0 * j / (SAMPLES - 1) - 1.0)
                hit, where = _inside(position, width, s, b_begin, b_end, x - d * t, y + c * t, z)
                if hit:
                    found = True
                    ranges[0] = min(ranges[0], s[i] + f * length)
                    ranges[1] = max(ranges[1], s[i] + f * length)
                    ranges[2] = min(ranges[2], where)
                    ranges[3] = max(ranges[3], where)
    return found


@njit(cache=True)
def _inside(
    position: NDArray[np.float64],
    width: NDArray[np.float64],
    s: NDArray[np.float64],
    begin: int,
    end: int,
    x: float,
    y: float,
    z: float,
) -> tuple[bool, float]:
    """Say whether a point lies within the swept area of a lane, and at which arc length [m].

    Args:
        position: Points of all lanes [m]. Shape (num_points, 3).
        width: Of the lanes there [m]. Shape (num_points,).
        s: Arc length [m]. Shape (num_points,).
        begin, end: The lane's points are begin … end − 1.
        x, y, z: The place [m].
    """
    best, where = 1e300, 0.0
    for i in range(begin, end - 1):
        dx, dy = position[i + 1, 0] - position[i, 0], position[i + 1, 1] - position[i, 1]
        f = ((x - position[i, 0]) * dx + (y - position[i, 1]) * dy) / (dx * dx + dy * dy)
        if (i == begin and f < 0.0) or (i == end - 2 and f > 1.0):
            continue
        f = min(1.0, max(0.0, f))
        ex, ey = x - position[i, 0] - f * dx, y - position[i, 1] - f * dy
        distance = ex * ex + ey * ey
        reach = half_sweep(width[i] + f * (width[i + 1] - width[i]))
        height = position[i, 2] + f * (position[i + 1, 2] - position[i, 2]) - z
        if distance <= reach * reach and distance < best and abs(height) < CLEARANCE:
            best = distance
            where = s[i] + f * (s[i + 1] - s[i])
    return best < 1e300, where


@njit(cache=True)
def pair_conflicts(
    position: NDArray[np.float64],
    heading: NDArray[np.float64],
    width: NDArray[np.float64],
    s: NDArray[np.float64],
    first: NDArray[np.int32],
    pairs: NDArray[np.int32],
    ranges: NDArray[np.float64],
    found: NDArray[np.bool_],
) -> None:
    """Test pairs of lanes for overlap.

    Args:
        position, heading, width, s, first: As in `RoadNetwork`.
        pairs: Lanes to test. Shape (num_pairs, 2).
        ranges: Written: enter and leave on either lane [m]. Shape (num_pairs, 4).
        found: Written. Shape (num_pairs,).
    """
    swapped = np.empty(4)
    for k in range(len(pairs)):
        a, b = pairs[k, 0], pairs[k, 1]
        ranges[k, 0], ranges[k, 1], ranges[k, 2], ranges[k, 3] = 1e300, -1e300, 1e300, -1e300
        hit = overlap(position, heading, width, s, first[a], first[a + 1], first[b], first[b + 1], ranges[k])
        swapped[0], swapped[1], swapped[2], swapped[3] = ranges[k, 2], ranges[k, 3], ranges[k, 0], ranges[k, 1]
        back = overlap(position, heading, width, s, first[b], first[b + 1], first[a], first[a + 1], swapped)
        ranges[k, 0], ranges[k, 1], ranges[k, 2], ranges[k, 3] = swapped[2], swapped[3], swapped[0], swapped[1]
        found[k] = hit or back


def candidate_pairs(
    lanes: NDArray[np.int32],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    predecessors: list[set[int]],
    successors: list[set[int]],
) -> NDArray[np.int32]:
    """Return a junction's pairs of lanes whose bounding boxes meet and which neither diverge nor follow each other.

    Args:
        lanes: Lanes of the junction. Shape (num_lanes,).
        low, high: Bounding boxes of all lanes, with half widths [m]. Shape (num_all_lanes, 3).
        predecessors, successors: Of all lanes.
    """
    meets = ((low[lanes][:, None] <= high[lanes][None]) & (high[lanes][:, None] >= low[lanes][None])).all(axis=2)
    pairs = [
        (a, b)
        for a, b in zip(*(lanes[index] for index in np.nonzero(np.triu(meets, 1))), strict=True)
        if not (predecessors[a] & predecessors[b]) and b not in successors[a] and a not in successors[b]
    ]
    return np.array(pairs, np.int32).reshape(-1, 2)
