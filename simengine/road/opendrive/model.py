"""What an OpenDRIVE file states about its roads, as checked numbers; nothing is sampled here."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simengine.road.files.xml import Element
from simengine.road.network.network import LaneType, MarkingType
from simengine.road.opendrive.geometry.lateral_shape import LateralShape
from simengine.road.opendrive.geometry.reference_line import ReferenceLine


@dataclass(frozen=True)
class Cubics:
    """A piecewise cubic a + b ds + c ds² + d ds³ along s; zero before its first record, as the format says."""

    s: NDArray[np.float64]  # (num_records,) ascending [m]
    coefficient: NDArray[np.float64]  # (num_records, 4)

    def at(self, station: NDArray[np.float64], left: bool = False) -> NDArray[np.float64]:
        """Return the values at stations [m]; at a joint those of the record that starts there, or `left` of it."""
        if len(self.s) == 0:
            return np.zeros(len(station))
        index = np.searchsorted(self.s, station, side="left" if left else "right") - 1
        inside = index >= 0
        index = np.maximum(index, 0)
        c = self.coefficient[index]
        ds = station - self.s[index]
        return np.where(inside, c[:, 0] + ds * (c[:, 1] + ds * (c[:, 2] + ds * c[:, 3])), 0.0)


@dataclass(frozen=True)
class Mark:
    """What is painted from an offset into a section on: seen from inside (the reference line) and from outside."""

    offset: float  # [m]
    inner: MarkingType
    outer: MarkingType
    may_leave: bool  # whether a lane change over it from the inside is allowed
    may_enter: bool  # and from the outside
    yellow: bool


@dataclass(frozen=True)
class Lane:
    """One lane of one section; its number is negative to the right of the reference line."""

    id: int
    kind: LaneType | None  # None for what is no lane: the center line, and type "none"
    level: bool  # stays level where the road banks
    reverse: bool  # runs against the direction its side implies
    extent: Cubics  # over the offset into the section: its width, or the |t| of its outer border [m]
    is_border: bool
    predecessors: tuple[int, ...]
    successors: tuple[int, ...]
    marks: tuple[Mark, ...]  # on its outer border; of the center lane, its own
    heights: tuple[tuple[float, float, float], ...]  # offset into the section, inner and outer border's rise [m]
    speeds: tuple[tuple[float, float], ...]  # offset into the section [m], limit [m/s]
    element: Element
    origin: float = 0.0  # s from which its offsets count: the start of the section that states it [m]


@dataclass(frozen=True)
class Section:
    """A stretch of road with a constant set of lanes."""

    start: float  # [m]
    end: float
    left: tuple[Lane, ...]  # 1, 2, … outwards
    center: Lane
    right: tuple[Lane, ...]  # −1, −2, … outwards

    def lane(self, number: int) -> Lane | None:
        """Return the lane of a number, if the section has it."""
        side = self.left if number > 0 else self.right
        return next((lane for lane in side if lane.id == number), None)


@dataclass(frozen=True)
class RoadLink:
    """What a road's end touches."""

    kind: str  # "road" or "junction"
    id: str
    contact: str  # "start" or "end" of the other road; "" at a junction, and where the other road is met midway
    element: Element
    s: float | None = None  # where on the other road it is met, if midway [m]


@dataclass(frozen=True)
class Road:
    """One road: reference line, profiles, sections, links, and its raw signals and objects."""

    id: str
    length: float  # [m]
    junction: str  # "" outside junctions
    right_hand: bool
    line: ReferenceLine
    elevation: Cubics
    superelevation: Cubics
    crossfall_left: Cubics
    crossfall_right: Cubics
    shape: LateralShape | None  # None where it raises nothing
    lane_offset: Cubics
    sections: tuple[Section, ...]
    speeds: tuple[tuple[float, float], ...]  # s [m], limit [m/s]
    predecessor: RoadLink | None
    successor: RoadLink | None
    element: Element


@dataclass(frozen=True)
class Connection:
    """A way through a junction: lane pairs between an incoming road and a connecting (or directly linked) road."""

    incoming: str
    connecting: str
    contact: str  # end of the connecting road that touches the incoming one; "" where a virtual junction leaves it open
    lanes: tuple[tuple[int, int], ...]
    direct: bool
    element: Element


@dataclass(frozen=True)
class MainRoad:
    """The road that a virtual junction's connecting roads leave and enter midway."""

    road: str
    start: float | None  # of the junction on it [m]
    end: float | None


@dataclass(frozen=True)
class Junction:
    """A junction: connections, right of way between connecting roads, and controllers in order."""

    id: str
    index: int
    connections: tuple[Connection, ...]
    priorities: tuple[tuple[str, str], ...]  # (road that goes first, road that waits)
    controllers: tuple[str, ...]
    main: MainRoad | None = None  # of a virtual junction


@dataclass(frozen=True)
class OpenDrive:
    """The roads, junctions and signal controllers of a file."""

    roads: dict[str, Road]
    junctions: dict[str, Junction]
    controllers: dict[str, tuple[str, ...]] = field(default_factory=dict)  # controller → signals
