"""Locks that end with the process that holds them, however it ends: of one folder, and of one unfinished file."""

import errno
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simengine.core.errors import ConfigError

LOCK = ".simengine.lock"  # in a folder that is being written to; holds who does
# What file systems without locks answer.
_UNKNOWN = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL)
_TRIES, _PAUSE = 20, 0.02  # another process may hold a lock for a moment only to look whether it is free [s]


def try_lock(handle: int, shared: bool = False) -> bool | None:
    """Lock an open file for this process alone, without waiting.

    Args:
        handle: Its descriptor; the lock ends when it is closed, at the latest with the process.
        shared: Whether others may share the lock.

    Returns:
        True, or False if another process holds it; None where the file system has no locks.
    """
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _UNKNOWN:
            return None
        raise
    return True


def is_named(handle: int, path: Path) -> bool:
    """Return whether an open file is the one that a path names now."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path, follow_symlinks=False))
    except FileNotFoundError:
        return False


@contextmanager
def folder_lock(folder: Path, setting: str) -> Iterator[None]:
    """Keep other processes from writing to a folder; a lock whose process has ended is taken over.

    Args:
        folder: It is there. The one above it must not be locked by another process either: a sweep locks the folder of
            its jobs' folders.
        setting: What the user gave, for the message.

    Raises:
        ConfigError: Another process is writing to it; the message has its id.
        OSError: The folder takes no files.
    """
    path = folder / LOCK
    handle = _take(path, setting)
    try:
        refuse_locked(folder.absolute().parent, setting)
        yield
    finally:
        if is_named(handle, path):
            path.unlink(missing_ok=True)
        os.close(handle)


def refuse_locked(folder: Path, setting: str) -> None:
    """Refuse a folder that another process is writing to.

    Raises:
        ConfigError: One is; the message has its id.
    """
    try:
        handle = os.open(folder / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not _is_free(handle, shared=True):
            _refuse(handle, folder, setting)
    finally:
        os.close(handle)


def _take(path: Path, setting: str) -> int:
    """Return the descriptor of a folder's lock, which this process holds now."""
    for _ in range(_TRIES):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
        try:
            free = _is_free(handle)
            if free and is_named(handle, path):  # else its holder has deleted it in between
                os.ftruncate(handle, 0)
                os.pwrite(handle, f"{os.getpid()} {socket.gethostname()}\n".encode(), 0)
                return handle
            if not free and _holder(handle)[0] not in (0, os.getpid()):
                _refuse(handle, path.parent, setting)
        except BaseException:
            os.close(handle)
            raise
        if not free:
            time.sleep(_PAUSE)
        os.close(handle)
    raise ConfigError(f"{setting}: this process, or another one, is writing to {path.parent}; choose another folder")


def _is_free(handle: int, shared: bool = False) -> bool:
    """Return whether nobody else holds a lock; where there are none the process that it names must have ended."""
    taken = try_lock(handle, shared)
    if taken is not None:
        return taken
    process, host = _holder(handle)
    return process in (0, os.getpid()) or (host == socket.gethostname() and not is_alive(process))


def _holder(handle: int) -> tuple[int, str]:
    """Return the id and the machine of the process that wrote into a lock, 0 if none did."""
    words = os.pread(handle, 300, 0).decode(errors="replace").split()
    return (int(words[0]), words[1]) if len(words) == 2 and words[0].isdecimal() else (0, "")


def is_alive(process: int) -> bool:
    """Return whether there is a process of an id."""
    with suppress(PermissionError, OverflowError):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
    return True


def _refuse(handle: int, folder: Path, setting: str) -> None:
    process, host = _holder(handle)
    who = f"process {process}" if process else "another process"
    who += f" on {host}" if host not in ("", socket.gethostname()) else ""
    raise ConfigError(f"{setting}: {who} is writing to {folder}; wait until it ends, or choose another folder")
