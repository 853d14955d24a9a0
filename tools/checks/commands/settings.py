"""Tell whether the page of settings says what the models say, or write it."""

import argparse

from simengine.core.text.printable_text import say
from tools.checks.pages import ROOT, check_page, write_page


def add(checks) -> None:
    """Add the subcommand and its options."""
    check = checks.add_parser(
        "settings",
        help="does docs/settings.md tell every setting of a scenario file",
        description="Compare docs/settings.md with the models that check scenario files: every key, what it takes, its "
        "unit. Fails if they differ.",
    )
    check.add_argument("--write", action="store_true", help="make the page anew")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the check; returns the exit code."""
    from tools.checks.settings import PAGE, document

    if arguments.write:
        check_page(PAGE)
        write_page(PAGE, document())
    page = ROOT / "docs" / PAGE
    same = page.exists() and page.read_text(encoding="utf-8") == document()
    say(f"docs/{PAGE} {'says what the models say' if same else 'is of before: run it with --write'}")
    return 0 if same else 1
