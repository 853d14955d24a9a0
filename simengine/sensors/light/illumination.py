"""The light that falls on surfaces by day: sun with shadows, sky, light bounced from the ground. Illuminance in lx."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.semantics import Semantic
from simengine.sensors.base.float32_math import exp
from simengine.sensors.light.lamps import OCCLUDER_GAP, OCCLUDER_REACH, LightGrid
from simengine.sensors.light.light_cells import CELL_STRIDE, STRETCH, bound_pixels, list_items
from simengine.sensors.light.shadow_maps import BIAS, LIFT, ShadowMaps
from simengine.sensors.raster.pixel_planes import (
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
    SUNNY,
    TOWARD_SUN,
    WORK,
    WORK_2,
    WORK_3,
    PixelBlock,
    SceneGeometry,
    X,
    Y,
    Z,
)

_F = np.float32
_ROAD, _MARKING, _PAVEMENT, _TERRAIN, _FLOOR = (
    int(Semantic.ROAD),
    int(Semantic.LANE_MARKING),
    int(Semantic.PAVEMENT),
    int(Semantic.TERRAIN),
    int(Semantic.FLOOR),
)


class Illumination(NamedTuple):
    """Light, air and what glows."""

    sky_map: NDArray[np.float32]  # see `sky.SkyLight`
    sun_direction: NDArray[np.float64]
    sun: NDArray[np.float64]  # [lx]
    sky: NDArray[np.float64]  # [lx]
    ground: NDArray[np.float64]  # [cd/m²]
    airlight: NDArray[np.float64]  # [cd/m²]
    shadows: ShadowMaps
    lamps: LightGrid
    scatter: NDArray[np.float32]  # see `lamp_scatter.fill_scatter`
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
def _shade_ground(
    x: float,
    y: float,
    z: float,
    rotation: NDArray[np.float64],
    a: int,
    size: NDArray[np.float64],
    count: int,
    px: NDArray[np.float32],
) -> None:
    """Take from the open sky over a stretch of ground what one actor hides: under it and, fading, around its foot.

    Args:
        x: Of the actor's box [m].
        y: [m].
        z: [m].
        rotation: World from actor. Shape (num_actors, 3, 3).
        a: The actor.
        size: Length, width, height [m]. Shape (num_actors, 3).
        count: Pixels.
        px: See `pixel_planes`; from the stretch's first pixel on.
    """
    zero, one = _F(0.0), _F(1.0)
    at_x, at_y, foot = _F(x), _F(y), _F(z - 0.5 * size[a, 2])
    ax, ay, az = _F(rotation[a, 0, 0]), _F(rotation[a, 1, 0]), _F(rotation[a, 2, 0])
    bx, by, bz = _F(rotation[a, 0, 1]), _F(rotation[a, 1, 1]), _F(rotation[a, 2, 1])
    half_length, half_width, half_height = _F(0.5 * size[a, 0]), _F(0.5 * size[a, 1]), _F(0.5 * size[a, 2])
    scale = min(0.55, 0.35 * min(size[a, 0], size[a, 1]))
    fading, deepening = _F(-1.0 / scale), _F(2.0 / scale)
    for i in range(count):
        dx, dy, up = px[X + i] - at_x, px[Y + i] - at_y, px[Z + i] - foot
        dz = up - half_height
        along, across = abs(dx * ax + dy * ay + dz * az) - half_length, abs(dx * bx + dy * by + dz * bz) - half_width
        beside, before = max(zero, across), max(zero, along)
        outside = math.sqrt(beside * beside + before * before)
        inside = min(zero, max(along, across))
        dark = _F(0.62) * exp(outside * fading) + _F(0.34) * (one - exp(inside * deepening))
        dark = dark if max(along, across) <= _F(OCCLUDER_REACH) else zero
        px[OPEN + i] *= one - dark * max(zero, one - abs(up) * _F(1.0 / OCCLUDER_GAP))


@njit(cache=True, error_model="numpy")
def open_ground(
    cell_actor: NDArray[np.int32],
    corner: NDArray[np.float64],
    position: NDArray[np.float64],
    rotation: NDArray[np.float64],
    size: NDArray[np.float64],
    count: int,
    px: NDArray[np.float32],
    box: NDArray[np.float32],
    found: NDArray[np.int32],
) -> None:
    """Fill how much of the sky actors leave open over a run of ground.

    Args:
        cell_actor: See `lamps.LightGrid`.
        corner: See `lamps.LightGrid`.
        position: Of the actors' boxes [m]. Shape (num_actors, 3).
        rotation: World from actor. Shape (num_actors, 3, 3).
        size: Length, width, height [m]. Shape (num_actors, 3).
        count: Pixels of the run.
        px: See `pixel_planes`; from the run's first pixel on.
        box: For own use. Shape (6,).
        found: For own use. Shape (num_actors,).
    """
    for i in range(count):
        px[OPEN + i] = _F(1.0)
    for first in range(0, count, STRETCH):
        length, here = min(STRETCH, count - first), px[first:]
        listed = list_items(cell_actor, corner, CELL_STRIDE, length, here, found)
        if listed == 0:
            continue
        bound_pixels(length, here, box)
        for k in range(listed):
            a = found[k]
            x, y, z = position[a, 0], position[a, 1], position[a, 2]
            reach = 0.5 * math.sqrt(size[a, 0] * size[a, 0] + size[a, 1] * size[a, 1]) + OCCLUDER_REACH
            gap = max(0.0, max(box[4] - (z - 0.5 * size[a, 2]), (z - 0.5 * size[a, 2]) - box[5]))
            if box[0] - x < reach and x - box[1] < reach and box[2] - y < reach and y - box[3] < reach:
                if gap < OCCLUDER_GAP:
                    _shade_ground(x, y, z, rotation, a, size, length, here)


@njit(cache=True, error_model="numpy")
def find_sun(
    height: NDArray[np.float32],
    corner: NDArray[np.float64],
    texel: NDArray[np.float64],
    axes: NDArray[np.float64],
    count: int,
    px: NDArray[np.float32],
) -> None:
    """Fill the share of the sun, 0..1, that the first `count` pixels of a block see; outside the maps they see it all.

    Args:
        height: See `shadow_maps.ShadowMaps`.
        corner: See `shadow_maps.ShadowMaps`.
        texel: See `shadow_maps.ShadowMaps`.
        axes: Its `sun_from_world`.
        count: Pixels.
        px: See `pixel_planes`; places, normals and TOWARD_SUN are read, SUNNY is written.
    """
    x0, x1, x2 = _F(axes[0, 0]), _F(axes[0, 1]), _F(axes[0, 2])
    y0, y1, y2 = _F(axes[1, 0]), _F(axes[1, 1]), _F(axes[1, 2])
    z0, z1, z2 = _F(axes[2, 0]), _F(axes[2, 1]), _F(axes[2, 2])
    zero, one, unknown = _F(0.0), _F(1.0), _F(-1.0)
    for i in range(count):
        px[SUNNY + i] = unknown if px[TOWARD_SUN + i] > zero else zero
    edge = _F(height.shape[1] - 3.0)
    for c in range(height.shape[0]):
        per_texel, lift, bias = _F(1.0 / texel[c]), _F(LIFT * texel[c]), _F(BIAS * texel[c])
        shift_x, shift_y = _F(corner[c, 0] / texel[c] + 0.5), _F(corner[c, 1] / texel[c] + 0.5)
        for i in range(count):
            x, y = px[X + i] + lift * px[NORMAL_X + i], px[Y + i] + lift * px[NORMAL_Y + i]
            z = px[Z + i] + lift * px[NORMAL_Z + i]
            px[WORK + i] = (x0 * x + x1 * y + x2 * z) * per_texel - shift_x
            px[WORK_2 + i] = (y0 * x + y1 * y + y2 * z) * per_texel - shift_y
            px[WORK_3 + i] = z0 * x + z1 * y + z2 * z + bias
        left = 0
        for i in range(count):
            if px[SUNNY + i] >= zero:
                continue
            u, v, w = px[WORK + i], px[WORK_2 + i], px[WORK_3 + i]
            if not (u >= one and v >= one and u <= edge and v <= edge):
                left += 1
                continue
            column, row = np.uint32(u), np.uint32(v)
            fu, fv = u - _F(column), v - _F(row)
            right, lower = np.uint32(column + np.uint32(1)), np.uint32(row + np.uint32(1))
            a, b = one - fu if height[c, row, column] <= w else zero, fu if height[c, row, right] <= w else zero
            d, e = one - fu if height[c, lower, column] <= w else zero, fu if height[c, lower, right] <= w else zero
            low, high = a + b, d + e
            px[SUNNY + i] = low + (high - low) * fv
        if left == 0:
            return
    for i in range(count):
        px[SUNNY + i] = one if px[SUNNY + i] < zero else px[SUNNY + i]


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def light_by_day(
    bodies: SceneGeometry, around: Illumination, block: PixelBlock, found: NDArray[np.int32], px: NDArray[np.float32]
) -> None:
    """Fill a block's illuminance by sun, sky and bounced light, and begin its luminance at nothing.

    Args:
        bodies: Geometry.
        around: Light.
        block: What its pixels show.
        found: For own use. Shape (num_actors,).
        px: See `pixel_planes`.
    """
    tri, run, num_runs = block.triangle, block.run, block.num_runs
    semantic, part, part_actor, size = bodies.semantic, bodies.part, bodies.part_actor, bodies.actors.size
    cells, corner = around.lamps.cell_actor, around.lamps.corner
    position, rotation, shadows = bodies.actors.position, bodies.actors.rotation, around.shadows
    box = np.empty(6, np.float32)
    count, zero, half, one = run[num_runs], _F(0.0), _F(0.5), _F(1.0)
    for n in range(num_runs):
        first, last = run[n], run[n + 1]
        t = tri[first]
        if t < 0:
            continue
        a = part_actor[part[t]]
        if a >= 0:  # the lower parts of bodies see less of the sky, and the ground near them is in their shade
            foot, per_rise = _F(0.5 * size[a, 2]), _F(1.0 / 0.55)
            here = px[first:]
            for i in range(last - first):
                low = _F(0.45) + _F(0.55) * min(one, max(zero, (here[LOCAL_Z + i] + foot) * per_rise))
                here[OPEN + i] = low + (one - low) * max(zero, here[NORMAL_Z + i])
        elif is_ground(int(semantic[t])):
            open_ground(cells, corner, position, rotation, size, last - first, px[first:], box, found)
        else:
            here = px[first:]
            for i in range(last - first):
                here[OPEN + i] = one
    sun_x, sun_y, sun_z = _F(around.sun_direction[0]), _F(around.sun_direction[1]), _F(around.sun_direction[2])
    sun_r, sun_g, sun_b = _F(around.sun[0]), _F(around.sun[1]), _F(around.sun[2])
    sky_r, sky_g, sky_b = _F(around.sky[0]), _F(around.sky[1]), _F(around.sky[2])
    ground = around.ground
    low_r, low_g, low_b = _F(math.pi * ground[0]), _F(math.pi * ground[1]), _F(math.pi * ground[2])
    for i in range(count):
        px[TOWARD_SUN + i] = px[NORMAL_X + i] * sun_x + px[NORMAL_Y + i] * sun_y + px[NORMAL_Z + i] * sun_z
    if sun_g > zero:
        find_sun(shadows.height, shadows.corner, shadows.texel, shadows.sun_from_world, count, px)
    else:
        for i in range(count):
            px[SUNNY + i] = zero
    for i in range(count):
        nx, ny, nz = px[NORMAL_X + i], px[NORMAL_Y + i], px[NORMAL_Z + i]
        opened, up, direct = px[OPEN + i], half + half * nz, px[SUNNY + i] * px[TOWARD_SUN + i]
        # Walls see more light on the sun's side of the sky.
        above = opened * up * (one + _F(0.35) * (nx * sun_x + ny * sun_y) * (one - max(zero, nz)))
        below = opened * (one - up)
        px[LUX_R + i] = above * sky_r + below * low_r + direct * sun_r
        px[LUX_G + i] = above * sky_g + below * low_g + direct * sun_g
        px[LUX_B + i] = above * sky_b + below * low_b + direct * sun_b
        px[OUT_R + i], px[OUT_G + i], px[OUT_B + i] = zero, zero, zero
