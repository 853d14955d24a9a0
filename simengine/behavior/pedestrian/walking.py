"""What one person on a pavement wants next, and the velocity it asks for: along, to the curb, across, along again.

Decisions are rows of `people.People`, whose columns `walker_state` names. In a group the first decides and the others
do the same, unless they have been left behind; `company` keeps their places. The ways
themselves are in `walk_along` and `walk_across`.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.lanes.occupancy import VX, VY, YAW, Places, X, Y, Z
from simengine.behavior.pedestrian.company import WAIT_MOST, companion_force, is_near
from simengine.behavior.pedestrian.crossing_decision import may_go
from simengine.behavior.pedestrian.people import People
from simengine.behavior.pedestrian.social_force import (
    CLOSING_TIME,
    TOP_SPEED,
    border_force,
    keep_apart,
    relax,
    social_force,
)
from simengine.behavior.pedestrian.walk_across import (
    CROSSING_SPEED,
    aim_across,
    arrive,
    cross_frame,
    curb_spot,
    follow_leader,
    gathered,
    walked,
)
from simengine.behavior.pedestrian.walk_along import (
    EDGE,
    HELD_UP,
    advance_along,
    aim_along,
    consider_crossing,
    half_room,
    towards,
    turn_back,
)
from simengine.behavior.pedestrian.walker_state import (
    ACROSS,
    ALONG,
    COMPANY,
    CROSSING,
    DESIRED_SPEED,
    LEADER,
    MAKES_ROOM,
    PHASE,
    PLACE,
    STANDING,
    STRIP,
    TO_CURB,
    WAITED,
    WILL_X,
    WILL_Y,
)
from simengine.road.network.frenet import lane_position, project_on_lane_near
from simengine.road.network.network import SignalColor

AT_CURB = 0.8  # from the place where one waits [m]
NEAR_CURB = 2.5  # from it one waits too where others stand in the way [m]
PATIENCE = 60.0  # at a crossing without signals [s]
LOST_WILL = 1.2  # a walker who moves this much otherwise than it wanted begins anew from how it moves [m/s]

_OFF = int(SignalColor.OFF)


@njit(cache=True, _nrt=False)
def aim(
    people: People,
    places: Places,
    acceleration: NDArray[np.float64],
    on_foot: NDArray[np.bool_],
    colors: NDArray[np.int32],
    dt: float,
    e: int,
    a: int,
) -> tuple[float, float, float]:
    """Return the direction a walker wants to go in and how fast [m/s]; its phase is brought up to date.

    Args:
        people: Decisions; updated.
        places: Where the actors are.
        acceleration: Of the actors, world [m/s²]. Shape (num_actors, 3).
        on_foot: Who is. Shape (num_actors,).
        colors: `SignalColor` of each signal. Shape (num_signals,).
        dt: Time between decisions [s].
        e, a: Which walker.
    """
    strips, zebras, link, minds, choices = people.strips, people.zebras, people.link, people.mind[e], people.choice[e]
    mind, choice, pose = minds[a], choices[a], places.pose[a]
    x, y, speed = pose[X], pose[Y], mind[DESIRED_SPEED]
    if choice[PHASE] == STANDING:
        return math.cos(pose[YAW]), math.sin(pose[YAW]), 0.0
    if choice[STRIP] < 0:
        return math.cos(pose[YAW]), math.sin(pose[YAW]), speed
    first = choice[LEADER]
    if a != first:
        follow_leader(zebras, places, minds, choices, a)
    item = choice[CROSSING]
    if choice[PHASE] == ACROSS:
        x0, y0, ux, uy, length = cross_frame(zebras, item)
        beyond = (x - x0) * ux + (y - y0) * uy > length
        if not beyond or not arrive(strips, zebras, mind, choice, x, y, people.seed, e):
            return aim_across(strips, zebras, places, acceleration, on_foot, minds, choices, a)
    if choice[PHASE] == TO_CURB:
        mind[PLACE], _ = project_on_lane_near(strips, choice[STRIP], x, y, mind[PLACE])
        px, py = curb_spot(strips, zebras, mind, choice, a)
        ex, ey, distance = towards(x, y, px, py)
        held_up = distance < NEAR_CURB and pose[VX] ** 2 + pose[VY] ** 2 < HELD_UP * HELD_UP
        if distance > AT_CURB and not held_up:
            return ex, ey, speed
        mind[WAITED] += dt
        pace = max(speed, CROSSING_SPEED)
        led = a != first and is_near(places, a, first) and choices[first, CROSSING] == item
        together, start = gathered(zebras, places, choices, item, a)
        goes = False
        if led and choices[first, PHASE] == ACROSS and walked(zebras, places, item, first) < EDGE:
            goes = True  # with the first, who has looked for all and has just stepped off
        elif not led or choices[first, PHASE] != TO_CURB:
            if together or mind[WAITED] > WAIT_MOST:
                goes = may_go(strips, zebras, places, acceleration, on_foot, colors, choice, start, pace, pose[Z])
        if goes:
            choice[PHASE] = ACROSS
            _, _, ux, uy, _ = cross_frame(zebras, item)
            return ux, uy, pace
        signal = zebras.signal[item // 2]
        ruled = signal >= 0 and colors[signal] != _OFF
        gives_up = not ruled and mind[WAITED] >= PATIENCE
        if led:
            gives_up = choices[first, PHASE] == ALONG and choices[first, STRIP] == choice[STRIP]
        if not gives_up:
            return ex, ey, min(speed, distance)
        choice[PHASE] = ALONG
        mind[WAITED] = 0.0
    s, _ = advance_along(strips, link, mind, choice, x, y)
    if a == first:
        turn_back(mind, choice, pose, dt)
    if a == first or not is_near(places, a, first):
        consider_crossing(zebras, mind, choice, s, people.crossing_fraction, people.seed, e, a)
    return aim_along(strips, link, places, on_foot, minds, choices, dt, a)


@njit(cache=True, _nrt=False)
def _stay_within(
    vx: float, vy: float, nx: float, ny: float, offset: float, half: float, most: float
) -> tuple[float, float]:
    """Return a velocity that does not lead over the edges of a strip, and back into it from outside [m/s].

    Args:
        vx, vy: Velocity [m/s].
        nx, ny: Unit vector across the strip.
        offset: Place along it, from the middle [m].
        half: Half the width [m].
        most: Speed at which to come back [m/s].
    """
    across = vx * nx + vy * ny
    low = max(-most, min(most, (-half - offset) / CLOSING_TIME))
    high = max(-most, min(most, (half - offset) / CLOSING_TIME))
    change = min(max(across, low), high) - across
    return vx + change * nx, vy + change * ny


@njit(cache=True, _nrt=False)
def step(
    people: People,
    places: Places,
    on_foot: NDArray[np.bool_],
    ex: float,
    ey: float,
    speed: float,
    dt: float,
    e: int,
    a: int,
) -> None:
    """Write the velocity a walker asks for into its mind, given where it wants to go and how fast.

    Args:
        people: Decisions; updated.
        places: Where the actors are.
        on_foot: Who is. Shape (num_actors,).
        ex, ey: Direction that it wants to go in.
        speed: How fast it wants to [m/s].
        dt: Time between decisions [s].
        e, a: Which walker.
    """
    strips, zebras, link, minds, choices = people.strips, people.zebras, people.link, people.mind[e], people.choice[e]
    mind, choice, pose = minds[a], choices[a], places.pose[a]
    if choice[PHASE] == STANDING:
        mind[WILL_X], mind[WILL_Y] = 0.0, 0.0
        return
    vx, vy = mind[WILL_X], mind[WILL_Y]
    if (vx - pose[VX]) ** 2 + (vy - pose[VY]) ** 2 > LOST_WILL * LOST_WILL:
        vx, vy = pose[VX], pose[VY]
    first = choice[LEADER]
    fx, fy = social_force(places, on_foot, a, ex, ey, first, choice[COMPANY])
    if choice[COMPANY] > 1:
        gx, gy = companion_force(places, minds, choices, a)
        fx, fy = fx + gx, fy + gy
    lane, s, t, tx, ty, half = choice[STRIP], mind[PLACE], 0.0, 1.0, 0.0, math.inf
    if lane >= 0 and choice[PHASE] == ACROSS:
        x0, y0, tx, ty, _ = cross_frame(zebras, choice[CROSSING])
        t = (pose[Y] - y0) * tx - (pose[X] - x0) * ty
        half = max(EDGE, 0.5 * zebras.line[choice[CROSSING] // 2, 4] - EDGE)
    elif lane >= 0:
        px, py, tx, ty = lane_position(strips, lane, s, 0.0)
        t = (pose[Y] - py) * tx - (pose[X] - px) * ty
        half = half_room(strips, lane, s)
        if choice[PHASE] == ALONG and not (is_near(places, a, first) and minds[first, MAKES_ROOM] > 0.0):
            wall = border_force(half + EDGE + t) - border_force(half + EDGE - t)
            fx, fy = fx - wall * ty, fy + wall * tx
    vx, vy = relax(vx, speed * ex, fx, dt), relax(vy, speed * ey, fy, dt)
    size, most = math.sqrt(vx * vx + vy * vy), TOP_SPEED * max(speed, mind[DESIRED_SPEED])
    if size > most:
        vx, vy = vx * most / size, vy * most / size
    vx, vy = keep_apart(places, on_foot, a, vx, vy)
    if lane >= 0:
        vx, vy = _stay_within(vx, vy, -ty, tx, t, half, most)
        if choice[PHASE] != ACROSS and (link[lane, 1] < 0 or link[lane, 0] < 0):
            low = EDGE if link[lane, 0] < 0 else -1e6
            high = strips.lane_length[lane] - EDGE if link[lane, 1] < 0 else 1e6
            vx, vy = _stay_within(vx, vy, tx, ty, s - 0.5 * (low + high), 0.5 * (high - low), most)
    mind[WILL_X], mind[WILL_Y] = vx, vy
