"""The standard streams of a command: all three are there, however it was started."""

import os
import sys


def open_standard_streams() -> None:
    """Put nothing in the place of standard streams that were closed, as by `2>&-`.

    The next file that is opened would otherwise get the number of the stream, and whatever libraries and worker
    processes print would go into it.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            handle = os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
            if handle != number:
                os.dup2(handle, number)
                os.close(handle)
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115  until the end


def discard_output() -> None:
    """Send what is still to be printed nowhere, once nobody reads it any more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)
