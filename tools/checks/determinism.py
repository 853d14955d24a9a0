"""The same scenario and seed give the same digests, however it is run.

With any number of workers and threads, in a process of its own, on a processor without the newer instructions, killed.
Everything is run through the `simengine` command in processes of their own, as a user runs it.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from simengine.core.errors import ScenarioError, suggest
from simengine.core.text.printable_text import say
from simengine.core.text.wording import counted
from simengine.scenario.compose import scenario_names
from simengine.simulation.dataset.comparison import compare
from simengine.simulation.dataset.dataset import Dataset
from simengine.simulation.dataset.index import EPISODES, INDEX, WALL_TIME
from simengine.simulation.mcap.reader import McapSource
from tools.checks.table import Row

ROOT = Path(__file__).parents[2]
RIG = ("sensors=small", "recorder.preview_episodes=0")  # every kind of sensor, at a quarter of the resolution
# What NumPy dispatches to where the processor has it, and what changes the bits of its exp, log, power and the like.
_WIDE = ("X86_V4", "AVX512_ICL", "AVX512_SPR", "AVX512F", "AVX512_SKX")


def command(*arguments: str) -> list[str]:
    """Return the command line of `simengine generate`."""
    return [sys.executable, "-m", "simengine", "generate", *arguments]


def environment(changes: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with changes; the package is found from any folder."""
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *([known] if known else [])]), **changes}


def generate(folder: Path, arguments: Sequence[str], changes: Mapping[str, str] | None = None) -> None:
    """Run `simengine generate` to its end in a process of its own.

    Args:
        folder: Where to.
        arguments: Further ones.
        changes: Of the environment.

    Raises:
        ScenarioError: It failed; holds the last line it wrote.
    """
    shown = " ".join([*(f"{name}={value}" for name, value in (changes or {}).items()), "generate", *arguments])
    say(f"    {shown} …", file=sys.stderr, flush=True)
    done = subprocess.run(
        command(*arguments, f"output={folder}"), env=environment(changes or {}), capture_output=True, text=True
    )
    if done.returncode:
        raise ScenarioError(f"{shown} ended with code {done.returncode}: {_last_line(done.stderr or done.stdout)}")


def _last_line(text: str) -> str:
    return (text.strip() or "no output").splitlines()[-1]


def episodes_by_scenario(folder: Path) -> dict[str, McapSource]:
    """Return the episodes of a folder by scenario and seed."""
    sources = [McapSource(path) for path in Dataset(folder).paths]
    return {f"{source.scenario().scenario.name} seed {source.scenario().seed}": source for source in sources}


def differing(one: Mapping[str, McapSource], other: Mapping[str, McapSource]) -> Iterator[tuple[str, str]]:
    """Yield every episode and what the first difference between two runs is, "" where they are the same."""
    for name in sorted({*one, *other}):
        if name not in one or name not in other:
            yield name, "is in one of the two runs only"
        else:
            yield name, compare(one[name], other[name])


def _row(what: str, found: list[tuple[str, str]]) -> Row:
    bad = [f"{name}: {difference}" for name, difference in found if difference]
    note = "; ".join(bad) or counted(len(found), "episode")
    return Row(what, float(len(bad)) if found else float("nan"), 0.0, "differ", note=note)


def across_workers(scratch: Path, scenarios: Sequence[str], overrides: Sequence[str]) -> Iterator[Row]:
    """Run scenarios one after another in one process, by two workers, and each in a process of its own."""
    sweep = ["-m", f"scenario={','.join(scenarios)}", *RIG, "episodes=1", *overrides]
    generate(scratch / "one", [*sweep, "workers=1"])
    first = episodes_by_scenario(scratch / "one")
    generate(scratch / "two", [*sweep, "workers=2"])
    yield _row("two workers as one", list(differing(first, episodes_by_scenario(scratch / "two"))))
    alone = {}
    for number, name in enumerate(scenarios):
        folder = scratch / "alone" / str(number)
        generate(folder, [f"scenario={name}", *RIG, "episodes=1", "workers=1", *overrides])
        alone.update(episodes_by_scenario(folder))
    yield _row("each in a process of its own", list(differing(first, alone)))


def wide_instructions() -> list[str]:
    """Return which of NumPy's AVX-512 variants this machine would use."""
    import numpy

    core = getattr(numpy, "_core", None) or numpy.core
    features = core._multiarray_umath.__cpu_features__
    return [name for name in _WIDE if name in core._multiarray_umath.__cpu_dispatch__ and features.get(name)]


def across_processors(scratch: Path, scenarios: Sequence[str], overrides: Sequence[str]) -> Iterator[Row]:
    """Run scenarios with one thread, with two, compiled for any x86-64, and with NumPy's AVX-512 off."""
    sweep = ["-m", f"scenario={','.join(scenarios)}", *RIG, "episodes=1", "workers=1", *overrides]
    generate(scratch / "native", sweep, {"NUMBA_NUM_THREADS": "1"})
    native = episodes_by_scenario(scratch / "native")
    variants = {
        "two threads as one": {"NUMBA_NUM_THREADS": "2"},
        "compiled for any x86-64": {
            "NUMBA_CPU_NAME": "generic", "NUMBA_CACHE_DIR": str(scratch / "generic-kernels"), "NUMBA_NUM_THREADS": "1",
        },
    }  # fmt: skip
    if wide := wide_instructions():
        variants[f"NumPy without {' '.join(wide)}"] = {"NPY_DISABLE_CPU_FEATURES": " ".join(wide)}
    else:
        say(f"    this processor has none of {', '.join(_WIDE)}: without them there is nothing to compare")
    for number, (what, changes) in enumerate(variants.items()):
        folder = scratch / f"variant-{number}"
        generate(folder, sweep, changes)
        yield _row(what, list(differing(native, episodes_by_scenario(folder))))


