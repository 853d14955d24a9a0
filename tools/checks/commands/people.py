"""Measure people on foot: company, spacing, speeds, and that nobody touches anybody."""

import argparse

from simengine.core.text.command_line import number, whole_number
from simengine.core.text.printable_text import say
from tools.checks.pages import check_page, write_page


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "people",
        help="do people on foot walk, stand and keep company as published, and touch nobody",
        description="Run a crowd on three roads and compare shares, distances and speeds with published ones; count "
        "people who touch people, vehicles or scenery, groups torn apart and walkers held up.",
    )
    check.add_argument("--seeds", type=whole_number(1, 1000), default=3, help="of each road (default: 3)")
    check.add_argument("--first-seed", type=whole_number(0, 2**31), default=2001, help="(default: 2001)")
    check.add_argument("--seconds", type=number(0.0, 86_400.0), default=60.0, help="of each run (default: 60)")
    check.add_argument("--physics", choices=["bullet", "batched"], default="bullet")
    check.add_argument("--only", action="append", choices=["street", "narrow street", "intersection"], metavar="PLACE",
                       help="street, narrow street or intersection; may repeat")  # fmt: skip
    check.add_argument("--workers", type=whole_number(0, 1000), default=0, help="processes (default: one a core)")
    check.add_argument("--write", action="store_true", help="keep the table in docs/pedestrians.md")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from simengine.simulation.jobs.runner import default_workers
    from simengine.verify.crowd import PLACES, run_places
    from tools.checks.traffic import people as check

    if arguments.write:
        check_page("pedestrians.md")
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    places = arguments.only or list(PLACES)
    runs = run_places(places, arguments.physics, seeds, arguments.seconds, arguments.workers or default_workers())
    found = check.gather(runs)
    say("\n".join(check.as_table(found)))
    if arguments.write:
        command = f"tools/check.py people --seeds {arguments.seeds} --write"
        write_page("pedestrians.md", check.document(found, command, seeds, arguments.seconds, arguments.physics))
    return 0 if found and all(figures.good for figures in found.values()) else 1
