"""What a LiDAR's receiver makes of a sweep's hits: echoes of surfaces and of the air, a threshold, noise."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.rng import philox_normal, philox_uniform, stream
from simengine.core.state import EGO
from simengine.sensors.base.sensor import actor_instance
from simengine.sensors.lidar.air_echoes import AirReturns, first_bright_drop, soft_echo
from simengine.sensors.lidar.reflectance import TargetSurfaces, returned_share
from simengine.sensors.lidar.sweep import BeamPattern, SweepHits, SweepPoses, SweepSlices

_OWN = actor_instance(EGO)  # of the body that carries the sensor
_STREAM_NOISE, _STREAM_DROP, _STREAM_DROP_SIZE = (
    stream("sensor lidar", name) for name in ("noise", "drop", "drop_size")
)


class ReceiverSettings(NamedTuple):
    """What a receiver adds and leaves out."""

    noise_std: float  # of a range [m]
    max_range: float  # nothing beyond it is reported [m]
    seed: np.uint64  # key of the noise


class Echoes(NamedTuple):
    """The strongest echo of every beam of a sweep. Shapes (num_columns, num_beams)."""

    measured: NDArray[np.float64]  # range [m], infinity where nothing is reported
    intensity: NDArray[np.float32]  # power times range squared, 1 for a white Lambertian surface head-on, cut at 1
    triangle: NDArray[np.int32]  # the scene's, −1 for the air


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _turn_row(
    start: NDArray[np.float64], end: NDArray[np.float64], fraction: float, normal: NDArray[np.float32]
) -> float:
    """Return a component of a normal turned by a row of a transform, at a fraction of the way between two."""
    total = 0.0
    for j in range(3):
        total += (start[j] + fraction * (end[j] - start[j])) * normal[j]
    return total


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _turn_normal(
    poses: SweepPoses, knot: int, later: int, fraction: float, surfaces: TargetSurfaces, triangle: int
) -> tuple[float, float, float]:
    """Return a triangle's normal in the sensor's frame, at a fraction of the way between knots."""
    part, normal = surfaces.part[triangle], surfaces.normal[triangle]
    start, end = poses.sensor_from_part[knot, part], poses.sensor_from_part[later, part]
    return (
        _turn_row(start[0], end[0], fraction, normal),
        _turn_row(start[1], end[1], fraction, normal),
        _turn_row(start[2], end[2], fraction, normal),
    )


@njit(cache=True, _nrt=False, error_model="numpy")
def receive_sweep(
    hits: SweepHits,
    pattern: BeamPattern,
    slices: SweepSlices,
    poses: SweepPoses,
    surfaces: TargetSurfaces,
    air: AirReturns,
    settings: ReceiverSettings,
    frame: int,
    measured: NDArray[np.float64],
    intensity: NDArray[np.float32],
    triangle: NDArray[np.int32],
    expected: NDArray[np.int32],
) -> None:
    """Decide what the receiver reports of every beam.

    Args:
        hits: First hits of the beams.
        pattern: Where the beams look.
        slices: Of the sweep.
        poses: Of the parts.
        surfaces: What was hit.
        air: What the air sends back.
        settings: Of the receiver.
        frame: Index of the capture.
        measured: See `Echoes`. Shape (num_columns, num_beams).
        intensity: See `Echoes`. Shape (num_columns, num_beams).
        triangle: See `Echoes`. Shape (num_columns, num_beams).
        expected: Points of clear air by instance id, zeros on entry. Shape (num_instances,).
    """
    num_beams = pattern.tangent.shape[0]
    likely = 1.0  # of the drawn numbers, those from here on meet no drop
    if air.drop_slope > 0.0:
        likely = 1.0 - math.exp(-air.drop_count[0, air.drop_count.shape[1] - 1]) + 1e-9
    for s in range(slices.knot.shape[0]):
        knot = slices.knot[s]
        later = min(knot + 1, poses.sensor_from_part.shape[0] - 1)
        for c in range(slices.first_column[s], slices.first_column[s + 1]):
            fraction = float(slices.fraction[c])
            facing, mx, my, mz = -1, 0.0, 0.0, 0.0  # the last triangle that was met and its normal
            for b in range(num_beams):
                measured[c, b] = np.inf
                target = float(hits.distance[c, b])
                power, echo_range, source = 0.0, 0.0, -1
                t = hits.triangle[c, b]
                if t >= 0:
                    instance = surfaces.part_instance[surfaces.part[t]]
                    if instance == _OWN:  # masked
                        continue
                    if t != facing:
                        mx, my, mz = _turn_normal(poses, knot, later, fraction, surfaces, t)
                        facing = t
                    level = pattern.cosine[b]
                    dx, dy = pattern.direction[0, c] * level, pattern.direction[1, c] * level
                    along = dx * mx + dy * my + float(pattern.tangent[b]) * level * mz
                    surface = surfaces.surface[t]
                    share = returned_share(
                        min(1.0, abs(along)),
                        surface.albedo,
                        surface.roughness,
                        surface.retro,
                        surfaces.is_ground[surfaces.semantic[t]],
                        surfaces.film,
                        surfaces.snow_cover,
                    )
                    clear = share / (target * target)
                    if clear >= air.threshold:
                        expected[instance] += 1
                    power, echo_range, source = clear * math.exp(-2.0 * air.extinction * target), target, t
                echo, place = soft_echo(air, target)
                if echo > power:
                    power, echo_range, source = echo, place, -1
                item = c * num_beams + b
                if air.drop_slope > 0.0:
                    drawn = philox_uniform(settings.seed, _STREAM_DROP, frame, 0, item)
                    if drawn < likely:
                        size = philox_uniform(settings.seed, _STREAM_DROP_SIZE, frame, 0, item)
                        echo, place = first_bright_drop(air, max(power, air.threshold), target, drawn, size)
                        if echo > power:
                            power, echo_range, source = echo, place, -1
                if power < air.threshold:
                    continue
                reported = echo_range
                if settings.noise_std > 0.0:
                    reported += settings.noise_std * philox_normal(settings.seed, _STREAM_NOISE, frame, 0, item)
                if reported <= 0.0 or reported > settings.max_range:
                    continue
                measured[c, b], triangle[c, b] = reported, source
                intensity[c, b] = min(1.0, power * echo_range * echo_range)
