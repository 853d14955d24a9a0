"""The road network as flat arrays: lanes as sampled center lines with Frenet projection, links, signals, crossings.

Lanes are polylines sampled closely enough that a chord departs from the curve by less than a centimeter; every lane
runs in its direction of travel. Arc length is measured in plan view. Heights of points are those of the carriageway;
`point_rise` says how far a lane's surface lies above them (a pavement's usually by `CURB_HEIGHT`). What is painted
along an edge may change along the lane: it is told per point and holds up to the next one. Variable-length lists are
stored as CSR: the entries of lane i are `values[first[i]:first[i + 1]]`.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.road.files.datum import Datum
from simengine.road.network.centerline import write_tangents

CURB_HEIGHT = 0.12  # of a pavement above the carriageway where its source states no height [m]
LEFT, RIGHT = 0, 1  # columns of what is told of both edges
# Columns of `point_rise`: at the left edge, just inside of it, just inside of the right edge, at the right edge.
LEFT_FOOT, LEFT_TOP, RIGHT_TOP, RIGHT_FOOT = 0, 1, 2, 3


class LaneType(IntEnum):
    """What a lane is for."""

    DRIVING = 0
    SHOULDER = 1
    PAVEMENT = 2
    BIKING = 3
    PARKING = 4
    MEDIAN = 5
    FLOOR = 6  # free floor of a hall; robots and people


class MarkingType(IntEnum):
    """The painted line along a lane's edge, as this lane sees it."""

    NONE = 0
    SOLID = 1
    BROKEN = 2
    DOUBLE_SOLID = 3
    CURB = 4
    SOLID_BROKEN = 5  # two lines, the nearer one solid
    BROKEN_SOLID = 6  # two lines, the nearer one broken
    DOUBLE_BROKEN = 7


# Lines that a driver may cross where nothing else is stated: the nearer of two lines rules.
CROSSABLE = (MarkingType.NONE, MarkingType.BROKEN, MarkingType.BROKEN_SOLID, MarkingType.DOUBLE_BROKEN)


class Turn(IntEnum):
    """Where a lane inside a junction leads."""

    NONE = 0
    STRAIGHT = 1
    LEFT = 2
    RIGHT = 3


class SignalColor(IntEnum):
    """What a signal shows."""

    RED = 0
    RED_AMBER = 1
    GREEN = 2
    AMBER = 3
    OFF = 4


class RoadNetwork(NamedTuple):
    """A road network; coordinates are those of its source, float64, east-north-up."""

    # per lane, (num_lanes,)
    lane_type: NDArray[np.int32]  # LaneType
    lane_first_point: NDArray[np.int32]  # CSR into the points, (num_lanes + 1,)
    lane_length: NDArray[np.float64]  # [m]
    lane_speed_limit: NDArray[np.float64]  # [m/s]
    lane_left: NDArray[np.int32]  # neighbor lane of the same direction, or −1
    lane_right: NDArray[np.int32]
    lane_opposite: NDArray[np.int32]  # nearest lane of the other direction across the center line, or −1
    lane_road: NDArray[np.int32]  # road (a bundle of parallel lanes) the lane belongs to
    lane_junction: NDArray[np.int32]  # junction, or −1
    lane_turn: NDArray[np.int32]  # Turn
    lane_priority: NDArray[np.int32]  # of a junction lane: the larger goes first; equal: left yields to right
    lane_name: NDArray[np.str_]  # identity in the source, e.g. "12.0.-1"
    # per center-line point, (num_points,); a lane has at least two
    point_position: NDArray[np.float64]  # (num_points, 3) [m]
    point_s: NDArray[np.float64]  # arc length along the lane [m]
    point_heading: NDArray[np.float64]  # [rad]
    point_curvature: NDArray[np.float64]  # counter-clockwise positive [1/m]
    point_width: NDArray[np.float64]  # lane width [m]
    point_bank: NDArray[np.float64]  # superelevation, positive lifts the left edge [rad]
    point_rise: NDArray[np.float64]  # of the surface above the banked points, across the lane (num_points, 4) [m]
    point_marking: NDArray[np.int32]  # MarkingType left and right, from this point to the next (num_points, 2)
    point_may_cross: NDArray[np.bool_]  # whether a lane change over it is allowed (num_points, 2)
    point_yellow: NDArray[np.bool_]  # whether it is yellow (num_points, 2)
    # links, CSR over lanes
    successor_first: NDArray[np.int32]
    successor: NDArray[np.int32]
    predecessor_first: NDArray[np.int32]
    predecessor: NDArray[np.int32]
    # lanes whose areas overlap inside a junction, CSR over lanes
    conflict_first: NDArray[np.int32]
    conflict_lane: NDArray[np.int32]
    conflict_enter: NDArray[np.float64]  # where this lane enters and leaves the shared area [m]
    conflict_leave: NDArray[np.float64]
    # signals, (num_signals,)
    signal_position: NDArray[np.float64]  # lamp center (num_signals, 3)
    signal_heading: NDArray[np.float64]  # direction the lamps face [rad]
    signal_group: NDArray[np.int32]  # row of the program
    signal_name: NDArray[np.str_]
    # signal program: group g shows `program_color[g, p]` during phase p of its cycle
    program_duration: NDArray[np.float64]  # (num_groups, max_phases) [s], 0 where a cycle has fewer phases
    program_color: NDArray[np.int32]  # (num_groups, max_phases) SignalColor
    program_offset: NDArray[np.float64]  # (num_groups,) [s]
    # stop lines, (num_stop_lines,)
    stop_lane: NDArray[np.int32]  # lane the line ends
    stop_s: NDArray[np.float64]  # [m]
    stop_signal: NDArray[np.int32]  # signal that governs it, or −1
    stop_yield: NDArray[np.int32]  # 0 signal only, 1 give way, 2 stop sign
    # pedestrian crossings, (num_crossings,)
    crossing_start: NDArray[np.float64]  # curb to curb (num_crossings, 3)
    crossing_end: NDArray[np.float64]
    crossing_width: NDArray[np.float64]
    crossing_signal: NDArray[np.int32]  # signal group for walkers, or −1
    crossing_lane_first: NDArray[np.int32]  # CSR: lanes it crosses, and where
    crossing_lane: NDArray[np.int32]
    crossing_s: NDArray[np.float64]
    # static signs, (num_signs,)
    sign_position: NDArray[np.float64]  # plate center (num_signs, 3)
    sign_heading: NDArray[np.float64]  # direction the face looks to [rad]
    sign_type: NDArray[np.str_]  # "speed_limit:50", "stop", "yield", or the source's code
    # spatial hash over center-line segments (a segment is known by its first point)
    grid_origin: NDArray[np.float64]  # (2,) [m]
    grid_cell: float  # [m]
    grid_shape: NDArray[np.int32]  # (2,) columns (x), rows (y)
    grid_first: NDArray[np.int32]  # CSR over cells, row-major (y, x)
    grid_point: NDArray[np.int32]
    point_lane: NDArray[np.int32]  # lane of a point
    datum: Datum | None = None  # where on Earth the coordinates are; None where the source does not say


