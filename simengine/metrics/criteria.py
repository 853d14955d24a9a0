"""Pass/fail criteria: each watches the ego and names the moment, actors and value that decided.

A scenario's `criteria` select from the built-ins here and from installed packages' entry points `simengine.criteria`.
"""

import math
from collections.abc import Callable

import numpy as np

from simengine.core.plugins import make_part
from simengine.core.state import EGO
from simengine.metrics.arrival import ReachGoal, TimeLimit
from simengine.metrics.criterion import Criterion, StepView, ego_kinematics
from simengine.metrics.driving_direction import DrivingDirection
from simengine.metrics.excuse import Excuse
from simengine.metrics.fault import EgoCollision, Fault
from simengine.metrics.upright import StayUpright, is_overturned
from simengine.metrics.verdict import CriterionResult, Verdict
from simengine.road.network.network import RoadNetwork, SignalColor
from simengine.scenario.spec import criteria as specs

__all__ = ["BUILT_IN", "Criterion", "StepView", "conclude", "make_criteria"]


class NoCollision(Criterion):
    """Fails at the ego's first collision harder than an impulse; if so set, only where the ego is at fault.

    A collision is as hard as all its touches together, as its label tells; where only the ego's fault counts, as those
    that are the ego's fault. It decides once it is harder, and what is told of it is the whole. A bound of zero means
    that nothing is touched: then debris that is rolled over, without an impulse in either physics, fails too.
    """

    def __init__(self, spec: specs.NoCollision) -> None:
        self._min_impulse, self._at_fault_only = spec.min_impulse, spec.at_fault_only
        self._hit: tuple[int, EgoCollision] | None = None
        self._struck: tuple[int, EgoCollision] | None = None  # the first one that was not the ego's fault

    def update(self, view: StepView) -> None:
        for impact in view.impacts:
            moment, whole = (impact.time_ns, impact.collision), impact.collision.joined.impulse
            own, is_own = impact.collision.own_impulse, impact.collision.is_own
            counts, impulse = (is_own, own) if self._at_fault_only else (True, whole)
            if impulse > self._min_impulse or (counts and self._min_impulse == 0.0):
                self._hit = self._hit or moment
            elif whole > self._min_impulse or self._min_impulse == 0.0:
                self._struck = self._struck or moment

    def result(self, name: str) -> CriterionResult:
        decisive = self._hit or self._struck
        if decisive is None:
            return CriterionResult(name, True, -1, (), None, "")
        time_ns, collision = decisive
        joined, passed = collision.joined, self._hit is None
        reason = f"{joined.impulse:.0f} N s at {joined.closing_speed:.1f} m/s"
        if collision.began is not Fault.OWN and (passed or not self._at_fault_only):
            reason = f"{collision.began.value}, {reason}"
        return CriterionResult(name, passed, time_ns, (EGO, collision.other), joined.impulse, reason)


class StayOnRoad(Criterion):
    """Fails when the ego's center leaves the drivable lanes by more than a margin."""

    def __init__(self, spec: specs.StayOnRoad) -> None:
        self._margin = spec.margin
        self._worst = (0.0, -1)
        self._left: tuple[int, float] | None = None

    def update(self, view: StepView) -> None:
        if view.off_lane > self._worst[0]:
            self._worst = (view.off_lane, view.time_ns)
        if self._left is None and view.off_lane > self._margin:
            self._left = (view.time_ns, view.off_lane)

    @property
    def is_excusable(self) -> bool:
        return True

    def result(self, name: str) -> CriterionResult:
        if self._left is None:
            return CriterionResult(name, True, -1, (), self._worst[0], "")
        time_ns, _ = self._left
        if math.isinf(self._worst[0]):
            return CriterionResult(name, False, time_ns, (EGO,), None, "far off any road")
        return CriterionResult(name, False, time_ns, (EGO,), self._worst[0], f"{self._worst[0]:.1f} m off the road")


