"""Reads an episode from its MCAP file, part by part as they are asked for, every checksum verified."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ConfigError
from simengine.core.state import ActorKind, Behavior
from simengine.labels.annotation import Annotation, Boxes2d, Boxes3d, Collision, Interval, SignalViews
from simengine.labels.tracks import Tracks
from simengine.metrics.verdict import CriterionResult, Verdict
from simengine.scenario.sampling import from_yaml
from simengine.scenario.spec import ConcreteScenario
from simengine.simulation.channels import read_channel
from simengine.simulation.container_reader import ContainerReader, MessageRef
from simengine.simulation.encoding import columns, decode_json
from simengine.simulation.episode import Episode, EpisodeFrame, EpisodeSource, EpisodeSummary, FrameSource
from simengine.simulation.mcap_writer import INPUTS, RECORDS, SCENARIO, STATE_FIELDS, SUMMARY
from simengine.simulation.messages import MessageError
from simengine.simulation.roadmap import RoadMap, road_map_from_json
from simengine.simulation.scenery_record import SceneryTable, Signals, scenery_from_json


def read_episode(path: Path) -> Episode:
    """Open an episode file.

    Raises:
        ConfigError: It is missing, incomplete or corrupt; found out at once for its index, later for its parts.
    """
    return Episode(McapSource(Path(path)))


class McapSource(EpisodeSource):
    """An episode in a file; no file stays open, so any number of episodes can be held."""

    def __init__(self, path: Path) -> None:
        self._file = ContainerReader(path)

    def _checked(self, read: Callable[[], Any]) -> Any:
        """Turn what unreadable content causes into one error that names the file."""
        try:
            return read()
        except ConfigError:
            raise
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, MessageError) as error:
            path, kind = self._file.path, type(error).__name__
            raise ConfigError(f"{path}: not a readable episode: {kind}: {' '.join(str(error).split())}") from None

    def _json(self, topic: str) -> Any:
        refs = self._file.messages(topic)
        if not refs:
            raise ConfigError(f"{self._file.path}: not a readable episode: it has no {topic}")
        return decode_json(self._file.read(refs[0]))

    def summary(self) -> EpisodeSummary:
        """See `EpisodeSource`."""

        def read() -> EpisodeSummary:
            stored = decode_json(self._file.attachment(SUMMARY))
            results = [
                {**result, "actors": tuple(result["actors"]), "names": tuple(result.get("names", ()))}
                for result in stored["verdict"]
            ]
            collisions = [{**collision, "position": tuple(collision["position"])} for collision in stored["collisions"]]
            stored["verdict"] = Verdict(
                tuple(CriterionResult(**result) for result in results), stored.pop("invalid")
            )
            stored["collisions"] = tuple(Collision(**collision) for collision in collisions)
            stored["intervals"] = tuple(Interval(**interval) for interval in stored["intervals"])
            stored["sensors"] = tuple(stored["sensors"])
            stored["remarks"] = tuple(stored["remarks"])
            return EpisodeSummary(**stored)

        return self._checked(read)

    def scenario(self) -> ConcreteScenario:
        """See `EpisodeSource`."""
        try:
            return self._checked(lambda: from_yaml(self._file.attachment(SCENARIO).decode()))
        except ConfigError as error:
            path = str(self._file.path)
            raise error if str(error).startswith(path) else ConfigError(f"{path}: its scenario: {error}") from None

    def tracks(self) -> Tracks:
        """See `EpisodeSource`."""

        def read() -> Tracks:
            actors = self._json("/actors")
            kind = np.array([ActorKind[name.upper()] for name in actors["kind"]], np.int32)
            refs = self._file.messages("/state")
            shape = (len(refs), len(kind))
            tracks = Tracks(
                time_ns=np.array([ref.time_ns for ref in refs], np.int64),
                valid=np.zeros(shape, np.bool_),
                replayed=np.zeros(shape, np.bool_),
                position=np.zeros((*shape, 3)),
                orientation=np.tile([1.0, 0.0, 0.0, 0.0], (*shape, 1)),
                velocity=np.zeros((*shape, 3)),
                angular_velocity=np.zeros((*shape, 3)),
                acceleration=np.zeros((*shape, 3)),
                steering=np.zeros(shape),
                lights=np.zeros(shape, np.int32),
                kind=kind,
                size=np.array(actors["size"], np.float64).reshape(-1, 3),
                model=tuple(actors["model"]),
                behavior=np.array([Behavior[name.upper()] for name in actors["behavior"]], np.int32),
            )
            for row, ref in enumerate(refs):
                stored = decode_json(self._file.read(ref))
                present = stored["actor"]
                if present:
                    tracks.valid[row, present] = True
                    for name in STATE_FIELDS:
                        getattr(tracks, name)[row, present] = stored[name]
            return tracks

        return self._checked(read)

    def frames(self, sensor: str) -> FrameSource:
        """See `EpisodeSource`."""
        return McapFrames(self._file, sensor, self._checked)

    def road_map(self) -> RoadMap:
        """See `EpisodeSource`."""
        return self._checked(lambda: road_map_from_json(self._json("/map")))

    def scenery(self) -> SceneryTable:
        """See `EpisodeSource`."""
        return self._checked(lambda: scenery_from_json(self._json("/scenery")))

    def signals(self) -> Signals:
        """See `EpisodeSource`."""

        def read() -> Signals:
            states = [decode_json(self._file.read(ref)) for ref in self._file.messages("/signals")]
            heads = self._json("/map")["signals"]
            return Signals(heads, [state["time_ns"] for state in states], [state["color"] for state in states])

        return self._checked(read)

    def records(self) -> dict[str, list[tuple[int, str]]]:
        """See `EpisodeSource`."""

        def read() -> dict[str, list[tuple[int, str]]]:
            stored = decode_json(self._file.attachment(RECORDS))
            return {topic: [(int(time_ns), digest) for time_ns, digest in found] for topic, found in stored.items()}

        return self._checked(read)

    def inputs(self) -> dict[str, bytes]:
        """See `EpisodeSource`."""
        names = [name for name in self._file.attachments if name.startswith(INPUTS)]
        return {name[len(INPUTS) :]: self._file.attachment(name) for name in names}


class McapFrames(FrameSource):
    """The frames of one sensor in a file."""

    def __init__(self, file: ContainerReader, sensor: str, checked: Callable[[Callable[[], Any]], Any]) -> None:
        self._file = file
        self._sensor = sensor
        self._checked = checked

    @cached_property
    def _headers(self) -> list[MessageRef]:
        return self._file.messages(f"/{self._sensor}/frame")

    @cached_property
    def _labels(self) -> dict[int, MessageRef]:
        labels = {ref.time_ns: ref for ref in self._file.messages(f"/{self._sensor}/labels")}
        for time_ns in labels.keys() - {ref.time_ns for ref in self._headers}:
            raise ValueError(f"{self._sensor} has labels at {time_ns} ns and no frame")
        return labels

    def times(self) -> list[int]:
        """See `FrameSource`."""
        return [ref.time_ns for ref in self._headers]

    def load(self, number: int) -> EpisodeFrame:
        """See `FrameSource`."""

        def read() -> EpisodeFrame:
            header = decode_json(self._file.read(self._headers[number]))
            time_ns, index = header["time_ns"], header["index"]
            pose = np.array(header["world_from_sensor"], np.float64).reshape(4, 4)
            left_out = header.get("left_out", {})
            channels = LazyChannels(self._file, time_ns, header["channels"], self._checked)
            annotation = self._annotation(index, time_ns)
            return EpisodeFrame(self._sensor, index, time_ns, pose, channels, annotation, left_out)

        return self._checked(read)

    def _annotation(self, index: int, time_ns: int) -> Annotation | None:
        ref = self._labels.get(time_ns)
        if ref is None:
            return None
        stored = decode_json(self._file.read(ref))
        boxes_2d = columns(Boxes2d, stored["boxes_2d"]) if "boxes_2d" in stored else None
        signals = columns(SignalViews, stored["signals"]) if "signals" in stored else None
        boxes_3d = columns(Boxes3d, stored["boxes_3d"])
        return Annotation(self._sensor, index, stored["time_ns"], boxes_3d, boxes_2d, signals)


class LazyChannels(Mapping[str, NDArray[Any]]):
    """The channels of one frame; each is decoded when it is first asked for and then kept."""

    def __init__(
        self,
        file: ContainerReader,
        time_ns: int,
        stored: dict[str, dict[str, Any]],
        checked: Callable[[Callable[[], Any]], Any],
    ) -> None:
        self._file = file
        self._time_ns = time_ns
        self._stored = stored
        self._checked = checked
        self._decoded: dict[str, NDArray[Any]] = {}
        self._fetched: dict[str, bytes] = {}  # a point cloud holds several channels

    def _fetch(self, topic: str) -> bytes:
        if topic in self._fetched:
            return self._fetched[topic]
        refs = self._file.messages(topic)
        place = bisect_left(refs, self._time_ns, key=lambda ref: ref.time_ns)
        if place < len(refs) and refs[place].time_ns == self._time_ns:
            content = self._file.read(refs[place])
            if sum(entry.get("topic") == topic for entry in self._stored.values()) > 1:
                self._fetched[topic] = content
            return content
        raise ConfigError(f"{self._file.path}: not a readable episode: {topic} at {self._time_ns} ns is missing in it")

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._decoded:
            stored = self._stored[name]
            self._decoded[name] = self._checked(lambda: read_channel(stored, self._time_ns, self._fetch))
        return self._decoded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._stored

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)
