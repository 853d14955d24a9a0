"""What every recorder of an episode does, whether it writes a file or keeps everything in memory."""

import platform
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numba
import numpy as np
import zstandard

import simengine
from simengine.core.errors import ConfigError
from simengine.core.state import Controls, WorldState
from simengine.labels.annotation import Annotation, Collision, Interval
from simengine.metrics.verdict import Verdict
from simengine.scenario.spec import ConcreteScenario
from simengine.sensors.base.sensor import Frame
from simengine.simulation.episode.episode import EpisodeSummary
from simengine.simulation.files.array_encoding import finite_or_none
from simengine.simulation.files.digest import EpisodeDigest
from simengine.simulation.world.scenery_record import SceneryTable


class Recorder(ABC):
    """Takes an episode in as it happens; final subclasses: `writer.EpisodeWriter`, `in_memory.MemoryRecorder`."""

    @abstractmethod
    def append_state(self, time_ns: int, state: WorldState, controls: Controls | None) -> None:
        """Record world 0 at a time [ns], later than the last, with the controls that led there (None at the start).

        The arrays are kept and must not be written any more.
        """

    @abstractmethod
    def append_frame(self, frame: Frame, annotation: Annotation | None) -> None:
        """Record a capture, later than the last of its sensor, and its labels."""

    @abstractmethod
    def append_remarks(self, remarks: Sequence[str]) -> None:
        """Add to what the episode says about its own making."""

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


class TimeOrder:
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


def digest_state(digest: EpisodeDigest, time_ns: int, state: WorldState, controls: Controls | None) -> None:
    """Add every array of world 0."""
    arrays = {name: array[0] for name, array in state._asdict().items()}
    if controls is not None:
        arrays.update({f"controls.{name}": array[0] for name, array in controls._asdict().items()})
    digest.add("state", time_ns, arrays)


def digest_scenery(digest: EpisodeDigest, table: SceneryTable, heads: list[dict[str, Any]]) -> None:
    """Add what stands around, and the signal heads."""
    digest.add("scenery", 0, table._asdict())
    digest.add_json("signal_heads", 0, heads)


def digest_frame(digest: EpisodeDigest, frame: Frame, annotation: Annotation | None) -> None:
    """Add a frame's arrays as measured, before any encoding, and its labels."""
    arrays: dict[str, Any] = {f"channel.{name}": array for name, array in frame.channels.items()}
    arrays.update(pose=frame.world_from_sensor, index=frame.index)
    digest.add(f"{frame.sensor}/frame", frame.time_ns, arrays)
    if annotation is None:
        return
    labels = {f"boxes_3d.{name}": array for name, array in annotation.boxes_3d._asdict().items()}
    for kind, table in (("boxes_2d", annotation.boxes_2d), ("signals", annotation.signals)):
        if table is not None:
            labels.update({f"{kind}.{name}": array for name, array in table._asdict().items()})
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
    results: list[Any] = [list(result) for result in verdict.results]
    digest.add_json("verdict", time_ns, [*results, *filter(None, (verdict.invalid, verdict.unmet))])
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
    """Return the values that were drawn, the whole weather and the road's surface, flattened by key path."""
    weather = {f"weather.{name}": value for name, value in scenario.weather.model_dump().items()}
    surface = {f"surface.{name}": value for name, value in scenario.surface.model_dump().items()}
    return {**weather, **surface, **scenario.sampled}


def summarize(
    episode_id: str,
    scenario: ConcreteScenario,
    duration_ns: int,
    verdict: Verdict,
    collisions: Sequence[Collision],
    intervals: Sequence[Interval],
    metrics: Mapping[str, Any],
    digest: str,
    remarks: tuple[str, ...] = (),
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
            "opencv": cv2.__version__,
            "zstd": ".".join(map(str, zstandard.ZSTD_VERSION)),
            "platform": f"{platform.system()} {platform.machine()}",
        },
        remarks=remarks,
    )
