"""The `simengine` command: one short function per command, one place that turns errors into one line and exit 2."""

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from simengine import __version__
from simengine._interrupts import raising_interrupts
from simengine.core.errors import ConfigError, ScenarioError
from simengine.core.text.bounded_files import home_path
from simengine.core.text.command_line import Parser, number, read_words, whole_number
from simengine.core.text.printable_text import one_line, say
from simengine.core.text.streams import discard_output, open_standard_streams
from simengine.scenario.override_text import split_settings

_OVERRIDES = """\
Settings are given as key=value in Hydra's grammar, for example:
  scenario=urban/jaywalker   an option of a group (scenario, road, traffic, pedestrians, weather, ego, sensors,
                             physics, recorder, criteria)
  weather.rain_rate=12       one value of it
  'weather.optical_range={uniform: [50, 200]}'   a distribution to draw it from
  '+sensors.lidar_left=${sensors.lidar_top}' 'sensors.lidar_left.mount.position=[1.0, 0.8, 1.9]'
                             another sensor (camera, actor, event) like one that is there; what is not set
                             afterwards follows the original, values drawn from distributions included
Text with characters such as ( ) [ ] { } , : # ; or ü is quoted twice, "key='a (b)'"; paths need no quotes within.
"""

_OUT_OF_MEMORY = "out of memory; fewer episodes, sensors or workers at once need less"
_NO_ROOM = ("failed to map segment", "cannot allocate memory")  # what the loader of libraries says then


def _home(text: str) -> str:
    return str(home_path(text))


def _list(arguments: argparse.Namespace) -> int:
    from simengine.verify.library import print_library

    print_library(arguments.overrides)
    return 0


def _generate(arguments: argparse.Namespace) -> int:
    from simengine.export.after_generating import split_export
    from simengine.simulation.jobs.generate import generate

    overrides, follow_up = split_export(arguments.overrides)
    return generate(overrides, arguments.multirun, follow_up)


def _replay(arguments: argparse.Namespace) -> int:
    from simengine.simulation.jobs.replay import replay

    return replay(arguments.folder, arguments.workers)


def _verify(arguments: argparse.Namespace) -> int:
    from simengine.simulation.jobs.verification import verify

    return verify(arguments.path)


def _test(arguments: argparse.Namespace) -> int:
    from simengine.verify.suite import run_suite

    if not arguments.paths:
        raise ConfigError("test: name a folder, file or scenario, as in test scenarios/urban")
    return run_suite(arguments.paths, arguments.overrides, arguments.junit, arguments.step_limit)


def _export(arguments: argparse.Namespace) -> int:
    from simengine.export.command import export

    return export(arguments.folder, arguments.settings)


def _fit(arguments: argparse.Namespace) -> int:
    from simengine.verify.recorded_style.command import run_fit

    return run_fit(arguments.paths, arguments.overrides)


def _train(arguments: argparse.Namespace) -> int:
    from simengine.learning.command import train

    return train(arguments.overrides)


def _evaluate(arguments: argparse.Namespace) -> int:
    from simengine.learning.command import evaluate

    return evaluate(arguments.overrides)


