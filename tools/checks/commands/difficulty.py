"""Measure every hazard of the library and write the figures that `simengine list` shows."""

import argparse

from simengine.core.text.command_line import whole_number
from tools.checks.pages import ROOT


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "difficulty",
        help="does every hazard fire, is it neither trivial nor hopeless",
        description="Draw samples of hazards, run the built-in driver, and where it fails the careful and competent "
        "driver of UN Regulation 157; print the shares with their 95 % intervals and hold them against bounds. "
        "Reported seeds begin at 5000; with --tuning they begin at 1000: only on those a scenario may be tuned. "
        'Names are also found on a search path: --override "hydra.searchpath=[file://FOLDER]".',
    )
    check.add_argument("scenario", nargs="*", help="of the library, or a file of your own (default: every hazard)")
    check.add_argument("--samples", type=whole_number(1, 1_000_000), default=200, help="of each (default: 200)")
    check.add_argument("--override", action="append", default=[], metavar="key=value", help="a further setting")
    check.add_argument("--tuning", action="store_true", help="draw the seeds that scenarios are tuned on, at most 200")
    check.add_argument("--workers", type=whole_number(0, 1000), default=0, help="processes (default: one a core)")
    check.add_argument("--write", action="store_true", help="keep the figures for `simengine list` and docs/hazards.md")
    check.add_argument("--reasons", action="store_true", help="print every sample")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from simengine.core.errors import ConfigError
    from tools.checks.hazards import difficulty as check

    if arguments.write and (arguments.override or arguments.tuning or arguments.samples < check.LEAST_REPORTED):
        raise ConfigError(
            f"--write keeps published figures: at least {check.LEAST_REPORTED} samples, without --override or --tuning"
        )
    return check.run(arguments, ROOT)
