"""Measure whether the ground of maps is one surface, for wheels and for the eye."""

import argparse

from tools.checks.pages import ROOT


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "ground",
        help="is the ground of maps one surface without steps, and is it what is seen",
        description="Follow and cross every lane of every map that is not level and look for steps and steep places; "
        "compare the surfaces that cameras and LiDAR see with the ground that wheels stand on.",
    )
    check.add_argument("files", nargs="*", metavar="FILE", help="files or folders (default: ../shared/data)")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from tools.checks.maps import ground as check
    from tools.checks.table import print_rows

    return print_rows(check.rows(check.maps(arguments.files, ROOT.parent / "shared" / "data")))
