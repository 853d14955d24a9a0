"""What every sensor offers: when it is due, and a capture from the history of states."""

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.history import NANOSECONDS, History
from simengine.core.space.mesh import Mesh
from simengine.core.state import ActorTable
from simengine.core.weather import Weather
from simengine.road.files.datum import Datum


class Scene(NamedTuple):
    """What can be seen: one mesh per actor (actor frame, origin at the box center) and static meshes in the world.

    Static coordinates are about `origin`, so that float32 keeps its precision on maps far from zero.
    """

    origin: tuple[float, float, float]  # world position of the local origin [m]
    actors: ActorTable  # row 0 is used
    actor_mesh: tuple[Mesh, ...]  # (num_actors,)
    actor_semantic: NDArray[np.uint8]  # (num_actors,)
    static_mesh: tuple[Mesh, ...]  # each one labeled instance, or a surface
    static_instance: NDArray[np.int32]  # instance id of each static mesh; 0 for surfaces (road, terrain)
    lamp_position: NDArray[np.float64]  # street lamps, about the origin [m]. (num_lamps, 3)
    signal_mesh: NDArray[np.int32]  # static mesh of each of the network's signals, or −1. (num_signals,)
    weather: Weather
    seed: int  # kernel seed of the episode's appearance and noise
    datum: Datum | None = None  # where on Earth the world is; a satellite receiver needs it


MOST_INSTANCES = 65_535  # ids of masks have 16 bits
# Instance ids: 0 background and surfaces, 1 + identity for actors, static instances from here on.
FIRST_STATIC = 10_000


def actor_instance(actor: int) -> int:
    """Return the instance id that masks and points carry for an actor."""
    return actor + 1


def static_instance(number: int) -> int:
    """Return the instance id that masks and points carry for an object of the scenery."""
    return FIRST_STATIC + number


class Frame(NamedTuple):
    """One capture: its name, time and pose, and the arrays it measured."""

    sensor: str
    index: int  # capture number, from 0
    time_ns: int
    world_from_sensor: NDArray[np.float64]  # pose at `time_ns`, 4 × 4
    channels: dict[str, NDArray[Any]]  # what each key means is documented by the sensor


def capture_time(index: int, rate_hz: float, phase: float) -> int:
    """Return the time of capture `index` [ns]."""
    return round((phase + index / rate_hz) * NANOSECONDS)


class Sensor(ABC):
    """Measures the world; final subclasses are selected by a spec's `kind`."""

    name: str
    kind: str

    @abstractmethod
    def next_time_ns(self) -> int:
        """Return when the next capture is complete (end of its exposure or sweep) [ns]."""

    @abstractmethod
    def span_ns(self) -> int:
        """Return how far before its completion a capture looks back [ns]: 1 s at most, see `inflow.OUT_LEAST`."""

    @abstractmethod
    def capture(self, history: History, signals: NDArray[np.int32]) -> Frame:
        """Measure and advance to the next capture.

        Args:
            history: States up to at least `next_time_ns()`.
            signals: `SignalColor` of each of the network's signals now. Shape (num_signals,).
        """
