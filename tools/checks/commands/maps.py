"""Read every road file of a folder and tell which are read, remarked and refused, and why."""

import argparse
from pathlib import Path

from simengine.core.text.printable_text import say
from tools.checks.pages import ROOT, check_page, write_page


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "maps",
        help="which road files are read, with what remarks, and which are refused",
        description="Read every .xodr and CommonRoad file of a folder and print a table: read, read with remarks or "
        "refused, and why; with the worst gaps between lanes that lead into each other. Fails if a reader ends in "
        "anything but a network or one readable error.",
    )
    check.add_argument("folder", nargs="?", metavar="FOLDER", help="or one file (default: ../shared/data)")
    check.add_argument("--write", action="store_true", help="keep the table in docs/road_files.md")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from tools.checks.maps import maps as check

    if arguments.write:
        check_page("road_files.md")
    folder = Path(arguments.folder) if arguments.folder else ROOT.parent / "shared" / "data"
    found = []
    say("\n".join(check.HEADER), flush=True)
    for row in check.rows(folder):
        found.append(row)
        say(check.format_row(row), flush=True)
    say(check.summary(found))
    if arguments.write:
        write_page("road_files.md", check.document(found))
    return 0 if all(row.good for row in found) else 1
