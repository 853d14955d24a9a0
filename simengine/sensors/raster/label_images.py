"""Depth, class and instance of every pixel of a visibility buffer."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.semantics import Semantic
from simengine.sensors.base.thread_pool import WIDE_ROWS, share_rows
from simengine.sensors.raster.visibility_buffer import Visibility

_INSTANCE = np.uint32(8)  # bits of a label before those of the instance


class Masks(NamedTuple):
    """What is seen at every pixel."""

    depth: NDArray[np.float32]  # along the optical axis [m], 0 where only sky is. (height, width)
    semantic: NDArray[np.uint8]  # (height, width)
    instance: NDArray[np.uint16]  # 0 for what has none. (height, width)


def label_table(
    semantic: NDArray[np.uint8], part: NDArray[np.int32], part_instance: NDArray[np.int32]
) -> NDArray[np.uint32]:
    """Return class and instance of nothing and of every triangle, packed. Shape (1 + num_triangles,).

    Args:
        semantic: Of each triangle. Shape (num_triangles,).
        part: Of each triangle. Shape (num_triangles,).
        part_instance: Shape (num_parts,).
    """
    label = np.full(len(semantic) + 1, int(Semantic.SKY), np.uint32)
    label[1:] = part_instance.astype(np.uint16)[part]
    label[1:] <<= _INSTANCE
    label[1:] |= semantic
    return label


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def fill_masks(
    inverse_depth: NDArray[np.float32],
    nearest: NDArray[np.int32],
    label: NDArray[np.uint32],
    first: int,
    last: int,
    work: NDArray[np.uint32],
    depth: NDArray[np.float32],
    semantic: NDArray[np.uint8],
    instance: NDArray[np.uint16],
) -> None:
    """Look up depth, class and instance of the rows [first, last) of a visibility buffer.

    Loops of one width each become loops of vectors: 0.9 instead of 1.5 ns a pixel.

    Args:
        inverse_depth: [1/m]. Shape (height, width), as all images.
        nearest: Triangle, −1 for sky.
        label: See `label_table`.
        first: First row.
        last: One past the last.
        work: Shape (width,).
        depth: Filled, as the rest [m].
        semantic: Filled.
        instance: Filled.
    """
    width = nearest.shape[1]
    for row in range(first, last):
        near, line, far = inverse_depth[row], nearest[row], depth[row]
        kind, number = semantic[row], instance[row]
        for k in range(width):
            far[k] = np.float32(1.0) / near[k] if near[k] > np.float32(0.0) else np.float32(0.0)
        for k in range(width):
            work[k] = label[np.int64(line[k]) + 1]
        for k in range(width):
            kind[k] = np.uint8(work[k])
        for k in range(width):
            number[k] = np.uint16(work[k] >> _INSTANCE)


def read_masks(visibility: Visibility, label: NDArray[np.uint32], num_threads: int, out: Masks) -> None:
    """Write depth, class and instance of what is seen.

    Args:
        visibility: What is seen.
        label: See `label_table`.
        num_threads: That work at the same time.
        out: Filled.
    """
    height, width = visibility.triangle.shape

    def fill(first: int, last: int) -> None:
        fill_masks(*visibility, label, first, last, np.empty(width, np.uint32), *out)

    share_rows(fill, height, num_threads, WIDE_ROWS)


def empty_masks(height: int, width: int) -> Masks:
    """Return masks to be filled, of an image's size [px]."""
    size = (height, width)
    return Masks(np.empty(size, np.float32), np.empty(size, np.uint8), np.empty(size, np.uint16))
