"""Measured figures beside their bounds, printed as they come."""

import math
from collections.abc import Iterable
from typing import NamedTuple, TextIO

from simengine.core.text.printable_text import say


class Row(NamedTuple):
    """One figure and what it must keep to."""

    what: str
    measured: float
    bound: float
    unit: str
    at_least: bool = False  # the bound is a lower one
    note: str = ""

    @property
    def good(self) -> bool:
        """Whether the figure keeps to its bound; one that is not a number never does."""
        if not math.isfinite(self.measured):
            return False
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


def format_row(row: Row) -> str:
    """Return a row as one line."""
    mark, sign = "ok " if row.good else "BAD", "≥" if row.at_least else "≤"
    line = f"{mark} {row.what:58} {row.measured:>11.5g} {row.unit:4} ({sign} {row.bound:g})"
    return f"{line}  {row.note}" if row.note else line


def print_rows(rows: Iterable[Row], out: TextIO | None = None) -> int:
    """Print rows as they are measured, then how many keep to their bounds.

    Returns:
        The exit code: 1 if one does not, or if there was none.
    """
    total = good = 0
    for row in rows:
        total += 1
        good += row.good
        say(format_row(row), out, flush=True)
    say(f"{good} of {total} within bounds", out, flush=True)
    return 0 if total and good == total else 1
