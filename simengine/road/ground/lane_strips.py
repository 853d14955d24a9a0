"""Strips along lanes: few stations where a lane is straight, many where it bends, climbs or widens."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material, Mesh, merge_meshes
from simengine.road.network.frenet import fraction_at, place_at
from simengine.road.network.network import LEFT_FOOT, LEFT_TOP, RIGHT_FOOT, RIGHT_TOP, LaneArrays

LONGEST = 25.0  # between stations, so that surfaces can be culled [m]
SIDE_TOLERANCE = 0.01  # of an edge in plan view [m]
JOINT, JOINT_STEP = 0.5, 0.05  # lanes whose middles are farther apart, in plan and in height, do not meet [m]
HEIGHT_TOLERANCE = 0.003  # of an edge in height; less than the markings lie above the surface [m]


class Patch(NamedTuple):
    """Triangles of one material and class, counter-clockwise from outside."""

    vertex: NDArray[np.float64]  # world [m]. Shape (num_vertices, 3)
    triangle: NDArray[np.int64]  # Shape (num_triangles, 3)
    material: Material
    semantic: Semantic


def patch_mesh(patches: list[Patch], origin: tuple[float, float, float]) -> Mesh:
    """Join patches into one rigid mesh about a local origin [m]."""
    return merge_meshes(
        [
            Mesh(
                vertex=(patch.vertex - np.asarray(origin, np.float64)).astype(np.float32),
                triangle=patch.triangle.astype(np.int32),
                material=np.full(len(patch.triangle), patch.material, np.int16),
                semantic=np.full(len(patch.triangle), patch.semantic, np.uint8),
                part=np.zeros(len(patch.triangle), np.int16),
                part_role=np.zeros(1, np.int16),
                part_pivot=np.zeros((1, 3), np.float32),
            )
            for patch in patches
            if len(patch.triangle)
        ]
    )


@njit(cache=True)
def side_points(
    lanes: LaneArrays,
    lane: int,
    s: NDArray[np.float64],
    side: float,
    shift: float,
    lift: float,
    out: NDArray[np.float64],
) -> None:
    """Write the points beside a lane's center line at `side` half widths and `shift` further to the left.

    Args:
        lanes: The network.
        lane: Which.
        s: Stations [m]. Shape (num_stations,).
        side: 1 left edge, 0 center line, −1 right edge.
        shift: To the left of that [m].
        lift: Above the carriageway [m].
        out: World [m]. Shape (num_stations, 3).
    """
    begin, end = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1]
    position, point_s, width, bank = lanes.point_position, lanes.point_s, lanes.point_width, lanes.point_bank
    for k in range(len(s)):
        i, f = fraction_at(point_s, begin, end, s[k])
        t = 0.5 * side * (width[i] + f * (width[i + 1] - width[i])) + shift
        out[k, 0], out[k, 1], _, _ = place_at(position, lanes.point_tangent, point_s, begin, end, s[k], t)
        z = position[i, 2] + f * (position[i + 1, 2] - position[i, 2])
        out[k, 2] = z + math.tan(bank[i] + f * (bank[i + 1] - bank[i])) * t + lift


@njit(cache=True)
def thin_out(
    s: NDArray[np.float64], left: NDArray[np.float64], right: NDArray[np.float64], keep: NDArray[np.bool_]
) -> None:
    """Mark the stations between which both edges are straight within the tolerances, at most `LONGEST` apart.

    Args:
        s: Stations [m]. Shape (num_stations,).
        left, right: Edges [m]. Shape (num_stations, 3).
        keep: Written. Shape (num_stations,).
    """
    n = len(s)
    keep[:] = False
    keep[0] = True
    start = 0
    while start < n - 1:
        end = start + 1
        while end + 1 < n and s[end + 1] - s[start] <= LONGEST:
            straight = True
            for edge in (left, right):
                dx, dy = edge[end + 1, 0] - edge[start, 0], edge[end + 1, 1] - edge[start, 1]
                length = math.sqrt(dx * dx + dy * dy)
                for k in range(start + 1, end + 1):
                    ex, ey = edge[k, 0] - edge[start, 0], edge[k, 1] - edge[start, 1]
                    away = math.sqrt(ex * ex + ey * ey) if length < 1e-6 else abs(ex * dy - ey * dx) / length
                    f = (s[k] - s[start]) / (s[end + 1] - s[start])
                    rise = edge[k, 2] - edge[start, 2] - f * (edge[end + 1, 2] - edge[start, 2])
                    if away > SIDE_TOLERANCE or abs(rise) > HEIGHT_TOLERANCE:
                        straight = False
                        break
            if not straight:
                break
            end += 1
        keep[end] = True
        start = end


def stations(lanes: LaneArrays, lane: int) -> NDArray[np.float64]:
    """Return where a lane's strip needs cross sections [m]."""
    s = lanes.point_s[lanes.lane_first_point[lane] : lanes.lane_first_point[lane + 1]]
    parts = np.maximum(1, np.ceil(np.diff(s) / LONGEST)).astype(np.int64)
    if (parts > 1).any():
        within = np.concatenate([np.arange(n) / n for n in parts])
        s = np.append(np.repeat(s[:-1], parts) + within * np.repeat(np.diff(s), parts), s[-1])
    rise = lanes.point_rise[lanes.lane_first_point[lane] : lanes.lane_first_point[lane + 1]]
    line = edge_line if (rise == rise[0]).all() else top_line
    left, right = line(lanes, lane, s, 1.0, 0.0, 0.0), line(lanes, lane, s, -1.0, 0.0, 0.0)
    keep = np.zeros(len(s), np.bool_)
    thin_out(s, left, right, keep)
    return s[keep].copy()


