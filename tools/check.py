"""Checks that take longer than a test: measured claims of the documentation, each printed with its bound.

Run them with the project's own environment, .venv/bin/python tools/check.py CHECK, once tools/test has made it.
Exit code 0 if every figure keeps to its bound, 1 if one does not, 2 if the check could not be made.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from simengine.core.text.command_line import Parser  # noqa: E402  found beside this file's folder
from tools.checks.commands import (  # noqa: E402
    agreement,
    chaos,
    corrupt,
    determinism,
    difficulty,
    fuzz,
    ground,
    hazards,
    labels,
    maneuvers,
    maps,
    people,
    physics,
    recorded,
    replay,
    settings,
    style,
    traffic,
    traffic_maps,
    vehicles,
)
from tools.command_line import run  # noqa: E402

COMMANDS = (
    difficulty,
    hazards,
    physics,
    maneuvers,
    vehicles,
    labels,
    replay,
    settings,
    recorded,
    style,
    determinism,
    traffic,
    agreement,
    people,
    traffic_maps,
    maps,
    ground,
    chaos,
    fuzz,
    corrupt,
)


def _parser() -> Parser:
    parser = Parser(prog="tools/check.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    checks = parser.add_subparsers(required=True, metavar="CHECK")
    for command in COMMANDS:
        command.add(checks)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a check."""
    return run(_parser(), arguments)


if __name__ == "__main__":
    sys.exit(main())
