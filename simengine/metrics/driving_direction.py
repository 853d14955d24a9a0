"""The criterion that the ego drives as its lane runs.

After the metric "driving direction compliance" of nuPlan (Karnchanachari et al., ICRA 2024), which also leaves
junctions aside and fails a drive from 6 m on. There they are counted within any second, so that a vehicle slower than
6 m/s may stay on the wrong side for ever; here they are counted until the ego is on a lane that runs its way again.
"""

from simengine.core.state import EGO
from simengine.metrics.criterion import Criterion, StepView
from simengine.metrics.verdict import CriterionResult
from simengine.scenario.spec import criteria as specs


class DrivingDirection(Criterion):
    """Fails when the ego has driven against the direction of lanes for more than a distance without a break."""

    def __init__(self, spec: specs.DrivingDirection) -> None:
        self._bound = spec.distance
        self._against = 0.0  # without a break [m]
        self._farthest = 0.0  # of all such stretches [m]
        self._met = False
        self._failed_ns = -1

    def update(self, view: StepView) -> None:
        if view.progress is None:
            return
        self._met = True
        if view.progress > 0.0:
            self._against = 0.0
        self._against -= min(view.progress, 0.0)
        self._farthest = max(self._farthest, self._against)
        if self._failed_ns < 0 and self._against > self._bound:
            self._failed_ns = view.time_ns

    @property
    def is_excusable(self) -> bool:
        return True

    def result(self, name: str) -> CriterionResult:
        if self._failed_ns >= 0:
            reason = f"{self._farthest:.1f} m against the direction of its lane"
            return CriterionResult(name, False, self._failed_ns, (EGO,), self._farthest, reason)
        if not self._met:
            return CriterionResult(name, None, -1, (), None, "no lane with a direction was driven on")
        return CriterionResult(name, True, -1, (), self._farthest, "")
