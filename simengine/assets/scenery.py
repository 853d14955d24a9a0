"""The mesh of any fixed object by kind and size."""

from collections.abc import Callable

import numpy as np

from simengine.assets.buildings import building_mesh, shelf_mesh, wall_mesh
from simengine.assets.roadside import (
    delineator_mesh,
    fence_mesh,
    guard_rail_mesh,
    lamp_post_mesh,
    sign_mesh,
    signal_mesh,
)
from simengine.assets.vegetation import tree_mesh
from simengine.core.errors import ScenarioError
from simengine.core.mesh import Mesh

Size = tuple[float, float, float]

_BUILDERS: dict[str, Callable[[Size, int, np.random.Generator], Mesh]] = {
    "building": building_mesh,
    "tree": tree_mesh,
    "shelf": lambda size, variant, generator: shelf_mesh(size, generator),
    "wall": lambda size, variant, generator: wall_mesh(size),
    "lamp_post": lambda size, variant, generator: lamp_post_mesh(size),
    "signal": lambda size, variant, generator: signal_mesh(size[2]),
    "guard_rail": lambda size, variant, generator: guard_rail_mesh(size),
    "fence": lambda size, variant, generator: fence_mesh(size, variant),
    "delineator": lambda size, variant, generator: delineator_mesh(size[2]),
    "sign_post": lambda size, variant, generator: sign_mesh(f"speed_limit:{variant}" if variant > 0 else "other", size),
}


def scenery_mesh(kind: str, size: Size, variant: int, generator: np.random.Generator) -> Mesh:
    """Build a fixed object, standing on z = 0 about the origin; signs, signals and lamps face or reach towards +x.

    Args:
        kind: "building", "tree", "lamp_post", "sign_post", "sign:<type>" (see `roadside.sign_mesh`), "signal",
            "guard_rail", "fence", "shelf", "wall" or "delineator".
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
