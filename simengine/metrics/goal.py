"""Whether the ego reaches the goal of a planning problem: a region, a time, a heading and a speed, all at once.

As in CommonRoad (Althoff, Koschi, Manzinger, IV 2017) the center of the vehicle counts, and any of several goals will
do. What a goal does not state is free.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.road.files.recording import GoalRegion
from simengine.road.network.polyline import outline_distance, points_within

_SECOND = 1e-9  # [s/ns]


class TimedRegion(NamedTuple):
    """A goal in the time of an episode."""

    region: GoalRegion
    begin_ns: int  # the first moment that counts [ns]
    end_ns: int  # the last one, the largest integer where the goal states none [ns]
    slack_ns: int  # half a control step: moments between two of them are seen at the nearer one [ns]
    is_due: bool  # whether the episode may last until its time begins

    def counts_at(self, time_ns: int) -> bool:
        """Say whether a moment is within the goal's time [ns]."""
        return self.begin_ns - self.slack_ns <= time_ns <= self.end_ns + self.slack_ns


class GoalWatch:
    """Looks whether the ego has reached any of some goals, and how near it came."""

    def __init__(self) -> None:
        self.time_ns = -1  # when it was reached, −1 if it was not [ns]
        self._goals: tuple[TimedRegion, ...] = ()
        self._last_ns = 0
        self._short = ((math.inf, 0), "")  # what was missing when least was

    def update(
        self, goals: tuple[TimedRegion, ...], time_ns: int, x: float, y: float, yaw: float, speed: float
    ) -> None:
        """Look at one moment.

        Args:
            goals: Any of which counts.
            time_ns: Now [ns].
            x, y: Center of the ego [m].
            yaw: [rad].
            speed: Along the ego's x axis [m/s].
        """
        self._goals, self._last_ns = goals, time_ns
        for goal in goals if self.time_ns < 0 else ():
            missing, short = _missing(goal, time_ns, x, y, yaw, speed)
            if not missing:
                self.time_ns = time_ns
            elif short < self._short[0]:
                self._short = (short, f"{missing}, at {time_ns * _SECOND:.2f} s")

    def reason(self) -> str:
        """Return why it was not reached: till when, when it could have been, what was missing when least was."""
        times = " or ".join(_describe_time(goal) for goal in self._goals)
        till = f"by {self._last_ns * _SECOND:.2f} s"
        return f"the goal was not reached {till} (its time: {times}); nearest: {self._short[1]}"


def _describe_time(goal: TimedRegion) -> str:
    begin, end = goal.begin_ns * _SECOND, goal.end_ns * _SECOND
    if not goal.region.is_timed:
        return "any"
    return f"{begin:.2f} to {end:.2f} s" if goal.end_ns > goal.begin_ns else f"{begin:.2f} s"


def _missing(
    goal: TimedRegion, time_ns: int, x: float, y: float, yaw: float, speed: float
) -> tuple[str, tuple[float, int]]:
    """Return what a moment lacks to reach a goal, nothing if it does.

    Also return how much that is: how far outside the region [m], then whether it is the time, or heading or speed.
    """
    region = goal.region
    place = np.array([[x, y]])
    outside = min([_outside(area, place) for area in region.areas], default=0.0)
    if outside > 0.0:
        return f"{outside:.1f} m outside its region", (outside, 0)
    if not goal.counts_at(time_ns):
        return "in its region, not in its time", (0.0, 2)
    low, high = region.heading
    if high - low < 2.0 * math.pi and (yaw - low) % (2.0 * math.pi) > high - low:
        wanted = f"{math.degrees(low):.0f} to {math.degrees(high):.0f}"
        return f"in its region with a heading of {math.degrees(yaw):.0f}°, not {wanted}°", (0.0, 1)
    low, high = region.velocity
    if not low <= speed <= high:
        return f"in its region with {speed:.1f} m/s, not {low:.1f} to {high:.1f} m/s", (0.0, 1)
    return "", (0.0, 0)


def _outside(area: NDArray[np.float64], place: NDArray[np.float64]) -> float:
    """Return how far a place is outside a polygon, 0 within [m]. Shapes (k, 2), (1, 2)."""
    return 0.0 if points_within(area, place)[0] else outline_distance(area, place[0, 0], place[0, 1])
