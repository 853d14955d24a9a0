"""What a reader of a file tolerated: one line a kind, however often it was found."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

_SHOWN = 8  # places of a kind that its line names


class Remark(NamedTuple):
    """One place of a file that is not as its format says, and what was done about it."""

    line: int
    tag: str  # of the element
    text: str  # the kind: what was found and what was done; the same words for every place of a kind
    detail: str  # this place's names and values; may be empty


def list_remarks(file: str, remarks: Iterable[Remark]) -> tuple[str, ...]:
    """Return one line for every kind, in order of first appearance: what, and where."""
    kinds: dict[tuple[str, str], list[Remark]] = {}
    for remark in remarks:
        kinds.setdefault((remark.tag, remark.text), []).append(remark)
    lines = []
    for (tag, text), found in kinds.items():
        places = [f"line {r.line} ({r.detail})" if r.detail else f"line {r.line}" for r in found]
        lines.append(remark_line(file, f"<{tag}> {text}", places))
    return tuple(lines)


def remark_line(file: str, text: str, places: Sequence[str]) -> str:
    """Return the line of one kind: the file, what was found and done, the first places of it and how many more."""
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    return f"{file}: {text}: {', '.join(places[:_SHOWN])}{more}"
