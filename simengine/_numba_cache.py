"""Give compiled kernels a cache folder that is right whichever file changed, and that nobody else can write to.

Numba's cache looks only at the file of the outermost kernel, so an edited callee in another file would run stale. The
folder's name therefore holds a hash of every source file: constants are compiled into kernels from files that never
mention numba. It lies in the user's cache folder, or in a temporary one where there is no writable home. A
`NUMBA_CACHE_DIR` that is already set is kept.

Numba's index is a pickle and its other files are machine code: whoever can write them runs code as the user. A folder
that belongs to somebody else, or that others may write to, is therefore never used, whoever chose it.
"""

import atexit
import hashlib
import importlib.metadata
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from simengine._interrupts import is_command
from simengine.core.text.printable_text import one_line, say

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS_ENTER = stat.S_IXGRP | stat.S_IXOTH


def _source_hash() -> str:
    digest = hashlib.sha256()
    package = Path(__file__).parent
    for source in sorted(package.rglob("*.py")):
        digest.update(str(source.relative_to(package)).encode() + b"\0" + source.read_bytes())
    digest.update(importlib.metadata.version("numba").encode())
    return digest.hexdigest()[:16]


def _cache_root() -> Path:
    candidates = [os.environ.get("XDG_CACHE_HOME"), os.path.join(os.path.expanduser("~"), ".cache")]
    for candidate in candidates:
        if not candidate or candidate.startswith("~"):
            continue
        root = Path(candidate) / "simengine"
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(root, os.W_OK):
            return root
    return Path(tempfile.gettempdir()) / f"simengine-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def _fault(folder: Path) -> str:
    """Say why a folder is not the user's alone; empty if it is.

    What lies in it counts too, unless nobody else can enter it.
    """
    user = os.getuid()

    def of_others(path: Path) -> str:
        found = os.lstat(path)
        if found.st_uid != user:
            return f"{path} belongs to another user"
        if found.st_mode & _OTHERS_WRITE and not stat.S_ISLNK(found.st_mode):
            return f"others may write to {path} (chmod -R go-w {folder} mends it if you trust what is in it)"
        return ""

    folder = folder.resolve()
    for parent in folder.parents:
        mode = os.stat(parent).st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:  # whoever may write to it may put another folder there
            return f"others may write to {parent}"
    fault = of_others(folder)
    if fault or not os.stat(folder).st_mode & _OTHERS_ENTER:
        return fault
    return next((found for path in sorted(folder.rglob("*")) if (found := of_others(path))), "")


def trusted(folder: Path) -> Path:
    """Return a cache folder if it is the user's alone, else a fresh one that lasts as long as this process.

    Args:
        folder: Made if it is not there.
    """
    if not hasattr(os, "getuid"):
        return folder
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fault = _fault(folder)
    except OSError as error:
        fault = f"{folder}: {(error.strerror or str(error)).lower()}"
    if not fault:
        return folder
    try:
        fresh = Path(tempfile.mkdtemp(prefix="simengine-kernels-"))
    except OSError as error:
        _refuse(f"{fault}, and no temporary folder can be made: {(error.strerror or str(error)).lower()}")
    atexit.register(_remove, fresh, os.getpid())
    said = f"simengine: the kernels' cache is not used, as {fault}; kernels are compiled anew in {fresh}"
    say(one_line(said), sys.stderr)
    return fresh


def _refuse(why: str) -> NoReturn:
    """End the command in one line, or the import of whoever imports the package: there is no place for kernels."""
    said = f"compiled kernels have no place: {why}; NUMBA_CACHE_DIR or TMPDIR may name a folder that can be written to"
    if is_command():
        say(one_line(f"simengine: {said}"), sys.stderr)
        raise SystemExit(2)
    raise ImportError(said)


def _remove(folder: Path, process: int) -> None:
    if os.getpid() == process:  # not in a copy of it, which a fork makes
        shutil.rmtree(folder, ignore_errors=True)


def _configure() -> None:
    # Later processes of this one inherit the variable, so that only the first says what it did.
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    os.environ["NUMBA_CACHE_DIR"] = str(trusted(Path(chosen) if chosen else _cache_root() / _source_hash()))
    os.environ.setdefault("NUMBA_THREADING_LAYER", "workqueue")


_configure()
