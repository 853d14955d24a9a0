"""Run every scenario of the library in both physics and compare the verdicts."""

import argparse

from simengine.core.text.command_line import whole_number
from simengine.core.text.printable_text import say
from tools.checks.pages import check_page, write_page


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "agreement",
        help="do both physics judge the same samples alike",
        description="Run every scenario of the library with the same seeds in batched and in bullet, without sensors, "
        "and count equal verdicts; for every other one print both reasons and who was elsewhere first. Fails where "
        "fewer than 97 % of a scenario's verdicts agree. Samples that are invalid in both are left out. Its seeds are "
        "not those whose difficulty is published, since it shows single samples.",
    )
    check.add_argument("--scenario", action="append", metavar="NAME", help="of the library; may repeat (default: all)")
    check.add_argument("--samples", type=whole_number(1, 1_000_000), default=100, help="of each (default: 100)")
    check.add_argument("--seeds-from", type=whole_number(0, 2**31), default=7000, help="first seed (default: 7000)")
    check.add_argument("--workers", type=whole_number(0, 1000), default=0, help="processes (default: one a core)")
    check.add_argument("--override", action="append", default=[], metavar="key=value", help="a further setting")
    check.add_argument("--write", action="store_true", help="keep the table in docs/agreement.md")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from simengine.core.errors import ConfigError
    from simengine.scenario.compose import scenario_names
    from simengine.simulation.jobs.runner import default_workers, progress
    from tools.checks.determinism import library_scenarios
    from tools.checks.hazards import verdicts as check

    if arguments.write and (arguments.scenario or arguments.override):
        raise ConfigError("--write keeps the table of the whole library as it is: not with --scenario or --override")
    if arguments.write and (arguments.samples < check.LEAST_REPORTED or arguments.seeds_from != check.FIRST_SEED):
        raise ConfigError(
            f"--write keeps a published table: at least {check.LEAST_REPORTED} samples, with seeds from "
            f"{check.FIRST_SEED}"
        )
    if arguments.write:
        check_page("agreement.md")
    names = library_scenarios(arguments.scenario) if arguments.scenario else scenario_names()
    seeds = range(arguments.seeds_from, arguments.seeds_from + arguments.samples)
    found = []
    for name in names:
        with progress(len(seeds), "sample", name) as bar:
            workers = arguments.workers or default_workers()
            found.append(check.agreement(name, seeds, workers, arguments.override, bar.update))
        say(check.format_agreement(found[-1]), flush=True)
        for line in check.disagreements(found[-1]):
            say(f"      {line}", flush=True)
    if arguments.write:
        write_page("agreement.md", check.document(found, seeds))
    return 0 if all(one.share >= check.LEAST for one in found) else 1
