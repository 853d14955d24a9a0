"""Hazards of the library: how many fire, fail, are invalid, and how many failures a careful driver avoids."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from simengine.core.errors import ConfigError
from simengine.core.text.printable_text import say, write_csv
from simengine.metrics.careful_driver import LEAD_BRAKING
from simengine.metrics.threats import CRITICAL_TIME, GENTLE_STOP, MEETING_TIME, PASSING_TIME
from simengine.scenario.compose import chosen_option, compose
from simengine.scenario.override_text import setting
from simengine.simulation.files.whole_files import complete_or_absent, refuse_unwritable
from simengine.simulation.jobs.runner import default_workers, progress
from simengine.verify.difficulty import REPORTED_SEED, TUNING_SEED, Sample, measure, sample_scenario
from simengine.verify.library import (
    DIFFICULTY_COLUMNS,
    DIFFICULTY_FILE,
    Difficulty,
    difficulty_row,
    read_difficulty,
)
from tools.checks.hazards.chosen_hazards import Hazard, chosen_hazards, hazards

LEAST_REPORTED = 200  # samples of a published share
MOST_TUNING = 200  # seeds that scenarios are tuned on
FAILED = (0.02, 0.80)  # neither trivial nor hopeless for the built-in driver
AVOIDABLE = 0.50  # of the failures, at least
INVALID = 0.02  # of the samples, at most
PAGE = "hazards.md"


def faults(found: Difficulty) -> list[str]:
    """Return which bounds some figures miss, in words."""
    told = []
    if found.fired < 1.0:
        told.append("not every valid sample fires")
    if not FAILED[0] <= found.failed.value <= FAILED[1]:
        told.append(f"fails outside {FAILED[0]:.0%} to {FAILED[1]:.0%}")
    if found.judged and found.avoidable.value < AVOIDABLE:
        told.append(f"avoidable below {AVOIDABLE:.0%}")
    if found.invalid > INVALID * found.samples:
        told.append(f"invalid above {INVALID:.0%}")
    return told


def _columns(*cells: str) -> str:
    """Return cells below each other in columns; the last is as wide as it is."""
    widths = (3, 28, 6, 11, 22, 20, 30, 22, 9, 11, 0)
    return " ".join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


HEADING = _columns(
    "", "scenario", "fires", "invalid", "ego", "fails", "avoidable, of judged failures", "unavoidable, of valid",
    "harmless", "not judged", "misses",
)  # fmt: skip


def format_line(name: str, found: Difficulty) -> str:
    """Return a scenario's figures as one line below `HEADING`, with what misses its bound."""
    wrong = faults(found)
    return _columns(
        "BAD" if wrong else "ok", name, f"{found.fired:.0%}", f"{found.invalid} of {found.samples}", found.ego,
        str(found.failed), f"{found.avoidable} of {found.judged}", str(found.unavoidable), str(found.harmless),
        str(found.unjudged), "; ".join(wrong),
    )  # fmt: skip


def format_sample(sample: Sample) -> str:
    """Return a sample as one line."""
    if sample.invalid:
        return f"      {sample.seed} invalid: {sample.invalid}"
    mark = {True: "avoidable", False: "unavoidable", None: "not judged"}[sample.avoidable]
    if not sample.harmed:
        mark = "harmless failure" if sample.failed else "passed"
    return f"      {sample.seed} {'' if sample.fired else 'not fired, '}{mark}: {sample.reason} | {sample.careful}"


def _reaction(ego: str) -> str:
    """Return how late the built-in driver of an ego's preset reacts, in words."""
    value = compose("config", ("scenario=drive", f"ego={ego}"))["ego"]["reaction_time"]
    if isinstance(value, dict) and "truncated_normal" in value:
        mean, deviation, low, high = value["truncated_normal"]
        return f"reacts after {low:g} to {high:g} s, drawn for each sample (normal, {mean:g} ± {deviation:g} s)"
    return f"reacts after {value:g} s" if isinstance(value, int | float) else f"reacts after {value} s"


def _presets(rows: Mapping[str, Difficulty]) -> list[str]:
    """Return what the egos' presets mean, and what a late driver does to the figures."""
    presets = sorted({found.ego for found in rows.values()})
    lines = [
        "The column *ego* names the preset of `conf/ego` with which the scenario comes. It is this ego's driver who "
        "fails:",
        "",
        *(f"- `{ego}`: {_reaction(ego)}." for ego in presets),
        "",
        "The careful driver needs 1.15 s whatever the preset. Where the preset is a distracted one, many failures are "
        "avoidable because the built-in driver is late: *fails* and *avoidable* then tell of such a driver in this "
        "scenario, not of the hazard alone. *Unavoidable* tells more of the hazard: it depends on the preset only "
        "through the samples in which its driver does no harm.",
    ]
    return lines if presets else []


_TERMS = (
    "- *invalid*: the hazardous actor, or one that the hazard names, touched something other than the ego, or fell, "
    "before the ego had touched it, had touched what moved it, or had failed. Such a sample says nothing about the "
    "driver and is left out of the shares.",
    "- *fails*: the built-in driver fails a criterion. *Harmless* are those failures that harm nobody: a goal missed, "
    "too late, or braked too hard.",
    "- *avoidable*: of the other failures, the share in which a careful and competent driver avoids all harm. It is "
    "given no knowledge of events: its clock starts when at least a quarter of the threat is visible from the "
    "driver's eye past other actors and scenery, within the sight that weather and headlamps leave, and it brakes "
    "0.4 s + 0.75 s later with 12.65 m/s³ up to 0.774 g or what the road holds. What counts as a threat is told in "
    "`simengine/metrics/careful_driver.py`. A robot brakes by its own limits: a LiDAR of 40 m and 0.1 s a sweep, "
    "`ego.reaction_time`, and the deceleration of its model.",
    "- *not judged*: failures whose second run, with the careful driver, was invalid. They are in no share of "
    "avoidable failures.",
    "- *unavoidable*: of all valid samples, the share whose harm the careful driver does not avoid either.",
)


