"""How long the first run takes, which compiles everything, and how long every later one takes to its first picture."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from simengine.core.errors import ConfigError
from tools.benches.figure import Figure
from tools.benches.process import run

_FIRST_FRAME = "import sys; from tools.benches.starting import show_first_frame; show_first_frame(sys.argv[1:])"


def show_first_frame(overrides: Sequence[str]) -> None:
    """Run the default scenario until its camera's first picture, and say how long that took here.

    Raises:
        ConfigError: It ended before there was a picture.
    """
    begin = time.perf_counter()
    from simengine.scenario.sampling import load_scenario
    from simengine.simulation.loop.simulator import Simulator

    simulator = Simulator(load_scenario("drive", list(overrides)))
    simulator.reset()
    seen = False
    while not seen and not simulator.done:
        seen = any("rgb" in frame.channels for frame in simulator.step().frames)
    simulator.close()
    if not seen:
        raise ConfigError("the scenario ended with no picture taken; it needs a camera")
    print(f"{time.perf_counter() - begin:.3f}")


def figures(runs: int, cold_runs: int, overrides: Sequence[str]) -> Iterator[Figure]:
    """Measure cold runs, each with an empty cache, then warm ones.

    Args:
        runs: Warm ones.
        cold_runs: Cold ones; with none the warm ones use the user's own cache.
        overrides: Settings of the scenario.
    """
    with tempfile.TemporaryDirectory(prefix="simengine-bench-") as folder:
        changes: dict[str, str] = {}
        cold = []
        for number in range(cold_runs):
            changes = {"XDG_CACHE_HOME": str(Path(folder) / f"cache-{number}")}
            output = f"output={Path(folder) / f'episodes-{number}'}"
            arguments = ["-m", "simengine", "generate", "episodes=1", "workers=1", "scenario.duration=0.5", output]
            cold.append(run([*arguments, *overrides], changes).seconds)
        if cold:
            yield Figure("first run, everything compiled", tuple(cold), "s", 240.0, at_least=False)
        run(["-c", _FIRST_FRAME, *overrides], changes)
        warm = tuple(run(["-c", _FIRST_FRAME, *overrides], changes).seconds for _ in range(runs))
        yield Figure(
            "later start, to the first picture", warm, "s", 10.0, at_least=False, note="default scenario and rig"
        )
