"""A satellite receiver: the antenna's position with white noise and a first-order Gauss–Markov error.

The slow error stands for orbit, clock and atmosphere (open sky: CEP 1 to 3 m, correlation 10 to 60 s):
x[k+1] = φ x[k] + σ √(1 − φ²) n with φ = e^(−Δt / τ), stationary from the first fix. Buildings neither block nor
reflect, but under the roof of a hall there is no fix.

Channels of a frame, float64: `position` (3,) [m], east, north, up in the world's coordinates, and `geodetic` (3,):
latitude [deg], longitude [deg], ellipsoidal height [m] on WGS 84 of that position, by the map's own datum; and `fix`
(), bool: whether they hold. Without a fix both are NaN, as ROS' NavSatFix has it; nor is there one where the datum's
projection has no latitude and longitude.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError
from simengine.core.history import History
from simengine.core.rng import kernel_seed, philox_normal, stream
from simengine.road.files.datum import make_locator
from simengine.scenario.spec import GnssSpec
from simengine.sensors.base.mount import sensor_pose
from simengine.sensors.base.sensor import Frame, Scene, Sensor, capture_time

_STREAM_WHITE, _STREAM_DRIFT = stream("sensor gnss", "white"), stream("sensor gnss", "drift")


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
        if scene.datum is None:
            raise ScenarioError(f"sensors.{name}: the scene has no datum; a satellite receiver needs one")
        self._locate = make_locator(scene.datum)
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
        position = np.array(
            [
                pose[i, 3]
                + self._drift[i]
                + spec.white_std * philox_normal(self._seed, _STREAM_WHITE, self.index, 0, i)
                for i in range(3)
            ]
        )
        geodetic = np.array(self._locate(*position.tolist()))
        fix = self._fix and bool(np.isfinite(position).all() and np.isfinite(geodetic).all())
        if not fix:
            position, geodetic = np.full(3, np.nan), np.full(3, np.nan)
        channels = {"position": position, "geodetic": geodetic, "fix": np.array(fix)}
        frame = Frame(self.name, self.index, time_ns, pose, channels)
        self.index += 1
        return frame
