"""Only regular files are read: a pipe would hang, a device would never end."""

import os
import stat
from pathlib import Path

from simengine.core.errors import ConfigError


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
    kinds = (
        (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"),
    )  # fmt: skip
    kind = next((name for test, name in kinds if test(found.st_mode)), "something else")
    raise ConfigError(f"{path}: is {kind}, not a file")
