"""The traffic rules of a network sorted by lane, because drivers ask by lane: stop lines, crossings, markings, merges."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.geometry import wrap_angle
from simengine.road.frenet import lane_fraction
from simengine.road.network import LaneArrays, LaneType, MarkingType, RoadNetwork

DRIVING, BIKING, FLOOR, PAVEMENT = int(LaneType.DRIVING), int(LaneType.BIKING), int(LaneType.FLOOR), int(
    LaneType.PAVEMENT
)


class RoadRules(NamedTuple):
    """What `LaneArrays` leaves out. CSR over lanes where a field ends in `_first`."""

    may_left: NDArray[np.bool_]  # the marking on this side may be crossed. (num_lanes,)
    may_right: NDArray[np.bool_]
    stop_first: NDArray[np.int32]
    stop_s: NDArray[np.float64]
    stop_signal: NDArray[np.int32]
    stop_yield: NDArray[np.int32]
    crossing_first: NDArray[np.int32]
    crossing: NDArray[np.int32]  # which crossing
    crossing_s: NDArray[np.float64]
    crossing_start: NDArray[np.float64]  # (num_crossings, 3)
    crossing_end: NDArray[np.float64]
    crossing_width: NDArray[np.float64]
    crossing_signal: NDArray[np.int32]  # a signal of the walkers' group, or −1. (num_crossings,)
    conflict_twin: NDArray[np.int32]  # the entry that tells the same from the other lane. (num_conflicts,)
    num_signals: int


def _sorted_by_lane(lane: NDArray[np.int32], num_lanes: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    order = np.argsort(lane, kind="stable")
    return order, np.searchsorted(lane[order], np.arange(num_lanes + 1)).astype(np.int32)


def road_rules(network: RoadNetwork) -> RoadRules:
    """Sort the rules of a network by lane."""
    num_lanes = len(network.lane_type)
    stop_order, stop_first = _sorted_by_lane(network.stop_lane, num_lanes)
    owner = np.repeat(np.arange(len(network.crossing_width), dtype=np.int32), np.diff(network.crossing_lane_first))
    crossing_order, crossing_first = _sorted_by_lane(network.crossing_lane, num_lanes)
    free = (MarkingType.NONE, MarkingType.BROKEN)
    lane = np.repeat(np.arange(num_lanes, dtype=np.int32), np.diff(network.conflict_first))
    place = {
        (int(a), int(b)): k for k, (a, b) in enumerate(zip(lane, network.conflict_lane, strict=True))
    }
    twin = np.array([place[int(b), int(a)] for (a, b) in place], np.int32)
    shown = {int(group): signal for signal, group in reversed(list(enumerate(network.signal_group)))}
    return RoadRules(
        may_left=np.isin(network.lane_marking_left, free),
        may_right=np.isin(network.lane_marking_right, free),
        stop_first=stop_first,
        stop_s=network.stop_s[stop_order],
        stop_signal=network.stop_signal[stop_order],
        stop_yield=network.stop_yield[stop_order],
        crossing_first=crossing_first,
        crossing=owner[crossing_order],
        crossing_s=network.crossing_s[crossing_order],
        crossing_start=network.crossing_start,
        crossing_end=network.crossing_end,
        crossing_width=network.crossing_width,
        crossing_signal=np.array([shown.get(int(group), -1) for group in network.crossing_signal], np.int32),
        conflict_twin=twin,
        num_signals=len(network.signal_group),
    )


@njit(cache=True)
def lane_heading(lanes: LaneArrays, lane: int, s: float) -> float:
    """Return the direction of a lane at `s` [rad]; beyond its ends that of the end."""
    i, f = lane_fraction(lanes, lane, s)
    return wrap_angle(lanes.point_heading[i] + f * wrap_angle(lanes.point_heading[i + 1] - lanes.point_heading[i]))


@njit(cache=True)
def is_drivable(lanes: LaneArrays, lane: int) -> bool:
    """Return whether vehicles or robots travel on a lane."""
    kind = lanes.lane_type[lane]
    return kind == DRIVING or kind == BIKING or kind == FLOOR
