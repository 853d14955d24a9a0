"""Checks that take longer than a test: measured claims of the documentation, each printed with its bound.

Run them with the project's own environment, .venv/bin/python tools/check.py CHECK, once tools/test has made it.
Exit code 0 if every figure keeps to its bound, 1 if one does not, 2 if the check could not be made.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from tools.command_line import Parser, run, whole_number  # noqa: E402  found beside this file's folder


def difficulty(arguments: argparse.Namespace) -> int:
    """Measure every hazard of the library and write the figures that `simengine list` shows."""
    from simengine.core.errors import ConfigError
    from tools.checks import difficulty as check

    if arguments.write and (arguments.override or arguments.tuning or arguments.samples < check.LEAST_REPORTED):
        raise ConfigError(
            f"--write keeps published figures: at least {check.LEAST_REPORTED} samples, without --override or --tuning"
        )
    return check.run(arguments, ROOT)


def physics(arguments: argparse.Namespace) -> int:
    """Hold the physics against closed forms and published figures."""
    from tools.checks import physics as check
    from tools.checks.table import print_rows

    return print_rows(check.rows())


def labels(arguments: argparse.Namespace) -> int:
    """Hold sensors and labels against Embree, against each other and against what the formats' tools read."""
    from tools.checks import labels as check
    from tools.checks.determinism import library_scenarios
    from tools.checks.table import print_rows

    names = library_scenarios(arguments.scenario) if arguments.scenario else list(check.SCENARIOS)
    weathers = arguments.weather or list(check.WEATHERS)
    with tempfile.TemporaryDirectory(prefix="simengine-labels-") as scratch:
        return print_rows(check.rows(names, weathers, arguments.frames, arguments.override, Path(scratch)))


def replay(arguments: argparse.Namespace) -> int:
    """Replay recorded traffic and measure how far every vehicle is from its recording."""
    from tools.checks import replay as check
    from tools.checks.table import Row, print_rows

    files = check.recordings(arguments.files, ROOT.parent / "shared" / "data" / "commonroad" / "ngsim")

    def rows() -> Iterator[Row]:
        for path in files:
            yield check.row_of(path, check.follow(path, tuple(arguments.override)))

    return print_rows(rows())


def recorded(arguments: argparse.Namespace) -> int:
    """Check labels by recorded files alone."""
    from simengine.core.errors import ConfigError
    from tools.checks.recorded import table as check

    files = [Path(text) for text in arguments.files]
    if arguments.write and (files or arguments.only or arguments.override):
        raise ConfigError("--write keeps the table of all recordings as they are: not with FILE, --only or --override")
    unknown = sorted(set(arguments.only or ()) - {case.name for case in check.CASES})
    if unknown:
        names = ", ".join(case.name for case in check.CASES)
        raise ConfigError(f"--only {unknown[0]!r}: no such recording; there are: {names}")
    table = {}
    with tempfile.TemporaryDirectory(prefix="simengine-recorded-") as scratch:
        cases = [case for case in check.CASES if not arguments.only or case.name in arguments.only]
        made = ((path.stem, check.check_file(path)) for path in files)
        for name, found in made if files else check.found_in(cases, Path(scratch), arguments.override):
            table[name] = found
            print(f"{name}:")
            for what, one in found.items():
                mark = "BAD" if one.errors else "ok " if one.checked else "   "
                worst = f"  {one.worst}" if one.errors else ""
                print(f"  {mark} {what:36} {check.cell(one)}{worst}", flush=True)
    errors = sum(one.errors for found in table.values() for one in found.values())
    print(f"{errors} errors in {len(table)} recordings")
    if arguments.write:
        page = ROOT / "docs" / "label_checks.md"
        part = page.with_name(f".{page.name}.part")
        part.write_text(check.as_markdown(table, "tools/check.py recorded --write"))
        os.replace(part, page)
    return 0 if table and not errors else 1


def style(arguments: argparse.Namespace) -> int:
    """Measure the drivers of traffic=recorded_style against recordings that their fit did not see."""
    from simengine.core.errors import ConfigError
    from tools.checks import style as check
    from tools.checks.table import print_rows

    if arguments.write and arguments.files:
        raise ConfigError("--write keeps the table of the recordings that the preset was fitted to: not with FILE")
    found = check.measure(arguments.files, ROOT.parent / "shared" / "data" / "commonroad" / "ngsim")
    code = print_rows(check.rows(found))
    if arguments.write:
        page = ROOT / "docs" / "recorded_style.md"
        part = page.with_name(f".{page.name}.part")
        part.write_text(check.as_markdown(found, "tools/check.py style --write"))
        os.replace(part, page)
    return code


