"""Closed surfaces among the triangles of rigid parts: from outside, only their faces towards the viewer can be hit.

A shell is a set of triangles of one part that hang together by vertices at the same place. It is closed if every edge
is walked as often one way as the other. A ray from outside then leaves a closed shell as often as it enters, and enters
first, through a face that looks towards its origin. Faces are turned so that the shell's volume is positive; a shell
that passes through itself inside out, of less than no volume in places, is not told from others.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

_MIX_A, _MIX_B, _MIX_C = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31, _S32, _STEP = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32), np.uint64(1)
_ZERO, _NONE = np.float32(0.0), np.uint64(0)
_LEAST_VOLUME = 1e-6  # of the volume of the box around a shell


@njit(cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _mix(value: np.uint64) -> np.uint64:
    """Return well mixed bits (SplitMix64)."""
    value = value + _MIX_A
    value = (value ^ (value >> _S30)) * _MIX_B
    value = (value ^ (value >> _S27)) * _MIX_C
    return value ^ (value >> _S31)


@njit(cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _root(parent: NDArray[np.int32], v: int) -> int:
    while parent[v] != v:
        parent[v] = parent[parent[v]]
        v = parent[v]
    return v


@njit(cache=True)
def weld_vertices(
    vertex: NDArray[np.float32], triangle: NDArray[np.int32], part: NDArray[np.int32], weld: NDArray[np.int32]
) -> None:
    """Name one vertex for all that lie at the same place of the same part.

    Args:
        vertex: In the frame of its part [m]. Shape (num_vertices, 3).
        triangle: Rows of `vertex`. Shape (num_triangles, 3).
        part: Of each triangle. Shape (num_triangles,).
        weld: The first of the vertices at each vertex' place, filled. Shape (num_vertices,).
    """
    owner, room = np.full(vertex.shape[0], -1, np.int32), 2
    for t in range(triangle.shape[0]):
        for i in range(3):
            owner[triangle[t, i]] = part[t]
    while room < 2 * vertex.shape[0]:
        room *= 2
    place, mask = np.full(room, -1, np.int32), np.uint64(room - 1)
    for v in range(vertex.shape[0]):
        x, y, z = vertex[v, 0] + _ZERO, vertex[v, 1] + _ZERO, vertex[v, 2] + _ZERO  # −0 becomes 0
        low = np.uint64(np.float32(x).view(np.uint32)) | (np.uint64(np.float32(y).view(np.uint32)) << _S32)
        high = np.uint64(np.float32(z).view(np.uint32)) | (np.uint64(owner[v] + 1) << _S32)
        at = _mix(_mix(low) ^ high) & mask
        while place[at] >= 0:
            w = place[at]
            if (owner[w] == owner[v]) & (vertex[w, 0] == x) & (vertex[w, 1] == y) & (vertex[w, 2] == z):
                break
            at = (at + _STEP) & mask
        if place[at] < 0:
            place[at] = v
        weld[v] = place[at]


@njit(cache=True)
def close_shells(
    vertex: NDArray[np.float32],
    triangle: NDArray[np.int32],
    part: NDArray[np.int32],
    weld: NDArray[np.int32],
    shell: NDArray[np.int32],
    turn: NDArray[np.int8],
    box: NDArray[np.float64],
) -> None:
    """Find the shells, and on which side of their faces they can be seen from outside.

    Args:
        vertex: In the frame of its part [m]. Shape (num_vertices, 3).
        triangle: Rows of `vertex`. Shape (num_triangles, 3).
        part: Of each triangle. Shape (num_triangles,).
        weld: A vertex of the same part at the same place. Shape (num_vertices,).
        shell: Each triangle's shell, a row of `box`, filled. Shape (num_triangles,).
        turn: 1 if a closed shell's normal (b − a) × (c − a) points outwards, −1 if inwards, 0 for an open shell,
            filled for each triangle. Shape (num_triangles,).
        box: Lowest and highest corner of each shell [m], filled where there is one. Shape (num_vertices, 6).
    """
    parent = np.arange(vertex.shape[0])
    for t in range(triangle.shape[0]):
        a = _root(parent, weld[triangle[t, 0]])
        for i in range(1, 3):
            b = _root(parent, weld[triangle[t, i]])
            a, b = min(a, b), max(a, b)
            parent[b] = a
    edges, volume = np.zeros(len(parent), np.uint64), np.zeros(len(parent))
    box[:, :3], box[:, 3:] = np.inf, -np.inf
    owner, mixed = np.full(len(parent), -1, np.int32), np.zeros(len(parent), np.bool_)
    for t in range(triangle.shape[0]):
        s = _root(parent, weld[triangle[t, 0]])
        shell[t] = s
        mixed[s] |= (owner[s] >= 0) & (owner[s] != part[t])
        owner[s] = part[t]
        for i in range(3):
            v, w = triangle[t, i], triangle[t, (i + 1) % 3]
            for k in range(3):
                box[s, k], box[s, k + 3] = min(box[s, k], vertex[v, k]), max(box[s, k + 3], vertex[v, k])
            v, w = weld[v], weld[w]
            name = _mix((np.uint64(min(v, w)) << _S32) | np.uint64(max(v, w)))
            edges[s] += name if v < w else (_NONE - name if v > w else _NONE)
    for t in range(triangle.shape[0]):
        s, a, b, c = shell[t], triangle[t, 0], triangle[t, 1], triangle[t, 2]
        ax, ay, az = vertex[a, 0] - box[s, 0], vertex[a, 1] - box[s, 1], vertex[a, 2] - box[s, 2]
        bx, by, bz = vertex[b, 0] - box[s, 0], vertex[b, 1] - box[s, 1], vertex[b, 2] - box[s, 2]
        cx, cy, cz = vertex[c, 0] - box[s, 0], vertex[c, 1] - box[s, 1], vertex[c, 2] - box[s, 2]
        volume[s] += ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
    for t in range(triangle.shape[0]):
        s = shell[t]
        around = (box[s, 3] - box[s, 0]) * (box[s, 4] - box[s, 1]) * (box[s, 5] - box[s, 2])
        closed = (edges[s] == _NONE) & (not mixed[s]) & (abs(volume[s]) > 6.0 * _LEAST_VOLUME * around)
        turn[t] = (1 if volume[s] > 0.0 else -1) if closed else 0


@njit(cache=True)
def face_clusters(
    vertex: NDArray[np.float32],
    triangle: NDArray[np.int32],
    order: NDArray[np.int32],
    first_triangle: NDArray[np.int32],
    center: NDArray[np.float64],
    shell: NDArray[np.int32],
    turn: NDArray[np.int8],
    box: NDArray[np.float64],
    plane: NDArray[np.float32],
    shell_box: NDArray[np.float64],
) -> None:
    """Write the planes of clusters' triangles, and the boxes around the closed shells they belong to.

    Args:
        vertex: In the frame of its part [m]. Shape (num_vertices, 3).
        triangle: Rows of `vertex`. Shape (num_triangles, 3).
        order: Rows of `triangle`, cluster by cluster. Shape (num_triangles,).
        first_triangle: CSR into `order`. Shape (num_clusters + 1,).
        center: Of each cluster [m]. Shape (num_clusters, ≥ 3).
        shell, turn, box: From `close_shells`.
        plane: Unit normal out of the shell and distance along it from the cluster's center [m], filled; no normal and
            −infinity for a triangle that can be seen from either side. Shape (4, num_triangles).
        shell_box: Lowest and highest corner [m], filled, infinity and −infinity if no shell is closed. Shape
            (num_clusters, 6).
    """
    for k in range(first_triangle.shape[0] - 1):
        shell_box[k, :3], shell_box[k, 3:] = np.inf, -np.inf
        ox, oy, oz = center[k, 0], center[k, 1], center[k, 2]
        for j in range(first_triangle[k], first_triangle[k + 1]):
            t = order[j]
            a, b, c = triangle[t, 0], triangle[t, 1], triangle[t, 2]
            px, py, pz = vertex[a, 0] - ox, vertex[a, 1] - oy, vertex[a, 2] - oz
            ux, uy, uz = vertex[b, 0] - ox - px, vertex[b, 1] - oy - py, vertex[b, 2] - oz - pz
            vx, vy, vz = vertex[c, 0] - ox - px, vertex[c, 1] - oy - py, vertex[c, 2] - oz - pz
            nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
            length = np.sqrt(nx * nx + ny * ny + nz * nz)
            plane[0, j], plane[1, j], plane[2, j], plane[3, j] = 0.0, 0.0, 0.0, -np.inf
            if turn[t] == 0:
                continue
            for i in range(3):
                shell_box[k, i] = min(shell_box[k, i], box[shell[t], i])
                shell_box[k, i + 3] = max(shell_box[k, i + 3], box[shell[t], i + 3])
            if length > 0.0:
                nx, ny, nz = nx * turn[t] / length, ny * turn[t] / length, nz * turn[t] / length
                plane[0, j], plane[1, j], plane[2, j], plane[3, j] = nx, ny, nz, nx * px + ny * py + nz * pz
