"""The visibility buffer against an independent ray caster, and against what scan conversion must never do."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from simengine.core.space.mesh import Mesh
from simengine.core.space.transforms import optical_from_world, world_from_optical
from simengine.sensors.raster.culling import TILE
from simengine.sensors.raster.pinhole import Intrinsics, intrinsics_of_fov
from simengine.sensors.raster.visibility_buffer import NEAR, cut_columns, draw_visibility, find_clusters
from simengine.sensors.scene.scene_arrays import flatten_scene, pose_parts
from tests.sensors.camera_scene import plane_mesh, still_history, street_scene, weather
from tools.checks.seen.embree import Surfaces, away_from_edges, pixel_rays

BENCH = Path(__file__).parents[3].parent / "shared" / "data" / "bench" / "street_small.npz"
CAMERA = intrinsics_of_fov(320, 200, math.radians(80.0))


def look(eye, yaw=0.0, pitch=0.0):
    """camera_from_world of a camera that looks along +x, turned to the left and then down."""
    c, s, cp, sp = math.cos(yaw), math.sin(yaw), math.cos(pitch), math.sin(pitch)
    pose = np.eye(4)
    pose[:3, :3] = np.array([[c * cp, -s, c * sp], [s * cp, c, s * sp], [-sp, 0.0, cp]])
    return optical_from_world(world_from_optical(pose), np.asarray(eye, float))


def soup(triangles) -> Mesh:
    corner = np.asarray(triangles, np.float32).reshape(-1, 3)
    count = len(corner) // 3
    return plane_mesh()._replace(
        vertex=corner,
        triangle=np.arange(3 * count, dtype=np.int32).reshape(-1, 3),
        material=np.zeros(count, np.int16),
        semantic=np.full(count, 2, np.uint8),
        part=np.zeros(count, np.int16),
    )


def draw_soup(triangles, camera_from_world, camera=CAMERA, mirrored=False):
    scene = street_scene(weather(), actors=(), furnished=False)
    arrays = flatten_scene(scene._replace(static_mesh=(soup(triangles),)))
    identity = np.tile(np.eye(3, 4), (len(arrays.part_role), 1, 1))
    present = np.ones(len(arrays.part_role), bool)
    return draw_visibility(arrays, identity, present, camera_from_world, camera, mirrored=mirrored), arrays


def compare(corner, owner, visibility, camera_from_world, camera):
    pytest.importorskip("embreex", reason="embreex is in the test extra")
    rotation, shape = camera_from_world[:, :3], visibility.triangle.shape
    ray = pixel_rays(camera, rotation)
    eye = np.tile(-rotation.T @ camera_from_world[:, 3], (len(ray), 1))
    primitive, distance = (found.reshape(shape) for found in Surfaces(corner).cast(eye, ray))
    expected = np.where(primitive >= 0, owner[np.maximum(primitive, 0)], -1)
    seen = np.where(visibility.triangle >= 0, owner[np.maximum(visibility.triangle, 0)], -1)
    inner = away_from_edges(expected)
    assert inner.mean() > 0.5
    agreement = (seen == expected)[inner].mean()
    both = inner & (seen == expected) & (seen >= 0) & (distance < 150.0)
    error = np.abs(1.0 / visibility.inverse_depth[both] - distance[both])
    return agreement, float(error.max())


def test_actors_agree_with_an_independent_ray_caster():
    scene = street_scene(weather())
    arrays = flatten_scene(scene)
    poses = still_history(scene, speed=1.2).poses_at(0)
    poses.steering[:] = 0.2
    poses.wheel_rotation[:] = 0.7
    world_from_part, present = pose_parts(arrays, scene.actors, poses, scene.origin)
    present &= arrays.part_actor != 0
    camera_from_world = look((2.5, 0.0, 1.4), 0.05, 0.03)
    visibility = draw_visibility(arrays, world_from_part, present, camera_from_world, CAMERA)
    chosen = np.flatnonzero(present[arrays.part])
    local = arrays.vertex[arrays.triangle].astype(float)
    m = world_from_part[arrays.part]
    corner = np.einsum("tij,tkj->tki", m[:, :, :3], local) + m[:, None, :, 3]
    corner[~present[arrays.part]] = 1e6  # keeps the numbering
    agreement, error = compare(corner, arrays.part_instance[arrays.part], visibility, camera_from_world, CAMERA)
    assert len(chosen) > 5000
    assert agreement >= 0.999
    assert error < 1e-3


def test_street_agrees_with_an_independent_ray_caster():
    if not BENCH.exists():
        pytest.skip(f"{BENCH} is absent")
    bench = np.load(BENCH)
    corner = bench["v"][bench["f"]]
    scene = street_scene(weather(), actors=(), furnished=False)
    arrays = flatten_scene(scene._replace(static_mesh=(soup(corner),)))
    # Flattening sorts triangles into patches: find each one's instance by its corners.
    order = np.lexsort(corner.reshape(-1, 9).T)
    mine = arrays.vertex[arrays.triangle].reshape(-1, 9)
    owner = np.empty(len(mine), np.int64)
    owner[np.lexsort(mine.T)] = bench["tri_inst"][order]
    identity = np.tile(np.eye(3, 4), (len(arrays.part_role), 1, 1))
    present = np.ones(len(arrays.part_role), bool)
    for eye, yaw in (((-60.0, -1.75, 1.6), 0.03), ((20.0, 3.0, 1.4), 2.9)):
        camera_from_world = look(eye, yaw, 0.02)
        visibility = draw_visibility(arrays, identity, present, camera_from_world, CAMERA)
        agreement, error = compare(mine.reshape(-1, 3, 3), owner, visibility, camera_from_world, CAMERA)
        assert agreement >= 0.999
        assert error < 1e-3


def test_neighbors_share_every_pixel_of_their_edge_once():
    # A fan whose edges run through pixel centers: drawn one by one, no pixel is missed and none is drawn twice.
    camera = Intrinsics(64, 64, 32.0, 32.0, 32.0, 32.0)
    rim = [(-1.0, -1.0), (0.0, -1.0), (1.0, -1.0), (1.0, 0.25), (1.0, 1.0), (-0.5, 1.0), (-1.0, 1.0)]
    hub = (0.015625, 0.265625)  # the center of a pixel

    def point(u, v):  # optical (u, v) at depth 5 of a camera that looks along x
        return (5.0, -5.0 * u, -5.0 * v)

    covered = np.zeros((64, 64), int)
    for a, b in zip(rim, rim[1:] + rim[:1], strict=True):
        triangle = [point(*hub), point(*b), point(*a)]
        visibility, _ = draw_soup([triangle], look((0.0, 0.0, 0.0)), camera)
        if (visibility.triangle < 0).all():
            visibility, _ = draw_soup([triangle[::-1]], look((0.0, 0.0, 0.0)), camera)
        covered += visibility.triangle >= 0
    assert covered.min() == 1 and covered.max() == 1


def test_ground_through_the_camera_plane_is_complete_and_exact():
    height = 1.5
    half = 5000.0
    ground = [
        [(-half, -half, 0), (half, -half, 0), (half, half, 0)],
        [(-half, -half, 0), (half, half, 0), (-half, half, 0)],
    ]
    visibility, _ = draw_soup(ground, look((0.0, 0.0, height), 0.4, 0.2))
    rows = (np.arange(CAMERA.height) + 0.5 - CAMERA.cy) / CAMERA.fy
    down = rows * math.cos(0.2) + math.sin(0.2)
    depth = height / np.maximum(down, 1e-9)
    near = depth < 1000.0
    assert (visibility.triangle[near] >= 0).all()
    assert (visibility.triangle[down <= 0.0] < 0).all()
    np.testing.assert_allclose(
        1.0 / visibility.inverse_depth[near], np.repeat(depth[near, None], CAMERA.width, 1), rtol=1e-5
    )


def test_nothing_nearer_than_the_near_plane_is_drawn():
    # A ramp that begins on the camera itself: only its part beyond the near plane shows.
    ramp = [
        [(0.0, -1.0, -0.02), (4.0, -1.0, -0.02), (4.0, 1.0, -0.02)],
        [(0.0, -1.0, -0.02), (4.0, 1.0, -0.02), (0.0, 1.0, -0.02)],
    ]
    visibility, _ = draw_soup(ramp, look((0.0, 0.0, 0.0)))
    depth = 1.0 / visibility.inverse_depth[visibility.triangle >= 0]
    assert depth.min() >= NEAR
    rows = (np.arange(CAMERA.height) + 0.5 - CAMERA.cy) / CAMERA.fy
    middle = visibility.triangle[:, CAMERA.width // 2] >= 0
    expected = (rows > 0.02 / 4.0) & (rows < 0.02 / NEAR)
    assert np.array_equal(middle, expected)


def test_back_faces_are_culled_and_a_mirror_swaps_them():
    wall = [[(5.0, 2.0, -2.0), (5.0, -2.0, -2.0), (5.0, -2.0, 2.0)]]
    away = [wall[0][::-1]]
    view = look((0.0, 0.0, 0.0))
    assert (draw_soup(wall, view)[0].triangle >= 0).any()
    assert (draw_soup(away, view)[0].triangle < 0).all()
    flipped = view * np.array([[1.0], [-1.0], [1.0]])
    assert (draw_soup(wall, flipped, mirrored=True)[0].triangle >= 0).any()
    assert (draw_soup(away, flipped, mirrored=True)[0].triangle < 0).all()


def test_any_number_of_threads_gives_the_same_bits():
    scene = street_scene(weather())
    arrays = flatten_scene(scene)
    world_from_part, present = pose_parts(arrays, scene.actors, still_history(scene).poses_at(0), scene.origin)
    placed = (arrays, world_from_part, present, look((2.5, 0.0, 1.4)))
    for camera in (CAMERA, intrinsics_of_fov(101, 60, 1.2), intrinsics_of_fov(27, 40, 1.2)):
        whole = draw_visibility(*placed, camera)
        assert (whole.triangle >= 0).mean() > 0.5
        for num_threads in (2, 3, 7):
            cut = draw_visibility(*placed, camera, num_threads=num_threads)
            assert np.array_equal(whole.triangle, cut.triangle)
            assert whole.inverse_depth.tobytes() == cut.inverse_depth.tobytes()


def test_neither_the_order_of_drawing_nor_what_is_hidden_changes_a_pixel():
    # The same scene with its static meshes in reverse order: other triangle numbers, other clusters, the same picture.
    scene = street_scene(weather())
    poses = still_history(scene).poses_at(0)
    instances = []
    for order in (slice(None), slice(None, None, -1)):
        turned = scene._replace(
            static_mesh=scene.static_mesh[order],
            static_instance=scene.static_instance[order],
            signal_mesh=np.zeros(0, np.int32),
        )
        arrays = flatten_scene(turned)
        placed = pose_parts(arrays, scene.actors, poses, scene.origin)
        seen = draw_visibility(arrays, *placed, look((2.5, 0.0, 1.4)), CAMERA)
        instance = np.where(seen.triangle < 0, -1, arrays.part_instance[arrays.part[seen.triangle]])
        instances.append((seen.inverse_depth.tobytes(), instance.tobytes()))
    assert instances[0] == instances[1]


def test_what_is_hidden_is_drawn_as_if_it_were_not():
    # A wall near the camera hides a thousand small triangles behind it but for a strip at the right.
    random = np.random.default_rng(3)
    corner = random.uniform((20.0, -15.0, -9.0), (60.0, 15.0, 9.0), (1000, 3))[:, None]
    crowd = corner + random.uniform(-0.5, 0.5, (1000, 3, 3))
    edge = 4.0 * (CAMERA.width - 60 - CAMERA.cx) / CAMERA.fx
    wall = np.array(
        [
            [(4.0, 9.0, -9.0), (4.0, -edge, -9.0), (4.0, -edge, 9.0)],
            [(4.0, 9.0, -9.0), (4.0, -edge, 9.0), (4.0, 9.0, 9.0)],
        ]
    )
    view = look((0.0, 0.0, 0.0))
    alone, _ = draw_soup(crowd, view)
    front, _ = draw_soup(wall, view)
    both, _ = draw_soup(np.concatenate([crowd, wall]), view)
    assert 0 < (alone.triangle[:, -60:] >= 0).sum() < (alone.triangle >= 0).sum()
    np.testing.assert_array_equal(both.inverse_depth, np.maximum(alone.inverse_depth, front.inverse_depth))


def test_images_narrower_than_a_block_are_drawn():
    wall = [[(5.0, 9.0, -9.0), (5.0, -9.0, -9.0), (5.0, -9.0, 9.0)]]
    camera = Intrinsics(5, 7, 4.0, 4.0, 2.5, 3.5)
    wide = Intrinsics(16, 7, 4.0, 4.0, 2.5, 3.5)
    narrow, _ = draw_soup(wall, look((0.0, 0.0, 0.0)), camera)
    assert narrow.triangle.shape == (7, 5)
    expected, _ = draw_soup(wall, look((0.0, 0.0, 0.0)), wide)
    np.testing.assert_array_equal(narrow.inverse_depth, expected.inverse_depth[:, :5])


def test_field_of_view_reaches_the_borders():
    camera = intrinsics_of_fov(640, 480, math.radians(90.0))
    assert camera.fx == pytest.approx(320.0)
    assert (camera.cx, camera.cy) == (320.0, 240.0)


@pytest.mark.parametrize(("width", "count"), [(1280, 4), (160, 4), (35, 3), (27, 4), (16, 5), (1285, 2)])
def test_strips_cover_every_column_once_and_none_is_too_narrow(width, count):
    scene = street_scene(weather())
    arrays = flatten_scene(scene)
    placed = pose_parts(arrays, scene.actors, still_history(scene).poses_at(0), scene.origin)
    camera = intrinsics_of_fov(width, 90, 1.2)
    chosen = find_clusters(arrays, *placed, look((2.5, 0.0, 1.4)), camera)
    strips = cut_columns(chosen, arrays.clusters.first_triangle, width, camera.height, count)
    assert strips[0][0] == 0
    assert strips[-1][1] == width
    assert all(one[1] == other[0] for one, other in pairwise(strips))
    assert all(first % TILE == 0 and last - first >= TILE for first, last in strips)
    assert 1 + (width > 100) <= len(strips) <= count
