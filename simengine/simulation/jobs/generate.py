"""The main job: from overrides to a folder of labeled episodes that can be continued at any moment."""

import os
import re
import shlex
import sys
import time
from abc import ABC, abstractmethod
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from simengine.core.errors import ConfigError
from simengine.core.text.bounded_files import home_path
from simengine.core.text.printable_text import one_line, say
from simengine.core.text.wording import counted
from simengine.scenario.compose import compose, hydra_settings, resolve, yaml_text
from simengine.scenario.override_text import key_of
from simengine.scenario.overrides import expand_sweep, refuse_sweep
from simengine.scenario.sampling import concretize, content_hash, to_yaml
from simengine.scenario.spec import ConcreteScenario
from simengine.scenario.wrong_values import shown_value
from simengine.simulation.dataset.dataset import Dataset
from simengine.simulation.dataset.index import (
    INDEX,
    PREVIEWS,
    REMARKS,
    SETTINGS,
    episode_path,
    finished_episodes,
    refresh_index,
)
from simengine.simulation.dataset.output_folder import claimed
from simengine.simulation.episode.leaving_out import check_leave_out
from simengine.simulation.files.whole_files import complete_or_absent
from simengine.simulation.jobs.runner import Job, compile_kernels, default_workers, progress, run_job, run_jobs
from simengine.simulation.mcap.reader import read_episode
from simengine.simulation.pictures.preview import write_preview
from simengine.simulation.pictures.video import write_video

_MOST_EPISODES = 10_000_000


class Batch(NamedTuple):
    """One job of a sweep: a folder of episodes of one configuration."""

    folder: Path
    overrides: tuple[str, ...]
    tree: dict[str, Any]
    scenarios: list[tuple[str, ConcreteScenario]]  # episode id and scenario


class FollowUp(ABC):
    """What is done with a finished dataset, checked before its first episode is simulated.

    Attributes:
        typed: The settings that asked for it.
    """

    typed: tuple[str, ...]

    @abstractmethod
    def check(self, scenario: ConcreteScenario) -> None:
        """Raise `ConfigError` for a scenario whose episodes it could not use."""

    @abstractmethod
    def write(self, folder: Path) -> list[str]:
        """Do it in a dataset's folder; returns a line for each thing that was done."""


def whole_number(tree: dict[str, Any], key: str, low: int, high: int) -> int:
    """Return a setting that is a whole number in a range.

    Raises:
        ConfigError: It is something else.
    """
    value = tree.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(f"{key} = {shown_value(value)}: must be a whole number from {low} to {high}")
    return value


def episode_id(scenario: ConcreteScenario) -> str:
    """Return the name of an episode: its scenario and seed."""
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '-', scenario.scenario.name)}-{scenario.seed:06d}"


def _draw_scenarios(tree: dict[str, Any]) -> list[tuple[str, ConcreteScenario]]:
    settings = resolve({key: tree.get(key) for key in ("episodes", "seed")})
    count = whole_number(settings, "episodes", 1, _MOST_EPISODES)
    first = whole_number(settings, "seed", 0, 2**62)
    scenarios = [concretize(tree, first + number) for number in range(count)]
    return [(episode_id(scenario), scenario) for scenario in scenarios]


def _output(overrides: list[str], multirun: bool) -> tuple[Path, bool]:
    """Return the folder to write to, and whether the user named it."""
    named = [text for text in overrides if key_of(text) == "output"]
    plain = [text for text in overrides if key_of(text) in ("hydra.run.dir", "hydra.sweep.dir")]
    if named:
        folder = resolve({"output": compose("config", (named[-1],)).get("output")})["output"]
        if not isinstance(folder, str) or not folder:
            raise ConfigError(f"{named[-1]}: output must be the path of a folder")
        return home_path(folder), True
    settings = hydra_settings("config", plain)
    return home_path(settings["sweep_dir" if multirun else "run_dir"]), False


def _prepare(overrides: list[str], multirun: bool, output: Path) -> list[Batch]:
    """Compose, draw and check every job of a sweep before the first one runs."""
    if not multirun:
        refuse_sweep(overrides)
    batches = []
    for number, job in enumerate(expand_sweep(overrides)):
        tree = compose("config", job)
        folder = output / str(number) if multirun else output
        batches.append(Batch(folder, job, tree, _draw_scenarios(tree)))
    return batches


