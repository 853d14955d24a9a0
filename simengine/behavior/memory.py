"""What drivers carry from one decision to the next, as arrays, and how drivers differ.

Parameters of car following are those of the Intelligent Driver Model; see `idm.py`. Kinds: cars accelerate at 1.4 and
brake comfortably at 2.0 m/s² (Treiber & Kesting, "Traffic Flow Dynamics", 2013, Table 11.2: 1.0–1.5 and 1.5–2.0), trucks
and buses at 0.7 and 1.7, bicycles at 0.8.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.rng import philox_normal
from simengine.core.state import ActorKind, ActorTable
from simengine.scenario.spec import DriverSpread

ROUTE_LANES = 12  # previous, present, and the next ones
PREVIOUS, PRESENT, NEXT = 0, 1, 2
SPREAD_STREAM = 101  # philox stream of the draws below
TRUNCATION = 2.0  # standard deviations at which a driver's normal is cut


class DriverMemory(NamedTuple):
    """The drivers' minds. Shapes (num_envs, num_actors) unless said."""

    lane: NDArray[np.int32]  # present lane, or −1 before it is found and off the road
    s: NDArray[np.float64]  # of the box centre along it [m]
    t: NDArray[np.float64]  # left of its centre line [m]
    travelled: NDArray[np.float64]  # way since the start [m]
    route: NDArray[np.int32]  # previous lane, present lane, next lanes, −1 past the end. (…, ROUTE_LANES)
    route_counter: NDArray[np.int64]  # choices of a successor drawn so far
    exit_turn: NDArray[np.int32]  # Turn wanted at the next junction, 0 for any
    from_lane: NDArray[np.int32]  # lane being left sideways, or −1
    change_start: NDArray[np.float64]  # offset from the present lane at the start of the change [m]
    change_progress: NDArray[np.float64]  # 0 .. 1; 1 when none is under way
    change_duration: NDArray[np.float64]  # at the present speed [s]
    change_rest: NDArray[np.float64]  # until the next change is considered [s]
    lane_offset: NDArray[np.float64]  # where in the lane the driver likes to be, left positive [m]
    speed_factor: NDArray[np.float64]  # desired speed over the speed limit
    speed_cap: NDArray[np.float64]  # desired speed at most [m/s]
    time_gap: NDArray[np.float64]  # T [s]
    min_gap: NDArray[np.float64]  # s0 [m]
    max_acceleration: NDArray[np.float64]  # a [m/s²]
    comfortable_deceleration: NDArray[np.float64]  # b [m/s²]
    lateral_comfort: NDArray[np.float64]  # lateral acceleration accepted in bends [m/s²]
    politeness: NDArray[np.float64]  # p of MOBIL
    may_change_lane: NDArray[np.bool_]
    ignores_signals: NDArray[np.bool_]  # runs red and takes right of way
    committed: NDArray[np.int32]  # signal whose amber the driver decided to pass, or −1
    stopped_at: NDArray[np.int32]  # stop line at which the driver has stopped, or −1
    waiting: NDArray[np.float64]  # time at standstill [s]
    granted: NDArray[np.int32]  # junction the driver may pass, or −1
    grant_order: NDArray[np.int64]  # smaller was granted earlier


def empty_memory(num_envs: int, num_actors: int) -> DriverMemory:
    """Allocate minds of middling car drivers who have not looked where they are."""
    shape = (num_envs, num_actors)

    def integers(value: int) -> NDArray[np.int32]:
        return np.full(shape, value, np.int32)

    return DriverMemory(
        lane=integers(-1),
        s=np.zeros(shape),
        t=np.zeros(shape),
        travelled=np.zeros(shape),
        route=np.full((*shape, ROUTE_LANES), -1, np.int32),
        route_counter=np.zeros(shape, np.int64),
        exit_turn=integers(0),
        from_lane=integers(-1),
        change_start=np.zeros(shape),
        change_progress=np.ones(shape),
        change_duration=np.full(shape, 4.0),
        change_rest=np.zeros(shape),
        lane_offset=np.zeros(shape),
        speed_factor=np.ones(shape),
        speed_cap=np.full(shape, 60.0),
        time_gap=np.full(shape, 1.4),
        min_gap=np.full(shape, 2.0),
        max_acceleration=np.full(shape, 1.4),
        comfortable_deceleration=np.full(shape, 2.0),
        lateral_comfort=np.full(shape, 2.2),
        politeness=np.full(shape, 0.3),
        may_change_lane=np.ones(shape, np.bool_),
        ignores_signals=np.zeros(shape, np.bool_),
        committed=integers(-1),
        stopped_at=integers(-1),
        waiting=np.zeros(shape),
        granted=integers(-1),
        grant_order=np.zeros(shape, np.int64),
    )


