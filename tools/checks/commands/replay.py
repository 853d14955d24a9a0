"""Replay recorded traffic and measure how far every vehicle is from its recording."""

import argparse
from collections.abc import Iterator

from tools.checks.pages import ROOT


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "replay",
        help="do recorded vehicles stay within 5 cm of their recording",
        description="Replay CommonRoad files with the whole simulator, vehicles not reacting, and compare every "
        "recorded vehicle with the file's own positions at every recorded step.",
    )
    check.add_argument(
        "files", nargs="*", metavar="FILE", help="files or folders (default: ../shared/data/commonroad/ngsim)"
    )
    check.add_argument("--override", action="append", default=[], metavar="key=value", help="a further setting")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from tools.checks.maps import replay as check
    from tools.checks.table import Row, print_rows

    files = check.recordings(arguments.files, ROOT.parent / "shared" / "data" / "commonroad" / "ngsim")

    def rows() -> Iterator[Row]:
        for path in files:
            yield check.row_of(path, check.follow(path, tuple(arguments.override)))

    return print_rows(rows())
