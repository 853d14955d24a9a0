"""Closed shells are told from open ones, and what looks away from outside a closed shell is never a first hit."""

import numpy as np
import pytest

from simengine.sensors.lidar.beams import cast_sweep
from simengine.sensors.lidar.sweep import SweepPoses, plan_slices, spinning_pattern
from simengine.sensors.scene.clusters import Clusters, build_clusters

CUBE = np.array([[x, y, z] for x in (0.0, 1.0) for y in (0.0, 1.0) for z in (0.0, 1.0)], np.float32)
OUTWARDS = np.array(
    [
        [0, 1, 3],
        [0, 3, 2],
        [4, 6, 7],
        [4, 7, 5],
        [0, 4, 5],
        [0, 5, 1],
        [2, 3, 7],
        [2, 7, 6],
        [0, 2, 6],
        [0, 6, 4],
        [1, 5, 7],
        [1, 7, 3],
    ],
    np.int32,
)
INWARDS = OUTWARDS[:, ::-1]


def _clusters(vertex, triangle, part=None):
    part = np.zeros(len(triangle), np.int32) if part is None else np.asarray(part, np.int32)
    return build_clusters(np.asarray(vertex, np.float32), np.asarray(triangle, np.int32), part)


def _split(vertex, triangle):
    """Give every triangle vertices of its own."""
    return vertex[triangle].reshape(-1, 3), np.arange(3 * len(triangle), dtype=np.int32).reshape(-1, 3)


@pytest.mark.parametrize("triangle", [OUTWARDS, INWARDS])
@pytest.mark.parametrize("split", [False, True])
def test_planes_of_a_closed_box_look_outwards(triangle, split):
    vertex, rows = _split(CUBE, triangle) if split else (CUBE, triangle)
    clusters = _clusters(vertex, rows)
    middle = vertex[rows[clusters.triangle]].mean(axis=1)
    outward = np.where(np.abs(middle - 0.5) == 0.5, np.sign(middle - 0.5), 0.0)
    assert np.allclose(clusters.plane[:3].T, outward)
    assert np.allclose(clusters.plane[3], ((middle - clusters.box[0, :3]) * outward).sum(axis=1))
    assert clusters.shell_box[0].tolist() == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("triangle", [OUTWARDS[1:], np.concatenate([OUTWARDS[:1, ::-1], OUTWARDS[1:]])])
def test_open_or_inconsistently_turned_box_shows_from_both_sides(triangle):
    clusters = _clusters(CUBE, triangle)
    assert (clusters.plane[3] == -np.inf).all()
    assert clusters.shell_box[0].tolist() == [np.inf] * 3 + [-np.inf] * 3


def test_sheet_of_two_sides_shows_from_both():
    clusters = _clusters(CUBE, [[0, 1, 3], [3, 1, 0]])
    assert (clusters.plane[3] == -np.inf).all()


def test_closed_box_beside_an_open_one_of_the_same_part_is_closed():
    clusters = _clusters(np.concatenate([CUBE, CUBE + 2]), np.concatenate([OUTWARDS, OUTWARDS[1:] + 8]))
    closed = clusters.plane[3] > -np.inf
    assert sorted(clusters.triangle[closed].tolist()) == list(range(12))
    assert clusters.shell_box[0].tolist() == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]


def test_halves_of_a_box_in_two_parts_are_open():
    clusters = _clusters(CUBE, OUTWARDS, [0] * 6 + [1] * 6)
    assert (clusters.plane[3] == -np.inf).all()


def _ball(rings, radius, center):
    """A sphere of quads cut in two, whose seam and poles have vertices of their own."""
    polar, around = np.meshgrid(np.linspace(0.0, np.pi, rings + 1), np.linspace(0.0, 2.0 * np.pi, 2 * rings + 1))
    point = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], -1)
    point[-1], point[:, 0], point[:, -1] = point[0], (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)
    wave = 1.0 + 0.2 * np.sin(3.0 * around)[..., None]
    wave[-1], wave[:, 0], wave[:, -1] = wave[0], 1.0, 1.0
    index = np.arange(point.shape[0] * point.shape[1], dtype=np.int32).reshape(point.shape[:2])
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    triangle = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return (radius * wave * point + center).reshape(-1, 3).astype(np.float32), triangle


def _sweep(clusters: Clusters, transform):
    pattern = spinning_pattern(-0.5, 0.5, 24, 256)
    time, knots = np.arange(1, 257, dtype=np.int64), np.linspace(0, 256, len(transform)).astype(np.int64)
    shown = np.ones(transform.shape[:2], np.bool_)
    return cast_sweep(clusters, SweepPoses(transform, shown), pattern, plan_slices(pattern, time, knots), 100.0, 1)


@pytest.mark.parametrize(("center", "inside"), [((4.0, 1.0, 0.2), False), ((0.5, 0.2, 0.1), True)])
def test_leaving_out_what_looks_away_changes_no_hit(center, inside):
    """Seen from outside and from inside, while it passes and turns."""
    vertex, triangle = _ball(16, 2.0, np.zeros(3))
    clusters = _clusters(vertex, triangle)
    either = clusters._replace(
        plane=np.broadcast_to(np.array([0.0, 0.0, 0.0, -np.inf], np.float32)[:, None], clusters.plane.shape).copy()
    )
    transform = np.zeros((4, 1, 3, 4))
    for k in range(4):
        c, s = np.cos(0.3 * k), np.sin(0.3 * k)
        transform[k, 0, :, :3] = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]
        transform[k, 0, :, 3] = np.array(center) + (0.1 * k, 0.3 * k, 0.0)
    assert (clusters.plane[3] > -np.inf).mean() > 0.9
    distance, hit = _sweep(clusters, transform)
    all_distance, all_hit = _sweep(either, transform)
    assert (hit >= 0).all() if inside else 0.01 < (hit >= 0).mean() < 0.5
    assert np.array_equal(hit, all_hit)
    assert np.array_equal(distance, all_distance)
