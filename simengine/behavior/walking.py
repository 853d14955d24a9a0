"""What one person on a pavement wants next, and the velocity it asks for: along, to the kerb, across, along again.

Minds are rows of `pedestrian.People`, whose columns `walker_mind` names. In a group the first decides and the others
do the same, unless they have been left behind; `company` keeps their places.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.company import (
    NARROW_TIME,
    ROOM,
    WAIT_MOST,
    WALL_ROOM,
    abreast,
    behind_place,
    companion_force,
    is_near,
    others_ahead,
    pace_in_group,
    place_in_group,
    place_on_pavement,
)
from simengine.behavior.crosswalk import KERB_GAP, ROAD_MARGIN, START_MARGIN, Strips, Zebras, needed_speed
from simengine.behavior.occupancy import VX, VY, YAW, Places, X, Y, Z
from simengine.behavior.social_force import CLOSING_TIME, TOP_SPEED, border_force, keep_apart, relax, social_force
from simengine.behavior.walker_mind import (
    ABREAST,
    ACROSS,
    ALONG,
    BLOCKED,
    COMPANY,
    CONSIDERED,
    COUNTER,
    CROSSING,
    DESIRED_SPEED,
    DIRECTION,
    KEEPS_RIGHT,
    LEADER,
    NARROW,
    PHASE,
    PLACE,
    SPACING,
    STANDING,
    STRIP,
    TO_KERB,
    WAITED,
    WILL_X,
    WILL_Y,
)
from simengine.core.rng import philox_uniform
from simengine.road.frenet import lane_position, lane_width, project_on_lane_near
from simengine.road.network import SignalColor

CROSSING_SPEED = 1.2  # at least, on the road (design speed of the MUTCD 2009, 3.5 ft/s = 1.07, and a little more) [m/s]
RUNNING_SPEED = 3.0  # at most, on the road [m/s]
AHEAD = 2.5  # where on its way a walker looks to [m]
DECIDE = 6.0  # before a crossing [m]
FORGET = 10.0  # from a crossing one decided about [m]
AT_KERB = 0.8  # from the place where one waits [m]
NEAR_KERB = 2.5  # from it one waits too where others stand in the way [m]
HELD_UP = 0.2  # slower walkers are held up by others [m/s]
KERB_ROW = 0.8  # between rows of those who wait together [m]
TURN_BACK = 8.0  # who has no way on for this long turns back, or later [s]
GATHERED = 3.5  # before the road everybody of a group has to be before it goes [m]
EDGE = 0.3  # of a walker's middle to the edge of its pavement, at least [m]
END = 0.8  # before the end of a pavement one turns round [m]
PATIENCE = 60.0  # at a crossing without signals [s]
LOST_WILL = 1.2  # a walker who moves this much otherwise than it wanted begins anew from how it moves [m/s]

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
def _turn_back(mind: NDArray[np.float64], choice: NDArray[np.int64], pose: NDArray[np.float64], dt: float) -> None:
    """Let somebody turn back who has stood before others for long, so that two groups in a gap do not stay there.

    Who walks more to the right is the more patient, so that not both turn.
    """
    stands = pose[VX] ** 2 + pose[VY] ** 2 < HELD_UP * HELD_UP and mind[WAITED] == 0.0
    mind[BLOCKED] = mind[BLOCKED] + dt if stands else max(0.0, mind[BLOCKED] - 2.0 * dt)
    if mind[BLOCKED] > TURN_BACK * (1.0 + max(0.0, mind[KEEPS_RIGHT])):
        mind[BLOCKED] = 0.0
        choice[DIRECTION] = -choice[DIRECTION]


@njit(cache=True, _nrt=False)
def _consider_crossing(
    zebras: Zebras, mind: NDArray[np.float64], choice: NDArray[np.int64], s: float, fraction: float, seed: np.uint64,
    e: int, a: int,
) -> None:
    """Decide about the crossing that comes next, once each time it comes; a group's first decides for all."""
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
    strips: Strips, link: NDArray[np.int32], places: Places, on_foot: NDArray[np.bool_], minds: NDArray[np.float64],
    choices: NDArray[np.int64], dt: float, a: int,
) -> tuple[float, float, float]:
    """Return the direction in which to walk along a pavement, and how fast [m/s]."""
    mind, choice, pose = minds[a], choices[a], places.pose[a]
    lane, direction, speed = choice[STRIP], choice[DIRECTION], mind[DESIRED_SPEED]
    s = mind[PLACE] + direction * AHEAD
    if s > strips.lane_length[lane] and link[lane, 1] >= 0:
        s -= strips.lane_length[lane]
        lane = link[lane, 1]
    elif s < 0.0 and link[lane, 0] >= 0:
        lane = link[lane, 0]
        s += strips.lane_length[lane]
    half = _half(strips, lane, s)
    first, count = choice[LEADER], choice[COMPANY]
    if count < 2:
        px, py, _, _ = lane_position(strips, lane, s, -direction * mind[KEEPS_RIGHT] * half)
        ex, ey, _ = _towards(pose[X], pose[Y], px, py)
        return ex, ey, speed
    room = max(0.0, half - WALL_ROOM)
    px, py, tx, ty = lane_position(strips, lane, s, 0.0)
    tx, ty = direction * tx, direction * ty
    if a == first:
        mind[NARROW] = max(0.0, mind[NARROW] - dt)
        beside = (abreast(count, 2.0 * room, mind[SPACING], False) - 1) * mind[SPACING]
        if 2.0 * half - beside < ROOM and others_ahead(places, on_foot, choices, a, tx, ty, half):
            mind[NARROW] = NARROW_TIME
    leads = is_near(places, a, first)
    narrow = leads and minds[first, NARROW] > 0.0
    per_row = abreast(count, 2.0 * room, mind[SPACING], narrow)
    left, _ = place_on_pavement(a - first, count, per_row, mind[SPACING], direction)
    reach = max(0.0, (half if narrow else room) - 0.5 * (per_row - 1) * mind[SPACING])
    right = 0.9 if narrow else minds[first, KEEPS_RIGHT] if leads else mind[KEEPS_RIGHT]
    px, py, _, _ = lane_position(strips, lane, s, -direction * right * reach + left)
    ex, ey, _ = _towards(pose[X], pose[Y], px, py)
    pace = pace_in_group(speed, behind_place(places, choices, a, tx, ty, per_row, mind[SPACING]))
    if pace > 0.5 * speed:
        mind[WAITED] = 0.0
        return ex, ey, pace
    mind[WAITED] += dt
    return ex, ey, pace if mind[WAITED] < WAIT_MOST else speed


