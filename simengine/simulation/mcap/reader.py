"""Reads an episode from its MCAP file, part by part as they are asked for, every checksum verified.

What a file holds is taken for nothing but what it has to be: every value is checked for its type, shape and range, and
one that is wrong is a `ConfigError` that names the file and the place. So is a name that is no plain name: exports call
files after episodes and sensors.
"""

import hashlib
import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ConfigError
from simengine.core.state import ActorKind, Behavior
from simengine.core.text.plain_names import plain_name
from simengine.labels.annotation import Collision, Interval
from simengine.labels.tracks import Tracks
from simengine.metrics.verdict import CriterionResult, Verdict
from simengine.scenario.sampling import from_yaml
from simengine.scenario.spec import CameraSpec, ConcreteScenario
from simengine.simulation.episode.episode import Episode, EpisodeSource, EpisodeSummary
from simengine.simulation.episode.episode_frames import FrameSource
from simengine.simulation.files import stored_values as stored
from simengine.simulation.mcap.channel_storage import Limits
from simengine.simulation.mcap.container_reader import ContainerReader, MessageRef, MessageRefs
from simengine.simulation.mcap.frame_reader import McapFrames
from simengine.simulation.mcap.messages import MessageError
from simengine.simulation.mcap.writer import INPUTS, RECORDS, SCENARIO, STATE_FIELDS, SUMMARY
from simengine.simulation.world.roadmap import RoadMap, road_map_from_json
from simengine.simulation.world.scenery_record import SceneryTable, Signals, scenery_from_json, signals_from_json

_MOST_YAML = 256 * 1024  # and a sixteenth of the file: of a scenario, whose YAML takes 200 times that in memory [bytes]
_TRACK = 170  # an actor at a time in the table of tracks takes [bytes]
_SPARSE = 256
_PICTURE = 8  # an image of one number a pixel takes no more, with what is around it [bytes a pixel]
_ALIAS = re.compile(r"(?:^|[\s\[{,:-])[*&]\w")
# What unreadable content causes in NumPy, OpenCV, protobuf and pydantic.
_UNREADABLE = (
    ValueError, LookupError, TypeError, ArithmeticError, AttributeError, RecursionError, MemoryError, MessageError,
    cv2.error,
)  # fmt: skip


class _Outcome(NamedTuple):
    """What `episode.json` holds."""

    id: str
    seed: stored.Count
    scenario: str
    parameters: dict[str, stored.Scalar]
    sensors: tuple[str, ...]
    duration_ns: stored.Count
    verdict: tuple[CriterionResult, ...]
    collisions: tuple[Collision, ...]
    intervals: tuple[Interval, ...]
    metrics: dict[str, stored.Scalar]
    digest: stored.Sha256
    versions: dict[str, str]
    remarks: tuple[str, ...]
    invalid: str
    unmet: str = ""  # not told by earlier versions


def read_episode(path: Path) -> Episode:
    """Open an episode file.

    Raises:
        ConfigError: It is missing, incomplete or corrupt; found out at once for its index, later for its parts.
    """
    return Episode(McapSource(Path(path)))


