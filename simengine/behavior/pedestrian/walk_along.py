"""The way along pavements: on from one to the next, beside companions, past others, and back at an end.

A walker's mind and choice are rows of `people.People`, whose columns `walker_state` names.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.lanes.occupancy import VX, VY, Places, X, Y
from simengine.behavior.pedestrian.company import (
    WAIT_MOST,
    WALL_ROOM,
    abreast,
    behind_place,
    is_near,
    pace_in_group,
    place_on_pavement,
)
from simengine.behavior.pedestrian.crosswalk import Crosswalks, Strips
from simengine.behavior.pedestrian.meeting import look_ahead, make_room, middle_of_row
from simengine.behavior.pedestrian.walker_state import (
    ABREAST,
    BLOCKED,
    COMPANY,
    CONSIDERED,
    COUNTER,
    CROSSING,
    DESIRED_SPEED,
    DIRECTION,
    KEEPS_RIGHT,
    LEADER,
    MAKES_ROOM,
    MOST_ABREAST,
    PHASE,
    PLACE,
    SPACING,
    STRIP,
    TO_CURB,
    WAITED,
)
from simengine.core.rng import philox_uniform, stream
from simengine.road.network.frenet import lane_position, lane_width, project_on_lane_near

AHEAD = 2.5  # where on its way a walker looks to [m]
AHEAD_PASSING = 1.5  # the same of one who makes room for others, which takes a decided step aside [m]
DECIDE = 6.0  # before a crossing [m]
FORGET = 10.0  # from a crossing one decided about [m]
HELD_UP = 0.2  # slower walkers are held up by others [m/s]
TURN_BACK = 8.0  # who has no way on for this long turns back, or later [s]
EDGE = 0.3  # of a walker's middle to the edge of its pavement, at least [m]
END = 0.8  # before the end of a pavement one turns round [m]

WISH_STREAM, ABREAST_STREAM = stream("people", "wish"), stream("people", "abreast")


@njit(cache=True, _nrt=False)
def half_room(strips: Strips, lane: int, s: float) -> float:
    """Return how far from the middle of a pavement a walker's middle may be [m]."""
    return max(0.0, 0.5 * lane_width(strips, lane, s) - EDGE)


@njit(cache=True, _nrt=False)
def towards(x: float, y: float, tx: float, ty: float) -> tuple[float, float, float]:
    """Return the unit vector from a point to another, and the distance [m]."""
    dx, dy = tx - x, ty - y
    distance = math.sqrt(dx * dx + dy * dy)
    if distance < 1e-6:
        return 1.0, 0.0, 0.0
    return dx / distance, dy / distance, distance


@njit(cache=True, _nrt=False)
def advance_along(
    strips: Strips, link: NDArray[np.int32], mind: NDArray[np.float64], choice: NDArray[np.int64], x: float, y: float
) -> tuple[float, float]:
    """Return s and t of a walker on its pavement, or on the next past its end; it turns round where there is none."""
    lane = choice[STRIP]
    s, t = project_on_lane_near(strips, lane, x, y, mind[PLACE])
    for _ in range(4):
        length = strips.lane_length[lane]
        if s > length and link[lane, 1] >= 0:
            lane = link[lane, 1]
            s, t = project_on_lane_near(strips, lane, x, y, s - length)
        elif s < 0.0 and link[lane, 0] >= 0:
            lane = link[lane, 0]
            s, t = project_on_lane_near(strips, lane, x, y, s + strips.lane_length[lane])
        else:
            break
    choice[STRIP], mind[PLACE] = lane, s
    if s > strips.lane_length[lane] - END and link[lane, 1] < 0:
        choice[DIRECTION] = -1
    elif s < END and link[lane, 0] < 0:
        choice[DIRECTION] = 1
    return s, t


@njit(cache=True, _nrt=False)
def turn_back(mind: NDArray[np.float64], choice: NDArray[np.int64], pose: NDArray[np.float64], dt: float) -> None:
    """Let somebody turn back who has stood before others for long, so that two groups in a gap do not stay there.

    Who walks more to the right is the more patient, so that not both turn.
    """
    stands = pose[VX] ** 2 + pose[VY] ** 2 < HELD_UP * HELD_UP and mind[WAITED] == 0.0
    mind[BLOCKED] = mind[BLOCKED] + dt if stands else max(0.0, mind[BLOCKED] - 2.0 * dt)
    if mind[BLOCKED] > TURN_BACK * (1.0 + max(0.0, mind[KEEPS_RIGHT])):
        mind[BLOCKED] = 0.0
        choice[DIRECTION] = -choice[DIRECTION]


