"""An episode kept in memory: nothing is encoded, so frames are exactly what the sensors measured."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simengine.core.errors import ConfigError
from simengine.core.state import EGO, ActorTable, Controls, WorldState
from simengine.labels.annotation import Annotation, Collision, Interval
from simengine.labels.tracks import Tracks, tracks_of_states
from simengine.metrics.verdict import Verdict
from simengine.road.network.network import RoadNetwork
from simengine.scenario.spec import ConcreteScenario
from simengine.sensors.base.sensor import Frame
from simengine.simulation.episode.episode import Episode, EpisodeSource, EpisodeSummary
from simengine.simulation.episode.episode_frames import EpisodeFrame, FrameSource
from simengine.simulation.episode.recorder import (
    Recorder,
    TimeOrder,
    digest_frame,
    digest_outcome,
    digest_scenery,
    digest_state,
    summarize,
)
from simengine.simulation.files.digest import EpisodeDigest
from simengine.simulation.world.roadmap import RoadMap, road_map
from simengine.simulation.world.scenery import NOTHING, Scenery
from simengine.simulation.world.scenery_record import (
    SceneryTable,
    SignalClock,
    Signals,
    describe_signals,
    scenery_table,
)


class MemoryRecorder(Recorder):
    """Keeps an episode in memory; `episode()` returns it once it is finished.

    Args:
        episode_id: Its name.
        scenario: What is simulated.
        network: The roads.
        actors: Who takes part; row 0 is used.
        inputs: Content of the scenario's input files by path.
        keep_frames: Whether frames are kept (they are part of the digest in any case).
        remarks: What was tolerated in the input files.
        scenery: What stands around; None for nothing.
    """

    def __init__(
        self,
        episode_id: str,
        scenario: ConcreteScenario,
        network: RoadNetwork,
        actors: ActorTable,
        inputs: Mapping[str, bytes],
        keep_frames: bool = True,
        remarks: tuple[str, ...] = (),
        scenery: Scenery | None = None,
    ) -> None:
        self._id = episode_id
        self._scenario = scenario
        self._network = network
        self._actors = actors
        self._inputs = dict(inputs)
        self._keep_frames = keep_frames
        self._remarks = remarks
        self._digest = EpisodeDigest()
        self._clock = TimeOrder()
        self._scenery = scenery_table(scenery or NOTHING)
        self._heads = describe_signals(network, scenery)
        self._signals = SignalClock(network, scenario.scenario.duration)
        self._shown: list[tuple[int, list[str]]] = []
        digest_scenery(self._digest, self._scenery, self._heads)
        self._time_ns: list[int] = []
        self._states: list[WorldState] = []
        self._frames: dict[str, list[EpisodeFrame]] = {name: [] for name in scenario.sensors}
        self._summary: EpisodeSummary | None = None

    def append_state(self, time_ns: int, state: WorldState, controls: Controls | None) -> None:
        """See `Recorder`."""
        self._clock.advance("state", time_ns)
        digest_state(self._digest, time_ns, state, controls)
        for began, colors in self._signals.until(time_ns):
            self._digest.add_json("signals", began, colors)
            self._shown.append((began, colors))
        self._time_ns.append(time_ns)
        self._states.append(state)

    def append_frame(self, frame: Frame, annotation: Annotation | None) -> None:
        """See `Recorder`."""
        self._clock.advance(frame.sensor, frame.time_ns)
        digest_frame(self._digest, frame, annotation)
        if self._keep_frames:
            kept = EpisodeFrame(
                frame.sensor, frame.index, frame.time_ns, frame.world_from_sensor, dict(frame.channels), annotation
            )
            self._frames.setdefault(frame.sensor, []).append(kept)

    def append_remarks(self, remarks: Sequence[str]) -> None:
        """Add to what the episode says about its own making."""
        self._remarks = (*self._remarks, *remarks)

    def finish(
        self,
        verdict: Verdict,
        collisions: Sequence[Collision],
        intervals: Sequence[Interval],
        metrics: Mapping[str, Any],
    ) -> str:
        """See `Recorder`."""
        duration_ns = self._time_ns[-1] if self._time_ns else 0
        outcome = (verdict, collisions, intervals, metrics)
        digest_outcome(self._digest, duration_ns, *outcome)
        digest = self._digest.hexdigest()
        self._summary = summarize(self._id, self._scenario, duration_ns, *outcome, digest, self._remarks)
        return digest

    def abort(self) -> None:
        """See `Recorder`."""
        if self._summary is None:
            self._frames.clear()

    def episode(self) -> Episode:
        """Return the finished episode.

        Raises:
            ConfigError: `finish` was not called.
        """
        if self._summary is None:
            raise ConfigError(f"episode {self._id} is not finished")
        tracks = tracks_of_states(self._time_ns, self._states, self._actors)
        ego = tracks.position[tracks.valid[:, EGO], EGO]
        around = road_map(self._network, ego if len(ego) else np.zeros((1, 3)))
        return Episode(
            MemorySource(
                self._summary,
                self._scenario,
                tracks,
                self._frames,
                around,
                self._digest.records(),
                self._inputs,
                self._scenery,
                Signals(self._heads, [began for began, _ in self._shown], [colors for _, colors in self._shown]),
            )
        )


class MemoryFrames(FrameSource):
    """Frames in a list."""

    def __init__(self, frames: Sequence[EpisodeFrame]) -> None:
        self._frames = frames

    def times(self) -> list[int]:
        """See `FrameSource`."""
        return [frame.capture_ns for frame in self._frames]

    def load(self, number: int) -> EpisodeFrame:
        """See `FrameSource`."""
        return self._frames[number]


class MemorySource(EpisodeSource):
    """An episode whose parts are at hand."""

    def __init__(
        self,
        summary: EpisodeSummary,
        scenario: ConcreteScenario,
        tracks: Tracks,
        frames: Mapping[str, Sequence[EpisodeFrame]],
        around: RoadMap,
        records: dict[str, list[tuple[int, str]]],
        inputs: dict[str, bytes],
        scenery: SceneryTable,
        signals: Signals,
    ) -> None:
        self._summary, self._scenario, self._tracks, self._frames = summary, scenario, tracks, frames
        self._scenery, self._signals = scenery, signals
        self._road_map, self._records, self._inputs = around, records, inputs

    def place(self) -> str:
        """See `EpisodeSource`."""
        return f"episode {self._summary.id} in memory"

    def summary(self) -> EpisodeSummary:
        """See `EpisodeSource`."""
        return self._summary

    def scenario(self) -> ConcreteScenario:
        """See `EpisodeSource`."""
        return self._scenario

    def tracks(self) -> Tracks:
        """See `EpisodeSource`."""
        return self._tracks

    def frames(self, sensor: str) -> FrameSource:
        """See `EpisodeSource`."""
        return MemoryFrames(self._frames.get(sensor, []))

    def road_map(self) -> RoadMap:
        """See `EpisodeSource`."""
        return self._road_map

    def scenery(self) -> SceneryTable:
        """See `EpisodeSource`."""
        return self._scenery

    def signals(self) -> Signals:
        """See `EpisodeSource`."""
        return self._signals

    def records(self) -> dict[str, list[tuple[int, str]]]:
        """See `EpisodeSource`."""
        return self._records

    def inputs(self) -> dict[str, bytes]:
        """See `EpisodeSource`."""
        return self._inputs
