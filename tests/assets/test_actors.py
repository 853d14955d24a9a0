"""Actors' meshes: they fill their boxes, face outwards, stand on their wheels and carry the right classes."""

import numpy as np
import pytest

from simengine.assets.actors import actor_mesh
from simengine.core.semantics import SEMANTIC_OF_KIND, Semantic
from simengine.core.space.mesh import Material, PartRole
from simengine.core.state import ActorKind
from simengine.physics.vehicle.catalog import all_models
from tests.assets.mesh_checks import back_faces_seen, extents, solid_volumes

MODELS = all_models()


def mesh_of(name, variant=None):
    model = MODELS[name]
    return actor_mesh(
        model.kind,
        model.variant if variant is None else variant,
        model.length,
        model.width,
        model.height,
        wheel_radius=model.wheel_radius,
        front_axle_x=model.cog_offset + model.front_axle,
        rear_axle_x=model.cog_offset - model.rear_axle,
        track_width=model.track_width,
    )


@pytest.mark.parametrize("name", sorted(MODELS))
def test_mesh_fills_its_box_to_the_centimeter(name):
    model = MODELS[name]
    size, center = extents(mesh_of(name))
    np.testing.assert_allclose(size, [model.length, model.width, model.height], atol=0.01)
    np.testing.assert_allclose(center, 0.0, atol=0.005)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_closed_solids_face_outwards(name):
    volumes = [volume for volume, closed in solid_volumes(mesh_of(name)) if closed]
    assert volumes
    assert min(volumes) > 0.0


@pytest.mark.parametrize("name", sorted(MODELS))
def test_no_ray_from_outside_strikes_the_inside_of_a_surface(name):
    pytest.importorskip("embreex", reason="embreex is in the test extra")
    assert back_faces_seen(mesh_of(name)) < 1e-3


@pytest.mark.parametrize("name", sorted(MODELS))
def test_triangles_are_sound_and_few(name):
    mesh = mesh_of(name)
    assert mesh.triangle.min() >= 0 and mesh.triangle.max() < len(mesh.vertex)
    assert np.all(np.diff(mesh.part) >= 0) and mesh.part.max() < len(mesh.part_role)
    assert np.isfinite(mesh.vertex).all()
    assert len(mesh.triangle) <= 2000


@pytest.mark.parametrize("name", ["sedan", "van", "truck", "bus", "motorcycle", "bicycle"])
def test_wheels_touch_the_ground_and_turn_about_their_axles(name):
    model, mesh = MODELS[name], mesh_of(name)
    floor = -0.5 * model.height
    for part, role in enumerate(mesh.part_role):
        if not PartRole.WHEEL_FRONT_LEFT <= role <= PartRole.WHEEL_REAR_RIGHT:
            continue
        points = mesh.vertex[np.unique(mesh.triangle[mesh.part == part])]
        pivot = mesh.part_pivot[part]
        assert points[:, 2].min() == pytest.approx(floor, abs=0.01)
        assert 0.5 * (points[:, 2].min() + points[:, 2].max()) == pytest.approx(pivot[2], abs=0.01)
        reach = np.hypot(points[:, 0] - pivot[0], points[:, 2] - pivot[2]).max()
        assert reach == pytest.approx(model.wheel_radius, rel=0.05)
        front = role in (PartRole.WHEEL_FRONT_LEFT, PartRole.WHEEL_FRONT_RIGHT)
        axle = model.cog_offset + (model.front_axle if front else -model.rear_axle)
        assert pivot[0] == pytest.approx(axle, abs=0.12)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_triangle_has_the_class_of_its_actor_or_rider(name):
    kind = MODELS[name].kind
    classes = set(np.unique(mesh_of(name).semantic).tolist())
    expected = {int(SEMANTIC_OF_KIND[kind])}
    if kind in (ActorKind.BICYCLE, ActorKind.MOTORCYCLE):
        expected.add(int(Semantic.RIDER))
    assert classes == expected


@pytest.mark.parametrize("name", ["compact_car", "sedan", "van", "suv", "truck", "bus", "motorcycle", "bicycle"])
def test_lamps_are_at_the_ends_they_belong_to(name):
    mesh = mesh_of(name)
    x = mesh.vertex[mesh.triangle][:, :, 0].mean(axis=1)
    half = 0.5 * MODELS[name].length
    assert x[mesh.material == Material.HEADLAMP].min() > 0.3 * half
    assert x[mesh.material == Material.TAIL_LAMP].max() < -0.15 * half


@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        ("pedestrian", PartRole.LEG_LEFT, PartRole.LEG_RIGHT),
        ("child", PartRole.ARM_LEFT, PartRole.ARM_RIGHT),
    ],
)
def test_limbs_hang_on_their_own_side(name, left, right):
    mesh = mesh_of(name)
    for role, sign in ((left, 1.0), (right, -1.0)):
        (part,) = np.flatnonzero(mesh.part_role == role)
        assert sign * mesh.part_pivot[part, 1] > 0.02
        assert mesh.vertex[mesh.triangle[mesh.part == part]][:, :, 2].mean() < mesh.part_pivot[part, 2]


def test_a_deer_has_four_legs_in_diagonal_pairs():
    mesh = mesh_of("deer")
    for role, sides in ((PartRole.LEG_LEFT, (1.0, -1.0)), (PartRole.LEG_RIGHT, (-1.0, 1.0))):
        pivots = mesh.part_pivot[mesh.part_role == role]
        front, rear = sorted(pivots.tolist(), reverse=True)
        assert front[0] > 0.0 > rear[0]
        assert (np.sign(front[1]), np.sign(rear[1])) == sides


def test_variants_of_cars_differ():
    shapes = {mesh_of("sedan", variant).vertex.tobytes() for variant in range(4)}
    assert len(shapes) == 4
