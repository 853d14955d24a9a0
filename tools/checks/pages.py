"""Pages of the documentation that a check writes."""

from pathlib import Path

from simengine.core.text.printable_text import visible
from simengine.simulation.files.whole_files import complete_or_absent, refuse_unwritable

ROOT = Path(__file__).parents[2]  # of the repository


def check_page(name: str) -> None:
    """Refuse a page of docs/ that could not be written, before hours of work.

    Raises:
        ConfigError: It could not.
    """
    page = ROOT / "docs" / name
    refuse_unwritable(page, f"--write: {page}")


def write_page(name: str, text: str) -> None:
    """Put a page into docs/, whole or not at all.

    Raises:
        ConfigError: It cannot be written; the page that was there still is.
    """
    with complete_or_absent(ROOT / "docs" / name) as hidden:
        hidden.write_text(visible(text, "\n"), encoding="utf-8")
