"""Many jobs: in workers or in this process, and given up at once when nobody wants them any more."""

import threading
import time
from multiprocessing import active_children
from pathlib import Path

import pytest

from simengine.core.errors import ScenarioError
from simengine.simulation.jobs.runner import Job, Outcome, run_jobs

JOBS = [Job(str(number), "", f"{number}.mcap") for number in range(4)]


def finish(job: Job) -> Outcome:
    return Outcome(job.id, job.path, "", "", 0.0, 0.0)


def finish_the_first_only(job: Job) -> Outcome:
    if job.id != "0":
        threading.Event().wait()
    return finish(job)


def fail_at_the_second(job: Job) -> Outcome:
    if job.id == "1":
        raise ScenarioError("no room")
    return finish(job)


def leave_a_note(job: Job | None) -> None:
    if job is None:
        return
    time.sleep(0.5)
    with Path(job.path).with_name("prepared").open("a") as note:
        note.write(job.id)


def fail_to_prepare(job: Job | None) -> None:
    if job is not None:
        raise ScenarioError("no room")


def read_the_note(job: Job) -> Outcome:
    return Outcome(job.id, job.path, Path(job.path).with_name("prepared").read_text(), "", 0.0, 0.0)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_job_is_done_once(workers):
    assert sorted(outcome.id for outcome in run_jobs(JOBS, workers, finish)) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_job_that_cannot_be_run_is_the_callers_error(workers):
    with pytest.raises(ScenarioError, match="no room"):
        list(run_jobs(JOBS, workers, fail_at_the_second))


def test_one_worker_prepares_with_the_first_job_before_any_is_begun(tmp_path):
    jobs = [job._replace(path=str(tmp_path / job.path)) for job in JOBS]
    assert [outcome.verdict for outcome in run_jobs(jobs, 2, read_the_note, leave_a_note)] == ["0"] * 4


def test_what_cannot_be_prepared_is_the_callers_error():
    with pytest.raises(ScenarioError, match="no room"):
        list(run_jobs(JOBS, 2, finish, fail_to_prepare))


def test_who_is_interrupted_does_not_wait_for_what_is_under_way():
    before = active_children()
    outcomes = run_jobs(JOBS, 2, finish_the_first_only)
    assert next(outcomes).id == "0"
    outcomes.close()
    assert active_children() == before
