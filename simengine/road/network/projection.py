"""Which lane lies at a place and where on it, and the height and slope of the ground, over and under bridges.

Lane coordinates themselves are in `road.network.frenet`; their functions are offered here too. The ground is the
surface of the lane there with its grade and superelevation, of several lanes their weighted mean; beside the road it
goes on level from the nearest edges. Raised lanes (pavements above all) are slabs with steep edges.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.network.frenet import (
    fraction_at,
    lane_curvature,
    lane_width,
    place_at,
    project_on_lane,
    project_on_lane_batch,
    project_on_lane_near,
)
from simengine.road.network.lane_surface import grade_at, rise_at, surface_height, surface_slope
from simengine.road.network.nearest_lane import (
    LAYER,
    LAYER_FRACTION,
    LAYER_HEIGHT,
    LAYER_SEGMENT,
    LAYER_WEIGHT,
    search_lanes,
)
from simengine.road.network.network import LaneArrays
from simengine.road.network.roadside import (
    AWAY_X,
    AWAY_Y,
    DISTANCE,
    FRACTION,
    HEIGHT,
    SEGMENT,
    lanes_beside,
    shell_radius,
    shell_weight,
)

__all__ = [
    "ground_at",
    "ground_at_batch",
    "lane_curvature",
    "lane_pose",
    "lane_pose_batch",
    "lane_width",
    "locate",
    "locate_batch",
    "nearest_surface",
    "project_on_lane",
    "project_on_lane_batch",
    "project_on_lane_near",
]

REACH = 30.0  # a place farther from every lane is on none [m]
_SURE = 1.5  # surfaces less apart are of one level for certain; between this and `LAYER` they count less [m]
_MOST, _MOST_BESIDE = 32, 96  # surfaces blended at one place on the road and beside it


@njit(cache=True, _nrt=False)
def lane_pose(lanes: LaneArrays, lane: int, s: float, t: float) -> tuple[float, float, float, float]:
    """Return x, y, z of the surface at lane coordinates [m] and the heading there [rad]; straight beyond the ends."""
    begin, end = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1]
    position, point_s, bank = lanes.point_position, lanes.point_s, lanes.point_bank
    x, y, tx, ty = place_at(position, lanes.point_tangent, point_s, begin, end, s, t)
    i, f = fraction_at(point_s, begin, end, s)
    length = point_s[end - 1]
    width = lanes.point_width[i] + f * (lanes.point_width[i + 1] - lanes.point_width[i])
    z = surface_height(
        position[i, 2] + f * (position[i + 1, 2] - position[i, 2]),
        width,
        bank[i] + f * (bank[i + 1] - bank[i]),
        t,
        rise_at(lanes.point_rise, i, f, width, t) if 0.0 <= s <= length and abs(t) <= 0.5 * width else 0.0,
    )
    if s < 0.0:
        z += s * grade_at(position, point_s, begin, end, begin, 0.0)
    elif s > length:
        z += (s - length) * grade_at(position, point_s, begin, end, end - 2, 1.0)
    return x, y, z, math.atan2(ty, tx)


@njit(cache=True, _nrt=True)
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
    i, f, t, _, _, _ = search_lanes(lanes, x, y, z, heading, REACH, layers)
    if i < 0:
        return -1, 0.0, 0.0
    return lanes.point_lane[i], lanes.point_s[i] + f * (lanes.point_s[i + 1] - lanes.point_s[i]), t


@njit(cache=True, _nrt=True)
def nearest_surface(lanes: LaneArrays, x: float, y: float, z_hint: float) -> tuple[float, float]:
    """Return how far a place lies outside the nearest lane (0 on it), and the height of that lane's surface [m]."""
    layers = np.empty((0, 4))
    _, _, _, outside, height, _ = search_lanes(lanes, x, y, z_hint, np.nan, np.inf, layers)
    return outside, height


