"""Writes MCAP files (https://mcap.dev/spec) topic by topic; `container_reader` reads them.

The mcap package's own writer can choose neither the compression level nor which messages share a chunk, so chunks are
laid out here: a message of 64 KiB or more is a chunk by itself (reading an episode's RGB images then never decompresses
its depth images), smaller ones are gathered. zstd runs single-threaded at level 1, so that equal messages give equal
bytes. A file gets its name only when it is complete.

What a file holds can be proved without simulating anything: it has a CRC-32 of all its data, as the format provides,
and in its metadata `sha256` the SHA-256 of every topic, attachment and metadata record; see `topic_hash`.
"""

import contextlib
import hashlib
import os
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

import zstandard
from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Attachment,
    AttachmentIndex,
    Channel,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    MessageIndex,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
)

from simengine.core.errors import ConfigError
from simengine.simulation.files.whole_files import begin_unfinished, reason

MAGIC = b"\x89MCAP0\r\n"
HASHES = "sha256"  # the metadata record that holds them
OWN_CHUNK = 64 * 1024  # a message this long is a chunk by itself [bytes]
_CHUNK_SIZE = 1024 * 1024  # smaller messages are gathered up to this [bytes]
_CHUNK_SPAN = 1_000_000_000  # and over no longer than this [ns]
_COMPRESSION_LEVEL = 1


def topic_hash(channel: Channel, schema: Schema | None) -> "hashlib._Hash":
    """Return the hash of a topic that has no messages yet: its encoding and its schema have entered.

    Every message then enters by `hash_message`, in the order in which they were written.
    """
    hasher = hashlib.sha256()
    texts = [channel.topic.encode(), channel.message_encoding.encode()]
    texts += [schema.name.encode(), schema.encoding.encode(), schema.data] if schema is not None else []
    for text in texts:
        hasher.update(struct.pack("<Q", len(text)))
        hasher.update(text)
    return hasher


def hash_message(hasher: "hashlib._Hash", time_ns: int, compression: bytes, *stored: bytes | memoryview) -> None:
    """Add one message: its time [ns], its length and its bytes.

    One that is a chunk by itself enters as it is stored, compressed: of pictures that is a tenth of the bytes, and
    SHA-256 takes as long for a byte as their compression does. Gathered ones enter as they are.
    """
    hasher.update(struct.pack("<QQ", time_ns, sum(map(len, stored))) + compression)
    for part in stored:
        hasher.update(part)


def attachment_hash(media_type: str, content: bytes) -> str:
    """Return the SHA-256 of an attached file and its type."""
    head = media_type.encode()
    return hashlib.sha256(struct.pack("<Q", len(head)) + head + content).hexdigest()


def metadata_hash(values: Mapping[str, str]) -> str:
    """Return the SHA-256 of key-value metadata."""
    hasher = hashlib.sha256()
    for pair in sorted(values.items()):
        for text in (part.encode() for part in pair):
            hasher.update(struct.pack("<Q", len(text)) + text)
    return hasher.hexdigest()


