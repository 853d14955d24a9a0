"""The index of a dataset: one Parquet row per episode, which can be rebuilt from the episode files at any time.

An episode is finished once its file stands complete under its own name; the index only repeats what those files say
(but for the wall time, which no file holds). A run that was killed therefore goes on from the files.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from simengine.core.errors import ConfigError
from simengine.core.history import NANOSECONDS
from simengine.core.text.bounded_files import regular_size
from simengine.core.text.plain_names import plain_name
from simengine.simulation.episode.episode import EpisodeSummary
from simengine.simulation.files.whole_files import complete_or_absent, remove_left_behind
from simengine.simulation.mcap.integrity import is_whole
from simengine.simulation.mcap.reader import read_episode

EPISODES, INDEX = "episodes", "index.parquet"
PREVIEWS = ("preview.png", "preview.mp4")
SETTINGS = ".hydra"  # the folder of the configuration, as Hydra keeps it
WALL_TIME = "wall_time"  # the only column that differs between two runs of the same episodes [s]
REMARKS = "remarks"  # what was tolerated in the input files, a line a kind
_MOST_CELLS = 400_000  # and one in four bytes of the file: values of an index
_MOST_UNPACKED = 32 * 1024**2  # and eight times the file: all of an index [bytes]
# Columns without which there is no index; none has gaps.
_REQUIRED = {
    "id": (pa.string(),), "scenario": (pa.string(),), "seed": (pa.int64(),), "duration": (pa.float64(),),
    "verdict": (pa.string(),), "digest": (pa.string(),),
}  # fmt: skip
_HEAD = ("id", "scenario", "seed", "duration", "verdict", "reason", "digest", WALL_TIME, REMARKS)


def episode_path(folder: Path, episode_id: str) -> Path:
    """Return where an episode of a dataset folder lies."""
    return Path(folder) / EPISODES / f"{episode_id}.mcap"


def episode_row(summary: EpisodeSummary, wall_time: float | None) -> dict[str, Any]:
    """Return an episode's row.

    Args:
        summary: What the episode came to.
        wall_time: How long it took to make [s]; None if that is not known.
    """
    row: dict[str, Any] = {
        "id": summary.id,
        "scenario": summary.scenario,
        "seed": summary.seed,
        "duration": summary.duration_ns / NANOSECONDS,
        "verdict": summary.verdict.outcome,
        "reason": summary.verdict.reason,
        "digest": summary.digest,
        WALL_TIME: wall_time,
        REMARKS: "\n".join(summary.remarks),
    }
    row.update(sorted(summary.parameters.items()))
    row.update({f"metrics.{name}": value for name, value in sorted(summary.metrics.items())})
    return row


def _column(values: list[Any]) -> pa.Array:
    """Give a column one type: that of its values, numbers widened to float, text if nothing else fits all."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    if len(kinds) > 1:
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    types = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
    return pa.array(values, types[kinds.pop()] if kinds else pa.float64())


def index_table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return rows as a table: the fixed columns first, then parameters, then metrics; what a row lacks is null."""
    rows = list(rows)
    others = {name for row in rows for name in row} - set(_HEAD)
    names = sorted(others, key=lambda name: (name.startswith("metrics."), name))
    return pa.table({name: _column([row.get(name) for row in rows]) for name in (*_HEAD, *names)})


def write_index(folder: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a dataset folder's index in order of id, all of it or not at all.

    Raises:
        ConfigError: It cannot be written.
    """
    with complete_or_absent(Path(folder) / INDEX) as hidden:
        pq.write_table(index_table(sorted(rows, key=lambda row: row["id"])), hidden)


def read_index(folder: Path) -> list[dict[str, Any]]:
    """Return the rows of a dataset folder's index.

    Raises:
        ConfigError: It is missing or corrupt, or an id in it is no plain name; the message names it.
    """
    path = Path(folder) / INDEX
    size = regular_size(path)
    try:
        return _rows(path, size)
    except (OSError, pa.ArrowException, ValueError, LookupError, TypeError, ArithmeticError, MemoryError) as error:
        raise ConfigError(f"{path}: not a readable index: {' '.join(str(error).split())[:200]}") from None