class McapSource(EpisodeSource):
    """An episode in a file; no file stays open, so any number of episodes can be held."""

    def __init__(self, path: Path) -> None:
        self.file = ContainerReader(path, self._largest_picture)

    def _largest_picture(self) -> int:
        specs = self._scenario.sensors.values()
        return _PICTURE * max((spec.width * spec.height for spec in specs if isinstance(spec, CameraSpec)), default=0)

    def _checked(self, read: Callable[[], Any]) -> Any:
        """Turn what unreadable content causes into one error that names the file."""
        try:
            return read()
        except ConfigError:
            raise
        except _UNREADABLE as error:
            said = " ".join(str(error).split())[:200]
            kind = "" if type(error) is ValueError else f"{type(error).__name__}: "
            raise ConfigError(f"{self.file.path}: not a readable episode: {kind}{said}") from None

    def _decode(self, ref: MessageRef, topic: str) -> dict[str, Any]:
        what = f"{topic} at {ref.time_ns} ns"
        return stored.mapping(stored.decode_json(self.file.read(ref), self.file.most_memory, what), what)

    def _json(self, topic: str) -> dict[str, Any]:
        refs = self.file.messages(topic)
        if not refs:
            raise ValueError(f"it has no {topic}")
        return self._decode(refs[0], topic)

    def place(self) -> str:
        """See `EpisodeSource`."""
        return str(self.file.path)

    def summary(self) -> EpisodeSummary:
        """See `EpisodeSource`."""

        def read() -> EpisodeSummary:
            try:
                found = stored.record(_Outcome, self.file.attachment(SUMMARY), self.file.most_memory)
                plain_name(found.id, "id")
                for sensor in found.sensors:
                    plain_name(sensor, "sensors")
            except ValueError as error:
                if str(error).startswith(f"{self.file.path}: "):
                    raise
                raise ValueError(f"{SUMMARY}: {error}") from None
            values = {**found._asdict(), "verdict": Verdict(found.verdict, found.invalid, found.unmet)}
            del values["invalid"], values["unmet"]
            return EpisodeSummary(**values)

        return self._checked(read)

    @cached_property
    def _scenario(self) -> ConcreteScenario:
        def read() -> ConcreteScenario:
            content = self.file.attachment(SCENARIO)
            most = _MOST_YAML + self.file.size // 16
            if len(content) > most:
                raise ValueError(f"{SCENARIO} has {len(content)} bytes; allowed are {most}")
            text = content.decode()
            if _ALIAS.search(text):
                refuse_aliases(text, SCENARIO)
            return from_yaml(text)

        try:
            return self._checked(read)
        except ConfigError as error:
            path, said = str(self.file.path), " ".join(str(error).split())
            raise ConfigError(said if said.startswith(path) else f"{path}: its scenario: {said}") from None

    def scenario(self) -> ConcreteScenario:
        """See `EpisodeSource`."""
        return self._scenario

    @cached_property
    def _actors(self) -> int:
        return len(stored.sequence(self._json("/actors").get("kind"), "/actors.kind"))

    def tracks(self) -> Tracks:
        """See `EpisodeSource`."""

        def read() -> Tracks:
            return read_tracks(self._json("/actors"), self.file.messages("/state"), self._decode, self.file)

        return self._checked(read)

    def frames(self, sensor: str) -> FrameSource:
        """See `EpisodeSource`."""
        return McapFrames(self.file, sensor, self._checked, self._limits, self._num_actors)

    def road_map(self) -> RoadMap:
        """See `EpisodeSource`."""
        return self._checked(lambda: road_map_from_json(self._json("/map")))

    def scenery(self) -> SceneryTable:
        """See `EpisodeSource`."""
        return self._checked(lambda: scenery_from_json(self._json("/scenery")))

    def signals(self) -> Signals:
        """See `EpisodeSource`."""

        def read() -> Signals:
            refs = self.file.messages("/signals")
            shown = [(ref.time_ns, self._decode(ref, "/signals").get("color")) for ref in refs]
            return signals_from_json(self._json("/map").get("signals"), shown)

        return self._checked(read)

    def records(self) -> dict[str, list[tuple[int, str]]]:
        """See `EpisodeSource`."""

        def read() -> dict[str, list[tuple[int, str]]]:
            found = stored.decode_json(self.file.attachment(RECORDS), self.file.most_memory, RECORDS)
            return {
                topic: [
                    (stored.whole(pair[0], f"{RECORDS}: {topic}"), stored.text(pair[1], f"{RECORDS}: {topic}"))
                    for pair in (stored.sequence(one, RECORDS) for one in stored.sequence(records, RECORDS))
                ]
                for topic, records in stored.mapping(found, RECORDS).items()
            }

        return self._checked(read)

    def inputs(self) -> dict[str, bytes]:
        """See `EpisodeSource`; the content of each is what the scenario says by its hash."""
        stated = self._scenario.inputs
        by_hash: dict[str, bytes] = {}
        for name in self.file.attachments:
            if name.startswith(INPUTS):
                content = self.file.attachment(name)
                found = hashlib.sha256(content).hexdigest()
                by_hash[found] = content
                if found not in stated.values():
                    raise ConfigError(
                        f"{self.file.path}: its {ascii(name)[:80]} is none of the scenario's input files: "
                        f"SHA-256 {found[:12]}…"
                    )
        for path, wanted in stated.items():
            if wanted not in by_hash:
                raise ConfigError(f"{self.file.path}: the scenario's input file {ascii(path)[:80]} is missing in it")
        return {path: by_hash[wanted] for path, wanted in stated.items()}

    def _num_actors(self) -> int:
        return self._actors

    def _limits(self, sensor: str) -> Limits:
        spec = self._scenario.sensors.get(sensor)
        if isinstance(spec, CameraSpec):
            return Limits(max(3 * spec.width * spec.height, 1), (spec.height, spec.width))
        return Limits(self.file.most_memory // 8, points=spec is not None and spec.kind == "lidar")


def refuse_aliases(text: str, what: str) -> None:
    """Refuse YAML with aliases: no scenario is written with them, and few of them make a huge one."""
    import yaml

    try:
        found = any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text))
    except yaml.YAMLError:
        return  # whoever reads it tells
    if found:
        raise ValueError(f"{what} has an alias (*name); a concrete scenario has none")


