"""Hold sensors and labels against Embree, against each other and against what the formats' tools read."""

import argparse
import tempfile
from pathlib import Path

from simengine.core.text.command_line import whole_number


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "labels",
        help="do images, points and labels agree with an independent renderer",
        description="Run scenarios of the library and compare every pixel's instance and depth and every eighth LiDAR "
        "column with rays cast by Embree at the same instants, boxes with masks and points, and exports with what "
        "COCO's tools and a KITTI reader make of them.",
    )
    check.add_argument("scenario", nargs="*", help="of the library (default: four)")
    check.add_argument("--weather", action="append", help="may repeat (default: clear and night_rain)")
    check.add_argument("--frames", type=whole_number(1, 60), default=3, help="one a second, of each (default: 3)")
    check.add_argument("--override", action="append", default=[], metavar="key=value", help="a further setting")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from tools.checks.determinism import library_scenarios
    from tools.checks.seen import labels as check
    from tools.checks.table import print_rows

    names = library_scenarios(arguments.scenario) if arguments.scenario else list(check.SCENARIOS)
    weathers = arguments.weather or list(check.WEATHERS)
    with tempfile.TemporaryDirectory(prefix="simengine-labels-") as scratch:
        return print_rows(check.rows(names, weathers, arguments.frames, arguments.override, Path(scratch)))
