"""Rotations, angles and boxes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.core.space.geometry import (
    along_axis,
    boxes_gap,
    euler_from_quaternion,
    ground_speed,
    interpolate_quaternions,
    multiply_quaternions,
    quaternion_from_euler,
    rotate,
    rotate_inverse,
    rotation_matrix,
    wrap_angle,
)

angles = st.floats(-3.0, 3.0)


@given(st.floats(-1e4, 1e4))
def test_wrapped_angle_is_the_same_direction(angle):
    wrapped = wrap_angle(angle)
    assert -math.pi < wrapped <= math.pi
    assert math.cos(wrapped) == pytest.approx(math.cos(angle), abs=1e-8)
    assert math.sin(wrapped) == pytest.approx(math.sin(angle), abs=1e-8)


@given(angles, st.floats(-1.5, 1.5), angles)
def test_euler_angles_survive_the_quaternion(roll, pitch, yaw):
    assert euler_from_quaternion(*quaternion_from_euler(roll, pitch, yaw)) == pytest.approx(
        (roll, pitch, yaw), abs=1e-6
    )


def test_positive_pitch_lowers_the_nose():
    assert rotate(*quaternion_from_euler(0.0, 0.1, 0.0), 1.0, 0.0, 0.0)[2] == pytest.approx(-math.sin(0.1))


@given(angles, angles, angles)
def test_rotation_matrix_and_inverse_agree_with_rotate(roll, pitch, yaw):
    q = quaternion_from_euler(roll, pitch, yaw)
    matrix = np.zeros((3, 3))
    rotation_matrix(*q, matrix)
    turned = rotate(*q, 0.3, -1.2, 2.0)
    assert turned == pytest.approx(tuple(matrix @ np.array([0.3, -1.2, 2.0])), abs=1e-9)
    assert rotate_inverse(*q, *turned) == pytest.approx((0.3, -1.2, 2.0), abs=1e-9)


def test_rotations_chain():
    a, b = quaternion_from_euler(0.2, 0.4, 1.0), quaternion_from_euler(-0.3, 0.1, 0.5)
    chained = rotate(*multiply_quaternions(*a, *b), 1.0, 2.0, 3.0)
    assert chained == pytest.approx(rotate(*a, *rotate(*b, 1.0, 2.0, 3.0)))


def test_half_way_between_two_headings_is_the_middle():
    out = np.zeros(4)
    a = np.array(quaternion_from_euler(0.0, 0.0, 0.2))
    b = -np.array(quaternion_from_euler(0.0, 0.0, 0.6))  # the same rotation with the other sign
    interpolate_quaternions(a, b, 0.5, out)
    assert euler_from_quaternion(*out)[2] == pytest.approx(0.4)


def test_gap_of_boxes_end_to_end_is_the_distance_between_them():
    assert boxes_gap(0.0, 0.0, 0.0, 4.0, 2.0, 10.0, 0.0, 0.0, 4.0, 2.0) == pytest.approx(6.0)
    assert boxes_gap(0.0, 0.0, 0.0, 4.0, 2.0, 3.0, 0.0, math.pi / 2, 4.0, 2.0) == pytest.approx(0.0)
    assert boxes_gap(0.0, 0.0, 0.3, 4.0, 2.0, 1.0, 0.5, -0.3, 4.0, 2.0) < 0.0


def test_speed_on_a_slope_is_that_along_the_vehicle_and_bouncing_is_none():
    q = quaternion_from_euler(0.0, -math.atan(0.2), 0.7)
    velocity = rotate(*q, 20.34, 0.0, 0.0)
    assert math.hypot(*velocity[:2]) == pytest.approx(19.945, abs=1e-3)
    assert along_axis(*q, *velocity) == pytest.approx(20.34) and ground_speed(*q, *velocity) == pytest.approx(20.34)
    bouncing = rotate(*q, -3.0, 4.0, 2.5)
    assert along_axis(*q, *bouncing) == pytest.approx(-3.0) and ground_speed(*q, *bouncing) == pytest.approx(5.0)


def test_all_velocity_of_what_lies_on_its_side_counts():
    q = quaternion_from_euler(0.5 * math.pi, 0.0, 0.0)
    assert ground_speed(*q, *rotate(*q, 0.0, 0.0, 4.0)) == pytest.approx(4.0)
