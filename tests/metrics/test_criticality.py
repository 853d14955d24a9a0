"""Time to collision against closed forms."""

import math

import pytest

from simengine.core.space.geometry import quaternion_from_euler
from simengine.core.space.intersect import OrientedBox
from simengine.core.state import empty_actors, empty_state
from simengine.metrics.criticality import box_time_to_collision, smallest_time_to_collision


def test_head_on_time_is_gap_over_closing_speed():
    time = box_time_to_collision(
        OrientedBox(0.0, 0.0, 0.0, 4.0, 2.0), 20.0, 0.0, OrientedBox(50.0, 0.0, math.pi, 4.0, 2.0), -10.0, 0.0, 10.0
    )
    assert time == pytest.approx((50 - 4) / 30.0, abs=0.006)


def test_boxes_that_pass_beside_each_other_never_meet():
    assert (
        box_time_to_collision(
            OrientedBox(0.0, 0.0, 0.0, 4.0, 2.0), 20.0, 0.0, OrientedBox(50.0, 3.0, 0.0, 4.0, 2.0), 0.0, 0.0, 10.0
        )
        == math.inf
    )


def test_a_crossing_walker_meets_the_car_where_their_paths_cross():
    # The car's front reaches x = 20 − 0.25 after (20 − 2.25)/10 s; the walker is inside its width from 1.5 s to 3.5 s.
    time = box_time_to_collision(
        OrientedBox(0.0, 0.0, 0.0, 4.0, 2.0), 10.0, 0.0, OrientedBox(20.0, -2.75, 0.0, 0.5, 0.5), 0.0, 1.0, 10.0
    )
    assert time == pytest.approx(1.775, abs=0.006)


def test_overlapping_boxes_have_met():
    assert (
        box_time_to_collision(
            OrientedBox(0.0, 0.0, 0.0, 4.0, 2.0), 0.0, 0.0, OrientedBox(1.0, 0.0, 0.5, 4.0, 2.0), 0.0, 0.0, 10.0
        )
        == 0.0
    )


@pytest.mark.parametrize(("roll", "meets"), [(0.0, False), (0.5 * math.pi, True)])
def test_a_motorcycle_that_lies_reaches_into_a_lane_that_it_stood_beside(roll, meets):
    """Beside the car's path by 0.5 m standing 0.8 m wide; lying 1.5 m wide it reaches 0.35 m into it less 0.5."""
    actors, state = empty_actors(1, 2), empty_state(1, 2)
    actors.length[0], actors.width[0], actors.height[0] = (4.5, 2.2), (1.8, 0.8), (1.5, 1.5)
    state.valid[0] = True
    state.position[0] = ((0.0, 0.0, 0.75), (30.0, 1.5, 0.4 if meets else 0.75))
    state.orientation[0, 1] = quaternion_from_euler(roll, 0.0, 0.0)
    state.velocity[0, 0, 0] = 10.0
    time, other = smallest_time_to_collision(
        0,
        0,
        state.valid,
        state.position,
        state.orientation,
        state.velocity,
        actors.length,
        actors.width,
        actors.height,
        10.0,
    )
    if meets:
        assert (time, other) == (pytest.approx((30.0 - 2.25 - 1.1) / 10.0, abs=0.006), 1)
    else:
        assert (time, other) == (math.inf, -1)
