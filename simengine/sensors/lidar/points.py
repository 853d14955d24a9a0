"""The points of a sweep: echoes placed in the sensor's frame at the sweep's end, and what they are of."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.lidar.receiver import Echoes
from simengine.sensors.lidar.reflectance import TargetSurfaces
from simengine.sensors.lidar.sweep import BeamPattern, SweepSlices


@njit(cache=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _blend_row(
    start: NDArray[np.float64], end: NDArray[np.float64], fraction: float
) -> tuple[float, float, float, float]:
    """Return a row of a transform at a fraction of the way between two."""
    return (
        start[0] + fraction * (end[0] - start[0]),
        start[1] + fraction * (end[1] - start[1]),
        start[2] + fraction * (end[2] - start[2]),
        start[3] + fraction * (end[3] - start[3]),
    )


@njit(cache=True, _nrt=False, error_model="numpy")
def write_points(
    echoes: Echoes,
    pattern: BeamPattern,
    slices: SweepSlices,
    surfaces: TargetSurfaces,
    end_from_sensor: NDArray[np.float64],
    points: NDArray[np.float32],
    time_ns: NDArray[np.int64],
    ranges: NDArray[np.float32],
    intensity: NDArray[np.float32],
    ring: NDArray[np.uint16],
    instance: NDArray[np.int32],
    semantic: NDArray[np.uint8],
) -> int:
    """Write a row for every echo and return their number; see `lidar` for the rows.

    Args:
        echoes: Of every beam.
        pattern: Where the beams look.
        slices: Of the sweep.
        surfaces: What sent the echoes back.
        end_from_sensor: Sensor's frame at the sweep's end from that at each knot. Shape (num_knots, 3, 4).
        points: [m]. Shape (num_columns · num_beams, 3).
        time_ns: [ns]. Shape (num_columns · num_beams,), as those below.
        ranges: [m].
        intensity: Of white Lambert head-on.
        ring: Beam.
        instance: Instance id.
        semantic: Label class.
    """
    count = 0
    for s in range(slices.knot.shape[0]):
        start = end_from_sensor[slices.knot[s]]
        end = end_from_sensor[min(slices.knot[s] + 1, end_from_sensor.shape[0] - 1)]
        for c in range(slices.first_column[s], slices.first_column[s + 1]):
            fraction = float(slices.fraction[c])
            xx, xy, xz, x = _blend_row(start[0], end[0], fraction)
            yx, yy, yz, y = _blend_row(start[1], end[1], fraction)
            zx, zy, zz, z = _blend_row(start[2], end[2], fraction)
            for b in range(pattern.tangent.shape[0]):
                measured = echoes.measured[c, b]
                if measured == np.inf:
                    continue
                level = pattern.cosine[b]
                px, py = pattern.direction[0, c] * level * measured, pattern.direction[1, c] * level * measured
                pz = float(pattern.tangent[b]) * level * measured
                points[count, 0] = xx * px + xy * py + xz * pz + x
                points[count, 1] = yx * px + yy * py + yz * pz + y
                points[count, 2] = zx * px + zy * py + zz * pz + z
                time_ns[count] = slices.time_ns[c]
                ranges[count] = measured
                intensity[count] = echoes.intensity[c, b]
                ring[count] = b
                t = echoes.triangle[c, b]
                instance[count] = surfaces.part_instance[surfaces.part[t]] if t >= 0 else 0
                semantic[count] = surfaces.semantic[t] if t >= 0 else 0
                count += 1
    return count
