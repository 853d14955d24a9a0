"""Geometry that any mesh must satisfy."""

import numpy as np

from simengine.core.space.mesh import Mesh
from tools.checks.seen.embree import Surfaces


def extents(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Return size and center of the bounding box [m]."""
    low, high = mesh.vertex.min(axis=0).astype(float), mesh.vertex.max(axis=0).astype(float)
    return high - low, 0.5 * (low + high)


def solid_volumes(mesh: Mesh) -> list[tuple[float, bool]]:
    """Return the signed volume of every connected solid, and whether it is closed."""
    corner = np.round(mesh.vertex[mesh.triangle].astype(float), 5).reshape(-1, 3)
    _, welded = np.unique(corner, axis=0, return_inverse=True)
    triangle = welded.reshape(-1, 3)
    parent = np.arange(triangle.max() + 1)

    def root(v: int) -> int:
        while parent[v] != v:
            parent[v] = parent[parent[v]]
            v = parent[v]
        return v

    for a, b, c in triangle:
        parent[root(a)] = root(b)
        parent[root(b)] = root(c)
    owner = np.array([root(a) for a in triangle[:, 0]])
    volumes = []
    for solid in np.unique(owner):
        chosen = owner == solid
        p = mesh.vertex[mesh.triangle[chosen]].astype(float)
        p -= p.reshape(-1, 3).mean(axis=0)
        volume = float((p[:, 0] * np.cross(p[:, 1], p[:, 2])).sum() / 6.0)
        t = triangle[chosen]
        edges = np.concatenate([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]]])
        forward = {tuple(e) for e in edges.tolist()}
        closed = len(forward) == len(edges) and all((b, a) in forward for a, b in forward)
        volumes.append((volume, closed))
    return volumes


def back_faces_seen(mesh: Mesh, directions: int = 14, side: int = 90) -> float:
    """Return the share of parallel rays from all around and above that strike the inside of a surface first."""
    corner = mesh.vertex[mesh.triangle].astype(np.float32)
    surfaces = Surfaces(corner)
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    low, high = mesh.vertex.min(axis=0), mesh.vertex.max(axis=0)
    radius = 0.5 * float(np.linalg.norm(high - low))
    hits = wrong = 0
    for k in range(directions):
        azimuth, elevation = 2.4 * k, (0.05, 0.3, 0.7)[k % 3]
        view = -np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
        across = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
        up = np.cross(across, view)
        u, v = np.meshgrid(np.linspace(-radius, radius, side), np.linspace(-radius, radius, side))
        start = 0.5 * (low + high) - 3.0 * radius * view + u.reshape(-1, 1) * across + v.reshape(-1, 1) * up
        hit, _ = surfaces.cast(start, np.tile(view, (len(start), 1)))
        struck = hit[hit >= 0]
        hits += len(struck)
        wrong += int((normal[struck] @ view > 0.0).sum())
    return wrong / max(hits, 1)
