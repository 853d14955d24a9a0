"""When a replayed actor leaves its recording: somebody who is free of it gets in the way.

It then takes a velocity fitted to the recorded positions over ±0.5 s, since those carry noise. From then on it drives
as ordinary traffic does, and as such it leaves the world where the map ends.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.driver_state import NEXT, DriverMemory
from simengine.behavior.replay.recorded_motion import Recording, recorded_pose
from simengine.core.heading import write_yaws
from simengine.core.space.geometry import boxes_gap
from simengine.core.state import EGO, ActorTable, Behavior, WorldState, copy_state
from simengine.road.network.network import LaneArrays, LaneType

HORIZON = 2.5  # how far ahead a reactive actor sees somebody in its way [s]
HORIZON_STEP = 0.25  # [s]
CLEARANCE = 0.4  # kept to whoever crosses its way [m]
TOUCH = 0.3  # an actor that does not react is handed over when somebody is this near [m]
CONTACT_TIME = 0.05  # or closes in within this time [s]


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
    """Say whether somebody who is free of the recording comes too near to where a replayed actor will be.

    Args:
        recording: What is replayed.
        present: Who is in the world. Shape (num_actors,).
        free: Who does not follow the recording. Shape (num_actors,).
        position: World [m]. Shape (num_actors, 3).
        velocity: World [m/s]. Shape (num_actors, 3).
        box: Length, width [m] and yaw [rad]. Shape (num_actors, 3).
        a: Whose way.
        time: Now [s].
        horizon: How far to look ahead [s].
        clearance: To be kept [m].
    """
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
    """Mark the replayed actors that somebody gets in the way of, those freed now included; returns how many.

    Args:
        recording: What is replayed.
        present: Who is in the world. Shape (num_actors,).
        replayed: Who follows the recording. Shape (num_actors,).
        position: World [m]. Shape (num_actors, 3).
        velocity: World [m/s]. Shape (num_actors, 3).
        box: Length, width [m] and yaw [rad]. Shape (num_actors, 3).
        time: Now [s].
        horizon: How far to look ahead [s].
        clearance: To be kept [m].
        out: Written. Shape (num_actors,).
    """
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
    write_yaws(state.orientation[0], yaw)
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


def leave_at_end(lanes: LaneArrays, actors: ActorTable, state: WorldState, memory: DriverMemory) -> WorldState:
    """Return the state without the handed-over vehicles that have driven past the end of a lane that leads nowhere.

    The recording says no more of them and none comes back; the ego is not among them, since the episode ends with it.

    Args:
        lanes: The network.
        actors: What they are.
        state: Now.
        memory: Where the drivers were at their last decision.
    """
    lane, s = memory.lane[0], memory.s[0]
    freed = state.valid[0] & ~state.replayed[0] & (actors.behavior[0] == Behavior.REPLAY) & (lane >= 0)
    freed[EGO] = False
    on = np.flatnonzero(freed)
    leads_on = memory.route[0, on, NEXT] >= 0  # none where what the lane leads to is closed
    drives = lanes.lane_type[lane[on]] == LaneType.DRIVING
    gone = on[drives & ~leads_on & (s[on] > lanes.lane_length[lane[on]])]
    if len(gone) == 0:
        return state
    after = copy_state(state)
    after.valid[0, gone] = False
    return after
