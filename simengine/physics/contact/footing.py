"""What a wheel stands on: the ground, the edge of a curb, or a low box that lies in its way.

A wheel is a rigid circle in its own plane. Over a profile h(s) along its way it stands on the highest of the points
h(s) − r + √(r² − s²), and its force is along the line from the touched point to the hub (Zegelaar, "The dynamic
response of tires to brake torque variations and road unevennesses", TU Delft 1998, ch. 4: the effective road surface of
a short obstacle). What reaches higher than the hub stops the body, not the wheel.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import box_reach, rotate
from simengine.core.state import Mobility
from simengine.physics.backend import StaticBox
from simengine.physics.vehicle.suspension import EDGE, HEIGHT, NORMAL_OF_GROUND
from simengine.road.network.lane_surface import CURB_RAMP
from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import ground_at

_FREE = int(Mobility.FREE)
_LOW = 0.6  # scenery that rises less above the ground may be under a wheel [m]
_CELL = 0.5  # of the grid of curbs; larger on maps of which it would have more than `_MOST_CELLS` [m]
_MOST_CELLS = 4_000_000
_LEAST_RISE = 0.01  # of a lane above its neighbors that is a curb [m]
_HALF_TIRE = 0.1  # of a tire's width [m]
_SAMPLES = 8  # of the ground on each side of a wheel near a curb
REACH = CURB_RAMP + 0.6  # of the largest wheels to a curb's edge [m]
_STEEPEST = 0.65  # least vertical part of the force's direction: a wheel climbs no wall


class CurbGrid(NamedTuple):
    """Where curbs are: cells of a grid within a wheel's reach of the edge of a raised lane."""

    near: NDArray[np.bool_]  # (rows, columns)
    origin: NDArray[np.float64]  # lower left corner, (2,) [m]
    cell: float  # [m]


