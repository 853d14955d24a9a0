"""A `Scene` flattened into arrays once per episode, and the pose of every rigid part at an instant.

Vertices stay in the frame of their object (actors: x forward, origin at the box center; static meshes: the world about
the scene's origin). A part is what moves as one: a body, a wheel, a leg, or a patch of a large static surface, cut so
that it can be culled by its bounding sphere.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.history import ActorPoses
from simengine.core.space.geometry import rotation_matrix
from simengine.core.space.mesh import Material, Mesh, PartRole
from simengine.core.state import ActorKind, ActorTable
from simengine.sensors.base.sensor import Scene, actor_instance
from simengine.sensors.scene.clusters import Clusters, build_clusters
from simengine.sensors.scene.normals import normal_cones, smooth_corner_normals

PATCH_SIZE = 32.0  # static surfaces are cut into patches of this edge length [m]
CREASE_COSINE = 0.72  # faces whose normals differ by less than 44° are shaded as one smooth surface
# Half the angle between a walker's legs at full stride [rad] and the speed of a full stride [m/s]: step 0.75 m on legs
# of 0.85 m gives 2 asin(0.375 / 0.85) = 0.91 rad (stride at 1.4 m/s, Winter, Biomechanics of Human Movement, ch. 5).
WALKER_SWING, WALKER_STRIDE_SPEED = 0.45, 1.4
MOST_STRIDE = 1.3  # of a person's full stride, when running
ARM_SHARE = 0.8  # of the legs' swing
ANIMAL_SWING, ANIMAL_STRIDE_SPEED = 0.5, 4.0

_BODY = int(PartRole.BODY)
_WHEEL_FIRST, _WHEEL_LAST, _WHEEL_FRONT_LAST = (
    int(PartRole.WHEEL_FRONT_LEFT),
    int(PartRole.WHEEL_REAR_RIGHT),
    int(PartRole.WHEEL_FRONT_RIGHT),
)
_LEG_LEFT, _LEG_RIGHT = int(PartRole.LEG_LEFT), int(PartRole.LEG_RIGHT)
_ARM_LEFT, _ARM_RIGHT = int(PartRole.ARM_LEFT), int(PartRole.ARM_RIGHT)
_ANIMAL = int(ActorKind.ANIMAL)


class SceneArrays(NamedTuple):
    """Everything that can be seen, as flat arrays. Triangles and vertices of a part are contiguous."""

    vertex: NDArray[np.float32]  # object frame [m]. (num_vertices, 3)
    corner_normal: NDArray[np.float32]  # smooth unit normal at each corner, object frame. (num_triangles, 3, 3)
    triangle: NDArray[np.int32]  # rows of `vertex`, counter-clockwise from outside. (num_triangles, 3)
    material: NDArray[np.uint8]  # Material. (num_triangles,)
    semantic: NDArray[np.uint8]  # Semantic. (num_triangles,)
    part: NDArray[np.int32]  # (num_triangles,)
    triangle_seed: NDArray[np.uint32]  # varies the look of windows and leaves; two triangles a window. (num_triangles,)
    part_first_triangle: NDArray[np.int32]  # CSR, (num_parts + 1,)
    part_first_vertex: NDArray[np.int32]  # CSR, (num_parts + 1,)
    part_actor: NDArray[np.int32]  # actor index, or −1 for static parts. (num_parts,)
    part_static: NDArray[np.int32]  # static mesh index, or −1 for actors. (num_parts,)
    part_role: NDArray[np.int32]  # PartRole. (num_parts,)
    part_pivot: NDArray[np.float64]  # object frame [m]. (num_parts, 3)
    part_center: NDArray[np.float64]  # bounding sphere, object frame [m]. (num_parts, 3)
    part_radius: NDArray[np.float64]  # [m]. (num_parts,)
    part_instance: NDArray[np.int32]  # 0 surfaces, 1 + actor, static instances above. (num_parts,)
    part_signal: NDArray[np.int32]  # index of the network's signal, or −1. (num_parts,)
    clusters: Clusters  # the triangles again, in small groups of neighbors
    cone: NDArray[np.float64]  # of the normals of each cluster, see `normal_cones`. (num_clusters, 4)


def _triangle_groups(mesh: Mesh, is_static: bool) -> list[tuple[int, NDArray[np.int64]]]:
    """Return (part of the mesh, its triangles) for every part that the flattened scene is to have."""
    groups: list[tuple[int, NDArray[np.int64]]] = []
    for p in range(len(mesh.part_role)):
        chosen = np.flatnonzero(mesh.part == p)
        if len(chosen) == 0:
            continue
        if is_static and len(chosen) > 64:
            center = mesh.vertex[mesh.triangle[chosen]].astype(np.float64).mean(axis=1)[:, :2]
            cell = np.floor(center / PATCH_SIZE).astype(np.int64)
            span = cell - cell.min(axis=0)
            key = span[:, 1] * (int(span[:, 0].max()) + 1) + span[:, 0]
            order = np.argsort(key, kind="stable")
            bounds = np.flatnonzero(np.diff(key[order])) + 1
            groups += [(p, np.sort(piece)) for piece in np.split(chosen[order], bounds)]
        else:
            groups.append((p, chosen))
    return groups


def _triangle_seeds(mesh: Mesh, index: int) -> NDArray[np.uint32]:
    """Return a seed per triangle; the two triangles of a window share all bits but the lowest, which differs."""
    number = np.arange(len(mesh.triangle))
    window = mesh.material == Material.WINDOW
    order = np.cumsum(window) - 1
    number[window] = order[window] // 2
    mixed = (number.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B1)
    mixed += np.uint64(index + 1) * np.uint64(0x85EBCA6B)
    mixed &= np.uint64(0xFFFFFFFE)
    mixed[window] |= (order[window] % 2).astype(np.uint64)
    return mixed.astype(np.uint32)


class _Piece(NamedTuple):
    """One part of a mesh, ready to be joined to others."""

    part: int
    vertex: NDArray[np.float32]
    normal: NDArray[np.float32]
    triangle: NDArray[np.int64]  # rows of `vertex`
    chosen: NDArray[np.int64]  # of the mesh's triangles
    center: NDArray[np.float64]
    radius: float


def _pieces(mesh: Mesh, is_static: bool) -> list[_Piece]:
    """Cut a mesh into the parts that the flattened scene is to have."""
    normal = np.empty((len(mesh.triangle), 3, 3), np.float32)
    smooth_corner_normals(
        np.ascontiguousarray(mesh.vertex, np.float32),
        np.ascontiguousarray(mesh.triangle, np.int32),
        CREASE_COSINE,
        normal,
    )
    pieces = []
    place = np.zeros(len(mesh.vertex), np.int64)
    for p, chosen in _triangle_groups(mesh, is_static):
        corners = mesh.triangle[chosen]
        place[:] = 0
        place[corners] = 1
        used = np.flatnonzero(place)
        place[used] = np.arange(len(used))
        points = mesh.vertex[used].astype(np.float32)
        low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
        middle = 0.5 * (low + high)
        offset = points.astype(np.float64) - middle
        radius = math.sqrt(float((offset * offset).sum(axis=1).max())) + 1e-4
        pieces.append(_Piece(p, points, normal[chosen], place[corners], chosen, middle, radius))
    return pieces


def flatten_scene(scene: Scene) -> SceneArrays:
    """Join every actor's and static mesh into one set of arrays."""
    signal_of_static = {int(mesh): signal for signal, mesh in enumerate(scene.signal_mesh) if mesh >= 0}
    objects = [(mesh, a, -1, actor_instance(a), -1) for a, mesh in enumerate(scene.actor_mesh)]
    objects += [
        (mesh, -1, s, int(scene.static_instance[s]), signal_of_static.get(s, -1))
        for s, mesh in enumerate(scene.static_mesh)
    ]
    vertex: list[NDArray[np.float32]] = [np.zeros((0, 3), np.float32)]
    normal: list[NDArray[np.float32]] = [np.zeros((0, 3, 3), np.float32)]
    triangle: list[NDArray[np.int32]] = [np.zeros((0, 3), np.int32)]
    material: list[NDArray[np.uint8]] = [np.zeros(0, np.uint8)]
    semantic: list[NDArray[np.uint8]] = [np.zeros(0, np.uint8)]
    seed: list[NDArray[np.uint32]] = [np.zeros(0, np.uint32)]
    first_triangle, first_vertex = [0], [0]
    rows: list[tuple[int, int, int, int, int]] = []
    pivot: list[NDArray[np.float64]] = []
    center: list[NDArray[np.float64]] = []
    radius: list[float] = []
    cut: dict[int, list[_Piece]] = {}  # actors of one model share a mesh
    for index, (mesh, actor, static, instance, signal) in enumerate(objects):
        if len(mesh.triangle) == 0:
            continue
        if static >= 0:
            pieces = _pieces(mesh, True)
        else:
            if id(mesh) not in cut:
                cut[id(mesh)] = _pieces(mesh, False)
            pieces = cut[id(mesh)]
        mesh_seed = _triangle_seeds(mesh, index)
        for piece in pieces:
            p, chosen = piece.part, piece.chosen
            vertex.append(piece.vertex)
            normal.append(piece.normal)
            triangle.append((piece.triangle + first_vertex[-1]).astype(np.int32))
            material.append(mesh.material[chosen].astype(np.uint8))
            semantic.append(mesh.semantic[chosen].astype(np.uint8))
            seed.append(mesh_seed[chosen])
            first_triangle.append(first_triangle[-1] + len(chosen))
            first_vertex.append(first_vertex[-1] + len(piece.vertex))
            rows.append((actor, static, int(mesh.part_role[p]), instance, signal))
            pivot.append(mesh.part_pivot[p].astype(np.float64))
            center.append(piece.center)
            radius.append(piece.radius)
    num_parts = len(rows)
    table = np.array(rows, np.int32).reshape(num_parts, 5)
    bounds = np.array(first_triangle, np.int64)
    part = np.repeat(np.arange(num_parts, dtype=np.int32), bounds[1:] - bounds[:-1])
    all_vertices, all_triangles = np.concatenate(vertex), np.concatenate(triangle)
    clusters = build_clusters(all_vertices, all_triangles, part)
    return SceneArrays(
        vertex=all_vertices,
        corner_normal=np.concatenate(normal),
        triangle=all_triangles,
        material=np.concatenate(material),
        semantic=np.concatenate(semantic),
        part=part,
        triangle_seed=np.concatenate(seed),
        part_first_triangle=np.array(first_triangle, np.int32),
        part_first_vertex=np.array(first_vertex, np.int32),
        part_actor=np.ascontiguousarray(table[:, 0]),
        part_static=np.ascontiguousarray(table[:, 1]),
        part_role=np.ascontiguousarray(table[:, 2]),
        part_pivot=np.array(pivot, np.float64).reshape(num_parts, 3),
        part_center=np.array(center, np.float64).reshape(num_parts, 3),
        part_radius=np.array(radius, np.float64),
        part_instance=np.ascontiguousarray(table[:, 3]),
        part_signal=np.ascontiguousarray(table[:, 4]),
        clusters=clusters,
        cone=normal_cones(clusters),
    )


