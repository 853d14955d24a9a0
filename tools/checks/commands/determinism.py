"""Compare digests across workers, processes, instruction sets and kills."""

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from simengine.core.text.command_line import whole_number


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "determinism",
        help="are digests the same however an episode is made",
        description="Generate with a small rig and compare digests: every scenario by one and by two workers and in a "
        "process of its own, with one and with two threads, compiled for any x86-64 and with NumPy's AVX-512 off; a "
        "run that is killed again and again and goes on. Takes about half an hour for the whole library.",
    )
    check.add_argument("scenario", nargs="*", help="of the library (default: all)")
    check.add_argument("--only", action="append", choices=["workers", "processors", "kills"], help="a part; may repeat")
    check.add_argument("--episodes", type=whole_number(2, 100_000), default=8, help="of the killed run (default: 8)")
    check.add_argument("--kills", type=whole_number(1, 1000), default=5, help="how often (default: 5)")
    check.add_argument("--kill-seed", type=whole_number(0, 2**32), help="of the moments (default: drawn, and printed)")
    check.add_argument("--override", action="append", default=[], metavar="key=value", help="a further setting")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from tools.checks import determinism as check
    from tools.checks.table import Row, print_rows

    names = check.library_scenarios(arguments.scenario)
    seed = int.from_bytes(os.urandom(4), "big") if arguments.kill_seed is None else arguments.kill_seed
    parts = arguments.only or ["workers", "processors", "kills"]

    def rows(scratch: Path) -> Iterator[Row]:
        if "workers" in parts:
            yield from check.across_workers(scratch, names, arguments.override)
        if "processors" in parts:
            yield from check.across_processors(scratch, names, arguments.override)
        if "kills" in parts:
            yield from check.after_kills(
                scratch, names[0], arguments.episodes, arguments.kills, seed, arguments.override
            )

    with tempfile.TemporaryDirectory(prefix="simengine-determinism-") as scratch:
        return print_rows(rows(Path(scratch)))
