"""Rigid parts cut into small clusters of neighboring triangles, culled by their bounding boxes.

A cluster keeps its own copy of its vertices in its part's frame, so it is built once an episode and moves by its part's
transform alone: moving actors need no rebuilding. Neighboring clusters of a part form bundles, which are culled first.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.scene.closed_surfaces import close_shells, face_clusters, weld_vertices

CLUSTER_TRIANGLES = 64
BUNDLE_CLUSTERS = 16
VERTEX_RUN = 16  # of which a cluster has a whole number, the last repeated, as vectors hold so many


class Clusters(NamedTuple):
    """Clusters of triangles and bundles of clusters. A cluster's vertices and triangles are contiguous."""

    part: NDArray[np.int32]  # (num_clusters,)
    box: NDArray[np.float64]  # centers, half edges, radii of bounding boxes, part frame [m]. (num_clusters, 7)
    first_vertex: NDArray[np.int32]  # CSR, (num_clusters + 1,)
    first_triangle: NDArray[np.int32]  # CSR, (num_clusters + 1,)
    vertex: NDArray[np.float32]  # x, y and z in the part's frame [m]. (3, num_vertices)
    corner: NDArray[np.uint8]  # vertex within the cluster. (num_triangles, 3)
    triangle: NDArray[np.int32]  # the scene's triangle. (num_triangles,)
    plane: NDArray[np.float32]  # of faces that show from one side only; see `face_clusters`. (4, num_triangles)
    shell_box: NDArray[np.float64]  # around such surfaces, part frame [m]. (num_clusters, 6)
    bundle_box: NDArray[np.float64]  # as `box`. (num_bundles, 7)
    bundle_first: NDArray[np.int32]  # clusters, CSR. (num_bundles + 1,)


