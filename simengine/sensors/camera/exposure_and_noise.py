"""From luminance to an 8-bit picture: metering, glare of the lens, noise of the sensor, tone curve.

The exposure is metered over the whole image within fixed limits and set darker in the dark, as cameras are (compare the
key value of Reinhard et al., "Photographic tone reproduction", SIGGRAPH 2002). Shot noise is √electrons, read noise is
constant (EMVA 1288); the sensor's gain rises when there is less light. Normal deviates come from a table of the inverse
distribution and a counter: (sensor and frame by Philox, pixel by a mixed integer).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.rng import philox_words
from simengine.sensors.base.float32_math import power
from simengine.sensors.base.noise import mix_word
from simengine.sensors.base.thread_pool import share_rows
from simengine.sensors.camera.random_counter import RandomCounter

GRAY = 0.165  # exposed value of the metered luminance by day
DARKEST, BRIGHTEST = 0.04, 60_000.0  # metered luminances that can be exposed for [cd/m²]
FULL_WELL = 12_000.0  # electrons of white at the lowest gain
READ_NOISE = 2.5  # electrons
GAIN_BEGINS, LARGEST_GAIN = 25.0, 20.0  # the gain rises below this metered luminance [cd/m²]
GLARE = 0.03  # share of the light that the lens scatters (veiling glare of good lenses: 1–5 %, ISO 9358)
GLARE_STEP = 4  # glare is worked out at a quarter of the resolution
TONE_STEPS, TONE_RANGE = 8192, 16.0
NORMAL_STEPS = 4096


@njit(cache=True, error_model="numpy")
def meter(radiance: NDArray[np.float32]) -> float:
    """Return the luminance that an image is exposed for [cd/m²], from every fourth pixel of every fourth row.

    It is the power mean of exponent one third, between log-average and mean: lamps in the dark count a little.
    """
    total, count = 0.0, 0
    red, green, blue, third = np.float32(0.2126), np.float32(0.7152), np.float32(0.0722), np.float32(1.0 / 3.0)
    root = np.empty(max(1, (radiance.shape[1] + 1) // 4), np.float32)
    for row in range(2, radiance.shape[0], 4):
        columns = (radiance.shape[1] + 1) // 4
        for k in range(columns):
            column = 4 * k + 2
            value = red * radiance[row, column, 0] + green * radiance[row, column, 1] + blue * radiance[row, column, 2]
            root[k] = power(max(value, np.float32(0.0)), third)
        for k in range(columns):
            total += root[k]
        count += columns
    mean = total / max(count, 1)
    return mean * mean * mean


@njit(cache=True, error_model="numpy")
def exposure_of(average: float, bias: float) -> float:
    """Return the factor from luminance to exposed value.

    Args:
        average: Metered luminance [cd/m²].
        bias: [stops].
    """
    average = min(BRIGHTEST, max(DARKEST, average))
    gray = GRAY * (average / (average + 3.0)) ** 0.34
    return gray / average * 2.0**bias


@njit(cache=True, error_model="numpy")
def sensor_gain(average: float) -> float:
    """Return how far the sensor's gain is turned up for a metered luminance [cd/m²]."""
    return min(LARGEST_GAIN, max(1.0, GAIN_BEGINS / max(average, 1e-3)))


@njit(cache=True, error_model="numpy")
def tone_table() -> NDArray[np.uint8]:
    """Return 8-bit sRGB for exposed values up to TONE_RANGE, spaced by their square roots.

    The curve is the rational fit of the ACES film curve by Narkowicz (2015), then the sRGB transfer function (IEC
    61966-2-1).
    """
    table = np.empty(TONE_STEPS, np.uint8)
    for i in range(TONE_STEPS):
        share = i / (TONE_STEPS - 1.0)
        x = TONE_RANGE * share * share
        y = min(1.0, x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14))
        encoded = 12.92 * y if y <= 0.0031308 else 1.055 * y ** (1.0 / 2.4) - 0.055
        table[i] = np.uint8(min(255.0, max(0.0, encoded * 255.0 + 0.5)))
    return table


@njit(cache=True, error_model="numpy")
def normal_table() -> NDArray[np.float32]:
    """Return the inverse of the normal distribution at the middles of equal steps, by bisection of erf."""
    table = np.empty(NORMAL_STEPS, np.float32)
    for i in range(NORMAL_STEPS):
        target = (i + 0.5) / NORMAL_STEPS
        low, high = -5.0, 5.0
        for _ in range(60):
            middle = 0.5 * (low + high)
            if 0.5 * (1.0 + math.erf(middle / math.sqrt(2.0))) < target:
                low = middle
            else:
                high = middle
        table[i] = 0.5 * (low + high)
    return table


