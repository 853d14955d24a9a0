"""`simengine verify`: whether the files of a dataset are as they were written, without simulating anything."""

import sys
from pathlib import Path

from simengine.core.errors import ConfigError
from simengine.core.text.bounded_files import holds, regular_size
from simengine.core.text.printable_text import one_line, say
from simengine.core.text.wording import counted
from simengine.simulation.dataset.dataset import job_folders
from simengine.simulation.dataset.index import EPISODES, INDEX, episode_path, read_index
from simengine.simulation.jobs.runner import progress
from simengine.simulation.mcap.integrity import check_file
from simengine.simulation.mcap.reader import read_episode


def verify(path: str) -> int:
    """Check a file, or every file of a folder and its index; returns 0 if all is whole, 1 if something is damaged.

    Raises:
        ConfigError: There is nothing of that name, or no episode in it.
    """
    root = Path(path)
    files, lines = _files(root)
    num_damaged = num_plain = 0
    with progress(len(files), "file") as bar:
        for file in files:
            report = check_file(file)
            num_damaged += bool(report.damage)
            num_plain += not report.hashed and not report.damage
            lines += [f"{file}: {line}" for line in report.damage]
            bar.update()
    for line in lines:
        say(one_line(line), sys.stderr)
    said = f"; {counted(num_plain, 'older file')} without hashes: checksums only" if num_plain else ""
    say(f"{len(files) - num_damaged} of {counted(len(files), 'file')} whole{said}")
    return 1 if lines else 0


def _files(root: Path) -> tuple[list[Path], list[str]]:
    """Return the episodes' files, and what is wrong with the indexes that list them."""
    if not holds(Path.is_dir, root):
        regular_size(root)
        return [root], []
    folders = job_folders(root)
    if not folders:
        found = sorted(path for path in root.glob("*.mcap") if not path.name.startswith("."))
        if not found:
            raise ConfigError(f"{root}: no dataset: neither {INDEX}, {EPISODES}/ nor an .mcap file is in it")
        return found, []
    files: list[Path] = []
    lines: list[str] = []
    for folder in folders:
        found = sorted(path for path in (folder / EPISODES).glob("*.mcap") if not path.name.startswith("."))
        files += found
        if (folder / INDEX).exists():
            lines += _check_index(folder, found)
    if not files and not lines:
        raise ConfigError(f"{root}: holds no episode yet")
    return files, lines


def _check_index(folder: Path, files: list[Path]) -> list[str]:
    """Compare an index with the files that it lists."""
    place = folder / INDEX
    try:
        rows = read_index(folder)
    except ConfigError as error:
        return [str(error)]
    lines = []
    for row in rows:
        file = episode_path(folder, row["id"])
        if file not in files:
            lines.append(f"{place}: lists {row['id']}, of which there is no file")
            continue
        try:
            found = read_episode(file).digest
        except ConfigError:
            continue  # told of the file itself
        if found != row["digest"]:
            lines.append(f"{place}: states another digest of {row['id']} than its file")
    return lines
