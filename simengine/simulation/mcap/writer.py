"""Writes an episode into one MCAP file: Foxglove messages for viewers, JSON messages for labels.

Topics: `/actors`, `/scenery` (what else has an instance id), `/state` (poses and controls), `/signals` (what they
show), `/events`, `/map`, for viewers `/scene`, `/signal_lamps`, `/map_lines` and `/tf`; per sensor `/<sensor>/frame`
(its time, pose, short channels and where the long ones are), `/<sensor>/labels`, and one topic per long channel;
`recorder.leave_out` leaves some of them out. Attached are the concrete scenario, its input files (numbered, since the
scenario knows them by their hashes), the summary and the digest of every record; the metadata hold hashes of it all.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simengine.core.errors import ConfigError
from simengine.core.history import NANOSECONDS
from simengine.core.semantics import SEMANTIC_OF_KIND, Semantic, palette
from simengine.core.space.transforms import quaternion_from_matrix
from simengine.core.state import EGO, ActorKind, ActorTable, Behavior, Controls, WorldState
from simengine.core.text.plain_names import made_plain, plain_name
from simengine.labels.annotation import Annotation, Boxes2d, Collision, Interval, SignalViews
from simengine.labels.identities import joined_slots
from simengine.labels.tracks import actor_sizes
from simengine.metrics.verdict import Verdict
from simengine.physics.vehicle.catalog import model_names
from simengine.road.network.network import LaneType, RoadNetwork
from simengine.scenario.sampling import to_yaml
from simengine.scenario.spec import ConcreteScenario, RecorderSpec
from simengine.sensors.base.sensor import Frame
from simengine.simulation.episode.leaving_out import LeaveOut, check_leave_out
from simengine.simulation.episode.recorder import (
    Recorder,
    TimeOrder,
    digest_frame,
    digest_outcome,
    digest_scenery,
    digest_state,
    summarize,
)
from simengine.simulation.files.array_encoding import encode_json, finite_or_none, rows
from simengine.simulation.files.digest import EpisodeDigest
from simengine.simulation.mcap import messages
from simengine.simulation.mcap.channel_storage import store_channels
from simengine.simulation.mcap.container_writer import ContainerWriter
from simengine.simulation.mcap.label_schemas import SCHEMAS
from simengine.simulation.world.roadmap import RoadMap, road_map, road_map_to_json
from simengine.simulation.world.scenery import NOTHING, Scenery
from simengine.simulation.world.scenery_record import SignalClock, describe_signals, scenery_table, scenery_to_json

SUMMARY, SCENARIO, RECORDS = "episode.json", "scenario.yaml", "records.json"
INPUTS = "inputs/"  # prefix of attached input files
_SCENE_PERIOD = 50_000_000  # boxes of the actors are drawn no more often [ns]
# What is stored of the actors in the world; the digest covers the whole state.
STATE_FIELDS = (
    "replayed",
    "position",
    "orientation",
    "velocity",
    "angular_velocity",
    "acceleration",
    "steering",
    "lights",
)
# How viewers draw what a signal shows.
_LAMP_COLORS = {
    "red": (1.0, 0.1, 0.05), "red_amber": (1.0, 0.4, 0.0), "green": (0.1, 0.9, 0.4), "amber": (1.0, 0.7, 0.0),
    "off": (0.3, 0.3, 0.3),
}  # fmt: skip
_CONTROLS = ("acceleration", "steering", "velocity", "lights")


class EpisodeWriter(Recorder):
    """Writes one episode; the file appears under its name only when `finish` has returned.

    Args:
        path: The file, `<folder>/<id>.mcap`; the folder must exist.
        episode_id: The episode's name.
        scenario: What is simulated.
        network: The roads.
        actors: Who takes part; row 0 is used.
        settings: How images and depth are stored.
        inputs: Content of the scenario's input files by path.
        remarks: What was tolerated in them.
        scenery: What stands around; None for nothing.

    Raises:
        ConfigError: The file cannot be written, or the id is no plain name.
    """

    def __init__(
        self,
        path: Path,
        episode_id: str,
        scenario: ConcreteScenario,
        network: RoadNetwork,
        actors: ActorTable,
        settings: RecorderSpec,
        inputs: Mapping[str, bytes],
        remarks: tuple[str, ...] = (),
        scenery: Scenery | None = None,
    ) -> None:
        self._id = plain_name(episode_id, "id")
        self._scenario = scenario
        self._network = network
        check_leave_out(scenario)
        self._settings = settings
        self._leave_out = LeaveOut(settings.leave_out, settings.depth)
        self._remarks = remarks
        self._actors, self._size = actors, actor_sizes(actors)
        self._slots = np.arange(actors.kind.shape[1])  # of every id so far
        self._digest = EpisodeDigest()
        self._clock = TimeOrder()
        self._last_ns = 0
        self._scene_ns = -_SCENE_PERIOD
        self._drawn: set[int] = set()
        self._ego_track: list[np.ndarray] = []
        self._open = True
        self._channels: dict[str, int] = {}
        self._colors = palette()[[SEMANTIC_OF_KIND[kind] for kind in ActorKind]] / 255.0
        self._file = ContainerWriter(Path(path))
        self._file.attach(SCENARIO, "application/yaml", to_yaml(scenario).encode())
        for number, (name, content) in enumerate(sorted(inputs.items())):
            plain = f"{INPUTS}{number}-{made_plain(Path(name).name)}"  # readers find them by their hashes
            self._file.attach(plain, "application/octet-stream", content)
        table = scenery_table(scenery or NOTHING)
        self._json("/scenery", 0, "Scenery", scenery_to_json(table))
        self._heads = describe_signals(network, scenery)
        self._signals = SignalClock(network, scenario.scenario.duration)
        digest_scenery(self._digest, table, self._heads)

    def _list_actors(self) -> None:
        """Write who took part, in order of their ids: known only at the end."""
        actors, slots = self._actors, self._slots
        self._json("/actors", 0, "Actors", {
            "kind": [ActorKind(kind).name.lower() for kind in actors.kind[0, slots].tolist()],
            "model": list(model_names(actors.model[0, slots].tolist())),
            "behavior": [Behavior(behavior).name.lower() for behavior in actors.behavior[0, slots].tolist()],
            "size": self._size[slots].tolist(),
        })  # fmt: skip

    def _json(self, topic: str, time_ns: int, kind: str, value: Any) -> None:
        if topic not in self._channels:
            schema = encode_json(SCHEMAS[kind], kind)
            self._channels[topic] = self._file.channel(topic, "json", f"simengine.{kind}", "jsonschema", schema)
        content = encode_json(value, f"{topic} at {time_ns / NANOSECONDS:.3f} s")
        self._file.add(self._channels[topic], time_ns, content)

    def _protobuf(
        self, topic: str, time_ns: int, kind: str, *content: bytes | memoryview, compress: bool = True
    ) -> None:
        if topic not in self._channels:
            name, schema = messages.schema(kind)
            self._channels[topic] = self._file.channel(topic, "protobuf", name, "protobuf", schema)
        self._file.add(self._channels[topic], time_ns, *content, compress=compress)

    def append_state(self, time_ns: int, state: WorldState, controls: Controls | None) -> None:
        """See `Recorder`."""
        self._clock.advance("state", time_ns)
        digest_state(self._digest, time_ns, state, controls)
        self._last_ns = time_ns
        for began, colors in self._signals.until(time_ns):
            self._show_signals(began, colors)
        present = np.flatnonzero(state.valid[0])
        self._slots = joined_slots(self._slots, state.identity[0])
        who = state.identity[0, present].tolist()
        stored: dict[str, Any] = {"time_ns": time_ns, "tick": int(state.tick[0]), "actor": who}
        for name in STATE_FIELDS:
            stored[name] = getattr(state, name)[0, present].tolist()
        if controls is not None:
            stored["controls"] = {name: getattr(controls, name)[0, present].tolist() for name in _CONTROLS}
        self._json("/state", time_ns, "State", stored)
        if state.valid[0, EGO]:
            self._ego_track.append(state.position[0, EGO].copy())
            pose = ("world", "ego", state.position[0, EGO].tolist(), state.orientation[0, EGO].tolist())
            if not self._leave_out.topic("tf"):
                self._protobuf("/tf", time_ns, "frame_transforms", messages.frame_transforms(time_ns, [pose]))
        if time_ns - self._scene_ns >= _SCENE_PERIOD and not self._leave_out.topic("scene"):
            self._scene_ns = time_ns
            self._draw_actors(time_ns, state, present.tolist())

    def _show_signals(self, time_ns: int, colors: list[str]) -> None:
        self._digest.add_json("signals", time_ns, colors)
        self._json("/signals", time_ns, "Signals", {"time_ns": time_ns, "color": colors})
        if self._leave_out.topic("signal_lamps"):
            return
        lamps = [
            (signal, head["position"], _LAMP_COLORS[color])
            for signal, (head, color) in enumerate(zip(self._heads, colors, strict=True))
        ]
        self._protobuf("/signal_lamps", time_ns, "scene_update", messages.lamp_scene(time_ns, lamps))

    def _draw_actors(self, time_ns: int, state: WorldState, present: list[int]) -> None:
        identity, kind = state.identity[0], self._actors.kind[0]
        drawn = [
            (
                int(identity[a]),
                state.position[0, a].tolist(),
                state.orientation[0, a].tolist(),
                self._size[a].tolist(),
                self._colors[kind[a]].tolist(),
            )
            for a in present
        ]
        who = {actor for actor, *_ in drawn}
        gone = sorted(self._drawn - who)
        self._drawn = who
        self._protobuf("/scene", time_ns, "scene_update", messages.actor_scene(time_ns, drawn, gone))

    def append_frame(self, frame: Frame, annotation: Annotation | None) -> None:
        """See `Recorder`."""
        self._clock.advance(frame.sensor, frame.time_ns)
        digest_frame(self._digest, frame, annotation)
        whole = frame
        frame, left_out = self._leave_out.reduce(frame, annotation is not None)
        stored, payloads = store_channels(frame, self._settings, whole)
        header = {
            "sensor": frame.sensor,
            "index": frame.index,
            "time_ns": frame.time_ns,
            "world_from_sensor": frame.world_from_sensor.reshape(-1).tolist(),
            "channels": stored,
        }
        if left_out:
            header["left_out"] = left_out
        payloads = [payload for payload in payloads if not self._leave_out.channel(*payload.topic[1:].split("/")[:2])]
        self._json(f"/{frame.sensor}/frame", frame.time_ns, "Frame", header)
        for payload in payloads:
            if payload.kind == "npy":
                if payload.topic not in self._channels:
                    self._channels[payload.topic] = self._file.channel(payload.topic, "npy", "", "", b"")
                self._file.add(
                    self._channels[payload.topic], frame.time_ns, *payload.content, compress=payload.compress
                )
            else:
                self._protobuf(payload.topic, frame.time_ns, payload.kind, *payload.content, compress=payload.compress)
        if any(payload.kind != "npy" for payload in payloads) and not self._leave_out.topic("tf"):
            self._transform(whole)
        if annotation is not None and "labels" not in left_out:
            self._labels(frame, annotation)

    def _transform(self, frame: Frame) -> None:
        pose = frame.world_from_sensor
        chain = [("world", frame.sensor, pose[:3, 3].tolist(), quaternion_from_matrix(pose))]
        optical = frame.sensor if "intrinsics" in frame.channels else ""
        self._protobuf(
            "/tf", frame.time_ns, "frame_transforms", messages.frame_transforms(frame.time_ns, chain, optical)
        )

    def _labels(self, frame: Frame, annotation: Annotation) -> None:
        boxes_2d = annotation.boxes_2d
        labels: dict[str, Any] = {"time_ns": annotation.time_ns, "boxes_3d": rows(annotation.boxes_3d)}
        if boxes_2d is not None:
            labels["boxes_2d"] = rows(boxes_2d)
            if not self._leave_out.channel(frame.sensor, "boxes"):
                captioned = _captioned(boxes_2d) + _signal_boxes(annotation.signals)
                drawn = messages.box_annotations(frame.time_ns, captioned)
                self._protobuf(f"/{frame.sensor}/boxes", frame.time_ns, "image_annotations", drawn)
        if annotation.signals is not None:
            labels["signals"] = rows(annotation.signals)
        self._json(f"/{frame.sensor}/labels", frame.time_ns, "Labels", labels)

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
        """See `Recorder`; raises `ConfigError` if the disk is full."""
        outcome = (verdict, collisions, intervals, metrics)
        digest_outcome(self._digest, self._last_ns, *outcome)
        digest = self._digest.hexdigest()
        summary = summarize(self._id, self._scenario, self._last_ns, *outcome, digest, self._remarks)
        stored = summary._asdict()
        stored["verdict"] = [{**result._asdict(), "value": finite_or_none(result.value)} for result in verdict.results]
        stored |= {"invalid": verdict.invalid, "unmet": verdict.unmet}
        stored["collisions"] = [collision._asdict() for collision in collisions]
        stored["intervals"] = [interval._asdict() for interval in intervals]
        events = {"verdict": str(verdict), "invalid": verdict.invalid, "unmet": verdict.unmet}
        events |= {name: stored[name] for name in ("collisions", "intervals")}
        self._list_actors()
        self._json("/events", self._last_ns, "Events", {**events, "criteria": stored["verdict"]})
        track = np.array(self._ego_track) if self._ego_track else np.zeros((1, 3))
        self._map(road_map(self._network, track), track[0])
        self._file.attach(SUMMARY, "application/json", encode_json(stored, SUMMARY))
        self._file.attach(RECORDS, "application/json", encode_json(self._digest.records(), RECORDS))
        about = {"id": self._id, "scenario": summary.scenario, "seed": str(summary.seed), "digest": digest}
        self._file.describe("episode", {**about, "verdict": str(verdict), **summary.versions})
        self._file.close()
        self._open = False
        return digest

    def _map(self, around: RoadMap, origin: np.ndarray) -> None:
        self._json("/map", 0, "Map", {**road_map_to_json(around), "signals": self._heads})
        if self._leave_out.topic("map_lines"):
            return
        lines = []
        for lane in around.lanes:
            color = (0.75, 0.75, 0.75) if lane.lane_type == LaneType.DRIVING else (0.4, 0.4, 0.4)
            lines += [(lane.left, color), (lane.right, color)]
        lines += [(line, (0.9, 0.3, 0.3)) for line in around.stop_lines]
        lines += [(np.concatenate([corners, corners[:1]]), (0.9, 0.9, 0.5)) for corners in around.crossings]
        self._protobuf("/map_lines", 0, "scene_update", messages.line_scene(0, origin.tolist(), lines))

    def abort(self) -> None:
        """See `Recorder`."""
        if self._open:
            self._file.abort()
            self._open = False


def _captioned(boxes: Boxes2d) -> list[tuple[list[float], str, list[float]]]:
    """Return edges, caption and color of the boxes of which something is visible."""
    colors = palette() / 255.0
    return [
        (boxes.visible[i].tolist(), caption(boxes, i), colors[boxes.semantic[i]].tolist())
        for i in np.flatnonzero(boxes.visible_pixels > 0)
    ]


def _signal_boxes(seen: SignalViews | None) -> list[tuple[list[float], str, list[float]]]:
    """Return edges, caption and color of the signal heads whose lamps face the camera."""
    if seen is None:
        return []
    return [
        (seen.visible[i].tolist(), f"signal {seen.color[i]}", list(_LAMP_COLORS[str(seen.color[i])]))
        for i in np.flatnonzero(seen.facing)
    ]


def caption(boxes: Boxes2d, row: int) -> str:
    """Return class and instance of a box, as in "car 3"."""
    try:
        name = Semantic(int(boxes.semantic[row])).name.lower().replace("_", " ")
    except ValueError:
        raise ConfigError(f"boxes_2d.semantic = {boxes.semantic[row]}: no such class") from None
    return f"{name} {boxes.instance[row]}"
