"""The light of the sky and the sun: a map of the sky's luminance with clouds, the sun's color, the light on surfaces.

Luminance is in cd/m² and illuminance in lx, each as linear sRGB whose Rec. 709 luma is the photometric value.
Distributions: CIE standard general sky (CIE S 011 / ISO 15469), type 12 for the clear and type 1's overcast limit for
the covered sky. Their integrals are scaled to `core.weather.sky_illuminance`.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.weather import Weather, extinction, sky_illuminance, sun_illuminance
from simengine.sensors.base.noise import fractal_noise, smooth_step

SKY_SIZE = 512  # texels of the map's edge
# Optical depth of clear air per air mass at 610, 550 and 465 nm: Rayleigh 0.0088 λ^-4.05 (λ in µm, Leckner 1978) plus
# aerosol 0.10 λ^-1.3 (Ångström, clean continental).
_DEPTH = (0.255, 0.317, 0.464)
GROUND_ALBEDO = 0.18  # of what the sky's light is bounced from: roads, grass, walls
SNOW_ALBEDO = 0.75
FLOOR_ALBEDO = 0.3  # of a hall: `Material.FLOOR`; EN 12464-1 asks floors for 0.2 to 0.6


class SkyLight(NamedTuple):
    """The natural light of an episode."""

    luminance: NDArray[np.float32]  # upper hemisphere; see `sample_sky`. (SKY_SIZE, SKY_SIZE, 3) [cd/m²]
    sun_direction: NDArray[np.float64]  # towards the sun. (3,)
    sun: NDArray[np.float64]  # illuminance of a surface that faces the sun. (3,) [lx]
    sky: NDArray[np.float64]  # illuminance of level ground by the sky alone. (3,) [lx]
    ground: NDArray[np.float64]  # luminance of the ground around. (3,) [cd/m²]
    airlight: NDArray[np.float64]  # luminance of an endless path through hazy air. (3,) [cd/m²]


def luma(r: float, g: float, b: float) -> float:
    """Return the Rec. 709 luma of linear sRGB."""
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@njit(cache=True, error_model="numpy")
def texel_direction(row: int, column: int, size: int) -> tuple[float, float, float, float]:
    """Return the unit direction of a texel of the map and its solid angle [sr].

    The map folds the upper half of an octahedron into a square (Engelhardt and Dachsbacher, "Octahedron environment
    maps", VMV 2008): looking up a direction needs no trigonometry.
    """
    u, v = 2.0 * (column + 0.5) / size - 1.0, 2.0 * (row + 0.5) / size - 1.0
    x, y = 0.5 * (u + v), 0.5 * (u - v)
    z = 1.0 - abs(x) - abs(y)
    length = math.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length, 2.0 / (size * size * length * length * length)


@njit(cache=True, error_model="numpy")
def fill_sky(
    sun_x: float,
    sun_y: float,
    sun_z: float,
    cloud: float,
    day: float,
    city: float,
    layer: int,
    out: NDArray[np.float32],
) -> float:
    """Fill the map with relative luminance and return its illuminance of level ground.

    Args:
        sun_x: Direction towards the sun, east.
        sun_y: North.
        sun_z: Up.
        cloud: Covered fraction.
        day: 1 by day, 0 at night, between them in twilight.
        city: Strength of the glow over a town at night, 0..1.
        layer: Selects the clouds.
        out: Shape (SKY_SIZE, SKY_SIZE, 3).
    """
    size = out.shape[0]
    total = 0.0
    low_sun = 1.0 - smooth_step(0.05, 0.45, sun_z)
    for row in range(size):
        for column in range(size):
            x, y, z, solid = texel_direction(row, column, size)
            cosine = min(1.0, max(-1.0, x * sun_x + y * sun_y + z * sun_z))
            angle = math.acos(cosine)
            clear = (1.0 - math.exp(-0.32 / max(z, 0.02))) * (
                1.0 + 10.0 * (math.exp(-3.0 * angle) - math.exp(-1.5 * math.pi)) + 0.45 * cosine * cosine
            )
            # Color of the clear sky: deep blue overhead, pale at the horizon, warm there around a low sun.
            pale = math.exp(-3.2 * z)
            red, green, blue = 0.42 + 0.46 * pale, 0.66 + 0.30 * pale, 1.35 - 0.10 * pale
            warm = low_sun * math.exp(-4.0 * z) * (0.35 + 0.65 * max(0.0, cosine) ** 3) * day
            red, green, blue = red * (1.0 + 0.75 * warm), green * (1.0 - 0.05 * warm), blue * (1.0 - 0.62 * warm)
            night = 0.25 * (1.0 + 0.8 * pale)
            glow = city * math.exp(-7.0 * z)
            clear = clear * day + (1.0 - day) * night
            red = red * day + (1.0 - day) * (0.55 + 1.9 * glow)
            green = green * day + (1.0 - day) * (0.70 + 1.2 * glow)
            blue = blue * day + (1.0 - day) * (1.25 + 0.5 * glow)
            red, green, blue = clear * red, clear * green, clear * blue
            if cloud > 0.0:
                px, py = x / (z + 0.18), y / (z + 0.18)
                density = fractal_noise(1.3 * px + 40.0, 1.3 * py + 40.0, layer, 5)
                threshold = 0.5 + (0.5 - cloud) * 0.85
                cover = smooth_step(threshold - 0.10, threshold + 0.12, density) if cloud < 1.0 else 1.0
                billow = fractal_noise(2.1 * px + 9.0, 2.1 * py + 3.0, layer + 5, 4) - 0.5
                lit = (1.0 + 2.0 * z) / 3.0 * (1.0 + (0.55 - 0.25 * cloud) * billow)
                bright = 1.05 * clear + (0.55 + 0.5 * z) * (1.0 + 0.9 * billow) * (0.15 + 0.85 * day)
                body = (1.0 - cloud) * bright + cloud * 1.2 * lit
                cover *= smooth_step(0.0, 0.10, z) * (1.0 - cloud) + cloud
                tint = low_sun * day * (0.3 + 0.7 * max(0.0, cosine)) * (1.0 - cloud)
                veil = 0.55 * (1.0 - day) * city
                red += cover * (body * (0.99 + 0.30 * tint + veil) - red)
                green += cover * (body * (1.00 - 0.08 * tint + 0.6 * veil) - green)
                blue += cover * (body * (1.04 - 0.40 * tint) - blue)
            out[row, column, 0], out[row, column, 1], out[row, column, 2] = red, green, blue
            total += solid * z * (0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return total


@njit(cache=True, error_model="numpy")
def scale_sky(factor: float, out: NDArray[np.float32]) -> tuple[float, float, float, float, float, float]:
    """Scale the map in place; return the light on level ground and the mean luminance near the horizon (RGB each)."""
    size = out.shape[0]
    er, eg, eb, hr, hg, hb, weight = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for row in range(size):
        for column in range(size):
            _, _, z, solid = texel_direction(row, column, size)
            near = solid if z < 0.34 else 0.0
            r, g, b = out[row, column, 0] * factor, out[row, column, 1] * factor, out[row, column, 2] * factor
            out[row, column, 0], out[row, column, 1], out[row, column, 2] = r, g, b
            er, eg, eb = er + solid * z * r, eg + solid * z * g, eb + solid * z * b
            hr, hg, hb, weight = hr + near * r, hg + near * g, hb + near * b, weight + near
    return er, eg, eb, hr / weight, hg / weight, hb / weight


@njit(cache=True, error_model="numpy", inline="always")
def blend_texels(
    luminance: NDArray[np.float32], row: int, column: int, v: float, u: float
) -> tuple[float, float, float]:
    """Return the sky's luminance between four texels, `v` of the way down from `row` and `u` across from `column`."""
    w00, w01, w10, w11 = (1.0 - v) * (1.0 - u), (1.0 - v) * u, v * (1.0 - u), v * u
    m, lower, right = luminance, row + 1, column + 1
    return (
        w00 * m[row, column, 0] + w01 * m[row, right, 0] + w10 * m[lower, column, 0] + w11 * m[lower, right, 0],
        w00 * m[row, column, 1] + w01 * m[row, right, 1] + w10 * m[lower, column, 1] + w11 * m[lower, right, 1],
        w00 * m[row, column, 2] + w01 * m[row, right, 2] + w10 * m[lower, column, 2] + w11 * m[lower, right, 2],
    )


@njit(cache=True, error_model="numpy")
def sample_sky(luminance: NDArray[np.float32], x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return the sky's luminance in a unit direction, interpolated; below the horizon, that at the horizon."""
    size = luminance.shape[0]
    z = max(z, 0.0)
    norm = 0.5 * size / (abs(x) + abs(y) + z)
    at_column = min(size - 1.001, max(0.0, (x + y) * norm + 0.5 * size - 0.5))
    at_row = min(size - 1.001, max(0.0, (x - y) * norm + 0.5 * size - 0.5))
    column, row = int(at_column), int(at_row)
    return blend_texels(luminance, row, column, at_row - row, at_column - column)


def sun_color(elevation: float) -> tuple[float, float, float]:
    """Return the color of direct sunlight with luma 1, reddened by the air mass (Kasten–Young 1989)."""
    degrees = max(0.0, math.degrees(elevation))
    mass = 1.0 / (math.sin(math.radians(degrees)) + 0.50572 * (degrees + 6.07995) ** -1.6364)
    mass = min(mass, 12.0)
    r, g, b = (math.exp(-depth * mass) for depth in _DEPTH)
    norm = luma(r, g, b)
    return r / norm, g / norm, b / norm


def _light_of_hall(illuminance: float) -> SkyLight:
    """Build the light under a roof: as much from everywhere above, white, and what the floor sends back."""
    even = np.full(3, illuminance / math.pi)
    return SkyLight(
        np.full((SKY_SIZE, SKY_SIZE, 3), illuminance / math.pi, np.float32), np.array([0.0, 0.0, 1.0]), np.zeros(3),
        np.full(3, illuminance), even * FLOOR_ALBEDO, even * 0.5,
    )  # fmt: skip


def light_of_weather(weather: Weather, layer: int) -> SkyLight:
    """Build the light of a weather, natural or that of a hall's lamps; `layer` selects the clouds."""
    if weather.hall_light > 0.0:
        return _light_of_hall(weather.hall_light)
    level = math.cos(weather.sun_elevation)
    direction = np.array(
        [level * math.cos(weather.sun_azimuth), level * math.sin(weather.sun_azimuth), math.sin(weather.sun_elevation)]
    )
    degrees = math.degrees(weather.sun_elevation)
    day = min(1.0, max(0.0, (degrees + 9.0) / 9.0))
    luminance = np.empty((SKY_SIZE, SKY_SIZE, 3), np.float32)
    total = fill_sky(
        float(direction[0]),
        float(direction[1]),
        float(max(0.0, direction[2])),
        weather.cloud,
        day,
        weather.street_lights,
        layer,
        luminance,
    )
    er, eg, eb, hr, hg, hb = scale_sky(sky_illuminance(weather) / total, luminance)
    color = sun_color(weather.sun_elevation)
    power = sun_illuminance(weather)
    sun = np.array([power * c for c in color])
    sky = np.array([er, eg, eb])
    albedo = GROUND_ALBEDO + (SNOW_ALBEDO - GROUND_ALBEDO) * weather.snow_cover
    ground = (sky + sun * max(0.0, float(direction[2]))) * (albedo / math.pi)
    # Thin haze shows the horizon's own light; in dense fog an endless path scatters the light of all directions.
    dense = min(1.0, extinction(weather) * 500.0)
    around = (sky + sun * max(0.0, float(direction[2]))) * (0.85 / math.pi)
    airlight = np.array([hr, hg, hb]) * (1.0 - dense) + around * dense
    return SkyLight(luminance, direction, sun, sky, ground, airlight)
