"""Medians of repeated measurements, the machine they were made on, and how both are shown."""

import os
import platform
import statistics
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """One thing that was measured several times."""

    what: str
    values: tuple[float, ...]
    unit: str
    aim: float | None = None  # what the project wants it to reach
    at_least: bool = True  # else at most
    note: str = ""

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def reached(self) -> bool | None:
        """Whether the median reaches the aim; None without an aim."""
        if self.aim is None:
            return None
        return self.median >= self.aim if self.at_least else self.median <= self.aim


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000.0 else f"{value:.3g}"


def format_figure(figure: Figure) -> str:
    """Return a figure as one line."""
    spread = f"{_number(min(figure.values))}–{_number(max(figure.values))}" if len(figure.values) > 1 else "once"
    line = f"{figure.what:52} {_number(figure.median):>10} {figure.unit:14} {spread:17}"
    if figure.aim is not None:
        sign, outcome = "≥" if figure.at_least else "≤", "reached" if figure.reached else "NOT REACHED"
        line += f" aim {sign} {_number(figure.aim)}: {outcome}"
    return f"{line}  {figure.note}".rstrip()


def machine() -> dict[str, Any]:
    """Return what runs, on what, and how busy that is; the load is of the last minute, other people's work included."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.is_file():
        names = [
            line.split(":", 1)[1] for line in information.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0].strip() if names else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {
        "processor": model, "cores": cores, "load": round(os.getloadavg()[0], 2), "python": platform.python_version(),
        "numba": version("numba"), "numpy": version("numpy"),
    }  # fmt: skip


def describe(found: dict[str, Any]) -> str:
    """Return a machine as one line, with a warning where others use it too."""
    line = f"{found['processor']}, {found['cores']} cores, Python {found['python']}, load {found['load']}"
    return f"{line}: others are using it, so times are too long" if found["load"] > 0.5 else line


def show(figures: Iterable[Figure], command: str, as_json: bool) -> int:
    """Print figures as they are measured, or all of them as JSON; returns 0: a benchmark finds, it does not judge."""
    import json

    before, shown = machine(), []
    if not as_json:
        print(describe(before), flush=True)
    for figure in figures:
        shown.append(figure)
        print(format_figure(figure), file=sys.stderr if as_json else sys.stdout, flush=True)
    if as_json:
        rows = [{**figure._asdict(), "median": figure.median, "reached": figure.reached} for figure in shown]
        after = machine()["load"]
        print(json.dumps({"command": command, "machine": before, "load_after": after, "figures": rows}, indent=1))
    else:
        print(f"load afterwards {machine()['load']}, this benchmark included", flush=True)
    return 0
