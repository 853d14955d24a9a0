"""What does not move in a world of Bullet's: scenery, and the ground for what lies or tumbles on it.

The ground is a slab where the network is level, else tiles of triangles laid where something needs them (`terrain`).
"""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.core.surface_friction import ASPHALT
from simengine.physics.backend import Ground
from simengine.physics.bullet.engine import GROUND, SCENERY, BoxShapes, p, set_group
from simengine.physics.contact.terrain import SAMPLES, STOREY, TILE_SIZE, sample_tile, tile_mesh, tiles_around
from simengine.physics.materials import GROUND_RESTITUTION
from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import ground_at

_SCENERY_FRICTION = 0.8  # of metal on it 0.56: friction of a pair is the product
_SLAB_MARGIN = 1000.0  # of level ground beyond the network, and its thickness [m]
_REACH = 3.0  # of the ground tiles around what needs them, besides its size [m]


class StaticBodies:
    """Ground and scenery of one world.

    Args:
        client: Bullet's world.
        shapes: Its box shapes.
        ground: What is to be made of it.
        lanes: Of the ground's network.

    Attributes:
        ground_uids: Bodies of the ground.
    """

    def __init__(self, client: int, shapes: BoxShapes, ground: Ground, lanes: LaneArrays) -> None:
        self._client, self._lanes = client, lanes
        sliding = float(np.broadcast_to(ground.sliding, 1)[0])
        # Of surface and weather against that of a dry road.
        self._friction = float(ground.friction[0]) * sliding / ASPHALT.dry_sliding
        self._tiles: dict[tuple[int, int], list[NDArray[np.float64]]] = {}
        self.ground_uids: set[int] = set()
        if not math.isnan(lanes.level):
            # A slab, not Bullet's plane: boxes that slide on a plane sink into it and stay there until they stop.
            place = ground.network.point_position
            low, high = place.min(axis=0) - _SLAB_MARGIN, place.max(axis=0) + _SLAB_MARGIN
            size, middle = (high - low).tolist(), (0.5 * (low + high)).tolist()
            slab = shapes.shape((size[0], size[1], _SLAB_MARGIN))
            self._add_ground(slab, (middle[0], middle[1], lanes.level - 0.5 * _SLAB_MARGIN))
        for box in ground.obstacles:
            half = 0.5 * box.yaw
            uid = p.createMultiBody(
                0.0, shapes.shape(box.size), basePosition=box.position,
                baseOrientation=(0.0, 0.0, math.sin(half), math.cos(half)), physicsClientId=client,
            )  # fmt: skip
            p.changeDynamics(
                uid, -1, lateralFriction=_SCENERY_FRICTION, restitution=GROUND_RESTITUTION, physicsClientId=client
            )
            set_group(client, uid, SCENERY)

    def _add_ground(self, shape: int, position: tuple[float, float, float]) -> None:
        uid = p.createMultiBody(0.0, shape, basePosition=position, physicsClientId=self._client)
        p.changeDynamics(
            uid, -1, lateralFriction=self._friction, restitution=GROUND_RESTITUTION, physicsClientId=self._client
        )
        set_group(self._client, uid, GROUND)
        self.ground_uids.add(uid)

    def lay_below(self, position: NDArray[np.float64], length: NDArray[np.float64]) -> None:
        """Make the tiles below bodies that need ground, where it is not level.

        Args:
            position: Of the bodies [m]. Shape (n, 3).
            length: Of the bodies [m]. Shape (n,).
        """
        if not math.isnan(self._lanes.level):
            return
        for (x, y, z), long in zip(position.tolist(), length.tolist(), strict=True):
            height = ground_at(self._lanes, x, y, z)[0]
            for column, row in tiles_around(x, y, _REACH + 0.5 * long):
                self._lay_tile(column, row, x, y, height)

    def _lay_tile(self, column: int, row: int, x: float, y: float, z: float) -> None:
        """Make the tile of a column and row on the storey of a place on the ground, unless it is there."""
        laid = self._tiles.setdefault((column, row), [])
        left, low = column * TILE_SIZE, row * TILE_SIZE
        pitch = TILE_SIZE / (SAMPLES - 1)
        near = (
            min(SAMPLES - 1, max(0, int((y - low) / pitch))),
            min(SAMPLES - 1, max(0, int((x - left) / pitch))),
        )
        if any(abs(heights[near] - z) < STOREY for heights in laid):
            return
        heights = np.empty((SAMPLES, SAMPLES))
        sample_tile(self._lanes, left, low, x, y, z, heights)
        laid.append(heights)
        vertices, indices = tile_mesh(heights - heights[near])
        # Without the adjusted normals of inner edges a box that slides over a mesh trips over its triangles.
        shape = p.createCollisionShape(
            p.GEOM_MESH, vertices=vertices.tolist(), indices=indices.tolist(), flags=p.GEOM_CONCAVE_INTERNAL_EDGE,
            physicsClientId=self._client,
        )  # fmt: skip
        self._add_ground(shape, (left, low, float(heights[near])))
