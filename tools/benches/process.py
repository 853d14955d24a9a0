"""Run commands of the project in processes of their own, and watch their time and memory."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from simengine.core.errors import ScenarioError

ROOT = Path(__file__).parents[2]


class Ran(NamedTuple):
    """What a command did."""

    seconds: float
    errors: list[str]  # lines of stderr
    output: list[str]  # lines of stdout
    own_peak: float  # most memory of the process itself [GB]; 0 where /proc is absent
    child_peak: float  # most memory of any of its children [GB]


def _peak_memory(pid: int) -> int:
    """Return the most memory that a process has held so far [kB]."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _children(pid: int) -> list[int]:
    try:
        return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def run(arguments: Sequence[str], changes: Mapping[str, str] | None = None) -> Ran:
    """Run Python with arguments to the end.

    Args:
        arguments: After the interpreter.
        changes: Of the environment. The kernel cache is the user's own unless `XDG_CACHE_HOME` is changed.

    Raises:
        ScenarioError: It failed; holds its last line.
    """
    known = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(ROOT), *([known] if known else [])])
    environment = {**os.environ, "PYTHONPATH": path, **(changes or {})}
    environment.pop("NUMBA_CACHE_DIR", None)  # that of this process
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    peaks = [0, 0]

    def watch() -> None:
        while process.poll() is None:
            peaks[0] = max(peaks[0], _peak_memory(process.pid))
            peaks[1] = max([peaks[1], *map(_peak_memory, _children(process.pid))])
            time.sleep(0.1)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        output, errors = process.communicate()
    finally:
        process.kill()
        watcher.join()
    seconds = time.perf_counter() - begin
    if process.returncode:
        last = (errors.strip() or output.strip() or "no output").splitlines()[-1]
        raise ScenarioError(f"{' '.join(arguments)} ended with code {process.returncode}: {last}")
    return Ran(seconds, errors.splitlines(), output.splitlines(), peaks[0] / 1e6, peaks[1] / 1e6)