def _departures() -> list[str]:
    """Return where the careful driver is another one than the regulation's."""
    return [
        "The careful driver follows UN Regulation 157 (Annex 4, Appendix 3) in its times, its braking, and how it "
        "perceives a cut-in and a leader that brakes. It departs from the regulation in what follows:",
        "",
        f"- For what stands ahead it brakes as soon as {GENTLE_STOP:g} m/s² would no longer do, which from 20 m/s is "
        f"{20.0**2 / (2.0 * GENTLE_STOP):.0f} m and the way of its reaction before; the regulation waits for a time "
        f"to collision of {CRITICAL_TIME:g} s, which is {20.0 * CRITICAL_TIME:.0f} m.",
        f"- It brakes for any leader from a time to collision of {CRITICAL_TIME:g} s on, also for one that never "
        f"slowed by more than {LEAD_BRAKING:g} m/s².",
        "- Whoever crosses is not in the regulation. The driver brakes for those who are about to be on its path "
        f"within {MEETING_TIME:g} s, at a time at which it would be there too, or within {PASSING_TIME:g} s of it.",
        "- In the second run the built-in driver goes on steering, and where it brakes harder or earlier, its braking "
        "counts: the regulation's driver keeps its lane and has its own braking only.",
    ]


def document(rows: Mapping[str, Difficulty]) -> str:
    """Return the page of all figures as Markdown."""
    lines = [
        "# Hazards of the library",
        "",
        f"Written by `tools/check.py difficulty --write`: samples of every hazard with seeds from {REPORTED_SEED}. "
        f"Scenarios are tuned on the seeds {TUNING_SEED} to {TUNING_SEED + MOST_TUNING - 1}, which `--tuning` draws. "
        "Shares have their 95 % interval by Wilson's score.",
        "",
        *_TERMS,
        "",
        *_departures(),
        "",
        *_presets(rows),
        "",
        f"Bounds: every valid sample fires; {FAILED[0]:.0%} to {FAILED[1]:.0%} fail; at least {AVOIDABLE:.0%} of the "
        f"judged failures are avoidable; at most {INVALID:.0%} are invalid.",
        "",
        "| scenario | ego | samples | invalid | fires | fails | harmless | avoidable | not judged | unavoidable | "
        "misses |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for name, found in sorted(rows.items()):
        lines.append(
            f"| {name} | {found.ego} | {found.samples} | {found.invalid} | {found.fired:.0%} | {found.failed} | "
            f"{found.harmless} of {found.failures} | {found.avoidable} of {found.judged} | {found.unjudged} | "
            f"{found.unavoidable} of {found.samples - found.invalid} | {'; '.join(faults(found))} |"
        )
    return "\n".join(lines) + "\n"


def write(rows: Mapping[str, Difficulty], root: Path) -> None:
    """Keep the figures beside the scenarios and in the documentation."""
    table, page = root / "scenarios" / DIFFICULTY_FILE, root / "docs" / PAGE
    with complete_or_absent(table) as hidden:
        found = [difficulty_row(name, rows[name]) for name in sorted(rows)]
        write_csv(hidden, [DIFFICULTY_COLUMNS, *([row[name] for name in DIFFICULTY_COLUMNS] for row in found)])
    with complete_or_absent(page) as hidden:
        hidden.write_text(document(rows), encoding="utf-8")


def _samples(hazard: Hazard, arguments: argparse.Namespace) -> list[Sample]:
    first = TUNING_SEED if arguments.tuning else REPORTED_SEED
    workers = arguments.workers or default_workers()
    with progress(arguments.samples, "sample", hazard.name) as bar:
        return list(sample_scenario(hazard.name, arguments.samples, workers, hazard.overrides, bar.update, first))


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Measure, print and keep; see `tools/check.py difficulty --help`."""
    chosen = chosen_hazards(arguments.scenario, arguments.override)
    if arguments.write and any(hazard.own for hazard in chosen):
        raise ConfigError("--write keeps the figures of the library: not of scenarios of your own")
    for file in (root / "scenarios" / DIFFICULTY_FILE, root / "docs" / PAGE) if arguments.write else ():
        refuse_unwritable(file, f"--write: {file}")
    if arguments.tuning and arguments.samples > MOST_TUNING:
        raise ConfigError(f"--samples {arguments.samples}: with --tuning there are {MOST_TUNING} seeds")
    rows, bad = {}, 0
    say(HEADING, flush=True)
    for hazard in chosen:
        samples = _samples(hazard, arguments)
        ego = chosen_option("config", (setting("scenario", hazard.name), *hazard.overrides), "ego")
        rows[hazard.name] = measure(samples, ego)
        bad += bool(faults(rows[hazard.name]))
        say(format_line(hazard.name, rows[hazard.name]), flush=True)
        for sample in samples if arguments.reasons else ():
            say(format_sample(sample))
        if arguments.write:
            known = read_difficulty(root / "scenarios" / DIFFICULTY_FILE)
            write({key: found for key, found in {**known, **rows}.items() if key in hazards()}, root)
    return 1 if bad else 0
