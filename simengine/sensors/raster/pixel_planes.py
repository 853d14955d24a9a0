"""What lies behind each pixel of a row: place, direction to the eye and smooth normal, in the world and in its object.

A row is worked on in blocks of BLOCK pixels, pass by pass, in one flat array: a plane of BLOCK numbers for each field
of a pixel. The planes lie at constant distances, so that the compiler can tell that they do not overlap and turns a
plain loop over pixels into whole-vector code. That holds for loops that count from nought: for a run of pixels the
planes are taken from its first pixel on, `px[first:]`. A block's planes stay in the second cache; blocks of 320 pixels,
which fit the first, took a seventh longer for more calls and shorter runs.

Runs are stretches of pixels that show the same triangle. What is dear and changes smoothly along a run (the sky,
lamp-lit air) is worked out at every few pixels, its knots, and at the run's ends, and drawn straight between them.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.raster.pinhole import CameraView

BLOCK = 1280  # pixels; the planes of a block take 190 kB
# Planes of a block. World point, unit vector to the eye, unit normal; point and normal in the object's frame; distance
# [m], cosine between normal and eye, edge of what the pixel covers [m]; albedo; mirror reflectance head-on, exponent of
# the highlight, retro-reflection [cd/(m² lx)]; film of water or ice 0..1; open share of the sky, visible share of the
# sun, cosine to the sun; illuminance [lx]; luminance [cd/m²]; room for a pass's own use.
(
    X,
    Y,
    Z,
    EYE_X,
    EYE_Y,
    EYE_Z,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    LOCAL_X,
    LOCAL_Y,
    LOCAL_Z,
    LOCAL_NX,
    LOCAL_NY,
    LOCAL_NZ,
    DISTANCE,
    FACING,
    FOOTPRINT,
    RED,
    GREEN,
    BLUE,
    REFLECTANCE,
    EXPONENT,
    RETRO,
    FILM,
    OPEN,
    SUNNY,
    TOWARD_SUN,
    LUX_R,
    LUX_G,
    LUX_B,
    OUT_R,
    OUT_G,
    OUT_B,
    WORK,
    WORK_2,
    WORK_3,
) = range(0, 37 * BLOCK, BLOCK)
NUM_VALUES = 37 * BLOCK
UNSEEN = -2  # instead of a triangle: a pixel whose color nobody asks for
# Half of what lies from knot to knot: at most 4 pixels and this angle [rad] (twice that in mirror images).
MOST_STEP, KNOT_ANGLE = 4, 1.0 / 160.0
_F = np.float32
_SAME_NORMAL = _F(1e-6)
_FAINTEST = _F(1e-4)  # inverse depth of what is nowhere [1/m]


class SeenActors(NamedTuple):
    """What the actors are and show at the instant."""

    kind: NDArray[np.int32]  # ActorKind. (num_actors,)
    position: NDArray[np.float64]  # of the boxes' centers about the origin [m]. (num_actors, 3)
    rotation: NDArray[np.float64]  # world from actor. (num_actors, 3, 3)
    size: NDArray[np.float64]  # length, width, height [m]. (num_actors, 3)
    color: NDArray[np.float32]  # linear RGB. (num_actors, 3)
    lights: NDArray[np.int32]  # bits of Light. (num_actors,)


class SceneGeometry(NamedTuple):
    """The scene's geometry at the instant, and what the actors show."""

    vertex: NDArray[np.float32]  # see `scene_arrays.SceneArrays`
    corner_normal: NDArray[np.float32]
    triangle: NDArray[np.int32]
    triangle_flat: NDArray[np.bool_]  # its three corner normals are equal. (num_triangles,)
    material: NDArray[np.uint8]
    semantic: NDArray[np.uint8]
    part: NDArray[np.int32]
    triangle_seed: NDArray[np.uint32]
    part_actor: NDArray[np.int32]
    part_instance: NDArray[np.int32]
    part_signal: NDArray[np.int32]
    world_from_part: NDArray[np.float64]  # (num_parts, 3, 4)
    actors: SeenActors
    signals: NDArray[np.int32]  # SignalColor. (num_signals,)


