"""What one person on a pavement wants next, and the velocity it asks for: along, to the kerb, across, along again.

Minds are rows of `pedestrian.People`: `mind` (7,) and `choice` (6,), whose columns are named here.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.crosswalk import KERB_GAP, ROAD_MARGIN, START_MARGIN, Strips, Zebras, needed_speed
from simengine.behavior.occupancy import VX, VY, YAW, Places, X, Y, Z
from simengine.behavior.social_force import CLOSING_TIME, TOP_SPEED, border_force, keep_apart, relax, social_force
from simengine.core.rng import philox_uniform
from simengine.road.frenet import lane_position, lane_width, project_on_lane_near
from simengine.road.network import SignalColor

CROSSING_SPEED = 1.2  # at least, on the road (design speed of the MUTCD 2009, 3.5 ft/s = 1.07, and a little more) [m/s]
RUNNING_SPEED = 3.0  # at most, on the road [m/s]
AHEAD = 2.5  # where on its way a walker looks to [m]
DECIDE = 6.0  # before a crossing [m]
FORGET = 10.0  # from a crossing one decided about [m]
AT_KERB = 0.8  # from the place where one waits [m]
EDGE = 0.3  # of a walker's middle to the edge of its pavement, at least [m]
END = 0.8  # before the end of a pavement one turns round [m]
PATIENCE = 60.0  # at a crossing without signals [s]
LOST_WILL = 1.2  # a walker who moves this much otherwise than it wanted begins anew from how it moves [m/s]

# Columns of `mind`.
DESIRED_SPEED = 0  # [m/s]
KEEPS_RIGHT = 1  # place on the pavement, 1 at the right edge, −1 at the left
WILL_X, WILL_Y = 2, 3  # velocity asked for last [m/s]
PLACE = 4  # s on its pavement [m]
ABREAST = 5  # place across a crossing, −1 … 1
WAITED = 6  # [s]

# Columns of `choice`.
STRIP = 0  # pavement, −1 for none
DIRECTION = 1  # along the pavement's direction (1) or against it (−1)
PHASE = 2
CROSSING = 3  # the one wanted, 2 · crossing + end it is entered by
CONSIDERED = 4  # the crossing decided about last, or −1
COUNTER = 5  # decisions drawn

ALONG, TO_KERB, ACROSS = 0, 1, 2

WISH_STREAM, TURN_STREAM, ABREAST_STREAM = 203, 204, 205
_GREEN, _OFF = int(SignalColor.GREEN), int(SignalColor.OFF)


@njit(cache=True, _nrt=False)
def _half(strips: Strips, lane: int, s: float) -> float:
    """Return how far from the middle of a pavement a walker's middle may be [m]."""
    return max(0.0, 0.5 * lane_width(strips, lane, s) - EDGE)


