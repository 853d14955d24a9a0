"""The labeled box holds what is drawn: every vertex, of every model, at every phase, standing, walking and running."""

import math

import numpy as np
import pytest

from simengine.assets.actors import actor_mesh
from simengine.core.history import ActorPoses
from simengine.core.semantics import SEMANTIC_OF_KIND
from simengine.core.space.mesh import PartRole
from simengine.core.state import ActorKind, Mobility, empty_actors
from simengine.labels.limbs import drawn_sizes
from simengine.physics.vehicle.catalog import all_models, fill_actor
from simengine.sensors.base.sensor import Scene
from simengine.sensors.scene.scene_arrays import flatten_scene, pose_parts
from tests.sensors.lidar_scene import CLEAR

MODELS = list(all_models().values())
NAMES = [model.name for model in MODELS]
SPEEDS = (0.0, 0.6, 1.34, 2.0, 4.0, 15.0)  # standing, strolling, walking, running, thrown by a car [m/s]
PHASES = np.linspace(0.0, 2.0 * math.pi, 25)
WHEEL_OUT = 0.25  # by which a front wheel at full lock may stick out of a body's side [m]


@pytest.fixture(scope="module")
def catalog():
    """Every model of the catalog at the origin, one actor each."""
    actors = empty_actors(1, len(MODELS))
    meshes = []
    for a, model in enumerate(MODELS):
        fill_actor(actors, 0, a, model.name, (0.5, 0.5, 0.5))
        meshes.append(
            actor_mesh(
                model.kind, model.variant, model.length, model.width, model.height, wheel_radius=model.wheel_radius,
                front_axle_x=model.cog_offset + model.front_axle, rear_axle_x=model.cog_offset - model.rear_axle,
                track_width=model.track_width,
            )
        )  # fmt: skip
    scene = Scene(
        origin=(0.0, 0.0, 0.0), actors=actors, actor_mesh=tuple(meshes),
        actor_semantic=np.array([SEMANTIC_OF_KIND[ActorKind(int(k))] for k in actors.kind[0]], np.uint8),
        static_mesh=(), static_instance=np.zeros(0, np.int32), lamp_position=np.zeros((0, 3)),
        signal_mesh=np.zeros(0, np.int32), weather=CLEAR, seed=1,
    )  # fmt: skip
    return scene, flatten_scene(scene)


def poses(speed: float, phase: float, steering: float = 0.0) -> ActorPoses:
    n = len(MODELS)
    orientation = np.zeros((n, 4))
    orientation[:, 0] = 1.0
    velocity = np.zeros((n, 3))
    velocity[:, 0] = speed
    return ActorPoses(
        time_ns=0, valid=np.ones(n, np.bool_), identity=np.arange(n, dtype=np.int32), position=np.zeros((n, 3)),
        orientation=orientation, velocity=velocity, angular_velocity=np.zeros((n, 3)), acceleration=np.zeros((n, 3)),
        steering=np.full(n, steering), wheel_rotation=np.full((n, 4), phase), wheel_speed=np.zeros((n, 4)),
        gait_phase=np.full(n, phase), lights=np.zeros(n, np.int32),
    )  # fmt: skip


def drawn(scene, arrays, at: ActorPoses):
    """Yield part, actor and the vertices drawn of it, in the actor's frame [m]."""
    world_from_part, _ = pose_parts(arrays, scene.actors, at, scene.origin)
    for p, a in enumerate(arrays.part_actor):
        vertex = arrays.vertex[slice(*arrays.part_first_vertex[[p, p + 1]])].astype(np.float64)
        yield p, int(a), vertex @ world_from_part[p, :, :3].T + world_from_part[p, :, 3]


@pytest.mark.parametrize("speed", SPEEDS)
def test_boxes_hold_every_vertex_at_every_phase(catalog, speed):
    scene, arrays = catalog
    reached = np.zeros((len(MODELS), 3))
    for phase in PHASES:
        at = poses(speed, float(phase))
        sizes = drawn_sizes(arrays, scene.actors, at)
        for _, a, vertex in drawn(scene, arrays, at):
            reached[a] = np.maximum(reached[a], np.abs(vertex).max(axis=0))
    spun = np.array([model.wheel_radius > 0.0 for model in MODELS])
    for a, name in enumerate(NAMES):  # a wheel that spins is a polygon
        assert (reached[a] <= 0.5 * sizes[a] + (0.011 if spun[a] else 1e-5)).all(), name


@pytest.mark.parametrize("speed", SPEEDS)
def test_boxes_are_no_larger_than_what_is_drawn_over_a_stride(catalog, speed):
    scene, arrays = catalog
    reached = np.zeros((len(MODELS), 3))
    for phase in (*PHASES, 0.5 * math.pi, 1.5 * math.pi):
        for _, a, vertex in drawn(scene, arrays, poses(speed, float(phase))):
            reached[a] = np.maximum(reached[a], np.abs(vertex).max(axis=0))
    sizes = drawn_sizes(arrays, scene.actors, poses(speed, 0.0))
    walks = np.array([model.mobility == Mobility.WALKER for model in MODELS])
    assert sizes[walks, 0] == pytest.approx(2.0 * reached[walks, 0], abs=0.01)
    assert sizes[~walks] == pytest.approx(np.array([[m.length, m.width, m.height] for m in MODELS])[~walks], abs=0.0)


def test_who_stands_has_the_box_of_the_body_and_who_walks_one_that_holds_the_stride(catalog):
    scene, arrays = catalog
    for name, walking in (("pedestrian", (1.0, 1.3)), ("child", (0.6, 0.8))):
        a = NAMES.index(name)
        model = MODELS[a]
        standing = drawn_sizes(arrays, scene.actors, poses(0.0, 1.0))[a]
        assert standing == pytest.approx([model.length, model.width, model.height], abs=1e-4)
        stride = drawn_sizes(arrays, scene.actors, poses(1.34, 1.0))[a]
        assert walking[0] < stride[0] < walking[1] and stride[1] == pytest.approx(model.width)
        assert stride[2] - model.height < 0.08  # a foot that swings dips below the ground it is drawn on


@pytest.mark.parametrize("share", [-1.0, -0.3, 0.3, 1.0])
def test_only_steered_wheels_leave_a_box_and_by_little(catalog, share):
    scene, arrays = catalog
    front = (int(PartRole.WHEEL_FRONT_LEFT), int(PartRole.WHEEL_FRONT_RIGHT))
    for a, model in enumerate(MODELS):
        at = poses(5.0, 1.0, share * model.max_steering)
        half = 0.5 * drawn_sizes(arrays, scene.actors, at)[a]
        for p, actor, vertex in drawn(scene, arrays, at):
            if actor != a:
                continue
            out = np.abs(vertex).max(axis=0) - half
            steered = int(arrays.part_role[p]) in front
            assert (out <= [1e-5, WHEEL_OUT if steered else 1e-3, 0.011]).all(), (model.name, p)
