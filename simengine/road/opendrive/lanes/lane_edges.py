"""What is painted along the two edges of a lane, place by place: the marks of the lanes that own those edges."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.road.network.network import MarkingType
from simengine.road.opendrive.model import Lane, Section


class EdgeLines(NamedTuple):
    """The line along one edge of a lane, per place. Shapes (num_places,)."""

    marking: NDArray[np.int32]  # MarkingType
    may_cross: NDArray[np.bool_]
    yellow: NDArray[np.bool_]


def _lines(owner: Lane | None, from_inside: bool, station: NDArray[np.float64]) -> EdgeLines:
    """Return a lane's marks as seen from its inside or its outside at stations [m]; nothing before the first."""
    n = len(station)
    lines = EdgeLines(np.full(n, MarkingType.NONE, np.int32), np.ones(n, np.bool_), np.zeros(n, np.bool_))
    if owner is None or not owner.marks:
        return lines
    index = np.searchsorted([owner.origin + mark.offset for mark in owner.marks], station, side="right") - 1
    for k, mark in enumerate(owner.marks):
        here = index == k
        lines.marking[here] = mark.inner if from_inside else mark.outer
        lines.may_cross[here] = mark.may_leave if from_inside else mark.may_enter
        lines.yellow[here] = mark.yellow
    return lines


def edge_lines(section: Section, lane: Lane, station: NDArray[np.float64]) -> tuple[EdgeLines, EdgeLines]:
    """Return the lines along a lane's inner and outer edge at stations [m].

    A mark belongs to the lane within it, which sees it from inside; the lane beyond sees it from outside. The center's
    marks are written from left to right: the left lane sees them from inside, the right lane from outside.
    """
    outer = _lines(lane, True, station)
    if abs(lane.id) == 1:
        return _lines(section.center, lane.id > 0, station), outer
    return _lines(section.lane(lane.id - 1 if lane.id > 0 else lane.id + 1), False, station), outer
