"""An episode's file as anybody would read it: with the mcap package, JSON, and the schemas that the file itself holds.

Nothing of simengine is imported, so that a mistake of its writer is not hidden by the same mistake in its reader.
"""

import base64
import io
import json
import math
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import yaml
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from mcap.reader import make_reader
from numpy.typing import NDArray

FIRST_SCENERY = 10_000  # instance ids from here on are of the scenery, lower ones 1 + the actor's id
_PIXELS = {
    "8UC1": (np.uint8, 1), "mono8": (np.uint8, 1), "16UC1": (np.uint16, 1), "mono16": (np.uint16, 1),
    "32FC1": (np.float32, 1), "rgb8": (np.uint8, 3),
}  # fmt: skip
_FIELDS = {1: "u1", 2: "i1", 3: "u2", 4: "i2", 5: "u4", 6: "i4", 7: "f4", 8: "f8"}  # PackedElementField's types
Row = dict[str, Any]


class Message(NamedTuple):
    """One message: its time [ns], its schema's name, and its content as bytes."""

    time_ns: int
    schema: str
    content: bytes


class States(NamedTuple):
    """The `/state` messages as arrays; NaN, or false, where an actor is not there."""

    time: NDArray[np.float64]  # [s]. (num_states,)
    present: NDArray[np.bool_]  # (num_states, num_actors)
    replayed: NDArray[np.bool_]
    position: NDArray[np.float64]  # (num_states, num_actors, 3), as the next
    velocity: NDArray[np.float64]
    acceleration: NDArray[np.float64]
    angular_velocity: NDArray[np.float64]
    orientation: NDArray[np.float64]  # (num_states, num_actors, 4)
    lights: NDArray[np.int64]  # (num_states, num_actors)
    asked: NDArray[np.float64]  # acceleration asked for [m/s²]


class RecordedFrame(NamedTuple):
    """One capture of a sensor."""

    sensor: str
    time: float  # [s]
    pose: NDArray[np.float64]  # world from sensor. (4, 4)
    channels: dict[str, Row]  # as the frame's message tells
    labels: Row | None