class DevelopmentTables(NamedTuple):
    """What is looked up for every pixel."""

    tone: NDArray[np.uint8]  # see `tone_table`. (TONE_STEPS,)
    normal: NDArray[np.float32]  # see `normal_table`. (NORMAL_STEPS,)


def development_tables() -> DevelopmentTables:
    """Return the tables of `develop_rows`."""
    return DevelopmentTables(tone_table(), normal_table())


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _blur_down(source: NDArray[np.float32], radius: int, total: NDArray[np.float64], out: NDArray[np.float32]) -> None:
    """Average over 2·radius + 1 rows, borders repeated. Shapes (rows, values); `total`, (values,), is for own use."""
    rows, values = source.shape
    share = 1.0 / (2.0 * radius + 1.0)
    for k in range(values):
        total[k] = (radius + 1.0) * source[0, k]
    for row in range(1, radius + 1):
        for k in range(values):
            total[k] += source[min(rows - 1, row), k]
    for row in range(rows):
        ahead, behind = min(rows - 1, row + radius + 1), max(0, row - radius)
        for k in range(values):
            out[row, k] = total[k] * share
            total[k] += float(source[ahead, k]) - float(source[behind, k])


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _turn(source: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Swap rows and columns of an image of three colors: (a, 3 b) → (b, 3 a)."""
    for a in range(source.shape[0]):
        for b in range(out.shape[0]):
            out[b, 3 * a], out[b, 3 * a + 1] = source[a, 3 * b], source[a, 3 * b + 1]
            out[b, 3 * a + 2] = source[a, 3 * b + 2]


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _blur(image: NDArray[np.float32], radius: int) -> None:
    """Blur an image of three colors, (rows, 3 columns), in place; three passes of a box come close to a bell."""
    rows, columns = image.shape[0], image.shape[1] // 3
    other, turned = np.empty_like(image), np.empty((columns, 3 * rows), np.float32)
    back, total = np.empty_like(turned), np.empty(3 * max(rows, columns))
    _blur_down(image, radius, total, other)
    _blur_down(other, radius, total, image)
    _blur_down(image, radius, total, other)
    _turn(other, turned)
    _blur_down(turned, radius, total, back)
    _blur_down(back, radius, total, turned)
    _blur_down(turned, radius, total, back)
    _turn(back, image)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _add_line(values: NDArray[np.float32], factor: np.float32, out: NDArray[np.float32]) -> None:
    """Add a line of an image, exposed and clipped, to another that is at least as long."""
    most = np.float32(3000.0)
    for k in range(values.shape[0]):
        out[k] += min(most, values[k] * factor)


@njit(cache=True, nogil=True, error_model="numpy")
def shrink_rows(
    radiance: NDArray[np.float32], exposure: float, first: int, last: int, out: NDArray[np.float32]
) -> None:
    """Average the exposed light of squares of GLARE_STEP pixels, for the rows [first, last) of the small image.

    Args:
        radiance: [cd/m²]. Shape (height, width, 3).
        exposure: Factor to exposed values.
        first: First row of `out`.
        last: One past the last.
        out: Shape (rows, 3 · columns), a quarter of the resolution, rounded up.
    """
    step, columns = GLARE_STEP, out.shape[1] // 3
    height, width = radiance.shape[0], radiance.shape[1]
    line = np.zeros(3 * step * columns, np.float32)
    values = radiance.reshape(height, 3 * width)
    factor = np.float32(exposure)
    for row in range(first, last):
        below = min(height, (row + 1) * step)
        line[:] = np.float32(0.0)
        for y in range(row * step, below):
            _add_line(values[y], factor, line)
        for column in range(columns):
            covered = min(width, (column + 1) * step) - column * step
            share = np.float32(1.0 / (covered * (below - row * step)))
            for c in range(3):
                k = 3 * step * column + c
                out[row, 3 * column + c] = (line[k] + line[k + 3] + line[k + 6] + line[k + 9]) * share


@njit(cache=True, error_model="numpy")
def spread_light(image: NDArray[np.float32]) -> None:
    """Spread the light of a small image, (rows, 3 · columns), as a lens does, in place: most of it near, some far."""
    scale = max(1, image.shape[1] // (3 * 160))
    _blur(image, scale)
    far = image.copy()
    _blur(far, 9 * scale)
    for row in range(image.shape[0]):
        for k in range(image.shape[1]):
            image[row, k] = np.float32(0.75) * image[row, k] + np.float32(0.25) * far[row, k]


def lens_glare(radiance: NDArray[np.float32], exposure: float, num_threads: int = 1) -> NDArray[np.float32]:
    """Return the exposed light that the lens scatters around bright places, at a quarter of the resolution.

    Args:
        radiance: [cd/m²]. Shape (height, width, 3).
        exposure: Factor to exposed values.
        num_threads: That work at the same time.

    Returns:
        Shape (height / 4, width / 4, 3), rounded up.
    """
    rows, columns = (-(-size // GLARE_STEP) for size in radiance.shape[:2])
    small = np.empty((rows, 3 * columns), np.float32)
    share_rows(lambda first, last: shrink_rows(radiance, exposure, first, last, small), rows, num_threads)
    spread_light(small)
    return small.reshape(rows, columns, 3)


@njit(cache=True, nogil=True, error_model="numpy")
def develop_rows(
    radiance: NDArray[np.float32],
    glare: NDArray[np.float32],
    exposure: float,
    gain: float,
    noisy: bool,
    noise: RandomCounter,
    tables: DevelopmentTables,
    row_first: int,
    row_last: int,
    out: NDArray[np.uint8],
) -> None:
    """Turn the rows [row_first, row_last) of an image into 8-bit sRGB.

    Args:
        radiance: [cd/m²]. Shape (height, width, 3).
        glare: See `lens_glare`. Shape (height / 4, width / 4, 3), rounded up.
        exposure: Factor to exposed values.
        gain: See `sensor_gain`.
        noisy: Add shot and read noise.
        noise: Of the picture.
        tables: See `development_tables`.
        row_first: First row.
        row_last: One past the last.
        out: Shape (height, width, 3).
    """
    tone, normal = tables.tone, tables.normal
    rows, columns, width = glare.shape[0], glare.shape[1], radiance.shape[1]
    zero, one, half, most = np.float32(0.0), np.float32(1.0), np.float32(0.5), np.float32(TONE_RANGE)
    through, veiled = np.float32((1.0 - GLARE) * exposure), np.float32(GLARE)
    per_electron = np.float32(gain / FULL_WELL)
    read = np.float32((READ_NOISE * gain / FULL_WELL) ** 2)
    per_range, steps = np.float32(1.0 / TONE_RANGE), np.float32(TONE_STEPS - 1.0)
    coarse, light = glare.reshape(rows, 3 * columns), radiance.reshape(radiance.shape[0], 3 * width)
    developed = out.reshape(radiance.shape[0], 3 * width)
    line = np.zeros(3 * (columns + 2), np.float32)  # glare along a row, its ends repeated
    veil = np.empty(3 * GLARE_STEP * (columns + 1), np.float32)  # the same at every pixel, half a step ahead
    deviate, place = np.zeros(3 * width, np.float32), np.empty(3 * width, np.int32)
    word, other = np.empty(width, np.uint32), np.empty(width, np.uint32)
    ahead = 3 * (GLARE_STEP // 2)
    for row in range(row_first, row_last):
        gy = min(rows - 1.0, max(0.0, (row + 0.5) / GLARE_STEP - 0.5))
        j = min(rows - 1, int(gy))
        lower = min(rows - 1, j + 1)
        v = np.float32(gy - j)
        for k in range(3 * columns):
            line[k + 3] = veiled * (coarse[j, k] + v * (coarse[lower, k] - coarse[j, k]))
        for c in range(3):
            line[c], line[3 * columns + 3 + c] = line[3 + c], line[3 * columns + c]
        for column in range(columns + 1):
            for p in range(GLARE_STEP):
                u = np.float32((p + 0.5) / GLARE_STEP)
                k, at = 3 * column, 3 * (GLARE_STEP * column + p)
                veil[at] = line[k] + u * (line[k + 3] - line[k])
                veil[at + 1] = line[k + 1] + u * (line[k + 4] - line[k + 1])
                veil[at + 2] = line[k + 2] + u * (line[k + 5] - line[k + 2])
        if noisy:
            a, b, _, _ = philox_words(noise.key, noise.stream, noise.frame, row, 0)
            for column in range(width):
                step = np.uint32(column)
                word[column] = mix_word(np.uint32(np.uint32(a) ^ np.uint32(step * np.uint32(0x9E3779B1))))
                other[column] = mix_word(np.uint32(np.uint32(b) ^ np.uint32(step * np.uint32(0x85EBCA77))))
            for column in range(width):
                first, second = word[column], other[column]
                deviate[3 * column] = normal[first & np.uint32(0xFFF)]
                deviate[3 * column + 1] = normal[(first >> np.uint32(12)) & np.uint32(0xFFF)]
                deviate[3 * column + 2] = normal[second & np.uint32(0xFFF)]
        for k in range(3 * width):
            clean = through * light[row, k] + veil[k + ahead]
            noisy_value = clean + deviate[k] * math.sqrt(min(clean, one) * per_electron + read)
            exposed = min(most, max(zero, noisy_value))
            place[k] = np.int32(math.sqrt(exposed * per_range) * steps + half)
        for k in range(3 * width):
            developed[row, k] = tone[place[k]]