def _rows(path: Path, size: int) -> list[dict[str, Any]]:
    file = pq.ParquetFile(path)
    about, schema = file.metadata, file.schema_arrow
    most = _MOST_CELLS + size // 4
    if about.num_rows * about.num_columns > most or len(schema) != about.num_columns:
        raise ValueError(f"it states {about.num_rows} rows of {about.num_columns} columns; allowed are {most} values")
    unpacked = sum(about.row_group(group).total_byte_size for group in range(about.num_row_groups))
    if unpacked > _MOST_UNPACKED + 8 * size:
        raise ValueError(f"it states {unpacked} bytes; allowed are {_MOST_UNPACKED + 8 * size}")
    for name in _REQUIRED:
        if name not in schema.names:
            raise ValueError(f"it has no column {name}")
    texts = [field.name for field in schema if field.type == pa.string()]
    table = pq.ParquetFile(path, read_dictionary=texts).read()
    columns = {name: _values(name, table.column(number)) for number, name in enumerate(table.column_names)}
    if len(columns) != table.num_columns:
        raise ValueError("it has two columns of the same name")
    for name in columns["id"]:
        plain_name(name, "id")
    if len(set(columns["id"])) < table.num_rows:
        raise ValueError("it lists an id twice")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _values(name: str, column: pa.ChunkedArray) -> list[Any]:
    """Return a column's values: numbers, truth values or texts, and of the fixed columns what they have to be."""
    kind, values = column.type, []
    if pa.types.is_dictionary(kind):  # a text is held once, however many rows repeat it
        kind = kind.value_type
        for chunk in column.chunks:
            known = chunk.dictionary.to_pylist()
            values += [None if place is None else known[place] for place in chunk.indices.to_pylist()]
    else:
        values = column.to_pylist()
    allowed = _REQUIRED.get(name, (pa.bool_(), pa.int64(), pa.float64(), pa.string()))
    if kind not in allowed or (name in _REQUIRED and None in values):
        raise ValueError(f"{name}: is {kind}{' with gaps' if kind in allowed else ''}, not {allowed[0]}")
    return values


def refuse_renamed(path: Path, summary: EpisodeSummary) -> None:
    """Refuse a file that is called otherwise than the episode in it.

    Raises:
        ConfigError: It was renamed, or comes from elsewhere.
    """
    if summary.id != path.stem:
        raise ConfigError(
            f"{path}: holds the episode {summary.id}: it was renamed, or put here from elsewhere; "
            "give it its name back or move it away"
        )


def finished_episodes(
    folder: Path, tell: Callable[[str], None] | None = None, asked: Container[str] | None = None
) -> dict[str, EpisodeSummary]:
    """Return the summaries of a dataset folder's finished episodes by id; one that cannot be read is not finished.

    Args:
        folder: The dataset's.
        tell: Called with a line for each file that does not count. With it every file is read to its end and has to
            be whole (see `integrity.is_whole`), and one that holds another episode is refused; without it only what
            its summary says counts.
        asked: Ids of those that will be made again if they do not count; None for any.

    Raises:
        ConfigError: With `tell`, a file was renamed, or one that was not asked for does not count.
    """
    found: dict[str, EpisodeSummary] = {}
    for path in sorted((Path(folder) / EPISODES).glob("*.mcap")):
        if path.name.startswith("."):
            continue
        said = ""
        try:
            summary = read_episode(path).summary
            if tell is not None and not is_whole(path):
                said = f"{path}: is damaged; `simengine verify` tells where"
        except ConfigError as error:
            said = str(error)
        if said and tell is not None:
            if asked is not None and path.stem not in asked:
                raise ConfigError(f"{said}; it is not among the episodes asked for: delete it or move it away")
            tell(f"does not count as made: {said}")
        if said:
            continue
        if tell is not None:
            refuse_renamed(path, summary)
        if summary.id == path.stem:
            found[path.stem] = summary
    return found


def remove_unfinished(folder: Path) -> None:
    """Delete what a killed run left behind under hidden names, of files that a run writes; call it with the lock."""
    remove_left_behind(Path(folder), lambda name: name in (INDEX, *PREVIEWS))
    remove_left_behind(Path(folder) / EPISODES, lambda name: name.endswith(".mcap"))
    remove_left_behind(Path(folder) / SETTINGS, lambda name: name.endswith(".yaml"))


def refresh_index(folder: Path, wall_times: Mapping[str, float]) -> list[dict[str, Any]]:
    """Write a dataset folder's index anew from its episodes and return its rows.

    Args:
        folder: Whose index; wall times that an earlier index knows are kept.
        wall_times: How long each episode that is new took to make, by id [s].

    Raises:
        ConfigError: The index cannot be written.
    """
    known: dict[str, Any] = {}
    if (Path(folder) / INDEX).exists():
        try:
            known = {row["id"]: row.get(WALL_TIME) for row in read_index(folder)}
        except ConfigError:
            known = {}  # a corrupt index costs the wall times: nothing else stands only in it
    known.update(wall_times)
    found = finished_episodes(folder)
    rows = [episode_row(summary, known.get(episode_id)) for episode_id, summary in sorted(found.items())]
    write_index(folder, rows)
    return rows
