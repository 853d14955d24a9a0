"""Road paint as thin strips just above the surface: lines, stop lines, zebra crossings."""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.core.mesh import Material
from simengine.core.semantics import Semantic
from simengine.road.network import LaneArrays, MarkingType, RoadNetwork
from simengine.road.projection import ground_at
from simengine.road.strips import Patch, edge_line, ribbon

LIFT = 0.01  # of the paint above the surface [m]
# Widths and patterns of lines (RMS, Richtlinien für die Markierung von Straßen: narrow lines 0.12 m, on motorways
# 0.15 m; broken lines 3 m/6 m in towns, 4 m/8 m outside, 6 m/12 m on motorways).
NARROW, WIDE = 0.12, 0.15  # [m]
TOWN, COUNTRY, MOTORWAY = (3.0, 6.0), (4.0, 8.0), (6.0, 12.0)  # dash and gap [m]
MOTORWAY_SPEED = 25.0  # a lane with a higher limit is marked like a motorway [m/s]
EDGE_INSET = 0.15  # of a line at an edge that no lane shares [m]
STOP_WIDTH, GIVE_WAY = 0.5, (0.5, 0.25)  # RMS: stop line 0.5 m wide; waiting line of 0.5 m dashes 0.25 m apart [m]
STRIPE = 0.5  # zebra stripes and their gaps [m]


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
            kind = _painted(network, lane, side)
            if kind != MarkingType.NONE:
                patches += _line(network, lanes, lane, side, kind, cuts[lane], scenery)
    for k in range(len(network.stop_lane)):
        patches += _stop_line(network, lanes, k)
    for k in range(len(network.crossing_width)):
        patches += _zebra(network, lanes, k)
    return patches


def _painted(network: RoadNetwork, lane: int, side: float) -> MarkingType:
    """Return what to paint along an edge on behalf of this lane; an edge that two lanes share is painted once."""
    own = MarkingType((network.lane_marking_left if side > 0.0 else network.lane_marking_right)[lane])
    if own in (MarkingType.NONE, MarkingType.CURB):
        return MarkingType.NONE
    if side < 0.0:
        beside = network.lane_right[lane]
        if beside >= 0 and network.lane_left[beside] == lane and network.lane_marking_left[beside] != MarkingType.NONE:
            return MarkingType.NONE
    else:
        across = network.lane_opposite[lane]
        shared = network.lane_left[lane] < 0 and across >= 0 and network.lane_opposite[across] == lane
        if shared and across < lane and network.lane_marking_left[across] != MarkingType.NONE:
            return MarkingType.NONE
    return own


def _line(
    network: RoadNetwork, lanes: LaneArrays, lane: int, side: float, kind: MarkingType, cut: NDArray[np.float64],
    scenery: str,
) -> list[Patch]:
    fast = scenery == "highway" or network.lane_speed_limit[lane] > MOTORWAY_SPEED
    width = WIDE if fast else NARROW
    shared = network.lane_left[lane] if side > 0.0 else network.lane_right[lane]
    if side > 0.0 and shared < 0:
        shared = network.lane_opposite[lane]
    inset = 0.0 if shared >= 0 else -side * EDGE_INSET
    s, drawn = cut, None
    if kind == MarkingType.BROKEN:
        dash, gap = MOTORWAY if fast else COUNTRY if scenery == "rural" else TOWN
        begin = np.arange(0.5 * gap, network.lane_length[lane], dash + gap)
        s = np.unique(np.concatenate([cut, begin, np.minimum(begin + dash, network.lane_length[lane])]))
        s = s[np.append(True, np.diff(s) > 1e-6)]
        drawn = np.mod(0.5 * (s[1:] + s[:-1]) - 0.5 * gap, dash + gap) < dash
        if not drawn.any():
            return []
    offsets = (-width, width) if kind == MarkingType.DOUBLE_SOLID else (0.0,)
    return [
        ribbon(
            edge_line(lanes, lane, s, side, inset + offset + 0.5 * width, LIFT),
            edge_line(lanes, lane, s, side, inset + offset - 0.5 * width, LIFT),
            Material.PAINT_WHITE, Semantic.LANE_MARKING, drawn,
        )
        for offset in offsets
    ]


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
            edge_line(lanes, lane, s, 0.0, high, LIFT), edge_line(lanes, lane, s, 0.0, low, LIFT),
            Material.PAINT_WHITE, Semantic.LANE_MARKING,
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
