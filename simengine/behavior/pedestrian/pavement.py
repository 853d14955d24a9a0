"""People on pavements: they walk along, keep clear of each other, wait at crossings and walk across.

What each wants is in `walking.py`, forces are in `social_force.py`, gap acceptance in `crosswalk.py`. Desired speeds
are normal with mean 1.34 and standard deviation 0.26 m/s (Helbing & Molnár 1995), cut at two standard deviations. Those
of a group are one draw, less what company slows (`pedestrians.group_slowing`); what groups do is in `company.py`.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import truncated_normal
from simengine.behavior.lanes.occupancy import Places, empty_places, look_around
from simengine.behavior.pedestrian.crosswalk import Strips, make_strips, make_zebras, nearest_strip
from simengine.behavior.pedestrian.people import People
from simengine.behavior.pedestrian.walk_along import ABREAST_STREAM
from simengine.behavior.pedestrian.walker_state import (
    ABREAST,
    CHOICE_COLUMNS,
    COMPANY,
    CONSIDERED,
    COUNTER,
    CROSSING,
    DESIRED_SPEED,
    DIRECTION,
    KEEPS_RIGHT,
    LEADER,
    MIND_COLUMNS,
    PHASE,
    PLACE,
    SPACING,
    STANDING,
    STRIP,
    TO_CURB,
    WILL_X,
    WILL_Y,
)
from simengine.behavior.pedestrian.walking import aim, step
from simengine.core.rng import philox_uniform, stream
from simengine.core.space.geometry import yaw_from_quaternion
from simengine.core.state import ActorTable, Behavior, Controls, Mobility, WorldState
from simengine.road.network.frenet import lane_position
from simengine.road.network.network import LaneArrays, LaneType, RoadNetwork
from simengine.scenario.spec import PedestriansSpec

MEAN_SPEED, SPEED_DEVIATION = 1.34, 0.26  # [m/s]
SLOWEST = 0.6  # of a large group of slow people [m/s]
SPEED_STREAM, SIDE_STREAM = stream("people", "speed"), stream("people", "side")
_WALKER, _ON_FOOT = int(Behavior.WALKER), int(Mobility.WALKER)


class Crowd(NamedTuple):
    """Who walks with whom and who does not walk at the start. Shapes (num_envs, num_actors)."""

    group: NDArray[np.int32]  # number of the group, whose people follow each other in the arrays; −1: alone
    stands: NDArray[np.bool_]  # does not walk in this episode
    waits: NDArray[np.int32]  # begins at the curb of 2 · crossing + end, about to cross; −1: does not


def no_crowd(num_envs: int, num_actors: int) -> Crowd:
    """Return a crowd of which everybody walks alone."""
    shape = (num_envs, num_actors)
    return Crowd(np.full(shape, -1, np.int32), np.zeros(shape, np.bool_), np.full(shape, -1, np.int32))


def begin_people(
    network: RoadNetwork,
    lanes: LaneArrays,
    actors: ActorTable,
    state: WorldState,
    crowd: Crowd,
    spec: PedestriansSpec,
    seed: np.uint64,
) -> People:
    """Give every walker a desired speed, a pavement, a direction on it and its companions.

    Args:
        network: Pavements and crossings.
        lanes: Of the network.
        actors: Who there is; walkers have `Behavior.WALKER`.
        state: Where they are.
        crowd: Who belongs together.
        spec: How many want to cross, and how people in company walk.
        seed: Kernel seed of the people.
    """
    strips = make_strips(lanes)
    usable = np.flatnonzero(np.isin(network.lane_type, (LaneType.PAVEMENT, LaneType.FLOOR))).astype(np.int32)
    mind = np.zeros((*state.valid.shape, MIND_COLUMNS))
    choice = np.full((*state.valid.shape, CHOICE_COLUMNS), -1, np.int64)
    choice[..., [PHASE, COUNTER]] = 0
    choice[..., DIRECTION] = 1
    for e, a in zip(*np.nonzero(actors.behavior == Behavior.WALKER), strict=True):
        x, y, z = (float(v) for v in state.position[e, a])
        lane, s, _, _ = nearest_strip(strips, usable, x, y, z - 0.5 * float(actors.height[e, a]))
        yaw = yaw_from_quaternion(*(float(q) for q in state.orientation[e, a]))
        if lane >= 0:
            _, _, tx, ty = lane_position(strips, lane, s, 0.0)
            choice[e, a, DIRECTION] = 1 if math.cos(yaw) * tx + math.sin(yaw) * ty >= 0.0 else -1
        choice[e, a, STRIP] = lane
        mind[e, a, PLACE] = s
        first, count = _company(crowd.group[e], a)
        choice[e, a, LEADER], choice[e, a, COMPANY] = first, count
        speed = truncated_normal(seed, SPEED_STREAM, e, first, MEAN_SPEED, SPEED_DEVIATION)
        mind[e, a, DESIRED_SPEED] = max(SLOWEST, speed - spec.group_slowing * (count - 1))
        mind[e, a, KEEPS_RIGHT] = 0.9 * philox_uniform(seed, SIDE_STREAM, 0, e, first) - 0.1
        mind[e, a, SPACING] = spec.group_spacing
        choice[e, a, DIRECTION] = choice[e, first, DIRECTION]
        if crowd.stands[e, a]:
            choice[e, a, PHASE] = STANDING
        elif crowd.waits[e, a] >= 0:
            item = int(crowd.waits[e, a])
            choice[e, a, PHASE], choice[e, a, CROSSING], choice[e, a, CONSIDERED] = TO_CURB, item, item // 2
            choice[e, a, COUNTER] = 1
            mind[e, a, ABREAST] = 2.0 * philox_uniform(seed, ABREAST_STREAM, 1, e, first) - 1.0
        mind[e, a, WILL_X], mind[e, a, WILL_Y] = state.velocity[e, a, 0], state.velocity[e, a, 1]
    return People(
        mind,
        choice,
        strips,
        make_zebras(network, strips),
        _links(network, strips, usable),
        spec.crossing_fraction,
        seed,
    )


def _company(group: NDArray[np.int32], a: int) -> tuple[int, int]:
    """Return the first of somebody's group and how many it has; oneself and 1 for who is alone."""
    if group[a] < 0:
        return a, 1
    members = np.flatnonzero(group == group[a])
    if members[-1] - members[0] + 1 != len(members):
        raise ValueError(f"group {group[a]}: its people do not follow each other in the arrays")
    return int(members[0]), len(members)


