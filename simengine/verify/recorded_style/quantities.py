"""What is compared of recorded and simulated traffic: one function for both, from positions and headings alone.

Positions of recordings are noisy. Speeds are slopes fitted over 1 s, accelerations slopes over 1 s of the differences
of positions, jerk the slopes over 1 s of those: `replay.recorded_motion` makes them as for the labels of recordings.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.replay.recorded_motion import FIT, fit_slopes, lay_out
from simengine.road.files.recording import RecordedTracks
from simengine.road.network.network import LaneArrays
from simengine.verify.recorded_style.leaders import find_lanes, find_leaders

MOVING = 3.0  # slower vehicles have no time headway [m/s]
STEADY = 1.0  # difference of speeds below which a vehicle keeps up with whom it follows [m/s]
SETTLED = 1.0  # a change of lane is one if the vehicle stays on the other side for so long [s]
UNITS = {"acceleration": "m/s²", "speed": "m/s", "headway": "s", "gap": "m", "jerk": "m/s³"}
RATE = "lane changes"  # per vehicle and minute


class Quantity(NamedTuple):
    """Samples of one quantity, and whose they are. Shapes (n,)."""

    value: NDArray[np.float64]
    owner: NDArray[np.int32]  # row of the vehicle


class Traffic(NamedTuple):
    """What one recording, or one run of its vehicles, showed."""

    quantity: dict[str, Quantity]  # by the names of `UNITS`
    changes: NDArray[np.int32]  # changes of lane of every vehicle. (num_rows,)
    watched: NDArray[np.float64]  # time that it was watched [s]. (num_rows,)
    steady: NDArray[np.float64]  # speed [m/s], gap [m], limit [m/s] of who keeps up with whom it follows. (n, 3)


def inside(valid: NDArray[np.bool_], lane: NDArray[np.int32], s: NDArray[np.float64], lane_end: NDArray[np.float64]):
    """Return `valid` cut where a vehicle first leaves the recorded stretch of road. Shapes (num_rows, num_samples)."""
    left = valid & ((lane < 0) | (s > lane_end[np.maximum(lane, 0)]))
    return valid & ~np.maximum.accumulate(left, axis=1)


@njit(cache=True)
def _count_changes(
    lanes: LaneArrays, valid: NDArray[np.bool_], lane: NDArray[np.int32], settled: int, out: NDArray[np.int32]
) -> None:
    """Count changes to a lane beside that last for `settled` samples.

    Shapes (num_rows, num_samples), `out` (num_rows,).
    """
    for r in range(valid.shape[0]):
        place, kept, since = 0, 0, 0  # lanes to the left of the first; where it was for long; samples at another place
        for k in range(1, valid.shape[1]):
            a, b = lane[r, k - 1], lane[r, k]
            if not valid[r, k] or not valid[r, k - 1] or a < 0 or b < 0:
                continue
            step = 0
            if a != b and lanes.lane_left[a] == b:
                step = 1
            elif a != b and lanes.lane_right[a] == b:
                step = -1
            place += step
            since = 0 if place == kept else (1 if step != 0 else since + 1)
            if since >= settled:
                out[r] += 1
                kept, since = place, 0


def measure(
    lanes: LaneArrays, lane_end: NDArray[np.float64], tracks: RecordedTracks, time_step: float,
    counted: NDArray[np.bool_],
) -> Traffic:  # fmt: skip
    """Measure one world's traffic.

    Args:
        lanes: The network.
        lane_end: Up to where on every lane vehicles are compared [m]. Shape (num_lanes,).
        tracks: Of all vehicles.
        time_step: Between samples [s].
        counted: Whose samples count; the others are only followed. Shape (num_rows,).
    """
    shape = tracks.valid.shape
    lane, s = np.zeros(shape, np.int32), np.zeros(shape)
    find_lanes(lanes, tracks.valid, tracks.position, tracks.heading, lane, s)
    valid = inside(tracks.valid, lane, s, lane_end)
    leader, gap = np.zeros(shape, np.int32), np.zeros(shape)
    find_leaders(lanes, valid, lane, s, tracks.length, leader, gap)
    motion = lay_out(tracks._replace(valid=valid), time_step, np.arange(shape[0]))
    jerk = np.zeros_like(tracks.position)
    fit_slopes(valid, motion.acceleration, time_step, FIT, jerk)
    ahead = np.empty((*shape, 2))
    _directions(tracks.heading, ahead)
    speed, acceleration, jerks = ((values * ahead).sum(axis=2) for values in (motion.fitted, motion.acceleration, jerk))
    # A slope needs two samples; whoever is watched for less than the window says nothing of its acceleration.
    window = 2 * max(1, round(FIT / time_step)) + 1
    long = valid & (valid.sum(axis=1) >= window)[:, None] & counted[:, None]
    follows = long & (leader >= 0)
    headway = (gap + tracks.length[:, None]) / np.maximum(speed, MOVING)
    owner = np.broadcast_to(np.arange(shape[0], dtype=np.int32)[:, None], shape)

    def quantity(values: NDArray[np.float64], where: NDArray[np.bool_]) -> Quantity:
        return Quantity(values[where], owner[where])

    changes = np.zeros(shape[0], np.int32)
    _count_changes(lanes, valid, lane, max(1, round(SETTLED / time_step)), changes)
    found = {
        "acceleration": quantity(acceleration, long),
        "speed": quantity(speed, long),
        "headway": quantity(headway, follows & (speed >= MOVING)),
        "gap": quantity(gap, follows),
        "jerk": quantity(jerks, long),
    }
    approach = np.abs(speed - np.take_along_axis(speed, np.maximum(leader, 0), axis=0))
    keeps_up = follows & (speed >= MOVING) & (approach < STEADY)
    limit = lanes.lane_speed_limit[np.maximum(lane, 0)]
    steady = np.stack([speed[keeps_up], gap[keeps_up], limit[keeps_up]], axis=1)
    watched = np.where(counted, valid.sum(axis=1) * time_step, 0.0)
    return Traffic(found, np.where(counted, changes, 0), watched, steady)


@njit(cache=True)
def _directions(heading: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    for r in range(heading.shape[0]):
        for k in range(heading.shape[1]):
            out[r, k, 0], out[r, k, 1] = math.cos(heading[r, k]), math.sin(heading[r, k])
