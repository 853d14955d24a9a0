"""The way over a road: where somebody waits for it, whether there is time, and how a group keeps together on it.

A walker's mind and choice are rows of `people.People`, whose columns `walker_state` names.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.lanes.occupancy import Places, X, Y, Z
from simengine.behavior.pedestrian.company import abreast, is_near, place_in_group
from simengine.behavior.pedestrian.crossing_decision import ROAD_MARGIN, needed_speed
from simengine.behavior.pedestrian.crosswalk import CURB_GAP, Crosswalks, Strips
from simengine.behavior.pedestrian.walk_along import AHEAD, EDGE, half_room, towards
from simengine.behavior.pedestrian.walker_state import (
    ABREAST,
    ALONG,
    COMPANY,
    CONSIDERED,
    COUNTER,
    CROSSING,
    DESIRED_SPEED,
    DIRECTION,
    LEADER,
    PHASE,
    PLACE,
    SPACING,
    STRIP,
    TO_CURB,
    WAITED,
)
from simengine.core.rng import philox_uniform, stream
from simengine.road.network.frenet import lane_position, lane_width, project_on_lane_near

CROSSING_SPEED = 1.2  # at least, on the road (design speed of the MUTCD 2009, 3.5 ft/s = 1.07, and a little more) [m/s]
RUNNING_SPEED = 3.0  # at most, on the road [m/s]
CURB_ROW = 0.8  # between rows of those who wait together [m]
GATHERED = 3.5  # before the road everybody of a group has to be before it goes [m]

TURN_STREAM = stream("people", "turn")


@njit(cache=True, _nrt=False)
def cross_frame(zebras: Crosswalks, item: int) -> tuple[float, float, float, float, float]:
    """Return where a crossing begins, its direction, and its length [m], from the end it is entered by."""
    line, end = zebras.line[item // 2], item % 2
    ux, uy, length = towards(line[2 * end], line[2 * end + 1], line[2 - 2 * end], line[3 - 2 * end])
    return line[2 * end], line[2 * end + 1], ux, uy, length


@njit(cache=True, _nrt=False)
def arrive(
    strips: Strips,
    zebras: Crosswalks,
    mind: NDArray[np.float64],
    choice: NDArray[np.int64],
    x: float,
    y: float,
    seed: np.uint64,
    e: int,
) -> bool:
    """Go on along the far pavement if a walker has come onto it; returns whether it has. A group turns alike.

    Args:
        strips: The pavements.
        zebras: The crossings.
        mind, choice: Of the walker, rows of `People.mind` and `People.choice`; written.
        x, y: Where it is [m].
        seed: Of the people.
        e: World.
    """
    c, far = choice[CROSSING] // 2, 1 - choice[CROSSING] % 2
    lane = zebras.curb_lane[c, far]
    s, t = project_on_lane_near(strips, lane, x, y, zebras.curb_place[c, far, 0])
    if abs(t) > 0.5 * lane_width(strips, lane, s) - EDGE:
        return False
    choice[STRIP], mind[PLACE] = lane, s
    choice[PHASE], choice[CONSIDERED] = ALONG, c
    choice[COUNTER] += 1
    mind[WAITED] = 0.0
    draw = philox_uniform(seed, TURN_STREAM, choice[COUNTER], e, choice[LEADER])
    choice[DIRECTION] = 1 if draw < 0.5 else -1
    return True


@njit(cache=True, _nrt=False)
def follow_leader(
    zebras: Crosswalks, places: Places, minds: NDArray[np.float64], choices: NDArray[np.int64], a: int
) -> None:
    """Take over what the first of a group has decided, if it is near and on, or came from, the same pavement."""
    mind, choice, first = minds[a], choices[a], choices[a, LEADER]
    leader = choices[first]
    if choice[PHASE] != ALONG or not is_near(places, a, first):
        return
    if leader[PHASE] == ALONG:
        choice[CONSIDERED], choice[COUNTER] = leader[CONSIDERED], leader[COUNTER]
        if leader[STRIP] == choice[STRIP]:
            choice[DIRECTION] = leader[DIRECTION]
        return
    item = leader[CROSSING]
    if zebras.curb_lane[item // 2, item % 2] == choice[STRIP] and leader[CONSIDERED] != choice[CONSIDERED]:
        choice[PHASE], choice[CROSSING], choice[CONSIDERED] = TO_CURB, item, leader[CONSIDERED]
        choice[COUNTER] = leader[COUNTER]
        mind[WAITED], mind[ABREAST] = 0.0, minds[first, ABREAST]


@njit(cache=True, _nrt=False)
def curb_spot(
    strips: Strips, zebras: Crosswalks, mind: NDArray[np.float64], choice: NDArray[np.int64], a: int
) -> tuple[float, float]:
    """Return where somebody waits at a crossing, x and y [m]: a group side by side, in rows where it has no room."""
    c, end = choice[CROSSING] // 2, choice[CROSSING] % 2
    lane, room = zebras.curb_lane[c, end], max(0.0, 0.5 * zebras.line[c, 4] - 2.0 * EDGE)
    s, t = zebras.curb_place[c, end, 0], zebras.curb_place[c, end, 1]
    count = choice[COMPANY]
    if count < 2:
        px, py, _, _ = lane_position(strips, lane, s + mind[ABREAST] * room, t)
        return px, py
    per_row = abreast(count, 2.0 * room, mind[SPACING], False)
    rank = a - choice[LEADER]
    left, _ = place_in_group(rank, count, per_row, mind[SPACING])
    along = s + mind[ABREAST] * max(0.0, room - 0.5 * (per_row - 1) * mind[SPACING]) + left
    half = half_room(strips, lane, s)
    deeper = (rank // per_row) * CURB_ROW
    t = t - deeper if t > 0.0 else t + deeper
    px, py, _, _ = lane_position(strips, lane, along, min(half, max(-half, t)))
    return px, py


@njit(cache=True, _nrt=False)
def walked(zebras: Crosswalks, places: Places, item: int, a: int) -> float:
    """Return how far somebody is over a road, from where the crossing begins; negative before it [m]."""
    x0, y0, ux, uy, _ = cross_frame(zebras, item)
    return (places.pose[a, X] - x0) * ux + (places.pose[a, Y] - y0) * uy


@njit(cache=True, _nrt=False)
def gathered(zebras: Crosswalks, places: Places, choices: NDArray[np.int64], item: int, a: int) -> tuple[bool, float]:
    """Say whether everybody of a group is at the crossing, and how far the last one is from its start [m].

    Way walked is negative before the road. Companions who are lost, or wait for another crossing, do not count.
    """
    x0, y0, ux, uy, _ = cross_frame(zebras, item)
    half, last, together = 0.5 * zebras.line[item // 2, 4] + 1.0, -CURB_GAP, True
    first = choices[a, LEADER]
    for b in range(first, first + choices[a, COMPANY]):
        if b != a and (not is_near(places, a, b) or choices[b, CROSSING] != item or choices[b, PHASE] != TO_CURB):
            continue
        dx, dy = places.pose[b, X] - x0, places.pose[b, Y] - y0
        u, v = dx * ux + dy * uy, dy * ux - dx * uy
        if u < -GATHERED or abs(v) > half:
            together = together and b == a
        else:
            last = min(last, u)
    return together, last


@njit(cache=True, _nrt=False)
def aim_across(
    strips: Strips,
    zebras: Crosswalks,
    places: Places,
    acceleration: NDArray[np.float64],
    on_foot: NDArray[np.bool_],
    minds: NDArray[np.float64],
    choices: NDArray[np.int64],
    a: int,
) -> tuple[float, float, float]:
    """Return the direction of the way over a road, and how fast to go [m/s]: all of a group alike.

    Args:
        strips: The pavements.
        zebras: The crossings.
        places: Where the actors are.
        acceleration: Of the actors, world [m/s²]. Shape (num_actors, 3).
        on_foot: Who is. Shape (num_actors,).
        minds: Of all, as `People.mind`. Shape (num_actors, MIND_COLUMNS).
        choices: As `People.choice`. Shape (num_actors, CHOICE_COLUMNS).
        a: Which walker.
    """
    mind, choice, pose = minds[a], choices[a], places.pose[a]
    item = choice[CROSSING]
    c = item // 2
    x0, y0, ux, uy, _ = cross_frame(zebras, item)
    u = (pose[X] - x0) * ux + (pose[Y] - y0) * uy
    needed = needed_speed(strips, zebras, places, acceleration, on_foot, c, item % 2, u, pose[Z], ROAD_MARGIN, False)
    room = max(0.0, 0.5 * zebras.line[c, 4] - 2.0 * EDGE)
    v = mind[ABREAST] * room
    if choice[COMPANY] > 1:
        per_row = abreast(choice[COMPANY], 2.0 * room, mind[SPACING], False)
        left, _ = place_in_group(a - choice[LEADER], choice[COMPANY], per_row, mind[SPACING])
        # Who waits on the left along the curb walks on the left of the crossing, whichever way the pavement runs.
        lane, end = zebras.curb_lane[c, item % 2], item % 2
        _, _, tx, ty = lane_position(strips, lane, zebras.curb_place[c, end, 0], 0.0)
        side = 1.0 if ux * ty - uy * tx >= 0.0 else -1.0
        v = side * (mind[ABREAST] * max(0.0, room - 0.5 * (per_row - 1) * mind[SPACING]) + left)
    ex, ey, _ = towards(pose[X], pose[Y], x0 + (u + AHEAD) * ux - v * uy, y0 + (u + AHEAD) * uy + v * ux)
    return ex, ey, max(mind[DESIRED_SPEED], CROSSING_SPEED, min(needed, RUNNING_SPEED))
