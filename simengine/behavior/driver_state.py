"""What drivers carry from one decision to the next, as arrays, and how drivers differ.

Parameters of car following are those of the Intelligent Driver Model; see `idm.py`. What is usual for a kind of
vehicle, and how drivers differ from it, is told by the settings of the traffic.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.mobil import BIAS, THRESHOLD
from simengine.core.mechanics import GRAVITY
from simengine.core.rng import philox_normal, stream
from simengine.core.state import ActorKind, ActorTable
from simengine.scenario.spec import DriverKinds, DriverSpread

ROUTE_LANES = 12  # previous, present, and the next ones
PREVIOUS, PRESENT, NEXT = 0, 1, 2

# Columns of `choice`.
COUNTER = 0  # successors drawn so far
EXIT_TURN = 1  # Turn wanted at the next junction, 0 for any
FROM_LANE = 2  # lane being left sideways, or −1
COMMITTED = 3  # stop line whose amber the driver decided to pass, or −1
STOPPED_AT = 4  # stop line at whose stop sign the driver has stopped, or −1
GRANTED = 5  # junction the driver may pass, or −1
GRANT_ORDER = 6  # smaller was granted earlier
LET_WAIT = 7  # entry of `lane_rules.Crossings` at whose curb somebody waits whom the driver has waited for, or −1

# Columns of `change`.
START = 0  # offset from the present lane at the start [m]
PROGRESS = 1  # 0 .. 1; 1 when none is under way
DURATION = 2  # at the present speed [s]
REST = 3  # until the next change is considered [s]

# Columns of `style`.
SPEED_FACTOR = 0  # desired speed over the speed limit
SPEED_CAP = 1  # desired speed at most [m/s]
TIME_GAP = 2  # T [s]
MIN_GAP = 3  # s0 [m]
MAX_ACCELERATION = 4  # a [m/s²]
COMFORTABLE_DECELERATION = 5  # b [m/s²]
LATERAL_COMFORT = 6  # lateral acceleration accepted in bends [m/s²]
POLITENESS = 7  # p of MOBIL
LANE_OFFSET = 8  # where in the lane the driver likes to be, left positive [m]
TURN_IN = 9  # how fast the vehicle's curvature can change [1/m/s]
CHANGE_THRESHOLD = 10  # Δa_th of MOBIL [m/s²]
CHANGE_BIAS = 11  # a_bias of MOBIL [m/s²]
NOISE = 12  # standard deviation of the acceleration's noise, 0 for none [m/s²]
NOISE_TIME = 13  # its correlation time [s]
STYLES = 14

SPREAD_STREAM = stream("drivers", "style")  # philox stream of the draws below
NOISE_STREAM = stream("behavior", "noise")  # of the acceleration's noise
TRUNCATION = 2.0  # standard deviations at which a driver's normal is cut
SHORTEST_TIME_GAP = 0.5  # that any driver keeps [s]
_PULL, _BRAKING, _COMFORT, _SPEED, _GAP, _DISTANCE, _CRUISE = range(7)  # columns of what is usual for a kind


# Columns of the table of vehicles, as in `ActorTable`.
(FRONT_AXLE, REAR_AXLE, COG_OFFSET, FRONT_STIFFNESS, REAR_STIFFNESS, MAX_STEERING, MAX_STEERING_RATE,
 MAX_DECELERATION) = range(8)  # fmt: skip
ROLLING, DRAG = 8, 9  # what slows the vehicle that rolls freely: ROLLING + DRAG · v² [m/s²], [1/m]
_VEHICLE = (
    "front_axle",
    "rear_axle",
    "cog_offset",
    "front_stiffness",
    "rear_stiffness",
    "max_steering",
    "max_steering_rate",
    "max_deceleration",
)


def vehicle_table(actors: ActorTable) -> NDArray[np.float64]:
    """Return what drivers know of their vehicles, columns named above. Shape (num_envs, num_actors, 10)."""
    table = np.empty((*actors.mass.shape, 10))
    for column, name in enumerate(_VEHICLE):
        table[..., column] = getattr(actors, name)
    table[..., ROLLING] = GRAVITY * actors.rolling_resistance
    table[..., DRAG] = actors.drag / np.maximum(actors.mass, 1.0)
    return table


class DriverMemory(NamedTuple):
    """The drivers' minds. Shapes (num_envs, num_actors) unless said; the columns are named above."""

    lane: NDArray[np.int32]  # present lane, or −1 before it is found and off the road
    s: NDArray[np.float64]  # of the box center along it [m]
    t: NDArray[np.float64]  # left of its center line [m]
    traveled: NDArray[np.float64]  # way since the start [m]
    route: NDArray[np.int32]  # previous lane, present lane, next lanes, −1 past the end. (…, ROUTE_LANES)
    choice: NDArray[np.int64]  # decisions made. (…, 8)
    change: NDArray[np.float64]  # the lane change under way. (…, 4)
    style: NDArray[np.float64]  # how the driver drives. (…, STYLES)
    waiting: NDArray[np.float64]  # time at standstill [s]
    unused: NDArray[np.float64]  # of it, with the way through a junction granted [s]
    noise: NDArray[np.float64]  # of the acceleration now, in standard deviations
    may_change_lane: NDArray[np.bool_]
    ignores_signals: NDArray[np.bool_]  # runs red and takes right of way


