"""Lamp-lit air: what fog, rain and snow scatter towards the camera out of the beams of lamps at night.

Single scattering, integrated along a coarse grid of view rays and stored at growing distances (Wronski, "Volumetric
fog", SIGGRAPH 2014 course); the air scatters all that it extinguishes, mostly forwards, here with the phase function of
Henyey and Greenstein, g = 0.7 (fog and rain droplets scatter strongly forwards; typical of visible light in fog).
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.base.float32_math import log2
from simengine.sensors.light.lamplight import reaches, share_of_lamp
from simengine.sensors.light.lamps import LightGrid
from simengine.sensors.light.light_cells import bound_pixels, list_items
from simengine.sensors.raster.pinhole import CameraView
from simengine.sensors.raster.pixel_planes import (
    EYE_X,
    EYE_Y,
    EYE_Z,
    NUM_VALUES,
    OUT_B,
    OUT_G,
    OUT_R,
    WORK,
    WORK_2,
    X,
    Y,
    Z,
)

_F = np.float32

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


@njit(cache=True, error_model="numpy", inline="always")
def phase(cosine: np.float32) -> np.float32:
    """Return the share of light scattered by an angle of that cosine [1/sr] (Henyey–Greenstein)."""
    spread = _F(1.0 + ASYMMETRY * ASYMMETRY) - _F(2.0 * ASYMMETRY) * cosine
    return _F((1.0 - ASYMMETRY * ASYMMETRY) / (4.0 * math.pi)) / (spread * math.sqrt(spread))


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _scatter_lamp(light: NDArray[np.void], n: int, weight: np.float32, px: NDArray[np.float32]) -> None:
    """Add what a row of places sends of a lamp's light towards the camera; `share_of_lamp` was called before."""
    at, intensity = light[n].position, light[n].intensity
    at_x, at_y, at_z = _F(at[0]), _F(at[1]), _F(at[2])
    red, green, blue = _F(intensity[0]), _F(intensity[1]), _F(intensity[2])
    for i in range(COLUMNS):
        inverse = px[WORK_2 + i]
        dx, dy, dz = at_x - px[X + i], at_y - px[Y + i], at_z - px[Z + i]
        # A lamp between the grid's points must not stand out by the point nearest to it.
        share = weight * px[WORK + i] / (_F(1.0) + _F(GRAIN * GRAIN) * inverse * inverse)
        # Light travels away from the lamp; towards the camera it travels along the direction to the eye.
        share *= phase(-(dx * px[EYE_X + i] + dy * px[EYE_Y + i] + dz * px[EYE_Z + i]) * inverse)
        px[OUT_R + i] += share * red
        px[OUT_G + i] += share * green
        px[OUT_B + i] += share * blue


@njit(cache=True, error_model="numpy")
def fill_scatter(grid: LightGrid, view: CameraView, extinction: float, out: NDArray[np.float32]) -> None:
    """Integrate the light scattered along a grid of view rays.

    Args:
        grid: The lamps.
        view: Camera.
        extinction: Of the air [1/m].
        out: Luminance gathered up to each slice. Shape (SLICES, ROWS, COLUMNS, 3) [cd/m²].
    """
    light, own_lamps, cell_light, corner = grid.light, grid.own_lamps, grid.cell_light, grid.corner
    eye, w, camera = view.eye, view.world_from_camera, view.camera
    at_slice, weight_of_slice, before = np.empty(SLICES), np.empty(SLICES), 0.3
    for k in range(SLICES):
        after = slice_distance(k)
        at_slice[k] = 0.5 * (before + after)
        weight_of_slice[k] = extinction * math.exp(-extinction * at_slice[k]) * (after - before)
        before = after
    px, box, found = np.zeros(NUM_VALUES, np.float32), np.empty(6, np.float32), np.empty(light.shape[0], np.int32)
    for row in range(ROWS):
        oy = (camera.height * (row + 0.5) / ROWS - camera.cy) / camera.fy
        for i in range(COLUMNS):
            ox = (camera.width * (i + 0.5) / COLUMNS - camera.cx) / camera.fx
            x = w[0, 0] * ox + w[0, 1] * oy + w[0, 2]
            y = w[1, 0] * ox + w[1, 1] * oy + w[1, 2]
            z = w[2, 0] * ox + w[2, 1] * oy + w[2, 2]
            length = math.sqrt(x * x + y * y + z * z)
            px[EYE_X + i], px[EYE_Y + i], px[EYE_Z + i] = -x / length, -y / length, -z / length
            px[OUT_R + i], px[OUT_G + i], px[OUT_B + i] = _F(0.0), _F(0.0), _F(0.0)
        for k in range(SLICES):
            eye_x, eye_y, eye_z, at = _F(eye[0]), _F(eye[1]), _F(eye[2]), _F(at_slice[k])
            for i in range(COLUMNS):
                px[X + i], px[Y + i] = eye_x - at * px[EYE_X + i], eye_y - at * px[EYE_Y + i]
                px[Z + i] = eye_z - at * px[EYE_Z + i]
            bound_pixels(COLUMNS, px, box)
            for n in range(-1, list_items(cell_light, corner, 1, COLUMNS, px, found)):
                lamp = own_lamps if n < 0 else found[n]
                if lamp >= 0 and reaches(light, lamp, box):
                    share_of_lamp(light, lamp, extinction, COLUMNS, px)
                    _scatter_lamp(light, lamp, _F(weight_of_slice[k]), px)
            for i in range(COLUMNS):
                out[k, row, i, 0], out[k, row, i, 1] = px[OUT_R + i], px[OUT_G + i]
                out[k, row, i, 2] = px[OUT_B + i]


def find_scatter(grid: LightGrid, view: CameraView, extinction: float) -> NDArray[np.float32]:
    """Return the light scattered towards a camera; shape (0, ROWS, COLUMNS, 3) where lamps light no air.

    Args:
        grid: The lamps.
        view: Camera.
        extinction: Of the air [1/m].
    """
    if len(grid.light) == 0 or extinction <= LAMP_LIT_EXTINCTION:
        return np.zeros((0, ROWS, COLUMNS, 3), np.float32)
    scatter = np.empty((SLICES, ROWS, COLUMNS, 3), np.float32)
    fill_scatter(grid, view, extinction, scatter)
    return scatter


@njit(cache=True, error_model="numpy", inline="always")
def scattered_light(scatter: NDArray[np.float32], u: float, v: float, distance: float) -> tuple[float, float, float]:
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
        a * t[k, j, i, 0]
        + b * t[k, j, m, 0]
        + c * t[k, o, i, 0]
        + d * t[k, o, m, 0]
        + e * t[n, j, i, 0]
        + f * t[n, j, m, 0]
        + g * t[n, o, i, 0]
        + h * t[n, o, m, 0],
        a * t[k, j, i, 1]
        + b * t[k, j, m, 1]
        + c * t[k, o, i, 1]
        + d * t[k, o, m, 1]
        + e * t[n, j, i, 1]
        + f * t[n, j, m, 1]
        + g * t[n, o, i, 1]
        + h * t[n, o, m, 1],
        a * t[k, j, i, 2]
        + b * t[k, j, m, 2]
        + c * t[k, o, i, 2]
        + d * t[k, o, m, 2]
        + e * t[n, j, i, 2]
        + f * t[n, j, m, 2]
        + g * t[n, o, i, 2]
        + h * t[n, o, m, 2],
    )