class Killed(NamedTuple):
    """A run that was killed again and again."""

    kills: int
    finished: tuple[int, ...]  # episodes that stood complete at each kill


def _standing(episodes: Path) -> int:
    return len([path for path in episodes.glob("*.mcap") if not path.name.startswith(".")])


def _wait(process: subprocess.Popen, seconds: float, episodes: Path | None) -> float | None:
    """Wait for a time [s] that begins once an episode is being written, or at once where no folder is given.

    Returns:
        How long it was [s]; None if the process ended before.
    """
    begin = time.monotonic()
    while episodes is not None and process.poll() is None and not list(episodes.glob(".*.unfinished")):
        time.sleep(0.02)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return time.monotonic() - begin
    return None


def kill_at_random(
    arguments: Sequence[str], episodes: Path, total: int, kills: int, pace: float, start: float, random: random.Random
) -> Killed | None:
    """Start a command and kill it, again and again, and let it finish in the end.

    Each start follows the last kill at once, as from a script that does not wait for orphaned workers. One kill in five
    comes while the command is still starting, the others while it is making episodes.

    Args:
        arguments: The command line.
        episodes: The folder its episodes are in.
        total: How many it makes.
        kills: How often.
        pace: How long it takes for one [s].
        start: How long it takes until it begins [s].
        random: Draws the moments.

    Returns:
        What happened, or None if it ended before it was killed.

    Raises:
        ScenarioError: It failed.
    """
    finished = []
    with tempfile.TemporaryFile("w+") as log:
        for number in range(kills + 1):
            early = random.random() < 0.2
            limit = random.random() * (start if early else 0.9 * pace * (total - _standing(episodes)))
            process = subprocess.Popen(arguments, env=environment({}), stdout=subprocess.DEVNULL, stderr=log)
            try:
                if number == kills:
                    process.wait()
                elif (waited := _wait(process, limit, None if early else episodes)) is not None:
                    process.kill()
                    process.wait()
                    finished.append(_standing(episodes))
                    done = f"{finished[-1]} of {total} done"
                    say(f"    killed after {waited:.1f} s, {done}", file=sys.stderr, flush=True)
                    continue
            finally:
                process.kill()
            if process.returncode:
                log.seek(0)
                last = _last_line(log.read())
                raise ScenarioError(f"{' '.join(arguments[1:])} ended with code {process.returncode}: {last}")
            if number < kills:
                return None
    return Killed(kills, tuple(finished))


def differences_of_datasets(one: Path, other: Path) -> list[str]:
    """Return in which index columns, digests and files two dataset folders differ; the wall time does not count."""
    left, right = Dataset(one), Dataset(other)
    found = []
    for name in sorted({*left.index.column_names, *right.index.column_names} - {WALL_TIME}):
        columns = [
            dataset.index.column(name) if name in dataset.index.column_names else None for dataset in (left, right)
        ]
        if columns[0] is None or columns[1] is None or not columns[0].equals(columns[1]):
            found.append(f"column {name}")
    found += [
        f"{name}: {text}" for name, text in differing(episodes_by_scenario(one), episodes_by_scenario(other)) if text
    ]
    names = [
        {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} for folder in (one, other)
    ]
    return found + [f"file {name}" for name in sorted(names[0] ^ names[1])]


def after_kills(
    scratch: Path, scenario: str, count: int, kills: int, seed: int, overrides: Sequence[str]
) -> Iterator[Row]:
    """Kill a `generate` at random moments, let it go on, and compare with one that was left alone.

    Raises:
        ScenarioError: It ended before it was killed, three times over.
    """
    arguments = [f"scenario={scenario}", *RIG, f"episodes={count}", "workers=2", *overrides]
    generate(scratch / "warm", [*arguments, "episodes=2"])  # else the timed run would compile kernels
    begin = time.perf_counter()
    generate(scratch / "whole", arguments)
    wall = time.perf_counter() - begin
    first = min(path.stat().st_mtime for path in (scratch / "whole" / EPISODES).glob("*.mcap"))
    last = (scratch / "whole" / INDEX).stat().st_mtime
    pace = max(0.1, (last - first) / max(1, count - 1))
    draw = random.Random(seed)
    for attempt in range(3):
        folder = scratch / f"killed-{attempt}"
        line = command(*arguments, f"output={folder}")
        killed = kill_at_random(line, folder / EPISODES, count, kills, pace, max(0.5, wall - pace * count), draw)
        if killed is not None:
            break
    else:
        raise ScenarioError(f"generate ended before it could be killed {kills} times; let it make more --episodes")
    found = differences_of_datasets(scratch / "whole", folder)
    note = "; ".join(found) or f"killed with {', '.join(map(str, killed.finished))} of {count} episodes done"
    yield Row(f"killed {kills} times, moments of seed {seed}", float(len(found)), 0.0, "differ", note=note)


def library_scenarios(names: Sequence[str]) -> list[str]:
    """Return scenarios of the library, all where none is named.

    Raises:
        ScenarioError: One that the library does not have.
    """
    known = scenario_names()
    for name in names:
        if name not in known:
            raise ScenarioError(f"scenario {name}: the library has no such{suggest(name, known)}")
    return list(names) or known
