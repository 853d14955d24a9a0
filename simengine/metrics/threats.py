"""Who is, or is about to be, in the ego's way: what a driver could know from where everybody is and how they move.

Nothing here knows of events, scripts or routes of others. The ego is taken to keep its speed along its route. Others
keep their speed, or the slowing that shows: vehicles that keep to a lane follow it as far as it leads on alone, all
else goes straight on. Kinds of threat follow UN Regulation 157, Annex 4, Appendix 3, which treats a vehicle that cuts
in and one ahead that brakes; what stands in the way and what crosses it are added to them.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import PRESENT
from simengine.behavior.lanes.lane_rules import DriverLanes, Grid, nearest_lane
from simengine.behavior.vehicle.road_conditions import COMFORT_SHARE, grip_bound
from simengine.core.space.geometry import wrap_angle
from simengine.core.state import EGO, Mobility
from simengine.road.network.frenet import fraction_of_foot, lane_position

NOBODY, STILL, LEAD, CUT_IN, CROSSING = 0, 1, 2, 3, 4

WANDER = 0.375  # out of the middle of its lane from which a vehicle is seen to cut in (UN R157 Annex 4 App. 3) [m]
DRIFT = 0.1  # and towards the ego's path at least this fast [m/s]
CRITICAL_TIME = 2.0  # to collision (UN R157 Annex 4 App. 3) [s]
MEETING_TIME = 2.0  # within which somebody who crosses must be about to reach the ego's path [s]
PASSING_TIME = 1.0  # between one leaving and the other arriving that still is a conflict: PET < 1 s is severe [s]
GENTLE_STOP = 3.0  # what stands ahead is not critical while braking as gently as this is enough [m/s²], …
# … on slippery ground `road_conditions.COMFORT_SHARE` of what it holds.
BESIDE = 0.25  # room on either side of the ego's box that counts as its path [m]
STANDS = 0.5  # [m/s]
WAIT_ROOM = 10.0  # an ego that has stopped waits while somebody is in its path nearer than this [m]
PATH_STEP = 2.5  # between points of the ego's path [m]
PATH_POINTS = 104  # 257 m: farther than a stop from 50 m/s takes
LOOK_AHEAD = 6.0  # for how long others' ways are followed [s]
LOOK_STEP = 0.1  # [s]
LEVEL = 3.0  # higher or lower is on another level [m]
ALONG = 0.7  # cosine between directions of vehicles that go the same way
NEIGHBOR = 6.0  # a vehicle whose center is farther beside the path does not cut in next [m]

_WHEELED = int(Mobility.WHEELED)


class Others(NamedTuple):
    """Everybody at one moment as upright boxes (`core.space.plan_view`), the ego at index 0. Shapes (num_actors,)."""

    present: NDArray[np.bool_]
    mobility: NDArray[np.int32]
    x: NDArray[np.float64]  # world [m]
    y: NDArray[np.float64]
    z: NDArray[np.float64]
    yaw: NDArray[np.float64]  # [rad]
    vx: NDArray[np.float64]  # world [m/s]
    vy: NDArray[np.float64]
    slowing: NDArray[np.float64]  # loss of speed per time, over the last moments [m/s²]
    length: NDArray[np.float64]  # [m]
    width: NDArray[np.float64]


@njit(cache=True, _nrt=False)
def lay_path(
    lanes: DriverLanes, route: NDArray[np.int32], s: float, x: float, y: float, yaw: float, path: NDArray[np.float64]
) -> None:
    """Write the ego's way ahead: the center line of its route, past its end or off the road straight on.

    Args:
        lanes: The network.
        route: Lanes as in `DriverMemory.route`; −1 past the end.
        s: Along the present lane [m].
        x, y, yaw: Of the ego, for one that is on no lane [m], [rad].
        path: Written: x, y [m] and direction [rad] every `PATH_STEP`. Shape (PATH_POINTS, 3).
    """
    k, along = PRESENT, s
    for i in range(len(path)):
        if route[PRESENT] < 0:
            px, py, c, d = x + i * PATH_STEP * math.cos(yaw), y + i * PATH_STEP * math.sin(yaw), 0.0, 0.0
            c, d = math.cos(yaw), math.sin(yaw)
        else:
            while along > lanes.lane_length[route[k]] and k + 1 < len(route) and route[k + 1] >= 0:
                along -= lanes.lane_length[route[k]]
                k += 1
            px, py, c, d = lane_position(lanes, route[k], along, 0.0)
        path[i, 0], path[i, 1], path[i, 2] = px, py, math.atan2(d, c)
        along += PATH_STEP


@njit(cache=True, _nrt=False)
def place_on_path(path: NDArray[np.float64], x: float, y: float) -> tuple[float, float, float]:
    """Return how far along the path and how far to its left a place is [m], and the path's direction there [rad]."""
    best, s, t, heading = math.inf, 0.0, math.inf, path[0, 2]
    for i in range(len(path) - 1):
        ax, ay = path[i, 0], path[i, 1]
        dx, dy = path[i + 1, 0] - ax, path[i + 1, 1] - ay
        f, square = fraction_of_foot(ax, ay, ax + dx, ay + dy, x, y)
        if square < best:
            best = square
            heading = math.atan2(dy, dx)
            c, d = math.cos(heading), math.sin(heading)
            s = i * PATH_STEP + (x - ax) * c + (y - ay) * d if i == 0 or f >= 1.0 else (i + f) * PATH_STEP
            t = (y - ay) * c - (x - ax) * d
    return s, t, heading


