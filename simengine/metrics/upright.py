"""The criterion that the ego stays on its wheels."""

import math

from simengine.core.space.geometry import rotate
from simengine.core.space.plan_view import OVERTURNED
from simengine.core.state import EGO, WorldState
from simengine.metrics.criterion import Criterion, StepView
from simengine.metrics.verdict import CriterionResult
from simengine.scenario.spec import criteria as specs


def is_overturned(state: WorldState) -> bool:
    """Return whether the ego lies on its side or its roof, or is about to."""
    return ego_tilt(state) > math.acos(OVERTURNED)


def ego_tilt(state: WorldState) -> float:
    """Return the angle between the ego's own up axis and the world's [rad]."""
    up = rotate(*state.orientation[0, EGO].tolist(), 0.0, 0.0, 1.0)[2]
    return math.acos(min(1.0, max(-1.0, up)))


class StayUpright(Criterion):
    """Fails when the ego has rolled over, or fallen if it rides on two wheels."""

    def __init__(self, spec: specs.StayUpright) -> None:
        self._farthest = 0.0  # tilt [rad]
        self._failed_ns = -1

    def update(self, view: StepView) -> None:
        self._farthest = max(self._farthest, ego_tilt(view.state))
        if self._failed_ns < 0 and is_overturned(view.state):
            self._failed_ns = view.time_ns

    @property
    def is_excusable(self) -> bool:
        return True

    def result(self, name: str) -> CriterionResult:
        if self._failed_ns < 0:
            return CriterionResult(name, True, -1, (), self._farthest, "")
        reason = f"it overturned, {math.degrees(self._farthest):.0f}° from upright"
        return CriterionResult(name, False, self._failed_ns, (EGO,), self._farthest, reason)
