"""The careful and competent driver of UN Regulation 157 (ALKS), Annex 4, Appendix 3: when it perceives, how it brakes.

The regulation's driver takes 0.4 s to see that something is a risk and 0.75 s until the brakes act; braking then rises
by 12.65 m/s³ to 0.774 g, or to what the road holds. It keeps its lane and does not swerve. The clock runs

- for a vehicle that cuts in: from when it has left the middle of its lane by 0.375 m towards the ego's path; it brakes
  once the time to collision is 2.0 s or less;
- for one ahead that brakes: from when that slows by more than 5 m/s², or, slowing less, once the time to collision is
  2.0 s or less (a departure: the regulation's driver brakes for those only that slow by more than 5 m/s²);
- for what stands in the way, also behind a leader that swerves away (cut-out): from when it is visible; it brakes once
  a gentle stop (`threats.GENTLE_STOP`) is not enough, so that a queue ahead is no emergency (a departure: the
  regulation's driver waits for 2.0 s to collision, which at speed is later);
- for whoever crosses (not in the regulation): from when they are visible and about to be on the ego's path within 2 s,
  at a time when the ego would be there too (`threats`).

Visible is a box of which at least a quarter can be seen past others (`visible_share`), within the sight that weather
and headlamps leave. What made the clock run must last through the perception time, else it starts anew. A robot has
limits of its own instead of a human's; see `robot_limits`. Where it brakes in an episode (`careful_watch`), the
built-in driver goes on steering, and its own braking counts where that is stronger: two more departures.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.mechanics import GRAVITY
from simengine.core.state import ActorKind

PERCEPTION_TIME = 0.4  # from the risk to its being perceived (UN R157 Annex 4 App. 3) [s]
REACTION_TIME = 0.75  # from there until the brakes act [s]
BRAKE_JERK = 12.65  # with which braking rises: 0.6 s to its full strength [m/s³]
BRAKE_SHARE = 0.774  # of the weight at most
LEAD_BRAKING = 5.0  # slowing of a leader that is a risk at once [m/s²]
VISIBLE_SHARE = 0.25  # of a box that must be seen
CLEAR_TIME = 1.0  # without any threat after which it stops braking [s]

# Drivers' eyes: passenger cars 1.08 m, trucks 2.33 m (AASHTO Green Book 2018, 3.2.6); motorcycles 1.4 m [typ].
_EYE_HEIGHT = {ActorKind.CAR: 1.08, ActorKind.TRUCK: 2.33, ActorKind.BUS: 2.33, ActorKind.MOTORCYCLE: 1.4}
_EYE_AHEAD = 0.1  # of the box center, in vehicle lengths
ROBOT_RANGE = 40.0  # of its LiDAR, as the rig `robot_rig` states [m]
ROBOT_SWEEP = 0.1  # one turn of that LiDAR, after which it has seen what is there [s]
ROBOT_EYE = 0.7  # of that LiDAR above the ground [m]


class CarefulLimits(NamedTuple):
    """What a driver can do at best."""

    perception_time: float  # [s]
    reaction_time: float  # [s]
    jerk: float  # with which braking rises [m/s³]; infinite for at once
    deceleration: float  # at most, on ground that holds it [m/s²]
    sight: float  # how far it sees at most, whatever the weather [m]
    eye_ahead: float  # of the box center, in vehicle lengths
    eye_height: float  # above the ground [m]


def human_limits(kind: int) -> CarefulLimits:
    """Return the limits of the regulation's driver in a vehicle of a kind."""
    height = _EYE_HEIGHT.get(ActorKind(kind), _EYE_HEIGHT[ActorKind.CAR])
    return CarefulLimits(
        PERCEPTION_TIME, REACTION_TIME, BRAKE_JERK, BRAKE_SHARE * GRAVITY, math.inf, _EYE_AHEAD, height
    )


def robot_limits(reaction_time: float, max_deceleration: float) -> CarefulLimits:
    """Return the limits of a robot: one sweep of its LiDAR, its stated reaction, its brakes at once.

    Args:
        reaction_time: `ego.reaction_time` [s].
        max_deceleration: Of its model in the catalog [m/s²].
    """
    return CarefulLimits(ROBOT_SWEEP, reaction_time, math.inf, max_deceleration, ROBOT_RANGE, 0.0, ROBOT_EYE)


