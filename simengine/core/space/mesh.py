"""Triangle meshes: rigid parts with a material and a label class per triangle."""

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Material(IntEnum):
    """What a surface is made of; camera shading and LiDAR reflectance look it up."""

    ASPHALT = 0
    CONCRETE = 1
    PAINT_WHITE = 2  # road paint, retro-reflective
    PAINT_YELLOW = 3
    GRASS = 4
    SOIL = 5
    CAR_PAINT = 6  # takes the actor's color
    GLASS = 7
    TIRE = 8
    RIM = 9
    HEADLAMP = 10
    TAIL_LAMP = 11
    INDICATOR = 12
    CHROME = 13
    PLASTIC_DARK = 14
    SKIN = 15
    CLOTH_UPPER = 16  # takes the actor's color
    CLOTH_LOWER = 17
    HAIR = 18
    FUR = 19
    FACADE = 20
    WINDOW = 21
    ROOF = 22
    BARK = 23
    LEAF = 24
    METAL = 25
    SIGN_FACE = 26
    SIGNAL_RED = 27
    SIGNAL_AMBER = 28
    SIGNAL_GREEN = 29
    WOOD = 30
    CARDBOARD = 31
    CONE_ORANGE = 32
    REFLECTIVE_WHITE = 33
    FLOOR = 34
    SHELF_METAL = 35
    LICENSE_PLATE = 36


class PartRole(IntEnum):
    """How a part moves against the actor it belongs to."""

    BODY = 0
    WHEEL_FRONT_LEFT = 1  # spins about its pivot's y axis, steered about z
    WHEEL_FRONT_RIGHT = 2
    WHEEL_REAR_LEFT = 3
    WHEEL_REAR_RIGHT = 4
    LEG_LEFT = 5  # swings about its pivot's y axis with the gait; animals: front left and rear right
    LEG_RIGHT = 6  # animals: front right and rear left
    ARM_LEFT = 7
    ARM_RIGHT = 8


class Mesh(NamedTuple):
    """One object made of rigid parts, in the object's own frame (actors: x forward, origin at the box center).

    Triangles are counter-clockwise seen from outside.
    """

    vertex: NDArray[np.float32]  # [m]. Shape (num_vertices, 3)
    triangle: NDArray[np.int32]  # vertex indices. Shape (num_triangles, 3)
    material: NDArray[np.int16]  # Material. Shape (num_triangles,)
    semantic: NDArray[np.uint8]  # Semantic. Shape (num_triangles,)
    part: NDArray[np.int16]  # index into part_role, ascending. Shape (num_triangles,)
    part_role: NDArray[np.int16]  # PartRole. Shape (num_parts,)
    part_pivot: NDArray[np.float32]  # the point a part turns about [m]. Shape (num_parts, 3)


def merge_meshes(meshes: list[Mesh]) -> Mesh:
    """Join meshes of one frame into one rigid body (a single BODY part)."""
    if not meshes:
        return Mesh(
            np.zeros((0, 3), np.float32),
            np.zeros((0, 3), np.int32),
            np.zeros(0, np.int16),
            np.zeros(0, np.uint8),
            np.zeros(0, np.int16),
            np.zeros(1, np.int16),
            np.zeros((1, 3), np.float32),
        )
    offsets = np.cumsum([0] + [len(mesh.vertex) for mesh in meshes])
    triangle = np.concatenate([m.triangle + o for m, o in zip(meshes, offsets[:-1], strict=True)]).astype(np.int32)
    return Mesh(
        vertex=np.concatenate([m.vertex for m in meshes]).astype(np.float32),
        triangle=triangle,
        material=np.concatenate([m.material for m in meshes]).astype(np.int16),
        semantic=np.concatenate([m.semantic for m in meshes]).astype(np.uint8),
        part=np.zeros(len(triangle), np.int16),
        part_role=np.zeros(1, np.int16),
        part_pivot=np.zeros((1, 3), np.float32),
    )


def encloses(mesh: Mesh, point: NDArray[np.float64]) -> bool:
    """Return whether a point lies inside a mesh of closed solids, by the solid angle that its triangles fill around it.

    Formula: Van Oosterom and Strackee, "The solid angle of a plane triangle", IEEE Trans. Biomed. Eng. 30 (1983).

    Args:
        mesh: Seen in its rest pose.
        point: In the mesh's frame [m]. Shape (3,).
    """
    a, b, c = (mesh.vertex[mesh.triangle[:, k]].astype(np.float64) - point for k in range(3))
    la, lb, lc = (np.sqrt((side * side).sum(axis=1)) for side in (a, b, c))
    volume = (a * np.cross(b, c)).sum(axis=1)
    spread = la * lb * lc + (a * b).sum(axis=1) * lc + (b * c).sum(axis=1) * la + (c * a).sum(axis=1) * lb
    turns = sum(math.atan2(v, s) for v, s in zip(volume.tolist(), spread.tolist(), strict=True)) / (2.0 * math.pi)
    return turns > 0.5


def transform_mesh(mesh: Mesh, position: tuple[float, float, float], yaw: float) -> Mesh:
    """Turn a mesh by `yaw` [rad] about z, then move it by `position` [m]."""
    c, s = np.cos(np.float64(yaw)), np.sin(np.float64(yaw))
    rotation = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])

    def move(points: NDArray[np.float32]) -> NDArray[np.float32]:
        p = points.astype(np.float64)
        turned = p[:, :1] * rotation[:, 0] + p[:, 1:2] * rotation[:, 1] + p[:, 2:] * rotation[:, 2]
        return (turned + np.asarray(position)).astype(np.float32)

    return mesh._replace(vertex=move(mesh.vertex), part_pivot=move(mesh.part_pivot))
