"""Ctrl-C of the command: it ends at once and silently while modules are imported, and is told in words afterwards.

Python raises `KeyboardInterrupt` wherever it is. While the package is imported nobody is there yet who could catch it,
and the user would read a traceback of modules that are none of their business.
"""

import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


def is_command() -> bool:
    """Say whether this process was started as the command, `simengine` or `python -m simengine`; no worker was."""
    words = sys.orig_argv
    before = words[: len(words) - len(sys.argv) + 1]  # up to the command itself, without its own arguments
    if len(before) < 2 or os.path.basename(before[-1]) != "simengine":
        return False
    return sys.argv[0] == before[-1] or re.fullmatch("-[A-Za-z]*m", before[-2]) is not None


def _exchange(old: object, new: signal.Handlers) -> None:
    """Put one disposition of Ctrl-C in the place of another; who ignores it, as under `nohup`, goes on doing so."""
    main = threading.current_thread() is threading.main_thread()
    if main and is_command() and signal.getsignal(signal.SIGINT) is old:
        signal.signal(signal.SIGINT, new)


def end_on_interrupt() -> None:
    """Let Ctrl-C end the command without a word, as it ends programs that are not written in Python."""
    _exchange(signal.default_int_handler, signal.SIG_DFL)


@contextmanager
def raising_interrupts() -> Iterator[None]:
    """Let Ctrl-C raise `KeyboardInterrupt` within, where somebody catches it."""
    _exchange(signal.SIG_DFL, signal.default_int_handler)
    try:
        yield
    finally:
        end_on_interrupt()
