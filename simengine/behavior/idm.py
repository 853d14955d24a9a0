"""Car following by the Intelligent Driver Model.

Treiber, Hennecke, Helbing, "Congested traffic states in empirical observations and microscopic simulations", Phys. Rev.
E 62 (2000) 1805, equations 1–3. Departure: the interaction also holds at a gap of zero or less (vehicles touch), where
the published formula has a pole; the gap is then taken as `SMALLEST_GAP`. What drivers of each kind of vehicle want
(accelerations, gaps, speeds) are values of `conf/traffic`.
"""

import math
from typing import NamedTuple

from numba import njit

SMALLEST_GAP = 0.05  # [m]
EXPONENT = 4.0  # acceleration exponent δ, Table I


class IdmParams(NamedTuple):
    """What one driver wants at one moment."""

    desired_speed: float  # v0 [m/s]
    max_acceleration: float  # a [m/s²]
    comfortable_deceleration: float  # b, positive [m/s²]
    time_gap: float  # T [s]
    min_gap: float  # s0 [m]


@njit(cache=True, _nrt=False)
def desired_gap(
    speed: float,
    approach_rate: float,
    max_acceleration: float,
    comfortable_deceleration: float,
    time_gap: float,
    min_gap: float,
) -> float:
    """Return the dynamic desired gap s* [m].

    Args:
        speed: Own speed [m/s].
        approach_rate: Own speed minus the leader's [m/s].
        max_acceleration: a [m/s²].
        comfortable_deceleration: b, positive [m/s²].
        time_gap: T [s].
        min_gap: s0 [m].
    """
    dynamic = speed * time_gap + speed * approach_rate / (2.0 * math.sqrt(max_acceleration * comfortable_deceleration))
    return min_gap + max(0.0, dynamic)


@njit(cache=True, _nrt=False)
def free_road_share(speed_ratio: float, exponent: float) -> float:
    """Return (v/v0)^δ; the usual δ = 4 without a power function, which costs two thirds of the model's 87 ns."""
    if exponent == EXPONENT:
        square = speed_ratio * speed_ratio
        return square * square
    return speed_ratio**exponent


@njit(cache=True, _nrt=False)
def idm_acceleration(
    speed: float,
    desired_speed: float,
    gap: float,
    approach_rate: float,
    max_acceleration: float,
    comfortable_deceleration: float,
    time_gap: float,
    min_gap: float,
    exponent: float,
) -> float:
    """Return the acceleration of a driver behind a leader [m/s²]; unbounded below, the caller cuts it to the brakes.

    Args:
        speed: Own speed, not negative [m/s].
        desired_speed: v0; zero or less asks for a comfortable stop [m/s].
        gap: Own front to the leader's rear [m]; infinite on a free road.
        approach_rate: Own speed minus the leader's [m/s].
        max_acceleration: a [m/s²].
        comfortable_deceleration: b, positive [m/s²].
        time_gap: T [s].
        min_gap: s0 [m].
        exponent: δ.
    """
    if desired_speed <= 0.0:
        free = -comfortable_deceleration if speed > 0.0 else 0.0
    else:
        free = max_acceleration * (1.0 - free_road_share(max(speed, 0.0) / desired_speed, exponent))
    if gap == math.inf:
        return free
    star = desired_gap(speed, approach_rate, max_acceleration, comfortable_deceleration, time_gap, min_gap)
    ratio = star / max(gap, SMALLEST_GAP)
    return free - max_acceleration * ratio * ratio


@njit(cache=True, _nrt=False)
def equilibrium_gap(speed: float, desired_speed: float, time_gap: float, min_gap: float, exponent: float) -> float:
    """Return the gap at which a driver keeps a constant speed [m]; infinite from the desired speed upwards."""
    if speed >= desired_speed:
        return math.inf
    return (min_gap + speed * time_gap) / math.sqrt(1.0 - (max(speed, 0.0) / desired_speed) ** exponent)


@njit(cache=True, _nrt=False)
def equilibrium_speed(gap: float, desired_speed: float, time_gap: float, min_gap: float, exponent: float) -> float:
    """Return the speed at which a gap is the equilibrium gap [m/s], by bisection; 0 at the minimum gap or less."""
    if gap <= min_gap:
        return 0.0
    low, high = 0.0, desired_speed
    for _ in range(50):
        middle = 0.5 * (low + high)
        if equilibrium_gap(middle, desired_speed, time_gap, min_gap, exponent) < gap:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@njit(cache=True, _nrt=False)
def braking_distance(speed: float, deceleration: float) -> float:
    """Return the way to standstill at a constant deceleration [m]."""
    return 0.5 * speed * speed / deceleration


@njit(cache=True, _nrt=False)
def sight_speed(sight_distance: float, reaction_time: float, deceleration: float, margin: float) -> float:
    """Return the speed from which a driver stops within what is seen [m/s].

    Solves v·t + v²/(2b) = d for v.

    Args:
        sight_distance: How far an obstacle is seen [m].
        reaction_time: t [s].
        deceleration: b, positive [m/s²].
        margin: Left in front of the obstacle [m].
    """
    distance = max(0.0, sight_distance - margin)
    return deceleration * (math.sqrt(reaction_time * reaction_time + 2.0 * distance / deceleration) - reaction_time)
