"""How much of each actor an image shows: visible and amodal pixels, boxes around them, and who hides the rest."""

from functools import partial
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.base.thread_pool import share
from simengine.sensors.raster.actor_projection import ActorClusters, bound_actors
from simengine.sensors.raster.culling import TILE
from simengine.sensors.raster.drawing import draw_clusters
from simengine.sensors.raster.drawn_scene import (
    ClusterTriangles,
    ClusterWork,
    ProjectedClusters,
    Viewport,
    cluster_triangles,
    cluster_work,
)
from simengine.sensors.raster.filling import BLOCK
from simengine.sensors.raster.pinhole import Intrinsics
from simengine.sensors.raster.visibility_buffer import NEAR, find_clusters
from simengine.sensors.scene.scene_arrays import SceneArrays

_RUN = 64  # pixels that are compared at once
_SHARES = 2  # of the actors for each thread: some are larger in the image than others


class ActorExtents(NamedTuple):
    """One row an actor; boxes are left, top, right, bottom edges [px], zeros where there are no pixels."""

    visible: NDArray[np.float32]  # around the visible pixels. (num_actors, 4)
    amodal: NDArray[np.float32]  # around the pixels it would cover alone. (num_actors, 4)
    unclipped: NDArray[np.float32]  # around its projection, not cut by the image's border. (num_actors, 4)
    visible_pixels: NDArray[np.int32]  # (num_actors,)
    amodal_pixels: NDArray[np.int32]  # (num_actors,)
    occluder: NDArray[np.int32]  # instance that hides most of it, 0 for none or for surfaces. (num_actors,)


class InstanceImage(NamedTuple):
    """A camera's instance mask."""

    mask: NDArray[np.uint16]  # (height, width)
    count: int  # every instance is below this


class DepthBuffer(NamedTuple):
    """An image that one thread draws actors into, each alone; its depth is zero before and after each."""

    farthest: NDArray[np.int32]  # negative, so that nothing counts as hidden; see `culling.is_hidden`
    dirty: NDArray[np.bool_]
    depth: NDArray[np.float32]  # inverse [1/m]. (height, width)
    bits: NDArray[np.int32]  # the same memory. (height, width)
    nearest: NDArray[np.int32]  # (height, width)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def is_uniform(pixels: NDArray[np.uint16], value: np.uint16) -> bool:
    """Tell whether all pixels have a value."""
    different = np.uint16(0)
    for k in range(len(pixels)):
        different |= pixels[k] ^ value
    return different == 0


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def visible_extents(
    instance: NDArray[np.uint16], work: NDArray[np.int64], boxes: NDArray[np.float32], pixels: NDArray[np.int32]
) -> None:
    """Count each actor's pixels in an instance image and write the boxes around them.

    Args:
        instance: Shape (height, width).
        work: Shape (num_actors, 4).
        boxes: Shape (num_actors, 4).
        pixels: Zeros on entry. Shape (num_actors,).
    """
    height, width = instance.shape
    num_actors = pixels.shape[0]
    for a in range(num_actors):
        work[a, 0], work[a, 1], work[a, 2], work[a, 3] = width, height, 0, 0
    for row in range(height):
        column = 0
        while column < width:
            seen = instance[row, column]
            begin = column
            column += 1
            while column + _RUN <= width and is_uniform(instance[row, column : column + _RUN], seen):
                column += _RUN
            while column < width and instance[row, column] == seen:
                column += 1
            a = int(seen) - 1
            if 0 <= a < num_actors:
                work[a, 0], work[a, 2] = min(work[a, 0], begin), max(work[a, 2], column)
                work[a, 1], work[a, 3] = min(work[a, 1], row), row + 1
                pixels[a] += column - begin
    for a in range(num_actors):
        if pixels[a] > 0:
            for i in range(4):
                boxes[a, i] = work[a, i]


