"""Whether lanelets lie to each other as their file says: successors begin where they end, neighbors lie beside."""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.road.files.xml import Element
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.joints import Fit, joint_of
from simengine.road.network.polyline import foot, lengths

LARGEST_SPACE = 2.0  # between a lanelet and its neighbor, or by which they overlap [m]


def can_follow(element: Element, first: LaneDraft, second: LaneDraft) -> bool:
    """Tell whether a lanelet begins where the one before it ends, remarking what does not quite, and what does not."""
    joint = joint_of(first, second)
    detail = f"{first.name} to {second.name}: {joint}"
    if joint.fit == Fit.APART:
        element.remark("names a successor that begins elsewhere: left out", detail)
    elif joint.fit == Fit.NEAR:
        element.remark("does not quite meet its successor: linked all the same", detail)
    return joint.fit != Fit.APART


def _along(draft: LaneDraft, s: float) -> tuple[float, float, float, float]:
    """Return x, y [m], heading [rad] and width [m] at a length along a lane [m]."""
    at: NDArray[np.float64] = lengths(draft.points)
    k = min(max(int(np.searchsorted(at, s, side="right")), 1), len(at) - 1)
    dx, dy = draft.points[k, :2] - draft.points[k - 1, :2]
    x, y, width = (float(np.interp(s, at, v)) for v in (draft.points[:, 0], draft.points[:, 1], draft.width))
    return x, y, math.atan2(dy, dx), width


def lies_beside(element: Element, draft: LaneDraft, other: LaneDraft, side: str, same: bool) -> bool | None:
    """Return whether a lanelet beside another runs the same way; None if it does not lie there. Remarks departures.

    Args:
        element: Of the first lanelet.
        draft: Of the first lanelet.
        other: The lanelet that is named as its neighbor.
        side: On which it should lie, "left" or "right".
        same: Whether it should run the same way.
    """
    length = float(lengths(draft.points)[-1])
    found = []
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        x, y, heading, width = _along(draft, share * length)
        ox, oy, other_heading, other_width = _along(other, foot(other.points, x, y))
        c, s = math.cos(heading), math.sin(heading)
        ahead, across = (ox - x) * c + (oy - y) * s, (oy - y) * c - (ox - x) * s
        space = (across if side == "left" else -across) - 0.5 * (width + other_width)
        found.append((max(abs(space), abs(ahead)), math.cos(other_heading - heading) > 0.0))
    space, runs_along = min(found)
    name = f"lanelet {draft.name}, {side} {other.name}"
    if space > LARGEST_SPACE:
        element.remark("names a neighbor that does not lie beside it: left out", f"{name}: off by {space:.1f} m")
        return None
    if runs_along != same:
        way = "the same way" if runs_along else "the other way"
        element.remark("names a wrong driving direction of a neighbor: taken from where it lies", f"{name} runs {way}")
    return runs_along
