"""How strongly surfaces return a LiDAR's light at 905 nm: diffuse albedo, roughness, retro-reflection, wet ground.

The value is relative to a white Lambertian surface struck head-on. Rough surfaces follow Oren and Nayar
("Generalization of Lambert's reflectance model", SIGGRAPH 1994), taken where light returns along its own path:
cos θ · (A + B sin θ tan θ) = A cos θ + B sin² θ.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material

# Albedo at 900 nm, facet slope deviation σ [rad], retro-reflected part. Albedo of asphalt with pebbles 0.17, smooth
# concrete 0.24, deciduous leaves 0.60, sand and bare ground 0.50, masonry 0.85 (white), rough wood 0.25, tire rubber
# 0.02, black synthetic rubber 0.05: after Wehr and Lohr, "Airborne laser scanning", ISPRS J. 54 (1999). Textiles and
# skin reflect strongly in the near infrared whatever their color (about 0.5 and 0.6). Other values are our estimates.
# σ of plaster, sandpaper and brick is 30° to 35° in Oren and Nayar's own measurements.
# Retro-reflection relative to white Lambert is π times the coefficient: road paint R_L 150 mcd/(m² lx) (EN 1436, class
# R3) gives 0.47; sign sheeting R_A 250 cd/(lx m²) (EN 12899-1, class RA2) gives 785; plates as class RA1 (70) give 220.
_ROUGH, _HALF_ROUGH, _SMOOTH = 0.6, 0.35, 0.0
_SURFACES: dict[Material, tuple[float, float, float]] = {
    Material.ASPHALT: (0.17, _ROUGH, 0.0),
    Material.CONCRETE: (0.24, _ROUGH, 0.0),
    Material.PAINT_WHITE: (0.60, _HALF_ROUGH, 0.47),
    Material.PAINT_YELLOW: (0.55, _HALF_ROUGH, 0.38),
    Material.GRASS: (0.50, _ROUGH, 0.0),
    Material.SOIL: (0.35, _ROUGH, 0.0),
    Material.CAR_PAINT: (0.04, _SMOOTH, 0.0),  # clear coat; the pigment's part follows the actor's color
    Material.GLASS: (0.04, _SMOOTH, 0.0),
    Material.TIRE: (0.02, _HALF_ROUGH, 0.0),
    Material.RIM: (0.35, _SMOOTH, 0.0),
    Material.HEADLAMP: (0.30, _SMOOTH, 2.0),
    Material.TAIL_LAMP: (0.30, _SMOOTH, 30.0),  # holds the vehicle's reflectors
    Material.INDICATOR: (0.30, _SMOOTH, 2.0),
    Material.CHROME: (0.30, _SMOOTH, 0.0),
    Material.PLASTIC_DARK: (0.05, _HALF_ROUGH, 0.0),
    Material.SKIN: (0.60, _HALF_ROUGH, 0.0),
    Material.CLOTH_UPPER: (0.50, _ROUGH, 0.0),
    Material.CLOTH_LOWER: (0.45, _ROUGH, 0.0),
    Material.HAIR: (0.15, _ROUGH, 0.0),
    Material.FUR: (0.45, _ROUGH, 0.0),
    Material.FACADE: (0.50, _ROUGH, 0.0),
    Material.WINDOW: (0.05, _SMOOTH, 0.0),
    Material.ROOF: (0.25, _ROUGH, 0.0),
    Material.BARK: (0.25, _ROUGH, 0.0),
    Material.LEAF: (0.60, _ROUGH, 0.0),
    Material.METAL: (0.40, _HALF_ROUGH, 0.0),
    Material.SIGN_FACE: (0.50, _SMOOTH, 785.0),
    Material.SIGNAL_RED: (0.10, _SMOOTH, 0.0),
    Material.SIGNAL_AMBER: (0.10, _SMOOTH, 0.0),
    Material.SIGNAL_GREEN: (0.10, _SMOOTH, 0.0),
    Material.WOOD: (0.25, _HALF_ROUGH, 0.0),
    Material.CARDBOARD: (0.50, _HALF_ROUGH, 0.0),
    Material.CONE_ORANGE: (0.60, _SMOOTH, 0.0),
    Material.REFLECTIVE_WHITE: (0.70, _SMOOTH, 220.0),
    Material.FLOOR: (0.35, _HALF_ROUGH, 0.0),
    Material.SHELF_METAL: (0.40, _HALF_ROUGH, 0.0),
    Material.LICENSE_PLATE: (0.60, _SMOOTH, 220.0),
}
_PIGMENT = 0.8  # our estimate: what a paint reflects at 905 nm over its visible luminance; carbon black stays black
_SNOW_ALBEDO, _SNOW_ROUGHNESS = 0.85, 0.6  # Wehr and Lohr: 0.80 to 0.90
_WATER_INDEX = 1.33
_SURFACE_FIELDS = np.dtype(
    [
        ("albedo", np.float64),
        ("roughness", np.float64),  # standard deviation σ of facet slopes [rad]
        ("retro", np.float64),  # retro-reflected part
    ]
)
SURFACE = np.dtype((np.record, _SURFACE_FIELDS))  # how a dry surface sends light back


class TargetSurfaces(NamedTuple):
    """The scene's triangles as a LiDAR's light meets them."""

    normal: NDArray[np.float32]  # unit, part frame. (num_triangles, 3)
    part: NDArray[np.int32]  # (num_triangles,)
    semantic: NDArray[np.uint8]  # label class. (num_triangles,)
    surface: NDArray[np.void]  # SURFACE. (num_triangles,)
    part_instance: NDArray[np.int32]  # instance id. (num_parts,)
    is_ground: NDArray[np.bool_]  # label classes that water and snow lie on. (256,)
    film: float  # share of the ground under water or glaze, 0..1
    snow_cover: float  # share of the ground under snow, 0..1


def surface_table() -> NDArray[np.void]:
    """Return the SURFACE of every material. Shape (num_materials,)."""
    table = np.zeros(max(Material) + 1, SURFACE)
    for material, row in _SURFACES.items():
        table[material] = row
    return table


def paint_albedo(color: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the albedo of painted actors from their linear RGB (num_actors, 3). Shape (num_actors,)."""
    rgb = color.astype(np.float64)
    luminance = 0.2126 * rgb[:, 0] + 0.7152 * rgb[:, 1] + 0.0722 * rgb[:, 2]
    return _SURFACES[Material.CAR_PAINT][0] + _PIGMENT * luminance


