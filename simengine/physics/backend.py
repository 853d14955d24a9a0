"""What every physics offers: build a world from arrays, advance it one tick, tell what touched."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.state import ActorTable, Controls, WorldState
from simengine.road.network.network import RoadNetwork


class FrictionPatches(NamedTuple):
    """Slippery discs on the ground. Shapes (num_envs, num_patches)."""

    active: NDArray[np.bool_]
    x: NDArray[np.float64]  # center, world [m]
    y: NDArray[np.float64]
    radius: NDArray[np.float64]  # [m]
    friction: NDArray[np.float64]  # µ inside


class StaticBox(NamedTuple):
    """A solid, immovable box of the scenery (building, shelf, wall, pole, tree trunk)."""

    position: tuple[float, float, float]  # center, world [m]
    yaw: float  # [rad]
    size: tuple[float, float, float]  # length, width, height [m]


class Ground(NamedTuple):
    """What the actors stand on and may hit, fixed for an episode."""

    network: RoadNetwork  # elevation and lanes
    friction: NDArray[np.float64]  # greatest µ of surface and weather, (num_envs,)
    patches: FrictionPatches  # may be written between ticks by events
    obstacles: tuple[StaticBox, ...]
    sliding: NDArray[np.float64] | float  # friction of sliding tires over the greatest, (num_envs,) or of all


class Contact(NamedTuple):
    """Two actors, or an actor and the scenery, touched during a tick.

    A contact that lasts is reported every tick; `joined_contacts` joins the ticks to one.
    """

    env: int
    tick: int
    actor: int
    other: int  # actor index, or −1 for the scenery
    position: tuple[float, float, float]  # world [m]
    normal: tuple[float, float, float]  # unit, from other to actor
    impulse: float  # along the normal during the tick [N s]
    closing_speed: float  # along the normal just before the tick [m/s]


class Physics(ABC):
    """Advances actors by one tick at a time; final subclasses: `bullet.BulletPhysics`, `batched.BatchedPhysics`."""

    @abstractmethod
    def reset(self, actors: ActorTable, state: WorldState, ground: Ground, rate_hz: int) -> WorldState:
        """Build the world anew from arrays and return the settled state of tick 0."""

    @abstractmethod
    def step(self, state: WorldState, controls: Controls) -> WorldState:
        """Advance by one tick and return a new state.

        Between calls the caller may, in the state it passes on, only: set the pose, velocity, angular velocity and
        acceleration of actors whose `replayed` is true; clear `replayed` (the hand-over: from then on the actor is
        dynamic, starting with the velocity in the state); set `valid` of an absent actor together with its pose,
        velocity and `identity` (it appears); clear `valid` (it leaves); change `tire_grip` and `tire_burst`. Pose and
        acceleration of a replayed actor are given for the tick that the step leads to, and come back as they were
        given. The physics clears `replayed` itself where something that is not replayed would touch the actor.
        """

    @abstractmethod
    def contacts(self) -> list[Contact]:
        """Return what touched during the last tick."""

    @abstractmethod
    def close(self) -> None:
        """Free the world; may be called twice."""
