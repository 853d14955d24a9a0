"""People in company: where each walks in the group, and how they wait for each other.

M. Moussaïd, N. Perozo, S. Garnier, D. Helbing and G. Theraulaz, "The walking behavior of pedestrian social groups and
its impact on crowd dynamics", PLoS ONE 5(4) e10047 (2010): up to three walk side by side, the middle one a little
behind (the V by which they see each other), people in company do not repel each other beyond a distance d₀, and groups
are slower the larger they are. Larger groups walk in rows of two or three (F. Zanlungo and T. Kanda, "Do walking
pedestrians stably interact inside a large group?", CogSci 2013). Departures: places in the formation are given and not
the balance of forces, which keeps a group together round corners and over crossings; who is ahead of its place slows
down, to a halt at last, and who is behind hurries (the paper's attraction to the middle and slowing by turning heads);
and a group that others come towards walks fewer abreast where it has to (`meeting`).
"""

import math

from numba import njit
from numpy.typing import NDArray

from simengine.behavior.lanes.occupancy import Places, X, Y
from simengine.behavior.pedestrian.walker_state import COMPANY, DIRECTION, LEADER, SPACING

ROW_MOST = 3  # people side by side
ROW_GAP = 1.0  # between rows [m]
V_DEPTH = 0.2  # of the middle one of three behind the others [m]
LOST = 12.0  # companions farther away are not waited for [m]
WAIT_MOST = 20.0  # for companions [s]
CATCH_UP = 1.2  # share of its speed at which the last ones hurry
CLOSING_RATE = 0.5  # of the error along the way [1/s]
WALL_ROOM = 0.3  # more that a group keeps from the edges of a pavement than somebody alone may [m]
KEPT_APART = 0.85  # d₀ over the spacing wanted
APART_FORCE = 1.0  # β₃ of the paper [m/s²]


@njit(cache=True, _nrt=False)
def place_in_group(rank: int, count: int, per_row: int, spacing: float) -> tuple[float, float]:
    """Return how far to the left of the group's middle and how far behind its front somebody walks [m].

    Args:
        rank: In the group, from 0.
        count: People in the group.
        per_row: Of them side by side.
        spacing: Between neighbors [m].
    """
    row = rank // per_row
    in_row = min(per_row, count - row * per_row)
    column = rank - row * per_row
    behind = row * ROW_GAP
    if in_row == 3 and column == 1:
        behind += V_DEPTH
    return (column - 0.5 * (in_row - 1)) * spacing, behind


@njit(cache=True, _nrt=False)
def place_on_pavement(rank: int, count: int, per_row: int, spacing: float, direction: int) -> tuple[float, float]:
    """Return how far to the left along the pavement, and how far behind its front, somebody walks in a group [m].

    A group that turns round changes no places: its last row becomes the first.

    Args:
        rank, count, per_row, spacing: See `place_in_group`.
        direction: Along the pavement (1) or against it (−1).
    """
    if direction > 0:
        return place_in_group(rank, count, per_row, spacing)
    left, behind = place_in_group(count - 1 - rank, count, per_row, spacing)
    return -left, behind


@njit(cache=True, _nrt=False)
def abreast(count: int, room: float, spacing: float, narrow: bool) -> int:
    """Return how many of a group walk side by side where the middles of people may be `room` [m] apart at most."""
    if narrow:
        return 1
    fits = 1 + int(max(0.0, room) / spacing + 1e-9)
    most = ROW_MOST if count != 4 else 2
    return max(1, min(most, min(fits, count)))


@njit(cache=True, _nrt=False)
def is_near(places: Places, a: int, b: int) -> bool:
    """Say whether a companion is there and not lost."""
    if not places.seen[b]:
        return False
    dx, dy = places.pose[b, X] - places.pose[a, X], places.pose[b, Y] - places.pose[a, Y]
    return dx * dx + dy * dy < LOST * LOST


@njit(cache=True, _nrt=False)
def behind_place(places: Places, choice: NDArray, a: int, ex: float, ey: float, per_row: int, spacing: float) -> float:
    """Return how far somebody is behind its place in the group, along its way; negative ahead of it [m].

    Args:
        places: Of all actors.
        choice: Of all actors, columns of `walker_state`.
        a: Who.
        ex, ey: Direction of its way.
        per_row: See `place_in_group`.
        spacing: [m].
    """
    first, count, direction = choice[a, LEADER], choice[a, COMPANY], choice[a, DIRECTION]
    here, wanted, near = 0.0, 0.0, 0
    for b in range(first, first + count):
        if not is_near(places, a, b):
            continue
        here += (places.pose[b, X] - places.pose[a, X]) * ex + (places.pose[b, Y] - places.pose[a, Y]) * ey
        wanted -= place_on_pavement(b - first, count, per_row, spacing, direction)[1]
        near += 1
    if near < 2:
        return 0.0
    own = place_on_pavement(a - first, count, per_row, spacing, direction)[1]
    return (here - wanted) / near - own


@njit(cache=True, _nrt=False)
def pace_in_group(speed: float, behind: float) -> float:
    """Return the speed [m/s] of somebody who is `behind` its place by so much [m] in a group that walks at `speed`."""
    return min(CATCH_UP * speed, max(0.0, speed + CLOSING_RATE * behind))


@njit(cache=True, _nrt=False)
def companion_force(places: Places, mind: NDArray, choice: NDArray, a: int) -> tuple[float, float]:
    """Return what keeps people in company from walking too close to each other [m/s²]."""
    first, count = choice[a, LEADER], choice[a, COMPANY]
    fx, fy = 0.0, 0.0
    nearest = KEPT_APART * mind[a, SPACING]
    for b in range(first, first + count):
        if b == a or not places.seen[b]:
            continue
        dx, dy = places.pose[a, X] - places.pose[b, X], places.pose[a, Y] - places.pose[b, Y]
        distance = max(1e-6, math.sqrt(dx * dx + dy * dy))
        if distance < nearest:
            fx += APART_FORCE * dx / distance
            fy += APART_FORCE * dy / distance
    return fx, fy
