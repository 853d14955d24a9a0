"""A small street for camera tests: real actors on a plane, a house, a tree, a signal, and a history at rest."""

import math

import numpy as np

from simengine.assets.actors import actor_mesh
from simengine.assets.scenery import scenery_mesh
from simengine.core.history import History
from simengine.core.semantics import SEMANTIC_OF_KIND, Semantic
from simengine.core.space.mesh import Material, Mesh, PartRole, transform_mesh
from simengine.core.state import Light, empty_actors, empty_state
from simengine.core.weather import Weather
from simengine.physics.vehicle.catalog import fill_actor, model_named
from simengine.scenario.spec import CameraSpec, Mount
from simengine.sensors.base.sensor import Scene

# Model, x, y [m], yaw [rad]; the first is the ego, whose rear axle is near the origin.
ACTORS = (
    ("sedan", 1.2, 0.0, 0.0),
    ("compact_car", 15.0, 0.5, 0.0),
    ("truck", 26.0, -3.5, 0.0),
    ("pedestrian", 11.0, -2.5, 1.0),
    ("child", 9.0, 2.2, -1.0),
    ("deer", 13.0, 5.0, 2.0),
    ("bicycle", 12.0, 3.4, 0.4),
    ("cone", 7.0, -1.5, 0.0),
)
ORIGIN = (0.0, 0.0, 0.0)


def weather(**changes) -> Weather:
    settings = {
        "rain_rate": 0.0,
        "snow_rate": 0.0,
        "optical_range": 20_000.0,
        "sun_elevation": 0.8,
        "sun_azimuth": 2.0,
        "cloud": 0.2,
        "wetness": 0.0,
        "snow_cover": 0.0,
        "ice": 0.0,
        "temperature": 15.0,
        "wind_speed": 1.0,
        "wind_direction": 0.0,
        "street_lights": 0.0,
    }
    return Weather(**{**settings, **changes})


NIGHT = {"sun_elevation": -0.5, "street_lights": 1.0}


def plane_mesh(half=120.0, material=Material.ASPHALT, semantic=Semantic.ROAD) -> Mesh:
    return Mesh(
        vertex=np.array([[-half, -half, 0], [half, -half, 0], [half, half, 0], [-half, half, 0]], np.float32),
        triangle=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        material=np.full(2, material, np.int16),
        semantic=np.full(2, semantic, np.uint8),
        part=np.zeros(2, np.int16),
        part_role=np.array([PartRole.BODY], np.int16),
        part_pivot=np.zeros((1, 3), np.float32),
    )


def street_scene(sky: Weather, actors=ACTORS, furnished=True, origin=ORIGIN) -> Scene:
    """The world's coordinates are those of ACTORS plus `origin`."""
    table = empty_actors(1, len(actors))
    meshes = []
    for a, (name, _, _, _) in enumerate(actors):
        model = model_named(name)
        fill_actor(table, 0, a, name, (0.5, 0.06, 0.05))
        meshes.append(
            actor_mesh(
                model.kind,
                model.variant,
                model.length,
                model.width,
                model.height,
                wheel_radius=model.wheel_radius,
                front_axle_x=model.cog_offset + model.front_axle,
                rear_axle_x=model.cog_offset - model.rear_axle,
                track_width=model.track_width,
            )
        )
    random = np.random.default_rng(2)
    static, instance = [plane_mesh()], [0]
    if furnished:
        for n, (kind, size, x, y, yaw) in enumerate(
            (
                ("building", (16.0, 10.0, 9.0), 30.0, 16.0, 0.0),
                ("tree", (4.0, 4.0, 7.0), 20.0, 9.0, 0.0),
                ("signal", (0.35, 0.35, 3.4), 12.0, -4.5, math.pi),
            )
        ):
            static.append(transform_mesh(scenery_mesh(kind, size, 0, random), (x, y, 0.0), yaw))
            instance.append(len(actors) + 1 + n)
    return Scene(
        origin=origin,
        actors=table,
        actor_mesh=tuple(meshes),
        actor_semantic=np.array([SEMANTIC_OF_KIND[model_named(name).kind] for name, _, _, _ in actors], np.uint8),
        static_mesh=tuple(static),
        static_instance=np.array(instance, np.int32),
        lamp_position=np.array([[10.0, -6.0, 7.0]]),
        signal_mesh=np.array([3] if furnished else [], np.int32),
        weather=sky,
        seed=11,
    )


def still_history(scene: Scene, actors=ACTORS, lights=int(Light.HEAD), speed=0.0) -> History:
    state = empty_state(1, len(actors))
    for a, (name, x, y, yaw) in enumerate(actors):
        state.valid[0, a] = True
        state.position[0, a] = np.array(scene.origin) + (x, y, 0.5 * model_named(name).height)
        state.orientation[0, a] = (math.cos(0.5 * yaw), 0.0, 0.0, math.sin(0.5 * yaw))
        state.velocity[0, a] = (speed * math.cos(yaw), speed * math.sin(yaw), 0.0)
        state.gait_phase[0, a] = 1.0
        state.lights[0, a] = lights
    history = History(120, 4)
    history.push(state)
    return history


def camera_spec(**changes) -> CameraSpec:
    settings = {
        "kind": "camera",
        "mount": Mount(position=(1.6, 0.0, 1.4), roll_deg=0.0, pitch_deg=3.0, yaw_deg=0.0),
        "rate_hz": 10.0,
        "phase": 0.0,
        "width": 160,
        "height": 96,
        "horizontal_fov_deg": 80.0,
        "exposure_bias": 0.0,
        "noise": False,
    }
    return CameraSpec(**{**settings, **changes})
