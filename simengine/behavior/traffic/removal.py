"""Vehicles that cannot go on are taken out of the world where the ego does not see it, and the episode says so.

Real wrecks are towed away; here nobody tows. An ordinary vehicle that lies on its side, stands beside every lane or has
come no farther for `STUCK` (longer where signals have long cycles) is taken out, one at a time and first the vehicle
that holds up the others. Never where the ego might see it go: beyond `CLOSEST` only, and there only beyond `SIGHT`,
whatever the weather (radar and LiDAR see on in it), or with the scenery before all of it. Where traffic flows in, it
counts as outside from then on, and another vehicle comes in for it. Who stands for as long where the ego might see it
stays, and that is told: a street may be dead though the ego fails nothing.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.driver_state import DriverMemory
from simengine.core.space import plan_view
from simengine.core.space.geometry import quaternion_from_euler, rotate, yaw_from_quaternion
from simengine.core.space.visible_share import Boxes, visible_share
from simengine.core.state import EGO, ActorTable, WorldState

PERIOD = 1.0  # between looks [s]
LYING = 5.0  # for which it has lain there [s]
BESIDE = 15.0  # for which it has stood beside every lane [s]
STUCK = 60.0  # for which it has come no farther than `LEAST_WAY` [s]
CYCLES = 1.5  # of the slowest signal, where that is longer
LEAST_WAY = 5.0  # [m]
RELIEF = 10.0  # between two that are taken out for standing: the first may have been what held up the second [s]
AHEAD = 10.0  # a standing vehicle nearer than this before another holds it up [m]
CLOSEST = 60.0  # to the ego [m]
SIGHT = 250.0  # beyond it a vehicle is a few pixels of a camera and no return of a LiDAR [m]
OVERTURNED, BESIDE_ROAD, STANDING = "overturned", "off_road", "standing"


# Of the scenery: center [m], yaw [rad], length, width and height [m].
Box = tuple[tuple[float, float, float], float, tuple[float, float, float]]


class Removal(NamedTuple):
    """A vehicle that was taken out of the world."""

    actor: int  # its id, see `WorldState.identity`
    slot: int
    reason: str  # "overturned", "off_road" or "standing"
    since_ns: int  # when it came to this [ns]
    time_ns: int  # when it was taken out [ns]
    position: tuple[float, float, float]  # [m]


class Standstill(NamedTuple):
    """A vehicle that came no farther for `STUCK` or longer and was not taken out."""

    actor: int  # its id, see `WorldState.identity`
    since_ns: int  # when it last came farther [ns]
    time_ns: int  # when it did again, or was gone, or the episode ended [ns]


class Wreckage(NamedTuple):
    """What is known of the progress of all vehicles. Shapes (num_actors,) unless said."""

    may_go: NDArray[np.bool_]  # ordinary vehicles
    boxes: Boxes  # of the scenery, and last the vehicle that is looked at, which hides nothing; that one is written
    stuck: float  # [s]
    identity: NDArray[np.int32]  # the vehicle that the rest is about; written
    place: NDArray[np.float64]  # of the last progress; written [m]. (num_actors, 2)
    since: NDArray[np.float64]  # when that was; written [s]
    bad_since: NDArray[np.float64]  # since when it lies or stands beside the road, NaN if it does not; written [s]
    clock: NDArray[np.float64]  # of the last look and the last one taken out for standing; written [s]. (2,)
    stood: list[Standstill]  # that are over; written


def begin_wreckage(actors: ActorTable, may_go: NDArray[np.bool_], boxes: Sequence[Box], cycle: float) -> Wreckage:
    """Begin to watch.

    Args:
        actors: All of them.
        may_go: Vehicles that may be taken out: ordinary ones. Shape (num_actors,).
        boxes: Of the scenery.
        cycle: Of the slowest signal [s].
    """
    count = actors.kind.shape[1]
    rows = [(at, quaternion_from_euler(0.0, 0.0, yaw), size) for at, yaw, size in boxes]
    rows.append(((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0)))
    position, orientation, size = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    placed = Boxes(position, orientation, size, np.arange(len(rows)) < len(boxes))
    return Wreckage(
        may_go,
        placed,
        max(STUCK, CYCLES * cycle),
        np.full(count, -1, np.int32),
        np.full((count, 2), math.inf),
        np.zeros(count),
        np.full(count, math.nan),
        np.full(2, -math.inf),
        [],
    )


def find_removals(
    wreckage: Wreckage, actors: ActorTable, state: WorldState, memory: DriverMemory, time: float
) -> list[Removal]:
    """Return the vehicles that are to be taken out now; called at every decision.

    Args:
        wreckage: Updated.
        actors: What they are.
        state: Now.
        memory: Decisions.
        time: Since the start [s].
    """
    if time - wreckage.clock[0] < PERIOD - 1e-9:
        return []
    wreckage.clock[0] = time
    _note(wreckage, state, memory, time)
    found = _choose(wreckage, actors, state, time)
    wreckage.since[[removal.slot for removal in found]] = time  # told as removals
    return found


def _choose(wreckage: Wreckage, actors: ActorTable, state: WorldState, time: float) -> list[Removal]:
    """Return the vehicles that are to be taken out now."""
    watched = wreckage.may_go & state.valid[0]
    bad = watched & ~np.isnan(wreckage.bad_since)
    found = []
    for a in np.flatnonzero(bad).tolist():
        lies = _lies(state, a)
        if time - wreckage.bad_since[a] >= (LYING if lies else BESIDE) and is_out_of_sight(wreckage, actors, state, a):
            found.append(_removal(state, a, OVERTURNED if lies else BESIDE_ROAD, wreckage.bad_since[a], time))
    stands = watched & (time - wreckage.since >= wreckage.stuck) & ~bad
    if found or not stands.any() or time - wreckage.clock[1] < RELIEF:
        return found
    for a in np.flatnonzero(stands)[np.argsort(wreckage.since[stands], kind="stable")].tolist():
        if is_out_of_sight(wreckage, actors, state, a) and not _waits_for_other(wreckage, actors, state, a, time):
            wreckage.clock[1] = time
            return [_removal(state, a, STANDING, wreckage.since[a], time)]
    return found


def find_standstills(wreckage: Wreckage, time: float) -> list[Standstill]:
    """Return the vehicles that came no farther for long, in order of time, also those that still stand.

    Args:
        wreckage: What is known of their progress.
        time: Now, since the start [s].
    """
    now = [_standstill(wreckage, a, time) for a in np.flatnonzero(_stands(wreckage, time))]
    return sorted([*wreckage.stood, *now], key=lambda one: (one.since_ns, one.actor))


def standstill_remarks(standstills: Sequence[Standstill]) -> list[str]:
    """Return what an episode says of vehicles that came no farther for long: one line, none without any."""
    if not standstills:
        return []
    first = min(one.since_ns for one in standstills) * 1e-9
    who = len({one.actor for one in standstills})
    vehicles = "vehicle" if who == 1 else "vehicles"
    return [
        f"traffic: {who} ordinary {vehicles} came no farther for {STUCK:.0f} s or longer, the first from {first:.0f} s"
        " on; see the intervals named standing"
    ]


def _stands(wreckage: Wreckage, time: float) -> NDArray[np.bool_]:
    return wreckage.may_go & (wreckage.identity >= 0) & (time - wreckage.since >= wreckage.stuck)


def _standstill(wreckage: Wreckage, a: int, time: float) -> Standstill:
    return Standstill(int(wreckage.identity[a]), round(1e9 * float(wreckage.since[a])), round(1e9 * time))


def _note(wreckage: Wreckage, state: WorldState, memory: DriverMemory, time: float) -> None:
    """Note which vehicles have come farther, which lie and which stand beside the road."""
    position = state.position[0, :, :2]
    moved = np.hypot(*(position - wreckage.place).T) > LEAST_WAY
    moved |= (wreckage.identity != state.identity[0]) | ~state.valid[0]
    wreckage.stood.extend(_standstill(wreckage, a, time) for a in np.flatnonzero(moved & _stands(wreckage, time)))
    wreckage.identity[:] = state.identity[0]
    wreckage.place[moved] = position[moved]
    wreckage.since[moved] = time
    still = np.hypot(state.velocity[0, :, 0], state.velocity[0, :, 1]) < 0.3
    for a in np.flatnonzero(wreckage.may_go).tolist():
        beside = still[a] and memory.lane[0, a] < 0
        bad = bool(state.valid[0, a]) and (beside or _lies(state, a))
        if not bad or moved[a]:
            wreckage.bad_since[a] = time if bad else math.nan
        elif math.isnan(wreckage.bad_since[a]):
            wreckage.bad_since[a] = time


def _lies(state: WorldState, a: int) -> bool:
    return rotate(*state.orientation[0, a].tolist(), 0.0, 0.0, 1.0)[2] < plan_view.OVERTURNED


def _removal(state: WorldState, a: int, reason: str, since: float, time: float) -> Removal:
    x, y, z = (float(value) for value in state.position[0, a])
    return Removal(int(state.identity[0, a]), a, reason, round(1e9 * since), round(1e9 * time), (x, y, z))


def _holder(actors: ActorTable, state: WorldState, a: int) -> int:
    """Return the vehicle that stands right before another, −1 for none."""
    x, y, z = state.position[0, a].tolist()
    yaw = yaw_from_quaternion(*state.orientation[0, a].tolist())
    dx, dy = state.position[0, :, 0] - x, state.position[0, :, 1] - y
    along, across = dx * math.cos(yaw) + dy * math.sin(yaw), dy * math.cos(yaw) - dx * math.sin(yaw)
    gap = along - 0.5 * (actors.length[0, a] + actors.length[0])
    near = state.valid[0] & (along > 0.0) & (gap < AHEAD) & (np.abs(state.position[0, :, 2] - z) < 4.0)
    near[a] = False
    best, nearest = -1, math.inf
    for b in np.flatnonzero(near).tolist():
        turn = yaw_from_quaternion(*state.orientation[0, b].tolist()) - yaw
        wide = actors.length[0, b] * abs(math.sin(turn)) + actors.width[0, b] * abs(math.cos(turn))
        if abs(across[b]) < 0.5 * (actors.width[0, a] + wide) and along[b] < nearest:
            best, nearest = b, along[b]
    return best


def _waits_for_other(wreckage: Wreckage, actors: ActorTable, state: WorldState, a: int, time: float) -> bool:
    """Return whether another vehicle holds one up; of a circle of such the first one looked at is to go."""
    b, seen = _holder(actors, state, a), {a}
    while b >= 0 and b not in seen:
        seen.add(b)
        if not (wreckage.may_go[b] and time - wreckage.since[b] >= wreckage.stuck):
            return True  # it has to go first, or it moves
        b = _holder(actors, state, b)
    return b != a if b >= 0 else len(seen) > 1


def is_out_of_sight(wreckage: Wreckage, actors: ActorTable, state: WorldState, a: int) -> bool:
    """Return whether the ego cannot see a vehicle: too far away, or the scenery hides all of it.

    Seen from the middle of the ego's roof. `visible_share` casts rays at the whole silhouette, so boxes beside
    each other hide what each hides alone, and no part between hidden corners is left out.
    """
    if not state.valid[0, EGO]:
        return True
    x, y, z = state.position[0, EGO].tolist()
    eye = (x, y, z + 0.5 * float(actors.height[0, EGO]))
    distance = math.hypot(*(state.position[0, a, :2] - state.position[0, EGO, :2]).tolist())
    if distance < CLOSEST:
        return False
    if distance > SIGHT:
        return True
    boxes = wreckage.boxes
    boxes.position[-1], boxes.orientation[-1] = state.position[0, a], state.orientation[0, a]
    boxes.size[-1] = actors.length[0, a], actors.width[0, a], actors.height[0, a]
    return bool(visible_share(*eye, boxes, len(boxes.hides) - 1) == 0.0)
