"""Normals and flow against closed forms."""

import math

import numpy as np

from simengine.core.history import History
from simengine.core.semantics import Semantic
from simengine.core.state import empty_state
from simengine.physics.vehicle.catalog import model_named
from simengine.road.network.network import SignalColor
from simengine.scenario.spec import Mount
from simengine.sensors.camera.camera import CameraSensor
from simengine.sensors.camera.normal_and_flow import CapturePoses, flow_layer, normal_layer
from simengine.sensors.raster.pinhole import intrinsics_of_fov
from simengine.sensors.raster.visibility_buffer import Visibility
from simengine.sensors.scene.scene_arrays import flatten_scene
from tests.sensors.camera_scene import camera_spec, plane_mesh, street_scene, weather

ACTORS = (("sedan", 0.0, 0.0, 0.0), ("van", 16.0, 1.0, 0.6))
WALL_X = 30.0
RED = np.array([SignalColor.RED], np.int32)


def wall():
    mesh = plane_mesh(semantic=Semantic.BUILDING)
    corner = np.array([[WALL_X, 9.0, 0.0], [WALL_X, -9.0, 0.0], [WALL_X, -9.0, 8.0], [WALL_X, 9.0, 8.0]], np.float32)
    return mesh._replace(vertex=corner)


BARE = street_scene(weather(), actors=ACTORS, furnished=False)
SCENE = BARE._replace(static_mesh=(*BARE.static_mesh, wall()), static_instance=np.array([0, 9], np.int32))
ARRAYS = flatten_scene(SCENE)


