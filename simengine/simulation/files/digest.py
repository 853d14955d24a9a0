"""The digest of an episode: SHA-256 over what was computed, keyed by topic and time.

Every record (a state, a frame, a label) is hashed by itself: names, types, shapes and little-endian bytes; a long array
enters by its checksum (XXH64), which takes a ninth of the time that SHA-256 takes for a picture. The episode's digest
is the hash over the sorted records, so the order in which topics were written does not enter, and two episodes that
differ can be told apart record by record.
"""

import hashlib
import json
import struct
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ConfigError
from simengine.simulation.files.checksum import checksum

# Hexadecimal digits kept of each record to name a difference; the episode's digest uses them all.
_SHORT = 16
_LONG = 4096  # an array of so many bytes or more enters by its checksum


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<q", len(encoded)) + encoded


def canonical(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array as C-contiguous and little-endian, whatever the platform.

    Raises:
        ConfigError: It holds objects, which have no bytes of their own.
    """
    array = np.asarray(array)
    if array.dtype.hasobject:
        raise ConfigError(f"an array of type {array.dtype} cannot be recorded; allowed are numbers, booleans and text")
    if array.dtype.byteorder == ">" or (array.dtype.byteorder == "=" and not np.little_endian):
        array = array.astype(array.dtype.newbyteorder("<"))
    return np.ascontiguousarray(array)


class EpisodeDigest:
    """Collects the records of one episode."""

    def __init__(self) -> None:
        self._records: list[tuple[str, int, str]] = []

    def add(self, topic: str, time_ns: int, arrays: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Hash one record.

        Args:
            topic: Where it belongs, "state" or "camera_front/frame".
            time_ns: When it holds [ns].
            arrays: Its arrays by name; `None` entries count as absent.
        """
        parts = []
        items = arrays.items() if isinstance(arrays, Mapping) else arrays
        for name, value in sorted(items, key=lambda item: item[0]):
            if value is None:
                continue
            array = canonical(value)
            parts += [
                _text(name), _text(array.dtype.str.replace(">", "<").replace("=", "<")),
                struct.pack(f"<{array.ndim + 1}q", array.ndim, *array.shape),
                checksum(array) if array.nbytes >= _LONG else array.tobytes(),
            ]  # fmt: skip
        self._records.append((topic, int(time_ns), hashlib.sha256(b"".join(parts)).hexdigest()))

    def add_json(self, topic: str, time_ns: int, value: Any) -> None:
        """Hash one record that is made of plain numbers and text rather than of arrays."""
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=np.generic.item)
        self._records.append((topic, int(time_ns), hashlib.sha256(text.encode()).hexdigest()))

    def hexdigest(self) -> str:
        """Return the digest of all records so far."""
        hasher = hashlib.sha256()
        for topic, time_ns, digest in sorted(self._records):
            hasher.update(_text(topic) + struct.pack("<q", time_ns) + bytes.fromhex(digest))
        return hasher.hexdigest()

    def records(self) -> dict[str, list[tuple[int, str]]]:
        """Return the shortened digest of every record, by topic, sorted by time."""
        by_topic: dict[str, list[tuple[int, str]]] = {}
        for topic, time_ns, digest in sorted(self._records):
            by_topic.setdefault(topic, []).append((time_ns, digest[:_SHORT]))
        return by_topic


def first_difference(
    a: Mapping[str, list[tuple[int, str]]], b: Mapping[str, list[tuple[int, str]]]
) -> tuple[str, int] | None:
    """Return topic and time [ns] of the earliest record in which two episodes differ, or None."""
    found: list[tuple[int, str]] = []
    for topic in sorted(set(a) | set(b)):
        differing = {tuple(record) for record in a.get(topic, [])} ^ {tuple(record) for record in b.get(topic, [])}
        if differing:
            found.append((min(time_ns for time_ns, _ in differing), topic))
    if not found:
        return None
    time_ns, topic = min(found, key=lambda item: (item[0], item[1] != "state", item[1]))
    return topic, time_ns
