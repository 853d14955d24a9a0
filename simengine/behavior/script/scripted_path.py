"""How a scripted vehicle drives along a polyline: by pure pursuit (Coulter, CMU-RI-TR-92-01), slower in its corners.

Pure pursuit of a point at a distance l turns with the curvature 2 sin(α)/l, α being the bearing of the point; a corner
of the polyline is therefore taken with the curvature that its turn within l asks for.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

PURSUIT_TIME, PURSUIT_LEAST, PURSUIT_MOST = 0.8, 3.0, 40.0  # look-ahead [s], [m], [m]
ARRIVED = 0.3  # from the last point [m]
SLOWING = 2.0  # deceleration before corners and the end [m/s²]
LAG = 1.0  # by which a vehicle comes to stand farther on than it was told, as speeds are taken up with a lag [m]
SLOWEST = 0.5  # in the tightest corner [m/s]


def turns_of(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much a polyline turns at each of its points [rad]; 0 at the ends. Shape (num_points,)."""
    step = np.diff(points, axis=0)
    heading = [math.atan2(dy, dx) for dx, dy in step.tolist()]
    turns = np.zeros(len(points))
    for k in range(1, len(points) - 1):
        turns[k] = math.remainder(heading[k] - heading[k - 1], 2.0 * math.pi)
    return turns


def sharpest_corner(points: NDArray[np.float64], radius: float) -> int:
    """Return the first point whose corner a vehicle cannot turn in the way there is, −1 if there is none.

    Args:
        points: Shape (num_points, 2) [m].
        radius: Of its tightest turn [m].
    """
    turns = turns_of(points)
    way = np.hypot(*np.diff(points, axis=0).T)
    for k in range(1, len(points) - 1):
        before = way[k - 1] if k == 1 else 0.5 * way[k - 1]
        after = way[k] if k == len(points) - 2 else 0.5 * way[k]
        if abs(turns[k]) > math.radians(150.0) or radius * math.tan(0.5 * abs(turns[k])) > min(before, after) + 1e-6:
            return k
    return -1


def pursuit_reach(points: NDArray[np.float64], radius: float) -> float:
    """Return the least look-ahead with which a vehicle makes the corners of a path [m]; `radius`: its tightest turn."""
    sharpest = float(np.abs(turns_of(points)).max())
    return max(PURSUIT_LEAST, 2.0 * radius * math.sin(min(sharpest, 0.5 * math.pi)))


def corner_speeds(
    points: NDArray[np.float64], speed: float, lateral_acceleration: float, reach: float
) -> NDArray[np.float64]:
    """Return the greatest speed at each point of a path [m/s], 0 at its end. Shape (num_points,).

    Args:
        points: Shape (num_points, 2) [m].
        speed: Asked for [m/s].
        lateral_acceleration: Not to be exceeded [m/s²].
        reach: Least look-ahead [m].
    """
    turns = turns_of(points)
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    found = np.full(len(points), speed)
    for k in range(1, len(points) - 1):
        best = SLOWEST
        for ahead in np.linspace(reach, max(reach, PURSUIT_TIME * speed), 24):
            within = (way >= way[k]) & (way < way[k] + ahead)
            turned = max(1e-6, math.sin(min(0.5 * math.pi, abs(float(turns[within].sum())))))
            pace = ahead / PURSUIT_TIME  # at which it looks so far ahead
            best = max(best, min(pace, math.sqrt(0.5 * lateral_acceleration * ahead / turned)))
        found[k] = min(speed, best) if abs(turns[k]) > 1e-3 else speed
    found[-1] = 0.0
    return found


@njit(cache=True, _nrt=False)
def allowed_speed(
    path: NDArray[np.float64], limit: NDArray[np.float64], index: int, length: int, x: float, y: float, reach: float
) -> float:
    """Return how fast a vehicle may be on its path now [m/s].

    Args:
        path: Points [m]. Shape (MAX_POINTS, 2).
        limit: `corner_speeds` of them [m/s].
        index: Next point.
        length: Points.
        x, y: Where it is [m].
        reach: How far before a corner it begins to turn [m].
    """
    best = limit[max(0, index - 1)] ** 2 if index > 0 and limit[index - 1] > 0.0 else math.inf
    way, px, py = 0.0, x, y
    for k in range(index, length):
        way += math.sqrt((path[k, 0] - px) ** 2 + (path[k, 1] - py) ** 2)
        px, py = path[k, 0], path[k, 1]
        begins = way - LAG if k == length - 1 else way - reach
        best = min(best, limit[k] ** 2 + 2.0 * SLOWING * max(0.0, begins))
    return math.sqrt(best)


@njit(cache=True, _nrt=False)
def next_point(
    path: NDArray[np.float64],
    length: int,
    index: NDArray[np.int32],
    a: int,
    x: float,
    y: float,
    yaw: float,
    reach: float,
) -> tuple[float, float, bool]:
    """Return the vector to the point of a path at least `reach` ahead [m], and whether the path goes on.

    Args:
        path: Points [m]. Shape (MAX_POINTS, 2).
        length: Points.
        index: Next point of everybody; moved on.
        a: Whose.
        x, y: Where it is [m].
        yaw: Where it heads; NaN for a walker, who may turn on the spot [rad].
        reach: Look-ahead [m].
    """
    last = length - 1
    while index[a] <= last:
        dx, dy = path[index[a], 0] - x, path[index[a], 1] - y
        distance = math.sqrt(dx * dx + dy * dy)
        if index[a] == last:
            passed = not math.isnan(yaw) and dx * math.cos(yaw) + dy * math.sin(yaw) <= 0.0
            if distance > ARRIVED and not passed:
                return dx, dy, True
            index[a] += 1
            return dx, dy, False
        if distance >= reach:
            return dx, dy, True
        index[a] += 1
    return 0.0, 0.0, False
