"""What surfaces look like in visible light: albedo, gloss, retro-reflection, and their texture by position.

Albedo is linear sRGB. Asphalt, concrete, soil, grass and snow follow Oke, "Boundary Layer Climates",
table 1.1; paint and
sign sheeting EN 1436 and EN 12899-1; glass, plastics and lacquer reflect 4 % head-on (refractive index 1.5), metals as
their optical constants say; the rest was chosen by eye.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.mesh import Material
from simengine.sensors.noise import fractal_noise, lattice_value, smooth_step, solid_noise, value_noise
from simengine.sensors.points import (
    BLUE,
    EXPONENT,
    FILM,
    FOOTPRINT,
    GREEN,
    LOCAL_NX,
    LOCAL_NY,
    LOCAL_NZ,
    LOCAL_X,
    LOCAL_Y,
    LOCAL_Z,
    RED,
    REFLECTANCE,
    RETRO,
    Bodies,
    barycentric,
)

# Columns of the table: albedo (RGB), reflectance, exponent, retro-reflection, strength and size of the mottle.
NUM_COLUMNS = 8

# Albedo, reflectance head-on, Blinn–Phong exponent of the highlight, retro-reflection [cd/(m² lx)], strength and
# size [m] of a mottle. Retro-reflection: road paint R_L 0.15 (EN 1436 R3), asphalt 0.006; sheeting R_A 250 and 70 (EN
# 12899-1 RA2, RA1).
_LOOKS: dict[Material, tuple[tuple[float, float, float], float, float, float, float, float]] = {
    Material.ASPHALT: ((0.082, 0.081, 0.080), 0.02, 12.0, 0.006, 0.0, 1.0),
    Material.CONCRETE: ((0.34, 0.33, 0.31), 0.03, 16.0, 0.02, 0.14, 0.6),
    Material.PAINT_WHITE: ((0.68, 0.68, 0.66), 0.03, 16.0, 0.15, 0.16, 0.12),
    Material.PAINT_YELLOW: ((0.62, 0.40, 0.04), 0.03, 16.0, 0.12, 0.16, 0.12),
    Material.GRASS: ((0.072, 0.125, 0.030), 0.0, 1.0, 0.0, 0.0, 1.0),
    Material.SOIL: ((0.19, 0.135, 0.085), 0.0, 1.0, 0.0, 0.35, 0.5),
    Material.CAR_PAINT: ((0.5, 0.5, 0.5), 0.045, 700.0, 0.0, 0.0, 1.0),
    Material.GLASS: ((0.012, 0.014, 0.016), 0.06, 2500.0, 0.0, 0.0, 1.0),
    Material.TYRE: ((0.022, 0.022, 0.023), 0.03, 14.0, 0.0, 0.25, 0.04),
    Material.RIM: ((0.33, 0.33, 0.34), 0.35, 80.0, 0.0, 0.0, 1.0),
    Material.HEADLAMP: ((0.55, 0.56, 0.58), 0.08, 900.0, 2.0, 0.0, 1.0),
    Material.TAIL_LAMP: ((0.33, 0.012, 0.012), 0.05, 900.0, 10.0, 0.0, 1.0),
    Material.INDICATOR: ((0.60, 0.22, 0.02), 0.05, 900.0, 3.0, 0.0, 1.0),
    Material.CHROME: ((0.30, 0.30, 0.31), 0.60, 600.0, 0.0, 0.0, 1.0),
    Material.PLASTIC_DARK: ((0.025, 0.025, 0.027), 0.035, 30.0, 0.0, 0.12, 0.05),
    Material.SKIN: ((0.46, 0.27, 0.19), 0.025, 18.0, 0.0, 0.0, 1.0),
    Material.CLOTH_UPPER: ((0.3, 0.3, 0.3), 0.0, 1.0, 0.0, 0.18, 0.06),
    Material.CLOTH_LOWER: ((0.05, 0.06, 0.10), 0.0, 1.0, 0.0, 0.18, 0.06),
    Material.HAIR: ((0.035, 0.022, 0.014), 0.02, 14.0, 0.0, 0.3, 0.03),
    Material.FUR: ((0.20, 0.118, 0.060), 0.0, 1.0, 0.2, 0.35, 0.07),
    Material.FACADE: ((0.45, 0.38, 0.30), 0.0, 1.0, 0.0, 0.0, 1.0),
    Material.WINDOW: ((0.025, 0.030, 0.035), 0.07, 2500.0, 0.0, 0.0, 1.0),
    Material.ROOF: ((0.23, 0.085, 0.055), 0.01, 10.0, 0.0, 0.0, 1.0),
    Material.BARK: ((0.105, 0.075, 0.050), 0.0, 1.0, 0.0, 0.5, 0.08),
    Material.LEAF: ((0.060, 0.108, 0.024), 0.0, 1.0, 0.0, 0.0, 1.0),
    Material.METAL: ((0.40, 0.41, 0.42), 0.10, 40.0, 0.0, 0.08, 0.5),
    Material.SIGN_FACE: ((0.50, 0.016, 0.020), 0.04, 200.0, 60.0, 0.0, 1.0),
    Material.SIGNAL_RED: ((0.10, 0.006, 0.006), 0.05, 500.0, 0.0, 0.0, 1.0),
    Material.SIGNAL_AMBER: ((0.12, 0.060, 0.004), 0.05, 500.0, 0.0, 0.0, 1.0),
    Material.SIGNAL_GREEN: ((0.004, 0.080, 0.050), 0.05, 500.0, 0.0, 0.0, 1.0),
    Material.WOOD: ((0.33, 0.215, 0.115), 0.0, 1.0, 0.0, 0.3, 0.10),
    Material.CARDBOARD: ((0.40, 0.265, 0.145), 0.0, 1.0, 0.0, 0.10, 0.3),
    Material.CONE_ORANGE: ((0.78, 0.135, 0.018), 0.04, 60.0, 1.0, 0.05, 0.2),
    Material.REFLECTIVE_WHITE: ((0.72, 0.72, 0.70), 0.04, 200.0, 150.0, 0.0, 1.0),
    Material.FLOOR: ((0.30, 0.30, 0.285), 0.04, 90.0, 0.0, 0.10, 1.2),
    Material.SHELF_METAL: ((0.030, 0.085, 0.26), 0.05, 60.0, 0.0, 0.05, 0.3),
    Material.LICENSE_PLATE: ((0.68, 0.68, 0.62), 0.04, 200.0, 70.0, 0.0, 1.0),
}

_ASPHALT, _GRASS, _FACADE, _ROOF, _LEAF = (
    int(m) for m in (Material.ASPHALT, Material.GRASS, Material.FACADE, Material.ROOF, Material.LEAF)
)
_CONCRETE, _FLOOR, _PLATE, _CAR_PAINT = (
    int(m) for m in (Material.CONCRETE, Material.FLOOR, Material.LICENSE_PLATE, Material.CAR_PAINT)
)
_UPPER, _LOWER, _SKIN, _HAIR = (
    int(m) for m in (Material.CLOTH_UPPER, Material.CLOTH_LOWER, Material.SKIN, Material.HAIR)
)
_WOOD, _CARDBOARD, _WINDOW = int(Material.WOOD), int(Material.CARDBOARD), int(Material.WINDOW)


def surface_table() -> NDArray[np.float64]:
    """Return the look of every material. Shape (num_materials, NUM_COLUMNS)."""
    table = np.zeros((max(Material) + 1, NUM_COLUMNS))
    for material, (albedo, reflectance, exponent, retro, grain, size) in _LOOKS.items():
        table[material] = (*albedo, reflectance, exponent, retro, grain, size)
    return table


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def facade_color(pick: float) -> tuple[float, float, float]:
    """Return a plaster or brick colour for a number in [0, 1)."""
    if pick < 0.18:
        return 0.30, 0.125, 0.080  # brick
    if pick < 0.34:
        return 0.56, 0.48, 0.34  # sandstone
    if pick < 0.50:
        return 0.62, 0.58, 0.50  # cream
    if pick < 0.64:
        return 0.40, 0.38, 0.36  # concrete grey
    if pick < 0.78:
        return 0.55, 0.38, 0.20  # ochre
    if pick < 0.90:
        return 0.36, 0.40, 0.42  # blue grey
    return 0.62, 0.60, 0.58  # white


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def person_color(material: int, pick: float) -> tuple[float, float, float]:
    """Return the colour of skin, hair or trousers for a number in [0, 1)."""
    if material == _SKIN:
        t = pick * pick
        return 0.52 - 0.40 * t, 0.31 - 0.255 * t, 0.22 - 0.19 * t
    if material == _HAIR:
        if pick < 0.55:
            return 0.020, 0.014, 0.010
        if pick < 0.80:
            return 0.085, 0.046, 0.022
        if pick < 0.92:
            return 0.30, 0.20, 0.09
        return 0.32, 0.31, 0.30
    if pick < 0.45:
        return 0.035, 0.050, 0.100  # denim
    if pick < 0.70:
        return 0.022, 0.022, 0.024
    if pick < 0.88:
        return 0.20, 0.16, 0.11  # khaki
    return 0.12, 0.12, 0.125


@njit(cache=True, error_model="numpy")
def fade(footprint: float, size: float) -> float:
    """Return how much of a pattern of a size survives in a pixel that covers `footprint`, 0..1."""
    return min(1.0, max(0.0, 1.6 - 2.0 * footprint / size))


@njit(cache=True, error_model="numpy")
def textured_albedo(
    table: NDArray[np.float64], lattice: NDArray[np.float32], material: int, x: float, y: float, z: float, nx: float,
    ny: float, nz: float,
    seed: int, instance: int, triangle_seed: int, footprint: float, red: float, green: float, blue: float,
) -> tuple[float, float, float]:
    """Return the albedo of a point of a surface.

    Args:
        table: See `surface_table`.
        lattice: See `noise.lattice_table`.
        material: Material.
        x: Point in the frame of its object [m].
        y: [m].
        z: [m].
        nx: Unit normal in that frame.
        ny: Its second component.
        nz: Its third component.
        seed: Of the episode's appearance.
        instance: Of the object.
        triangle_seed: Of the triangle.
        footprint: Edge length of what a pixel covers there [m].
        red: Paint of the actor.
        green: Paint of the actor.
        blue: Paint of the actor.
    """
    r, g, b = table[material, 0], table[material, 1], table[material, 2]
    if material == _CAR_PAINT:
        return red, green, blue
    if material == _ASPHALT:
        tone = 1.0 + 0.34 * (fractal_noise(lattice, 0.16 * x, 0.16 * y, 3, 2) - 0.5)
        near = fade(footprint, 0.09)
        if near > 0.0:
            tone += near * 0.30 * (value_noise(lattice, 24.0 * x, 24.0 * y, 5) - 0.5)
            close = fade(footprint, 0.025)
            if close > 0.0:
                speck = value_noise(lattice, 90.0 * x, 90.0 * y, 7)
                tone += close * (0.9 * max(0.0, speck - 0.72) / 0.28 - 0.35 * max(0.0, 0.3 - speck) / 0.3)
        return r * tone, g * tone, b * tone
    if material == _GRASS:
        broad = fractal_noise(lattice, 0.11 * x, 0.11 * y, 11, 3)
        tone = 0.70 + 0.6 * broad
        dry = smooth_step(0.50, 0.78, fractal_noise(lattice, 0.045 * x + 7.0, 0.045 * y, 13, 2))
        near = fade(footprint, 0.35)
        if near > 0.0:
            tone *= 1.0 + near * 0.9 * (value_noise(lattice, 6.5 * x, 6.5 * y, 15) - 0.5)
            close = fade(footprint, 0.06)
            if close > 0.0:
                tone *= 1.0 + close * 1.1 * (value_noise(lattice, 38.0 * x, 31.0 * y, 17) - 0.5)
        return (r + dry * 0.055) * tone, (g + dry * 0.012) * tone, (b + dry * 0.012) * tone
    if material == _LEAF:
        pick = lattice_value(instance, seed & 0xFFFF, 19)
        tone = 0.80 + 0.40 * float(triangle_seed & 0xFF) / 255.0
        near = fade(footprint, 0.45)
        if near > 0.0:
            tone *= 1.0 + near * 1.1 * (solid_noise(lattice, 4.3 * x, 4.3 * y, 4.3 * z, 23) - 0.5)
            close = fade(footprint, 0.12)
            if close > 0.0:
                tone *= 1.0 + close * 1.6 * (solid_noise(lattice, 15.0 * x, 15.0 * y, 15.0 * z, 29) - 0.5)
        return (r + 0.035 * pick * pick) * tone, (g + 0.02 * (pick - 0.5)) * tone, b * tone
    if material == _FACADE:
        pick = lattice_value(instance, seed & 0xFFFF, 31)
        r, g, b = facade_color(pick)
        along = x * ny - y * nx  # along the wall
        tone = 1.0 + 0.14 * (fractal_noise(lattice, 0.5 * along, 0.35 * z, 33, 2) - 0.5)
        tone *= 0.90 + 0.10 * smooth_step(0.0, 2.5, z)
        if pick < 0.18:
            course = fade(footprint, 0.09)
            if course > 0.0:
                row = math.floor(z / 0.083)
                shift = along / 0.25 + (0.5 if int(row) % 2 else 0.0)
                column = math.floor(shift)
                joint = (z / 0.083 - row < 0.13) or (shift - column < 0.05)
                brick = 1.0 + 0.35 * (lattice_value(int(row), int(column), 37) - 0.5)
                tone *= 1.0 + course * ((1.6 if joint else brick) - 1.0)
        else:
            close = fade(footprint, 0.04)
            if close > 0.0:
                tone *= 1.0 + close * 0.12 * (value_noise(lattice, 45.0 * along, 45.0 * z, 39) - 0.5)
        return r * tone, g * tone, b * tone
    if material == _ROOF:
        pick = lattice_value(instance, seed & 0xFFFF, 41)
        if pick < 0.45 or nz > 0.98:
            r, g, b = (0.115, 0.115, 0.12) if nz > 0.98 or pick < 0.22 else (0.16, 0.11, 0.09)
        course = fade(footprint, 0.32)
        tone = 1.0 + 0.25 * (value_noise(lattice, 0.9 * x, 0.9 * y, 43) - 0.5)
        if course > 0.0 and nz < 0.98:
            rise = z / 0.22
            tone *= 1.0 - course * 0.35 * (1.0 if rise - math.floor(rise) < 0.18 else 0.0)
        return r * tone, g * tone, b * tone
    if material == _UPPER:
        r, g, b = red, green, blue
    elif material in (_LOWER, _SKIN, _HAIR):
        r, g, b = person_color(material, lattice_value(instance, seed & 0xFFFF, 47 + material))
    elif material == _PLATE:
        # Dark characters on the plate: cells along its long side.
        cell, row = y / 0.052, z / 0.11
        close = fade(footprint, 0.03)
        glyph = lattice_value(int(math.floor(cell)), int(math.floor(3.0 * (cell - math.floor(cell)))), instance + 61)
        inside = 0.12 < cell - math.floor(cell) < 0.88 and abs(y) < 0.21
        stroke = 0.35 + 0.3 * value_noise(lattice, 70.0 * y, 70.0 * z + 9.0 * row, instance + 67) + 0.2 * glyph
        tone = 1.0 - close * (0.9 if inside and stroke > 0.62 else 0.0)
        return r * tone, g * tone, b * tone
    elif material in (_CONCRETE, _FLOOR) and nz > 0.9:
        # Slabs with joints.
        slab = 1.5 if material == _CONCRETE else 4.0
        joint = fade(footprint, 0.03)
        u, v = x / slab, y / slab
        if joint > 0.0:
            edge = min(min(u - math.floor(u), math.ceil(u) - u), min(v - math.floor(v), math.ceil(v) - v)) * slab
            if edge < 0.008:
                r, g, b = r * (1.0 - 0.45 * joint), g * (1.0 - 0.45 * joint), b * (1.0 - 0.45 * joint)
    grain, size = table[material, 6], table[material, 7]
    if grain > 0.0:
        near = fade(footprint, size)
        if near > 0.0:
            step = 2.0 / size
            along = 0.2 * step if material in (_WOOD, _CARDBOARD) else step
            tone = 1.0 + near * grain * 2.0 * (solid_noise(lattice, along * x, step * y, step * z, 53) - 0.5)
            r, g, b = r * tone, g * tone, b * tone
    return r, g, b


@njit(cache=True, error_model="numpy")
def window_frame(w1: float, w2: float, second: bool) -> bool:
    """Tell whether a point of a window lies on its frame or mullion.

    Args:
        w1: Barycentric weight of the second corner.
        w2: Of the third corner.
        second: The point lies in the quadrilateral's second triangle.
    """
    u, v = (w1, w1 + w2) if second else (w1 + w2, w2)
    return u < 0.05 or u > 0.95 or v < 0.05 or v > 0.95 or abs(u - 0.5) < 0.02


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def paint_surfaces(
    bodies: Bodies, table: NDArray[np.float64], lattice: NDArray[np.float32], seed: int, nearest: NDArray[np.int32],
    row: int, run: NDArray[np.int32], num_runs: int, px: NDArray[np.float64],
) -> None:
    """Fill a row's albedo, gloss and retro-reflection.

    Args:
        bodies: Geometry.
        table: See `surface_table`.
        lattice: See `noise.lattice_table`.
        seed: Of the episode's appearance.
        nearest: Triangle, −1 or UNSEEN. Shape (height, width).
        row: Of the image.
        run: See `points.find_runs`.
        num_runs: See `points.find_runs`.
        px: See `points`.
    """
    materials, parts, part_actor, part_instance = bodies.material, bodies.part, bodies.part_actor, bodies.part_instance
    seeds, color, vertex, triangle = bodies.triangle_seed, bodies.actor_color, bodies.vertex, bodies.triangle
    for n in range(num_runs):
        t = nearest[row, run[n]]
        if t < 0:
            continue
        material, part, triangle_seed = int(materials[t]), parts[t], int(seeds[t])
        a, instance = part_actor[part], int(part_instance[part])
        pr, pg, pb = 0.5, 0.5, 0.5
        if a >= 0:
            pr, pg, pb = float(color[a, 0]), float(color[a, 1]), float(color[a, 2])
        reflectance, exponent, retro = table[material, 3], table[material, 4], table[material, 5]
        for column in range(run[n], run[n + 1]):
            x, y, z = px[LOCAL_X, column], px[LOCAL_Y, column], px[LOCAL_Z, column]
            footprint = px[FOOTPRINT, column]
            px[RED, column], px[GREEN, column], px[BLUE, column] = textured_albedo(
                table, lattice, material, x, y, z, px[LOCAL_NX, column], px[LOCAL_NY, column], px[LOCAL_NZ, column],
                seed, instance, triangle_seed, footprint, pr, pg, pb,
            )
            px[REFLECTANCE, column], px[EXPONENT, column], px[RETRO, column] = reflectance, exponent, retro
            px[FILM, column] = 0.0
            if material == _WINDOW and footprint < 0.12:
                w1, w2 = barycentric(vertex, triangle, t, x, y, z)
                if window_frame(w1, w2, (triangle_seed & 1) == 1):
                    px[RED, column], px[GREEN, column], px[BLUE, column] = 0.62, 0.61, 0.58
                    px[REFLECTANCE, column], px[EXPONENT, column] = 0.0, 1.0
