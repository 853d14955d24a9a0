"""Disturbances of a sensor's frames: messages that fail to arrive, stale content, a dirty lens or window.

A fault changes what is recorded and observed, never what is true: annotate a frame before it is disturbed.
"""

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.errors import ConfigError
from simengine.core.history import NANOSECONDS
from simengine.core.rng import kernel_seed, philox_uniform, stream
from simengine.sensors.base.sensor import Frame

FAULTS = ("dropout", "freeze", "dirt")
DIRTY_KINDS = ("camera", "lidar")  # sensors with a lens or a window
_NUM_SPOTS = 24
_STREAM_SPOT, _STREAM_POINT = stream("fault", "spot"), stream("fault", "point")
_FOREVER = 2**62


@njit(cache=True)
def soil_lens(rgb: NDArray[np.uint8], seed: np.uint64, out: NDArray[np.uint8]) -> None:
    """Darken and blur over an image by blotches of mud on the lens, which is far out of focus.

    A blotch is a disc with soft edges; where it covers by a share a, light falls to 1 − a and mud adds a share of the
    image's mean.

    Args:
        rgb: Shape (height, width, 3).
        seed: Key of the blotches, fixed for a sensor.
        out: The soiled image. Shape (height, width, 3).
    """
    height, width = rgb.shape[0], rgb.shape[1]
    mean = np.zeros(3)
    for channel in range(3):
        total = 0
        for row in range(height):
            for column in range(width):
                total += rgb[row, column, channel]
        mean[channel] = total / (height * width)
    clear = np.ones((height, width))
    for spot in range(_NUM_SPOTS):
        x = width * philox_uniform(seed, _STREAM_SPOT, spot, 0, 0)
        y = height * philox_uniform(seed, _STREAM_SPOT, spot, 0, 1)
        radius = height * (0.02 + 0.10 * philox_uniform(seed, _STREAM_SPOT, spot, 0, 2) ** 2)
        density = 0.5 + 0.5 * philox_uniform(seed, _STREAM_SPOT, spot, 0, 3)
        reach = 1.5 * radius
        for row in range(max(0, int(y - reach)), min(height, int(y + reach) + 1)):
            for column in range(max(0, int(x - reach)), min(width, int(x + reach) + 1)):
                distance = math.sqrt((column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2) / radius
                if distance < 1.5:
                    edge = 1.0 if distance <= 0.5 else 1.5 - distance
                    clear[row, column] *= 1.0 - density * edge * edge * (3.0 - 2.0 * edge)
    for row in range(height):
        for column in range(width):
            share = clear[row, column]
            for channel in range(3):
                mud = mean[channel] * (0.30 - 0.06 * channel)
                out[row, column, channel] = np.uint8(rgb[row, column, channel] * share + mud * (1.0 - share) + 0.5)


@njit(cache=True)
def soil_window(
    points: NDArray[np.float32],
    intensity: NDArray[np.float32],
    seed: np.uint64,
    frame: int,
    keep: NDArray[np.bool_],
    dimmed: NDArray[np.float32],
) -> None:
    """Drop and dim points behind dirty sectors of a LiDAR's window.

    Args:
        points: In the sensor's frame [m]. Shape (num_points, 3).
        intensity: Shape (num_points,).
        seed: Key of the sectors, fixed for a sensor.
        frame: Index of the capture.
        keep: Points that still come back. Shape (num_points,).
        dimmed: Their intensity, through the dirt twice. Shape (num_points,).
    """
    sectors = np.empty((_NUM_SPOTS // 2, 3))  # middle, half width, density
    for spot in range(sectors.shape[0]):
        sectors[spot, 0] = math.pi * (2.0 * philox_uniform(seed, _STREAM_SPOT, spot, 0, 0) - 1.0)
        sectors[spot, 1] = 0.02 + 0.15 * philox_uniform(seed, _STREAM_SPOT, spot, 0, 1)
        sectors[spot, 2] = 0.5 + 0.5 * philox_uniform(seed, _STREAM_SPOT, spot, 0, 2)
    for i in range(points.shape[0]):
        azimuth = math.atan2(points[i, 1], points[i, 0])
        share = 1.0
        for spot in range(sectors.shape[0]):
            away = abs(azimuth - sectors[spot, 0])
            if min(away, 2.0 * math.pi - away) < sectors[spot, 1]:
                share *= 1.0 - sectors[spot, 2]
        dimmed[i] = intensity[i] * share * share
        keep[i] = philox_uniform(seed, _STREAM_POINT, frame, 0, i) < share * share


class Faults:
    """The faults that are active on a rig's sensors, and what they make of each frame.

    Args:
        kinds: Kind of every sensor by name.
        seed: Of the episode.
    """

    def __init__(self, kinds: dict[str, str], seed: int) -> None:
        self._kinds = kinds
        self._seeds = {name: kernel_seed(seed, "fault", name) for name in kinds}
        self._until: dict[tuple[str, str], int] = {}
        self._last: dict[str, Frame] = {}

    def start(self, sensor: str, fault: str, start_ns: int, duration: float) -> None:
        """Switch a fault on.

        Args:
            sensor: Name of the sensor.
            fault: One of `FAULTS`.
            start_ns: From when [ns].
            duration: For how long [s]; 0 for good.

        Raises:
            ConfigError: There is no such sensor or fault, or this sensor has nothing to soil.
        """
        if sensor not in self._kinds:
            rig = ", ".join(self._kinds) or "none"
            raise ConfigError(f"sensor_fault.sensor: no sensor {sensor!r}; the rig has {rig}")
        if fault not in FAULTS:
            raise ConfigError(f"sensor_fault.fault: {fault!r} is not one of {', '.join(FAULTS)}")
        if fault == "dirt" and self._kinds[sensor] not in DIRTY_KINDS:
            raise ConfigError(
                f"sensor_fault.fault: 'dirt' on {sensor!r} of kind {self._kinds[sensor]!r}; only a camera or lidar has "
                "a lens or window"
            )
        self._until[sensor, fault] = start_ns + round(duration * NANOSECONDS) if duration > 0.0 else _FOREVER

    def active(self, sensor: str, time_ns: int) -> tuple[str, ...]:
        """Return the faults of a sensor at a time."""
        return tuple(fault for fault in FAULTS if time_ns < self._until.get((sensor, fault), 0))

    def disturb(self, frame: Frame) -> Frame | None:
        """Return what arrives of a frame: None in a dropout, the last arrived content when frozen."""
        faults = self.active(frame.sensor, frame.time_ns)
        if "dropout" in faults:
            return None
        last = self._last.get(frame.sensor)
        if "freeze" in faults and last is not None:
            return frame._replace(channels=last.channels)
        if "dirt" in faults:
            frame = frame._replace(channels=self._soil(frame))
        self._last[frame.sensor] = frame
        return frame

    def _soil(self, frame: Frame) -> dict[str, NDArray[Any]]:
        channels, seed = dict(frame.channels), self._seeds[frame.sensor]
        if self._kinds[frame.sensor] == "camera":
            channels["rgb"] = np.empty_like(frame.channels["rgb"])
            soil_lens(frame.channels["rgb"], seed, channels["rgb"])
            return channels
        points = channels["points"]
        keep, dimmed = np.zeros(len(points), np.bool_), np.zeros(len(points), np.float32)
        soil_window(points, channels["intensity"], seed, frame.index, keep, dimmed)
        channels["intensity"] = dimmed
        return {key: value if key == "expected_hits" else value[keep] for key, value in channels.items()}
