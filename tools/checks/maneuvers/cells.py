"""Figures of a maneuver and what each must keep to: within what the two published models span, and 5 % of the peak."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.checks.maneuvers.course import Course, apart

MARGIN = 0.05  # of the peak that a figure may be outside the published models
LEAST = 0.80  # share of the cells that have to keep to their bounds


class Cell(NamedTuple):
    """One figure beside its bounds."""

    what: str
    unit: str
    measured: float
    low: float
    high: float
    margin: float = 0.0  # how far outside is still good

    @property
    def good(self) -> bool:
        """Whether it keeps to them; one that is not a number never does."""
        return self.low - self.margin <= self.measured <= self.high + self.margin

    @property
    def inside(self) -> bool:
        """Whether it would without the margin."""
        return self.low <= self.measured <= self.high


class Row(NamedTuple):
    """One maneuver in one physics."""

    maneuver: str
    physics: str
    cells: tuple[Cell, ...]  # none where it is left out
    left_out: str = ""  # why it is
    yaw_rate_error: float = math.nan  # against MB, root mean square over MB's peak
    published_yaw_rate_error: float = math.nan  # ST's
    path_error: float = math.nan  # greatest distance from MB at equal times [m]
    published_path_error: float = math.nan  # ST's


def spanned(what: str, unit: str, measured: float, published: tuple[float, ...], peak: float) -> Cell:
    """Return the cell of a figure.

    Args:
        what: It is.
        unit: Of all of them.
        measured: In our physics.
        published: In each published model.
        peak: Of the quantity in any of them.
    """
    return Cell(what, unit, measured, min(published), max(published), MARGIN * abs(peak))


def judge(ours: Course, published: tuple[Course, ...]) -> tuple[Cell, ...]:
    """Return the four cells of a maneuver: two peaks and where the vehicle ends up."""
    cells = []
    for what, unit, scale, quantity in (
        ("peak yaw rate", "°/s", math.degrees(1.0), lambda c: c.yaw_rate),
        ("peak lateral acceleration", "m/s²", 1.0, lambda c: c.lateral_acceleration),
    ):
        peaks = tuple(scale * _peak(quantity(course)) for course in published)
        cells.append(spanned(what, unit, scale * _peak(quantity(ours)), peaks, max(peaks)))
    for what, unit, scale, quantity in (
        ("final yaw", "°", math.degrees(1.0), lambda c: c.yaw), ("final y", "m", 1.0, lambda c: c.y),
    ):  # fmt: skip
        ends = tuple(scale * float(quantity(course)[-1]) for course in published)
        peak = scale * max(_peak(quantity(course)) for course in published)
        cells.append(spanned(what, unit, scale * float(quantity(ours)[-1]), ends, peak))
    return tuple(cells)


def why_left_out(*published: Course) -> str:
    """Return why published courses are no measure; empty if they are."""
    lifts = any(course.least_load <= 0.0 for course in published)
    return "MB lifts a wheel" if lifts else ""


def without_answer(maneuver: str, physics: tuple[str, ...], error: ArithmeticError) -> list[Row]:
    """Return the rows of a maneuver that a published model cannot be integrated through."""
    why = f"a published model has no answer ({error}): where it spins, wheels would turn backwards"
    return [Row(maneuver, name, (), why) for name in physics]


def compare(maneuver: str, physics: str, ours: Course, single_track: Course, multi_body: Course) -> Row:
    """Return the row of a maneuver; without cells where MB lifts a wheel."""
    left_out = why_left_out(multi_body)
    peak = _peak(multi_body.yaw_rate)
    return Row(
        maneuver, physics, () if left_out else judge(ours, (single_track, multi_body)), left_out,
        _root_mean_square(ours.yaw_rate - multi_body.yaw_rate) / peak,
        _root_mean_square(single_track.yaw_rate - multi_body.yaw_rate) / peak,
        apart(ours, multi_body), apart(single_track, multi_body),
    )  # fmt: skip


def passing(rows: list[Row]) -> tuple[int, int]:
    """Return how many cells of some rows keep to their bounds, and how many there are."""
    cells = [cell for row in rows for cell in row.cells]
    return sum(cell.good for cell in cells), len(cells)


def _peak(values: NDArray[np.float64]) -> float:
    return float(np.abs(values).max())


def _root_mean_square(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(values * values)))