@njit(cache=True)
def part_rotation(
    role: int, kind: int, speed: float, steering: float, spin: float, gait_phase: float, out: NDArray[np.float64]
) -> None:
    """Write how a part is turned about its pivot against its actor: spun, steered or swung.

    Args:
        role: PartRole.
        kind: ActorKind of its actor.
        speed: Of its actor [m/s].
        steering: Angle of the front wheels [rad].
        spin: Angle of the wheel [rad].
        gait_phase: Of its actor's legs [rad].
        out: Rotation matrix. Shape (3, 3).
    """
    yaw, pitch = 0.0, 0.0
    if _WHEEL_FIRST <= role <= _WHEEL_LAST:
        pitch = spin
        if role <= _WHEEL_FRONT_LAST:
            yaw = steering
    elif _LEG_LEFT <= role <= _ARM_RIGHT:
        if kind == _ANIMAL:
            swing = ANIMAL_SWING * min(1.0, speed / ANIMAL_STRIDE_SPEED)
        else:
            swing = WALKER_SWING * min(MOST_STRIDE, speed / WALKER_STRIDE_SPEED)
        angle = swing * math.sin(gait_phase)
        if role == _LEG_LEFT:
            pitch = -angle
        elif role == _LEG_RIGHT:
            pitch = angle
        elif role == _ARM_LEFT:
            pitch = ARM_SHARE * angle
        else:
            pitch = -ARM_SHARE * angle
    cy, sy, cp, sp = math.cos(yaw), math.sin(yaw), math.cos(pitch), math.sin(pitch)
    out[0, 0], out[0, 1], out[0, 2] = cy * cp, -sy, cy * sp
    out[1, 0], out[1, 1], out[1, 2] = sy * cp, cy, sy * sp
    out[2, 0], out[2, 1], out[2, 2] = -sp, 0.0, cp


