"""Visibility by scan conversion: inverse depth and the nearest triangle at every pixel center.

Clusters of triangles that may be seen are drawn from near to far; what lies behind everything drawn so far is left out.
See `filling` for what is exact about it. Camera coordinates here are optical: x right, y down, z forward.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.sensors.base.thread_pool import share
from simengine.sensors.raster.culling import TILE, add_costs, choose_clusters, place_parts
from simengine.sensors.raster.drawing import draw_clusters
from simengine.sensors.raster.drawn_scene import (
    ProjectedClusters,
    Viewport,
    cluster_bounds,
    cluster_triangles,
    cluster_work,
    place_scene,
)
from simengine.sensors.raster.filling import BLOCK, clear_rows
from simengine.sensors.raster.pinhole import Intrinsics
from simengine.sensors.scene.scene_arrays import SceneArrays

NEAR = 0.05  # nothing nearer is seen [m]
_STRIPS = 2  # that the image is cut into for each thread: what they cost is only guessed
_PIXEL_COST = 0.12  # of the time that a triangle takes: 4 and 32 ns on the street of the benchmark


class Visibility(NamedTuple):
    """What is seen through each pixel center."""

    inverse_depth: NDArray[np.float32]  # along the optical axis [1/m], 0 where nothing is. (height, width)
    triangle: NDArray[np.int32]  # −1 where nothing is. (height, width)


class ChosenClusters(NamedTuple):
    """The clusters of a scene that an image may show; see `choose_clusters`."""

    order: NDArray[np.int32]  # roughly from near to far. (num_chosen,)
    projected: ProjectedClusters
    shown: NDArray[np.bool_]  # parts that may be in view. (num_parts,)


def find_clusters(
    arrays: SceneArrays,
    world_from_part: NDArray[np.float64],
    present: NDArray[np.bool_],
    camera_from_world: NDArray[np.float64],
    camera: Intrinsics,
) -> ChosenClusters:
    """Find the clusters that an image may show. For arguments see `draw_visibility`."""
    num_parts, num_clusters = len(arrays.part_actor), len(arrays.clusters.part)
    image_from_part, eye = np.empty((num_parts, 3, 4)), np.empty((num_parts, 3))
    shown, order = np.empty(num_parts, np.bool_), np.empty(num_clusters, np.int32)
    rectangle, crosses = np.empty((num_clusters, 4), np.int32), np.empty(num_clusters, np.bool_)
    nearest = np.empty(num_clusters, np.float32)
    parts = place_scene(arrays, world_from_part, present)
    place_parts(parts, camera_from_world, camera, NEAR, image_from_part, eye, shown)
    count = choose_clusters(
        arrays.clusters.part,
        cluster_bounds(arrays),
        shown,
        image_from_part,
        eye,
        camera,
        NEAR,
        rectangle,
        nearest,
        crosses,
        order,
    )
    projected = ProjectedClusters(rectangle, nearest.view(np.int32), crosses, image_from_part)
    return ChosenClusters(order[:count], projected, shown)


def cut_columns(
    chosen: ChosenClusters, first_triangle: NDArray[np.int32], width: int, height: int, count: int
) -> list[tuple[int, int]]:
    """Cut an image into strips of columns that probably take equally long to draw.

    Args:
        chosen: What is drawn.
        first_triangle: See `Clusters`. Shape (num_clusters + 1,).
        width: Of the image [px].
        height: [px].
        count: Strips that are wanted.

    Returns:
        First column and last column + 1 of each strip; all begin with a tile, and none is narrower than one, since
        up to two blocks, a tile, are written at once.
    """
    tiles = -(-width // TILE)
    done = np.zeros(tiles + 1)
    add_costs(chosen.order, chosen.projected.rectangle, first_triangle, _PIXEL_COST * TILE * height, done[1:])
    cuts = {int(np.searchsorted(done, done[-1] * k / count)) * TILE for k in range(1, count)}
    inner = sorted(cut for cut in cuts if 0 < cut <= width - TILE)
    return list(zip([0, *inner], [*inner, width], strict=True))


def draw_visibility(
    arrays: SceneArrays,
    world_from_part: NDArray[np.float64],
    present: NDArray[np.bool_],
    camera_from_world: NDArray[np.float64],
    camera: Intrinsics,
    *,
    mirrored: bool = False,
    num_threads: int = 1,
) -> Visibility:
    """Draw the visibility buffer of a scene; the same bits for any number of threads.

    Args:
        arrays: The flattened scene.
        world_from_part: Pose of every part. Shape (num_parts, 3, 4).
        present: Which parts are in the world. Shape (num_parts,).
        camera_from_world: Into optical axes. Shape (3, 4).
        camera: Intrinsics.
        mirrored: `camera_from_world` contains a reflection.
        num_threads: That draw at the same time.
    """
    triangles = cluster_triangles(arrays)
    width = max(camera.width, BLOCK)
    inverse_depth = np.empty((camera.height, width), np.float32)
    nearest = np.empty((camera.height, width), np.int32)
    tiles = (-(-camera.height // TILE), -(-width // TILE))
    farthest, dirty = np.zeros(tiles, np.int32), np.zeros(tiles, np.bool_)
    found: list[ChosenClusters] = []

    def choose() -> None:
        found.append(find_clusters(arrays, world_from_part, present, camera_from_world, camera))

    def clear(first: int, last: int) -> None:
        clear_rows(first, last, inverse_depth, nearest)

    cleared = [camera.height * k // num_threads for k in range(num_threads + 1)]
    tasks = [choose, *(partial(clear, *rows) for rows in zip(cleared, cleared[1:], strict=False))]
    share(lambda task: task(), [(task,) for task in tasks], num_threads)
    chosen = found[0]

    def draw(first: int, last: int) -> None:
        viewport = Viewport(first, last, NEAR, mirrored, BLOCK)
        draw_clusters(
            chosen.order,
            chosen.projected,
            triangles,
            viewport,
            cluster_work(),
            farthest,
            dirty,
            inverse_depth,
            inverse_depth.view(np.int32),
            nearest,
        )

    strips = [(0, width)]
    if num_threads > 1:
        strips = cut_columns(chosen, triangles.first_triangle, width, camera.height, num_threads * _STRIPS)
    share(draw, strips, num_threads)
    if width > camera.width:
        inverse_depth, nearest = inverse_depth[:, : camera.width].copy(), nearest[:, : camera.width].copy()
    return Visibility(inverse_depth, nearest)