def _check_choices(batches: list[Batch]) -> None:
    """Refuse physics, vehicles, drivers and criteria that are not there before anything is written."""
    from simengine.behavior.ego.drivers import check_driver
    from simengine.metrics.criteria import make_criteria
    from simengine.simulation.placement.ego import ego_model

    for scenario in (batch.scenarios[0][1] for batch in batches):
        if scenario.physics.backend == "bullet":
            import simengine.physics.bullet.bullet  # noqa: F401
        check_driver(scenario.ego.driver)
        ego_model(scenario.ego)
        make_criteria(scenario.criteria)
        check_leave_out(scenario)


def _missing(batch: Batch) -> list[Job]:
    """Return the episodes that the folder lacks; what is there must be of the same scenarios."""
    asked = {name for name, _ in batch.scenarios}
    finished = finished_episodes(batch.folder, lambda line: say(one_line(line), sys.stderr), asked)
    jobs = []
    for name, scenario in batch.scenarios:
        path = episode_path(batch.folder, name)
        if name in finished:
            if content_hash(read_episode(path).scenario) != content_hash(scenario):
                raise ConfigError(
                    f"output = {batch.folder}: {name} is there already, made with other settings; choose another folder"
                )
        else:
            jobs.append(Job(name, to_yaml(scenario), str(path)))
    return jobs


def _write_settings(batch: Batch) -> None:
    """Keep the configuration beside the episodes, as Hydra does."""
    folder = batch.folder / SETTINGS
    folder.mkdir(exist_ok=True)
    for name, tree in (("config.yaml", batch.tree), ("overrides.yaml", {"overrides": list(batch.overrides)})):
        with complete_or_absent(folder / name) as hidden:
            hidden.write_text(yaml_text(tree), encoding="utf-8")


def generate(overrides: list[str], multirun: bool = False, follow_up: FollowUp | None = None) -> int:
    """Make the episodes that overrides describe; finished ones in the output folder are kept.

    Args:
        overrides: In Hydra's grammar.
        multirun: Whether several values sweep.
        follow_up: What is done with the dataset then.

    Returns:
        The exit code, 0: a failed verdict is a result, not an error. 1 if a driver or another part of an installed
        package raised something, so that episodes are missing.

    Raises:
        ConfigError: A wrong setting, or a folder that cannot be used.
        ScenarioError: A scenario that cannot be run.
    """
    output, named = _output(overrides, multirun)
    batches = _prepare(overrides, multirun, output)
    _check_choices(batches)
    if follow_up is not None:
        for batch in batches:
            for _, scenario in batch.scenarios:
                follow_up.check(scenario)
    settings = resolve({"workers": batches[0].tree.get("workers")})
    workers = default_workers() if settings["workers"] is None else whole_number(settings, "workers", 1, 1024)
    with claimed(output, [batch.folder for batch in batches]):
        try:
            return _make(batches, output, workers, follow_up)
        except KeyboardInterrupt:
            shown = [text for text in overrides if key_of(text) != "output"]
            shown += [*(follow_up.typed if follow_up is not None else ()), f"output={output}"]
            command = "simengine generate " + ("-m " if multirun else "") + " ".join(map(shlex.quote, shown))
            say(f"\nsimengine: interrupted; to go on:\n  {command}", sys.stderr)
            return 130


def _make(batches: list[Batch], output: Path, workers: int, follow_up: FollowUp | None) -> int:
    """Make what the folders lack, their indexes and previews, and tell; returns the exit code."""
    jobs = [job for batch in batches for job in _missing(batch)]
    total = sum(len(batch.scenarios) for batch in batches)
    if len(jobs) < total:
        say(f"{total - len(jobs)} of {counted(total, 'episode')} made already", sys.stderr)
    seconds, errors = _run(jobs, workers, output, {batch.folder: batch for batch in batches})
    rows = [_conclude(batch, seconds) for batch in batches]
    _tell(batches, output, rows, errors)
    for line in follow_up.write(output) if follow_up is not None else ():
        say(f"  {line}")
    for error in errors:
        say(f"simengine: {one_line(error)}", sys.stderr)
    return 1 if errors else 0


