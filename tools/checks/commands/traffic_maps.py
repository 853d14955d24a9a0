"""Run ordinary traffic on many maps and print how often vehicles collide, roll over, stand or leave their lane."""

import argparse
from pathlib import Path

from simengine.core.text.command_line import number, whole_number
from simengine.core.text.printable_text import say
from tools.checks.pages import ROOT, check_page, write_page

SEEDS = (401, 402, 403)  # of the published table
LEAST = 120.0  # of each run for the page [s]


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "traffic-maps",
        help="does ordinary traffic on many maps collide, roll over, lock or leave its lanes",
        description="Run ordinary traffic on roads of our own and on public road files in both physics and print a "
        "table: collisions, vehicles rolled over, standing for ever and off their lane, throughput, and vehicles that "
        "were taken out; every finding with seed, time and place. Fails unless all faults are 0.",
    )
    check.add_argument("--map", action="append", metavar="NAME", help="of the table, or a road file; may repeat")
    check.add_argument("--seed", action="append", type=whole_number(0, 2**32), help="may repeat (default: 401 to 403)")
    check.add_argument("--seconds", type=number(0.0, 86_400.0), default=LEAST, help="of each run (default: 120)")
    check.add_argument("--only", action="append", choices=["batched", "bullet"], help="a physics")
    check.add_argument("--folder", metavar="FOLDER", help="of road files (default: ../shared/data)")
    check.add_argument("--workers", type=whole_number(0, 1000), default=0, help="processes (default: one a core)")
    check.add_argument("--write", action="store_true", help="keep the table of each physics in docs/traffic_PHYSICS.md")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from simengine.core.errors import ConfigError
    from simengine.simulation.jobs.runner import default_workers
    from tools.checks.traffic import traffic_maps as check

    physics = arguments.only or list(check.PHYSICS)
    if arguments.write and arguments.map:
        raise ConfigError("--write keeps the table of all maps: not with --map")
    if arguments.write and (arguments.seed or arguments.seconds < LEAST):
        raise ConfigError(f"--write keeps the table of the default seeds: not with --seed or less than {LEAST:.0f} s")
    pages = {kind: f"traffic_{kind}.md" for kind in physics} if arguments.write else {}
    for page in pages.values():
        check_page(page)
    folder = Path(arguments.folder) if arguments.folder else ROOT.parent / "shared" / "data"
    places = check.chosen_maps(arguments.map, folder)
    table = []
    seeds = sorted(set(arguments.seed or SEEDS))
    for row in check.rows(places, physics, seeds, arguments.seconds, folder, arguments.workers or default_workers()):
        table.append(row)
        say(f"{'ok ' if row.good else 'BAD'} " + "  ".join(check.cells(row)), flush=True)
        for line in check.findings(row):
            say(f"      {line}", flush=True)
    say(f"{sum(row.good for row in table)} of {len(table)} rows without a fault")
    for kind, page in pages.items():
        rows = [row for row in table if row.physics == kind]
        write_page(page, check.document(rows, f"tools/check.py traffic-maps --only {kind} --write", seeds))
    return 0 if table and all(row.good for row in table) else 1
