"""Files that are complete or absent: written under a hidden name, forced to the disk, then renamed.

The hidden name is drawn, so that two processes that write the same file never share it, and whoever writes it holds a
lock on it: what a killed process left behind is told from what another one is writing, and deleted by the next.
"""

import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from simengine.core.errors import ConfigError
from simengine.core.text.bounded_files import holds
from simengine.simulation.files.locks import is_named, try_lock

_UNFINISHED = re.compile(r"\.(?P<name>.+?)(\.[0-9a-f]{8})?\.unfinished")  # without a drawn part: of older versions
_TRIES = 10


def reason(error: OSError) -> str:
    """Return why the system refused, in words."""
    return (error.strerror or str(error) or type(error).__name__).lower()


def begin_unfinished(path: Path, folder: bool = False) -> tuple[Path, int]:
    """Create what will become a file, or a folder, under a hidden name that nothing else has.

    Args:
        path: Its own name in the end.
        folder: Whether it is a folder.

    Returns:
        The hidden name, and a descriptor that holds its lock until it is closed; a file's can be written to.

    Raises:
        OSError: It cannot be created.
    """
    for _ in range(_TRIES):
        hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}.unfinished")
        try:
            if folder:
                hidden.mkdir()
                handle = os.open(hidden, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            else:
                handle = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        except FileExistsError:
            continue
        if try_lock(handle) is not False and is_named(handle, hidden):
            return hidden, handle
        os.close(handle)  # taken for a killed process's leavings before it was locked
    raise FileExistsError(17, "every hidden name is taken", str(path))


def is_unfinished(path: Path, belongs: Callable[[str], bool] = lambda name: True) -> bool:
    """Return whether a name is the hidden one of something whose own name belongs here."""
    match = _UNFINISHED.fullmatch(path.name)
    return match is not None and belongs(match["name"])


def remove_left_behind(folder: Path, belongs: Callable[[str], bool]) -> None:
    """Delete the unfinished files and folders of processes that were killed; what is being written stays.

    Args:
        folder: Where they are.
        belongs: Told the name that something would have got; whether it is ours to delete.
    """
    with suppress(FileNotFoundError, NotADirectoryError):
        for path in [path for path in folder.iterdir() if is_unfinished(path, belongs)]:
            try:
                handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError:  # a link, or nothing that this user may read
                continue
            try:
                if not try_lock(handle):
                    continue
                if stat.S_ISDIR(os.fstat(handle).st_mode):
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
            finally:
                os.close(handle)


def _refuse_special(path: Path, named: str) -> None:
    """Refuse a pipe, socket or device, in whose place a regular file would be put, and a folder."""
    if holds(Path.is_dir, path):
        raise ConfigError(f"{named}: is a folder, not a file")
    if holds(Path.exists, path) and not path.is_file():
        raise ConfigError(f"{named}: is a pipe, socket or device; it must be a regular file, or a new one")


def refuse_unwritable(path: Path, named: str) -> None:
    """Refuse a file that could not be written, before the work whose outcome it is to hold.

    Args:
        path: Of the file, in a folder that is there.
        named: What the user gave, for the message.

    Raises:
        ConfigError: It is a folder, a pipe, a socket or a device, or its folder takes no files.
    """
    _refuse_special(path, named)
    try:
        hidden, handle = begin_unfinished(path)
        hidden.unlink()
        os.close(handle)
    except OSError as error:
        raise ConfigError(f"{named}: cannot be written: {reason(error)}") from None


@contextmanager
def complete_or_absent(path: Path) -> Iterator[Path]:
    """Give the hidden name to write to; when all is written the file gets its own.

    Raises:
        ConfigError: It cannot be written; nothing is left behind then.
    """
    path = Path(path)
    _refuse_special(path, str(path))
    try:
        remove_left_behind(path.parent, lambda name: name == path.name)
        hidden, handle = begin_unfinished(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {reason(error)}") from None
    try:
        yield hidden
        with hidden.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(hidden, path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {reason(error)}") from None
    finally:
        with suppress(OSError):  # a name that no file can have
            hidden.unlink(missing_ok=True)
        os.close(handle)


@contextmanager
def new_folder(path: Path) -> Iterator[None]:
    """Make a folder, with those above it; those of them that are still empty in the end are taken away again.

    Raises:
        OSError: It cannot be made, or is a file.
    """
    missing = []
    for folder in (path, *path.parents):
        if folder.exists():
            break
        missing.append(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for folder in missing:
            with suppress(OSError):  # it holds something by now, or was never made
                folder.rmdir()


@contextmanager
def room_for(path: Path, named: str) -> Iterator[None]:
    """Make the folder of a file that is to be written, and refuse one that could not be; see `new_folder`.

    Args:
        path: Of the file.
        named: What the user gave, for the message.

    Raises:
        ConfigError: It is a folder, or its folder cannot be made or takes no files.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(new_folder(path.parent))
        except OSError as error:
            raise ConfigError(f"{named}: cannot be written: {reason(error)}") from None
        refuse_unwritable(path, named)
        yield
