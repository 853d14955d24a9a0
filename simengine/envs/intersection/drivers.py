"""Who may go and who follows whom: the IDM, signals and giving way.

A vehicle enters the box only when no vehicle inside it still has the shared area ahead, and none that goes first will
reach the box within `GAP_TIME`. With signals those with green go, left turns after the oncoming; without, the west–east
street goes first, then straight on and right before left, then who is nearer.
"""

import math

from numba import njit

from simengine.behavior.idm import EXPONENT, idm_acceleration
from simengine.envs.intersection.layout import (
    ALONG,
    AMBER,
    DESIRED,
    GRANTED,
    LENGTH,
    PRESENT,
    RED,
    ROUTE,
    SPEED,
    STYLE,
    TIME_GAP,
    WIDTH,
    YAW,
    X,
    Y,
)
from simengine.envs.intersection.routes import LEFT, RIGHT, box_length
from simengine.envs.intersection.signals import signal_at

COMFORT_ACCELERATION, COMFORT_BRAKING, HARDEST_BRAKING = 1.4, 2.0, 8.0  # of all drivers [m/s²]
MIN_GAP = 2.0  # s0 of the IDM [m]
GAP_TIME = 4.5  # critical gap of a crossing or left turn (HCM 2010, table 19-10: 4.1 to 7.1 s) [s]
TURN_COMFORT = 2.0  # lateral acceleration in a turn [m/s²]
_STOP_MARGIN = 1.0  # kept before the stop line [m]


