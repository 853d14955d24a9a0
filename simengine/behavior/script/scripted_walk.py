"""How a scripted walker gets to where it is sent: straight on, round what stands there, through gaps between boxes.

It sees whatever is within two steps of it. It does not mind the ego until that has come to a stand or drives past right
before its feet: what a hazard is about. For other vehicles it waits as people do who want to live.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import wrap_angle, yaw_from_quaternion
from simengine.core.state import EGO, Mobility

_WHEELED, _DIFFERENTIAL = int(Mobility.WHEELED), int(Mobility.DIFFERENTIAL)
_EGO = int(EGO)
SIGHT_TIME, SIGHT_LEAST = 1.5, 1.2  # how far it looks ahead [s], [m]
MARGIN = 0.12  # beside and before what it passes [m]
FEET = 0.4  # within which time it stops for what drives past before it [s]
MOVING = 0.3  # faster vehicles are not walked round [m/s]
WAIT_TIME = 2.0  # other vehicles that would be there sooner are let pass [s]
_TURNS = 8  # how many headings to either side it considers
_TURN = math.radians(11.0)  # between two of them
STOPPING = 4.0  # with which it slows before what it cannot go round [m/s²]
_HABIT = 0.35  # weight of going on as it goes, against going where it is sent


class WalkerSurroundings(NamedTuple):
    """What walkers see of one world. Shapes (num_actors,) unless said."""

    mobility: NDArray[np.int32]
    valid: NDArray[np.bool_]
    position: NDArray[np.float64]  # (num_actors, 3)
    orientation: NDArray[np.float64]  # (num_actors, 4)
    velocity: NDArray[np.float64]  # (num_actors, 3)
    length: NDArray[np.float64]
    width: NDArray[np.float64]
    obstacles: NDArray[np.float64]  # of the scenery: x, y [m], yaw [rad], length, width [m]. (num_obstacles, 5)


@njit(cache=True, _nrt=False)
def way_to_box(
    x: float, y: float, c: float, s: float, bx: float, by: float, yaw: float, half_length: float, half_width: float
) -> float:
    """Return how far along a heading a box is met [m], infinite if it is not; 0 for who is in it and goes deeper.

    Args:
        x, y: From where [m].
        c, s: Cosine and sine of the heading.
        bx, by: Center of the box [m].
        yaw: Of the box [rad].
        half_length, half_width: Of the box [m].
    """
    bc, bs = math.cos(yaw), math.sin(yaw)
    px, py = (x - bx) * bc + (y - by) * bs, (y - by) * bc - (x - bx) * bs
    dx, dy = c * bc + s * bs, s * bc - c * bs
    if abs(px) < half_length and abs(py) < half_width:
        out_x, out_y = half_length - abs(px), half_width - abs(py)  # the nearest side leads out
        deeper = dx * px if out_x < out_y else dy * py
        return 0.0 if deeper <= 0.0 else math.inf
    enter, leave = 0.0, math.inf
    for place, rate, half in ((px, dx, half_length), (py, dy, half_width)):
        if abs(rate) < 1e-9:
            if abs(place) >= half:
                return math.inf
            continue
        near, far = (-half - place) / rate, (half - place) / rate
        enter, leave = max(enter, min(near, far)), min(leave, max(near, far))
    return enter if enter < leave else math.inf


@njit(cache=True, _nrt=False)
def _drives(around: WalkerSurroundings, b: int) -> bool:
    mobility = around.mobility[b]
    if mobility != _WHEELED and mobility != _DIFFERENTIAL:
        return False
    return math.sqrt(around.velocity[b, 0] ** 2 + around.velocity[b, 1] ** 2) > MOVING


@njit(cache=True, _nrt=False)
def _free_way(around: WalkerSurroundings, a: int, c: float, s: float, sight: float, feet: float) -> float:
    """Return how far a walker can go along a heading [m], at most as far as it sees."""
    x, y = around.position[a, 0], around.position[a, 1]
    broad = 0.5 * around.width[a] + MARGIN
    front = 0.5 * around.length[a]
    free = sight
    for b in range(len(around.valid)):
        if b == a or not around.valid[b]:
            continue
        bx, by = around.position[b, 0], around.position[b, 1]
        reach = sight + front + around.length[b] + around.width[b]
        if abs(bx - x) > reach or abs(by - y) > reach or abs(around.position[b, 2] - around.position[a, 2]) > 3.0:
            continue
        q = around.orientation[b]
        yaw = yaw_from_quaternion(q[0], q[1], q[2], q[3])
        way = way_to_box(x, y, c, s, bx, by, yaw, 0.5 * around.length[b] + broad, 0.5 * around.width[b] + broad)
        way = max(0.0, way - front + broad)
        if _drives(around, b) and way > feet:
            continue
        free = min(free, way)
    for k in range(len(around.obstacles)):
        box = around.obstacles[k]
        reach = sight + front + box[3] + box[4]
        if abs(box[0] - x) > reach or abs(box[1] - y) > reach:
            continue
        way = way_to_box(x, y, c, s, box[0], box[1], box[2], 0.5 * box[3] + broad, 0.5 * box[4] + broad)
        free = min(free, max(0.0, way - front + broad))
    return free


@njit(cache=True, _nrt=False)
def _must_wait(around: WalkerSurroundings, a: int, c: float, s: float, speed: float) -> bool:
    """Say whether another vehicle than the ego is about to drive where a walker's next steps lead."""
    x, y = around.position[a, 0], around.position[a, 1]
    own = 0.5 * max(around.width[a], around.length[a])
    for b in range(len(around.valid)):
        if b in (_EGO, a) or not around.valid[b] or not _drives(around, b):
            continue
        q = around.orientation[b]
        yaw = yaw_from_quaternion(q[0], q[1], q[2], q[3])
        bc, bs = math.cos(yaw), math.sin(yaw)
        dx, dy = x - around.position[b, 0], y - around.position[b, 1]
        along, left = dx * bc + dy * bs, dy * bc - dx * bs
        forward = around.velocity[b, 0] * bc + around.velocity[b, 1] * bs
        half = 0.5 * around.width[b] + own + 0.3
        if forward <= MOVING or along < -0.5 * around.length[b] or along > 0.5 * around.length[b] + WAIT_TIME * forward:
            continue
        inward = -(s * bc - c * bs) if left > 0.0 else s * bc - c * bs
        if abs(left) > half and abs(left) - half < 0.6 * WAIT_TIME * speed * inward:
            return True
    return False


