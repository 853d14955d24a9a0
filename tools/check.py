"""Checks that take longer than a test: measured claims of the documentation, each printed with its bound.

tools/check.py difficulty [--samples N] [SCENARIO …]   does every hazard fire, is it neither trivial nor hopeless
"""

import argparse
import csv
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]


def difficulty(arguments: argparse.Namespace) -> int:
    """Measure every hazard of the library and write the figures that `simengine list` shows."""
    from simengine.simulation.runner import default_workers, progress
    from simengine.verify.difficulty import measure, sample_scenario
    from simengine.verify.library import DIFFICULTY_FILE, library

    entries = [entry.name for entry in library() if "ordinary" not in entry.tags]
    names = arguments.scenario or entries
    table = ROOT / "scenarios" / DIFFICULTY_FILE
    rows = {}
    if table.is_file():
        with table.open(newline="") as file:
            rows = {row["scenario"]: row for row in csv.DictReader(file) if row["scenario"] in entries}
    bad = 0
    for name in names:
        with progress(arguments.samples, "sample", name) as bar:
            samples = list(
                sample_scenario(name, arguments.samples, default_workers(), tuple(arguments.override), bar.update)
            )
        found = measure(samples)
        good = found.fired == 1.0 and 0.02 <= found.failed <= 0.80 and found.solvable >= 0.90
        bad += not good
        mark = "ok " if good else "BAD"
        print(
            f"{mark} {name:28} fires {found.fired:6.1%}  fails {found.failed:6.1%} (2–80 %)  "
            f"saved {found.solvable:6.1%} (≥ 90 %)  of {found.samples}",
            flush=True,
        )
        if arguments.reasons:
            for sample in samples:
                print(f"      fired {sample.fired} failed {sample.failed} solvable {sample.solvable} {sample.reason}")
        rows[name] = {
            "scenario": name, "samples": found.samples, "fired": f"{found.fired:.4f}",
            "failed": f"{found.failed:.4f}", "solvable": f"{found.solvable:.4f}",
        }  # fmt: skip
    if arguments.write:
        part = table.with_name(f".{table.name}.part")
        with part.open("w", newline="") as file:
            writer = csv.DictWriter(file, ["scenario", "samples", "fired", "failed", "solvable"], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows[name] for name in sorted(rows))
        os.replace(part, table)
    return 1 if bad else 0


def main() -> int:
    """Run a check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    checks = parser.add_subparsers(required=True, metavar="CHECK")
    check = checks.add_parser("difficulty", help="fire, fail and solvable figures of the scenario library")
    check.add_argument("scenario", nargs="*")
    check.add_argument("--samples", type=int, default=100)
    check.add_argument("--override", action="append", default=[], metavar="key=value")
    check.add_argument("--write", action="store_true", help="keep the figures for `simengine list`")
    check.add_argument("--reasons", action="store_true", help="print every sample")
    check.set_defaults(run=difficulty)
    arguments = parser.parse_args()
    return arguments.run(arguments)


if __name__ == "__main__":
    sys.exit(main())
