"""One surface where lanes overlap: heights and banks of lanes that cross, merge or follow one another made to agree.

Files give every connecting road a profile of its own, and where two of them cross in a junction they may differ by
meters. Readers of other programs draw one over the other; here both are corrected by the smoothest change that makes
them agree (`road.network.spline_fit`), so that whatever reads a lane (wheels, meshes, paint, drivers) reads one
surface. Lanes of a junction give way to the roads that enter it, whose heights and slopes they take over at their ends;
roads outside of junctions give way to one another, within `FADE` of the place. What agrees already keeps its bits.
Surfaces farther apart than a level are bridges and left alone.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.ground.surface_splines import FINEST, corrected_network
from simengine.road.network.conflicts import CLEARANCE
from simengine.road.network.nearest_lane import LAYER
from simengine.road.network.network import LaneArrays, RoadNetwork, lane_arrays
from simengine.road.network.overlaps import Overlaps, find_overlaps
from simengine.road.network.spline_fit import Rows, Splines, fit

AGREEING = 0.01  # surfaces nearer than this are one [m]
KNOT = 1.0  # of the corrections, at most [m]
SETTLED, STUCK = 0.03, 0.05  # what remains after a pass is taken up again; roads around a junction give way too [m]
MOST_PASSES = 5
FLATTENING = 0.5  # weight of the slope of a junction around which roads give way
RELIEF = 0.1  # grade at which roads that give way to a junction do so
FADE = 20.0  # beyond a disagreement, over which a road's correction ends [m]
_UNSURE = 1.0  # surfaces whose distance comes so near to that of a level count less and less [m]
_LINK_WEIGHT = 3.0  # of a joint of two lanes that both give way


def join_surfaces(network: RoadNetwork) -> RoadNetwork:
    """Return a network whose overlapping lanes agree in height; the same one if they did."""
    if np.ptp(network.point_position[:, 2]) == 0.0 and not network.point_bank.any():
        return network
    tolerance, spreading = AGREEING, np.zeros(int(network.lane_junction.max()) + 1)
    for _ in range(MOST_PASSES):
        lanes = lane_arrays(network)
        overlaps, weight = _one_level(network, find_overlaps(lanes, CLEARANCE))
        joints = _joints(lanes)
        if tolerance > AGREEING:
            _let_roads_give_way(network, overlaps, spreading)
        splines, moves = _free_parts(network, overlaps, joints, tolerance, spreading)
        if not moves:
            break
        control = np.zeros((int(splines.first[-1]), 2))
        _pin_ends(lanes, splines, joints, control)
        parts = _rows(lanes, splines, overlaps, weight, joints)
        parts += _flattening(lanes, splines, spreading)
        asked = Rows(*(np.ascontiguousarray(np.concatenate(values)) for values in zip(*parts, strict=True)))
        fit(asked, splines, control)
        network = corrected_network(network, splines, control)
        tolerance = SETTLED
    return network


def _let_roads_give_way(network: RoadNetwork, overlaps: Overlaps, spreading: NDArray[np.float64]) -> None:
    """Widen how far the roads at a junction move whose own lanes could not be made to agree [m]. (num_junctions,)."""
    wrong = np.abs(overlaps.above) > STUCK
    for junction in network.lane_junction[overlaps.lane[wrong]].T:
        inside = junction >= 0
        np.maximum.at(spreading, junction[inside], FADE + np.abs(overlaps.above[wrong][inside]) / RELIEF)


def _one_level(network: RoadNetwork, overlaps: Overlaps) -> tuple[Overlaps, NDArray[np.float64]]:
    """Return the overlaps of one level and how much each counts: within a junction levels are `CLEARANCE` apart."""
    junction = network.lane_junction[overlaps.lane]
    apart = np.where((junction[:, 0] >= 0) & (junction[:, 0] == junction[:, 1]), CLEARANCE, LAYER)
    weight = np.minimum(1.0, (apart - np.abs(overlaps.above)) / _UNSURE)
    kept = weight > 0.0
    return Overlaps(*(values[kept] for values in overlaps)), weight[kept]


def _joints(lanes: LaneArrays) -> NDArray[np.int64]:
    """Return the pairs of lanes that follow each other at one level. Shape (n, 2)."""
    before = np.repeat(np.arange(len(lanes.lane_type)), np.diff(lanes.successor_first))
    pair = np.stack([before, lanes.successor], axis=1).astype(np.int64)
    return pair[np.abs(_rise(lanes, pair)) < LAYER]


def _rise(lanes: LaneArrays, joints: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how far the ends of lanes lie above their successors' starts [m]."""
    end, start = lanes.lane_first_point[joints[:, 0] + 1] - 1, lanes.lane_first_point[joints[:, 1]]
    return lanes.point_position[end, 2] - lanes.point_position[start, 2]


