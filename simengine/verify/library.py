"""The scenario library: what there is, what each scenario tests, and how hard it is."""

import csv
import shutil
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

from simengine.core.errors import ConfigError
from simengine.core.text.printable_text import say, visible
from simengine.metrics.intervals import wilson_interval
from simengine.scenario.compose import compose, scenario_names
from simengine.scenario.config_loader import configuration_root
from simengine.scenario.override_text import is_searchpath, setting

DIFFICULTY_FILE = "difficulty.csv"  # beside the scenarios; written by `tools/check.py difficulty`


class Share(NamedTuple):
    """A counted share with its interval of 95 % (`metrics.intervals`)."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.0%} ({self.low:.0%} to {self.high:.0%})"


def share_of(count: int, total: int) -> Share:
    """Return a share with its interval; of nothing none is known, which reads 0 % (0 % to 100 %)."""
    return Share(count / total if total else 0.0, *wilson_interval(count, total))


class Difficulty(NamedTuple):
    """How a scenario's distribution treats the built-in driver, measured over many samples.

    Invalid samples, whose hazardous actor came to grief by itself, are left out of the shares.
    """

    ego: str  # preset of the ego, which says how late its driver reacts
    samples: int
    invalid: int
    fired: float  # share of the valid samples whose hazard event fired
    failures: int
    harmless: int  # of the failures: those that harmed nobody, only late or braked hard
    unjudged: int  # of the failures: those whose second run, with the careful driver, was invalid
    failed: Share  # of the valid samples
    avoidable: Share  # of the judged failures: those that a careful and competent driver avoids
    unavoidable: Share  # of the valid samples: those whose harm that driver does not avoid

    @property
    def judged(self) -> int:
        """How many failures did harm and were run again by a careful driver, with a valid outcome."""
        return self.failures - self.harmless - self.unjudged


class Entry(NamedTuple):
    """One scenario of the library."""

    name: str
    tests: str
    tags: tuple[str, ...]
    difficulty: Difficulty | None


_SHARES = ("failed", "avoidable", "unavoidable")
DIFFICULTY_COLUMNS = (
    "scenario", "ego", "samples", "invalid", "fired", "failures", "harmless", "unjudged",
    *(f"{share}{end}" for share in _SHARES for end in ("", "_low", "_high")),
)  # fmt: skip


def difficulty_row(name: str, found: Difficulty) -> dict[str, str]:
    """Return a scenario's figures as a row of the file."""
    counts = ("samples", "invalid", "failures", "harmless", "unjudged")
    row = {"scenario": name, "ego": found.ego, "fired": f"{found.fired:.4f}"}
    row |= {key: str(getattr(found, key)) for key in counts}
    for key in _SHARES:
        share: Share = getattr(found, key)
        row |= {key: f"{share.value:.4f}", f"{key}_low": f"{share.low:.4f}", f"{key}_high": f"{share.high:.4f}"}
    return row


def read_difficulty(path: Path | None = None) -> dict[str, Difficulty]:
    """Return the measured figures by scenario; empty where none were written.

    Args:
        path: Of the file; None for the library's.
    """
    path = configuration_root() / "scenarios" / DIFFICULTY_FILE if path is None else path
    if not path.is_file():
        return {}

    def share(row: dict[str, str], key: str) -> Share:
        return Share(float(row[key]), float(row[f"{key}_low"]), float(row[f"{key}_high"]))

    with path.open(newline="") as file:
        return {
            row["scenario"]: Difficulty(
                row["ego"],
                int(row["samples"]),
                int(row["invalid"]),
                float(row["fired"]),
                int(row["failures"]),
                int(row["harmless"]),
                int(row["unjudged"]),
                *(share(row, key) for key in _SHARES),
            )
            for row in csv.DictReader(file)
        }


def library(overrides: list[str] | tuple[str, ...] = ()) -> list[Entry]:
    """Return every scenario, those of the user's search path included."""
    measured = read_difficulty()
    search = tuple(text for text in overrides if is_searchpath(text))
    entries = []
    for name in scenario_names(search):
        body = compose("config", (setting("scenario", name), *search)).get("scenario")
        lacks = [key for key in ("tests", "tags") if not isinstance(body, dict) or key not in body]
        if lacks:
            raise ConfigError(f"scenario={name}: its file lacks {' and '.join(f'scenario.{key}' for key in lacks)}")
        if not isinstance(body["tags"], list):
            raise ConfigError(f"scenario={name}: scenario.tags = {body['tags']}: must be a list, as in [a, b]")
        entries.append(Entry(name, str(body["tests"]), tuple(map(str, body["tags"])), measured.get(name)))
    return entries


def difficulty_text(entry: Entry) -> str:
    """Return how hard a scenario is in a sentence, or that this is not known; empty for ordinary traffic."""
    if "ordinary" in entry.tags:
        return ""
    if entry.difficulty is None:
        return "how hard it is: not measured"
    d = entry.difficulty
    text = f"built-in driver of ego={d.ego} fails {d.failed} of {d.samples - d.invalid} samples"
    if d.judged == 0:
        return text
    return (
        f"{text}; a careful driver (after UN R157) would have avoided {d.avoidable} of the {d.judged} harmful failures"
    )


def print_library(overrides: list[str]) -> None:
    """Print the library as a table: name, what it tests, tags, how hard it is."""
    for text in overrides:
        if not is_searchpath(text):
            raise ConfigError(f"{text}: list takes only hydra.searchpath=[file://FOLDER]")
    entries = library(overrides)
    wide = max(len(visible(entry.name)) for entry in entries)
    columns = shutil.get_terminal_size((120, 40)).columns if sys.stdout.isatty() else 160
    room = max(30, columns - wide - 2)
    for entry in entries:
        lines = textwrap.wrap(entry.tests, room)
        lines.append("tags: " + ", ".join(entry.tags))
        lines += textwrap.wrap(difficulty_text(entry), room)
        for number, line in enumerate(lines):
            say(f"{visible(entry.name) if number == 0 else '':{wide}}  {visible(line)}")
    say(f"\n{len(entries)} scenarios; run one with: simengine generate scenario={entries[0].name}")