def _morton_keys(center: NDArray[np.float64], part: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return places along a Z-shaped curve through the bounding box of each part. Shape (num_triangles,)."""
    first = np.concatenate([[0], np.flatnonzero(np.diff(part)) + 1])
    low, high = np.minimum.reduceat(center, first, axis=0), np.maximum.reduceat(center, first, axis=0)
    extent = np.maximum((high - low).max(axis=1), 1e-9)
    row = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(part))))
    cell = np.minimum(((center - low[row]) * (1024.0 / extent[row])[:, None]).astype(np.int64), 1023)
    key = np.zeros(len(center), np.int64)
    for bit in range(10):
        for axis in range(3):
            key |= ((cell[:, axis] >> bit) & 1) << (3 * bit + axis)
    return key


@njit(cache=True)
def _fill_clusters(
    triangle: NDArray[np.int32],
    order: NDArray[np.int32],
    first_triangle: NDArray[np.int32],
    first_vertex: NDArray[np.int32],
    row: NDArray[np.int32],
    corner: NDArray[np.uint8],
    owner: NDArray[np.int32],
    local: NDArray[np.uint8],
) -> None:
    """Number each cluster's vertices.

    Args:
        triangle: Rows of the vertices. Shape (num_triangles, 3).
        order: Triangles cluster by cluster. Shape (num_triangles,).
        first_triangle: CSR into `order`. Shape (num_clusters + 1,).
        first_vertex: CSR into `row`, filled. Shape (num_clusters + 1,).
        row: Rows of the vertices cluster by cluster, filled. Room for 3 · num_triangles + VERTEX_RUN ·
            num_clusters.
        corner: Vertices within the cluster, filled. Shape (num_triangles, 3).
        owner: −1 on entry, work. Shape (num_vertices,).
        local: Work. Shape (num_vertices,).
    """
    count = 0
    for k in range(first_triangle.shape[0] - 1):
        start = count
        for j in range(first_triangle[k], first_triangle[k + 1]):
            for i in range(3):
                v = triangle[order[j], i]
                if owner[v] != k:
                    owner[v], local[v], row[count] = k, count - start, v
                    count += 1
                corner[j, i] = local[v]
        while count % VERTEX_RUN:
            row[count] = row[count - 1]
            count += 1
        first_vertex[k + 1] = count


def _boxes(low: NDArray[np.float64], high: NDArray[np.float64], first: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return centers, half edges and radii of the boxes around runs of rows; (num_rows, 3) to (num_runs, 7)."""
    low, high = np.minimum.reduceat(low, first[:-1], axis=0), np.maximum.reduceat(high, first[:-1], axis=0)
    half = 0.5 * (high - low)
    return np.concatenate([0.5 * (low + high), half, np.sqrt((half * half).sum(axis=1, keepdims=True))], axis=1)


def build_clusters(vertex: NDArray[np.float32], triangle: NDArray[np.int32], part: NDArray[np.int32]) -> Clusters:
    """Cut the triangles of every part into clusters of neighbors.

    Args:
        vertex: In the frame of its part [m]. Shape (num_vertices, 3).
        triangle: Rows of `vertex`. Shape (num_triangles, 3).
        part: Rigid part of each triangle, ascending. Shape (num_triangles,).
    """
    count = len(part)
    if not count:
        return _no_clusters()
    key = _morton_keys(vertex[triangle].astype(np.float64).mean(axis=1), part)
    order = np.lexsort((key, part)).astype(np.int32)
    first = _cut_runs(part, CLUSTER_TRIANGLES)
    num_clusters = len(first) - 1
    first_vertex, row = np.zeros(num_clusters + 1, np.int32), np.zeros(3 * count + VERTEX_RUN * num_clusters, np.int32)
    corner = np.zeros((count, 3), np.uint8)
    triangle = np.ascontiguousarray(triangle, np.int32)
    _fill_clusters(
        triangle,
        order,
        first,
        first_vertex,
        row,
        corner,
        np.full(len(vertex), -1, np.int32),
        np.zeros(len(vertex), np.uint8),
    )
    own = vertex[row[: first_vertex[-1]]]
    box = _boxes(own.astype(np.float64), own.astype(np.float64), first_vertex)
    plane, shell_box = _face(vertex, triangle, part, order, first, box)
    cluster_part = part[order[first[:-1]]].astype(np.int32)
    bundle_first = _cut_runs(cluster_part, BUNDLE_CLUSTERS)
    return Clusters(
        part=cluster_part,
        box=box,
        first_vertex=first_vertex,
        first_triangle=first,
        vertex=np.ascontiguousarray(own.T, np.float32),
        corner=corner,
        triangle=order,
        plane=plane,
        shell_box=shell_box,
        bundle_box=_boxes(box[:, :3] - box[:, 3:6], box[:, :3] + box[:, 3:6], bundle_first),
        bundle_first=bundle_first,
    )


def _face(
    vertex: NDArray[np.float32],
    triangle: NDArray[np.int32],
    part: NDArray[np.int32],
    order: NDArray[np.int32],
    first: NDArray[np.int32],
    box: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return `plane` and `shell_box` of clusters."""
    weld, shell_box = np.empty(len(vertex), np.int32), np.empty((len(vertex), 6))
    shell, turn = np.empty(len(part), np.int32), np.empty(len(part), np.int8)
    weld_vertices(vertex, triangle, part, weld)
    close_shells(vertex, triangle, part, weld, shell, turn, shell_box)
    plane, around = np.empty((4, len(part)), np.float32), np.empty((len(box), 6))
    face_clusters(vertex, triangle, order, first, box, shell, turn, shell_box, plane, around)
    return plane, around


def _cut_runs(owner: NDArray[np.int32], longest: int) -> NDArray[np.int32]:
    """Return where runs of at most `longest` equal neighbors begin, and the end; CSR."""
    begins = np.concatenate([[0], np.flatnonzero(np.diff(owner)) + 1])
    within = np.arange(len(owner)) - np.repeat(begins, np.diff(np.append(begins, len(owner))))
    return np.append(np.flatnonzero(within % longest == 0), len(owner)).astype(np.int32)


def _no_clusters() -> Clusters:
    none, box = np.zeros(1, np.int32), np.zeros((0, 7))
    return Clusters(
        part=none[:0],
        box=box,
        first_vertex=none,
        first_triangle=none,
        vertex=np.zeros((3, 0), np.float32),
        corner=np.zeros((0, 3), np.uint8),
        triangle=none[:0],
        plane=np.zeros((4, 0), np.float32),
        shell_box=np.zeros((0, 6)),
        bundle_box=box,
        bundle_first=none,
    )
