"""Run recorded episodes again from their recorded scenarios and compare what comes out, bit by bit.

Not only what was computed is compared, by the digest, but also what each file holds: the episode is written a second
time, in the same way, and every message, attachment and metadata record has to be the same. An edited file does not
pass, even if whoever edited it made its checksums, hashes and index anew.
"""

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from simengine.core.errors import ConfigError, PartError, ScenarioError
from simengine.core.text.plain_names import plain_name
from simengine.core.text.printable_text import one_line, say
from simengine.scenario.spec import ConcreteScenario
from simengine.simulation.dataset.comparison import compare
from simengine.simulation.dataset.dataset import Dataset
from simengine.simulation.episode.episode import Episode
from simengine.simulation.files.scratch import scratch_folder
from simengine.simulation.jobs.runner import Job, default_workers, progress, run_jobs
from simengine.simulation.loop.execution import record_with
from simengine.simulation.mcap.integrity import check_file
from simengine.simulation.mcap.reader import McapSource
from simengine.simulation.mcap.writer import EpisodeWriter
from simengine.simulation.world.layout import World


class Comparison(NamedTuple):
    """One episode, recorded and run again."""

    file: str  # of the recorded one, below its folder
    difference: str  # "" if identical


def lay_out(episode: Episode, folder: Path) -> tuple[ConcreteScenario, dict[str, str]]:
    """Write an episode's input files into a folder, numbered: no name that a file states is used as one.

    Args:
        episode: The recorded one.
        folder: Its own and private.

    Returns:
        Its scenario with their paths, and the path as it was recorded by the path as it is now.

    Raises:
        ConfigError: A file is missing, or is not what the scenario says by its hash.
    """
    plain_name(episode.id, "id")
    scenario = episode.scenario
    inputs = episode.inputs
    renamed = {}
    for number, (name, content) in enumerate(sorted(inputs.items())):
        place = folder / f"{number}.input"
        place.write_bytes(content)
        renamed[name] = str(place)
    file = getattr(scenario.road, "file", None)
    if file is not None:
        if file not in renamed:
            raise ConfigError(f"{episode.place}: its road file {ascii(file)[:80]} is not among its input files")
        road = scenario.road.model_copy(update={"file": renamed[file]})
        hashes = {renamed[name]: digest for name, digest in scenario.inputs.items()}
        scenario = scenario.model_copy(update={"road": road, "inputs": hashes})
    return scenario, {place: name for name, place in renamed.items()}


def _restored(remarks: tuple[str, ...], names: Mapping[str, str], recorded: tuple[str, ...]) -> tuple[str, ...]:
    """Return remarks on input files as they were recorded, if all but the folder of the file is the same."""
    told = []
    for remark in remarks:
        place = next((place for place in names if remark.startswith(f"{place}: ")), None)
        if place is not None:
            rest = remark.removeprefix(place)
            base = os.path.basename(names[place])
            as_recorded = (line for line in recorded if line.endswith(rest))
            same = (line for line in as_recorded if os.path.basename(line.removesuffix(rest)) == base)
            remark = next(same, names[place] + rest)
        told.append(remark)
    return tuple(told)


def make_again(recorded: McapSource, path: Path) -> None:
    """Simulate a recorded episode and write it as it was written.

    Raises:
        ConfigError: The recorded file cannot be read.
        ScenarioError: Its scenario cannot be run.
    """
    episode = Episode(recorded)
    scenario, names = lay_out(episode, path.parent)

    def recorder(world: World) -> EpisodeWriter:
        return EpisodeWriter(
            path, episode.id, episode.scenario, world.network, world.actors, episode.scenario.recorder, episode.inputs,
            _restored(world.remarks, names, episode.remarks), world.scenery,
        )  # fmt: skip

    record_with(scenario, recorder)


def _again(job: Job, recorded: Mapping[str, str]) -> Comparison:
    """Make one episode again and compare it with the recorded file."""
    original, path = Path(recorded[job.path]), Path(job.path)
    try:
        report = check_file(original)
        if report.damage:
            difference = f"is damaged: {report.damage[0]}"
        else:
            source = McapSource(original)
            make_again(source, path)
            difference = compare(source, McapSource(path))
    except PartError as error:
        difference = f"cannot be run again: {error}"
    except (ConfigError, ScenarioError) as error:
        raise type(error)(str(error) if str(original) in str(error) else f"{original}: {error}") from error
    finally:
        path.unlink(missing_ok=True)
    return Comparison(recorded[job.path], difference)


def replay(folder: str, workers: int | None) -> int:
    """Run every episode of a folder again; returns 0 if all are identical, 1 if one is not.

    Raises:
        ConfigError: The folder holds no episodes, or one that cannot be read.
    """
    if workers is not None and not 1 <= workers <= 1024:
        raise ConfigError(f"--workers {workers}: must be from 1 to 1024")
    dataset = Dataset(folder)
    differences = []
    with scratch_folder("replay") as scratch:
        jobs, recorded = [], {}
        for number, (row, original) in enumerate(zip(dataset.rows, dataset.paths, strict=True)):
            # By number, not by id: an id is what a file says, and the jobs of a sweep have episodes of the same.
            place = scratch / str(number)
            place.mkdir(mode=0o700)
            jobs.append(Job(row["id"], "", str(place / "again.mcap")))
            recorded[jobs[-1].path] = str(original)
        with progress(len(jobs), "episode") as bar:
            for found in run_jobs(jobs, workers or default_workers(), partial(_again, recorded=recorded)):
                if found.difference:
                    differences.append(found._replace(file=Path(found.file).relative_to(dataset.path).as_posix()))
                bar.update()
    for comparison in sorted(differences):
        say(one_line(f"{comparison.file}: {comparison.difference}"), sys.stderr)
    say(f"{len(jobs) - len(differences)} of {len(jobs)} identical")
    return 1 if differences else 0
