"""Read inputs that are changed at random, and tell which end otherwise than in words."""

import argparse
import os
from pathlib import Path
from typing import Any

from simengine.core.errors import ConfigError, suggest
from simengine.core.text.command_line import number, whole_number


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "fuzz",
        help="is wrong input of every kind refused in words, soon and within little memory",
        description="Change right inputs of every kind at random, by bytes and in their structure, and read them. A "
        "finding is an exception that is none of simengine's own, a crash, more than 10 s of processor time, or more "
        "memory than ten times the input and 64 MiB; its input is kept. Runs for as long as it is told. Where atheris "
        "is installed, as by the extra `fuzz`, coverage guides the changes of every kind that is a file or a word, and "
        "inputs that reach something new are kept for the next run, in a folder beside the findings.",
    )
    check.add_argument("--minutes", type=number(0.0, 100_000.0), default=10.0, help="for all kinds (default: 10)")
    check.add_argument("--kinds", metavar="KIND,…", help="some kinds only, with commas between them")
    check.add_argument("--seed", type=whole_number(0, 2**62), help="of the first input of each kind (default: drawn)")
    check.add_argument("--inputs", type=whole_number(1, 10**12), default=10**12, help="at most, of each kind")
    check.add_argument("--workers", type=whole_number(1, 256), default=1, help="processes (default: 1)")
    check.add_argument("--findings", metavar="DIR", default="outputs/fuzz", help="for inputs (default: outputs/fuzz)")
    check.add_argument("--episode", metavar="FILE", help="a recorded episode to change (default: one is recorded)")
    check.add_argument("--unguided", action="store_true", help="change right inputs only, by seed, without coverage")
    check.add_argument("--write", action="store_true", help="add the counts to docs/robustness.md")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from tools.checks import robustness
    from tools.checks.fuzz import campaign, guided, samples
    from tools.checks.fuzz.processes import TOLD
    from tools.checks.fuzz.subjects import SUBJECTS, TITLES

    kinds = arguments.kinds.split(",") if arguments.kinds else list(SUBJECTS)
    for kind in kinds:
        if kind not in SUBJECTS:
            raise ConfigError(f"--kinds {kind}: no such kind{suggest(kind, list(SUBJECTS))}")
    episode = Path(arguments.episode).absolute() if arguments.episode else None
    if episode is not None:
        samples.check_whole(episode)
    if arguments.write:
        robustness.check_writable()
    seed = int.from_bytes(os.urandom(5), "big") if arguments.seed is None else arguments.seed
    findings = Path(arguments.findings).absolute()
    print(f"--seed {seed}", flush=True)
    corpus = None
    if arguments.unguided:
        print("coverage guides nothing: --unguided", flush=True)
    elif not guided.is_installed():
        print("coverage guides nothing: atheris is not installed; pip install 'simengine[fuzz]'", flush=True)
    else:
        corpus = findings.parent / f"{findings.name}-corpus"
        print(f"coverage guides changes of files and words; inputs that reach something new: {corpus}", flush=True)

    def tell(kind: str, counts: dict[str, Any], found: list[Path]) -> None:
        shown = ", ".join(f"{counts[name]:,} {name}" for name in ("taken", "refused", "foreign", "hang", "memory"))
        columns = row(counts)
        rate = columns["tried"] / max(counts["busy"], 1e-3)
        grown = f"; branches {counts['reached'][0][0]} to {counts['reached'][-1][0]}" if counts["reached"] else ""
        print(f"{kind}: {shown}; {rate:.0f} a second of processor time{grown}", flush=True)
        if arguments.write:
            robustness.add("fuzz", {TITLES[kind]: columns})
        for folder in found:
            told = (folder / TOLD).read_text(encoding="utf-8", errors="replace").splitlines()
            print(f"  {folder}: {' | '.join(line.strip() for line in told[:2])[:300]}", flush=True)

    found = campaign.run(
        kinds, seed, 60.0 * arguments.minutes, arguments.inputs, arguments.workers, findings,
        episode, tell, corpus,
    )  # fmt: skip
    bad = sum(counts["foreign"] + counts["hang"] + counts["memory"] for counts in found.values())
    total = sum(counts["taken"] + counts["refused"] for counts in found.values()) + bad
    print(f"{total:,} inputs, {bad:,} of them ended otherwise than they may")
    return 1 if bad or not total else 0


def row(counts: dict[str, Any]) -> dict[str, int]:
    """Return the columns of the page from counts by ending."""
    bad = {"foreign": counts["foreign"], "hangs": counts["hang"], "over memory": counts["memory"]}
    return {"tried": counts["taken"] + counts["refused"] + sum(bad.values()), "taken": counts["taken"], **bad}
