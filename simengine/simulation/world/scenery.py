"""What stands around the road: surfaces, buildings, trees, posts, shelves; as meshes to see and boxes to hit."""

import math
from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.assets.actors import actor_mesh
from simengine.assets.scenery import scenery_mesh
from simengine.core.rng import generator, kernel_seed
from simengine.core.semantics import SEMANTIC_OF_KIND, Semantic
from simengine.core.space.mesh import Mesh, transform_mesh
from simengine.core.state import EGO, ActorKind, ActorTable
from simengine.core.weather import Weather
from simengine.physics.backend import StaticBox
from simengine.road.furniture import roadside_positions
from simengine.road.ground.surface import surface_meshes
from simengine.road.network.network import RoadNetwork
from simengine.road.procedural.kinds import SolidBox, warehouse_fittings
from simengine.scenario.spec import ConcreteScenario
from simengine.sensors.base.sensor import MOST_INSTANCES, Scene, static_instance
from simengine.simulation.placement import ActorPlan, Obstacle

# What part of an object's footprint is solid at bumper height, length and width; what is not named is passed through.
_SOLID = {
    "building": (1.0, 1.0), "shelf": (1.0, 1.0), "wall": (1.0, 1.0), "guard_rail": (1.0, 1.0), "fence": (1.0, 1.0),
    "tree": (0.12, 0.12), "lamp_post": (0.0, 0.0), "signal": (0.0, 0.0), "sign_post": (0.0, 0.0),
}  # fmt: skip
_POST = 0.15  # posts and trunks are at least this thick [m]
_OF_A_HALL = ("shelf", "wall", "roof", "ceiling_lamp")  # seen from everywhere inside
_SIGHT = 400.0  # scenery farther from every actor is left out [m]
_LANTERN = (0.29, 0.105)  # how far the lantern hangs short of the end of its arm, and below the top [m]


_NOT_FITTINGS = {"kind", "speed_limit", "passage_at", "passage_width"}  # settings of a hall that change none of them


class Prop(NamedTuple):
    """One object of the scenery."""

    kind: str
    position: tuple[float, float, float]  # of its foot, world [m]
    yaw: float  # [rad]
    size: tuple[float, float, float]  # length, width, height [m]
    signal: int = -1  # which of the network's signals it shows


class Scenery(NamedTuple):
    """The unmoving part of a world."""

    props: tuple[Prop, ...]
    obstacles: tuple[StaticBox, ...]
    origin: tuple[float, float, float]  # near which pictures are drawn, world [m]


NOTHING = Scenery((), (), (0.0, 0.0, 0.0))


def _solid_box(prop: Prop) -> StaticBox | None:
    share = _SOLID.get(prop.kind.partition(":")[0])
    if share is None:
        return None
    length, width, height = prop.size
    x, y, z = prop.position
    size = (max(_POST, share[0] * length), max(_POST, share[1] * width), height)
    return StaticBox((x, y, z + 0.5 * height), prop.yaw, size)


def furnish(scenario: ConcreteScenario, network: RoadNetwork, shelves: list[SolidBox]) -> tuple[Prop, ...]:
    """Return everything that stands in a hall or along the roads, wherever the actors will be.

    Args:
        scenario: Its road names the scenery, its seed varies it.
        network: The roads. Its signals come first, in their order.
        shelves: Of a hall.
    """
    random = generator(scenario.seed, "scenery")
    hall = [("shelf", box) for box in shelves]
    if scenario.road.kind == "warehouse":
        hall += warehouse_fittings(**scenario.road.model_dump(exclude=_NOT_FITTINGS))
    props = [Prop(kind, (x, y, z - 0.5 * size[2]), yaw, size) for kind, ((x, y, z), yaw, size) in hall]
    kind = getattr(scenario.road, "scenery", "none")
    for number, (item, x, y, z, yaw, size) in enumerate(roadside_positions(network, kind, random)):
        props.append(Prop(item, (x, y, z), yaw, size, number if number < len(network.signal_heading) else -1))
    return tuple(props)


def obstacles_of(props: tuple[Prop, ...]) -> tuple[Obstacle, ...]:
    """Return what of the scenery nobody can stand in."""
    found = []
    for number, prop in enumerate(props):
        box = _solid_box(prop)
        if box is not None:
            found.append(Obstacle(number, prop.kind, *prop.position, prop.yaw, *box.size))
    return tuple(found)


