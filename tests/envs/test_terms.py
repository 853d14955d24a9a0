"""The terms of environments against geometry and their own promises."""

import math

import pytest

from simengine.envs import terms


@pytest.mark.parametrize(("value", "expected"), [(5.0, 0.5), (25.0, 1.0), (-25.0, -1.0)])
def test_features_are_cut_to_one(value: float, expected: float) -> None:
    assert terms.feature(value, 10.0) == expected


@pytest.mark.parametrize(("ahead", "expected"), [(10.0, 10.0), (90.0, -10.0), (-90.0, 10.0)])
def test_a_ring_is_measured_the_shorter_way(ahead: float, expected: float) -> None:
    assert terms.ring_gap(ahead, 100.0) == expected


@pytest.mark.parametrize(
    ("angle", "expected"),
    [(0.0, 4.0), (math.pi, math.inf), (math.pi / 2, math.inf), (math.atan2(1.0, 4.0), math.hypot(4.0, 1.0))],
)
def test_rays_hit_boxes_where_they_stand(angle: float, expected: float) -> None:
    distance = terms.ray_box(0.0, 0.0, math.cos(angle), math.sin(angle), 5.0, 0.0, 1.0, 0.0, 1.0, 1.5)
    assert distance == pytest.approx(expected)


def test_rays_hit_turned_boxes_at_their_corner() -> None:
    half = math.sqrt(0.5)
    assert terms.ray_box(0.0, 0.0, 1.0, 0.0, 5.0, 0.0, half, half, 1.0, 1.0) == pytest.approx(5.0 - math.sqrt(2.0))
    assert terms.ray_box(5.0, 0.0, 1.0, 0.0, 5.0, 0.0, half, half, 1.0, 1.0) == 0.0


def test_speed_pays_up_to_the_limit_and_not_beyond() -> None:
    assert terms.speed_reward(10.0, 15.0, 30.0) == 0.0
    assert terms.speed_reward(22.5, 15.0, 30.0) == 0.5
    assert terms.speed_reward(30.0, 15.0, 30.0) == 1.0
    assert terms.speed_reward(32.0, 15.0, 30.0) < 0.5
    assert terms.speed_reward(90.0, 15.0, 30.0) == -1.0


def test_discomfort_grows_with_the_square() -> None:
    assert terms.comfort_cost(3.0, 0.0, 3.0) == pytest.approx(1.0)
    assert terms.comfort_cost(0.0, 6.0, 3.0) == pytest.approx(4.0)
    assert terms.comfort_cost(100.0, 0.0, 3.0) == 10.0


@pytest.mark.parametrize(("gap", "touch"), [(0.1, False), (-0.1, True)])
def test_boxes_touch_when_they_overlap(gap: float, touch: bool) -> None:
    assert terms.boxes_touch(0.0, 0.0, 0.0, 4.0, 2.0, 4.0 + gap, 0.5, math.pi, 4.0, 2.0) is touch


def test_a_box_leaves_a_strip_with_its_nose_first() -> None:
    assert not terms.outside_strip(1.0, 0.0, 4.0, 2.0, -2.0, 2.0)
    assert terms.outside_strip(1.0, 0.8, 4.0, 2.0, -2.0, 2.0)