def _parser() -> Parser:
    parser = Parser(
        prog="simengine",
        description="Scenarios as data, simulated by physics: labeled episodes, environments, regression tests.",
        epilog="`simengine COMMAND --help` explains a command.",
    )
    parser.add_argument("--version", action="version", version=f"simengine {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], summary: str, text: str) -> Parser:
        sub = commands.add_parser(
            name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", epilog=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        sub.set_defaults(run=run)
        return sub

    listing = command("list", _list, "show the scenario library", "A scenario of your own joins with\n"
                      "  hydra.searchpath=[file://FOLDER]   where FOLDER/scenarios/ holds YAML files")  # fmt: skip
    listing.add_argument("overrides", nargs="*", metavar="key=value", help="hydra.searchpath=[…]")

    generating = command(
        "generate", _generate, "run a scenario and write labeled episodes",
        _OVERRIDES + """
And for the run itself:
  episodes=4   how many; episode i has seed + i
  seed=1
  workers=2    processes (default: one a core)
  output=DIR   where to (default: a dated folder under outputs/); if DIR holds finished episodes of the same
               scenario, only the missing and the damaged ones are made; one run at a time may write to it
  export=kitti,coco   also write the dataset in other formats, to DIR/export/kitti and so on, with the formats' own
               settings (see `simengine export --help`) as export.camera=camera_front, export.validation=0.2

What an episode's file holds is set by recorder=standard|lossless and, for example,
  recorder.leave_out=[scene,map_lines,instance,camera_front/depth]   topics for viewers (scene, tf, map_lines,
               signal_lamps, boxes) and channels, of all sensors or of one; digests stay the same

DIR then holds index.parquet (a row an episode), episodes/ID.mcap, preview.png and preview.mp4.
With -m several values sweep:  generate -m scenario=urban/jaywalker weather=clear,night,fog
""",
    )  # fmt: skip
    generating.add_argument("overrides", nargs="*", metavar="key=value", help="settings, see below")
    generating.add_argument("-m", "--multirun", action="store_true", help="sweep over comma-separated values")

    replaying = command(
        "replay",
        _replay,
        "run recorded episodes again and compare all they hold",
        "Every episode is simulated and written a second time; its digest and every message, attachment and metadata\n"
        "record of its file are compared.\n"
        "Exit code 0 if every episode is identical, 1 if one is not; the first difference is named.",
    )
    replaying.add_argument("folder", type=_home, help="a folder that `generate` wrote")
    replaying.add_argument("--workers", type=whole_number(1, 1024), help="processes (default: one a core)")

    verifying = command(
        "verify",
        _verify,
        "check that recorded files are as they were written",
        "Nothing is simulated: checksums, indexes and the SHA-256 of every topic and attachment are taken again.\n"
        "It takes about a third of the time that decoding everything takes, 1.1 s for 100 MB.\n"
        "A file that was edited and given hashes of its own passes; `simengine replay` finds it.\n"
        "Exit code 0 if all is whole, 1 if something is damaged; each damaged topic of each file is named.",
    )
    verifying.add_argument("path", type=_home, help="a folder that `generate` wrote, a sweep, or one .mcap file")

    testing = command(
        "test", _test, "run scenarios against their criteria",
        _OVERRIDES + """
Each PATH is a folder or file of scenarios (scenarios/urban, scenarios/highway/cut_in.yaml), or a file with a concrete
scenario, which takes no settings.
  episodes=1   seeds per scenario;  seed=1  the first
  workers=2    processes (default: one a core)

Every scenario runs in a worker process. One whose driver raises something, returns what is no number, ends the
process or takes longer than --step-limit (default: 30 s) for one step is reported as an error with the driver, the
step and the value, and the others go on. Laying a scenario out may take ten times the limit; compiling does not count.
Exit code 0 if all pass, 1 if one fails or its driver does, 2 if the input is wrong or a scenario cannot be laid out.
""",
    )  # fmt: skip
    testing.add_argument("paths", nargs="+", metavar="PATH", help="scenarios; further key=value settings may follow")
    testing.add_argument("--junit", metavar="FILE", type=_home, default=None, help="write the verdicts as JUnit XML")

    testing.add_argument(
        "--step-limit", metavar="SECONDS", type=number(0.0, 86_400.0), default=30.0,
        help="longest time for one step (default: 30)",
    )  # fmt: skip

    exporting = command(
        "export",
        _export,
        "write a dataset that other tools read",
        "  format=kitti|coco   which\n  output=OUT          an empty or new folder\n"
        "and the format's own:\n"
        "  camera=NAME         the first one for kitti, all for coco\n"
        "  lidar=NAME          kitti: the first one\n"
        "  masks=polygon|rle   coco\n"
        "  validation=0.2      share of the episodes that are for validation\n"
        "`simengine generate … export=kitti` does it at once.",
    )
    exporting.add_argument("folder", type=_home, help="a folder that `generate` wrote, or a sweep")
    exporting.add_argument("settings", nargs="*", metavar="key=value", help="format=… output=…")

    fitting = command(
        "fit",
        _fit,
        "fit traffic to recordings",
        "Each FILE is a CommonRoad file with recorded vehicles, or a folder of such. Drivers drive the recorded\n"
        "vehicles from where they start until accelerations, speeds, headways, gaps and changes of lane look like the\n"
        "recorded ones. Recordings whose names begin alike up to the first hyphen are of one site; every second\n"
        "recording of a site is held out, those that share vehicles together, and the table is made on these.\n"
        "  output=my_style.yaml   the preset that is written; in FOLDER/traffic/ it is\n"
        "                         traffic=my_style hydra.searchpath=[file://FOLDER]\n"
        "  seed=1                 of everything drawn; the same seed gives the same file\n"
        "  rounds=12              of the search",
    )
    fitting.add_argument("paths", nargs="+", metavar="FILE", help="recordings; key=value settings may follow")

    training = command(
        "train",
        _train,
        "train a driver",
        "  env=highway|intersection|warehouse   agent=ppo   output=DIR   seed=1\n"
        "Writes a checkpoint, the learning curve as PNG and CSV.",
    )
    training.add_argument("overrides", nargs="*", metavar="key=value", help="settings")

    evaluating = command(
        "evaluate",
        _evaluate,
        "measure a trained driver on unseen episodes",
        "  env=highway agent=CHECKPOINT episodes=500",
    )
    evaluating.add_argument("overrides", nargs="*", metavar="key=value", help="settings")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code.

    0 done, 1 a verdict is negative, 2 wrong input or no room, 130 interrupted, 141 nobody reads the output any more.
    """
    open_standard_streams()
    with raising_interrupts():
        return _run(argv)


def _run(argv: Sequence[str] | None) -> int:
    run = None
    try:
        try:
            arguments = read_words(_parser(), argv)
            run = arguments.run
            if run in (_test, _fit):
                arguments.paths, arguments.overrides = split_settings(arguments.paths)
            code = int(run(arguments))
        except SystemExit:  # of `--help`, `--version` and wrong words, which are printed when the process ends
            _print_the_rest()
            raise
        sys.stdout.flush()
        return code
    except (ConfigError, ScenarioError) as error:
        return _refuse(str(error))
    except ImportError as error:
        if any(words in str(error) for words in _NO_ROOM):
            return _refuse(_OUT_OF_MEMORY)
        if "pip install" not in str(error):
            raise
        return _refuse(str(error))
    except MemoryError:
        return _refuse(_OUT_OF_MEMORY)
    except KeyboardInterrupt:
        return _refuse("interrupted", 130)
    except BrokenPipeError:  # `simengine list | head`; what makes files has not made them all
        discard_output()
        return 0 if run is _list else 141
    except OSError as error:  # a full disk under what is printed, no more open files, a folder that may not be entered
        place = f"{error.filename}: " if error.filename else ""
        code = _refuse(f"{place}cannot be read or written: {(error.strerror or str(error)).lower()}")
        discard_output()  # else what is left of it fails again when the process ends
        return code


def _refuse(text: str, code: int = 2) -> int:
    """Tell in one line why a command ends, where there is anybody to tell; returns its exit code."""
    with suppress(OSError):
        say(f"simengine: {one_line(text)}", sys.stderr)
    with suppress(OSError):
        _print_the_rest()
    return code


def _print_the_rest() -> None:
    """Print what waits to be printed; that nobody reads it changes no exit code."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        discard_output()
