"""The flattened scene: nothing is lost, and parts are where wheels and legs must be."""

import math

import numpy as np
import pytest

from simengine.core.space.mesh import PartRole
from simengine.sensors.scene.scene_arrays import PATCH_SIZE, flatten_scene, pose_parts
from tests.sensors.camera_scene import plane_mesh, still_history, street_scene, weather

SCENE = street_scene(weather())
ARRAYS = flatten_scene(SCENE)


def poses_with(**changes):
    return still_history(SCENE, **changes).poses_at(0)


def place(poses, arrays=ARRAYS, scene=SCENE):
    return pose_parts(arrays, scene.actors, poses, scene.origin)


def part_of(actor, role):
    return int(np.flatnonzero((ARRAYS.part_actor == actor) & (ARRAYS.part_role == role))[0])


def test_every_triangle_keeps_its_corners_and_class():
    meshes = [*SCENE.actor_mesh, *SCENE.static_mesh]
    assert len(ARRAYS.triangle) == sum(len(mesh.triangle) for mesh in meshes)
    before = np.concatenate([mesh.vertex[mesh.triangle].reshape(-1, 9) for mesh in meshes])
    after = ARRAYS.vertex[ARRAYS.triangle].reshape(-1, 9)
    assert np.array_equal(before[np.lexsort(before.T)], after[np.lexsort(after.T)])
    for column in ("material", "semantic"):
        joined = np.concatenate([getattr(mesh, column) for mesh in meshes])
        assert np.array_equal(np.bincount(joined), np.bincount(getattr(ARRAYS, column)))


def test_parts_are_contiguous_and_inside_their_spheres():
    for p in range(len(ARRAYS.part_role)):
        t = slice(ARRAYS.part_first_triangle[p], ARRAYS.part_first_triangle[p + 1])
        v = slice(ARRAYS.part_first_vertex[p], ARRAYS.part_first_vertex[p + 1])
        assert np.all(ARRAYS.part[t] == p)
        assert ARRAYS.triangle[t].min() == v.start and ARRAYS.triangle[t].max() == v.stop - 1
        offset = ARRAYS.vertex[v].astype(float) - ARRAYS.part_center[p]
        assert np.sqrt((offset**2).sum(axis=1)).max() <= ARRAYS.part_radius[p]


def test_large_surfaces_are_cut_into_patches():
    step = np.arange(-96.0, 97.0, 8.0)
    grid = np.stack([*np.meshgrid(step, step), np.zeros((len(step),) * 2)], axis=-1).reshape(-1, 3)
    n = len(step)
    quad = np.array([i * n + j for i in range(n - 1) for j in range(n - 1)])
    triangle = np.concatenate(
        [np.stack([quad, quad + 1, quad + n + 1], 1), np.stack([quad, quad + n + 1, quad + n], 1)]
    )
    count = len(triangle)
    surface = plane_mesh()._replace(
        vertex=grid.astype(np.float32),
        triangle=triangle.astype(np.int32),
        material=np.zeros(count, np.int16),
        semantic=np.full(count, 2, np.uint8),
        part=np.zeros(count, np.int16),
    )
    arrays = flatten_scene(SCENE._replace(static_mesh=(surface,), static_instance=np.zeros(1, np.int32)))
    pieces = np.flatnonzero(arrays.part_static == 0)
    assert len(pieces) >= 36
    assert arrays.part_radius[pieces].max() < PATCH_SIZE


def test_an_absent_actor_is_not_present():
    poses = poses_with()
    poses.valid[2] = False
    _, present = place(poses)
    assert not present[ARRAYS.part_actor == 2].any()
    assert present[ARRAYS.part_actor != 2].all()


def test_a_rolling_wheel_does_not_slip():
    actor, radius, turn = 1, float(SCENE.actors.wheel_radius[0, 1]), 1e-4
    poses = poses_with()
    before, _ = place(poses)
    poses.wheel_rotation[actor] += turn
    poses.position[actor, 0] += radius * turn
    after, _ = place(poses)
    p = part_of(actor, PartRole.WHEEL_REAR_LEFT)
    contact = np.append(ARRAYS.part_pivot[p] - (0.0, 0.0, radius), 1.0)
    moved = (after[p] * contact).sum(axis=1) - (before[p] * contact).sum(axis=1)
    np.testing.assert_allclose(moved, 0.0, atol=1e-6)


