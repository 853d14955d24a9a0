"""Whether two files hold the same episode: everything that was computed, and everything that is stored.

What may differ between two recordings of one episode is what versions of the program, its arithmetic and its codecs
made them, and with another zstd the hashes over what it compressed. Nothing else.
"""

import json
from collections.abc import Mapping
from typing import Any

from simengine.core.history import NANOSECONDS
from simengine.simulation.episode.episode import EpisodeSummary
from simengine.simulation.files.digest import first_difference
from simengine.simulation.mcap.container_reader import ContainerReader
from simengine.simulation.mcap.container_writer import HASHES
from simengine.simulation.mcap.reader import McapSource
from simengine.simulation.mcap.writer import INPUTS, SUMMARY

CODECS = ("opencv", "zstd")  # that encode pictures and compress; JPEGs of another OpenCV may differ in their bytes


def compare(recorded: McapSource, again: McapSource) -> str:
    """Return the first difference between two files of an episode in words, or an empty string.

    Args:
        recorded: As it was found.
        again: Made anew from the same scenario.

    Raises:
        ConfigError: One of them cannot be read.
    """
    before, after = recorded.summary(), again.summary()
    text = ""
    if before.digest != after.digest:
        found = first_difference(recorded.records(), again.records())
        text = f"{found[0]} at {found[1] / NANOSECONDS:.4f} s" if found else "the outcome"
    else:
        text = _stored_difference(recorded, again, before, after)
    return f"first difference in {text}{_versions(before.versions, after.versions)}" if text else ""


def _versions(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Tell which versions changed, and whether that explains other bytes."""
    changed = [
        f"{name} {before.get(name, 'unknown')} → {value}" for name, value in after.items() if before.get(name) != value
    ]
    if not changed:
        return ""
    codecs = " and ".join(name for name in CODECS if before.get(name) != after.get(name))
    note = f"; with another {codecs} the same picture may have other bytes" if codecs else ""
    return f" (recorded with {', '.join(changed)}{note})"


def _stored_difference(recorded: McapSource, again: McapSource, before: EpisodeSummary, after: EpisodeSummary) -> str:
    """Return the first difference between what two files store, or an empty string."""
    one, other = recorded.file, again.file
    found = []
    for topic in sorted({*one.channels, *other.channels}):
        time_ns = _topic_difference(one, other, topic)
        if time_ns is not None:
            found.append((time_ns, topic))
    if found:
        time_ns, topic = min(found)
        named = topic if topic.isprintable() else ascii(topic)
        if time_ns < 0:
            return f"what {named} is: its encoding or its schema, or whether it is there"
        return f"the stored {named} at {time_ns / NANOSECONDS:.4f} s"
    for name in sorted({*one.attachments, *other.attachments}):
        if name.startswith(INPUTS):
            continue  # earlier versions called them otherwise
        if name not in one.attachments or name not in other.attachments:
            return f"whether {ascii(name)[:60]} is attached"
        difference = _attachment_difference(one.attachment(name), other.attachment(name), name)
        if difference:
            return difference
    if recorded.inputs() != again.inputs():
        return "the input files"
    same_zstd = before.versions.get("zstd") == after.versions.get("zstd")
    for name in sorted({*one.descriptions, *other.descriptions}):
        if name == HASHES and (HASHES not in one.descriptions or not same_zstd or before.versions != after.versions):
            continue
        if name not in one.descriptions or name not in other.descriptions:
            return f"whether the metadata record {ascii(name)[:60]} is there"
        if _plain(one.description(name), before) != _plain(other.description(name), after):
            return f"the metadata record {name}"
    return ""


def _plain(values: Mapping[str, str], summary: EpisodeSummary) -> dict[str, str]:
    """Return metadata without versions."""
    return {name: value for name, value in values.items() if name not in summary.versions}


def _attachment_difference(one: bytes, other: bytes, name: str) -> str:
    if one == other:
        return ""
    if name != SUMMARY:
        return name
    before: dict[str, Any] = json.loads(one)
    after: dict[str, Any] = json.loads(other)
    keys = [key for key in {**before, **after} if key != "versions" and before.get(key) != after.get(key)]
    return f"{name}: {', '.join(ascii(key)[1:40].rstrip(chr(39)) for key in keys[:5])}" if keys else ""


def _topic_difference(one: ContainerReader, other: ContainerReader, topic: str) -> int | None:
    """Return the time [ns] of the first message in which two files differ; −1 if the topic is another, None if none."""
    if topic not in one.channels or topic not in other.channels:
        return -1
    if _definition(one, topic) != _definition(other, topic):
        return -1
    before, after = one.messages(topic), other.messages(topic)
    for first, second in zip(before, after, strict=False):
        if first.time_ns != second.time_ns:
            return min(first.time_ns, second.time_ns)
        if one.view(first) != other.view(second):
            return first.time_ns
    if len(before) != len(after):
        longer = before if len(before) > len(after) else after
        return longer[min(len(before), len(after))].time_ns
    return None


def _definition(file: ContainerReader, topic: str) -> tuple[Any, ...]:
    channel = file.channels[topic]
    schema = file.schemas.get(channel.schema_id)
    told = (schema.name, schema.encoding, schema.data) if schema is not None else ()
    return (channel.message_encoding, channel.metadata, *told)
