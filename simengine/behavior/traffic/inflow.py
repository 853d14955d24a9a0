"""Traffic that leaves at the ends of roads and comes in again elsewhere, so that its density stays as it was.

Or, where the scenario says how many vehicles an hour come in, at the starts of roads at random times (a Poisson
process), and vehicles that find no room wait outside for it.

A vehicle leaves the world when its center passes the end of a lane that leads nowhere, or when it is left far behind.
It enters again at the start of a lane that nothing leads to, or as far from the ego as traffic is placed at the start,
where the gap to everybody on that lane is safe. To everybody outside it is another vehicle then, of the same kind and
size but with an identity of its own (see `WorldState`).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import (
    NOISE_STREAM,
    SPEED_CAP,
    SPEED_FACTOR,
    TURN_IN,
    DriverMemory,
)
from simengine.behavior.lanes.long_vehicles import AGILE, CLOSED, ON, find_long_ways, open_ends
from simengine.behavior.lanes.occupancy import VX, VY, YAW, Places, X, Y, empty_places, look_around
from simengine.behavior.pedestrian.crosswalk import Strips, make_strips
from simengine.behavior.traffic.entry import (
    SITE_ALONG,
    SITE_C,
    SITE_S,
    SITE_SPEED,
    SITE_X,
    SITE_Y,
    SLOWEST,
    begin_anew,
    safe_entry_speed,
    speed_among_comers,
    stand_at_site,
)
from simengine.behavior.vehicle.road_conditions import COMFORT_SHARE, careful_style, grip_bound
from simengine.core.rng import philox_normal, philox_uniform, stream
from simengine.core.state import EGO, ActorTable, Behavior, WorldState, copy_state
from simengine.road.network.frenet import lane_position, lane_width
from simengine.road.network.network import LaneArrays, LaneType
from simengine.road.network.traverse import approach_speed

PITCH = 25.0  # between places where vehicles may enter [m]
RIM = (0.9, 1.3)  # share of the radius at which vehicles enter on lanes that go on
LEFT_BEHIND = 1.5  # share of the radius from which a vehicle is out of the world
CLOSEST = 60.0  # to the ego [m]
VIEW = 120.0  # ahead of the ego, within which few enter [m]
IN_VIEW, PARTING = 0.25, 0.2  # how much less often vehicles enter in view, or so that they never meet the ego
STREAM = stream("inflow", "entry")
ARRIVALS = stream("inflow", "arrival")  # of the times between arrivals
TRIES = 4  # places looked at in one call
# That a vehicle is out before another takes its place, so that no sweep meets both: that of a LiDAR is no longer,
# `LidarSpec.rate_hz` being at least 1 Hz [s].
OUT_LEAST = 1.0
NARROWEST = 2.9  # a narrower lane, which begins or ends here, is not entered [m]
LEAVES, WAITS = 1, 2


class Inflow(NamedTuple):
    """Where vehicles come in, and which of them are out."""

    lanes: LaneArrays
    strips: Strips
    site: NDArray[np.float64]  # columns named in `entry`, [m] and [m/s]. (num_sites, 7)
    site_lane: NDArray[np.int32]  # (num_sites,)
    begins: NDArray[np.bool_]  # the lane begins here and nothing leads to it. (num_sites,)
    ends: NDArray[np.bool_]  # the lane leads nowhere. (num_lanes,)
    long_ways: NDArray[np.int8]  # whether long vehicles get on from a lane, see `long_vehicles`. (num_lanes,)
    flows: NDArray[np.bool_]  # vehicles that leave and come back. (num_actors,)
    outside: NDArray[np.bool_]  # vehicles that have left; written. (num_actors,)
    left: NDArray[np.float64]  # when they left, −inf for those that were never in the world; written [s]. (num_actors,)
    radius: float  # [m]
    friction: float  # µ
    seed: np.uint64
    demand: float  # that comes in at every place where a lane begins, 0 to keep the number of vehicles [1/s]
    due: NDArray[np.float64]  # when the next vehicle arrives there; written [s]. (num_sites,)
    arrived: NDArray[np.int64]  # vehicles that have arrived there; written. (num_sites,)
    admitted: NDArray[np.int64]  # and those of them that have come in; written. (num_sites,)


def begin_inflow(
    lanes: LaneArrays,
    actors: ActorTable,
    state: WorldState,
    radius: float,
    seed: np.uint64,
    stays: NDArray[np.bool_],
    friction: float,
    demand: float = 0.0,
) -> Inflow:
    """Find where vehicles may enter.

    Args:
        lanes: The network.
        actors: All of them; those with `Behavior.TRAFFIC` that are in the world leave and come back.
        state: At the start.
        radius: Around the ego within which traffic was placed [m].
        seed: Kernel seed of the inflow.
        stays: Vehicles that keep to the script and are left alone. Shape (num_actors,).
        friction: µ of the ground.
        demand: Vehicles that arrive wherever a lane begins; 0 lets those that leave come in again [1/h].
    """
    strips, comfort = make_strips(lanes), grip_bound(math.inf, friction, COMFORT_SHARE)
    driving = lanes.lane_type == LaneType.DRIVING
    long_ways = find_long_ways(lanes, friction)
    nothing_before, nothing_beyond = open_ends(lanes, long_ways)
    rows, site_lane, begins = [], [], []
    for lane in np.flatnonzero(driving & (lanes.lane_junction < 0) & (long_ways > CLOSED)).tolist():
        length = float(lanes.lane_length[lane])
        for k in range(max(1, math.ceil((length - 20.0) / PITCH))):
            s = k * PITCH + (6.0 if k == 0 else 0.0)
            if lane_width(strips, lane, s) < NARROWEST:
                continue
            x, y, c, d = lane_position(strips, lane, s, 0.0)
            first, last = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1]
            i = int(np.searchsorted(lanes.point_s[first:last], s, side="right")) - 1 + int(first)
            rows.append((x, y, float(lanes.point_position[i, 2]), c, d, s, approach_speed(lanes, lane, s, comfort)))
            site_lane.append(lane)
            begins.append(k == 0 and bool(nothing_before[lane]))
    ordinary = (actors.behavior[0] == Behavior.TRAFFIC) & ~stays
    rate = demand / 3600.0
    due = np.array([_headway(seed, k, 0, rate) if rate > 0.0 else math.inf for k in range(len(rows))])
    return Inflow(
        lanes=lanes, strips=strips, site=np.array(rows, np.float64).reshape(-1, 7),
        site_lane=np.array(site_lane, np.int32), begins=np.array(begins, np.bool_),
        ends=driving & nothing_beyond, long_ways=long_ways,
        flows=ordinary if rate > 0.0 else ordinary & state.valid[0],
        outside=ordinary & ~state.valid[0] if rate > 0.0 else np.zeros(len(stays), np.bool_),
        left=np.full(len(stays), -math.inf), radius=radius, friction=friction, seed=seed, demand=rate, due=due,
        arrived=np.zeros(len(rows), np.int64), admitted=np.zeros(len(rows), np.int64),
    )  # fmt: skip


@njit(cache=True, _nrt=False)
def _headway(seed: np.uint64, site: int, number: int, rate: float) -> float:
    """Draw the time between two arrivals of a Poisson process [s]."""
    return -math.log(1.0 - philox_uniform(seed, ARRIVALS, number, 0, site)) / rate


@njit(cache=True)
def _likely_sites(
    site: NDArray[np.float64],
    begins: NDArray[np.bool_],
    ego: NDArray[np.float64],
    radius: float,
    seed: np.uint64,
    tick: int,
    chosen: NDArray[np.int64],
) -> int:
    """Draw places to enter at without replacement, each as often as it suits; returns how many.

    Args:
        site, begins, radius, seed: As in `Inflow`.
        ego: Row of `Places.pose`.
        tick: Now.
        chosen: Written. Shape (TRIES,).
    """
    key = np.full(len(chosen), -1.0)
    forward_x, forward_y = math.cos(ego[YAW]), math.sin(ego[YAW])
    for k in range(len(site)):
        dx, dy = site[k, SITE_X] - ego[X], site[k, SITE_Y] - ego[Y]
        distance = math.sqrt(dx * dx + dy * dy)
        if distance < CLOSEST or distance > RIM[1] * radius or (not begins[k] and distance < RIM[0] * radius):
            continue
        weight = 1.0
        if distance < VIEW and dx * forward_x + dy * forward_y > 0.0:
            weight *= IN_VIEW
        closing = (ego[VX] - site[k, SITE_SPEED] * site[k, SITE_C]) * dx
        closing += (ego[VY] - site[k, SITE_SPEED] * site[k, SITE_S]) * dy
        if closing < 0.0:
            weight *= PARTING
        # Efraimidis & Spirakis, "Weighted random sampling with a reservoir" (2006): the largest u^(1/w).
        score = philox_uniform(seed, STREAM, tick, 0, k) ** (1.0 / weight)
        for n in range(len(chosen)):
            if score > key[n]:
                for m in range(len(chosen) - 1, n, -1):
                    key[m], chosen[m] = key[m - 1], chosen[m - 1]
                key[n], chosen[n] = score, k
                break
    count = 0
    while count < len(chosen) and key[count] >= 0.0:
        count += 1
    return count


@njit(cache=True, _nrt=False)
def _mark_gone(
    flows: NDArray[np.bool_],
    outside: NDArray[np.bool_],
    ends: NDArray[np.bool_],
    lane_length: NDArray[np.float64],
    valid: NDArray[np.bool_],
    position: NDArray[np.float64],
    lane: NDArray[np.int32],
    s: NDArray[np.float64],
    reach: float,
    gone: NDArray[np.int8],
) -> bool:
    """Mark the vehicles that leave now and that wait outside; returns whether there are any.

    Args:
        flows, outside, ends: As in `Inflow`.
        lane_length: [m]. Shape (num_lanes,).
        valid, position: Of the actors, as in `WorldState`.
        lane, s: Where the drivers are, as in `DriverMemory`.
        reach: Farther from the ego a vehicle leaves [m].
        gone: Written: `LEAVES`, `WAITS` or 0. Shape (num_actors,).
    """
    some = False
    for a in range(len(flows)):
        if outside[a] and not valid[a]:
            gone[a], some = WAITS, True
        elif flows[a] and valid[a]:
            dx, dy = position[a, 0] - position[EGO, 0], position[a, 1] - position[EGO, 1]
            over = lane[a] >= 0 and ends[lane[a]] and s[a] > lane_length[lane[a]]
            if over or dx * dx + dy * dy > reach * reach:
                gone[a], some = LEAVES, True
    return some


def refill(inflow: Inflow, actors: ActorTable, state: WorldState, memory: DriverMemory, time: float) -> WorldState:
    """Take vehicles out that have left, and let those in that are due, or one that is out, if there is room.

    Args:
        inflow: Places and the vehicles that are out; updated.
        actors: What they are.
        state: Now.
        memory: Drivers' minds; those of vehicles that leave and enter begin anew.
        time: Since the start [s].

    Returns:
        The state, a copy where something has changed.
    """
    gone = np.zeros(len(inflow.flows), np.int8)
    reach = math.inf if inflow.demand > 0.0 else LEFT_BEHIND * inflow.radius
    if (
        not _mark_gone(
            inflow.flows,
            inflow.outside,
            inflow.ends,
            inflow.lanes.lane_length,
            state.valid[0],
            state.position[0],
            memory.lane[0],
            memory.s[0],
            reach,
            gone,
        )
        and inflow.demand == 0.0
    ):
        return state
    leaving, waiting = np.flatnonzero(gone == LEAVES), np.flatnonzero(gone == WAITS)
    waiting = waiting[time - inflow.left[waiting] >= OUT_LEAST]
    entering = state
    if len(leaving):
        entering = copy_state(state)
        entering.valid[0, leaving] = False
        for a in leaving.tolist():
            send_out(inflow, memory, a, time)
    if inflow.demand > 0.0:
        return _admit(inflow, actors, state, entering, memory, waiting, time)
    if len(waiting) and len(inflow.site):
        tick = int(state.tick[0])
        a = int(waiting[tick % len(waiting)])
        places = _places(actors, entering)
        chosen = np.zeros(TRIES, np.int64)
        count = _likely_sites(inflow.site, inflow.begins, places.pose[EGO], inflow.radius, inflow.seed, tick, chosen)
        k, speed = _find_site(inflow, actors, places, memory, a, chosen[:count].tolist())
        if k >= 0:
            entering = entering if entering is not state else copy_state(state)
            _enter(inflow, actors, entering, memory, a, k, speed)
    return entering


def send_out(inflow: Inflow, memory: DriverMemory, a: int, time: float) -> None:
    """Count a vehicle that has been taken out of the world as one that has left, at a time [s]."""
    inflow.outside[a], inflow.left[a] = True, time
    begin_anew(memory, a)


def _admit(
    inflow: Inflow,
    actors: ActorTable,
    state: WorldState,
    entering: WorldState,
    memory: DriverMemory,
    waiting: NDArray[np.int64],
    time: float,
) -> WorldState:
    """Let in vehicles that have arrived, where there is room; `entering` is `state` or already a copy of it."""
    begins = np.flatnonzero(inflow.begins)
    for k in begins.tolist():
        while inflow.due[k] <= time:
            inflow.arrived[k] += 1
            inflow.due[k] += _headway(inflow.seed, k, int(inflow.arrived[k]), inflow.demand)
    queue = (inflow.arrived - inflow.admitted)[begins]
    for k in begins[np.argsort(-queue, kind="stable")].tolist():  # where most wait first
        if inflow.arrived[k] == inflow.admitted[k] or len(waiting) == 0:
            break
        lane = int(inflow.site_lane[k])
        suited = [a for a in waiting.tolist() if _may_drive(inflow, memory, a, lane)]
        if not suited:
            continue
        a = suited[int(inflow.arrived[k]) % len(suited)]
        found, speed = _find_site(inflow, actors, _places(actors, entering), memory, a, [k])
        if found < 0:
            continue
        entering = entering if entering is not state else copy_state(state)
        _enter(inflow, actors, entering, memory, a, k, speed)
        inflow.admitted[k] += 1
        waiting = waiting[waiting != a]
    return entering


def _places(actors: ActorTable, state: WorldState) -> Places:
    """Return where everybody is."""
    places = empty_places(state.valid.shape[1])
    look_around(
        actors.length[0],
        actors.width[0],
        actors.height[0],
        state.valid[0],
        state.position[0],
        state.orientation[0],
        state.velocity[0],
        places,
    )
    return places


def _find_site(
    inflow: Inflow, actors: ActorTable, places: Places, memory: DriverMemory, a: int, sites: list[int]
) -> tuple[int, float]:
    """Return the first of some places where a vehicle may enter now (−1 for none), and how fast [m/s]."""
    minds = memory._replace(style=careful_style(memory.style, inflow.friction))
    factor, cap = float(memory.style[0, a, SPEED_FACTOR]), float(memory.style[0, a, SPEED_CAP])
    for k in sites:
        lane = int(inflow.site_lane[k])
        if not _may_drive(inflow, memory, a, lane):
            continue
        wanted = min(factor * float(inflow.lanes.lane_speed_limit[lane]), cap)
        speed = safe_entry_speed(
            inflow.strips,
            places,
            minds.style[0],
            a,
            inflow.site[k],
            lane,
            float(actors.length[0, a]),
            float(actors.width[0, a]),
            wanted,
        )
        if speed >= 0.0:
            least = min(speed, SLOWEST)
            speed = speed_among_comers(
                inflow.lanes,
                minds,
                places,
                a,
                lane,
                float(inflow.site[k, SITE_ALONG]),
                float(actors.length[0, a]),
                speed,
            )
            if speed >= least:
                return k, speed
    return -1, 0.0


def _may_drive(inflow: Inflow, memory: DriverMemory, a: int, lane: int) -> bool:
    """Return whether a vehicle gets on from a lane: a long one has no business where it cannot turn."""
    return bool(memory.style[0, a, TURN_IN] > AGILE or inflow.long_ways[lane] == ON)


def _enter(
    inflow: Inflow, actors: ActorTable, state: WorldState, memory: DriverMemory, a: int, k: int, speed: float
) -> None:
    """Stand a vehicle on the ground at a place, level with it and rolling, its driver's mind empty."""
    inflow.outside[a] = False
    if inflow.left[a] > -math.inf:  # the largest id so far stays in its slot until that slot gets a larger one
        state.identity[0, a] = int(state.identity[0].max()) + 1
    begin_anew(memory, a)
    # Another driver errs by itself: its noise has been under way for long, as that of all at the start.
    memory.noise[0, a] = philox_normal(inflow.seed, NOISE_STREAM, int(state.tick[0]), 0, a)
    stand_at_site(inflow.lanes, actors, state, a, inflow.site[k], speed)
