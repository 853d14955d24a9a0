"""Center lines for the procedural roads: straight, arc, circle, and the rounded corner between two directions."""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import LaneType

SAGITTA = 0.005  # a chord departs from its arc by no more than this [m]
LONGEST_CHORD = 10.0  # [m]


def chords(length: float, radius: float) -> int:
    """Return into how many chords a curve of a length and (possibly infinite) radius [m] is cut."""
    longest = min(LONGEST_CHORD, math.sqrt(8.0 * SAGITTA * radius))
    return max(1, math.ceil(length / longest - 1e-9))


def arc_line(
    start: tuple[float, float, float], length: float, curvature: float, count: int, grade: float = 0.0
) -> NDArray[np.float64]:
    """Return points along a straight line or arc. Shape (count + 1, 3).

    Args:
        start: x, y [m] and heading [rad].
        length: Along the arc, in plan view [m].
        curvature: Counter-clockwise positive [1/m].
        count: Chords.
        grade: Rise over run.
    """
    x, y, heading = start
    points = np.zeros((count + 1, 3))
    for k in range(count + 1):
        s = length * k / count
        half = 0.5 * curvature * s
        chord = s if half == 0.0 else 2.0 * math.sin(half) / curvature
        points[k] = x + chord * math.cos(heading + half), y + chord * math.sin(heading + half), grade * s
    return points


def circle_line(center: tuple[float, float], radius: float, clockwise: bool, count: int) -> NDArray[np.float64]:
    """Return a closed polygon, beginning below its center, whose circumference is exactly that of the circle.

    Its corners lie outside the circle by two thirds of a sagitta and its chords pass inside by one third.
    """
    corner = radius * (math.pi / count) / math.sin(math.pi / count)
    points = np.zeros((count + 1, 3))
    for k in range(count + 1):
        angle = -0.5 * math.pi + (-1.0 if clockwise else 1.0) * 2.0 * math.pi * (k % count) / count
        points[k] = center[0] + corner * math.cos(angle), center[1] + corner * math.sin(angle), 0.0
    return points


def corner_line(
    start: tuple[float, float, float], end: tuple[float, float, float], radius: float = math.inf
) -> NDArray[np.float64]:
    """Return a level line that leaves one pose and enters another, rounded by the largest arc that fits, or `radius`.

    Args:
        start, end: x, y [m] and heading [rad]; their straight lines meet ahead of `start` and behind `end`, or are one.
        radius: Largest radius of the arc [m].
    """
    (ax, ay, a), (bx, by, b) = start, end
    turn = math.remainder(b - a, 2.0 * math.pi)
    if abs(turn) < 1e-9:
        length = math.hypot(bx - ax, by - ay)
        return arc_line(start, length, 0.0, chords(length, math.inf))
    cross = math.sin(turn)
    before = ((bx - ax) * math.sin(b) - (by - ay) * math.cos(b)) / cross
    after = ((bx - ax) * math.sin(a) - (by - ay) * math.cos(a)) / cross
    after = -after
    tangent = math.tan(0.5 * abs(turn))
    radius = min(radius, min(before, after) / tangent)
    lead = before - radius * tangent
    arc = (ax + lead * math.cos(a), ay + lead * math.sin(a), a)
    length = radius * abs(turn)
    points = arc_line(arc, length, math.copysign(1.0 / radius, turn), max(8, chords(length, radius)))
    return np.concatenate([[(ax, ay, 0.0)], points, [(bx, by, 0.0)]])


def even_lane(name: str, points: NDArray[np.float64], width: float, lane_type: LaneType, **fields: object) -> LaneDraft:
    """Return a draft of a lane of constant width without superelevation."""
    return LaneDraft(name, points, np.full(len(points), width), np.zeros(len(points)), lane_type=lane_type, **fields)
