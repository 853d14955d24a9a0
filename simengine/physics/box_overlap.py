"""How two rectangles overlap: the least overlap (separating axes), and across which side bodywork was struck."""

import math

from numba import njit


@njit(cache=True, _nrt=False)
def _extent(nx, ny, cosine, sine, half_length, half_width):
    """Return half the width of a rectangle's shadow on a direction [m]."""
    return half_length * abs(nx * cosine + ny * sine) + half_width * abs(-nx * sine + ny * cosine)


@njit(cache=True, _nrt=False)
def _inside_corners(px, py, cosine, sine, half_length, half_width, ox, oy, o_cos, o_sin, o_length, o_width):
    """Return how many corners of the first rectangle lie in the other, and the sums of their x and y."""
    count, sum_x, sum_y = 0, 0.0, 0.0
    for i in range(4):
        u = half_length if i < 2 else -half_length
        v = half_width if i % 2 == 0 else -half_width
        x, y = px + u * cosine - v * sine, py + u * sine + v * cosine
        dx, dy = x - ox, y - oy
        if abs(dx * o_cos + dy * o_sin) <= o_length and abs(-dx * o_sin + dy * o_cos) <= o_width:
            count, sum_x, sum_y = count + 1, sum_x + x, sum_y + y
    return count, sum_x, sum_y


@njit(cache=True, _nrt=False)
def box_contact(ax, ay, a_yaw, a_length, a_width, bx, by, b_yaw, b_length, b_width):
    """Return how two rectangles overlap, along the direction in which they overlap least.

    Args:
        ax: Center of the first [m]; then its y, yaw [rad], length and width [m], and those of the second.

    Returns:
        Whether they overlap, the unit normal from the second to the first (x, y), the depth along it [m], and the
        middle of the overlap (x, y) [m].
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
    count, px, py = _inside_corners(ax, ay, a_cos, a_sin, hal, haw, bx, by, b_cos, b_sin, hbl, hbw)
    other, qx, qy = _inside_corners(bx, by, b_cos, b_sin, hbl, hbw, ax, ay, a_cos, a_sin, hal, haw)
    if count + other > 0:
        return True, nx, ny, depth, (px + qx) / (count + other), (py + qy) / (count + other)
    # Crossed rectangles: the midpoint between the two facing sides.
    reach_a = _extent(nx, ny, a_cos, a_sin, hal, haw)
    reach_b = _extent(nx, ny, b_cos, b_sin, hbl, hbw)
    return (
        True, nx, ny, depth,
        0.5 * (ax - nx * reach_a + bx + nx * reach_b), 0.5 * (ay - ny * reach_a + by + ny * reach_b),
    )


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
def struck_side(ax, ay, a_yaw, a_length, a_width, bx, by, b_yaw, b_length, b_width, vx, vy, covered):
    """Return across which side (see `side_overlap`) one rectangle has just run into another, −1 if none closes.

    Bodywork overlaps deeply, so that the least overlap need not be across the side that was struck: a post is narrower
    than a car crushes. Boxes began to touch when the last of the axes between them began to overlap, which is the one
    whose overlap is the least over the speed at which it grows.

    Args:
        ax: As of `box_contact`; the second is the scenery or another actor.
        vx: Velocity of the first against the second where they touch, x and y [m/s].
        covered: Faces of the second that lie against its like, by bits: ahead 1, behind 2, left 4, right 8.
    """
    least, side = math.inf, -1
    for k in range(8):
        nx, ny, overlap = side_overlap(k, ax, ay, a_yaw, a_length, a_width, bx, by, b_yaw, b_length, b_width)
        closing = -(vx * nx + vy * ny)
        beyond = (ax - bx) * nx + (ay - by) * ny < 0.0  # it is on the other side
        if beyond or closing <= 0.0 or overlap >= least * closing:
            continue
        along, across = nx * math.cos(b_yaw) + ny * math.sin(b_yaw), -nx * math.sin(b_yaw) + ny * math.cos(b_yaw)
        face = (1 if along > 0.0 else 2) if abs(along) >= abs(across) else (4 if across > 0.0 else 8)
        if not covered & face:
            least, side = overlap / closing, k
    return side
