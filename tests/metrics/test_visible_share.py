"""How much of a box is seen past others, against shares worked out by hand and against pixels of a renderer."""

import math

import numpy as np
import pytest

from simengine.core.geometry import quaternion_from_euler
from simengine.metrics.visible_share import Boxes, visible_share


def boxes(*rows: tuple[tuple[float, float, float], float, tuple[float, float, float]]) -> Boxes:
    """Make boxes of (centre, yaw, size); all hide what is behind them."""
    return Boxes(
        np.array([row[0] for row in rows], float),
        np.array([quaternion_from_euler(0.0, 0.0, row[1]) for row in rows]),
        np.array([row[2] for row in rows], float),
        np.ones(len(rows), np.bool_),
    )


def test_a_box_alone_is_wholly_visible():
    assert visible_share(0.0, 0.0, 1.2, boxes(((20.0, 0.0, 0.9), 0.3, (0.5, 0.6, 1.8))), 0) == 1.0


def test_a_box_behind_a_wall_is_not_visible():
    wall = ((10.0, 0.0, 2.0), 0.0, (0.2, 30.0, 4.0))
    assert visible_share(0.0, 0.0, 1.2, boxes(((20.0, 0.0, 0.9), 0.3, (0.5, 0.6, 1.8)), wall), 0) == 0.0


def test_what_stands_behind_the_box_or_the_eye_hides_nothing():
    target = ((20.0, 0.0, 0.9), 0.0, (0.5, 0.6, 1.8))
    behind = ((21.0, 0.0, 2.0), 0.0, (0.2, 30.0, 4.0))
    back = ((-5.0, 0.0, 2.0), 0.0, (0.2, 30.0, 4.0))
    assert visible_share(0.0, 0.0, 1.2, boxes(target, behind, back), 0) == 1.0


@pytest.mark.parametrize("edge", [-0.9, -0.5, 0.0, 0.5, 0.9])
def test_a_wall_covers_the_share_that_rays_past_its_edge_leave(edge):
    """A thin plate 2 m wide at 20 m; a wall at 10 m covers all to the left of an edge, which projects to twice it."""
    plate = ((20.0, 0.0, 1.0), 0.0, (0.001, 2.0, 2.0))
    wall = ((10.0, 0.5 * edge + 5.0, 1.0), 0.0, (0.001, 10.0, 10.0))
    assert visible_share(0.0, 0.0, 1.0, boxes(plate, wall), 0) == pytest.approx(0.5 * (1.0 + edge), abs=0.03)


def test_a_person_behind_a_car_shows_what_rises_above_it():
    """Eye at 1.08 m, a roof of 1.45 m at 10 m: the line over it meets 12 m at 1.524 m, so 0.276 of 1.8 m shows."""
    person = ((12.0, 0.0, 0.9), 0.0, (0.001, 0.5, 1.8))
    car = ((10.0, 0.0, 0.725), 0.5 * math.pi, (4.5, 0.001, 1.45))
    assert visible_share(0.0, 0.0, 1.08, boxes(person, car), 0) == pytest.approx(0.276 / 1.8, abs=0.03)
    assert visible_share(0.0, 0.0, 2.33, boxes(person, car), 0) == pytest.approx(0.526 / 1.8, abs=0.03)  # from a truck