def determinism(arguments: argparse.Namespace) -> int:
    """Compare digests across workers, processes, instruction sets and kills."""
    from tools.checks import determinism as check
    from tools.checks.table import Row, print_rows

    names = check.library_scenarios(arguments.scenario)
    seed = int.from_bytes(os.urandom(4), "big") if arguments.kill_seed is None else arguments.kill_seed
    parts = arguments.only or ["workers", "processors", "kills"]

    def rows(scratch: Path) -> Iterator[Row]:
        if "workers" in parts:
            yield from check.across_workers(scratch, names, arguments.override)
        if "processors" in parts:
            yield from check.across_processors(scratch, names, arguments.override)
        if "kills" in parts:
            yield from check.after_kills(
                scratch, names[0], arguments.episodes, arguments.kills, seed, arguments.override
            )

    with tempfile.TemporaryDirectory(prefix="simengine-determinism-") as scratch:
        return print_rows(rows(Path(scratch)))


def traffic(arguments: argparse.Namespace) -> int:
    """Measure ordinary traffic: does it collide, does it get through, does it flow as its model says."""
    from simengine.simulation.runner import default_workers
    from tools.checks import traffic as check
    from tools.checks.table import print_rows

    spans = {"batched": 3600.0 * arguments.hours, "bullet": 60.0 * arguments.minutes}
    places = arguments.only or list(check.PLACES)
    return print_rows(check.rows(spans, places, arguments.each, arguments.workers or default_workers()))


def agreement(arguments: argparse.Namespace) -> int:
    """Run every scenario of the library in both physics and compare the verdicts."""
    from simengine.core.errors import ConfigError
    from simengine.scenario.compose import scenario_names
    from simengine.simulation.runner import default_workers, progress
    from tools.checks import verdicts as check
    from tools.checks.determinism import library_scenarios

    if arguments.write and (arguments.scenario or arguments.override):
        raise ConfigError("--write keeps the table of the whole library as it is: not with --scenario or --override")
    names = library_scenarios(arguments.scenario) if arguments.scenario else scenario_names()
    seeds = range(arguments.seeds_from, arguments.seeds_from + arguments.samples)
    found = []
    for name in names:
        with progress(len(seeds), "sample", name) as bar:
            workers = arguments.workers or default_workers()
            found.append(check.agreement(name, seeds, workers, arguments.override, bar.update))
        print(check.format_agreement(found[-1]), flush=True)
        for line in check.disagreements(found[-1]):
            print(f"      {line}", flush=True)
    if arguments.write:
        page = ROOT / "docs" / "agreement.md"
        part = page.with_name(f".{page.name}.part")
        part.write_text(check.document(found, seeds))
        os.replace(part, page)
    return 0 if all(one.share >= check.LEAST for one in found) else 1


def people(arguments: argparse.Namespace) -> int:
    """Measure people on foot: company, spacing, speeds, and that nobody touches anybody."""
    from simengine.simulation.runner import default_workers
    from simengine.verify.crowd import PLACES, run_places
    from tools.checks import people as check

    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    places = arguments.only or list(PLACES)
    runs = run_places(places, arguments.physics, seeds, arguments.seconds, arguments.workers or default_workers())
    found = check.gather(runs)
    print("\n".join(check.as_table(found)))
    if arguments.write:
        page = ROOT / "docs" / "pedestrians.md"
        part = page.with_name(f".{page.name}.part")
        part.write_text(
            check.document(
                found, f"tools/check.py people --seeds {arguments.seeds} --write", seeds, arguments.seconds,
                arguments.physics,
            )
        )
        os.replace(part, page)
    return 0 if found and all(figures.good for figures in found.values()) else 1


