"""How two rectangles overlap: the least overlap (separating axes), and across which side bodywork was struck."""

import math

from numba import njit

_SAME = 1e-9  # edges nearer than this lie on each other [m]


@njit(cache=True, _nrt=False)
def _extent(nx, ny, cosine, sine, half_length, half_width):
    """Return half the width of a rectangle's shadow on a direction [m]."""
    return half_length * abs(nx * cosine + ny * sine) + half_width * abs(-nx * sine + ny * cosine)


@njit(cache=True, _nrt=False)
def _boundary_moments(ax, ay, a_cos, a_sin, hal, haw, bx, by, b_cos, b_sin, hbl, hbw, ox, oy):
    """Return what the edges of one rectangle that lie within another add to the moments of what both share.

    The edges of both within each other are the outline of what they share (Green's theorem).

    Returns:
        Twice the area, six times its first moments about (ox, oy), the edges' length, and the sums of their middles
        weighted by it.
    """
    area, mx, my, length, lx, ly = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(4):  # counter-clockwise, from the corner ahead on the right
        u0, v0 = (hal if i == 0 or i == 1 else -hal), (haw if i == 1 or i == 2 else -haw)
        u1, v1 = (hal if i == 0 or i == 3 else -hal), (haw if i == 0 or i == 1 else -haw)
        x0, y0 = ax + u0 * a_cos - v0 * a_sin, ay + u0 * a_sin + v0 * a_cos
        x1, y1 = ax + u1 * a_cos - v1 * a_sin, ay + u1 * a_sin + v1 * a_cos
        start, end = 0.0, 1.0
        for axis in range(2):  # clipped by the two strips whose intersection is the other rectangle
            c, s, half = (b_cos, b_sin, hbl) if axis == 0 else (-b_sin, b_cos, hbw)
            p, q = (x0 - bx) * c + (y0 - by) * s, (x1 - bx) * c + (y1 - by) * s
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
def _overlap_center(ax, ay, a_cos, a_sin, hal, haw, bx, by, b_cos, b_sin, hbl, hbw, depth):
    """Return the centroid (x, y) [m] of what two overlapping rectangles share."""
    # Edges that lie on each other are those of the first, whatever rounding says.
    area, mx, my, length, lx, ly = _boundary_moments(
        ax, ay, a_cos, a_sin, hal, haw, bx, by, b_cos, b_sin, hbl + _SAME, hbw + _SAME, ax, ay
    )
    more, nx, ny, longer, kx, ky = _boundary_moments(
        bx, by, b_cos, b_sin, hbl, hbw, ax, ay, a_cos, a_sin, hal - _SAME, haw - _SAME, ax, ay
    )
    area, length = area + more, length + longer
    if depth > 1e-6 and area > 1e-6 * length:  # not a line
        return ax + (mx + nx) / (3.0 * area), ay + (my + ny) / (3.0 * area)
    if length > 0.0:
        return ax + (lx + kx) / length, ay + (ly + ky) / length
    return 0.5 * (ax + bx), 0.5 * (ay + by)


@njit(cache=True, _nrt=False)
def box_contact(ax, ay, a_yaw, a_length, a_width, bx, by, b_yaw, b_length, b_width):
    """Return how two rectangles overlap, along the direction in which they overlap least.

    Args:
        ax: Center of the first [m]; then its y, yaw [rad], length and width [m], and those of the second.

    Returns:
        Whether they overlap, the unit normal from the second to the first (x, y), the depth along it [m], and the
        centroid of the overlap (x, y) [m].
    """
    a_cos, a_sin, b_cos, b_sin = math.cos(a_yaw), math.sin(a_yaw), math.cos(b_yaw), math.sin(b_yaw)
    hal, haw, hbl, hbw = 0.5 * a_length, 0.5 * a_width, 0.5 * b_length, 0.5 * b_width
    dx, dy = ax - bx, ay - by
    depth, nx, ny = math.inf, 0.0, 0.0
    for axis in range(4):
        ux = a_cos if axis == 0 else (-a_sin if axis == 1 else (b_cos if axis == 2 else -b_sin))
        uy = a_sin if axis == 0 else (a_cos if axis == 1 else (b_sin if axis == 2 else b_cos))
        distance = dx * ux + dy * uy
        overlap = _extent(ux, uy, a_cos, a_sin, hal, haw) + _extent(ux, uy, b_cos, b_sin, hbl, hbw) - abs(distance)
        if overlap <= 0.0:
            return False, 0.0, 0.0, 0.0, 0.0, 0.0
        if overlap < depth - 1e-9:
            sign = 1.0 if distance >= 0.0 else -1.0
            depth, nx, ny = overlap, sign * ux, sign * uy
    px, py = _overlap_center(ax, ay, a_cos, a_sin, hal, haw, bx, by, b_cos, b_sin, hbl, hbw, depth)
    return True, nx, ny, depth, px, py


