"""The light of local lamps at night on surfaces: illuminance, highlights, and what returns to the ego's own lamps.

Lamp by lamp over a stretch of pixels, in single precision. Retro-reflection of the ego's own beams falls with the angle
between lamp and eye as sheeting's does (EN 12899-1: RA2 white 250 cd/(lx m²) at 0.33° and about a hundredth at 2°).
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.base.float32_math import exp, power
from simengine.sensors.light.illumination import Illumination, is_ground
from simengine.sensors.light.lamps import BEAM_SPREAD, HEAD_LAMP, STREET_LAMP
from simengine.sensors.light.light_cells import CELL_STRIDE, STRETCH, bound_pixels, list_items
from simengine.sensors.raster.pixel_planes import (
    BLUE,
    EXPONENT,
    EYE_X,
    EYE_Y,
    EYE_Z,
    FACING,
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
    RETRO,
    WORK,
    WORK_2,
    PixelBlock,
    SceneGeometry,
    X,
    Y,
    Z,
)

_F = np.float32
SHEETING_SPREAD = _F(2.0 / 0.0096**2)  # sheeting returns half as much at 0.0096 rad between lamp and eye
GLOSSY = _F(50.0)  # exponent above which lamps show as highlights
FADED = _F(10.0)  # a highlight is e^-10 of its peak where its exponent times 1 − cosine is this
CLEAR_AIR = 1e-3  # extinction below which the air between lamp and surface does not matter [1/m]


@njit(cache=True, error_model="numpy", inline="always")
def beam_share(across: np.float32, up: np.float32) -> np.float32:
    """Return `lamps.head_lamp_share` in single precision and without branches."""
    zero, one = _F(0.0), _F(1.0)
    cut = _F(-0.010) + min(_F(0.26) * max(zero, -across), _F(0.035))
    square = across * across
    narrow = one / (one + square * _F(1.0 / 0.11))
    edge_of_beam = max(zero, one - square * _F(1.0 / (BEAM_SPREAD * BEAM_SPREAD)))
    wide = (narrow * narrow + _F(0.18) / (one + square * _F(2.0))) * edge_of_beam
    below = cut - up
    depth = max(zero, below)
    steep = depth * _F(1.0 / 0.06)
    beam = wide * (_F(0.86) / (one + steep + _F(0.5) * steep * steep) + _F(0.14) / (one + depth * _F(4.0)))
    edge = min(one, max(zero, (below + _F(0.004)) * _F(1.0 / 0.008)))
    faint = _F(0.012) * wide
    return faint + (beam - faint) * edge


@njit(cache=True, error_model="numpy", inline="always")
def _beam_at(ahead: np.float32, across: np.float32, up: np.float32) -> np.float32:
    """Return what a low beam gives at a place before, left of and above the lamp [1/m²]; see `lamps`."""
    square = ahead * ahead + across * across + up * up
    slope = _F(1.0) / max(ahead, _F(1e-3))
    share = beam_share(across * slope, up * slope) / max(square, _F(0.25))
    return share if ahead * ahead > _F(0.15 * 0.15) * square and ahead > _F(0.0) else _F(0.0)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def reaches(light: NDArray[np.void], n: int, box: NDArray[np.float32]) -> bool:
    """Tell whether a lamp may shine into a box: west, east, south, north, bottom, top [m]."""
    lamp, square, ahead = light[n], 0.0, 0.0
    for k in range(3):
        low, high, at, forward = float(box[2 * k]), float(box[2 * k + 1]), lamp.position[k], lamp.forward[k]
        outside = max(0.0, max(low - at, at - high))
        square += outside * outside
        ahead += max(forward * (low - at), forward * (high - at))  # of the corner that lies farthest ahead
    return square < lamp.reach * lamp.reach and ahead > 0.0


@njit(cache=True, error_model="numpy", inline="always")
def _reached(square: np.float32, per_reach: np.float32) -> np.float32:
    """Return what is left of an intensity at a squared distance: its inverse, faded out at the reach."""
    soft = min(_F(1.0), max(_F(0.0), _F(4.0) * (_F(1.0) - square * per_reach)))
    return soft / max(square, _F(0.25))


@njit(cache=True, error_model="numpy")
def share_of_lamp(light: NDArray[np.void], n: int, extinction: float, count: int, px: NDArray[np.float32]) -> None:
    """Write into WORK what surfaces facing a lamp get, as a share of its color [lx/cd]; see `lamps.light_at`.

    WORK_2 becomes the inverse of their distance from it [1/m].
    """
    zero, one = _F(0.0), _F(1.0)
    lamp = light[n]
    at, forward, upward = lamp.position, lamp.forward, lamp.up
    at_x, at_y, at_z = _F(at[0]), _F(at[1]), _F(at[2])
    fx, fy, fz = _F(forward[0]), _F(forward[1]), _F(forward[2])
    ux, uy, uz = _F(upward[0]), _F(upward[1]), _F(upward[2])
    lx, ly, lz = uy * fz - uz * fy, uz * fx - ux * fz, ux * fy - uy * fx  # left = up × forward
    reach, kind, thinning = lamp.reach, lamp.kind, _F(-extinction)
    per_reach, half = _F(1.0 / (reach * reach)), _F(lamp.half)
    if kind == HEAD_LAMP:
        for i in range(count):
            dx, dy, dz = at_x - px[X + i], at_y - px[Y + i], at_z - px[Z + i]
            square = dx * dx + dy * dy + dz * dz
            ahead = -(dx * fx + dy * fy + dz * fz)
            across, up = -(dx * lx + dy * ly + dz * lz), -(dx * ux + dy * uy + dz * uz)
            share = _beam_at(ahead, across - half, up) + _beam_at(ahead, across + half, up)
            soft = min(one, max(zero, _F(4.0) * (one - square * per_reach)))
            px[WORK + i] = _F(0.5) * share * soft
            px[WORK_2 + i] = one / math.sqrt(max(square, _F(1e-4)))
    else:
        street = _F(1.0) if kind == STREET_LAMP else zero
        level, slope = (_F(0.75), _F(1.6)) if kind == STREET_LAMP else (zero, zero)
        for i in range(count):
            dx, dy, dz = at_x - px[X + i], at_y - px[Y + i], at_z - px[Z + i]
            square = dx * dx + dy * dy + dz * dz
            inverse = one / math.sqrt(max(square, _F(1e-4)))
            ahead = -(dx * fx + dy * fy + dz * fz) * inverse
            lantern = (level + slope * (one - ahead * ahead)) * min(one, (ahead - _F(0.05)) * _F(1.0 / 0.30))
            share = lantern if street > zero else ahead
            px[WORK + i] = max(zero, share) * _reached(square, per_reach)
            px[WORK_2 + i] = inverse
    if extinction > CLEAR_AIR:
        for i in range(count):
            px[WORK + i] *= exp(thinning / px[WORK_2 + i])


@njit(cache=True, error_model="numpy")
def add_lamp(light: NDArray[np.void], n: int, count: int, px: NDArray[np.float32]) -> None:
    """Add to the illuminance of a stretch of pixels what `share_of_lamp` found."""
    zero = _F(0.0)
    at, intensity = light[n].position, light[n].intensity
    at_x, at_y, at_z = _F(at[0]), _F(at[1]), _F(at[2])
    red, green, blue = _F(intensity[0]), _F(intensity[1]), _F(intensity[2])
    for i in range(count):
        dx, dy, dz = at_x - px[X + i], at_y - px[Y + i], at_z - px[Z + i]
        incident = (px[NORMAL_X + i] * dx + px[NORMAL_Y + i] * dy + px[NORMAL_Z + i] * dz) * px[WORK_2 + i]
        lux = max(zero, incident) * px[WORK + i] * px[OPEN + i]
        px[LUX_R + i] += lux * red
        px[LUX_G + i] += lux * green
        px[LUX_B + i] += lux * blue


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def add_highlight(light: NDArray[np.void], n: int, count: int, px: NDArray[np.float32]) -> None:
    """Add a lamp's highlights to the luminance of a stretch of glossy pixels."""
    zero, one, per_lobe = _F(0.0), _F(1.0), _F(1.0 / (8.0 * math.pi))
    at, intensity = light[n].position, light[n].intensity
    at_x, at_y, at_z = _F(at[0]), _F(at[1]), _F(at[2])
    red, green, blue = _F(intensity[0]), _F(intensity[1]), _F(intensity[2])
    for i in range(count):
        nx, ny, nz, exponent = px[NORMAL_X + i], px[NORMAL_Y + i], px[NORMAL_Z + i], px[EXPONENT + i]
        dx, dy, dz = at_x - px[X + i], at_y - px[Y + i], at_z - px[Z + i]
        inverse = one / math.sqrt(max(_F(1e-4), dx * dx + dy * dy + dz * dz))
        tx, ty, tz = dx * inverse, dy * inverse, dz * inverse
        incident = max(zero, nx * tx + ny * ty + nz * tz)
        hx, hy, hz = tx + px[EYE_X + i], ty + px[EYE_Y + i], tz + px[EYE_Z + i]
        peak = (nx * hx + ny * hy + nz * hz) / max(_F(1e-6), math.sqrt(hx * hx + hy * hy + hz * hz))
        lobe = px[REFLECTANCE + i] * (exponent + _F(8.0)) * per_lobe * power(peak, exponent) * incident * px[WORK + i]
        lobe = lobe if exponent > GLOSSY and exponent * (one - peak) < FADED else zero
        px[OUT_R + i] += lobe * red
        px[OUT_G + i] += lobe * green
        px[OUT_B + i] += lobe * blue


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def add_return(light: NDArray[np.void], n: int, ground: bool, count: int, px: NDArray[np.float32]) -> None:
    """Add to the luminance of a stretch of pixels what they return to the ego's own lamps.

    Ground returns by its beads and stones, whatever it faces; sheeting in its color, near the line of sight.
    """
    one = _F(1.0)
    at, intensity = light[n].position, light[n].intensity
    at_x, at_y, at_z = _F(at[0]), _F(at[1]), _F(at[2])
    lamp_r, lamp_g, lamp_b = _F(intensity[0]), _F(intensity[1]), _F(intensity[2])
    if ground:
        for i in range(count):
            back = px[RETRO + i] * px[WORK + i]
            px[OUT_R + i] += back * lamp_r
            px[OUT_G + i] += back * lamp_g
            px[OUT_B + i] += back * lamp_b
        return
    for i in range(count):
        dx, dy, dz = at_x - px[X + i], at_y - px[Y + i], at_z - px[Z + i]
        inverse = one / math.sqrt(max(_F(1e-4), dx * dx + dy * dy + dz * dz))
        faces = px[NORMAL_X + i] * dx + px[NORMAL_Y + i] * dy + px[NORMAL_Z + i] * dz > _F(0.0)
        cosine = (dx * px[EYE_X + i] + dy * px[EYE_Y + i] + dz * px[EYE_Z + i]) * inverse
        red, green, blue = px[RED + i], px[GREEN + i], px[BLUE + i]
        back = px[RETRO + i] * px[FACING + i] / max(_F(0.05), max(red, max(green, blue)))
        back *= px[WORK + i] / (one + (one - cosine) * SHEETING_SPREAD)
        back = back if faces else _F(0.0)
        px[OUT_R + i] += back * red * lamp_r
        px[OUT_G + i] += back * green * lamp_g
        px[OUT_B + i] += back * blue * lamp_b


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def light_by_lamps(
    bodies: SceneGeometry,
    around: Illumination,
    table: NDArray[np.void],
    block: PixelBlock,
    found: NDArray[np.int32],
    px: NDArray[np.float32],
) -> None:
    """Add a block's illuminance by local lamps, their highlights, and what returns to the ego's own lamps.

    Neighboring runs are lit together as long as they are ground, the ego's own body or glossy alike.

    Args:
        bodies: Geometry.
        around: Light.
        table: See `surfaces.surface_table`.
        block: What its pixels show.
        found: Room for the lamps of a stretch. Shape (num_lights,).
        px: See `pixel_planes`.
    """
    tri, run, num_runs = block.triangle, block.run, block.num_runs
    semantic, part, part_actor, material = bodies.semantic, bodies.part, bodies.part_actor, bodies.material
    light, own, extinction = around.lamps.light, around.lamps.own_lamps, around.extinction
    cells, corner = around.lamps.cell_light, around.lamps.corner
    box = np.empty(6, np.float32)
    n = 0
    while n < num_runs:
        begin, t = n, tri[run[n]]
        n += 1
        if t < 0:
            continue
        ground, own_body = is_ground(int(semantic[t])), part_actor[part[t]] == 0
        glossy = table[material[t]].exponent > GLOSSY and table[material[t]].reflectance > 0.0
        while n < num_runs and tri[run[n]] >= 0:
            t = tri[run[n]]
            if is_ground(int(semantic[t])) != ground or (part_actor[part[t]] == 0) != own_body:
                break
            if (table[material[t]].exponent > GLOSSY and table[material[t]].reflectance > 0.0) != glossy:
                break
            n += 1
        for first in range(run[begin], run[n], STRETCH):
            count, here = min(STRETCH, run[n] - first), px[first:]
            bound_pixels(count, here, box)
            for k in range(-1, list_items(cells, corner, CELL_STRIDE, count, here, found)):
                lamp = own if k < 0 else found[k]
                if lamp < 0 or (k < 0 and own_body) or not reaches(light, lamp, box):  # the ego lights not itself
                    continue
                share_of_lamp(light, lamp, extinction, count, here)
                add_lamp(light, lamp, count, here)
                if glossy:
                    add_highlight(light, lamp, count, here)
                if k < 0:
                    add_return(light, lamp, ground, count, here)
