"""A satellite receiver: the antenna's position with white noise and a first-order Gauss–Markov error.

The slow error stands for orbit, clock and atmosphere (open sky: CEP 1 to 3 m, correlation 10 to 60 s):
x[k+1] = φ x[k] + σ √(1 − φ²) n with φ = e^(−Δt / τ), stationary from the first fix. Buildings neither block nor
reflect, but under the roof of a hall there is no fix.

Channels of a frame, float64: `position` (3,) [m], east, north, up in the world's coordinates, and `geodetic` (3,):
latitude [deg], longitude [deg], ellipsoidal height [m] on WGS 84, the scene's origin standing at `DATUM`; and `fix`
(), bool: whether they hold. Without a fix both are NaN, as ROS' NavSatFix has it.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.history import History
from simengine.core.rng import kernel_seed, philox_normal
from simengine.scenario.spec import GnssSpec
from simengine.sensors.base import Frame, Scene, Sensor, capture_time
from simengine.sensors.mount import sensor_pose

DATUM = (57.7089, 11.9746, 0.0)  # where scenes' local origins are put: latitude [deg], longitude [deg], height [m]
_SEMI_MAJOR, _FLATTENING = 6_378_137.0, 1.0 / 298.257223563  # WGS 84
_STREAM_WHITE, _STREAM_DRIFT = 1, 2


@njit(cache=True)
def geodetic_from_enu(
    east: float, north: float, up: float, latitude: float, longitude: float, height: float
) -> tuple[float, float, float]:
    """Return WGS 84 latitude [rad], longitude [rad], height [m] of a point in the tangent plane of a datum.

    Args:
        east, north, up: In the plane [m].
        latitude, longitude: Of the datum [rad].
        height: Of the datum above the ellipsoid [m].
    """
    squared = _FLATTENING * (2.0 - _FLATTENING)
    sin_lat, cos_lat = math.sin(latitude), math.cos(latitude)
    sin_lon, cos_lon = math.sin(longitude), math.cos(longitude)
    normal = _SEMI_MAJOR / math.sqrt(1.0 - squared * sin_lat * sin_lat)
    outward = -sin_lat * north + cos_lat * up  # away from the Earth's axis
    x = (normal + height) * cos_lat * cos_lon + outward * cos_lon - sin_lon * east
    y = (normal + height) * cos_lat * sin_lon + outward * sin_lon + cos_lon * east
    z = (normal * (1.0 - squared) + height) * sin_lat + cos_lat * north + sin_lat * up
    axis = math.sqrt(x * x + y * y)
    angle = math.atan2(z, axis * (1.0 - squared))
    altitude = 0.0
    for _ in range(6):  # each turn gains a factor of 1/squared, about 150
        sine = math.sin(angle)
        normal = _SEMI_MAJOR / math.sqrt(1.0 - squared * sine * sine)
        altitude = axis * math.cos(angle) + z * sine - _SEMI_MAJOR * _SEMI_MAJOR / normal
        angle = math.atan2(z, axis * (1.0 - squared * normal / (normal + altitude)))
    return angle, math.atan2(y, x), altitude


@njit(cache=True)
def drift_step(
    seed: np.uint64, sample: int, interval: float, std: float, time: float, drift: NDArray[np.float64]
) -> None:
    """Carry a stationary Gauss–Markov error one sample on.

    Args:
        seed: Key of the sensor's randomness.
        sample: Number of the sample; the first draws the stationary error.
        interval: Between samples [s].
        std: Stationary deviation of an axis [m].
        time: Correlation time [s].
        drift: The error [m]. Shape (3,).
    """
    keep = 0.0 if sample == 0 else math.exp(-interval / time)
    for i in range(3):
        draw = philox_normal(seed, _STREAM_DRIFT, sample, 0, i)
        drift[i] = keep * drift[i] + std * math.sqrt(1.0 - keep * keep) * draw


class GnssSensor(Sensor):
    """A satellite receiver.

    Args:
        name: Of the sensor.
        spec: Its settings.
        scene: Whose ego carries it.
        seed: Of the episode.
    """

    def __init__(self, name: str, spec: GnssSpec, scene: Scene, seed: int) -> None:
        self.name = name
        self.kind = "gnss"
        self.index = 0
        self._spec = spec
        self._actors = scene.actors
        self._origin = np.asarray(scene.origin, np.float64)
        self._fix = scene.weather.hall_light == 0.0  # no roof above
        self._seed = kernel_seed(seed, "sensor", name)
        self._drift = np.zeros(3)

    def next_time_ns(self) -> int:
        """Return the time of the next fix [ns]."""
        return capture_time(self.index, self._spec.rate_hz, self._spec.phase)

    def span_ns(self) -> int:
        """Return 0: a fix looks at one instant."""
        return 0

    def capture(self, history: History, signals: NDArray[np.int32]) -> Frame:
        """Take one fix; see `Sensor.capture`."""
        spec, time_ns = self._spec, self.next_time_ns()
        pose = sensor_pose(self._actors, history.poses_at(time_ns), spec.mount)
        drift_step(self._seed, self.index, 1.0 / spec.rate_hz, spec.drift_std, spec.drift_time, self._drift)
        position = np.array([
            pose[i, 3] + self._drift[i] + spec.white_std * philox_normal(self._seed, _STREAM_WHITE, self.index, 0, i)
            for i in range(3)
        ])
        latitude, longitude, height = geodetic_from_enu(
            *(position - self._origin), math.radians(DATUM[0]), math.radians(DATUM[1]), DATUM[2]
        )
        geodetic = np.array([math.degrees(latitude), math.degrees(longitude), height])
        if not self._fix:
            position, geodetic = np.full(3, np.nan), np.full(3, np.nan)
        channels = {"position": position, "geodetic": geodetic, "fix": np.array(self._fix)}
        frame = Frame(self.name, self.index, time_ns, pose, channels)
        self.index += 1
        return frame
