"""A folder of episodes: one job's, or a sweep's with a folder per job."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import pyarrow as pa

from simengine.core.errors import ConfigError
from simengine.core.text.bounded_files import holds
from simengine.core.text.wording import counted
from simengine.simulation.dataset.index import (
    EPISODES,
    INDEX,
    episode_path,
    episode_row,
    index_table,
    read_index,
    refuse_renamed,
)
from simengine.simulation.episode.episode import Episode
from simengine.simulation.mcap.reader import read_episode


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sort "2" before "10"."""
    pieces = re.findall(r"\d+|\D+", path.as_posix())
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in pieces]


def job_folders(root: Path) -> list[Path]:
    """Return the folders below `root`, itself included, that hold episodes or an index."""
    found = {path.parent for path in root.rglob(INDEX)}
    found |= {path.parent for path in root.rglob(EPISODES) if path.is_dir()}
    visible = [folder for folder in found if not any(part.startswith(".") for part in folder.relative_to(root).parts)]
    return sorted(visible, key=lambda folder: _natural(folder.relative_to(root)))


def _rows(folder: Path) -> list[dict[str, Any]]:
    """Return a job's index rows; what its index does not (yet) list is read from the episodes themselves."""
    rows = {row["id"]: row for row in read_index(folder)} if (folder / INDEX).exists() else {}
    scenarios = {row["scenario"] for row in rows.values()}
    for path in sorted((folder / EPISODES).glob("*.mcap")):
        if not path.name.startswith(".") and path.stem not in rows:
            summary = read_episode(path).summary
            refuse_renamed(path, summary)
            if scenarios and summary.scenario not in scenarios:
                known = ", ".join(sorted(scenarios))
                raise ConfigError(f"{path}: is of {summary.scenario}, its folder of {known}; move it elsewhere")
            rows[path.stem] = episode_row(summary, None)
    return [rows[episode_id] for episode_id in sorted(rows)]


class Dataset(Sequence[Episode]):
    """Episodes in a folder, in order of job and id; each is opened when it is asked for.

    Args:
        path: The output folder of a run or of a sweep.

    Raises:
        ConfigError: The folder is missing or holds no episodes, or its index or an episode without a row is corrupt.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not holds(Path.exists, self.path):
            raise ConfigError(f"{path}: no such folder")
        if not self.path.is_dir():
            raise ConfigError(f"{path}: a dataset is a folder with {INDEX} and {EPISODES}/, this is a file")
        folders = job_folders(self.path)
        if not folders:
            raise ConfigError(f"{path}: no dataset: neither {INDEX} nor {EPISODES}/ is in it or below it")
        self._rows: list[dict[str, Any]] = []
        self._paths: list[Path] = []
        for folder in folders:
            for row in _rows(folder):
                file = episode_path(folder, row["id"])
                self._rows.append({**row, "file": file.relative_to(self.path).as_posix()})
                self._paths.append(file)
        if not self._paths:
            raise ConfigError(f"{path}: holds no episode yet")

    @cached_property
    def index(self) -> pa.Table:
        """A row per episode: what was drawn, what came out, and its file."""
        return index_table(self._rows)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The index as plain values."""
        return self._rows

    @property
    def paths(self) -> list[Path]:
        """The episodes' files."""
        return list(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, index: int) -> Episode: ...

    @overload
    def __getitem__(self, index: slice) -> list[Episode]: ...

    def __getitem__(self, index: int | slice) -> Episode | list[Episode]:
        if isinstance(index, slice):
            return [self._open(number) for number in range(len(self))[index]]
        return self._open(index)

    def __iter__(self) -> Iterator[Episode]:
        return (self._open(number) for number in range(len(self)))

    def _open(self, number: int) -> Episode:
        path, row = self._paths[number], self._rows[number]
        episode = read_episode(path)
        if episode.id != row["id"] or episode.digest != row["digest"]:
            raise ConfigError(
                f"{path}: is not the episode that {INDEX} lists; generate it again, or delete {INDEX} to read it anew"
            )
        return episode

    def __repr__(self) -> str:
        return f"<dataset {self.path}: {counted(len(self), 'episode')}>"
