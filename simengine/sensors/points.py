"""What lies behind each pixel of a row: place, direction to the eye and smooth normal, in the world and in its object.

A row of pixels is worked on pass by pass in one array of shape (NUM_FIELDS, width): each pass is one small loop over
the row's runs, stretches of pixels that show the same triangle. What changes smoothly along a run (the light of lamps,
the air, the sky) is worked out at every few pixels, its knots, and at the run's ends, and drawn straight between them.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Fields of a row. World point, unit vector to the eye, unit normal; point and normal in the object's frame; distance
# [m], cosine between normal and eye, edge of what the pixel covers [m]; albedo; mirror reflectance head-on, exponent of
# the highlight, retro-reflection [cd/(m² lx)]; film of water or ice 0..1; open share of the sky, visible share of the
# sun, cosine to the sun; illuminance [lx]; luminance [cd/m²].
(
    X, Y, Z, EYE_X, EYE_Y, EYE_Z, NORMAL_X, NORMAL_Y, NORMAL_Z, LOCAL_X, LOCAL_Y, LOCAL_Z, LOCAL_NX, LOCAL_NY, LOCAL_NZ,
    DISTANCE, FACING, FOOTPRINT, RED, GREEN, BLUE, REFLECTANCE, EXPONENT, RETRO, FILM, OPEN, SUNNY, TOWARD_SUN,
    LUX_R, LUX_G, LUX_B, OUT_R, OUT_G, OUT_B,
) = range(34)
NUM_FIELDS = 34
UNSEEN = -2  # instead of a triangle: a pixel whose colour nobody asks for
# From knot to knot: at most 4 pixels and this angle [rad], or if that is more, at most 16 pixels and this length [m].
MOST_STEP, KNOT_ANGLE = 4, 1.0 / 160.0
MOST_STRIDE, KNOT_LENGTH = 16, 0.12


class View(NamedTuple):
    """Where the image is taken from; a mirror image has a reflection in `world_from_camera`."""

    eye: NDArray[np.float64]  # [m]. (3,)
    world_from_camera: NDArray[np.float64]  # optical axes into the world. (3, 3)
    fx: float  # [px]
    fy: float  # [px]
    cx: float  # [px]
    cy: float  # [px]


class Bodies(NamedTuple):
    """The scene's geometry at the instant, and what the actors show."""

    vertex: NDArray[np.float32]  # see `scene.SceneArrays`
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
    actor_kind: NDArray[np.int32]  # (num_actors,)
    actor_position: NDArray[np.float64]  # about the origin [m]. (num_actors, 3)
    actor_rotation: NDArray[np.float64]  # (num_actors, 3, 3)
    actor_size: NDArray[np.float64]  # length, width, height [m]. (num_actors, 3)
    actor_color: NDArray[np.float32]  # linear RGB. (num_actors, 3)
    lights: NDArray[np.int32]  # bits of Light. (num_actors,)
    signals: NDArray[np.int32]  # SignalColor. (num_signals,)


@njit(cache=True, error_model="numpy")
def flat_triangles(corner_normal: NDArray[np.float32], out: NDArray[np.bool_]) -> None:
    """Mark the triangles whose corner normals are all the same. Shapes (num_triangles, 3, 3) and (num_triangles,)."""
    for t in range(out.shape[0]):
        flat = True
        for k in range(3):
            flat = flat and corner_normal[t, 0, k] == corner_normal[t, 1, k] == corner_normal[t, 2, k]
        out[t] = flat


@njit(cache=True, error_model="numpy")
def knot_step(focal: float) -> int:
    """Return how many pixels lie between the knots of a run for a focal length [px]."""
    return max(1, min(MOST_STEP, int(focal * KNOT_ANGLE)))


@njit(cache=True, error_model="numpy")
def near_stride(step: int, pixel: float, distance: float) -> int:
    """Return how many pixels lie between knots at a distance [m] where light changes by length rather than by angle.

    Where the picture is so coarse that every pixel is a knot (`step` 1), so it is here.
    """
    if step <= 1:
        return 1
    return max(step, int(min(float(MOST_STRIDE), KNOT_LENGTH / (pixel * distance))))


