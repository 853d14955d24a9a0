"""Check labels by recorded files alone."""

import argparse
import tempfile
from pathlib import Path

from simengine.core.text.printable_text import say
from tools.checks.pages import check_page, write_page


def add(checks) -> None:
    """Add the subcommand and its options."""
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
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from simengine.core.errors import ConfigError, nearest
    from simengine.core.text.wording import counted
    from tools.checks.recorded import table as check

    files = [Path(text) for text in arguments.files]
    if arguments.write and (files or arguments.only or arguments.override):
        raise ConfigError("--write keeps the table of all recordings as they are: not with FILE, --only or --override")
    unknown = sorted(set(arguments.only or ()) - {case.name for case in check.CASES})
    if unknown:
        names = [case.name for case in check.CASES]
        close = nearest(unknown[0], names)
        raise ConfigError(f"--only {unknown[0]!r}: no such recording{close}; there are: {', '.join(names)}")
    if arguments.write:
        check_page("label_checks.md")
    table = {}
    with tempfile.TemporaryDirectory(prefix="simengine-recorded-") as scratch:
        cases = [case for case in check.CASES if not arguments.only or case.name in arguments.only]
        made = ((path.stem, check.check_file(path)) for path in files)
        for name, found in made if files else check.found_in(cases, Path(scratch), arguments.override):
            table[name] = found
            say(f"{name}:")
            for what, one in found.items():
                mark = "BAD" if one.errors else "ok " if one.checked else "   "
                worst = f"  {one.worst}" if one.errors else ""
                say(f"  {mark} {what:36} {check.cell(one)}{worst}", flush=True)
    errors = sum(one.errors for found in table.values() for one in found.values())
    say(f"{counted(errors, 'error')} in {counted(len(table), 'recording')}")
    if arguments.write:
        write_page("label_checks.md", check.as_markdown(table, "tools/check.py recorded --write"))
    return 0 if table and not errors else 1
