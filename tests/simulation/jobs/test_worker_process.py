"""Workers end with their parent, whenever it is killed; what keeps them from starting or working is one line."""

import multiprocessing.synchronize
import os
import subprocess
import sys
from multiprocessing import active_children
from pathlib import Path

import pytest

from simengine.core.errors import ConfigError, ScenarioError
from simengine.simulation.jobs.runner import Job, Outcome, run_jobs
from simengine.verify.isolation import run_isolated

ROOT = Path(__file__).parents[3]
JOBS = [Job(str(number), "", f"{number}.mcap") for number in range(3)]
# Found by every interpreter on its path: a worker waits for its parent's end before it imports anything.
LATE = """
import os, sys, time
if "spawn_main" in " ".join(sys.orig_argv):
    parent = os.getppid()
    os.write(1, b"started\\n")
    while os.getppid() == parent:
        time.sleep(0.01)
"""
PROGRAMS = {
    "run_jobs": "from simengine.simulation.jobs.runner import run_jobs; next(run_jobs([('a',), ('b',)], 2, print))",
    "run_isolated": "from simengine.verify.isolation import run_isolated; next(run_isolated([1, 2], 2, print, 9.0))",
}


def finish(job: Job) -> Outcome:
    return Outcome(job.id, job.path, "", "", 0.0, 0.0)


def find_no_memory(job: Job) -> Outcome:
    if job.id == "1":
        raise MemoryError
    return finish(job)


def be_killed(job: Job) -> Outcome:
    if job.id == "2":
        os.kill(os.getpid(), 9)
    return finish(job)


def refuse(*arguments, **settings):
    raise PermissionError(13, "Permission denied")


@pytest.mark.skipif(sys.platform != "linux", reason="looks at how processes are started")
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_worker_whose_parent_is_killed_while_it_starts_does_not_live_on(tmp_path, program):
    (tmp_path / "sitecustomize.py").write_text(LATE)
    places = {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    line = [sys.executable, "-c", program]
    with subprocess.Popen(line, env={**os.environ, **places}, stdout=subprocess.PIPE) as process:
        assert [process.stdout.readline() for _ in range(2)] == [b"started\n"] * 2
        process.kill()
        # Workers have the same output: it ends when the last of them does.
        assert process.communicate(timeout=120)[0] == b""


@pytest.mark.parametrize("workers", [1, 2])
def test_memory_that_does_not_suffice_is_one_line_with_the_episode(workers):
    with pytest.raises(ScenarioError, match="^1: out of memory; fewer workers"):
        list(run_jobs(JOBS, workers, find_no_memory))


def test_a_worker_that_the_system_kills_is_one_line_and_what_was_finished_counts():
    done = []
    with pytest.raises(ScenarioError, match="a worker process died .out of memory"):
        for outcome in run_jobs(JOBS, 2, be_killed):
            done.append(outcome.id)
    assert set(done) <= {"0", "1"} and active_children() == []


def test_without_shared_memory_workers_are_one_line_that_names_the_way_without(monkeypatch):
    monkeypatch.setattr(multiprocessing.synchronize.SemLock, "__init__", refuse)
    with pytest.raises(ConfigError, match=r"^workers = 2: .* permission denied \(is there a /dev/shm .*; a single"):
        list(run_jobs(JOBS, 2, finish))
    assert [outcome.id for outcome in run_jobs(JOBS, 1, finish)] == ["0", "1", "2"]


@pytest.mark.parametrize(("code", "said"), [(30, "read-only file system"), (28, "no space left on device")])
def test_shared_memory_that_is_read_only_or_full_is_asked_for(monkeypatch, code, said):
    def fail(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(multiprocessing.synchronize.SemLock, "__init__", fail)
    with pytest.raises(ConfigError, match=rf": {said} \(is there a /dev/shm that can be written to\?\)"):
        list(run_jobs(JOBS, 2, finish))


def test_shared_memory_that_cannot_be_written_is_one_line_for_isolated_workers_too(monkeypatch):
    monkeypatch.setattr("simengine.verify.isolation.RawArray", refuse)
    with pytest.raises(ConfigError, match=r"^workers = 2: worker processes cannot be started: permission denied"):
        list(run_isolated([1, 2], 2, print, 1.0))


def test_a_second_worker_that_cannot_start_leaves_no_first_one(monkeypatch):
    from multiprocessing import popen_spawn_posix

    launched = []
    launch = popen_spawn_posix.Popen._launch

    def once(self, process):
        if launched:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        launched.append(process)
        launch(self, process)

    monkeypatch.setattr(popen_spawn_posix.Popen, "_launch", once)
    with pytest.raises(ConfigError, match=r"be started: resource temporarily unavailable; a single worker needs none"):
        list(run_jobs(JOBS, 2, finish))
    launched[0].join(60)
    assert active_children() == []
