"""How much of each actor an image shows: visible and amodal pixels, boxes around them, and who hides the rest."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.raster import NEAR, Intrinsics
from simengine.sensors.scene import SceneArrays
from simengine.sensors.spans import (
    clip_span,
    compose_transform,
    project_bounds,
    sphere_in_view,
    transform_vertices,
)


class ActorExtents(NamedTuple):
    """One row an actor; boxes are left, top, right, bottom edges [px], zeros where there are no pixels."""

    visible: NDArray[np.float32]  # around the visible pixels. (num_actors, 4)
    amodal: NDArray[np.float32]  # around the pixels it would cover alone. (num_actors, 4)
    unclipped: NDArray[np.float32]  # around its projection, not cut by the image's border. (num_actors, 4)
    visible_pixels: NDArray[np.int32]  # (num_actors,)
    amodal_pixels: NDArray[np.int32]  # (num_actors,)
    occluder: NDArray[np.int32]  # instance that hides most of it, 0 for none or for surfaces. (num_actors,)


@njit(cache=True, error_model="numpy")
def visible_extents(instance: NDArray[np.uint16], boxes: NDArray[np.float32], pixels: NDArray[np.int32]) -> None:
    """Count each actor's pixels in an instance image and write the boxes around them."""
    height, width = instance.shape
    num_actors = pixels.shape[0]
    for row in range(height):
        for column in range(width):
            a = int(instance[row, column]) - 1
            if a < 0 or a >= num_actors:
                continue
            if pixels[a] == 0:
                boxes[a, 0], boxes[a, 1], boxes[a, 2], boxes[a, 3] = column, row, column + 1, row + 1
            else:
                boxes[a, 0], boxes[a, 2] = min(boxes[a, 0], column), max(boxes[a, 2], column + 1)
                boxes[a, 1], boxes[a, 3] = min(boxes[a, 1], row), max(boxes[a, 3], row + 1)
            pixels[a] += 1


