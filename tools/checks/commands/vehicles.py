"""Measure how every vehicle of the catalog turns, speeds up, stops and crashes, beside what its parameters say."""

import argparse

from simengine.core.text.printable_text import say
from tools.checks.pages import check_page, write_page


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "vehicles",
        help="do vehicles turn, speed up, stop and crash as their parameters say",
        description="Drive every vehicle of the catalog in both physics: turning circle, understeer, run-up, full "
        "stop, a wall at 30 km/h. All have closed forms and must keep to them.",
    )
    check.add_argument("--only", action="append", choices=["batched", "bullet"], help="a physics")
    check.add_argument("--write", action="store_true", help="keep the tables in docs/vehicles.md")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from simengine.core.errors import ConfigError
    from tools.checks.maneuvers.ours import PHYSICS
    from tools.checks.motion import vehicles as check

    physics = arguments.only or list(PHYSICS)
    if arguments.write:
        if len(set(physics)) < len(PHYSICS):
            raise ConfigError("--write keeps the figures of both physics: not with --only")
        check_page("vehicles.md")
    found = []
    for figure in check.figures(physics):
        found.append(figure)
        say(check.as_line(figure), flush=True)
    if arguments.write:
        write_page("vehicles.md", check.document(found, "tools/check.py vehicles --write"))
    return 0 if found and all(figure.good for figure in found) else 1
