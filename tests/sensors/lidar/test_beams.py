"""Beams into triangles against Embree, closed forms, other thread counts and plain Python."""

import math
from pathlib import Path

import numpy as np
import pytest

from simengine.sensors.lidar import beam_table, sweep
from simengine.sensors.lidar import casting as beam_casting
from simengine.sensors.lidar import culling as beam_culling
from simengine.sensors.lidar import triangle_selection as beam_choosing
from simengine.sensors.lidar.beams import cast_sweep
from simengine.sensors.lidar.sweep import BeamPattern, SweepPoses, plan_slices, spinning_pattern
from simengine.sensors.scene.clusters import Clusters, build_clusters
from tools.checks.seen.embree import Surfaces, beam_rays

STREET = Path(__file__).parents[3].parent / "shared" / "data" / "bench" / "street_small.npz"
SWEEP_NS = 100_000_000
BOX_TRIANGLES = np.array(
    [
        [0, 2, 1],
        [0, 3, 2],
        [4, 5, 6],
        [4, 6, 7],
        [0, 1, 5],
        [0, 5, 4],
        [1, 2, 6],
        [1, 6, 5],
        [2, 3, 7],
        [2, 7, 6],
        [3, 0, 4],
        [3, 4, 7],
    ],
    np.int32,
)


def _box(center, size, yaw=0.0):
    level = [[-1, -1], [1, -1], [1, 1], [-1, 1]]
    signs = np.array([[*corner, z] for z in (-1, 1) for corner in level])
    corners = 0.5 * signs * np.asarray(size)
    c, s = math.cos(yaw), math.sin(yaw)
    turned = np.stack([corners[:, 0] * c - corners[:, 1] * s, corners[:, 0] * s + corners[:, 1] * c, corners[:, 2]], 1)
    return (turned + np.asarray(center)).astype(np.float32)


def _generated_scene():
    """Ground tiles, a roof over the sensor and sixty boxes; the sensor's axis meets a tile and the roof inside."""
    rng = np.random.default_rng(7)
    vertices, triangles, parts = [], [], []

    def add(vertex, triangle):
        triangles.append(triangle + sum(len(v) for v in vertices))
        parts.append(np.full(len(triangle), len(parts), np.int32))
        vertices.append(vertex)

    grid = np.linspace(-60.0, 61.0, 9)
    x, y = np.meshgrid(grid, grid, indexing="ij")
    ground = np.stack([x.ravel(), y.ravel(), rng.uniform(-1.95, -1.85, x.size)], 1).astype(np.float32)
    cell = np.array([i * 9 + j for i in range(8) for j in range(8)])
    tiles = np.concatenate([np.stack([cell, cell + 9, cell + 10], 1), np.stack([cell, cell + 10, cell + 1], 1)])
    add(ground, tiles.astype(np.int32))
    add(np.array([[-3, -4, 4], [5, -3, 4.2], [-1, 6, 4.1]], np.float32), np.array([[0, 2, 1]], np.int32))
    for _ in range(60):
        angle, distance = rng.uniform(-math.pi, math.pi), rng.uniform(4.0, 58.0)
        size = rng.uniform(0.3, 5.0, 3)
        center = (distance * math.cos(angle), distance * math.sin(angle), rng.uniform(-1.5, 2.0))
        if distance > 0.6 * size.max() + 1.0:
            add(_box(center, size, rng.uniform(0.0, 3.0)), BOX_TRIANGLES)
    return np.concatenate(vertices), np.concatenate(triangles), np.concatenate(parts)


def _still(num_parts, origin=(0.0, 0.0, 0.0), knots=1):
    transform = np.zeros((knots, num_parts, 3, 4))
    transform[..., :3] = np.eye(3)
    transform[..., 3] = -np.asarray(origin)
    return transform