class PartTable(NamedTuple):
    """What the parts belong to; see `SceneArrays`."""

    actor: NDArray[np.int32]  # (num_parts,)
    role: NDArray[np.int32]  # (num_parts,)
    pivot: NDArray[np.float64]  # (num_parts, 3)


@njit(cache=True)
def pose_parts_batch(
    parts: PartTable,
    kind: NDArray[np.int32],
    poses: ActorPoses,
    origin: NDArray[np.float64],
    world_from_part: NDArray[np.float64],
    present: NDArray[np.bool_],
) -> None:
    """Write the pose of every part and whether it is in the world.

    Args:
        parts: Of the scene.
        kind: ActorKind of the actors. Shape (num_actors,).
        poses: Of the actors.
        origin: Of the scene, world [m]. Shape (3,).
        world_from_part: About the origin. Shape (num_parts, 3, 4).
        present: Shape (num_parts,).
    """
    rotation = np.zeros((3, 3))
    turn = np.zeros((3, 3))
    for p in range(parts.actor.shape[0]):
        a = parts.actor[p]
        if a < 0:
            for i in range(3):
                for j in range(4):
                    world_from_part[p, i, j] = 1.0 if i == j else 0.0
            present[p] = True
            continue
        present[p] = poses.valid[a]
        q, velocity = poses.orientation[a], poses.velocity[a]
        rotation_matrix(q[0], q[1], q[2], q[3], rotation)
        role = parts.role[p]
        if role == _BODY:
            for i in range(3):
                for j in range(3):
                    world_from_part[p, i, j] = rotation[i, j]
                world_from_part[p, i, 3] = poses.position[a, i] - origin[i]
            continue
        spin = poses.wheel_rotation[a, role - _WHEEL_FIRST] if _WHEEL_FIRST <= role <= _WHEEL_LAST else 0.0
        speed = math.sqrt(velocity[0] * velocity[0] + velocity[1] * velocity[1])
        part_rotation(role, kind[a], speed, poses.steering[a], spin, poses.gait_phase[a], turn)
        for i in range(3):
            shift = 0.0
            for j in range(3):
                entry = rotation[i, 0] * turn[0, j] + rotation[i, 1] * turn[1, j] + rotation[i, 2] * turn[2, j]
                world_from_part[p, i, j] = entry
                shift += (rotation[i, j] - entry) * parts.pivot[p, j]
            world_from_part[p, i, 3] = poses.position[a, i] - origin[i] + shift


def pose_parts(
    arrays: SceneArrays, actors: ActorTable, poses: ActorPoses, origin: tuple[float, float, float]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return where every part is at an instant.

    Args:
        arrays: The flattened scene.
        actors: What the actors are; row 0 is used.
        poses: Where they are.
        origin: World position of the scene's local origin [m].

    Returns:
        world_from_part about the origin, shape (num_parts, 3, 4), and which parts are present, shape (num_parts,).
    """
    num_parts = len(arrays.part_actor)
    world_from_part = np.zeros((num_parts, 3, 4))
    present = np.zeros(num_parts, np.bool_)
    parts = PartTable(arrays.part_actor, arrays.part_role, arrays.part_pivot)
    pose_parts_batch(parts, actors.kind[0], poses, np.asarray(origin, np.float64), world_from_part, present)
    return world_from_part, present
