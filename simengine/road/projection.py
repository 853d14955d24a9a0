"""Which lane lies at a place and where on it, and the height and slope of the ground, over and under bridges.

Lane coordinates themselves are in `simengine.road.frenet`; their functions are offered here too. The ground is the
surface of the nearest lane with its grade and superelevation; beside the road it goes on level from the nearest edge.
Pavements are slabs of `KERB_HEIGHT` with steep edges.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.frenet import (
    lane_curvature,
    lane_fraction,
    lane_position,
    lane_width,
    project_on_lane,
    project_on_lane_batch,
    project_on_lane_near,
    segment_foot,
    segment_normal,
    solve_segment,
)
from simengine.road.network import KERB_HEIGHT, LaneArrays, LaneType

__all__ = [
    "ground_at", "ground_at_batch", "lane_curvature", "lane_pose", "lane_pose_batch", "lane_width", "locate",
    "locate_batch", "nearest_surface", "project_on_lane", "project_on_lane_batch", "project_on_lane_near",
]

REACH = 30.0  # a place farther from every lane is on none [m]
KERB_RAMP = 0.1  # width of the edge over which a pavement rises [m]
OUTSIDE_COST = 4.0  # per metre outside a lane
HEIGHT_COST = 2.0  # per metre above or below a lane
LAYER_COST = 40.0  # per metre more than `LAYER` above or below a lane: another level of a bridge
HEADING_COST = 0.5  # times 1 − cos of the angle to a lane
OFFSET_COST = 0.01  # per metre from the centre line: decides between lanes that both hold a place
LAYER = 2.0  # surfaces farther apart in height are different levels [m]
_PAVEMENT = int(LaneType.PAVEMENT)
_MOST = 8  # surfaces blended at one place


@njit(cache=True)
def _rise(lane_type: int, width: float, t: float) -> float:
    """Return how far a lane's surface lies above its points because it is a pavement [m]."""
    if lane_type != _PAVEMENT:
        return 0.0
    return KERB_HEIGHT * min(1.0, max(0.0, (0.5 * width - abs(t)) / KERB_RAMP))


@njit(cache=True)
def surface_height(lanes: LaneArrays, lane: int, i: int, f: float, t: float, raised: bool) -> float:
    """Return the height of a lane's surface at fraction f of segment i and t to its left [m]; level past the edges.

    With `raised` a pavement's slab is added.
    """
    width = lanes.point_width[i] + f * (lanes.point_width[i + 1] - lanes.point_width[i])
    bank = lanes.point_bank[i] + f * (lanes.point_bank[i + 1] - lanes.point_bank[i])
    z = lanes.point_position[i, 2] + f * (lanes.point_position[i + 1, 2] - lanes.point_position[i, 2])
    if bank != 0.0:
        z += math.tan(bank) * min(0.5 * width, max(-0.5 * width, t))
    return z + _rise(lanes.lane_type[lane], width, t) if raised else z


@njit(cache=True)
def _point_grade(lanes: LaneArrays, lane: int, k: int) -> float:
    """Return the rise over run at a point, from its two neighbours."""
    before = max(k - 1, lanes.lane_first_point[lane])
    after = min(k + 1, lanes.lane_first_point[lane + 1] - 1)
    rise = lanes.point_position[after, 2] - lanes.point_position[before, 2]
    return rise / (lanes.point_s[after] - lanes.point_s[before])


@njit(cache=True)
def lane_pose(lanes: LaneArrays, lane: int, s: float, t: float) -> tuple[float, float, float, float]:
    """Return x, y, z of the surface at lane coordinates [m] and the heading there [rad]; straight beyond the ends."""
    x, y, tx, ty = lane_position(lanes, lane, s, t)
    i, f = lane_fraction(lanes, lane, s)
    z = surface_height(lanes, lane, i, f, t, 0.0 <= s <= lanes.lane_length[lane])
    if s < 0.0:
        z += s * _point_grade(lanes, lane, lanes.lane_first_point[lane])
    elif s > lanes.lane_length[lane]:
        z += (s - lanes.lane_length[lane]) * _point_grade(lanes, lane, lanes.lane_first_point[lane + 1] - 1)
    return x, y, z, math.atan2(ty, tx)


