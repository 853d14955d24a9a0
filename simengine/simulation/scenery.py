"""What stands around the road: surfaces, buildings, trees, posts, shelves; as meshes to see and boxes to hit."""

from typing import NamedTuple

from simengine.physics.backend import StaticBox

# What part of an object's footprint is solid at bumper height, length and width; 0 leaves it out.
_SOLID = {
    "building": (1.0, 1.0), "shelf": (1.0, 1.0), "wall": (1.0, 1.0), "guard_rail": (1.0, 1.0), "fence": (1.0, 1.0),
    "tree": (0.12, 0.12), "lamp_post": (0.25, 0.25), "signal": (0.3, 0.3), "sign_post": (0.2, 0.2),
    "delineator": (0.0, 0.0),
}  # fmt: skip
_POST = 0.15  # thickness of posts and trunks at least [m]
_SIGHT = 500.0  # scenery further from every start is left out [m]


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
