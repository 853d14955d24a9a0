"""How much of a box can be seen from a point past other boxes: the share of its silhouette that none of them covers.

Rays are cast through the cells of a square raster over the picture that a pinhole camera at the eye, aimed at the box,
would take of it. Boxes are opaque and whole: nobody is seen through a car's windows or over its bonnet, so what this
tells to be visible is visible. The ground hides nothing; crests are left out.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import rotate, rotate_inverse

RASTER = 24  # rays along each side of the picture: a share of 25 % is resolved to about 1 %
_NEAR = 0.05  # a corner no farther ahead of the eye than this has no place in the picture [m]


class Boxes(NamedTuple):
    """Solid boxes, of actors and of the scenery. Arrays of n boxes."""

    position: NDArray[np.float64]  # center, world [m]. (n, 3)
    orientation: NDArray[np.float64]  # w, x, y, z. (n, 4)
    size: NDArray[np.float64]  # length, width, height [m]. (n, 3)
    hides: NDArray[np.bool_]  # covers what is behind it. (n,)


@njit(cache=True, _nrt=False)
def ray_enters(
    ox: float,
    oy: float,
    oz: float,
    dx: float,
    dy: float,
    dz: float,
    position: NDArray[np.float64],
    orientation: NDArray[np.float64],
    size: NDArray[np.float64],
) -> float:
    """Return where a ray enters a box, in lengths of its direction; infinity if it misses, 0 from inside.

    Args:
        ox, oy, oz: Where the ray begins, world [m].
        dx, dy, dz: Its direction.
        position, orientation, size: Of the box. Shapes (3,), (4,), (3,).
    """
    w, x, y, z = orientation[0], orientation[1], orientation[2], orientation[3]
    px, py, pz = rotate_inverse(w, x, y, z, ox - position[0], oy - position[1], oz - position[2])
    vx, vy, vz = rotate_inverse(w, x, y, z, dx, dy, dz)
    enter, leave = 0.0, math.inf
    for p, v, extent in ((px, vx, size[0]), (py, vy, size[1]), (pz, vz, size[2])):
        half = 0.5 * extent
        if abs(v) < 1e-12:
            if abs(p) > half:
                return math.inf
            continue
        first, second = (-half - p) / v, (half - p) / v
        enter, leave = max(enter, min(first, second)), min(leave, max(first, second))
    return enter if enter <= leave else math.inf


@njit(cache=True, _nrt=False)
def _frame(x: float, y: float, z: float) -> tuple[float, float, float, float, float, float]:
    """Return the right and the up axis of a camera that looks along a unit direction."""
    flat = math.sqrt(x * x + y * y)
    if flat < 1e-9:
        return 1.0, 0.0, 0.0, 0.0, 1.0, 0.0
    rx, ry = y / flat, -x / flat
    return rx, ry, 0.0, ry * z, -rx * z, rx * y - ry * x


@njit(cache=True)
def visible_share(ex: float, ey: float, ez: float, boxes: Boxes, target: int) -> float:
    """Return the share of a box's silhouette that no other box covers, 0 to 1.

    Args:
        ex, ey, ez: The eye point, world [m].
        boxes: All of them; those that do not hide anything are left out as covers.
        target: Which one is looked at.
    """
    position, size = boxes.position, boxes.size
    ax, ay, az = position[target, 0] - ex, position[target, 1] - ey, position[target, 2] - ez
    distance = math.sqrt(ax * ax + ay * ay + az * az)
    radius = 0.5 * math.sqrt(size[target, 0] ** 2 + size[target, 1] ** 2 + size[target, 2] ** 2)
    if distance <= radius + _NEAR:
        return 1.0
    ax, ay, az = ax / distance, ay / distance, az / distance
    rx, ry, rz, ux, uy, uz = _frame(ax, ay, az)
    q = boxes.orientation[target]
    left, right, low, high = math.inf, -math.inf, math.inf, -math.inf
    for corner in range(8):
        kx, ky, kz = rotate(
            q[0],
            q[1],
            q[2],
            q[3],
            size[target, 0] * (0.5 - (corner & 1)),
            size[target, 1] * (0.5 - ((corner >> 1) & 1)),
            size[target, 2] * (0.5 - (corner >> 2)),
        )
        kx, ky, kz = kx + position[target, 0] - ex, ky + position[target, 1] - ey, kz + position[target, 2] - ez
        ahead = kx * ax + ky * ay + kz * az
        u, v = (kx * rx + ky * ry + kz * rz) / ahead, (kx * ux + ky * uy + kz * uz) / ahead
        left, right, low, high = min(left, u), max(right, u), min(low, v), max(high, v)
    reach = radius / (distance - radius)  # half the angle of the cone around the box, its tangent at most
    covers = np.empty(len(boxes.hides), np.int64)
    count = 0
    for b in range(len(boxes.hides)):
        if b == target or not boxes.hides[b]:
            continue
        bx, by, bz = position[b, 0] - ex, position[b, 1] - ey, position[b, 2] - ez
        ahead = bx * ax + by * ay + bz * az
        ball = 0.5 * math.sqrt(size[b, 0] ** 2 + size[b, 1] ** 2 + size[b, 2] ** 2)
        room = ball + reach * (max(0.0, ahead) + ball)
        if -ball <= ahead <= distance + radius + ball and bx * bx + by * by + bz * bz - ahead * ahead <= room * room:
            covers[count] = b
            count += 1
    hit = seen = 0
    for i in range(RASTER):
        u = left + (right - left) * (i + 0.5) / RASTER
        for j in range(RASTER):
            v = low + (high - low) * (j + 0.5) / RASTER
            dx, dy, dz = ax + u * rx + v * ux, ay + u * ry + v * uy, az + u * rz + v * uz
            there = ray_enters(ex, ey, ez, dx, dy, dz, position[target], q, size[target])
            if there == math.inf:
                continue
            hit += 1
            covered = False
            for k in range(count):
                b = covers[k]
                if ray_enters(ex, ey, ez, dx, dy, dz, position[b], boxes.orientation[b], size[b]) < there:
                    covered = True
                    break
            if not covered:
                seen += 1
    return seen / hit if hit > 0 else 0.0
