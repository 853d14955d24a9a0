"""How two rectangles overlap: the least overlap (separating axes), and across which side bodywork was struck."""

import math
from typing import NamedTuple

from numba import njit

from simengine.core.space.intersect import OrientedBox

_SAME = 1e-9  # edges nearer than this lie on each other [m]


class _Rectangle(NamedTuple):
    """An oriented box with what is worked out of it once."""

    x: float  # center [m]
    y: float
    cosine: float  # of its yaw
    sine: float
    half_length: float  # [m]
    half_width: float


@njit(cache=True, _nrt=False)
def _rectangle(box: OrientedBox) -> _Rectangle:
    return _Rectangle(box.x, box.y, math.cos(box.yaw), math.sin(box.yaw), 0.5 * box.length, 0.5 * box.width)


@njit(cache=True, _nrt=False)
def _grown(a: _Rectangle, margin: float) -> _Rectangle:
    """Return a rectangle with every edge moved outwards [m]."""
    return _Rectangle(a.x, a.y, a.cosine, a.sine, a.half_length + margin, a.half_width + margin)


@njit(cache=True, _nrt=False)
def _extent(nx: float, ny: float, a: _Rectangle) -> float:
    """Return half the width of a rectangle's shadow on a direction [m]."""
    return a.half_length * abs(nx * a.cosine + ny * a.sine) + a.half_width * abs(-nx * a.sine + ny * a.cosine)


@njit(cache=True, _nrt=False)
def _boundary_moments(
    a: _Rectangle, b: _Rectangle, ox: float, oy: float
) -> tuple[float, float, float, float, float, float]:
    """Return what the edges of one rectangle that lie within another add to the moments of what both share.

    The edges of both within each other are the outline of what they share (Green's theorem).

    Args:
        a: Whose edges.
        b: The other.
        ox, oy: What the moments are about [m].

    Returns:
        Twice the area [m²], six times its first moments about (ox, oy) [m³], the edges' length [m], and the sums of
        their middles weighted by it [m²].
    """
    area, mx, my, length, lx, ly = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(4):  # counter-clockwise, from the corner ahead on the right
        u0 = a.half_length if i == 0 or i == 1 else -a.half_length
        v0 = a.half_width if i == 1 or i == 2 else -a.half_width
        u1 = a.half_length if i == 0 or i == 3 else -a.half_length
        v1 = a.half_width if i == 0 or i == 1 else -a.half_width
        x0, y0 = a.x + u0 * a.cosine - v0 * a.sine, a.y + u0 * a.sine + v0 * a.cosine
        x1, y1 = a.x + u1 * a.cosine - v1 * a.sine, a.y + u1 * a.sine + v1 * a.cosine
        start, end = 0.0, 1.0
        for axis in range(2):  # clipped by the two strips whose intersection is the other rectangle
            c, s, half = (b.cosine, b.sine, b.half_length) if axis == 0 else (-b.sine, b.cosine, b.half_width)
            p, q = (x0 - b.x) * c + (y0 - b.y) * s, (x1 - b.x) * c + (y1 - b.y) * s
            step = q - p
            if abs(step) < 1e-12:
                if abs(p) > half:
                    end = -1.0
                continue
            near, far = (-half - p) / step, (half - p) / step
            start, end = max(start, min(near, far)), min(end, max(near, far))
        if start >= end:
            continue
        px, py = x0 + start * (x1 - x0) - ox, y0 + start * (y1 - y0) - oy
        qx, qy = x0 + end * (x1 - x0) - ox, y0 + end * (y1 - y0) - oy
        cross = px * qy - py * qx
        area, mx, my = area + cross, mx + (px + qx) * cross, my + (py + qy) * cross
        span = math.sqrt((qx - px) * (qx - px) + (qy - py) * (qy - py))
        length, lx, ly = length + span, lx + 0.5 * span * (px + qx), ly + 0.5 * span * (py + qy)
    return area, mx, my, length, lx, ly


@njit(cache=True, _nrt=False)
def _overlap_center(a: _Rectangle, b: _Rectangle, depth: float) -> tuple[float, float]:
    """Return the centroid (x, y) [m] of what two rectangles share that overlap by a depth [m]."""
    # Edges that lie on each other are those of the first, whatever rounding says.
    area, mx, my, length, lx, ly = _boundary_moments(a, _grown(b, _SAME), a.x, a.y)
    more, nx, ny, longer, kx, ky = _boundary_moments(b, _grown(a, -_SAME), a.x, a.y)
    area, length = area + more, length + longer
    if depth > 1e-6 and area > 1e-6 * length:  # not a line
        return a.x + (mx + nx) / (3.0 * area), a.y + (my + ny) / (3.0 * area)
    if length > 0.0:
        return a.x + (lx + kx) / length, a.y + (ly + ky) / length
    return 0.5 * (a.x + b.x), 0.5 * (a.y + b.y)


