"""What a camera can record beyond its picture and masks: the normal of every surface seen, and how it moved.

`normal` is the unit normal of the face (not smoothed over its neighbors) in the sensor's frame (forward, left, up),
zero where only sky is. `flow` leads back: a pixel plus its flow is where the point seen there was in the sensor's
previous frame [px, right and down], as `backward_flow` of Kubric (Greff et al., "Kubric: a scalable dataset
generator", CVPR 2022); it follows the part of the actor that the point is on, wheels included, and the camera's own
motion, and does not ask whether the point could be seen then. It is NaN in the first frame, where the actor was not
there, and where the point was behind the camera. The sky is taken to be infinitely far away.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.base.thread_pool import WIDE_ROWS, share_rows
from simengine.sensors.raster.pinhole import Intrinsics
from simengine.sensors.raster.visibility_buffer import Visibility

_NOWHERE = np.int64(0x7FC000007FC00000)  # two float32 that are no numbers


class CapturePoses(NamedTuple):
    """Where a camera and the parts that it sees were at a capture."""

    camera_from_world: NDArray[np.float64]  # into optical axes. (3, 4)
    world_from_part: NDArray[np.float64]  # (num_parts, 3, 4)
    present: NDArray[np.bool_]  # (num_parts,)
    identity: NDArray[np.int32]  # of the actor that each belongs to, −1 for scenery. (num_parts,)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def run_end(part: NDArray[np.int32], row: NDArray[np.int32], column: int) -> int:
    """Return the column after the last neighbor to the right that shows the same part, or sky as well.

    Args:
        part: Of each triangle. Shape (num_triangles,).
        row: Triangles seen in a row of pixels, −1 for sky. Shape (width,).
        column: Where to begin.
    """
    t = row[column]
    first = part[t] if t >= 0 else -1
    end = column + 1
    while end < row.shape[0]:
        other = row[end]
        if other != t:
            if (part[other] if other >= 0 else -1) != first:
                break
            t = other
        end += 1
    return end


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def fill_normals(
    nearest: NDArray[np.int32],
    part: NDArray[np.int32],
    normal: NDArray[np.float32],
    sensor_from_part: NDArray[np.float64],
    first: int,
    last: int,
    out: NDArray[np.float32],
) -> None:
    """Write the normal of the face seen at every pixel of the rows [first, last).

    Args:
        nearest: Triangle, −1 for sky. Shape (height, width).
        part: Of each triangle. Shape (num_triangles,).
        normal: Unit normals in the frames of the parts. Shape (num_triangles, 3).
        sensor_from_part: Rotations. Shape (num_parts, 3, 3).
        first: First row.
        last: One past the last.
        out: Shape (height, width, 3).
    """
    for row in range(first, last):
        before = -2
        x, y, z = np.float32(0.0), np.float32(0.0), np.float32(0.0)
        for column in range(nearest.shape[1]):
            t = nearest[row, column]
            if t != before:
                before = t
                x, y, z = np.float32(0.0), np.float32(0.0), np.float32(0.0)
                if t >= 0:
                    m = sensor_from_part[part[t]]
                    nx, ny, nz = float(normal[t, 0]), float(normal[t, 1]), float(normal[t, 2])
                    x = np.float32(m[0, 0] * nx + m[0, 1] * ny + m[0, 2] * nz)
                    y = np.float32(m[1, 0] * nx + m[1, 1] * ny + m[1, 2] * nz)
                    z = np.float32(m[2, 0] * nx + m[2, 1] * ny + m[2, 2] * nz)
            out[row, column, 0], out[row, column, 1], out[row, column, 2] = x, y, z


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def fill_flow_run(
    inverse_depth: NDArray[np.float32], first: int, y: float, m: NDArray[np.float64], out: NDArray[np.int64]
) -> None:
    """Write the flow of neighboring pixels of a row that show one part; see `fill_flow`.

    Two numbers are stored as one, which makes the loop one of vectors: 1.2 instead of 4 ns a pixel.

    Args:
        inverse_depth: [1/m]. Shape (n,).
        first: Column of the first pixel.
        y: Of the pixels' centers [px].
        m: See `relate_frames`. Shape (3, 4).
        out: Shape (n,).
    """
    m00, m10, m20, q0, q1, q2 = m[0, 0], m[1, 0], m[2, 0], m[0, 3], m[1, 3], m[2, 3]
    r0, r1, r2 = m[0, 1] * y + m[0, 2], m[1, 1] * y + m[1, 2], m[2, 1] * y + m[2, 2]
    middle = first + 0.5
    for k in range(len(inverse_depth)):
        x, near = middle + float(np.int32(k)), float(inverse_depth[k])
        w = m20 * x + r2 + q2 * near
        per_w = 1.0 / w
        u = np.float32((m00 * x + r0 + q0 * near) * per_w - x)
        v = np.float32((m10 * x + r1 + q1 * near) * per_w - y)
        both = (np.int64(v.view(np.uint32)) << np.int64(32)) | np.int64(u.view(np.uint32))
        out[k] = both if w > 0.0 else _NOWHERE


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def fill_flow(
    inverse_depth: NDArray[np.float32],
    nearest: NDArray[np.int32],
    part: NDArray[np.int32],
    previous_from_image: NDArray[np.float64],
    valid: NDArray[np.bool_],
    first: int,
    last: int,
    out: NDArray[np.int64],
) -> None:
    """Write where the points of the rows [first, last) were in the previous frame, from where they are now [px].

    Args:
        inverse_depth: [1/m], 0 for sky. Shape (height, width).
        nearest: Triangle, −1 for sky. Shape (height, width).
        part: Of each triangle. Shape (num_triangles,).
        previous_from_image: See `relate_frames`; the last is of the sky. Shape (num_parts + 1, 3, 4).
        valid: Which of them exist. Shape (num_parts + 1,).
        first: First row.
        last: One past the last.
        out: Pairs of float32, right in the lower half. Shape (height, width).
    """
    width = nearest.shape[1]
    sky = valid.shape[0] - 1
    for row in range(first, last):
        column = 0
        while column < width:
            end = run_end(part, nearest[row], column)
            t = nearest[row, column]
            p = part[t] if t >= 0 else sky
            if valid[p]:
                fill_flow_run(
                    inverse_depth[row, column:end], column, row + 0.5, previous_from_image[p], out[row, column:end]
                )
            else:
                for k in range(column, end):
                    out[row, k] = _NOWHERE
            column = end


@njit(cache=True, error_model="numpy")
def relate_frames(
    before: NDArray[np.float64],
    now: NDArray[np.float64],
    world_before: NDArray[np.float64],
    world_now: NDArray[np.float64],
    camera: Intrinsics,
    out: NDArray[np.float64],
) -> None:
    """Write what carries (x, y, 1, 1 / depth) of a pixel to its homogeneous place in the previous frame, for each part.

    Args:
        before: Previous camera_from_world. Shape (3, 4).
        now: Present camera_from_world. Shape (3, 4).
        world_before: Previous world_from_part. Shape (num_parts, 3, 4).
        world_now: Present world_from_part. Shape (num_parts, 3, 4).
        camera: Intrinsics.
        out: Shape (num_parts, 3, 4).
    """
    fx, fy, cx, cy = camera.fx, camera.fy, camera.cx, camera.cy
    a, b, h = np.empty((3, 4)), np.empty((3, 4)), np.empty((3, 4))
    for p in range(out.shape[0]):
        for i in range(3):
            for j in range(4):
                s, t = 0.0, 0.0
                for k in range(3):
                    s += before[i, k] * world_before[p, k, j]
                    t += now[i, k] * world_now[p, k, j]
                a[i, j], b[i, j] = s, t
            a[i, 3] += before[i, 3]
            b[i, 3] += now[i, 3]
        # previous camera from present camera: a · b⁻¹, rotations being orthogonal
        for i in range(3):
            h[i, 3] = a[i, 3]
            for j in range(3):
                h[i, j] = a[i, 0] * b[j, 0] + a[i, 1] * b[j, 1] + a[i, 2] * b[j, 2]
            for j in range(3):
                h[i, 3] -= h[i, j] * b[j, 3]
        for i in range(3):
            h[i, 0], h[i, 1] = h[i, 0] / fx, h[i, 1] / fy
            h[i, 2] -= h[i, 0] * cx + h[i, 1] * cy
        for j in range(4):
            out[p, 0, j] = fx * h[0, j] + cx * h[2, j]
            out[p, 1, j] = fy * h[1, j] + cy * h[2, j]
            out[p, 2, j] = h[2, j]


def normal_layer(
    visibility: Visibility,
    part: NDArray[np.int32],
    face_normal: NDArray[np.float32],
    placement: CapturePoses,
    num_threads: int = 1,
) -> NDArray[np.float32]:
    """Return the normals of what is seen, in the sensor's frame. Shape (height, width, 3).

    Args:
        visibility: What is seen.
        part: Of each triangle. Shape (num_triangles,).
        face_normal: Unit normals in the frames of the parts. Shape (num_triangles, 3).
        placement: Of this frame.
        num_threads: That work at the same time.
    """
    optical = placement.camera_from_world[:, :3]
    sensor_from_world = np.stack([optical[2], -optical[0], -optical[1]])
    rotation = np.zeros((len(placement.world_from_part), 3, 3))
    for i in range(3):
        for k in range(3):
            rotation[:, i] += sensor_from_world[i, k] * placement.world_from_part[:, k, :3]
    out = np.empty((*visibility.triangle.shape, 3), np.float32)

    def fill(first: int, last: int) -> None:
        fill_normals(visibility.triangle, part, face_normal, rotation, first, last, out)

    share_rows(fill, len(out), num_threads, WIDE_ROWS)
    return out


def flow_layer(
    visibility: Visibility,
    part: NDArray[np.int32],
    camera: Intrinsics,
    before: CapturePoses | None,
    now: CapturePoses,
    num_threads: int = 1,
) -> NDArray[np.float32]:
    """Return how far back what is seen was, in pixels. Shape (height, width, 2).

    Args:
        visibility: What is seen.
        part: Of each triangle. Shape (num_triangles,).
        camera: Intrinsics.
        before: Of the previous frame; None for the first.
        now: Of this frame.
        num_threads: That work at the same time.
    """
    out = np.empty(visibility.triangle.shape, np.int64)
    flow = out.view(np.float32).reshape(*out.shape, 2)
    if before is None:
        out[:] = _NOWHERE
        return flow
    still = np.eye(3, 4)[None]
    previous_from_image = np.empty((len(now.present) + 1, 3, 4))
    relate_frames(
        before.camera_from_world,
        now.camera_from_world,
        np.concatenate([before.world_from_part, still]),
        np.concatenate([now.world_from_part, still]),
        camera,
        previous_from_image,
    )
    valid = np.append(before.present & now.present & (before.identity == now.identity), True)

    def fill(first: int, last: int) -> None:
        fill_flow(*visibility, part, previous_from_image, valid, first, last, out)

    share_rows(fill, len(out), num_threads, WIDE_ROWS)
    return flow