class ContainerWriter:
    """Writes one MCAP file under a hidden name and gives it its own name when it is complete.

    Args:
        path: Final name; its folder must exist.

    Raises:
        ConfigError: The folder or the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._compressor = zstandard.ZstdCompressor(level=_COMPRESSION_LEVEL, threads=0)
        self._schemas: dict[str, Schema] = {}
        self._channels: dict[str, Channel] = {}
        self._chunks: list[ChunkIndex] = []
        self._attachments: list[AttachmentIndex] = []
        self._metadata: list[MetadataIndex] = []
        self._counts: dict[int, int] = {}
        self._first_ns, self._last_ns = 2**63, 0
        self._gathered: list[tuple[int, int, bytes]] = []  # channel, time, record
        self._gathered_size = 0
        self._space = bytearray()  # for one long message; fresh memory for each would cost as much as its compression
        self._offset = 0
        self._crc = 0  # of everything so far
        self._hashers: dict[int, hashlib._Hash] = {}  # by channel
        self._hashes: dict[str, str] = {}  # of attachments and metadata
        try:
            self._unfinished, handle = begin_unfinished(path)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written: {reason(error)}") from None
        self._file = os.fdopen(handle, "wb")
        self._write(MAGIC)
        self._write(_record(Header("", "simengine")))

    def _write(self, *parts: bytes | memoryview) -> None:
        try:
            for part in parts:
                self._file.write(part)
                self._offset += len(part)
                self._crc = zlib.crc32(part, self._crc)
        except OSError as error:
            self.abort()
            raise ConfigError(f"{self.path}: cannot be written: {reason(error)}") from None

    def channel(self, topic: str, encoding: str, schema_name: str, schema_encoding: str, schema: bytes) -> int:
        """Register a topic once and return its channel id.

        Args:
            topic: Its name.
            encoding: Of its messages: "protobuf", "json", or a format that describes itself.
            schema_name: Name of the message type; empty for none.
            schema_encoding: "protobuf" or "jsonschema".
            schema: The schema itself.
        """
        if topic in self._channels:
            return self._channels[topic].id
        schema_id = 0
        if schema_name:
            if schema_name not in self._schemas:
                made = Schema(id=len(self._schemas) + 1, data=schema, encoding=schema_encoding, name=schema_name)
                self._schemas[schema_name] = made
                self._write(_record(made))
            schema_id = self._schemas[schema_name].id
        channel = Channel(
            id=len(self._channels) + 1, topic=topic, message_encoding=encoding, metadata={}, schema_id=schema_id
        )
        self._channels[topic] = channel
        self._hashers[channel.id] = topic_hash(channel, self._schemas[schema_name] if schema_name else None)
        self._write(_record(channel))
        return channel.id

    def add(self, channel: int, time_ns: int, *payload: bytes | memoryview, compress: bool = True) -> None:
        """Append one message, given as parts that follow each other; those of a channel must come in order of time."""
        sequence = self._counts.get(channel, 0)
        self._counts[channel] = sequence + 1
        self._first_ns, self._last_ns = min(self._first_ns, time_ns), max(self._last_ns, time_ns)
        size = sum(map(len, payload))
        head = struct.pack("<BQHIQQ", Opcode.MESSAGE, size + 22, channel, sequence, time_ns, time_ns)
        if size >= OWN_CHUNK:
            with self._join(head, *payload) as record:
                stored = self._write_chunk(record, [(channel, time_ns, 0)], compress)
                hash_message(self._hashers[channel], time_ns, b"zstd" if compress else b"", stored)
            return
        if self._gathered and abs(time_ns - self._gathered[0][1]) >= _CHUNK_SPAN:
            self._flush()
        hash_message(self._hashers[channel], time_ns, b"", *payload)
        self._gathered.append((channel, time_ns, b"".join((head, *payload))))
        self._gathered_size += size
        if self._gathered_size >= _CHUNK_SIZE:
            self._flush()

    def _join(self, *parts: bytes | memoryview) -> memoryview:
        """Return parts as one, in memory that the next call uses again."""
        size = sum(map(len, parts))
        if len(self._space) < size:
            self._space = bytearray(size)
        joined = memoryview(self._space)[:size]
        place = 0
        for part in parts:
            joined[place : place + len(part)] = part
            place += len(part)
        return joined

    def _flush(self) -> None:
        if not self._gathered:
            return
        index, offset = [], 0
        for channel, time_ns, record in self._gathered:
            index.append((channel, time_ns, offset))
            offset += len(record)
        self._write_chunk(b"".join(record for _, _, record in self._gathered), index, True)
        self._gathered, self._gathered_size = [], 0

    def _write_chunk(
        self, content: bytes | memoryview, index: list[tuple[int, int, int]], compress: bool
    ) -> bytes | memoryview:
        """Write messages and their index; returns the bytes that hold them."""
        first_ns, last_ns = min(time_ns for _, time_ns, _ in index), max(time_ns for _, time_ns, _ in index)
        stored = self._compressor.compress(content) if compress else content
        name = b"zstd" if compress else b""
        head = struct.pack("<QQQII", first_ns, last_ns, len(content), zlib.crc32(content), len(name)) + name
        head += struct.pack("<Q", len(stored))
        start = self._offset
        self._write(struct.pack("<BQ", Opcode.CHUNK, len(head) + len(stored)) + head, stored)
        chunk_length = self._offset - start
        offsets: dict[int, int] = {}
        for channel in sorted({channel for channel, _, _ in index}):
            offsets[channel] = self._offset
            entries = [(time_ns, offset) for other, time_ns, offset in index if other == channel]
            self._write(_record(MessageIndex(channel, entries)))
        self._chunks.append(
            ChunkIndex(
                chunk_length=chunk_length,
                chunk_start_offset=start,
                compression=name.decode(),
                compressed_size=len(stored),
                message_end_time=last_ns,
                message_index_length=self._offset - start - chunk_length,
                message_index_offsets=offsets,
                message_start_time=first_ns,
                uncompressed_size=len(content),
            )
        )
        return stored

    def attach(self, name: str, media_type: str, content: bytes) -> None:
        """Add a named file."""
        record = _record(Attachment(create_time=0, log_time=0, name=name, media_type=media_type, data=content))
        self._attachments.append(
            AttachmentIndex(
                offset=self._offset,
                length=len(record),
                log_time=0,
                create_time=0,
                data_size=len(content),
                name=name,
                media_type=media_type,
            )
        )
        self._hashes[f"attachment {name}"] = attachment_hash(media_type, content)
        self._write(record)

    def describe(self, name: str, values: dict[str, str]) -> None:
        """Add named key-value metadata."""
        record = _record(Metadata(name=name, metadata=values))
        self._metadata.append(MetadataIndex(offset=self._offset, length=len(record), name=name))
        self._hashes[f"metadata {name}"] = metadata_hash(values)
        self._write(record)

    def close(self) -> None:
        """Write the index, force everything to the disk and give the file its name.

        Raises:
            ConfigError: The disk is full or the folder has gone.
        """
        self._flush()
        topics = {topic: self._hashers[channel.id].hexdigest() for topic, channel in self._channels.items()}
        self.describe(HASHES, {**topics, **self._hashes})
        self._write(_record(DataEnd(self._crc)))
        statistics = Statistics(
            attachment_count=len(self._attachments),
            channel_count=len(self._channels),
            channel_message_counts=self._counts,
            chunk_count=len(self._chunks),
            message_count=sum(self._counts.values()),
            message_end_time=self._last_ns,
            message_start_time=min(self._first_ns, self._last_ns),
            metadata_count=len(self._metadata),
            schema_count=len(self._schemas),
        )
        start = self._offset
        records: list[McapRecord] = [*self._schemas.values(), *self._channels.values(), statistics]
        records += [*self._chunks, *self._attachments, *self._metadata]
        summary = b"".join(_record(record) for record in records)
        footer = struct.pack("<BQQQ", Opcode.FOOTER, 20, start, 0)
        crc = zlib.crc32(footer, zlib.crc32(summary))
        self._write(summary, _record(Footer(summary_start=start, summary_offset_start=0, summary_crc=crc)), MAGIC)
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            os.replace(self._unfinished, self.path)  # while its lock is held: nobody takes it for left behind
            self._file.close()
        except OSError as error:
            self.abort()
            raise ConfigError(f"{self.path}: cannot be written: {reason(error)}") from None

    def abort(self) -> None:
        """Leave nothing behind; may be called twice."""
        self._unfinished.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # flushing what is left fails on the full disk that is the reason to abort
            self._file.close()


def _record(record: McapRecord) -> bytes:
    builder = RecordBuilder()
    record.write(builder)
    return bytes(builder.end())
