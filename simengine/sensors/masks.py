"""Depth, class and instance of every pixel of a visibility buffer."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.semantics import Semantic

_SKY = int(Semantic.SKY)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def read_masks(
    inverse_depth: NDArray[np.float32], nearest: NDArray[np.int32], triangle_semantic: NDArray[np.uint8],
    triangle_part: NDArray[np.int32], part_instance: NDArray[np.int32], depth: NDArray[np.float32],
    semantic: NDArray[np.uint8], instance: NDArray[np.uint16],
) -> None:
    """Look up depth, class and instance of every pixel of a visibility buffer. Shapes (height, width)."""
    for row in range(nearest.shape[0]):
        for column in range(nearest.shape[1]):
            near = inverse_depth[row, column]
            depth[row, column] = np.float32(1.0) / near if near > np.float32(0.0) else np.float32(0.0)
        before, kind, number = np.int32(-1), np.uint8(_SKY), np.uint16(0)
        for column in range(nearest.shape[1]):
            t = nearest[row, column]
            if t != before:
                before, kind, number = t, np.uint8(_SKY), np.uint16(0)
                if t >= 0:
                    kind, number = triangle_semantic[t], np.uint16(part_instance[triangle_part[t]])
            semantic[row, column], instance[row, column] = kind, number
