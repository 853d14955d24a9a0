"""How fast, how large: medians of repeated runs, with the machine they were made on and the load it had.

Run it with the project's own environment, .venv/bin/python tools/bench.py BENCHMARK, on a machine that does nothing
else. A figure beside an aim says whether it reaches it; the exit code is 0 either way, 2 if it could not be measured.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from simengine.core.text.command_line import Parser, whole_number  # noqa: E402  found beside this file's folder
from tools.benches.workloads import WORKLOADS  # noqa: E402
from tools.command_line import run  # noqa: E402


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


def _sensors(arguments: argparse.Namespace) -> int:
    from simengine.core.errors import ConfigError
    from tools.benches import comparison, sensing, views
    from tools.benches.own import weather_named
    from tools.benches.triangles import read_scene

    if arguments.json and arguments.markdown:
        raise ConfigError("--json and --markdown: only one of them")
    scene = read_scene(Path(arguments.scene))
    workloads = arguments.workload or sensing.WORKLOADS
    threads = sorted(set(arguments.threads))
    found = sensing.measure(
        scene, views.FULL, arguments.runs, threads, arguments.peers, workloads,
        weather=weather_named(arguments.weather),
    )  # fmt: skip
    if arguments.json:
        print(json.dumps([one.record() for one in found], indent=1))
    elif arguments.markdown:
        print("\n".join(comparison.markdown_lines(found, scene, views.FULL, arguments.command)))
    else:
        print("\n".join(comparison.table_lines(found, scene, views.FULL)))
    return 0


def _scene(arguments: argparse.Namespace) -> int:
    from tools.benches.street import make_street
    from tools.benches.tessellation import tessellate
    from tools.benches.triangles import read_scene, write_scene

    if arguments.like is None:
        scene = make_street(arguments.triangles)
    else:
        scene = tessellate(read_scene(Path(arguments.like)), arguments.triangles)
    path = Path(arguments.out or f"street_{arguments.triangles}.npz")
    write_scene(path, scene)
    print(f"{path}: {len(scene.triangle)} triangles, {len(scene.instance_class)} instances, {len(scene.cars)} cars")
    return 0


def _curves(arguments: argparse.Namespace) -> int:
    from tools.benches import curves

    return curves.show(curves.measure(arguments.runs), Path(arguments.out))


def _count(text: str) -> int:
    """Read a whole number that may be written as 1e6."""
    try:
        value = float(text)
        if value == int(value) and 1 <= value <= 20_000_000:
            return int(value)
    except (ValueError, OverflowError):
        pass
    raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 to 20000000")


def _parser() -> Parser:
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
        "generate", _generate, "labeled episodes with the default rig: x real time, scaling, memory",
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
    sub = add(
        "sensors", _sensors, "LiDAR and camera kernels against other renderers on the same rays",
        "Time the LiDAR's and the camera's kernels on a scene of triangles, all cars moved each frame, and hold what "
        "they find against an exact tracer. Every subject has a process of its own on as many cores as it has threads; "
        "they take turns. Takes about a minute with peers.", 9,
    )  # fmt: skip
    sub.add_argument("--scene", required=True, metavar="FILE", help="an .npz of triangles, as `scene` writes it")
    sub.add_argument(
        "--threads", type=whole_number(1, 256), nargs="+", default=[1], metavar="N",
        help="of each subject; several to compare them (default: 1)",
    )  # fmt: skip
    sub.add_argument(
        "--peers", action="store_true",
        help="also those installed of open3d, mitsuba, embreex, pybullet, moderngl (on llvmpipe)",
    )  # fmt: skip
    sub.add_argument("--workload", action="append", choices=WORKLOADS, help="only this one; may be given several times")
    sub.add_argument(
        "--weather", default="haze", metavar="NAME",
        help="of camera_all_dynamic: haze, or one of conf/weather (default: haze)",
    )  # fmt: skip
    sub.add_argument("--markdown", action="store_true", help="print a table for the docs, with floors")
    sub = benchmarks.add_parser(
        "scene", help="write a street of any number of triangles for `sensors`",
        description="Write a street of 231 instances, 40 of them cars, always the same: in full detail 60,112 "
        "triangles, below with fewer sides, above with surfaces cut finer. Never more triangles than asked for.",
    )  # fmt: skip
    sub.add_argument("--triangles", type=_count, required=True, metavar="N", help="about so many, 8000 or more")
    sub.add_argument("--like", metavar="FILE", help="cut this scene finer instead")
    sub.add_argument("--out", metavar="FILE", help="(default: street_N.npz)")
    sub.set_defaults(run=_scene)
    sub = benchmarks.add_parser(
        "curves", help="cost of LiDAR and camera against triangles, beams, pixels and actors, as a figure",
        description="Time the kernels on streets of 10,000 to a million triangles, with more and fewer beams, pixels "
        "and actors, print the exponents and draw four panels.",
    )  # fmt: skip
    sub.add_argument("out", metavar="OUT", help="picture to write, .svg or .png")
    sub.add_argument("--runs", type=whole_number(1, 1000), default=9, help="medians of so many (default: 9)")
    sub.set_defaults(run=_curves)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a benchmark."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    parser.set_defaults(command=" ".join(["tools/bench.py", *given]))
    return run(parser, given)


if __name__ == "__main__":
    sys.exit(main())
