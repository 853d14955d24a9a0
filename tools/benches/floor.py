"""What a workload costs at the least on one core: bytes that have to move and operations that have to be done.

Every vertex and triangle is touched once, every result written once; nothing is culled, nothing is drawn twice. A
kernel that skips what is hidden may touch less, one that draws what is hidden later touches more. Memory and arithmetic
overlap, so the larger of the two times is the floor.
"""

import functools
import time
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tools.benches.triangles import TriangleScene
from tools.benches.views import Views
from tools.benches.workloads import CAMERA_ALL, CAMERA_IDS

# Bytes: three float32 a vertex; three 16-bit corners a triangle of a LiDAR's cluster, three 32-bit ones of a picture's.
_VERTEX_BYTES, _CLUSTER_BYTES, _TRIANGLE_BYTES = 12, 6, 12
_BEAM_BYTES = 8  # float32 range and int32 triangle
_VISIBILITY_BYTES = 16  # 1/z float32 and triangle int32, written and read again
_IDS_BYTES = 7  # depth float32, class uint8, instance uint16
_PICTURE_BYTES = 24 + 3  # luminance 3 × float32 written and read again, RGB 3 × uint8
_LAYER_BYTES = 12 + 8  # normal 3 × float32, flow 2 × float32
# Operations: a 3 × 4 transform a vertex (9 products, 9 sums); three edge planes (27) and a depth plane (9) a triangle;
# r or 1/z from a plane and a comparison for each beam and pixel, a division for its depth.
_VERTEX_OPERATIONS, _TRIANGLE_OPERATIONS, _HIT_OPERATIONS = 18, 36, 6
# Shading a pixel: its point and normal (30), light of sun and sky on it (25), shadow (4 taps, 30), air (10), tone (15).
_SHADING_OPERATIONS = 110
_LAYER_OPERATIONS = 40  # the point's place in the previous frame: ray, 3 × 4 transform, a division, two differences


class Floor(NamedTuple):
    """The least that a workload needs."""

    megabytes: float
    megaops: float  # float32 products, sums and comparisons
    memory_ms: float  # at the bandwidth of this machine
    arithmetic_ms: float  # at the arithmetic of this machine


@njit(cache=True)
def _spin(value: NDArray[np.float32], rounds: int) -> None:
    """Do 16 float32 products and sums with every value, `rounds` times."""
    a, b = np.float32(0.999), np.float32(0.001)
    for _ in range(rounds):
        for i in range(value.shape[0]):
            x = value[i]
            x = x * a + b
            x = x * a + b
            x = x * a + b
            x = x * a + b
            x = x * a + b
            x = x * a + b
            x = x * a + b
            x = x * a + b
            value[i] = x


@functools.cache
def machine_rates() -> tuple[float, float]:
    """Return bytes and float32 operations that one core moves and does a second: the best of a few tries."""
    source = np.ones(32_000_000, np.float32)
    target = np.empty_like(source)
    small = np.ones(4096, np.float32)
    _spin(small, 1)
    copying, counting = [], []
    for _ in range(5):
        begin = time.perf_counter()
        np.copyto(target, source)
        copying.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        _spin(small, 2000)
        counting.append(time.perf_counter() - begin)
    return 2.0 * source.nbytes / min(copying), 16.0 * 2000 * len(small) / min(counting)


def costs_of(workload: str, num_vertices: int, num_triangles: int, views: Views) -> tuple[int, int]:
    """Return the bytes and operations of a workload."""
    beams, pixels = views.channels * views.columns, views.width * views.height
    operations = num_vertices * _VERTEX_OPERATIONS + num_triangles * _TRIANGLE_OPERATIONS
    if workload not in (CAMERA_IDS, CAMERA_ALL):
        moved = num_vertices * _VERTEX_BYTES + num_triangles * _CLUSTER_BYTES + beams * _BEAM_BYTES
        return moved, operations + beams * _HIT_OPERATIONS
    moved = num_vertices * _VERTEX_BYTES + num_triangles * _TRIANGLE_BYTES
    moved += pixels * (_VISIBILITY_BYTES + _IDS_BYTES)
    operations += pixels * _HIT_OPERATIONS
    if workload == CAMERA_ALL:
        moved += pixels * (_PICTURE_BYTES + _LAYER_BYTES)
        operations += pixels * (_SHADING_OPERATIONS + _LAYER_OPERATIONS)
    return moved, operations


def floor_of(workload: str, scene: TriangleScene, views: Views) -> Floor:
    """Return the floor of a workload on this machine."""
    moved, operations = costs_of(workload, len(scene.vertex), len(scene.triangle), views)
    bandwidth, rate = machine_rates()
    return Floor(moved / 1e6, operations / 1e6, 1e3 * moved / bandwidth, 1e3 * operations / rate)
