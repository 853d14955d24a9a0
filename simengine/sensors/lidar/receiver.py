"""What a LiDAR's receiver makes of a sweep's hits: echoes of surfaces and of the air, a threshold, noise, points."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.rng import philox_normal, philox_uniform
from simengine.core.state import EGO
from simengine.sensors.base.sensor import actor_instance
from simengine.sensors.lidar.air_echoes import first_bright_drop, soft_echo
from simengine.sensors.lidar.reflectance import returned_share

_OWN = actor_instance(EGO)  # of the body that carries the sensor
_STREAM_NOISE, _STREAM_DROP, _STREAM_DROP_SIZE = 1, 2, 3


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _turn_normal(
    sensor_from_part: NDArray[np.float64], knot: int, later: int, part: int, row: int, fraction: float,
    normal: NDArray[np.float32], triangle: int,
) -> float:
    """Return one component of a triangle's normal in the sensor's frame, at a fraction of the way between knots."""
    total = 0.0
    for j in range(3):
        entry = sensor_from_part[knot, part, row, j]
        entry += fraction * (sensor_from_part[later, part, row, j] - entry)
        total += entry * normal[triangle, j]
    return total


@njit(cache=True, _nrt=False, error_model="numpy")
def receive_sweep(
    distance: NDArray[np.float32], hit: NDArray[np.int32],
    tangent: NDArray[np.float32], azimuth: NDArray[np.float64],
    first_column: NDArray[np.int32], slice_knot: NDArray[np.int32], fraction: NDArray[np.float32],
    column_time: NDArray[np.int64],
    sensor_from_part: NDArray[np.float64], end_from_sensor: NDArray[np.float64],
    normal: NDArray[np.float32], triangle_part: NDArray[np.int32], semantic: NDArray[np.uint8],
    surface: NDArray[np.float64], part_instance: NDArray[np.int32], is_ground: NDArray[np.bool_],
    film: float, snow_cover: float,
    alpha: float, soft_power: NDArray[np.float64], soft_range: NDArray[np.float64],
    drop_count: NDArray[np.float64], drop_slope: float, drop_reflectance: float, threshold: float,
    noise_std: float, max_range: float, seed: np.uint64, frame: int,
    points: NDArray[np.float32], times: NDArray[np.int64], ranges: NDArray[np.float32],
    intensity: NDArray[np.float32], ring: NDArray[np.uint16], instance: NDArray[np.int32],
    label: NDArray[np.uint8], expected: NDArray[np.int32], blend: NDArray[np.float64],
) -> int:
    """Decide what the receiver reports of every beam and return how many points were written.

    Args:
        distance: First hits, infinity for none [m]. Shape (num_columns, num_beams).
        hit: Their triangles, −1 for none. Shape (num_columns, num_beams).
        tangent: Of the beams' elevations. Shape (num_beams,).
        azimuth: Of the columns [rad]. Shape (num_columns,).
        first_column: Of each slice, CSR. Shape (num_slices + 1,).
        slice_knot: Earlier knot of each slice. Shape (num_slices,).
        fraction: Of the way to the later knot. Shape (num_columns,).
        column_time: [ns]. Shape (num_columns,).
        sensor_from_part: At the knots. Shape (num_knots, num_parts, 3, 4).
        end_from_sensor: Sensor's frame at the sweep's end from that at each knot. Shape (num_knots, 3, 4).
        normal: Unit, part frame. Shape (num_triangles, 3).
        triangle_part: Shape (num_triangles,).
        semantic: Of each triangle. Shape (num_triangles,).
        surface: Albedo, roughness, retro-reflection of each triangle. Shape (num_triangles, 3).
        part_instance: Instance id of each part. Shape (num_parts,).
        is_ground: By label class. Shape (256,).
        film: Share of the ground under water or glaze.
        snow_cover: Share of the ground under snow.
        alpha, soft_power, soft_range, drop_count, drop_slope, drop_reflectance, threshold: `AirReturns`.
        noise_std: Of a range [m].
        max_range: Nothing beyond it is reported [m].
        seed: Key of the noise.
        frame: Index of the capture.
        points, times, ranges, intensity, ring, instance, label: The points; see `lidar`. Shapes (num_beams ×
            num_columns, …).
        expected: Points of clear air by instance id, zeros on entry.
        blend: Work. Shape (3, 4).
    """
    count = 0
    num_beams = tangent.shape[0]
    likely = 1.0  # of the drawn numbers, those from here on meet no drop
    if drop_slope > 0.0:
        likely = 1.0 - math.exp(-drop_count[0, drop_count.shape[1] - 1]) + 1e-9
    for s in range(slice_knot.shape[0]):
        knot = slice_knot[s]
        later = min(knot + 1, sensor_from_part.shape[0] - 1)
        for c in range(first_column[s], first_column[s + 1]):
            f = float(fraction[c])
            for i in range(3):
                for j in range(4):
                    start = end_from_sensor[knot, i, j]
                    blend[i, j] = start + f * (end_from_sensor[later, i, j] - start)
            cos_azimuth, sin_azimuth = math.cos(azimuth[c]), math.sin(azimuth[c])
            facing, mx, my, mz = -1, 0.0, 0.0, 0.0  # the last triangle that was met and its normal
            for b in range(num_beams):
                slope = float(tangent[b])
                level = 1.0 / math.sqrt(1.0 + slope * slope)
                dx, dy, dz = cos_azimuth * level, sin_azimuth * level, slope * level
                target = float(distance[c, b])
                power, echo_range, kind = 0.0, 0.0, 0
                t = hit[c, b]
                if t >= 0 and part_instance[triangle_part[t]] == _OWN:  # masked
                    continue
                if t >= 0:
                    p = triangle_part[t]
                    if t != facing:
                        mx = _turn_normal(sensor_from_part, knot, later, p, 0, f, normal, t)
                        my = _turn_normal(sensor_from_part, knot, later, p, 1, f, normal, t)
                        mz = _turn_normal(sensor_from_part, knot, later, p, 2, f, normal, t)
                        facing = t
                    along = dx * mx + dy * my + dz * mz
                    share = returned_share(
                        min(1.0, abs(along)), surface[t, 0], surface[t, 1], surface[t, 2], is_ground[semantic[t]], film,
                        snow_cover,
                    )
                    clear = share / (target * target)
                    if clear >= threshold:
                        expected[part_instance[p]] += 1
                    power, echo_range, kind = clear * math.exp(-2.0 * alpha * target), target, 1
                echo, place = soft_echo(soft_power, soft_range, target)
                if echo > power:
                    power, echo_range, kind = echo, place, 2
                item = c * num_beams + b
                if drop_slope > 0.0:
                    drawn = philox_uniform(seed, _STREAM_DROP, frame, 0, item)
                    if drawn < likely:
                        echo, place = first_bright_drop(
                            drop_count, drop_slope, drop_reflectance, alpha, threshold, max(power, threshold), target,
                            drawn, philox_uniform(seed, _STREAM_DROP_SIZE, frame, 0, item),
                        )
                        if echo > power:
                            power, echo_range, kind = echo, place, 3
                if power < threshold:
                    continue
                measured = echo_range
                if noise_std > 0.0:
                    measured += noise_std * philox_normal(seed, _STREAM_NOISE, frame, 0, item)
                if measured <= 0.0 or measured > max_range:
                    continue
                px, py, pz = dx * measured, dy * measured, dz * measured
                for i in range(3):
                    points[count, i] = blend[i, 0] * px + blend[i, 1] * py + blend[i, 2] * pz + blend[i, 3]
                times[count] = column_time[c]
                ranges[count] = measured
                intensity[count] = min(1.0, power * echo_range * echo_range)
                ring[count] = b
                instance[count] = part_instance[triangle_part[t]] if kind == 1 else 0
                label[count] = semantic[t] if kind == 1 else 0
                count += 1
    return count
