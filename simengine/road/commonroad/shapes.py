"""Shapes, positions and values as CommonRoad XML writes them: exact ones, intervals, regions."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.road.files.xml import Element

MAX_COORDINATE = 1e8  # [m]
MAX_EXTENT = 10_000.0  # of a shape [m]
MAX_STEP = 100_000  # of a recording
_MAX_ANGLE = 1e6  # [rad]
_CIRCLE_SIDES = 32
_SMALLER = 1e-9  # share by which a turned box must be smaller


class ObstacleBox(NamedTuple):
    """The smallest box around a shape, in its obstacle's frame (an occupancy's or position's: the file's)."""

    length: float  # [m]
    width: float
    x: float  # center [m]
    y: float
    turn: float = 0.0  # of the length against the x axis, within ±45° [rad]


def point(element: Element) -> tuple[float, float, float]:
    """Read x, y and, where there is one, z of an element [m]."""
    x, y = (element.require(name).text_number(-MAX_COORDINATE, MAX_COORDINATE) for name in ("x", "y"))
    z = element.find("z")
    return x, y, 0.0 if z is None else z.text_number(-MAX_COORDINATE, MAX_COORDINATE)


def value(element: Element, low: float, high: float) -> float:
    """Read an exact value, or the middle of an interval, with a remark."""
    exact = element.find("exact")
    if exact is not None:
        return exact.text_number(low, high)
    start, end = interval(element, low, high)
    if end > start:
        element.remark("is an interval; its middle is taken", f"{start:g} to {end:g}")
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


def _center(element: Element) -> tuple[float, float]:
    center = element.find("center")
    return point(center)[:2] if center is not None else (0.0, 0.0)


def _upright(length: float, width: float, x: float, y: float, turn: float) -> ObstacleBox:
    """Return a box whose turn is within ±45°: a quarter turn exchanges length and width."""
    quarters = round(turn / (0.5 * math.pi))
    turn -= quarters * 0.5 * math.pi
    return ObstacleBox(width, length, x, y, turn) if quarters % 2 else ObstacleBox(length, width, x, y, turn)


def _rectangle_box(element: Element) -> ObstacleBox:
    length, width = (element.require(name).text_number(0.0, MAX_EXTENT) for name in ("length", "width"))
    turn = element.find("orientation")
    yaw = math.remainder(turn.text_number(-_MAX_ANGLE, _MAX_ANGLE), 2.0 * math.pi) if turn is not None else 0.0
    return ObstacleBox(length, width, *_center(element), yaw)


def _rectangle(element: Element) -> NDArray[np.float64]:
    length, width, cx, cy, yaw = _rectangle_box(element)
    a, b = 0.5 * length, 0.5 * width
    c, s = math.cos(yaw), math.sin(yaw)
    corners = ((a, b), (-a, b), (-a, -b), (a, -b))
    return np.array([(cx + c * u - s * v, cy + s * u + c * v) for u, v in corners])


def _radius(element: Element) -> float:
    return element.require("radius").text_number(0.0, MAX_EXTENT)


def _circle(element: Element) -> NDArray[np.float64]:
    radius, (cx, cy) = _radius(element), _center(element)
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


def _hull(corners: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Return the convex hull of points, counter-clockwise (Andrew 1979)."""
    ordered = sorted({(float(x), float(y)) for x, y in corners})

    def chain(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
        kept: list[tuple[float, float]] = []
        for x, y in points:
            while len(kept) > 1:
                (ax, ay), (bx, by) = kept[-2:]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0.0:
                    break
                kept.pop()
            kept.append((x, y))
        return kept[:-1]

    return [*chain(ordered), *chain(reversed(ordered))] if len(ordered) > 1 else ordered


def _around(corners: NDArray[np.float64]) -> ObstacleBox:
    """Return the box of least area around points; one side of it lies along a side of their hull.

    Of boxes as small as each other the one that is turned least counts.
    """
    hull = _hull(corners)
    sides = [math.atan2(by - ay, bx - ax) for (ax, ay), (bx, by) in zip(hull, hull[1:] + hull[:1], strict=True)]
    best, least = None, math.inf
    for turn in sorted((math.remainder(side, 0.5 * math.pi) for side in (0.0, *sides)), key=abs):
        c, s = math.cos(turn), math.sin(turn)
        along, across = [c * x + s * y for x, y in hull], [c * y - s * x for x, y in hull]
        length, width = max(along) - min(along), max(across) - min(across)
        if length * width < least * (1.0 - _SMALLER):
            u, v = 0.5 * (max(along) + min(along)), 0.5 * (max(across) + min(across))
            best, least = ObstacleBox(length, width, c * u - s * v, s * u + c * v, turn), length * width
    return best if best is not None else ObstacleBox(0.0, 0.0, *hull[0])


def surround(elements: Iterable[Element]) -> ObstacleBox | None:
    """Return the smallest box around all rectangles, circles and polygons of elements, None where there are none."""
    found = [child for element in elements for child in element.children if child.tag in _OUTLINES]
    if not found:
        return None
    if len(found) == 1 and found[0].tag == "rectangle":
        return _upright(*_rectangle_box(found[0]))
    if len(found) == 1 and found[0].tag == "circle":
        return ObstacleBox(2.0 * _radius(found[0]), 2.0 * _radius(found[0]), *_center(found[0]))
    return _around(np.concatenate([_OUTLINES[child.tag](child) for child in found]))


def box(shape: Element) -> ObstacleBox:
    """Return the smallest box around a shape [m], turned as the shape is."""
    found = surround([shape])
    if found is None:
        raise shape.error(f"holds none of {', '.join(_OUTLINES)}; it needs one")
    if not (0.0 < found.length <= MAX_EXTENT and 0.0 < found.width <= MAX_EXTENT):
        size = f"{found.length:g} m by {found.width:g} m"
        raise shape.error(f"is {size}; above 0 and up to {MAX_EXTENT:g} m is allowed")
    return found


def place(position: Element) -> tuple[float, float]:
    """Read a position [m]: a point, or the middle of a region, with a remark."""
    exact = position.find("point")
    if exact is not None:
        return point(exact)[:2]
    found = surround([position])
    if found is None:
        raise position.error("holds neither <point> nor a region; it needs one")
    if max(found.length, found.width) > 0.0:
        position.remark("is a region; its middle is taken", f"{found.length:g} m by {found.width:g} m")
    return found.x, found.y
