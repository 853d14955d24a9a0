"""The twelve ways through a four-way intersection of two two-lane streets, in closed form.

Traffic keeps right. Arm k is entered with heading k · 90° (0 from the west, 1 from the south, 2 from the east, 3 from
the north). Seen along its own heading every way is the same: straight to the box at −`half_box`, then straight on or
round a quarter circle, then straight out. A route is numbered 3 · arm + turn.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

STRAIGHT, LEFT, RIGHT = range(3)
NUM_ROUTES = 12
_SWEPT = 2.4  # width that a car sweeps with a margin [m]
_SAMPLE = 0.25  # [m]


@njit(cache=True)
def quarter_turn(k):
    """Return cosine and sine of k · 90°, exactly."""
    k %= 4
    return (1.0 if k == 0 else (-1.0 if k == 2 else 0.0)), (1.0 if k == 1 else (-1.0 if k == 3 else 0.0))


@njit(cache=True)
def box_length(turn, half_box, lane_width):
    """Return the length of a way inside the box [m]."""
    if turn == STRAIGHT:
        return 2.0 * half_box
    radius = half_box + 0.5 * lane_width if turn == LEFT else half_box - 0.5 * lane_width
    return 0.5 * math.pi * radius


@njit(cache=True)
def route_curvature(turn, inside, half_box, lane_width):
    """Return the curvature of a way [1/m] at a distance into the box [m]."""
    if turn == STRAIGHT or inside < 0.0 or inside > box_length(turn, half_box, lane_width):
        return 0.0
    return 1.0 / (half_box + 0.5 * lane_width) if turn == LEFT else -1.0 / (half_box - 0.5 * lane_width)


@njit(cache=True)
def project_on_route(route, x, y, arm_length, half_box, lane_width):
    """Return where a point is on a route.

    Args:
        route: Number.
        x: World, the intersection's middle is the origin [m]; then its y.
        arm_length: Way from the beginning of a route to the box [m].
        half_box: Half the edge of the box [m].
        lane_width: [m].

    Returns:
        s along the route [m], t to its left [m], the route's heading there [rad] and its curvature [1/m].
    """
    arm, turn = route // 3, route % 3
    cosine, sine = quarter_turn(arm)
    u, v = cosine * x + sine * y, -sine * x + cosine * y
    base = 0.5 * math.pi * arm
    middle = 0.5 * lane_width
    if turn == STRAIGHT or u <= -half_box:
        return u + arm_length + half_box, v + middle, base, 0.0
    if turn == LEFT:
        radius = half_box + middle
        if v >= half_box:
            return arm_length + 0.5 * math.pi * radius + v - half_box, middle - u, base + 0.5 * math.pi, 0.0
        angle = math.atan2(u + half_box, half_box - v)
        distance = math.sqrt((u + half_box) ** 2 + (half_box - v) ** 2)
        return arm_length + radius * angle, radius - distance, base + angle, 1.0 / radius
    radius = half_box - middle
    if v <= -half_box:
        return arm_length + 0.5 * math.pi * radius - v - half_box, u + middle, base - 0.5 * math.pi, 0.0
    angle = math.atan2(u + half_box, v + half_box)
    distance = math.sqrt((u + half_box) ** 2 + (v + half_box) ** 2)
    return arm_length + radius * angle, distance - radius, base - angle, -1.0 / radius


@njit(cache=True)
def route_pose(route, s, arm_length, half_box, lane_width):
    """Return x, y [m] and heading [rad] of a place on a route; arguments as `project_on_route`."""
    arm, turn = route // 3, route % 3
    cosine, sine = quarter_turn(arm)
    middle = 0.5 * lane_width
    inside = s - arm_length
    heading = 0.0
    if turn == STRAIGHT or inside <= 0.0:
        u, v = inside - half_box, -middle
    else:
        left = turn == LEFT
        radius = half_box + middle if left else half_box - middle
        angle = min(0.5 * math.pi, inside / radius)
        beyond = inside - radius * angle
        u = -half_box + radius * math.sin(angle)
        v = -middle + radius * (1.0 - math.cos(angle)) + beyond
        heading = angle
        if not left:
            v, heading = -middle - radius * (1.0 - math.cos(angle)) - beyond, -angle
    return cosine * u - sine * v, sine * u + cosine * v, 0.5 * math.pi * arm + heading


@njit(cache=True)
def fill_conflicts(arm_length, half_box, lane_width, enter, leave):
    """Write where each route enters and leaves the area that it shares with each other; infinite enter for none.

    Args:
        arm_length: And `half_box`, `lane_width`: as `project_on_route`.
        enter: s on the first route [m]. Shape (NUM_ROUTES, NUM_ROUTES).
        leave: As `enter`.
    """
    for a in range(NUM_ROUTES):
        for b in range(NUM_ROUTES):
            enter[a, b], leave[a, b] = math.inf, -math.inf
            if a // 3 == b // 3:
                continue
            length_a = box_length(a % 3, half_box, lane_width)
            length_b = box_length(b % 3, half_box, lane_width)
            for i in range(int(length_a / _SAMPLE) + 1):
                s = arm_length + i * _SAMPLE
                ax, ay, _ = route_pose(a, s, arm_length, half_box, lane_width)
                for j in range(int(length_b / _SAMPLE) + 1):
                    bx, by, _ = route_pose(b, arm_length + j * _SAMPLE, arm_length, half_box, lane_width)
                    if (ax - bx) ** 2 + (ay - by) ** 2 < _SWEPT * _SWEPT:
                        enter[a, b], leave[a, b] = min(enter[a, b], s), max(leave[a, b], s)
                        break


def route_conflicts(
    arm_length: float, half_box: float, lane_width: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return `enter` and `leave` of `fill_conflicts`."""
    enter, leave = np.zeros((NUM_ROUTES, NUM_ROUTES)), np.zeros((NUM_ROUTES, NUM_ROUTES))
    fill_conflicts(arm_length, half_box, lane_width, enter, leave)
    return enter, leave
