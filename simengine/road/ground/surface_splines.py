"""Lanes drawn anew from the splines of a common surface: points where they bend, heights and banks that meet."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.network.lane_points import measure_points
from simengine.road.network.network import LaneArrays, RoadNetwork, lane_arrays
from simengine.road.network.spline_fit import Splines, correction

FINEST, STRAIGHT = 1.0, 0.003  # points are added so near, where heights between depart by so much [m]


@njit(cache=True)
def _draw(
    lanes: LaneArrays,
    splines: Splines,
    control: NDArray[np.float64],
    lane: int,
    out: NDArray[np.float64],
) -> int:
    """Write x, y, z, width, bank and place of a lane's corrected points with those added between; return how many.

    The place is the row of the given point before, and the part of the way to the next one.
    """
    begin, end = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1]
    position, tangent, width, bank = lanes.point_position, lanes.point_tangent, lanes.point_width, lanes.point_bank
    count = 0
    for i in range(begin, end):
        z, tilt = correction(splines, control, lane, lanes.point_s[i])
        out[count, 0], out[count, 1], out[count, 3] = position[i, 0], position[i, 1], width[i]
        out[count, 2], out[count, 4], out[count, 5] = position[i, 2] + z, bank[i], i
        if tilt != 0.0:
            out[count, 4] = math.atan(math.tan(bank[i]) + tilt / splines.scale[lane])
        count += 1
        if i == end - 1:
            break
        length = lanes.point_s[i + 1] - lanes.point_s[i]
        parts = int(math.ceil(length / FINEST))
        last, before = count - 1, count
        for k in range(1, parts):
            f = k / parts
            z, tilt = correction(splines, control, lane, lanes.point_s[i] + f * length)
            g = 1.0 - f
            a, b = g * g * (1.0 + 2.0 * f), f * f * (1.0 + 2.0 * g)
            c, d = f * g * g * length, f * f * g * length
            for axis in range(2):
                out[count, axis] = a * position[i, axis] + b * position[i + 1, axis]
                out[count, axis] += c * tangent[i, axis] - d * tangent[i + 1, axis]
            out[count, 2] = g * position[i, 2] + f * position[i + 1, 2] + z
            out[count, 3], out[count, 5] = g * width[i] + f * width[i + 1], i + f
            fall = math.tan(g * bank[i] + f * bank[i + 1])
            out[count, 4] = math.atan(fall + tilt / splines.scale[lane])
            count += 1
        z, tilt = correction(splines, control, lane, lanes.point_s[i + 1])
        out[count, 2], out[count, 4] = position[i + 1, 2] + z, bank[i + 1]
        if tilt != 0.0:
            out[count, 4] = math.atan(math.tan(bank[i + 1]) + tilt / splines.scale[lane])
        count = _thin(out, last, before, count)
    return count


@njit(cache=True)
def _thin(out: NDArray[np.float64], last: int, before: int, count: int) -> int:
    """Leave out the added points before … count − 1 between two given ones whose heights lie on a line; return count.

    Points are equally far apart; rows last and count are the given ones.
    """
    kept = before
    base = out[last].copy()
    base_at = last
    for k in range(before, count):
        n = k + 1 - base_at
        straight = True
        for j in range(base_at + 1, k + 1):
            f = (j - base_at) / n
            half = 0.5 * out[j, 3]
            z = base[2] + f * (out[k + 1, 2] - base[2])
            fall = math.tan(base[4]) + f * (math.tan(out[k + 1, 4]) - math.tan(base[4]))
            if abs(out[j, 2] - z) + half * abs(math.tan(out[j, 4]) - fall) > STRAIGHT:
                straight = False
        if not straight:
            base[:] = out[k]
            base_at = k
            out[kept] = base
            kept += 1
    return kept


def corrected_network(network: RoadNetwork, splines: Splines, control: NDArray[np.float64]) -> RoadNetwork:
    """Return the network with its lanes' points corrected, and as many added as the new heights need."""
    lanes = lane_arrays(network)
    first = network.lane_first_point
    points = []
    for lane in range(len(first) - 1):
        own = slice(first[lane], first[lane + 1])
        if control[splines.first[lane] : splines.first[lane + 1]].any():
            rows = np.empty((int(np.ceil(np.diff(network.point_s[own]) / FINEST).sum()) + own.stop - own.start + 1, 6))
            points.append(rows[: _draw(lanes, splines, control, lane, rows)])
        else:
            points.append(
                np.column_stack(
                    [
                        network.point_position[own],
                        network.point_width[own],
                        network.point_bank[own],
                        np.arange(own.start, own.stop),
                    ]
                )
            )
    first = np.concatenate([[0], np.cumsum([len(rows) for rows in points])]).astype(np.int32)
    point = np.concatenate(points)
    before = point[:, 5].astype(np.int64)
    after = np.minimum(before + 1, len(network.point_lane) - 1)
    passed = (point[:, 5] - before)[:, None]
    rise = network.point_rise
    return network._replace(
        **measure_points(np.ascontiguousarray(point[:, :3]), first),
        point_width=point[:, 3].copy(),
        point_bank=point[:, 4].copy(),
        point_rise=rise[before] + passed * (rise[after] - rise[before]),
        point_marking=network.point_marking[before],
        point_may_cross=network.point_may_cross[before],
        point_yellow=network.point_yellow[before],
    )
