"""What surfaces send to the eye: diffuse light, highlights of the sun, mirror images of sky and wet ground.

Diffuse surfaces are Lambert's, highlights Blinn's with the normalised lobe (n + 8) / 8π, Fresnel's factor is Schlick's
("An inexpensive BRDF model", 1994).
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.illumination import Surroundings, is_ground
from simengine.sensors.noise import smooth_step, value_noise
from simengine.sensors.points import (
    BLUE,
    DISTANCE,
    EXPONENT,
    EYE_X,
    EYE_Y,
    EYE_Z,
    FACING,
    FILM,
    GREEN,
    LUX_B,
    LUX_G,
    LUX_R,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    OPEN,
    OUT_B,
    OUT_G,
    OUT_R,
    RED,
    REFLECTANCE,
    SUNNY,
    TOWARD_SUN,
    UNSEEN,
    X,
    Y,
)
from simengine.sensors.sky import sample_sky

WATER_REFLECTANCE = 0.02  # head-on, refractive index 1.33
GLOSSY, MIRRORING = 25.0, 300.0  # exponents from which a surface mirrors its surroundings blurred, and sharply
WATER_EXPONENT = 340.0  # of the sun's glitter on a wet road


@njit(cache=True, error_model="numpy")
def leave_ground(
    nearest: NDArray[np.int32], semantic: NDArray[np.uint8], focal: float, mirrored: NDArray[np.int32]
) -> None:
    """Mark as UNSEEN what no ground of the picture can mirror: `mirror_sample` looks only so far around a pixel.

    Args:
        nearest: Of the picture: triangle, or less than 0. Shape (height, width).
        semantic: Of each triangle.
        focal: Of the picture [px].
        mirrored: Of the mirror image, changed in place. Shape (height / 2, width / 2), rounded up.
    """
    rows, columns = mirrored.shape
    # As far as `reflect_light` can be carried by ripples and roughness.
    up, across = int(7.0 + 0.032 * focal), int(2.0 + 0.004 * focal)
    first, last = np.empty(columns, np.int64), np.empty(columns, np.int64)
    for column in range(columns):
        first[column], last[column] = rows, -1
    for row in range(nearest.shape[0]):
        for column in range(nearest.shape[1]):
            t = nearest[row, column]
            if t >= 0 and is_ground(int(semantic[t])):
                first[column // 2] = min(first[column // 2], row // 2)
                last[column // 2] = max(last[column // 2], row // 2)
    for column in range(columns):
        low, high = rows, -1
        for near in range(max(0, column - across), min(columns, column + across + 1)):
            low, high = min(low, first[near]), max(high, last[near])
        for row in range(rows):
            if row < low - up or row > high + up:
                mirrored[row, column] = UNSEEN


@njit(cache=True, error_model="numpy")
def sum_columns(image: NDArray[np.float32], out: NDArray[np.float64]) -> None:
    """Write the sums of an image's columns down to each row: mirror images are smeared by differences of them.

    Args:
        image: Luminance. Shape (rows, columns, 3).
        out: Sum of the rows above. Shape (rows + 1, columns, 3).
    """
    for column in range(image.shape[1]):
        out[0, column, 0], out[0, column, 1], out[0, column, 2] = 0.0, 0.0, 0.0
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            for c in range(3):
                out[row + 1, column, c] = out[row, column, c] + image[row, column, c]


@njit(cache=True, error_model="numpy", inline="always")
def mirror_sample(
    mirror: NDArray[np.float64], column: float, row: float, spread: float
) -> tuple[float, float, float]:
    """Return the mirror image's luminance at a place, smeared along the column.

    Args:
        mirror: See `sum_columns`. Shape (rows + 1, columns, 3).
        column: [px of the mirror image].
        row: [px of the mirror image].
        spread: How far up and down it is smeared [px].
    """
    rows, columns = mirror.shape[0] - 1, mirror.shape[1]
    x = min(columns - 1.001, max(0.0, column - 0.5))
    i = int(x)
    u = x - i
    top, bottom = min(rows - 1.0, max(0.0, row - spread)), min(rows - 0.001, max(1.0, row + spread))
    j, k = int(top), int(bottom)
    share = 1.0 / (bottom - top)
    w_top, w_bottom = top - j, bottom - k
    b0, b1, t0, t1 = (1.0 - w_bottom) * share, w_bottom * share, (1.0 - w_top) * share, w_top * share
    left, right = 1.0 - u, u
    m = mirror
    return (
        left * (b0 * m[k, i, 0] + b1 * m[k + 1, i, 0] - t0 * m[j, i, 0] - t1 * m[j + 1, i, 0])
        + right * (b0 * m[k, i + 1, 0] + b1 * m[k + 1, i + 1, 0] - t0 * m[j, i + 1, 0] - t1 * m[j + 1, i + 1, 0]),
        left * (b0 * m[k, i, 1] + b1 * m[k + 1, i, 1] - t0 * m[j, i, 1] - t1 * m[j + 1, i, 1])
        + right * (b0 * m[k, i + 1, 1] + b1 * m[k + 1, i + 1, 1] - t0 * m[j, i + 1, 1] - t1 * m[j + 1, i + 1, 1]),
        left * (b0 * m[k, i, 2] + b1 * m[k + 1, i, 2] - t0 * m[j, i, 2] - t1 * m[j + 1, i, 2])
        + right * (b0 * m[k, i + 1, 2] + b1 * m[k + 1, i + 1, 2] - t0 * m[j, i + 1, 2] - t1 * m[j + 1, i + 1, 2]),
    )


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def reflected_light(
    sky_map: NDArray[np.float32], sky: NDArray[np.float64], ground: NDArray[np.float64], x: float, y: float, z: float,
    sharp: bool,
) -> tuple[float, float, float]:
    """Return the luminance from a unit direction for reflections: sky above, houses and ground below the horizon."""
    high = smooth_step(-0.02, 0.30, z)
    if high <= 0.0:
        return 0.7 * ground[0], 0.7 * ground[1], 0.7 * ground[2]
    if sharp:
        r, g, b = sample_sky(sky_map, x, y, z)
    else:
        r, g, b = sky[0] / math.pi, sky[1] / math.pi, sky[2] / math.pi
    low = 0.7 * (1.0 - high)
    return r * high + ground[0] * low, g * high + ground[1] * low, b * high + ground[2] * low


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def reflect_light(
    around: Surroundings, lattice: NDArray[np.float32], mirror: NDArray[np.float64], focal: float,
    nearest: NDArray[np.int32], row: int, px: NDArray[np.float64],
) -> None:
    """Turn a row's illuminance into luminance.

    Args:
        around: Light.
        lattice: See `noise.lattice_table`.
        mirror: `sum_columns` of the mirror image for films on the ground, of shape (0, 0, 3) if there is none.
        focal: Focal length [px].
        nearest: Triangle, −1 or UNSEEN. Shape (height, width).
        row: Of the image.
        px: See `points`.
    """
    sun, sky, ground, direction, sky_map = around.sun, around.sky, around.ground, around.sun_direction, around.sky_map
    mirrored = mirror.shape[0] > 0
    spread = 1.0 / math.pi  # Lambert's
    for column in range(nearest.shape[1]):
        if nearest[row, column] < 0:
            continue
        red = px[OUT_R, column] + px[RED, column] * px[LUX_R, column] * spread
        green = px[OUT_G, column] + px[GREEN, column] * px[LUX_G, column] * spread
        blue = px[OUT_B, column] + px[BLUE, column] * px[LUX_B, column] * spread
        facing, film = px[FACING, column], px[FILM, column]
        reflectance, exponent = px[REFLECTANCE, column], px[EXPONENT, column]
        sunny = px[SUNNY, column] * px[TOWARD_SUN, column]
        if facing > 0.0 and (film > 0.02 or (reflectance > 0.0 and (exponent > GLOSSY or sunny > 0.0))):
            vx, vy, vz = px[EYE_X, column], px[EYE_Y, column], px[EYE_Z, column]
            nx, ny, nz = px[NORMAL_X, column], px[NORMAL_Y, column], px[NORMAL_Z, column]
            grazing = 1.0 - facing
            schlick = grazing * grazing * grazing * grazing * grazing
            hx, hy, hz = direction[0] + vx, direction[1] + vy, direction[2] + vz
            half = max(1e-6, math.sqrt(hx * hx + hy * hy + hz * hz))
            fresnel = reflectance + (1.0 - reflectance) * schlick * min(1.0, exponent / 150.0)
            if reflectance > 0.0 and exponent > GLOSSY:
                mx, my, mz = 2.0 * facing * nx - vx, 2.0 * facing * ny - vy, 2.0 * facing * nz - vz
                sr, sg, sb = reflected_light(sky_map, sky, ground, mx, my, mz, exponent > MIRRORING)
                shown, keep = fresnel * px[OPEN, column], 1.0 - fresnel
                red, green, blue = red * keep + shown * sr, green * keep + shown * sg, blue * keep + shown * sb
            if reflectance > 0.0 and sunny > 0.0:
                peak = (nx * hx + ny * hy + nz * hz) / half
                if peak > 0.6:
                    lobe = sunny * fresnel * (exponent + 8.0) / (8.0 * math.pi) * peak**exponent
                    red, green, blue = red + lobe * sun[0], green + lobe * sun[1], blue + lobe * sun[2]
            if film > 0.02:
                wet = (WATER_REFLECTANCE + (1.0 - WATER_REFLECTANCE) * schlick) * film
                if mirrored:
                    rough = 1.0 - film
                    x, y = px[X, column], px[Y, column]
                    ripple = value_noise(lattice, 9.0 * x, 9.0 * y + 6.0 * around.time, 89) - 0.5
                    scale = min(1.0, 12.0 / px[DISTANCE, column]) * focal / 1000.0 * (0.6 + 2.0 * rough) * ripple
                    sr, sg, sb = mirror_sample(
                        mirror, 0.5 * (column + 0.5 + 5.0 * scale), 0.5 * (row + 0.5 + 9.0 * scale),
                        1.0 + 26.0 * rough * focal / 1000.0,
                    )
                else:
                    sr, sg, sb = reflected_light(sky_map, sky, ground, -vx, -vy, vz, True)
                keep = 1.0 - wet
                red, green, blue = red * keep + wet * sr, green * keep + wet * sg, blue * keep + wet * sb
                if sunny > 0.0 and hz > 0.9 * half:
                    lobe = sunny * wet * (WATER_EXPONENT + 8.0) / (8.0 * math.pi) * (hz / half) ** WATER_EXPONENT
                    red, green, blue = red + lobe * sun[0], green + lobe * sun[1], blue + lobe * sun[2]
        px[OUT_R, column], px[OUT_G, column], px[OUT_B, column] = red, green, blue
