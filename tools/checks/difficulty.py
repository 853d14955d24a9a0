"""Hazards of the library: how many fire, fail, are invalid, and how many failures a careful driver avoids."""

import argparse
import csv
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from simengine.core.errors import ConfigError
from simengine.simulation.runner import default_workers, progress
from simengine.verify.difficulty import REPORTED_SEED, TUNING_SEED, Sample, measure, sample_scenario
from simengine.verify.library import (
    DIFFICULTY_COLUMNS,
    DIFFICULTY_FILE,
    Difficulty,
    difficulty_row,
    library,
    read_difficulty,
)

LEAST_REPORTED = 200  # samples of a published share
MOST_TUNING = 200  # seeds that scenarios are tuned on
FAILED = (0.02, 0.80)  # neither trivial nor hopeless for the built-in driver
AVOIDABLE = 0.50  # of the failures, at least
INVALID = 0.02  # of the samples, at most
PAGE = "hazards.md"


def hazards() -> list[str]:
    """Return the scenarios of the library that have a hazard."""
    return [entry.name for entry in library() if "ordinary" not in entry.tags]


def faults(found: Difficulty) -> list[str]:
    """Return which bounds some figures miss, in words."""
    told = []
    if found.fired < 1.0:
        told.append("not every valid sample fires")
    if not FAILED[0] <= found.failed.value <= FAILED[1]:
        told.append(f"fails outside {FAILED[0]:.0%} to {FAILED[1]:.0%}")
    if found.failures and found.avoidable.value < AVOIDABLE:
        told.append(f"avoidable below {AVOIDABLE:.0%}")
    if found.invalid > INVALID * found.samples:
        told.append(f"invalid above {INVALID:.0%}")
    return told


def format_line(name: str, found: Difficulty) -> str:
    """Return a scenario's figures as one line, with what misses its bound."""
    wrong = faults(found)
    line = (
        f"{'BAD' if wrong else 'ok '} {name:28} fires {found.fired:4.0%}  invalid {found.invalid:3} of "
        f"{found.samples}  fails {found.failed!s:22}  avoidable {found.avoidable!s:22} of {found.failures}"
    )
    return f"{line}  {'; '.join(wrong)}" if wrong else line


def format_sample(sample: Sample) -> str:
    """Return a sample as one line."""
    if sample.invalid:
        return f"      {sample.seed} invalid: {sample.invalid}"
    mark = "passed" if not sample.failed else "avoidable" if sample.avoidable else "unavoidable"
    return f"      {sample.seed} {'' if sample.fired else 'not fired, '}{mark}: {sample.reason} | {sample.careful}"


def document(rows: Mapping[str, Difficulty]) -> str:
    """Return the page of all figures as Markdown."""
    lines = [
        "# Hazards of the library",
        "",
        "Written by `tools/check.py difficulty --write`: samples of every hazard with seeds from "
        f"{REPORTED_SEED}, none of which any scenario was tuned on (tuning draws {TUNING_SEED} to "
        f"{TUNING_SEED + MOST_TUNING - 1}). Shares have their 95 % interval by Wilson's score.",
        "",
        "- *invalid*: the hazardous actor touched something other than the ego before the ego was involved, or had "
        "fallen before its event fired. Such a sample says nothing about the driver and is left out of the shares.",
        "- *fails*: the built-in driver fails a criterion.",
        "- *avoidable*: of these failures, the share in which the careful and competent driver of UN Regulation 157 "
        "(Annex 4, Appendix 3) avoids all harm. It is given no knowledge of events: its clock starts when at least a "
        "quarter of the threat is visible from the driver's eye past other actors and scenery, within the sight that "
        "weather and headlamps leave, and it brakes 0.4 s + 0.75 s later with 12.65 m/s³ up to 0.774 g or what the "
        "road holds. It does not swerve. What counts as a threat is told in `simengine/metrics/careful_driver.py`. A "
        "robot brakes by its own limits: a LiDAR of 40 m and 0.1 s a sweep, `ego.reaction_time`, and the deceleration "
        "of its model.",
        "",
        f"Bounds: every valid sample fires; {FAILED[0]:.0%} to {FAILED[1]:.0%} fail; at least {AVOIDABLE:.0%} of the "
        f"failures are avoidable; at most {INVALID:.0%} are invalid.",
        "",
        "| scenario | samples | invalid | fires | fails | avoidable | misses |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for name, found in sorted(rows.items()):
        lines.append(
            f"| {name} | {found.samples} | {found.invalid} | {found.fired:.0%} | {found.failed} | "
            f"{found.avoidable} of {found.failures} | {'; '.join(faults(found))} |"
        )
    return "\n".join(lines) + "\n"


def write(rows: Mapping[str, Difficulty], root: Path) -> None:
    """Keep the figures beside the scenarios and in the documentation."""
    table, page = root / "scenarios" / DIFFICULTY_FILE, root / "docs" / PAGE
    part = table.with_name(f".{table.name}.part")
    with part.open("w", newline="") as file:
        writer = csv.DictWriter(file, DIFFICULTY_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(difficulty_row(name, rows[name]) for name in sorted(rows))
    os.replace(part, table)
    part = page.with_name(f".{page.name}.part")
    part.write_text(document(rows), encoding="utf-8")
    os.replace(part, page)


def known_hazards(asked: Iterable[str]) -> list[str]:
    """Return the hazards that are asked for, all of the library if none is.

    Raises:
        ConfigError: There is no such hazard.
    """
    known = hazards()
    for name in asked:
        if name not in known:
            raise ConfigError(f"{name}: no hazard of the library; there are: {', '.join(known)}")
    return list(asked) or known


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Measure, print and keep; see `tools/check.py difficulty --help`."""
    names = known_hazards(arguments.scenario)
    if arguments.tuning and arguments.samples > MOST_TUNING:
        raise ConfigError(f"--samples {arguments.samples}: with --tuning there are {MOST_TUNING} seeds")
    first = TUNING_SEED if arguments.tuning else REPORTED_SEED
    rows, bad = {}, 0
    for name in names:
        with progress(arguments.samples, "sample", name) as bar:
            samples = list(
                sample_scenario(
                    name, arguments.samples, arguments.workers or default_workers(), tuple(arguments.override),
                    bar.update, first,
                )
            )
        rows[name] = measure(samples)
        bad += bool(faults(rows[name]))
        print(format_line(name, rows[name]), flush=True)
        for sample in samples if arguments.reasons else ():
            print(format_sample(sample))
        if arguments.write:
            known = read_difficulty(root / "scenarios" / DIFFICULTY_FILE)
            write({key: found for key, found in {**known, **rows}.items() if key in hazards()}, root)
    return 1 if bad else 0
