"""How fast `simengine generate` makes labeled episodes with the default rig or another, and what memory that takes."""

import math
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from simengine.core.errors import ConfigError
from simengine.simulation.dataset.dataset import Dataset
from simengine.simulation.jobs.runner import default_workers
from tools.benches.figure import Figure
from tools.benches.process import run

ACTORS = 20
_DONE = re.compile(r"^\S+  ([\d.]+) s in ([\d.]+) s  ")


class Pace(NamedTuple):
    """One run of the command."""

    rate: float  # seconds simulated per second, once every worker runs
    whole: float  # the same of the whole command, its start included
    memory: float  # most of any worker [GB]
    actors: int  # in an episode, at most


def steady_rate(lines: Sequence[str], workers: int) -> float:
    """Return the seconds simulated per second by all workers together, from what `generate` says of each episode.

    The first episode of each worker is left out: it loads the kernels.

    Raises:
        ConfigError: There are no others.
    """
    done = [(float(found[1]), float(found[2])) for line in lines if (found := _DONE.match(line))]
    later = done[workers:]
    if not later:
        raise ConfigError(f"{len(done)} episodes for {workers} workers: there must be more episodes than workers")
    return workers * sum(simulated for simulated, _ in later) / sum(seconds for _, seconds in later)


def measure(workers: int, episodes: int, overrides: Sequence[str]) -> Pace:
    """Run the command once; a worker has one thread, also where it is the only one."""
    with tempfile.TemporaryDirectory(prefix="simengine-bench-") as folder:
        output = Path(folder) / "episodes"
        ran = run([
            "-m", "simengine", "generate", "scenario=drive", "traffic=dense", f"traffic.max_vehicles={ACTORS - 1}",
            f"episodes={episodes}", f"workers={workers}", f"output={output}", *overrides,
        ], {"NUMBA_NUM_THREADS": "1"})  # fmt: skip
        actors = max(episode.tracks.position.shape[1] for episode in Dataset(output))
    simulated = sum(float(found[1]) for line in ran.errors if (found := _DONE.match(line)))
    memory = ran.child_peak if workers > 1 else ran.own_peak
    return Pace(steady_rate(ran.errors, workers), simulated / ran.seconds, memory or math.nan, actors)


def figures(runs: int, episodes: int, overrides: Sequence[str]) -> Iterator[Figure]:
    """Measure one worker and as many as there are cores, in turn, and yield what came out."""
    most = default_workers()
    if episodes <= most:
        raise ConfigError(f"--episodes {episodes}: must be more than the {most} workers")
    measure(1, 2, [*overrides, "scenario.duration=0.5"])  # compiles what is not compiled yet
    one, many = [], []
    for _ in range(runs):
        one.append(measure(1, episodes, overrides))
        many.append(measure(most, episodes, overrides) if most > 1 else one[-1])
    rig = next((text.removeprefix("sensors=") for text in overrides if text.startswith("sensors=")), "default")
    note = f"{max(pace.actors for pace in many)} actors, {rig} rig"
    yield Figure(f"generate, {most} workers", tuple(pace.rate for pace in many), "x real time", 1.0, note=note)
    yield Figure(
        f"generate, {most} workers, start included", tuple(pace.whole for pace in many), "x real time",
        note=f"{episodes} episodes",
    )  # fmt: skip
    yield Figure("generate, 1 worker", tuple(pace.rate for pace in one), "x real time")
    if most > 1:
        ratios = tuple(b.rate / a.rate for a, b in zip(one, many, strict=True))
        yield Figure(f"{most} workers against 1", ratios, "times", 0.8 * most)
    yield Figure("peak memory of a worker", tuple(pace.memory for pace in many), "GB", 2.0, at_least=False)