@njit(cache=True, _nrt=False)
def way_on(speed: float, slowing: float, time: float) -> float:
    """Return the way that is gone in a time while slowing, at most to standstill [m]."""
    if slowing <= 0.0:
        return speed * time
    time = min(time, speed / slowing)
    return (speed - 0.5 * slowing * time) * time


@njit(cache=True, _nrt=False)
def _will_meet(lanes: DriverLanes, grid: Grid, path: NDArray[np.float64], others: Others, b: int, speed: float) -> bool:
    """Return whether somebody is about to be on the ego's path, and the ego to come there at about that time.

    Args:
        lanes, grid: The network.
        path: Of the ego.
        others: Everybody.
        b: Whom to follow.
        speed: Of the ego [m/s].
    """
    theirs = math.sqrt(others.vx[b] ** 2 + others.vy[b] ** 2)
    course = math.atan2(others.vy[b], others.vx[b])
    slowing = others.slowing[b] if others.slowing[b] > 0.5 else 0.0
    lane, begin, beside = -1, 0.0, 0.0
    if others.mobility[b] == _WHEELED:
        lane, begin, beside = nearest_lane(lanes, grid, others.x[b], others.y[b], others.z[b], course, 2.0, 0.35)
    start = 0.0
    half_ego, long_ego = 0.5 * others.width[EGO] + BESIDE, 0.5 * others.length[EGO]
    first, last, low, high = math.inf, -1.0, math.inf, -math.inf
    for k in range(int(LOOK_AHEAD / LOOK_STEP) + 1):
        time = k * LOOK_STEP
        way = way_on(theirs, slowing, time)
        x, y = others.x[b] + way * math.cos(course), others.y[b] + way * math.sin(course)
        turn = others.yaw[b]
        if lane >= 0:
            while begin + way - start > lanes.lane_length[lane]:
                if lanes.successor_first[lane + 1] - lanes.successor_first[lane] != 1:
                    break
                start += lanes.lane_length[lane]
                lane = lanes.successor[lanes.successor_first[lane]]
            x, y, c, d = lane_position(lanes, lane, begin + way - start, beside)
            turn = math.atan2(d, c)
        s, t, heading = place_on_path(path, x, y)
        c, d = abs(math.cos(turn - heading)), abs(math.sin(turn - heading))
        along, across = others.length[b] * c + others.width[b] * d, others.length[b] * d + others.width[b] * c
        if abs(t) - 0.5 * across < half_ego and s + 0.5 * along > -long_ego:
            first, last = min(first, time), time
            low, high = min(low, s - 0.5 * along), max(high, s + 0.5 * along)
        elif last >= 0.0 or time > MEETING_TIME:
            break
    if first > MEETING_TIME:
        return False
    arrive, leave = max(0.0, low - long_ego) / speed, (high + long_ego) / speed
    return arrive - PASSING_TIME <= last and first <= leave + PASSING_TIME


