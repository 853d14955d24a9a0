"""How fast, how large: medians of repeated runs, with the machine they were made on and the load it had.

Run it with the project's own environment, .venv/bin/python tools/bench.py BENCHMARK, on a machine that does nothing
else. A figure beside an aim says whether it reaches it; the exit code is 0 either way, 2 if it could not be measured.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from tools.command_line import Parser, run, whole_number  # noqa: E402  found beside this file's folder


def _generate(arguments: argparse.Namespace) -> int:
    from tools.benches import figure, generating

    overrides = [f"scenario.duration={arguments.seconds}", *arguments.override]
    found = generating.figures(arguments.runs, arguments.episodes, overrides)
    return figure.show(found, arguments.command, arguments.json)


def _physics(arguments: argparse.Namespace) -> int:
    from tools.benches import figure, stepping

    found = stepping.physics_figures(arguments.runs, arguments.vehicles, arguments.seconds)
    return figure.show(found, arguments.command, arguments.json)


def _highway(arguments: argparse.Namespace) -> int:
    from tools.benches import figure, stepping

    found = stepping.highway_figures(arguments.runs, arguments.envs, arguments.steps)
    return figure.show(found, arguments.command, arguments.json)


def _start(arguments: argparse.Namespace) -> int:
    from tools.benches import figure, starting

    found = starting.figures(arguments.runs, arguments.cold_runs, arguments.override)
    return figure.show(found, arguments.command, arguments.json)


def _maps(arguments: argparse.Namespace) -> int:
    from tools.benches import figure, maps

    files = maps.map_files(arguments.files, ROOT.parent / "shared" / "data" / "opendrive" / "carla-towns")
    return figure.show(maps.figures(arguments.runs, files), arguments.command, arguments.json)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="tools/bench.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    benchmarks = parser.add_subparsers(required=True, metavar="BENCHMARK")

    def add(name: str, measure: Callable[[argparse.Namespace], int], summary: str, text: str, runs: int) -> Parser:
        sub = benchmarks.add_parser(name, help=summary, description=text)
        sub.add_argument(
            "--runs", type=whole_number(1, 1000), default=runs, help=f"medians of so many (default: {runs})"
        )
        sub.add_argument("--json", action="store_true", help="print all figures as JSON, and the table on stderr")
        sub.set_defaults(run=measure)
        return sub

    sub = add(
        "generate", _generate, "labelled episodes with the default rig: x real time, scaling, memory",
        "Run `simengine generate` with the default rig (a 1280×720 camera and a 32×1024 LiDAR at 10 Hz, all labels) "
        "and 20 actors, by one worker and by one a core. Takes about ten minutes.", 3,
    )  # fmt: skip
    sub.add_argument("--episodes", type=whole_number(2, 10_000), default=6, help="of each run (default: 6)")
    sub.add_argument("--seconds", type=whole_number(1, 3600), default=5, help="of each episode (default: 5)")
    sub.add_argument("--override", action="append", default=[], metavar="key=value", help="a further setting")
    sub = add(
        "physics", _physics, "rigid bodies alone: x real time on one core",
        "Drive cars with `bullet` at 120 Hz, without drivers, sensors or recording.", 5,
    )  # fmt: skip
    sub.add_argument("--vehicles", type=whole_number(1, 1000), default=40, help="(default: 40)")
    sub.add_argument("--seconds", type=whole_number(1, 3600), default=10, help="simulated (default: 10)")
    sub = add(
        "highway", _highway, "the vector highway environment: ego-steps per second and core",
        "Step simengine/Highway-v0 with 20 vehicles a world under random actions, on one core and on all.", 5,
    )  # fmt: skip
    sub.add_argument("--envs", type=whole_number(1, 1_000_000), default=4096, help="worlds (default: 4096)")
    sub.add_argument("--steps", type=whole_number(1, 1_000_000), default=200, help="of each run (default: 200)")
    sub = add(
        "start", _start, "the first run, which compiles, and later ones to their first picture",
        "Run `simengine generate` with an empty kernel cache, then start the default scenario until its camera's first "
        "picture.", 5,
    )  # fmt: skip
    sub.add_argument("--cold-runs", type=whole_number(0, 100), default=1, help="minutes each (default: 1)")
    sub.add_argument("--override", action="append", default=[], metavar="key=value", help="a further setting")
    sub = add(
        "maps", _maps, "loading times of maps",
        "Load OpenDRIVE and CommonRoad files: reading the road network alone, and the world with the default rig; in a "
        "fresh process, and again in the same one.", 3,
    )  # fmt: skip
    sub.add_argument(
        "files", nargs="*", metavar="FILE", help="files or folders (default: ../shared/data/opendrive/carla-towns)"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a benchmark."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    parser.set_defaults(command=" ".join(["tools/bench.py", *given]))
    return run(parser, given)


if __name__ == "__main__":
    sys.exit(main())
