"""What a grid of cells lists along a stretch of pixels: the lamps or actors that may matter to some of them."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.light.lamps import CELL_SIZE
from simengine.sensors.raster.pixel_planes import X, Y, Z

STRETCH = 64  # pixels at most that share a list
CELL_STRIDE = 4  # pixels from one look into the grid to the next


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def bound_pixels(count: int, px: NDArray[np.float32], box: NDArray[np.float32]) -> None:
    """Write the box around the places of a stretch of pixels: west, east, south, north, bottom, top [m]."""
    for k, field in enumerate((X, Y, Z)):
        low = high = px[field]
        for i in range(1, count):
            low, high = min(low, px[field + i]), max(high, px[field + i])
        box[2 * k], box[2 * k + 1] = low, high


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def list_items(
    cells: NDArray[np.int32],
    corner: NDArray[np.float64],
    stride: int,
    count: int,
    px: NDArray[np.float32],
    found: NDArray[np.int32],
) -> int:
    """List the items of the cells along a stretch of pixels, each once, and return their number.

    Args:
        cells: Items, −1 past the last. Shape (rows, columns, most); see `lamps.LightGrid`.
        corner: Of the grid [m]. Shape (2,).
        stride: Pixels from one look into the grid to the next; the last is looked at too.
        count: Pixels of the stretch.
        px: See `pixel_planes`; from the stretch's first pixel on.
        found: The items. Room for every one that there is.
    """
    total, last_row, last_column = 0, -1, -1
    i = 0
    while i < count:
        row = int(math.floor((px[Y + i] - corner[1]) / CELL_SIZE))
        column = int(math.floor((px[X + i] - corner[0]) / CELL_SIZE))
        i = min(i + stride, count - 1) if i < count - 1 else count
        if row == last_row and column == last_column:
            continue
        last_row, last_column = row, column
        if row < 0 or column < 0 or row >= cells.shape[0] or column >= cells.shape[1]:
            continue
        for k in range(cells.shape[2]):
            item = cells[row, column, k]
            if item < 0:
                break
            known = False
            for n in range(total):
                known = known or found[n] == item
            if not known:
                found[total] = item
                total += 1
    return total
