"""What weather does to surfaces: rain darkens and films them, snow covers what faces up, ice glazes the ground.

Wet asphalt has about half its dry albedo (Lekner and Dorf, "Why some things are darker when wet", Applied Optics 1988).
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.semantics import Semantic
from simengine.sensors.noise import fractal_noise, smooth_step, value_noise
from simengine.sensors.points import (
    BLUE,
    FILM,
    GREEN,
    NORMAL_Z,
    RED,
    REFLECTANCE,
    RETRO,
    Bodies,
    X,
    Y,
)

WET_DARKENING = 0.5
SNOW_RED, SNOW_GREEN, SNOW_BLUE = 0.80, 0.82, 0.86  # albedo of fresh snow (Oke, table 1.1: 0.75–0.95)
_ROAD, _MARKING, _PAVEMENT, _TERRAIN = (
    int(Semantic.ROAD), int(Semantic.LANE_MARKING), int(Semantic.PAVEMENT), int(Semantic.TERRAIN),
)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def weather_surfaces(
    bodies: Bodies, lattice: NDArray[np.float32], wetness: float, snow_cover: float, ice: float,
    nearest: NDArray[np.int32], row: int, run: NDArray[np.int32], num_runs: int, px: NDArray[np.float64],
) -> None:
    """Change the look of a row's surfaces by the weather.

    Args:
        bodies: Geometry.
        lattice: See `noise.lattice_table`.
        wetness: Of the ground, 0..1.
        snow_cover: Of the ground, 0..1.
        ice: Glazed fraction of the ground.
        nearest: Triangle, −1 or UNSEEN. Shape (height, width).
        row: Of the image.
        run: See `points.find_runs`.
        num_runs: See `points.find_runs`.
        px: See `points`.
    """
    semantic, part, part_actor = bodies.semantic, bodies.part, bodies.part_actor
    for n in range(num_runs):
        t = nearest[row, run[n]]
        if t < 0:
            continue
        s = int(semantic[t])
        road = s in (_ROAD, _MARKING)
        ground = road or s in (_PAVEMENT, _TERRAIN)
        acted = part_actor[part[t]] >= 0
        for column in range(run[n], run[n + 1]):
            nz = px[NORMAL_Z, column]
            if nz <= 0.25:
                if wetness > 0.0 and px[REFLECTANCE, column] == 0.0:
                    _darken(px, column, 1.0 - 0.25 * wetness)
                continue
            x, y = px[X, column], px[Y, column]
            film = 0.0
            if ground:
                if wetness > 0.0:
                    _darken(px, column, 1.0 - WET_DARKENING * wetness * (1.0 if s == _ROAD else 0.7))
                    px[RETRO, column] *= 1.0 - 0.78 * wetness
                    if s != _TERRAIN:
                        depth = fractal_noise(lattice, 0.17 * x + 31.0, 0.17 * y, 73, 3)
                        puddle = smooth_step(0.80 - 0.26 * wetness, 0.92 - 0.24 * wetness, depth)
                        film = wetness * (0.40 + 0.60 * puddle)
                if ice > 0.0 and s != _TERRAIN:
                    frozen = fractal_noise(lattice, 0.22 * x, 0.22 * y + 17.0, 79, 3)
                    glaze = smooth_step(0.85 - 0.8 * ice, 1.05 - 0.8 * ice, frozen)
                    film = max(film, 0.55 * glaze)
                    px[RED, column] += 0.035 * glaze
                    px[GREEN, column] += 0.040 * glaze
                    px[BLUE, column] += 0.045 * glaze
            snow = 0.0
            if snow_cover > 0.0:
                if ground:
                    snow = snow_on_ground(lattice, snow_cover * (0.88 if road else 1.15), x, y)
                else:
                    snow = snow_cover * (0.75 if acted else 1.0) * smooth_step(0.30, 0.70, nz)
            if snow > 0.0:
                tone = 1.0 + 0.10 * (value_noise(lattice, 3.0 * x, 3.0 * y, 83) - 0.5)
                px[RED, column] += snow * (SNOW_RED * tone - px[RED, column])
                px[GREEN, column] += snow * (SNOW_GREEN * tone - px[GREEN, column])
                px[BLUE, column] += snow * (SNOW_BLUE * tone - px[BLUE, column])
                px[REFLECTANCE, column] *= 1.0 - snow
                px[RETRO, column] *= 1.0 - snow
                film *= 1.0 - snow
            px[FILM, column] = film


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def snow_on_ground(lattice: NDArray[np.float32], kept: float, x: float, y: float) -> float:
    """Return the share of snow at a place [m], 0 or 1 but at the edges of patches, where a share `kept` has snow.

    Traffic clears part of a carriageway. The fine pattern is only looked up where it can decide.
    """
    edge = 0.92 - 0.80 * kept
    patch = 0.7 * fractal_noise(lattice, 0.45 * x, 0.45 * y, 71, 3)
    if patch >= edge + 0.07:
        return 1.0
    if patch + 0.3 <= edge - 0.06:
        return 0.0
    patch += 0.3 * fractal_noise(lattice, 4.0 * x, 4.0 * y, 72, 2)
    return smooth_step(edge - 0.06, edge + 0.07, patch)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _darken(px: NDArray[np.float64], column: int, factor: float) -> None:
    px[RED, column] *= factor
    px[GREEN, column] *= factor
    px[BLUE, column] *= factor