@njit(cache=True, error_model="numpy")
def amodal_extents(
    vertex: NDArray[np.float32], triangle: NDArray[np.int32], part_first_triangle: NDArray[np.int32],
    part_first_vertex: NDArray[np.int32], part_actor: NDArray[np.int32], part_center: NDArray[np.float64],
    part_radius: NDArray[np.float64], world_from_part: NDArray[np.float64], present: NDArray[np.bool_],
    camera_from_world: NDArray[np.float64], fx: float, fy: float, cx: float, cy: float, near: float,
    instance: NDArray[np.uint16], num_instances: int, amodal: NDArray[np.float32], unclipped: NDArray[np.float32],
    amodal_pixels: NDArray[np.int32], occluder: NDArray[np.int32],
) -> None:
    """Draw each actor alone and measure it; see `ActorExtents`. The parts of an actor are neighbours."""
    height, width = instance.shape
    num_parts = part_actor.shape[0]
    stamp = np.full((height, width), -1, np.int32)
    hidden = np.zeros(num_instances, np.int64)
    camera_vertex = np.empty((vertex.shape[0], 3))
    transform = np.empty((num_parts, 3, 4))
    first = 0
    while first < num_parts:
        a = part_actor[first]
        last = first
        while last < num_parts and part_actor[last] == a:
            last += 1
        if a < 0:
            first = last
            continue
        in_view = False
        for p in range(first, last):
            if not present[p]:
                continue
            compose_transform(camera_from_world, world_from_part[p], transform[p])
            m = transform[p]
            x = m[0, 0] * part_center[p, 0] + m[0, 1] * part_center[p, 1] + m[0, 2] * part_center[p, 2] + m[0, 3]
            y = m[1, 0] * part_center[p, 0] + m[1, 1] * part_center[p, 1] + m[1, 2] * part_center[p, 2] + m[1, 3]
            z = m[2, 0] * part_center[p, 0] + m[2, 1] * part_center[p, 1] + m[2, 2] * part_center[p, 2] + m[2, 3]
            in_view = in_view or sphere_in_view(x, y, z, part_radius[p], width, height, fx, fy, cx, cy, near)
        if not in_view:
            first = last
            continue
        hidden[:] = 0
        whole_left, whole_right, whole_top, whole_bottom = np.inf, -np.inf, np.inf, -np.inf
        box_left, box_right, box_top, box_bottom = width, -1, height, -1
        pixels = 0
        for p in range(first, last):
            if not present[p]:
                continue
            transform_vertices(transform[p], vertex, part_first_vertex[p], part_first_vertex[p + 1], camera_vertex)
            for t in range(part_first_triangle[p], part_first_triangle[p + 1]):
                i, j, k = triangle[t, 0], triangle[t, 1], triangle[t, 2]
                ax, ay, az = camera_vertex[i, 0], camera_vertex[i, 1], camera_vertex[i, 2]
                bx, by, bz = camera_vertex[j, 0], camera_vertex[j, 1], camera_vertex[j, 2]
                gx, gy, gz = camera_vertex[k, 0], camera_vertex[k, 1], camera_vertex[k, 2]
                if az < near and bz < near and gz < near:
                    continue
                ux, uy, uz, vx, vy, vz = bx - ax, by - ay, bz - az, gx - ax, gy - ay, gz - az
                nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
                volume = nx * ax + ny * ay + nz * az
                if volume >= 0.0:
                    continue
                left, right, top, bottom = project_bounds(camera_vertex, i, j, k, fx, fy, cx, cy, near)
                whole_left, whole_right = min(whole_left, left), max(whole_right, right)
                whole_top, whole_bottom = min(whole_top, top), max(whole_bottom, bottom)
                if not (right > 0.0 and left < width and bottom > 0.0 and top < height):
                    continue
                x0, x1 = int(max(0.0, np.ceil(left - 0.501))), int(min(width - 1.0, np.floor(right - 0.499)))
                y0, y1 = int(max(0.0, np.ceil(top - 0.501))), int(min(height - 1.0, np.floor(bottom - 0.499)))
                if x0 > x1 or y0 > y1:
                    continue
                a0, b0, c0 = bz * gy - by * gz, bx * gz - bz * gx, by * gx - bx * gy
                a1, b1, c1 = gz * ay - gy * az, gx * az - gz * ax, gy * ax - gx * ay
                a2, b2, c2 = az * by - ay * bz, ax * bz - az * bx, ay * bx - ax * by
                a0, b0, a1, b1, a2, b2 = a0 / fx, b0 / fy, a1 / fx, b1 / fy, a2 / fx, b2 / fy
                c0, c1, c2 = c0 - a0 * cx - b0 * cy, c1 - a1 * cx - b1 * cy, c2 - a2 * cx - b2 * cy
                px, py = nx / (fx * volume), ny / (fy * volume)
                pz = nz / volume - px * cx - py * cy
                for row in range(y0, y1 + 1):
                    yc = row + 0.5
                    low, high = clip_span(a0, b0, b0 * yc + c0, x0, x1)
                    if low <= high:
                        low, high = clip_span(a1, b1, b1 * yc + c1, low, high)
                    if low <= high:
                        low, high = clip_span(a2, b2, b2 * yc + c2, low, high)
                    for column in range(low, high + 1):
                        if stamp[row, column] == a:
                            continue
                        if (px * (column + 0.5) + py * yc + pz) * near > 1.0:
                            continue
                        stamp[row, column] = a
                        pixels += 1
                        box_left, box_right = min(box_left, column), max(box_right, column + 1)
                        box_top, box_bottom = min(box_top, row), max(box_bottom, row + 1)
                        seen = int(instance[row, column])
                        if seen != a + 1:
                            hidden[seen] += 1
        if whole_left <= whole_right:
            unclipped[a, 0], unclipped[a, 1] = whole_left, whole_top
            unclipped[a, 2], unclipped[a, 3] = whole_right, whole_bottom
        if pixels > 0:
            amodal[a, 0], amodal[a, 1], amodal[a, 2], amodal[a, 3] = box_left, box_top, box_right, box_bottom
            amodal_pixels[a] = pixels
            most = 0
            for s in range(1, num_instances):
                if hidden[s] > hidden[most]:
                    most = s
            occluder[a] = most
        first = last


def measure_extents(
    arrays: SceneArrays,
    world_from_part: NDArray[np.float64],
    present: NDArray[np.bool_],
    camera_from_world: NDArray[np.float64],
    camera: Intrinsics,
    instance: NDArray[np.uint16],
    num_actors: int,
) -> ActorExtents:
    """Measure every actor in one image.

    Args:
        arrays: The flattened scene.
        world_from_part: Pose of every part. Shape (num_parts, 3, 4).
        present: Which parts are in the world. Shape (num_parts,).
        camera_from_world: Into optical axes. Shape (3, 4).
        camera: Intrinsics.
        instance: The camera's instance mask. Shape (height, width).
        num_actors: Rows of the result.
    """
    extents = ActorExtents(
        visible=np.zeros((num_actors, 4), np.float32), amodal=np.zeros((num_actors, 4), np.float32),
        unclipped=np.zeros((num_actors, 4), np.float32), visible_pixels=np.zeros(num_actors, np.int32),
        amodal_pixels=np.zeros(num_actors, np.int32), occluder=np.zeros(num_actors, np.int32),
    )
    visible_extents(instance, extents.visible, extents.visible_pixels)
    num_instances = int(max(num_actors, arrays.part_instance.max(initial=0), instance.max(initial=0))) + 1
    amodal_extents(
        arrays.vertex, arrays.triangle, arrays.part_first_triangle, arrays.part_first_vertex, arrays.part_actor,
        arrays.part_center, arrays.part_radius, world_from_part, present, camera_from_world, camera.fx, camera.fy,
        camera.cx, camera.cy, NEAR, instance, num_instances, extents.amodal, extents.unclipped, extents.amodal_pixels,
        extents.occluder,
    )
    return extents