def ground_classes() -> NDArray[np.bool_]:
    """Return which label classes lie open to the sky on the ground, so that water and snow cover them. Shape (256,)."""
    ground = np.zeros(256, np.bool_)
    ground[[Semantic.ROAD, Semantic.LANE_MARKING, Semantic.PAVEMENT, Semantic.TERRAIN]] = True
    return ground


@njit(cache=True)
def rough_return(cosine: float, roughness: float) -> float:
    """Return the share that an Oren–Nayar surface of unit albedo sends back along the beam.

    Args:
        cosine: Of the angle between beam and normal, 0..1.
        roughness: Standard deviation of facet slopes [rad].
    """
    variance = roughness * roughness
    a = 1.0 - 0.5 * variance / (variance + 0.33)
    b = 0.45 * variance / (variance + 0.09)
    return a * cosine + b * (1.0 - cosine * cosine)


@njit(cache=True)
def water_transmission(cosine: float) -> tuple[float, float]:
    """Return the unpolarized Fresnel transmission from air into water, and the cosine inside the water."""
    sine = math.sqrt(max(0.0, 1.0 - cosine * cosine)) / _WATER_INDEX
    inside = math.sqrt(1.0 - sine * sine)
    across = (cosine - _WATER_INDEX * inside) / (cosine + _WATER_INDEX * inside)
    along = (_WATER_INDEX * cosine - inside) / (_WATER_INDEX * cosine + inside)
    return 1.0 - 0.5 * (across * across + along * along), inside


@njit(cache=True)
def returned_share(
    cosine: float, albedo: float, roughness: float, retro: float, is_ground: bool, film: float, snow_cover: float
) -> float:
    """Return how much a surface sends back, relative to white Lambert head-on.

    Under a film of water light enters, is reflected and leaves, with what bounces back inside:
    t ρ t / (1 − ρ r) (Hahner et al., "LiDAR snowfall simulation", CVPR 2022, wet ground).

    Args:
        cosine: Of the angle between beam and normal, 0..1.
        albedo: Of the dry surface.
        roughness: Of the dry surface [rad].
        retro: Retro-reflected part of the dry surface.
        is_ground: Water and snow lie on it.
        film: Share of the ground under water or glaze, 0..1.
        snow_cover: Share of the ground under snow, 0..1.
    """
    dry = albedo * rough_return(cosine, roughness) + retro
    if not is_ground:
        return dry
    share = dry
    if film > 0.0:
        transmission, inside = water_transmission(cosine)
        wet = transmission * transmission * albedo * rough_return(inside, roughness)
        wet /= 1.0 - albedo * (1.0 - transmission)
        share += (wet - share) * film
    if snow_cover > 0.0:
        share += (_SNOW_ALBEDO * rough_return(cosine, _SNOW_ROUGHNESS) - share) * snow_cover
    return share
