"""Draw every hazard of the library at its onset and its outcome."""

import argparse
from pathlib import Path

from simengine.core.text.command_line import whole_number
from simengine.core.text.printable_text import say


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "hazards",
        help="draw every hazard at onset and outcome, both sides and the extremes of its parameters",
        description="Draw samples of hazards of the library, or of your own, and write a sheet of each: a row an "
        "episode, from above and through its camera, where the hazard begins and where it ends. Without --seed the "
        "samples are those with the smallest and the largest value of each drawn parameter, on every side. Fails if a "
        "sample does not fire or is invalid. Names are also found on a search path: "
        '--override "hydra.searchpath=[file://FOLDER]".',
    )
    check.add_argument("--pictures", type=Path, required=True, metavar="DIR", help="where the sheets go")
    check.add_argument("--scenario", action="append", metavar="NAME",
                       help="of the library, or a file of your own; may repeat (default: all)")  # fmt: skip
    check.add_argument("--seed", action="append", type=whole_number(0, 2**31), metavar="N", help="may repeat")
    check.add_argument("--among", type=whole_number(2, 100_000), default=200, help="seeds to choose among, from 1000")
    check.add_argument("--rows", type=whole_number(1, 100), default=8, help="of a sheet at most (default: 8)")
    check.add_argument("--override", action="append", default=[], metavar="key=value", help="a further setting")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from simengine.simulation.files.whole_files import complete_or_absent, room_for
    from tools.checks.hazards import hazard_pictures as check
    from tools.checks.hazards.chosen_hazards import chosen_hazards

    chosen, bad = chosen_hazards(arguments.scenario or (), arguments.override), 0
    for name, overrides, _ in chosen:
        path = arguments.pictures / f"{name.replace('/', '_')}.png"
        with room_for(path, f"--pictures {arguments.pictures}: {path.name}"):
            sheet = check.draw(name, arguments.seed, arguments.among, arguments.rows, overrides)
            with complete_or_absent(path) as hidden:
                sheet.image.save(hidden, "PNG")
        say(f"{path}: {', '.join(sheet.told)}", flush=True)
        bad += len(sheet.faults)
        for line in sheet.faults:
            say(f"BAD {name} {line}", flush=True)
    return 1 if bad else 0
