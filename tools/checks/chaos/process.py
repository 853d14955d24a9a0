"""A command with all its processes, which are told from others by a mark in their environment. Linux only."""

import os
import resource
import secrets
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tools.checks.determinism import environment

PATIENCE = 900.0  # after this a command hangs [s]
_MARK = "SIMENGINE_CHAOS"
_LOOK = 0.02  # between two looks at a process [s]
_LINGER = 60.0  # after a command's end its last process is gone by then [s]


class Command:
    """A running command, the leader of a process group of its own.

    Args:
        arguments: The command line.
        log: Where its errors go.
        largest: No file that it writes gets larger [bytes]; None for any size.
    """

    def __init__(self, arguments: Sequence[str], log: Path, largest: int | None = None) -> None:
        self._mark = secrets.token_hex(8)
        self._log = log

        def limit() -> None:
            if largest is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                arguments, env=environment({_MARK: self._mark}), stdout=subprocess.DEVNULL, stderr=errors,
                start_new_session=True, preexec_fn=limit,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        """Of the command itself."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the command itself runs."""
        return self._process.poll() is None

    def said(self) -> str:
        """Return what it has written to its standard error."""
        return self._log.read_text(errors="replace")

    def members(self) -> list[int]:
        """Return all its processes, workers without a parent too."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                own = f"{_MARK}={self._mark}".encode() in (path / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if own:
                found.append(int(path.name))
        return sorted(found)

    def workers(self) -> list[int]:
        """Return its worker processes."""
        found = []
        for member in self.members():
            try:
                line = Path(f"/proc/{member}/cmdline").read_bytes()
            except OSError:
                continue
            if member != self.pid and b"spawn_main" in line:
                found.append(member)
        return found

    def wait_for(self, episodes: Path) -> None:
        """Wait until an episode is being written, or the command ends."""
        until = time.monotonic() + PATIENCE
        while self.running and not list(episodes.glob(".*.unfinished")) and time.monotonic() < until:
            time.sleep(_LOOK)

    def wait(self, seconds: float = PATIENCE) -> int | None:
        """Return its exit code, or None if it has not ended after a time [s]."""
        try:
            return self._process.wait(max(seconds, 0.0))
        except subprocess.TimeoutExpired:
            return None

    def leave_none(self) -> int:
        """Kill what is left of it; returns how many processes outlived the command itself."""
        until = time.monotonic() + _LINGER
        while (left := [pid for pid in self.members() if pid != self.pid or not self.running]) and not self.running:
            if time.monotonic() > until:
                break
            time.sleep(_LOOK)
        while members := self.members():
            for process in members:
                send(process, signal.SIGKILL)
            self._process.poll()
            time.sleep(_LOOK)
        self._process.wait()
        return len(left)


def send(process: int, number: signal.Signals) -> None:
    """Send a signal to a process, which may have ended."""
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return
