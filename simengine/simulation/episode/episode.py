"""An episode: what happened, what was sensed and what is true, in memory or in a file, behind one interface."""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, NamedTuple

from simengine.core.errors import ConfigError, nearest
from simengine.core.history import NANOSECONDS
from simengine.labels.annotation import Collision, Interval
from simengine.labels.tracks import Tracks
from simengine.metrics.verdict import Verdict
from simengine.scenario.spec import ConcreteScenario
from simengine.simulation.episode.episode_frames import FrameSequence, FrameSource
from simengine.simulation.world.roadmap import RoadMap
from simengine.simulation.world.scenery_record import SceneryTable, Signals


class EpisodeSummary(NamedTuple):
    """What an episode comes to, small enough for an index."""

    id: str
    seed: int
    scenario: str  # name
    parameters: dict[str, Any]  # drawn values and weather, by key path
    sensors: tuple[str, ...]
    duration_ns: int
    verdict: Verdict
    collisions: tuple[Collision, ...]
    intervals: tuple[Interval, ...]
    metrics: dict[str, Any]
    digest: str
    versions: dict[str, str]  # of the program, its arithmetic and the platform
    remarks: tuple[str, ...] = ()  # what was tolerated in the input files, one line a kind


class EpisodeSource(ABC):
    """Where an episode comes from: `in_memory.MemorySource` or `reader.McapSource`."""

    @abstractmethod
    def place(self) -> str:
        """Return what messages call it: its file, or that it is in memory."""

    @abstractmethod
    def summary(self) -> EpisodeSummary:
        """Return the outcome."""

    @abstractmethod
    def scenario(self) -> ConcreteScenario:
        """Return what was simulated."""

    @abstractmethod
    def tracks(self) -> Tracks:
        """Return the movement of all actors."""

    @abstractmethod
    def frames(self, sensor: str) -> FrameSource:
        """Return the frames of a sensor of the scenario."""

    @abstractmethod
    def road_map(self) -> RoadMap:
        """Return the lanes around the ego's track."""

    @abstractmethod
    def scenery(self) -> SceneryTable:
        """Return the fixed objects that have an instance id."""

    @abstractmethod
    def signals(self) -> Signals:
        """Return the signal heads and what they showed."""

    @abstractmethod
    def records(self) -> dict[str, list[tuple[int, str]]]:
        """Return the digest of every record by topic."""

    @abstractmethod
    def inputs(self) -> dict[str, bytes]:
        """Return the content of the scenario's input files by path."""


class Episode:
    """One simulated episode.

    Args:
        source: Where its parts come from; they are fetched when first asked for.
    """

    def __init__(self, source: EpisodeSource) -> None:
        self._source = source

    @cached_property
    def _summary(self) -> EpisodeSummary:
        return self._source.summary()

    @property
    def place(self) -> str:
        """What messages call it: its file, or that it is in memory."""
        return self._source.place()

    @property
    def id(self) -> str:
        """Its name within its dataset."""
        return self._summary.id

    @property
    def seed(self) -> int:
        """Of everything random in it."""
        return self._summary.seed

    @cached_property
    def scenario(self) -> ConcreteScenario:
        """What was simulated."""
        return self._source.scenario()

    @property
    def parameters(self) -> dict[str, Any]:
        """The drawn values and the weather, by key path."""
        return self._summary.parameters

    @property
    def verdict(self) -> Verdict:
        """What its criteria found; prints as one line."""
        return self._summary.verdict

    @cached_property
    def tracks(self) -> Tracks:
        """The movement of all actors, in the coordinates of the road's source."""
        return self._source.tracks()

    @property
    def sensors(self) -> tuple[str, ...]:
        """Names of the sensors."""
        return self._summary.sensors

    def frames(self, sensor: str) -> FrameSequence:
        """Return the frames of a sensor.

        Raises:
            ConfigError: There is no sensor of that name.
        """
        if sensor not in self.sensors:
            known = ", ".join(self.sensors) or "none"
            hint = nearest(sensor, self.sensors)
            raise ConfigError(f"episode {self.id} has no sensor {sensor}{hint}; it has {known}")
        source = self._source.frames(sensor)
        return FrameSequence(source, range(len(source.times())))

    @property
    def left_out(self) -> tuple[str, ...]:
        """What `recorder.leave_out` kept out of the file."""
        return self.scenario.recorder.leave_out

    def sensors_with(self, *channels: str) -> tuple[str, ...]:
        """Return the sensors that have frames with all of some channels: "rgb" finds cameras, "points" LiDARs."""
        return tuple(
            sensor
            for sensor in self.sensors
            if len(self.frames(sensor)) and set(channels) <= set(self.frames(sensor)[0].channels)
        )

    @property
    def collisions(self) -> tuple[Collision, ...]:
        """Collisions in order of time."""
        return self._summary.collisions

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """Labeled stretches: hazards and maneuvers."""
        return self._summary.intervals

    @property
    def metrics(self) -> dict[str, Any]:
        """Measures of the whole episode by name."""
        return self._summary.metrics

    @property
    def digest(self) -> str:
        """SHA-256 over everything that was computed, long arrays by their checksums; see `digest`."""
        return self._summary.digest

    @property
    def versions(self) -> dict[str, str]:
        """What computed it."""
        return self._summary.versions

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was tolerated in the scenario's input files, one line a kind."""
        return self._summary.remarks

    @property
    def duration(self) -> float:
        """Simulated time [s]."""
        return self._summary.duration_ns / NANOSECONDS

    @cached_property
    def road_map(self) -> RoadMap:
        """The lanes around the ego's track."""
        return self._source.road_map()

    @cached_property
    def scenery(self) -> SceneryTable:
        """The fixed objects: what instance ids above those of the actors stand for."""
        return self._source.scenery()

    @cached_property
    def signals(self) -> Signals:
        """The signal heads; `signals.color_at(time_ns)` tells what they show."""
        return self._source.signals()

    def records(self) -> dict[str, list[tuple[int, str]]]:
        """Return the digest of every record by topic, to find where two episodes first differ."""
        return self._source.records()

    @property
    def inputs(self) -> dict[str, bytes]:
        """The content of the scenario's input files by path."""
        return self._source.inputs()

    @property
    def summary(self) -> EpisodeSummary:
        """Its outcome in one record."""
        return self._summary

    def __repr__(self) -> str:
        return f"<episode {self.id} of {self._summary.scenario}, {self.duration:.1f} s, {self.verdict}>"