@njit(cache=True, _nrt=False)
def consider_crossing(
    zebras: Crosswalks,
    mind: NDArray[np.float64],
    choice: NDArray[np.int64],
    s: float,
    fraction: float,
    seed: np.uint64,
    e: int,
    a: int,
) -> None:
    """Decide about the crossing that comes next, once each time it comes; a group's first decides for all.

    Args:
        zebras: The crossings.
        mind, choice: Of the walker, rows of `People.mind` and `People.choice`; written.
        s: Along its pavement [m].
        fraction: Who wants to cross.
        seed: Of the people.
        e, a: Which walker.
    """
    lane, nearest, found, close = choice[STRIP], DECIDE, -1, False
    for k in range(zebras.lane_first[lane], zebras.lane_first[lane + 1]):
        item = zebras.lane_zebra[k]
        distance = (zebras.curb_place[item // 2, item % 2, 0] - s) * choice[DIRECTION]
        close = close or (item // 2 == choice[CONSIDERED] and abs(distance) < FORGET)
        if 0.0 <= distance < nearest and item // 2 != choice[CONSIDERED]:
            nearest, found = distance, item
    if found >= 0:
        choice[CONSIDERED] = found // 2
        choice[COUNTER] += 1
        if philox_uniform(seed, WISH_STREAM, choice[COUNTER], e, a) < fraction:
            choice[PHASE], choice[CROSSING] = TO_CURB, found
            mind[WAITED] = 0.0
            mind[ABREAST] = 2.0 * philox_uniform(seed, ABREAST_STREAM, choice[COUNTER], e, a) - 1.0
    elif not close:
        choice[CONSIDERED] = -1


@njit(cache=True, _nrt=False)
def aim_along(
    strips: Strips,
    link: NDArray[np.int32],
    places: Places,
    on_foot: NDArray[np.bool_],
    minds: NDArray[np.float64],
    choices: NDArray[np.int64],
    dt: float,
    a: int,
) -> tuple[float, float, float]:
    """Return the direction in which to walk along a pavement, and how fast [m/s].

    Args:
        strips: The pavements.
        link: Pavement before and after a pavement, −1 for none. Shape (num_lanes, 2).
        places: Where the actors are.
        on_foot: Who is. Shape (num_actors,).
        minds: Of all, as `People.mind`; the walker's is written. Shape (num_actors, MIND_COLUMNS).
        choices: As `People.choice`. Shape (num_actors, CHOICE_COLUMNS).
        dt: Time between decisions [s].
        a: Which walker.
    """
    mind, choice, pose = minds[a], choices[a], places.pose[a]
    lane, direction, speed = choice[STRIP], choice[DIRECTION], mind[DESIRED_SPEED]
    first, count = choice[LEADER], choice[COMPANY]
    leads = is_near(places, a, first)
    leader = minds[first] if leads else mind
    s = mind[PLACE] + direction * (AHEAD if leader[MAKES_ROOM] <= 0.0 else AHEAD_PASSING)
    if s > strips.lane_length[lane] and link[lane, 1] >= 0:
        s -= strips.lane_length[lane]
        lane = link[lane, 1]
    elif s < 0.0 and link[lane, 0] >= 0:
        lane = link[lane, 0]
        s += strips.lane_length[lane]
    half = half_room(strips, lane, s)
    px, py, tx, ty = lane_position(strips, lane, s, 0.0)
    tx, ty = direction * tx, direction * ty
    if a == first:
        offset = (pose[Y] - py) * tx - (pose[X] - px) * ty
        most, low, high = look_ahead(places, on_foot, choices, a, tx, ty, offset, half, mind[SPACING])
        make_room(mind, most, low, high, half, dt)
    if count < 2:
        offset = middle_of_row(mind, -mind[KEEPS_RIGHT] * half, 0.0, half)
        px, py, _, _ = lane_position(strips, lane, s, direction * offset)
        ex, ey, _ = towards(pose[X], pose[Y], px, py)
        return ex, ey, speed
    room = max(0.0, half - WALL_ROOM)
    per_row = abreast(count, 2.0 * room, mind[SPACING], False)
    if leader[MAKES_ROOM] > 0.0:
        per_row = min(per_row, max(1, int(leader[MOST_ABREAST])))
    left, _ = place_on_pavement(a - first, count, per_row, mind[SPACING], direction)
    width = (per_row - 1) * mind[SPACING]
    offset = middle_of_row(leader, -leader[KEEPS_RIGHT] * max(0.0, room - 0.5 * width), width, half)
    px, py, _, _ = lane_position(strips, lane, s, direction * offset + left)
    ex, ey, _ = towards(pose[X], pose[Y], px, py)
    pace = pace_in_group(speed, behind_place(places, choices, a, tx, ty, per_row, mind[SPACING]))
    if pace > 0.5 * speed:
        mind[WAITED] = 0.0
        return ex, ey, pace
    mind[WAITED] += dt
    return ex, ey, pace if mind[WAITED] < WAIT_MOST else speed