def _tell(batches: list[Batch], output: Path, rows: list[list[dict[str, Any]]], errors: list[str]) -> None:
    """Print what became of the episodes and where they are."""
    total = sum(len(batch.scenarios) for batch in batches)
    passed = [sum(row["verdict"] == "passed" for row in found) for found in rows]
    remarks = dict.fromkeys(line for found in rows for row in found for line in row[REMARKS].splitlines())
    if remarks:
        say("remarks on input files, events and room (the index's column remarks tells them too):", sys.stderr)
    for line in remarks:
        say(f"  {one_line(line)}", sys.stderr)
    invalid = sum(row["verdict"] == "invalid" for found in rows for row in found)
    told = f", {invalid} invalid: nothing is said about the ego" if invalid else ""
    untested = sum(row["verdict"] == "untested" for found in rows for row in found)
    told += f", {untested} untested: no hazard happened" if untested else ""
    left = total - sum(passed) - invalid - untested - len(errors)
    told += f", {len(errors)} {'is' if len(errors) == 1 else 'are'} missing" if errors else ""
    say(f"{counted(total, 'episode')} in {os.path.relpath(output)}: {sum(passed)} passed, {left} did not{told}")
    if batches[0].folder != output:  # a sweep
        for batch, good in zip(batches, passed, strict=True):
            say(f"  {batch.folder.name}: {good} of {len(batch.scenarios)} passed  {' '.join(batch.overrides)}")
    for name in (INDEX, *PREVIEWS):
        if (batches[0].folder / name).exists():
            say(f"  {os.path.relpath(batches[0].folder / name)}{' and so on' if len(batches) > 1 else ''}")


def _run(jobs: list[Job], workers: int, output: Path, batches: dict[Path, Batch]) -> tuple[dict[str, float], list[str]]:
    """Make episodes; returns the wall time of each by its file's path [s], and what parts of packages raised.

    A folder gets its settings with its first episode: one whose scenario cannot be run is left without any.
    """
    seconds: dict[str, float] = {}
    errors: list[str] = []
    if not jobs:
        return seconds, errors
    if not any(Path(os.environ["NUMBA_CACHE_DIR"]).rglob("*.nbi")):
        say("compiling kernels (once; some minutes)", sys.stderr)
    start, simulated = time.perf_counter(), 0.0
    # One worker compiles all kernels before the others begin: N cold ones would compile everything N times.
    with progress(len(jobs), "episode") as bar, closing(run_jobs(jobs, workers, run_job, compile_kernels)) as outcomes:
        for outcome in outcomes:
            simulated += outcome.simulated
            folder = Path(outcome.path).parents[1]
            if outcome.error:
                errors.append(outcome.error)
            else:
                seconds[outcome.path] = outcome.seconds
                if folder in batches:
                    _write_settings(batches.pop(folder))
            name = outcome.id if folder == output else f"{folder.name}/{outcome.id}"
            took = f"{outcome.simulated:.1f} s in {outcome.seconds:.1f} s"
            line = f"{one_line(name)}  {took}  {one_line(outcome.verdict)}"
            bar.update()
            bar.write(line, file=sys.stderr) if not bar.disable else say(line, sys.stderr, flush=True)
    wall = time.perf_counter() - start
    say(f"{simulated:.0f} s simulated in {wall:.0f} s ({simulated / wall:.2f}x real time)", sys.stderr)
    return seconds, errors


def _conclude(batch: Batch, seconds: dict[str, float]) -> list[dict[str, Any]]:
    """Write the index and the previews of a finished folder; returns the index's rows of the batch's episodes."""
    walls = {Path(path).stem: wall for path, wall in seconds.items() if Path(path).parents[1] == batch.folder}
    if not finished_episodes(batch.folder):
        return []
    _write_settings(batch)
    rows = refresh_index(batch.folder, walls)  # of an earlier, longer run too
    settings = batch.scenarios[0][1].recorder
    if settings.preview_episodes > 0 and batch.scenarios[0][1].sensors:
        dataset = Dataset(batch.folder)
        write_preview(dataset, batch.folder / "preview.png", settings.preview_episodes)
        if settings.video:
            write_video(dataset[0], batch.folder / "preview.mp4")
    asked = {name for name, _ in batch.scenarios}
    return [row for row in rows if row["id"] in asked]
