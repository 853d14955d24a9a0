"""Reads the frames of one sensor and their labels from an episode's file, each channel when it is asked for."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ConfigError
from simengine.core.semantics import Semantic
from simengine.labels.annotation import Annotation, Boxes2d, Boxes3d, SignalViews
from simengine.simulation.episode.episode_frames import EpisodeFrame, FrameSource
from simengine.simulation.files import stored_values as stored
from simengine.simulation.mcap.channel_storage import Limits, read_channel
from simengine.simulation.mcap.container_reader import ContainerReader, MessageRefs
from simengine.simulation.mcap.messages import MessageError
from simengine.simulation.world.scenery_record import COLORS

_SEMANTICS = np.isin(np.arange(256), [int(semantic) for semantic in Semantic])


class McapFrames(FrameSource):
    """The frames of one sensor in a file.

    Args:
        file: The file.
        sensor: Its name.
        checked: Turns what unreadable content causes into one error that names the file.
        limits: Tells what the channels of a sensor can be.
        num_actors: Tells how many actors have an id.
    """

    def __init__(
        self,
        file: ContainerReader,
        sensor: str,
        checked: Callable[[Callable[[], Any]], Any],
        limits: Callable[[str], Limits],
        num_actors: Callable[[], int],
    ) -> None:
        self._file = file
        self._sensor = sensor
        self._checked = checked
        self._limits_of = limits
        self._num_actors = num_actors

    @cached_property
    def _headers(self) -> MessageRefs:
        return self._file.messages(f"/{self._sensor}/frame")

    @cached_property
    def _labels(self) -> MessageRefs:
        labels = self._file.messages(f"/{self._sensor}/labels")
        for time_ns in np.setdiff1d(labels.time_ns, self._headers.time_ns)[:1].tolist():
            raise ValueError(f"{self._sensor} has labels at {time_ns} ns and no frame")
        return labels

    @cached_property
    def _limits(self) -> Limits:
        return self._limits_of(self._sensor)

    def times(self) -> list[int]:
        """See `FrameSource`."""
        return self._headers.time_ns.tolist()

    def load(self, number: int) -> EpisodeFrame:
        """See `FrameSource`."""

        def read() -> EpisodeFrame:
            ref = self._headers[number]
            place = f"/{self._sensor}/frame at {ref.time_ns} ns"
            header = stored.decode_json(self._file.read(ref), self._file.most_memory, place)
            header = stored.mapping(header, place, "time_ns", "index", "world_from_sensor", "channels")
            what = f"{place}: "
            if header["time_ns"] != ref.time_ns:
                raise ValueError(f"{what}time_ns = {ascii(header['time_ns'])[:40]}")
            index = stored.whole(header["index"], f"{what}index", 0, 2**31)
            pose = stored.array(header["world_from_sensor"], np.float64, (16,), f"{what}world_from_sensor")
            left_out = stored.mapping(header.get("left_out", {}), f"{what}left_out")
            stored.texts(list(left_out.values()), f"{what}left_out")
            listed = stored.mapping(header["channels"], f"{what}channels")
            for name, entry in listed.items():
                stored.mapping(entry, f"{what}channels.{name}", "form")
            channels = LazyChannels(self._file, ref.time_ns, listed, self._limits, self._checked)
            annotation = self._annotation(index, ref.time_ns)
            return EpisodeFrame(self._sensor, index, ref.time_ns, pose.reshape(4, 4), channels, annotation, left_out)

        return self._checked(read)

    def _annotation(self, index: int, time_ns: int) -> Annotation | None:
        ref = self._labels.at(time_ns)
        if ref is None:
            return None
        what = f"/{self._sensor}/labels at {time_ns} ns"
        found = stored.mapping(stored.decode_json(self._file.read(ref), self._file.most_memory, what), what, "boxes_3d")
        if found.get("time_ns") != time_ns:
            raise ValueError(f"{what}: time_ns = {ascii(found.get('time_ns'))[:40]}")
        boxes_2d = stored.columns(Boxes2d, found["boxes_2d"], f"{what}: boxes_2d") if "boxes_2d" in found else None
        signals = stored.columns(SignalViews, found["signals"], f"{what}: signals") if "signals" in found else None
        boxes_3d = stored.columns(Boxes3d, found["boxes_3d"], f"{what}: boxes_3d")
        for name, boxes in (("boxes_3d", boxes_3d), ("boxes_2d", boxes_2d)):
            if boxes is not None and len(boxes.instance):
                _refuse_foreign(f"{what}: {name}", boxes.instance, boxes.semantic, self._num_actors())
        if signals is not None:
            stored.texts(signals.color.tolist(), f"{what}: signals.color", COLORS)
        return Annotation(self._sensor, index, time_ns, boxes_3d, boxes_2d, signals)


def _refuse_foreign(what: str, instance: NDArray[np.int32], semantic: NDArray[np.uint8], num_actors: int) -> None:
    """Refuse boxes of actors or classes that are not there."""
    if not 1 <= int(instance.min()) <= int(instance.max()) <= num_actors:
        raise ValueError(f"{what}.instance: must be from 1 to {num_actors}")
    if not _SEMANTICS[semantic].all():
        raise ValueError(f"{what}.semantic: holds a class that is not there")


class LazyChannels(Mapping[str, NDArray[Any]]):
    """The channels of one frame; each is decoded when it is first asked for and then kept."""

    def __init__(
        self,
        file: ContainerReader,
        time_ns: int,
        listed: dict[str, dict[str, Any]],
        limits: Limits,
        checked: Callable[[Callable[[], Any]], Any],
    ) -> None:
        self._file = file
        self._time_ns = time_ns
        self._listed = listed
        self._limits = limits
        self._checked = checked
        self._decoded: dict[str, NDArray[Any]] = {}
        self._fetched: dict[str, memoryview] = {}  # a point cloud holds several channels

    def _fetch(self, topic: str) -> memoryview:
        stored.text(topic, "topic")
        if topic in self._fetched:
            return self._fetched[topic]
        ref = self._file.messages(topic).at(self._time_ns)
        if ref is None:
            raise ValueError(f"{ascii(topic)[1:80]} at {self._time_ns} ns is missing in it")
        content = self._file.view(ref)
        if sum(entry.get("topic") == topic for entry in self._listed.values()) > 1:
            self._fetched[topic] = content
        return content

    def _read(self, name: str) -> NDArray[Any]:
        try:
            return read_channel(name, self._listed[name], self._time_ns, self._fetch, self._limits)
        except (ValueError, LookupError, MessageError) as error:
            if isinstance(error, ConfigError):
                raise
            said = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
            raise ValueError(f"{name} at {self._time_ns} ns: {said}") from None

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._listed:
            raise KeyError(name)
        if name not in self._decoded:
            self._decoded[name] = self._checked(lambda: self._read(name))
        return self._decoded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._listed

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)
