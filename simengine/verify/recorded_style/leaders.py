"""Who drives ahead of whom, from positions and headings alone: recorded and simulated traffic are seen alike."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import locate

REACH = 100.0  # farther ahead nobody is followed [m]
_DEEPEST = 64  # lanes looked at ahead


@njit(cache=True)
def find_lanes(
    lanes: LaneArrays,
    valid: NDArray[np.bool_],
    position: NDArray[np.float64],
    heading: NDArray[np.float64],
    lane: NDArray[np.int32],
    s: NDArray[np.float64],
) -> None:
    """Write the lane and the place along it of every vehicle at every sample, −1 for none.

    Args:
        lanes: The network.
        valid: Shape (num_rows, num_samples).
        position: Box centers [m]. Shape (num_rows, num_samples, 2).
        heading: [rad]. Shape (num_rows, num_samples).
        lane: Written. Shape (num_rows, num_samples).
        s: Written [m]. Shape (num_rows, num_samples).
    """
    for r in range(valid.shape[0]):
        for k in range(valid.shape[1]):
            lane[r, k], s[r, k] = -1, 0.0
            if valid[r, k]:
                found, along, _ = locate(lanes, position[r, k, 0], position[r, k, 1], math.nan, heading[r, k])
                lane[r, k], s[r, k] = found, along


@njit(cache=True)
def _ahead(
    lanes: LaneArrays,
    valid: NDArray[np.bool_],
    lane: NDArray[np.int32],
    s: NDArray[np.float64],
    a: int,
    k: int,
    stack: NDArray[np.int64],
    start: NDArray[np.float64],
) -> tuple[int, float]:
    """Return who is nearest ahead of row a at sample k on its lane and all that follow, and how far [m]; −1 for none.

    `stack` and `start` are scratch. Shapes (_DEEPEST,).
    """
    best, distance, count, looked = -1, REACH, 1, 0
    stack[0], start[0] = lane[a, k], -s[a, k]
    while count > 0 and looked < _DEEPEST:
        count -= 1
        looked += 1
        here, begins = stack[count], start[count]
        for b in range(valid.shape[0]):
            if b != a and valid[b, k] and lane[b, k] == here:
                way = begins + s[b, k]
                if 0.0 < way < distance:
                    best, distance = b, way
        ends = begins + lanes.lane_length[here]
        if ends < distance:
            for i in range(lanes.successor_first[here], lanes.successor_first[here + 1]):
                if count < _DEEPEST:
                    stack[count], start[count] = lanes.successor[i], ends
                    count += 1
    return best, distance


@njit(cache=True)
def find_leaders(
    lanes: LaneArrays,
    valid: NDArray[np.bool_],
    lane: NDArray[np.int32],
    s: NDArray[np.float64],
    length: NDArray[np.float64],
    leader: NDArray[np.int32],
    gap: NDArray[np.float64],
) -> None:
    """Write whom every vehicle follows at every sample, −1 for nobody within `REACH`, and the gap between their boxes.

    Args:
        lanes: The network.
        valid, lane, s: As in `find_lanes`.
        length: Of the vehicles [m]. Shape (num_rows,).
        leader: Written. Shape (num_rows, num_samples).
        gap: Written [m]. Shape (num_rows, num_samples).
    """
    stack, start = np.zeros(_DEEPEST, np.int64), np.zeros(_DEEPEST)
    for k in range(valid.shape[1]):
        for a in range(valid.shape[0]):
            leader[a, k], gap[a, k] = -1, 0.0
            if valid[a, k] and lane[a, k] >= 0:
                b, distance = _ahead(lanes, valid, lane, s, a, k, stack, start)
                if b >= 0:
                    leader[a, k], gap[a, k] = b, distance - 0.5 * (length[a] + length[b])
