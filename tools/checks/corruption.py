"""One changed byte anywhere in an episode's file: verification tells, or everything the file holds reads as before."""

import random
import struct
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from mcap.opcode import Opcode

from simengine.core.errors import ConfigError
from simengine.simulation.dataset.index import episode_row
from simengine.simulation.mcap.container_reader import RECORD_HEADER, ContainerReader
from simengine.simulation.mcap.container_writer import HASHES, MAGIC
from simengine.simulation.mcap.integrity import check_file
from simengine.simulation.mcap.reader import read_episode
from tools.checks.fuzz.episodes import take_apart

LARGEST_WHOLE = 64 * 1024  # of an episode of which every byte is changed [bytes]
ENDINGS = ("told", "harmless", "missed", "foreign")
_CHUNK_HEAD = RECORD_HEADER + 32  # of a chunk's record, without the name of its compression [bytes]


class Flip(NamedTuple):
    """A byte and what it is changed by."""

    place: int
    pattern: int  # 1 to 255; the byte is the exclusive or of what it was and this


class Stratum(NamedTuple):
    """Bytes of a file that serve the same end."""

    name: str
    spans: list[tuple[int, int]]  # first byte and the one behind the last

    @property
    def size(self) -> int:
        """Number of its bytes."""
        return sum(end - begin for begin, end in self.spans)

    def place(self, number: int) -> int:
        """Return the place of one of its bytes."""
        for begin, end in self.spans:
            if number < end - begin:
                return begin + number
            number -= end - begin
        raise IndexError(number)


def content_of(path: Path) -> Any:
    """Return everything a file holds: every message, schema, attachment and metadata record, and its row of an index.

    Raises:
        ConfigError: It cannot be read.
    """
    file = ContainerReader(path)
    return take_apart(path), file.description(HASHES), episode_row(read_episode(path).summary, None)


def strata(content: bytes) -> list[Stratum]:
    """Part a whole file by what its bytes are: kinds of records, heads and bodies, chunks by their topics."""
    spans: dict[str, list[tuple[int, int]]] = {"magic": [(0, len(MAGIC)), (len(content) - len(MAGIC), len(content))]}
    place, section = len(MAGIC), "data"
    while place < len(content) - len(MAGIC):
        opcode, length = struct.unpack_from("<BQ", content, place)
        name, end = f"{section}: {Opcode(opcode).name.lower()}", place + RECORD_HEADER + length
        head = _CHUNK_HEAD if opcode == Opcode.CHUNK else RECORD_HEADER
        spans.setdefault(f"{name}, head", []).append((place, place + head))
        if end > place + head:
            spans.setdefault(f"{name}, body", []).append((place + head, end))
        section = "index" if opcode == Opcode.DATA_END else section
        place = end
    return [Stratum(name, found) for name, found in spans.items()]


def every_byte(content: bytes, seed: int) -> list[Flip]:
    """Return a change of every byte, each by a pattern drawn by seed."""
    chance = random.Random(f"every {seed}")
    return [Flip(place, chance.randrange(1, 256)) for place in range(len(content))]


def stratified(content: bytes, count: int, seed: int) -> list[Flip]:
    """Return changes spread evenly over strata; of a stratum with fewer bytes than its share, a byte comes again."""
    chance = random.Random(f"stratified {seed}")
    parts = strata(content)
    return [
        Flip(part.place(chance.randrange(part.size)), chance.randrange(1, 256))
        for part in (parts[number % len(parts)] for number in range(count))
    ]


def judge_flip(path: Path, whole: Any) -> tuple[str, str]:
    """Return how a file with a changed byte ends, one of `ENDINGS`, and in words what is wrong, if anything.

    Args:
        path: Of the changed file.
        whole: What `content_of` said of the file before.
    """
    try:
        if check_file(path).damage:
            return "told", ""
    except Exception as error:  # whatever it is, verification has to tell in words
        return "foreign", f"{type(error).__name__}: {error}"
    try:
        same = content_of(path) == whole
    except ConfigError as error:
        return "missed", f"verified, and not readable: {error}"
    except Exception as error:
        return "foreign", f"verified, then {type(error).__name__}: {error}"
    return ("harmless", "") if same else ("missed", "verified, and holds something else")


def try_flips(
    original: Path, flips: Iterable[Flip], folder: Path, tell: Callable[[Flip, str, str], None]
) -> dict[str, int]:
    """Change one byte after another, each on its own; returns how many ended how, by `ENDINGS`.

    Args:
        original: A whole file, which stays as it is.
        flips: The changes.
        folder: For the changed file.
        tell: Called with a change that ended wrongly, how it ended, and why.
    """
    content, whole = original.read_bytes(), content_of(original)
    path = folder / original.name
    path.write_bytes(content)
    counts = dict.fromkeys(ENDINGS, 0)
    with path.open("rb+", buffering=0) as file:
        for flip in flips:
            _put(file, flip.place, content[flip.place] ^ flip.pattern)
            ending, why = judge_flip(path, whole)
            counts[ending] += 1
            if why:
                tell(flip, ending, why)
            _put(file, flip.place, content[flip.place])
    return counts


def _put(file: Any, place: int, value: int) -> None:
    file.seek(place)
    file.write(bytes([value]))
