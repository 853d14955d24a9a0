"""Hold the physics against closed forms and published figures."""

import argparse


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "physics",
        help="does the physics meet closed forms and published figures",
        description="Brake, corner, park and collide, and compare with closed forms, the UK stopping table, the linear "
        "single-track model, commonroad-vehicle-models (if installed) and the two physics with each other.",
    )
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from tools.checks.motion import physics as check
    from tools.checks.table import print_rows

    return print_rows(check.rows())
