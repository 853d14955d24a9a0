"""Actors that follow a recording, until somebody gets in their way.

Positions and headings are cubic Hermite curves through the recorded samples with central differences as tangents
(Catmull–Rom), so they pass through every sample exactly, and velocities and yaw rates are their derivatives; headings
turn along the shorter arc. Recorded positions carry noise that a difference of differences would amplify to many g:
accelerations are the slope of the velocity fitted over ±0.5 s, and at the hand-over an actor takes a velocity fitted
to the positions over the same time.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.geometry import boxes_gap, quaternion_from_euler, wrap_angle, yaw_from_quaternion
from simengine.core.state import ActorTable, WorldState, copy_state
from simengine.road.network import LaneArrays
from simengine.road.projection import ground_at_batch
from simengine.road.recording import RecordedTracks

FIT = 0.5  # half the window of the velocity fit [s]
HORIZON = 2.5  # how far ahead a reactive actor sees somebody in its way [s]
HORIZON_STEP = 0.25  # [s]
CLEARANCE = 0.4  # kept to whoever crosses its way [m]
TOUCH = 0.3  # an actor that does not react is handed over when somebody is this near [m]
CONTACT_TIME = 0.05  # or closes in within this time [s]


class Recording(NamedTuple):
    """A recording laid out for replay: one row of samples per recorded actor."""

    time_step: float  # [s]
    row: NDArray[np.int64]  # of every actor of the world, −1 for none. (num_actors,)
    valid: NDArray[np.bool_]  # (num_rows, num_samples)
    position: NDArray[np.float64]  # box centre [m]. (num_rows, num_samples, 2)
    tangent: NDArray[np.float64]  # [m/s]. (num_rows, num_samples, 2)
    heading: NDArray[np.float64]  # [rad]. (num_rows, num_samples)
    fitted: NDArray[np.float64]  # velocity fitted over ±0.5 s [m/s]. (num_rows, num_samples, 2)
    yaw_rate: NDArray[np.float64]  # tangent of the heading [rad/s]. (num_rows, num_samples)
    acceleration: NDArray[np.float64]  # slope of the velocity over ±0.5 s [m/s²]. (num_rows, num_samples, 2)


def lay_out(tracks: RecordedTracks, time_step: float, row: NDArray[np.int64]) -> Recording:
    """Prepare tracks for replay.

    Args:
        tracks: The recording.
        time_step: Between samples [s].
        row: Track of every actor of the world, −1 for none. Shape (num_actors,).
    """
    tangent, fitted = np.zeros_like(tracks.position), np.zeros_like(tracks.position)
    fit_velocities(tracks.valid, tracks.position, time_step, FIT, tangent, fitted)
    yaw_rate, acceleration = np.zeros_like(tracks.heading), np.zeros_like(tracks.position)
    turn_rates(tracks.valid, tracks.heading, time_step, yaw_rate)
    fit_slopes(tracks.valid, tangent, time_step, FIT, acceleration)
    return Recording(
        time_step, row, tracks.valid, tracks.position, tangent, tracks.heading, fitted, yaw_rate, acceleration
    )


@njit(cache=True, _nrt=False)
def fit_velocities(
    valid: NDArray[np.bool_],
    position: NDArray[np.float64],
    time_step: float,
    half_window: float,
    tangent: NDArray[np.float64],
    fitted: NDArray[np.float64],
) -> None:
    """Write central differences and least-squares slopes of every track.

    Args:
        valid: Shape (num_rows, num_samples).
        position: [m]. Shape (num_rows, num_samples, 2).
        time_step: [s].
        half_window: Of the fit [s].
        tangent: Central differences, one-sided at the ends [m/s]. Shape (num_rows, num_samples, 2).
        fitted: Slopes [m/s]. Shape (num_rows, num_samples, 2).
    """
    reach = max(1, round(half_window / time_step))
    for r in range(valid.shape[0]):
        for k in range(valid.shape[1]):
            if not valid[r, k]:
                continue
            low = k - 1 if k > 0 and valid[r, k - 1] else k
            high = k + 1 if k + 1 < valid.shape[1] and valid[r, k + 1] else k
            if high > low:
                for c in range(2):
                    tangent[r, k, c] = (position[r, high, c] - position[r, low, c]) / ((high - low) * time_step)
            first, last = _window(valid, r, k, reach, 0)
            for c in range(2):
                fitted[r, k, c] = _slope(position, r, first, last, c) / time_step


@njit(cache=True, _nrt=False)
def _window(valid: NDArray[np.bool_], r: int, k: int, reach: int, least: int) -> tuple[int, int]:
    """Return the first and last of the samples around one that are no farther than `reach` and without a gap.

    At an end of the track the window goes on to the other side until it is `least` steps long.
    """
    first, last = k, k
    while first > 0 and k - first < reach and valid[r, first - 1]:
        first -= 1
    while last + 1 < valid.shape[1] and last - k < reach and valid[r, last + 1]:
        last += 1
    while first > 0 and last - first < least and valid[r, first - 1]:
        first -= 1
    while last + 1 < valid.shape[1] and last - first < least and valid[r, last + 1]:
        last += 1
    return first, last


@njit(cache=True, _nrt=False)
def _slope(values: NDArray[np.float64], r: int, first: int, last: int, c: int) -> float:
    """Return the least-squares slope of a component over the samples first to last [1/sample]; 0 of a single one."""
    middle, weight, total = 0.5 * (first + last), 0.0, 0.0
    for i in range(first, last + 1):
        weight += (i - middle) ** 2
        total += (i - middle) * values[r, i, c]
    return total / weight if weight > 0.0 else 0.0


@njit(cache=True, _nrt=False)
def fit_slopes(
    valid: NDArray[np.bool_], values: NDArray[np.float64], time_step: float, half_window: float,
    out: NDArray[np.float64],
) -> None:
    """Write the least-squares slope of a vector around every sample; see `fit_velocities` for the arguments.

    At the ends of a track the window is as long as within it: half of one would double the noise.
    """
    reach = max(1, round(half_window / time_step))
    for r in range(valid.shape[0]):
        for k in range(valid.shape[1]):
            if valid[r, k]:
                first, last = _window(valid, r, k, reach, 2 * reach)
                for c in range(2):
                    out[r, k, c] = _slope(values, r, first, last, c) / time_step


@njit(cache=True, _nrt=False)
def turn_rates(
    valid: NDArray[np.bool_], heading: NDArray[np.float64], time_step: float, out: NDArray[np.float64]
) -> None:
    """Write central differences of every track's heading, one-sided at the ends [rad/s].

    Args:
        valid: Shape (num_rows, num_samples).
        heading: [rad]. Shape (num_rows, num_samples).
        time_step: [s].
        out: Shape (num_rows, num_samples).
    """
    for r in range(valid.shape[0]):
        for k in range(valid.shape[1]):
            if not valid[r, k]:
                continue
            turned, steps = 0.0, 0
            if k > 0 and valid[r, k - 1]:
                turned, steps = turned + wrap_angle(heading[r, k] - heading[r, k - 1]), steps + 1
            if k + 1 < valid.shape[1] and valid[r, k + 1]:
                turned, steps = turned + wrap_angle(heading[r, k + 1] - heading[r, k]), steps + 1
            out[r, k] = turned / (steps * time_step) if steps > 0 else 0.0


@njit(cache=True, _nrt=False)
def recorded_pose(
    time_step: float,
    valid: NDArray[np.bool_],
    position: NDArray[np.float64],
    tangent: NDArray[np.float64],
    heading: NDArray[np.float64],
    yaw_rate: NDArray[np.float64],
    r: int,
    time: float,
) -> tuple[bool, float, float, float, float, float, float]:
    """Return whether a track is there at a time [s], and x, y [m], heading [rad], vx, vy [m/s], yaw rate [rad/s]."""
    num_samples = valid.shape[1]
    at = time / time_step
    k = int(math.floor(at + 1e-9))
    f = max(0.0, at - k)
    if k < 0 or k >= num_samples or not valid[r, k]:
        return False, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    if f < 1e-9:
        vx, vy = tangent[r, k, 0], tangent[r, k, 1]
        return True, position[r, k, 0], position[r, k, 1], heading[r, k], vx, vy, yaw_rate[r, k]
    if k + 1 >= num_samples or not valid[r, k + 1]:
        return False, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    f2, f3 = f * f, f * f * f
    a, b, c, d = 2 * f3 - 3 * f2 + 1, f3 - 2 * f2 + f, -2 * f3 + 3 * f2, f3 - f2
    da, db, dc, dd = 6 * f2 - 6 * f, 3 * f2 - 4 * f + 1, -6 * f2 + 6 * f, 3 * f2 - 2 * f
    h = time_step
    x = a * position[r, k, 0] + b * h * tangent[r, k, 0] + c * position[r, k + 1, 0] + d * h * tangent[r, k + 1, 0]
    y = a * position[r, k, 1] + b * h * tangent[r, k, 1] + c * position[r, k + 1, 1] + d * h * tangent[r, k + 1, 1]
    vx = (da * position[r, k, 0] + dc * position[r, k + 1, 0]) / h + db * tangent[r, k, 0] + dd * tangent[r, k + 1, 0]
    vy = (da * position[r, k, 1] + dc * position[r, k + 1, 1]) / h + db * tangent[r, k, 1] + dd * tangent[r, k + 1, 1]
    turn = wrap_angle(heading[r, k + 1] - heading[r, k])
    yaw = heading[r, k] + b * h * yaw_rate[r, k] + c * turn + d * h * yaw_rate[r, k + 1]
    rate = dc * turn / h + db * yaw_rate[r, k] + dd * yaw_rate[r, k + 1]
    return True, x, y, wrap_angle(yaw), vx, vy, rate


@njit(cache=True, _nrt=False)
def recorded_acceleration(
    time_step: float, acceleration: NDArray[np.float64], r: int, time: float
) -> tuple[float, float]:
    """Return the acceleration of a track that is there at a time [s], between samples on the line, x and y [m/s²]."""
    at = time / time_step
    k = int(math.floor(at + 1e-9))
    f = max(0.0, at - k)
    x, y = acceleration[r, k, 0], acceleration[r, k, 1]
    if f < 1e-9:
        return x, y
    return x + f * (acceleration[r, k + 1, 0] - x), y + f * (acceleration[r, k + 1, 1] - y)


@njit(cache=True, _nrt=False)
def _yaws(orientation: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    for a in range(len(out)):
        q = orientation[a]
        out[a] = yaw_from_quaternion(q[0], q[1], q[2], q[3])


@njit(cache=True, _nrt=False)
def _intruder(
    recording: Recording,
    present: NDArray[np.bool_],
    free: NDArray[np.bool_],
    position: NDArray[np.float64],
    velocity: NDArray[np.float64],
    box: NDArray[np.float64],
    a: int,
    time: float,
    horizon: float,
    clearance: float,
) -> bool:
    """Say whether somebody who is free of the recording comes too near to where a replayed actor will be."""
    for b in range(len(present)):
        if b == a or not present[b] or not free[b] or abs(position[b, 2] - position[a, 2]) > 3.0:
            continue
        ahead = 0.0
        while ahead <= horizon:
            here, x, y, heading, _, _, _ = recorded_pose(
                recording.time_step,
                recording.valid,
                recording.position,
                recording.tangent,
                recording.heading,
                recording.yaw_rate,
                recording.row[a],
                time + ahead,
            )
            if not here:
                break
            bx, by = position[b, 0] + velocity[b, 0] * ahead, position[b, 1] + velocity[b, 1] * ahead
            reach = box[a, 0] + box[b, 0] + clearance
            if abs(bx - x) < reach and abs(by - y) < reach:
                gap = boxes_gap(x, y, heading, box[a, 0], box[a, 1], bx, by, box[b, 2], box[b, 0], box[b, 1])
                if gap < clearance:
                    return True
            ahead += min(HORIZON_STEP, horizon) if horizon > 0.0 else 1.0
    return False


@njit(cache=True)
def _find_hand_overs(
    recording: Recording,
    present: NDArray[np.bool_],
    replayed: NDArray[np.bool_],
    position: NDArray[np.float64],
    velocity: NDArray[np.float64],
    box: NDArray[np.float64],
    time: float,
    horizon: float,
    clearance: float,
    out: NDArray[np.bool_],
) -> int:
    """Mark the replayed actors that somebody gets in the way of, those freed now included; returns how many."""
    count, before = 0, -1
    free = ~replayed
    while count != before:
        before = count
        for a in range(len(present)):
            if recording.row[a] < 0 or not present[a] or not replayed[a] or out[a]:
                continue
            if _intruder(recording, present, free, position, velocity, box, a, time, horizon, clearance):
                out[a] = free[a] = True
                count += 1
    return count


def hand_over(recording: Recording, actors: ActorTable, state: WorldState, time: float, reactive: bool) -> WorldState:
    """Return the state with `replayed` cleared of every actor of world 0 that somebody gets in the way of.

    Args:
        recording: What they follow.
        actors: Sizes.
        state: Now.
        time: Now [s].
        reactive: Whether they look ahead, or are handed over only before a touch.
    """
    count = state.valid.shape[1]
    box = np.stack([actors.length[0], actors.width[0], np.zeros(count)], axis=1)
    yaw = np.empty(count)
    _yaws(state.orientation[0], yaw)
    box[:, 2] = yaw
    horizon, clearance = (HORIZON, CLEARANCE) if reactive else (CONTACT_TIME, TOUCH)
    freed = np.zeros(count, np.bool_)
    found = _find_hand_overs(
        recording, state.valid[0], state.replayed[0], state.position[0], state.velocity[0], box, time, horizon,
        clearance, freed,
    )  # fmt: skip
    if not found:
        return state
    after = copy_state(state)
    sample = min(max(round(time / recording.time_step), 0), recording.valid.shape[1] - 1)
    for a in np.flatnonzero(freed):
        after.replayed[0, a] = False
        row = recording.row[a]
        if recording.valid[row, sample]:
            after.velocity[0, a, :2] = recording.fitted[row, sample]
    return after


@njit(cache=True, _nrt=False)
def _recorded_poses(
    recording: Recording, replayed: NDArray[np.bool_], time: float, here: NDArray[np.bool_], out: NDArray[np.float64]
) -> None:
    """Write whether every replayed actor is there, and x, y, heading, vx, vy, yaw rate, ax, ay.

    Shapes (n,) and (n, 8).
    """
    for a in range(len(replayed)):
        here[a] = False
        if recording.row[a] >= 0 and replayed[a]:
            here[a], out[a, 0], out[a, 1], out[a, 2], out[a, 3], out[a, 4], out[a, 5] = recorded_pose(
                recording.time_step,
                recording.valid,
                recording.position,
                recording.tangent,
                recording.heading,
                recording.yaw_rate,
                recording.row[a],
                time,
            )
            if here[a]:
                out[a, 6], out[a, 7] = recorded_acceleration(
                    recording.time_step, recording.acceleration, recording.row[a], time
                )


@njit(cache=True, _nrt=False)
def _stand(
    here: NDArray[np.bool_],
    pose: NDArray[np.float64],
    ground: NDArray[np.float64],
    height: NDArray[np.float64],
    position: NDArray[np.float64],
    orientation: NDArray[np.float64],
    velocity: NDArray[np.float64],
    angular_velocity: NDArray[np.float64],
    acceleration: NDArray[np.float64],
) -> None:
    """Stand actors on the ground with a pose and its changes in plan view; the last five are written."""
    for a in range(len(here)):
        if not here[a]:
            continue
        z, nx, ny, nz = ground[a]
        heading, vx, vy = pose[a, 2], pose[a, 3], pose[a, 4]
        c, s = math.cos(heading), math.sin(heading)
        pitch = math.atan2(nx * c + ny * s, nz)
        roll = math.atan2(nx * s - ny * c, math.sqrt(nz * nz + (nx * c + ny * s) ** 2))
        q = quaternion_from_euler(roll, pitch, heading)
        for i in range(4):
            orientation[a, i] = q[i]
        position[a, 0], position[a, 1], position[a, 2] = pose[a, 0], pose[a, 1], z + 0.5 * height[a] * nz
        velocity[a, 0], velocity[a, 1], velocity[a, 2] = vx, vy, -(nx * vx + ny * vy) / max(nz, 0.2)
        ax, ay = pose[a, 6], pose[a, 7]
        acceleration[a, 0], acceleration[a, 1], acceleration[a, 2] = ax, ay, -(nx * ax + ny * ay) / max(nz, 0.2)
        angular_velocity[a, 0] = angular_velocity[a, 1] = 0.0
        angular_velocity[a, 2] = pose[a, 5]


def follow_recording(
    lanes: LaneArrays, recording: Recording, actors: ActorTable, state: WorldState, time: float
) -> WorldState:
    """Return the state with every replayed actor of world 0 where its recording has it at a time.

    An actor whose recording begins appears, one whose recording has ended leaves.

    Args:
        lanes: Whose ground they stand on.
        recording: What they follow.
        actors: Sizes.
        state: Before.
        time: [s].
    """
    count = state.valid.shape[1]
    here, pose = np.zeros(count, np.bool_), np.zeros((count, 8))
    _recorded_poses(recording, state.replayed[0], time, here, pose)
    after = copy_state(state)
    follows = state.replayed[0] & (recording.row >= 0)
    after.valid[0, follows] = here[follows]
    half = 0.5 * actors.height[0]
    # Before an actor's first appearance no height is known; the ground nearest to that of its placement is taken.
    ground = np.zeros((count, 4))
    ground_at_batch(lanes, pose[:, 0].copy(), pose[:, 1].copy(), state.position[0, :, 2] - half, ground)
    _stand(
        here, pose, ground, actors.height[0], after.position[0], after.orientation[0], after.velocity[0],
        after.angular_velocity[0], after.acceleration[0],
    )  # fmt: skip
    return after
