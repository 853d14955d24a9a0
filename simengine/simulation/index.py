"""The index of a dataset: one Parquet row per episode, which can be rebuilt from the episode files at any time.

An episode is finished once its file stands complete under its own name; the index only repeats what those files say
(but for the wall time, which no file holds). A run that was killed therefore goes on from the files.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from simengine.core.errors import ConfigError
from simengine.core.history import NANOSECONDS
from simengine.simulation.atomic import complete_or_absent
from simengine.simulation.episode import EpisodeSummary
from simengine.simulation.mcap_reader import read_episode

EPISODES, INDEX = "episodes", "index.parquet"
WALL_TIME = "wall_time"  # the only column that differs between two runs of the same episodes [s]
REMARKS = "remarks"  # what was tolerated in the input files, a line a kind
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
        ConfigError: It is missing or corrupt.
    """
    path = Path(folder) / INDEX
    try:
        rows = pq.read_table(path).to_pylist()
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except (OSError, pa.ArrowException) as error:
        raise ConfigError(f"{path}: not a readable index: {' '.join(str(error).split())[:200]}") from None
    if any(not isinstance(row.get("id"), str) for row in rows):
        raise ConfigError(f"{path}: not a readable index: a row has no id")
    return rows


def finished_episodes(folder: Path) -> dict[str, EpisodeSummary]:
    """Return the summaries of a dataset folder's finished episodes by id; one that cannot be read is not finished."""
    found: dict[str, EpisodeSummary] = {}
    for path in sorted((Path(folder) / EPISODES).glob("*.mcap")):
        if path.name.startswith("."):
            continue
        try:
            found[path.stem] = read_episode(path).summary
        except ConfigError:
            continue
    return found


def remove_unfinished(folder: Path) -> None:
    """Delete what a killed run left behind under hidden names; call it before work starts, never beside it."""
    for place in (Path(folder), Path(folder) / EPISODES):
        for path in place.glob(".*.unfinished"):
            path.unlink(missing_ok=True)


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
