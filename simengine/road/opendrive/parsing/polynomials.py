"""Polynomial records along s: elevation, superelevation, crossfall, lane offset, widths, borders, lateral shapes."""

import numpy as np

from simengine.road.files.xml import Element
from simengine.road.opendrive.geometry.lateral_shape import LateralShape
from simengine.road.opendrive.model import Cubics
from simengine.road.opendrive.tolerance import ROUNDING

MAX_LENGTH = 100_000.0  # of a road [m]
_MAX_T = 1_000.0  # of a record of a lateral shape [m]
# A record may hold over a billionth of a meter with coefficients of 1e19 (seen in exports); what counts is its value
# where a road is sampled, which is checked there.
_MAX_COEFFICIENT = 1e30


def read_polynomial(element: Element) -> list[float]:
    """Return a, b, c, d; old versions let b, c and d be left out."""
    values = [element.number("a", -_MAX_COEFFICIENT, _MAX_COEFFICIENT)]
    for name in "bcd":
        if name in element.attributes:
            values.append(element.number(name, -_MAX_COEFFICIENT, _MAX_COEFFICIENT))
        else:
            element.remark("lacks a coefficient: taken as 0", name)
            values.append(0.0)
    return values


def read_cubics(elements: list[Element], key: str = "s") -> Cubics:
    """Read records of a, b, c, d; of two at one place (within `ROUNDING`) the later holds.

    Raises:
        ScenarioError: A record lies before the one ahead of it by more than rounding, or a number is bad.
    """
    start: list[float] = []
    coefficient: list[list[float]] = []
    for element in elements:
        s = element.number(key, -ROUNDING, MAX_LENGTH)
        if s <= ROUNDING:
            s = min(s, 0.0)  # a first record a rounding error after the start holds from the start
        values = read_polynomial(element)
        if start and s < start[-1] - ROUNDING:
            raise element.error(f"{key}='{s:g}': records must ascend, the one before is at {start[-1]:g}")
        if start and s <= start[-1] + ROUNDING:
            start[-1], coefficient[-1] = max(s, start[-1]), values
        else:
            start.append(s)
            coefficient.append(values)
    return Cubics(np.array(start, np.float64), np.array(coefficient, np.float64).reshape(-1, 4))


def read_elevation(elements: list[Element]) -> Cubics:
    """Read the heights of a reference line; before the first record its first height holds, lest the road steps up."""
    cubics = read_cubics(elements)
    if not elements or cubics.s[0] <= ROUNDING or cubics.coefficient[0, 0] == 0.0:
        return cubics
    text = "is the first and starts behind its road's start: its height holds there"
    elements[0].remark(text, f"s='{cubics.s[0]:g}'")
    before = np.array([[cubics.coefficient[0, 0], 0.0, 0.0, 0.0]])
    return Cubics(np.append(0.0, cubics.s), np.concatenate([before, cubics.coefficient]))


def read_lateral_shape(elements: list[Element]) -> LateralShape | None:
    """Read the records of a lateral profile, by s and then by t; None where they raise nothing.

    Raises:
        ScenarioError: Records are out of order, or a number is bad.
    """
    s: list[float] = []
    first: list[int] = []
    t: list[float] = []
    coefficient: list[list[float]] = []
    for element in elements:
        at, across = element.number("s", -ROUNDING, MAX_LENGTH), element.number("t", -_MAX_T, _MAX_T)
        values = read_polynomial(element)
        if s and at < s[-1] - ROUNDING:
            raise element.error(f"s='{at:g}': records must ascend by s and then by t, the one before is at {s[-1]:g}")
        if not s or at > s[-1] + ROUNDING:
            s.append(max(at, 0.0))
            first.append(len(t))
        elif across < t[-1] - ROUNDING:
            raise element.error(f"t='{across:g}': records of one s must ascend by t, the one before is at {t[-1]:g}")
        elif across <= t[-1] + ROUNDING:
            t.pop()
            coefficient.pop()
        t.append(across)
        coefficient.append(values)
    if not any(value != 0.0 for row in coefficient for value in row):
        return None
    return LateralShape(
        np.array(s, np.float64), np.array([*first, len(t)], np.int64), np.array(t, np.float64),
        np.array(coefficient, np.float64).reshape(-1, 4),
    )  # fmt: skip
