"""The independent ray caster meets what stands in the way, from the side that is asked for."""

import math

import numpy as np
import pytest

pytest.importorskip("embreex", reason="embreex is in the test extra")

from simengine.sensors.raster.pinhole import Intrinsics  # noqa: E402
from tools.checks.seen.embree import (  # noqa: E402
    NOTHING,
    Surfaces,
    away_from_edges,
    beam_rays,
    nearest_front_face,
    pixel_rays,
)

WALL = np.array([[0.0, 3.0, -3.0], [0.0, -3.0, -3.0], [0.0, 0.0, 6.0]])  # faces −x


def at(x: float, turned: bool = False) -> np.ndarray:
    return (WALL[::-1] if turned else WALL) + [x, 0.0, 0.0]


def test_a_ray_meets_the_nearest_triangle_at_its_distance():
    surfaces = Surfaces(np.stack([at(9.0), at(5.0)]))
    rays = np.array([[1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])
    triangle, distance = surfaces.cast(np.zeros((3, 3)), rays)
    assert triangle.tolist() == [1, 1, NOTHING]
    assert distance[:2] == pytest.approx([5.0, 2.5]) and math.isinf(distance[2])


def test_faces_seen_from_behind_are_passed():
    surfaces = Surfaces(np.stack([at(5.0, True), at(6.0, True), at(9.0)]))
    ray = np.array([[1.0, 0.01, 0.0]])
    assert surfaces.cast(np.zeros((1, 3)), ray)[0].tolist() == [0]
    triangle, distance = surfaces.cast_at_front_faces(np.zeros((1, 3)), ray)
    assert triangle.tolist() == [2] and distance == pytest.approx([9.0], abs=1e-5)
    only_behind = Surfaces(at(5.0, True)[None]).cast_at_front_faces(np.zeros((1, 3)), ray)
    assert only_behind[0].tolist() == [NOTHING] and math.isinf(only_behind[1][0])


def test_nothing_is_met_where_nothing_is():
    triangle, distance = Surfaces(np.zeros((0, 3, 3))).cast_at_front_faces(np.zeros((2, 3)), np.eye(3)[:2])
    assert triangle.tolist() == [NOTHING] * 2 and np.isinf(distance).all()


def test_pixels_and_beams_look_where_their_sensors_do():
    camera = Intrinsics(4, 2, 2.0, 2.0, 2.0, 1.0)
    rays = pixel_rays(camera, np.eye(3)).reshape(2, 4, 3)
    assert rays[0, 0].tolist() == [-0.75, -0.25, 1.0] and rays[1, 3].tolist() == [0.75, 0.25, 1.0]
    beams = beam_rays(-0.1, 0.3, 3, 4)
    azimuth = np.degrees(np.arctan2(beams[:, 1, 1], beams[:, 1, 0]))
    assert azimuth == pytest.approx([135.0, 45.0, -45.0, -135.0])
    assert np.arcsin(beams[0, :, 2]) == pytest.approx([-0.1, 0.1, 0.3])


def test_only_pixels_among_their_like_are_away_from_edges():
    image = np.zeros((7, 7), int)
    image[:, 4:] = 1
    assert np.flatnonzero(away_from_edges(image)[3]).tolist() == [1, 2, 5]


def test_double_precision_tells_on_which_side_of_an_edge_a_ray_passes():
    walls = np.stack([at(5.0), at(9.0)])  # the bottom edge of both lies at z = −3
    below, above = (np.array([5.0, 0.0, -3.0 + step]) / 5.0 for step in (-1e-9, 1e-9))
    assert nearest_front_face(walls, above, 0.1) == pytest.approx(5.0)
    assert nearest_front_face(walls[:1], below, 0.1) == np.inf
    assert nearest_front_face(np.stack([at(5.0, turned=True), at(9.0)]), np.array([1.0, 0.0, 0.0]), 0.1) == 9.0
    assert nearest_front_face(walls, np.array([1.0, 0.0, 0.0]), 6.0) == 9.0  # the ray begins behind the first