@njit(cache=True, _nrt=False)
def _cross_frame(zebras: Zebras, item: int) -> tuple[float, float, float, float, float]:
    """Return where a crossing begins, its direction, and its length [m], from the end it is entered by."""
    line, end = zebras.line[item // 2], item % 2
    ux, uy, length = _towards(line[2 * end], line[2 * end + 1], line[2 - 2 * end], line[3 - 2 * end])
    return line[2 * end], line[2 * end + 1], ux, uy, length


@njit(cache=True, _nrt=False)
def _arrive(
    strips: Strips, zebras: Zebras, mind: NDArray[np.float64], choice: NDArray[np.int64], x: float, y: float,
    seed: np.uint64, e: int,
) -> bool:
    """Go on along the far pavement if a walker has come onto it; returns whether it has. A group turns alike."""
    c, far = choice[CROSSING] // 2, 1 - choice[CROSSING] % 2
    lane = zebras.kerb_lane[c, far]
    s, t = project_on_lane_near(strips, lane, x, y, zebras.kerb_place[c, far, 0])
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
def _follow_leader(
    zebras: Zebras, places: Places, minds: NDArray[np.float64], choices: NDArray[np.int64], a: int
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
    if zebras.kerb_lane[item // 2, item % 2] == choice[STRIP] and leader[CONSIDERED] != choice[CONSIDERED]:
        choice[PHASE], choice[CROSSING], choice[CONSIDERED] = TO_KERB, item, leader[CONSIDERED]
        choice[COUNTER] = leader[COUNTER]
        mind[WAITED], mind[ABREAST] = 0.0, minds[first, ABREAST]


@njit(cache=True, _nrt=False)
def _kerb_spot(
    strips: Strips, zebras: Zebras, mind: NDArray[np.float64], choice: NDArray[np.int64], a: int
) -> tuple[float, float]:
    """Return where somebody waits at a crossing, x and y [m]: a group side by side, in rows where it has no room."""
    c, end = choice[CROSSING] // 2, choice[CROSSING] % 2
    lane, room = zebras.kerb_lane[c, end], max(0.0, 0.5 * zebras.line[c, 4] - 2.0 * EDGE)
    s, t = zebras.kerb_place[c, end, 0], zebras.kerb_place[c, end, 1]
    count = choice[COMPANY]
    if count < 2:
        px, py, _, _ = lane_position(strips, lane, s + mind[ABREAST] * room, t)
        return px, py
    per_row = abreast(count, 2.0 * room, mind[SPACING], False)
    rank = a - choice[LEADER]
    left, _ = place_in_group(rank, count, per_row, mind[SPACING])
    along = s + mind[ABREAST] * max(0.0, room - 0.5 * (per_row - 1) * mind[SPACING]) + left
    half = _half(strips, lane, s)
    deeper = (rank // per_row) * KERB_ROW
    t = t - deeper if t > 0.0 else t + deeper
    px, py, _, _ = lane_position(strips, lane, along, min(half, max(-half, t)))
    return px, py


@njit(cache=True, _nrt=False)
def _walked(zebras: Zebras, places: Places, item: int, a: int) -> float:
    """Return how far somebody is over a road, from where the crossing begins; negative before it [m]."""
    x0, y0, ux, uy, _ = _cross_frame(zebras, item)
    return (places.pose[a, X] - x0) * ux + (places.pose[a, Y] - y0) * uy


@njit(cache=True, _nrt=False)
def _gathered(
    zebras: Zebras, places: Places, choices: NDArray[np.int64], item: int, a: int
) -> tuple[bool, float]:
    """Say whether everybody of a group is at the crossing, and how far the last one is from its start [m].

    Way walked is negative before the road. Companions who are lost, or wait for another crossing, do not count.
    """
    x0, y0, ux, uy, _ = _cross_frame(zebras, item)
    half, last, together = 0.5 * zebras.line[item // 2, 4] + 1.0, -KERB_GAP, True
    first = choices[a, LEADER]
    for b in range(first, first + choices[a, COMPANY]):
        if b != a and (not is_near(places, a, b) or choices[b, CROSSING] != item or choices[b, PHASE] != TO_KERB):
            continue
        dx, dy = places.pose[b, X] - x0, places.pose[b, Y] - y0
        u, v = dx * ux + dy * uy, dy * ux - dx * uy
        if u < -GATHERED or abs(v) > half:
            together = together and b == a
        else:
            last = min(last, u)
    return together, last


@njit(cache=True, _nrt=False)
def _aim_across(
    strips: Strips, zebras: Zebras, places: Places, acceleration: NDArray[np.float64], on_foot: NDArray[np.bool_],
    minds: NDArray[np.float64], choices: NDArray[np.int64], a: int,
) -> tuple[float, float, float]:
    """Return the direction of the way over a road, and how fast to go [m/s]: all of a group alike."""
    mind, choice, pose = minds[a], choices[a], places.pose[a]
    item = choice[CROSSING]
    c = item // 2
    x0, y0, ux, uy, _ = _cross_frame(zebras, item)
    u = (pose[X] - x0) * ux + (pose[Y] - y0) * uy
    needed = needed_speed(strips, zebras, places, acceleration, on_foot, c, item % 2, u, pose[Z], ROAD_MARGIN, False)
    room = max(0.0, 0.5 * zebras.line[c, 4] - 2.0 * EDGE)
    v = mind[ABREAST] * room
    if choice[COMPANY] > 1:
        per_row = abreast(choice[COMPANY], 2.0 * room, mind[SPACING], False)
        left, _ = place_in_group(a - choice[LEADER], choice[COMPANY], per_row, mind[SPACING])
        # Who waits on the left along the kerb walks on the left of the crossing, whichever way the pavement runs.
        lane, end = zebras.kerb_lane[c, item % 2], item % 2
        _, _, tx, ty = lane_position(strips, lane, zebras.kerb_place[c, end, 0], 0.0)
        side = 1.0 if ux * ty - uy * tx >= 0.0 else -1.0
        v = side * (mind[ABREAST] * max(0.0, room - 0.5 * (per_row - 1) * mind[SPACING]) + left)
    ex, ey, _ = _towards(pose[X], pose[Y], x0 + (u + AHEAD) * ux - v * uy, y0 + (u + AHEAD) * uy + v * ux)
    return ex, ey, max(mind[DESIRED_SPEED], CROSSING_SPEED, min(needed, RUNNING_SPEED))


@njit(cache=True, _nrt=False)
def _may_go(
    strips: Strips, zebras: Zebras, places: Places, acceleration: NDArray[np.float64], on_foot: NDArray[np.bool_],
    colors: NDArray[np.int32], choice: NDArray[np.int64], start: float, pace: float, z: float,
) -> bool:
    """Say whether there is time to cross at `pace` [m/s] from `start` (way walked from the kerb, ≤ 0) [m]."""
    item = choice[CROSSING]
    signal = zebras.signal[item // 2]
    ruled = signal >= 0 and colors[signal] != _OFF
    if ruled and colors[signal] != _GREEN:
        return False
    needed = needed_speed(
        strips, zebras, places, acceleration, on_foot, item // 2, item % 2, start, z, START_MARGIN, ruled
    )
    return needed <= pace


@njit(cache=True, _nrt=False)
def aim(
    strips: Strips, zebras: Zebras, link: NDArray[np.int32], places: Places, acceleration: NDArray[np.float64],
    on_foot: NDArray[np.bool_], colors: NDArray[np.int32], minds: NDArray[np.float64], choices: NDArray[np.int64],
    fraction: float, seed: np.uint64, dt: float, e: int, a: int,
) -> tuple[float, float, float]:
    """Return the direction a walker wants to go in and how fast [m/s]; its phase is brought up to date."""
    mind, choice, pose = minds[a], choices[a], places.pose[a]
    x, y, speed = pose[X], pose[Y], mind[DESIRED_SPEED]
    if choice[PHASE] == STANDING:
        return math.cos(pose[YAW]), math.sin(pose[YAW]), 0.0
    if choice[STRIP] < 0:
        return math.cos(pose[YAW]), math.sin(pose[YAW]), speed
    first = choice[LEADER]
    if a != first:
        _follow_leader(zebras, places, minds, choices, a)
    item = choice[CROSSING]
    if choice[PHASE] == ACROSS:
        x0, y0, ux, uy, length = _cross_frame(zebras, item)
        beyond = (x - x0) * ux + (y - y0) * uy > length
        if not beyond or not _arrive(strips, zebras, mind, choice, x, y, seed, e):
            return _aim_across(strips, zebras, places, acceleration, on_foot, minds, choices, a)
    if choice[PHASE] == TO_KERB:
        mind[PLACE], _ = project_on_lane_near(strips, choice[STRIP], x, y, mind[PLACE])
        px, py = _kerb_spot(strips, zebras, mind, choice, a)
        ex, ey, distance = _towards(x, y, px, py)
        held_up = distance < NEAR_KERB and pose[VX] ** 2 + pose[VY] ** 2 < HELD_UP * HELD_UP
        if distance > AT_KERB and not held_up:
            return ex, ey, speed
        mind[WAITED] += dt
        pace = max(speed, CROSSING_SPEED)
        led = a != first and is_near(places, a, first) and choices[first, CROSSING] == item
        together, start = _gathered(zebras, places, choices, item, a)
        goes = False
        if led and choices[first, PHASE] == ACROSS and _walked(zebras, places, item, first) < EDGE:
            goes = True  # with the first, who has looked for all and has just stepped off
        elif not led or choices[first, PHASE] != TO_KERB:
            if together or mind[WAITED] > WAIT_MOST:
                goes = _may_go(
                    strips, zebras, places, acceleration, on_foot, colors, choice, start, pace, pose[Z]
                )
        if goes:
            choice[PHASE] = ACROSS
            _, _, ux, uy, _ = _cross_frame(zebras, item)
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
    s, _ = _advance_along(strips, link, mind, choice, x, y)
    if a == first:
        _turn_back(mind, choice, pose, dt)
    if a == first or not is_near(places, a, first):
        _consider_crossing(zebras, mind, choice, s, fraction, seed, e, a)
    return _aim_along(strips, link, places, on_foot, minds, choices, dt, a)


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
    minds: NDArray[np.float64], choices: NDArray[np.int64], ex: float, ey: float, speed: float, dt: float, a: int,
) -> None:
    """Write the velocity a walker asks for into its mind, given where it wants to go and how fast."""
    mind, choice, pose = minds[a], choices[a], places.pose[a]
    if choice[PHASE] == STANDING:
        mind[WILL_X], mind[WILL_Y] = 0.0, 0.0
        return
    vx, vy = mind[WILL_X], mind[WILL_Y]
    if (vx - pose[VX]) ** 2 + (vy - pose[VY]) ** 2 > LOST_WILL * LOST_WILL:
        vx, vy = pose[VX], pose[VY]
    fx, fy = social_force(places, on_foot, a, ex, ey, choice[LEADER], choice[COMPANY])
    if choice[COMPANY] > 1:
        gx, gy = companion_force(places, minds, choices, a)
        fx, fy = fx + gx, fy + gy
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
