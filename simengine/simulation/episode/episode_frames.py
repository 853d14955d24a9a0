"""Captures of an episode with their labels, read when they are looked at."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from simengine.core.history import NANOSECONDS
from simengine.labels.annotation import Annotation, Boxes2d, Boxes3d


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
