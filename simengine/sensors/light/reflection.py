"""What surfaces send to the eye: diffuse light, highlights of the sun, mirror images of sky and wet ground.

Diffuse surfaces are Lambert's, highlights Blinn's with the normalized lobe (n + 8) / 8π, Fresnel's factor is Schlick's
("An inexpensive BRDF model", 1994).
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.base.float32_math import power
from simengine.sensors.base.noise import smooth_ramp, smooth_step, value_noise
from simengine.sensors.light.illumination import Illumination, is_ground
from simengine.sensors.light.sky import blend_texels, sample_sky
from simengine.sensors.raster.pinhole import CameraView, halve
from simengine.sensors.raster.pixel_planes import (
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
    WORK,
    WORK_2,
    WORK_3,
    PixelBlock,
    SceneGeometry,
    X,
    Y,
)

WATER_REFLECTANCE = 0.02  # head-on, refractive index 1.33
GLOSSY, MIRRORING = 25.0, 300.0  # exponents from which a surface mirrors its surroundings blurred, and sharply
WATER_EXPONENT = 340.0  # of the sun's glitter on a wet road
_F = np.float32
_LEAST_FILM = _F(0.02)  # thinner films show nothing


def mirror_view(view: CameraView, foot: NDArray[np.float64], up: NDArray[np.float64]) -> CameraView:
    """Return a camera's view from behind a mirror, at half the resolution.

    Args:
        view: Camera.
        foot: A point of the mirror's plane [m]. Shape (3,).
        up: Its unit normal. Shape (3,).
    """
    height = float(((view.eye - foot) * up).sum())
    axes = np.empty((3, 3))
    for k in range(3):
        axes[:, k] = view.world_from_camera[:, k] - 2.0 * float((view.world_from_camera[:, k] * up).sum()) * up
    return CameraView(view.eye - 2.0 * height * up, axes, halve(view.camera))


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
def mirror_sample(mirror: NDArray[np.float64], column: float, row: float, spread: float) -> tuple[float, float, float]:
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
    sky_map: NDArray[np.float32], ground: NDArray[np.float64], x: float, y: float, z: float
) -> tuple[float, float, float]:
    """Return the luminance from a unit direction for films of water: sky above, houses and ground below the horizon."""
    high = smooth_step(-0.02, 0.30, z)
    r, g, b = sample_sky(sky_map, x, y, z)
    low = 0.7 * (1.0 - high)
    return r * high + ground[0] * low, g * high + ground[1] * low, b * high + ground[2] * low


@njit(cache=True, error_model="numpy", inline="always")
def schlick(facing: np.float32) -> np.float32:
    """Return Schlick's weight of grazing light, (1 − cos θ)⁵."""
    grazing = _F(1.0) - facing
    square = grazing * grazing
    return square * square * grazing


