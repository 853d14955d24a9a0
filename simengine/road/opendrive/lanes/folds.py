"""Lanes inside a bend tighter than their own offset: their line folds back on itself and is rounded for cars to follow.

Parallel to a reference line of radius R, a lane at an offset o to the inside has radius R − o; below zero it runs
backwards, and below half its width its inner edge does. The folded part, and as much of the lane before and after it as
it takes, is replaced by a biarc (two arcs that meet smoothly; Bolton 1975, Computer-Aided Design 7) of a radius that a
car can drive.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.space.geometry import wrap_angle

RADIUS = 5.0  # wanted of a rounded fold: on which a car's center can turn [m]
LEAST_RADIUS = 3.0  # below it the lane is cut in two instead [m]
SMALLEST_TURN = 0.15  # a fold of a smaller turning is a mere overlap of two pieces of reference line [rad]
CURL = 1.0  # a fold at the end of a line that is shorter is left to itself [m]
_NEAR = 2.0  # folds nearer than this to each other are one [m]
_STEP = 0.25  # by which the rounding grows [m]
_REACH = 60.0  # before and behind a fold, at most [m]
_CHORD_TURN = 0.08  # between points of an arc: within 5 mm at the wanted radius [rad]
_SLACK = 1e-6


class Path(NamedTuple):
    """A lane's center line in order of s."""

    station: NDArray[np.float64]  # (num_points,) [m]
    point: NDArray[np.float64]  # (num_points, 3) [m]
    heading: NDArray[np.float64]  # of the reference line, of the path where it was rounded (num_points,) [rad]

    def part(self, first: int, last: int) -> "Path":
        """Return the points from `first` up to before `last`."""
        return Path(*(value[first:last] for value in self))


class _Fold(NamedTuple):
    first: int  # point
    last: int
    of_line: bool  # the center line folds, not only the inner edge


class _Arc(NamedTuple):
    curvature: float
    turn: float


def _folds(path: Path, width: NDArray[np.float64]) -> list[_Fold]:
    """Return where a lane's inner edge runs against its road because that turns too tightly."""
    if len(path.station) < 2:
        return []
    turn = np.array([wrap_angle(float(t)) for t in np.diff(path.heading)])
    middle = path.heading[:-1] + 0.5 * turn
    steps = np.diff(path.point[:, :2], axis=0).tolist()
    ahead = np.array([dx * math.cos(m) + dy * math.sin(m) for (dx, dy), m in zip(steps, middle.tolist(), strict=True)])
    back = np.flatnonzero(ahead < 0.25 * (width[:-1] + width[1:]) * np.abs(turn))
    ranges: list[tuple[int, int]] = []
    for i in back:
        if ranges and path.station[i] - path.station[ranges[-1][1]] <= _NEAR:
            ranges[-1] = (ranges[-1][0], int(i) + 1)
        else:
            ranges.append((int(i), int(i) + 1))
    return [_Fold(a, b, bool((ahead[a:b] < 0.0).any())) for a, b in ranges if abs(turn[a:b].sum()) >= SMALLEST_TURN]


