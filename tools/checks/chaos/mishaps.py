"""What else befalls a run: torn files, a worker that is stopped for a while, no space, a second run in its folder."""

import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from simengine.simulation.dataset.index import EPISODES, INDEX
from tools.checks.chaos.course import Course, continued, ended, moment
from tools.checks.chaos.process import send
from tools.checks.chaos.tally import Trial

_STOPPED = 1.0  # a worker is stopped for so long [s]
_LEAST_SPACE = 4096  # the messages of the command are written to a file too [bytes]
_OTHER = "weather=fog"  # of the second run


def mishaps(course: Course, times: int, draw: random.Random) -> Iterator[Trial]:
    """Yield every kind of mishap some times, with what went wrong."""
    kinds: tuple[Callable[[Course, Path, random.Random], Trial], ...] = (_torn, _stopped, _no_space, _second_run)
    for number in range(times):
        for kind in kinds:
            yield kind(course, course.scratch / f"{kind.__name__.strip('_')}-{number}", draw)


def _torn(course: Course, folder: Path, draw: random.Random) -> Trial:
    """Damage one file of a finished dataset."""
    shutil.copytree(course.whole, folder)
    victim = draw.choice([*sorted((folder / EPISODES).glob("*.mcap")), folder / INDEX])
    content = bytearray(victim.read_bytes())
    place = draw.randrange(len(content))
    damage = draw.choice(("cut", "flipped", "zeroed", "emptied"))
    if damage == "cut":
        del content[place:]
    elif damage == "flipped":
        content[place] ^= 1 << draw.randrange(8)
    elif damage == "zeroed":
        content[place:] = bytes(len(content) - place)
    else:
        content.clear()
    victim.write_bytes(content)
    running = course.begin(folder)
    code, faults = ended("continued", running, (0,))
    if victim.name != INDEX and str(victim) not in running.said():
        faults.append(f"{damage} {victim.name} was not told")
    return Trial("file torn", (*faults, *(continued(course, folder) if code == 0 else ())))


def _stopped(course: Course, folder: Path, draw: random.Random) -> Trial:
    """Stop a worker for a while."""
    running = course.begin(folder)
    moment(course, draw, running, folder)
    for worker in running.workers()[:1]:
        send(worker, signal.SIGSTOP)
        time.sleep(_STOPPED)
        send(worker, signal.SIGCONT)
    _, faults = ended("stopped", running, (0,))
    return Trial("worker stopped", (*faults, *continued(course, folder)))


def _no_space(course: Course, folder: Path, draw: random.Random) -> Trial:
    """Let no file grow as large as an episode is."""
    sizes = [path.stat().st_size for path in (course.whole / EPISODES).glob("*.mcap")]
    running = course.begin(folder, largest=draw.randrange(_LEAST_SPACE, min(sizes)))
    _, faults = ended("without space", running, (2,))
    lines = [line for line in running.said().splitlines() if line.startswith("simengine: ")]
    if len(lines) != 1:
        faults.append(f"without space: {len(lines)} lines tell of it")
    return Trial("no space", (*faults, *continued(course, folder)))


def _second_run(course: Course, folder: Path, draw: random.Random) -> Trial:
    """Start a run with other settings beside the first one; one of them makes the dataset."""
    other = course.scratch / "whole-other"
    faults: list[str] = []
    if not other.exists():
        faults += ended("undisturbed", course.begin(other, _OTHER), (0,))[1]
    first = course.begin(folder)
    first.wait(draw.random() * draw.random() * course.start)
    second = course.begin(folder, _OTHER)
    codes = []
    for running in (first, second):
        code, found = ended("beside another", running, (0, 2))
        codes.append(code)
        faults += found
    if sorted(map(str, codes)) != ["0", "2"]:
        faults.append(f"two runs at once ended with codes {codes}")
    changes, whole = ((), course.whole) if codes[0] == 0 else ((_OTHER,), other)
    return Trial("second run", (*faults, *continued(course, folder, *changes, whole=whole)))
