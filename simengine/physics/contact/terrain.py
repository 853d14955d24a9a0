"""Tiles of the ground as triangle meshes, for what lies or tumbles on it; wheels and feet use the analytic ground.

A tile is sampled where something needs it, on the storey that something is on: sampling starts at its own height and
takes each sample's height as the hint for the next, so a bridge and what is under it do not mix.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import ground_at

TILE_SIZE = 16.0  # [m]
SAMPLES = 33  # along each edge: one every 0.5 m, so a curb is a ramp of that width; 6144 indices a tile
STOREY = 2.5  # heights nearer than this belong to the same tile [m]


@njit(cache=True, _nrt=False)
def sample_tile(
    lanes: LaneArrays, x: float, y: float, start_x: float, start_y: float, start_z: float, out: NDArray[np.float64]
) -> None:
    """Write the ground's height [m] at the samples of a tile.

    Args:
        lanes: The ground.
        x: Lower left corner of the tile [m].
        y: Lower left corner of the tile [m].
        start_x: A place in the tile whose storey is known [m].
        start_y: The same [m].
        start_z: A height near the ground there [m].
        out: Heights, by row (y) and column (x). Shape (SAMPLES, SAMPLES).
    """
    pitch = TILE_SIZE / (SAMPLES - 1)
    column = min(SAMPLES - 1, max(0, int((start_x - x) / pitch)))
    row = min(SAMPLES - 1, max(0, int((start_y - y) / pitch)))
    out[row, column] = ground_at(lanes, x + column * pitch, y + row * pitch, start_z)[0]
    for c in range(column + 1, SAMPLES):
        out[row, c] = ground_at(lanes, x + c * pitch, y + row * pitch, out[row, c - 1])[0]
    for c in range(column - 1, -1, -1):
        out[row, c] = ground_at(lanes, x + c * pitch, y + row * pitch, out[row, c + 1])[0]
    for c in range(SAMPLES):
        for r in range(row + 1, SAMPLES):
            out[r, c] = ground_at(lanes, x + c * pitch, y + r * pitch, out[r - 1, c])[0]
        for r in range(row - 1, -1, -1):
            out[r, c] = ground_at(lanes, x + c * pitch, y + r * pitch, out[r + 1, c])[0]


def tile_mesh(heights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return vertices about the tile's lower left corner [m] and triangle indices, counter-clockwise from above."""
    pitch = TILE_SIZE / (SAMPLES - 1)
    row, column = np.mgrid[0:SAMPLES, 0:SAMPLES]
    vertices = np.stack([column * pitch, row * pitch, heights], axis=-1).reshape(-1, 3)
    corner = (row * SAMPLES + column)[:-1, :-1].ravel()
    right, above = corner + 1, corner + SAMPLES
    indices = np.stack([corner, right, above + 1, corner, above + 1, above], axis=-1).ravel()
    return vertices, indices


def tiles_around(x: float, y: float, radius: float) -> list[tuple[int, int]]:
    """Return column and row of every tile that a disc touches [m]."""
    low_x, high_x = math.floor((x - radius) / TILE_SIZE), math.floor((x + radius) / TILE_SIZE)
    low_y, high_y = math.floor((y - radius) / TILE_SIZE), math.floor((y + radius) / TILE_SIZE)
    return [(i, j) for j in range(low_y, high_y + 1) for i in range(low_x, high_x + 1)]
