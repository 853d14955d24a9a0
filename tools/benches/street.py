"""A street of boxes, tubes and ellipsoids: ground, buildings, cars, pedestrians, poles, trees, always the same ones.

60,112 triangles in full detail; below, tubes, ellipsoids and boxes have fewer sides; above, surfaces are cut finer.
"""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError
from tools.benches.tessellation import tessellate
from tools.benches.triangles import TriangleScene, make_scene

CLASSES = ("ground", "building", "car", "pedestrian", "pole", "tree")
CARS = 40
_HALF = 200.0  # the ground reaches from −200 to 200 m both ways
_LANES = (-5.25, -1.75, 1.75, 5.25)  # centers of the four lanes [m]
_DETAILS = tuple(n / 50 for n in range(50, 1, -1))  # of the sides of round things

Shape = tuple[NDArray[np.float64], NDArray[np.int64]]  # vertices [m] and triangles, counter-clockwise from outside


def _join(shapes: list[Shape]) -> Shape:
    offsets = np.cumsum([0] + [len(vertex) for vertex, _ in shapes])
    rows = [triangle + offset for (_, triangle), offset in zip(shapes, offsets[:-1], strict=True)]
    return np.concatenate([vertex for vertex, _ in shapes]), np.concatenate(rows)


def _patch(columns: int, rows: int) -> Shape:
    """Return the unit square in x and y, facing up."""
    u, v = np.meshgrid(np.linspace(0.0, 1.0, columns + 1), np.linspace(0.0, 1.0, rows + 1), indexing="ij")
    i, j = np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij")
    a = (i * (rows + 1) + j).ravel()
    b, c, d = a + rows + 1, a + rows + 2, a + 1
    triangle = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])
    return np.stack([u.ravel(), v.ravel(), np.zeros(u.size)], -1), triangle


def box(low: tuple[float, float, float], high: tuple[float, float, float], cells: tuple[int, int, int]) -> Shape:
    """Return an upright box whose faces have cells along x, y and z."""
    size = np.subtract(high, low)
    sides = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        point, triangle = _patch(cells[u], cells[v])
        for at, rows in ((1.0, triangle), (0.0, triangle[:, ::-1])):
            vertex = np.empty_like(point)
            vertex[:, axis], vertex[:, u], vertex[:, v] = at, point[:, 0], point[:, 1]
            sides.append((low + vertex * size, rows))
    return _join(sides)


def tube(center: tuple[float, float, float], radius: float, half: float, sides: int, axis: int, capped: bool) -> Shape:
    """Return a cylinder along an axis, `half` as long, with flat ends where it is capped."""
    angle = 2.0 * math.pi * np.arange(sides) / sides
    u, v = (axis + 1) % 3, (axis + 2) % 3
    vertex = np.zeros((2 * sides + 2, 3))
    for end, at in ((0, -half), (1, half)):
        ring = slice(end * sides, (end + 1) * sides)
        vertex[ring, u], vertex[ring, v], vertex[ring, axis] = radius * np.cos(angle), radius * np.sin(angle), at
        vertex[2 * sides + end, axis] = at
    a = np.arange(sides)
    b = (a + 1) % sides
    rows = [np.stack([a, b, sides + b], -1), np.stack([a, sides + b, sides + a], -1)]
    if capped:
        rows += [np.stack([b, a, np.full(sides, 2 * sides)], -1)]
        rows += [np.stack([sides + a, sides + b, np.full(sides, 2 * sides + 1)], -1)]
    return vertex + center, np.concatenate(rows)