@njit(cache=True, error_model="numpy", inline="always")
def fresnel(reflectance: np.float32, exponent: np.float32, facing: np.float32) -> np.float32:
    """Return the share of light that a surface mirrors; rough ones mirror less at grazing angles."""
    return reflectance + (_F(1.0) - reflectance) * schlick(facing) * min(_F(1.0), exponent * _F(1.0 / 150.0))


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def mirror_surroundings(
    sky_map: NDArray[np.float32],
    sky: NDArray[np.float64],
    ground: NDArray[np.float64],
    sharp: bool,
    count: int,
    px: NDArray[np.float32],
) -> None:
    """Mix what a run of glossy pixels mirrors of sky and ground into its luminance.

    Args:
        sky_map: See `sky.SkyLight`.
        sky: [lx].
        ground: [cd/m²].
        sharp: The sky is mirrored as it is, else evenly blurred.
        count: Pixels of the run.
        px: See `pixel_planes`; from the run's first pixel on.
    """
    zero, one = _F(0.0), _F(1.0)
    sky_r, sky_g, sky_b = _F(sky[0] / math.pi), _F(sky[1] / math.pi), _F(sky[2] / math.pi)
    ground_r, ground_g, ground_b = _F(0.7 * ground[0]), _F(0.7 * ground[1]), _F(0.7 * ground[2])
    size = sky_map.shape[0]
    half, last = _F(0.5 * size), _F(size - 1.001)
    for i in range(count):  # where the sky's map is seen, and how much of it before the ground
        vx, vy, vz = px[EYE_X + i], px[EYE_Y + i], px[EYE_Z + i]
        double = _F(2.0) * px[FACING + i]
        x, y, z = double * px[NORMAL_X + i] - vx, double * px[NORMAL_Y + i] - vy, double * px[NORMAL_Z + i] - vz
        norm = half / (abs(x) + abs(y) + max(z, zero))
        px[WORK + i] = min(last, max(zero, (x + y) * norm + half - _F(0.5)))
        px[WORK_2 + i] = min(last, max(zero, (x - y) * norm + half - _F(0.5)))
        px[WORK_3 + i] = smooth_ramp(_F(-0.02), _F(0.30), z)
    for i in range(count):
        facing, reflectance, exponent, high = px[FACING + i], px[REFLECTANCE + i], px[EXPONENT + i], px[WORK_3 + i]
        if not (exponent > GLOSSY and reflectance > zero and facing > zero):
            continue
        r, g, b = sky_r, sky_g, sky_b
        if sharp:
            u, v = px[WORK + i], px[WORK_2 + i]
            column, row = np.uint32(u), np.uint32(v)
            light = blend_texels(sky_map, row, column, float(v) - row, float(u) - column)
            r, g, b = _F(light[0]), _F(light[1]), _F(light[2])
        share, low = fresnel(reflectance, exponent, facing), one - high
        shown, keep = share * px[OPEN + i], one - share
        px[OUT_R + i] = px[OUT_R + i] * keep + shown * (r * high + ground_r * low)
        px[OUT_G + i] = px[OUT_G + i] * keep + shown * (g * high + ground_g * low)
        px[OUT_B + i] = px[OUT_B + i] * keep + shown * (b * high + ground_b * low)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def add_sun_highlights(
    sun: NDArray[np.float64], direction: NDArray[np.float64], count: int, px: NDArray[np.float32]
) -> None:
    """Add the sun's highlights to a run's luminance; `sun` in lx, `direction` towards it."""
    sun_x, sun_y, sun_z = _F(direction[0]), _F(direction[1]), _F(direction[2])
    sun_r, sun_g, sun_b = _F(sun[0]), _F(sun[1]), _F(sun[2])
    zero, per_lobe = _F(0.0), _F(1.0 / (8.0 * math.pi))
    for i in range(count):
        reflectance, exponent, facing = px[REFLECTANCE + i], px[EXPONENT + i], px[FACING + i]
        hx, hy, hz = sun_x + px[EYE_X + i], sun_y + px[EYE_Y + i], sun_z + px[EYE_Z + i]
        half = max(_F(1e-6), math.sqrt(hx * hx + hy * hy + hz * hz))
        peak = (px[NORMAL_X + i] * hx + px[NORMAL_Y + i] * hy + px[NORMAL_Z + i] * hz) / half
        sunny = px[SUNNY + i] * px[TOWARD_SUN + i]
        lobe = sunny * fresnel(reflectance, exponent, facing) * (exponent + _F(8.0)) * per_lobe * power(peak, exponent)
        lobe = lobe if reflectance > zero and facing > zero and peak > _F(0.6) else zero
        px[OUT_R + i] += lobe * sun_r
        px[OUT_G + i] += lobe * sun_g
        px[OUT_B + i] += lobe * sun_b


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def mirror_in_films(
    around: Illumination, mirror: NDArray[np.float64], focal: float, block: PixelBlock, px: NDArray[np.float32]
) -> None:
    """Mix what films of water and ice mirror into a block's luminance; see `reflect_light`."""
    tri, row, first, count = block.triangle, block.row, block.column, block.run[block.num_runs]
    one, time, scale = _F(1.0), _F(6.0 * around.time), _F(focal / 1000.0)
    for i in range(count):  # where in the mirror image, and how far smeared
        rough = one - px[FILM + i]
        ripple = value_noise(_F(9.0) * px[X + i], _F(9.0) * px[Y + i] + time, 89) - _F(0.5)
        shift = min(one, _F(12.0) / px[DISTANCE + i]) * scale * (_F(0.6) + _F(2.0) * rough) * ripple
        px[WORK + i] = _F(2.5) * shift
        px[WORK_2 + i] = _F(4.5) * shift
        px[WORK_3 + i] = one + _F(26.0) * rough * scale
    sky_map, ground, mirrored = around.sky_map, around.ground, mirror.shape[0] > 0
    sun_x, sun_y, sun_z = around.sun_direction[0], around.sun_direction[1], around.sun_direction[2]
    for i in range(count):
        film, facing = px[FILM + i], px[FACING + i]
        if not (film > _LEAST_FILM and facing > 0.0) or tri[i] < 0:
            continue
        vx, vy, vz = float(px[EYE_X + i]), float(px[EYE_Y + i]), float(px[EYE_Z + i])
        if mirrored:
            r, g, b = mirror_sample(
                mirror, 0.5 * (first + i + 0.5) + px[WORK + i], 0.5 * (row + 0.5) + px[WORK_2 + i], px[WORK_3 + i]
            )
        else:
            r, g, b = reflected_light(sky_map, ground, -vx, -vy, vz)
        grazing = schlick(facing)
        wet = (WATER_REFLECTANCE + (1.0 - WATER_REFLECTANCE) * grazing) * film
        sunny, lobe = px[SUNNY + i] * px[TOWARD_SUN + i], 0.0
        if sunny > 0.0:
            hx, hy, hz = sun_x + vx, sun_y + vy, sun_z + vz
            upward = hz / max(1e-6, math.sqrt(hx * hx + hy * hy + hz * hz))
            if upward > 0.9:
                glitter = float(power(_F(upward), _F(WATER_EXPONENT)))
                lobe = sunny * wet * (WATER_EXPONENT + 8.0) / (8.0 * math.pi) * glitter
        keep = 1.0 - wet
        px[OUT_R + i] = px[OUT_R + i] * keep + wet * r + lobe * around.sun[0]
        px[OUT_G + i] = px[OUT_G + i] * keep + wet * g + lobe * around.sun[1]
        px[OUT_B + i] = px[OUT_B + i] * keep + wet * b + lobe * around.sun[2]


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def reflect_light(
    bodies: SceneGeometry,
    around: Illumination,
    table: NDArray[np.void],
    films: bool,
    mirror: NDArray[np.float64],
    focal: float,
    block: PixelBlock,
    px: NDArray[np.float32],
) -> None:
    """Turn a block's illuminance into luminance.

    Args:
        bodies: Geometry.
        around: Light.
        table: See `surfaces.surface_table`. Shape (num_materials,).
        films: The weather lays films on the ground.
        mirror: `sum_columns` of the mirror image for films on the ground, of shape (0, 0, 3) if there is none.
        focal: Focal length [px].
        block: What its pixels show.
        px: See `pixel_planes`.
    """
    tri, run, num_runs = block.triangle, block.run, block.num_runs
    count, spread = run[num_runs], _F(1.0 / math.pi)  # Lambert's
    sky_map, sky, ground, sun, direction = around.sky_map, around.sky, around.ground, around.sun, around.sun_direction
    materials = bodies.material
    for i in range(count):
        px[OUT_R + i] += px[RED + i] * px[LUX_R + i] * spread
        px[OUT_G + i] += px[GREEN + i] * px[LUX_G + i] * spread
        px[OUT_B + i] += px[BLUE + i] * px[LUX_B + i] * spread
    for n in range(num_runs):
        t = tri[run[n]]
        if t < 0:
            continue
        material, length, here = materials[t], run[n + 1] - run[n], px[run[n] :]
        if table[material].reflectance > 0.0:
            if table[material].exponent > GLOSSY:
                mirror_surroundings(sky_map, sky, ground, table[material].exponent > MIRRORING, length, here)
            if sun[1] > 0.0:
                add_sun_highlights(sun, direction, length, here)
    if films:
        mirror_in_films(around, mirror, focal, block, px)
