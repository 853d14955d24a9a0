"""Shapes, positions and values as CommonRoad XML writes them: exact ones, intervals, regions."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.road.xml import Element

MAX_COORDINATE = 1e8  # [m]
MAX_EXTENT = 10_000.0  # of a shape [m]
MAX_STEP = 100_000  # of a recording
_MAX_ANGLE = 1e6  # [rad]
_CIRCLE_SIDES = 32


class Box(NamedTuple):
    """A shape's bounding box in its obstacle's frame."""

    length: float  # [m]
    width: float
    x: float  # centre [m]
    y: float


def point(element: Element) -> tuple[float, float, float]:
    """Read x, y and, where there is one, z of an element [m]."""
    x, y = (element.require(name).text_number(-MAX_COORDINATE, MAX_COORDINATE) for name in ("x", "y"))
    z = element.find("z")
    return x, y, 0.0 if z is None else z.text_number(-MAX_COORDINATE, MAX_COORDINATE)


def value(element: Element, low: float, high: float) -> float:
    """Read an exact value, or the middle of an interval."""
    exact = element.find("exact")
    if exact is not None:
        return exact.text_number(low, high)
    start, end = interval(element, low, high)
    return 0.5 * (start + end)


def interval(element: Element, low: float, high: float) -> tuple[float, float]:
    """Read an interval; an exact value is one of no length."""
    exact = element.find("exact")
    if exact is not None:
        number = exact.text_number(low, high)
        return number, number
    start = element.require("intervalStart").text_number(low, high)
    end = element.require("intervalEnd").text_number(low, high)
    if end < start:
        raise element.error(f"runs from {start:g} to {end:g}: an interval must not end before it starts")
    return start, end


def angle(element: Element) -> float:
    """Read an angle [rad], wrapped into (−π, π]."""
    return math.remainder(value(element, -_MAX_ANGLE, _MAX_ANGLE), 2.0 * math.pi)


def angles(element: Element) -> tuple[float, float]:
    """Read a range of angles [rad]."""
    return interval(element, -_MAX_ANGLE, _MAX_ANGLE)


def step(element: Element) -> int:
    """Read a time step; of an interval the middle."""
    return int(value(element, 0, MAX_STEP))


def _rectangle(element: Element) -> NDArray[np.float64]:
    a = 0.5 * element.require("length").text_number(0.0, MAX_EXTENT)
    b = 0.5 * element.require("width").text_number(0.0, MAX_EXTENT)
    turn = element.find("orientation")
    yaw = math.remainder(turn.text_number(-_MAX_ANGLE, _MAX_ANGLE), 2.0 * math.pi) if turn is not None else 0.0
    center = element.find("center")
    cx, cy, _ = point(center) if center is not None else (0.0, 0.0, 0.0)
    c, s = math.cos(yaw), math.sin(yaw)
    corners = ((a, b), (-a, b), (-a, -b), (a, -b))
    return np.array([(cx + c * u - s * v, cy + s * u + c * v) for u, v in corners])


def _circle(element: Element) -> NDArray[np.float64]:
    radius = element.require("radius").text_number(0.0, MAX_EXTENT)
    center = element.find("center")
    cx, cy, _ = point(center) if center is not None else (0.0, 0.0, 0.0)
    turns = [2.0 * math.pi * k / _CIRCLE_SIDES for k in range(_CIRCLE_SIDES)]
    return np.array([(cx + radius * math.cos(a), cy + radius * math.sin(a)) for a in turns])


def _polygon(element: Element) -> NDArray[np.float64]:
    corners = [point(child)[:2] for child in element.all("point")]
    if len(corners) < 3:
        raise element.error(f"has {len(corners)} points; a polygon needs 3")
    return np.array(corners)


_OUTLINES = {"rectangle": _rectangle, "circle": _circle, "polygon": _polygon}


def outlines(element: Element) -> list[NDArray[np.float64]]:
    """Read all rectangles, circles and polygons of a shape or position as polygons (k, 2) [m]."""
    return [_OUTLINES[child.tag](child) for child in element.children if child.tag in _OUTLINES]


def box(shape: Element) -> Box:
    """Return the box around a shape [m]."""
    found = outlines(shape)
    if not found:
        raise shape.error(f"holds none of {', '.join(_OUTLINES)}; it needs one")
    corners = np.concatenate(found)
    low, high = corners.min(axis=0), corners.max(axis=0)
    length, width = float(high[0] - low[0]), float(high[1] - low[1])
    if not (0.0 < length <= MAX_EXTENT and 0.0 < width <= MAX_EXTENT):
        raise shape.error(f"is {length:g} m by {width:g} m; above 0 and up to {MAX_EXTENT:g} m is allowed")
    return Box(length, width, float(0.5 * (low[0] + high[0])), float(0.5 * (low[1] + high[1])))


def place(position: Element) -> tuple[float, float]:
    """Read a position [m]: a point, or the middle of a region's box."""
    exact = position.find("point")
    if exact is not None:
        return point(exact)[:2]
    found = outlines(position)
    if not found:
        raise position.error("holds neither <point> nor a region; it needs one")
    corners = np.concatenate(found)
    middle = 0.5 * (corners.min(axis=0) + corners.max(axis=0))
    return float(middle[0]), float(middle[1])
