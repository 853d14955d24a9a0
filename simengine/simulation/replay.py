"""Run recorded episodes again from their recorded scenarios and compare what comes out, bit by bit."""

import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from simengine.core.errors import ConfigError
from simengine.scenario.sampling import to_yaml
from simengine.simulation.dataset import Dataset
from simengine.simulation.digest import first_difference
from simengine.simulation.episode import Episode
from simengine.simulation.mcap_reader import read_episode
from simengine.simulation.runner import Job, default_workers, progress, run_jobs


class Comparison(NamedTuple):
    """One episode, recorded and run again."""

    file: str  # of the recorded one, below its folder
    difference: str  # "" if identical


def _job(episode: Episode, folder: Path) -> Job:
    """Prepare an episode's job; its attached input files are laid out under the folder, which is its own."""
    folder.mkdir()
    scenario = episode.scenario
    inputs = episode.inputs
    if inputs:
        renamed = {}
        for name, content in inputs.items():
            place = folder / f"{episode.id}-inputs" / Path(name).name
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(content)
            renamed[name] = str(place)
        road = scenario.road.model_copy(update={"file": renamed[scenario.road.file]})
        hashes = {renamed[name]: digest for name, digest in scenario.inputs.items()}
        scenario = scenario.model_copy(update={"road": road, "inputs": hashes})
    return Job(episode.id, to_yaml(scenario), str(folder / f"{episode.id}.mcap"))


def compare(recorded: Episode, again: Episode) -> str:
    """Return the first difference between two episodes in words, or an empty string."""
    if recorded.digest == again.digest:
        return ""
    found = first_difference(recorded.records(), again.records())
    where = f"{found[0]} at {found[1] * 1e-9:.4f} s" if found else "the outcome"
    text = f"first difference in {where}"
    if recorded.versions != again.versions:
        changed = [
            f"{name} {recorded.versions.get(name)} → {value}"
            for name, value in again.versions.items()
            if recorded.versions.get(name) != value
        ]
        text += f" (recorded with {', '.join(changed)})"
    return text


def replay(folder: str, workers: int | None) -> int:
    """Run every episode of a folder again; returns 0 if all are identical, 1 if one is not.

    Raises:
        ConfigError: The folder holds no episodes, or one that cannot be read.
    """
    if workers is not None and not 1 <= workers <= 1024:
        raise ConfigError(f"--workers {workers}: must be from 1 to 1024")
    dataset = Dataset(folder)
    differences = []
    with tempfile.TemporaryDirectory(prefix="simengine-replay-") as scratch:
        # By number, not by id: the jobs of a sweep have episodes of the same id.
        jobs = [_job(episode, Path(scratch) / str(number)) for number, episode in enumerate(dataset)]
        recorded = {job.path: path for job, path in zip(jobs, dataset.paths, strict=True)}
        with progress(len(jobs), "episode") as bar:
            for outcome in run_jobs(jobs, workers or default_workers()):
                original, path = recorded[outcome.path], Path(outcome.path)
                difference = compare(read_episode(original), read_episode(path))
                path.unlink()
                if difference:
                    differences.append(Comparison(original.relative_to(dataset.path).as_posix(), difference))
                bar.update()
    for comparison in sorted(differences):
        print(f"{comparison.file}: {comparison.difference}", file=sys.stderr)
    print(f"{len(jobs) - len(differences)} of {len(jobs)} identical")
    return 1 if differences else 0