class RecordedFile:
    """A recorded episode.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.topics: dict[str, list[Message]] = {}
        self.schemas: dict[str, Row] = {}  # JSON schemas by topic
        self.attachments: dict[str, bytes] = {}
        self._pool = descriptor_pool.DescriptorPool()
        known: set[int] = set()
        with path.open("rb") as file:
            reader = make_reader(file, validate_crcs=True)
            for schema, channel, message in reader.iter_messages(log_time_order=False):
                name = schema.name if schema is not None else ""
                if schema is not None and schema.id not in known:
                    known.add(schema.id)
                    if schema.encoding == "protobuf":
                        self._learn(schema.data)
                if schema is not None and schema.encoding == "jsonschema" and channel.topic not in self.schemas:
                    self.schemas[channel.topic] = json.loads(schema.data)
                self.topics.setdefault(channel.topic, []).append(Message(message.log_time, name, message.data))
            for attachment in reader.iter_attachments():
                self.attachments[attachment.name] = attachment.data

    def _learn(self, descriptors: bytes) -> None:
        for file in descriptor_pb2.FileDescriptorSet.FromString(descriptors).file:
            try:
                self._pool.FindFileByName(file.name)
            except KeyError:
                self._pool.Add(file)

    def parse(self, message: Message) -> Any:
        """Return a Foxglove message."""
        kind = self._pool.FindMessageTypeByName(message.schema)
        return message_factory.GetMessageClass(kind).FromString(message.content)

    def json(self, topic: str) -> list[Row]:
        """Return the JSON messages of a topic; none if there is no such topic."""
        return [json.loads(message.content) for message in self.topics.get(topic, [])]

    @cached_property
    def scenario(self) -> Row:
        """The concrete scenario that is attached."""
        return yaml.load(self.attachments["scenario.yaml"], yaml.CSafeLoader)

    @property
    def hall(self) -> bool:
        """Whether there is a roof above."""
        return self.scenario["road"]["kind"] == "warehouse"

    @cached_property
    def actors(self) -> dict[str, list[Any]]:
        """What never changes about the actors, by column."""
        return self.json("/actors")[0]

    @cached_property
    def events(self) -> Row:
        """What the episode came to."""
        return self.json("/events")[0]

    @cached_property
    def states(self) -> States:
        """Every actor at every recorded time."""
        rows = self.json("/state")
        count = 1 + max((max(row["actor"], default=0) for row in rows), default=0)
        count = max(count, len(self.actors["kind"]))
        shape = (len(rows), count)
        columns = {name: np.full((*shape, 3), math.nan) for name in ("position", "velocity", "acceleration")}
        columns["angular_velocity"] = np.full((*shape, 3), math.nan)
        columns["orientation"] = np.full((*shape, 4), math.nan)
        lights, asked = np.zeros(shape, np.int64), np.full(shape, math.nan)
        present, replayed = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
        for k, row in enumerate(rows):
            who = row["actor"]
            if not who:
                continue
            present[k, who], replayed[k, who], lights[k, who] = True, row["replayed"], row["lights"]
            for name, column in columns.items():
                column[k, who] = row[name]
            if "controls" in row:
                asked[k, who] = row["controls"]["acceleration"]
        time = np.array([row["time_ns"] for row in rows]) * 1e-9
        return States(time=time, present=present, replayed=replayed, lights=lights, asked=asked, **columns)

    @cached_property
    def scenery(self) -> set[int] | None:
        """The instance ids of the scenery, or None where the file does not list them, as every file has to."""
        rows = self.json("/scenery")
        return {int(instance) for row in rows for instance in row["instance"]} if rows else None

    @cached_property
    def other_heads(self) -> set[int]:
        """The instance ids of scenery that is no signal of the map."""
        rows = self.json("/scenery")
        return {i for row in rows for i, signal in zip(row["instance"], row["signal"], strict=True) if signal < 0}

    @property
    def sensors(self) -> list[str]:
        """Names of the sensors."""
        return [topic.split("/")[1] for topic in self.topics if topic.count("/") == 2 and topic.endswith("/frame")]

    def frames(self, sensor: str) -> Iterator[RecordedFrame]:
        """Return the captures of a sensor with their labels."""
        labels = {message.time_ns: message for message in self.topics.get(f"/{sensor}/labels", [])}
        for message in self.topics.get(f"/{sensor}/frame", []):
            row, found = json.loads(message.content), labels.get(message.time_ns)
            pose = np.array(row["world_from_sensor"]).reshape(4, 4)
            about = json.loads(found.content) if found is not None else None
            yield RecordedFrame(sensor, row["time_ns"] * 1e-9, pose, row["channels"], about)

    def channel(self, frame: RecordedFrame, name: str) -> NDArray[Any] | None:
        """Return a channel of a frame, or None if it has none of that name."""
        stored = frame.channels.get(name)
        if stored is None:
            return None
        if stored["form"] == "values":
            kind = np.dtype(stored["type"])
            if "base64" in stored:
                return np.frombuffer(base64.b64decode(stored["base64"]), kind).reshape(stored["shape"])
            return np.array(stored["values"], kind).reshape(stored["shape"])
        time_ns = round(frame.time * 1e9)
        if stored["form"] == "planes":
            return np.stack([self._image(self._at(topic, time_ns)) for topic in stored["topics"]], axis=2)
        message = self._at(stored["topic"], time_ns)
        if stored["form"] == "npy":
            return np.load(io.BytesIO(message.content), allow_pickle=False)
        if stored["form"] == "jpeg":
            encoded = np.frombuffer(self.parse(message).data, np.uint8)
            return cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1]
        if stored["form"] == "raw":
            return self._image(message)
        if stored["form"] == "depth16":
            return self._image(message).astype(np.float32) / 256.0
        cloud = self._cloud(message)
        if stored["form"] == "points":
            return np.stack([cloud[axis] for axis in "xyz"], axis=1)
        if stored["form"] == "time":
            return cloud["time_offset_ns"].astype(np.int64) + time_ns
        return cloud[stored["name"]]

    def _at(self, topic: str, time_ns: int) -> Message:
        return next(message for message in self.topics[topic] if message.time_ns == time_ns)

    def _image(self, message: Message) -> NDArray[Any]:
        image = self.parse(message)
        kind, channels = _PIXELS[image.encoding]
        shape = (image.height, image.width, channels)[: 2 + (channels > 1)]
        return np.frombuffer(image.data, kind).reshape(shape)

    def _cloud(self, message: Message) -> dict[str, NDArray[Any]]:
        cloud = self.parse(message)
        kind = np.dtype({
            "names": [field.name for field in cloud.fields], "formats": [_FIELDS[field.type] for field in cloud.fields],
            "offsets": [field.offset for field in cloud.fields], "itemsize": cloud.point_stride,
        })  # fmt: skip
        packed = np.frombuffer(cloud.data, kind)
        return {name: np.ascontiguousarray(packed[name]) for name in kind.names}


def rotations(orientation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrices of unit quaternions w, x, y, z. Shapes (…, 4) and (…, 3, 3)."""
    w, x, y, z = np.moveaxis(orientation, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def yaws(orientation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the yaw of quaternions [rad]. Shape (…,)."""
    w, x, y, z = np.moveaxis(orientation, -1, 0)
    return np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def wrapped(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return angles in −π … π [rad]."""
    return np.mod(angle + math.pi, 2.0 * math.pi) - math.pi