class PixelBlock(NamedTuple):
    """A block of a row, cut into runs of pixels that show one triangle."""

    triangle: NDArray[np.int32]  # that each pixel shows, −1 (sky) or UNSEEN. (BLOCK,)
    run: NDArray[np.int32]  # first pixel of each run and, behind the last, the number of pixels. (BLOCK + 1,)
    num_runs: int
    row: int  # of the image
    column: int  # where the block begins


@njit(cache=True, error_model="numpy")
def flat_triangles(corner_normal: NDArray[np.float32], out: NDArray[np.bool_]) -> None:
    """Mark the triangles whose corner normals are the same but for rounding.

    Args:
        corner_normal: Unit normals. Shape (num_triangles, 3, 3).
        out: Shape (num_triangles,).
    """
    for t in range(out.shape[0]):
        flat = True
        for k in range(3):
            a, b, c = corner_normal[t, 0, k], corner_normal[t, 1, k], corner_normal[t, 2, k]
            flat = flat and abs(b - a) < _SAME_NORMAL and abs(c - a) < _SAME_NORMAL
        out[t] = flat


@njit(cache=True, error_model="numpy")
def knot_step(focal: float) -> int:
    """Return half of how many pixels lie from knot to knot of a run for a focal length [px]."""
    return max(1, min(MOST_STEP, int(focal * KNOT_ANGLE)))