class LaneArrays(NamedTuple):
    """The numbers of a network that kernels read.

    Names are left out: a kernel compiles anew for every length of the longest string in an array.
    """

    lane_type: NDArray[np.int32]
    lane_first_point: NDArray[np.int32]
    lane_length: NDArray[np.float64]
    lane_speed_limit: NDArray[np.float64]
    lane_left: NDArray[np.int32]
    lane_right: NDArray[np.int32]
    lane_opposite: NDArray[np.int32]
    lane_road: NDArray[np.int32]
    lane_junction: NDArray[np.int32]
    lane_turn: NDArray[np.int32]
    lane_priority: NDArray[np.int32]
    point_position: NDArray[np.float64]
    point_s: NDArray[np.float64]
    point_heading: NDArray[np.float64]
    point_tangent: NDArray[np.float64]  # cosine and sine of the heading (num_points, 2)
    point_curvature: NDArray[np.float64]
    point_width: NDArray[np.float64]
    point_bank: NDArray[np.float64]
    point_rise: NDArray[np.float64]
    point_lane: NDArray[np.int32]
    successor_first: NDArray[np.int32]
    successor: NDArray[np.int32]
    predecessor_first: NDArray[np.int32]
    predecessor: NDArray[np.int32]
    conflict_first: NDArray[np.int32]
    conflict_lane: NDArray[np.int32]
    conflict_enter: NDArray[np.float64]
    conflict_leave: NDArray[np.float64]
    grid_origin: NDArray[np.float64]
    grid_cell: float
    grid_shape: NDArray[np.int32]
    grid_first: NDArray[np.int32]
    grid_point: NDArray[np.int32]
    widest: float  # half the largest lane width [m]
    level: float  # height of the ground where all of it is one level plane, else NaN [m]


def mark_lanes(network: RoadNetwork, left: NDArray[np.int32], right: NDArray[np.int32]) -> RoadNetwork:
    """Return a network with one white marking along the whole of every lane's edges. Shapes (num_lanes,)."""
    marking = np.stack([left, right], axis=1).astype(np.int32)[network.point_lane]
    yellow = np.zeros(marking.shape, np.bool_)
    return network._replace(point_marking=marking, point_may_cross=np.isin(marking, CROSSABLE), point_yellow=yellow)


def lane_arrays(network: RoadNetwork) -> LaneArrays:
    """Return what kernels read of a network; arrays are shared, not copied."""
    shared = {name: getattr(network, name) for name in LaneArrays._fields if name in RoadNetwork._fields}
    tangent = np.empty((len(network.point_heading), 2))
    write_tangents(network.point_heading, tangent)
    height = network.point_position[:, 2]
    flat = (height == height[0]).all() and not network.point_bank.any() and not network.point_rise.any()
    return LaneArrays(
        **shared,
        point_tangent=tangent,
        widest=0.5 * float(network.point_width.max()),
        level=float(height[0]) if flat else float("nan"),
    )
