"""The mesh of any actor by kind, variant and size."""

from functools import lru_cache

from simengine.assets.animals import deer_mesh
from simengine.assets.cars import car_mesh
from simengine.assets.cycles import bicycle_mesh, motorcycle_mesh
from simengine.assets.heavy import bus_mesh, truck_mesh
from simengine.assets.objects import cargo_mesh, cone_mesh, robot_mesh
from simengine.assets.people import person_mesh
from simengine.core.space.mesh import Mesh
from simengine.core.state import ActorKind


@lru_cache(maxsize=512)  # traffic is of a few models, in every episode; a mesh takes 2 ms and about 100 kB
def actor_mesh(
    kind: ActorKind,
    variant: int,
    length: float,
    width: float,
    height: float,
    *,
    wheel_radius: float,
    front_axle_x: float,
    rear_axle_x: float,
    track_width: float,
) -> Mesh:
    """Return the mesh of an actor: x forward, origin at the center of its bounding box, which it fills exactly.

    Its arrays are shared by all who ask for the same mesh and must not be written.

    Args:
        kind: What it is.
        variant: Which of its kind: cars hatchback, saloon, van, SUV; pedestrians adult, child; animals buck, doe;
            cargo box, tire, ladder. Further numbers repeat.
        length: Bounding box [m].
        width: Bounding box, mirrors within [m].
        height: Bounding box [m].
        wheel_radius: [m]; ignored by what has no wheels, like the rest.
        front_axle_x: Front axle ahead of the box center [m].
        rear_axle_x: Rear axle ahead of the box center, negative [m].
        track_width: Between the wheel centers of an axle [m].
    """
    match kind:
        case ActorKind.PEDESTRIAN:
            return person_mesh(variant, length, width, height)
        case ActorKind.ANIMAL:
            return deer_mesh(variant, length, width, height)
        case ActorKind.CARGO:
            return cargo_mesh(variant, length, width, height)
        case ActorKind.CONE:
            return cone_mesh(length, width, height)
        case ActorKind.ROBOT:
            return robot_mesh(length, width, height, wheel_radius=wheel_radius, track_width=track_width)
        case ActorKind.MOTORCYCLE | ActorKind.BICYCLE:
            build = motorcycle_mesh if kind == ActorKind.MOTORCYCLE else bicycle_mesh
            return build(
                length, width, height, wheel_radius=wheel_radius, front_axle_x=front_axle_x, rear_axle_x=rear_axle_x
            )
        case ActorKind.TRUCK | ActorKind.BUS:
            build_heavy = truck_mesh if kind == ActorKind.TRUCK else bus_mesh
            return build_heavy(
                length,
                width,
                height,
                wheel_radius=wheel_radius,
                front_axle_x=front_axle_x,
                rear_axle_x=rear_axle_x,
                track_width=track_width,
            )
        case _:
            return car_mesh(
                variant,
                length,
                width,
                height,
                wheel_radius=wheel_radius,
                front_axle_x=front_axle_x,
                rear_axle_x=rear_axle_x,
                track_width=track_width,
            )
