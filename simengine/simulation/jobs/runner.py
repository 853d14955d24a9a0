"""Run many episodes: serially in this process, or in spawned single-threaded workers. Order never matters."""

import os
import sys
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import active_children, get_context
from typing import Any, NamedTuple, TypeVar

from simengine.core.errors import ConfigError, PartError, ScenarioError
from simengine.simulation.jobs.worker_process import parentage, starting_workers, stop_with_parent, stop_workers

# One thread a worker: BLAS and OpenCV would otherwise start one a core each.
_THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
_INSTEAD = "; a single worker needs none"

Found = TypeVar("Found")  # what a job shows; it is pickled on its way out of a worker


class Job(NamedTuple):
    """One episode to make, as text, so that it crosses to a spawned process unchanged."""

    id: str
    scenario_yaml: str
    path: str  # of its file


class Outcome(NamedTuple):
    """What became of an episode that was to be recorded."""

    id: str
    path: str  # of its file
    verdict: str
    digest: str
    simulated: float  # [s]
    seconds: float  # of wall time
    error: str = ""  # what a part of an installed package did wrong, "" if the job was done


@contextmanager
def _naming(job: Job) -> Iterator[None]:
    """Let what cannot be run be told with the episode's name."""
    try:
        yield
    except (ConfigError, ScenarioError) as error:
        raise type(error)(f"{job.id}: {error}") from error


def _within_memory(run: Callable[[Job], Found], job: Job) -> Found:
    """Run a job; that the memory does not suffice is told with the episode's name."""
    try:
        return run(job)
    except MemoryError:
        raise ScenarioError(
            f"{job.id}: out of memory; fewer workers, sensors or a shorter scenario need less"
        ) from None


def run_job(job: Job) -> Outcome:
    """Simulate one job and write its file; what a part of an installed package does wrong is the outcome's error.

    Such a part raises something, or is a driver that returns what is no control.

    Raises:
        ConfigError: A wrong setting; the message names the episode.
        ScenarioError: A scenario that cannot be run.
    """
    from pathlib import Path

    from simengine.scenario.sampling import from_yaml
    from simengine.simulation.loop.execution import record

    start = time.perf_counter()
    scenario = from_yaml(job.scenario_yaml)
    try:
        with _naming(job):
            summary = record(scenario, job.id, Path(job.path))
    except PartError as error:  # it must not take the other episodes with it
        return Outcome(job.id, job.path, "error", "", 0.0, time.perf_counter() - start, str(error))
    return Outcome(
        job.id, job.path, str(summary.verdict), summary.digest, summary.duration_ns * 1e-9, time.perf_counter() - start
    )


def compile_kernels(job: Job | None) -> None:
    """Compile, or load, the kernels that a job needs; without one only import what every job needs."""
    from simengine.scenario.sampling import from_yaml
    from simengine.simulation.loop.execution import warm_up

    if job is not None:
        with suppress(PartError), _naming(job):  # the episode itself will tell
            warm_up(from_yaml(job.scenario_yaml))


def default_workers() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


@contextmanager
def single_threaded(wanted: bool = True) -> Iterator[None]:
    """Let processes that are started within use one thread each."""
    if not wanted:
        yield
        return
    saved = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in saved.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def run_jobs(
    jobs: list[Job],
    workers: int,
    run: Callable[[Job], Found],
    prepare: Callable[[Job | None], None] | None = None,
) -> Generator[Found, None, None]:
    """Run jobs and yield what each shows when it is there.

    Args:
        jobs: Episodes to make.
        workers: Processes; with 1 everything runs in this one.
        run: What a worker does with a job; a function of a module, since workers are spawned.
        prepare: What one worker does with the first job before any is begun, and the others meanwhile with none;
            nothing is prepared for jobs that run in this process.

    Raises:
        ConfigError: Worker processes cannot be started.
        ScenarioError: The first job that cannot be run; the others in flight are finished, none is begun.
        KeyboardInterrupt: Ctrl-C; what is in flight is given up.
    """
    if workers <= 1 or len(jobs) <= 1:
        yield from (_within_memory(run, job) for job in jobs)
        return
    with single_threaded():
        yield from _run_in_pool(jobs, workers, run, prepare)


def _run_in_pool(
    jobs: list[Job],
    workers: int,
    run: Callable[[Job], Found],
    prepare: Callable[[Job | None], None] | None,
) -> Iterator[Found]:
    workers, others = min(workers, len(jobs)), active_children()
    with starting_workers(workers, others, _INSTEAD):
        pool = ProcessPoolExecutor(workers, get_context("spawn"), stop_with_parent, parentage())

    def submit(work: Callable[..., Any], *given: Any) -> Future[Any]:
        with starting_workers(workers, others, _INSTEAD):  # the pool starts one when none is free
            return pool.submit(work, *given)

    waiting = list(reversed(jobs))
    running: set[Future[Found]] = set()
    try:
        if prepare is not None:
            prepared = submit(prepare, jobs[0])
            for _ in range(workers - 1):
                submit(prepare, None)
            prepared.result()
        while waiting or running:
            while waiting and len(running) < workers:
                running.add(submit(_within_memory, run, waiting.pop()))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except (KeyboardInterrupt, GeneratorExit):  # nobody waits for what is under way; its files have no name yet
        stop_workers(others)
        raise
    except BrokenProcessPool:
        raise ScenarioError("a worker process died (out of memory?); run the same command again to go on") from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def progress(total: int, unit: str, label: str = ""):
    """Return a progress bar with rate and time left on a terminal; silent elsewhere, where lines are printed."""
    from tqdm import tqdm

    return tqdm(total=total, unit=unit, desc=label or None, file=sys.stderr, disable=not sys.stderr.isatty())
