"""Disturb runs at drawn moments: kill them, tear their files, take their space, start a second one."""

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

from simengine.core.text.command_line import whole_number


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "chaos",
        help="is a dataset the same whatever befell the run",
        description="Kill a `generate` of small episodes at drawn moments (the command, a worker or all its processes; "
        "SIGKILL, SIGTERM or SIGINT), let it go on, and compare digests, index, bytes and names of files with an "
        "undisturbed run; no process may be left. Then tear files, stop workers, take the space away and start two "
        "runs in one folder. Needs Linux.",
    )
    check.add_argument("--kills", type=whole_number(0, 1_000_000), default=20, help="how often (default: 20)")
    check.add_argument("--mishaps", type=whole_number(0, 100_000), default=1, help="of each other kind (default: 1)")
    check.add_argument("--seed", type=whole_number(0, 2**32), help="of the moments (default: drawn, and printed)")
    check.add_argument("--episodes", type=whole_number(2, 10_000), default=6, help="of a dataset (default: 6)")
    check.add_argument("--override", action="append", default=[], metavar="key=value", help="a further setting")
    check.add_argument("--write", action="store_true", help="add the counts to docs/robustness/")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from simengine.core.errors import ConfigError
    from tools.checks.chaos.course import prepare
    from tools.checks.chaos.kills import kills
    from tools.checks.chaos.mishaps import mishaps
    from tools.checks.chaos.tally import keep, read_runs, summarize
    from tools.checks.pages import ROOT

    if sys.platform != "linux":
        raise ConfigError("chaos: finds the processes of a run in /proc, which only Linux has")
    if arguments.write:
        read_runs(ROOT / "docs" / "robustness" / "chaos.json")
    seed = int.from_bytes(os.urandom(4), "big") if arguments.seed is None else arguments.seed
    draw, trials = random.Random(seed), []
    with tempfile.TemporaryDirectory(prefix="simengine-chaos-") as scratch:
        course = prepare(Path(scratch), arguments.episodes, arguments.override)
        print(f"undisturbed: {course.start:.1f} s to start, {course.work:.1f} s to make", flush=True)
        for found in (kills(course, arguments.kills, draw), mishaps(course, arguments.mishaps, draw)):
            for trial in found:
                trials.append(trial)
                mark = "BAD" if trial.faults else "ok "
                print(f"{mark} {trial.kind}  {'; '.join(trial.faults)}".rstrip(), flush=True)
                if arguments.write:  # what is tried before this is interrupted counts
                    keep(ROOT / "docs", summarize(seed, course.settings, trials))
    bad = sum(bool(trial.faults) for trial in trials)
    print(f"{len(trials)} tried with seed {seed}, {bad} with faults", flush=True)
    return 1 if bad or not trials else 0
