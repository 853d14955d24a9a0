"""The command that is disturbed, an undisturbed run of it, and what is expected in the end."""

import hashlib
import random
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from simengine.core.errors import ConfigError, ScenarioError
from simengine.simulation.dataset.index import EPISODES
from tools.checks.chaos.process import PATIENCE, Command
from tools.checks.determinism import command, differences_of_datasets

SETTINGS = ("scenario=highway/hard_brake", "sensors=none", "traffic=none", "scenario.duration=1", "workers=2")


class Course(NamedTuple):
    """What all disturbances of a check share.

    Attributes:
        scratch: A folder for what they make.
        settings: Of the command.
        whole: The dataset of an undisturbed run.
        start: How long the command takes until its first episode is being written [s].
        work: How long it takes from then on [s].
    """

    scratch: Path
    settings: tuple[str, ...]
    whole: Path
    start: float
    work: float

    def begin(self, folder: Path, *changes: str, largest: int | None = None) -> Command:
        """Start the command with a folder for its output."""
        line = command(*self.settings, *changes, f"output={folder}")
        return Command(line, self.scratch / f"{folder.name}-{secrets.token_hex(4)}.log", largest)


def prepare(scratch: Path, episodes: int, overrides: Sequence[str]) -> Course:
    """Run the command twice without a disturbance: once to compile kernels, once to know its pace.

    Raises:
        ScenarioError: It failed; holds the last line it wrote.
    """
    settings = (*SETTINGS, f"episodes={episodes}", *overrides)
    course = Course(scratch, settings, scratch / "whole", 0.0, 0.0)
    for folder in (scratch / "warm", course.whole):
        begin = time.monotonic()
        running = course.begin(folder)
        running.wait_for(folder / EPISODES)
        start = time.monotonic() - begin
        code = running.wait(100.0 * PATIENCE)
        running.leave_none()
        if code != 0:
            last = (running.said().strip() or "no output").splitlines()[-1]
            raise ScenarioError(f"generate ended with code {code}: {last}")
    return course._replace(start=start, work=time.monotonic() - begin - start)


def differences(whole: Path, folder: Path) -> list[str]:
    """Return how a dataset differs from that of an undisturbed run; times do not count."""
    try:
        found = differences_of_datasets(whole, folder)
    except ConfigError as error:
        return [str(error)]
    for path in sorted((whole / EPISODES).glob("*.mcap")):
        other = folder / EPISODES / path.name
        if other.exists() and _hash(path) != _hash(other):
            found.append(f"bytes of {path.name}")
    return [f"differs: {line}" for line in found]


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def continued(course: Course, folder: Path, *changes: str, whole: Path | None = None) -> list[str]:
    """Let the command go on without a disturbance; returns what is not as it should be then."""
    running = course.begin(folder, *changes)
    code, outlived = running.wait(), running.leave_none()
    faults = _ending("continued", running, code, outlived, (0,))
    return faults or differences(whole or course.whole, folder)


def ended(what: str, running: Command, allowed: Sequence[int]) -> tuple[int | None, list[str]]:
    """Wait for the end of a disturbed command; returns its exit code and what was wrong with its end."""
    code, outlived = running.wait(), running.leave_none()
    return code, _ending(what, running, code, outlived, allowed)


def _ending(what: str, running: Command, code: int | None, outlived: int, allowed: Sequence[int]) -> list[str]:
    faults = []
    if code is None:
        faults.append(f"{what}: did not end within {PATIENCE:.0f} s")
    elif code not in allowed:
        last = (running.said().strip() or "no output").splitlines()[-1]
        faults.append(f"{what}: ended with code {code}, not {' or '.join(map(str, allowed))}: {last[:200]}")
    if outlived:
        faults.append(f"{what}: {outlived} of its processes outlived it")
    if "Traceback" in running.said() and code not in (-2, -9, -15):  # dying interpreters may print one
        faults.append(f"{what}: printed a traceback")
    return faults


def moment(course: Course, draw: random.Random, running: Command, folder: Path) -> None:
    """Wait for a drawn moment: of three, one is while the command starts, two while it makes episodes."""
    if draw.random() < 1.0 / 3.0:
        running.wait(draw.random() * course.start)
    else:
        running.wait_for(folder / EPISODES)
        running.wait(draw.random() * course.work)