@njit(cache=True, _nrt=True)
def ground_at(lanes: LaneArrays, x: float, y: float, z_hint: float) -> tuple[float, float, float, float]:
    """Return the height of the ground [m] and its unit normal at a place.

    Where several lanes overlap at one level (in a junction) their surfaces are blended, and beside the road those of
    the lanes around, so that there are no steps.

    Args:
        lanes: The network.
        x, y: Place [m].
        z_hint: A height near the ground wanted, to tell a bridge from what is under it; NaN if unknown [m].
    """
    if not math.isnan(lanes.level):
        return lanes.level, 0.0, 0.0, 1.0
    layers = np.empty((_MOST, 4))
    i, f, _, outside, z, held = search_lanes(lanes, x, y, z_hint, np.nan, np.inf, layers)
    if i < 0:
        return z_hint, 0.0, 0.0, 1.0
    position, point_s, tangent, bank = lanes.point_position, lanes.point_s, lanes.point_tangent, lanes.point_bank
    width, rise = lanes.point_width, lanes.point_rise
    first, lane = lanes.lane_first_point, lanes.point_lane[i]
    gx, gy = surface_slope(
        position, point_s, tangent, width, bank, rise, first[lane], first[lane + 1], i, f, outside > 0.0
    )
    holder = outside == 0.0
    if held > 1 or (held == 1 and not holder):  # what holds the place comes before an edge that lies nearer to the hint
        total, mean_z, mean_x, mean_y = 0.0, 0.0, 0.0, 0.0
        for k in range(held):
            apart = abs(layers[k, LAYER_HEIGHT] - z)
            if apart < LAYER and layers[k, LAYER_WEIGHT] > 0.0:
                i = int(layers[k, LAYER_SEGMENT])
                lane = lanes.point_lane[i]
                sx, sy = surface_slope(
                    position,
                    point_s,
                    tangent,
                    width,
                    bank,
                    rise,
                    first[lane],
                    first[lane + 1],
                    i,
                    layers[k, LAYER_FRACTION],
                    False,
                )
                weight = layers[k, LAYER_WEIGHT] * min(1.0, (LAYER - apart) / (LAYER - _SURE))
                total += weight
                mean_z += weight * layers[k, LAYER_HEIGHT]
                mean_x += weight * sx
                mean_y += weight * sy
        if total > 0.0:
            z, gx, gy, holder = mean_z / total, mean_x / total, mean_y / total, True
    if not holder:
        z, gx, gy = _between(lanes, x, y, z, outside, gx, gy)
    norm = math.sqrt(1.0 + gx * gx + gy * gy)
    return z, -gx / norm, -gy / norm, 1.0 / norm


@njit(cache=True, _nrt=True)
def _between(
    lanes: LaneArrays, x: float, y: float, z: float, outside: float, gx: float, gy: float
) -> tuple[float, float, float]:
    """Return height and slope beside the road: the mean of the lanes around, at the level of the nearest.

    Args:
        lanes: The network.
        x, y: Place [m].
        z: Height of the nearest lane's edge [m].
        outside: How far it is [m].
        gx, gy: Slope there, returned where no other lane is near.
    """
    position, point_s, tangent, bank = lanes.point_position, lanes.point_s, lanes.point_tangent, lanes.point_bank
    first = lanes.lane_first_point
    found = np.empty((_MOST_BESIDE, 7))
    radius = shell_radius(outside)
    count = lanes_beside(lanes, x, y, z, LAYER, radius, found)
    if count < 2:
        return z, gx, gy
    total, mean_z, mean_x, mean_y, rise_x, rise_y = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(count):
        i = int(found[k, SEGMENT])
        lane = lanes.point_lane[i]
        sx, sy = surface_slope(
            position,
            point_s,
            tangent,
            lanes.point_width,
            bank,
            lanes.point_rise,
            first[lane],
            first[lane + 1],
            i,
            found[k, FRACTION],
            True,
        )
        apart = found[k, HEIGHT] - z
        sure = min(1.0, (LAYER - abs(apart)) / (LAYER - _SURE))
        weight, change = shell_weight(found[k, DISTANCE], radius)
        weight, change = weight * sure, change * sure
        total += weight
        mean_z += weight * apart
        mean_x += weight * sx + change * found[k, AWAY_X] * apart
        mean_y += weight * sy + change * found[k, AWAY_Y] * apart
        rise_x += change * found[k, AWAY_X]
        rise_y += change * found[k, AWAY_Y]
    mean = mean_z / total
    return z + mean, (mean_x - mean * rise_x) / total, (mean_y - mean * rise_y) / total


@njit(cache=True, _nrt=False)
def locate_batch(
    lanes: LaneArrays,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
    heading: NDArray[np.float64],
    out_lane: NDArray[np.int32],
    out: NDArray[np.float64],
) -> None:
    """Write lane, and s and t [m], of every pose; see `locate`.

    Args:
        lanes: The network.
        x, y: Places [m]. Shape (n,).
        z: Heights, NaN where unknown [m]. Shape (n,).
        heading: NaN where unknown [rad]. Shape (n,).
        out_lane: Written: lane, or −1. Shape (n,).
        out: Written: s and t. Shape (n, 2).
    """
    for k in range(len(x)):
        out_lane[k], out[k, 0], out[k, 1] = locate(lanes, x[k], y[k], z[k], heading[k])


@njit(cache=True, _nrt=False)
def lane_pose_batch(
    lanes: LaneArrays,
    lane: NDArray[np.int32],
    s: NDArray[np.float64],
    t: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write x, y, z [m] and heading [rad] at every lane coordinate. Shapes (n,); `out` (n, 4)."""
    for k in range(len(lane)):
        out[k, 0], out[k, 1], out[k, 2], out[k, 3] = lane_pose(lanes, lane[k], s[k], t[k])


@njit(cache=True, _nrt=False)
def ground_at_batch(
    lanes: LaneArrays,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z_hint: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write height [m] and unit normal of the ground at every place. Shapes (n,); `out` (n, 4)."""
    for k in range(len(x)):
        out[k, 0], out[k, 1], out[k, 2], out[k, 3] = ground_at(lanes, x[k], y[k], z_hint[k])
