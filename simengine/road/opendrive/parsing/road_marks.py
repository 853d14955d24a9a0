"""The lines of OpenDRIVE's road marks: kinds as both sides see them, along the lane, and who may cross them.

A mark's type says it in a word; `<type>` draws it line by line, each repeated, `<explicit>` piece by piece (ASAM
OpenDRIVE 1.7, chapter 9.6). Lines are read into ranges along the lane within which nothing changes.

Whether a lane change is allowed follows from `laneChange` where it is stated. Where it is not, the format says "both",
which would open every solid line; here the line itself decides: the nearer of two lines rules.
"""

from dataclasses import replace
from typing import NamedTuple

from simengine.road.files.xml import Element
from simengine.road.network.network import CROSSABLE, MarkingType
from simengine.road.opendrive.model import Mark
from simengine.road.opendrive.tolerance import ROUNDING, chosen

MAX_LENGTH = 100_000.0  # [m]
MAX_OFFSET = 10.0  # of a line from the lane's border [m]
LONGEST_DASH = 12.0  # a longer piece of an explicit mark is a solid line (RMS: dashes are up to 6 m long) [m]
LONGEST_GAP = 20.0  # between dashes of one broken line [m]
_JOINED = 0.05  # pieces nearer than this are one [m]
_SAME_LINE = 0.06  # lines whose offsets differ by less are one [m]

# Lines from inside to outside (of the center lane: from left to right): True for a broken one.
_LINES: dict[str, tuple[bool, ...]] = {
    "none": (), "edge": (), "grass": (), "solid": (False,), "broken": (True,), "botts dots": (True,),
    "solid solid": (False, False), "broken broken": (True, True), "solid broken": (False, True),
    "broken solid": (True, False),
}  # fmt: skip
TYPES = (*_LINES, "curb", "custom")


_NO_PASSING = "no passing"  # rule of a line that must not be crossed from the inside
Piece = tuple[float, float, float, bool]  # of an explicit mark: offset inwards, start, length [m], no passing


class MarkLine(NamedTuple):
    """A stretch of one of the lines that make up a mark."""

    start: float  # from the start of the mark [m]
    end: float
    inwards: float  # how far it lies towards the inside of the mark [m]
    broken: bool
    no_passing: bool = False  # whether its rule forbids to cross it


def _kinds(lines: tuple[bool, ...]) -> tuple[MarkingType, MarkingType]:
    """Return what lines are (True: broken), named from inside to outside, as seen from the inside and the outside."""
    if not lines:
        return MarkingType.NONE, MarkingType.NONE
    if len(lines) == 1:
        kind = MarkingType.BROKEN if lines[0] else MarkingType.SOLID
        return kind, kind
    if all(lines):
        return MarkingType.DOUBLE_BROKEN, MarkingType.DOUBLE_BROKEN
    if lines[0] == lines[-1] or not all(lines[1:-1]):  # a solid line between others closes both ways
        return MarkingType.DOUBLE_SOLID, MarkingType.DOUBLE_SOLID
    mixed = (MarkingType.BROKEN_SOLID, MarkingType.SOLID_BROKEN)
    return mixed if lines[0] else mixed[::-1]


def _repeated(mark: Element, inside: float, custom: bool) -> list[MarkLine]:
    """Return the lines of <type>: each a pattern that goes on from its offset to the end of the mark."""
    found = []
    for line in (line for group in mark.all("type") for line in group.all("line")):
        length = line.number("length", 0.0, MAX_LENGTH, 0.0)
        gap = line.number("space", 0.0, MAX_LENGTH, 0.0)
        offset = line.number("sOffset", 0.0, MAX_LENGTH, 0.0)
        if length == 0.0 and (gap > 0.0 or not custom):
            continue  # exporters describe by its name alone what they give no measures
        broken = gap > _JOINED
        start = 0.0 if broken and offset <= length + gap else offset  # a mere shift of the pattern
        t = inside * line.number("tOffset", -MAX_OFFSET, MAX_OFFSET, 0.0)
        found.append(MarkLine(start, MAX_LENGTH, t, broken, line.attributes.get("rule") == _NO_PASSING))
    return found


def _explicit(mark: Element, inside: float) -> list[MarkLine]:
    """Return the lines of <explicit>: pieces that touch are one, short ones in a row are a broken line."""
    pieces = sorted(
        (
            inside * line.number("tOffset", -MAX_OFFSET, MAX_OFFSET, 0.0),
            line.number("sOffset", 0.0, MAX_LENGTH, 0.0),
            line.number("length", 0.0, MAX_LENGTH),
            line.attributes.get("rule") == _NO_PASSING,
        )
        for group in mark.all("explicit")
        for line in group.all("line")
    )
    rows: list[list[Piece]] = []  # pieces one behind the other
    for piece in pieces:
        if rows and piece[0] - rows[-1][-1][0] < _SAME_LINE:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [line for row in rows for line in _row_of_pieces(row)]


