"""Lamp-lit air: what fog, rain and snow scatter towards the camera out of the beams of lamps at night.

Single scattering, integrated along a coarse grid of view rays and stored at growing distances (Wronski, "Volumetric
fog", SIGGRAPH 2014 course); the air scatters all that it extinguishes, mostly forwards, here with the phase function of
Henyey and Greenstein, g = 0.7 (fog and rain droplets scatter strongly forwards; typical of visible light in fog).
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.elementary import log2
from simengine.sensors.lamps import CELL_SIZE, light_at

ROWS, COLUMNS, SLICES = 36, 64, 24
FIRST, LAST = 1.0, 90.0  # distances of the first and the last slice [m]
ASYMMETRY = 0.7
GRAIN = 2.5  # size of the grid's cells where lamps usually are [m]
_SLICES_PER_OCTAVE = (SLICES - 1.0) / math.log2(LAST / FIRST)
LAMP_LIT_EXTINCTION = 1.0e-3  # thinner air shows no beams [1/m]


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def slice_distance(k: int) -> float:
    """Return the distance at which slice `k` ends [m]."""
    return FIRST * (LAST / FIRST) ** (k / (SLICES - 1.0))


@njit(cache=True, error_model="numpy")
def phase(cosine: float) -> float:
    """Return the share of light scattered by an angle of that cosine [1/sr] (Henyey–Greenstein)."""
    g = ASYMMETRY
    spread = 1.0 + g * g - 2.0 * g * cosine
    return (1.0 - g * g) / (4.0 * math.pi * spread * math.sqrt(spread))


@njit(cache=True, error_model="numpy")
def fill_scatter(
    light: NDArray[np.float64], own_lamps: int, cell_light: NDArray[np.int32], corner: NDArray[np.float64],
    eye: NDArray[np.float64], world_from_camera: NDArray[np.float64], width: float, height: float, fx: float, fy: float,
    cx: float, cy: float, extinction: float, out: NDArray[np.float32],
) -> None:
    """Integrate the light scattered along a grid of view rays.

    Args:
        light: See `lamps.LightGrid`.
        own_lamps: Row of the ego's head lamps, or −1.
        cell_light: See `lamps.LightGrid`.
        corner: See `lamps.LightGrid`.
        eye: The camera's place [m]. Shape (3,).
        world_from_camera: Optical axes into the world. Shape (3, 3).
        width: Of the image [px].
        height: Of the image [px].
        fx: [px].
        fy: [px].
        cx: [px].
        cy: [px].
        extinction: Of the air [1/m].
        out: Luminance gathered up to each slice. Shape (SLICES, ROWS, COLUMNS, 3) [cd/m²].
    """
    w = world_from_camera
    at_slice, weight_of_slice, before = np.empty(SLICES), np.empty(SLICES), 0.3
    for k in range(SLICES):
        after = slice_distance(k)
        at_slice[k] = 0.5 * (before + after)
        weight_of_slice[k] = extinction * math.exp(-extinction * at_slice[k]) * (after - before)
        before = after
    for row in range(ROWS):
        oy = (height * (row + 0.5) / ROWS - cy) / fy
        for column in range(COLUMNS):
            ox = (width * (column + 0.5) / COLUMNS - cx) / fx
            x = w[0, 0] * ox + w[0, 1] * oy + w[0, 2]
            y = w[1, 0] * ox + w[1, 1] * oy + w[1, 2]
            z = w[2, 0] * ox + w[2, 1] * oy + w[2, 2]
            length = math.sqrt(x * x + y * y + z * z)
            x, y, z = x / length, y / length, z / length
            r, g, b = 0.0, 0.0, 0.0
            for k in range(SLICES):
                at, weight = at_slice[k], weight_of_slice[k]
                px, py, pz = eye[0] + at * x, eye[1] + at * y, eye[2] + at * z
                cell_column = int(math.floor((px - corner[0]) / CELL_SIZE))
                cell_row = int(math.floor((py - corner[1]) / CELL_SIZE))
                inside = 0 <= cell_column < cell_light.shape[1] and 0 <= cell_row < cell_light.shape[0]
                for n in range(-1, cell_light.shape[2]):
                    if n < 0:
                        item = own_lamps
                        if item < 0:
                            continue
                    else:
                        item = cell_light[cell_row, cell_column, n] if inside else -1
                        if item < 0:
                            break
                    share, tx, ty, tz = light_at(light, item, px, py, pz)
                    if share <= 0.0:
                        continue
                    dx, dy, dz = light[item, 0] - px, light[item, 1] - py, light[item, 2] - pz
                    square = dx * dx + dy * dy + dz * dz
                    # A lamp between the grid's points must not stand out by the point nearest to it.
                    share *= math.exp(-extinction * math.sqrt(square)) * square / (square + GRAIN * GRAIN)
                    # Light travels along −t; towards the camera it travels along −view.
                    share *= weight * phase(tx * x + ty * y + tz * z)
                    r += share * light[item, 9]
                    g += share * light[item, 10]
                    b += share * light[item, 11]
                out[k, row, column, 0], out[k, row, column, 1], out[k, row, column, 2] = r, g, b


@njit(cache=True, error_model="numpy", inline="always")
def scattered_light(
    scatter: NDArray[np.float32], u: float, v: float, distance: float
) -> tuple[float, float, float]:
    """Return the luminance that the air before a point adds, between the entries of the grid.

    Args:
        scatter: See `fill_scatter`.
        u: Place across the image, 0..1.
        v: Place down the image, 0..1.
        distance: To the point [m].
    """
    s = float(log2(np.float32(max(distance, FIRST) / FIRST))) * _SLICES_PER_OCTAVE
    s = min(SLICES - 1.001, s)
    k = int(s)
    cx, cy = min(COLUMNS - 1.001, max(0.0, u * COLUMNS - 0.5)), min(ROWS - 1.001, max(0.0, v * ROWS - 0.5))
    i, j = int(cx), int(cy)
    fs, fx, fy = s - k, cx - i, cy - j
    near, far = np.float32(1.0 - fs), np.float32(fs)
    w00, w01 = np.float32((1.0 - fy) * (1.0 - fx)), np.float32((1.0 - fy) * fx)
    w10, w11 = np.float32(fy * (1.0 - fx)), np.float32(fy * fx)
    a, b, c, d = near * w00, near * w01, near * w10, near * w11
    e, f, g, h = far * w00, far * w01, far * w10, far * w11
    t, n, o, m = scatter, k + 1, j + 1, i + 1
    return (
        a * t[k, j, i, 0] + b * t[k, j, m, 0] + c * t[k, o, i, 0] + d * t[k, o, m, 0]
        + e * t[n, j, i, 0] + f * t[n, j, m, 0] + g * t[n, o, i, 0] + h * t[n, o, m, 0],
        a * t[k, j, i, 1] + b * t[k, j, m, 1] + c * t[k, o, i, 1] + d * t[k, o, m, 1]
        + e * t[n, j, i, 1] + f * t[n, j, m, 1] + g * t[n, o, i, 1] + h * t[n, o, m, 1],
        a * t[k, j, i, 2] + b * t[k, j, m, 2] + c * t[k, o, i, 2] + d * t[k, o, m, 2]
        + e * t[n, j, i, 2] + f * t[n, j, m, 2] + g * t[n, o, i, 2] + h * t[n, o, m, 2],
    )
