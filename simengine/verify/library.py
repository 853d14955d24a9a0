"""The scenario library: what there is, what each scenario tests, and how hard it is."""

import csv
import shutil
import sys
import textwrap
from typing import NamedTuple

from simengine.core.errors import ConfigError
from simengine.scenario.compose import compose, configuration_root, scenario_names

DIFFICULTY_FILE = "difficulty.csv"  # beside the scenarios; written by `tools/check.py difficulty`


class Difficulty(NamedTuple):
    """How a scenario's distribution treats the built-in driver, measured over many samples."""

    samples: int
    fired: float  # share of the samples whose hazard event fired
    failed: float  # share in which the built-in driver fails
    solvable: float  # share that braking or steering at the hazard's onset saves


class Entry(NamedTuple):
    """One scenario of the library."""

    name: str
    tests: str
    tags: tuple[str, ...]
    difficulty: Difficulty | None


def read_difficulty() -> dict[str, Difficulty]:
    """Return the measured figures by scenario; empty where none were written."""
    path = configuration_root() / "scenarios" / DIFFICULTY_FILE
    if not path.is_file():
        return {}
    with path.open(newline="") as file:
        return {
            row["scenario"]: Difficulty(
                int(row["samples"]), float(row["fired"]), float(row["failed"]), float(row["solvable"])
            )
            for row in csv.DictReader(file)
        }


def library(overrides: list[str] | tuple[str, ...] = ()) -> list[Entry]:
    """Return every scenario, those of the user's search path included."""
    measured = read_difficulty()
    search = tuple(text for text in overrides if text.startswith("hydra.searchpath="))
    entries = []
    for name in scenario_names(search):
        body = compose("config", (f"scenario='{name}'", *search)).get("scenario")
        lacks = [key for key in ("tests", "tags") if not isinstance(body, dict) or key not in body]
        if lacks:
            raise ConfigError(f"scenario={name}: its file lacks {' and '.join(f'scenario.{key}' for key in lacks)}")
        entries.append(Entry(name, str(body["tests"]), tuple(body["tags"]), measured.get(name)))
    return entries


def print_library(overrides: list[str]) -> None:
    """Print the library as a table: name, what it tests, tags, how hard it is."""
    for text in overrides:
        if not text.startswith("hydra.searchpath="):
            raise ConfigError(f"{text}: list takes only hydra.searchpath=[file://FOLDER]")
    entries = library(overrides)
    wide = max(len(entry.name) for entry in entries)
    columns = shutil.get_terminal_size((120, 40)).columns if sys.stdout.isatty() else 160
    room = max(30, columns - wide - 2)
    for entry in entries:
        lines = textwrap.wrap(entry.tests, room)
        lines.append("tags: " + ", ".join(entry.tags))
        if entry.difficulty is not None:
            d = entry.difficulty
            lines.append(
                f"built-in driver fails {d.failed:.0%} of {d.samples} samples; "
                f"braking or steering at the onset saves {d.solvable:.0%}"
            )
        for number, line in enumerate(lines):
            print(f"{entry.name if number == 0 else '':{wide}}  {line}")
    print(f"\n{len(entries)} scenarios; run one with: simengine generate scenario={entries[0].name}")
