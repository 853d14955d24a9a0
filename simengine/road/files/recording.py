"""Recorded traffic as arrays: what moved where, at every step of the recording."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class RecordedTracks(NamedTuple):
    """Tracks of N recorded actors over T steps, in the recording's own plan coordinates.

    Step k is at k · time_step after the recording's start. Values are meaningful only where `valid`.
    """

    id: NDArray[np.str_]  # identity in the source (N,)
    kind: NDArray[np.int32]  # ActorKind (N,)
    length: NDArray[np.float64]  # bounding box [m] (N,)
    width: NDArray[np.float64]  # (N,)
    valid: NDArray[np.bool_]  # (N, T)
    position: NDArray[np.float64]  # center of the bounding box in plan view [m] (N, T, 2)
    heading: NDArray[np.float64]  # of the box's x axis, in (−π, π] [rad] (N, T)
    velocity: NDArray[np.float64]  # along the heading, negative when reversing [m/s] (N, T)


class StillObstacles(NamedTuple):
    """Things that stand in a recording from its start to its end. Shapes (N,) unless said."""

    id: NDArray[np.str_]
    kind: NDArray[np.int32]  # ActorKind
    length: NDArray[np.float64]  # bounding box [m]
    width: NDArray[np.float64]
    position: NDArray[np.float64]  # center of the bounding box in plan view [m] (N, 2)
    heading: NDArray[np.float64]  # [rad]


class GoalRegion(NamedTuple):
    """One way to reach a planning problem's goal; what the source leaves open is unlimited."""

    first_step: int  # time steps within which the goal counts
    last_step: int
    is_timed: bool  # whether the source bounds them; else the steps mean nothing
    areas: tuple[NDArray[np.float64], ...]  # polygons (k, 2) in plan view [m]; none: anywhere
    heading: tuple[float, float]  # allowed range, counter-clockwise from the first to the second [rad]
    velocity: tuple[float, float]  # allowed range [m/s]


class PlanningProblem(NamedTuple):
    """Where the ego of a recording starts and where it shall go."""

    id: str
    first_step: int
    position: tuple[float, float]  # [m]
    heading: float  # [rad]
    velocity: float  # [m/s]
    goals: tuple[GoalRegion, ...]