def traffic_maps(arguments: argparse.Namespace) -> int:
    """Run ordinary traffic on many maps and print a table of who collides, rolls over, stands or leaves its lane."""
    from simengine.core.errors import ConfigError
    from simengine.simulation.runner import default_workers
    from tools.checks import traffic_maps as check

    physics = arguments.only or list(check.PHYSICS)
    if arguments.write and (arguments.map or arguments.only):
        raise ConfigError("--write keeps the table of all maps in both physics: not with --map or --only")
    folder = Path(arguments.folder) if arguments.folder else ROOT.parent / "shared" / "data"
    places = check.chosen_maps(arguments.map, folder)
    table = []
    seeds = sorted(set(arguments.seed or (101, 102, 103)))
    for row in check.rows(places, physics, seeds, arguments.seconds, folder, arguments.workers or default_workers()):
        table.append(row)
        print(f"{'ok ' if row.good else 'BAD'} " + "  ".join(check.cells(row)), flush=True)
        for line in check.findings(row):
            print(f"      {line}", flush=True)
    print(f"{sum(row.good for row in table)} of {len(table)} rows without a fault")
    if arguments.write:
        page = ROOT / "docs" / "traffic.md"
        part = page.with_name(f".{page.name}.part")
        part.write_text(check.document(table, "tools/check.py traffic-maps --write"))
        os.replace(part, page)
    return 0 if table and all(row.good for row in table) else 1


def maps(arguments: argparse.Namespace) -> int:
    """Read every road file of a folder and tell which are read, remarked and refused, and why."""
    from tools.checks import maps as check

    folder = Path(arguments.folder) if arguments.folder else ROOT.parent / "shared" / "data"
    found = []
    print("\n".join(check.HEADER), flush=True)
    for row in check.rows(folder):
        found.append(row)
        print(check.format_row(row), flush=True)
    print(check.summary(found))
    if arguments.write:
        page = ROOT / "docs" / "road_files.md"
        part = page.with_name(f".{page.name}.part")
        part.write_text(check.document(found))
        os.replace(part, page)
    return 0 if all(row.good for row in found) else 1