def curb_grid(lanes: LaneArrays, reach: float) -> CurbGrid:
    """Mark the cells within `reach` [m] of the edges of raised lanes; one cell, unmarked, where there are none."""
    edges = [np.empty((0, 2))]
    raised = np.abs(lanes.point_rise).max(axis=1) > _LEAST_RISE if len(lanes.point_rise) else np.zeros(0, np.bool_)
    for lane in np.unique(lanes.point_lane[raised]).tolist():
        first, end = int(lanes.lane_first_point[lane]), int(lanes.lane_first_point[lane + 1])
        middle, ahead = lanes.point_position[first:end, :2], lanes.point_tangent[first:end, :2]
        ahead = ahead / np.maximum(1e-9, np.hypot(ahead[:, 0], ahead[:, 1]))[:, None]
        left = np.column_stack([-ahead[:, 1], ahead[:, 0]])
        for side in (0.5, -0.5):
            edges.append(_dense(middle + side * lanes.point_width[first:end, None] * left))
    edge = np.concatenate(edges)
    if len(edge) == 0:
        return CurbGrid(np.zeros((1, 1), np.bool_), np.zeros(2), math.inf)
    low, span = edge.min(axis=0) - reach, np.ptp(edge, axis=0) + 2.0 * reach
    cell = max(_CELL, math.sqrt(float(span[0] * span[1]) / _MOST_CELLS))
    columns, rows = (int(n) + 1 for n in span // cell)
    near = np.zeros((rows, columns), np.bool_)
    steps = np.arange(-math.ceil(reach / cell), math.ceil(reach / cell) + 1)
    at = ((edge - low) // cell).astype(np.int64)
    for dy in steps:
        for dx in steps:
            if (max(0, abs(dx) - 1) ** 2 + max(0, abs(dy) - 1) ** 2) * cell * cell <= reach * reach:
                near[np.clip(at[:, 1] + dy, 0, rows - 1), np.clip(at[:, 0] + dx, 0, columns - 1)] = True
    return CurbGrid(near, low, cell)


def _dense(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a line with a point at least every half cell. Shapes (n, 2)."""
    gap = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(gap)])
    every = np.linspace(0.0, along[-1], max(2, math.ceil(along[-1] / (0.5 * _CELL))))
    return np.column_stack([np.interp(every, along, line[:, 0]), np.interp(every, along, line[:, 1])])


def low_boxes(obstacles: tuple[StaticBox, ...]) -> NDArray[np.float64]:
    """Return the scenery that a wheel may roll over: x, y, yaw, length, width, top, bottom. Shape (n, 7)."""
    rows = []
    for box in obstacles:
        if box.size[2] <= _LOW:
            (x, y, z), half = box.position, 0.5 * box.size[2]
            rows.append((x, y, box.yaw, box.size[0], box.size[1], z + half, z - half))
    return np.array(rows, np.float64).reshape(-1, 7)


@njit(cache=True, _nrt=False)
def box_around(
    x: float,
    y: float,
    z: float,
    q: NDArray[np.float64],
    length: float,
    width: float,
    height: float,
    out: NDArray[np.float64],
) -> None:
    """Write the upright box around a turned one, as `low_boxes` has them.

    It is turned as that of its sides is that lies flattest of length and width, and as long and wide as the turned box
    is in plan view along and across that.

    Args:
        x, y, z: Center, world [m].
        q: Orientation. Shape (4,).
        length, width, height: [m].
        out: Shape (7,).
    """
    ax, ay, az = rotate(q[0], q[1], q[2], q[3], 1.0, 0.0, 0.0)
    bx, by, bz = rotate(q[0], q[1], q[2], q[3], 0.0, 1.0, 0.0)
    cx, cy, _ = rotate(q[0], q[1], q[2], q[3], 0.0, 0.0, 1.0)
    hx, hy = (ax, ay) if abs(az) <= abs(bz) + 1e-9 else (by, -bx)
    level = math.sqrt(hx * hx + hy * hy)
    hx, hy = hx / level, hy / level
    reach = box_reach(q[0], q[1], q[2], q[3], length, width, height)
    out[0], out[1], out[2] = x, y, math.atan2(hy, hx)
    out[3] = abs(ax * hx + ay * hy) * length + abs(bx * hx + by * hy) * width + abs(cx * hx + cy * hy) * height
    out[4] = abs(ay * hx - ax * hy) * length + abs(by * hx - bx * hy) * width + abs(cy * hx - cx * hy) * height
    out[5], out[6] = z + reach, z - reach


@njit(cache=True, _nrt=False)
def way_to_box(box: NDArray[np.float64], x: float, y: float, hx: float, hy: float, reach: float) -> float:
    """Return where along a wheel's way [m] a box is nearest to it, infinite if farther than its reach.

    Args:
        box: See `low_boxes`.
        x, y: Below the hub [m].
        hx, hy: Unit vector of the way.
        reach: [m].
    """
    cosine, sine = math.cos(box[2]), math.sin(box[2])
    px, py = x - box[0], y - box[1]
    u, v = px * cosine + py * sine, -px * sine + py * cosine
    du, dv = hx * cosine + hy * sine, -hx * sine + hy * cosine
    near, far = -reach, reach
    for place, step, half in ((u, du, 0.5 * box[3]), (v, dv, 0.5 * box[4])):
        wide = half + _HALF_TIRE * math.sqrt(max(0.0, 1.0 - step * step))
        if abs(step) < 1e-9:
            if abs(place) > wide:
                return math.inf
            continue
        one, other = (-wide - place) / step, (wide - place) / step
        near, far = max(near, min(one, other)), min(far, max(one, other))
    if near > far:
        return math.inf
    return min(far, max(near, 0.0))


@njit(cache=True, _nrt=False)
def near_curb(curbs: CurbGrid, x: float, y: float) -> bool:
    """Return whether a place [m] is in a marked cell."""
    column, row = (x - curbs.origin[0]) / curbs.cell, (y - curbs.origin[1]) / curbs.cell
    if not (0.0 <= column < curbs.near.shape[1] and 0.0 <= row < curbs.near.shape[0]):
        return False
    return curbs.near[int(row), int(column)]


@njit(cache=True, _nrt=False)
def _rise_onto(height: float, s: float, hx: float, hy: float, radius: float, footing: NDArray[np.float64]) -> bool:
    """Let a wheel stand on a point at a height [m] and a way ahead [m] of it if that carries it higher."""
    up = math.sqrt(max(0.0, radius * radius - s * s))
    above = height - radius + up
    if above <= footing[HEIGHT] + 1e-6:
        return False
    footing[HEIGHT] = above
    nz = max(_STEEPEST, up / radius)
    across = math.copysign(math.sqrt(1.0 - nz * nz), -s)
    footing[NORMAL_OF_GROUND], footing[NORMAL_OF_GROUND + 1] = across * hx, across * hy
    footing[NORMAL_OF_GROUND + 2], footing[EDGE] = nz, 1.0
    return True


@njit(cache=True, _nrt=False)
def over_curb(
    lanes: LaneArrays, x: float, y: float, hx: float, hy: float, radius: float, footing: NDArray[np.float64]
) -> None:
    """Let a wheel stand on the ground ahead or behind where that carries it higher than the ground below its hub.

    Args:
        lanes: The ground.
        x, y: Below the hub [m].
        hx, hy: Unit vector of the wheel's way.
        radius: [m].
        footing: Of the ground below the hub; changed.
    """
    below, normal = footing[HEIGHT], footing[NORMAL_OF_GROUND : NORMAL_OF_GROUND + 3]
    slope = -(normal[0] * hx + normal[1] * hy) / normal[2]
    # Parked cars stand along curbs in every street: a few samples tell that nothing rises in their wheels' way.
    rises = False
    for k in (-_SAMPLES, -_SAMPLES // 2, _SAMPLES // 2, _SAMPLES):
        s = radius * k / (_SAMPLES + 1)
        height = ground_at(lanes, x + s * hx, y + s * hy, below)[0]
        rises = rises or height - below - slope * s > 0.5 * _LEAST_RISE
    if not rises:
        return
    for k in range(-_SAMPLES, _SAMPLES + 1):
        s = radius * k / (_SAMPLES + 1)
        height = ground_at(lanes, x + s * hx, y + s * hy, below)[0]
        # Only what stands out of the plane below the hub, which itself carries a wheel as before.
        if height - below - slope * s > 0.5 * _LEAST_RISE and height < below + radius:
            _rise_onto(height, s, hx, hy, radius, footing)


@njit(cache=True, _nrt=False)
def over_box(
    box: NDArray[np.float64], x: float, y: float, hx: float, hy: float, radius: float, footing: NDArray[np.float64]
) -> bool:
    """Let a wheel stand on a box in its way that is lower than its hub; returns whether it does.

    Args:
        box: See `low_boxes`.
        x, y: Below the hub [m].
        hx, hy: Unit vector of the wheel's way.
        radius: [m].
        footing: Changed: height and normal.
    """
    ground = footing[HEIGHT]
    if box[5] >= ground + radius or box[6] > ground + radius or box[5] < ground:
        return False
    s = way_to_box(box, x, y, hx, hy, radius)
    return s < math.inf and _rise_onto(box[5], s, hx, hy, radius, footing)