def empty_memory(num_envs: int, num_actors: int) -> DriverMemory:
    """Allocate minds of middling car drivers who have not looked where they are."""
    shape = (num_envs, num_actors)
    choice = np.full((*shape, 8), -1, np.int64)
    choice[..., [COUNTER, EXIT_TURN, GRANT_ORDER]] = 0
    change = np.zeros((*shape, 4))
    change[..., PROGRESS], change[..., DURATION] = 1.0, 4.0
    style = np.zeros((*shape, STYLES))
    style[...] = (1.0, 60.0, 1.4, 2.0, 1.4, 2.0, 2.2, 0.3, 0.0, 0.15, THRESHOLD, BIAS, 0.0, 1.0)
    return DriverMemory(
        lane=np.full(shape, -1, np.int32),
        s=np.zeros(shape),
        t=np.zeros(shape),
        traveled=np.zeros(shape),
        route=np.full((*shape, ROUTE_LANES), -1, np.int32),
        choice=choice,
        change=change,
        style=style,
        waiting=np.zeros(shape),
        unused=np.zeros(shape),
        noise=np.zeros(shape),
        may_change_lane=np.ones(shape, np.bool_),
        ignores_signals=np.zeros(shape, np.bool_),
    )


@njit(cache=True, _nrt=False)
def truncated_normal(seed: np.uint64, stream: int, env: int, actor: int, mean: float, deviation: float) -> float:
    """Draw from a normal cut at two standard deviations: the first of a counter's draws that lies within.

    Args:
        seed: Kernel seed.
        stream: Which quantity.
        env, actor: Whose.
        mean, deviation: Of the uncut normal.
    """
    for attempt in range(64):
        z = philox_normal(seed, stream, attempt, env, actor)
        if abs(z) <= TRUNCATION:
            return mean + deviation * z
    return mean


class _Spread(NamedTuple):
    """`DriverSpread` as a kernel reads it."""

    speed: tuple[float, float]  # mean and standard deviation
    gap: tuple[float, float]  # the same [s]
    skewed: bool  # the gap is lognormal
    distance: float  # factors of what is usual for the kind
    acceleration: float
    deceleration: float
    temper: float  # standard deviation of a driver's own factor of both
    politeness: float
    change: tuple[float, float]  # threshold and bias [m/s²]
    noise: tuple[float, float]  # standard deviation [m/s²] and correlation time [s]


@njit(cache=True, _nrt=False)
def truncated_lognormal(seed: np.uint64, stream: int, env: int, actor: int, mean: float, deviation: float) -> float:
    """Draw from a lognormal whose logarithm is cut at two standard deviations; arguments as `truncated_normal`.

    Mean and deviation are those of the uncut lognormal itself, not of its logarithm.
    """
    variance = math.log(1.0 + (deviation / mean) * (deviation / mean))
    middle = math.log(mean) - 0.5 * variance
    return math.exp(truncated_normal(seed, stream, env, actor, middle, math.sqrt(variance)))


@njit(cache=True, _nrt=False)
def _draw(
    seed: np.uint64,
    kind: NDArray[np.int32],
    max_speed: NDArray[np.float64],
    length: NDArray[np.float64],
    wheelbase: NDArray[np.float64],
    steering_rate: NDArray[np.float64],
    spread: _Spread,
    usual: NDArray[np.float64],
    style: NDArray[np.float64],
) -> None:
    """Fill the drivers' styles; see `draw_drivers`.

    Args:
        seed: Kernel seed.
        kind: `ActorKind`. Shape (num_envs, num_actors).
        max_speed: Of the vehicles, 0 for no limit [m/s]. The same shape.
        length: [m].
        wheelbase: [m].
        steering_rate: [rad/s].
        spread: How drivers differ.
        usual: Of each kind, as `_kind_table` returns it.
        style: Written. Shape (num_envs, num_actors, STYLES).
    """
    for e in range(kind.shape[0]):
        for a in range(kind.shape[1]):
            temper = truncated_normal(seed, SPREAD_STREAM + 2, e, a, 1.0, spread.temper)
            own = usual[kind[e, a]]
            cap = 0.95 * max_speed[e, a] if max_speed[e, a] > 0.0 else 60.0
            row = style[e, a]
            row[SPEED_FACTOR] = own[_SPEED] * truncated_normal(
                seed, SPREAD_STREAM, e, a, spread.speed[0], spread.speed[1]
            )
            row[SPEED_CAP] = min(cap, own[_CRUISE] * temper)
            if spread.skewed:
                drawn = truncated_lognormal(seed, SPREAD_STREAM + 1, e, a, spread.gap[0], spread.gap[1])
            else:
                drawn = truncated_normal(seed, SPREAD_STREAM + 1, e, a, spread.gap[0], spread.gap[1])
            row[TIME_GAP] = max(SHORTEST_TIME_GAP, own[_GAP] * drawn)
            row[MIN_GAP] = own[_DISTANCE] * spread.distance
            row[MAX_ACCELERATION] = own[_PULL] * temper * spread.acceleration
            row[COMFORTABLE_DECELERATION] = own[_BRAKING] * temper * spread.deceleration
            row[LATERAL_COMFORT] = own[_COMFORT] * temper
            row[POLITENESS] = spread.politeness
            row[TURN_IN] = steering_rate[e, a] / max(wheelbase[e, a], 0.5)
            wander = 0.15 if length[e, a] < 6.0 else 0.05
            row[LANE_OFFSET] = truncated_normal(seed, SPREAD_STREAM + 3, e, a, 0.0, wander)
            row[CHANGE_THRESHOLD], row[CHANGE_BIAS] = spread.change
            row[NOISE], row[NOISE_TIME] = spread.noise


