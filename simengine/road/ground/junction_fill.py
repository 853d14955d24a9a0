"""The asphalt between the lanes of a junction: gaps that its lanes enclose, found on a raster."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material
from simengine.road.ground.lane_strips import Patch, edge_line
from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import ground_at

FINEST = 0.5  # raster cells [m]
MOST_CELLS = 40_000
LARGEST_GAP = 120.0  # a larger one is an island of grass [m²]
SINK = 0.005  # of the fill below the lanes around it [m]
LEVELS = 3.0  # lanes farther above or below belong to another level [m]
LONGEST_RUN = 4.0  # of one quadrilateral [m]


@njit(cache=True)
def cover_strip(
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    x0: float,
    y0: float,
    cell: float,
    covered: NDArray[np.bool_],
) -> None:
    """Mark the raster cells whose center lies on a strip.

    Args:
        left, right: The strip's edges [m]. Shape (num_stations, 3).
        x0, y0: Lower left corner of the raster [m].
        cell: [m].
        covered: Updated. Shape (rows, columns).
    """
    rows, columns = covered.shape
    px, py = np.empty(4), np.empty(4)
    for k in range(len(left) - 1):
        px[0], px[1], px[2], px[3] = left[k, 0], right[k, 0], right[k + 1, 0], left[k + 1, 0]
        py[0], py[1], py[2], py[3] = left[k, 1], right[k, 1], right[k + 1, 1], left[k + 1, 1]
        c0 = max(0, int((px.min() - x0) / cell - 0.5))
        c1 = min(columns - 1, int((px.max() - x0) / cell + 0.5))
        r0 = max(0, int((py.min() - y0) / cell - 0.5))
        r1 = min(rows - 1, int((py.max() - y0) / cell + 0.5))
        for r in range(r0, r1 + 1):
            for c in range(c0, c1 + 1):
                x, y = x0 + (c + 0.5) * cell, y0 + (r + 0.5) * cell
                for corner in (1, 2):  # two triangles: 0, 1, 2 and 0, 2, 3
                    i, j = corner, corner + 1
                    a = (px[i] - px[0]) * (y - py[0]) - (py[i] - py[0]) * (x - px[0])
                    b = (px[j] - px[i]) * (y - py[i]) - (py[j] - py[i]) * (x - px[i])
                    d = (px[0] - px[j]) * (y - py[j]) - (py[0] - py[j]) * (x - px[j])
                    if (a >= 0.0 and b >= 0.0 and d >= 0.0) or (a <= 0.0 and b <= 0.0 and d <= 0.0):
                        covered[r, c] = True


@njit(cache=True)
def enclosed_gaps(covered: NDArray[np.bool_], most: int, gap: NDArray[np.bool_]) -> None:
    """Mark the uncovered regions that do not reach the raster's border and have at most `most` cells."""
    rows, columns = covered.shape
    seen = covered.copy()
    stack = np.empty((rows * columns, 2), np.int32)
    for r in range(rows):
        for c in range(columns):
            if seen[r, c]:
                continue
            stack[0, 0], stack[0, 1] = r, c
            seen[r, c] = True
            count, at, open_ended = 1, 0, False
            while at < count:
                i, j = stack[at, 0], stack[at, 1]
                at += 1
                if i == 0 or j == 0 or i == rows - 1 or j == columns - 1:
                    open_ended = True
                    continue
                for di, dj in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                    if not seen[i + di, j + dj]:
                        seen[i + di, j + dj] = True
                        stack[count, 0], stack[count, 1] = i + di, j + dj
                        count += 1
            if not open_ended and count <= most:
                for k in range(count):
                    gap[stack[k, 0], stack[k, 1]] = True


class Gaps(NamedTuple):
    """The enclosed gaps of one junction as a raster, a cell wider than they are."""

    low: NDArray[np.float64]  # lower left corner [m]. (2,)
    cell: float  # [m]
    filled: NDArray[np.bool_]  # (rows, columns)


