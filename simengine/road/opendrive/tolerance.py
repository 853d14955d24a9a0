"""How far a file may depart from the format: rounding is taken as meant, one bad thing is left out and noted.

Numbers that differ by rounding (`ROUNDING`) mean the same. What decorates a road (marks, limits, signals, objects,
links) is left out alone when it cannot be read, with one remark; where only an attribute that may be absent is bad, it
counts as absent. What a road consists of (reference line, heights, widths, sections) refuses the file: a road of a
guessed shape would be believed.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from simengine.core.errors import ScenarioError
from simengine.road.files.xml import Element

ROUNDING = 1e-3  # places nearer than this are one place [m]
NEAR_END = 1.0  # a thing this far beyond a road's end is taken to be at the end [m]
T = TypeVar("T")


def read_or_leave_out(
    read: Callable[[Element], T], element: Element, text: str, place: Element | None = None
) -> T | None:
    """Return what `read` makes of an element; where that is an error, remark it and return None.

    Args:
        read: Raises ScenarioError for what is wrong.
        element: What is read.
        text: The kind of the remark: what could not be read and what is done about it.
        place: Where the remark points to; the element itself if None.
    """
    try:
        return read(element)
    except ScenarioError as error:
        place = element if place is None else place
        place.remark(text, _reason(error, place))
        return None


def read_all(read: Callable[[Element], T], elements: Sequence[Element], text: str) -> list[T]:
    """Return what `read` makes of each element that it can read; the others are remarked and left out."""
    found = [read_or_leave_out(read, element, text) for element in elements]
    return [value for value in found if value is not None]


def _reason(error: ScenarioError, element: Element) -> str:
    """Return what an error says without file and line, and without the element where the remark names it."""
    message = str(error)
    if message.startswith(f"{element.file}, line "):
        message = message.removeprefix(f"{element.file}, line ").partition(": ")[2]
    return message.removeprefix(f"<{element.tag}> ")


def chosen(element: Element, name: str, allowed: Sequence[str], default: str) -> str:
    """Return an attribute that should be one of `allowed`; another value is remarked and counts as `default`."""
    value = element.attributes.get(name, "").strip() or default
    if value in allowed:
        return value
    same = next((word for word in allowed if word.casefold() == value.casefold()), None)
    if same is not None:
        return same
    element.remark(f"has a {name} this reader does not know: taken as {default}", f"{name}='{value[:40]}'")
    return default


def number_or(element: Element, name: str, low: float, high: float, default: float) -> float:
    """Return an attribute as a number within [low, high]; a bad one is remarked and counts as the default."""
    text = "has a bad number where one may be left out: taken as left out"
    value = read_or_leave_out(lambda e: e.number(name, low, high, default), element, text)
    return default if value is None else value


def in_order(values: list[T], place: Callable[[T], float], element: Element, what: str) -> list[T]:
    """Return records in ascending order of their place [m], remarking those that were not; rounding is no disorder."""
    places = [place(value) for value in values]
    if all(after >= before - ROUNDING for before, after in zip(places, places[1:], strict=False)):
        return values  # of two at one place the later holds, whichever way they are rounded
    element.remark(f"has {what} out of order: sorted", ", ".join(f"{at:g}" for at in places[:6]))
    return sorted(values, key=place)


def station(element: Element, length: float, name: str = "s") -> float:
    """Return a place along a road [m], at most `NEAR_END` beyond its ends and moved onto them, with a remark.

    Args:
        element: Holds the place.
        length: Of the road [m].
        name: Of the attribute.
    """
    s = element.number(name, -NEAR_END, length + NEAR_END)
    on = min(max(s, 0.0), length)
    if abs(on - s) > ROUNDING:
        element.remark("lies beyond its road's end: moved to the end", f"{name}='{s:g}', the road is {length:g} m long")
    return on