def ground(arguments: argparse.Namespace) -> int:
    """Measure whether the ground of maps is one surface, for wheels and for the eye."""
    from tools.checks import ground as check
    from tools.checks.table import print_rows

    return print_rows(check.rows(check.maps(arguments.files, ROOT.parent / "shared" / "data")))


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="tools/check.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    checks = parser.add_subparsers(required=True, metavar="CHECK")
    check = checks.add_parser(
        "difficulty",
        help="does every hazard fire, is it neither trivial nor hopeless",
        description="Draw samples of hazards, run the built-in driver, and where it fails the careful and competent "
        "driver of UN Regulation 157; print the shares with their 95 % intervals and hold them against bounds. "
        "Reported seeds begin at 5000; with --tuning they begin at 1000: only on those a scenario may be tuned.",
    )
    check.add_argument("scenario", nargs="*", help="of the library (default: every hazard)")
    check.add_argument("--samples", type=whole_number(1, 1_000_000), default=200, help="of each (default: 200)")
    check.add_argument("--override", action="append", default=[], metavar="key=value", help="a further setting")
    check.add_argument("--tuning", action="store_true", help="draw the seeds that scenarios are tuned on, at most 200")
    check.add_argument("--workers", type=whole_number(0, 1000), default=0, help="processes (default: one a core)")
    check.add_argument("--write", action="store_true", help="keep the figures for `simengine list` and docs/hazards.md")
    check.add_argument("--reasons", action="store_true", help="print every sample")
    check.set_defaults(run=difficulty)

    check = checks.add_parser(
        "physics",
        help="does the physics meet closed forms and published figures",
        description="Brake, corner, park and collide, and compare with closed forms, the UK stopping table, the linear "
        "single-track model, commonroad-vehicle-models (if installed) and the two physics with each other.",
    )
    check.set_defaults(run=physics)

    check = checks.add_parser(
        "labels",
        help="do images, points and labels agree with an independent renderer",
        description="Run scenarios of the library and compare every pixel's instance and depth and every eighth LiDAR "
        "column with rays cast by Embree at the same instants, boxes with masks and points, and exports with what "
        "COCO's tools and a KITTI reader make of them.",
    )
    check.add_argument("scenario", nargs="*", help="of the library (default: four)")
    check.add_argument("--weather", action="append", help="may repeat (default: clear and night_rain)")
    check.add_argument("--frames", type=whole_number(1, 60), default=3, help="one a second, of each (default: 3)")
    check.add_argument("--override", action="append", default=[], metavar="key=value", help="a further setting")
    check.set_defaults(run=labels)

    check = checks.add_parser(
        "replay",
        help="do recorded vehicles stay within 5 cm of their recording",
        description="Replay CommonRoad files with the whole simulator, vehicles not reacting, and compare every "
        "recorded vehicle with the file's own positions at every recorded step.",
    )
    check.add_argument(
        "files", nargs="*", metavar="FILE", help="files or folders (default: ../shared/data/commonroad/ngsim)"
    )
    check.add_argument("--override", action="append", default=[], metavar="key=value", help="a further setting")
    check.set_defaults(run=replay)

    check = checks.add_parser(
        "recorded",
        help="are the labels in a recorded file right, by that file alone",
        description="Record eight scenarios, or take files that are there, and check every label that can be checked "
        "by reading nothing but the MCAP file: derivatives, ids, masks, boxes, depth, points, flow, lamps, signals, "
        "fixes, inertial samples, collisions, schemas. Fails too where there is nothing of what a recording has to "
        "show. No part of simengine reads the file.",
    )
    check.add_argument("files", nargs="*", metavar="FILE", help="episodes that are there already (.mcap)")
    check.add_argument("--only", action="append", metavar="NAME", help="one of the recordings by its name; may repeat")
    check.add_argument("--override", action="append", default=[], metavar="key=value", help="a further setting")
    check.add_argument("--write", action="store_true", help="keep the table in docs/label_checks.md")
    check.set_defaults(run=recorded)

    check = checks.add_parser(
        "style",
        help="do the drivers of traffic=recorded_style drive like recorded ones",
        description="Let the drivers of traffic=recorded_style drive the vehicles of recordings that `simengine fit` "
        "holds out, and compare accelerations, speeds, headways, gaps and lane changes with the recorded ones: the "
        "distance of each has to be at most twice that between halves of the recordings.",
    )
    check.add_argument(
        "files", nargs="*", metavar="FILE", help="recordings (default: ../shared/data/commonroad/ngsim)"
    )
    check.add_argument("--write", action="store_true", help="keep the table in docs/recorded_style.md")
    check.set_defaults(run=style)

    check = checks.add_parser(
        "determinism",
        help="are digests the same however an episode is made",
        description="Generate with a small rig and compare digests: every scenario by one and by two workers and in a "
        "process of its own, with one and with two threads, compiled for any x86-64 and with NumPy's AVX-512 off; a "
        "run that is killed again and again and goes on. Takes about half an hour for the whole library.",
    )
    check.add_argument("scenario", nargs="*", help="of the library (default: all)")
    check.add_argument("--only", action="append", choices=["workers", "processors", "kills"], help="a part; may repeat")
    check.add_argument("--episodes", type=whole_number(2, 100_000), default=8, help="of the killed run (default: 8)")
    check.add_argument("--kills", type=whole_number(1, 1000), default=5, help="how often (default: 5)")
    check.add_argument("--kill-seed", type=whole_number(0, 2**32), help="of the moments (default: drawn, and printed)")
    check.add_argument("--override", action="append", default=[], metavar="key=value", help="a further setting")
    check.set_defaults(run=determinism)

    check = checks.add_parser(
        "traffic",
        help="does ordinary traffic get along, get through and flow as its model says",
        description="Run a ring highway and a signalled intersection with the mixed fleet in both physics and count "
        "collisions and vehicles that get through; compare the flow of equal drivers with the model's equilibrium. "
        "Takes about half an hour on two quiet cores with the default spans.",
    )
    check.add_argument("--hours", type=float, default=10.0, help="simulated in batched, of each place (default: 10)")
    check.add_argument("--minutes", type=float, default=10.0, help="simulated in bullet, of each (default: 10)")
    check.add_argument("--each", type=float, default=1800.0, help="seconds a world runs at most (default: 1800)")
    check.add_argument("--workers", type=whole_number(0, 1000), default=0, help="processes (default: one a core)")
    check.add_argument("--only", action="append", choices=["ring", "intersection", "flow"], help="a part; may repeat")
    check.set_defaults(run=traffic)

    check = checks.add_parser(
        "agreement",
        help="do both physics judge the same samples alike",
        description="Run every scenario of the library with the same seeds in batched and in bullet, without sensors, "
        "and count equal verdicts; for every other one print both reasons and who was elsewhere first. Fails where "
        "fewer than 97 % of a scenario's verdicts agree.",
    )
    check.add_argument("--scenario", action="append", metavar="NAME", help="of the library; may repeat (default: all)")
    check.add_argument("--samples", type=whole_number(1, 1_000_000), default=100, help="of each (default: 100)")
    check.add_argument("--seeds-from", type=whole_number(0, 2**31), default=5000, help="first seed (default: 5000)")
    check.add_argument("--workers", type=whole_number(0, 1000), default=0, help="processes (default: one a core)")
    check.add_argument("--override", action="append", default=[], metavar="key=value", help="a further setting")
    check.add_argument("--write", action="store_true", help="keep the table in docs/agreement.md")
    check.set_defaults(run=agreement)

    check = checks.add_parser(
        "people",
        help="do people on foot walk, stand and keep company as published, and touch nobody",
        description="Run a crowd on three roads and compare shares, distances and speeds with published ones; count "
        "people who touch people, vehicles or scenery, groups torn apart and walkers held up.",
    )
    check.add_argument("--seeds", type=whole_number(1, 1000), default=3, help="of each road (default: 3)")
    check.add_argument("--first-seed", type=whole_number(0, 2**31), default=2001, help="(default: 2001)")
    check.add_argument("--seconds", type=float, default=60.0, help="of each run (default: 60)")
    check.add_argument("--physics", choices=["bullet", "batched"], default="bullet")
    check.add_argument("--only", action="append", choices=["street", "narrow street", "intersection"], metavar="PLACE",
                       help="street, narrow street or intersection; may repeat")  # fmt: skip
    check.add_argument("--workers", type=whole_number(0, 1000), default=0, help="processes (default: one a core)")
    check.add_argument("--write", action="store_true", help="keep the table in docs/pedestrians.md")
    check.set_defaults(run=people)

    check = checks.add_parser(
        "traffic-maps",
        help="does ordinary traffic on many maps collide, roll over, lock or leave its lanes",
        description="Run ordinary traffic on roads of our own and on public road files in both physics and print a "
        "table: collisions, vehicles rolled over, standing for ever and off their lane, throughput, and vehicles that "
        "were taken out; every finding with seed, time and place. Fails unless all faults are 0.",
    )
    check.add_argument("--map", action="append", metavar="NAME", help="of the table, or a road file; may repeat")
    check.add_argument("--seed", action="append", type=whole_number(0, 2**32), help="may repeat (default: 101 to 103)")
    check.add_argument("--seconds", type=float, default=120.0, help="of each run (default: 120)")
    check.add_argument("--only", action="append", choices=["batched", "bullet"], help="a physics")
    check.add_argument("--folder", metavar="FOLDER", help="of road files (default: ../shared/data)")
    check.add_argument("--workers", type=whole_number(0, 1000), default=0, help="processes (default: one a core)")
    check.add_argument("--write", action="store_true", help="keep the table in docs/traffic.md")
    check.set_defaults(run=traffic_maps)

    check = checks.add_parser(
        "maps",
        help="which road files are read, with what remarks, and which are refused",
        description="Read every .xodr and CommonRoad file of a folder and print a table: read, read with remarks or "
        "refused, and why; with the worst gaps between lanes that lead into each other. Fails if a reader ends in "
        "anything but a network or one readable error.",
    )
    check.add_argument("folder", nargs="?", metavar="FOLDER", help="or one file (default: ../shared/data)")
    check.add_argument("--write", action="store_true", help="keep the table in docs/road_files.md")
    check.set_defaults(run=maps)

    check = checks.add_parser(
        "ground",
        help="is the ground of maps one surface without steps, and is it what is seen",
        description="Follow and cross every lane of every map that is not level and look for steps and steep places; "
        "compare the surfaces that cameras and LiDAR see with the ground that wheels stand on.",
    )
    check.add_argument("files", nargs="*", metavar="FILE", help="files or folders (default: ../shared/data)")
    check.set_defaults(run=ground)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a check."""
    return run(_parser(), arguments)


if __name__ == "__main__":
    sys.exit(main())
