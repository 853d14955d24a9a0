"""Where a sensor is: its mount on the ego carried into the world.

A mount is given from the center of the ego's rear axle on the ground (ISO 8855: x forward, y left, z up); in the frame
of the ego's box that point is x = cog_offset − rear_axle, z = −height / 2.
"""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.core.history import ActorPoses
from simengine.core.space.geometry import quaternion_from_euler, rotation_matrix
from simengine.core.space.transforms import chain_poses
from simengine.core.state import EGO, ActorTable
from simengine.scenario.spec import Mount


def mount_rotation(mount: Mount) -> NDArray[np.float64]:
    """Return the rotation ego from sensor of a mount. Shape (3, 3)."""
    roll, pitch, yaw = (math.radians(angle) for angle in (mount.roll_deg, mount.pitch_deg, mount.yaw_deg))
    rotation = np.empty((3, 3))
    rotation_matrix(*quaternion_from_euler(roll, pitch, yaw), rotation)
    return rotation


def mount_lever(actors: ActorTable, mount: Mount) -> NDArray[np.float64]:
    """Return the sensor's origin in the frame of the ego's box [m]. Shape (3,)."""
    return np.array(
        [
            actors.cog_offset[0, EGO] - actors.rear_axle[0, EGO] + mount.position[0],
            mount.position[1],
            -0.5 * actors.height[0, EGO] + mount.position[2],
        ]
    )


def sensor_pose(actors: ActorTable, poses: ActorPoses, mount: Mount) -> NDArray[np.float64]:
    """Return the pose world from sensor at one instant; sensor axes are ISO 8855 (x forward, y left, z up).

    Args:
        actors: Row 0 is used; actor 0 is the ego.
        poses: Every actor at the instant.
        mount: Where the sensor sits on the ego.

    Returns:
        A homogeneous transform [m]. Shape (4, 4).
    """
    world_from_sensor = np.empty((4, 4))
    lever, rotation = mount_lever(actors, mount), mount_rotation(mount)
    chain_poses(poses.position[EGO], poses.orientation[EGO], lever, rotation, world_from_sensor)
    return world_from_sensor
