"""How somebody on foot takes up speed, turns, steps up and down and puts the feet: the same in both physics.

The first three are smooth over some ticks, as a body with mass is, so that velocity, acceleration and yaw rate are the
derivatives of what is recorded at the rate of the control steps too.
"""

import math

from numba import njit

from simengine.core.mechanics import GRAVITY
from simengine.core.state import ActorKind

STRIDE_TIME = 0.15  # time constant with which a demanded velocity is taken up, within the limits [s]
TURN_FROM = 0.25  # speed below which a walker keeps its heading: small steps are taken sideways too [m/s]
TURN_RATE = 2.0 * math.pi  # at which a person turns round at most [rad/s]
TURN_ACCELERATION = 10.0  # with which a turn begins and ends; half a turn takes 1.3 s [rad/s²]
TURN_TIME = 0.2  # time constant with which a turn ends [s]
LEG_RATE = 2.0 * math.pi * 1.2  # of the legs as a critically damped spring: a curb is climbed within a step [rad/s]
STEEPEST = 0.3  # rise over run of a slope that is walked up; what is steeper is an edge that is stepped over
_LIFT_MOST = 3.0 * GRAVITY  # of the legs, besides the weight [m/s²]
_ANIMAL = int(ActorKind.ANIMAL)
_STRIDE_PERSON = 0.8  # two steps over body height; 1.4 m for an adult (Winter, "Biomechanics", ch. 1)
_STRIDE_ANIMAL = 1.5  # one bound over body length; 2.6 m for a deer


@njit(cache=True, _nrt=False)
def turned_rate(aside: float, rate: float, step: float) -> float:
    """Return the yaw rate after a step [rad/s] of somebody who is to turn by `aside` more [rad]; it never overshoots.

    Args:
        aside: How far the wanted heading is from the present one, in (−π, π] [rad].
        rate: Yaw rate now [rad/s].
        step: [s].
    """
    left = abs(aside)
    wanted = min(TURN_RATE, math.sqrt(TURN_ACCELERATION * left), left / TURN_TIME)
    change = (wanted if aside >= 0.0 else -wanted) - rate
    most = TURN_ACCELERATION * step
    return rate + min(most, max(-most, change))


@njit(cache=True, _nrt=False)
def climb_rate(vx: float, vy: float, slope_x: float, slope_y: float) -> float:
    """Return how fast the ground rises under somebody's feet [m/s], 0 across an edge: legs follow slopes without a lag.

    Args:
        vx: Velocity, world [m/s].
        vy: [m/s].
        slope_x: Rise over run along x.
        slope_y: Along y.
    """
    if slope_x * slope_x + slope_y * slope_y > STEEPEST * STEEPEST:
        return 0.0
    return vx * slope_x + vy * slope_y


@njit(cache=True, _nrt=False)
def lift_acceleration(compression: float, climb: float, vz: float) -> float:
    """Return the vertical acceleration that legs give [m/s²]: never more than a fall downwards.

    Args:
        compression: How far the body is below where it stands upright [m].
        climb: See `climb_rate` [m/s].
        vz: Vertical velocity [m/s].
    """
    lift = LEG_RATE * LEG_RATE * compression + 2.0 * LEG_RATE * (climb - vz)
    return min(_LIFT_MOST, max(-GRAVITY, lift))


@njit(cache=True, _nrt=False)
def gait_advance(kind: int, length: float, height: float, vx: float, vy: float, step: float) -> float:
    """Return how far the phase of the steps goes on [rad].

    Args:
        kind: Of `ActorKind`.
        length: Of the body [m].
        height: Of the body [m].
        vx: Velocity, world [m/s].
        vy: [m/s].
        step: [s].
    """
    stride = _STRIDE_PERSON * height
    if kind == _ANIMAL:
        stride = _STRIDE_ANIMAL * length
    return 2.0 * math.pi * math.sqrt(vx * vx + vy * vy) * step / stride
