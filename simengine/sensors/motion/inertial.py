"""An inertial measurement unit: specific force and angular rate in its own frame, with noise and wandering bias.

Measured value x̃ = x + b + n with white noise of deviation N / √Δt and a bias that walks by K √Δt a sample (the discrete
form of the densities N and K, as in the EuRoC calibrations). A sample's specific force is the mean over its interval,
from the change of the sensor's own velocity: lever arm, centripetal and angular acceleration are in it, and a user who
integrates the samples gets that velocity back.

Channels of a frame, all float64: `specific_force` (3,) [m/s²], +g up at rest, and `angular_velocity` (3,) [rad/s].
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.history import NANOSECONDS, ActorPoses, History
from simengine.core.mechanics import STANDARD_GRAVITY
from simengine.core.rng import kernel_seed, philox_normal, stream
from simengine.core.space.geometry import rotate, rotate_inverse
from simengine.core.state import EGO
from simengine.scenario.spec import ImuSpec
from simengine.sensors.base.mount import mount_lever, mount_rotation, sensor_pose
from simengine.sensors.base.sensor import Frame, Scene, Sensor, capture_time

_STREAM_NOISE, _STREAM_WALK = stream("sensor imu", "noise"), stream("sensor imu", "walk")


@njit(cache=True)
def point_velocity(
    orientation: NDArray[np.float64],
    velocity: NDArray[np.float64],
    angular_velocity: NDArray[np.float64],
    lever: NDArray[np.float64],
) -> tuple[float, float, float]:
    """Return the world velocity [m/s] of a point fixed at `lever` [m] in a body's frame. All shapes (3,), (4,)."""
    rx, ry, rz = rotate(orientation[0], orientation[1], orientation[2], orientation[3], lever[0], lever[1], lever[2])
    wx, wy, wz = angular_velocity[0], angular_velocity[1], angular_velocity[2]
    return velocity[0] + wy * rz - wz * ry, velocity[1] + wz * rx - wx * rz, velocity[2] + wx * ry - wy * rx


@njit(cache=True)
def sense_motion(
    orientation: NDArray[np.float64],
    velocity: NDArray[np.float64],
    angular_velocity: NDArray[np.float64],
    lever: NDArray[np.float64],
    mounting: NDArray[np.float64],
    interval: float,
    out: NDArray[np.float64],
) -> None:
    """Write specific force and angular rate in the sensor's frame, without errors.

    Args:
        orientation: Of the body at the start, middle and end of the interval. Shape (3, 4).
        velocity: Of the body's center at the same instants [m/s]. Shape (3, 3).
        angular_velocity: World, at the same instants [rad/s]. Shape (3, 3).
        lever: Of the sensor in the body's frame [m]. Shape (3,).
        mounting: Rotation body from sensor. Shape (3, 3).
        interval: [s].
        out: Specific force, angular rate. Shape (6,).
    """
    x0, y0, z0 = point_velocity(orientation[0], velocity[0], angular_velocity[0], lever)
    x1, y1, z1 = point_velocity(orientation[2], velocity[2], angular_velocity[2], lever)
    q = orientation[1]
    body = np.empty(6)
    body[0], body[1], body[2] = rotate_inverse(
        q[0], q[1], q[2], q[3], (x1 - x0) / interval, (y1 - y0) / interval, (z1 - z0) / interval + STANDARD_GRAVITY
    )
    q, w = orientation[2], angular_velocity[2]
    body[3], body[4], body[5] = rotate_inverse(q[0], q[1], q[2], q[3], w[0], w[1], w[2])
    for i in range(3):
        for half in range(2):
            k = 3 * half
            out[k + i] = mounting[0, i] * body[k] + mounting[1, i] * body[k + 1] + mounting[2, i] * body[k + 2]


@njit(cache=True)
def add_inertial_errors(
    seed: np.uint64,
    sample: int,
    interval: float,
    noise: NDArray[np.float64],
    walk: NDArray[np.float64],
    bias: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Let the bias walk one sample on, and add it and white noise to a measurement.

    Args:
        seed: Key of the sensor's randomness.
        sample: Number of the sample.
        interval: [s].
        noise: Density N of each axis [unit/√Hz]. Shape (6,).
        walk: Density K of each axis [unit/s/√Hz]. Shape (6,).
        bias: Walks here [unit]. Shape (6,).
        out: The measurement. Shape (6,).
    """
    root = math.sqrt(interval)
    for i in range(6):
        bias[i] += walk[i] * root * philox_normal(seed, _STREAM_WALK, sample, 0, i)
        out[i] += bias[i] + noise[i] / root * philox_normal(seed, _STREAM_NOISE, sample, 0, i)


class ImuSensor(Sensor):
    """An inertial measurement unit.

    Args:
        name: Of the sensor.
        spec: Its settings.
        scene: Whose ego carries it.
        seed: Of the episode.
    """

    def __init__(self, name: str, spec: ImuSpec, scene: Scene, seed: int) -> None:
        self.name = name
        self.kind = "imu"
        self.index = 0
        self._spec = spec
        self._actors = scene.actors
        self._seed = kernel_seed(seed, "sensor", name)
        self._interval_ns = round(NANOSECONDS / spec.rate_hz)
        self._lever = mount_lever(scene.actors, spec.mount)
        self._mounting = mount_rotation(spec.mount)
        self._noise = np.array([spec.accelerometer_noise] * 3 + [spec.gyro_noise] * 3)
        self._walk = np.array([spec.accelerometer_walk] * 3 + [spec.gyro_walk] * 3)
        self._bias = np.zeros(6)

    def next_time_ns(self) -> int:
        """Return the time of the next sample, the end of its interval [ns]."""
        return capture_time(self.index, self._spec.rate_hz, self._spec.phase)

    def span_ns(self) -> int:
        """Return the length of a sample's interval [ns]."""
        return self._interval_ns

    def capture(self, history: History, signals: NDArray[np.int32]) -> Frame:
        """Take one sample; see `Sensor.capture`."""
        end = self.next_time_ns()
        instants: list[ActorPoses] = [
            history.poses_at(end - self._interval_ns),
            history.poses_at(end - self._interval_ns // 2),
            history.poses_at(end),
        ]
        interval = self._interval_ns / NANOSECONDS
        sample = np.empty(6)
        sense_motion(
            np.stack([p.orientation[EGO] for p in instants]),
            np.stack([p.velocity[EGO] for p in instants]),
            np.stack([p.angular_velocity[EGO] for p in instants]),
            self._lever,
            self._mounting,
            interval,
            sample,
        )
        add_inertial_errors(self._seed, self.index, interval, self._noise, self._walk, self._bias, sample)
        channels = {"specific_force": sample[:3].copy(), "angular_velocity": sample[3:].copy()}
        pose = sensor_pose(self._actors, instants[-1], self._spec.mount)
        frame = Frame(self.name, self.index, end, pose, channels)
        self.index += 1
        return frame
