"""Recorded episodes changed in one place and written anew, so that every checksum and every hash is right again."""

import copy
import json
import random
from pathlib import Path
from typing import Any, NamedTuple

from simengine.simulation.mcap.container_reader import ContainerReader
from simengine.simulation.mcap.container_writer import HASHES, ContainerWriter
from tools.checks.fuzz.values import mutate


class Topic(NamedTuple):
    """One topic of a file."""

    name: str
    encoding: str
    schema: tuple[str, str, bytes]  # name, encoding, content
    messages: list[tuple[int, bytes]]  # time [ns] and payload


class Parts(NamedTuple):
    """What a file holds."""

    topics: list[Topic]
    attachments: list[tuple[str, str, bytes]]  # name, type, content
    metadata: list[tuple[str, dict[str, str]]]


def take_apart(path: Path) -> Parts:
    """Read a file."""
    file = ContainerReader(path)
    topics = []
    for name, channel in file.channels.items():
        schema = file.schemas.get(channel.schema_id)
        about = (schema.name, schema.encoding, schema.data) if schema is not None else ("", "", b"")
        topics.append(
            Topic(name, channel.message_encoding, about, [(r.time_ns, file.read(r)) for r in file.messages(name)])
        )
    attached = [file.attached(name) for name in file.attachments]
    return Parts(
        topics,
        [(one.name, one.media_type, one.data) for one in attached],
        [(name, file.description(name)) for name in file.descriptions if name != HASHES],
    )


def put_together(parts: Parts, path: Path) -> None:
    """Write a file."""
    writer = ContainerWriter(path)
    for name, media_type, content in parts.attachments:
        writer.attach(name, media_type, content)
    for topic in parts.topics:
        channel = writer.channel(topic.name, topic.encoding, *topic.schema)
        for time_ns, payload in topic.messages:
            writer.add(channel, time_ns, payload)
    for name, values in parts.metadata:
        writer.describe(name, values)
    writer.close()


def changed(parts: Parts, chance: random.Random) -> tuple[Parts, str]:
    """Change one place of a file; returns the parts of the changed file and what was done."""
    parts = Parts(
        [topic._replace(messages=list(topic.messages)) for topic in parts.topics], list(parts.attachments),
        [(name, dict(values)) for name, values in parts.metadata],
    )  # fmt: skip
    change = chance.choices(
        (_json, _bytes, _attachment, _message, _topic, _schema_record, _metadata), (8, 4, 4, 2, 1, 1, 1)
    )[0]
    return parts, change(parts, chance)


def _json(parts: Parts, chance: random.Random) -> str:
    topic = chance.choice([topic for topic in parts.topics if topic.encoding == "json" and topic.messages])
    number = chance.randrange(len(topic.messages))
    time_ns, payload = topic.messages[number]
    value, told = mutate(json.loads(payload), chance)
    topic.messages[number] = (time_ns, _as_json(value, chance))
    return f"{topic.name}[{number}]: {told}"


def _as_json(value: Any, chance: random.Random) -> bytes:
    text = json.dumps(value)
    if chance.random() < 0.05:
        text = chance.choice(
            (
                "[" * 100_000, text[: len(text) // 2], f"[{'1' * 5_000}]", "NaN", f"{text} ", "", "\ufeff" + text,
                text.replace("0.0", "1e999", 1), text.replace("0.0", "Infinity", 1),
            )
        )  # fmt: skip
    return text.encode()


def _bytes(parts: Parts, chance: random.Random) -> str:
    topics = [topic for topic in parts.topics if topic.encoding != "json" and topic.messages]
    if not topics:  # an episode without sensors
        return _json(parts, chance)
    topic = chance.choice(topics)
    number = chance.randrange(len(topic.messages))
    time_ns, payload = topic.messages[number]
    content = bytearray(payload)
    for _ in range(chance.randint(1, 4)):
        near = chance.random() < 0.7  # where lengths, sizes and formats stand
        place = chance.randrange(min(len(content), 80) if near else len(content))
        content[place] = chance.randrange(256)
    if chance.random() < 0.2:
        del content[chance.randrange(len(content)) :]
    topic.messages[number] = (time_ns, bytes(content))
    return f"{topic.name}[{number}]: bytes changed"


def _attachment(parts: Parts, chance: random.Random) -> str:
    number = chance.randrange(len(parts.attachments))
    name, media_type, content = parts.attachments[number]
    change = chance.choice(("content", "content", "content", "drop", "rename"))
    if change == "drop":
        del parts.attachments[number]
        return f"{name}: dropped"
    if change == "rename":
        other = chance.choice(("inputs/../../x", "", "x" * 400, "inputs/0-x"))
        parts.attachments[number] = (other, media_type, content)
        return f"{name}: renamed"
    if name.endswith(".json"):
        value, told = mutate(json.loads(content), chance)
        parts.attachments[number] = (name, media_type, _as_json(value, chance))
        return f"{name}: {told}"
    if name.endswith(".yaml"):
        import yaml

        value, told = mutate(yaml.safe_load(content), chance)
        text = yaml.safe_dump(value)
        if chance.random() < 0.1:
            wrong = ("&a [*a]", "[" * 3_000, "a: !!python/object:os.system x", text + "\x00", "- 1: [", "")
            text = chance.choice(wrong)
        parts.attachments[number] = (name, media_type, text.encode())
        return f"{name}: {told}"
    parts.attachments[number] = (name, media_type, content + b"x")
    return f"{name}: longer"


def _message(parts: Parts, chance: random.Random) -> str:
    topic = chance.choice([topic for topic in parts.topics if topic.messages])
    number = chance.randrange(len(topic.messages))
    time_ns, payload = topic.messages[number]
    change = chance.choice(("drop", "twice", "later", "all", "other"))
    if change == "drop":
        del topic.messages[number]
    elif change == "all":
        topic.messages.clear()
    elif change == "twice":
        topic.messages.insert(number, (time_ns, payload))
    elif change == "later":
        topic.messages[number] = (chance.choice((0, time_ns + 1, 2**62)), payload)
    else:
        topic.messages[number] = (time_ns, chance.choice(chance.choice(parts.topics).messages or [(0, b"")])[1])
    return f"{topic.name}[{number}]: {change}"


def _topic(parts: Parts, chance: random.Random) -> str:
    number = chance.randrange(len(parts.topics))
    topic = parts.topics[number]
    change = chance.choice(("drop", "rename", "encoding"))
    if change == "drop":
        del parts.topics[number]
    elif change == "rename":
        parts.topics[number] = topic._replace(name=chance.choice(("/x", "", topic.name + "/x", "/../x", "\n")))
    else:
        parts.topics[number] = topic._replace(encoding=chance.choice(("json", "protobuf", "", "cbor")))
    return f"{topic.name}: {change}"


def _schema_record(parts: Parts, chance: random.Random) -> str:
    number = chance.randrange(len(parts.topics))
    topic = parts.topics[number]
    wrong = (("", "", b""), ("x", "jsonschema", b"{"), ("x", "", b""))
    parts.topics[number] = topic._replace(schema=chance.choice(wrong))
    return f"{topic.name}: schema"


def _metadata(parts: Parts, chance: random.Random) -> str:
    if not parts.metadata or chance.random() < 0.3:
        parts.metadata.append(("x", {"../x": "y"}))
        return "metadata: more"
    name, values = copy.deepcopy(parts.metadata[0])
    values[chance.choice(list(values))] = "x"
    parts.metadata[0] = (name, values)
    return f"metadata {name}: changed"
