"""Vehicles that cannot go on are taken out of the world where the ego does not see it, and the episode says so.

Real wrecks are towed away; here nobody tows. An ordinary vehicle that lies on its side, stands beside every lane or has
come no farther for `STUCK` (longer where signals have long cycles) is taken out, one at a time and first whoever holds
up the others. Never where the ego might see it go: beyond `CLOSEST` only, and there only beyond `SIGHT` (or as far as
the weather lets one see) or with the scenery between. Where traffic flows in, it counts as outside from then on, and
another vehicle comes in for it.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.memory import DriverMemory
from simengine.core import plan_view
from simengine.core.geometry import rotate, yaw_from_quaternion
from simengine.core.state import EGO, ActorTable, WorldState

PERIOD = 1.0  # between looks [s]
LYING = 5.0  # for which it has lain there [s]
BESIDE = 15.0  # for which it has stood beside every lane [s]
STUCK = 60.0  # for which it has come no farther than `PROGRESS` [s]
CYCLES = 1.5  # of the slowest signal, where that is longer
PROGRESS = 5.0  # [m]
RELIEF = 10.0  # between two that are taken out for standing: the first may have been what held up the second [s]
AHEAD = 10.0  # a standing vehicle nearer than this before another holds it up [m]
CLOSEST = 60.0  # to the ego [m]
SIGHT = 250.0  # beyond it a vehicle is a few pixels of a camera and no return of a LiDAR [m]
OVERTURNED, BESIDE_ROAD, STANDING = "overturned", "off_road", "standing"


# Of the scenery: centre [m], yaw [rad], length, width and height [m].
Box = tuple[tuple[float, float, float], float, tuple[float, float, float]]


class Removal(NamedTuple):
    """A vehicle that was taken out of the world."""

    actor: int  # its id, see `WorldState.identity`
    slot: int
    reason: str  # "overturned", "off_road" or "standing"
    since_ns: int  # when it came to this [ns]
    time_ns: int  # when it was taken out [ns]
    position: tuple[float, float, float]  # [m]


class Wreckage(NamedTuple):
    """What is known of everybody's progress. Shapes (num_actors,) unless said."""

    may_go: NDArray[np.bool_]  # ordinary vehicles
    boxes: NDArray[np.float64]  # of the scenery: centre, cosine and sine of the yaw, half the size. (num_boxes, 8)
    sight: float  # [m]
    stuck: float  # [s]
    identity: NDArray[np.int32]  # who the rest is about; written
    place: NDArray[np.float64]  # of the last progress; written [m]. (num_actors, 2)
    since: NDArray[np.float64]  # when that was; written [s]
    bad_since: NDArray[np.float64]  # since when it lies or stands beside the road, NaN if it does not; written [s]
    clock: NDArray[np.float64]  # of the last look and the last one taken out for standing; written [s]. (2,)


def begin_wreckage(
    actors: ActorTable, may_go: NDArray[np.bool_], boxes: Sequence[Box], sight: float, cycle: float
) -> Wreckage:
    """Begin to watch.

    Args:
        actors: Who there is.
        may_go: Vehicles that may be taken out: ordinary ones. Shape (num_actors,).
        boxes: Of the scenery.
        sight: As far as the weather lets one see [m].
        cycle: Of the slowest signal [s].
    """
    count = actors.kind.shape[1]
    rows = [(*at, math.cos(yaw), math.sin(yaw), *(0.5 * extent for extent in size)) for at, yaw, size in boxes]
    return Wreckage(
        may_go, np.array(rows, np.float64).reshape(-1, 8), min(SIGHT, sight), max(STUCK, CYCLES * cycle),
        np.full(count, -1, np.int32), np.full((count, 2), math.inf), np.zeros(count), np.full(count, math.nan),
        np.full(2, -math.inf),
    )


def find_removals(
    wreckage: Wreckage, actors: ActorTable, state: WorldState, memory: DriverMemory, time: float
) -> list[Removal]:
    """Return who is to be taken out now; called at every decision.

    Args:
        wreckage: Updated.
        actors: What they are.
        state: Now.
        memory: Minds.
        time: Since the start [s].
    """
    if time - wreckage.clock[0] < PERIOD - 1e-9:
        return []
    wreckage.clock[0] = time
    _note(wreckage, state, memory, time)
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


def _note(wreckage: Wreckage, state: WorldState, memory: DriverMemory, time: float) -> None:
    """Note who has come farther, who lies and who stands beside the road."""
    position = state.position[0, :, :2]
    moved = np.hypot(*(position - wreckage.place).T) > PROGRESS
    moved |= (wreckage.identity != state.identity[0]) | ~state.valid[0]
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
    """Return who stands right before a vehicle, −1 for nobody."""
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
    """Return whether somebody else holds a vehicle up; of a circle of such the first one looked at is to go."""
    b, seen = _holder(actors, state, a), {a}
    while b >= 0 and b not in seen:
        seen.add(b)
        if not (wreckage.may_go[b] and time - wreckage.since[b] >= wreckage.stuck):
            return True  # it has to go first, or it moves
        b = _holder(actors, state, b)
    return b != a if b >= 0 else len(seen) > 1


def is_out_of_sight(wreckage: Wreckage, actors: ActorTable, state: WorldState, a: int) -> bool:
    """Return whether the ego cannot see a vehicle: too far away, or the scenery hides every corner of its roof."""
    if not state.valid[0, EGO]:
        return True
    eye = state.position[0, EGO] + (0.0, 0.0, 0.5 * float(actors.height[0, EGO]))
    x, y, z = state.position[0, a].tolist()
    distance = math.hypot(x - eye[0], y - eye[1])
    if distance < CLOSEST:
        return False
    if distance > wreckage.sight:
        return True
    q = state.orientation[0, a].tolist()
    half = 0.5 * np.array([actors.length[0, a], actors.width[0, a], actors.height[0, a]])
    for corner in ((1, 1, 1), (1, -1, 1), (-1, 1, 1), (-1, -1, 1), (1, 1, -1), (-1, -1, -1)):
        dx, dy, dz = rotate(*q, *(half * corner).tolist())
        if not _is_hidden(wreckage.boxes, eye, np.array([x + dx, y + dy, z + dz])):
            return False
    return True


def _is_hidden(boxes: NDArray[np.float64], eye: NDArray[np.float64], point: NDArray[np.float64]) -> bool:
    """Return whether a box of the scenery is crossed by the line between two points."""
    if len(boxes) == 0:
        return False
    c, s = boxes[:, 3], boxes[:, 4]
    enter, leave = np.zeros(len(boxes)), np.ones(len(boxes))
    start, way = eye - boxes[:, :3], point - eye
    local = (start[:, 0] * c + start[:, 1] * s, start[:, 1] * c - start[:, 0] * s, start[:, 2])
    course = (way[0] * c + way[1] * s, way[1] * c - way[0] * s, np.full(len(boxes), way[2]))
    for axis in range(3):
        half = boxes[:, 5 + axis]
        rate = np.where(np.abs(course[axis]) < 1e-9, 1e-9, course[axis])
        first, second = (-half - local[axis]) / rate, (half - local[axis]) / rate
        enter, leave = np.maximum(enter, np.minimum(first, second)), np.minimum(leave, np.maximum(first, second))
    return bool((enter < leave).any())
