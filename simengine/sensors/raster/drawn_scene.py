"""What is drawn, as kernels take it: rigid parts where they are, clusters of triangles in space and in an image."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.sensors.scene.clusters import CLUSTER_TRIANGLES
from simengine.sensors.scene.scene_arrays import SceneArrays

ROOM = 3 * CLUSTER_TRIANGLES  # vertices of a cluster, at most


class PlacedParts(NamedTuple):
    """The rigid parts of a scene at an instant."""

    center: NDArray[np.float64]  # of the bounding spheres, part frame [m]. (num_parts, 3)
    radius: NDArray[np.float64]  # [m]. (num_parts,)
    world_from_part: NDArray[np.float64]  # (num_parts, 3, 4)
    present: NDArray[np.bool_]  # which are drawn at all. (num_parts,)


class ClusterBounds(NamedTuple):
    """What tells of clusters that they cannot be seen, without a look at their triangles."""

    box: NDArray[np.float64]  # see `Clusters`. (num_clusters, 7)
    cone: NDArray[np.float64]  # see `normal_cones`. (num_clusters, 4)


class ClusterTriangles(NamedTuple):
    """The triangles of clusters; see `Clusters`."""

    part: NDArray[np.int32]  # (num_clusters,)
    first_vertex: NDArray[np.int32]  # CSR, (num_clusters + 1,)
    first_triangle: NDArray[np.int32]  # CSR, (num_clusters + 1,)
    vertex: NDArray[np.float32]  # part frame [m]. (3, num_vertices)
    corner: NDArray[np.uint8]  # vertex within the cluster. (num_triangles, 3)
    triangle: NDArray[np.int32]  # the scene's triangle. (num_triangles,)


class ProjectedClusters(NamedTuple):
    """Where clusters lie in an image; only those that it may show have values."""

    rectangle: NDArray[np.int32]  # first column, last column + 1, first row, last row + 1 [px]. (num_clusters, 4)
    nearest_bits: NDArray[np.int32]  # larger than any inverse depth of theirs [1/m], as integers. (num_clusters,)
    crosses: NDArray[np.bool_]  # whether they reach before the near plane. (num_clusters,)
    image_from_part: NDArray[np.float64]  # see `culling.place_parts`. (num_parts, 3, 4)


class Viewport(NamedTuple):
    """The part of an image that is drawn, and how."""

    first_column: int  # [px]
    last_column: int  # one past it; at least a block beyond the first [px]
    near: float  # nothing nearer is drawn [m]
    mirrored: bool  # the transform into the image reflects, so that front faces turn clockwise
    block: int  # `filling.BLOCK`


class ClusterWork(NamedTuple):
    """Room for the work on one cluster; each thread has its own, and none is used inside a parallel loop."""

    place: NDArray[np.float64]  # five rows of ROOM numbers; see `drawing.place_vertices`. (5 · ROOM,)
    box: NDArray[np.int64]  # see `drawing.find_boxes`. (CLUSTER_TRIANGLES,)


def place_scene(arrays: SceneArrays, world_from_part: NDArray[np.float64], present: NDArray[np.bool_]) -> PlacedParts:
    """Return the parts of a flattened scene at their poses, (num_parts, 3, 4), those present, (num_parts,), drawn."""
    return PlacedParts(arrays.part_center, arrays.part_radius, world_from_part, present)


def cluster_bounds(arrays: SceneArrays) -> ClusterBounds:
    """Return the bounds of a flattened scene's clusters."""
    return ClusterBounds(arrays.clusters.box, arrays.cone)


def cluster_triangles(arrays: SceneArrays) -> ClusterTriangles:
    """Return the triangles of a flattened scene's clusters."""
    clusters = arrays.clusters
    return ClusterTriangles(
        clusters.part,
        clusters.first_vertex,
        clusters.first_triangle,
        clusters.vertex,
        clusters.corner,
        clusters.triangle,
    )


def cluster_work() -> ClusterWork:
    """Return room for the work of one thread."""
    return ClusterWork(np.empty(5 * ROOM), np.empty(CLUSTER_TRIANGLES, np.int64))
