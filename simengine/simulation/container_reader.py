"""Reads MCAP files (https://mcap.dev/spec) at random, every checksum verified; `container_writer` writes them."""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Attachment, AttachmentIndex, Channel, ChunkIndex, Footer, MessageIndex, Metadata, MetadataIndex
from mcap.stream_reader import StreamReader

from simengine.core.errors import ConfigError
from simengine.simulation.atomic import reason
from simengine.simulation.container_writer import MAGIC

_RECORD_HEADER = 9  # opcode and length [bytes]
_FOOTER_SIZE = _RECORD_HEADER + 20 + len(MAGIC)
_CORRUPT = (McapError, zstandard.ZstdError, EOFError, struct.error, UnicodeDecodeError, MemoryError, OverflowError)
_MAX_CHUNK = 2**31  # no honest chunk is longer; a corrupt length must not exhaust memory [bytes]


class MessageRef(NamedTuple):
    """Where one message lies."""

    time_ns: int
    channel: int
    chunk: int  # which chunk of the file
    offset: int  # of the message in the uncompressed chunk [bytes]


class ContainerReader:
    """Reads one MCAP file at random; holds no file open, and checks every checksum it passes.

    Args:
        path: The file.

    Raises:
        ConfigError: It is missing, incomplete or corrupt; the message names it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._refs: dict[str, list[MessageRef]] = {}
        self._cache: dict[int, bytes] = {}
        self.channels: dict[str, Channel] = {}
        self._chunks: list[ChunkIndex] = []
        self._attachments: dict[str, AttachmentIndex] = {}
        self._metadata: dict[str, MetadataIndex] = {}
        with self._readable():
            self._read_summary()

    def _readable(self) -> "_Explain":
        return _Explain(self.path)

    def _read(self, offset: int, length: int) -> bytes:
        with open(self.path, "rb") as file:
            file.seek(offset)
            content = file.read(length)
        if len(content) != length:
            raise EOFError("it ends too early")
        return content

    def _read_summary(self) -> None:
        size = self.path.stat().st_size
        if size < len(MAGIC) + _FOOTER_SIZE or self._read(0, len(MAGIC)) != MAGIC:
            raise EOFError("it is not an MCAP file")
        tail = self._read(size - _FOOTER_SIZE, _FOOTER_SIZE)
        if tail[-len(MAGIC) :] != MAGIC or tail[0] != Opcode.FOOTER:
            raise EOFError("it is incomplete: its end is missing")
        footer = Footer.read(ReadDataStream(BytesIO(tail[_RECORD_HEADER:])))
        if not 0 < footer.summary_start < size:
            raise EOFError("it has no index")
        summary = self._read(footer.summary_start, size - footer.summary_start - len(MAGIC))
        if zlib.crc32(summary[:-4]) != footer.summary_crc:
            raise EOFError("the checksum of its index is wrong")
        for record in StreamReader(BytesIO(summary + MAGIC), skip_magic=True).records:
            if isinstance(record, Channel):
                self.channels[record.topic] = record
            elif isinstance(record, ChunkIndex):
                self._chunks.append(record)
            elif isinstance(record, AttachmentIndex):
                self._attachments[record.name] = record
            elif isinstance(record, MetadataIndex):
                self._metadata[record.name] = record

    def messages(self, topic: str) -> list[MessageRef]:
        """Return where the messages of a topic lie, in order of time; empty for a topic that is not in the file."""
        if topic not in self._refs:
            found: list[MessageRef] = []
            channel = self.channels.get(topic)
            with self._readable():
                for number, chunk in enumerate(self._chunks):
                    if channel is None or channel.id not in chunk.message_index_offsets:
                        continue
                    offset = chunk.message_index_offsets[channel.id]
                    (length,) = struct.unpack("<Q", self._read(offset + 1, 8))
                    if length > chunk.message_index_length:
                        raise EOFError("a message index is corrupt")
                    index = MessageIndex.read(ReadDataStream(BytesIO(self._read(offset + _RECORD_HEADER, length))))
                    found += [MessageRef(time_ns, channel.id, number, place) for time_ns, place in index.records]
            self._refs[topic] = sorted(found)
        return self._refs[topic]

    def _chunk(self, number: int) -> bytes:
        if number in self._cache:
            return self._cache[number]
        index = self._chunks[number]
        stored = self._read(index.chunk_start_offset + _RECORD_HEADER, index.chunk_length - _RECORD_HEADER)
        size, crc, name_length = struct.unpack_from("<QII", stored, 16)
        if max(size, index.uncompressed_size) > _MAX_CHUNK or size != index.uncompressed_size:
            raise EOFError("the length of a chunk is corrupt")
        body = stored[32 + name_length + 8 :]
        content = zstandard.ZstdDecompressor().decompress(body, max_output_size=size) if name_length else body
        if zlib.crc32(content) != crc:
            raise EOFError("the checksum of a chunk is wrong")
        if len(index.message_index_offsets) > 1:  # gathered small messages: the next one asked for is likely in here
            while len(self._cache) >= 4:
                self._cache.pop(next(iter(self._cache)))
            self._cache[number] = content
        return content

    def read(self, ref: MessageRef) -> bytes:
        """Return the payload of one message."""
        with self._readable():
            chunk = self._chunk(ref.chunk)
            opcode, length, channel, _, time_ns = struct.unpack_from("<BQHIQ", chunk, ref.offset)
            if (opcode, channel, time_ns) != (Opcode.MESSAGE, ref.channel, ref.time_ns):
                raise EOFError("a message index is corrupt")
            return chunk[ref.offset + _RECORD_HEADER + 22 : ref.offset + _RECORD_HEADER + length]

    @property
    def attachments(self) -> tuple[str, ...]:
        """Names of the files inside."""
        return tuple(self._attachments)

    def attachment(self, name: str) -> bytes:
        """Return the content of a file inside."""
        if name not in self._attachments:
            raise ConfigError(f"{self.path}: not a readable episode: {name} is missing in it")
        with self._readable():
            index = self._attachments[name]
            record = self._read(index.offset, index.length)
            if zlib.crc32(record[_RECORD_HEADER:-4]) != struct.unpack("<I", record[-4:])[0]:
                raise EOFError(f"the checksum of its {name} is wrong")
            return Attachment.read(ReadDataStream(BytesIO(record[_RECORD_HEADER:]))).data

    def description(self, name: str) -> dict[str, str]:
        """Return named key-value metadata."""
        if name not in self._metadata:
            raise ConfigError(f"{self.path}: not a readable episode: its {name} record is missing")
        with self._readable():
            index = self._metadata[name]
            record = self._read(index.offset, index.length)
            return Metadata.read(ReadDataStream(BytesIO(record[_RECORD_HEADER:]))).metadata


class _Explain:
    """Turns whatever a corrupt file causes into one `ConfigError` that names it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, FileNotFoundError):
            raise ConfigError(f"{self._path}: no such file") from None
        if isinstance(error, OSError):
            raise ConfigError(f"{self._path}: cannot be read: {reason(error)}") from None
        if isinstance(error, _CORRUPT):
            raise ConfigError(f"{self._path}: not a readable episode: {str(error) or type(error).__name__}") from None
