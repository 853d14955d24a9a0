"""The luminance of every pixel, worked out once for the surface that the visibility buffer shows there.

Block by block of a row (see `raster.pixel_planes`): where the points are, what they are made of, what weather
makes of them, what light falls on them, what they send to the eye, and the air between by Koschmieder's law with the
weather's extinction: L = L₀ T + A (1 − T).
Koschmieder is known to fail for very near and very large objects and for lamp-lit fog; lamp-lit air is added from
`simengine.sensors.light.lamp_scatter`.

Kernels that only kernels call are compiled without a wrapper for Python: taking a scene's arrays out of their tuples
takes longer to compile than most of them.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.base.float32_math import exp
from simengine.sensors.light.emission import add_emission
from simengine.sensors.light.illumination import Illumination, light_by_day
from simengine.sensors.light.lamp_scatter import scattered_light
from simengine.sensors.light.lamplight import light_by_lamps
from simengine.sensors.light.reflection import reflect_light
from simengine.sensors.light.sky import blend_texels
from simengine.sensors.light.surfaces import paint_surfaces
from simengine.sensors.light.weathering import GroundCover, weather_surfaces
from simengine.sensors.raster.pinhole import CameraView, Intrinsics
from simengine.sensors.raster.pixel_planes import (
    BLOCK,
    DISTANCE,
    EYE_X,
    EYE_Y,
    EYE_Z,
    NUM_VALUES,
    OUT_B,
    OUT_G,
    OUT_R,
    UNSEEN,
    WORK,
    WORK_2,
    WORK_3,
    PixelBlock,
    SceneGeometry,
    find_runs,
    locate_points,
)
from simengine.sensors.raster.visibility_buffer import Visibility

SUN_SOLID_ANGLE = 6.8e-5  # [sr]
SUN_COSINE, SUN_RADIUS = 0.9999889, 0.0047  # of the sun's angular radius, 0.27°, and it [rad]
AIR_LAYER = 250.0  # height of the layer of fog or precipitation over the ground [m]
CLEAR_EXTINCTION = 1.5e-4  # of the clear air that the sky's map contains already [1/m]
SKY_DISTANCE = 1.0e4  # at which lamp-lit air before the sky ends [m]
_F = np.float32


@njit(cache=True, error_model="numpy", inline="always")
def _draw_line(
    at: int,
    to: int,
    red: float,
    green: float,
    blue: float,
    after_r: float,
    after_g: float,
    after_b: float,
    px: NDArray[np.float32],
) -> None:
    """Add to the luminance of pixels (at, to] what lies straight between two knots.

    Args:
        at: Pixel of the first knot.
        to: Pixel of the second knot.
        red: Luminance at the first knot [cd/m²].
        green: Likewise.
        blue: Likewise.
        after_r: Luminance at the second knot [cd/m²].
        after_g: Likewise.
        after_b: Likewise.
        px: See `pixel_planes`. Shape (NUM_VALUES,) less the run's first pixel.
    """
    px, length, share = px[at + 1 :], to - at, 1.0 / (to - at)
    r, g, b = _F(red), _F(green), _F(blue)
    slope_r, slope_g, slope_b = _F((after_r - red) * share), _F((after_g - green) * share), _F((after_b - blue) * share)
    for i in range(length):
        f = _F(np.int32(i + 1))
        px[OUT_R + i] += r + f * slope_r
        px[OUT_G + i] += g + f * slope_g
        px[OUT_B + i] += b + f * slope_b


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def draw_sky(
    sky_map: NDArray[np.float32],
    sun: NDArray[np.float64],
    direction: NDArray[np.float64],
    ground: NDArray[np.float64],
    airlight: NDArray[np.float64],
    extinction: float,
    count: int,
    step: int,
    pixel: float,
    px: NDArray[np.float32],
) -> None:
    """Fill the luminance of a run of pixels that show the sky.

    Args:
        sky_map: See `sky.SkyLight`, as the next four.
        sun: [lx].
        direction: Towards the sun.
        ground: Luminance of the ground around [cd/m²].
        airlight: [cd/m²].
        extinction: [1/m].
        count: Pixels of the run.
        step: Pixels from knot to knot; near the sun's disc every pixel is looked up.
        pixel: Angle of a pixel [rad].
        px: See `pixel_planes`; from the run's first pixel on.
    """
    air_r, air_g, air_b = airlight[0], airlight[1], airlight[2]
    size, zero = sky_map.shape[0], _F(0.0)
    half, most = _F(0.5 * size), _F(size - 1.001)
    beyond = _F(-AIR_LAYER * max(0.0, extinction - CLEAR_EXTINCTION))
    for i in range(count):  # where the sky's map is seen, and how much of it through the layer of air before it
        x, y, z = -px[EYE_X + i], -px[EYE_Y + i], max(zero, -px[EYE_Z + i])
        norm = half / (abs(x) + abs(y) + z)
        px[WORK + i] = min(most, max(zero, (x + y) * norm + half - _F(0.5)))
        px[WORK_2 + i] = min(most, max(zero, (x - y) * norm + half - _F(0.5)))
        px[WORK_3 + i] = exp(beyond / max(z, _F(0.01)))
        px[OUT_R + i], px[OUT_G + i], px[OUT_B + i] = zero, zero, zero
    reach = SUN_RADIUS + step * pixel
    near_sun = 1.0 - reach * reach  # the cosine of √2 times the angle
    for i in range(0, count, step):
        toward = px[EYE_X + i] * direction[0] + px[EYE_Y + i] * direction[1] + px[EYE_Z + i] * direction[2]
        if -toward > near_sun:
            step = 1
            break
    red, green, blue = 0.0, 0.0, 0.0
    at, to = -1, 0
    while to < count:
        r, g, b = ground[0], ground[1], ground[2]
        if px[EYE_Z + to] < zero:
            u, v = px[WORK + to], px[WORK_2 + to]
            column, row = np.uint32(u), np.uint32(v)
            r, g, b = blend_texels(sky_map, row, column, float(v) - row, float(u) - column)
            toward = px[EYE_X + to] * direction[0] + px[EYE_Y + to] * direction[1] + px[EYE_Z + to] * direction[2]
            if -toward > SUN_COSINE:
                r, g, b = r + sun[0] / SUN_SOLID_ANGLE, g + sun[1] / SUN_SOLID_ANGLE, b + sun[2] / SUN_SOLID_ANGLE
        passed = float(px[WORK_3 + to])
        added = 1.0 - passed
        r, g, b = r * passed + air_r * added, g * passed + air_g * added, b * passed + air_b * added
        _draw_line(at, to, red, green, blue, r, g, b, px)
        at, red, green, blue = to, r, g, b
        to = min(to + step, count - 1) if to < count - 1 else count


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def add_lit_air(
    scatter: NDArray[np.float32],
    surface: bool,
    v: float,
    column: int,
    width: int,
    first: int,
    last: int,
    step: int,
    px: NDArray[np.float32],
) -> None:
    """Add lamp-lit air to the pixels [first, last) of a run.

    Args:
        scatter: See `lamp_scatter.fill_scatter`.
        surface: The run shows a surface, not the sky.
        v: Place down the image, 0..1.
        column: Where the block begins.
        width: Of the image [px].
        first: First pixel.
        last: One past the last.
        step: Pixels from knot to knot.
        px: See `pixel_planes`.
    """
    red, green, blue = 0.0, 0.0, 0.0
    at, to = first - 1, first
    while to < last:
        distance = float(px[DISTANCE + to]) if surface else SKY_DISTANCE
        after_r, after_g, after_b = scattered_light(scatter, (column + to + 0.5) / width, v, distance)
        _draw_line(at, to, red, green, blue, after_r, after_g, after_b, px)
        at, red, green, blue = to, after_r, after_g, after_b
        to = min(to + step, last - 1) if to < last - 1 else last


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def look_through_air(
    around: Illumination, step: int, camera: Intrinsics, block: PixelBlock, px: NDArray[np.float32]
) -> None:
    """Turn a block's luminance into what reaches the camera: surfaces and sky seen through the air between.

    Args:
        around: Light and air.
        step: Pixels from knot to knot.
        camera: Intrinsics.
        block: What its pixels show.
        px: See `pixel_planes`.
    """
    tri, run, num_runs, row, column = block.triangle, block.run, block.num_runs, block.row, block.column
    height, width, pixel = camera.height, camera.width, 1.0 / camera.fx  # angle of a pixel [rad]
    airlight, extinction, scatter = around.airlight, around.extinction, around.scatter
    sky_map, sun, direction, ground = around.sky_map, around.sun, around.sun_direction, around.ground
    air_r, air_g, air_b, thinning = _F(airlight[0]), _F(airlight[1]), _F(airlight[2]), _F(-extinction)
    for i in range(run[num_runs]):
        passed = exp(thinning * px[DISTANCE + i])
        added = _F(1.0) - passed
        px[OUT_R + i] = px[OUT_R + i] * passed + air_r * added
        px[OUT_G + i] = px[OUT_G + i] * passed + air_g * added
        px[OUT_B + i] = px[OUT_B + i] * passed + air_b * added
    for n in range(num_runs):
        first, last = run[n], run[n + 1]
        shown = tri[first]
        if shown == UNSEEN:
            for i in range(first, last):
                px[OUT_R + i], px[OUT_G + i], px[OUT_B + i] = _F(0.0), _F(0.0), _F(0.0)
            continue
        if shown < 0:  # the sky's own light has its air already
            draw_sky(sky_map, sun, direction, ground, airlight, extinction, last - first, step, pixel, px[first:])
        if scatter.shape[0] > 0:
            add_lit_air(scatter, shown >= 0, (row + 0.5) / height, column, width, first, last, step, px)


@njit(cache=True, nogil=True, error_model="numpy")
def shade_rows(
    bodies: SceneGeometry,
    around: Illumination,
    view: CameraView,
    table: NDArray[np.void],
    ground_cover: GroundCover,
    mirror: NDArray[np.float64],
    visibility: Visibility,
    step: int,
    row_first: int,
    row_last: int,
    out: NDArray[np.float32],
) -> None:
    """Work out the luminance of the rows [row_first, row_last) of an image.

    Args:
        bodies: Geometry.
        around: Light and air.
        view: Camera.
        table: See `surfaces.surface_table`. Shape (num_materials,).
        ground_cover: What the weather has laid on the ground.
        mirror: `reflection.sum_columns` of the mirror image of half the resolution, or shape (0, 0, 3).
        visibility: What is seen; triangles may be `pixel_planes.UNSEEN`. Shape (height, width).
        step: See `pixel_planes.knot_step` [px].
        row_first: First row.
        row_last: One past the last.
        out: Linear sRGB luminance [cd/m²]. Shape (height, width, 3).
    """
    inverse_depth, nearest = visibility.inverse_depth, visibility.triangle
    width = nearest.shape[1]
    px = np.zeros(NUM_VALUES, np.float32)
    tri = np.empty(BLOCK, np.int32)
    run = np.empty(BLOCK + 1, np.int32)
    found = np.empty(max(around.lamps.light.shape[0], bodies.actors.size.shape[0]), np.int32)
    films = ground_cover.wetness > 0.0 or ground_cover.ice > 0.0
    for row in range(row_first, row_last):
        for column in range(0, width, BLOCK):
            count = min(BLOCK, width - column)
            for i in range(count):
                tri[i] = nearest[row, column + i]
            runs = find_runs(tri, count, run)
            if runs == 1 and tri[0] == UNSEEN:
                out[row, column : column + count] = 0.0
                continue
            block = PixelBlock(tri, run, runs, row, column)
            locate_points(bodies, view, inverse_depth, block, px)
            if runs > 1 or tri[0] >= 0:
                paint_surfaces(bodies, table, around.seed, block, px)
                if films or ground_cover.snow > 0.0:
                    weather_surfaces(bodies, ground_cover, block, px)
                light_by_day(bodies, around, block, found, px)
                if around.lamps.light.shape[0] > 0:
                    light_by_lamps(bodies, around, table, block, found, px)
                reflect_light(bodies, around, table, films, mirror, view.camera.fx, block, px)
                add_emission(bodies, around, block, px)
            look_through_air(around, 2 * step, view.camera, block, px)
            for i in range(count):
                out[row, column + i, 0] = px[OUT_R + i]
                out[row, column + i, 1] = px[OUT_G + i]
                out[row, column + i, 2] = px[OUT_B + i]
