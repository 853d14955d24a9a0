"""Whether the front corner of a vehicle that changes lane gets past whoever is ahead of it on its own lane.

The rear axle follows the path of the change (`lateral.smooth_step`) and the front corner leads it: where the rear axle
has moved aside by q and its course is ψ against the lane, the corner has by q + f sin ψ + w/2 (1 − cos ψ), f its reach
ahead of the rear axle and w the vehicle's width. Close behind a leader that is too little: who sets out there stands
across two lanes, or brushes the leader's corner.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import NEXT, PRESENT, DriverMemory
from simengine.behavior.lane_change.beside_in_bends import FRONT_SHARE
from simengine.behavior.lanes.lane_rules import DriverLanes
from simengine.behavior.lanes.occupancy import (
    BOX_ALONG,
    BOX_HALF,
    BOX_HIGH,
    BOX_LOW,
    BOX_S,
    LAST,
    LENGTH,
    SPEED,
    WIDTH,
    Occupancy,
)
from simengine.behavior.vehicle.following import SQUEEZE
from simengine.behavior.vehicle.lateral import smooth_step

STEPS = 24  # at which the path is looked at
SLOWEST = 0.5  # the leader's way meanwhile is told for this speed at least, `choice.CRAWL` [m/s]


@njit(cache=True, _nrt=False)
def way_until_aside(offset: float, aside: float, way: float, length: float, width: float) -> float:
    """Return how far the front corner goes ahead until it has moved aside far enough [m]; infinite if it never does.

    Args:
        offset: To the side, of the whole change [m].
        aside: How far the front corner next to the old lane has to move aside [m].
        way: Of the whole change [m].
        length, width: Of the vehicle [m].
    """
    front, half = FRONT_SHARE * length, 0.5 * width
    if aside <= 0.0:
        return 0.0
    for k in range(1, STEPS + 1):
        q, slope, _ = smooth_step(k / STEPS)
        course = math.atan(offset * slope / way)
        if offset * q + front * math.sin(course) + half * (1.0 - math.cos(course)) >= aside:
            swung = front * (1.0 - math.cos(course)) - half * math.sin(course)
            # The path is that of the box's middle: the rear axle begins to turn when it has come to where that was.
            return way * k / STEPS - swung + (FRONT_SHARE - 0.5) * length
    return math.inf


@njit(cache=True, _nrt=False)
def gets_past(
    lanes: DriverLanes,
    occupancy: Occupancy,
    memory: DriverMemory,
    e: int,
    a: int,
    pose: NDArray[np.float64],
    side: int,
    offset: float,
    way: float,
) -> bool:
    """Return whether a driver that set out for the lane beside now would clear everybody ahead on its own lane.

    Args:
        lanes: The network.
        occupancy: Boxes by lane.
        memory: Decisions; route and place are read.
        e, a: Which driver.
        pose: Of the vehicle, a row of `Places.pose`.
        side: 1 left, −1 right.
        offset: Of the change, without its sign [m].
        way: Of the change [m].
    """
    length, width = pose[LENGTH], pose[WIDTH]
    low, high = memory.t[e, a] - 0.5 * width, memory.t[e, a] + 0.5 * width
    start = -memory.s[e, a]
    for place in (PRESENT, NEXT):
        lane = memory.route[e, a, place]
        if lane < 0 or start > way + length:
            break
        k = occupancy.head[lane]
        while k != LAST:
            ahead = start + occupancy.box[k, BOX_S]
            right, left = occupancy.box[k, BOX_LOW], occupancy.box[k, BOX_HIGH]
            if occupancy.actor[k] != a and ahead > 0.0 and right < high and left > low:
                gap = ahead - 0.5 * length - occupancy.box[k, BOX_HALF]
                aside = (left - low if side == 1 else high - right) + SQUEEZE
                needed = way_until_aside(offset, aside, way, length, width)
                # Meanwhile the leader goes on.
                if needed * (1.0 - occupancy.box[k, BOX_ALONG] / max(pose[SPEED], SLOWEST)) > gap:
                    return False
            k = occupancy.following[k]
        start += lanes.lane_length[lane]
    return True