def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the product of two vectors of the plane; BLAS would give other bits on other processors."""
    return float(a[0]) * float(b[0]) + float(a[1]) * float(b[1])


def _biarc(
    p: NDArray[np.float64], tp: NDArray[np.float64], q: NDArray[np.float64], tq: NDArray[np.float64]
) -> tuple[_Arc, _Arc]:
    """Return the two arcs that lead from p to q [m] with these unit tangents at their ends."""
    v = q - p
    across, apart = _dot(v, tp + tq), 2.0 * (1.0 - _dot(tp, tq))
    square = _dot(v, v)
    if apart < 1e-9:
        d = 0.5 * square / across if across > 1e-9 else math.inf
    else:
        d = (-across + math.sqrt(across * across + apart * square)) / apart
    joint = 0.5 * (p + q + d * (tp - tq))
    arcs = []
    for tangent, chord, sign in ((tp, joint - p, 1.0), (tq, q - joint, -1.0)):
        cross = sign * float(tangent[0] * chord[1] - tangent[1] * chord[0])
        length = max(_dot(chord, chord), 1e-12)
        arcs.append(_Arc(2.0 * cross / length, 2.0 * math.atan2(cross, _dot(tangent, chord))))
    return arcs[0], arcs[1]


def _at(path: Path, along: NDArray[np.float64], way: float) -> tuple[float, NDArray[np.float64], float]:
    """Return station, place and direction [rad] at a way along a line [m]."""
    i = min(max(int(np.searchsorted(along, way, side="right")) - 1, 0), len(along) - 2)
    f = (way - along[i]) / max(along[i + 1] - along[i], 1e-12)
    step = path.point[i + 1] - path.point[i]
    station = path.station[i] + f * (path.station[i + 1] - path.station[i])
    return float(station), path.point[i] + f * step, math.atan2(step[1], step[0])


def _round(path: Path, first: int, last: int, high: int) -> Path | None:
    """Return the line with a fold rounded, None where there is no room for a radius that can be driven.

    Args:
        path: The line.
        first, last: The folded points.
        high: Point up to which the line may be changed.
    """
    steps = np.hypot(np.diff(path.point[:, 0]), np.diff(path.point[:, 1]))
    along = np.concatenate([[0.0], np.cumsum(steps)])
    turns = np.concatenate([[0.0], np.cumsum([wrap_angle(float(t)) for t in np.diff(path.heading)])])
    room = min(along[first], along[high] - along[last], _REACH)
    best, found = 1.0 / LEAST_RADIUS, None
    for reach in np.arange(_STEP, room + 1e-9, _STEP):
        start, p, direction_p = _at(path, along, along[first] - reach)
        end, q, direction_q = _at(path, along, along[last] + reach)
        arcs = _biarc(
            p[:2],
            np.array([math.cos(direction_p), math.sin(direction_p)]),
            q[:2],
            np.array([math.cos(direction_q), math.sin(direction_q)]),
        )
        road_turn = float(np.interp(end, path.station, turns) - np.interp(start, path.station, turns))
        total = arcs[0].turn + arcs[1].turn
        one_way = all(arc.turn * road_turn >= -_SLACK for arc in arcs)
        bend = max(abs(arc.curvature) for arc in arcs)
        if one_way and abs(total - road_turn) < 0.1 and bend <= best + _SLACK:
            best, found = bend, (start, p, direction_p, end, q, arcs)
            if bend <= 1.0 / RADIUS:
                break
    if found is None:
        return None
    start, p, direction, end, q, arcs = found
    x, y, ways, headings = [p[0]], [p[1]], [0.0], [direction]
    for curvature, turn in arcs:
        count = max(1, math.ceil(abs(turn) / _CHORD_TURN))
        length = turn / curvature if abs(curvature) > 1e-9 else 0.0
        for _ in range(count):
            chord = 2.0 * math.sin(0.5 * turn / count) / curvature if abs(curvature) > 1e-9 else 0.0
            x.append(x[-1] + chord * math.cos(headings[-1] + 0.5 * turn / count))
            y.append(y[-1] + chord * math.sin(headings[-1] + 0.5 * turn / count))
            headings.append(headings[-1] + turn / count)
            ways.append(ways[-1] + length / count)
    share = np.array(ways) / ways[-1]
    arc = np.stack([x, y, p[2] + share * (q[2] - p[2])], axis=1)
    before, after = path.station < start - 1e-6, path.station > end + 1e-6
    return Path(
        np.concatenate([path.station[before], start + share * (end - start), path.station[after]]),
        np.concatenate([path.point[before], arc, path.point[after]]),
        np.concatenate([path.heading[before], headings, path.heading[after]]),
    )


def _is_curl(path: Path, fold: _Fold) -> bool:
    """Tell whether a fold is a short one at an end of its line."""
    at_end = fold.first == 0 or fold.last == len(path.station) - 1
    return at_end and path.station[fold.last] - path.station[fold.first] < CURL


def unfold(path: Path, width: NDArray[np.float64]) -> tuple[list[Path], bool]:
    """Return a lane's line without its folds, in pieces where it folds and cannot be rounded; and whether it changed.

    Where there is no room to round it and only its inner edge folds, or it curls up at its very end, the line stays as
    it is: links to other lanes hold at its end.

    Args:
        path: The line.
        width: Of the lane [m]. Shape (num_points,).
    """
    changed, done, pieces, station = False, -math.inf, [], path.station
    while True:
        across = np.interp(path.station, station, width)
        folds = [fold for fold in _folds(path, across) if path.station[fold.first] >= done]
        if not folds:
            break
        fold, done = folds[0], float(path.station[folds[0].last])
        rounded = _round(path, fold.first, fold.last, folds[1].first if len(folds) > 1 else len(path.station) - 1)
        if rounded is not None:
            path, changed = rounded, True
        elif fold.of_line and not _is_curl(path, fold):
            pieces.append(path.part(0, fold.first + 1))
            path, changed = path.part(fold.last, len(path.station)), True
    return [piece for piece in (*pieces, path) if len(piece.station) >= 2], changed
