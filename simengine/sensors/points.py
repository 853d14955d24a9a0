"""What lies behind each pixel of a row: place, direction to the eye and smooth normal, in the world and in its object.

A row of pixels is worked on pass by pass in one array of shape (NUM_FIELDS, width): each pass is one small loop.
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


@njit(cache=True, error_model="numpy")
def locate_points(
    bodies: Bodies, view: View, inverse_depth: NDArray[np.float32], nearest: NDArray[np.int32], row: int,
    px: NDArray[np.float64],
) -> None:
    """Fill the geometry of a row; of pixels that show the sky only the direction.

    Args:
        bodies: Geometry.
        view: Camera.
        inverse_depth: [1/m]. Shape (height, width).
        nearest: Triangle or −1. Shape (height, width).
        row: Of the image.
        px: Shape (NUM_FIELDS, width).
    """
    w, eye = view.world_from_camera, view.eye
    vertex, triangle, corner, flat = bodies.vertex, bodies.triangle, bodies.corner_normal, bodies.triangle_flat
    part, m = bodies.part, bodies.world_from_part
    oy = (row + 0.5 - view.cy) / view.fy
    bx, by, bz = w[0, 1] * oy + w[0, 2], w[1, 1] * oy + w[1, 2], w[2, 1] * oy + w[2, 2]
    for column in range(nearest.shape[1]):
        ox = (column + 0.5 - view.cx) / view.fx
        rx, ry, rz = bx + w[0, 0] * ox, by + w[1, 0] * ox, bz + w[2, 0] * ox
        stretch = math.sqrt(rx * rx + ry * ry + rz * rz)
        shrink = 1.0 / stretch
        vx, vy, vz = -rx * shrink, -ry * shrink, -rz * shrink
        px[EYE_X, column], px[EYE_Y, column], px[EYE_Z, column] = vx, vy, vz
        t = nearest[row, column]
        if t < 0:
            continue
        depth = 1.0 / float(inverse_depth[row, column])
        x, y, z = eye[0] + rx * depth, eye[1] + ry * depth, eye[2] + rz * depth
        px[X, column], px[Y, column], px[Z, column] = x, y, z
        p = part[t]
        dx, dy, dz = x - m[p, 0, 3], y - m[p, 1, 3], z - m[p, 2, 3]
        lx = m[p, 0, 0] * dx + m[p, 1, 0] * dy + m[p, 2, 0] * dz
        ly = m[p, 0, 1] * dx + m[p, 1, 1] * dy + m[p, 2, 1] * dz
        lz = m[p, 0, 2] * dx + m[p, 1, 2] * dy + m[p, 2, 2] * dz
        px[LOCAL_X, column], px[LOCAL_Y, column], px[LOCAL_Z, column] = lx, ly, lz
        if flat[t]:
            jx, jy, jz = float(corner[t, 0, 0]), float(corner[t, 0, 1]), float(corner[t, 0, 2])
        else:
            w1, w2 = barycentric(vertex, triangle, t, lx, ly, lz)
            w0 = 1.0 - w1 - w2
            jx = w0 * corner[t, 0, 0] + w1 * corner[t, 1, 0] + w2 * corner[t, 2, 0]
            jy = w0 * corner[t, 0, 1] + w1 * corner[t, 1, 1] + w2 * corner[t, 2, 1]
            jz = w0 * corner[t, 0, 2] + w1 * corner[t, 1, 2] + w2 * corner[t, 2, 2]
            norm = 1.0 / max(1e-9, math.sqrt(jx * jx + jy * jy + jz * jz))
            jx, jy, jz = jx * norm, jy * norm, jz * norm
        nx = m[p, 0, 0] * jx + m[p, 0, 1] * jy + m[p, 0, 2] * jz
        ny = m[p, 1, 0] * jx + m[p, 1, 1] * jy + m[p, 1, 2] * jz
        nz = m[p, 2, 0] * jx + m[p, 2, 1] * jy + m[p, 2, 2] * jz
        px[LOCAL_NX, column], px[LOCAL_NY, column], px[LOCAL_NZ, column] = jx, jy, jz
        px[NORMAL_X, column], px[NORMAL_Y, column], px[NORMAL_Z, column] = nx, ny, nz
        facing = nx * vx + ny * vy + nz * vz
        distance = depth * stretch
        px[FACING, column] = facing
        px[DISTANCE, column] = distance
        px[FOOTPRINT, column] = distance / view.fx / math.sqrt(min(1.0, max(0.04, facing)))
