"""Stand replayed actors where their recording has them."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.replay.recorded_motion import Recording, recorded_acceleration, recorded_pose
from simengine.core.space.geometry import quaternion_from_euler
from simengine.core.state import ActorTable, WorldState, copy_state
from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import ground_at_batch


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
    """Stand actors on the ground with a pose and its changes in plan view.

    Args:
        here: Which actors. Shape (num_actors,).
        pose: x, y [m], heading [rad], velocity [m/s], yaw rate [rad/s]. Shape (num_actors, 6).
        ground: Height [m] and normal. Shape (num_actors, 4).
        height: Of the actors [m]. Shape (num_actors,).
        position, orientation, velocity, angular_velocity, acceleration: Written, as in `WorldState`, of one world.
    """
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