@njit(cache=True, _nrt=False)
def box_contact(first: OrientedBox, second: OrientedBox) -> tuple[bool, float, float, float, float, float]:
    """Return how two boxes overlap, along the direction in which they overlap least.

    Args:
        first, second: The boxes.

    Returns:
        Whether they overlap, the unit normal from the second to the first (x, y), the depth along it [m], and the
        centroid of the overlap (x, y) [m].
    """
    a, b = _rectangle(first), _rectangle(second)
    dx, dy = a.x - b.x, a.y - b.y
    depth, nx, ny = math.inf, 0.0, 0.0
    for axis in range(4):
        ux = a.cosine if axis == 0 else (-a.sine if axis == 1 else (b.cosine if axis == 2 else -b.sine))
        uy = a.sine if axis == 0 else (a.cosine if axis == 1 else (b.sine if axis == 2 else b.cosine))
        distance = dx * ux + dy * uy
        overlap = _extent(ux, uy, a) + _extent(ux, uy, b) - abs(distance)
        if overlap <= 0.0:
            return False, 0.0, 0.0, 0.0, 0.0, 0.0
        if overlap < depth - 1e-9:
            sign = 1.0 if distance >= 0.0 else -1.0
            depth, nx, ny = overlap, sign * ux, sign * uy
    px, py = _overlap_center(a, b, depth)
    return True, nx, ny, depth, px, py


@njit(cache=True, _nrt=False)
def _reach(nx: float, ny: float, a: OrientedBox, b: OrientedBox) -> float:
    """Return half the widths of both boxes' shadows on a direction together [m]."""
    reach = _extent(nx, ny, _rectangle(a))
    reach += _extent(nx, ny, _rectangle(b))
    return reach


@njit(cache=True, _nrt=False)
def side_overlap(k: int, a: OrientedBox, b: OrientedBox) -> tuple[float, float, float]:
    """Return the normal from the second box to the first across side k (0..7), and the overlap along it [m].

    Sides are the four axes of the two, each from one end and from the other.
    """
    yaw, turned, sign = (a.yaw, b.yaw)[k // 4], k // 2 % 2, 1.0 if k % 2 == 0 else -1.0
    nx, ny = math.cos(yaw), math.sin(yaw)
    if turned:
        nx, ny = -ny, nx
    nx, ny = sign * nx, sign * ny
    return nx, ny, _reach(nx, ny, a, b) - ((a.x - b.x) * nx + (a.y - b.y) * ny)


@njit(cache=True, _nrt=False)
def struck_side(a: OrientedBox, b: OrientedBox, vx: float, vy: float, covered: int, step: float) -> int:
    """Return across which side (see `side_overlap`) one box has just run into another, −1 if none closes.

    Bodywork overlaps deeply, and may pass the middle of a thin wall within a tick, so that the least overlap need not
    be across the side that was struck: a post is narrower than a car crushes. Boxes began to touch when the last of
    the axes between them began to overlap, which is the one whose overlap is the least over the speed at which it
    grows, of the sides that the first was on a tick ago.

    Args:
        a: An actor.
        b: The scenery or another actor.
        vx, vy: Velocity of the first against the second where they touch [m/s].
        covered: Faces of the second that lie against its like, by bits: ahead 1, behind 2, left 4, right 8.
        step: A tick [s].
    """
    least, side = math.inf, -1
    # A corner of a piece of a wall lies against the next piece: nothing runs into it with a face of its own.
    for k in range(4 if covered else 0, 8):
        nx, ny, overlap = side_overlap(k, a, b)
        closing = -(vx * nx + vy * ny)
        beyond = (a.x - b.x) * nx + (a.y - b.y) * ny + closing * step < 0.0  # it was on the other side
        if beyond or closing <= 0.0 or overlap >= least * closing:
            continue
        along, across = nx * math.cos(b.yaw) + ny * math.sin(b.yaw), -nx * math.sin(b.yaw) + ny * math.cos(b.yaw)
        face = (1 if along > 0.0 else 2) if abs(along) >= abs(across) else (4 if across > 0.0 else 8)
        if not covered & face:
            least, side = overlap / closing, k
    return side


@njit(cache=True, _nrt=False)
def run_through(a: OrientedBox, b: OrientedBox, nx: float, ny: float, depth: float, travel: float) -> float:
    """Return by how much the first box overlaps the second from the other side [m], if it came from there; else 0.

    What is small and fast passes the middle of a thin wall within a tick: it must not be pushed out behind it.

    Args:
        a, b: The boxes.
        nx, ny: Normal of the contact.
        depth: Along the normal [m].
        travel: How far the first moved along the normal, against the second, in the last tick [m].
    """
    back = 2.0 * _reach(nx, ny, a, b) - depth
    return back if travel > back - 1e-6 else 0.0