@njit(cache=True)
def truncated_normal(
    seed: np.uint64, stream: int, env: int, actor: int, mean: float, deviation: float
) -> float:
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


@njit(cache=True)
def _draw(
    seed: np.uint64, kind: NDArray[np.int32], max_speed: NDArray[np.float64], length: NDArray[np.float64],
    speed: tuple[float, float], gap: tuple[float, float], politeness: float,
    speed_factor: NDArray[np.float64], speed_cap: NDArray[np.float64], time_gap: NDArray[np.float64],
    min_gap: NDArray[np.float64], max_acceleration: NDArray[np.float64], deceleration: NDArray[np.float64],
    lateral: NDArray[np.float64], polite: NDArray[np.float64], offset: NDArray[np.float64],
) -> None:
    """Fill the drivers' parameters; see `draw_drivers`. Arrays of shape (num_envs, num_actors)."""
    for e in range(kind.shape[0]):
        for a in range(kind.shape[1]):
            mind = truncated_normal(seed, SPREAD_STREAM + 2, e, a, 1.0, 0.1)
            acceleration, braking, comfort, factor, gap_factor, distance = 1.4, 2.0, 2.2, 1.0, 1.0, 2.0
            if kind[e, a] == ActorKind.TRUCK or kind[e, a] == ActorKind.BUS:
                acceleration, braking, comfort, factor, gap_factor, distance = 0.7, 1.7, 1.4, 0.92, 1.25, 2.5
            elif kind[e, a] == ActorKind.MOTORCYCLE:
                acceleration, braking, comfort = 1.9, 2.3, 2.6
            elif kind[e, a] == ActorKind.BICYCLE:
                acceleration, braking, comfort, distance = 0.8, 1.6, 1.6, 1.5
            speed_factor[e, a] = factor * truncated_normal(seed, SPREAD_STREAM, e, a, speed[0], speed[1])
            speed_cap[e, a] = 0.95 * max_speed[e, a] if max_speed[e, a] > 0.0 else 60.0
            if kind[e, a] == ActorKind.BICYCLE:  # 5 m/s, not what the speed limit would allow
                speed_cap[e, a] = min(speed_cap[e, a], 5.0 * mind)
            drawn = gap_factor * truncated_normal(seed, SPREAD_STREAM + 1, e, a, gap[0], gap[1])
            time_gap[e, a] = max(0.5, drawn)
            min_gap[e, a] = distance
            max_acceleration[e, a] = acceleration * mind
            deceleration[e, a] = braking * mind
            lateral[e, a] = comfort * mind
            polite[e, a] = politeness
            wander = 0.15 if length[e, a] < 6.0 else 0.05
            offset[e, a] = truncated_normal(seed, SPREAD_STREAM + 3, e, a, 0.0, wander)


def draw_drivers(memory: DriverMemory, actors: ActorTable, spread: DriverSpread, seed: np.uint64) -> DriverMemory:
    """Return the memory with every actor's driving style drawn anew.

    Args:
        memory: Minds.
        actors: Whose kind sets the class of vehicle.
        spread: How drivers differ.
        seed: Kernel seed of the traffic, `core.rng.kernel_seed`.
    """
    names = (
        "speed_factor", "speed_cap", "time_gap", "min_gap", "max_acceleration", "comfortable_deceleration",
        "lateral_comfort", "politeness", "lane_offset",
    )
    drawn = {name: np.empty_like(memory.speed_cap) for name in names}
    _draw(
        seed, actors.kind, actors.max_speed, actors.length,
        (spread.desired_speed, spread.desired_speed_std), (spread.time_gap, spread.time_gap_std), spread.politeness,
        *drawn.values(),
    )
    return memory._replace(**drawn)


def set_style(
    memory: DriverMemory, env: int, actor: int, desired_speed: float, time_gap: float
) -> None:
    """Write an absolute desired speed [m/s] and time gap [s] into one driver's mind, whatever the speed limit says."""
    memory.speed_factor[env, actor] = math.inf
    memory.speed_cap[env, actor] = desired_speed
    memory.time_gap[env, actor] = time_gap
    memory.lane_offset[env, actor] = 0.0


def copy_memory(memory: DriverMemory) -> DriverMemory:
    """Copy every array."""
    return DriverMemory(*(field.copy() for field in memory))
