"""How far what is drawn of an actor reaches while it walks or runs: the box that holds every limb at every phase.

Labeling rules ask for it: "the cuboid must contain all of the person's limbs and body movements, e.g. outstretched
arms, feet and legs as a pedestrian is walking" (a LiDAR annotation guide of the field; nuScenes and Argoverse 2 label
alike), with little room besides. So the box is that of all phases of the gait at the actor's present speed: it does not
pulse with every step, and somebody who stands has the box of somebody who stands. The shape that collides stays that of
the trunk: `ActorTable.length` and `width`.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.history import ActorPoses
from simengine.core.space.mesh import PartRole
from simengine.core.state import ActorKind, ActorTable
from simengine.sensors.scene.scene_arrays import (
    ANIMAL_STRIDE_SPEED,
    ANIMAL_SWING,
    ARM_SHARE,
    MOST_STRIDE,
    WALKER_STRIDE_SPEED,
    WALKER_SWING,
    SceneArrays,
)

_FIRST_LIMB, _FIRST_ARM, _LAST_LIMB = int(PartRole.LEG_LEFT), int(PartRole.ARM_LEFT), int(PartRole.ARM_RIGHT)
_ANIMAL = int(ActorKind.ANIMAL)


@njit(cache=True)
def _swing(role: int, kind: int, speed: float) -> float:
    """Return by how much a limb swings to either side at a speed [rad], as `scene_arrays.part_rotation` draws it."""
    if kind == _ANIMAL:
        swing = ANIMAL_SWING * min(1.0, speed / ANIMAL_STRIDE_SPEED)
    else:
        swing = WALKER_SWING * min(MOST_STRIDE, speed / WALKER_STRIDE_SPEED)
    return swing if role < _FIRST_ARM else ARM_SHARE * swing


@njit(cache=True)
def _farthest(middle: float, a: float, b: float, swing: float) -> float:
    """Return the largest |middle + a cos φ + b sin φ| over |φ| ≤ swing."""
    c, s = math.cos(swing), math.sin(swing)
    most = max(abs(middle + a * c + b * s), abs(middle + a * c - b * s), abs(middle + a))
    turn, reach = math.atan2(b, a), math.sqrt(a * a + b * b)
    if abs(turn) <= swing:
        most = max(most, abs(middle + reach))
    if math.pi - abs(turn) <= swing:
        most = max(most, abs(middle - reach))
    return most


@njit(cache=True)
def reach_of_limbs(
    part_actor: NDArray[np.int32],
    part_role: NDArray[np.int32],
    part_pivot: NDArray[np.float64],
    part_first_vertex: NDArray[np.int32],
    vertex: NDArray[np.float32],
    kind: NDArray[np.int32],
    speed: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Widen half the edges of actors' boxes so that they hold the limbs at every phase of the gait.

    Args:
        part_actor, part_role, part_pivot, part_first_vertex, vertex: See `SceneArrays`.
        kind: ActorKind. Shape (num_actors,).
        speed: Over the ground [m/s]. Shape (num_actors,).
        out: Half of length, width and height [m]; widened. Shape (num_actors, 3).
    """
    for p in range(len(part_actor)):
        a, role = part_actor[p], part_role[p]
        if a < 0 or role < _FIRST_LIMB or role > _LAST_LIMB:
            continue
        swing = _swing(role, kind[a], speed[a])
        for i in range(part_first_vertex[p], part_first_vertex[p + 1]):
            dx, dz = vertex[i, 0] - part_pivot[p, 0], vertex[i, 2] - part_pivot[p, 2]
            # Turned about the pivot's y axis by φ: x = dx cos φ + dz sin φ, z = −dx sin φ + dz cos φ.
            out[a, 0] = max(out[a, 0], _farthest(part_pivot[p, 0], dx, dz, swing))
            out[a, 2] = max(out[a, 2], _farthest(part_pivot[p, 2], dz, -dx, swing))


def drawn_sizes(arrays: SceneArrays, actors: ActorTable, poses: ActorPoses) -> NDArray[np.float64]:
    """Return the boxes that hold what is drawn of each actor, about its reference point [m]. Shape (num_actors, 3).

    Wheels that are turned stick out of them by what they stick out of the body, as on real vehicles.

    Args:
        arrays: The flattened scene.
        actors: What the actors are; row 0 is used.
        poses: Where they are and how fast.
    """
    half = 0.5 * np.stack([actors.length[0], actors.width[0], actors.height[0]], axis=1)
    speed = np.sqrt(poses.velocity[:, 0] * poses.velocity[:, 0] + poses.velocity[:, 1] * poses.velocity[:, 1])
    reach_of_limbs(
        arrays.part_actor, arrays.part_role, arrays.part_pivot, arrays.part_first_vertex, arrays.vertex,
        actors.kind[0], speed, half,
    )  # fmt: skip
    return 2.0 * half