@njit(cache=True, nogil=True, error_model="numpy")
def amodal_extents(
    actors: ActorClusters,
    order: NDArray[np.int32],
    projected: ProjectedClusters,
    triangles: ClusterTriangles,
    bounds: NDArray[np.float64],
    instance: InstanceImage,
    viewport: Viewport,
    work: ClusterWork,
    image: DepthBuffer,
    amodal: NDArray[np.float32],
    amodal_pixels: NDArray[np.int32],
    occluder: NDArray[np.int32],
) -> None:
    """Draw some actors, each alone, and measure them; see `ActorExtents`.

    Args:
        actors: The actors and their clusters.
        order: The clusters that the image may show, ascending. Shape (num_chosen,).
        projected: Where they lie in the image.
        triangles: Of all clusters.
        bounds: See `bound_actors` [px]. Shape (num_actors, 4).
        instance: What the camera shows.
        viewport: The whole image.
        work: For own use.
        image: For own use.
        amodal: Boxes [px], filled. Shape (num_actors, 4).
        amodal_pixels: Filled. Shape (num_actors,).
        occluder: Filled. Shape (num_actors,).
    """
    height, width = instance.mask.shape
    depth, farthest = image.depth, image.farthest
    hidden = np.zeros(instance.count, np.int64)
    for n in range(actors.actor.shape[0]):
        a, first, last = actors.actor[n], actors.drawn[n, 0], actors.drawn[n, 1]
        if not bounds[a, 0] <= bounds[a, 2]:
            continue
        left, right = int(max(0.0, min(bounds[a, 0], float(width)))), int(min(width - 1.0, max(bounds[a, 2], 0.0))) + 1
        top, bottom = (
            int(max(0.0, min(bounds[a, 1], float(height)))),
            int(min(height - 1.0, max(bounds[a, 3], 0.0))) + 1,
        )
        if first == last or left >= right or top >= bottom:
            continue
        draw_clusters(
            order[first:last],
            projected,
            triangles,
            viewport,
            work,
            farthest,
            image.dirty,
            depth,
            image.bits,
            image.nearest,
        )
        hidden[:] = 0
        box_left, box_right, box_top, box_bottom, pixels = width, -1, height, -1, 0
        for row in range(top, bottom):
            for column in range(left, right):
                if depth[row, column] > 0.0:
                    pixels += 1
                    box_left, box_right = min(box_left, column), max(box_right, column + 1)
                    box_top, box_bottom = min(box_top, row), row + 1
                    seen = int(instance.mask[row, column])
                    if seen != a + 1:
                        hidden[seen] += 1
                    depth[row, column] = 0.0
        for i in range(top // TILE, (bottom - 1) // TILE + 1):
            for j in range(left // TILE, (right - 1) // TILE + 1):
                farthest[i, j] = -1  # the next actor is not hidden by this one
        if pixels > 0:
            amodal[a, 0], amodal[a, 1], amodal[a, 2], amodal[a, 3] = box_left, box_top, box_right, box_bottom
            amodal_pixels[a] = pixels
            most = 0
            for s in range(1, instance.count):
                if hidden[s] > hidden[most]:
                    most = s
            occluder[a] = most


def measure_extents(
    arrays: SceneArrays,
    world_from_part: NDArray[np.float64],
    present: NDArray[np.bool_],
    camera_from_world: NDArray[np.float64],
    camera: Intrinsics,
    instance: NDArray[np.uint16],
    num_actors: int,
    num_threads: int = 1,
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
        num_threads: That measure at the same time.
    """
    extents = ActorExtents(
        visible=np.zeros((num_actors, 4), np.float32),
        amodal=np.zeros((num_actors, 4), np.float32),
        unclipped=np.zeros((num_actors, 4), np.float32),
        visible_pixels=np.zeros(num_actors, np.int32),
        amodal_pixels=np.zeros(num_actors, np.int32),
        occluder=np.zeros(num_actors, np.int32),
    )
    chosen = find_clusters(arrays, world_from_part, present & (arrays.part_actor >= 0), camera_from_world, camera)
    order, projected, triangles = np.sort(chosen.order), chosen.projected, cluster_triangles(arrays)
    actors = _actors_in_view(arrays, chosen.shown, order, num_actors)
    width = max(camera.width, BLOCK)
    tiles = (-(-camera.height // TILE), -(-width // TILE))
    count = int(max(num_actors, arrays.part_instance.max(initial=0), instance.max(initial=0))) + 1
    seen, viewport = InstanceImage(instance, count), Viewport(0, width, NEAR, False, BLOCK)
    bounds = np.empty((num_actors, 4))
    images: list[tuple[NDArray[np.float32], NDArray[np.int32]]] = []  # that no thread draws into just now

    def measure_visible() -> None:
        visible_extents(instance, np.empty((num_actors, 4), np.int64), extents.visible, extents.visible_pixels)

    def measure_alone(first: int, step: int) -> None:
        try:
            depth, nearest = images.pop()
        except IndexError:
            depth, nearest = np.zeros((camera.height, width), np.float32), np.zeros((camera.height, width), np.int32)
        mine = ActorClusters(
            actors.actor[first::step].copy(), actors.cluster[first::step].copy(), actors.drawn[first::step].copy()
        )
        work = cluster_work()
        bound_actors(mine, arrays.clusters.box, triangles, present, projected.image_from_part, NEAR, work.place, bounds)
        image = DepthBuffer(
            np.full(tiles, -1, np.int32), np.zeros(tiles, np.bool_), depth, depth.view(np.int32), nearest
        )
        amodal_extents(
            mine,
            order,
            projected,
            triangles,
            bounds,
            seen,
            viewport,
            work,
            image,
            extents.amodal,
            extents.amodal_pixels,
            extents.occluder,
        )
        images.append((depth, nearest))

    step = num_threads * _SHARES if num_threads > 1 else 1
    tasks = [measure_visible, *(partial(measure_alone, first, step) for first in range(step))]
    share(lambda task: task(), [(task,) for task in tasks], num_threads)
    found = actors.actor[bounds[actors.actor, 0] <= bounds[actors.actor, 2]]
    extents.unclipped[found] = bounds[found]
    return extents


def _actors_in_view(
    arrays: SceneArrays, shown: NDArray[np.bool_], order: NDArray[np.int32], num_actors: int
) -> ActorClusters:
    """List the actors of which a part may be in view.

    Args:
        arrays: The flattened scene.
        shown: Parts that may be in view. Shape (num_parts,).
        order: The clusters that are drawn, ascending. Shape (num_chosen,).
        num_actors: Actors are below this.
    """
    # The parts of an actor are neighbors; static parts, if any, have the actor −1.
    moving = np.flatnonzero(arrays.part_actor >= 0)
    owner = arrays.part_actor[moving]
    in_view = np.zeros(num_actors, np.bool_)
    in_view[owner[shown[moving]]] = True
    actor = np.flatnonzero(in_view).astype(np.int32)
    first_part = int(moving[0]) if len(moving) else 0
    part = np.stack([np.searchsorted(owner, actor), np.searchsorted(owner, actor, side="right")], axis=1) + first_part
    cluster = np.searchsorted(arrays.clusters.part, part)
    return ActorClusters(actor, cluster, np.searchsorted(order, cluster))
