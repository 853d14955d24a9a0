"""Pedestrian crossings as people see them: where one waits, who is coming, and how fast one has to walk.

A person steps onto the road if every lane will be free of arriving vehicles until they are off it again: the critical
gap of the Highway Capacity Manual 2010 (equation 19-69), way over walking speed plus a start-up and end clearance time
of 3 s; here it is asked lane by lane, with the way to the far edge of that lane.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.network.frenet import lane_position, lane_width, project_on_lane
from simengine.road.network.network import LaneArrays, LaneType, RoadNetwork

APPROACH = 150.0  # how far back from a crossing vehicles are looked for [m]
CURB_GAP = 0.45  # of those who wait, to the curb [m]
BESIDE = 1.5  # a crossing may end this far beside a pavement [m]
LEVEL = 3.0  # what is farther above or below is on another level [m]


class Strips(NamedTuple):
    """What `road.network.frenet` reads of the lanes, no more; indices are the network's."""

    lane_first_point: NDArray[np.int32]
    lane_length: NDArray[np.float64]
    point_position: NDArray[np.float64]
    point_s: NDArray[np.float64]
    point_tangent: NDArray[np.float64]
    point_width: NDArray[np.float64]


class Crosswalks(NamedTuple):
    """The crossings that join two pavements, and the lanes on which vehicles come to them."""

    line: NDArray[np.float64]  # start x, y, end x, y, width [m]. (num_crossings, 5)
    curb_lane: NDArray[np.int32]  # pavement at start and end, −1 where the crossing is not used. (num_crossings, 2)
    curb_place: NDArray[np.float64]  # s and t where one waits at start and end [m]. (num_crossings, 2, 2)
    signal: NDArray[np.int32]  # a signal of the walkers' group, or −1. (num_crossings,)
    entry_first: NDArray[np.int32]  # CSR of crossed lanes
    entry_span: NDArray[np.float64]  # where the crossing enters and leaves the lane, from its start [m]. (entries, 2)
    way_first: NDArray[np.int32]  # CSR over entries: lanes that lead there
    way_lane: NDArray[np.int32]
    way_s: NDArray[np.float64]  # of the crossing, measured from the start of that lane [m]
    lane_first: NDArray[np.int32]  # CSR over pavements: crossings along them
    lane_zebra: NDArray[np.int32]  # crossing and end, 2 · crossing + end


@njit(cache=True, _nrt=False)
def nearest_strip(
    strips: Strips, candidates: NDArray[np.int32], x: float, y: float, z: float
) -> tuple[int, float, float, float]:
    """Return the candidate lane nearest to a place, s and t there and the distance outside it [m]; −1 without any."""
    best, best_lane, best_s, best_t = math.inf, -1, 0.0, 0.0
    for lane in candidates:
        s, t = project_on_lane(strips, lane, x, y)
        over = max(0.0, max(-s, s - strips.lane_length[lane]))
        beside = max(0.0, abs(t) - 0.5 * lane_width(strips, lane, s))
        height = strips.point_position[strips.lane_first_point[lane], 2]
        if over == 0.0:
            i = strips.lane_first_point[lane]
            while strips.point_s[i + 1] < s:
                i += 1
            height = strips.point_position[i, 2]
        outside = math.sqrt(over * over + beside * beside)
        if abs(z - height) <= LEVEL and outside < best:
            best, best_lane, best_s, best_t = outside, lane, s, t
    return best_lane, best_s, best_t, best


def make_strips(lanes: LaneArrays) -> Strips:
    """Return what walkers read of the lanes; arrays are shared."""
    return Strips(*(getattr(lanes, name) for name in Strips._fields))


def make_zebras(network: RoadNetwork, strips: Strips) -> Crosswalks:
    """Find for every crossing the pavements it joins and the lanes on which vehicles come."""
    num_crossings, num_lanes = len(network.crossing_width), len(network.lane_type)
    pavements = np.flatnonzero(network.lane_type == LaneType.PAVEMENT).astype(np.int32)
    line = np.zeros((num_crossings, 5))
    line[:, :2], line[:, 2:4] = network.crossing_start[:, :2], network.crossing_end[:, :2]
    line[:, 4] = network.crossing_width
    curb_lane = np.full((num_crossings, 2), -1, np.int32)
    curb_place = np.zeros((num_crossings, 2, 2))
    at_lane: list[list[int]] = [[] for _ in range(num_lanes)]
    for c in range(num_crossings):
        for end, point in enumerate((network.crossing_start[c], network.crossing_end[c])):
            lane, s, t, outside = nearest_strip(strips, pavements, *(float(v) for v in point))
            if lane >= 0 and outside <= BESIDE:
                curb_lane[c, end] = lane
                inside = max(0.0, 0.5 * float(lane_width(strips, lane, s)) - CURB_GAP)
                curb_place[c, end] = (s, min(inside, max(-inside, t)))
        if (curb_lane[c] < 0).any():
            curb_lane[c] = -1
            continue
        for end in range(2):
            at_lane[curb_lane[c, end]].append(2 * c + end)
    span, ways = [], []
    for c in range(num_crossings):
        for k in range(network.crossing_lane_first[c], network.crossing_lane_first[c + 1]):
            lane, s = int(network.crossing_lane[k]), float(network.crossing_s[k])
            span.append(_span(strips, line[c], lane, s))
            ways.append(_ways_to(network, lane, s))
    shown = {int(group): signal for signal, group in reversed(list(enumerate(network.signal_group)))}
    return Crosswalks(
        line=line, curb_lane=curb_lane, curb_place=curb_place,
        signal=np.array([shown.get(int(group), -1) for group in network.crossing_signal], np.int32),
        entry_first=network.crossing_lane_first, entry_span=np.array(span, np.float64).reshape(-1, 2),
        way_first=np.cumsum([0, *map(len, ways)]).astype(np.int32),
        way_lane=np.array([lane for row in ways for lane, _ in row], np.int32),
        way_s=np.array([s for row in ways for _, s in row], np.float64),
        lane_first=np.cumsum([0, *map(len, at_lane)]).astype(np.int32),
        lane_zebra=np.array([item for row in at_lane for item in row], np.int32),
    )  # fmt: skip


def _span(strips: Strips, line: NDArray[np.float64], lane: int, s: float) -> tuple[float, float]:
    """Return where a crossing enters and leaves a lane, from the crossing's start [m]."""
    length = max(1e-6, math.hypot(line[2] - line[0], line[3] - line[1]))
    ux, uy = (line[2] - line[0]) / length, (line[3] - line[1]) / length
    x, y, tx, ty = lane_position(strips, lane, s, 0.0)
    middle = (x - line[0]) * ux + (y - line[1]) * uy
    half = 0.5 * lane_width(strips, lane, s) / max(0.3, abs(uy * tx - ux * ty))
    return middle - half, middle + half


def _ways_to(network: RoadNetwork, lane: int, s: float) -> list[tuple[int, float]]:
    """Return the lanes on which vehicles come to a place, and its s measured from the start of each [m]."""
    found, todo = {lane: s}, [lane]
    while todo:
        here = todo.pop(0)
        if found[here] > APPROACH:
            continue
        for k in range(network.predecessor_first[here], network.predecessor_first[here + 1]):
            before = int(network.predecessor[k])
            if before not in found:
                found[before] = found[here] + float(network.lane_length[before])
                todo.append(before)
    return sorted(found.items())
