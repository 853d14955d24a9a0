"""What reading one input takes: its end in words, its time, and the memory that the process has at its highest.

The memory is the resident memory that the kernel counts for the whole process (`VmHWM`, set back before each input), so
it holds what Python and every library take; what is asked for and never touched does not count. What an input adds is
told from what the process had once it was warm, so that memory a library keeps for later counts too: an input that is
over the bound is read again in a fresh process before it is believed.
"""

import os
import re
import resource
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from simengine.core.errors import ConfigError, ScenarioError
from tools.checks.fuzz.judging import Fault, judge

MIB = 1024 * 1024
FREE, TIMES = 64 * MIB, 10  # what a reader may take: so much, and so many times its input [bytes]
MOST_ADDRESSES = 4096 * MIB  # that a process may reserve beyond what it had when warm, so that the machine stays usable
ENDINGS = ("taken", "refused", "foreign", "hang", "memory")
_NO_MEMORY = re.compile(r"MemoryError|[Uu]nable to allocate|[Oo]ut of memory|[Cc]annot allocate|bad.?alloc|realloc")
_STATUS, _SIZES, _CLEAR = "status", "statm", "clear_refs"
_PAGE = os.sysconf("SC_PAGE_SIZE")


class ChangedInput(NamedTuple):
    """One changed input."""

    read: Callable[[], Any]
    size: int  # of the input [bytes]
    shown: str  # of it, in words


@lru_cache(maxsize=8)
def _opened(name: str, process: int, mode: int) -> int:
    """Open a file about this process once: opening it takes ten times as long as reading it."""
    return os.open(f"/proc/{process}/{name}", mode)


def memory(which: str) -> int:
    """Return `VmRSS`, `VmHWM` or `VmSize` of this process [bytes]."""
    text = os.pread(_opened(_STATUS, os.getpid(), os.O_RDONLY), 8192, 0)
    return int(text[text.index(which.encode()) :].split(maxsplit=2)[1]) * 1024


def resident_now() -> int:
    """Return what `memory("VmRSS")` does, a few pages less exactly and sooner [bytes]."""
    return int(os.pread(_opened(_SIZES, os.getpid(), os.O_RDONLY), 256, 0).split(maxsplit=2)[1]) * _PAGE


def bound_addresses() -> None:
    """Bound what this process may reserve, from now on."""
    most = memory("VmSize") + MOST_ADDRESSES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def try_case(seed: int, case: ChangedInput, resident: int) -> tuple[str, Fault | None]:
    """Read an input.

    Args:
        seed: Its number.
        case: The input.
        resident: What the process had once it was warm [bytes].

    Returns:
        One of `ENDINGS`, and what is wrong, if anything.
    """
    refused_memory: list[str] = []

    def read() -> None:
        try:
            case.read()
        except MemoryError:
            refused_memory.append("memory was refused")
        except (ConfigError, ScenarioError) as error:
            if _NO_MEMORY.search(str(error)):
                refused_memory.append(f"memory was refused: {str(error)[:300]}")
            raise

    os.write(_opened(_CLEAR, os.getpid(), os.O_WRONLY), b"5")  # sets the highest back to what there is now
    ending, fault = judge(seed, read, case.shown)
    taken, most = memory("VmHWM") - resident, FREE + TIMES * case.size
    if refused_memory:
        return "memory", Fault(seed, refused_memory[0], case.shown)
    if fault is not None:
        return ("hang" if "of processor time" in fault.what else "foreign"), fault
    if taken > most:
        return "memory", Fault(seed, f"{taken / MIB:.0f} MiB of memory for {case.size} bytes", case.shown)
    return ending, None
