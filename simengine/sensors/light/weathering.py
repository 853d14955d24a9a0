"""What weather does to surfaces: rain darkens and films them, snow covers what faces up, ice glazes the ground.

Wet asphalt has about half its dry albedo (Lekner and Dorf, "Why some things are darker when wet", Applied Optics 1988).
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.semantics import Semantic
from simengine.sensors.base.noise import smooth_ramp, three_octaves, two_octaves, value_noise
from simengine.sensors.raster.pixel_planes import (
    BLUE,
    FILM,
    GREEN,
    NORMAL_Z,
    RED,
    REFLECTANCE,
    RETRO,
    WORK,
    PixelBlock,
    SceneGeometry,
    X,
    Y,
)

WET_DARKENING = np.float32(0.5)
# Albedo of fresh snow (Oke, table 1.1: 0.75–0.95).
SNOW_RED, SNOW_GREEN, SNOW_BLUE = np.float32(0.80), np.float32(0.82), np.float32(0.86)
_ROAD, _MARKING, _PAVEMENT, _TERRAIN = (
    int(Semantic.ROAD),
    int(Semantic.LANE_MARKING),
    int(Semantic.PAVEMENT),
    int(Semantic.TERRAIN),
)
_F = np.float32
_UPRIGHT = _F(0.25)  # what faces up less than this keeps neither film nor snow


class GroundCover(NamedTuple):
    """What the weather has laid on the ground."""

    wetness: float  # 0..1
    snow: float  # covered share
    ice: float  # glazed share


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def wet_ground(wetness: np.float32, darkening: np.float32, films: bool, count: int, px: NDArray[np.float32]) -> None:
    """Darken `count` pixels of the ground and, where water stays, lay a film with puddles over them."""
    for i in range(count):
        tone = _F(1.0) - wetness * (darkening if px[NORMAL_Z + i] > _UPRIGHT else _F(0.0))
        px[RED + i] *= tone
        px[GREEN + i] *= tone
        px[BLUE + i] *= tone
        px[RETRO + i] *= _F(1.0) - _F(0.78) * wetness
    if films:
        low, high = _F(0.80) - _F(0.26) * wetness, _F(0.92) - _F(0.24) * wetness
        for i in range(count):
            depth = three_octaves(_F(0.17) * px[X + i] + _F(31.0), _F(0.17) * px[Y + i], 73)
            film = wetness * (_F(0.40) + _F(0.60) * smooth_ramp(low, high, depth))
            px[FILM + i] = film if px[NORMAL_Z + i] > _UPRIGHT else _F(0.0)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def glaze_ground(ice: np.float32, count: int, px: NDArray[np.float32]) -> None:
    """Lay patches of ice over `count` pixels of the ground."""
    low, high = _F(0.85) - _F(0.8) * ice, _F(1.05) - _F(0.8) * ice
    for i in range(count):
        glaze = smooth_ramp(low, high, three_octaves(_F(0.22) * px[X + i], _F(0.22) * px[Y + i] + _F(17.0), 79))
        glaze = glaze if px[NORMAL_Z + i] > _UPRIGHT else _F(0.0)
        px[FILM + i] = max(px[FILM + i], _F(0.55) * glaze)
        px[RED + i] += _F(0.035) * glaze
        px[GREEN + i] += _F(0.040) * glaze
        px[BLUE + i] += _F(0.045) * glaze


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def snow_on_ground(kept: np.float32, count: int, px: NDArray[np.float32]) -> None:
    """Write the share of snow on `count` pixels into WORK: 0 or 1 but at the edges of patches.

    A share `kept` of the ground has snow; traffic clears part of a carriageway.
    """
    edge = _F(0.92) - _F(0.80) * kept
    for i in range(count):
        px[WORK + i] = _F(0.7) * three_octaves(_F(0.45) * px[X + i], _F(0.45) * px[Y + i], 71)
    for i in range(count):
        patch = px[WORK + i] + _F(0.3) * two_octaves(_F(4.0) * px[X + i], _F(4.0) * px[Y + i], 72)
        px[WORK + i] = smooth_ramp(edge - _F(0.06), edge + _F(0.07), patch)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def lay_snow(count: int, px: NDArray[np.float32]) -> None:
    """Cover `count` pixels with the share of snow in WORK where they face up."""
    for i in range(count):
        snow = px[WORK + i] if px[NORMAL_Z + i] > _UPRIGHT else _F(0.0)
        tone = _F(1.0) + _F(0.10) * (value_noise(_F(3.0) * px[X + i], _F(3.0) * px[Y + i], 83) - _F(0.5))
        px[RED + i] += snow * (SNOW_RED * tone - px[RED + i])
        px[GREEN + i] += snow * (SNOW_GREEN * tone - px[GREEN + i])
        px[BLUE + i] += snow * (SNOW_BLUE * tone - px[BLUE + i])
        px[REFLECTANCE + i] *= _F(1.0) - snow
        px[RETRO + i] *= _F(1.0) - snow
        px[FILM + i] *= _F(1.0) - snow


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def weather_surfaces(
    bodies: SceneGeometry, ground_cover: GroundCover, block: PixelBlock, px: NDArray[np.float32]
) -> None:
    """Change the look of a block's surfaces by the weather; neighboring runs of one class together.

    Args:
        bodies: Geometry.
        ground_cover: What the weather has laid on the ground.
        block: What its pixels show.
        px: See `pixel_planes`.
    """
    tri, run, num_runs = block.triangle, block.run, block.num_runs
    semantic, part, part_actor = bodies.semantic, bodies.part, bodies.part_actor
    snow_cover, ice, wet = ground_cover.snow, ground_cover.ice, _F(ground_cover.wetness)
    n = 0
    while n < num_runs:
        begin, t = n, tri[run[n]]
        n += 1
        if t < 0:
            continue
        s, acted = int(semantic[t]), part_actor[part[t]] >= 0
        while n < num_runs and tri[run[n]] >= 0:
            other = tri[run[n]]
            if int(semantic[other]) != s or (part_actor[part[other]] >= 0) != acted:
                break
            n += 1
        count, here = run[n] - run[begin], px[run[begin] :]
        road = s in (_ROAD, _MARKING)
        ground = road or s in (_PAVEMENT, _TERRAIN)
        if wet > 0.0:
            if ground:
                darkening = WET_DARKENING * (_F(1.0) if s == _ROAD else _F(0.7))
                wet_ground(wet, darkening, s != _TERRAIN, count, here)
            for i in range(count):
                soaked = here[NORMAL_Z + i] <= _UPRIGHT and here[REFLECTANCE + i] == _F(0.0)
                tone = _F(1.0) - (_F(0.25) * wet if soaked else _F(0.0))
                here[RED + i] *= tone
                here[GREEN + i] *= tone
                here[BLUE + i] *= tone
        if ground and ice > 0.0 and s != _TERRAIN:
            glaze_ground(_F(ice), count, here)
        if snow_cover > 0.0:
            if ground:
                snow_on_ground(_F(snow_cover * (0.88 if road else 1.15)), count, here)
            else:
                share = _F(snow_cover * (0.75 if acted else 1.0))
                for i in range(count):
                    here[WORK + i] = share * smooth_ramp(_F(0.30), _F(0.70), here[NORMAL_Z + i])
            lay_snow(count, here)
