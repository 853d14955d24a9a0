"""How one input ended: taken, refused in words for users, or otherwise than it may."""

import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from simengine.core.errors import ConfigError, ScenarioError

LIMIT = 10.0  # of processor time for one case [s]
_LONGEST = 20_000  # characters that a message may have: it may tell many wrong settings, a line each


class Fault(NamedTuple):
    """A case that ended otherwise than it may."""

    seed: int
    what: str  # the exception, or that it took too long
    detail: str  # of the case


class TooLong(BaseException):
    """Not an `Exception`, so that no reader takes it for a fault of its input."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Interrupt what takes longer than some processor time [s]; in the main thread only."""

    def stop(_signal: int, _frame: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, before)


def judge(seed: int, read: Any, shown: str) -> tuple[str, Fault | None]:
    """Run a reader; returns `taken` or `refused`, and a fault if it ended otherwise than it may."""
    began = time.process_time()
    try:
        with within(LIMIT):
            read()
    except (ConfigError, ScenarioError) as error:
        message = str(error)
        lines = message.split("\n")
        fault = ""
        if not all(line.strip() for line in lines):
            fault = "an empty message or line"
        elif len(message) > _LONGEST or "Traceback" in message or "pydantic" in message:
            fault = "a message that is none for users"
        return "refused", Fault(seed, f"{fault}: {message[:500]!r}", shown) if fault else None
    except TooLong:
        return "refused", Fault(seed, f"more than {time.process_time() - began:.0f} s of processor time", shown)
    except Exception as error:  # whatever else it is, is what is looked for
        place = "".join(traceback.format_tb(error.__traceback__)[-3:])
        return "refused", Fault(seed, f"{type(error).__name__}: {str(error)[:300]}\n{place}", shown)
    return "taken", None