def history(*placings):
    """States a tenth of a second apart; each placing is x, y, yaw of every actor, or None where it is not there."""
    kept = History(120, 12 * len(placings))
    for tick in range(12 * (len(placings) - 1) + 1):
        state = empty_state(1, len(ACTORS))
        state.tick[0] = tick
        for a, place in enumerate(placings[(tick + 11) // 12]):
            if place is not None:
                state.valid[0, a] = True
                state.position[0, a] = place[0], place[1], 0.5 * model_named(ACTORS[a][0]).height
                state.orientation[0, a] = math.cos(0.5 * place[2]), 0.0, 0.0, math.sin(0.5 * place[2])
        kept.push(state)
    return kept


def shoot(*placings, pitch=0.0, layers=("normal", "flow")):
    """The frames of a camera and, of each, the pixels' places relative to the principal point [px]."""
    mount = Mount(position=(1.6, 0.0, 1.4), roll_deg=0.0, pitch_deg=pitch, yaw_deg=0.0)
    sensor = CameraSensor("front", camera_spec(mount=mount, layers=layers), SCENE, ARRAYS, 3)
    states = history(*placings)
    frames = [sensor.capture(states, RED) for _ in placings]
    camera = sensor.intrinsics
    u, v = np.arange(camera.width) + 0.5 - camera.cx, np.arange(camera.height) + 0.5 - camera.cy
    return frames, np.stack(np.broadcast_arrays(u[None, :], v[:, None]), axis=-1), camera


def test_flow_does_not_connect_two_vehicles_in_one_slot():
    sensor = CameraSensor("front", camera_spec(layers=("flow",)), SCENE, ARRAYS, 3)
    states = history((HERE, VAN), (HERE, (17.0, 1.0, 0.6)))
    first = sensor.capture(states, RED)
    for tick in range(1, 13):
        states.at_tick(tick).identity[0, 1] = 5
    second = sensor.capture(states, RED)
    van = second.channels["instance"] == 2
    assert van.any() and (first.channels["instance"] == 2).any()
    assert np.isnan(second.channels["flow"][van]).all()
    assert np.isfinite(second.channels["flow"][~van]).all()


HERE, VAN = (0.0, 0.0, 0.0), (16.0, 1.0, 0.6)


def test_layers_are_recorded_only_by_choice():
    for layers in ((), ("flow",), ("normal", "flow")):
        (frame,), _, _ = shoot((HERE, VAN), layers=layers)
        assert tuple(name for name in frame.channels if name in ("normal", "flow")) == layers
    assert frame.channels["normal"].shape == (96, 160, 3) and frame.channels["normal"].dtype == np.float32
    assert frame.channels["flow"].shape == (96, 160, 2) and frame.channels["flow"].dtype == np.float32


def test_normals_are_of_the_face_in_the_sensors_frame():
    (frame,), _, _ = shoot((HERE, VAN), pitch=5.0)
    normal, semantic = frame.channels["normal"], frame.channels["semantic"]
    to_sensor = frame.world_from_sensor[:3, :3].T
    for kind, world in ((Semantic.BUILDING, (-1.0, 0.0, 0.0)), (Semantic.ROAD, (0.0, 0.0, 1.0))):
        shown = semantic == kind
        assert shown.sum() > 500
        np.testing.assert_allclose(normal[shown], np.tile(to_sensor @ world, (shown.sum(), 1)), atol=1e-6)
    van = frame.channels["instance"] == 2
    assert van.sum() > 200
    np.testing.assert_allclose(np.linalg.norm(normal[van], axis=1), 1.0, atol=1e-5)
    assert not normal[semantic == Semantic.SKY].any()


def test_faces_seen_look_at_the_camera():
    (frame,), place, camera = shoot((HERE, VAN))
    ray = np.stack([np.full(place.shape[:2], camera.fx), -place[..., 0], -place[..., 1]], axis=-1)
    seen = frame.channels["depth"] > 0.0
    assert ((frame.channels["normal"] * ray).sum(axis=-1)[seen] < 0.0).all()


def test_a_wall_approached_flows_out_from_the_middle():
    (first, frame), place, _ = shoot((HERE, VAN), ((1.5, 0.0, 0.0), VAN))
    assert np.isnan(first.channels["flow"]).all()
    depth, flow = frame.channels["depth"], frame.channels["flow"]
    still = (frame.channels["instance"] != 1) & (depth > 0.0)
    assert still.sum() > 5000
    expected = -place * (1.5 / (depth + 1.5))[..., None]
    np.testing.assert_allclose(flow[still], expected[still], atol=1e-3)


def test_a_car_that_moves_sideways_carries_its_own_flow():
    (_, frame), _, camera = shoot((HERE, VAN), (HERE, (16.0, 1.4, 0.6)))
    depth, flow, instance = frame.channels["depth"], frame.channels["flow"], frame.channels["instance"]
    van = instance == 2
    assert van.sum() > 200
    np.testing.assert_allclose(flow[van][:, 0], 0.4 * camera.fx / depth[van], atol=1e-3)  # it came from the right
    np.testing.assert_allclose(flow[van][:, 1], 0.0, atol=1e-3)
    np.testing.assert_allclose(flow[instance != 2], 0.0, atol=1e-3)


def test_the_sky_turns_with_the_camera():
    turn = 0.03
    (_, frame), place, camera = shoot((HERE, VAN), ((0.0, 0.0, turn), VAN))
    sky = frame.channels["semantic"] == Semantic.SKY
    assert sky.sum() > 1000
    x, y = place[sky][:, 0] / camera.fx, place[sky][:, 1] / camera.fy
    # Before it turned left, the camera saw the same direction farther left.
    forward, left = math.cos(turn) + math.sin(turn) * x, math.sin(turn) - math.cos(turn) * x
    expected = np.stack([-left / forward - x, y / forward - y], axis=-1) * camera.fx
    np.testing.assert_allclose(frame.channels["flow"][sky], expected, atol=1e-3)


def test_who_was_not_there_has_no_flow():
    (_, frame), _, _ = shoot((HERE, None), (HERE, VAN))
    van = frame.channels["instance"] == 2
    assert van.sum() > 200
    assert np.isnan(frame.channels["flow"][van]).all()
    assert np.isfinite(frame.channels["flow"][~van]).all()


def test_any_number_of_threads_gives_the_same_layers():
    random = np.random.default_rng(4)
    triangle = random.integers(-1, len(ARRAYS.part), (70, 41)).astype(np.int32)
    depth = random.uniform(0.01, 1.0, triangle.shape).astype(np.float32)
    visibility = Visibility(np.where(triangle >= 0, depth, np.float32(0.0)), triangle)
    num_parts = len(ARRAYS.part_actor)
    normal = random.normal(size=(len(ARRAYS.part), 3)).astype(np.float32)
    before, now = (
        CapturePoses(
            np.eye(3, 4),
            random.normal(size=(num_parts, 3, 4)),
            np.ones(num_parts, np.bool_),
            np.zeros(num_parts, np.int32),
        )
        for _ in range(2)
    )
    camera = intrinsics_of_fov(41, 70, 1.2)
    normals = [normal_layer(visibility, ARRAYS.part, normal, now, num_threads) for num_threads in (1, 2, 5)]
    flows = [flow_layer(visibility, ARRAYS.part, camera, before, now, num_threads) for num_threads in (1, 2, 5)]
    for alone, *together in (normals, flows):
        assert np.isfinite(alone).mean() > 0.2
        assert all(alone.tobytes() == other.tobytes() for other in together)
