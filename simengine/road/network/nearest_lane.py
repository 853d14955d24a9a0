"""The lane under or nearest to a place, of all levels the fitting one: found through the grid of segments."""

import math

import numpy as np
from numba import njit

from simengine.road.network.frenet import (
    Floats,
    beside_segment,
    fraction_of_foot,
)
from simengine.road.network.lane_surface import is_raised, rise_at, surface_height
from simengine.road.network.network import LaneArrays

OUTSIDE_COST = 4.0  # per meter outside a lane
HEIGHT_COST = 2.0  # per meter above or below a lane
LAYER_COST = 40.0  # per meter more than `LAYER` above or below a lane: another level of a bridge
HEADING_COST = 0.5  # times 1 − cos of the angle to a lane
OFFSET_COST = 0.01  # per meter from the center line: decides between lanes that both hold a place
LAYER = 2.0  # surfaces farther apart in height are different levels [m]
# Columns of the lanes that hold a place: height of the surface [m], segment, fraction of it, weight.
LAYER_HEIGHT, LAYER_SEGMENT, LAYER_FRACTION, LAYER_WEIGHT = range(4)


@njit(cache=True, _nrt=False)
def search_lanes(
    lanes: LaneArrays, x: float, y: float, z: float, heading: float, reach: float, layers: Floats
) -> tuple[int, float, float, float, float, int]:
    """Find the segment that suits a place best.

    Cells are visited in rings of growing distance until no farther one can hold anything better.

    Args:
        lanes: The network.
        x, y: The place [m].
        z: Height, NaN if unknown [m].
        heading: NaN if unknown [rad].
        reach: Lanes whose edges are farther are not found [m].
        layers: Written: the lanes that hold the place, `LAYER_HEIGHT` to `LAYER_WEIGHT`. Shape (most, 4).

    Returns:
        First point of the segment, −1 for none; fraction of it, t to its left [m], how far outside the lane the place
        lies [m], height of the surface there [m], and how many lanes hold it.
    """
    position, point_s, tangent, point_width = (
        lanes.point_position, lanes.point_s, lanes.point_tangent, lanes.point_width
    )  # fmt: skip
    point_bank, point_rise, point_lane = lanes.point_bank, lanes.point_rise, lanes.point_lane
    origin, cell, grid_first, grid_point = lanes.grid_origin, lanes.grid_cell, lanes.grid_first, lanes.grid_point
    best, best_i, best_f, best_t, best_outside, best_height, held = np.inf, -1, 0.0, 0.0, np.inf, z, 0
    if not (math.isfinite(x) and math.isfinite(y)):
        return best_i, best_f, best_t, best_outside, best_height, held
    columns, rows = lanes.grid_shape[0], lanes.grid_shape[1]
    px = min(max(x - origin[0], 0.0), columns * cell)
    py = min(max(y - origin[1], 0.0), rows * cell)
    column, row = min(int(px / cell), columns - 1), min(int(py / cell), rows - 1)
    hx, hy = math.cos(heading), math.sin(heading)
    for ring in range(max(columns, rows)):
        for r in range(max(0, row - ring), min(rows - 1, row + ring) + 1):
            step = 1 if abs(r - row) == ring else 2 * ring
            for c in range(column - ring, column + ring + 1, step):
                if c < 0 or c >= columns:
                    continue
                for entry in range(grid_first[r * columns + c], grid_first[r * columns + c + 1]):
                    i = grid_point[entry]
                    ax, ay = position[i, 0], position[i, 1]
                    limit = 0.5 * max(point_width[i], point_width[i + 1]) + min(reach, best / OUTSIDE_COST)
                    most = limit + point_s[i + 1] - point_s[i]
                    if (x - ax) * (x - ax) + (y - ay) * (y - ay) > most * most:
                        continue
                    bx, by = position[i + 1, 0], position[i + 1, 1]
                    foot, square = fraction_of_foot(ax, ay, bx, by, x, y)
                    if square > limit * limit:
                        continue
                    f, nx, ny, ex, ey = beside_segment(position, tangent, i, foot, x, y)
                    t, along = ex * nx + ey * ny, ex * ny - ey * nx
                    width = point_width[i] + f * (point_width[i + 1] - point_width[i])
                    outside = max(0.0, abs(t) - 0.5 * width)
                    if abs(along) > 1e-9:
                        outside = math.sqrt(outside * outside + along * along)
                    if outside > reach:
                        continue
                    lane = point_lane[i]
                    height = surface_height(
                        position[i, 2] + f * (position[i + 1, 2] - position[i, 2]),
                        width,
                        point_bank[i] + f * (point_bank[i + 1] - point_bank[i]),
                        t,
                        rise_at(point_rise, i, f, width, t) if outside == 0.0 else 0.0,
                    )
                    cost = OUTSIDE_COST * outside + OFFSET_COST * abs(t)
                    if not math.isnan(z):
                        cost += HEIGHT_COST * abs(z - height) + LAYER_COST * max(0.0, abs(z - height) - LAYER)
                    if not math.isnan(heading):
                        cost += HEADING_COST * (1.0 - (hx * ny - hy * nx))
                    known = len(layers) == held
                    for k in range(held):
                        known = known or point_lane[int(layers[k, LAYER_SEGMENT])] == lane
                    if outside == 0.0 and not known:
                        margin = 0.5 * width - abs(t)
                        layers[held, LAYER_HEIGHT] = height
                        layers[held, LAYER_SEGMENT] = i
                        layers[held, LAYER_FRACTION] = f
                        layers[held, LAYER_WEIGHT] = margin * margin * (1e-9 if is_raised(point_rise, i) else 1.0)
                        held += 1
                    if cost < best or (cost == best and i < best_i):
                        best, best_i, best_f, best_t = cost, i, f, t
                        best_outside, best_height = outside, height
        edge = min(
            px - (column - ring) * cell,
            (column + ring + 1) * cell - px,
            py - (row - ring) * cell,
            (row + ring + 1) * cell - py,
        )
        if edge - lanes.widest > reach or OUTSIDE_COST * (edge - lanes.widest) > best:
            break
    return best_i, best_f, best_t, best_outside, best_height, held