@njit(cache=True)
def _place_on_segment(lanes: LaneArrays, i: int, x: float, y: float, foot: float) -> tuple[float, float, float]:
    """Return fraction, t and the distance outside the lane's area [m] of a point at a segment."""
    f, solved = solve_segment(lanes, i, x, y)
    f = min(1.0, max(0.0, f)) if solved else foot
    nx, ny = segment_normal(lanes, i, f)
    ex = x - lanes.point_position[i, 0] - f * (lanes.point_position[i + 1, 0] - lanes.point_position[i, 0])
    ey = y - lanes.point_position[i, 1] - f * (lanes.point_position[i + 1, 1] - lanes.point_position[i, 1])
    t, along = ex * nx + ey * ny, ex * ny - ey * nx
    width = lanes.point_width[i] + f * (lanes.point_width[i + 1] - lanes.point_width[i])
    beside = max(0.0, abs(t) - 0.5 * width)
    if abs(along) < 1e-9:
        return f, t, beside
    return f, t, math.sqrt(beside * beside + along * along)


@njit(cache=True)
def _search(
    lanes: LaneArrays, x: float, y: float, z: float, heading: float, reach: float, layers: NDArray[np.float64]
) -> tuple[int, float, float, float, int]:
    """Find the segment that suits a place best; return its first point, fraction, t, distance outside, lanes held.

    Cells are visited in rings of growing distance until no farther one can hold anything better. NaN as z or heading
    means unknown. `layers` takes the lanes that hold the place: height, segment, fraction, weight. Shape (most, 4).
    """
    if not (math.isfinite(x) and math.isfinite(y)):
        return -1, 0.0, 0.0, 0.0, 0
    columns, rows, cell = lanes.grid_shape[0], lanes.grid_shape[1], lanes.grid_cell
    px = min(max(x - lanes.grid_origin[0], 0.0), columns * cell)
    py = min(max(y - lanes.grid_origin[1], 0.0), rows * cell)
    column, row = min(int(px / cell), columns - 1), min(int(py / cell), rows - 1)
    hx, hy = math.cos(heading), math.sin(heading)
    best, best_i, best_f, best_t, best_outside, held = np.inf, -1, 0.0, 0.0, np.inf, 0
    for ring in range(max(columns, rows)):
        for r in range(max(0, row - ring), min(rows - 1, row + ring) + 1):
            step = 1 if abs(r - row) == ring else 2 * ring
            for c in range(column - ring, column + ring + 1, step):
                if c < 0 or c >= columns:
                    continue
                for entry in range(lanes.grid_first[r * columns + c], lanes.grid_first[r * columns + c + 1]):
                    i = lanes.grid_point[entry]
                    foot, square = segment_foot(lanes, i, x, y)
                    near = math.sqrt(square) - 0.5 * max(lanes.point_width[i], lanes.point_width[i + 1])
                    if near > reach or OUTSIDE_COST * near > best:
                        continue
                    f, t, outside = _place_on_segment(lanes, i, x, y, foot)
                    if outside > reach:
                        continue
                    lane = lanes.point_lane[i]
                    height = surface_height(lanes, lane, i, f, t, outside == 0.0)
                    cost = OUTSIDE_COST * outside + OFFSET_COST * abs(t)
                    if not math.isnan(z):
                        cost += HEIGHT_COST * abs(z - height) + LAYER_COST * max(0.0, abs(z - height) - LAYER)
                    if not math.isnan(heading):
                        nx, ny = segment_normal(lanes, i, f)
                        cost += HEADING_COST * (1.0 - (hx * ny - hy * nx))
                    known = len(layers) == held
                    for k in range(held):
                        known = known or lanes.point_lane[int(layers[k, 1])] == lane
                    if outside == 0.0 and not known:
                        width = lanes.point_width[i] + f * (lanes.point_width[i + 1] - lanes.point_width[i])
                        margin = 0.5 * width - abs(t)
                        layers[held, 0] = height
                        layers[held, 1] = i
                        layers[held, 2] = f
                        layers[held, 3] = margin * margin * (1e-9 if lanes.lane_type[lane] == _PAVEMENT else 1.0)
                        held += 1
                    if cost < best or (cost == best and i < best_i):
                        best, best_i, best_f, best_t, best_outside = cost, i, f, t, outside
        edge = min(
            px - (column - ring) * cell, (column + ring + 1) * cell - px,
            py - (row - ring) * cell, (row + ring + 1) * cell - py,
        )
        near = edge - lanes.widest
        if near > reach or OUTSIDE_COST * near > best:
            break
    return best_i, best_f, best_t, best_outside, held


@njit(cache=True)
def locate(lanes: LaneArrays, x: float, y: float, z: float, heading: float) -> tuple[int, float, float]:
    """Return the lane that suits a pose best, with s and t [m] on it; lane −1 where none is within 30 m.

    A lane that holds the place comes first, then the nearest in height, then the one whose heading agrees.

    Args:
        lanes: The network.
        x, y: Place [m].
        z: Height, NaN if unknown [m].
        heading: Heading, NaN if unknown [rad].
    """
    layers = np.empty((0, 4))
    i, f, t, outside, _ = _search(lanes, x, y, z, heading, REACH, layers)
    if i < 0:
        return -1, 0.0, 0.0
    return lanes.point_lane[i], lanes.point_s[i] + f * (lanes.point_s[i + 1] - lanes.point_s[i]), t


