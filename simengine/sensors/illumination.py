"""The light that falls on surfaces: sun with shadows, sky, light bounced from the ground, and at night local lamps.

Illuminance in lx as linear sRGB. Retro-reflection of the ego's own beams falls with the angle between lamp and eye as
sheeting's does (EN 12899-1: RA2 white 250 cd/(lx m²) at 0.33° and about a hundredth at 2°).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.semantics import Semantic
from simengine.sensors.lamps import CELL_SIZE, ground_openness, light_at
from simengine.sensors.points import (
    BLUE,
    DISTANCE,
    EXPONENT,
    EYE_X,
    EYE_Y,
    EYE_Z,
    FACING,
    GREEN,
    LOCAL_Z,
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
    RETRO,
    SUNNY,
    TOWARD_SUN,
    Bodies,
    X,
    Y,
    Z,
    near_stride,
)
from simengine.sensors.shadow import sun_visible

SHEETING_ANGLE = 0.0096  # between lamp and eye at which sheeting returns half as much [rad]
GLOSSY = 50.0  # exponent above which lamps show as highlights
FADED = 10.0  # a highlight is e^-10 of its peak where its exponent times 1 − cosine is this
HIGHLIGHT_MARGIN = 0.1  # how far beyond that pixels are still looked up one by one [rad]
_ROAD, _MARKING, _PAVEMENT, _TERRAIN, _FLOOR = (
    int(Semantic.ROAD), int(Semantic.LANE_MARKING), int(Semantic.PAVEMENT), int(Semantic.TERRAIN), int(Semantic.FLOOR),
)


class Surroundings(NamedTuple):
    """Light, air and what glows."""

    sky_map: NDArray[np.float32]  # see `sky.SkyLight`
    sun_direction: NDArray[np.float64]
    sun: NDArray[np.float64]  # [lx]
    sky: NDArray[np.float64]  # [lx]
    ground: NDArray[np.float64]  # [cd/m²]
    airlight: NDArray[np.float64]  # [cd/m²]
    shadow_height: NDArray[np.float32]  # see `shadow.ShadowMaps`
    shadow_corner: NDArray[np.float64]
    shadow_texel: NDArray[np.float64]
    sun_from_world: NDArray[np.float64]
    light: NDArray[np.float64]  # see `lamps.LightGrid`
    cell_light: NDArray[np.int32]
    cell_actor: NDArray[np.int32]
    corner: NDArray[np.float64]
    own_lamps: int  # row of the ego's head lamps in `light`, or −1
    scatter: NDArray[np.float32]  # see `air.fill_scatter`
    extinction: float  # [1/m]
    dark: float  # 1 when windows and lamps are lit, 0 by day
    street: float  # street lamps switched on, 0..1
    time: float  # [s]
    seed: int  # of the episode's appearance


@njit(cache=True, error_model="numpy")
def is_ground(semantic: int) -> bool:
    """Tell whether a class lies under foot."""
    return semantic in (_ROAD, _MARKING, _PAVEMENT, _TERRAIN, _FLOOR)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def open_ground(
    cell_actor: NDArray[np.int32], corner: NDArray[np.float64], position: NDArray[np.float64],
    rotation: NDArray[np.float64], size: NDArray[np.float64], first: int, last: int, step: int, px: NDArray[np.float64],
) -> None:
    """Fill how much of the sky actors leave open over the pixels [first, last) of a run of ground."""
    before, at, to = 1.0, first, first
    while to < last:
        after = ground_openness(cell_actor, corner, position, rotation, size, px[X, to], px[Y, to], px[Z, to])
        slope = (after - before) / max(1, to - at)
        for column in range(at, to):
            px[OPEN, column] = before + slope * (column - at)
        px[OPEN, to] = after
        before, at = after, to
        to = min(to + step, last - 1) if to < last - 1 else last


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def light_by_day(
    bodies: Bodies, around: Surroundings, step: int, pixel: float, nearest: NDArray[np.int32], row: int,
    run: NDArray[np.int32], num_runs: int, px: NDArray[np.float64],
) -> None:
    """Fill a row's illuminance by sun, sky and bounced light, and begin its luminance at nothing."""
    direction = around.sun_direction
    semantic, part, part_actor, size = bodies.semantic, bodies.part, bodies.part_actor, bodies.actor_size
    position, rotation = bodies.actor_position, bodies.actor_rotation
    cell_actor, corner = around.cell_actor, around.corner
    height, map_corner, texel, sun_axes = (
        around.shadow_height, around.shadow_corner, around.shadow_texel, around.sun_from_world,
    )
    sun_x, sun_y, sun_z = direction[0], direction[1], direction[2]
    sun_r, sun_g, sun_b = around.sun[0], around.sun[1], around.sun[2]
    sky_r, sky_g, sky_b = around.sky[0], around.sky[1], around.sky[2]
    low_r, low_g, low_b = math.pi * around.ground[0], math.pi * around.ground[1], math.pi * around.ground[2]
    for n in range(num_runs):
        first, last = run[n], run[n + 1]
        t = nearest[row, first]
        if t < 0:
            continue
        a = part_actor[part[t]]
        if a >= 0:  # the lower parts of bodies see less of the sky, and the ground near them is in their shade
            for column in range(first, last):
                rise = min(1.0, max(0.0, (px[LOCAL_Z, column] + 0.5 * size[a, 2]) / 0.55))
                low = 0.45 + 0.55 * rise
                px[OPEN, column] = low + (1.0 - low) * max(0.0, px[NORMAL_Z, column])
        elif is_ground(int(semantic[t])):
            stride = near_stride(step, pixel, px[DISTANCE, first])
            open_ground(cell_actor, corner, position, rotation, size, first, last, stride, px)
        else:
            for column in range(first, last):
                px[OPEN, column] = 1.0
        for column in range(first, last):
            nx, ny, nz = px[NORMAL_X, column], px[NORMAL_Y, column], px[NORMAL_Z, column]
            toward = nx * sun_x + ny * sun_y + nz * sun_z
            sunny = 0.0
            if toward > 0.0 and sun_g > 0.0:
                sunny = sun_visible(
                    height, map_corner, texel, sun_axes, px[X, column], px[Y, column], px[Z, column], nx, ny, nz
                )
            opened, up, direct = px[OPEN, column], 0.5 + 0.5 * nz, sunny * toward
            # Walls see more light on the sun's side of the sky.
            above = opened * up * (1.0 + 0.35 * (nx * sun_x + ny * sun_y) * (1.0 - max(0.0, nz)))
            below = opened * (1.0 - up)
            px[SUNNY, column], px[TOWARD_SUN, column] = sunny, toward
            px[LUX_R, column] = above * sky_r + below * low_r + direct * sun_r
            px[LUX_G, column] = above * sky_g + below * low_g + direct * sun_g
            px[LUX_B, column] = above * sky_b + below * low_b + direct * sun_b
            px[OUT_R, column], px[OUT_G, column], px[OUT_B, column] = 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy", inline="always", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def gather_lamps(
    light: NDArray[np.float64], cells: NDArray[np.int32], corner: NDArray[np.float64], own: int, extinction: float,
    ground: bool, column: int, glossy: bool, px: NDArray[np.float64], out: NDArray[np.float64],
) -> float:
    """Write what lamps do to a pixel, and return the largest cosine between its normal and a highlight's.

    Args:
        light: See `lamps.LightGrid`.
        cells: Its `cell_light`.
        corner: See `lamps.LightGrid`.
        own: Row of the ego's head lamps, or −1 where they do not reach.
        extinction: Of the air [1/m].
        ground: The surface lies under foot.
        column: Of the pixel.
        glossy: The surface shows highlights of lamps.
        px: See `points`.
        out: Illuminance of an open surface, light of the own lamps for retro-reflection, highlights (RGB each); (9,).
    """
    x, y, z = px[X, column], px[Y, column], px[Z, column]
    nx, ny, nz = px[NORMAL_X, column], px[NORMAL_Y, column], px[NORMAL_Z, column]
    vx, vy, vz = px[EYE_X, column], px[EYE_Y, column], px[EYE_Z, column]
    cell_column = int(math.floor((x - corner[0]) / CELL_SIZE))
    cell_row = int(math.floor((y - corner[1]) / CELL_SIZE))
    inside = 0 <= cell_column < cells.shape[1] and 0 <= cell_row < cells.shape[0]
    largest = 0.0
    for i in range(9):
        out[i] = 0.0
    for k in range(-1, cells.shape[2]):
        if k < 0:
            n = own
            if n < 0:
                continue
        else:
            n = cells[cell_row, cell_column, k] if inside else -1
            if n < 0:
                break
        dx, dy, dz = light[n, 0] - x, light[n, 1] - y, light[n, 2] - z
        if nx * dx + ny * dy + nz * dz <= 0.0 and not (ground and k < 0):
            continue
        share, tx, ty, tz = light_at(light, n, x, y, z)
        if share <= 0.0:
            continue
        incident = nx * tx + ny * ty + nz * tz
        if extinction > 1e-3:
            share *= math.exp(-extinction * math.sqrt(dx * dx + dy * dy + dz * dz))
        red, green, blue = share * light[n, 9], share * light[n, 10], share * light[n, 11]
        if incident > 0.0:
            out[0] += incident * red
            out[1] += incident * green
            out[2] += incident * blue
            if glossy:
                reflectance, exponent = px[REFLECTANCE, column], px[EXPONENT, column]
                hx, hy, hz = tx + vx, ty + vy, tz + vz
                half = math.sqrt(hx * hx + hy * hy + hz * hz)
                peak = (nx * hx + ny * hy + nz * hz) / max(half, 1e-6)
                largest = max(largest, peak)
                if exponent > GLOSSY and exponent * (1.0 - peak) < FADED:
                    lobe = reflectance * (exponent + 8.0) / (8.0 * math.pi) * peak**exponent * incident
                    out[6] += lobe * red
                    out[7] += lobe * green
                    out[8] += lobe * blue
        if k < 0:
            back = 1.0
            if not ground:
                apart = 2.0 * (1.0 - (tx * vx + ty * vy + tz * vz)) / (SHEETING_ANGLE * SHEETING_ANGLE)
                back = 1.0 / (1.0 + apart)
            out[3], out[4], out[5] = back * red, back * green, back * blue
    return largest


