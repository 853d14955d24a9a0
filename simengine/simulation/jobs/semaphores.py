"""Semaphores that a later run deletes if the processes that shared them were killed all at once.

The system keeps a named semaphore until somebody deletes it. Python's own tracker does so for a process that was
killed, unless it was killed with it, as by the signal to a whole process group.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import current_process
from pathlib import Path

from simengine.simulation.files.locks import is_alive

_PLACE = Path("/dev/shm")  # Linux shows a semaphore `/name` as the file `sem.name` there
_PREFIX = "semprefix"  # what multiprocessing names semaphores by


def _namespace() -> str:
    """Return what tells processes of one container from those of another that shares the place."""
    return f"/simengine-{os.stat('/proc/self/ns/pid').st_ino}-"


@contextmanager
def traceable_semaphores() -> Iterator[None]:
    """Name semaphores that are made within after this process; those of processes that are gone are deleted first."""
    settings = getattr(current_process(), "_config", {})
    try:
        namespace = _namespace() if sys.platform == "linux" and _PREFIX in settings else ""
    except OSError:  # no /proc
        namespace = ""
    if not namespace:
        yield
        return
    _remove_left_behind(namespace)
    before, settings[_PREFIX] = settings[_PREFIX], f"{namespace}{os.getpid()}"
    try:
        yield
    finally:
        settings[_PREFIX] = before


def _remove_left_behind(namespace: str) -> None:
    for path in _PLACE.glob(f"sem.{namespace[1:]}*"):
        process = path.name.removeprefix(f"sem.{namespace[1:]}").partition("-")[0]
        if process.isdecimal() and not is_alive(int(process)):
            with suppress(OSError):  # another user's, or deleted by another process meanwhile
                path.unlink()
