"""Many changed inputs, read one after another in a process of their own that is watched from outside.

The process tells which input it reads and when it began. One that ends, or reads longer than it may in code that no
signal interrupts, is put down to that input and followed by another. Every input follows from kind and seed.
"""

import hashlib
import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from tools.checks.fuzz.scenarios import LIMIT, Fault

_BLOCKED = 120.0  # an input may take, however little the processor does [s]
_PREPARING = 3_600.0  # kernels may have to be compiled [s]
_MARGIN = 3.0  # of processor time, within which the process itself notices [s]
_POLL = 0.1  # [s]
_INPUTS = 20_000  # after which a process is replaced by a fresh one
_KEPT = 5  # inputs of faults of the same place
_NONE = -1
_TICKS = os.sysconf("SC_CLK_TCK")


class Job(NamedTuple):
    """What a process is to do."""

    kind: str
    first: int  # seed
    most: int  # inputs
    seconds: float  # to read for, after the first input [s]
    scratch: Path
    findings: Path
    episode: Path | None


def seed_of(kind: str, number: int) -> random.Random:
    """Return the chance of an input."""
    return random.Random(f"{kind} {number}")


def work(job: Job, shared: Any, counts: Any) -> None:
    """Read changed inputs until the time is over; runs in a process of its own."""
    from tools.checks.fuzz import reading
    from tools.checks.fuzz.subjects import SUBJECTS

    place = job.scratch / "right"
    place.mkdir(parents=True)
    make = SUBJECTS[job.kind].prepare(place, job.episode)
    folder = job.scratch / "case"
    for warm in range(5):  # what a library loads and keeps at its first use is not an input's
        case = fresh(make, seed_of(f"warm {job.kind}", warm), folder)
        reading.try_case(warm, case, 0)
    reading.bound_addresses()
    resident = reading.memory("VmRSS")
    kept: Counter[str] = Counter()
    began = time.monotonic()
    for number in range(job.first, job.first + job.most):
        case = fresh(make, seed_of(job.kind, number), folder)
        shared[1], shared[2] = time.process_time(), time.monotonic()
        shared[0] = number
        ending, fault = reading.try_case(number, case, resident)
        shared[0] = _NONE
        counts[reading.ENDINGS.index(ending)] += 1
        if fault is not None:
            place_of = hashlib.sha256((fault.what[:40] + fault.what[-200:]).encode()).hexdigest()
            kept[place_of] += 1
            if kept[place_of] <= _KEPT:
                keep(job, ending, fault)
        shared[3], shared[4] = number + 1, time.monotonic() - began
        if shared[4] >= job.seconds:
            break


