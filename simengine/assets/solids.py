"""A builder that joins simple solids into a `Mesh`: boxes, lofts, sweeps along a path, ellipsoids, wheels.

Every solid is closed and its triangles run counter-clockwise seen from outside.
"""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material, Mesh, PartRole

_QUAD = np.array([(0, 1, 2), (0, 2, 3)])
_BOX_CORNERS = np.array([
    (x, y, z) for z in (-1.0, 1.0) for x, y in ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))
])  # fmt: skip
_BOX = np.array([
    corners for a, b, c, d in
    ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
    for corners in ((a, b, c), (a, c, d))
])  # fmt: skip


@cache
def _skin(rings: int, around: int, first: bool, last: bool) -> NDArray[np.int64]:
    """Return the triangles of a loft, band by band, then those of the fans that close its ends."""
    triangle = []
    for i in range(rings - 1):
        for j in range(around):
            a, b = i * around + j, i * around + (j + 1) % around
            triangle += [(a, b, b + around), (a, b + around, a + around)]
    if first:
        triangle += [(0, j + 1, j) for j in range(1, around - 1)]
    if last:
        end = (rings - 1) * around
        triangle += [(end, end + j, end + j + 1) for j in range(1, around - 1)]
    return np.array(triangle, np.int64).reshape(-1, 3)