def _row_of_pieces(row: list[Piece]) -> list[MarkLine]:
    """Return the lines that pieces of one row make up; a rule holds for its own pieces."""
    joined: list[MarkLine] = []
    for _, start, length, rule in sorted(row, key=lambda piece: piece[1]):
        if joined and start - joined[-1].end <= _JOINED and rule == joined[-1].no_passing:
            joined[-1] = joined[-1]._replace(end=max(joined[-1].end, start + length))
        else:
            joined.append(MarkLine(start, start + length, row[0][0], False, rule))
    found: list[MarkLine] = []
    dashes = False  # whether the last line is a dash, or a row of them
    for line in joined:
        is_dash = line.end - line.start <= LONGEST_DASH
        same = dashes and is_dash and line.no_passing == found[-1].no_passing
        if same and line.start - found[-1].end <= LONGEST_GAP:
            found[-1] = found[-1]._replace(end=line.end, broken=True)
        else:
            found.append(line)
        dashes = is_dash
    return found


def _across(lines: list[MarkLine], at: float) -> tuple[bool, ...]:
    """Return the lines at a place from inside to outside, True for a broken one."""
    here = sorted((line for line in lines if line.start <= at < line.end), key=lambda line: -line.inwards)
    found: list[tuple[float, bool]] = []
    for line in here:
        if found and abs(found[-1][0] - line.inwards) < _SAME_LINE:
            found[-1] = (line.inwards, found[-1][1] and line.broken)
        else:
            found.append((line.inwards, line.broken))
    return tuple(broken for _, broken in found)


def read_mark(element: Element, number: int) -> list[Mark]:
    """Read a road mark as one range, or several where its lines begin or end along it.

    Args:
        element: <roadMark>.
        number: Of its lane. The lines of lane 0 are named from left to right: the left lane is its inside.
    """
    offset = element.number("sOffset", -ROUNDING, MAX_LENGTH, 0.0)
    kind = chosen(element, "type", TYPES, "none")
    stated = _lane_change(element, number)
    yellow = element.attributes.get("color") in ("yellow", "amber")
    if kind == "curb":
        return [_mark(offset, MarkingType.CURB, MarkingType.CURB, stated, yellow)]
    # t grows to the left: the inside of a right lane's mark, and of the center's, lies at positive offsets
    inside = -1.0 if number > 0 else 1.0
    lines = _repeated(element, inside, kind == "custom") + _explicit(element, inside)
    named = _LINES.get(kind)

    def permission(at: float) -> tuple[bool | None, bool | None]:
        ruled = any(line.no_passing and line.start <= at < line.end for line in lines) or _unmeasured_rule(element)
        return (False if ruled and stated == (None, None) else stated[0]), stated[1]

    if named is None and not lines:
        element.remark("is custom but draws no line: taken as none")
    if named is not None:
        drawn = [line.broken for line in lines]
        whole = all(line.start == 0.0 and line.end == MAX_LENGTH for line in lines)
        if not lines or (whole and sorted(drawn) == sorted(named)):  # they only measure what the type says
            return [_mark(offset, *_kinds(named), permission(0.0), yellow)]
        if set(drawn) != set(named):
            element.remark("has other lines than its type says: the lines are taken", f"type='{kind}'")
    starts = sorted({0.0, *(line.start for line in lines), *(line.end for line in lines)} - {MAX_LENGTH})
    return [_mark(offset + at, *_kinds(_across(lines, at)), permission(at), yellow) for at in starts]


def _lane_change(element: Element, number: int) -> tuple[bool | None, bool | None]:
    """Return whether the mark says that it may be crossed from the inside, and from the outside; None if it does not.

    "increase" is a change to a lane of a higher number: outwards on the left of the road, inwards on the right, and
    over the center from right to left.
    """
    stated = chosen(element, "laneChange", ("increase", "decrease", "both", "none", ""), "")
    if stated:
        out, back = ("increase", "decrease") if number > 0 else ("decrease", "increase")
        return stated in (out, "both"), stated in (back, "both")
    return None, None


def _unmeasured_rule(element: Element) -> bool:
    """Tell whether a line without measures, which stands for all of the mark, forbids to cross it from the inside."""
    lines = (line for group in element.all("type") for line in group.all("line"))
    return any(
        line.attributes.get("rule") == _NO_PASSING and line.number("length", 0.0, MAX_LENGTH, 0.0) == 0.0
        for line in lines
    )


def _mark(
    offset: float, inner: MarkingType, outer: MarkingType, permission: tuple[bool | None, bool | None], yellow: bool
) -> Mark:
    out, back = permission
    return Mark(
        offset,
        inner,
        outer,
        inner in CROSSABLE if out is None else out,
        outer in CROSSABLE if back is None else back,
        yellow,
    )


def in_sequence(marks: list[list[Mark]]) -> tuple[Mark, ...]:
    """Join the ranges of a lane's marks; each mark ends where the next begins, and what changes nothing is dropped.

    Args:
        marks: In ascending order but for rounding.
    """
    kept: list[Mark] = []
    ends = [*(ranges[0].offset for ranges in marks[1:]), MAX_LENGTH + 1.0]
    for ranges, end in zip(marks, ends[: len(marks)], strict=True):
        for mark in ranges:
            if mark is not ranges[0] and mark.offset >= end - ROUNDING:
                continue
            while kept and kept[-1].offset >= mark.offset - ROUNDING:  # of two at one place the later holds
                kept.pop()
            if not kept or replace(kept[-1], offset=mark.offset) != mark:
                kept.append(mark)
    return tuple(kept)