def _sweep(clusters: Clusters, transform, pattern: BeamPattern, max_range=120.0, num_threads=1):
    columns = len(pattern.azimuth)
    column_time = np.array([SWEEP_NS * (c + 1) // columns for c in range(columns)], np.int64)
    knot_time = np.linspace(0, SWEEP_NS, len(transform)).astype(np.int64)
    slices = plan_slices(pattern, column_time, knot_time)
    shown = np.ones(transform.shape[:2], np.bool_)
    return cast_sweep(clusters, SweepPoses(transform, shown), pattern, slices, max_range, num_threads), column_time


def _embree(vertex, triangle, lowest, highest, channels, columns, max_range=120.0):
    pytest.importorskip("embreex", reason="embreex, of the test extra, is not installed")
    ray = beam_rays(lowest, highest, channels, columns).reshape(-1, 3)
    hit, distance = Surfaces(vertex[triangle]).cast(np.zeros_like(ray), ray)
    hit, distance = hit.reshape(columns, channels), distance.reshape(columns, channels)
    return distance, np.where(distance > max_range, -1, hit)


@pytest.mark.parametrize(("lowest", "highest"), [(-25.0, 15.0), (-88.0, 88.0)])
def test_generated_scene_agrees_with_embree(lowest, highest):
    vertex, triangle, part = _generated_scene()
    rig = (math.radians(lowest), math.radians(highest), 16, 256)
    (distance, hit), _ = _sweep(build_clusters(vertex, triangle, part), _still(part.max() + 1), spinning_pattern(*rig))
    expected_distance, expected_hit = _embree(vertex, triangle, *rig)
    both = (hit >= 0) & (expected_hit >= 0)
    error = np.abs(distance[both] - expected_distance[both])
    assert both.mean() > 0.7
    assert (hit == expected_hit).mean() >= 0.999
    assert error[(hit == expected_hit)[both]].max() < 1e-3


def test_street_agrees_with_embree():
    if not STREET.exists():
        pytest.skip(f"{STREET} is absent")
    with np.load(STREET) as street:
        vertex, triangle, part = street["v"], street["f"], street["tri_inst"].astype(np.int32)
    vertex = (vertex.astype(np.float64) - (0.0, 0.1234, 1.8)).astype(np.float32)
    rig = (math.radians(-25.0), math.radians(15.0), 32, 1024)
    (distance, hit), _ = _sweep(
        build_clusters(vertex, triangle, part), _still(part.max() + 1), spinning_pattern(*rig), 200.0
    )
    expected_distance, expected_hit = _embree(vertex, triangle, *rig, 200.0)
    both = (hit >= 0) & (expected_hit >= 0)
    error = np.abs(distance[both] - expected_distance[both])
    assert both.mean() > 0.9
    assert (hit == expected_hit).mean() >= 0.999
    assert error.max() < 1e-3


@pytest.mark.parametrize("height", [-1.8, 2.5])
def test_triangle_across_the_axis_is_seen_at_every_azimuth(height):
    vertex = np.array([[-5, -4, height], [6, -4, height], [0.3, 7, height]], np.float32)
    clusters = build_clusters(vertex, np.array([[0, 1, 2]], np.int32), np.zeros(1, np.int32))
    pattern = spinning_pattern(math.radians(-80.0), math.radians(80.0), 9, 64)
    (distance, hit), _ = _sweep(clusters, _still(1), pattern)
    steep = 0 if height < 0.0 else 8
    assert (hit[:, steep] == 0).all()
    assert distance[:, steep] == pytest.approx(abs(height) / math.sin(math.radians(80.0)), abs=1e-5)
    assert (hit[:, 8 - steep] == -1).all()


def test_wall_behind_a_wall_is_hidden():
    near = np.array([[5, -5, -5], [5, 5, -5], [5, 0, 9]], np.float32)
    vertex = np.concatenate([near, near * np.float32(2.0)])
    clusters = build_clusters(vertex, np.array([[3, 4, 5], [0, 1, 2]], np.int32), np.zeros(2, np.int32))
    (distance, hit), _ = _sweep(clusters, _still(1), spinning_pattern(-0.1, 0.1, 3, 64))
    assert set(np.unique(hit)) == {-1, 1}
    assert np.isinf(distance[hit == -1]).all()


def test_one_beam_alone_hits_what_it_hits_among_others():
    vertex, triangle, part = _generated_scene()
    clusters = build_clusters(vertex, triangle, part)
    (distance, hit), _ = _sweep(clusters, _still(part.max() + 1), spinning_pattern(-0.3, 0.1, 5, 128))
    (alone, alone_hit), _ = _sweep(clusters, _still(part.max() + 1), spinning_pattern(-0.3, 0.1, 1, 128))
    assert (alone_hit >= 0).mean() > 0.9
    assert np.array_equal(alone_hit[:, 0], hit[:, 0])
    assert np.array_equal(alone[:, 0], distance[:, 0])


def test_beams_of_one_tangent_along_an_upper_edge_all_hit_it():
    clusters = build_clusters(_box((9.0, 0.0, -1.0), (2.0, 4.0, 2.0)), BOX_TRIANGLES, np.zeros(12, np.int32))
    pattern = spinning_pattern(0.0, 0.0, 3, 128)
    (distance, hit), _ = _sweep(clusters, _still(1), pattern)
    ahead = np.abs(pattern.azimuth) < 0.2
    assert (hit[ahead] >= 0).all() and (hit[~ahead & (np.abs(pattern.azimuth) > 0.3)] < 0).all()
    face = np.repeat(8.0 / np.cos(pattern.azimuth[ahead, None]), 3, axis=1)
    assert distance[ahead] == pytest.approx(face, rel=1e-6)


def test_slice_longer_than_the_work_is_refused():
    pattern = spinning_pattern(-0.1, 0.1, 3, 2048)
    slices = plan_slices(pattern, np.zeros(2048, np.int64), np.zeros(1, np.int64))
    slices = slices._replace(first_column=np.array([0, 2048], np.int32), knot=slices.knot[:1])
    clusters = build_clusters(_box((9.0, 0.0, 0.0), (1.0, 1.0, 1.0)), BOX_TRIANGLES, np.zeros(12, np.int32))
    with pytest.raises(ValueError, match="at most, has 2048"):
        cast_sweep(clusters, SweepPoses(_still(1), np.ones((1, 1), np.bool_)), pattern, slices, 100.0, 1)


def test_range_limit_cuts():
    vertex = np.array([[5, -5, -5], [5, 5, -5], [5, 0, 9]], np.float32)
    clusters = build_clusters(vertex, np.array([[0, 1, 2]], np.int32), np.zeros(1, np.int32))
    (distance, _), _ = _sweep(clusters, _still(1), spinning_pattern(-0.1, 0.1, 3, 64), max_range=5.2)
    assert np.isfinite(distance).any()
    assert distance[np.isfinite(distance)].max() <= 5.2
    (nothing, _), _ = _sweep(clusters, _still(1), spinning_pattern(-0.1, 0.1, 3, 64), max_range=4.9)
    assert np.isinf(nothing).all()


def test_moving_wall_is_sheared_as_the_closed_form_says():
    vertex = _box((0.0, 0.0, 0.0), (2.0, 30.0, 20.0))
    clusters = build_clusters(vertex, BOX_TRIANGLES, np.zeros(12, np.int32))
    pattern = spinning_pattern(-0.2, 0.2, 3, 512)
    speed, knots = -30.0, 5
    transform = _still(1, knots=knots)
    transform[:, 0, 0, 3] = 21.0 + speed * np.linspace(0.0, 0.1, knots)
    (distance, hit), column_time = _sweep(clusters, transform, pattern)
    front = np.abs(pattern.azimuth) < 0.5
    face = 20.0 + speed * column_time[front] * 1e-9
    expected = face / np.cos(pattern.azimuth[front])
    assert (hit[front] >= 0).all()
    assert distance[front] == pytest.approx(expected[:, None] * pattern.secant[None, :], abs=1e-4)
    assert face.max() - face.min() > 0.4


def test_turning_sensor_sees_a_pole_where_it_is_at_its_own_time():
    vertex = _box((12.0, 0.0, 0.0), (0.3, 0.3, 8.0))
    clusters = build_clusters(vertex, BOX_TRIANGLES, np.zeros(12, np.int32))
    pattern = spinning_pattern(-0.1, 0.1, 3, 1024)
    rate, knots = 1.0, 6  # the pole is met half way between two knots
    transform = np.zeros((knots, 1, 3, 4))
    for k, time in enumerate(np.linspace(0.0, 0.1, knots)):
        c, s = math.cos(-rate * time), math.sin(-rate * time)
        transform[k, 0, :, :3] = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]
    (_, hit), column_time = _sweep(clusters, transform, pattern)
    seen = np.flatnonzero(hit[:, 1] >= 0)
    bearing = pattern.azimuth[seen] + rate * column_time[seen] * 1e-9
    half = math.atan(0.15 / 11.85)
    assert np.abs(bearing).max() <= half + 1e-5
    assert bearing.max() - bearing.min() == pytest.approx(2.0 * half, abs=2.0 * 2.0 * math.pi / 1024)


def test_hidden_part_is_not_hit():
    vertex = np.concatenate([_box((8.0, 0.0, 0.0), (1.0, 4.0, 4.0)), _box((20.0, 0.0, 0.0), (1.0, 9.0, 9.0))])
    part = np.repeat(np.array([0, 1], np.int32), 12)
    clusters = build_clusters(vertex, np.concatenate([BOX_TRIANGLES, BOX_TRIANGLES + 8]), part)
    pattern = spinning_pattern(-0.1, 0.1, 3, 64)
    column_time = np.arange(1, 65, dtype=np.int64)
    slices = plan_slices(pattern, column_time, np.array([0], np.int64))
    shown = np.array([[False, True]])
    _, hit = cast_sweep(clusters, SweepPoses(_still(2), shown), pattern, slices, 100.0, 1)
    assert part[hit[hit >= 0]].min() == 1


def test_any_number_of_threads_gives_the_same_bits():
    vertex, triangle, part = _generated_scene()
    clusters = build_clusters(vertex, triangle, part)
    pattern = spinning_pattern(-0.4, 0.3, 16, 256)
    transform = _still(part.max() + 1, knots=4)
    transform[:, :, 0, 3] += np.linspace(0.0, -2.0, 4)[:, None]
    (distance, hit), _ = _sweep(clusters, transform, pattern, num_threads=1)
    for num_threads in (2, 3):
        (other_distance, other_hit), _ = _sweep(clusters, transform, pattern, num_threads=num_threads)
        assert distance.tobytes() == other_distance.tobytes()
        assert hit.tobytes() == other_hit.tobytes()


def _moving(num_parts, knots, way, turn):
    """Every part moves and turns about the sensor at its own rate; `way` [m] and `turn` [rad] over the sweep."""
    rng = np.random.default_rng(11)
    transform = _still(num_parts, knots=knots)
    direction, rate = rng.normal(size=(num_parts, 3)) * (1.0, 1.0, 0.1), rng.uniform(-1.0, 1.0, num_parts)
    for k, share in enumerate(np.linspace(0.0, 1.0, knots)):
        c, s = np.cos(turn * share * rate), np.sin(turn * share * rate)
        transform[k, :, 0, 0], transform[k, :, 0, 1], transform[k, :, 1, 0], transform[k, :, 1, 1] = c, -s, s, c
        transform[k, :, :, 3] = way * share * direction
    return transform


def test_slices_of_any_length_give_the_same_bits(monkeypatch):
    vertex, triangle, part = _generated_scene()
    clusters = build_clusters(vertex, triangle, part)
    pattern = spinning_pattern(-0.4, 0.3, 16, 256)
    transform = _moving(part.max() + 1, 4, 2.0, 0.1)
    (distance, hit), _ = _sweep(clusters, transform, pattern)
    for longest in (1, 7):
        monkeypatch.setattr(sweep, "MOST_COLUMNS", longest)
        (other_distance, other_hit), _ = _sweep(clusters, transform, pattern)
        assert distance.tobytes() == other_distance.tobytes()
        assert hit.tobytes() == other_hit.tobytes()


@pytest.mark.parametrize(("way", "turn"), [(0.5, 0.02), (12.0, 0.5)])
def test_moving_sweep_sees_each_column_as_if_all_stood_still_at_its_time(way, turn):
    vertex, triangle, part = _generated_scene()
    clusters = build_clusters(vertex, triangle, part)
    pattern = spinning_pattern(-0.45, 0.3, 16, 256)
    transform = _moving(part.max() + 1, 4, way, turn)
    (distance, hit), column_time = _sweep(clusters, transform, pattern)
    for c in range(0, 256, 4):
        place = (len(transform) - 1) * column_time[c] / SWEEP_NS
        knot = min(int(place), len(transform) - 2)
        still = transform[knot] + (place - knot) * (transform[knot + 1] - transform[knot])
        (still_distance, still_hit), _ = _sweep(clusters, still[None], pattern)
        assert (hit[c] == still_hit[c]).mean() >= 15 / 16
        same = (hit[c] == still_hit[c]) & (hit[c] >= 0)
        assert distance[c][same] == pytest.approx(still_distance[c][same], abs=1e-3)


def test_compiled_kernel_equals_plain_python(monkeypatch):
    vertex = np.concatenate(
        [
            _box((6.0, 1.0, 0.0), (2.0, 2.0, 2.0), 0.3),
            np.array([[-5, -4, -1], [6, -4, -1], [0.3, 7, -1]], np.float32),
        ]
    )
    triangle = np.concatenate([BOX_TRIANGLES, [[8, 9, 10]]]).astype(np.int32)
    clusters = build_clusters(vertex, triangle, np.zeros(13, np.int32))
    pattern = spinning_pattern(-0.5, 0.3, 4, 32)
    transform = _still(1, knots=2)
    transform[1, 0, 0, 3] = 0.5
    (distance, hit), column_time = _sweep(clusters, transform, pattern)
    slices = plan_slices(pattern, column_time, np.array([0, SWEEP_NS], np.int64))
    plain_distance, plain_hit = np.zeros_like(distance), np.zeros_like(hit)
    for module in (beam_table, sweep, beam_culling, beam_choosing, beam_casting):
        for name, kernel in list(vars(module).items()):
            if hasattr(kernel, "py_func"):
                monkeypatch.setattr(module, name, kernel.py_func)
    with np.errstate(all="ignore"):
        beam_casting.cast_slices(
            0,
            1,
            clusters,
            SweepPoses(transform, np.ones((2, 1), np.bool_)),
            pattern,
            slices,
            120.0,
            plain_distance,
            plain_hit,
        )
    assert np.array_equal(plain_hit, hit)
    assert np.array_equal(plain_distance, distance)
