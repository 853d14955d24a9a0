"""Rain and snow in the air before the camera: streaks and flakes, blurred by their motion during the exposure.

Rain: drop sizes of `core.raindrops`, fall speeds of Atlas et al. (1973), streaks and their brightness after Garg and
Nayar, "Vision and rain", IJCV 2007: a drop gathers light from a wide angle and covers a pixel only for a share of the
exposure. Snow: flakes of Gunn and Marshall (1958), falling at about 1 m/s. Only what is near enough to be made out is
drawn one by one; the rest is in the air's extinction.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.raindrops import NUMBER, drop_slope
from simengine.core.rng import philox_words
from simengine.sensors.base.float32_math import exp, log2, power
from simengine.sensors.camera.random_counter import RandomCounter
from simengine.sensors.light.lamps import light_at
from simengine.sensors.raster.pinhole import CameraView

DAY_EXPOSURE, NIGHT_EXPOSURE = 0.005, 0.016  # [s]
MOST_PARTICLES = 9_000
NEAREST = 0.35  # [m]
SMALLEST_DROP, LARGEST_DROP = 0.8, 5.5  # drawn [mm]
SMALLEST_FLAKE, LARGEST_FLAKE = 1.5, 9.0  # melted clusters, drawn [mm]
SNOW_FALL_SPEED = 1.0  # [m/s]
FLAKE_MASS = 1.2e-6  # mean [kg]
DROP_TRANSMITS = 0.94  # of the light around (Garg and Nayar)
FLAKE_ALBEDO = 0.85


class Precipitation(NamedTuple):
    """What falls before the camera."""

    snowing: bool  # flakes, else drops
    rate: float  # [mm/h of water]
    velocity: NDArray[np.float64]  # of the air against the camera, optical axes [m/s]. (3,)
    down: NDArray[np.float64]  # downward unit vector, optical axes. (3,)


@njit(cache=True, error_model="numpy")
def drop_fall_speed(diameter: float) -> float:
    """Return a raindrop's fall speed [m/s] for its diameter [mm]: 9.65 − 10.3 exp(−0.6 D)."""
    return max(0.5, 9.65 - 10.3 * float(exp(np.float32(-0.6 * diameter))))


@njit(cache=True, error_model="numpy")
def drops_per_volume(rain_rate: float) -> float:
    """Return how many drops larger than SMALLEST_DROP are in a cubic meter at a rain rate [mm/h]."""
    slope = drop_slope(rain_rate)
    return NUMBER / slope * (math.exp(-slope * SMALLEST_DROP) - math.exp(-slope * LARGEST_DROP))


@njit(cache=True, error_model="numpy")
def flakes_per_volume(snow_rate: float) -> float:
    """Return how many flakes are in a cubic meter at a snow rate [mm/h of water]."""
    return snow_rate / 3600.0 / SNOW_FALL_SPEED / FLAKE_MASS


