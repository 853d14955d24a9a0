"""Hold the vehicle dynamics of both physics against published models driven by the same inputs."""

import argparse
from pathlib import Path

from simengine.core.text.printable_text import say
from tools.checks.pages import ROOT, check_page, write_page

RECORDED = "recorded-minute"


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "maneuvers",
        help="do vehicles move as the published single-track and multi-body models do",
        description="Drive step steers, lane changes, stops and the like in both physics and in the single-track and "
        "multi-body models of commonroad-vehicle-models, with the same inputs, and compare yaw rates, lateral "
        "accelerations and where the vehicle ends up; then a recorded minute of highway. Fails where less than 80 % of "
        "a physics' figures are within what the published models span, and 5 % of the peak.",
    )
    check.add_argument("--only", metavar="PHYSICS", help="batched or bullet (default: both)")
    check.add_argument("--maneuver", action="append", metavar="NAME", help="of the list; may repeat (default: all)")
    check.add_argument("--vehicle", metavar="NAME", help="bmw_320i or ford_escort (default: bmw_320i)")
    check.add_argument("--recording", metavar="FOLDER", help="of comma2k19 (default: ../shared/data/comma2k19)")
    check.add_argument("--write", action="store_true", help="keep the table in docs/maneuvers.md")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from simengine.core.errors import ConfigError
    from tools.checks.maneuvers import bends, page
    from tools.checks.maneuvers.ours import PHYSICS
    from tools.checks.maneuvers.reference import load_reference

    if arguments.write and (arguments.only or arguments.maneuver or arguments.vehicle):
        raise ConfigError("--write keeps the table of all maneuvers: not with --only, --maneuver or --vehicle")
    physics = _known("--only", [arguments.only] if arguments.only else [], PHYSICS)
    names = _known("--maneuver", arguments.maneuver or [], (*bends.MANEUVERS, RECORDED))
    reference = load_reference(arguments.vehicle or "bmw_320i")
    if arguments.write:
        check_page("maneuvers.md")
    recording = _recording(arguments, names)
    found = []
    for row in bends.rows(reference, tuple(name for name in names if name != RECORDED), physics):
        found.append(row)
        say("\n".join(page.format_row(row)), flush=True)
    drifts = _drifts(recording, physics)
    if arguments.write:
        write_page("maneuvers.md", page.document(reference, found, drifts))
    if found:
        say("\n".join(page.summary(found)))
    return 0 if all(enough for *_, enough in page.verdicts(found)) else 1


def _known(option: str, asked: list[str], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Return what was asked for, in the order of what is allowed; all of it if nothing was."""
    from simengine.core.errors import ConfigError, nearest

    for name in asked:
        if name not in allowed:
            close = nearest(name, allowed)
            raise ConfigError(f"{option} {name!r} is not known{close}; there are: {', '.join(allowed)}")
    return tuple(name for name in allowed if not asked or name in asked)


def _recording(arguments: argparse.Namespace, names: tuple[str, ...]):
    """Return the recorded minute; None if it is not asked for, or not there without being asked for by name."""
    from simengine.core.errors import ConfigError
    from tools.checks.maneuvers.recorded_minute import read_recording

    if RECORDED not in names:
        return None
    folder = Path(arguments.recording) if arguments.recording else ROOT.parent / "shared" / "data" / "comma2k19"
    try:
        return read_recording(folder)
    except ConfigError:
        if arguments.recording or arguments.maneuver or arguments.write:
            raise
        say(f"    no recording of comma2k19 in {folder}: the recorded minute is left out")
        return None


def _drifts(recording, physics: tuple[str, ...]) -> list:
    """Drive the recorded minute, if there is one, and tell of it."""
    from tools.checks.maneuvers import page
    from tools.checks.maneuvers.recorded_minute import drifts

    found = [] if recording is None else drifts(recording, physics)
    for drift in found:
        say(page.format_drift(drift), flush=True)
    return found
