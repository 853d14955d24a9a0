"""Trees and bushes: a tapered trunk and a crown of irregular clumps, or the tiers of a conifer."""

import math

import numpy as np

from simengine.assets.solids import MeshBuilder, fit_mesh
from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material, Mesh


def _clump(
    builder: MeshBuilder,
    center: tuple[float, float, float],
    radii: tuple[float, float, float],
    generator: np.random.Generator,
) -> None:
    """Add an irregular ball of leaves."""
    rows, segments = 5, 7
    part = MeshBuilder(Semantic.VEGETATION)
    part.ellipsoid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), rows, segments, Material.LEAF)
    mesh = part.build()
    bump = 1.0 + 0.32 * (generator.random(len(mesh.vertex)) - 0.5)
    points = mesh.vertex.astype(np.float64) * bump[:, None] * np.asarray(radii) + np.asarray(center)
    builder.add(points, mesh.triangle, Material.LEAF)


def tree_mesh(size: tuple[float, float, float], variant: int, generator: np.random.Generator) -> Mesh:
    """Build a broad-leaved tree, for variant 1 a conifer, for variant 2 a bush; the base is at z = 0."""
    builder = MeshBuilder(Semantic.VEGETATION)
    kind = variant % 3
    if kind == 1:
        builder.sweep([(0.0, 0.0, 0.0), (0.0, 0.0, 0.3), (0.0, 0.0, 0.95)], [0.035, 0.028, 0.006], 6, Material.BARK)
        tiers = 6
        for k in range(tiers):
            low, high = 0.14 + 0.135 * k, 0.14 + 0.135 * k + 0.25
            radius = 0.5 * (1.0 - k / (tiers + 0.6))
            turn = generator.random() * 2.0 * math.pi
            ring = []
            for j in range(10):
                angle = turn + 2.0 * math.pi * j / 10
                reach = radius * ((0.80 if j % 2 else 1.0) + 0.12 * (generator.random() - 0.5))
                ring.append((reach * math.cos(angle), reach * math.sin(angle), low - (0.0 if j % 2 else 0.03)))
            inner = [(0.12 * px, 0.12 * py, min(1.0, high)) for px, py, _ in ring]
            builder.loft([ring, inner], Material.LEAF, (Material.LEAF, Material.LEAF))
    elif kind == 2:
        for _ in range(5):
            angle, reach = generator.random() * 2.0 * math.pi, 0.22 * generator.random()
            radius = 0.22 + 0.08 * generator.random()
            center = (reach * math.cos(angle), reach * math.sin(angle), 0.85 * radius)
            _clump(builder, center, (radius, radius, 1.1 * radius), generator)
    else:
        lean = 0.04 * (generator.random(2) - 0.5)
        fork = (float(lean[0]), float(lean[1]), 0.42)
        builder.sweep(
            [(0.0, 0.0, 0.0), (0.2 * fork[0], 0.2 * fork[1], 0.08), fork, (2.0 * fork[0], 2.0 * fork[1], 0.70)],
            [0.040, 0.028, 0.022, 0.008],
            7,
            Material.BARK,
        )
        turn = generator.random() * 2.0 * math.pi
        for k in range(6):
            angle = turn + 2.0 * math.pi * k / 5
            reach = 0.0 if k == 5 else 0.23 + 0.05 * generator.random()
            height = 0.80 if k == 5 else 0.53 + 0.12 * generator.random()
            center = (reach * math.cos(angle), reach * math.sin(angle), height)
            radius = 0.20 + 0.05 * generator.random()
            if k < 3:
                builder.sweep(
                    [fork, (0.8 * center[0], 0.8 * center[1], center[2] - 0.04)], [0.014, 0.006], 5, Material.BARK
                )
            _clump(builder, center, (radius, radius, 0.82 * radius), generator)
    length, width, height = size
    mesh = fit_mesh(builder.build(), length, width, height)
    lift = np.array([0.0, 0.0, 0.5 * height], np.float32)
    return mesh._replace(vertex=mesh.vertex + lift)