@njit(cache=True)
def nearest_surface(lanes: LaneArrays, x: float, y: float, z_hint: float) -> tuple[float, float]:
    """Return how far a place lies outside the nearest lane (0 on it), and the height of that lane's surface [m]."""
    layers = np.empty((0, 4))
    i, f, t, outside, _ = _search(lanes, x, y, z_hint, np.nan, np.inf, layers)
    if i < 0:
        return np.inf, z_hint
    return outside, surface_height(lanes, lanes.point_lane[i], i, f, t, outside == 0.0)


@njit(cache=True)
def ground_at(lanes: LaneArrays, x: float, y: float, z_hint: float) -> tuple[float, float, float, float]:
    """Return the height of the ground [m] and its unit normal at a place.

    Where several lanes overlap at one level (in a junction) their surfaces are blended, so that there are no steps.

    Args:
        lanes: The network.
        x, y: Place [m].
        z_hint: A height near the ground wanted, to tell a bridge from what is under it; NaN if unknown [m].
    """
    if not math.isnan(lanes.level):
        return lanes.level, 0.0, 0.0, 1.0
    layers = np.empty((_MOST, 4))
    i, f, t, outside, held = _search(lanes, x, y, z_hint, np.nan, np.inf, layers)
    if i < 0:
        return z_hint, 0.0, 0.0, 1.0
    z = surface_height(lanes, lanes.point_lane[i], i, f, t, outside == 0.0)
    gx, gy = _slope(lanes, i, f, outside > 0.0)
    if outside == 0.0 and held > 1:
        total, mean_z, mean_x, mean_y = 0.0, 0.0, 0.0, 0.0
        for k in range(held):
            if abs(layers[k, 0] - z) < LAYER and layers[k, 3] > 0.0:
                sx, sy = _slope(lanes, int(layers[k, 1]), layers[k, 2], False)
                total += layers[k, 3]
                mean_z += layers[k, 3] * layers[k, 0]
                mean_x += layers[k, 3] * sx
                mean_y += layers[k, 3] * sy
        if total > 0.0:
            z, gx, gy = mean_z / total, mean_x / total, mean_y / total
    norm = math.sqrt(1.0 + gx * gx + gy * gy)
    return z, -gx / norm, -gy / norm, 1.0 / norm


@njit(cache=True)
def _slope(lanes: LaneArrays, i: int, f: float, beside: bool) -> tuple[float, float]:
    """Return the slope of a lane's surface along x and y; beside the lane without its superelevation."""
    lane = lanes.point_lane[i]
    grade = _point_grade(lanes, lane, i)
    grade += f * (_point_grade(lanes, lane, i + 1) - grade)
    nx, ny = segment_normal(lanes, i, f)
    bank = 0.0 if beside else lanes.point_bank[i] + f * (lanes.point_bank[i + 1] - lanes.point_bank[i])
    across = math.tan(bank) if bank != 0.0 else 0.0
    return grade * ny + across * nx, -grade * nx + across * ny


@njit(cache=True)
def locate_batch(
    lanes: LaneArrays, x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64],
    heading: NDArray[np.float64], out_lane: NDArray[np.int32], out: NDArray[np.float64],
) -> None:
    """Write lane, and s and t [m], of every pose. Shapes (n,); `out_lane` (n,), `out` (n, 2)."""
    for k in range(len(x)):
        out_lane[k], out[k, 0], out[k, 1] = locate(lanes, x[k], y[k], z[k], heading[k])


@njit(cache=True)
def lane_pose_batch(
    lanes: LaneArrays, lane: NDArray[np.int32], s: NDArray[np.float64], t: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write x, y, z [m] and heading [rad] at every lane coordinate. Shapes (n,); `out` (n, 4)."""
    for k in range(len(lane)):
        out[k, 0], out[k, 1], out[k, 2], out[k, 3] = lane_pose(lanes, lane[k], s[k], t[k])


@njit(cache=True)
def ground_at_batch(
    lanes: LaneArrays, x: NDArray[np.float64], y: NDArray[np.float64], z_hint: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write height [m] and unit normal of the ground at every place. Shapes (n,); `out` (n, 4)."""
    for k in range(len(x)):
        out[k, 0], out[k, 1], out[k, 2], out[k, 3] = ground_at(lanes, x[k], y[k], z_hint[k])
