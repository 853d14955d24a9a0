"""What pushes a person on foot: the social force model, and limits that keep bodies apart at coarse time steps.

D. Helbing and P. Molnár, "Social force model for pedestrian dynamics", Physical Review E 51 (1995): relaxation towards
the desired velocity, elliptical repulsion between people, repulsion by borders, weaker effect of what is out of sight.
Departures: distances between people are those of their bodies and not of points; everybody sees the others a little to
the left of where they are, which stands for the fluctuations of the model and lets two who meet head-on pass on their
right; and a walker closes on a body no faster than `CLOSING_TIME` allows, however both turn meanwhile, so that nobody
is walked into at any step.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.lanes.occupancy import LENGTH, VX, VY, WIDTH, YAW, Places, X, Y, Z

# Helbing & Molnár 1995, section "Computer simulations".
RELAXATION_TIME = 0.5  # τ [s]
PAIR_STRENGTH = 2.1  # V⁰ [m²/s²]
PAIR_RANGE = 0.3  # σ [m]
BORDER_STRENGTH = 10.0  # U⁰ [m²/s²]
BORDER_RANGE = 0.2  # R [m]
STEP_TIME = 2.0  # Δt of the other's stride [s]
OUT_OF_SIGHT = 0.5  # c
SIGHT_COSINE = math.cos(math.radians(100.0))  # half of the 200° of view
TOP_SPEED = 1.3  # v_max over the desired speed

SHIFT = 0.1  # by which others are seen too far to the left [m]
BODY = 0.05  # kept around a body [m]
LEG_TIME = 0.15  # after which legs carry one as one wants (`physics.feet.strides.STRIDE_TIME`) [s]
CORNER = 0.04  # kept from the corners of a body as it turns [m]
CLOSING_TIME = 0.3  # in which a gap may be used up at most [s]
BACKING_TIME = 0.2  # in which one steps back who has come too close [s]
BACKING_SPEED = 0.6  # at most [m/s]
ROUNDS = 2  # over all others
LARGEST = 5.0  # acceleration, on foot without falling [m/s²]
NEAR = 6.0  # beyond this people have no effect: e^(−20) [m]
LEVEL = 2.5  # nor has what is this far above or below [m]


@njit(cache=True, _nrt=False)
def pair_force(rx: float, ry: float, vx: float, vy: float) -> tuple[float, float]:
    """Return the repulsive acceleration between two people [m/s²].

    Args:
        rx, ry: From the other to oneself [m].
        vx, vy: The other's velocity [m/s].
    """
    yx, yy = STEP_TIME * vx, STEP_TIME * vy
    qx, qy = rx - yx, ry - yy
    r, q = max(1e-3, math.sqrt(rx * rx + ry * ry)), max(1e-3, math.sqrt(qx * qx + qy * qy))
    total = r + q
    b = 0.5 * math.sqrt(max(1e-6, total * total - yx * yx - yy * yy))
    scale = PAIR_STRENGTH / PAIR_RANGE * math.exp(-b / PAIR_RANGE) * total / (4.0 * b)
    return scale * (rx / r + qx / q), scale * (ry / r + qy / q)


@njit(cache=True, _nrt=False)
def border_force(distance: float) -> float:
    """Return the repulsive acceleration at a distance from a wall, a curb or a thing [m/s²]."""
    return BORDER_STRENGTH / BORDER_RANGE * math.exp(-max(0.0, distance) / BORDER_RANGE)


@njit(cache=True, _nrt=False)
def relax(velocity: float, desired: float, force: float, dt: float) -> float:
    """Return one component of the velocity after `dt` under constant desire and force: the exact solution [m/s]."""
    return velocity + (desired + RELAXATION_TIME * force - velocity) * (1.0 - math.exp(-dt / RELAXATION_TIME))


@njit(cache=True, _nrt=False)
def nearest_on_box(pose: NDArray[np.float64], x: float, y: float) -> tuple[float, float, float]:
    """Return the unit vector from a point to an actor's box, and its distance [m]; zeros inside the box."""
    c, s = math.cos(pose[YAW]), math.sin(pose[YAW])
    dx, dy = x - pose[X], y - pose[Y]
    along, across = dx * c + dy * s, dy * c - dx * s
    gx = along - min(0.5 * pose[LENGTH], max(-0.5 * pose[LENGTH], along))
    gy = across - min(0.5 * pose[WIDTH], max(-0.5 * pose[WIDTH], across))
    distance = math.sqrt(gx * gx + gy * gy)
    if distance < 1e-9:
        return 0.0, 0.0, 0.0
    return -(gx * c - gy * s) / distance, -(gx * s + gy * c) / distance, distance


