"""What another's blow excuses: an ego that was struck need not do what it no longer can.

From such a blow on, a criterion that the ego fails is not applicable, and its result says who struck the ego and how;
what it had failed before stays failed, and what it passes all the same is passed. A blow counts from when it has
changed the ego's speed noticeably. A lighter touch changes nothing but that the run ends with it, so it excuses what no
moment decided, such as a goal not yet reached. An ego that has had a noticeable collision by its own fault before has
no excuse.
"""

import math
from collections.abc import Iterable, Mapping

from simengine.core.state import EGO
from simengine.metrics.criterion import Criterion
from simengine.metrics.fault import NOTICEABLE, Fault, Impact
from simengine.metrics.verdict import CriterionResult


class Excuse:
    """Looks for the first blow that is not the ego's fault, and at what the ego had failed by then.

    Args:
        criteria: By name.
    """

    def __init__(self, criteria: Mapping[str, Criterion]) -> None:
        self._criteria = criteria
        self._first: dict[int, Impact] = {}  # the first touch by each other, by id, that was not the ego's fault
        self._blow: Impact | None = None  # the one that excuses the ego
        self._is_void = False  # whether the ego has collided by its own fault before
        self._before: dict[str, CriterionResult] = {}  # what it had failed before the blow

    def update(self, mass: float, impacts: Iterable[Impact]) -> None:
        """Take in the touches of a control step, before the criteria see it.

        Args:
            mass: Of the ego [kg].
            impacts: Touches of the ego.
        """
        for impact in impacts:
            if self._blow is not None or self._is_void:
                return
            own = impact.collision.own_impulse
            if impact.fault is Fault.OWN:
                self._is_void = _change(own, mass) >= NOTICEABLE
            elif impact.other >= 0 and impact.fault is not Fault.PUSHED:
                first = self._first.setdefault(impact.other, impact)
                if _change(impact.collision.joined.impulse - own, mass) >= NOTICEABLE:
                    self._take_effect(first)

    def end_early(self, first_touch_by: int) -> None:
        """Take in that the run is over before its time because of a collision.

        Args:
            first_touch_by: Id of whom the ego first touched, −1 for the scenery.
        """
        if first_touch_by in self._first and self._blow is None and not self._is_void:
            self._take_effect(self._first[first_touch_by])

    def _take_effect(self, blow: Impact) -> None:
        self._blow = blow
        for name, criterion in self._criteria.items():
            result = criterion.result(name)
            if result.passed is False and (result.time_ns >= 0 or criterion.is_settled):
                self._before[name] = result

    def apply(self, name: str, result: CriterionResult) -> CriterionResult:
        """Return what a criterion's result is in view of the blow."""
        if self._blow is None or not self._criteria[name].is_excusable:
            return result
        if name in self._before:
            return self._before[name]
        if result.passed is not False:
            return result
        reason = f"{self._blow.fault.value}: from then on it is another's doing"
        return CriterionResult(name, None, self._blow.time_ns, (EGO, self._blow.other), None, reason)


def _change(impulse: float, mass: float) -> float:
    """Return how much an impulse [N s] changes the speed of a mass [kg]; infinity for one that is not known [m/s]."""
    return impulse / mass if mass > 0.0 else math.inf if impulse > 0.0 else 0.0
