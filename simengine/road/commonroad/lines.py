"""Usual lines on lanes of files that state no line marking at all, so that roads are not bare asphalt."""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.road.commonroad.lanelets import Lanelet
from simengine.road.ground.lane_strips import edge_line
from simengine.road.network.network import LaneArrays, LaneType, MarkingType, RoadNetwork, lane_arrays
from simengine.road.network.projection import nearest_surface

_TOWN_SPEED = 55.0 / 3.6  # up to this limit carriageways end at curbs, not at lines [m/s]
_OUTSIDE = 0.3  # how far beyond an edge there must be no other lane for a line along it [m]
_LOOKS = 9  # places along an edge where that is looked at


def states_lines(lanelets: dict[str, Lanelet]) -> bool:
    """Say whether a file states a line marking, or that there is none, for any bound."""
    bounds = (lanelet.element.require(tag) for lanelet in lanelets.values() for tag in ("leftBound", "rightBound"))
    stated = (bound.find("lineMarking") for bound in bounds)
    return any(marking is not None and marking.text.strip() != "unknown" for marking in stated)


def usual_lines(network: RoadNetwork) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the usual markings on the left and right of every lane.

    Broken between lanes, also against oncoming traffic on roads with one lane a direction, else solid there; solid at
    the edge of roads outside towns; none inside junctions (RMS, Richtlinien für die Markierung von Straßen).
    """
    lanes = lane_arrays(network)
    sides = np.full((2, len(network.lane_type)), int(MarkingType.NONE), np.int32)
    for lane in np.flatnonzero((network.lane_type == LaneType.DRIVING) & (network.lane_junction < 0)):
        for k, beside in enumerate((int(network.lane_left[lane]), int(network.lane_right[lane]))):
            opposite = int(network.lane_opposite[lane]) if k == 0 else -1
            if beside >= 0:
                driving = network.lane_type[beside] == LaneType.DRIVING
                sides[k, lane] = MarkingType.BROKEN if driving else MarkingType.SOLID
            elif opposite >= 0:
                wide = network.lane_right[lane] >= 0 or network.lane_right[opposite] >= 0
                sides[k, lane] = MarkingType.SOLID if wide else MarkingType.BROKEN
            elif network.lane_speed_limit[lane] > _TOWN_SPEED and _is_edge(lanes, int(lane), 1.0 - 2.0 * k):
                sides[k, lane] = MarkingType.SOLID
    return sides[0], sides[1]


def _is_edge(lanes: LaneArrays, lane: int, side: float) -> bool:
    """Say whether no other lane lies beyond an edge, as where lanes fork or merge."""
    s = np.linspace(0.05, 0.95, _LOOKS) * float(lanes.lane_length[lane])
    beyond = edge_line(lanes, lane, s, side, side * _OUTSIDE, 0.0)
    return all(nearest_surface(lanes, float(x), float(y), math.nan)[0] > 0.0 for x, y, _ in beyond)