@njit(cache=True, _nrt=False)
def body_radius(pose: NDArray[np.float64]) -> float:
    """Return the radius of the circle that stands for a person [m]."""
    return 0.5 * max(pose[LENGTH], pose[WIDTH]) + BODY


@njit(cache=True, _nrt=False)
def turning_radius(pose: NDArray[np.float64]) -> float:
    """Return the radius in which a person can turn round without touching anybody [m]."""
    return 0.5 * math.sqrt(pose[LENGTH] * pose[LENGTH] + pose[WIDTH] * pose[WIDTH]) + CORNER


@njit(cache=True, _nrt=False)
def social_force(
    places: Places, on_foot: NDArray[np.bool_], a: int, ex: float, ey: float, first: int, count: int
) -> tuple[float, float]:
    """Return what all others do to a walker [m/s²].

    Companions do not push each other; see `company.companion_force`.

    Args:
        places: Where the actors are.
        on_foot: Who is. Shape (num_actors,).
        a: Which walker.
        ex, ey: Direction that it wants to go in.
        first, count: Its companions are so many actors from the first on.
    """
    own, fx, fy = places.pose[a], 0.0, 0.0
    radius = body_radius(own)
    for b in range(len(places.seen)):
        other = places.pose[b]
        if b == a or not places.seen[b] or abs(other[Z] - own[Z]) > LEVEL or first <= b < first + count:
            continue
        dx, dy = own[X] - other[X], own[Y] - other[Y]
        reach = NEAR + other[LENGTH]
        if abs(dx) > reach or abs(dy) > reach:
            continue
        if on_foot[b]:
            distance = math.sqrt(dx * dx + dy * dy)
            free = max(0.02, distance - radius - body_radius(other)) / max(distance, 1e-6)
            px, py = pair_force(dx * free + SHIFT * ey, dy * free - SHIFT * ex, other[VX], other[VY])
        else:
            nx, ny, distance = nearest_on_box(other, own[X], own[Y])
            push = border_force(distance - radius)
            px, py = -push * nx, -push * ny
        seen = -(px * ex + py * ey) >= SIGHT_COSINE * math.sqrt(px * px + py * py)
        weight = 1.0 if seen else OUT_OF_SIGHT
        fx += weight * px
        fy += weight * py
    size = math.sqrt(fx * fx + fy * fy)
    if size > LARGEST:
        fx, fy = fx * LARGEST / size, fy * LARGEST / size
    return fx, fy


@njit(cache=True, _nrt=False)
def keep_apart(places: Places, on_foot: NDArray[np.bool_], a: int, vx: float, vy: float) -> tuple[float, float]:
    """Return a walker's velocity without what would close a gap to a body too fast [m/s]."""
    own = places.pose[a]
    radius = turning_radius(own)
    for _ in range(ROUNDS):  # what keeps clear of one may close on another
        for b in range(len(places.seen)):
            other = places.pose[b]
            if b == a or not places.seen[b] or abs(other[Z] - own[Z]) > LEVEL:
                continue
            dx, dy = other[X] - own[X], other[Y] - own[Y]
            reach = 2.0 + other[LENGTH]
            if abs(dx) > reach or abs(dy) > reach:
                continue
            share = 1.0
            if on_foot[b]:
                distance = max(1e-6, math.sqrt(dx * dx + dy * dy))
                nx, ny = dx / distance, dy / distance
                gap = distance - radius - turning_radius(other)
            else:
                nx, ny, distance = nearest_on_box(other, own[X], own[Y])
                gap = distance - radius
            away = other[VX] * nx + other[VY] * ny
            gap -= LEG_TIME * max(0.0, own[VX] * nx + own[VY] * ny - away)
            if on_foot[b] and away < 0.0:
                share = 0.5  # both are coming, each may use half of the gap
            most = max(0.0, away) + share * gap / CLOSING_TIME
            if gap < 0.0:
                most = max(-BACKING_SPEED, gap / BACKING_TIME)
            excess = vx * nx + vy * ny - most
            if excess > 0.0:
                vx, vy = vx - excess * nx, vy - excess * ny
    return vx, vy