@njit(cache=True, error_model="numpy")
def draw_particles(
    falling: Precipitation,
    exposure_time: float,
    ambient: NDArray[np.float64],
    light: NDArray[np.void],
    own_lamps: int,
    view: CameraView,
    noise: RandomCounter,
    inverse_depth: NDArray[np.float32],
    out: NDArray[np.float32],
) -> int:
    """Draw drops or flakes over an image.

    Args:
        falling: What falls.
        exposure_time: [s].
        ambient: Mean luminance around [cd/m²]. Shape (3,).
        light: See `lamps.LightGrid`. Shape (num_lights,).
        own_lamps: Row of the ego's head lamps, or −1.
        view: Camera.
        noise: Of the picture and of what falls.
        inverse_depth: Of the scene [1/m]. Shape (height, width).
        out: Luminance [cd/m²], changed in place. Shape (height, width, 3).

    Returns:
        The number drawn.
    """
    snowing, rate, velocity, down = falling.snowing, falling.rate, falling.velocity, falling.down
    fx, fy, cx, cy, eye = view.camera.fx, view.camera.fy, view.camera.cx, view.camera.cy, view.eye
    key, stream, frame = noise.key, noise.stream, noise.frame
    height, width = inverse_depth.shape
    density = flakes_per_volume(rate) if snowing else drops_per_volume(rate)
    # The volume of a pyramid of depth d is d³ / 3 times its cross-section at depth 1.
    section = (width / fx + 0.4) * (height / fy + 0.4)
    farthest = min(12.0 if snowing else 7.0, (3.0 * MOST_PARTICLES / (density * section)) ** (1.0 / 3.0))
    count = int(density * section * farthest**3 / 3.0)
    scale = 1.0 / 4294967296.0
    slope = 0.0 if snowing else drop_slope(rate)
    w = view.world_from_camera
    most = 0.0 if snowing else 1.0 - math.exp(-slope * (LARGEST_DROP - SMALLEST_DROP))
    third, per_slope = np.float32(1.0 / 3.0), 0.0 if snowing else math.log(2.0) / slope
    for n in range(count):
        b0, b1, b2, b3 = philox_words(key, stream, frame, 1, n)
        z = farthest * float(power(np.float32(float(b0) * scale), third))
        if z < NEAREST:
            continue
        x = z * ((float(b1) * scale - 0.5) * (width / fx + 0.4) + (0.5 * width - cx) / fx)
        y = z * ((float(b2) * scale - 0.5) * (height / fy + 0.4) + (0.5 * height - cy) / fy)
        pick = float(b3) * scale
        if snowing:
            sway = float(philox_words(key, stream, frame, 2, n)[0]) * scale
            diameter = SMALLEST_FLAKE + (LARGEST_FLAKE - SMALLEST_FLAKE) * pick * pick
            fall = SNOW_FALL_SPEED * (0.7 + 0.6 * sway)
        else:
            diameter = SMALLEST_DROP - float(log2(np.float32(1.0 - pick * most))) * per_slope
            fall = drop_fall_speed(diameter)
        reach = 0.5 * exposure_time
        mx, my, mz = velocity[0] + fall * down[0], velocity[1] + fall * down[1], velocity[2] + fall * down[2]
        az, bz = z - mz * reach, z + mz * reach
        if az < 0.2 or bz < 0.2:
            continue
        u0, v0 = fx * (x - mx * reach) / az + cx, fy * (y - my * reach) / az + cy
        u1, v1 = fx * (x + mx * reach) / bz + cx, fy * (y + my * reach) / bz + cy
        wide = 0.001 * diameter * fx / z
        length = math.sqrt((u1 - u0) * (u1 - u0) + (v1 - v0) * (v1 - v0))
        # A pixel is covered for the time in which the particle passes its own width, of the whole exposure.
        cover = min(1.0, wide / max(length, 1e-6)) if length > wide else 1.0
        opacity = min(0.9, cover * min(1.0, wide) * (1.0 if snowing else 1.6))
        if opacity < 0.003:
            continue
        lit = FLAKE_ALBEDO if snowing else DROP_TRANSMITS
        red, green, blue = lit * ambient[0], lit * ambient[1], lit * ambient[2]
        if own_lamps >= 0:
            px = eye[0] + w[0, 0] * x + w[0, 1] * y + w[0, 2] * z
            py = eye[1] + w[1, 0] * x + w[1, 1] * y + w[1, 2] * z
            pz = eye[2] + w[2, 0] * x + w[2, 1] * y + w[2, 2] * z
            share, _, _, _ = light_at(light, own_lamps, px, py, pz)
            share *= 0.25 if snowing else 0.06
            intensity = light[own_lamps].intensity
            red += share * intensity[0]
            green += share * intensity[1]
            blue += share * intensity[2]
        half = max(0.5, 0.5 * wide)
        steps = max(1, int(math.ceil(max(abs(u1 - u0), abs(v1 - v0)))))
        if steps > 4 * (width + height):
            continue
        nearer = np.float32(1.0 / z)
        spread = int(math.ceil(half - 0.5))
        upright = abs(v1 - v0) >= abs(u1 - u0)
        for s in range(steps):
            at = (s + 0.5) / steps
            u, v = u0 + at * (u1 - u0), v0 + at * (v1 - v0)
            taper = opacity * min(1.0, 4.0 * min(at, 1.0 - at) + 0.35)
            for k in range(-spread, spread + 1):
                column = int(math.floor(u + (k if upright else 0)))
                row = int(math.floor(v + (0 if upright else k)))
                if column < 0 or row < 0 or column >= width or row >= height or inverse_depth[row, column] > nearer:
                    continue
                off = (column + 0.5 - u) if upright else (row + 0.5 - v)
                weight = taper * min(1.0, max(0.0, half + 0.5 - abs(off)))
                out[row, column, 0] += weight * (red - out[row, column, 0])
                out[row, column, 1] += weight * (green - out[row, column, 1])
                out[row, column, 2] += weight * (blue - out[row, column, 2])
    return count
