"""Rigid transforms: each way of chaining and inverting poses agrees with products of homogeneous matrices."""

import numpy as np
import pytest

from simengine.core.space.geometry import quaternion_from_euler, rotate, rotation_matrix
from simengine.core.space.transforms import (
    SENSOR_FROM_OPTICAL,
    SENSOR_FROM_OPTICAL_QUATERNION,
    chain_poses,
    invert_pose,
    optical_from_world,
    quaternion_from_matrix,
    relate_poses,
    world_from_optical,
)


def _pose(turn: tuple[float, float, float], place: tuple[float, float, float]) -> np.ndarray:
    pose = np.eye(4)
    rotation_matrix(*quaternion_from_euler(*turn), pose)
    pose[:3, 3] = place
    return pose


WORLD_FROM_BODY = _pose((0.1, -0.4, 2.0), (40.0, -7.0, 1.5))
BODY_FROM_MOUNT = _pose((0.0, 0.2, -1.0), (1.2, 0.3, 0.9))


@pytest.mark.parametrize("turn", [(0.3, 0.1, -2.0), (3.1, 0.0, 0.0), (0.0, 1.5, 3.1), (0.0, 0.0, 3.14159)])
def test_quaternion_of_a_pose_turns_vectors_like_the_pose(turn):
    pose = _pose(turn, (0.0, 0.0, 0.0))
    turned = rotate(*quaternion_from_matrix(pose), 1.0, 2.0, 3.0)
    np.testing.assert_allclose(turned, pose[:3, :3] @ [1.0, 2.0, 3.0], atol=1e-12)


def test_a_mount_is_chained_with_its_body():
    q = np.array(quaternion_from_euler(0.1, -0.4, 2.0))
    out = np.empty((4, 4))
    chain_poses(WORLD_FROM_BODY[:3, 3].copy(), q, BODY_FROM_MOUNT[:3, 3].copy(), BODY_FROM_MOUNT[:3, :3].copy(), out)
    np.testing.assert_allclose(out, WORLD_FROM_BODY @ BODY_FROM_MOUNT, atol=1e-12)


def test_an_inverse_undoes_a_pose():
    np.testing.assert_allclose(invert_pose(WORLD_FROM_BODY) @ WORLD_FROM_BODY, np.eye(4), atol=1e-12)


def test_related_poses_leave_out_the_world_and_its_origin():
    world_from_mount, origin, out = WORLD_FROM_BODY @ BODY_FROM_MOUNT, np.array([30.0, 5.0, -2.0]), np.empty((3, 4))
    relate_poses(WORLD_FROM_BODY, world_from_mount, np.zeros(3), out)
    np.testing.assert_allclose(out, BODY_FROM_MOUNT[:3], atol=1e-12)
    about_origin = world_from_mount.copy()
    about_origin[:3, 3] -= origin
    relate_poses(WORLD_FROM_BODY, about_origin, origin, out)
    np.testing.assert_allclose(out, BODY_FROM_MOUNT[:3], atol=1e-12)


def test_what_is_ahead_of_a_sensor_is_deep_in_its_picture():
    axes = world_from_optical(WORLD_FROM_BODY)
    ahead = WORLD_FROM_BODY @ [10.0, 2.0, 3.0, 1.0]  # 10 m ahead, 2 m to the left, 3 m up
    seen = optical_from_world(axes, WORLD_FROM_BODY[:3, 3].copy()) @ ahead
    np.testing.assert_allclose(seen, [-2.0, -3.0, 10.0], atol=1e-12)


def test_optical_axes_are_the_same_as_matrix_and_as_quaternion():
    rotation = np.empty((3, 3))
    rotation_matrix(*SENSOR_FROM_OPTICAL_QUATERNION, rotation)
    np.testing.assert_array_equal(rotation, SENSOR_FROM_OPTICAL)
