"""What was tried and what went wrong, of one run of the check and of all that are kept."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from simengine.core.errors import ConfigError
from simengine.core.text.bounded_files import read_bounded
from simengine.simulation.files.whole_files import complete_or_absent

RECORD, PAGE = "robustness/chaos.json", "robustness/chaos.md"  # in docs/
_MOST = 16 * 1024 * 1024  # of the record [bytes]


class Trial(NamedTuple):
    """One disturbance."""

    kind: str  # as "kill: parent, SIGKILL"
    faults: tuple[str, ...]  # a line each, none if all was as it should be


def summarize(seed: int, settings: Iterable[str], trials: Iterable[Trial]) -> dict[str, Any]:
    """Return the record of a run: its seed and settings, how often each kind was tried, and every fault."""
    trials = list(trials)
    return {
        "seed": seed,
        "settings": list(settings),
        "tried": dict(sorted(Counter(trial.kind for trial in trials).items())),
        "faults": [f"{trial.kind}: {fault}" for trial in trials for fault in trial.faults],
    }


def read_runs(path: Path) -> list[dict[str, Any]]:
    """Return the records that are kept.

    Raises:
        ConfigError: The file is no list of records.
    """
    if not path.exists():
        return []
    try:
        runs = json.loads(read_bounded(path, _MOST))
        if not isinstance(runs, list) or any({"seed", "settings", "tried", "faults"} - set(run) for run in runs):
            raise ValueError("not a list of records")
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{path}: no record of this check: {error}") from None
    return runs


def keep(folder: Path, run: dict[str, Any]) -> None:
    """Add a run to the record and write the page anew.

    Args:
        folder: Of the documentation.
        run: Its record; one with the same seed and settings is replaced.

    Raises:
        ConfigError: One of the files cannot be read or written.
    """
    same = ("seed", "settings")
    runs = [old for old in read_runs(folder / RECORD) if any(old[name] != run[name] for name in same)]
    runs.append(run)
    (folder / RECORD).parent.mkdir(parents=True, exist_ok=True)
    for name, text in ((RECORD, json.dumps(runs, indent=1) + "\n"), (PAGE, document(runs))):
        with complete_or_absent(folder / name) as hidden:
            hidden.write_text(text, encoding="utf-8")


def document(runs: list[dict[str, Any]]) -> str:
    """Return the page: all runs together, a row a kind."""
    tried: Counter[str] = Counter()
    faults = [fault for run in runs for fault in run["faults"]]
    for run in runs:
        tried.update(run["tried"])
    lines = [
        "# Disturbed runs", "",
        "`tools/check.py chaos --write` made this page and `chaos.json`. A `simengine generate` of small episodes with",
        "two workers is disturbed at drawn moments and continued until it is done; then its digests, the rows of",
        "its index, every byte of its episodes and the names of all files have to be those of an undisturbed run. A",
        "process that outlives the command, a command that does not end, an exit code other than the expected one",
        "and a traceback are faults too.", "",
        "| disturbance | times | faults |", "|---|---|---|",
    ]  # fmt: skip
    for kind, times in sorted(tried.items()):
        lines.append(f"| {kind} | {times} | {sum(fault.startswith(f'{kind}: ') for fault in faults)} |")
    seeds = ", ".join(str(run["seed"]) for run in runs)
    lines += [f"| all | {sum(tried.values())} | {len(faults)} |", "", f"Seeds of the runs: {seeds}.", ""]
    lines += [f"- {fault}" for fault in faults]
    return "\n".join(lines).rstrip() + "\n"
