"""What a criterion is: a question asked of every control step, and what it sees of one."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.space.geometry import ground_speed, rotate, yaw_from_quaternion
from simengine.core.state import EGO, ActorTable, WorldState
from simengine.metrics.fault import Impact
from simengine.metrics.goal import TimedRegion
from simengine.metrics.verdict import CriterionResult
from simengine.physics.backend import Contact
from simengine.road.network.network import RoadNetwork, Turn
from simengine.scenario.spec import events


class StepView(NamedTuple):
    """What a criterion sees after every control step."""

    time_ns: int
    actors: ActorTable
    state: WorldState
    network: RoadNetwork
    signal_colors: NDArray[np.int32]  # (num_signals,)
    contacts: list[Contact]  # since the last view
    lane: int  # drivable lane the ego is on or nearest to, −1 if none is near
    off_lane: float  # how far the ego's center is outside that lane's edges, 0 inside [m]
    traveled: float  # by the ego since the start [m]
    turns: frozenset[Turn]  # taken by the ego through junctions so far
    goal: events.GoalSpec
    time_to_collision: tuple[float, int]  # smallest with any actor, and its id: (infinity, −1) for none [s]
    goals: tuple[TimedRegion, ...] = ()  # of the ego's planning problem; empty where the scenario has a goal itself
    # along that lane's direction since the last view [m]; None in a junction, off the lanes, and once it was touched
    progress: float | None = None
    impacts: tuple[Impact, ...] = ()  # touches of the ego since the last view, with the collisions they are part of


class Criterion(ABC):
    """One question asked of every control step; final subclasses are selected by a spec's `kind`."""

    @abstractmethod
    def update(self, view: StepView) -> None:
        """Look at one moment."""

    @abstractmethod
    def result(self, name: str) -> CriterionResult:
        """Say what was found, at the end."""

    @property
    def is_settled(self) -> bool:
        """Whether nothing that may still happen can change what it found, and waiting is of no use."""
        return False

    @property
    def is_excusable(self) -> bool:
        """Whether an ego that another has struck may fail it from then on; see `metrics.excuse`."""
        return False


def ego_kinematics(view: StepView) -> tuple[float, float, float]:
    """Return the ego's yaw [rad], speed [m/s] and acceleration along its x axis [m/s²]."""
    w, x, y, z = (float(q) for q in view.state.orientation[0, EGO])
    fx, fy, fz = rotate(w, x, y, z, 1.0, 0.0, 0.0)
    vx, vy, vz = (float(v) for v in view.state.velocity[0, EGO])
    ax, ay, az = view.state.acceleration[0, EGO]
    return yaw_from_quaternion(w, x, y, z), ground_speed(w, x, y, z, vx, vy, vz), fx * ax + fy * ay + fz * az


def forward_speed(view: StepView) -> float:
    """Return the ego's speed along its x axis [m/s]."""
    forward = rotate(*(float(q) for q in view.state.orientation[0, EGO]), 1.0, 0.0, 0.0)
    return sum(float(v) * f for v, f in zip(view.state.velocity[0, EGO], forward, strict=True))