def in_gaps(gaps: list[Gaps], place: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which places lie in a filled gap. Shapes (n, 2 or 3) [m], (n,)."""
    inside = np.zeros(len(place), np.bool_)
    least, most = place[:, :2].min(axis=0), place[:, :2].max(axis=0)
    for low, cell, filled in gaps:
        if (most < low).any() or (least > low + cell * np.array(filled.shape[::-1])).any():
            continue
        column, row = np.floor((place[:, :2] - low) / cell).astype(np.int64).T
        known = (row >= 0) & (column >= 0) & (row < filled.shape[0]) & (column < filled.shape[1])
        inside[known] |= filled[row[known], column[known]]
    return inside


def fill_patch(lanes: LaneArrays, junction: int, cuts: list[NDArray[np.float64]]) -> tuple[Patch, Gaps]:
    """Return the fill of one junction, and where it lies.

    Args:
        lanes: The network.
        junction: Which.
        cuts: Stations of every lane's strip [m].
    """
    inside = np.flatnonzero(lanes.lane_junction == junction)
    edges = {int(k): _edges(lanes, k, cuts[k]) for k in inside}
    own = np.concatenate([np.concatenate(pair) for pair in edges.values()])
    low, high, level = own[:, :2].min(axis=0) - 2.0, own[:, :2].max(axis=0) + 2.0, float(own[:, 2].mean())
    cell = max(FINEST, float(np.sqrt((high - low).prod() / MOST_CELLS)))
    shape = np.ceil((high - low) / cell).astype(int)
    covered = np.zeros((shape[1], shape[0]), np.bool_)
    for k in _lanes_within(lanes, low, high, level):
        cover_strip(*(edges.get(int(k)) or _edges(lanes, k, cuts[k])), low[0], low[1], cell, covered)
    gap = np.zeros_like(covered)
    enclosed_gaps(covered, int(LARGEST_GAP / cell**2), gap)
    wide = gap.copy()
    wide[1:] |= gap[:-1]
    wide[:-1] |= gap[1:]
    wide[:, 1:] |= wide[:, :-1].copy()
    wide[:, :-1] |= wide[:, 1:].copy()
    vertex, triangle = [], []
    for row in np.flatnonzero(wide.any(axis=1)):
        bounds = np.flatnonzero(np.diff(np.concatenate([[False], wide[row], [False]]).astype(np.int8)))
        for begin, end in zip(bounds[::2], bounds[1::2], strict=True):
            parts = max(1, int(np.ceil((end - begin) * cell / LONGEST_RUN)))
            for x in np.linspace(begin, end, parts + 1) * cell + low[0]:
                for y in (low[1] + (row + 1) * cell, low[1] + row * cell):
                    vertex.append((x, y, ground_at(lanes, float(x), float(y), level)[0] - SINK))
            first = len(vertex) - 2 * (parts + 1)
            for part in range(parts):
                k = first + 2 * part
                triangle += [(k, k + 1, k + 3), (k, k + 3, k + 2)]
    patch = Patch(
        np.array(vertex, np.float64).reshape(-1, 3),
        np.array(triangle, np.int64).reshape(-1, 3),
        Material.ASPHALT,
        Semantic.ROAD,
    )
    return patch, Gaps(low, cell, wide)


def _edges(lanes: LaneArrays, lane: int, cut: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return edge_line(lanes, lane, cut, 1.0, 0.01, 0.0), edge_line(lanes, lane, cut, -1.0, -0.01, 0.0)


def _lanes_within(
    lanes: LaneArrays, low: NDArray[np.float64], high: NDArray[np.float64], level: float
) -> NDArray[np.int64]:
    """Return the lanes whose bounding box meets a rectangle at about its level."""
    p = lanes.point_position
    first = lanes.lane_first_point[:-1]
    box_low, box_high = np.minimum.reduceat(p, first, axis=0), np.maximum.reduceat(p, first, axis=0)
    side = lanes.widest
    meets = ((box_low[:, :2] - side < high) & (box_high[:, :2] + side > low)).all(axis=1)
    return np.flatnonzero(meets & (box_low[:, 2] < level + LEVELS) & (box_high[:, 2] > level - LEVELS))
