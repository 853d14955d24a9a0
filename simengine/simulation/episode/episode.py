"""An episode: what happened, what was sensed and what is true, in memory or in a file, behind one interface."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ConfigError, nearest
from simengine.core.history import NANOSECONDS
from simengine.labels.annotation import Annotation, Boxes2d, Boxes3d, Collision, Interval
from simengine.labels.tracks import Tracks
from simengine.metrics.verdict import Verdict
from simengine.scenario.spec import ConcreteScenario
from simengine.simulation.world.roadmap import RoadMap
from simengine.simulation.world.scenery_record import SceneryTable, Signals


class EpisodeFrame:
    """One capture of one sensor with its labels; its channels are attributes.

    A camera has `rgb`, `depth` [m], `semantic`, `instance`, `intrinsics`; a LiDAR `points` [m], `intensity`,
    `instance`, `semantic` and, per point, `time_ns`; other sensors what their documentation says; `channels` lists all.
    """

    __slots__ = ("_annotation", "capture_ns", "channels", "index", "left_out", "sensor", "world_from_sensor")

    def __init__(
        self,
        sensor: str,
        index: int,
        capture_ns: int,
        world_from_sensor: NDArray[np.float64],
        channels: Mapping[str, NDArray[Any]],
        annotation: Annotation | None,
        left_out: Mapping[str, str] | None = None,
    ) -> None:
        self.sensor = sensor
        self.index = index
        self.capture_ns = capture_ns  # when the capture counts as taken [ns]
        self.world_from_sensor = world_from_sensor  # pose at that time, ISO 8855 axes [m]. Shape (4, 4)
        self.channels = channels
        self.left_out = left_out or {}  # what was measured but not recorded, and the setting that says so
        self._annotation = annotation

    @property
    def time_ns(self) -> Any:
        """When it was measured [ns]: per point where the sensor tells (LiDAR), else one number."""
        return self.channels.get("time_ns", self.capture_ns)

    @property
    def annotation(self) -> Annotation | None:
        """All labels; None of a sensor that has none, such as an IMU."""
        return self._annotation

    @property
    def boxes_3d(self) -> Boxes3d:
        """Oriented boxes of every actor in the world."""
        if self._annotation is None:
            raise AttributeError  # told in words by __getattr__
        return self._annotation.boxes_3d

    @property
    def boxes_2d(self) -> Boxes2d:
        """Image boxes; cameras only."""
        if self._annotation is None or self._annotation.boxes_2d is None:
            raise AttributeError
        return self._annotation.boxes_2d

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name.startswith("_"):
            raise AttributeError(f"a frame has no {name}")
        setting = self.left_out.get("labels" if name.startswith("boxes_") else name)
        why = f"; {name} of {self.sensor} was not recorded: {setting}" if setting is not None else ""
        if name in ("boxes_3d", "boxes_2d"):
            what = "labels" if name == "boxes_3d" else "image boxes"
            raise AttributeError(f"frames of {self.sensor} have no {what}{why}")
        if name not in self.channels:
            raise AttributeError(f"a frame has no {name}; recorded are {', '.join(self.channels) or 'none'}{why}")
        return self.channels[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.channels]

    def __repr__(self) -> str:
        time = self.capture_ns / NANOSECONDS
        return f"<frame {self.index} of {self.sensor} at {time:.3f} s: {', '.join(self.channels)}>"


class FrameSource(ABC):
    """Where the frames of one sensor come from."""

    @abstractmethod
    def times(self) -> list[int]:
        """Return the capture times in order [ns]."""

    @abstractmethod
    def load(self, number: int) -> EpisodeFrame:
        """Return the frame with a place in that order."""


class FrameSequence(Sequence[EpisodeFrame]):
    """The frames of one sensor in order of time; each is loaded when it is asked for."""

    def __init__(self, source: FrameSource, numbers: range) -> None:
        self._source = source
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> EpisodeFrame: ...

    @overload
    def __getitem__(self, index: slice) -> "FrameSequence": ...

    def __getitem__(self, index: int | slice) -> "EpisodeFrame | FrameSequence":
        if isinstance(index, slice):
            return FrameSequence(self._source, self._numbers[index])
        return self._source.load(self._numbers[index])

    def __iter__(self) -> Iterator[EpisodeFrame]:
        return (self._source.load(number) for number in self._numbers)

    @property
    def capture_ns(self) -> NDArray[np.int64]:
        """Capture times [ns]; reading them loads no frame. Shape (num_frames,)."""
        times = self._source.times()
        return np.array([times[number] for number in self._numbers], np.int64)

    def nearest(self, time_ns: int) -> EpisodeFrame:
        """Return the frame whose capture is nearest to a time [ns], the earlier of two.

        Raises:
            IndexError: There are no frames.
        """
        if not self._numbers:
            raise IndexError("there are no frames")
        return self[int(np.abs(self.capture_ns - time_ns).argmin())]


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
