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
)
from simengine.sensors.shadow import sun_visible

SHEETING_ANGLE = 0.0096  # between lamp and eye at which sheeting returns half as much [rad]
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


@njit(cache=True, error_model="numpy")
def light_by_day(
    bodies: Bodies, around: Surroundings, nearest: NDArray[np.int32], row: int, px: NDArray[np.float64]
) -> None:
    """Fill a row's illuminance by sun, sky and bounced light, and begin its luminance at nothing."""
    sun, sky, ground, direction = around.sun, around.sky, around.ground, around.sun_direction
    semantic, part, part_actor, size = bodies.semantic, bodies.part, bodies.part_actor, bodies.actor_size
    position, rotation = bodies.actor_position, bodies.actor_rotation
    cell_actor, corner = around.cell_actor, around.corner
    height, map_corner, texel, sun_axes = (
        around.shadow_height, around.shadow_corner, around.shadow_texel, around.sun_from_world,
    )
    for column in range(nearest.shape[1]):
        t = nearest[row, column]
        if t < 0:
            continue
        x, y, z = px[X, column], px[Y, column], px[Z, column]
        nx, ny, nz = px[NORMAL_X, column], px[NORMAL_Y, column], px[NORMAL_Z, column]
        a = part_actor[part[t]]
        opened = 1.0
        if a >= 0:  # the lower parts of bodies see less of the sky, and the ground near them is in their shade
            rise = min(1.0, max(0.0, (px[LOCAL_Z, column] + 0.5 * size[a, 2]) / 0.55))
            low = 0.45 + 0.55 * rise
            opened = low + (1.0 - low) * max(0.0, nz)
        elif is_ground(int(semantic[t])):
            opened = ground_openness(cell_actor, corner, position, rotation, size, x, y, z)
        up = 0.5 + 0.5 * nz
        # Walls see more light on the sun's side of the sky.
        side = up * (1.0 + 0.35 * (nx * direction[0] + ny * direction[1]) * (1.0 - max(0.0, nz)))
        below = (1.0 - up) * math.pi
        red = opened * (side * sky[0] + below * ground[0])
        green = opened * (side * sky[1] + below * ground[1])
        blue = opened * (side * sky[2] + below * ground[2])
        toward = nx * direction[0] + ny * direction[1] + nz * direction[2]
        sunny = 0.0
        if toward > 0.0 and sun[1] > 0.0:
            sunny = sun_visible(height, map_corner, texel, sun_axes, x, y, z, nx, ny, nz)
            red, green, blue = (
                red + sunny * toward * sun[0], green + sunny * toward * sun[1], blue + sunny * toward * sun[2],
            )
        px[OPEN, column], px[SUNNY, column], px[TOWARD_SUN, column] = opened, sunny, toward
        px[LUX_R, column], px[LUX_G, column], px[LUX_B, column] = red, green, blue
        px[OUT_R, column], px[OUT_G, column], px[OUT_B, column] = 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def light_by_lamps(
    bodies: Bodies, around: Surroundings, nearest: NDArray[np.int32], row: int, px: NDArray[np.float64]
) -> None:
    """Add a row's illuminance by local lamps, their highlights, and what returns to the ego's own lamps."""
    semantic, part, part_actor = bodies.semantic, bodies.part, bodies.part_actor
    light, cells, corner, own = around.light, around.cell_light, around.corner, around.own_lamps
    extinction = around.extinction
    for column in range(nearest.shape[1]):
        t = nearest[row, column]
        if t < 0:
            continue
        x, y, z = px[X, column], px[Y, column], px[Z, column]
        nx, ny, nz = px[NORMAL_X, column], px[NORMAL_Y, column], px[NORMAL_Z, column]
        vx, vy, vz = px[EYE_X, column], px[EYE_Y, column], px[EYE_Z, column]
        flat = is_ground(int(semantic[t]))
        a = part_actor[part[t]]
        reflectance, exponent = px[REFLECTANCE, column], px[EXPONENT, column]
        cell_column = int(math.floor((x - corner[0]) / CELL_SIZE))
        cell_row = int(math.floor((y - corner[1]) / CELL_SIZE))
        inside = 0 <= cell_column < cells.shape[1] and 0 <= cell_row < cells.shape[0]
        for k in range(-1, cells.shape[2]):
            if k < 0:
                n = own
                if n < 0 or a == 0:
                    continue
            else:
                n = cells[cell_row, cell_column, k] if inside else -1
                if n < 0:
                    break
            share, tx, ty, tz = light_at(light, n, x, y, z)
            if share <= 0.0:
                continue
            if extinction > 1e-3:
                dx, dy, dz = light[n, 0] - x, light[n, 1] - y, light[n, 2] - z
                share *= math.exp(-extinction * math.sqrt(dx * dx + dy * dy + dz * dz))
            red, green, blue = share * light[n, 9], share * light[n, 10], share * light[n, 11]
            incident = nx * tx + ny * ty + nz * tz
            if incident > 0.0:
                falls = px[OPEN, column] * incident
                px[LUX_R, column] += falls * red
                px[LUX_G, column] += falls * green
                px[LUX_B, column] += falls * blue
                if exponent > 50.0 and reflectance > 0.0:
                    hx, hy, hz = tx + vx, ty + vy, tz + vz
                    half = math.sqrt(hx * hx + hy * hy + hz * hz)
                    peak = (nx * hx + ny * hy + nz * hz) / max(half, 1e-6)
                    if peak > 0.9:
                        lobe = reflectance * (exponent + 8.0) / (8.0 * math.pi) * peak**exponent * incident
                        px[OUT_R, column] += lobe * red
                        px[OUT_G, column] += lobe * green
                        px[OUT_B, column] += lobe * blue
            retro = px[RETRO, column]
            if k < 0 and retro > 0.0:
                if flat:
                    px[OUT_R, column] += retro * red
                    px[OUT_G, column] += retro * green
                    px[OUT_B, column] += retro * blue
                elif incident > 0.0:
                    apart = 2.0 * (1.0 - (tx * vx + ty * vy + tz * vz)) / (SHEETING_ANGLE * SHEETING_ANGLE)
                    back = retro / (1.0 + apart) * px[FACING, column]
                    strongest = max(0.05, max(px[RED, column], max(px[GREEN, column], px[BLUE, column])))
                    px[OUT_R, column] += back * red * px[RED, column] / strongest
                    px[OUT_G, column] += back * green * px[GREEN, column] / strongest
                    px[OUT_B, column] += back * blue * px[BLUE, column] / strongest