class SpeedLimit(Criterion):
    """Fails when the ego is faster than the limit plus a tolerance for a time."""

    def __init__(self, spec: specs.SpeedLimit) -> None:
        self._tolerance, self._duration_ns = spec.tolerance, spec.duration * 1e9
        self._since = -1
        self._worst = 0.0
        self._failed_ns = -1

    def update(self, view: StepView) -> None:
        if view.lane < 0:
            return
        _, speed, _ = ego_kinematics(view)
        excess = speed - float(view.network.lane_speed_limit[view.lane])
        self._worst = max(self._worst, excess)
        if excess <= self._tolerance:
            self._since = -1
            return
        if self._since < 0:
            self._since = view.time_ns
        if self._failed_ns < 0 and view.time_ns - self._since >= self._duration_ns:
            self._failed_ns = view.time_ns

    @property
    def is_excusable(self) -> bool:
        return True

    def result(self, name: str) -> CriterionResult:
        if self._failed_ns < 0:
            return CriterionResult(name, True, -1, (), self._worst, "")
        return CriterionResult(
            name, False, self._failed_ns, (EGO,), self._worst, f"{self._worst * 3.6:.0f} km/h above the limit"
        )


class RedLight(Criterion):
    """Fails when the ego's front crosses a stop line whose signal is red."""

    def __init__(self, spec: specs.RedLight) -> None:
        self._before: dict[int, float] = {}
        self._met = False
        self._crossed: tuple[int, str] | None = None

    def update(self, view: StepView) -> None:
        network = view.network
        yaw, _, _ = ego_kinematics(view)
        half = 0.5 * float(view.actors.length[0, EGO])
        front_x = float(view.state.position[0, EGO, 0]) + half * math.cos(yaw)
        front_y = float(view.state.position[0, EGO, 1]) + half * math.sin(yaw)
        for line in range(len(network.stop_lane)):
            signal = int(network.stop_signal[line])
            if signal < 0:
                continue
            along, across, width, heading = _against_line(network, line, front_x, front_y)
            if abs(across) > 0.5 * width or math.cos(yaw - heading) < 0.5 or abs(along) > 30.0:
                self._before.pop(line, None)
                continue
            self._met = True
            red = view.signal_colors[signal] in (SignalColor.RED, SignalColor.RED_AMBER)
            if self._crossed is None and red and self._before.get(line, 1.0) <= 0.0 < along:
                self._crossed = (view.time_ns, str(network.signal_name[signal]))
            self._before[line] = along

    @property
    def is_excusable(self) -> bool:
        return True

    def result(self, name: str) -> CriterionResult:
        if self._crossed is not None:
            return CriterionResult(name, False, self._crossed[0], (EGO,), None, f"signal {self._crossed[1]} was red")
        return CriterionResult(
            name, True if self._met else None, -1, (), None, "" if self._met else "no signal was met"
        )


def _against_line(network: RoadNetwork, line: int, x: float, y: float) -> tuple[float, float, float, float]:
    """Return how far a point is past a stop line and left of its lane's center [m], the lane's width and heading."""
    lane = int(network.stop_lane[line])
    first, last = int(network.lane_first_point[lane]), int(network.lane_first_point[lane + 1]) - 1
    s = float(network.stop_s[line])
    point = first + int(np.searchsorted(network.point_s[first : last + 1], s, side="right")) - 1
    point = min(max(point, first), last - 1)
    step = float(network.point_s[point + 1] - network.point_s[point])
    fraction = (s - float(network.point_s[point])) / step
    heading = float(network.point_heading[point])
    line_x = float(network.point_position[point, 0] * (1 - fraction) + network.point_position[point + 1, 0] * fraction)
    line_y = float(network.point_position[point, 1] * (1 - fraction) + network.point_position[point + 1, 1] * fraction)
    dx, dy = x - line_x, y - line_y
    c, s_ = math.cos(heading), math.sin(heading)
    return dx * c + dy * s_, -dx * s_ + dy * c, float(network.point_width[point]), heading


