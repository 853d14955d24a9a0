"""Measure ordinary traffic: does it collide, does it get through, does it flow as its model says."""

import argparse

from simengine.core.text.command_line import number, whole_number

SPAN = number(0.0, 86_400.0)


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "traffic",
        help="does ordinary traffic get along, get through and flow as its model says",
        description="Run a ring highway and a signaled intersection with the mixed fleet in both physics and count "
        "collisions and vehicles that get through; compare the flow of equal drivers with the model's equilibrium. "
        "Takes about half an hour on two quiet cores with the default spans.",
    )
    check.add_argument("--hours", type=SPAN, default=10.0, help="simulated in batched, of each place (default: 10)")
    check.add_argument("--minutes", type=SPAN, default=10.0, help="simulated in bullet, of each (default: 10)")
    check.add_argument("--each", type=SPAN, default=1800.0, help="seconds a world runs at most (default: 1800)")
    check.add_argument("--workers", type=whole_number(0, 1000), default=0, help="processes (default: one a core)")
    check.add_argument("--only", action="append", choices=["ring", "intersection", "flow"], help="a part; may repeat")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from simengine.simulation.jobs.runner import default_workers
    from tools.checks.table import print_rows
    from tools.checks.traffic import traffic as check

    spans = {"batched": 3600.0 * arguments.hours, "bullet": 60.0 * arguments.minutes}
    places = arguments.only or list(check.PLACES)
    return print_rows(check.rows(spans, places, arguments.each, arguments.workers or default_workers()))
