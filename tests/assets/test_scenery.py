"""Fixed objects: they stand on the ground with the size asked for, face outwards, and are what they should be."""

import numpy as np
import pytest

from simengine.assets.scenery import SEMANTIC_OF_SCENERY, scenery_bounds, scenery_mesh
from simengine.core.errors import ScenarioError
from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material
from tests.assets.mesh_checks import back_faces_seen, extents, solid_volumes

SIZES = {
    "building": (20.0, 12.0, 15.0),
    "tree": (5.0, 4.0, 8.0),
    "shelf": (8.4, 1.1, 5.0),
    "wall": (8.0, 0.4, 2.5),
    "guard_rail": (8.0, 0.31, 0.75),
    "fence": (5.0, 0.12, 1.2),
    "lamp_post": (1.8, 0.3, 7.0),
    "signal": (0.35, 0.35, 3.4),
    "delineator": (0.12, 0.12, 1.0),
    "sign:speed_limit:50": (0.1, 0.65, 2.6),
    "roof": (26.0, 14.0, 0.6),
    "ceiling_lamp": (1.4, 0.3, 0.5),
    "sign:stop": (0.1, 0.75, 2.6),
    "sign:yield": (0.1, 0.8, 2.6),
    "sign_post": (0.1, 0.65, 2.6),
}


def build(kind, variant=0, seed=3):
    return scenery_mesh(kind, SIZES[kind], variant, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", sorted(SIZES))
@pytest.mark.parametrize("variant", [0, 1, 2])
def test_objects_stand_on_the_ground_at_their_height(kind, variant):
    mesh = build(kind, variant)
    size, center = extents(mesh)
    assert center[2] - 0.5 * size[2] == pytest.approx(0.0, abs=0.01)
    assert size[2] == pytest.approx(SIZES[kind][2], abs=0.03)
    if kind in ("building", "tree", "shelf", "wall", "guard_rail", "fence", "roof", "ceiling_lamp"):
        np.testing.assert_allclose(size[:2], SIZES[kind][:2], atol=0.011)
        np.testing.assert_allclose(center[:2], 0.0, atol=0.011)


@pytest.mark.parametrize("kind", sorted(SIZES))
def test_closed_solids_face_outwards(kind):
    assert all(volume > 0.0 for volume, closed in solid_volumes(build(kind)) if closed)


@pytest.mark.parametrize("kind", sorted(SIZES))
@pytest.mark.parametrize("variant", [0, 1, 2])
def test_no_ray_from_outside_strikes_the_inside_of_a_surface(kind, variant):
    pytest.importorskip("embreex", reason="embreex is in the test extra")
    assert back_faces_seen(build(kind, variant)) < 2e-3


def test_unknown_kind_is_refused_with_what_is_allowed():
    with pytest.raises(ScenarioError, match="castle.*allowed.*building"):
        scenery_mesh("castle", (1.0, 1.0, 1.0), 0, np.random.default_rng(0))


def test_windows_come_in_pairs_of_triangles():
    for variant in range(3):
        windows = np.flatnonzero(build("building", variant).material == Material.WINDOW)
        assert len(windows) >= 40 and len(windows) % 2 == 0
        assert np.all(windows[1::2] == windows[::2] + 1)


def test_signal_has_its_three_lamps_in_order_facing_forward():
    mesh = build("signal")
    corner = mesh.vertex[mesh.triangle].astype(float)
    height = {}
    for lamp in (Material.SIGNAL_RED, Material.SIGNAL_AMBER, Material.SIGNAL_GREEN):
        chosen = corner[mesh.material == lamp]
        normal = np.cross(chosen[:, 1] - chosen[:, 0], chosen[:, 2] - chosen[:, 0])
        assert np.all(normal[:, 0] > 0.0)
        height[lamp] = chosen[:, :, 2].mean()
    assert height[Material.SIGNAL_RED] > height[Material.SIGNAL_AMBER] > height[Material.SIGNAL_GREEN]
    assert height[Material.SIGNAL_AMBER] == pytest.approx(3.4 - 0.58, abs=0.01)


def test_speed_limits_show_different_digits():
    faces = set()
    for limit in (30, 50, 80, 120):
        mesh = scenery_mesh(f"sign:speed_limit:{limit}", (0.1, 0.65, 2.6), 0, np.random.default_rng(0))
        faces.add(mesh.vertex[mesh.triangle[mesh.material == Material.PLASTIC_DARK]].tobytes())
        assert {int(Semantic.TRAFFIC_SIGN), int(Semantic.POLE)} == set(mesh.semantic.tolist())
    assert len(faces) == 4


def test_trees_grow_differently_by_generator_and_equally_by_seed():
    assert build("tree", seed=1).vertex.tobytes() == build("tree", seed=1).vertex.tobytes()
    assert build("tree", seed=1).vertex.tobytes() != build("tree", seed=2).vertex.tobytes()


def test_street_lamps_shine_downwards_from_the_end_of_their_arm():
    mesh = build("lamp_post")
    corner = mesh.vertex[mesh.triangle[mesh.material == Material.HEADLAMP]].astype(float)
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    assert np.all(normal[:, 2] < 0.0)
    assert corner[:, :, 0].min() > 1.0 and corner[:, :, 2].min() > 6.8


@pytest.mark.parametrize("kind", sorted(SIZES))
def test_bounds_are_those_of_the_mesh(kind):
    mesh, (low, high) = build(kind), scenery_bounds(kind, SIZES[kind])
    if kind in ("delineator", "tree"):  # these need not reach the sides of their box
        assert (mesh.vertex >= np.array(low) - 0.03).all() and (mesh.vertex <= np.array(high) + 0.03).all()
        return
    np.testing.assert_allclose(mesh.vertex.min(axis=0), low, atol=0.04)
    np.testing.assert_allclose(mesh.vertex.max(axis=0), high, atol=0.04)


@pytest.mark.parametrize("kind", sorted(SIZES))
def test_the_class_that_names_an_object_is_on_its_mesh(kind):
    assert SEMANTIC_OF_SCENERY[kind.partition(":")[0]] in build(kind).semantic


def test_a_ceiling_lamp_shines_downwards():
    mesh = build("ceiling_lamp")
    a, b, c = (mesh.vertex[mesh.triangle[mesh.material == Material.HEADLAMP][:, k]] for k in range(3))
    assert (np.cross(b - a, c - a)[:, 2] < 0.0).all()