def test_front_wheels_steer_about_their_own_axle_and_rear_wheels_do_not():
    actor, angle = 1, 0.3
    poses = poses_with()
    straight, _ = place(poses)
    poses.steering[actor] = angle
    steered, _ = place(poses)
    front, rear = part_of(actor, PartRole.WHEEL_FRONT_RIGHT), part_of(actor, PartRole.WHEEL_REAR_RIGHT)
    assert np.array_equal(straight[rear], steered[rear])
    np.testing.assert_allclose(steered[front][:, :3][:, 0], [math.cos(angle), math.sin(angle), 0.0], atol=1e-12)
    pivot = np.append(ARRAYS.part_pivot[front], 1.0)
    np.testing.assert_allclose((steered[front] * pivot).sum(axis=1), (straight[front] * pivot).sum(axis=1), atol=1e-12)


def test_legs_swing_against_each_other_only_while_walking():
    actor = 3
    left, right = part_of(actor, PartRole.LEG_LEFT), part_of(actor, PartRole.LEG_RIGHT)
    standing, _ = place(poses_with())
    assert np.array_equal(standing[left][:, :3], standing[right][:, :3])
    walking, _ = place(poses_with(speed=1.4))
    body = part_of(actor, PartRole.BODY)
    forward = walking[body][:, 0]

    def reach(p):
        return float((walking[p][:, :3] @ np.array([0.0, 0.0, -1.0])) @ forward)

    assert reach(left) == pytest.approx(-reach(right), abs=1e-9)
    assert abs(reach(left)) > 0.2


def test_coordinates_are_about_the_origin():
    far = street_scene(weather(), origin=(4.0e5, 6.0e6, 30.0))
    arrays = flatten_scene(far)
    world_from_part, _ = place(still_history(far).poses_at(0), arrays, far)
    near, _ = place(poses_with())
    np.testing.assert_allclose(world_from_part, near, atol=1e-8)


def test_corner_normals_are_unit_and_smooth_over_a_sphere():
    length = np.sqrt((ARRAYS.corner_normal.astype(float) ** 2).sum(axis=2))
    np.testing.assert_allclose(length, 1.0, atol=1e-5)
    tire = part_of(1, PartRole.WHEEL_FRONT_LEFT)
    chosen = slice(ARRAYS.part_first_triangle[tire], ARRAYS.part_first_triangle[tire + 1])
    varied = np.abs(np.diff(ARRAYS.corner_normal[chosen], axis=1)).max(axis=(1, 2)) > 0.05
    assert varied.mean() > 0.3


def test_a_windows_triangles_share_their_seed_but_for_one_bit():
    house = ARRAYS.part_static == 1
    window = (ARRAYS.material == 21) & house[ARRAYS.part]
    seeds = ARRAYS.triangle_seed[window]
    assert np.array_equal(seeds[::2] >> 1, seeds[1::2] >> 1)
    assert np.array_equal(seeds & 1, np.arange(len(seeds)) % 2)
    assert len(np.unique(seeds >> 1)) == len(seeds) // 2


def test_actors_that_share_a_mesh_are_flattened_as_those_that_do_not():
    first = SCENE.actor_mesh[0]
    copied = first._replace(**{name: array.copy() for name, array in first._asdict().items()})
    shared = flatten_scene(SCENE._replace(actor_mesh=(first,) * len(SCENE.actor_mesh)))
    apart = flatten_scene(SCENE._replace(actor_mesh=(first, *[copied] * (len(SCENE.actor_mesh) - 1))))
    assert len(SCENE.actor_mesh) > 1
    for ours, theirs in ((shared, apart), (shared.clusters, apart.clusters)):
        for name, expected in theirs._asdict().items():
            if name != "clusters":
                assert np.array_equal(getattr(ours, name), expected), name
