"""How much of a box is seen past others, against shares worked out by hand and against pixels of a renderer."""

import math

import numpy as np
import pytest

from simengine.core.space.geometry import quaternion_from_euler
from simengine.core.space.visible_share import Boxes, visible_share


def boxes(*rows: tuple[tuple[float, float, float], float, tuple[float, float, float]]) -> Boxes:
    """Make boxes of (center, yaw, size); all hide what is behind them."""
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


_CORNER = 0.5 * np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
_FACES = np.array([
    [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4],
    [1, 5, 7], [1, 7, 3],
])  # fmt: skip


def turned(angles):
    """Return the rotation matrix of roll, pitch and yaw [rad], worked out without the project's quaternions."""
    (cr, cp, cy), (sr, sp, sy) = np.cos(angles), np.sin(angles)
    roll = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    pitch = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    return np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]]) @ pitch @ roll


def traced_share(eye, rows):
    """Return the share of the first box's pixels that Embree sees past the others, and how many it has alone."""
    from tools.checks.seen.embree import Surfaces

    corner = [((_CORNER * size) @ turned(angles).T + center - eye)[_FACES] for center, angles, size in rows]
    ahead = np.array(rows[0][0]) - eye
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    of_target = corner[0].reshape(-1, 3)
    depth = of_target @ ahead
    across, up = of_target @ right / depth, of_target @ np.cross(right, ahead) / depth
    u, v = np.meshgrid(np.linspace(across.min(), across.max(), 301), np.linspace(up.min(), up.max(), 301))
    rays = ahead + u.reshape(-1, 1) * right + v.reshape(-1, 1) * np.cross(right, ahead)
    start = np.zeros_like(rays)
    alone, _ = Surfaces(corner[0]).cast(start, rays)
    first, _ = Surfaces(np.concatenate(corner)).cast(start, rays)
    amodal = alone >= 0
    return ((first >= 0) & (first < len(_FACES)))[amodal].mean(), int(amodal.sum())


def test_shares_are_those_of_pixels_that_embree_traces():
    """Boxes of people, cars and trucks, upright and toppled, in 150 arrangements before and behind each other."""
    pytest.importorskip("embreex", reason="embreex is in the test extra")
    chance = np.random.default_rng(11)
    sizes = np.array([(0.5, 0.55, 1.8), (4.5, 1.8, 1.45), (8.0, 2.5, 3.5), (2.2, 0.8, 1.4)])
    partly = 0
    for _ in range(150):
        eye = np.array([*chance.uniform(-2.0, 2.0, 2), chance.choice([0.7, 1.08, 2.33])])
        rows = []
        for k in range(1 + chance.integers(1, 4)):
            size = sizes[chance.integers(len(sizes))]
            distance = chance.uniform(12.0, 60.0) if k == 0 else chance.uniform(0.2, 0.8) * rows[0][0][0]
            tipped = chance.uniform(-1.6, 1.6, 2) if chance.random() < 0.3 else np.zeros(2)
            side = chance.uniform(-3.0, 3.0)
            rows.append((np.array([distance, side, 0.5 * size[2]]), (*tipped, chance.uniform(-3.1, 3.1)), size))
        placed = Boxes(
            np.array([row[0] for row in rows]),
            np.array([quaternion_from_euler(*row[1]) for row in rows]),
            np.array([row[2] for row in rows]),
            np.ones(len(rows), np.bool_),
        )
        if any(np.linalg.norm(row[0] - eye) < 0.5 * np.linalg.norm(row[2]) + 0.1 for row in rows):
            continue
        expected, pixels = traced_share(eye, rows)
        assert pixels > 10_000
        partly += 0.05 < expected < 0.95
        assert visible_share(*eye, placed, 0) == pytest.approx(expected, abs=0.04), (eye, rows)
    assert partly > 40