def _free_parts(
    network: RoadNetwork,
    overlaps: Overlaps,
    joints: NDArray[np.int64],
    tolerance: float,
    spreading: NDArray[np.float64],
) -> tuple[Splines, bool]:
    """Return splines for the lanes that may move, pinned where they may not, and whether any may."""
    lanes = lane_arrays(network)
    junction = network.lane_junction
    first = network.lane_first_point
    inside = junction >= 0
    intervals = np.maximum(3, np.ceil(network.lane_length / KNOT)).astype(np.int64)
    knot = network.lane_length / intervals
    pair, ends = junction[overlaps.lane], junction[joints]
    wrong = np.abs(overlaps.above) > tolerance
    apart = np.abs(_rise(lanes, joints)) > tolerance
    moved = np.unique(np.concatenate([pair[wrong].ravel(), ends[apart].ravel()]))

    start = np.concatenate([[0], np.cumsum(intervals + 3)])  # of all lanes, to spread what may move
    reach = np.full(start[-1], -1.0)

    def control_of(lane: NDArray[np.int64], s: NDArray[np.float64]) -> NDArray[np.int64]:
        return start[lane] + np.minimum(intervals[lane], (s / knot[lane] + 0.5).astype(np.int64)) + 1

    both = ~inside[overlaps.lane].any(axis=1)
    beside = both & (network.lane_road[overlaps.lane[:, 0]] == network.lane_road[overlaps.lane[:, 1]])
    beside &= _has_neighbors(network)[overlaps.lane].all(axis=1)  # lanes drawn together
    where = control_of(overlaps.lane, overlaps.s)
    reach[where[wrong & both & ~beside].ravel()] = FADE
    joint_end = np.stack([start[joints[:, 0] + 1] - 2, start[joints[:, 1]] + 1], axis=1)
    open_joint = ~inside[joints].any(axis=1)
    reach[joint_end[apart & open_joint].ravel()] = FADE
    for k in range(2):
        entering = (ends[:, k] >= 0) & (ends[:, 1 - k] < 0)
        entered = ends[entering, k]
        spread = np.where(np.isin(entered, moved) & (spreading[entered] > 0.0), spreading[entered], -1.0)
        np.maximum.at(reach, joint_end[entering, 1 - k], spread)
    if len(moved) == 0 or moved[-1] < 0:
        if reach.max() < 0.0:
            return Splines(np.zeros(len(inside) + 1, np.int64), knot, knot, np.zeros(0, np.bool_)), False
    _spread(start, knot, where[both], joint_end[open_joint], reach)
    touched = np.concatenate(
        [overlaps.lane[reach[where].max(axis=1) > 0.0].ravel(), joints[reach[joint_end].max(axis=1) > 0.0].ravel()]
    )
    gives_way = inside & np.isin(junction, np.union1d(moved, junction[touched]))
    free_control = (reach > 0.0) | np.repeat(gives_way, np.diff(start))
    has = np.logical_or.reduceat(free_control, start[:-1])
    kept = np.repeat(has, np.diff(start))
    scale = np.maximum(0.25, 0.5 * np.maximum.reduceat(network.point_width, first[:-1]))
    return Splines(
        np.concatenate([[0], np.cumsum(np.where(has, intervals + 3, 0))]), knot, scale, ~free_control[kept]
    ), True


def _has_neighbors(network: RoadNetwork) -> NDArray[np.bool_]:
    return (network.lane_left >= 0) | (network.lane_right >= 0) | (network.lane_opposite >= 0)


@njit(cache=True)
def _spread(
    start: NDArray[np.int64],
    knot: NDArray[np.float64],
    beside: NDArray[np.int64],
    joint: NDArray[np.int64],
    reach: NDArray[np.float64],
) -> None:
    """Let `reach` go on along lanes, over joints and to lanes beside, losing what it travels [m]."""
    changed = True
    while changed:
        changed = False
        for pair in (beside, joint):
            for r in range(len(pair)):
                best = max(reach[pair[r, 0]], reach[pair[r, 1]])
                for k in range(2):
                    if reach[pair[r, k]] < best:
                        reach[pair[r, k]] = best
                        changed = True
        for lane in range(len(knot)):
            begin, end = start[lane], start[lane + 1]
            for i in range(begin + 1, end):
                if reach[i] < reach[i - 1] - knot[lane]:
                    reach[i] = reach[i - 1] - knot[lane]
                    changed = True
            for i in range(end - 2, begin - 1, -1):
                if reach[i] < reach[i + 1] - knot[lane]:
                    reach[i] = reach[i + 1] - knot[lane]
                    changed = True


