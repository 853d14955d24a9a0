"""Places where lanes lie over or beside one another at one level: what a common surface has to hold together."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.network.frenet import beside_segment, fraction_at, place_at, segment_foot
from simengine.road.network.network import LaneArrays

SPACING = 1.5  # of the sections of a lane that are looked at [m]
TOUCH = 0.1  # lanes nearer than this beside each other share an edge [m]


class Overlaps(NamedTuple):
    """Pairs of lane coordinates that are one place in plan view; the first lane is above by `above`."""

    lane: NDArray[np.int64]  # (n, 2)
    s: NDArray[np.float64]  # (n, 2) [m]
    t: NDArray[np.float64]  # (n, 2), within the lanes [m]
    above: NDArray[np.float64]  # (n,) [m]


@njit(cache=True)
def _lanes_at(
    lanes: LaneArrays, own: int, x: float, y: float, z: float, apart: float, found: NDArray[np.float64]
) -> int:
    """Write the lanes other than `own` that hold a place at its level; return how many.

    Args:
        lanes: The network.
        own: Lane to leave out.
        x, y, z: The place [m].
        apart: Surfaces farther apart are other levels [m].
        found: Written: lane, s, t, height; at most so many. Shape (most, 4).
    """
    position, width, bank = lanes.point_position, lanes.point_width, lanes.point_bank
    reach = lanes.widest + TOUCH
    columns, rows = lanes.grid_shape[0], lanes.grid_shape[1]
    left = max(0, int(math.floor((x - reach - lanes.grid_origin[0]) / lanes.grid_cell)))
    right = min(columns - 1, int(math.floor((x + reach - lanes.grid_origin[0]) / lanes.grid_cell)))
    bottom = max(0, int(math.floor((y - reach - lanes.grid_origin[1]) / lanes.grid_cell)))
    top = min(rows - 1, int(math.floor((y + reach - lanes.grid_origin[1]) / lanes.grid_cell)))
    count = 0
    for row in range(bottom, top + 1):
        for column in range(left, right + 1):
            k = row * columns + column
            for entry in range(lanes.grid_first[k], lanes.grid_first[k + 1]):
                i = lanes.grid_point[entry]
                lane = lanes.point_lane[i]
                if lane == own:
                    continue
                limit = 0.5 * max(width[i], width[i + 1]) + TOUCH
                foot, square = segment_foot(lanes, i, x, y)
                if square > limit * limit:
                    continue
                f, nx, ny, ex, ey = beside_segment(position, lanes.point_tangent, i, foot, x, y)
                t, along = ex * nx + ey * ny, ex * ny - ey * nx
                half = 0.5 * (width[i] + f * (width[i + 1] - width[i]))
                if abs(t) > half + TOUCH or abs(along) > TOUCH or half < TOUCH:
                    continue
                t = min(half, max(-half, t))
                height = position[i, 2] + f * (position[i + 1, 2] - position[i, 2])
                height += math.tan(bank[i] + f * (bank[i + 1] - bank[i])) * t
                if abs(height - z) >= apart:
                    continue
                slot = 0
                while slot < count and found[slot, 0] != lane:
                    slot += 1
                if slot == count:
                    if count == len(found):
                        continue
                    count += 1
                elif abs(found[slot, 2]) <= abs(t):
                    continue
                found[slot, 0], found[slot, 2], found[slot, 3] = lane, t, height
                found[slot, 1] = lanes.point_s[i] + f * (lanes.point_s[i + 1] - lanes.point_s[i])
    return count


@njit(cache=True)
def _find(lanes: LaneArrays, apart: float) -> tuple[NDArray[np.float64], int]:
    """Return rows of lane, s, t of both lanes and how far the first is above, and how many rows are filled."""
    out = np.empty((1024, 7))
    found = np.empty((64, 4))
    count = 0
    for lane in range(len(lanes.lane_type)):
        begin, end = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1]
        length = lanes.point_s[end - 1]
        sections = max(1, int(math.ceil(length / SPACING)))
        for section in range(sections + 1):
            s = length * section / sections
            i, f = fraction_at(lanes.point_s, begin, end, s)
            half = 0.5 * (lanes.point_width[i] + f * (lanes.point_width[i + 1] - lanes.point_width[i]))
            if half < TOUCH:
                continue
            middle = lanes.point_position[i, 2] + f * (lanes.point_position[i + 1, 2] - lanes.point_position[i, 2])
            fall = math.tan(lanes.point_bank[i] + f * (lanes.point_bank[i + 1] - lanes.point_bank[i]))
            for side in range(-1, 2):
                t = side * half
                x, y, _, _ = place_at(lanes.point_position, lanes.point_tangent, lanes.point_s, begin, end, s, t)
                z = middle + fall * t
                for k in range(_lanes_at(lanes, lane, x, y, z, apart, found)):
                    if count == len(out):
                        grown = np.empty((2 * count, 7))
                        grown[:count] = out
                        out = grown
                    out[count, 0], out[count, 1], out[count, 2] = lane, s, t
                    out[count, 3], out[count, 4], out[count, 5] = found[k, 0], found[k, 1], found[k, 2]
                    out[count, 6] = z - found[k, 3]
                    count += 1
    return out, count


def find_overlaps(lanes: LaneArrays, apart: float) -> Overlaps:
    """Return where cross sections of lanes lie on or touch other lanes less than `apart` [m] above or below."""
    rows, count = _find(lanes, apart)
    rows = rows[:count]
    return Overlaps(
        rows[:, [0, 3]].astype(np.int64), np.ascontiguousarray(rows[:, [1, 4]]),
        np.ascontiguousarray(rows[:, [2, 5]]), rows[:, 6].copy(),
    )  # fmt: skip
