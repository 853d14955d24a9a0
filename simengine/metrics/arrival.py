"""Criteria of arrival: was the goal reached, and in time."""

from simengine.core.state import EGO
from simengine.metrics.criterion import Criterion, StepView, ego_kinematics, forward_speed
from simengine.metrics.goal import GoalWatch
from simengine.metrics.verdict import CriterionResult
from simengine.road.network.network import Turn
from simengine.scenario.spec import criteria as specs

_TURNS = {"straight": Turn.STRAIGHT, "left": Turn.LEFT, "right": Turn.RIGHT}


class _Arrival:
    """When the goal was reached: the scenario's own, or that of the ego's planning problem."""

    def __init__(self) -> None:
        self.time_ns = -1
        self.asked = False
        self.is_missed = False  # the time of every goal is over and none was reached
        self._reason = "the scenario has no goal"
        self.last_ns = 0
        self._watch = GoalWatch()

    def update(self, view: StepView) -> None:
        goal = view.goal
        self.last_ns = view.time_ns
        if view.goals:
            self._look(view)
            return
        self.asked = goal.traveled > 0.0 or goal.exit != "any"
        if self.asked:
            self._reason = "the goal was not reached"
        turned = goal.exit == "any" or _TURNS[goal.exit] in view.turns
        if self.time_ns < 0 and self.asked and turned and view.traveled >= goal.traveled:
            self.time_ns = view.time_ns

    def _look(self, view: StepView) -> None:
        self.asked = any(goal.is_due for goal in view.goals)
        if not self.asked:
            begin = min(goal.begin_ns for goal in view.goals) * 1e-9
            self._reason = f"the scenario's duration ends before the time for the goal, {begin:.2f} s"
            return
        yaw, _, _ = ego_kinematics(view)
        x, y, _ = (float(value) for value in view.state.position[0, EGO])
        self._watch.update(view.goals, view.time_ns, x, y, yaw, forward_speed(view))
        self.time_ns, self._reason = self._watch.time_ns, ""
        over = all(view.time_ns > goal.end_ns + goal.slack_ns for goal in view.goals)
        self.is_missed = over and self.time_ns < 0

    @property
    def reason(self) -> str:
        """Why the goal was not asked for, or not reached."""
        return self._reason or self._watch.reason()


class ReachGoal(Criterion):
    """Fails if the ego has not arrived when the episode ends."""

    def __init__(self, spec: specs.ReachGoal) -> None:
        self._arrival = _Arrival()

    def update(self, view: StepView) -> None:
        self._arrival.update(view)

    @property
    def is_settled(self) -> bool:
        return self._arrival.is_missed

    @property
    def is_excusable(self) -> bool:
        return True

    def result(self, name: str) -> CriterionResult:
        if not self._arrival.asked:
            return CriterionResult(name, None, -1, (), None, self._arrival.reason)
        if self._arrival.time_ns < 0:
            return CriterionResult(name, False, -1, (EGO,), None, self._arrival.reason)
        return CriterionResult(name, True, self._arrival.time_ns, (EGO,), self._arrival.time_ns * 1e-9, "")


class TimeLimit(Criterion):
    """Fails if the goal is not reached within a time."""

    def __init__(self, spec: specs.TimeLimit) -> None:
        self._limit = spec.limit
        self._arrival = _Arrival()

    def update(self, view: StepView) -> None:
        self._arrival.update(view)

    @property
    def is_excusable(self) -> bool:
        return True

    def result(self, name: str) -> CriterionResult:
        arrival = self._arrival
        if not arrival.asked:
            return CriterionResult(name, None, -1, (), None, arrival.reason)
        taken = (arrival.time_ns if arrival.time_ns >= 0 else arrival.last_ns) * 1e-9
        if arrival.time_ns < 0 and taken <= self._limit:  # no moment decided it: the limit was not over yet
            reason = f"the goal was not reached by {taken:.1f} s, its limit is {self._limit:.1f} s"
            return CriterionResult(name, False, -1, (EGO,), taken, reason)
        if arrival.time_ns >= 0 and taken <= self._limit:
            return CriterionResult(name, True, arrival.time_ns, (EGO,), taken, "")
        reason = f"not within {self._limit:.1f} s" + (f" but after {taken:.1f} s" if arrival.time_ns >= 0 else "")
        return CriterionResult(name, False, int(self._limit * 1e9), (EGO,), taken, reason)
