"""Many changed inputs of many kinds: how many of each ended how, in so many minutes."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tools.checks.fuzz.processes import TOLD, Job, scratch_folder, watch, work, work_again

_INPUTS = 50_000  # after which a process is replaced by a fresh one


def run_kind(
    kind: str, first: int, seconds: float, most: int, findings: Path, episode: Path | None, corpus: Path | None = None
) -> dict[str, Any]:
    """Read changed inputs of one kind.

    Args:
        kind: Of `SUBJECTS`.
        first: Seed of the first input.
        seconds: How long, preparing apart [s].
        most: Inputs.
        findings: Where inputs of faults are kept.
        episode: One of the user's own, or a folder that keeps recorded ones.
        corpus: Where inputs that reached something new are kept, if coverage guides the changes.

    Returns:
        Counts by ending; `next`, the first number that is left; `busy`, how long the processor worked [s]; and if
        coverage guides, `reached`, what `guided.reached` says.
    """
    from tools.checks.fuzz import guided
    from tools.checks.fuzz.reading import ENDINGS

    total, number, busy, reached = [0] * len(ENDINGS), first, 0.0, []
    with scratch_folder() as scratch:
        while number < first + most and (number == first or seconds > 0.0):
            left = min(_INPUTS, first + most - number)
            job = Job(kind, number, left, seconds, scratch / "x", findings, episode, corpus)
            counts, number, taken, worked = watch(job, guided.work if corpus else work)
            seconds -= taken
            busy += worked
            total = [a + b for a, b in zip(total, counts, strict=True)]
            reached += guided.reached(job.scratch)
    return {**dict(zip(ENDINGS, total, strict=True)), "next": number, "busy": busy, "reached": reached}


def confirmed(kept: Path, kind: str, number: int, episode: Path | None) -> bool:
    """Say whether a kept input ends wrongly in a fresh process too.

    Args:
        kept: Folder of the finding.
        kind: Of `SUBJECTS`.
        number: Its seed, from which it is made anew unless it is the content of a file.
        episode: As for `run_kind`.
    """
    from tools.checks.fuzz.reading import ENDINGS
    from tools.checks.fuzz.subjects import SUBJECTS

    with scratch_folder() as again:
        job = Job(kind, number, 1, 0.0, again / "x", again, episode, kept=kept)
        counts = watch(job, work_again if SUBJECTS[kind].content else work).counts
    return not any(counts[ENDINGS.index(ending)] for ending in ("taken", "refused"))


def run(
    kinds: list[str], seed: int, seconds: float, most: int, workers: int, findings: Path, episode: Path | None,
    tell: Callable[[str, dict[str, Any], list[Path]], None], corpus: Path | None = None,
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """Run a campaign: every kind for its share of the time; returns counts by kind and ending.

    Hangs and inputs over the memory bound count only if a fresh process confirms them. It reads what was found with
    coverage, which changes the code that reads, in any case, and what it says otherwise is noted.

    Args:
        kinds: Of `SUBJECTS`.
        seed: Of the first input of each kind.
        seconds: For all kinds together [s].
        most: Inputs of each kind.
        workers: Processes.
        findings: Where inputs of faults are kept.
        episode: One of the user's own.
        tell: Called with a kind, its counts and the folders of its findings.
        corpus: Folder for inputs that reached something new; without it, coverage guides nothing.
    """
    from tools.checks.fuzz.subjects import SUBJECTS

    share = seconds * workers / len(kinds)

    def one(kind: str, samples: Path) -> tuple[str, dict[str, Any]]:
        guides = corpus is not None and SUBJECTS[kind].content is not None
        before = _findings(findings, kind)
        counts = run_kind(kind, seed, share, most, findings, samples, corpus / kind if guides else None)
        found = {folder: told for folder, told in _findings(findings, kind).items() if before.get(folder) != told}
        for number, (folder, (ending, _)) in enumerate(found.items(), start=counts["next"]):
            if ending not in ("hang", "memory") and not guides:
                continue
            name = folder.name.removeprefix(f"{kind}-")
            if confirmed(folder, kind, number if guides else int(name), samples):
                continue
            if ending == "foreign":
                with (folder / TOLD).open("a", encoding="utf-8") as told:
                    told.write("A fresh process took it or refused it.\n")
                continue
            counts[ending] -= 1
            counts["refused"] += 1
            shutil.rmtree(folder)
        tell(kind, counts, [folder for folder in found if folder.exists()])
        return kind, counts

    with scratch_folder() as kept, ThreadPoolExecutor(workers) as pool:
        return dict(pool.map(one, kinds, [episode or kept] * len(kinds)))


def _findings(findings: Path, kind: str) -> dict[Path, tuple[str, int]]:
    """Return the folders of findings, how each ended and when it was written [ns]."""
    return {
        folder: ((told := folder / TOLD).read_text(encoding="utf-8").partition("\n")[0], told.stat().st_mtime_ns)
        for folder in sorted(findings.glob(f"{kind}-*"))
    }
