"""The luminance of every pixel, worked out once for the surface that the visibility buffer shows there.

A row at a time: where the points are, what they are made of, what weather makes of them, what light falls on them, what
they send to the eye, and the air between by Koschmieder's law with the weather's extinction: L = L₀ T + A (1 − T).
Koschmieder is known to fail for very near and very large objects and for lamp-lit fog; lamp-lit air is added from
`simengine.sensors.air`.
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
    Bodies,
    View,
    locate_points,
)
from simengine.sensors.reflection import reflect_light
from simengine.sensors.sky import sample_sky
from simengine.sensors.surfaces import paint_surfaces
from simengine.sensors.weathering import weather_surfaces

SUN_SOLID_ANGLE = 6.8e-5  # [sr]
SUN_COSINE = 0.9999889  # of the sun's angular radius, 0.27°
AIR_LAYER = 250.0  # height of the layer of fog or precipitation over the ground [m]
CLEAR_EXTINCTION = 1.5e-4  # of the clear air that the sky's map contains already [1/m]
SKY_DISTANCE = 1.0e4  # at which lamp-lit air before the sky ends [m]


@njit(cache=True, error_model="numpy")
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


@njit(cache=True, error_model="numpy")
def look_through_air(
    around: Surroundings, nearest: NDArray[np.int32], row: int, px: NDArray[np.float64], out: NDArray[np.float32]
) -> None:
    """Write a row of the image: surfaces and sky seen through the air between."""
    height, width = nearest.shape
    sky_map, sun, direction, ground = around.sky_map, around.sun, around.sun_direction, around.ground
    airlight, extinction, scatter = around.airlight, around.extinction, around.scatter
    lit_air = scatter.shape[0] > 0
    for column in range(width):
        if nearest[row, column] < 0:
            distance = SKY_DISTANCE
            red, green, blue = sky_luminance(
                sky_map, sun, direction, ground, airlight, extinction, -px[EYE_X, column], -px[EYE_Y, column],
                -px[EYE_Z, column],
            )
        else:
            distance = px[DISTANCE, column]
            t = math.exp(-extinction * distance)
            red = px[OUT_R, column] * t + airlight[0] * (1.0 - t)
            green = px[OUT_G, column] * t + airlight[1] * (1.0 - t)
            blue = px[OUT_B, column] * t + airlight[2] * (1.0 - t)
        if lit_air:
            sr, sg, sb = scattered_light(scatter, (column + 0.5) / width, (row + 0.5) / height, distance)
            red, green, blue = red + sr, green + sg, blue + sb
        out[row, column, 0], out[row, column, 1], out[row, column, 2] = red, green, blue


@njit(cache=True, nogil=True, error_model="numpy")
def shade_rows(
    bodies: Bodies, around: Surroundings, view: View, table: NDArray[np.float64], lattice: NDArray[np.float32],
    wetness: float, snow_cover: float, ice: float, mirror: NDArray[np.float32], inverse_depth: NDArray[np.float32],
    nearest: NDArray[np.int32], row_first: int, row_last: int, out: NDArray[np.float32],
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
        mirror: Mirror image of half the resolution, or shape (0, 0, 3).
        inverse_depth: [1/m]. Shape (height, width).
        nearest: Triangle or −1. Shape (height, width).
        row_first: First row.
        row_last: One past the last.
        out: Linear sRGB luminance [cd/m²]. Shape (height, width, 3).
    """
    px = np.zeros((NUM_FIELDS, nearest.shape[1]))
    weathered = wetness > 0.0 or snow_cover > 0.0 or ice > 0.0
    for row in range(row_first, row_last):
        locate_points(bodies, view, inverse_depth, nearest, row, px)
        paint_surfaces(bodies, table, lattice, around.seed, nearest, row, px)
        if weathered:
            weather_surfaces(bodies, lattice, wetness, snow_cover, ice, nearest, row, px)
        light_by_day(bodies, around, nearest, row, px)
        if around.light.shape[0] > 0:
            light_by_lamps(bodies, around, nearest, row, px)
        reflect_light(around, lattice, mirror, view.fx, nearest, row, px)
        add_emission(bodies, around, lattice, nearest, row, px)
        look_through_air(around, nearest, row, px, out)
