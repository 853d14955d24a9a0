"""The spatial hash over center-line segments, and what it answers while a network is built."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError

SMALLEST_CELL = 8.0  # [m]
MAX_CELLS = 1 << 20
MAX_ENTRIES = 1 << 25
MAX_EXTENT = 500_000.0  # of a network, either way [m]


class CenterLines(NamedTuple):
    """The segments of all lanes in their hash; fields of a `RoadNetwork`."""

    point_position: NDArray[np.float64]  # (num_points, 3) [m]
    point_s: NDArray[np.float64]  # arc length along the lane [m]. (num_points,)
    grid_origin: NDArray[np.float64]  # (2,) [m]
    grid_cell: float  # [m]
    grid_shape: NDArray[np.int32]  # columns (x), rows (y). (2,)
    grid_first: NDArray[np.int32]  # CSR over cells, row-major
    grid_point: NDArray[np.int32]


def build_grid(
    position: NDArray[np.float64], first: NDArray[np.int32], total_length: float
) -> tuple[NDArray[np.float64], float, NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Sort the segments of all lanes into square cells of at least 8 m, at most 2²⁰ cells.

    Args:
        position: Points of all lanes [m]. Shape (num_points, 3).
        first: First point of each lane. Shape (num_lanes + 1,).
        total_length: Of all lanes [m].

    Returns:
        `grid_origin`, `grid_cell`, `grid_shape`, `grid_first`, `grid_point` of a `RoadNetwork`.

    Raises:
        ScenarioError: The network spreads over more than 500 km, or its lanes are absurdly long.
    """
    low, high = position[:, :2].min(axis=0), position[:, :2].max(axis=0)
    extent = high - low
    if extent.max() > MAX_EXTENT:
        raise ScenarioError(
            f"road: the lanes spread over {extent.max() / 1000.0:.6g} km; at most {MAX_EXTENT / 1000.0:g} km is allowed"
        )
    cell = SMALLEST_CELL
    while (math.floor(extent[0] / cell) + 1) * (math.floor(extent[1] / cell) + 1) > MAX_CELLS:
        cell *= 2.0
    shape = np.array([math.floor(extent[0] / cell) + 1, math.floor(extent[1] / cell) + 1], np.int32)
    if total_length / cell > MAX_ENTRIES:
        raise ScenarioError(
            f"road: the lanes are {total_length / 1000.0:.6g} km long in all; within {extent.max() / 1000.0:.6g} km at "
            f"most {MAX_ENTRIES * cell / 1000.0:.6g} km are allowed"
        )
    origin = low.astype(np.float64).copy()
    count = np.zeros(shape[0] * shape[1] + 1, np.int64)
    _visit_cells(position, first, origin, cell, shape, count, np.zeros(0, np.int32), False)
    total = int(count.sum())
    cell_first = np.zeros(len(count), np.int32)
    cell_first[1:] = np.cumsum(count[:-1])
    cursor = cell_first.astype(np.int64)
    entries = np.zeros(total, np.int32)
    _visit_cells(position, first, origin, cell, shape, cursor, entries, True)
    return origin, float(cell), shape, cell_first, entries


@njit(cache=True)
def _visit_cells(
    position: NDArray[np.float64],
    first: NDArray[np.int32],
    origin: NDArray[np.float64],
    cell: float,
    shape: NDArray[np.int32],
    cursor: NDArray[np.int64],
    entries: NDArray[np.int32],
    fill: bool,
) -> None:
    """Count (or, with `fill`, write) every segment in each cell it passes through, with a rounding margin.

    Args:
        position: Points of all lanes [m]. Shape (num_points, 3).
        first: First point of each lane. Shape (num_lanes + 1,).
        origin: Corner of the grid [m]. Shape (2,).
        cell: Edge of a cell [m].
        shape: Columns and rows. Shape (2,).
        cursor: Next entry of each cell; counted up. Shape (num_cells + 1,).
        entries: Written with `fill`: first point of each segment. Shape (num_entries,).
        fill: Whether to write.
    """
    columns, rows = shape[0], shape[1]
    margin = 1e-6
    for lane in range(len(first) - 1):
        for i in range(first[lane], first[lane + 1] - 1):
            ax, ay = (position[i, 0] - origin[0]) / cell, (position[i, 1] - origin[1]) / cell
            bx, by = (position[i + 1, 0] - origin[0]) / cell, (position[i + 1, 1] - origin[1]) / cell
            if ax > bx:
                ax, ay, bx, by = bx, by, ax, ay
            left = max(0, int(math.floor(ax - margin)))
            right = min(columns - 1, int(math.floor(bx + margin)))
            for column in range(left, right + 1):
                if bx - ax < 1e-9:
                    y0, y1 = ay, by
                else:
                    slope = (by - ay) / (bx - ax)
                    y0 = ay + slope * (max(ax, float(column)) - ax)
                    y1 = ay + slope * (min(bx, column + 1.0) - ax)
                bottom = max(0, int(math.floor(min(y0, y1) - margin)))
                top = min(rows - 1, int(math.floor(max(y0, y1) + margin)))
                for row in range(bottom, top + 1):
                    k = row * columns + column
                    if fill:
                        entries[cursor[k]] = i
                    cursor[k] += 1


@njit(cache=True)
def intersect_segment(
    lines: CenterLines,
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    clearance: float,
    out_point: NDArray[np.int32],
    out_s: NDArray[np.float64],
) -> int:
    """Find the center-line segments that a segment crosses in plan view; return how many (some may repeat).

    Args:
        lines: Of all lanes.
        start, end: The segment's ends [m].
        clearance: Largest difference in height [m].
        out_point: Written: first point of each segment crossed. What does not fit is counted only.
        out_s: Written: where along its lane [m].
    """
    position, point_s, origin, cell, shape, cell_first, cell_point = lines
    ax, ay, az = start
    bx, by, bz = end
    found = 0
    left = max(0, int(math.floor((min(ax, bx) - origin[0]) / cell)))
    right = min(shape[0] - 1, int(math.floor((max(ax, bx) - origin[0]) / cell)))
    bottom = max(0, int(math.floor((min(ay, by) - origin[1]) / cell)))
    top = min(shape[1] - 1, int(math.floor((max(ay, by) - origin[1]) / cell)))
    ux, uy = bx - ax, by - ay
    for row in range(bottom, top + 1):
        for column in range(left, right + 1):
            k = row * shape[0] + column
            for entry in range(cell_first[k], cell_first[k + 1]):
                i = cell_point[entry]
                px, py = position[i, 0], position[i, 1]
                vx, vy = position[i + 1, 0] - px, position[i + 1, 1] - py
                cross = ux * vy - uy * vx
                if abs(cross) < 1e-12:
                    continue
                u = ((px - ax) * vy - (py - ay) * vx) / cross
                v = ((px - ax) * uy - (py - ay) * ux) / cross
                if u < 0.0 or u > 1.0 or v < 0.0 or v >= 1.0:
                    continue
                z = position[i, 2] + v * (position[i + 1, 2] - position[i, 2])
                if abs(z - (az + u * (bz - az))) > clearance:
                    continue
                if found < len(out_point):
                    out_point[found] = i
                    out_s[found] = point_s[i] + v * (point_s[i + 1] - point_s[i])
                found += 1
    return found
