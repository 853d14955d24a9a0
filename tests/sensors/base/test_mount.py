"""The mount chain against poses worked out by hand."""

import math

import numpy as np
import pytest

from simengine.core.history import ActorPoses, interpolate_states
from simengine.core.state import EGO, empty_actors, empty_state
from simengine.scenario.spec import Mount
from simengine.sensors.base.mount import sensor_pose


def _mount(x: float = 0.0, y: float = 0.0, z: float = 0.0, pitch: float = 0.0, yaw: float = 0.0) -> Mount:
    return Mount(position=(x, y, z), roll_deg=0.0, pitch_deg=pitch, yaw_deg=yaw)


def _ego(yaw: float = 0.0):
    actors = empty_actors(1, 1)
    actors.height[0, EGO] = 1.5
    actors.cog_offset[0, EGO] = 0.1
    actors.rear_axle[0, EGO] = 1.4
    state = empty_state(1, 1)
    state.position[0, EGO] = (10.0, 20.0, 0.75)
    state.orientation[0, EGO] = (math.cos(0.5 * yaw), 0.0, 0.0, math.sin(0.5 * yaw))
    poses: ActorPoses = interpolate_states(state, state, 0.0, 0)
    return actors, poses


def test_mount_is_measured_from_the_rear_axle_on_the_ground():
    actors, poses = _ego()
    pose = sensor_pose(actors, poses, _mount(1.0, 0.5, 1.6))
    assert pose[:3, 3] == pytest.approx([10.0 + 0.1 - 1.4 + 1.0, 20.5, 1.6])


def test_mount_turns_with_the_ego():
    actors, poses = _ego(yaw=math.pi / 2)
    pose = sensor_pose(actors, poses, _mount(1.3, 0.5, 1.6))
    assert pose[:3, 3] == pytest.approx([9.5, 20.0, 1.6])
    assert pose[:3, 0] == pytest.approx([0.0, 1.0, 0.0], abs=1e-12)


def test_positive_pitch_looks_down_and_positive_yaw_looks_left():
    actors, poses = _ego()
    down = sensor_pose(actors, poses, _mount(pitch=30.0))
    assert down[:3, 0] == pytest.approx([math.cos(math.pi / 6), 0.0, -0.5])
    left = sensor_pose(actors, poses, _mount(yaw=90.0))
    assert left[:3, 0] == pytest.approx([0.0, 1.0, 0.0], abs=1e-12)


def test_pose_is_rigid():
    actors, poses = _ego(yaw=0.3)
    rotation = sensor_pose(actors, poses, _mount(pitch=12.0, yaw=-70.0))[:3, :3]
    assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-14)
