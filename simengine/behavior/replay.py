"""Actors that follow a recording, until somebody gets in their way.

Positions are cubic Hermite curves through the recorded samples with central differences as tangents (Catmull–Rom), so
they pass through every sample exactly; headings are interpolated along the shorter arc. At the hand-over an actor takes
a velocity fitted to the recording over ±0.5 s: recorded positions carry noise that a difference of two would amplify.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.geometry import boxes_gap, quaternion_from_euler, wrap_angle, yaw_from_quaternion
from simengine.core.state import ActorTable, WorldState, copy_state
from simengine.road.network import LaneArrays
from simengine.road.projection import ground_at
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


def lay_out(tracks: RecordedTracks, time_step: float, row: NDArray[np.int64]) -> Recording:
    """Prepare tracks for replay.

    Args:
        tracks: The recording.
        time_step: Between samples [s].
        row: Track of every actor of the world, −1 for none. Shape (num_actors,).
    """
    tangent, fitted = np.zeros_like(tracks.position), np.zeros_like(tracks.position)
    fit_velocities(tracks.valid, tracks.position, time_step, FIT, tangent, fitted)
    return Recording(time_step, row, tracks.valid, tracks.position, tangent, tracks.heading, fitted)


@njit(cache=True)
def fit_velocities(
    valid: NDArray[np.bool_], position: NDArray[np.float64], time_step: float, half_window: float,
    tangent: NDArray[np.float64], fitted: NDArray[np.float64],
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
            first, last = k, k
            while first > 0 and k - first < reach and valid[r, first - 1]:
                first -= 1
            while last + 1 < valid.shape[1] and last - k < reach and valid[r, last + 1]:
                last += 1
            middle = 0.5 * (first + last)
            weight = 0.0
            for i in range(first, last + 1):
                weight += (i - middle) ** 2
                for c in range(2):
                    fitted[r, k, c] += (i - middle) * position[r, i, c]
            for c in range(2):
                fitted[r, k, c] = fitted[r, k, c] / (weight * time_step) if weight > 0.0 else 0.0


@njit(cache=True)
def recorded_pose(
    time_step: float, valid: NDArray[np.bool_], position: NDArray[np.float64], tangent: NDArray[np.float64],
    heading: NDArray[np.float64], r: int, time: float,
) -> tuple[bool, float, float, float, float, float, float]:
    """Return whether a track is there at a time [s], and x, y [m], heading [rad], vx, vy [m/s], yaw rate [rad/s]."""
    num_samples = valid.shape[1]
    at = time / time_step
    k = int(math.floor(at + 1e-9))
    f = max(0.0, at - k)
    if k < 0 or k >= num_samples or not valid[r, k]:
        return False, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    if f < 1e-9:
        turn = 0.0
        if k + 1 < num_samples and valid[r, k + 1]:
            turn = wrap_angle(heading[r, k + 1] - heading[r, k]) / time_step
        return True, position[r, k, 0], position[r, k, 1], heading[r, k], tangent[r, k, 0], tangent[r, k, 1], turn
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
    return True, x, y, wrap_angle(heading[r, k] + f * turn), vx, vy, turn / h


@njit(cache=True)
def _intruder(
    recording: Recording, actors: ActorTable, state: WorldState, a: int, time: float, horizon: float, clearance: float
) -> bool:
    """Say whether somebody who is not replayed comes too near to where a replayed actor will be."""
    r = recording.row[a]
    for b in range(state.valid.shape[1]):
        if b == a or not state.valid[0, b] or state.replayed[0, b]:
            continue
        if abs(state.position[0, b, 2] - state.position[0, a, 2]) > 3.0:
            continue
        q = state.orientation[0, b]
        yaw = yaw_from_quaternion(q[0], q[1], q[2], q[3])
        ahead = 0.0
        while ahead <= horizon:
            here, x, y, heading, _, _, _ = recorded_pose(
                recording.time_step, recording.valid, recording.position, recording.tangent, recording.heading, r,
                time + ahead,
            )
            if not here:
                break
            bx = state.position[0, b, 0] + state.velocity[0, b, 0] * ahead
            by = state.position[0, b, 1] + state.velocity[0, b, 1] * ahead
            reach = actors.length[0, a] + actors.length[0, b] + clearance
            if abs(bx - x) < reach and abs(by - y) < reach:
                gap = boxes_gap(
                    x, y, heading, actors.length[0, a], actors.width[0, a],
                    bx, by, yaw, actors.length[0, b], actors.width[0, b],
                )
                if gap < clearance:
                    return True
            ahead += HORIZON_STEP if horizon > HORIZON_STEP else max(horizon, 1e-3)
    return False


@njit(cache=True)
def hand_over_row(
    recording: Recording, actors: ActorTable, state: WorldState, time: float, reactive: bool, out: WorldState
) -> int:
    """Hand over every replayed actor of world 0 that somebody gets in the way of; returns how many.

    Args:
        recording: What they follow.
        actors: Sizes.
        state: Now.
        time: Now [s].
        reactive: Whether they look ahead, or are handed over only before a touch.
        out: A copy of `state`; `replayed` is cleared and the fitted velocity written.
    """
    count = 0
    horizon, clearance = (HORIZON, CLEARANCE) if reactive else (CONTACT_TIME, TOUCH)
    for a in range(state.valid.shape[1]):
        r = recording.row[a]
        if r < 0 or not state.valid[0, a] or not state.replayed[0, a]:
            continue
        if not _intruder(recording, actors, state, a, time, horizon, clearance):
            continue
        k = min(max(int(round(time / recording.time_step)), 0), recording.valid.shape[1] - 1)
        out.replayed[0, a] = False
        if recording.valid[r, k]:
            out.velocity[0, a, 0] = recording.fitted[r, k, 0]
            out.velocity[0, a, 1] = recording.fitted[r, k, 1]
        count += 1
    return count


@njit(cache=True)
def follow_row(
    lanes: LaneArrays, recording: Recording, actors: ActorTable, state: WorldState, time: float, out: WorldState
) -> None:
    """Put every replayed actor of world 0 where its recording has it at a time.

    Args:
        lanes: Whose ground they stand on.
        recording: What they follow.
        actors: Sizes.
        state: Before; an actor whose recording begins now appears, one whose recording has ended leaves.
        time: [s].
        out: A copy of `state`; poses, velocities, `valid` and `replayed` are written.
    """
    for a in range(state.valid.shape[1]):
        r = recording.row[a]
        if r < 0 or (state.valid[0, a] and not state.replayed[0, a]):
            continue
        here, x, y, heading, vx, vy, turn = recorded_pose(
            recording.time_step, recording.valid, recording.position, recording.tangent, recording.heading, r, time
        )
        if not here:
            if state.replayed[0, a]:
                out.valid[0, a] = False
            continue
        if not state.replayed[0, a]:
            continue  # was handed over and has left since
        hint = state.position[0, a, 2] if state.valid[0, a] else math.nan
        z, nx, ny, nz = ground_at(lanes, x, y, hint - 0.5 * actors.height[0, a])
        c, s = math.cos(heading), math.sin(heading)
        pitch = math.atan2(nx * c + ny * s, nz)
        roll = math.atan2(nx * s - ny * c, math.sqrt(nz * nz + (nx * c + ny * s) ** 2))
        q = quaternion_from_euler(roll, pitch, heading)
        out.valid[0, a] = True
        out.position[0, a, 0], out.position[0, a, 1] = x, y
        out.position[0, a, 2] = z + 0.5 * actors.height[0, a] * nz
        for i in range(4):
            out.orientation[0, a, i] = q[i]
        out.velocity[0, a, 0], out.velocity[0, a, 1] = vx, vy
        out.velocity[0, a, 2] = -(nx * vx + ny * vy) / max(nz, 0.2)
        out.angular_velocity[0, a, 0] = out.angular_velocity[0, a, 1] = 0.0
        out.angular_velocity[0, a, 2] = turn


def follow_recording(
    lanes: LaneArrays, recording: Recording, actors: ActorTable, state: WorldState, time: float
) -> WorldState:
    """Return the state with every replayed actor where its recording has it at `time` [s]; see `follow_row`."""
    after = copy_state(state)
    follow_row(lanes, recording, actors, state, time, after)
    return after


def hand_over(
    recording: Recording, actors: ActorTable, state: WorldState, time: float, reactive: bool
) -> WorldState:
    """Return the state with `replayed` cleared of every actor that somebody gets in the way of; see `hand_over_row`."""
    after = copy_state(state)
    return after if hand_over_row(recording, actors, state, time, reactive, after) else state
