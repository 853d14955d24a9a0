"""How a scripted vehicle moves sideways: from where it is and drifts to the middle of another lane, within bounds.

The lateral reference is the minimum-jerk polynomial (Flash & Hogan, J. Neuroscience 5 (1985) 1688) that starts with the
vehicle's own lateral speed. Real lane changes take 3 to 10 s (highD: Krajewski et al., ITSC 2018) and move sideways at
0.4 to 1.8 m/s (UN R157, Annex 4, Appendix 3, takes 1.8 m/s as the fastest cut-in). The reference advances with the way
driven, so that a vehicle that slows down or stops halfway keeps to the same curve.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from simengine.core.mechanics import GRAVITY
from simengine.road.network.frenet import lane_curvature, lane_width, project_on_lane
from simengine.road.network.network import LaneArrays, LaneType
from simengine.road.network.projection import lane_pose

GRIP_SHARE = 0.5  # of µg that bends and the move sideways may use together
LEAST_SHARE = 0.1  # of µg that the move may use even where a bend asks for all of it
SLOPE = 0.3  # steepest course against the lane, lateral over forward speed
LOCK_SHARE = 0.5  # of the curvature at full lock that the move may use
LEAST_SPEED = 1.0  # slower vehicles plan as if they drove so fast [m/s]
LONGEST = 120.0  # that a move may take [s]
_ROOM = 0.2  # of a lane's width besides the vehicle's own [m]
_SAMPLES = np.linspace(0.0, 1.0, 65)
_USABLE = (LaneType.DRIVING, LaneType.FLOOR, LaneType.SHOULDER, LaneType.BIKING, LaneType.PARKING)


class Bounds(NamedTuple):
    """What a move sideways keeps to."""

    speed: float  # lateral [m/s]
    acceleration: float  # lateral [m/s²]


@njit(cache=True, _nrt=False)
def move_reference(
    start: float, target: float, rate: float, duration: float, part: float
) -> tuple[float, float, float]:
    """Return offset [m], its rate [m/s] and its second derivative [m/s²] when a part of a move is done.

    Args:
        start: Offset before the move [m].
        target: Offset after it [m].
        rate: Lateral speed at its start [m/s].
        duration: [s].
        part: 0 … 1 of the duration.
    """
    way, drift = target - start, rate * duration
    c3, c4, c5 = 10.0 * way - 6.0 * drift, 8.0 * drift - 15.0 * way, 6.0 * way - 3.0 * drift
    offset = start + part * (drift + part * part * (c3 + part * (c4 + part * c5)))
    first = drift + part * part * (3.0 * c3 + part * (4.0 * c4 + part * 5.0 * c5))
    second = part * (6.0 * c3 + part * (12.0 * c4 + part * 20.0 * c5))
    return offset, first / duration, second / (duration * duration)


def _extremes(way: float, rate: float, duration: float) -> tuple[float, float, float]:
    """Return the largest lateral speed [m/s] and acceleration [m/s²] of a move, and how far it overshoots [m]."""
    found = np.array([move_reference(0.0, way, rate, duration, float(part)) for part in _SAMPLES])
    beyond = found[:, 0] - way if way >= 0.0 else way - found[:, 0]
    return float(np.abs(found[:, 1]).max()), float(np.abs(found[:, 2]).max()), max(0.0, float(beyond.max()))


def move_duration(way: float, rate: float, wanted: float, bounds: Bounds) -> float:
    """Return how long a move takes: as wanted, or as much longer as its bounds ask for [s].

    Args:
        way: To the left [m].
        rate: Lateral speed at its start [m/s].
        wanted: Duration asked for [s].
        bounds: What it keeps to; a start that drifts faster than they allow is slowed down, not refused.
    """
    fastest = max(bounds.speed, abs(rate)) * 1.001
    least, shortest = math.inf, LONGEST
    duration = wanted
    while duration < LONGEST:
        speed, acceleration, beyond = _extremes(way, rate, duration)
        if speed <= fastest and acceleration <= bounds.acceleration * 1.001:
            if beyond < 0.02:
                return duration
            if beyond < least:  # drifting towards the target so fast that it must be passed
                least, shortest = beyond, duration
        duration *= 1.02
    return shortest


def attainable(asked: Bounds, speed: float, curvature: float, grip: float, tightest: float) -> Bounds:
    """Return the bounds of a move on this ground, at this speed, in this bend.

    Args:
        asked: By the scenario.
        speed: Of the vehicle [m/s].
        curvature: Of its lane [1/m].
        grip: µ.
        tightest: Curvature at full lock [1/m].
    """
    speed = max(speed, LEAST_SPEED)
    limit = grip * GRAVITY
    left = max(LEAST_SHARE * limit, GRIP_SHARE * limit - speed * speed * abs(curvature))
    acceleration = min(asked.acceleration, left, LOCK_SHARE * tightest * speed * speed)
    return Bounds(min(asked.speed, SLOPE * speed), acceleration)


class LaneBeside(NamedTuple):
    """A lane of the road that a vehicle is on."""

    lane: int
    offset: float  # of its middle, to the left of the reference lane's [m]
    along: bool  # leads the same way


def lanes_across(lanes: LaneArrays, lane: int, s: float) -> list[LaneBeside]:
    """Return the lanes abreast of a place from right to left, past the center line the oncoming ones."""
    x, y, _, _ = lane_pose(lanes, lane, s, 0.0)

    def beside(other: int, along: bool) -> LaneBeside:
        _, t = project_on_lane(lanes, other, x, y)
        return LaneBeside(other, -t if along else t, along)

    found = [LaneBeside(lane, 0.0, True)]
    seen = {lane}
    right = int(lanes.lane_right[lane])
    while right >= 0 and right not in seen:
        seen.add(right)
        found.insert(0, beside(right, True))
        right = int(lanes.lane_right[right])
    last, along = lane, True
    while True:
        left = int(lanes.lane_left[last] if along else lanes.lane_right[last])
        if left < 0 and along:
            left, along = int(lanes.lane_opposite[last]), False
        if left < 0 or left in seen:
            return found
        seen.add(left)
        found.append(beside(left, along))
        last = left


def lane_aside(lanes: LaneArrays, lane: int, s: float, offset: float, count: int, width: float) -> LaneBeside | str:
    """Return the lane `count` lanes to the left of where a vehicle is, or why it cannot go there.

    Args:
        lanes: The network.
        lane: The vehicle's reference.
        s: Along it [m].
        offset: Of the vehicle from its middle [m].
        count: Lanes to the left.
        width: Of the vehicle [m].
    """
    across = lanes_across(lanes, lane, s)
    here = min(range(len(across)), key=lambda k: abs(across[k].offset - offset))
    if not 0 <= here + count < len(across):
        side, there = ("left", len(across) - 1 - here) if count > 0 else ("right", here)
        return f"the road has {there} lane{'' if there == 1 else 's'} to the {side} there"
    found = across[here + count]
    if lanes.lane_type[found.lane] not in _USABLE:
        return f"a {LaneType(int(lanes.lane_type[found.lane])).name.lower()} lies there"
    x, y, _, _ = lane_pose(lanes, lane, s, found.offset)
    along, _ = project_on_lane(lanes, found.lane, x, y)
    room = lane_width(lanes, found.lane, along)
    if room < width + _ROOM:
        return f"that lane is {room:.2f} m wide, the vehicle {width:.2f} m"
    return found


def bend_at(lanes: LaneArrays, lane: int, s: float) -> float:
    """Return the curvature of a lane [1/m]."""
    return float(lane_curvature(lanes, lane, s))
