"""Many jobs: in workers or in this process, and given up at once when nobody wants them any more."""

import threading
from multiprocessing import active_children

import pytest

from simengine.core.errors import ScenarioError
from simengine.simulation.runner import Job, Outcome, run_jobs

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


@pytest.mark.parametrize("workers", [1, 2])
def test_every_job_is_done_once(workers):
    assert sorted(outcome.id for outcome in run_jobs(JOBS, workers, finish)) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_job_that_cannot_be_run_is_the_callers_error(workers):
    with pytest.raises(ScenarioError, match="no room"):
        list(run_jobs(JOBS, workers, fail_at_the_second))


def test_who_is_interrupted_does_not_wait_for_what_is_under_way():
    before = active_children()
    outcomes = run_jobs(JOBS, 2, finish_the_first_only)
    assert next(outcomes).id == "0"
    outcomes.close()
    assert active_children() == before