@cache
def _ball(rows: int, segments: int) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return points, triangles and the band of each triangle of a unit ball of `rows` bands from bottom to top."""
    polar = math.pi * np.arange(1, rows) / rows
    angle = 2.0 * math.pi * np.arange(segments) / segments
    ring = np.stack([
        np.sin(polar)[:, None] * np.cos(angle), np.sin(polar)[:, None] * np.sin(angle),
        np.broadcast_to(-np.cos(polar)[:, None], (rows - 1, segments)),
    ], axis=-1)  # fmt: skip
    points = np.concatenate([[[0.0, 0.0, -1.0]], ring.reshape(-1, 3), [[0.0, 0.0, 1.0]]])
    triangle, band = [], []
    last = len(points) - 1
    for j in range(segments):
        k = (j + 1) % segments
        triangle.append((0, 1 + k, 1 + j))
        band.append(0)
        for i in range(rows - 2):
            a, b = 1 + i * segments + j, 1 + i * segments + k
            triangle += [(a, b, b + segments), (a, b + segments, a + segments)]
            band += [i + 1] * 2
        triangle.append((last, last - segments + j, last - segments + k))
        band.append(rows - 1)
    return points, np.array(triangle, np.int64), np.array(band)


class MeshBuilder:
    """Collects solids; each belongs to the part that was begun last.

    Args:
        semantic: Label class of the triangles unless a solid names another.
    """

    def __init__(self, semantic: Semantic) -> None:
        self.semantic = semantic
        self._points: list[NDArray[np.float64]] = []
        self._triangles: list[NDArray[np.int64]] = []
        self._material: list[NDArray[np.int16]] = []
        self._semantic: list[NDArray[np.uint8]] = []
        self._part: list[NDArray[np.int16]] = []
        self._role: list[int] = [int(PartRole.BODY)]
        self._pivot: list[tuple[float, float, float]] = [(0.0, 0.0, 0.0)]
        self._count = 0

    def begin_part(self, role: PartRole, pivot: tuple[float, float, float]) -> None:
        """Begin a part that turns about `pivot` [m]; solids added from now on belong to it."""
        self._role.append(int(role))
        self._pivot.append(pivot)

    def add(
        self, points: ArrayLike, triangles: ArrayLike, material: ArrayLike | Material, semantic: Semantic | None = None
    ) -> None:
        """Add triangles.

        Args:
            points: [m]. Shape (num_points, 3).
            triangles: Rows of `points`. Shape (num_triangles, 3).
            material: One for all, or one a triangle. Shape (num_triangles,).
            semantic: Label class, the builder's if none is given.
        """
        corner = np.asarray(points, np.float64).reshape(-1, 3)
        triangle = np.asarray(triangles, np.int64).reshape(-1, 3)
        number = len(triangle)
        self._points.append(corner)
        self._triangles.append(triangle + self._count)
        materials, classes, parts = np.empty(number, np.int16), np.empty(number, np.uint8), np.empty(number, np.int16)
        materials[:] = material
        classes[:] = self.semantic if semantic is None else semantic
        parts[:] = len(self._role) - 1
        self._material.append(materials)
        self._semantic.append(classes)
        self._part.append(parts)
        self._count += len(corner)

    def quad(self, corners: ArrayLike, material: Material, semantic: Semantic | None = None) -> None:
        """Add a flat quadrilateral, its corners counter-clockwise seen from outside. Shape (4, 3)."""
        self.add(corners, _QUAD, material, semantic)

    def box(
        self,
        center: tuple[float, float, float],
        size: tuple[float, float, float],
        material: Material,
        semantic: Semantic | None = None,
        top: Material | None = None,
    ) -> None:
        """Add a box with the axes' directions; `top` is the material of its upper face."""
        materials = np.full(12, int(material), np.int16)
        if top is not None:
            materials[2:4] = int(top)
        self.add(_BOX_CORNERS * (0.5 * np.asarray(size)) + np.asarray(center), _BOX, materials, semantic)

    def loft(
        self,
        rings: ArrayLike,
        material: ArrayLike | Material,
        caps: tuple[Material | None, Material | None] = (None, None),
        semantic: Semantic | None = None,
    ) -> None:
        """Join closed rings of equally many points to a skin.

        Args:
            rings: In the direction of the loft, each counter-clockwise seen from its end. Shape (num_rings,
                num_points, 3).
            material: One for all, or one a band and segment. Shape (num_rings − 1, num_points).
            caps: Materials of the fans that close the first and the last ring, none where the ring stays open.
            semantic: Label class, the builder's if none is given.
        """
        ring = np.asarray(rings, np.float64)
        number, around = ring.shape[:2]
        triangle = _skin(number, around, caps[0] is not None, caps[1] is not None)
        materials = np.empty(len(triangle), np.int16)
        side = 2 * (number - 1) * around
        materials[:side].reshape(number - 1, around, 2)[:] = np.asarray(material, np.int16)[..., None]
        for cap in caps:
            if cap is not None:
                materials[side : side + around - 2] = cap
                side += around - 2
        self.add(ring.reshape(-1, 3), triangle, materials, semantic)

    def sweep(
        self,
        path: ArrayLike,
        radius: ArrayLike,
        segments: int,
        material: ArrayLike | Material,
        semantic: Semantic | None = None,
        flatten: float = 1.0,
    ) -> None:
        """Add a limb: circles around a path, closed at both ends.

        Args:
            path: [m]. Shape (num_points, 3).
            radius: At each point [m]. Shape (num_points,).
            segments: Sides of a circle.
            material: One for all, or one a band.
            semantic: Label class, the builder's if none is given.
            flatten: Stretch of the circles' second axis (the one nearest to y).
        """
        point = np.asarray(path, np.float64)
        size = np.broadcast_to(np.asarray(radius, np.float64), (len(point),))
        direction = np.gradient(point, axis=0)
        rings = np.empty((len(point), segments, 3))
        angle = 2.0 * math.pi * (np.arange(segments) + 0.5) / segments
        cosine, sine = np.cos(angle)[:, None], flatten * np.sin(angle)[:, None]
        for i, (ax, ay, az) in enumerate(direction.tolist()):
            norm = math.sqrt(ax * ax + ay * ay + az * az)
            ax, ay, az = ax / norm, ay / norm, az / norm
            # Across it, the y axis or, where it runs along that, the x axis.
            fx, fy, fz = (az, 0.0, -ax) if abs(ay) < 0.9 else (0.0, -az, ay)
            norm = math.sqrt(fx * fx + fy * fy + fz * fz)
            fx, fy, fz = fx / norm, fy / norm, fz / norm
            second = np.array((ay * fz - az * fy, az * fx - ax * fz, ax * fy - ay * fx))
            rings[i] = point[i] + size[i] * (cosine * np.array((fx, fy, fz)) + sine * second)
        bands = np.asarray(material, np.int16)
        table = np.broadcast_to(bands[:, None] if bands.ndim else bands, (len(point) - 1, segments))
        self.loft(rings, table, (Material(int(table[0, 0])), Material(int(table[-1, 0]))), semantic)

    def ellipsoid(
        self,
        center: tuple[float, float, float],
        radii: tuple[float, float, float],
        rows: int,
        segments: int,
        material: ArrayLike | Material,
        semantic: Semantic | None = None,
    ) -> None:
        """Add an ellipsoid of `rows` bands from bottom to top; `material` is one for all or one a band."""
        points, triangle, band = _ball(rows, segments)
        materials = np.broadcast_to(np.asarray(material, np.int16), (rows,))[band]
        self.add(points * np.asarray(radii) + np.asarray(center), triangle, materials, semantic)

    def wheel(
        self,
        role: PartRole,
        center: tuple[float, float, float],
        radius: float,
        width: float,
        *,
        rim: float = 0.64,
        segments: int = 16,
        spokes: int = 8,
        face: Material = Material.RIM,
    ) -> None:
        """Add a wheel as a part of its own, turning about the y axis through its center.

        Args:
            role: Which wheel it is.
            center: [m].
            radius: Of the tire [m].
            width: Of the tire [m].
            rim: Radius of the rim as a share of the tire's.
            segments: Sides of the tire; one touches the ground with a corner.
            spokes: Dark gaps of the rim's face, so that its spinning shows; divides `segments`.
            face: Material of the rim's face.
        """
        self.begin_part(role, center)
        angle = -0.5 * math.pi + 2.0 * math.pi * np.arange(segments) / segments
        half = 0.5 * width
        profile = [  # (share of the radius, y), from the right face's hub over the tread to the left face's hub
            (0.2, -half * 0.75),
            (rim, -half * 0.9),
            (0.97, -half),
            (1.0, -half * 0.8),
            (1.0, half * 0.8),
            (0.97, half),
            (rim, half * 0.9),
            (0.2, half * 0.75),
        ]
        rings = np.empty((len(profile), segments, 3))
        for i, (share, y) in enumerate(profile):
            rings[i, :, 0] = radius * share * np.cos(-angle)
            rings[i, :, 2] = radius * share * np.sin(angle)
            rings[i, :, 1] = y
        # Counter-clockwise seen from +y (left) runs from x over −z: reverse the order of the points.
        rings = rings[:, ::-1]
        table = np.full((len(profile) - 1, segments), int(Material.TIRE), np.int16)
        for j in range(segments):
            shown = Material.PLASTIC_DARK if j % (segments // spokes) == 0 else face
            table[0, j] = table[-1, j] = int(shown)
        self.loft(rings + np.asarray(center), table, (face, face))

    def spoked_wheel(
        self, role: PartRole, center: tuple[float, float, float], radius: float, tire: float, *, segments: int = 20
    ) -> None:
        """Add a wheel of a ring and thin spokes that can be looked through; see `wheel`.

        Args:
            role: Which wheel it is.
            center: [m].
            radius: Of the tire [m].
            tire: Thickness of the tire [m].
            segments: Sides of the ring.
        """
        self.begin_part(role, center)
        middle = np.asarray(center)
        across = 2.0 * math.pi * np.arange(6) / 6
        rings = []
        for k in range(segments + 1):
            angle = -0.5 * math.pi + 2.0 * math.pi * (k % segments) / segments
            outward = np.array([math.cos(angle), 0.0, math.sin(angle)])
            reach = radius - 0.5 * tire * (1.0 - np.cos(across)) - 0.35 * tire * (np.cos(across) < -0.4)
            rings.append(middle + reach[:, None] * outward + 0.5 * tire * np.sin(across)[:, None] * [0.0, 1.0, 0.0])
        table = np.full((segments, 6), int(Material.TIRE), np.int16)
        table[:, 2:4] = int(Material.RIM)
        self.loft(rings, table)
        self.sweep([middle - [0.0, 0.035, 0.0], middle + [0.0, 0.035, 0.0]], [0.02, 0.02], 6, Material.CHROME)
        for k in range(12):
            angle = 2.0 * math.pi * (k + 0.25) / 12
            end = middle + (radius - 1.1 * tire) * np.array([math.cos(angle), 0.0, math.sin(angle)])
            start = middle + [0.0, 0.02 if k % 2 else -0.02, 0.0]
            self.sweep([start, end], [0.0022, 0.0022], 3, Material.CHROME)

    def build(self) -> Mesh:
        """Return what was collected as a mesh."""
        return Mesh(
            vertex=np.concatenate(self._points).astype(np.float32),
            triangle=np.concatenate(self._triangles).astype(np.int32),
            material=np.concatenate(self._material),
            semantic=np.concatenate(self._semantic),
            part=np.concatenate(self._part),
            part_role=np.array(self._role, np.int16),
            part_pivot=np.array(self._pivot, np.float32),
        )


def fit_mesh(mesh: Mesh, length: float, width: float, height: float) -> Mesh:
    """Stretch a mesh so that its bounding box has the size exactly [m] and its center is the origin."""
    low, high = mesh.vertex.min(axis=0).astype(np.float64), mesh.vertex.max(axis=0).astype(np.float64)
    scale = np.array([length, width, height]) / (high - low)
    middle = 0.5 * (low + high)

    def stretch(points: NDArray[np.float32]) -> NDArray[np.float32]:
        return ((points.astype(np.float64) - middle) * scale).astype(np.float32)

    return mesh._replace(vertex=stretch(mesh.vertex), part_pivot=stretch(mesh.part_pivot))


def rounded_ring(
    x: float, half_width: float, low: float, high: float, corner: float, points_per_corner: int = 3
) -> list[tuple[float, float, float]]:
    """Return a rounded rectangle across the x axis, counter-clockwise seen from +x."""
    corner = min(corner, half_width, 0.5 * (high - low))
    centers: Sequence[tuple[float, float, float]] = (
        (half_width - corner, low + corner, -0.5),
        (half_width - corner, high - corner, 0.0),
        (-half_width + corner, high - corner, 0.5),
        (-half_width + corner, low + corner, 1.0),
    )
    ring = []
    for y, z, start in centers:
        for k in range(points_per_corner):
            angle = math.pi * (start + 0.5 * k / (points_per_corner - 1))
            ring.append((x, y + corner * math.cos(angle), z + corner * math.sin(angle)))
    return ring