def fresh(make: Callable[..., Any], chance: random.Random, folder: Path) -> Any:
    """Make an input in a folder that is emptied."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return make(chance, folder)


def keep(job: Job, ending: str, fault: Fault) -> None:
    """Keep the input of a fault, which is still in the scratch folder, and what is wrong with it."""
    kept = job.findings / f"{job.kind}-{fault.seed}"
    shutil.rmtree(kept, ignore_errors=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(job.scratch / "case", kept, symlinks=True)
    (kept / "told.txt").write_text(f"{ending}\n{fault.what}\n\n{fault.detail}\n", encoding="utf-8", errors="replace")


def _processor_time(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _overdue(process: Any, shared: Any, began: float) -> str:
    """Tell what is too long about what a process does, or nothing."""
    now = time.monotonic()
    if shared[0] == _NONE:
        return "preparing takes more than an hour" if shared[2] == 0.0 and now - began > _PREPARING else ""
    if now - shared[2] > _BLOCKED:
        return f"more than {_BLOCKED:g} s without an end"
    taken = _processor_time(process.pid) - shared[1]
    return (
        f"more than {taken:.0f} s of processor time in code that nothing interrupts" if taken > LIMIT + _MARGIN else ""
    )


def watch(job: Job, target: Callable[[Job, Any, Any], None] = work) -> tuple[list[int], int, float]:
    """Run one process to its end; returns counts in the order of `ENDINGS`, the next seed, and how long it read [s].

    Args:
        job: What to do.
        target: What does it, in the process.
    """
    from tools.checks.fuzz.reading import ENDINGS

    context = multiprocessing.get_context("spawn")
    shared, counts = context.Array("d", [_NONE, 0.0, 0.0, job.first, 0.0], lock=False), context.Array("q", len(ENDINGS))
    process = context.Process(target=target, args=(job, shared, counts), daemon=True)
    shutil.rmtree(job.scratch, ignore_errors=True)
    process.start()
    began, late = time.monotonic(), ""
    while process.is_alive() and not late:
        process.join(_POLL)
        late = _overdue(process, shared, began)
    if late:
        process.kill()
    process.join()
    number = int(shared[0])
    if late or process.exitcode:
        if number == _NONE:
            raise RuntimeError(f"{job.kind}: the process ended with {process.exitcode} before it read: {late}")
        ended = f"the process ended by {_signal_name(process.exitcode)}"
        ending, what = ("hang", late) if late else ("foreign", ended)
        counts[ENDINGS.index(ending)] += 1
        keep(job, ending, Fault(number, what, "see the files beside this one"))
        return list(counts), number + 1, max(shared[4], _POLL)
    return list(counts), int(shared[3]), shared[4]


def _signal_name(code: int | None) -> str:
    return signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"


def run_kind(kind: str, first: int, seconds: float, most: int, findings: Path, episode: Path | None) -> dict[str, int]:
    """Read changed inputs of one kind; returns counts by ending, `next` among them, the first seed that is left.

    Args:
        kind: Of `SUBJECTS`.
        first: Seed of the first input.
        seconds: How long, preparing apart [s].
        most: Inputs.
        findings: Where inputs of faults are kept.
        episode: One of the user's own.
    """
    from tools.checks.fuzz.reading import ENDINGS

    total, number = [0] * len(ENDINGS), first
    with tempfile.TemporaryDirectory(prefix="simengine-fuzz-") as scratch:
        while number < first + most and (number == first or seconds > 0.0):
            left = min(_INPUTS, first + most - number)
            job = Job(kind, number, left, seconds, Path(scratch, "x"), findings, episode)
            counts, number, taken = watch(job)
            seconds -= taken
            total = [a + b for a, b in zip(total, counts, strict=True)]
    return {**dict(zip(ENDINGS, total, strict=True)), "next": number}


def confirmed(finding_folder: Path, kind: str, seed: int, episode: Path | None) -> bool:
    """Say whether an input ends wrongly in a fresh process too; what is kept of it is written anew if so."""
    with tempfile.TemporaryDirectory(prefix="simengine-fuzz-") as again:
        counts = run_kind(kind, seed, 0.0, 1, Path(again), episode)
        return counts["taken"] + counts["refused"] == 0


def run(
    kinds: list[str], seed: int, seconds: float, most: int, workers: int, findings: Path, episode: Path | None,
    tell: Callable[[str, dict[str, int]], None],
) -> dict[str, dict[str, int]]:  # fmt: skip
    """Run a campaign: every kind for its share of the time; returns counts by kind and ending.

    Hangs and inputs over the memory bound count only if a fresh process confirms them.
    """
    share = seconds * workers / len(kinds)

    def one(kind: str) -> tuple[str, dict[str, int]]:
        counts = run_kind(kind, seed, share, most, findings, episode)
        for folder in sorted(findings.glob(f"{kind}-*")):
            ending = (folder / "told.txt").read_text(encoding="utf-8").partition("\n")[0]
            number = int(folder.name.removeprefix(f"{kind}-"))
            if ending in ("hang", "memory") and not confirmed(folder, kind, number, episode):
                counts[ending] -= 1
                counts["refused"] += 1
                shutil.rmtree(folder)
        tell(kind, counts)
        return kind, counts

    with ThreadPoolExecutor(workers) as pool:
        return dict(pool.map(one, kinds))
