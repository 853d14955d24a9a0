"""Text that strangers wrote, given on to terminals, spreadsheets and XML parsers, which obey some of it.

A terminal obeys control characters and turns the line round at bidirectional ones; a spreadsheet computes a cell that
begins like a formula; XML cannot hold control characters, and no encoding a lone surrogate. Everything that is printed
goes through `say`, every CSV file through `write_csv`, every text in XML through `visible` or `cell`.
"""

import csv
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

# Controls (C0, C1), invisible and bidirectional formatting, line separators, surrogates, and what is no character.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17))
    + "\U000e0000-\U000e007f]"
)
_NUMBER = re.compile(r"[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # the wide ones are taken for the others


def _escape(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible(text: str, keep: str = "") -> str:
    r"""Return a text with `\x1b`, `\u202e` and so on in place of what acts on its reader instead of being seen.

    Args:
        text: Of whatever origin.
        keep: Characters that are meant to act, such as line ends.
    """
    if not keep:
        return _UNSAFE.sub(_escape, text)
    return _UNSAFE.sub(lambda found: found.group() if found.group() in keep else _escape(found), text)


def one_line(text: str) -> str:
    """Return a text as one visible line, with single spaces for line ends and other white space."""
    return visible(" ".join(text.split()))


def say(text: str, file: TextIO | None = None, flush: bool = False) -> None:
    """Print a text: line ends and tabs act, other control characters are shown, as is what the stream cannot encode.

    Args:
        text: Of one or several lines.
        file: The standard output if None.
        flush: Whether it has to appear at once.
    """
    stream = sys.stdout if file is None else file
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(visible(text, "\n\t").encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=flush)


def cell(value: Any) -> Any:
    """Return what stands for a value in a table: numbers stay numbers, no text begins like a formula.

    Such a text gets an apostrophe before it, which spreadsheets do not show.
    """
    if not isinstance(value, str):
        return value
    begins = value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA)
    text = visible(value)
    return f"'{text}" if begins and not _NUMBER.fullmatch(value) else text


def write_csv(path: Path, rows: Iterable[Iterable[Any]]) -> None:
    """Write a table as CSV in UTF-8.

    Args:
        path: Of the file.
        rows: The heading first.

    Raises:
        OSError: It cannot be written.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([cell(value) for value in row] for row in rows)