def _pin_ends(lanes: LaneArrays, splines: Splines, joints: NDArray[np.int64], control: NDArray[np.float64]) -> None:
    """Pin the ends of lanes that follow or precede one that does not move to its height, slope and bank."""
    fixed = np.diff(splines.first) == 0
    done = np.zeros((len(fixed), 2), np.bool_)
    for before, after in joints.tolist():
        for own, other, end in ((before, after, 1), (after, before, 0)):
            if fixed[own] or not fixed[other] or done[own, end]:
                continue
            done[own, end] = True
            mine = lanes.lane_first_point[own + 1] - 1 if end else lanes.lane_first_point[own]
            its = lanes.lane_first_point[other] if end else lanes.lane_first_point[other + 1] - 1
            place = slice(splines.first[own + 1] - 3, splines.first[own + 1])
            if not end:
                place = slice(splines.first[own], splines.first[own] + 3)
            control[place, 0] = lanes.point_position[its, 2] - lanes.point_position[mine, 2]
            tilt = math.tan(lanes.point_bank[its]) - math.tan(lanes.point_bank[mine])
            control[place, 1] = tilt * splines.scale[own]
            splines.pinned[place] = True


def _rows(
    lanes: LaneArrays, splines: Splines, overlaps: Overlaps, weight: NDArray[np.float64], joints: NDArray[np.int64]
) -> list[Rows]:
    """Return what overlaps and joints ask of the lanes that may move."""
    free = np.diff(splines.first) > 0
    used = free[overlaps.lane].any(axis=1)
    lane, t = overlaps.lane[used], overlaps.t[used]
    flat = np.zeros(int(used.sum()), np.bool_)
    across = Rows(
        lane, overlaps.s[used], np.ones_like(t), t / splines.scale[lane], flat, overlaps.above[used], weight[used]
    )
    pair = joints[free[joints].all(axis=1)]
    n = len(pair)
    s = np.stack([lanes.lane_length[pair[:, 0]], np.zeros(n)], axis=1)
    end, start = lanes.lane_first_point[pair[:, 0] + 1] - 1, lanes.lane_first_point[pair[:, 1]]
    none, one = np.zeros((n, 2)), np.ones((n, 2))
    level, heavy = np.zeros(n, np.bool_), np.full(n, _LINK_WEIGHT)
    tilted = _falls(lanes.point_bank[end]) - _falls(lanes.point_bank[start])
    return [
        across,
        Rows(pair, s, one, none, level, _rise(lanes, pair), heavy),
        Rows(pair, s, none, 1.0 / splines.scale[pair], level, tilted, heavy),
        Rows(pair, s, one, none, ~level, _end_grade(lanes, end - 1) - _end_grade(lanes, start), heavy),
    ]


def _falls(bank: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the slope across a lane of each bank [rad]; NumPy's tangent has other bits on other processors."""
    return np.array([math.tan(angle) for angle in bank.tolist()], np.float64)


def _end_grade(lanes: LaneArrays, i: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the grade of segments."""
    return (lanes.point_position[i + 1, 2] - lanes.point_position[i, 2]) / (lanes.point_s[i + 1] - lanes.point_s[i])


def _flattening(lanes: LaneArrays, splines: Splines, spreading: NDArray[np.float64]) -> list[Rows]:
    """Return what asks the lanes of junctions around which roads give way to be as flat as they can be."""
    parts = []
    for lane in np.flatnonzero(lanes.lane_junction >= 0).tolist():
        if spreading[lanes.lane_junction[lane]] == 0.0 or splines.first[lane] == splines.first[lane + 1]:
            continue
        own = slice(lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1])
        edge, z, bank = lanes.point_s[own], lanes.point_position[own, 2], lanes.point_bank[own]
        n = max(1, math.ceil(edge[-1] / FINEST))
        s = (np.arange(n) + 0.5) * edge[-1] / n
        i = np.searchsorted(edge, s, side="right") - 1
        grade, fall = np.diff(z)[i] / np.diff(edge)[i], _falls(np.interp(s, edge, bank))
        pair = np.column_stack([np.full(n, lane), np.full(n, -1)])
        place, none = np.column_stack([s, np.zeros(n)]), np.zeros((n, 2))
        one, tilt = none + [1.0, 0.0], none + [1.0 / splines.scale[lane], 0.0]
        yes, light = np.ones(n, np.bool_), np.full(n, FLATTENING)
        parts += [
            Rows(pair, place, one, none, yes, grade, light), Rows(pair, place, none, tilt, ~yes, fall, light),
        ]  # fmt: skip
    return parts