def make_scenery(props: tuple[Prop, ...], given_way: Collection[int], plans: list[ActorPlan]) -> Scenery:
    """Keep the scenery near the actors.

    Args:
        props: See `furnish`.
        given_way: Which of them make room for actors.
        plans: Where the actors start; the first is the ego.
    """
    starts = np.array([(plan.x, plan.y) for plan in plans])
    near = [
        prop
        for number, prop in enumerate(props)
        if number not in given_way
        and (prop.kind in _OF_A_HALL or np.hypot(*(starts - prop.position[:2]).T).min() < _SIGHT)
    ]
    boxes = [box for prop in near if (box := _solid_box(prop)) is not None]
    # A whole number of meters, so that adding it back loses nothing.
    origin = (float(round(plans[0].x)), float(round(plans[0].y)), float(round(plans[0].z)))
    return Scenery(tuple(near), tuple(boxes), origin)


def scenery_instances(scenery: Scenery) -> NDArray[np.int32]:
    """Return the instance id of every object, above those of all actors; 0 past what 16-bit masks can tell apart."""
    ids = static_instance(0) + np.arange(len(scenery.props), dtype=np.int32)
    return np.where(ids <= MOST_INSTANCES, ids, 0).astype(np.int32)


def _actor_meshes(actors: ActorTable) -> tuple[Mesh, ...]:
    meshes = []
    for a in range(actors.kind.shape[1]):
        offset = float(actors.cog_offset[0, a])
        meshes.append(
            actor_mesh(
                ActorKind(int(actors.kind[0, a])),
                int(actors.variant[0, a]),
                float(actors.length[0, a]),
                float(actors.width[0, a]),
                float(actors.height[0, a]),
                wheel_radius=float(actors.wheel_radius[0, a]),
                front_axle_x=offset + float(actors.front_axle[0, a]),
                rear_axle_x=offset - float(actors.rear_axle[0, a]),
                track_width=float(actors.track_width[0, a]),
            )
        )
    return tuple(meshes)


def make_scene(
    scenario: ConcreteScenario, network: RoadNetwork, scenery: Scenery, actors: ActorTable, weather: Weather
) -> Scene:
    """Turn a world into what sensors can see: a mesh per actor, surfaces, and one mesh per object around."""
    origin = np.array(scenery.origin)
    surfaces = surface_meshes(network, scenery.origin, getattr(scenario.road, "scenery", "none"))
    meshes, instances = list(surfaces), [0] * len(surfaces)
    ids = scenery_instances(scenery)
    signal_mesh = np.full(len(network.signal_heading), -1, np.int32)
    lamps = []
    for number, prop in enumerate(scenery.props):
        mesh = scenery_mesh(prop.kind, prop.size, number, generator(scenario.seed, "prop", number))
        x, y, z = (float(value) for value in np.array(prop.position) - origin)
        if prop.signal >= 0:
            signal_mesh[prop.signal] = len(meshes)
        if prop.kind == "lamp_post":
            reach, height = prop.size[0] - _LANTERN[0], prop.size[2] - _LANTERN[1]
            lamps.append((x + reach * math.cos(prop.yaw), y + reach * math.sin(prop.yaw), z + height))
        meshes.append(transform_mesh(mesh, (x, y, z), prop.yaw))
        instances.append(int(ids[number]))
    bodies = list(_actor_meshes(actors))
    # The body that carries the sensors is no other vehicle to be found in a picture.
    bodies[EGO] = bodies[EGO]._replace(semantic=np.full_like(bodies[EGO].semantic, Semantic.EGO))
    return Scene(
        origin=scenery.origin,
        actors=actors,
        actor_mesh=tuple(bodies),
        actor_semantic=np.array([SEMANTIC_OF_KIND[ActorKind(int(kind))] for kind in actors.kind[0]], np.uint8),
        static_mesh=tuple(meshes),
        static_instance=np.array(instances, np.int32),
        lamp_position=np.array(lamps, np.float64).reshape(-1, 3),
        signal_mesh=signal_mesh,
        weather=weather,
        seed=int(kernel_seed(scenario.seed, "appearance")),
        datum=network.datum,
    )
