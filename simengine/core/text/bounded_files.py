"""Read files that others wrote: regular ones only, so that no read waits for ever, and of bounded size."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from simengine.core.errors import ConfigError, ScenarioError

MIB = 1 << 20
MAX_MAP_BYTES = 128 * MIB  # of a road's file or a recording
_NO_REGULAR_FILE = "is a pipe, socket or device; a regular file is needed"


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a file for reading.

    Raises:
        ScenarioError: It is a pipe, a socket or a device: these may never end, or never begin.
        OSError: It is not there, is a folder or may not be read.
    """
    # Without O_NONBLOCK the opening of a pipe waits until somebody writes to it.
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # a name with a null character
        raise OSError(0, str(error)) from None
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket, or a device that nothing stands behind
            raise ScenarioError(f"{path}: {_NO_REGULAR_FILE}") from None
        raise
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(21, os.strerror(21), str(path))
        if not stat.S_ISREG(mode):
            raise ScenarioError(f"{path}: {_NO_REGULAR_FILE}")
        os.set_blocking(handle, True)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def holds(test: Callable[[Path], bool], path: Path) -> bool:
    """Return what `Path.exists`, `is_file` or `is_dir` says of a path that somebody named.

    It is False too where there can be no answer: of a name that is too long for any file or holds a zero byte, and in
    a folder that may not be entered. The tests themselves raise `OSError` then.
    """
    try:
        return test(path)
    except (OSError, ValueError):
        return False


def regular_size(path: Path) -> int:
    """Return the size of a regular file [bytes], without opening it.

    Raises:
        ConfigError: It is missing, a folder, a pipe, a socket or a device, or links lead in a circle.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        said = (getattr(error, "strerror", None) or str(error)).lower()
        raise ConfigError(f"{path}: cannot be read: {said}") from None
    if stat.S_ISREG(found.st_mode):
        return found.st_size
    raise ConfigError(f"{path}: is {_kind(found.st_mode)}, not a file")


def _kind(mode: int) -> str:
    """Return what something on the disk is, in words."""
    kinds = (
        (stat.S_ISREG, "a file"), (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"),
    )  # fmt: skip
    return next((name for test, name in kinds if test(mode)), "something else")


def refuse_no_folder(path: Path, setting: str) -> None:
    """Refuse a path of a folder that is to be made or used where something else is in its place, or in its way.

    Args:
        path: Of the folder; it need not be there.
        setting: What the user gave, for the message.

    Raises:
        ConfigError: It, or one that it would lie in, is a file, a pipe, a socket, a device, or a link to nowhere.
    """
    if "\0" in str(path):
        raise ConfigError(f"{setting}: a name may hold no null character")
    for part in (*reversed(path.parents), path):
        if not os.path.lexists(part):
            return
        try:
            mode = os.stat(part).st_mode
        except FileNotFoundError:
            raise ConfigError(f"{setting}: {part} is a link that leads nowhere; a folder is needed") from None
        except OSError as error:  # links in a circle, or a folder that may not be entered
            raise ConfigError(f"{setting}: {part}: {(error.strerror or str(error)).lower()}") from None
        if not stat.S_ISDIR(mode):
            raise ConfigError(f"{setting}: {part} is {_kind(mode)}, not a folder; choose another place")


def read_bounded(path: str | os.PathLike[str], limit: int) -> bytes:
    """Return a regular file's content.

    Args:
        path: Of the file.
        limit: Most that it may hold [bytes].

    Raises:
        ScenarioError: It is larger than `limit`, or no regular file.
        OSError: It is not there, is a folder or may not be read.
    """
    with open_regular(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        shown = f"{limit // MIB} MiB" if limit >= MIB else f"{limit} bytes"
        raise ScenarioError(f"{path}: larger than {shown}, the most such a file may hold")
    return content


def home_path(text: str) -> Path:
    """Return the path that a user typed, with `~` as the home folder; one of nobody, such as ~x, stays as it is."""
    try:
        return Path(text).expanduser()
    except RuntimeError:  # there is no such user
        return Path(text)
