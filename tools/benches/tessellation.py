"""Scenes of any number of triangles: surfaces cut finer without being changed, instances, classes and cars kept.

Every triangle of an instance is cut into k² equal ones, k the same for a whole instance, so that no crack opens
(instances share no vertices). Instances get k or k + 1, the finer ones spread evenly; small ones fill up the rest.
"""

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError
from tools.benches.triangles import TriangleScene, make_scene


def cut_triangles(
    vertex: NDArray[np.float32], triangle: NDArray[np.int32], pieces: int
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Cut every triangle into `pieces`² equal ones; triangles that share an edge share the new vertices on it.

    Args:
        vertex: [m]. Shape (num_vertices, 3).
        triangle: Rows of `vertex`. Shape (num_triangles, 3).
        pieces: Of each edge.
    """
    k, num_triangles, num_vertices = pieces, len(triangle), len(vertex)
    if k == 1:
        return vertex, triangle
    point = vertex.astype(np.float64)
    ends = triangle[:, [[0, 1], [1, 2], [2, 0]]].astype(np.int64)
    edges, edge_of = np.unique(np.sort(ends, axis=2).reshape(-1, 2), axis=0, return_inverse=True)
    edge_of = edge_of.reshape(-1, 3)
    share = (np.arange(1, k) / k)[None, :, None]
    a, b = point[edges[:, :1]], point[edges[:, 1:]]
    on_edge = (a + share * (b - a)).reshape(-1, 3)
    inner = [(i, j) for i in range(1, k) for j in range(1, k - i)]  # weights of the second and the third corner
    weight = np.array([[k - i - j, i, j] for i, j in inner], np.float64).reshape(-1, 3) / k
    within = (weight[None, :, :, None] * point[triangle][:, None]).sum(axis=2).reshape(-1, 3)
    row = np.zeros((num_triangles, k + 1, k + 1), np.int64)  # of lattice point (i, j)
    row[:, 0, 0], row[:, k, 0], row[:, 0, k] = triangle.T
    for n in range(1, k):
        for e, (i, j) in enumerate(((n, 0), (k - n, n), (0, k - n))):
            forward = ends[:, e, 0] < ends[:, e, 1]
            row[:, i, j] = num_vertices + edge_of[:, e] * (k - 1) + np.where(forward, n, k - n) - 1
    for n, (i, j) in enumerate(inner):
        row[:, i, j] = num_vertices + len(on_edge) + np.arange(num_triangles) * len(inner) + n
    cut = [(row[:, i, j], row[:, i + 1, j], row[:, i, j + 1]) for i in range(k) for j in range(k - i)]
    cut += [(row[:, i + 1, j], row[:, i + 1, j + 1], row[:, i, j + 1]) for i in range(k) for j in range(k - 1 - i)]
    triangles = np.stack([np.stack(corners, axis=-1) for corners in cut], axis=1).reshape(-1, 3)
    return np.concatenate([point, on_edge, within]).astype(np.float32), triangles.astype(np.int32)


def choose_pieces(counts: NDArray[np.int64], triangles: int) -> NDArray[np.int64]:
    """Return into how many pieces the edges of each instance are cut, so that its k² · count add up to about a number.

    Args:
        counts: Triangles of each instance. Shape (num_instances,).
        triangles: Wanted, at least their sum.
    """
    total = int(counts.sum())
    k = int(np.sqrt(triangles / total))
    pieces = np.full(len(counts), k)
    gain = counts * (2 * k + 1)  # of cutting an instance once more
    left = triangles - k * k * total
    spread = left / float(gain.sum())
    debt = 0.0
    for i in np.flatnonzero(counts):
        debt += spread * gain[i]
        if debt >= 0.5 * gain[i] and gain[i] <= left:
            pieces[i], debt, left = k + 1, debt - gain[i], left - gain[i]
    for i in np.argsort(-gain, kind="stable"):
        if 0 < gain[i] <= left and pieces[i] == k:
            pieces[i], left = k + 1, left - gain[i]
    return pieces


def tessellate(scene: TriangleScene, triangles: int) -> TriangleScene:
    """Return the same surfaces in about so many triangles, never more.

    Raises:
        ScenarioError: The scene has more than that.
    """
    counts = np.diff(scene.first_triangle)
    if triangles < counts.sum():
        raise ScenarioError(f"--triangles {triangles}: the scene has {counts.sum()} already")
    vertices, rows, owner, offset = [], [], [], 0
    for i, pieces in enumerate(choose_pieces(counts, triangles)):
        if not counts[i]:
            continue
        v0, v1 = scene.first_vertex[i], scene.first_vertex[i + 1]
        own = scene.triangle[scene.first_triangle[i] : scene.first_triangle[i + 1]] - np.int32(v0)
        points, cut = cut_triangles(scene.vertex[v0:v1], own, int(pieces))
        vertices.append(points)
        rows.append(cut + np.int32(offset))
        owner.append(np.full(len(cut), i, np.int32))
        offset += len(points)
    return make_scene(
        np.concatenate(vertices),
        np.concatenate(rows),
        np.concatenate(owner),
        scene.instance_class,
        scene.class_names,
        scene.cars,
    )
