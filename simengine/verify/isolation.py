"""Run cases in worker processes of their own: one that hangs is killed, one that dies is told, no other is lost.

A worker writes into shared memory what it is at and since when, so the parent can say at which step of which driver it
hung or died. Time in which Numba compiles does not count: a first run compiles for minutes.
"""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing import connection, get_context
from multiprocessing.sharedctypes import RawArray
from typing import Any, NamedTuple, TypeVar

from simengine.simulation.jobs.runner import single_threaded
from simengine.simulation.jobs.worker_process import parentage, starting_workers, stop_with_parent
from simengine.simulation.loop.decisions import Watch
from simengine.simulation.loop.driver_checks import moment

Case = TypeVar("Case")
Result = TypeVar("Result")
LAYOUT_STEPS = 10.0  # laying a scenario out may take as long as so many steps
_LOOK = 0.1  # the parent looks at its workers so often [s]
_SINCE, _ALLOWED, _STEP, _TIME = range(4)  # columns of what a worker is at
_PART_LENGTH = 120  # bytes of the name of what is under way


class Lost(NamedTuple):
    """Why a case has no result."""

    kind: str  # "hung" or "died"
    reason: str
    seconds: float  # of wall time


class _Pulse:
    """What a worker is at, in memory that it shares with its parent."""

    def __init__(self, numbers: Any, part: Any) -> None:
        self._numbers, self._part = numbers, part
        self._compiling = 0

    def wait(self) -> None:
        """Note that nothing is under way that has a limit."""
        self._part.value, self._numbers[:] = b"", (0.0, 0.0, -1.0, 0.0)

    def watch(self, part: str, step: int, simulated: float) -> None:
        """Note what is under way; see `Simulator`."""
        self._part.value = part.encode()[: _PART_LENGTH - 1]
        self._numbers[:] = (time.monotonic(), LAYOUT_STEPS if step < 0 else 1.0, float(step), simulated)

    def overdue(self, limit: float) -> bool:
        """Return whether it has been at the same thing for longer than a step's limit [s] allows."""
        since, allowed = self._numbers[_SINCE], self._numbers[_ALLOWED]
        return allowed > 0.0 and time.monotonic() - since > limit * allowed

    def allowance(self, limit: float) -> float:
        """Return how long it may take [s]."""
        return limit * self._numbers[_ALLOWED]

    def part(self) -> str:
        """Return what is under way, "" for the loop itself."""
        return self._part.value.decode(errors="ignore")

    def at(self) -> str:
        """Return when in the scenario that is."""
        step = int(self._numbers[_STEP])
        return "while the scenario was laid out" if step < 0 else f"at {moment(step, self._numbers[_TIME])}"

    def exclude_compiling(self) -> None:
        """Stop the clock while Numba compiles in this process."""
        from numba.core import event

        pulse = self

        class Stop(event.Listener):
            def on_start(self, event: Any) -> None:
                pulse._compiling += 1
                pulse._numbers[_SINCE] = float("inf")

            def on_end(self, event: Any) -> None:
                pulse._compiling -= 1
                if pulse._compiling == 0:
                    pulse._numbers[_SINCE] = time.monotonic()

        event.register("numba:compile", Stop())


def _work(
    tasks: connection.Connection, numbers: Any, part: Any, run: Callable[[Any, Watch], Any], parent: tuple[int, bool]
) -> None:
    """Run cases in a worker as they come."""
    stop_with_parent(*parent)
    pulse = _Pulse(numbers, part)
    pulse.exclude_compiling()
    while True:
        try:
            case = tasks.recv()
        except EOFError:
            return
        pulse.watch("", -1, 0.0)
        tasks.send(run(case, pulse.watch))


class _Worker:
    """A process that runs one case at a time."""

    def __init__(self, run: Callable[[Any, Watch], Any]) -> None:
        context = get_context("spawn")
        numbers, part = RawArray("d", 4), RawArray("c", _PART_LENGTH)
        self.pulse = _Pulse(numbers, part)
        self.tasks, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, numbers, part, run, parentage()))
        self.process.start()
        theirs.close()
        self.case: Any = None
        self.begun = 0.0
        self.broken = False  # it closed its end without a result

    def give(self, case: Any) -> None:
        """Begin a case."""
        self.case, self.begun = case, time.monotonic()
        self.pulse.wait()  # starting the process has no limit: a busy machine may take long
        with suppress(OSError):  # the process has died already, which the next look tells
            self.tasks.send(case)

    def end(self) -> None:
        """Kill the process, whatever it is at."""
        self.process.kill()
        self.process.join()
        self.tasks.close()

    def lost(self, limit: float) -> Lost | None:
        """Return why the case will have no result, or None while it is being run."""
        seconds, part = time.monotonic() - self.begun, self.pulse.part()
        if self.broken or (not self.process.is_alive() and not self.tasks.poll()):
            self.process.join()
            where = f"{self.pulse.at()}{f', while {part} decided' if part else ''}"
            return Lost("died", f"its worker process died {where}: {_cause(self.process.exitcode)}", seconds)
        if self.pulse.overdue(limit):
            allowed = f"within {self.pulse.allowance(limit):g} s"
            what = f"{part} did not return" if part else "the simulation did not go on"
            return Lost("hung", f"{what} {allowed} {self.pulse.at()}", seconds)
        return None


def _cause(code: int | None) -> str:
    """Return why a process ended, in words."""
    if code is None or code >= 0:
        return f"it called exit({code})"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"{name}{' (out of memory?)' if name == 'SIGKILL' else ''}"


def run_isolated(
    cases: Sequence[Case], workers: int, run: Callable[[Case, Watch], Result], limit: float
) -> Iterator[tuple[Case, Result | Lost]]:
    """Run cases in workers and yield each with its result, or why it has none.

    Args:
        cases: What is run; they are pickled.
        workers: How many processes at once.
        run: What a worker does with a case, telling the second argument what it is at; a function of a module.
        limit: How long one step of a case may take [s].
    """
    waiting = list(reversed(cases))
    busy: list[_Worker] = []
    free: list[_Worker] = []
    with single_threaded(workers > 1):
        try:
            while waiting or busy:
                while waiting and len(busy) < workers:
                    if not free:
                        with starting_workers(workers, [w.process for w in (*busy, *free)]):
                            free.append(_Worker(run))
                    worker = free.pop()
                    worker.give(waiting.pop())
                    busy.append(worker)
                connection.wait([place for w in busy for place in (w.tasks, w.process.sentinel)], _LOOK)
                for worker in list(busy):
                    lost = worker.lost(limit)
                    if lost is not None:
                        worker.end()
                        busy.remove(worker)
                        yield worker.case, lost
                    elif worker.tasks.poll():
                        try:
                            result = worker.tasks.recv()
                        except (EOFError, OSError):  # the next look tells how it died
                            worker.broken = True
                            continue
                        busy.remove(worker)
                        free.append(worker)
                        yield worker.case, result
        finally:
            for worker in (*busy, *free):
                worker.end()