@njit(cache=True, _nrt=False)
def walk_towards(around: WalkerSurroundings, a: int, dx: float, dy: float, speed: float) -> tuple[float, float]:
    """Return the velocity with which a walker goes to a place round what stands between [m/s].

    Args:
        around: What it sees.
        a: Which walker.
        dx, dy: From it to the place [m].
        speed: At which it goes [m/s].
    """
    way = math.sqrt(dx * dx + dy * dy)
    straight = math.atan2(dy, dx)
    sight = min(way, max(SIGHT_LEAST, SIGHT_TIME * speed))
    feet = FEET * speed + 0.1
    vx, vy = around.velocity[a, 0], around.velocity[a, 1]
    goes = math.sqrt(vx * vx + vy * vy) > MOVING
    course = math.atan2(vy, vx)
    best, heading, free = math.inf, straight, 0.0
    for k in range(-_TURNS, _TURNS + 1):
        turn = straight + k * _TURN
        found = _free_way(around, a, math.cos(turn), math.sin(turn), sight, feet)
        cost = abs(k) * _TURN + 4.0 * (sight - found) / sight
        if goes and k != 0:
            cost += _HABIT * abs(wrap_angle(turn - course))
        if cost < best:
            best, heading, free = cost, turn, found
    c, s = math.cos(heading), math.sin(heading)
    if free < min(feet, 0.5 * sight) or _must_wait(around, a, c, s, speed):
        return 0.0, 0.0
    if free < sight - 1e-6:
        speed = min(speed, math.sqrt(2.0 * STOPPING * max(0.1, free - 0.5 * around.width[a])))
    return speed * c, speed * s