def _kind_table(kinds: DriverKinds) -> NDArray[np.float64]:
    """Return what is usual, a row a kind of actor; kinds that are no vehicles are like cars. Shape (num_kinds, 7)."""
    table = np.empty((len(ActorKind), 7))
    for kind in ActorKind:
        own = getattr(kinds, kind.name.lower(), kinds.car)
        table[kind] = (
            own.max_acceleration, own.comfortable_deceleration, own.lateral_comfort, own.desired_speed, own.time_gap,
            own.min_gap, math.inf if own.cruising_speed is None else own.cruising_speed,
        )  # fmt: skip
    return table


def draw_drivers(
    memory: DriverMemory, actors: ActorTable, kinds: DriverKinds, spread: DriverSpread, seed: np.uint64
) -> DriverMemory:
    """Return the memory with every actor's driving style drawn anew.

    Args:
        memory: Decisions.
        actors: Whose kind sets the class of vehicle.
        kinds: What is usual for the class.
        spread: How drivers differ from it.
        seed: Kernel seed of the traffic, `core.rng.kernel_seed`.
    """
    style = np.empty_like(memory.style)
    read = _Spread(
        speed=(spread.desired_speed, spread.desired_speed_std),
        gap=(spread.time_gap, spread.time_gap_std),
        skewed=spread.time_gap_shape == "lognormal",
        distance=spread.min_gap,
        acceleration=spread.max_acceleration,
        deceleration=spread.comfortable_deceleration,
        temper=spread.temper_std,
        politeness=spread.politeness,
        change=(spread.lane_change_threshold, spread.lane_change_bias),
        noise=(spread.noise, spread.noise_time),
    )
    _draw(
        seed,
        actors.kind,
        actors.max_speed,
        actors.length,
        actors.front_axle + actors.rear_axle,
        actors.max_steering_rate,
        read,
        _kind_table(kinds),
        style,
    )
    return memory._replace(style=style)


@njit(cache=True, _nrt=False)
def advance_noise(memory: DriverMemory, seed: np.uint64, tick: int, e: int, a: int, dt: float) -> None:
    """Carry the noise of a driver's acceleration on by one decision: an Ornstein–Uhlenbeck process, exact in time.

    Treiber, Kesting, Helbing, "Delays, inaccuracies and anticipation in microscopic traffic models", Physica A 360
    (2006) 71: errors of estimation persist for some seconds. Departure: there gap and approach rate are misjudged, here
    the acceleration that follows from them. A driver without noise draws nothing.

    Args:
        memory: Decisions; the noise is written.
        seed: Of the drivers.
        tick: Now.
        e, a: Which driver.
        dt: Since the last decision [s].
    """
    if memory.style[e, a, NOISE] > 0.0:
        drawn = philox_normal(seed, NOISE_STREAM, tick, e, a)
        if tick == 0:  # the process has been under way for long
            memory.noise[e, a] = drawn
        else:
            kept = math.exp(-dt / memory.style[e, a, NOISE_TIME])
            memory.noise[e, a] = kept * memory.noise[e, a] + math.sqrt(1.0 - kept * kept) * drawn


def set_style(memory: DriverMemory, env: int, actor: int, desired_speed: float, time_gap: float) -> None:
    """Write a desired speed, kept to unless the limit is lower [m/s], and a time gap [s] into one driver's mind."""
    memory.style[env, actor, SPEED_FACTOR] = 1.0
    memory.style[env, actor, SPEED_CAP] = desired_speed
    memory.style[env, actor, TIME_GAP] = time_gap
    memory.style[env, actor, LANE_OFFSET] = 0.0
