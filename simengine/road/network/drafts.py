"""What readers and generators draw of a road network, piece by piece, before `road.build` makes arrays of it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simengine.road.network.network import LaneType, MarkingType, SignalColor, Turn


@dataclass
class LaneDraft:
    """One lane as a reader or generator draws it; links name other drafts by `name`.

    What is said of an edge is one value for the whole lane, or one for every point that holds up to the next point.
    """

    name: str
    points: NDArray[np.float64]  # center line in direction of travel (num_points, 3) [m]
    width: NDArray[np.float64]  # (num_points,) [m]
    bank: NDArray[np.float64]  # superelevation, positive lifts the left edge (num_points,) [rad]
    lane_type: LaneType = LaneType.DRIVING
    speed_limit: float = 13.89  # [m/s]
    road: int = 0
    junction: int = -1
    turn: Turn = Turn.NONE
    priority: int = 0
    left: str | None = None  # neighbor of the same direction
    right: str | None = None
    opposite: str | None = None
    successors: list[str] = field(default_factory=list)  # predecessors follow from these
    marking_left: MarkingType | NDArray[np.int32] = MarkingType.NONE
    marking_right: MarkingType | NDArray[np.int32] = MarkingType.NONE
    may_cross_left: NDArray[np.bool_] | None = None  # whether a lane change over it is allowed; None as it looks
    may_cross_right: NDArray[np.bool_] | None = None
    yellow_left: bool | NDArray[np.bool_] = False
    yellow_right: bool | NDArray[np.bool_] = False
    rise: NDArray[np.float64] | None = None  # as `RoadNetwork.point_rise`; None: a pavement's curbs, else level


@dataclass
class SignalDraft:
    """One signal head and its program: (duration [s], color) phases repeated from `offset` [s]."""

    name: str
    position: tuple[float, float, float]
    heading: float
    program: list[tuple[float, SignalColor]]
    offset: float = 0.0
    group: str = ""  # signals of one group share a program; "" makes a group of its own


@dataclass
class StopLineDraft:
    """A stop line across a lane."""

    lane: str
    s: float
    signal: str | None = None
    yield_kind: int = 0  # 0 signal only, 1 give way, 2 stop sign


@dataclass
class CrossingDraft:
    """A pedestrian crossing from curb to curb; the lanes it crosses are found by geometry."""

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    width: float
    signal: str | None = None  # a group for walkers


@dataclass
class SignDraft:
    """A static sign."""

    position: tuple[float, float, float]
    heading: float
    kind: str