def _links(network: RoadNetwork, strips: Strips, usable: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the walkable lanes before and after each walkable lane where they touch, −1 elsewhere."""
    link = np.full((len(network.lane_type), 2), -1, np.int32)
    walkable = set(usable.tolist())
    sides = ((network.predecessor_first, network.predecessor), (network.successor_first, network.successor))
    for lane in usable:
        for side, (first, other) in enumerate(sides):
            for neighbor in other[first[lane] : first[lane + 1]]:
                here = strips.lane_first_point[lane + side] - side
                there = strips.lane_first_point[neighbor + 1 - side] - 1 + side
                step = strips.point_position[here] - strips.point_position[there]
                if int(neighbor) in walkable and math.hypot(step[0], step[1]) < 1.0 and link[lane, side] < 0:
                    link[lane, side] = neighbor
    return link


@njit(cache=True, _nrt=False)
def _walk(
    people: People,
    places: Places,
    acceleration: NDArray[np.float64],
    on_foot: NDArray[np.bool_],
    walks: NDArray[np.bool_],
    colors: NDArray[np.int32],
    dt: float,
    e: int,
    out: NDArray[np.float64],
) -> None:
    """Let the walkers of one world decide.

    Args:
        people: Decisions; updated.
        places: Where the actors of that world are.
        acceleration: Of the actors, world [m/s²]. Shape (num_actors, 3).
        on_foot: Who is. Shape (num_actors,).
        walks: Who decides. Shape (num_actors,).
        colors: `SignalColor` of each signal. Shape (num_signals,).
        dt: Time between decisions [s].
        e: World.
        out: Written: their velocities [m/s]. Shape (num_actors, 2).
    """
    for a in range(len(walks)):
        if not walks[a]:
            continue
        ex, ey, speed = aim(people, places, acceleration, on_foot, colors, dt, e, a)
        step(people, places, on_foot, ex, ey, speed, dt, e, a)
        out[a, 0], out[a, 1] = people.mind[e, a, WILL_X], people.mind[e, a, WILL_Y]


def walk_people(
    people: People,
    actors: ActorTable,
    state: WorldState,
    signal_colors: NDArray[np.int32],
    dt: float,
    controls: Controls,
) -> None:
    """Let everybody on foot decide; minds and `controls.velocity` are written.

    Args:
        people: Decisions; updated.
        actors: Who there is.
        state: Where everybody is.
        signal_colors: `SignalColor` of each signal. Shape (num_signals,).
        dt: Time between decisions [s].
        controls: Written for those with `Behavior.WALKER`.
    """
    walks = state.valid & (actors.behavior == _WALKER)
    on_foot = actors.mobility == _ON_FOOT
    for e in range(len(state.tick)):
        if not walks[e].any():
            continue
        places = empty_places(walks.shape[1])
        look_around(
            actors.length[e],
            actors.width[e],
            actors.height[e],
            state.valid[e],
            state.position[e],
            state.orientation[e],
            state.velocity[e],
            places,
        )
        _walk(people, places, state.acceleration[e], on_foot[e], walks[e], signal_colors, dt, e, controls.velocity[e])
