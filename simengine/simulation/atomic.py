"""Files that are complete or absent: written under a hidden name, forced to the disk, then renamed."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simengine.core.errors import ConfigError
from simengine.core.files import holds


def unfinished_name(path: Path) -> Path:
    """Return the hidden name a file has until it is complete."""
    return path.with_name(f".{path.name}.unfinished")


def reason(error: OSError) -> str:
    """Return why the system refused, in words."""
    return (error.strerror or str(error) or type(error).__name__).lower()


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
    hidden = unfinished_name(path)
    try:
        hidden.touch()
        hidden.unlink()
    except OSError as error:
        raise ConfigError(f"{named}: cannot be written: {reason(error)}") from None


@contextmanager
def complete_or_absent(path: Path) -> Iterator[Path]:
    """Give the hidden name to write to; when all is written the file gets its own.

    Raises:
        ConfigError: It cannot be written; nothing is left behind then.
    """
    path = Path(path)
    hidden = unfinished_name(path)
    _refuse_special(path, str(path))
    try:
        yield hidden
        with hidden.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(hidden, path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {reason(error)}") from None
    finally:
        with contextlib.suppress(OSError):  # a name that no file can have
            hidden.unlink(missing_ok=True)
