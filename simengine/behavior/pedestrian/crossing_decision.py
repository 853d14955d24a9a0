"""Whether somebody crosses the road: the time that vehicles leave, and how fast one has to walk to be over by then."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.lanes.occupancy import LENGTH, VX, VY, WIDTH, YAW, Places, X, Y, Z
from simengine.behavior.pedestrian.crosswalk import APPROACH, LEVEL, Crosswalks, Strips
from simengine.behavior.pedestrian.walker_state import (
    CROSSING,
)
from simengine.road.network.frenet import lane_position, lane_width, project_on_lane_near
from simengine.road.network.network import SignalColor

START_MARGIN = 3.0  # start-up and end clearance time (HCM 2010) [s]
ROAD_MARGIN = 1.0  # kept by those already on the road, who walk faster for it [s]
STANDING = 0.3  # slower vehicles have stopped [m/s]
STOPPING = 0.3  # harder braking is seen as stopping [m/s²]
YIELDING = 2.0  # braking that a walker at green expects of drivers [m/s²]
_GREEN, _OFF = int(SignalColor.GREEN), int(SignalColor.OFF)


@njit(cache=True, _nrt=False)
def _arrival(
    strips: Strips,
    pose: NDArray[np.float64],
    acceleration: NDArray[np.float64],
    lane: int,
    s_zebra: float,
    width: float,
    yielding: bool,
) -> float:
    """Return when a vehicle on a lane reaches a crossing [s]: 0 on it, infinite if it stops before it or does not come.

    Args:
        strips: Lanes.
        pose: Of the vehicle, a row of `Places.pose`.
        acceleration: Of the vehicle, world [m/s²]. Shape (3,).
        lane: One that leads to the crossing.
        s_zebra: Of the crossing, from the start of that lane [m].
        width: Of the crossing [m].
        yielding: Leave out vehicles that can still stop gently.
    """
    s, t = project_on_lane_near(strips, lane, pose[X], pose[Y], min(s_zebra, strips.lane_length[lane]))
    if s < -0.5 * pose[LENGTH] or s > strips.lane_length[lane] + 0.5 * pose[LENGTH]:
        return math.inf
    _, _, tx, ty = lane_position(strips, lane, s, 0.0)
    if abs(t) > 0.5 * (lane_width(strips, lane, s) + pose[WIDTH]):
        return math.inf
    if math.cos(pose[YAW]) * tx + math.sin(pose[YAW]) * ty < 0.5:
        return math.inf
    gap = s_zebra - 0.5 * width - s - 0.5 * pose[LENGTH]
    if gap + pose[LENGTH] + width < 0.0:
        return math.inf
    speed = pose[VX] * tx + pose[VY] * ty
    if gap <= 0.0:
        return 0.0
    if speed < STANDING or (yielding and speed * speed < 2.0 * YIELDING * gap):
        return math.inf
    along = acceleration[0] * tx + acceleration[1] * ty
    if along < -STOPPING and speed * speed < -2.0 * along * gap:
        return math.inf
    if along > STOPPING:
        return (math.sqrt(speed * speed + 2.0 * along * gap) - speed) / along
    return gap / speed


@njit(cache=True, _nrt=False)
def needed_speed(
    strips: Strips,
    zebras: Crosswalks,
    places: Places,
    acceleration: NDArray[np.float64],
    on_foot: NDArray[np.bool_],
    c: int,
    end: int,
    u: float,
    z: float,
    margin: float,
    yielding: bool,
) -> float:
    """Return how fast to walk in order to be off every lane before a vehicle arrives [m/s], 0 if none does.

    Args:
        strips: Lanes.
        zebras: Crossings.
        places: Of all actors.
        acceleration: World [m/s²]. Shape (num_actors, 3).
        on_foot: Who is no vehicle. Shape (num_actors,).
        c, end: Which crossing, and from which end of it one walks.
        u: Way already walked, from that end [m].
        z: Own height [m].
        margin: How long before a vehicle's arrival to be off its lane [s].
        yielding: Rely on vehicles that can still stop gently.
    """
    line = zebras.line[c]
    length = math.sqrt((line[2] - line[0]) ** 2 + (line[3] - line[1]) ** 2)
    mx, my = 0.5 * (line[0] + line[2]), 0.5 * (line[1] + line[3])
    needed = 0.0
    for b in range(len(places.seen)):
        pose = places.pose[b]
        if not places.seen[b] or on_foot[b] or abs(pose[Z] - z) > LEVEL + 2.0:
            continue
        if abs(pose[X] - mx) > APPROACH or abs(pose[Y] - my) > APPROACH:
            continue
        for k in range(zebras.entry_first[c], zebras.entry_first[c + 1]):
            far = zebras.entry_span[k, 1] if end == 0 else length - zebras.entry_span[k, 0]
            if far <= u:
                continue
            for w in range(zebras.way_first[k], zebras.way_first[k + 1]):
                time = _arrival(strips, pose, acceleration[b], zebras.way_lane[w], zebras.way_s[w], line[4], yielding)
                if time < math.inf:
                    needed = max(needed, (far - u) / (time - margin) if time > margin else math.inf)
    return needed


@njit(cache=True, _nrt=False)
def may_go(
    strips: Strips,
    zebras: Crosswalks,
    places: Places,
    acceleration: NDArray[np.float64],
    on_foot: NDArray[np.bool_],
    colors: NDArray[np.int32],
    choice: NDArray[np.int64],
    start: float,
    pace: float,
    z: float,
) -> bool:
    """Say whether there is time to cross.

    Args:
        strips: The pavements.
        zebras: The crossings.
        places: Where the actors are.
        acceleration: Of the actors, world [m/s²]. Shape (num_actors, 3).
        on_foot: Who is. Shape (num_actors,).
        colors: `SignalColor` of each signal. Shape (num_signals,).
        choice: Of the walker, a row of `People.choice`.
        start: Way walked from the curb, not positive [m].
        pace: How fast it would walk [m/s].
        z: Its height [m].
    """
    item = choice[CROSSING]
    signal = zebras.signal[item // 2]
    ruled = signal >= 0 and colors[signal] != _OFF
    if ruled and colors[signal] != _GREEN:
        return False
    needed = needed_speed(
        strips, zebras, places, acceleration, on_foot, item // 2, item % 2, start, z, START_MARGIN, ruled
    )
    return needed <= pace
