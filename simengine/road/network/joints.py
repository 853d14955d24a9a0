"""Whether a lane's end meets the start of the lane that a map names as its successor, and closing small gaps."""

import math
from dataclasses import fields
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.space.geometry import wrap_angle
from simengine.road.network.drafts import LaneDraft

ROUNDING = 0.1  # distances up to this are no gap [m]
STEP = 1.0  # a driver steers over a joint this far aside without leaving the road [m]
RISE = 2.0  # a joint this high is of one level: `common_surface` makes its lanes agree [m]
JUMP = 2.0  # and over one this far ahead or overlapping [m]
KINK = 0.5  # a turn up to this is how digitised lanes meet [rad]
LARGEST_TURN = 1.75  # beyond it a lane leads back [rad]
LONGEST_GAP = 10.0  # that is closed [m]
_GRADE, _SHEAR, _BEND = 0.2, 0.2, 0.35  # of a piece that closes a gap: rise and offset over length, turn [rad]
_CHORD = 0.5  # over which a direction is measured [m]


class Fit(IntEnum):
    """How two ends lie to each other."""

    MEETS = 0
    NEAR = 1  # with a step or a kink that can be driven
    APART = 2


class Joint(NamedTuple):
    """Where a lane starts as seen from the end of another."""

    ahead: float  # negative where the lanes overlap [m]
    aside: float  # by how much neither their middles nor their edges are in line [m]
    rise: float  # [m]
    turn: float  # without sign [rad]

    @property
    def fit(self) -> Fit:
        """How they lie to each other."""
        away, rise = math.hypot(self.ahead, self.aside), abs(self.rise)
        if away <= ROUNDING and rise <= ROUNDING and self.turn <= KINK:
            return Fit.MEETS
        near = abs(self.ahead) <= JUMP and self.aside <= STEP and rise < RISE and self.turn <= LARGEST_TURN
        return Fit.NEAR if near else Fit.APART

    @property
    def can_be_closed(self) -> bool:
        """Whether there is a gap straight ahead that a short piece of lane closes."""
        in_line = self.aside <= _SHEAR * self.ahead and abs(self.rise) <= ROUNDING + _GRADE * self.ahead
        return ROUNDING < self.ahead <= LONGEST_GAP and in_line and self.turn <= _BEND

    def __str__(self) -> str:
        said = [f"{math.hypot(self.ahead, self.aside):.1f} m apart"]
        if abs(self.rise) > ROUNDING:
            said.append(f"{abs(self.rise):.1f} m {'higher' if self.rise > 0.0 else 'lower'}")
        if self.turn > KINK:
            said.append(f"turned by {math.degrees(self.turn):.0f}°")
        return ", ".join(said)


def _direction(points: NDArray[np.float64], end: int) -> float:
    """Return the heading of travel at the first (0) or last (−1) point, over half a meter where it can [rad]."""
    line = points[:, :2] if end == 0 else points[::-1, :2]
    offset = line - line[0]
    far = np.flatnonzero((offset * offset).sum(axis=1) >= _CHORD * _CHORD)
    dx, dy = offset[far[0] if len(far) else -1]
    return math.atan2(dy, dx) if end == 0 else math.atan2(-dy, -dx)


def joint_of(first: LaneDraft, second: LaneDraft) -> Joint:
    """Return how the start of one lane lies to the end of another.

    Lanes of unequal width may be in line with their middles or with an edge.
    """
    heading = _direction(first.points, -1)
    dx, dy, rise = (float(v) for v in second.points[0] - first.points[-1])
    ahead, across = dx * math.cos(heading) + dy * math.sin(heading), dy * math.cos(heading) - dx * math.sin(heading)
    spare = 0.5 * abs(float(first.width[-1]) - float(second.width[0]))
    turn = abs(wrap_angle(_direction(second.points, 0) - heading))
    return Joint(ahead, max(0.0, abs(across) - spare), rise, turn)


def close_gap(first: LaneDraft, second: LaneDraft, extend_first: bool) -> None:
    """Lengthen one of two lanes so that they meet: a cubic from end to start, tangent to both."""
    start, end = first.points[-1], second.points[0]
    reach = float(np.sqrt(((end - start)[:2] ** 2).sum()))
    count = max(2, math.ceil(reach) + 1)
    u = np.linspace(0.0, 1.0, count)
    rise = u * u * (3.0 - 2.0 * u)
    points = start + rise[:, None] * (end - start)
    for at, weight in (
        (_direction(first.points, -1), u * (1.0 - u) ** 2),
        (_direction(second.points, 0), u * u * (u - 1.0)),
    ):
        points[:, 0] += reach * math.cos(at) * weight
        points[:, 1] += reach * math.sin(at) * weight
    piece = {
        "points": points,
        "width": first.width[-1] + u * (second.width[0] - first.width[-1]),
        "bank": first.bank[-1] + u * (second.bank[0] - first.bank[-1]),
    }
    draft = first if extend_first else second
    count_before = len(draft.points)
    for field in fields(draft):
        value = getattr(draft, field.name)
        if not isinstance(value, np.ndarray) or len(value) != count_before:
            continue
        # What is not interpolated goes on as at the nearer end.
        added = piece.get(field.name, np.repeat(value[-1:] if extend_first else value[:1], count, axis=0))
        parts = [value, added[1:]] if extend_first else [added[:-1], value]
        setattr(draft, field.name, np.ascontiguousarray(np.concatenate(parts)))
