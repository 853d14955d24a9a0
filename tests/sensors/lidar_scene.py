"""A small world for sensor tests: an ego, boxes as actors, a ground plane, and a history of straight motion."""

import math

import numpy as np

from simengine.core.history import History
from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material, Mesh, PartRole
from simengine.core.state import EGO, copy_state, empty_actors, empty_state
from simengine.core.weather import Weather
from simengine.scenario.spec import LidarSpec, Mount
from simengine.sensors.base.sensor import Scene

CLEAR = Weather(0.0, 0.0, 20_000.0, 0.9, 0.0, 0.0, 0.0, 0.0, 0.0, 15.0, 0.0, 0.0, 0.0)
RATE_HZ = 120
_FACES = np.array(
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


def box_mesh(size, material=Material.CONCRETE, semantic=Semantic.CAR) -> Mesh:
    level = [[-1, -1], [1, -1], [1, 1], [-1, 1]]
    signs = np.array([[*corner, z] for z in (-1, 1) for corner in level])
    return Mesh(
        vertex=(0.5 * signs * np.asarray(size)).astype(np.float32),
        triangle=_FACES,
        material=np.full(12, material, np.int16),
        semantic=np.full(12, semantic, np.uint8),
        part=np.zeros(12, np.int16),
        part_role=np.array([PartRole.BODY], np.int16),
        part_pivot=np.zeros((1, 3), np.float32),
    )


def ground_mesh(half=200.0) -> Mesh:
    return Mesh(
        vertex=np.array([[-half, -half, 0], [half, -half, 0], [half, half, 0], [-half, half, 0]], np.float32),
        triangle=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        material=np.full(2, Material.ASPHALT, np.int16),
        semantic=np.full(2, Semantic.ROAD, np.uint8),
        part=np.zeros(2, np.int16),
        part_role=np.array([PartRole.BODY], np.int16),
        part_pivot=np.zeros((1, 3), np.float32),
    )


def make_scene(sizes, weather=CLEAR, ground=True, origin=(0.0, 0.0, 0.0)) -> Scene:
    """Actor 0 is the ego, 4 × 2 × 1.5 m; `sizes` are the others' boxes."""
    all_sizes = [(4.0, 2.0, 1.5), *sizes]
    actors = empty_actors(1, len(all_sizes))
    actors.present[:] = True
    actors.length[0], actors.width[0], actors.height[0] = np.array(all_sizes).T
    actors.rear_axle[0, EGO] = 1.4
    actors.front_axle[0, EGO] = 1.3
    actors.wheel_radius[0, EGO] = 0.3
    actors.track_width[0, EGO] = 1.5
    static = (ground_mesh(),) if ground else ()
    return Scene(
        origin=origin,
        actors=actors,
        actor_mesh=tuple(box_mesh(size) for size in all_sizes),
        actor_semantic=np.full(len(all_sizes), Semantic.CAR, np.uint8),
        static_mesh=static,
        static_instance=np.zeros(len(static), np.int32),
        lamp_position=np.zeros((0, 3)),
        signal_mesh=np.zeros(0, np.int32),
        weather=weather,
        seed=1,
    )


def make_history(scene: Scene, positions, velocities, yaws=None, yaw_rates=None, ticks=30) -> History:
    """Every actor moves straight and turns evenly from where it is at tick 0."""
    history = History(RATE_HZ, ticks + 2)
    count = len(scene.actor_mesh)
    yaws = np.zeros(count) if yaws is None else np.asarray(yaws, float)
    yaw_rates = np.zeros(count) if yaw_rates is None else np.asarray(yaw_rates, float)
    state = empty_state(1, count)
    state.valid[:] = True
    for tick in range(ticks + 1):
        state = copy_state(state)
        state.tick[0] = tick
        for a in range(count):
            time = tick / RATE_HZ
            state.position[0, a] = np.asarray(positions[a]) + np.asarray(velocities[a]) * time
            state.velocity[0, a] = velocities[a]
            half = 0.5 * (yaws[a] + yaw_rates[a] * time)
            state.orientation[0, a] = (math.cos(half), 0.0, 0.0, math.sin(half))
            state.angular_velocity[0, a, 2] = yaw_rates[a]
        history.push(state)
    return history


def lidar_spec(**changes) -> LidarSpec:
    """Sensor above the center of the ego's rear axle, 1.8 m up."""
    settings = {
        "kind": "lidar",
        "mount": Mount(position=(0.0, 0.0, 1.8), roll_deg=0.0, pitch_deg=0.0, yaw_deg=0.0),
        "rate_hz": 10.0,
        "phase": 0.0,
        "channels": 16,
        "columns": 256,
        "lowest_deg": -20.0,
        "highest_deg": 10.0,
        "max_range": 120.0,
        "noise_std": 0.0,
    }
    return LidarSpec(**{**settings, **changes})
