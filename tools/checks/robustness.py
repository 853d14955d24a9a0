"""Counts of what readers, files and runs were exposed to: added up over all runs, in a file that makes a page.

A section is a check, a row one kind of what it does, a column one count. A check that counts something calls `add`;
`docs/robustness.md` shows every section below the words that stand here.
"""

import json
from collections.abc import Mapping

from simengine.core.errors import ConfigError
from tools.checks.pages import ROOT, check_page, write_page

COUNTS, PAGE = "robustness/counts.json", "robustness.md"
Section = Mapping[str, Mapping[str, int]]  # counts by row and column

_HEADINGS = {
    "fuzz": (
        "Changed input",
        "Right files and words are changed at random, by bytes and in their structure, and read. Each must be taken or "
        "refused in words that name it. An exception of another kind, a crash or a message that is none for users "
        "counts as *foreign*. A *hang* is more than 10 s of processor time, or two minutes without an end. *Over "
        "memory* is more than ten times the input and 64 MiB of resident memory (at its highest, above what the "
        "reading process had once it was warm), or memory that was refused. What stood in such a column was mended and "
        "has a test; it stays counted. Where atheris is installed, coverage guides a part of the changes of files and "
        "words. `tools/check.py fuzz --minutes N --write` adds to it.",
    ),
    "corrupt": (
        "Flipped bits",
        "One byte of an episode's file is changed at a time. `simengine verify` must tell, or everything that the file "
        "holds must read as before. `tools/check.py corrupt --write` adds to it.",
    ),
    "chaos": (
        "Disturbed runs",
        "Commands are killed, starved and disturbed while they work. `tools/check.py chaos --write` adds to it.",
    ),
}  # fmt: skip
_HEAD = """\
# Robustness

How much wrong input, damage and disturbance simengine has been exposed to, and what came of it. Counts are those of all
runs together, and are added to by the checks themselves (`docs/robustness/counts.json`).
"""


def check_writable() -> None:
    """Refuse a page or counts that could not be written, before hours of work.

    Raises:
        ConfigError: They could not, or the counts are not readable.
    """
    (ROOT / "docs" / COUNTS).parent.mkdir(exist_ok=True)
    check_page(PAGE)
    check_page(COUNTS)
    read_counts()


def read_counts() -> dict[str, dict[str, dict[str, int]]]:
    """Return all counts by section, row and column.

    Raises:
        ConfigError: The file does not hold counts.
    """
    path = ROOT / "docs" / COUNTS
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        numbers = [number for section in found.values() for row in section.values() for number in row.values()]
    except (ValueError, AttributeError) as error:
        raise ConfigError(f"{path}: holds no counts by section, row and column: {error}") from None
    if not all(type(number) is int for number in numbers):
        raise ConfigError(f"{path}: a count in it is no whole number")
    return found


def added(counts: Mapping[str, Section], section: str, found: Section) -> dict[str, dict[str, dict[str, int]]]:
    """Return counts with those of a run added to a section."""
    total = {name: {row: dict(columns) for row, columns in rows.items()} for name, rows in counts.items()}
    for row, columns in found.items():
        known = total.setdefault(section, {}).setdefault(row, {})
        for column, number in columns.items():
            known[column] = known.get(column, 0) + number
    return total


def add(section: str, found: Section) -> None:
    """Add the counts of a run to a section, in the file and on the page.

    Args:
        section: `fuzz`, `corrupt` or `chaos`.
        found: Counts by row and column.

    Raises:
        ConfigError: They cannot be read or written.
    """
    counts = added(read_counts(), section, found)
    write_page(COUNTS, json.dumps(counts, indent=1, sort_keys=False) + "\n")
    write_page(PAGE, document(counts))


def document(counts: Mapping[str, Section]) -> str:
    """Return the page."""
    parts = [_HEAD]
    for name, (title, words) in _HEADINGS.items():
        if counts.get(name):
            parts.append(f"## {title}\n\n{words}\n\n" + "\n".join(_table(counts[name])) + "\n")
    return "\n".join(parts)


def _table(section: Section) -> list[str]:
    columns = list(dict.fromkeys(column for row in section.values() for column in row))
    lines = [f"| | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    rows = list(section.items())
    if len(rows) > 1:
        rows.append(("all", {column: sum(row.get(column, 0) for _, row in rows) for column in columns}))
    for name, row in rows:
        lines.append(f"| {name} | {' | '.join(f'{row[c]:,}' if c in row else '–' for c in columns)} |")
    return lines
