"""Reads MCAP files (https://mcap.dev/spec) at random, every checksum verified; `container_writer` writes them.

Nothing in a file is believed before it is checked: what it states about itself may neither take more memory than ten
times its own size and 64 MiB, nor more time than reading it takes. The one exception is a picture as large as the
largest camera of its own scenario, which may compress to almost nothing.
"""

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, overload

import numpy as np
import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Attachment, AttachmentIndex, Channel, ChunkIndex, Footer, Metadata, MetadataIndex, Schema
from numpy.typing import NDArray

from simengine.core.errors import ConfigError
from simengine.core.text.bounded_files import regular_size
from simengine.simulation.files.whole_files import reason
from simengine.simulation.mcap.container_writer import MAGIC

RECORD_HEADER = 9  # opcode and length [bytes]
_FOOTER_SIZE = RECORD_HEADER + 20 + len(MAGIC)
DATA_END_SIZE = RECORD_HEADER + 4
MESSAGE_HEADER = RECORD_HEADER + 22
_CORRUPT = (
    McapError, zstandard.ZstdError, EOFError, struct.error, UnicodeDecodeError, MemoryError, OverflowError, ValueError,
)  # fmt: skip
_MOST_AT_ONCE = 64 * 1024**2  # and ten times the file: what reading one thing of it may take [bytes]
_MOST_CHUNK = 12 * 1024**2  # and twice the file: unpacked, a chunk is held up to five times while it is decoded [bytes]
_LEAST_CHUNK = 128  # of a file, with its index: no honest chunk takes less [bytes]


class MessageRef(NamedTuple):
    """Where one message lies."""

    time_ns: int
    channel: int
    chunk: int  # which chunk of the file
    offset: int  # of the message in the uncompressed chunk [bytes]


class MessageRefs(Sequence[MessageRef]):
    """Where the messages of one topic lie, in order of time; 20 bytes a message."""

    def __init__(
        self, channel: int, time_ns: NDArray[np.int64], chunk: NDArray[np.int32], offset: NDArray[np.int64]
    ) -> None:
        self.time_ns = time_ns
        self._channel, self._chunk, self._offset = channel, chunk, offset

    def __len__(self) -> int:
        return len(self.time_ns)

    @overload
    def __getitem__(self, index: int) -> MessageRef: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[MessageRef]: ...

    def __getitem__(self, index: int | slice) -> MessageRef | Sequence[MessageRef]:
        if isinstance(index, slice):
            return MessageRefs(self._channel, self.time_ns[index], self._chunk[index], self._offset[index])
        return MessageRef(int(self.time_ns[index]), self._channel, int(self._chunk[index]), int(self._offset[index]))

    def at(self, time_ns: int) -> MessageRef | None:
        """Return the first message at a time [ns], or None."""
        place = int(np.searchsorted(self.time_ns, time_ns))
        return self[place] if place < len(self) and self.time_ns[place] == time_ns else None