def ellipsoid(center: tuple[float, float, float], radii: tuple[float, float, float], rings: int, sides: int) -> Shape:
    """Return an ellipsoid of `rings` bands, those at the poles of single triangles."""
    polar = math.pi * np.arange(1, rings) / rings
    angle = 2.0 * math.pi * np.arange(sides) / sides
    ring = np.stack(
        [
            np.outer(np.sin(polar), np.cos(angle)),
            np.outer(np.sin(polar), np.sin(angle)),
            np.outer(np.cos(polar), np.ones(sides)),
        ],
        -1,
    ).reshape(-1, 3)
    vertex = np.concatenate([ring, [[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]])
    top, a = len(ring), np.arange(sides)
    b = (a + 1) % sides
    last = (rings - 2) * sides
    rows = [np.stack([a, b, np.full(sides, top)], -1), np.stack([last + b, last + a, np.full(sides, top + 1)], -1)]
    for r in range(rings - 2):
        upper, lower = r * sides, (r + 1) * sides
        rows += [np.stack([upper + a, lower + a, lower + b], -1), np.stack([upper + a, lower + b, upper + b], -1)]
    return vertex * radii + center, np.concatenate(rows)


def _sides(full: int, detail: float, least: int) -> int:
    return max(least, round(full * detail))


def _car(detail: float) -> Shape:
    n = [_sides(full, detail, 1) for full in (8, 4, 3, 4, 4, 2)]
    wheel = _sides(13, detail, 4)
    shapes = [
        box((-2.2, -0.95, 0.3), (2.2, 0.95, 0.95), (n[0], n[1], n[2])),
        box((-1.3, -0.8, 0.95), (1.0, 0.8, 1.6), (n[3], n[4], n[5])),
    ]
    shapes += [tube((x, y, 0.33), 0.33, 0.1, wheel, 1, True) for x in (-1.35, 1.35) for y in (-0.84, 0.84)]
    return _join(shapes)


def _pedestrian(detail: float) -> Shape:
    rings, sides = _sides(10, detail, 3), _sides(12, detail, 4)
    parts = (
        ((0.0, 0.0, 1.62), (0.11, 0.11, 0.16)),
        ((0.0, 0.0, 1.16), (0.16, 0.24, 0.34)),
        ((0.0, 0.11, 0.45), (0.1, 0.1, 0.45)),
        ((0.0, -0.11, 0.45), (0.1, 0.1, 0.45)),
    )
    return _join([ellipsoid(center, radii, rings, sides) for center, radii in parts])


def _tree(detail: float, radius: float) -> Shape:
    crown = ellipsoid((0.0, 0.0, 4.2), (radius, radius, 1.8), _sides(6, detail, 3), _sides(10, detail, 4))
    return _join([tube((0.0, 0.0, 1.4), 0.15, 1.4, _sides(6, detail, 3), 2, False), crown])


def _ground(detail: float) -> Shape:
    n = _sides(24, detail, 4)
    vertex, triangle = _patch(n, n)
    vertex[:, :2] = (2.0 * vertex[:, :2] - 1.0) * _HALF
    vertex[:, 2] = 0.02 * np.sin(vertex[:, 0] / 17.0) * np.cos(vertex[:, 1] / 23.0)
    return vertex, triangle


def _instances(detail: float, cars: int) -> list[tuple[str, Shape]]:
    """Return every instance's class and shape in the world."""
    random = np.random.default_rng(7)
    found = [("ground", _ground(detail))]
    for row in range(30):
        for side in (-1.0, 1.0):
            x, width = -195.0 + 13.4 * row, random.uniform(9.0, 12.5)
            near, far, height = 14.0, 14.0 + random.uniform(8.0, 16.0), random.uniform(7.0, 24.0)
            low, high = (near, far) if side > 0.0 else (-far, -near)
            found.append(("building", box((x - width / 2, low, 0.0), (x + width / 2, high, height), (1, 1, 1))))

    def place(name: str, shape: Shape, x: float, y: float, yaw: float) -> None:
        c, s = math.cos(yaw), math.sin(yaw)
        vertex = shape[0]
        turned = np.stack([c * vertex[:, 0] - s * vertex[:, 1] + x, s * vertex[:, 0] + c * vertex[:, 1] + y,
            vertex[:, 2]], -1)  # fmt: skip
        found.append((name, (turned, shape[1])))

    columns = max(1, math.ceil(cars / len(_LANES)))
    spacing = min(18.8, 2.0 * (_HALF - 8.0) / columns)
    for n in range(cars):
        column, lane = divmod(n, len(_LANES))
        loose = 0.5 * max(0.0, spacing - 7.5)
        x = (column - 0.5 * (columns - 1)) * spacing + random.uniform(-loose, loose)
        place("car", _car(detail), x, _LANES[lane], 0.0 if lane < 2 else math.pi)
    for _ in range(30):
        x, y = random.uniform(-90.0, 90.0), float(random.choice([-1.0, 1.0])) * random.uniform(8.0, 13.0)
        place("pedestrian", _pedestrian(detail), x, y, random.uniform(0.0, 2.0 * math.pi))
    for n in range(40):
        side = 7.8 if n % 2 else -7.8
        pole = tube((-190.0 + 20.0 * (n // 2), side, 3.0), 0.08, 3.0, _sides(8, detail, 3), 2, True)
        found.append(("pole", pole))
    for n in range(60):
        side, radius = 12.3 if n % 2 else -12.3, random.uniform(1.4, 1.6)
        place("tree", _tree(detail, radius), -195.0 + 13.4 * (n // 2) + 6.7, side, 0.0)
    return found


def _street(detail: float, cars: int) -> TriangleScene:
    found = _instances(detail, cars)
    vertex, triangle = _join([shape for _, shape in found])
    counts = [len(rows) for _, (_, rows) in found]
    classes = np.array([CLASSES.index(name) for name, _ in found], np.int64)
    owner = np.repeat(np.arange(len(found), dtype=np.int32), counts)
    return make_scene(
        vertex.astype(np.float32),
        triangle.astype(np.int32),
        owner,
        classes,
        CLASSES,
        np.flatnonzero(classes == CLASSES.index("car")),
    )


def make_street(triangles: int, cars: int = CARS) -> TriangleScene:
    """Return the street with about so many triangles, never more.

    Raises:
        ScenarioError: The coarsest street has more.
    """
    finest, first, last = _street(_DETAILS[0], cars), 1, len(_DETAILS) - 1
    if len(finest.triangle) > triangles:
        finest = _street(_DETAILS[last], cars)
    if len(finest.triangle) > triangles:
        raise ScenarioError(f"--triangles {triangles}: the coarsest street has {len(finest.triangle)}")
    while first <= last and len(finest.triangle) != triangles:
        middle = (first + last) // 2
        street = _street(_DETAILS[middle], cars)
        if len(finest.triangle) < len(street.triangle) <= triangles:
            finest, last = street, middle - 1
        elif len(street.triangle) > triangles:
            first = middle + 1
        else:
            break  # no finer than the finest that fits
    return tessellate(finest, triangles)
