"""Subjects of the sensors' benchmark in processes of their own, so that a crash or a missing library stops only one.

Every process is confined to as many cores as it has threads, the same ones for all: builders of other people's trees
take every core they see, whatever they are told. Where all have one thread the time is that of the processor, all of a
subject's own threads together, which other people's work leaves alone; where one has more it is the clock's for all.
"""

import multiprocessing
import os
import sys
import time
from multiprocessing.connection import Connection
from typing import Any

from simengine.core.errors import ConfigError
from tools.benches.peers import subject_class
from tools.benches.triangles import TriangleScene
from tools.benches.views import Views

# Read when a library is first imported; llvmpipe's 0 draws in the calling thread.
_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "LP_NUM_THREADS")


class SubjectFailed(Exception):
    """A subject could not start or go on; says why in one line."""


def _confine(threads: int) -> None:
    """Keep this process on its first cores."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def _serve(connection: Connection, name: str, threads: int, by_clock: bool, options: dict[str, Any]) -> None:
    """Answer questions about one subject until the other side hangs up."""
    _confine(threads)
    clock = time.perf_counter if by_clock else time.process_time
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # some print when they are imported; errors go back as answers
        os.dup2(nowhere, stream)
    subject: Any = None
    while True:
        try:
            command, *given = connection.recv()
        except EOFError:
            return
        try:
            if command == "build":
                scene, views = given
                subject = None
                subject = subject_class(name)(scene, views, threads, **options)
                answer: Any = subject.workloads
            elif command == "time":
                workload, frame = given
                subject.prepare(workload, frame)
                begin = clock()
                subject.run(workload, frame)
                answer = 1000.0 * (clock() - begin)
            elif command == "found":
                answer = subject.found(*given)
            else:
                answer = subject.digest(*given)
        except Exception as error:
            text = " ".join(str(error).split())[:300]
            connection.send(("failed", f"{type(error).__name__}: {text}"))
        else:
            connection.send(("done", answer))


class RunningSubject:
    """A subject's process.

    Args:
        name: Of the subject: `simengine` or a peer.
        threads: That it may use.
        by_clock: Its times are the clock's, not the processor's.
        options: Further arguments of its class.
    """

    def __init__(self, name: str, threads: int, by_clock: bool, **options: Any) -> None:
        self.name, self.threads = name, threads
        self.workloads: tuple[str, ...] = ()
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        limits = {key: str(threads) for key in _LIMITS}
        limits["LP_NUM_THREADS"] = str(threads if threads > 1 else 0)
        before = {key: os.environ.get(key) for key in limits}
        os.environ.update(limits)
        try:
            self._process = context.Process(target=_serve, args=(theirs, name, threads, by_clock, options), daemon=True)
            self._process.start()
        finally:
            for key, value in before.items():
                if value is None:
                    del os.environ[key]
                else:
                    os.environ[key] = value
        theirs.close()

    def ask(self, *question: Any) -> Any:
        """Put a question and wait for its answer.

        Raises:
            SubjectFailed: It cannot answer, or is no more.
        """
        try:
            self._connection.send(question)
            outcome, answer = self._connection.recv()
        except (EOFError, OSError):
            self._process.join(5.0)
            raise SubjectFailed(f"{self.name}: its process ended with code {self._process.exitcode}") from None
        if outcome == "failed":
            raise SubjectFailed(f"{self.name}: {answer}")
        return answer

    def build(self, scene: TriangleScene, views: Views) -> None:
        """Hand over a scene."""
        self.workloads = self.ask("build", scene, views)

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self._process.join(5.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def start_subjects(
    names: list[str], threads: list[int], scene: TriangleScene, views: Views, **options: Any
) -> list[RunningSubject]:
    """Start every subject with every number of threads; one that cannot is told in a line on stderr and left out.

    Raises:
        ConfigError: Ours cannot.
    """
    running: list[RunningSubject] = []
    for count in threads:
        for name in names:
            subject = RunningSubject(name, count, max(threads) > 1, **(options if name == "simengine" else {}))
            try:
                subject.build(scene, views)
            except SubjectFailed as error:
                subject.close()
                if name == "simengine":
                    for other in running:
                        other.close()
                    raise ConfigError(str(error)) from None
                print(f"left out: {error}", file=sys.stderr, flush=True)
            else:
                running.append(subject)
    return running
