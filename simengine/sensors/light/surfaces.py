"""What surfaces look like in visible light: albedo, gloss and retro-reflection of materials, and who is painted how.

Albedo is linear sRGB. Asphalt, concrete, soil, grass and snow follow Oke, "Boundary Layer Climates",
table 1.1; paint and
sign sheeting EN 1436 and EN 12899-1; glass, plastics and lacquer reflect 4 % head-on (refractive index 1.5), metals as
their optical constants say; the rest was chosen by eye.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.mesh import Material
from simengine.sensors.base.noise import lattice_value
from simengine.sensors.light import textures
from simengine.sensors.raster.pixel_planes import (
    BLUE,
    EXPONENT,
    FILM,
    FOOTPRINT,
    GREEN,
    LOCAL_NZ,
    LOCAL_X,
    LOCAL_Y,
    LOCAL_Z,
    RED,
    REFLECTANCE,
    RETRO,
    WORK,
    PixelBlock,
    SceneGeometry,
    barycentric_slopes,
)

_SURFACE_FIELDS = np.dtype(
    [
        ("albedo", np.float64, (3,)),  # linear sRGB
        ("reflectance", np.float64),  # head-on
        ("exponent", np.float64),  # of the highlight (Blinn and Phong)
        ("retro", np.float64),  # retro-reflection [cd/(m² lx)]
        ("mottle", np.float64),  # strength
        ("mottle_size", np.float64),  # [m]
    ],
    align=True,
)
SURFACE = np.dtype((np.record, _SURFACE_FIELDS))  # so that Python too reads fields as attributes

# The fields of SURFACE. Retro-reflection: road paint R_L 0.15 (EN 1436 R3), asphalt 0.006; sheeting R_A 250 and 70 (EN
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
    Material.TIRE: ((0.022, 0.022, 0.023), 0.03, 14.0, 0.0, 0.25, 0.04),
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
BRICK_SHARE = 0.18  # of the houses
_F = np.float32
_FRAME_FOOTPRINT = _F(0.12)  # coarser pixels show no window frames [m]
_LEVEL = _F(0.9)  # upward component of the normal above which a floor's joints show


def surface_table() -> NDArray[np.void]:
    """Return the look of every material. Shape (num_materials,), dtype `SURFACE`."""
    table = np.zeros(max(Material) + 1, SURFACE)
    for material, look in _LOOKS.items():
        table[material] = look
    return table


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def facade_color(pick: float) -> tuple[float, float, float]:
    """Return a plaster or brick color for a number in [0, 1)."""
    if pick < BRICK_SHARE:
        return 0.30, 0.125, 0.080  # brick
    if pick < 0.34:
        return 0.56, 0.48, 0.34  # sandstone
    if pick < 0.50:
        return 0.62, 0.58, 0.50  # cream
    if pick < 0.64:
        return 0.40, 0.38, 0.36  # concrete gray
    if pick < 0.78:
        return 0.55, 0.38, 0.20  # ochre
    if pick < 0.90:
        return 0.36, 0.40, 0.42  # blue gray
    return 0.62, 0.60, 0.58  # white


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def person_color(material: int, pick: float) -> tuple[float, float, float]:
    """Return the color of skin, hair or trousers for a number in [0, 1)."""
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
def plain_albedo(
    table: NDArray[np.void], material: int, seed: int, instance: int, red: float, green: float, blue: float
) -> tuple[float, float, float]:
    """Return the albedo of a surface before its texture.

    Args:
        table: See `surface_table`. Shape (num_materials,).
        material: Material.
        seed: Of the episode's appearance.
        instance: Of the object.
        red: Of the actor's paint, linear sRGB.
        green: Likewise.
        blue: Likewise.
    """
    if material in (_CAR_PAINT, _UPPER):
        return red, green, blue
    if material in (_LOWER, _SKIN, _HAIR):
        return person_color(material, lattice_value(instance, seed & 0xFFFF, 47 + material))
    if material == _FACADE:
        return facade_color(lattice_value(instance, seed & 0xFFFF, 31))
    albedo = table[material].albedo
    r, g, b = albedo[0], albedo[1], albedo[2]
    if material == _LEAF:
        pick = lattice_value(instance, seed & 0xFFFF, 19)
        return r + 0.035 * pick * pick, g + 0.02 * (pick - 0.5), b
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
def _frame_window(
    vertex: NDArray[np.float32],
    triangle: NDArray[np.int32],
    t: int,
    second: bool,
    slopes: NDArray[np.float64],
    count: int,
    px: NDArray[np.float32],
) -> None:
    """Paint the frame of a window where pixels are fine enough to show it.

    Args:
        vertex: Object frame [m]. Shape (num_vertices, 3).
        triangle: Rows of `vertex`. Shape (num_triangles, 3).
        t: The triangle that is seen.
        second: It is the second of its window's two.
        slopes: For own use. Shape (2, 3).
        count: Pixels of the run.
        px: See `pixel_planes`; from the run's first pixel on.
    """
    barycentric_slopes(vertex, triangle, t, slopes)
    a = triangle[t, 0]
    for i in range(count):
        if px[FOOTPRINT + i] >= _FRAME_FOOTPRINT:
            continue
        x, y, z = px[LOCAL_X + i] - vertex[a, 0], px[LOCAL_Y + i] - vertex[a, 1], px[LOCAL_Z + i] - vertex[a, 2]
        w1 = slopes[0, 0] * x + slopes[0, 1] * y + slopes[0, 2] * z
        w2 = slopes[1, 0] * x + slopes[1, 1] * y + slopes[1, 2] * z
        if window_frame(w1, w2, second):
            px[RED + i], px[GREEN + i], px[BLUE + i] = _F(0.62), _F(0.61), _F(0.58)
            px[REFLECTANCE + i], px[EXPONENT + i] = _F(0.0), _F(1.0)


@njit(cache=True, error_model="numpy")
def texture_pixels(
    table: NDArray[np.void], material: int, seed: int, instance: int, count: int, px: NDArray[np.float32]
) -> None:
    """Vary the plain albedo of a run of pixels by the texture of their material.

    Args:
        table: See `surface_table`.
        material: Material.
        seed: Of the episode's appearance.
        instance: Of the object.
        count: Pixels of the run.
        px: See `pixel_planes`; from the run's first pixel on. For leaves WORK holds the tone of each pixel's own leaf.
    """
    finest = px[FOOTPRINT]
    for i in range(count):
        finest = min(finest, px[FOOTPRINT + i])
    if material == _ASPHALT:
        textures.asphalt(finest, count, px)
    elif material == _GRASS:
        textures.grass(finest, count, px)
    elif material == _LEAF:
        textures.leaves(finest, count, px)
    elif material == _FACADE:
        textures.facade(lattice_value(instance, seed & 0xFFFF, 31) < BRICK_SHARE, finest, count, px)
    elif material == _ROOF:
        textures.roof(lattice_value(instance, seed & 0xFFFF, 41), count, px)
    elif material == _PLATE:
        textures.plate(instance, count, px)
    else:
        if material in (_CONCRETE, _FLOOR) and px[LOCAL_NZ] > _LEVEL:
            textures.slabs(_F(1.5) if material == _CONCRETE else _F(4.0), finest, count, px)
        strength, size = table[material].mottle, table[material].mottle_size
        if strength > 0.0 and finest < 0.8 * size:
            along = 0.2 if material in (_WOOD, _CARDBOARD) else 1.0
            textures.mottle(_F(strength), _F(size), _F(along), count, px)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def paint_surfaces(
    bodies: SceneGeometry, table: NDArray[np.void], seed: int, block: PixelBlock, px: NDArray[np.float32]
) -> None:
    """Fill a block's albedo, gloss and retro-reflection.

    Neighboring runs of one material and object are textured together.

    Args:
        bodies: Geometry.
        table: See `surface_table`.
        seed: Of the episode's appearance.
        block: What its pixels show.
        px: See `pixel_planes`.
    """
    tri, run, num_runs = block.triangle, block.run, block.num_runs
    materials, parts, part_actor, part_instance = bodies.material, bodies.part, bodies.part_actor, bodies.part_instance
    seeds, color, vertex, triangle = bodies.triangle_seed, bodies.actors.color, bodies.vertex, bodies.triangle
    slopes = np.empty((2, 3))
    n = 0
    while n < num_runs:
        t = tri[run[n]]
        if t < 0:
            n += 1
            continue
        material, part = int(materials[t]), parts[t]
        a, instance = part_actor[part], int(part_instance[part])
        level = px[LOCAL_NZ + run[n]] > _LEVEL
        begin, after = n, n + 1
        while after < num_runs:
            other = tri[run[after]]
            if other < 0 or materials[other] != material or part_instance[parts[other]] != instance:
                break
            if (px[LOCAL_NZ + run[after]] > _LEVEL) != level:
                break
            after += 1
        n = after
        count, here = run[after] - run[begin], px[run[begin] :]
        pr, pg, pb = 0.5, 0.5, 0.5
        if a >= 0:
            pr, pg, pb = float(color[a, 0]), float(color[a, 1]), float(color[a, 2])
        red, green, blue = plain_albedo(table, material, seed, instance, pr, pg, pb)
        r, g, b = _F(red), _F(green), _F(blue)
        look = table[material]
        reflectance, exponent, retro = _F(look.reflectance), _F(look.exponent), _F(look.retro)
        for i in range(count):
            here[RED + i], here[GREEN + i], here[BLUE + i] = r, g, b
            here[REFLECTANCE + i], here[EXPONENT + i], here[RETRO + i] = reflectance, exponent, retro
            here[FILM + i] = _F(0.0)
        if material == _LEAF:
            for k in range(begin, after):
                tone = _F(0.80) + _F(0.40 / 255.0) * _F(seeds[tri[run[k]]] & np.uint32(0xFF))
                leaf = px[run[k] :]
                for i in range(run[k + 1] - run[k]):
                    leaf[WORK + i] = tone
        texture_pixels(table, material, seed, instance, count, here)
        if material == _WINDOW:
            for k in range(begin, after):
                pane = tri[run[k]]
                _frame_window(vertex, triangle, pane, (seeds[pane] & 1) == 1, slopes, run[k + 1] - run[k], px[run[k] :])