@njit(cache=True, error_model="numpy")
def find_runs(tri: NDArray[np.int32], count: int, run: NDArray[np.int32]) -> int:
    """Cut a block into runs of one triangle.

    Args:
        tri: Triangle, −1 (sky) or UNSEEN, of each pixel. Shape (BLOCK,).
        count: Pixels of the block.
        run: First pixel of each run and, behind the last, `count`. Room for BLOCK + 1.

    Returns:
        The number of runs.
    """
    runs, last = 0, -3
    for i in range(count):
        t = tri[i]
        if t != last:
            run[runs] = i
            runs += 1
            last = t
    run[runs] = count
    return runs


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def barycentric_slopes(
    vertex: NDArray[np.float32], triangle: NDArray[np.int32], t: int, out: NDArray[np.float64]
) -> None:
    """Write how the weights of a triangle's second and third corner change from its first corner: w = out · offset.

    Zeros where the triangle has no area. `out` has shape (2, 3) [1/m].
    """
    a, b, c = triangle[t, 0], triangle[t, 1], triangle[t, 2]
    ax, ay, az = float(vertex[a, 0]), float(vertex[a, 1]), float(vertex[a, 2])
    ex, ey, ez = float(vertex[b, 0]) - ax, float(vertex[b, 1]) - ay, float(vertex[b, 2]) - az
    hx, hy, hz = float(vertex[c, 0]) - ax, float(vertex[c, 1]) - ay, float(vertex[c, 2]) - az
    ee, eh, hh = ex * ex + ey * ey + ez * ez, ex * hx + ey * hy + ez * hz, hx * hx + hy * hy + hz * hz
    det = ee * hh - eh * eh
    scale = 1.0 / det if det > 0.0 else 0.0
    e_e, e_h, h_h = ee * scale, eh * scale, hh * scale
    out[0, 0], out[0, 1], out[0, 2] = h_h * ex - e_h * hx, h_h * ey - e_h * hy, h_h * ez - e_h * hz
    out[1, 0], out[1, 1], out[1, 2] = e_e * hx - e_h * ex, e_e * hy - e_h * ey, e_e * hz - e_h * ez


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _look_along(
    view: CameraView, row: int, first: int, count: int, inverse_depth: NDArray[np.float32], px: NDArray[np.float32]
) -> None:
    """Fill directions to the eye, distances and places of a block."""
    w = view.world_from_camera
    oy = (row + 0.5 - view.camera.cy) / view.camera.fy
    bx, by, bz = _F(w[0, 1] * oy + w[0, 2]), _F(w[1, 1] * oy + w[1, 2]), _F(w[2, 1] * oy + w[2, 2])
    ax, ay, az = _F(w[0, 0]), _F(w[1, 0]), _F(w[2, 0])
    shift, scale = first + 0.5 - view.camera.cx, 1.0 / view.camera.fx
    eye_x, eye_y, eye_z = _F(view.eye[0]), _F(view.eye[1]), _F(view.eye[2])
    for i in range(count):
        px[WORK + i] = (i + shift) * scale
    for i in range(count):
        px[WORK_2 + i] = max(_FAINTEST, inverse_depth[row, first + i])
    for i in range(count):
        ox = px[WORK + i]
        rx, ry, rz = bx + ax * ox, by + ay * ox, bz + az * ox
        stretch = math.sqrt(rx * rx + ry * ry + rz * rz)
        shrink = _F(-1.0) / stretch
        distance = stretch / px[WORK_2 + i]
        vx, vy, vz = rx * shrink, ry * shrink, rz * shrink
        px[EYE_X + i], px[EYE_Y + i], px[EYE_Z + i] = vx, vy, vz
        px[DISTANCE + i] = distance
        px[X + i], px[Y + i], px[Z + i] = eye_x - vx * distance, eye_y - vy * distance, eye_z - vz * distance


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _smooth_normals(
    corner: NDArray[np.float32],
    vertex: NDArray[np.float32],
    triangle: NDArray[np.int32],
    t: int,
    slopes: NDArray[np.float64],
    count: int,
    px: NDArray[np.float32],
) -> None:
    """Fill the normals, in their object's frame, of a run of pixels of a triangle that is shaded round.

    Args:
        corner: Unit normals at the corners, object frame. Shape (num_triangles, 3, 3).
        vertex: Object frame [m]. Shape (num_vertices, 3).
        triangle: Rows of `vertex`. Shape (num_triangles, 3).
        t: The triangle that is seen.
        slopes: For own use. Shape (2, 3).
        count: Pixels of the run.
        px: The block's planes, from the run's first pixel on.
    """
    a = triangle[t, 0]
    barycentric_slopes(vertex, triangle, t, slopes)
    ax, ay, az = vertex[a, 0], vertex[a, 1], vertex[a, 2]
    g1x, g1y, g1z = _F(slopes[0, 0]), _F(slopes[0, 1]), _F(slopes[0, 2])
    g2x, g2y, g2z = _F(slopes[1, 0]), _F(slopes[1, 1]), _F(slopes[1, 2])
    n0x, n0y, n0z = corner[t, 0, 0], corner[t, 0, 1], corner[t, 0, 2]
    d1x, d1y, d1z = corner[t, 1, 0] - n0x, corner[t, 1, 1] - n0y, corner[t, 1, 2] - n0z
    d2x, d2y, d2z = corner[t, 2, 0] - n0x, corner[t, 2, 1] - n0y, corner[t, 2, 2] - n0z
    for i in range(count):
        qx, qy, qz = px[LOCAL_X + i] - ax, px[LOCAL_Y + i] - ay, px[LOCAL_Z + i] - az
        w1, w2 = g1x * qx + g1y * qy + g1z * qz, g2x * qx + g2y * qy + g2z * qz
        x, y, z = n0x + w1 * d1x + w2 * d2x, n0y + w1 * d1y + w2 * d2y, n0z + w1 * d1z + w2 * d2z
        norm = _F(1.0) / max(_F(1e-9), math.sqrt(x * x + y * y + z * z))
        px[LOCAL_NX + i], px[LOCAL_NY + i], px[LOCAL_NZ + i] = x * norm, y * norm, z * norm


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def locate_points(
    bodies: SceneGeometry,
    view: CameraView,
    inverse_depth: NDArray[np.float32],
    block: PixelBlock,
    px: NDArray[np.float32],
) -> None:
    """Fill the geometry of a block; of pixels that show the sky only the direction.

    Args:
        bodies: Geometry.
        view: Camera.
        inverse_depth: [1/m]. Shape (height, width).
        block: What its pixels show.
        px: The block's planes. Shape (NUM_VALUES,).
    """
    tri, run, num_runs = block.triangle, block.run, block.num_runs
    count = run[num_runs]
    _look_along(view, block.row, block.column, count, inverse_depth, px)
    corner, flat, part, part_actor = bodies.corner_normal, bodies.triangle_flat, bodies.part, bodies.part_actor
    m, vertex, triangle = bodies.world_from_part, bodies.vertex, bodies.triangle
    slopes = np.empty((2, 3))
    for n in range(num_runs):
        t = tri[run[n]]
        if t < 0:
            continue
        p, length, here = part[t], run[n + 1] - run[n], px[run[n] :]
        m00, m01, m02, m03 = _F(m[p, 0, 0]), _F(m[p, 0, 1]), _F(m[p, 0, 2]), _F(m[p, 0, 3])
        m10, m11, m12, m13 = _F(m[p, 1, 0]), _F(m[p, 1, 1]), _F(m[p, 1, 2]), _F(m[p, 1, 3])
        m20, m21, m22, m23 = _F(m[p, 2, 0]), _F(m[p, 2, 1]), _F(m[p, 2, 2]), _F(m[p, 2, 3])
        still = part_actor[p] < 0  # static objects are kept in the world's frame
        if still:
            for i in range(length):
                here[LOCAL_X + i], here[LOCAL_Y + i], here[LOCAL_Z + i] = here[X + i], here[Y + i], here[Z + i]
        else:
            for i in range(length):
                dx, dy, dz = here[X + i] - m03, here[Y + i] - m13, here[Z + i] - m23
                here[LOCAL_X + i] = m00 * dx + m10 * dy + m20 * dz
                here[LOCAL_Y + i] = m01 * dx + m11 * dy + m21 * dz
                here[LOCAL_Z + i] = m02 * dx + m12 * dy + m22 * dz
        if flat[t]:
            jx, jy, jz = corner[t, 0, 0], corner[t, 0, 1], corner[t, 0, 2]
            nx, ny, nz = m00 * jx + m01 * jy + m02 * jz, m10 * jx + m11 * jy + m12 * jz, m20 * jx + m21 * jy + m22 * jz
            for i in range(length):
                here[LOCAL_NX + i], here[LOCAL_NY + i], here[LOCAL_NZ + i] = jx, jy, jz
                here[NORMAL_X + i], here[NORMAL_Y + i], here[NORMAL_Z + i] = nx, ny, nz
            continue
        _smooth_normals(corner, vertex, triangle, t, slopes, length, here)
        for i in range(length):
            jx, jy, jz = here[LOCAL_NX + i], here[LOCAL_NY + i], here[LOCAL_NZ + i]
            here[NORMAL_X + i] = m00 * jx + m01 * jy + m02 * jz
            here[NORMAL_Y + i] = m10 * jx + m11 * jy + m12 * jz
            here[NORMAL_Z + i] = m20 * jx + m21 * jy + m22 * jz
    pixel = _F(1.0 / view.camera.fx)
    for i in range(count):
        facing = px[NORMAL_X + i] * px[EYE_X + i] + px[NORMAL_Y + i] * px[EYE_Y + i] + px[NORMAL_Z + i] * px[EYE_Z + i]
        px[FACING + i] = facing
        px[FOOTPRINT + i] = px[DISTANCE + i] * pixel / math.sqrt(min(_F(1.0), max(_F(0.04), facing)))
