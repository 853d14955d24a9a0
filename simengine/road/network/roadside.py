"""The lanes around a place beside the road: between them the ground is their weighted mean, so it has no steps.

Weights are Shepard's, the inverse distance, with a limited radius (Franke & Nielson, Int. J. Num. Meth. Eng. 15, 1980;
there squared, which makes it steeper between two lanes): at an edge the lane's own height counts alone, between two
lanes the ground rises from one to the other, and what is much farther than the nearest lane does not count.
"""

import math

from numba import njit

from simengine.road.network.frenet import Floats, beside_segment, fraction_of_foot
from simengine.road.network.network import LaneArrays

SHELL = 6.0  # lanes count that are farther than the nearest by its distance and 1.5 m, at most by so much [m]
HEIGHT, SEGMENT, FRACTION, DISTANCE, AWAY_X, AWAY_Y, LANE = range(7)  # columns of what `lanes_beside` finds


@njit(cache=True, _nrt=False)
def shell_radius(nearest: float) -> float:
    """Return how far lanes count beside which the nearest one lies so far away [m]."""
    return nearest + min(SHELL, 1.5 + nearest)


@njit(cache=True, _nrt=False)
def shell_weight(distance: float, radius: float) -> tuple[float, float]:
    """Return the weight of a lane [1/m] and its derivative by the distance."""
    return 1.0 / distance - 1.0 / radius, -1.0 / (distance * distance)


@njit(cache=True, _nrt=False)
def lanes_beside(lanes: LaneArrays, x: float, y: float, z: float, apart: float, radius: float, found: Floats) -> int:
    """Write the nearest place of every lane whose edge lies within a radius, at one level; return how many.

    Args:
        lanes: The network.
        x, y: The place, outside of all lanes of its level [m].
        z: Height of the level [m].
        apart: Surfaces farther above or below are other levels [m].
        radius: [m].
        found: Written, columns as named above; the first so many are kept. Shape (most, 7).
    """
    position, tangent, width, bank = lanes.point_position, lanes.point_tangent, lanes.point_width, lanes.point_bank
    point_lane, origin, cell, shape = lanes.point_lane, lanes.grid_origin, lanes.grid_cell, lanes.grid_shape
    grid_first, grid_point = lanes.grid_first, lanes.grid_point
    reach = radius + lanes.widest
    left = max(0, int(math.floor((x - reach - origin[0]) / cell)))
    right = min(shape[0] - 1, int(math.floor((x + reach - origin[0]) / cell)))
    bottom = max(0, int(math.floor((y - reach - origin[1]) / cell)))
    top = min(shape[1] - 1, int(math.floor((y + reach - origin[1]) / cell)))
    count = 0
    for row in range(bottom, top + 1):
        for column in range(left, right + 1):
            k = row * shape[0] + column
            for entry in range(grid_first[k], grid_first[k + 1]):
                i = grid_point[entry]
                ax, ay, bx, by = position[i, 0], position[i, 1], position[i + 1, 0], position[i + 1, 1]
                limit = radius + 0.5 * max(width[i], width[i + 1])
                foot, square = fraction_of_foot(ax, ay, bx, by, x, y)
                if square > limit * limit:
                    continue
                f, nx, ny, ex, ey = beside_segment(position, tangent, i, foot, x, y)
                half = 0.5 * (width[i] + f * (width[i + 1] - width[i]))
                t = min(half, max(-half, ex * nx + ey * ny))
                dx, dy = ex - t * nx, ey - t * ny
                distance = math.sqrt(dx * dx + dy * dy)
                if distance >= radius:
                    continue
                height = position[i, 2] + f * (position[i + 1, 2] - position[i, 2])
                height += math.tan(bank[i] + f * (bank[i + 1] - bank[i])) * t
                if abs(height - z) >= apart:
                    continue
                slot = 0
                while slot < count and found[slot, LANE] != point_lane[i]:
                    slot += 1
                if slot == count:
                    if count == len(found):
                        continue
                    count += 1
                elif found[slot, DISTANCE] <= distance:
                    continue
                away = max(distance, 1e-6)
                found[slot, HEIGHT], found[slot, SEGMENT], found[slot, FRACTION] = height, i, f
                found[slot, DISTANCE], found[slot, AWAY_X], found[slot, AWAY_Y] = away, dx / away, dy / away
                found[slot, LANE] = point_lane[i]
    return count
