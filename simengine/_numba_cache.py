"""Give compiled kernels a cache folder that is right whichever file changed.

Numba's cache looks only at the file of the outermost kernel, so an edited callee in another file would run stale. The
folder's name therefore holds a hash of every source file that mentions numba; it lies in the user's cache folder, or in
a temporary one where there is no writable home. A `NUMBA_CACHE_DIR` that is already set is kept.
"""

import hashlib
import importlib.metadata
import os
import tempfile
from pathlib import Path


def _source_hash() -> str:
    digest = hashlib.sha256()
    package = Path(__file__).parent
    for source in sorted(package.rglob("*.py")):
        text = source.read_bytes()
        if b"numba" in text:
            digest.update(str(source.relative_to(package)).encode() + b"\0" + text)
    digest.update(importlib.metadata.version("numba").encode())
    return digest.hexdigest()[:16]


def _cache_root() -> Path:
    candidates = [os.environ.get("XDG_CACHE_HOME"), os.path.join(os.path.expanduser("~"), ".cache")]
    for candidate in candidates:
        if not candidate or candidate.startswith("~"):
            continue
        root = Path(candidate) / "simengine"
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(root, os.W_OK):
            return root
    return Path(tempfile.gettempdir()) / f"simengine-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def _configure() -> None:
    if "NUMBA_CACHE_DIR" not in os.environ:
        os.environ["NUMBA_CACHE_DIR"] = str(_cache_root() / _source_hash())
    os.environ.setdefault("NUMBA_THREADING_LAYER", "workqueue")


_configure()
