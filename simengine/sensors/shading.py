"""The luminance of every pixel, worked out once for the surface that the visibility buffer shows there.

A row at a time: where the points are, what they are made of, what weather makes of them, what light falls on them, what
they send to the eye, and the air between by Koschmieder's law with the weather's extinction: L = L₀ T + A (1 − T).
Koschmieder is known to fail for very near and very large objects and for lamp-lit fog; lamp-lit air is added from
`simengine.sensors.air`.

Kernels that only kernels call are compiled without a wrapper for Python: taking a scene's arrays out of their tuples
takes longer to compile than most of them.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.air import scattered_light
from simengine.sensors.emission import add_emission
from simengine.sensors.illumination import Surroundings, light_by_day, light_by_lamps
from simengine.sensors.points import (
    DISTANCE,
    EYE_X,
    EYE_Y,
    EYE_Z,
    NUM_FIELDS,
    OUT_B,
    OUT_G,
    OUT_R,
    UNSEEN,
    Bodies,
    View,
    find_runs,
    locate_points,
)
from simengine.sensors.reflection import reflect_light
from simengine.sensors.sky import sample_sky
from simengine.sensors.surfaces import paint_surfaces
from simengine.sensors.weathering import weather_surfaces

SUN_SOLID_ANGLE = 6.8e-5  # [sr]
SUN_COSINE, SUN_RADIUS = 0.9999889, 0.0047  # of the sun's angular radius, 0.27°, and it [rad]
AIR_LAYER = 250.0  # height of the layer of fog or precipitation over the ground [m]
CLEAR_EXTINCTION = 1.5e-4  # of the clear air that the sky's map contains already [1/m]
SKY_DISTANCE = 1.0e4  # at which lamp-lit air before the sky ends [m]


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def sky_luminance(
    sky_map: NDArray[np.float32], sun: NDArray[np.float64], direction: NDArray[np.float64], ground: NDArray[np.float64],
    airlight: NDArray[np.float64], extinction: float, x: float, y: float, z: float,
) -> tuple[float, float, float]:
    """Return the luminance of the sky in a unit direction, with the sun's disc and the air before it.

    Args:
        sky_map: See `sky.SkyLight`.
        sun: [lx].
        direction: Towards the sun.
        ground: Luminance of the ground around [cd/m²].
        airlight: [cd/m²].
        extinction: [1/m].
        x: Direction of view, east.
        y: North.
        z: Up.
    """
    if z > 0.0:
        r, g, b = sample_sky(sky_map, x, y, z)
        if x * direction[0] + y * direction[1] + z * direction[2] > SUN_COSINE:
            r, g, b = r + sun[0] / SUN_SOLID_ANGLE, g + sun[1] / SUN_SOLID_ANGLE, b + sun[2] / SUN_SOLID_ANGLE
    else:
        r, g, b = ground[0], ground[1], ground[2]
    beyond = extinction - CLEAR_EXTINCTION
    if beyond <= 0.0:
        return r, g, b
    t = math.exp(-beyond * AIR_LAYER / max(z, 0.01))
    return (
        r * t + airlight[0] * (1.0 - t),
        g * t + airlight[1] * (1.0 - t),
        b * t + airlight[2] * (1.0 - t),
    )


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def draw_sky(
    sky_map: NDArray[np.float32], sun: NDArray[np.float64], direction: NDArray[np.float64], ground: NDArray[np.float64],
    airlight: NDArray[np.float64], extinction: float, first: int, last: int, step: int, pixel: float, row: int,
    px: NDArray[np.float64], out: NDArray[np.float32],
) -> None:
    """Write the pixels [first, last) of a row, which show the sky.

    Args:
        sky_map: See `sky_luminance`, as the next five.
        sun: [lx].
        direction: Towards the sun.
        ground: [cd/m²].
        airlight: [cd/m²].
        extinction: [1/m].
        first: First column.
        last: One past the last.
        step: Pixels from knot to knot; near the sun's disc every pixel is looked up.
        pixel: Angle of a pixel [rad].
        row: Of the image.
        px: See `points`.
        out: Luminance. Shape (height, width, 3).
    """
    reach = SUN_RADIUS + step * pixel
    near_sun = 1.0 - reach * reach  # the cosine of √2 times the angle
    for column in range(first, last, step):
        toward = px[EYE_X, column] * direction[0] + px[EYE_Y, column] * direction[1] + px[EYE_Z, column] * direction[2]
        if -toward > near_sun:
            step = 1
            break
    red, green, blue = 0.0, 0.0, 0.0
    at, to = first, first
    while to < last:
        after_r, after_g, after_b = sky_luminance(
            sky_map, sun, direction, ground, airlight, extinction, -px[EYE_X, to], -px[EYE_Y, to], -px[EYE_Z, to]
        )
        share = 1.0 / max(1, to - at)
        for column in range(at + 1, to):
            f = (column - at) * share
            out[row, column, 0] = red + f * (after_r - red)
            out[row, column, 1] = green + f * (after_g - green)
            out[row, column, 2] = blue + f * (after_b - blue)
        out[row, to, 0], out[row, to, 1], out[row, to, 2] = after_r, after_g, after_b
        at, red, green, blue = to, after_r, after_g, after_b
        to = min(to + step, last - 1) if to < last - 1 else last


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def look_through_air(
    around: Surroundings, step: int, pixel: float, nearest: NDArray[np.int32], row: int, run: NDArray[np.int32],
    num_runs: int, px: NDArray[np.float64], out: NDArray[np.float32],
) -> None:
    """Write a row of the image: surfaces and sky seen through the air between; `pixel` is its angle [rad]."""
    height, width = nearest.shape
    sky_map, sun, direction, ground = around.sky_map, around.sun, around.sun_direction, around.ground
    airlight, extinction, scatter = around.airlight, around.extinction, around.scatter
    air_r, air_g, air_b = airlight[0], airlight[1], airlight[2]
    lit_air = scatter.shape[0] > 0
    v = (row + 0.5) / height
    for n in range(num_runs):
        first, last = run[n], run[n + 1]
        surface = nearest[row, first] >= 0
        if surface:
            for column in range(first, last):
                out[row, column, 0] = px[OUT_R, column]
                out[row, column, 1] = px[OUT_G, column]
                out[row, column, 2] = px[OUT_B, column]
        elif nearest[row, first] == UNSEEN:
            for column in range(first, last):
                out[row, column, 0], out[row, column, 1], out[row, column, 2] = 0.0, 0.0, 0.0
            continue
        else:
            draw_sky(
                sky_map, sun, direction, ground, airlight, extinction, first, last, step, pixel, row, px, out
            )
            if not lit_air:
                continue
        through, red, green, blue = 1.0, 0.0, 0.0, 0.0
        at, to = first, first
        while to < last:
            distance = px[DISTANCE, to] if surface else SKY_DISTANCE
            after = math.exp(-extinction * distance) if surface else 1.0  # the sky's own light has its air already
            after_r, after_g, after_b = air_r * (1.0 - after), air_g * (1.0 - after), air_b * (1.0 - after)
            if lit_air:
                r, g, b = scattered_light(scatter, (to + 0.5) / width, v, distance)
                after_r, after_g, after_b = after_r + r, after_g + g, after_b + b
            share = 1.0 / max(1, to - at)
            for column in range(at + (1 if to > first else 0), to + 1):
                f = (column - at) * share if to > first else 1.0
                passed = through + f * (after - through)
                out[row, column, 0] = out[row, column, 0] * passed + (red + f * (after_r - red))
                out[row, column, 1] = out[row, column, 1] * passed + (green + f * (after_g - green))
                out[row, column, 2] = out[row, column, 2] * passed + (blue + f * (after_b - blue))
            at, through, red, green, blue = to, after, after_r, after_g, after_b
            to = min(to + step, last - 1) if to < last - 1 else last


@njit(cache=True, nogil=True, error_model="numpy")
def shade_rows(
    bodies: Bodies, around: Surroundings, view: View, table: NDArray[np.float64], lattice: NDArray[np.float32],
    wetness: float, snow_cover: float, ice: float, mirror: NDArray[np.float64], inverse_depth: NDArray[np.float32],
    nearest: NDArray[np.int32], step: int, row_first: int, row_last: int, out: NDArray[np.float32],
) -> None:
    """Work out the luminance of the rows [row_first, row_last) of an image.

    Args:
        bodies: Geometry.
        around: Light and air.
        view: Camera.
        table: See `surfaces.surface_table`.
        lattice: See `noise.lattice_table`.
        wetness: Of the ground, 0..1.
        snow_cover: Of the ground, 0..1.
        ice: Glazed fraction of the ground.
        mirror: `reflection.sum_columns` of the mirror image of half the resolution, or shape (0, 0, 3).
        inverse_depth: [1/m]. Shape (height, width).
        nearest: Triangle, −1 or `points.UNSEEN`. Shape (height, width).
        step: See `points.knot_step`.
        row_first: First row.
        row_last: One past the last.
        out: Linear sRGB luminance [cd/m²]. Shape (height, width, 3).
    """
    px = np.zeros((NUM_FIELDS, nearest.shape[1]))
    run = np.empty(nearest.shape[1] + 1, np.int32)
    pixel = 1.0 / view.fx
    weathered = wetness > 0.0 or snow_cover > 0.0 or ice > 0.0
    for row in range(row_first, row_last):
        runs = find_runs(nearest, row, run)
        locate_points(bodies, view, inverse_depth, nearest, row, run, runs, px)
        paint_surfaces(bodies, table, lattice, around.seed, nearest, row, run, runs, px)
        if weathered:
            weather_surfaces(bodies, lattice, wetness, snow_cover, ice, nearest, row, run, runs, px)
        light_by_day(bodies, around, step, pixel, nearest, row, run, runs, px)
        if around.light.shape[0] > 0:
            light_by_lamps(bodies, around, step, pixel, nearest, row, run, runs, px)
        reflect_light(around, lattice, mirror, view.fx, nearest, row, px)
        add_emission(bodies, around, lattice, nearest, row, run, runs, px)
        look_through_air(around, 2 * step, pixel, nearest, row, run, runs, px, out)
