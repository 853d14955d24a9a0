"""Road paint as thin strips just above the surface: lines, stop lines, zebra crossings."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material
from simengine.road.ground.lane_strips import Patch, edge_line, ribbon, top_line
from simengine.road.network.frenet import lane_position, project_on_lane, project_on_lane_near, segment_at
from simengine.road.network.network import LEFT, RIGHT, LaneArrays, MarkingType, RoadNetwork
from simengine.road.network.projection import ground_at

LIFT = 0.01  # of the paint above the surface [m]
# Widths and patterns of lines (RMS, Richtlinien für die Markierung von Straßen: narrow lines 0.12 m, on motorways
# 0.15 m; broken lines 3 m/6 m in towns, 4 m/8 m outside, 6 m/12 m on motorways).
NARROW, WIDE = 0.12, 0.15  # [m]
TOWN, COUNTRY, MOTORWAY = (3.0, 6.0), (4.0, 8.0), (6.0, 12.0)  # dash and gap [m]
MOTORWAY_SPEED = 25.0  # a lane with a higher limit is marked like a motorway [m/s]
EDGE_INSET = 0.15  # of a line at an edge that no lane shares [m]
STOP_WIDTH, GIVE_WAY = 0.5, (0.5, 0.25)  # RMS: stop line 0.5 m wide; waiting line of 0.5 m dashes 0.25 m apart [m]
STRIPE = 0.5  # zebra stripes and their gaps [m]
# What a marking is made of, from the lane outwards: True for a broken line.
_LINES = {
    MarkingType.SOLID: (False,), MarkingType.BROKEN: (True,), MarkingType.DOUBLE_SOLID: (False, False),
    MarkingType.SOLID_BROKEN: (False, True), MarkingType.BROKEN_SOLID: (True, False),
    MarkingType.DOUBLE_BROKEN: (True, True),
}  # fmt: skip


def marking_patches(
    network: RoadNetwork, lanes: LaneArrays, cuts: list[NDArray[np.float64]], scenery: str
) -> list[Patch]:
    """Return all paint of a network.

    Args:
        network: The network.
        lanes: Its arrays.
        cuts: Stations of every lane's strip [m].
        scenery: "highway", "rural", "urban" or "none"; decides the pattern of broken lines.
    """
    patches = []
    for lane in range(len(network.lane_type)):
        for side in (1.0, -1.0):
            for kind, yellow, start, end in _runs(network, lanes, lane, side):
                patches += _line(network, lanes, lane, side, kind, yellow, _within(cuts[lane], start, end), scenery)
    for k in range(len(network.stop_lane)):
        patches += _stop_line(network, lanes, k)
    for k in range(len(network.crossing_width)):
        patches += _zebra(network, lanes, k)
    return patches


def _runs(
    network: RoadNetwork, lanes: LaneArrays, lane: int, side: float
) -> list[tuple[MarkingType, bool, float, float]]:
    """Return what to paint along an edge on behalf of this lane: kind, whether yellow, from where to where [m]."""
    part = slice(network.lane_first_point[lane], network.lane_first_point[lane + 1] - 1)
    column = LEFT if side > 0.0 else RIGHT
    own = np.where(network.point_marking[part, column] == MarkingType.CURB, 0, network.point_marking[part, column])
    if not own.any():
        return []
    other = _other_painter(network, lane, side)
    if other >= 0:
        own[_told_by(network, lanes, lane, side, other)] = MarkingType.NONE
    code = 2 * own + network.point_yellow[part, column]
    bounds = [0, *(np.flatnonzero(np.diff(code)) + 1), len(code)]
    s = network.point_s[network.lane_first_point[lane] : network.lane_first_point[lane + 1]]
    return [
        (MarkingType(int(own[a])), bool(code[a] % 2), float(s[a]), float(s[b]))
        for a, b in zip(bounds, bounds[1:], strict=False)
        if own[a] != MarkingType.NONE
    ]


def _other_painter(network: RoadNetwork, lane: int, side: float) -> int:
    """Return the lane whose left edge this edge is and which paints it where both tell of it; −1 if none."""
    if side < 0.0:
        beside = int(network.lane_right[lane])
        return beside if beside >= 0 and network.lane_left[beside] == lane else -1
    across = int(network.lane_opposite[lane])
    shared = network.lane_left[lane] < 0 and across >= 0 and network.lane_opposite[across] == lane
    return across if shared and across < lane else -1


def _told_by(network: RoadNetwork, lanes: LaneArrays, lane: int, side: float, other: int) -> NDArray[np.bool_]:
    """Say along which segments of a lane another one lies beside it and paints the edge they share."""
    painted = network.point_marking[network.lane_first_point[other] : network.lane_first_point[other + 1] - 1, LEFT] > 0
    beside = np.full(network.lane_first_point[lane + 1] - network.lane_first_point[lane] - 1, -1, np.int64)
    if painted.any():
        find_beside(lanes, lane, side, other, beside)
    return (beside >= 0) & painted[beside]


@njit(cache=True)
def find_beside(lanes: LaneArrays, lane: int, side: float, other: int, out: NDArray[np.int64]) -> None:
    """Write which segment of another lane lies beside each segment of a lane, −1 where the other is not there.

    Args:
        lanes: The network.
        lane: Which.
        side: 1 looks across the left edge, −1 across the right one.
        other: The lane looked for.
        out: Segments counted from the other lane's first. Shape (num_segments,).
    """
    begin, s = lanes.lane_first_point[lane], 0.0
    for k in range(len(out)):
        i = begin + k
        t = 0.25 * side * (lanes.point_width[i] + lanes.point_width[i + 1])
        x, y, _, _ = lane_position(lanes, lane, 0.5 * (lanes.point_s[i] + lanes.point_s[i + 1]), t)
        if k == 0:
            s, _ = project_on_lane(lanes, other, x, y)
        else:
            s, _ = project_on_lane_near(lanes, other, x, y, s)
        if 0.0 <= s <= lanes.lane_length[other]:
            out[k] = segment_at(lanes, other, s) - lanes.lane_first_point[other]


def _within(cut: NDArray[np.float64], start: float, end: float) -> NDArray[np.float64]:
    """Return the stations from `start` to `end` [m], both included."""
    if start <= cut[0] and end >= cut[-1]:
        return cut
    inside = cut[(cut > start + 1e-6) & (cut < end - 1e-6)]
    return np.concatenate([[start], inside, [end]])


def _line(
    network: RoadNetwork,
    lanes: LaneArrays,
    lane: int,
    side: float,
    kind: MarkingType,
    yellow: bool,
    cut: NDArray[np.float64],
    scenery: str,
) -> list[Patch]:
    """Paint one kind of line along an edge, from the first to the last of the stations `cut` [m]."""
    fast = scenery == "highway" or network.lane_speed_limit[lane] > MOTORWAY_SPEED
    width = WIDE if fast else NARROW
    shared = network.lane_left[lane] if side > 0.0 else network.lane_right[lane]
    if side > 0.0 and shared < 0:
        shared = network.lane_opposite[lane]
    inset = 0.0 if shared >= 0 else -side * EDGE_INSET
    dash, gap = MOTORWAY if fast else COUNTRY if scenery == "rural" else TOWN
    lines = _LINES[kind]
    patches = []
    for offset, broken in zip((0.0,) if len(lines) == 1 else (-side * width, side * width), lines, strict=True):
        s, drawn = cut, None
        if broken:
            begin = np.arange(cut[0] + 0.5 * gap, cut[-1], dash + gap)
            s = np.unique(np.concatenate([cut, begin, np.minimum(begin + dash, cut[-1])]))
            s = s[np.append(True, np.diff(s) > 1e-6)]
            drawn = np.mod(0.5 * (s[1:] + s[:-1]) - cut[0] - 0.5 * gap, dash + gap) < dash
            if not drawn.any():
                continue
        patches.append(
            ribbon(
                top_line(lanes, lane, s, side, inset + offset + 0.5 * width, LIFT),
                top_line(lanes, lane, s, side, inset + offset - 0.5 * width, LIFT),
                Material.PAINT_YELLOW if yellow else Material.PAINT_WHITE,
                Semantic.LANE_MARKING,
                drawn,
            )
        )
    return patches


def _stop_line(network: RoadNetwork, lanes: LaneArrays, k: int) -> list[Patch]:
    lane = int(network.stop_lane[k])
    s = np.array([max(0.0, network.stop_s[k] - STOP_WIDTH), network.stop_s[k]])
    if s[1] - s[0] < 0.05:
        return []
    half = 0.5 * float(np.interp(s[1], *_width_of(network, lane))) - 0.1
    if network.stop_yield[k] == 1:
        dash, gap = GIVE_WAY
        spans = [(at, min(at + dash, half)) for at in np.arange(-half, half, dash + gap)]
    else:
        spans = [(-half, half)]
    return [
        ribbon(
            edge_line(lanes, lane, s, 0.0, high, LIFT),
            edge_line(lanes, lane, s, 0.0, low, LIFT),
            Material.PAINT_WHITE,
            Semantic.LANE_MARKING,
        )
        for low, high in spans
    ]


def _width_of(network: RoadNetwork, lane: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    part = slice(network.lane_first_point[lane], network.lane_first_point[lane + 1])
    return network.point_s[part], network.point_width[part]


def _zebra(network: RoadNetwork, lanes: LaneArrays, k: int) -> list[Patch]:
    start, end, width = network.crossing_start[k], network.crossing_end[k], float(network.crossing_width[k])
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    if length < STRIPE:
        return []
    along = (end[:2] - start[:2]) / length
    across = np.array([-along[1], along[0]]) * 0.5 * width
    stripes = []
    for at in np.arange(0.5 * STRIPE, length - 0.5 * STRIPE, 2.0 * STRIPE):
        z_hint = float(start[2] + (end[2] - start[2]) * at / length)
        stripe = np.empty((2, 2, 3))
        for i, d in enumerate((at, min(at + STRIPE, length))):
            for j, side in enumerate((across, -across)):
                x, y = start[:2] + along * d + side
                stripe[j, i] = x, y, ground_at(lanes, float(x), float(y), z_hint)[0] + LIFT
        stripes.append(ribbon(stripe[0], stripe[1], Material.PAINT_WHITE, Semantic.LANE_MARKING))
    return stripes
