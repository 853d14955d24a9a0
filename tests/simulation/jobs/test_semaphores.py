"""Semaphores of processes that were killed all at once are deleted by the next run; those in use stay."""

import os
import signal
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path

import pytest

from simengine.simulation.jobs.semaphores import _namespace, traceable_semaphores

ROOT = Path(__file__).parents[3]
KILLED = """
import os, signal
from multiprocessing import get_context
from simengine.simulation.jobs.semaphores import traceable_semaphores
with traceable_semaphores():
    kept = get_context("spawn").Lock()
print(os.getpid(), flush=True)
os.killpg(0, signal.SIGKILL)
"""
pytestmark = pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="needs shared memory")


def named(process: int) -> list[Path]:
    return list(Path("/dev/shm").glob(f"sem.{_namespace()[1:]}{process}-*"))


def test_what_a_killed_process_group_left_is_deleted_by_the_next():
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, start_new_session=True)
    assert done.returncode == -signal.SIGKILL
    assert len(named(int(done.stdout))) == 1
    with traceable_semaphores():
        mine = get_context("spawn").Lock()
    assert named(int(done.stdout)) == [] and len(named(os.getpid())) == 1
    with traceable_semaphores():
        assert len(named(os.getpid())) == 1
    after = get_context("spawn").Lock()
    assert len(named(os.getpid())) == 1
    del mine, after
    assert named(os.getpid()) == []