def edge_line(
    lanes: LaneArrays, lane: int, s: NDArray[np.float64], side: float, shift: float, lift: float
) -> NDArray[np.float64]:
    """Return what `side_points` writes. Shape (num_stations, 3)."""
    out = np.empty((len(s), 3))
    side_points(lanes, lane, s, side, shift, lift, out)
    return out


def _lifted(
    lanes: LaneArrays, lane: int, s: NDArray[np.float64], side: float, shift: float, lift: float, columns: tuple
) -> NDArray[np.float64]:
    line = edge_line(lanes, lane, s, side, shift, lift)
    part = slice(lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1])
    if lanes.point_rise[part].any():
        left, right = (np.interp(s, lanes.point_s[part], lanes.point_rise[part, k]) for k in columns)
        line[:, 2] += left if side > 0.0 else right if side < 0.0 else 0.5 * (left + right)
    return line


def top_line(
    lanes: LaneArrays, lane: int, s: NDArray[np.float64], side: float, shift: float, lift: float
) -> NDArray[np.float64]:
    """Return what `side_points` writes, but above the surface of a raised lane. Shape (num_stations, 3)."""
    return _lifted(lanes, lane, s, side, shift, lift, (LEFT_TOP, RIGHT_TOP))


def foot_line(
    lanes: LaneArrays, lane: int, s: NDArray[np.float64], side: float, shift: float, lift: float
) -> NDArray[np.float64]:
    """Return what `side_points` writes, but above what a raised lane's edge comes down to. Shape (num_stations, 3)."""
    return _lifted(lanes, lane, s, side, shift, lift, (LEFT_FOOT, RIGHT_FOOT))


def ribbon(
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    material: Material,
    semantic: Semantic,
    drawn: NDArray[np.bool_] | None = None,
) -> Patch:
    """Join two lines station by station into a strip seen from above (or from the right of a wall's upper `left`).

    Args:
        left, right: The lines [m]. Shape (num_stations, 3).
        material, semantic: Of all triangles.
        drawn: Intervals to draw, all if None. Shape (num_stations − 1,).
    """
    n = len(left)
    k = np.arange(n - 1) if drawn is None else np.flatnonzero(drawn)
    triangle = np.concatenate([np.stack([k, n + k, n + k + 1], axis=1), np.stack([k, n + k + 1, k + 1], axis=1)])
    vertex = np.concatenate([left, right])
    if drawn is not None:
        used, triangle = np.unique(triangle, return_inverse=True)
        vertex, triangle = vertex[used], triangle.reshape(-1, 3)
    return Patch(vertex, triangle, material, semantic)


def joint_patch(
    lanes: LaneArrays, lane: int, after: int, shift: float, material: Material, semantic: Semantic
) -> Patch | None:
    """Return the wedge that opens between a lane's end and its successor's start where the way has a corner there.

    Args:
        lanes: The network.
        lane, after: A lane and its successor.
        shift: By which both strips are wider on either side [m].
        material, semantic: Of the wedge.

    Returns:
        Two triangles, or None where strip meets strip.
    """
    end, start = np.array([lanes.lane_length[lane]]), np.zeros(1)
    a, b = (edge_line(lanes, lane, end, side, side * shift, 0.0) for side in (1.0, -1.0))
    c, d = (edge_line(lanes, after, start, side, side * shift, 0.0) for side in (1.0, -1.0))
    middles = 0.5 * (a + b - c - d)[0]
    if max(abs(middles[0]), abs(middles[1])) > JOINT or abs(middles[2]) > JOINT_STEP:
        return None  # a loose link: nothing meets there
    if np.abs(a - c).max() < SIDE_TOLERANCE and np.abs(b - d).max() < SIDE_TOLERANCE:
        return None
    middle = 0.25 * (a + b + c + d)
    vertex, triangle = np.concatenate([middle, a, c, b, d]), np.array([[0, 1, 2], [0, 3, 4]])
    return face_up(Patch(vertex, triangle, material, semantic))


def face_up(patch: Patch) -> Patch:
    """Turn the triangles that a tight bend has folded over so that all face up."""
    a, b, c = (patch.vertex[patch.triangle[:, k]] for k in range(3))
    down = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) < (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    triangle = patch.triangle.copy()
    triangle[down] = triangle[down][:, ::-1]
    return patch._replace(triangle=triangle)