class ContainerReader:
    """Reads one MCAP file at random; holds no file open, and checks every checksum it passes.

    Args:
        path: The file.
        picture: Tells how large one message can honestly be whatever the file's size [bytes]; it is asked only about
            a file that holds a large one.

    Raises:
        ConfigError: It is missing, incomplete or corrupt; the message names it.
    """

    def __init__(self, path: Path, picture: Callable[[], int] = lambda: 0) -> None:
        self.path = path
        self._picture = picture
        self._refs: dict[str, MessageRefs] = {}
        self._cache: dict[int, bytes] = {}
        self.channels: dict[str, Channel] = {}
        self.schemas: dict[int, Schema] = {}
        self._chunks: list[ChunkIndex] = []
        self._attachments: dict[str, AttachmentIndex] = {}
        self._metadata: dict[str, MetadataIndex] = {}
        self.size = regular_size(path)
        self.most_memory = _MOST_AT_ONCE + 10 * self.size  # that decoding one thing in it may take [bytes]
        with self.readable():
            self._read_summary()

    def readable(self) -> "_Explain":
        """Turn whatever unreadable content causes within into one `ConfigError` that names the file."""
        return _Explain(self.path)

    def stored(self, offset: int, length: int) -> bytes:
        """Return bytes of the file as they are."""
        if offset + length > self.size:
            raise EOFError("it ends too early")
        with open(self.path, "rb") as file:
            file.seek(offset)
            content = file.read(length)
        if len(content) != length:
            raise EOFError("it ends too early")
        return content

    def _read_summary(self) -> None:
        if self.size < len(MAGIC) + _FOOTER_SIZE or self.stored(0, len(MAGIC)) != MAGIC:
            raise EOFError("it is not an MCAP file")
        tail = self.stored(self.size - _FOOTER_SIZE, _FOOTER_SIZE)
        if tail[-len(MAGIC) :] != MAGIC or tail[0] != Opcode.FOOTER:
            raise EOFError("it is incomplete: its end is missing")
        footer = Footer.read(ReadDataStream(BytesIO(tail[RECORD_HEADER:])))
        if not 0 < footer.summary_start < self.size - _FOOTER_SIZE:
            raise EOFError("it has no index")
        self.summary_start = footer.summary_start
        summary = self.stored(footer.summary_start, self.size - footer.summary_start - len(MAGIC))
        if zlib.crc32(summary[:-4]) != footer.summary_crc:
            raise EOFError("the checksum of its index is wrong")
        if not any(record[0] == Opcode.CHANNEL for record in records(summary)):
            raise EOFError("it has no topics")
        for opcode, body in records(summary):
            self._note(opcode, ReadDataStream(BytesIO(body)))

    def _note(self, opcode: int, body: ReadDataStream) -> None:
        """Take one record of the index in."""
        if opcode == Opcode.SCHEMA:
            schema = Schema.read(body)
            _once(self.schemas, schema.id, schema, "schema")
        elif opcode == Opcode.CHANNEL:
            channel = Channel.read(body)
            _once(self.channels, channel.topic, channel, "topic")
        elif opcode == Opcode.CHUNK_INDEX:
            self._chunks.append(ChunkIndex.read(body))
            if len(self._chunks) > 16 + self.size // _LEAST_CHUNK:
                raise EOFError(f"it lists more than {len(self._chunks) - 1} chunks, one in {_LEAST_CHUNK} bytes")
        elif opcode == Opcode.ATTACHMENT_INDEX:
            attachment = AttachmentIndex.read(body)
            _once(self._attachments, attachment.name, attachment, "attachment")
        elif opcode == Opcode.METADATA_INDEX:
            metadata = MetadataIndex.read(body)
            _once(self._metadata, metadata.name, metadata, "metadata record")

    @property
    def chunks(self) -> Sequence[ChunkIndex]:
        """Where its chunks lie, in the order of its index."""
        return self._chunks

    def index_of(self, channel: int, chunk: ChunkIndex) -> NDArray[np.uint64]:
        """Return the times [ns] and offsets [bytes] of a channel's messages in a chunk. Shape (num_messages, 2)."""
        offset = chunk.message_index_offsets[channel]
        opcode, length = struct.unpack("<BQ", self.stored(offset, RECORD_HEADER))
        if opcode != Opcode.MESSAGE_INDEX or length > chunk.message_index_length:
            raise EOFError("a message index is corrupt")
        body = self.stored(offset + RECORD_HEADER, length)
        found, size = struct.unpack_from("<HI", body)
        if found != channel or size != len(body) - 6 or size % 16 or not size:
            raise EOFError("a message index is corrupt")
        entries = np.frombuffer(body, "<u8", offset=6).reshape(-1, 2)
        if int(entries.max()) >= 2**63:
            raise EOFError("a message index is corrupt")
        return entries

    def messages(self, topic: str) -> MessageRefs:
        """Return where the messages of a topic lie, in order of time; empty for a topic that is not in the file."""
        if topic not in self._refs:
            channel = self.channels[topic].id if topic in self.channels else -1
            found = [np.zeros((0, 2), np.uint64)]
            chunks = [np.zeros(0, np.int32)]
            with self.readable():
                for number, chunk in enumerate(self._chunks):
                    if channel in chunk.message_index_offsets:
                        found.append(self.index_of(channel, chunk))
                        chunks.append(np.full(len(found[-1]), number, np.int32))
            entries, places = np.concatenate(found).astype(np.int64), np.concatenate(chunks)
            order = np.lexsort((entries[:, 1], places, entries[:, 0]))
            self._refs[topic] = MessageRefs(channel, entries[order, 0], places[order], entries[order, 1])
        return self._refs[topic]

    def unpack(self, index: ChunkIndex) -> tuple[bytes, bytes, bytes]:
        """Return a chunk's content, and the name of its compression and the bytes as they are stored."""
        if index.chunk_length < RECORD_HEADER + 40:
            raise EOFError("the length of a chunk is corrupt")
        stored = self.stored(index.chunk_start_offset, index.chunk_length)
        opcode, length = struct.unpack_from("<BQ", stored)
        size, crc, name_length = struct.unpack_from("<QII", stored, RECORD_HEADER + 16)
        head = RECORD_HEADER + 32 + name_length + 8
        if opcode != Opcode.CHUNK or length != len(stored) - RECORD_HEADER or name_length > 8 or head > len(stored):
            raise EOFError("a chunk is corrupt")
        name, body = stored[RECORD_HEADER + 32 : head - 8], stored[head:]
        if size != index.uncompressed_size or struct.unpack_from("<Q", stored, head - 8)[0] != len(body):
            raise EOFError("the length of a chunk is corrupt")
        self._refuse_large(size)
        if name == b"zstd":
            if zstandard.get_frame_parameters(body).content_size != size:
                raise EOFError("the length that a compressed chunk states is corrupt")
            content = zstandard.ZstdDecompressor().decompress(body, max_output_size=size)
        elif name == b"":
            content = body
        else:
            raise EOFError(f"a chunk is compressed by {ascii(name)[:20]}, which is not read")
        if len(content) != size or zlib.crc32(content) != crc:
            raise EOFError("the checksum of a chunk is wrong")
        return content, name, body

    def _refuse_large(self, size: int) -> None:
        most = _MOST_CHUNK + 2 * self.size
        if size > most and size > self._picture():
            raise EOFError(
                f"a chunk states {size} bytes; allowed are {most} ({_MOST_CHUNK // 1024**2} MiB and twice the file), "
                "or one picture of the largest camera"
            )

    def _chunk(self, number: int) -> bytes:
        if number in self._cache:
            return self._cache[number]
        index = self._chunks[number]
        content, _, _ = self.unpack(index)
        if len(index.message_index_offsets) > 1:  # gathered small messages: the next one asked for is likely in here
            while len(self._cache) >= 4 or sum(map(len, self._cache.values())) > _MOST_CHUNK:
                self._cache.pop(next(iter(self._cache)))
            self._cache[number] = content
        return content

    def read(self, ref: MessageRef) -> bytes:
        """Return the payload of one message."""
        return bytes(self.view(ref))

    def view(self, ref: MessageRef) -> memoryview:
        """Return the payload of one message, not copied out of what was unpacked."""
        with self.readable():
            chunk = self._chunk(ref.chunk)
            opcode, length, channel, _, time_ns = struct.unpack_from("<BQHIQ", chunk, ref.offset)
            end = ref.offset + RECORD_HEADER + length
            if (opcode, channel, time_ns) != (Opcode.MESSAGE, ref.channel, ref.time_ns) or end > len(chunk):
                raise EOFError("a message index is corrupt")
            return memoryview(chunk)[ref.offset + MESSAGE_HEADER : end]

    @property
    def attachments(self) -> tuple[str, ...]:
        """Names of the files inside."""
        return tuple(self._attachments)

    def attachment(self, name: str) -> bytes:
        """Return the content of a file inside."""
        return self.attached(name).data

    def attached(self, name: str) -> Attachment:
        """Return a file inside with its type."""
        if name not in self._attachments:
            raise ConfigError(f"{self.path}: not a readable episode: {name} is missing in it")
        with self.readable():
            index = self._attachments[name]
            record = self.stored(index.offset, index.length)
            opcode, length = struct.unpack_from("<BQ", record)
            if opcode != Opcode.ATTACHMENT or length != len(record) - RECORD_HEADER:
                raise EOFError(f"the place of its {ascii(name)} is wrong")
            if zlib.crc32(record[RECORD_HEADER:-4]) != struct.unpack("<I", record[-4:])[0]:
                raise EOFError(f"the checksum of its {name} is wrong")
            found = Attachment.read(ReadDataStream(BytesIO(record[RECORD_HEADER:])))
            if found.name != name:
                raise EOFError(f"the place of its {ascii(name)} is wrong")
            return found

    @property
    def descriptions(self) -> tuple[str, ...]:
        """Names of the metadata records."""
        return tuple(self._metadata)

    def description(self, name: str) -> dict[str, str]:
        """Return named key-value metadata."""
        if name not in self._metadata:
            raise ConfigError(f"{self.path}: not a readable episode: its {name} record is missing")
        with self.readable():
            index = self._metadata[name]
            record = self.stored(index.offset, index.length)
            opcode, length = struct.unpack_from("<BQ", record)
            if opcode != Opcode.METADATA or length != len(record) - RECORD_HEADER:
                raise EOFError(f"the place of its {ascii(name)} record is wrong")
            found = Metadata.read(ReadDataStream(BytesIO(record[RECORD_HEADER:])))
            if found.name != name:
                raise EOFError(f"the place of its {ascii(name)} record is wrong")
            return found.metadata

    def places(self) -> dict[int, tuple[int, int]]:
        """Return opcode and length, header included, of what its index lists outside of chunks, by offset [bytes]."""
        found = {index.offset: (int(Opcode.ATTACHMENT), index.length) for index in self._attachments.values()}
        return found | {index.offset: (int(Opcode.METADATA), index.length) for index in self._metadata.values()}


def records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Take a sequence of records apart: opcode and content of each."""
    place = 0
    while place < len(content):
        opcode, length = struct.unpack_from("<BQ", content, place)
        end = place + RECORD_HEADER + length
        if end > len(content):
            raise EOFError("a record is longer than the index that holds it")
        yield opcode, content[place + RECORD_HEADER : end]
        place = end


def _once(table: dict[Any, Any], key: Any, record: Any, what: str) -> None:
    if key in table:
        raise EOFError(f"its index lists the {what} {ascii(key)[:60]} twice")
    table[key] = record


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
        if isinstance(error, _CORRUPT) and not isinstance(error, ConfigError):
            said = " ".join(str(error).split())[:200] or type(error).__name__
            raise ConfigError(f"{self._path}: not a readable episode: {said}") from None
