"""What a vehicle did in a maneuver, the same of every model: its center of mass, sampled at every tick."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Course(NamedTuple):
    """The motion of a center of mass in the frame of its start: at the origin, heading along x. Shapes (ticks + 1,)."""

    x: NDArray[np.float64]  # [m]
    y: NDArray[np.float64]  # to the left [m]
    yaw: NDArray[np.float64]  # counted on beyond a half turn [rad]
    vx: NDArray[np.float64]  # velocity, in the frame of the start [m/s]
    vy: NDArray[np.float64]
    yaw_rate: NDArray[np.float64]  # [rad/s]
    least_load: float  # smallest vertical force on a wheel [N]; infinite where the model has no wheels
    step: float  # between samples [s]

    @property
    def lateral_acceleration(self) -> NDArray[np.float64]:
        """The center of mass's acceleration across the body, to the left [m/s²]."""
        ax, ay = np.gradient(self.vx, self.step), np.gradient(self.vy, self.step)
        return ay * np.cos(self.yaw) - ax * np.sin(self.yaw)

    @property
    def speed(self) -> NDArray[np.float64]:
        """Along the body [m/s]."""
        return self.vx * np.cos(self.yaw) + self.vy * np.sin(self.yaw)

    @property
    def side_slip(self) -> NDArray[np.float64]:
        """Velocity across the body over that along it, as an angle [rad]."""
        across = self.vy * np.cos(self.yaw) - self.vx * np.sin(self.yaw)
        return np.arctan2(across, np.maximum(np.abs(self.speed), 1.0))


def stopping_distance(course: Course) -> float:
    """Return how far a vehicle got until it stood [m]; what a course leaves of a stop is driven as its last 0.1 s.

    Not a number for one that does not slow down.
    """
    back = round(0.1 / course.step)
    slowing = float(course.speed[-1 - back] - course.speed[-1]) / (back * course.step)
    left = max(0.0, float(course.speed[-1]))
    if left > 0.0 and slowing <= 0.0:
        return math.nan
    return float(course.x[-1]) + (left * left / (2.0 * slowing) if left > 0.0 else 0.0)


def apart(one: Course, other: Course) -> float:
    """Return the greatest distance between two courses at equal times [m]."""
    return float(np.hypot(one.x - other.x, one.y - other.y).max())