@njit(cache=True, _nrt=False)
def _advance_along(
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
def _consider_crossing(
    zebras: Zebras, mind: NDArray[np.float64], choice: NDArray[np.int64], s: float, fraction: float, seed: np.uint64,
    e: int, a: int,
) -> None:
    """Decide about the crossing that comes next, once each time it comes."""
    lane, nearest, found, close = choice[STRIP], DECIDE, -1, False
    for k in range(zebras.lane_first[lane], zebras.lane_first[lane + 1]):
        item = zebras.lane_zebra[k]
        distance = (zebras.kerb_place[item // 2, item % 2, 0] - s) * choice[DIRECTION]
        close = close or (item // 2 == choice[CONSIDERED] and abs(distance) < FORGET)
        if 0.0 <= distance < nearest and item // 2 != choice[CONSIDERED]:
            nearest, found = distance, item
    if found >= 0:
        choice[CONSIDERED] = found // 2
        choice[COUNTER] += 1
        if philox_uniform(seed, WISH_STREAM, choice[COUNTER], e, a) < fraction:
            choice[PHASE], choice[CROSSING] = TO_KERB, found
            mind[WAITED] = 0.0
            mind[ABREAST] = 2.0 * philox_uniform(seed, ABREAST_STREAM, choice[COUNTER], e, a) - 1.0
    elif not close:
        choice[CONSIDERED] = -1


@njit(cache=True, _nrt=False)
def _towards(x: float, y: float, tx: float, ty: float) -> tuple[float, float, float]:
    """Return the unit vector from a point to another, and the distance [m]."""
    dx, dy = tx - x, ty - y
    distance = math.sqrt(dx * dx + dy * dy)
    if distance < 1e-6:
        return 1.0, 0.0, 0.0
    return dx / distance, dy / distance, distance


@njit(cache=True, _nrt=False)
def _aim_along(
    strips: Strips, link: NDArray[np.int32], mind: NDArray[np.float64], choice: NDArray[np.int64], x: float, y: float
) -> tuple[float, float, float]:
    """Return the direction in which to walk along a pavement, and the distance to the place aimed at [m]."""
    lane, direction = choice[STRIP], choice[DIRECTION]
    s = mind[PLACE] + direction * AHEAD
    if s > strips.lane_length[lane] and link[lane, 1] >= 0:
        s -= strips.lane_length[lane]
        lane = link[lane, 1]
    elif s < 0.0 and link[lane, 0] >= 0:
        lane = link[lane, 0]
        s += strips.lane_length[lane]
    px, py, _, _ = lane_position(strips, lane, s, -direction * mind[KEEPS_RIGHT] * _half(strips, lane, s))
    return _towards(x, y, px, py)


@njit(cache=True, _nrt=False)
def _cross_frame(zebras: Zebras, item: int) -> tuple[float, float, float, float, float]:
    """Return where a crossing begins, its direction, and its length [m], from the end it is entered by."""
    line, end = zebras.line[item // 2], item % 2
    ux, uy, length = _towards(line[2 * end], line[2 * end + 1], line[2 - 2 * end], line[3 - 2 * end])
    return line[2 * end], line[2 * end + 1], ux, uy, length


@njit(cache=True, _nrt=False)
def _arrive(
    strips: Strips, zebras: Zebras, mind: NDArray[np.float64], choice: NDArray[np.int64], x: float, y: float,
    seed: np.uint64, e: int, a: int,
) -> bool:
    """Go on along the far pavement if a walker has come onto it; returns whether it has."""
    c, far = choice[CROSSING] // 2, 1 - choice[CROSSING] % 2
    lane = zebras.kerb_lane[c, far]
    s, t = project_on_lane_near(strips, lane, x, y, zebras.kerb_place[c, far, 0])
    if abs(t) > 0.5 * lane_width(strips, lane, s) - EDGE:
        return False
    choice[STRIP], mind[PLACE] = lane, s
    choice[PHASE], choice[CONSIDERED] = ALONG, c
    choice[COUNTER] += 1
    choice[DIRECTION] = 1 if philox_uniform(seed, TURN_STREAM, choice[COUNTER], e, a) < 0.5 else -1
    return True


@njit(cache=True, _nrt=False)
def aim(
    strips: Strips, zebras: Zebras, link: NDArray[np.int32], places: Places, acceleration: NDArray[np.float64],
    on_foot: NDArray[np.bool_], colors: NDArray[np.int32], mind: NDArray[np.float64], choice: NDArray[np.int64],
    fraction: float, seed: np.uint64, dt: float, e: int, a: int,
) -> tuple[float, float, float]:
    """Return the direction a walker wants to go in and how fast [m/s]; its phase is brought up to date."""
    pose = places.pose[a]
    x, y, speed = pose[X], pose[Y], mind[DESIRED_SPEED]
    if choice[STRIP] < 0:
        return math.cos(pose[YAW]), math.sin(pose[YAW]), speed
    item = choice[CROSSING]
    c = item // 2
    if choice[PHASE] == ACROSS:
        x0, y0, ux, uy, length = _cross_frame(zebras, item)
        u = (x - x0) * ux + (y - y0) * uy
        if u <= length or not _arrive(strips, zebras, mind, choice, x, y, seed, e, a):
            needed = needed_speed(
                strips, zebras, places, acceleration, on_foot, c, item % 2, u, pose[Z], ROAD_MARGIN, False
            )
            v = mind[ABREAST] * max(0.0, 0.5 * zebras.line[c, 4] - 2.0 * EDGE)
            ex, ey, _ = _towards(x, y, x0 + (u + AHEAD) * ux - v * uy, y0 + (u + AHEAD) * uy + v * ux)
            return ex, ey, max(speed, CROSSING_SPEED, min(needed, RUNNING_SPEED))
    if choice[PHASE] == TO_KERB:
        lane, end = zebras.kerb_lane[c, item % 2], item % 2
        mind[PLACE], _ = project_on_lane_near(strips, lane, x, y, mind[PLACE])
        s = zebras.kerb_place[c, end, 0] + mind[ABREAST] * max(0.0, 0.5 * zebras.line[c, 4] - 2.0 * EDGE)
        px, py, _, _ = lane_position(strips, lane, s, zebras.kerb_place[c, end, 1])
        ex, ey, distance = _towards(x, y, px, py)
        if distance > AT_KERB:
            return ex, ey, speed
        mind[WAITED] += dt
        signal = zebras.signal[c]
        ruled = signal >= 0 and colors[signal] != _OFF
        pace = max(speed, CROSSING_SPEED)
        if not ruled or colors[signal] == _GREEN:
            needed = needed_speed(
                strips, zebras, places, acceleration, on_foot, c, end, -KERB_GAP, pose[Z], START_MARGIN, ruled
            )
            if needed <= pace:
                choice[PHASE] = ACROSS
                _, _, ux, uy, _ = _cross_frame(zebras, item)
                return ux, uy, pace
        if ruled or mind[WAITED] < PATIENCE:
            return ex, ey, min(speed, distance)
        choice[PHASE] = ALONG
    s, _ = _advance_along(strips, link, mind, choice, x, y)
    _consider_crossing(zebras, mind, choice, s, fraction, seed, e, a)
    ex, ey, _ = _aim_along(strips, link, mind, choice, x, y)
    return ex, ey, speed


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
    strips: Strips, zebras: Zebras, link: NDArray[np.int32], places: Places, on_foot: NDArray[np.bool_],
    mind: NDArray[np.float64], choice: NDArray[np.int64], ex: float, ey: float, speed: float, dt: float, a: int,
) -> None:
    """Write the velocity a walker asks for into its mind, given where it wants to go and how fast."""
    pose = places.pose[a]
    vx, vy = mind[WILL_X], mind[WILL_Y]
    if (vx - pose[VX]) ** 2 + (vy - pose[VY]) ** 2 > LOST_WILL * LOST_WILL:
        vx, vy = pose[VX], pose[VY]
    fx, fy = social_force(places, on_foot, a, ex, ey)
    lane, s, t, tx, ty, half = choice[STRIP], mind[PLACE], 0.0, 1.0, 0.0, math.inf
    if lane >= 0 and choice[PHASE] == ACROSS:
        x0, y0, tx, ty, _ = _cross_frame(zebras, choice[CROSSING])
        t = (pose[Y] - y0) * tx - (pose[X] - x0) * ty
        half = max(EDGE, 0.5 * zebras.line[choice[CROSSING] // 2, 4] - EDGE)
    elif lane >= 0:
        px, py, tx, ty = lane_position(strips, lane, s, 0.0)
        t = (pose[Y] - py) * tx - (pose[X] - px) * ty
        half = _half(strips, lane, s)
        if choice[PHASE] == ALONG:
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