@njit(cache=True, error_model="numpy", inline="always")
def _add_lamps(
    ground: bool, at: int, to: int, before: NDArray[np.float64], after: NDArray[np.float64], px: NDArray[np.float64]
) -> None:
    """Add to the pixels [at, to) what `gather_lamps` found at `at` and `to`; its highlights only where it looked."""
    share = 1.0 / (to - at)
    r, g, b, back_r, back_g, back_b = before[0], before[1], before[2], before[3], before[4], before[5]
    to_r, to_g, to_b = (after[0] - r) * share, (after[1] - g) * share, (after[2] - b) * share
    to_back_r, to_back_g = (after[3] - back_r) * share, (after[4] - back_g) * share
    to_back_b = (after[5] - back_b) * share
    px[OUT_R, at] += before[6]
    px[OUT_G, at] += before[7]
    px[OUT_B, at] += before[8]
    for column in range(at, to):
        f, opened = float(column - at), px[OPEN, column]
        px[LUX_R, column] += opened * (r + f * to_r)
        px[LUX_G, column] += opened * (g + f * to_g)
        px[LUX_B, column] += opened * (b + f * to_b)
    if before[4] == 0.0 and after[4] == 0.0:
        return
    for column in range(at, to):
        f, retro = float(column - at), px[RETRO, column]
        red, green, blue = retro, retro, retro
        if not ground:
            strongest = max(0.05, max(px[RED, column], max(px[GREEN, column], px[BLUE, column])))
            back = retro * px[FACING, column] / strongest
            red, green, blue = back * px[RED, column], back * px[GREEN, column], back * px[BLUE, column]
        px[OUT_R, column] += red * (back_r + f * to_back_r)
        px[OUT_G, column] += green * (back_g + f * to_back_g)
        px[OUT_B, column] += blue * (back_b + f * to_back_b)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def light_by_lamps(
    bodies: Bodies, around: Surroundings, step: int, pixel: float, nearest: NDArray[np.int32], row: int,
    run: NDArray[np.int32], num_runs: int, px: NDArray[np.float64],
) -> None:
    """Add a row's illuminance by local lamps, their highlights, and what returns to the ego's own lamps."""
    semantic, part, part_actor = bodies.semantic, bodies.part, bodies.part_actor
    light, cells, corner, extinction = around.light, around.cell_light, around.corner, around.extinction
    before, after = np.zeros(9), np.zeros(9)
    for n in range(num_runs):
        first, last = run[n], run[n + 1]
        t = nearest[row, first]
        if t < 0:
            continue
        ground = is_ground(int(semantic[t]))
        own = -1 if part_actor[part[t]] == 0 else around.own_lamps  # the ego does not light itself
        glossy, exponent = False, GLOSSY
        for column in range(first, last):
            if px[EXPONENT, column] > GLOSSY and px[REFLECTANCE, column] > 0.0:
                glossy, exponent = True, px[EXPONENT, column]
        reach = math.sqrt(2.0 * FADED / exponent) + HIGHLIGHT_MARGIN
        near_highlight = 1.0 - 0.5 * reach * reach
        stride = step if glossy else near_stride(step, pixel, px[DISTANCE, first])
        at, to, fine, peak_before = first, first, first, 0.0
        while to < last:
            peak = gather_lamps(light, cells, corner, own, extinction, ground, to, glossy, px, after)
            if to - at > 1 and max(peak, peak_before) > near_highlight:
                fine, to = to, at + 1  # up to there pixel by pixel
                continue
            if to > at:
                _add_lamps(ground, at, to, before, after, px)
            before, after, peak_before = after, before, peak
            at = to
            to = min(to + (1 if to < fine else stride), last - 1) if to < last - 1 else last
        _add_lamps(ground, last - 1, last, before, before, px)
