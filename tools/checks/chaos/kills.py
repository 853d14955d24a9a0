"""Kill the command, a worker or all its processes, again and again, and let it go on."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tools.checks.chaos.course import Course, continued, ended, moment
from tools.checks.chaos.process import Command, send
from tools.checks.chaos.tally import Trial

TARGETS = ("parent", "worker", "group")
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
_MOST_IN_A_ROW = 5  # kills of one dataset
_LOOK = 0.02  # between two looks whether there is a worker [s]


def kills(course: Course, count: int, draw: random.Random) -> Iterator[Trial]:
    """Yield every kill with what went wrong; the last one of a dataset also with how the dataset differs."""
    done = number = 0
    while done < count:
        folder = course.scratch / f"killed-{number}"
        number += 1
        trials: list[Trial] = []
        for _ in range(min(draw.randint(1, _MOST_IN_A_ROW), count - done)):
            trials.append(_kill(course, folder, draw))
        last = trials[-1]
        trials[-1] = last._replace(faults=(*last.faults, *continued(course, folder)))
        done += len(trials)
        yield from trials


def allowed_codes(target: str, number: signal.Signals) -> tuple[int, ...]:
    """Return how a command may end after a signal: 0 if it was done already.

    One that is interrupted while Python starts, before the command has begun, ends by the signal itself.
    """
    if target == "worker":
        return (0,) if number == signal.SIGINT else (0, 2)
    return (0, 130, -number) if number == signal.SIGINT else (0, -number)


def _kill(course: Course, folder: Path, draw: random.Random) -> Trial:
    target, number = draw.choice(TARGETS), draw.choice(SIGNALS)
    running = course.begin(folder)
    moment(course, draw, running, folder)
    victim = running.pid
    if target == "worker":
        victim = _worker(running, draw)
    if target == "group":
        with suppress(ProcessLookupError):
            os.killpg(running.pid, number)
    elif victim:
        send(victim, number)
    _, faults = ended("killed", running, allowed_codes(target, number))
    return Trial(f"kill: {target}, {number.name}", tuple(faults))


def _worker(running: Command, draw: random.Random) -> int:
    """Return a worker, waiting until there is one; 0 if the command ends before."""
    while running.running:
        if workers := running.workers():
            return draw.choice(workers)
        time.sleep(_LOOK)
    return 0
