"""Measures of single polylines in plan view: length, foot of a point, turning."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import wrap_angle
from simengine.road.network.network import Turn

STRAIGHT = math.radians(30.0)  # a lane through a junction that turns by less leads straight on [rad]


@njit(cache=True)
def arc_lengths(points: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write the length in plan view up to every point [m]. Shapes (n, 2 or 3), (n,)."""
    out[0] = 0.0
    for i in range(1, points.shape[0]):
        dx, dy = points[i, 0] - points[i - 1, 0], points[i, 1] - points[i - 1, 1]
        out[i] = out[i - 1] + math.sqrt(dx * dx + dy * dy)


def lengths(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the length in plan view up to every point [m]. Shape (n, 2 or 3) → (n,)."""
    out = np.zeros(len(points))
    arc_lengths(points, out)
    return out


@njit(cache=True)
def foot(points: NDArray[np.float64], x: float, y: float) -> float:
    """Return the length along a polyline at the point of it nearest to (x, y) [m]. Shape (n, 2 or 3)."""
    best, at, s = np.inf, 0.0, 0.0
    for i in range(points.shape[0] - 1):
        px, py = points[i, 0], points[i, 1]
        dx, dy = points[i + 1, 0] - px, points[i + 1, 1] - py
        square = dx * dx + dy * dy
        length = math.sqrt(square)
        u = min(1.0, max(0.0, ((x - px) * dx + (y - py) * dy) / square)) if square > 0.0 else 0.0
        ex, ey = px + u * dx - x, py + u * dy - y
        away = ex * ex + ey * ey
        if away < best:
            best, at = away, s + u * length
        s += length
    return at


@njit(cache=True)
def crossing_point(points: NDArray[np.float64], ax: float, ay: float, bx: float, by: float) -> float:
    """Return the length along a polyline at which it first meets the segment a–b [m], or −1 if it does not."""
    s = 0.0
    for i in range(points.shape[0] - 1):
        dx, dy = points[i + 1, 0] - points[i, 0], points[i + 1, 1] - points[i, 1]
        ex, ey = bx - ax, by - ay
        qx, qy = ax - points[i, 0], ay - points[i, 1]
        cross = dx * ey - dy * ex
        length = math.sqrt(dx * dx + dy * dy)
        if cross != 0.0:
            t, u = (qx * ey - qy * ex) / cross, (qx * dy - qy * dx) / cross
            if 0.0 <= t <= 1.0 and 0.0 <= u <= 1.0:
                return s + t * length
        s += length
    return -1.0


@njit(cache=True)
def total_turn(points: NDArray[np.float64]) -> float:
    """Return how far a polyline turns from its first to its last chord, full circles included [rad]."""
    total, before = 0.0, 0.0
    for i in range(1, points.shape[0]):
        heading = math.atan2(points[i, 1] - points[i - 1, 1], points[i, 0] - points[i - 1, 0])
        if i > 1:
            total += wrap_angle(heading - before)
        before = heading
    return total


def turn_of(points: NDArray[np.float64]) -> Turn:
    """Return whether a lane through a junction leads straight, left or right."""
    turn = total_turn(points)
    if abs(turn) < STRAIGHT:
        return Turn.STRAIGHT
    return Turn.LEFT if turn > 0.0 else Turn.RIGHT


def end_heading(points: NDArray[np.float64]) -> float:
    """Return the direction of a polyline's last chord [rad]."""
    return math.atan2(float(points[-1, 1] - points[-2, 1]), float(points[-1, 0] - points[-2, 0]))


@njit(cache=True)
def points_within(outline: NDArray[np.float64], place: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which places lie inside a polygon, by how often a ray crosses it. Shapes (k, 2), (n, 2) [m]; (n,)."""
    inside = np.zeros(len(place), np.bool_)
    for n in range(len(place)):
        x, y = place[n, 0], place[n, 1]
        for i in range(len(outline)):
            ax, ay, bx, by = outline[i - 1, 0], outline[i - 1, 1], outline[i, 0], outline[i, 1]
            if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
                inside[n] = not inside[n]
    return inside


@njit(cache=True)
def outline_distance(outline: NDArray[np.float64], x: float, y: float) -> float:
    """Return how far a place is from the sides of a polygon [m]. Shape (k, 2)."""
    nearest = math.inf
    for i in range(len(outline)):
        ax, ay = outline[i - 1, 0], outline[i - 1, 1]
        dx, dy = outline[i, 0] - ax, outline[i, 1] - ay
        square = dx * dx + dy * dy
        f = min(1.0, max(0.0, ((x - ax) * dx + (y - ay) * dy) / square)) if square > 0.0 else 0.0
        ex, ey = x - ax - f * dx, y - ay - f * dy
        nearest = min(nearest, math.sqrt(ex * ex + ey * ey))
    return nearest
