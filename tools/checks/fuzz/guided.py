"""Changes guided by coverage: libFuzzer keeps inputs that reach something new in simengine and changes those further.

Atheris counts which branches of the package's modules an input takes, and what is compared with what; modules that
mention numba stay as they are, since kernels are compiled from their bytecode. A few of the changes are libFuzzer's,
most those of the kind, which keep the structure. Reading, judging and watching are those of every campaign.
"""

import hashlib
import importlib.util
import os
import random
import re
import sys
from pathlib import Path
from typing import Any

from tools.checks.fuzz import judging, processes
from tools.checks.fuzz.processes import LOG, Inputs, Job

# Shares of changes: of right contents, as without coverage, and of what reached something new. A file that is refused
# early reaches something new too, and nothing that follows from it reaches deep: without the first, less is reached.
_RIGHT, _STRUCTURED = 0.6, 0.3  # the rest are libFuzzer's own
_CHANGING = 2.0  # of processor time that one may take [s]
_SHORTEST = 4096  # that an input may grow to, however short the right ones are [bytes]
_LINE = re.compile(r"(?:INITED|NEW|REDUCE|RELOAD|pulse|DONE)\s+cov: (\d+) ft: (\d+) corp: (\d+)")
# libFuzzer bounds neither time nor memory here: `processes.watch` and `reading` do, in processor time. No time is 0 s.
_OPTIONS = (
    "-rss_limit_mb=0", "-malloc_limit_mb=0", "-timeout=1000000", "-detect_leaks=0", "-len_control=0", "-keep_seed=1",
    "-reload=0", "-use_value_profile=0", "-mutate_depth=1", *(f"-handle_{name}=0" for name in (
        "segv", "bus", "abrt", "ill", "fpe", "int", "term", "xfsz", "usr1", "usr2"
    )),
)  # fmt: skip


def is_installed() -> bool:
    """Say whether coverage can guide."""
    return importlib.util.find_spec("atheris") is not None


def reached(scratch: Path) -> list[tuple[int, int, int]]:
    """Return how many branches, and branches with their counts, were reached, and how many inputs were kept for it.

    The first is after the inputs of the start, the last at the end; nothing if coverage does not guide.
    """
    log = scratch / LOG
    if not log.exists():
        return []
    found = [tuple(map(int, line)) for line in _LINE.findall(log.read_text(encoding="utf-8", errors="replace"))]
    return [found[0], found[-1]] if found else []


def work(job: Job, shared: Any, counts: Any) -> None:
    """Read inputs that libFuzzer makes until the time is over; runs in a process of its own, which it ends."""
    processes.end_with_parent()
    place, seeds = job.scratch / "right", job.scratch / "seeds"
    for folder in (place, seeds, job.corpus):
        folder.mkdir(parents=True, exist_ok=True)
    log = os.open(job.scratch / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    import atheris

    with atheris.instrument_imports(include=["simengine"], exclude=_kernel_modules()):
        from tools.checks.fuzz.subjects import SUBJECTS, case_of, make_of

        content = SUBJECTS[job.kind].content(place, job.episode)
        processes.warm(job, make_of(content))
    for right in content.right:
        (seeds / hashlib.sha1(right).hexdigest()).write_bytes(right)
    known = {path.name for folder in (seeds, job.corpus) for path in folder.iterdir()}  # libFuzzer's names too
    words = _words(job, seeds, max(map(len, content.right)))
    read = _reader(job, content, case_of, shared, counts, known)
    atheris.Setup(words, read, custom_mutator=_mutator(content, atheris))
    atheris.Fuzz()


def _words(job: Job, seeds: Path, largest: int) -> list[str]:
    longest = max(2 * largest, _SHORTEST)
    own = (f"-seed={job.first % 2**31 + 1}", f"-max_len={longest}", f"-artifact_prefix={job.scratch}/")
    return [sys.argv[0], *_OPTIONS, *own, str(job.corpus), str(seeds)]


def _reader(job: Job, content: Any, case_of: Any, shared: Any, counts: Any, known: set[str]) -> Any:
    from tools.checks.fuzz import reading

    folder = processes.emptied(job.case)
    inputs = Inputs(job, shared, counts)
    number, behind = job.first, reading.resident_now()

    def read(changed: bytes) -> None:
        nonlocal number, behind
        inputs.resident += max(0, reading.resident_now() - behind)  # what libFuzzer has taken since the last input
        more = inputs.read(
            number, case_of(content, changed, folder), processes.name_of(changed),
            hashlib.sha1(changed).hexdigest() not in known,
        )  # fmt: skip
        number += 1
        if not more or number >= job.first + job.most:
            os._exit(0)
        behind = reading.resident_now()

    return read


def _mutator(content: Any, atheris: Any) -> Any:
    def change(found: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        changed, share = b"", chance.random()
        if share < _RIGHT + _STRUCTURED:
            try:
                with judging.within(_CHANGING):
                    changed = content.change(chance.choice(content.right) if share < _RIGHT else found, chance)
            except (Exception, judging.TooLong):  # what libFuzzer made may have lost its structure in any way
                changed = b""
        return changed if 0 < len(changed) <= most else atheris.Mutate(found, most)  # `Fuzz` sets it

    return change


def _kernel_modules() -> list[str]:
    """Return the names of modules that may hold kernels."""
    root = Path(__file__).parents[3]
    names = []
    for path in sorted((root / "simengine").rglob("*.py")):
        if "numba" in path.read_text(encoding="utf-8"):
            names.append(".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"))
    return names