@njit(cache=True, _nrt=False)
def side_overlap(k, ax, ay, a_yaw, a_length, a_width, bx, by, b_yaw, b_length, b_width):
    """Return the normal from the second rectangle to the first across side k (0..7), and the overlap along it [m].

    Sides are the four axes of the two, each from one end and from the other.
    """
    yaw, turned, sign = (a_yaw, b_yaw)[k // 4], k // 2 % 2, 1.0 if k % 2 == 0 else -1.0
    nx, ny = math.cos(yaw), math.sin(yaw)
    if turned:
        nx, ny = -ny, nx
    nx, ny = sign * nx, sign * ny
    reach = _extent(nx, ny, math.cos(a_yaw), math.sin(a_yaw), 0.5 * a_length, 0.5 * a_width)
    reach += _extent(nx, ny, math.cos(b_yaw), math.sin(b_yaw), 0.5 * b_length, 0.5 * b_width)
    return nx, ny, reach - ((ax - bx) * nx + (ay - by) * ny)


@njit(cache=True, _nrt=False)
def struck_side(ax, ay, a_yaw, a_length, a_width, bx, by, b_yaw, b_length, b_width, vx, vy, covered, step):
    """Return across which side (see `side_overlap`) one rectangle has just run into another, −1 if none closes.

    Bodywork overlaps deeply, and may pass the middle of a thin wall within a tick, so that the least overlap need not
    be across the side that was struck: a post is narrower than a car crushes. Boxes began to touch when the last of
    the axes between them began to overlap, which is the one whose overlap is the least over the speed at which it
    grows, of the sides that the first was on a tick ago.

    Args:
        ax: As of `box_contact`; the second is the scenery or another actor.
        vx: Velocity of the first against the second where they touch, x and y [m/s].
        covered: Faces of the second that lie against its like, by bits: ahead 1, behind 2, left 4, right 8.
        step: A tick [s].
    """
    least, side = math.inf, -1
    # A corner of a piece of a wall lies against the next piece: nothing runs into it with a face of its own.
    for k in range(4 if covered else 0, 8):
        nx, ny, overlap = side_overlap(k, ax, ay, a_yaw, a_length, a_width, bx, by, b_yaw, b_length, b_width)
        closing = -(vx * nx + vy * ny)
        beyond = (ax - bx) * nx + (ay - by) * ny + closing * step < 0.0  # it was on the other side
        if beyond or closing <= 0.0 or overlap >= least * closing:
            continue
        along, across = nx * math.cos(b_yaw) + ny * math.sin(b_yaw), -nx * math.sin(b_yaw) + ny * math.cos(b_yaw)
        face = (1 if along > 0.0 else 2) if abs(along) >= abs(across) else (4 if across > 0.0 else 8)
        if not covered & face:
            least, side = overlap / closing, k
    return side


@njit(cache=True, _nrt=False)
def run_through(ax, ay, a_yaw, a_length, a_width, bx, by, b_yaw, b_length, b_width, nx, ny, depth, travel):
    """Return by how much the first rectangle overlaps the second from the other side, if it came from there; else 0.

    What is small and fast passes the middle of a thin wall within a tick: it must not be pushed out behind it.

    Args:
        ax: As of `box_contact`.
        nx: Normal of the contact, x and y.
        depth: Along the normal [m].
        travel: How far the first moved along the normal, against the second, in the last tick [m].
    """
    reach = _extent(nx, ny, math.cos(a_yaw), math.sin(a_yaw), 0.5 * a_length, 0.5 * a_width)
    reach += _extent(nx, ny, math.cos(b_yaw), math.sin(b_yaw), 0.5 * b_length, 0.5 * b_width)
    back = 2.0 * reach - depth
    return back if travel > back - 1e-6 else 0.0
