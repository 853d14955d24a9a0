"""How long maps take to load: reading the road network, and the whole world with everything that can be seen of it."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from simengine.core.errors import ScenarioError
from tools.benches.figure import Figure
from tools.benches.process import run

_LOAD = "import sys; from tools.benches.maps import show_load_times; show_load_times(sys.argv[1])"
_AIM = 10.0  # until a world stands [s]


def show_load_times(path: str) -> None:
    """Load a map in this process, twice, and print the seconds of each: read, stand; read, stand."""
    from simengine.road.commonroad import read_commonroad
    from simengine.road.opendrive import read_opendrive
    from simengine.scenario.sampling import load_scenario
    from simengine.simulation.loop.simulator import Simulator

    kind = "opendrive" if path.endswith(".xodr") else "commonroad"
    quoted = path.replace("'", "\\'")
    scenario = load_scenario("drive", [f"road={kind}", f"road.file='{quoted}'", "traffic=none", "sensors=camera_lidar"])
    times = []
    for _ in range(2):
        begin = time.perf_counter()
        (read_opendrive if kind == "opendrive" else read_commonroad)(Path(path))
        times.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        simulator = Simulator(scenario)
        simulator.reset()
        times.append(time.perf_counter() - begin)
        simulator.close()
    print(*(f"{seconds:.4f}" for seconds in times))


def map_files(paths: Sequence[str], default: Path) -> list[Path]:
    """Return the OpenDRIVE and CommonRoad files of paths, folders opened.

    Raises:
        ScenarioError: A path that holds none.
    """
    found: list[Path] = []
    for path in [Path(text) for text in paths] or [default]:
        files = [path]
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix in (".xodr", ".xml"))
        if not files or not files[0].is_file():
            raise ScenarioError(f"{path}: neither a map nor a folder of maps (*.xodr, *.xml)")
        found += files
    return found


def figures(runs: int, files: Sequence[Path]) -> Iterator[Figure]:
    """Measure every file in processes of their own: the first load of a process, and the second."""
    run(["-c", _LOAD, str(files[0])])  # compiles what is not compiled yet
    for path in files:
        loads = [[float(text) for text in run(["-c", _LOAD, str(path)]).output[-1].split()] for _ in range(runs)]
        size = f"{path.stat().st_size / 1e6:.2f} MB"
        for column, (what, aim) in enumerate(
            (("read", None), ("world, first", _AIM), ("read again", None), ("world again", None))
        ):
            values = tuple(load[column] for load in loads)
            yield Figure(f"{path.name}: {what}", values, "s", aim, at_least=False, note=size if column == 0 else "")
