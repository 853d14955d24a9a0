"""Temporary folders that a later run deletes if the process that made them was killed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simengine.core.errors import ConfigError
from simengine.simulation.files.locks import is_named, try_lock
from simengine.simulation.files.whole_files import reason

_TRIES = 10


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """Give a private temporary folder that is gone in the end; those left behind by killed processes go first.

    Args:
        purpose: What it is for, in a word: the folder is called `simengine-PURPOSE-…`.

    Raises:
        ConfigError: It cannot be made.
    """
    prefix = f"simengine-{purpose}-"
    _remove_left_behind(Path(tempfile.gettempdir()), prefix)
    folder, handle = _locked(prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _locked(prefix: str) -> tuple[Path, int]:
    """Make a folder; returns it with a descriptor that holds its lock until it is closed, however the process ends."""
    try:
        for _ in range(_TRIES):
            folder = Path(tempfile.mkdtemp(prefix=prefix))
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            if try_lock(handle) is not False and is_named(handle, folder):
                return folder, handle
            os.close(handle)  # taken for a killed process's before it was locked
    except OSError as error:
        raise ConfigError(f"a temporary folder cannot be made: {reason(error)} (TMPDIR says where)") from None
    raise ConfigError(f"a temporary folder cannot be made: every {prefix}… is taken (TMPDIR says where)")


def _remove_left_behind(place: Path, prefix: str) -> None:
    """Delete the user's own folders that nobody holds a lock on; others may write to `place` too."""
    for folder in place.glob(f"{prefix}*"):
        try:
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:  # a link, a file, or nothing that this user may read
            continue
        try:
            if os.fstat(handle).st_uid == os.getuid() and try_lock(handle):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(handle)