@njit(cache=True)
def _rank(route, signaled):
    """Return who goes first where ways cross: the smaller."""
    left = 1 if route % 3 == LEFT else 0
    return left if signaled else 2 * ((route // 3) % 2) + left


@njit(cache=True)
def _may_enter(e, n, time, settings, enter, leave, motion, trait, place):
    """Return whether a vehicle before the box may enter it; see the module."""
    route = place[e, n, ROUTE]
    arm_length = settings.arm_length
    own_way = arm_length - motion[e, n, ALONG]
    for m in range(motion.shape[1]):
        if m == n or place[e, m, PRESENT] == 0:
            continue
        other = place[e, m, ROUTE]
        if enter[route, other] == math.inf:
            continue
        along = motion[e, m, ALONG]
        if along - 0.5 * trait[e, m, LENGTH] > leave[other, route]:
            continue
        if along + 0.5 * trait[e, m, LENGTH] > arm_length + 0.5:
            return False  # inside, and the shared area is still ahead or under it
        way = arm_length - along
        if way < 3.0 and place[e, m, GRANTED] == 1 and (own_way > way or (own_way == way and m < n)):
            return False
        color = signal_at(time, (other // 3) % 2, settings)
        if color == RED or (color == AMBER and motion[e, m, SPEED] ** 2 < 2.0 * 3.0 * way):
            continue
        own, their = _rank(route, settings.signaled), _rank(other, settings.signaled)
        first = their < own or (their == own and (way < own_way or (way == own_way and m < n)))
        if first and way / max(motion[e, m, SPEED], 2.0) < GAP_TIME:
            return False
    return True


@njit(cache=True)
def _wanted_speed(route, along, limit, settings):
    """Return the speed that the limit and the turn ahead allow [m/s]."""
    turn = route % 3
    if turn == 0:
        return limit
    radius = settings.half_box + (0.5 if turn == LEFT else -0.5) * settings.lane_width
    slow = math.sqrt(TURN_COMFORT * radius)
    inside = along - settings.arm_length
    if inside > box_length(turn, settings.half_box, settings.lane_width):
        return limit
    return min(limit, math.sqrt(slow * slow + 2.0 * 1.5 * max(0.0, -inside)))


@njit(cache=True)
def _respond(e, n, gap, other_speed, wanted, motion, trait):
    """Return the IDM's acceleration at a gap [m] behind something of a speed [m/s]."""
    speed = motion[e, n, SPEED]
    style = trait[e, n, STYLE]
    if speed > wanted + 0.5:
        free = -min(3.0, speed - wanted)
    else:
        free = idm_acceleration(speed, wanted, math.inf, 0.0, COMFORT_ACCELERATION * style, COMFORT_BRAKING, 1.0,
                                MIN_GAP, EXPONENT)  # fmt: skip
    if gap == math.inf:
        return free
    behind = idm_acceleration(
        speed,
        max(wanted, speed, 0.1),
        gap,
        speed - other_speed,
        COMFORT_ACCELERATION * style,
        COMFORT_BRAKING,
        trait[e, n, TIME_GAP],
        MIN_GAP,
        EXPONENT,
    )
    return min(free, behind)


@njit(cache=True)
def _leader(e, n, settings, motion, trait, place):
    """Return the gap [m] to the vehicle that n follows on its arm, its way or its exit, and that one's speed [m/s]."""
    route, along = place[e, n, ROUTE], motion[e, n, ALONG]
    arm_length = settings.arm_length
    end = arm_length + box_length(route % 3, settings.half_box, settings.lane_width)
    own_exit = _exit_arm(route)
    best, speed = math.inf, 0.0
    for m in range(motion.shape[1]):
        if m == n or place[e, m, PRESENT] == 0:
            continue
        other, their = place[e, m, ROUTE], motion[e, m, ALONG]
        ahead = math.inf
        if other // 3 == route // 3 and their > along and (other == route or their < arm_length + 12.0):
            ahead = their - along
        elif _exit_arm(other) == own_exit and other // 3 != route // 3:
            their_end = arm_length + box_length(other % 3, settings.half_box, settings.lane_width)
            if their > their_end - 8.0:
                ahead = (their - their_end) - (along - end)
        if n > 0 and m == 0:
            ahead = min(ahead, _corridor(e, n, motion, trait))
        if 0.0 < ahead < math.inf:
            gap = ahead - 0.5 * (trait[e, n, LENGTH] + trait[e, m, LENGTH])
            if gap < best:
                best, speed = gap, motion[e, m, SPEED] * max(0.0, math.cos(motion[e, m, YAW] - motion[e, n, YAW]))
    return best, speed


@njit(cache=True)
def _corridor(e, n, motion, trait):
    """Return how far ahead the ego stands in the way of vehicle n, wherever it ought to be; infinite if it does not."""
    dx, dy = motion[e, 0, X] - motion[e, n, X], motion[e, 0, Y] - motion[e, n, Y]
    cosine, sine = math.cos(motion[e, n, YAW]), math.sin(motion[e, n, YAW])
    ahead, left = dx * cosine + dy * sine, -dx * sine + dy * cosine
    across = abs(math.sin(motion[e, 0, YAW] - motion[e, n, YAW]))
    half = 0.5 * (trait[e, n, WIDTH] + trait[e, 0, WIDTH] * (1.0 - across) + trait[e, 0, LENGTH] * across) + 0.2
    reach = 0.5 * (trait[e, n, LENGTH] + trait[e, 0, LENGTH]) + max(2.0, 1.5 * motion[e, n, SPEED])
    return ahead if 0.0 < ahead < reach and abs(left) < half else math.inf


@njit(cache=True)
def _exit_arm(route):
    """Return the heading, in quarter turns, in which a route leaves."""
    turn = route % 3
    return (route // 3 + (1 if turn == LEFT else (3 if turn == RIGHT else 0))) % 4


@njit(cache=True)
def drive(e, n, time, settings, enter, leave, motion, trait, place):
    """Return the acceleration of a rule-abiding driver [m/s²]."""
    route, along = place[e, n, ROUTE], motion[e, n, ALONG]
    speed = motion[e, n, SPEED]
    wanted = _wanted_speed(route, along, trait[e, n, DESIRED], settings)
    gap, other_speed = _leader(e, n, settings, motion, trait, place)
    acceleration = _respond(e, n, gap, other_speed, wanted, motion, trait)
    way = settings.arm_length - along - 0.5 * trait[e, n, LENGTH]
    if way > -1.0 and way < 0.5 * speed * speed / 1.5 + 15.0 and not (place[e, n, GRANTED] == 1 and way < 0.0):
        color = signal_at(time, (route // 3) % 2, settings)
        stop = color == RED or (color == AMBER and speed * speed < 2.0 * 4.0 * max(0.1, way))
        stop = stop or not _may_enter(e, n, time, settings, enter, leave, motion, trait, place)
        committed = place[e, n, GRANTED] == 1 and speed * speed > 2.0 * 6.0 * max(0.1, way)
        place[e, n, GRANTED] = 1 if committed or not stop else 0
        if place[e, n, GRANTED] == 0:
            line = max(0.1, way - _STOP_MARGIN + MIN_GAP)
            acceleration = min(acceleration, _respond(e, n, line, 0.0, wanted, motion, trait))
    return max(-HARDEST_BRAKING, acceleration)
