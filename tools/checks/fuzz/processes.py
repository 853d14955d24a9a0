"""A process that reads changed inputs one after another, and is watched from outside.

The process tells which input it reads and when it began. One that ends, or reads longer than it may in code that no
signal interrupts, is put down to that input and followed by another. Every input follows from kind and seed, unless
coverage guides the changes (`guided.py`): then a finding is the content of its file.
"""

import contextlib
import hashlib
import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from simengine.simulation.files.whole_files import begin_unfinished, remove_left_behind
from tools.checks.fuzz.judging import LIMIT, Fault

_BLOCKED = 120.0  # an input may take, however little the processor does [s]
_PREPARING = 3_600.0  # kernels may have to be compiled [s]
_CHANGING = 600.0  # between two inputs [s]
_MARGIN = 3.0  # of processor time, within which the process itself notices [s]
_POLL = 0.1  # [s]
_WARM = 20  # inputs that are read before any counts
_KEPT = 5  # inputs of faults of the same place
_NONE = -1
_NUMBER, _PROCESSOR, _BEGAN, _NEXT, _READING, _BUSY = range(6)  # what a process tells about itself, see `Inputs`
_TICKS = os.sysconf("SC_CLK_TCK")
_MEMORY = Path("/dev/shm")  # where a file costs a twentieth of what it costs on a disk
_ROOM = 1 << 30  # that has to be free there [bytes]
LOG = "libfuzzer.log"  # of a process that coverage guides
TOLD = "told.txt"  # beside a kept input, what is wrong with it


class Job(NamedTuple):
    """What a process is to do."""

    kind: str
    first: int  # seed
    most: int  # inputs
    seconds: float  # to read for, after the first input [s]
    scratch: Path
    findings: Path
    episode: Path | None  # one of the user's own, or a folder that keeps recorded ones
    corpus: Path | None = None  # inputs that reached something new, if coverage guides
    kept: Path | None = None  # the file of a finding that is read again

    @property
    def case(self) -> Path:
        """Folder of the input that is being read."""
        return self.scratch / "case"


class Inputs:
    """Reads inputs of a job, tells which and since when, counts how they end and keeps those of faults.

    What is told: the number of the input that is being read, or -1; the processor time and the time when it began; the
    number of the next; how long inputs were read for, and how much of that the processor worked.
    """

    def __init__(self, job: Job, shared: Any, counts: Any) -> None:
        from tools.checks.fuzz import reading

        reading.bound_addresses()
        self.resident = reading.memory("VmRSS")  # what is no input's [bytes]
        self._job, self._shared, self._counts = job, shared, counts
        self._kept: Counter[str] = Counter()
        self._began, self._began_processor = time.monotonic(), time.process_time()

    def read(self, number: int, case: Any, name: str = "", counted: bool = True) -> bool:
        """Read one input; returns whether there is time for another.

        Args:
            number: Of the input.
            case: The input, in the folder of the job.
            name: What it is kept under if it is a finding; its number unless given.
            counted: Whether it was not read before.
        """
        from tools.checks.fuzz import reading

        shared = self._shared
        shared[_PROCESSOR], shared[_BEGAN] = time.process_time(), time.monotonic()
        shared[_NUMBER] = number
        ending, fault = reading.try_case(number, case, self.resident)
        shared[_NUMBER] = _NONE
        if counted or fault is not None:
            self._counts[reading.ENDINGS.index(ending)] += 1
        if fault is not None:
            place = hashlib.sha256((fault.what[:40] + fault.what[-200:]).encode()).hexdigest()
            self._kept[place] += 1
            if self._kept[place] <= _KEPT:
                keep(self._job, name or str(number), ending, fault)
        shared[_BEGAN] = time.monotonic()
        shared[_NEXT], shared[_READING] = number + 1, shared[_BEGAN] - self._began
        shared[_BUSY] = time.process_time() - self._began_processor
        return shared[_READING] < self._job.seconds


def seed_of(kind: str, number: int) -> random.Random:
    """Return the chance of an input."""
    return random.Random(f"{kind} {number}")


def work(job: Job, shared: Any, counts: Any) -> None:
    """Read changed inputs until the time is over; runs in a process of its own."""
    from tools.checks.fuzz.subjects import SUBJECTS

    end_with_parent()
    place = job.scratch / "right"
    place.mkdir(parents=True)
    make = SUBJECTS[job.kind].prepare(place, job.episode)
    warm(job, make)
    inputs = Inputs(job, shared, counts)
    for number in range(job.first, job.first + job.most):
        if not inputs.read(number, fresh(make, seed_of(job.kind, number), job.case)):
            break


def work_again(job: Job, shared: Any, counts: Any) -> None:
    """Read the kept file of a finding once more; runs in a process of its own."""
    from tools.checks.fuzz.subjects import SUBJECTS, case_of

    end_with_parent()
    subject, place = SUBJECTS[job.kind], job.scratch / "right"
    place.mkdir(parents=True)
    warm(job, subject.prepare(place, job.episode))
    content = subject.content(place, job.episode)
    again = (job.kept / content.name).read_bytes()
    Inputs(job, shared, counts).read(job.first, case_of(content, again, emptied(job.case)), job.kept.name)