class MinTtc(Criterion):
    """Fails when the time to collision with any actor falls below a bound; reports the smallest."""

    def __init__(self, spec: specs.MinTtc) -> None:
        self._bound = spec.bound
        self._smallest = (math.inf, -1, -1)

    def update(self, view: StepView) -> None:
        ttc, other = view.time_to_collision
        if ttc < self._smallest[0]:
            self._smallest = (ttc, other, view.time_ns)

    @property
    def is_excusable(self) -> bool:
        return True

    def result(self, name: str) -> CriterionResult:
        ttc, other, time_ns = self._smallest
        if other < 0:
            return CriterionResult(name, None, -1, (), None, "nothing was on a collision course")
        if ttc >= self._bound:
            return CriterionResult(name, True, -1, (EGO, other), ttc, "")
        return CriterionResult(name, False, time_ns, (EGO, other), ttc, f"{ttc:.2f} s is under {self._bound:.2f} s")


class MaxDeceleration(Criterion):
    """Fails when the ego brakes harder than a bound, averaged over a control step."""

    def __init__(self, spec: specs.MaxDeceleration) -> None:
        self._bound = spec.bound
        self._hardest = (0.0, -1)
        self._before: tuple[int, float] | None = None
        self._overturned = False

    def update(self, view: StepView) -> None:
        _, speed, _ = ego_kinematics(view)
        self._overturned = self._overturned or is_overturned(view.state)
        if self._before is not None and view.time_ns > self._before[0]:
            touched = any(EGO in (contact.actor, contact.other) for contact in view.contacts)
            deceleration = (self._before[1] - speed) / ((view.time_ns - self._before[0]) * 1e-9)
            # Neither a crash nor a fall on its side is braking.
            if not touched and not self._overturned and deceleration > self._hardest[0]:
                self._hardest = (deceleration, view.time_ns)
        self._before = (view.time_ns, speed)

    @property
    def is_excusable(self) -> bool:
        return True

    def result(self, name: str) -> CriterionResult:
        value, time_ns = self._hardest
        if value <= self._bound:
            return CriterionResult(name, True, -1, (), value, "")
        return CriterionResult(name, False, time_ns, (EGO,), value, f"{value:.1f} m/s² exceeds {self._bound:.1f} m/s²")


BUILT_IN: dict[str, type[Criterion]] = {
    "no_collision": NoCollision,
    "stay_on_road": StayOnRoad,
    "stay_upright": StayUpright,
    "driving_direction": DrivingDirection,
    "speed_limit": SpeedLimit,
    "red_light": RedLight,
    "min_ttc": MinTtc,
    "max_deceleration": MaxDeceleration,
    "reach_goal": ReachGoal,
    "time_limit": TimeLimit,
}


def make_criteria(criteria: dict[str, specs.CriterionSpec]) -> dict[str, Criterion]:
    """Make a scenario's criteria from built-ins and installed packages' entry points.

    Raises:
        ConfigError: A kind that nobody offers.
        PartError: The package that brings a kind raised something.
    """
    return {
        name: make_part("criterion", f"criteria.{name}.kind", spec.kind, BUILT_IN, spec)
        for name, spec in criteria.items()
    }


def conclude(
    criteria: dict[str, Criterion],
    invalid: str = "",
    ended: str = "",
    name_of: Callable[[int], str] | None = None,
    unmet: str = "",
    excuse: Excuse | None = None,
) -> Verdict:
    """Collect every criterion's result.

    Args:
        criteria: By name.
        invalid: Why the episode tells nothing, if it does not.
        ended: Why the run was over before its time, if it was: the reason of what no single moment decided has it too.
        name_of: Returns the name of the actor with an id.
        unmet: Which hazards have not happened, if none has.
        excuse: What another's blow excuses.
    """
    results = []
    for name, criterion in criteria.items():
        result = criterion.result(name)
        if excuse is not None:
            result = excuse.apply(name, result)
        if ended and result.passed is False and result.time_ns < 0:
            result = result._replace(reason=f"{result.reason}; {ended}" if result.reason else ended)
        if name_of is not None:
            result = result._replace(names=tuple(name_of(actor) for actor in result.actors if actor > EGO))
        results.append(result)
    return Verdict(tuple(results), invalid, unmet)