@njit(cache=True, error_model="numpy")
def find_runs(nearest: NDArray[np.int32], row: int, run: NDArray[np.int32]) -> int:
    """Cut a row into runs of one triangle.

    Args:
        nearest: Triangle, −1 (sky) or UNSEEN. Shape (height, width).
        row: Of the image.
        run: First column of each run and, behind the last, the width. Shape (width + 1,).

    Returns:
        The number of runs.
    """
    count, last = 0, -3
    for column in range(nearest.shape[1]):
        t = nearest[row, column]
        if t != last:
            run[count] = column
            count += 1
            last = t
    run[count] = nearest.shape[1]
    return count


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def barycentric(
    vertex: NDArray[np.float32], triangle: NDArray[np.int32], t: int, x: float, y: float, z: float
) -> tuple[float, float]:
    """Return the weights of the second and third corner of a triangle at a point of its plane."""
    a, b, c = triangle[t, 0], triangle[t, 1], triangle[t, 2]
    ax, ay, az = float(vertex[a, 0]), float(vertex[a, 1]), float(vertex[a, 2])
    ex, ey, ez = float(vertex[b, 0]) - ax, float(vertex[b, 1]) - ay, float(vertex[b, 2]) - az
    hx, hy, hz = float(vertex[c, 0]) - ax, float(vertex[c, 1]) - ay, float(vertex[c, 2]) - az
    qx, qy, qz = x - ax, y - ay, z - az
    ee, eh, hh = ex * ex + ey * ey + ez * ez, ex * hx + ey * hy + ez * hz, hx * hx + hy * hy + hz * hz
    eq, hq = ex * qx + ey * qy + ez * qz, hx * qx + hy * qy + hz * qz
    det = ee * hh - eh * eh
    if det <= 0.0:
        return 0.0, 0.0
    return (hh * eq - eh * hq) / det, (ee * hq - eh * eq) / det


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def look_along(view: View, row: int, px: NDArray[np.float64]) -> None:
    """Fill the directions to the eye of a row, and for now its distances with the length of rays of depth 1."""
    w = view.world_from_camera
    oy = (row + 0.5 - view.cy) / view.fy
    bx, by, bz = w[0, 1] * oy + w[0, 2], w[1, 1] * oy + w[1, 2], w[2, 1] * oy + w[2, 2]
    ax, ay, az = w[0, 0], w[1, 0], w[2, 0]
    shift, scale = 0.5 - view.cx, 1.0 / view.fx
    for column in range(px.shape[1]):
        ox = (column + shift) * scale
        rx, ry, rz = bx + ax * ox, by + ay * ox, bz + az * ox
        stretch = math.sqrt(rx * rx + ry * ry + rz * rz)
        shrink = -1.0 / stretch
        px[EYE_X, column], px[EYE_Y, column], px[EYE_Z, column] = rx * shrink, ry * shrink, rz * shrink
        px[DISTANCE, column] = stretch


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def locate_points(
    bodies: Bodies, view: View, inverse_depth: NDArray[np.float32], nearest: NDArray[np.int32], row: int,
    run: NDArray[np.int32], num_runs: int, px: NDArray[np.float64],
) -> None:
    """Fill the geometry of a row; of pixels that show the sky only the direction.

    Args:
        bodies: Geometry.
        view: Camera.
        inverse_depth: [1/m]. Shape (height, width).
        nearest: Triangle, −1 or UNSEEN. Shape (height, width).
        row: Of the image.
        run: See `find_runs`.
        num_runs: See `find_runs`.
        px: Shape (NUM_FIELDS, width).
    """
    look_along(view, row, px)
    vertex, triangle, corner, flat = bodies.vertex, bodies.triangle, bodies.corner_normal, bodies.triangle_flat
    part, world_from_part = bodies.part, bodies.world_from_part
    eye_x, eye_y, eye_z = view.eye[0], view.eye[1], view.eye[2]
    pixel = 1.0 / view.fx
    for n in range(num_runs):
        t = nearest[row, run[n]]
        if t < 0:
            continue
        p, m = part[t], world_from_part
        m00, m01, m02, m03 = m[p, 0, 0], m[p, 0, 1], m[p, 0, 2], m[p, 0, 3]
        m10, m11, m12, m13 = m[p, 1, 0], m[p, 1, 1], m[p, 1, 2], m[p, 1, 3]
        m20, m21, m22, m23 = m[p, 2, 0], m[p, 2, 1], m[p, 2, 2], m[p, 2, 3]
        even = flat[t]
        jx, jy, jz = float(corner[t, 0, 0]), float(corner[t, 0, 1]), float(corner[t, 0, 2])
        nx, ny, nz = m00 * jx + m01 * jy + m02 * jz, m10 * jx + m11 * jy + m12 * jz, m20 * jx + m21 * jy + m22 * jz
        for column in range(run[n], run[n + 1]):
            vx, vy, vz = px[EYE_X, column], px[EYE_Y, column], px[EYE_Z, column]
            distance = px[DISTANCE, column] / float(inverse_depth[row, column])
            x, y, z = eye_x - vx * distance, eye_y - vy * distance, eye_z - vz * distance
            dx, dy, dz = x - m03, y - m13, z - m23
            lx = m00 * dx + m10 * dy + m20 * dz
            ly = m01 * dx + m11 * dy + m21 * dz
            lz = m02 * dx + m12 * dy + m22 * dz
            if not even:
                w1, w2 = barycentric(vertex, triangle, t, lx, ly, lz)
                w0 = 1.0 - w1 - w2
                jx = w0 * corner[t, 0, 0] + w1 * corner[t, 1, 0] + w2 * corner[t, 2, 0]
                jy = w0 * corner[t, 0, 1] + w1 * corner[t, 1, 1] + w2 * corner[t, 2, 1]
                jz = w0 * corner[t, 0, 2] + w1 * corner[t, 1, 2] + w2 * corner[t, 2, 2]
                norm = 1.0 / max(1e-9, math.sqrt(jx * jx + jy * jy + jz * jz))
                jx, jy, jz = jx * norm, jy * norm, jz * norm
                nx, ny = m00 * jx + m01 * jy + m02 * jz, m10 * jx + m11 * jy + m12 * jz
                nz = m20 * jx + m21 * jy + m22 * jz
            facing = nx * vx + ny * vy + nz * vz
            px[X, column], px[Y, column], px[Z, column] = x, y, z
            px[LOCAL_X, column], px[LOCAL_Y, column], px[LOCAL_Z, column] = lx, ly, lz
            px[LOCAL_NX, column], px[LOCAL_NY, column], px[LOCAL_NZ, column] = jx, jy, jz
            px[NORMAL_X, column], px[NORMAL_Y, column], px[NORMAL_Z, column] = nx, ny, nz
            px[FACING, column] = facing
            px[DISTANCE, column] = distance
            px[FOOTPRINT, column] = distance * pixel / math.sqrt(min(1.0, max(0.04, facing)))
