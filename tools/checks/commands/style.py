"""Measure the drivers of traffic=recorded_style against recordings that their fit did not see."""

import argparse

from tools.checks.pages import ROOT, check_page, write_page


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "style",
        help="do the drivers of traffic=recorded_style drive like recorded ones",
        description="Let the drivers of traffic=recorded_style drive the vehicles of recordings that `simengine fit` "
        "holds out, and compare accelerations, speeds, headways, gaps and lane changes with the recorded ones: the "
        "distance of each has to be at most twice that between halves of the recordings.",
    )
    check.add_argument("files", nargs="*", metavar="FILE", help="recordings (default: ../shared/data/commonroad/ngsim)")
    check.add_argument("--write", action="store_true", help="keep the table in docs/recorded_style.md")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from simengine.core.errors import ConfigError
    from tools.checks.table import print_rows
    from tools.checks.traffic import style as check

    if arguments.write and arguments.files:
        raise ConfigError("--write keeps the table of the recordings that the preset was fitted to: not with FILE")
    if arguments.write:
        check_page("recorded_style.md")
    found = check.measure(arguments.files, ROOT.parent / "shared" / "data" / "commonroad" / "ngsim")
    code = print_rows(check.rows(found))
    if arguments.write:
        write_page("recorded_style.md", check.as_markdown(found, "tools/check.py style --write"))
    return code
