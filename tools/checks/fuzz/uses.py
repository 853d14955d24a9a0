"""Everything that is done with a recorded episode, to see that a wrong one is one error and nothing else."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from simengine.core.errors import ConfigError
from simengine.export import coco, kitti
from simengine.simulation.dataset.dataset import Dataset
from simengine.simulation.jobs.replay import lay_out
from simengine.simulation.mcap.integrity import check_file, is_whole
from simengine.simulation.mcap.reader import read_episode
from simengine.simulation.pictures.preview import write_preview


def _read(path: Path, _: Path) -> None:
    episode = read_episode(path)
    _ = (episode.summary, episode.scenario, episode.tracks, episode.road_map, episode.scenery, episode.signals)
    _ = (episode.records(), episode.inputs, episode.left_out, repr(episode), str(episode.verdict), episode.duration)
    episode.signals.color_at(0)
    for sensor in episode.sensors:
        for frame in episode.frames(sensor):
            _ = (frame.annotation, frame.left_out, frame.time_ns)
            for name in frame.channels:
                np.asarray(frame.channels[name])


def _verify(path: Path, _: Path) -> None:
    check_file(path)
    is_whole(path)


def _replay(path: Path, scratch: Path) -> None:
    (scratch / "inputs").mkdir()
    lay_out(read_episode(path), scratch / "inputs")


def _export(export: Callable[..., Any], path: Path, output: Path) -> None:
    """Export an episode; the errors of exporters name it by its id, since they are handed many."""
    episode = read_episode(path)
    try:
        export([episode], output, {})
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}" if f"episode {episode.id}" in str(error) else str(error)) from error


def _coco(path: Path, scratch: Path) -> None:
    _export(coco.export, path, scratch / "coco")


def _kitti(path: Path, scratch: Path) -> None:
    _export(kitti.export, path, scratch / "kitti")


def _preview(path: Path, scratch: Path) -> None:
    write_preview([read_episode(path)], scratch / "preview.png", 1)


READ = (_read, _verify)  # which write nothing
QUICK = (*READ, _replay, _coco, _kitti)
ALL = (*QUICK, _preview)


def use(path: Path, scratch: Path, uses: tuple = ALL) -> list[str]:
    """Do everything with a file.

    Args:
        path: The file.
        scratch: A folder that is emptied for what writes.
        uses: What is done.

    Returns:
        The errors that name the file in one line; anything else that is raised passes through.
    """
    told = []
    for one in uses:
        if one not in READ:
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(parents=True)
        try:
            one(path, scratch)
        except ConfigError as error:
            text = str(error)
            if "\n" in text or path.name not in text:
                raise AssertionError(f"{one.__name__}: an error of several lines, or of no file: {text}") from error
            told.append(text)
    return told


def use_index(folder: Path) -> str:
    """Open a dataset by its index and read what it lists; returns the error, or an empty string."""
    try:
        dataset = Dataset(folder)
        _ = (dataset.rows, dataset.index, repr(dataset))
        for episode in dataset:
            _ = episode.summary
    except ConfigError as error:
        text = str(error)
        if "\n" in text or str(folder) not in text:
            raise AssertionError(f"an error of several lines, or without a file: {text}") from error
        return text
    return ""
