"""The mesh of any fixed object by kind and size."""

from collections.abc import Callable

import numpy as np

from simengine.assets.buildings import building_mesh, ceiling_lamp_mesh, roof_mesh, shelf_mesh, wall_mesh
from simengine.assets.roadside import (
    HOOD_DEPTH,
    LAMP_POST_RADIUS,
    LANTERN_WIDTH,
    SIGNAL_BACK,
    SIGNAL_BOARD,
    delineator_mesh,
    fence_mesh,
    guard_rail_mesh,
    lamp_post_mesh,
    sign_mesh,
    signal_mesh,
)
from simengine.assets.vegetation import tree_mesh
from simengine.core.errors import ScenarioError
from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Mesh

Size = tuple[float, float, float]

_BUILDERS: dict[str, Callable[[Size, int, np.random.Generator], Mesh]] = {
    "building": building_mesh,
    "tree": tree_mesh,
    "shelf": lambda size, variant, generator: shelf_mesh(size, generator),
    "wall": lambda size, variant, generator: wall_mesh(size),
    "roof": lambda size, variant, generator: roof_mesh(size),
    "ceiling_lamp": lambda size, variant, generator: ceiling_lamp_mesh(size),
    "lamp_post": lambda size, variant, generator: lamp_post_mesh(size),
    "signal": lambda size, variant, generator: signal_mesh(size[2]),
    "guard_rail": lambda size, variant, generator: guard_rail_mesh(size),
    "fence": lambda size, variant, generator: fence_mesh(size, variant),
    "delineator": lambda size, variant, generator: delineator_mesh(size[2]),
    "sign_post": lambda size, variant, generator: sign_mesh(f"speed_limit:{variant}" if variant > 0 else "other", size),
}

# The class that names an object of a kind; parts of it may have another, as a signal's post has.
SEMANTIC_OF_SCENERY = {
    "building": Semantic.BUILDING, "tree": Semantic.VEGETATION, "shelf": Semantic.SHELF, "wall": Semantic.WALL,
    "roof": Semantic.CEILING, "ceiling_lamp": Semantic.CEILING, "lamp_post": Semantic.POLE,
    "signal": Semantic.TRAFFIC_LIGHT, "guard_rail": Semantic.FENCE, "fence": Semantic.FENCE,
    "delineator": Semantic.POLE, "sign_post": Semantic.TRAFFIC_SIGN, "sign": Semantic.TRAFFIC_SIGN,
}  # fmt: skip


def scenery_bounds(kind: str, size: Size) -> tuple[Size, Size]:
    """Return the lowest and highest corner of a fixed object's box in the frame of `scenery_mesh` [m]."""
    length, width, height = size
    if kind == "lamp_post":  # the arm reaches from the post to its length
        return (-LAMP_POST_RADIUS, -0.5 * LANTERN_WIDTH, 0.0), (length, 0.5 * LANTERN_WIDTH, height)
    if kind == "signal":
        return (SIGNAL_BACK, -0.5 * SIGNAL_BOARD[1], 0.0), (HOOD_DEPTH, 0.5 * SIGNAL_BOARD[1], height)
    return (-0.5 * length, -0.5 * width, 0.0), (0.5 * length, 0.5 * width, height)


def scenery_mesh(kind: str, size: Size, variant: int, generator: np.random.Generator) -> Mesh:
    """Build a fixed object, standing on z = 0 about the origin; signs, signals and lamps face or reach towards +x.

    Args:
        kind: "building", "tree", "lamp_post", "sign_post", "sign:<type>" (see `roadside.sign_mesh`), "signal",
            "guard_rail", "fence", "shelf", "wall", "roof", "ceiling_lamp" or "delineator".
        size: Length along x, width along y, height [m].
        variant: Which of its kind; of a "sign_post" the speed limit [km/h].
        generator: Varies what grows and what lies on shelves.

    Raises:
        ScenarioError: The kind is not known.
    """
    if kind.startswith("sign:"):
        return sign_mesh(kind.partition(":")[2], size)
    if kind not in _BUILDERS:
        raise ScenarioError(f"scenery {kind!r} is not known; allowed: {', '.join(sorted(_BUILDERS))}, sign:<type>")
    return _BUILDERS[kind](size, variant, generator)