@njit(cache=True, _nrt=False)
def careful_deceleration(since: float, jerk: float, deceleration: float, friction: float) -> float:
    """Return how hard the careful driver brakes [m/s²], positive.

    Args:
        since: Since its brakes began to act [s]; nothing before.
        jerk: With which braking rises [m/s³].
        deceleration: At most [m/s²].
        friction: µ of the road.
    """
    full = min(deceleration, friction * GRAVITY)
    if since <= 0.0:
        return 0.0
    return full if jerk == math.inf else min(full, jerk * since)


@njit(cache=True, _nrt=False)
def braking_distance(speed: float, jerk: float, deceleration: float, friction: float) -> float:
    """Return the way from where the brakes begin to act to standstill [m]; arguments as above, `speed` [m/s]."""
    full = min(deceleration, friction * GRAVITY)
    rise = 0.0 if jerk == math.inf else full / jerk
    lost = 0.5 * full * rise  # of the speed while braking rises
    if lost >= speed:
        stop = math.sqrt(2.0 * speed / jerk)
        return speed * stop - jerk * stop**3 / 6.0
    rest = speed - lost
    return speed * rise - full * rise * rise / 6.0 + 0.5 * rest * rest / full


def stopping_distance(speed: float, limits: CarefulLimits, friction: float) -> float:
    """Return the way from first visibility to standstill [m].

    Args:
        speed: At first [m/s].
        limits: Of the driver.
        friction: µ of the road.
    """
    delay = limits.perception_time + limits.reaction_time
    return speed * delay + braking_distance(speed, limits.jerk, limits.deceleration, friction)


class Noticed(NamedTuple):
    """What the careful driver has taken notice of. Shapes (num_actors,) unless said; −1 for not yet, times [s]."""

    seen: NDArray[np.float64]  # since when each has been visible and a threat
    slowed: NDArray[np.float64]  # since when each, being ahead, has slowed by more than `LEAD_BRAKING`
    asked: NDArray[np.bool_]  # whether each is one for whom it brakes
    brake: NDArray[np.float64]  # when the brakes act, and since when there has been no threat. (2,)


def start_clock(num_actors: int) -> Noticed:
    """Return the clock of a driver who has seen nothing yet."""
    return Noticed(
        np.full(num_actors, -1.0), np.full(num_actors, -1.0), np.zeros(num_actors, np.bool_), np.full(2, -1.0)
    )


@njit(cache=True, _nrt=False)
def run_clock(
    time: float,
    visible: NDArray[np.bool_],
    critical: NDArray[np.bool_],
    slows: NDArray[np.bool_],
    lasting: NDArray[np.bool_],
    perception: float,
    reaction: float,
    lag: float,
    clock: Noticed,
) -> None:
    """Note who is a threat now, and decide when the brakes act.

    Args:
        time: Now [s].
        visible: Who is a threat and visible. Shape (num_actors,).
        critical: For whom no time is left once perceived. Shape (num_actors,).
        slows: Who is ahead and slows by more than `LEAD_BRAKING`. Shape (num_actors,).
        lasting: Who, once braked for, is braked for as long as it is a threat, critical or not. Shape (num_actors,).
        perception, reaction: Times of the driver [s].
        lag: How long ago it was that `slows` tells of: half of the time over which slowing is measured [s].
        clock: Updated.
    """
    any_threat = False
    for b in range(len(visible)):
        if not visible[b]:
            clock.seen[b] = clock.slowed[b] = -1.0
            clock.asked[b] = False
            continue
        if clock.seen[b] < 0.0:
            clock.seen[b] = time
        if not slows[b]:
            clock.slowed[b] = -1.0
        elif clock.slowed[b] < 0.0:
            clock.slowed[b] = time - lag
        perceived = time >= clock.seen[b] + perception - 1e-9
        braked = clock.slowed[b] >= 0.0 and time >= clock.slowed[b] + perception - 1e-9
        if (perceived and critical[b]) or braked:
            clock.asked[b] = True
            if clock.brake[0] < 0.0:
                clock.brake[0] = time + reaction
        if critical[b] or slows[b] or (clock.asked[b] and lasting[b]):
            any_threat = True
    if any_threat or clock.brake[0] < 0.0 or time < clock.brake[0]:
        clock.brake[1] = -1.0
    elif clock.brake[1] < 0.0:
        clock.brake[1] = time
    elif time >= clock.brake[1] + CLEAR_TIME:
        clock.brake[:] = -1.0
