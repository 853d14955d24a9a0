"""The room a body takes on the ground, standing and lying."""

import math

import pytest

from simengine.core.space.geometry import quaternion_from_euler
from simengine.core.space.plan_view import plan_view

MOTORCYCLE = (2.2, 0.8, 1.5)


@pytest.mark.parametrize("roll", [0.0, 0.3, -0.7])
def test_what_stands_or_leans_keeps_its_own_box(roll):
    yaw, *size = plan_view(*quaternion_from_euler(roll, 0.0, 0.4), *MOTORCYCLE)
    assert size == list(MOTORCYCLE) and yaw == pytest.approx(0.4, abs=0.3)


@pytest.mark.parametrize("side", [1, -1])
def test_a_motorcycle_on_its_side_is_as_wide_as_it_was_high(side):
    yaw, length, width, height = plan_view(*quaternion_from_euler(side * 0.5 * math.pi, 0.0, 0.4), *MOTORCYCLE)
    assert (length, width, height) == pytest.approx((2.2, 1.5, 0.8))
    assert math.cos(yaw - 0.4) == pytest.approx(1.0)


@pytest.mark.parametrize("pitch", [0.5 * math.pi, -0.5 * math.pi])
def test_a_person_who_lies_is_as_long_as_tall(pitch):
    yaw, length, width, height = plan_view(*quaternion_from_euler(0.0, pitch, 1.0), 0.5, 0.55, 1.8)
    assert (length, width, height) == pytest.approx((1.8, 0.55, 0.5))
    assert abs(math.cos(yaw - 1.0)) == pytest.approx(1.0)


def test_a_car_on_its_roof_keeps_its_extents():
    _, length, width, height = plan_view(*quaternion_from_euler(math.pi, 0.0, 0.0), 4.5, 1.8, 1.5)
    assert (length, width, height) == pytest.approx((4.5, 1.8, 1.5))
