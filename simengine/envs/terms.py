"""Terms that environments are made of: observation features, rewards and endings as scalar kernels.

Kernels that step many worlds call them per world, so a single environment and row e of a vector one compute the same.
"""

import math

from numba import njit

from simengine.core.space.geometry import boxes_gap

# ------------------------------------------------------------------------------------------------------- observations


@njit(cache=True)
def feature(value: float, scale: float) -> float:
    """Return a quantity over its scale, cut to −1..1."""
    return min(1.0, max(-1.0, value / scale))


@njit(cache=True)
def ring_gap(ahead: float, length: float) -> float:
    """Return a signed way along a ring of a length, the shorter way round: −length/2 .. length/2 [m]."""
    if ahead > 0.5 * length:
        return ahead - length
    if ahead < -0.5 * length:
        return ahead + length
    return ahead


@njit(cache=True)
def ray_box(ox: float, oy: float, dx: float, dy: float, bx: float, by: float, cosine: float, sine: float,
            half_length: float, half_width: float) -> float:  # fmt: skip
    """Return the distance along a ray to an oriented box, infinite if missed, 0 from inside [m].

    Args:
        ox: Origin [m]; then its y, and the ray's unit direction.
        bx: Center of the box [m]; then its y, the cosine and sine of its yaw, half its length and width [m].
    """
    px, py = ox - bx, oy - by
    u, v = px * cosine + py * sine, -px * sine + py * cosine
    du, dv = dx * cosine + dy * sine, -dx * sine + dy * cosine
    near, far = 0.0, math.inf
    for axis in range(2):
        position = u if axis == 0 else v
        direction = du if axis == 0 else dv
        half = half_length if axis == 0 else half_width
        if abs(direction) < 1e-12:
            if abs(position) > half:
                return math.inf
        else:
            first, second = (-half - position) / direction, (half - position) / direction
            near, far = max(near, min(first, second)), min(far, max(first, second))
    return near if near <= far else math.inf


# ------------------------------------------------------------------------------------------------------------ rewards


@njit(cache=True)
def speed_reward(speed: float, low: float, high: float) -> float:
    """Return 0 at a low speed to 1 at the speed wanted, falling again as fast above it, never below −1."""
    if speed > high:
        return max(-1.0, 1.0 - (speed - high) / (high - low) * 4.0)
    return max(0.0, (speed - low) / (high - low))


@njit(cache=True)
def comfort_cost(acceleration: float, lateral_acceleration: float, comfortable: float) -> float:
    """Return 0 in still motion, 1 at a comfortable acceleration [m/s²], growing with the square, at most 10."""
    square = acceleration * acceleration + lateral_acceleration * lateral_acceleration
    return min(10.0, square / (comfortable * comfortable))


# ------------------------------------------------------------------------------------------------------------ endings


@njit(cache=True)
def boxes_touch(
    ax: float,
    ay: float,
    a_yaw: float,
    a_length: float,
    a_width: float,
    bx: float,
    by: float,
    b_yaw: float,
    b_length: float,
    b_width: float,
) -> bool:
    """Return whether two oriented rectangles overlap; centers and sizes [m], yaws [rad]."""
    dx, dy = bx - ax, by - ay
    reach = 0.5 * (a_length + a_width + b_length + b_width)
    if dx * dx + dy * dy > reach * reach:
        return False
    return boxes_gap(ax, ay, a_yaw, a_length, a_width, bx, by, b_yaw, b_length, b_width) < 0.0


@njit(cache=True)
def outside_strip(y: float, yaw: float, length: float, width: float, low: float, high: float) -> bool:
    """Return whether a box's center line, or more of it, has left a strip along x between two edges [m]."""
    reach = 0.5 * length * abs(math.sin(yaw))
    return y - reach < low or y + reach > high