def read_tracks(
    actors: dict[str, Any],
    refs: MessageRefs,
    decode: Callable[[MessageRef, str], dict[str, Any]],
    file: ContainerReader,
) -> Tracks:
    """Return the movement of all actors.

    Raises:
        ValueError: A value is not what it has to be.
    """
    kinds = [kind.name.lower() for kind in ActorKind]
    behaviors = [behavior.name.lower() for behavior in Behavior]
    kind = stored.texts(actors.get("kind"), "/actors.kind", kinds)
    count = len(kind)
    shape = (len(refs), count)
    size = stored.array(actors.get("size"), np.float64, (count, 3) if count else (0, 3), "/actors.size")
    model = stored.texts(actors.get("model"), "/actors.model")
    behavior = stored.texts(actors.get("behavior"), "/actors.behavior", behaviors)
    if not len(model) == len(behavior) == count:
        raise ValueError(f"/actors: has {count} kinds, {len(model)} models and {len(behavior)} behaviors")
    if _TRACK * shape[0] * shape[1] > file.most_memory:
        seen = sum(len(stored.sequence(decode(ref, "/state").get("actor"), "/state.actor")) for ref in refs)
        if _SPARSE * seen < shape[0] * shape[1]:
            raise ValueError(f"/actors lists {count} of whom less than one in {_SPARSE} is in the world at a time")
    tracks = Tracks(
        time_ns=refs.time_ns.copy(),
        valid=np.zeros(shape, np.bool_),
        replayed=np.zeros(shape, np.bool_),
        position=np.zeros((*shape, 3)),
        orientation=np.tile([1.0, 0.0, 0.0, 0.0], (*shape, 1)),
        velocity=np.zeros((*shape, 3)),
        angular_velocity=np.zeros((*shape, 3)),
        acceleration=np.zeros((*shape, 3)),
        steering=np.zeros(shape),
        lights=np.zeros(shape, np.int32),
        kind=np.array([ActorKind[name.upper()] for name in kind], np.int32),
        size=size,
        model=tuple(model),
        behavior=np.array([Behavior[name.upper()] for name in behavior], np.int32),
    )
    for row, ref in enumerate(refs):
        state, what = decode(ref, "/state"), f"/state at {ref.time_ns} ns: "
        present = stored.array(state.get("actor"), np.int64, (-1,), f"{what}actor")
        if len(present) and not 0 <= int(present.min()) <= int(present.max()) < count:
            raise ValueError(f"{what}actor: must be from 0 to {count - 1}")
        if len(np.unique(present)) < len(present):
            raise ValueError(f"{what}actor: one is listed twice")
        tracks.valid[row, present] = True
        for name in STATE_FIELDS if len(present) else ():
            table: NDArray[Any] = getattr(tracks, name)
            table[row, present] = stored.array(
                state.get(name), table.dtype, (len(present), *table.shape[2:]), f"{what}{name}"
            )
    return tracks
