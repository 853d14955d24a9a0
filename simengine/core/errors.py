"""Errors that a user can cause: each names the place, the value and what is allowed."""

import difflib
import os
from collections.abc import Sequence

_LONGEST = 16_000  # characters of a message: it may tell many wrong settings, a line each


def shortened(text: str) -> str:
    """Return a message of which the middle is left out if it is too long to be read: it may repeat what was typed."""
    return text if len(text) <= _LONGEST else f"{text[: 3 * _LONGEST // 4]} … {text[-_LONGEST // 8 :]}"


class ScenarioError(ValueError):
    """A scenario, road or recording that cannot be used."""

    def __init__(self, message: str = "") -> None:
        super().__init__(shortened(message))


class ConfigError(ValueError):
    """A setting or option that cannot be used."""

    def __init__(self, message: str = "") -> None:
        super().__init__(shortened(message))


class PartError(ScenarioError):
    """A part of an installed package (a driver, an action …) raised something, or returned what is no control."""


class blame:  # noqa: N801  a context manager, used like a function
    """Turn what a part of an installed package raises into one error that names the part.

    Nothing is changed for parts of simengine itself: what they raise is an error of their own or a bug.

    Args:
        part: The driver, action, criterion or sensor that is called within.
        name: What to call it, as in "driver acme".
        at: When, as in " at step 12 (0.60 s)"; empty while it is made: then its own `ConfigError` passes through.
    """

    __slots__ = ("_at", "_name", "_part")

    def __init__(self, part: object, name: str, at: str = "") -> None:
        self._part, self._name, self._at = part, name, at

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if error is None or isinstance(error, KeyboardInterrupt | GeneratorExit):
            return
        if not self._at and isinstance(error, ConfigError | ScenarioError):  # what a part says of its own settings
            return
        home = getattr(self._part, "__module__", None) or type(self._part).__module__
        if home.partition(".")[0] != "simengine":
            raise PartError(f"{self._name} raised {describe_error(error)}{self._at}") from error


def describe_error(error: BaseException) -> str:
    """Return an exception's type, text and the place it came from, in one line."""
    text = " ".join(str(error).split())
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" in {os.path.basename(trace.tb_frame.f_code.co_filename)} line {trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{': ' if text else ''}{text}{place}"


def nearest(word: str, allowed: Sequence[str]) -> str:
    """Return ` (did you mean "…"?)` when one of `allowed` is close to `word`, else an empty string."""
    close = difflib.get_close_matches(word, allowed, n=1, cutoff=0.5)
    return f' (did you mean "{close[0]}"?)' if close else ""


def suggest(word: str, allowed: Sequence[str]) -> str:
    """Return what a message says after a word that is not allowed: the nearest that is, and all of them."""
    return f"{nearest(word, allowed)}; allowed: {', '.join(allowed)}"