def warm(job: Job, make: Callable[..., Any]) -> None:
    """Read a few inputs that do not count: what a library loads and keeps at its first use is not an input's."""
    from tools.checks.fuzz import reading

    for number in range(_WARM):
        reading.try_case(number, fresh(make, seed_of(f"warm {job.kind}", number), job.case), 0)


def end_with_parent() -> None:
    """Let this process be killed when the one that watches it ends, however that ends."""
    import ctypes

    parent = os.getppid()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


def emptied(folder: Path) -> Path:
    """Return a folder with nothing in it; one that is there stays, since making one takes longer than a file."""
    folder.mkdir(exist_ok=True)
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)
    return folder


def fresh(make: Callable[..., Any], chance: random.Random, folder: Path) -> Any:
    """Make an input in a folder that is emptied."""
    return make(chance, emptied(folder))


def keep(job: Job, name: str, ending: str, fault: Fault) -> None:
    """Keep the input of a fault, which is still in the scratch folder, and what is wrong with it."""
    kept = job.findings / f"{job.kind}-{name}"
    shutil.rmtree(kept, ignore_errors=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(job.case, kept, symlinks=True)
    (kept / TOLD).write_text(f"{ending}\n{fault.what}\n\n{fault.detail}\n", encoding="utf-8", errors="replace")


def _processor_time(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _overdue(process: Any, shared: Any, began: float) -> str:
    """Tell what is too long about what a process does, or nothing."""
    now = time.monotonic()
    if shared[_NUMBER] == _NONE:
        if shared[_BEGAN] == 0.0:
            return "preparing takes more than an hour" if now - began > _PREPARING else ""
        return f"more than {_CHANGING:g} s for a change" if now - shared[_BEGAN] > _CHANGING else ""
    if now - shared[_BEGAN] > _BLOCKED:
        return f"more than {_BLOCKED:g} s without an end"
    taken = _processor_time(process.pid) - shared[_PROCESSOR]
    return (
        f"more than {taken:.0f} s of processor time in code that nothing interrupts" if taken > LIMIT + _MARGIN else ""
    )


class Watched(NamedTuple):
    """What came of a process."""

    counts: list[int]  # in the order of `ENDINGS`
    after: int  # the next number
    seconds: float  # for which it read [s]
    busy: float  # of which the processor worked [s]


def watch(job: Job, target: Callable[[Job, Any, Any], None] = work) -> Watched:
    """Run one process to its end.

    Args:
        job: What to do.
        target: What does it, in the process.
    """
    from tools.checks.fuzz.reading import ENDINGS

    context = multiprocessing.get_context("spawn")
    told = [_NONE, 0.0, 0.0, job.first, 0.0, 0.0]
    shared, counts = context.Array("d", told, lock=False), context.Array("q", len(ENDINGS), lock=False)
    process = context.Process(target=target, args=(job, shared, counts), daemon=True)
    shutil.rmtree(job.scratch, ignore_errors=True)
    process.start()
    began, late = time.monotonic(), ""
    try:
        while process.is_alive() and not late:
            process.join(_POLL)
            late = _overdue(process, shared, began)
    finally:
        if process.is_alive():
            process.kill()
        process.join()
    number = int(shared[_NUMBER])
    if late or process.exitcode:
        log = (job.scratch / LOG).read_text(errors="replace")[-2_000:] if (job.scratch / LOG).exists() else ""
        if number == _NONE:
            raise RuntimeError(f"{job.kind}: the process ended with {process.exitcode} between inputs: {late}{log}")
        ended = f"the process ended by {_signal_name(process.exitcode)}"
        ending, what = ("hang", late) if late else ("foreign", ended)
        counts[ENDINGS.index(ending)] += 1
        name = _name_of_content(job) if job.corpus else str(number)
        keep(job, name, ending, Fault(number, what, log or "see the files beside this one"))
        return Watched(list(counts), number + 1, max(shared[_READING], _POLL), shared[_BUSY])
    return Watched(list(counts), int(shared[_NEXT]), shared[_READING], shared[_BUSY])


def _name_of_content(job: Job) -> str:
    files = [path for path in job.case.iterdir() if path.is_file() and not path.is_symlink()]
    return name_of(b"".join(path.read_bytes() for path in sorted(files)))


def name_of(content: bytes) -> str:
    """Return what an input is called after its content."""
    return hashlib.sha256(content).hexdigest()[:16]


def _signal_name(code: int | None) -> str:
    return signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"


@contextlib.contextmanager
def scratch_folder(name: str = "simengine-fuzz") -> Iterator[Path]:
    """Give a folder that is removed at the end, in memory where there is room; those of killed processes go too."""
    room = os.access(_MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    place = _MEMORY if room else Path(tempfile.gettempdir())
    remove_left_behind(place, lambda one: one == name)
    folder, handle = begin_unfinished(place / name, folder=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)
