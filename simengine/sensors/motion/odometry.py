"""Wheel encoders and the dead reckoning that a vehicle makes of them.

Two wheels of one axle are read: the rear ones of a vehicle, the driven ones of a robot. Slip, quantization and a
wrongly assumed wheel radius make the reckoned pose drift, as they do in reality. A vehicle of one track reckons no
turning.

Channels of a frame: `ticks` (2,) int64, left and right, counted since the episode's start; `speed` () [m/s] and
`yaw_rate` () [rad/s] over the last interval, float64; `pose` (3,) float64, x [m], y [m], yaw [rad] of the middle of the
axle against where it was at the first sample.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.history import NANOSECONDS, History
from simengine.core.space.geometry import wrap_angle
from simengine.core.state import EGO, Mobility
from simengine.scenario.spec import OdometrySpec
from simengine.sensors.base.mount import sensor_pose
from simengine.sensors.base.sensor import Frame, Scene, Sensor, capture_time


@njit(cache=True)
def reckon(left: float, right: float, track_width: float, pose: NDArray[np.float64]) -> float:
    """Carry a planar pose on by the ways of two wheels, along an arc, and return the turn [rad].

    Args:
        left, right: DriverLanes of the wheels [m].
        track_width: Between them [m]; 0 for a single track, which is taken to go straight.
        pose: x [m], y [m], yaw [rad]. Shape (3,).
    """
    way = 0.5 * (left + right)
    turn = (right - left) / track_width if track_width > 0.0 else 0.0
    chord = way if abs(turn) < 1e-9 else way * math.sin(0.5 * turn) / (0.5 * turn)
    pose[0] += chord * math.cos(pose[2] + 0.5 * turn)
    pose[1] += chord * math.sin(pose[2] + 0.5 * turn)
    pose[2] = wrap_angle(pose[2] + turn)
    return turn


class OdometrySensor(Sensor):
    """Wheel encoders.

    Args:
        name: Of the sensor.
        spec: Its settings.
        scene: Whose ego carries it.
    """

    def __init__(self, name: str, spec: OdometrySpec, scene: Scene) -> None:
        self.name = name
        self.kind = "odometry"
        self.index = 0
        self._spec = spec
        self._actors = scene.actors
        self._wheels = (0, 1) if scene.actors.mobility[0, EGO] == Mobility.DIFFERENTIAL else (2, 3)
        self._track_width = float(scene.actors.track_width[0, EGO])
        radius = float(scene.actors.wheel_radius[0, EGO]) * (1.0 + spec.radius_error)
        self._way_per_tick = 2.0 * math.pi * radius / spec.ticks_per_turn
        self._ticks = np.zeros(2, np.int64)
        self._pose = np.zeros(3)

    def next_time_ns(self) -> int:
        """Return the time of the next sample [ns]."""
        return capture_time(self.index, self._spec.rate_hz, self._spec.phase)

    def span_ns(self) -> int:
        """Return 0: the counters are read at one instant."""
        return 0

    def capture(self, history: History, signals: NDArray[np.int32]) -> Frame:
        """Read the counters; see `Sensor.capture`."""
        time_ns = self.next_time_ns()
        poses = history.poses_at(time_ns)
        turns = [float(poses.wheel_rotation[EGO, wheel]) / (2.0 * math.pi) for wheel in self._wheels]
        ticks = np.array([math.floor(turn * self._spec.ticks_per_turn) for turn in turns], np.int64)
        speed = yaw_rate = 0.0
        if self.index > 0:
            left, right = (float(way) for way in (ticks - self._ticks) * self._way_per_tick)
            interval = (time_ns - capture_time(self.index - 1, self._spec.rate_hz, self._spec.phase)) / NANOSECONDS
            yaw_rate = reckon(left, right, self._track_width, self._pose) / interval
            speed = 0.5 * (left + right) / interval
        self._ticks = ticks
        channels = {
            "ticks": ticks.copy(),
            "speed": np.array(speed),
            "yaw_rate": np.array(yaw_rate),
            "pose": self._pose.copy(),
        }
        frame = Frame(self.name, self.index, time_ns, sensor_pose(self._actors, poses, self._spec.mount), channels)
        self.index += 1
        return frame