@njit(cache=True, _nrt=False)
def find_threats(
    lanes: DriverLanes,
    grid: Grid,
    path: NDArray[np.float64],
    others: Others,
    speed: float,
    friction: float,
    reaction: float,
    threat: NDArray[np.int8],
    critical: NDArray[np.bool_],
) -> None:
    """Find who is in the ego's way and for whom it must brake hard, whether it sees them or not.

    Args:
        lanes, grid: The network.
        path: Of the ego, from `lay_path`.
        others: Everybody.
        speed: Of the ego along its x axis [m/s].
        friction: µ of the road.
        reaction: Between the decision to brake and the brakes [s].
        threat: Written: NOBODY, STILL, LEAD, CUT_IN or CROSSING. Shape (num_actors,).
        critical: Written: whether there is no time left, once perceived. Shape (num_actors,).
    """
    half_ego, long_ego = 0.5 * others.width[EGO] + BESIDE, 0.5 * others.length[EGO]
    gentle = grip_bound(GENTLE_STOP, friction, COMFORT_SHARE)
    for b in range(len(threat)):
        threat[b], critical[b] = NOBODY, False
        if b == EGO or not others.present[b] or abs(others.z[b] - others.z[EGO]) > LEVEL:
            continue
        s, t, heading = place_on_path(path, others.x[b], others.y[b])
        turn = others.yaw[b] - heading
        c, d = abs(math.cos(turn)), abs(math.sin(turn))
        along = 0.5 * (others.length[b] * c + others.width[b] * d)
        across = 0.5 * (others.length[b] * d + others.width[b] * c)
        if s + along < -long_ego or s - along > (len(path) - 2) * PATH_STEP:
            continue
        theirs = math.sqrt(others.vx[b] ** 2 + others.vy[b] ** 2)
        c, d = math.cos(heading), math.sin(heading)
        forward, aside = others.vx[b] * c + others.vy[b] * d, others.vy[b] * c - others.vx[b] * d
        inside, gap = abs(t) - across < half_ego, s - along - long_ego
        if speed < STANDS:
            if inside and s > 0.0 and gap < WAIT_ROOM:
                threat[b], critical[b] = STILL, True
            continue
        closing = speed - forward
        soon = closing > 0.0 and gap < CRITICAL_TIME * closing
        if theirs < STANDS:
            if inside and s > 0.0:
                room = max(0.1, gap - reaction * speed)
                threat[b], critical[b] = STILL, soon or 0.5 * speed * speed > gentle * room
        elif inside and forward > ALONG * theirs:  # a vehicle, or a load that slides, or somebody who walks along
            if gap > -long_ego:
                threat[b], critical[b] = LEAD, soon
        elif others.mobility[b] == _WHEELED and forward > ALONG * theirs and math.cos(wrap_angle(turn)) > 0.0:
            if abs(t) < NEIGHBOR and s > 0.0:
                side = 1.0 if t > 0.0 else -1.0
                lane, _, out = nearest_lane(lanes, grid, others.x[b], others.y[b], others.z[b], heading, 2.5, 0.6)
                if lane >= 0 and -side * out > WANDER and -side * aside > DRIFT:
                    threat[b], critical[b] = CUT_IN, soon
        elif _will_meet(lanes, grid, path, others, b, speed):
            threat[b], critical[b] = CROSSING, True
