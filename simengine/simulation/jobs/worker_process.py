"""How worker processes begin and end: none without its parent, and what keeps them from starting is one error."""

import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import active_children, resource_tracker

from simengine.core.errors import ConfigError
from simengine.simulation.files.whole_files import reason
from simengine.simulation.jobs.semaphores import traceable_semaphores

_PR_SET_PDEATHSIG = 1  # of Linux's prctl
_NO_SHARED_MEMORY = (errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSYS, errno.ENOSPC)
_LOOK = 0.5  # a worker looks whether its parent is there so often [s]


def parentage() -> tuple[int, bool]:
    """Return what `stop_with_parent` has to be told by the process that starts workers."""
    return os.getpid(), threading.current_thread() is threading.main_thread()


def stop_with_parent(parent: int, from_main_thread: bool) -> None:
    """Leave Ctrl-C to the parent, and end with it: a worker whose parent is gone must not go on writing.

    Args:
        parent: The id of the process that starts this one. It may have ended since, and this one belong to another.
        from_main_thread: Whether its main thread does: Linux tells of the end of the thread that started a process,
            which is the end of the process for the main one only. Otherwise, and on other systems, the worker looks.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    told_by_kernel = from_main_thread and sys.platform == "linux"
    if told_by_kernel:
        _die_with_parent()
    if os.getppid() != parent:  # it ended before the kernel was told
        os._exit(1)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK)
        os._exit(1)

    try:
        threading.Thread(target=watch, daemon=True).start()
    except RuntimeError:  # no more threads are allowed
        if not told_by_kernel:
            os._exit(1)


def _die_with_parent() -> None:
    """Let the kernel kill this process when the thread that started it ends; where it cannot, `watch` does."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


@contextmanager
def starting_workers(workers: int, others: list, instead: str = "") -> Iterator[None]:
    """Start processes within: no Ctrl-C reaches one before it can leave it to its parent, nor comes between.

    Args:
        workers: How many there will be, for the message.
        others: Processes of this one that are none of the workers.
        instead: What the user can do instead, for the message.

    Raises:
        ConfigError: The system does not let them start; workers that had started before are gone.
    """
    main = threading.current_thread() is threading.main_thread()
    blocked = None
    try:
        resource_tracker.ensure_running()  # it lets Ctrl-C through again when it has started
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT} if main else ())  # children inherit it
        with traceable_semaphores():
            yield
    except (OSError, ImportError, RuntimeError) as error:  # no semaphores, no shared memory, no processes, no threads
        if isinstance(error, RuntimeError) and "thread" not in str(error):
            raise
        stop_workers(others)
        why = reason(error) if isinstance(error, OSError) else str(error)
        if isinstance(error, ImportError) or getattr(error, "errno", None) in _NO_SHARED_MEMORY:
            why += " (is there a /dev/shm that can be written to?)"
        raise ConfigError(f"workers = {workers}: worker processes cannot be started: {why}{instead}") from None
    finally:
        if blocked is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def stop_workers(others: list) -> None:
    """Kill the processes that this one started, stopped ones too, but for some others."""
    for process in active_children():
        if process not in others:
            process.kill()
