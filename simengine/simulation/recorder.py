"""What every recorder of an episode does, whether it writes a file or keeps everything in memory."""

import platform
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

import simengine
from simengine.core.errors import ConfigError
from simengine.core.state import ActorTable, Controls, WorldState
from simengine.labels.annotation import Annotation, Collision, Interval
from simengine.labels.tracks import Tracks, actor_sizes
from simengine.metrics.verdict import Verdict
from simengine.scenario.spec import ConcreteScenario
from simengine.sensors.base import Frame
from simengine.simulation.digest import EpisodeDigest
from simengine.simulation.encoding import finite_or_none
from simengine.simulation.episode import EpisodeSummary

# The part of a state that tracks are made of; the digest covers all of it.
TRACKED = (
    "valid", "replayed", "position", "orientation", "velocity", "angular_velocity", "acceleration", "steering",
    "lights",
)


class Recorder(ABC):
    """Takes an episode in as it happens; final subclasses: `mcap_writer.EpisodeWriter`, `memory.MemoryRecorder`."""

    @abstractmethod
    def append_state(self, time_ns: int, state: WorldState, controls: Controls | None) -> None:
        """Record world 0 at a time [ns], later than the last, with the controls that hold from then on."""

    @abstractmethod
    def append_frame(self, frame: Frame, annotation: Annotation | None) -> None:
        """Record a capture, later than the last of its sensor, and its labels."""

    @abstractmethod
    def finish(
        self,
        verdict: Verdict,
        collisions: Sequence[Collision],
        intervals: Sequence[Interval],
        metrics: Mapping[str, Any],
    ) -> str:
        """Complete the episode and return its digest."""

    @abstractmethod
    def abort(self) -> None:
        """Leave nothing behind; may be called twice, and after `finish` does nothing."""


class Clock:
    """Refuses records that do not come in order of time."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def advance(self, topic: str, time_ns: int) -> None:
        """Note a record.

        Raises:
            ConfigError: It is not later than the last one of its topic.
        """
        last = self._last.get(topic)
        if time_ns < 0 or (last is not None and time_ns <= last):
            raise ConfigError(f"{topic}: a record at {time_ns} ns cannot follow one at {last} ns")
        self._last[topic] = time_ns


class StateLog(NamedTuple):
    """The tracked part of the states so far: per field one array per recorded time."""

    time_ns: list[int]
    fields: dict[str, list[NDArray[Any]]]


def empty_log() -> StateLog:
    """Return a log of no states."""
    return StateLog([], {name: [] for name in TRACKED})


def tracks_from_log(log: StateLog, kind: NDArray[np.int32], size: NDArray[np.float64]) -> Tracks:
    """Stack logged states.

    Args:
        log: What was logged.
        kind: `ActorKind` of every actor. Shape (num_actors,).
        size: Length, width, height [m]. Shape (num_actors, 3).
    """
    num_actors = len(kind)
    trailing = {"position": (3,), "orientation": (4,), "velocity": (3,), "angular_velocity": (3,), "acceleration": (3,)}
    types = {"valid": np.bool_, "replayed": np.bool_, "lights": np.int32}
    stacked = {
        name: np.array(values, types.get(name, np.float64)).reshape(len(values), num_actors, *trailing.get(name, ()))
        for name, values in log.fields.items()
    }
    absent = ~stacked["valid"]
    for name, values in stacked.items():
        values[absent] = [1.0, 0.0, 0.0, 0.0] if name == "orientation" else 0
    return Tracks(time_ns=np.array(log.time_ns, np.int64), kind=kind, size=size, **stacked)


def actor_columns(actors: ActorTable) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return kind and size of the actors of world 0."""
    return actors.kind[0].copy(), actor_sizes(actors)


def digest_state(digest: EpisodeDigest, time_ns: int, state: WorldState, controls: Controls | None) -> None:
    """Add every array of world 0."""
    arrays = {name: array[0] for name, array in state._asdict().items()}
    if controls is not None:
        arrays.update({f"controls.{name}": array[0] for name, array in controls._asdict().items()})
    digest.add("state", time_ns, arrays)


def digest_frame(digest: EpisodeDigest, frame: Frame, annotation: Annotation | None) -> None:
    """Add a frame's arrays as measured, before any encoding, and its labels."""
    arrays: dict[str, Any] = {f"channel.{name}": array for name, array in frame.channels.items()}
    arrays.update(pose=frame.world_from_sensor, index=frame.index)
    digest.add(f"{frame.sensor}/frame", frame.time_ns, arrays)
    if annotation is None:
        return
    labels = {f"boxes_3d.{name}": array for name, array in annotation.boxes_3d._asdict().items()}
    if annotation.boxes_2d is not None:
        labels.update({f"boxes_2d.{name}": array for name, array in annotation.boxes_2d._asdict().items()})
    digest.add(f"{frame.sensor}/labels", frame.time_ns, labels)


def digest_outcome(
    digest: EpisodeDigest,
    time_ns: int,
    verdict: Verdict,
    collisions: Sequence[Collision],
    intervals: Sequence[Interval],
    metrics: Mapping[str, Any],
) -> None:
    """Add what the episode came to."""
    digest.add_json("collisions", time_ns, [list(collision) for collision in collisions])
    digest.add_json("intervals", time_ns, [list(interval) for interval in intervals])
    digest.add_json("verdict", time_ns, [list(result) for result in verdict.results])
    digest.add_json("metrics", time_ns, dict(metrics))


def plain_metrics(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return measures as plain numbers and text; what is not finite becomes None.

    Raises:
        ConfigError: A measure is neither a number, a truth value, text nor None.
    """
    plain: dict[str, Any] = {}
    for name, value in metrics.items():
        value = value.item() if isinstance(value, np.generic) else value
        if value is not None and not isinstance(value, bool | int | float | str):
            raise ConfigError(f"metrics.{name} = {value!r}: a metric is a number, true or false, text or nothing")
        plain[name] = finite_or_none(value) if isinstance(value, float) else value
    return plain


def drawn_parameters(scenario: ConcreteScenario) -> dict[str, Any]:
    """Return the values that were drawn and the whole weather, flattened by key path."""
    weather = {f"weather.{name}": value for name, value in scenario.weather.model_dump().items()}
    return {**weather, **scenario.sampled}


def summarize(
    episode_id: str,
    scenario: ConcreteScenario,
    duration_ns: int,
    verdict: Verdict,
    collisions: Sequence[Collision],
    intervals: Sequence[Interval],
    metrics: Mapping[str, Any],
    digest: str,
) -> EpisodeSummary:
    """Put together what an episode came to."""
    return EpisodeSummary(
        id=episode_id,
        seed=scenario.seed,
        scenario=scenario.scenario.name,
        parameters=drawn_parameters(scenario),
        sensors=tuple(scenario.sensors),
        duration_ns=duration_ns,
        verdict=verdict,
        collisions=tuple(collisions),
        intervals=tuple(intervals),
        metrics=plain_metrics(metrics),
        digest=digest,
        versions={
            "simengine": simengine.__version__,
            "numpy": np.__version__,
            "numba": numba.__version__,
            "platform": f"{platform.system()} {platform.machine()}",
        },
    )
