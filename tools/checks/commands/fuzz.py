"""Read inputs that are changed at random, and tell which end otherwise than in words."""

import argparse
import os
from pathlib import Path

from simengine.core.command_line import number, whole_number
from simengine.core.errors import ConfigError, suggest


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "fuzz",
        help="is wrong input of every kind refused in words, soon and within little memory",
        description="Change right inputs of every kind at random, by bytes and in their structure, and read them. A "
        "finding is an exception that is none of simengine's own, a crash, more than 10 s of processor time, or more "
        "memory than ten times the input and 64 MiB; its input is kept. Runs for as long as it is told.",
    )
    check.add_argument("--minutes", type=number(0.0, 100_000.0), default=10.0, help="for all kinds (default: 10)")
    check.add_argument("--kinds", metavar="KIND,…", help="some kinds only, with commas between them")
    check.add_argument("--seed", type=whole_number(0, 2**62), help="of the first input of each kind (default: drawn)")
    check.add_argument("--inputs", type=whole_number(1, 10**12), default=10**12, help="at most, of each kind")
    check.add_argument("--workers", type=whole_number(1, 256), default=1, help="processes (default: 1)")
    check.add_argument("--findings", metavar="DIR", default="outputs/fuzz", help="for inputs (default: outputs/fuzz)")
    check.add_argument("--episode", metavar="FILE", help="a recorded episode to change (default: one is recorded)")
    check.add_argument("--write", action="store_true", help="add the counts to docs/robustness.md")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from tools.checks import robustness
    from tools.checks.fuzz import campaign, samples
    from tools.checks.fuzz.subjects import SUBJECTS, TITLES

    kinds = arguments.kinds.split(",") if arguments.kinds else list(SUBJECTS)
    for kind in kinds:
        if kind not in SUBJECTS:
            raise ConfigError(f"--kinds {kind}: no such kind{suggest(kind, list(SUBJECTS))}")
    episode = Path(arguments.episode).absolute() if arguments.episode else None
    if episode is not None:
        samples.episode(episode.parent, False, episode)
    if arguments.write:
        robustness.check_writable()
    seed = int.from_bytes(os.urandom(5), "big") if arguments.seed is None else arguments.seed
    findings = Path(arguments.findings).absolute()
    print(f"--seed {seed}", flush=True)

    def tell(kind: str, counts: dict[str, int]) -> None:
        shown = ", ".join(f"{counts[name]:,} {name}" for name in ("taken", "refused", "foreign", "hang", "memory"))
        print(f"{kind}: {shown}", flush=True)
        if arguments.write:
            robustness.add("fuzz", {TITLES[kind]: row(counts)})
        for folder in sorted(findings.glob(f"{kind}-*")):
            told = (folder / "told.txt").read_text(encoding="utf-8", errors="replace").splitlines()
            print(f"  {folder}: {' | '.join(line.strip() for line in told[:2])[:300]}", flush=True)

    found = campaign.run(
        kinds, seed, 60.0 * arguments.minutes, arguments.inputs, arguments.workers, findings,
        episode, tell,
    )  # fmt: skip
    bad = sum(counts["foreign"] + counts["hang"] + counts["memory"] for counts in found.values())
    total = sum(counts["taken"] + counts["refused"] for counts in found.values()) + bad
    print(f"{total:,} inputs, {bad:,} of them ended otherwise than they may")
    return 1 if bad or not total else 0


def row(counts: dict[str, int]) -> dict[str, int]:
    """Return the columns of the page from counts by ending."""
    bad = {"foreign": counts["foreign"], "hangs": counts["hang"], "over memory": counts["memory"]}
    return {"tried": counts["taken"] + counts["refused"] + sum(bad.values()), "taken": counts["taken"], **bad}
