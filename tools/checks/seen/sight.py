"""What camera and LiDAR report of a running simulation, against rays cast by Embree at the same instants."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.history import ActorPoses, History
from simengine.core.state import EGO
from simengine.scenario.spec import LidarSpec
from simengine.sensors.base.mount import sensor_pose
from simengine.sensors.base.sensor import Frame, Scene, actor_instance
from simengine.sensors.raster.pinhole import Intrinsics
from simengine.sensors.raster.visibility_buffer import NEAR
from simengine.sensors.scene.scene_arrays import SceneArrays, flatten_scene, pose_parts
from tools.checks.seen.embree import (
    NOTHING,
    Surfaces,
    away_from_edges,
    beam_rays,
    nearest_front_face,
    pixel_rays,
)

FAR = 150.0  # depths are compared up to here [m]
MISSED_WITHIN = 10.0  # in clear air every surface nearer than this sends an echo back [m]
_DISPUTED, _MOST_DISPUTED = 5e-4, 100  # depths farther apart are judged in double precision, if they are few [m]
_STANDS = 1e-5  # an actor that moves less during a sweep stands [m, and of a unit quaternion]
_OPTICAL_FROM_SENSOR = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])


class Agreement(NamedTuple):
    """How many rays were compared, and how they came out; frames add up."""

    compared: int = 0
    agreeing: int = 0
    error: float = 0.0  # largest difference of range or depth [m]
    looked_for: int = 0  # beams that must have an echo
    missing: int = 0  # and have none

    def joined(self, other: "Agreement") -> "Agreement":
        """Return both together."""
        return Agreement(
            self.compared + other.compared, self.agreeing + other.agreeing, max(self.error, other.error),
            self.looked_for + other.looked_for, self.missing + other.missing,
        )  # fmt: skip


def place_triangles(
    arrays: SceneArrays, world_from_part: NDArray[np.float64], chosen: NDArray[np.int64], center: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return corners of some triangles about a point of the scene [m]. Shape (num_chosen, 3, 3)."""
    transform = world_from_part[arrays.part[chosen]]
    local = arrays.vertex[arrays.triangle[chosen]].astype(np.float64)
    return np.einsum("tij,tkj->tki", transform[:, :, :3], local) + (transform[:, :, 3] - center)[:, None]


class Witness:
    """Casts rays into the scene of one simulation.

    Args:
        scene: What can be seen.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._arrays = flatten_scene(scene)
        self._origin = np.asarray(scene.origin, np.float64)

    def look(self, frame: Frame, poses: ActorPoses) -> Agreement:
        """Compare a camera's frame with Embree, pixel by pixel.

        Args:
            frame: Of the camera.
            poses: Of the actors at its time.
        """
        arrays, matrix = self._arrays, frame.channels["intrinsics"]
        height, width = frame.channels["instance"].shape
        camera = Intrinsics(width, height, matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2])
        world_from_part, present = pose_parts(arrays, self._scene.actors, poses, self._scene.origin)
        chosen = np.flatnonzero(present[arrays.part])
        eye = frame.world_from_sensor[:3, 3] - self._origin
        ray = pixel_rays(camera, _OPTICAL_FROM_SENSOR @ frame.world_from_sensor[:3, :3].T)
        corner = place_triangles(arrays, world_from_part, chosen, eye)
        surfaces = Surfaces(corner)
        triangle, depth = (found.reshape(height, width) for found in surfaces.cast_at_front_faces(NEAR * ray, ray))
        depth = depth + NEAR
        part = np.where(triangle >= 0, arrays.part[chosen[np.maximum(triangle, 0)]], NOTHING)
        instance = np.where(part >= 0, arrays.part_instance[np.maximum(part, 0)], 0)
        inner = away_from_edges(instance) & away_from_edges(part >= 0)
        agrees = (frame.channels["instance"] == instance) & ((frame.channels["depth"] > 0.0) == (part >= 0))
        near = inner & away_from_edges(part) & agrees & (part >= 0) & (depth < FAR)
        measured = frame.channels["depth"].astype(np.float64)
        disputed = np.flatnonzero(near & (np.abs(measured - depth) > _DISPUTED))
        for pixel in disputed if len(disputed) <= _MOST_DISPUTED else ():
            depth.flat[pixel] = nearest_front_face(corner, ray[pixel], NEAR)
        error = np.abs(measured[near] - depth[near])
        return Agreement(int(inner.sum()), int(agrees[inner].sum()), float(error.max(initial=0.0)))

    def sweep(self, frame: Frame, spec: LidarSpec, history: History, every: int, clear: bool) -> Agreement:
        """Compare some columns of a LiDAR's sweep with Embree, each with everybody where they were when it fired.

        Args:
            frame: Of the LiDAR.
            spec: Its settings.
            history: States back to the sweep's begin.
            every: Of how many columns one is compared.
            clear: Whether the air is clear, so that near surfaces must send an echo back.
        """
        found = Agreement()
        pattern = beam_rays(np.radians(spec.lowest_deg), np.radians(spec.highest_deg), spec.channels, spec.columns)
        end = frame.time_ns
        start = end - round(1e9 / spec.rate_hz)
        spin = history.poses_at(end).wheel_rotation
        moves = self._moving(history.poses_at(start), history.poses_at(end))
        still = self._surfaces(history.poses_at(end), ~moves, frame.world_from_sensor)
        for column in range(every // 2, spec.columns, every):
            time_ns = start + (end - start) * (column + 1) // spec.columns
            poses = history.poses_at(time_ns)._replace(wheel_rotation=spin)
            world_from_sensor = sensor_pose(self._scene.actors, poses, spec.mount)
            moving = self._surfaces(poses, moves, frame.world_from_sensor)
            found = found.joined(
                self._column(frame, time_ns, world_from_sensor, pattern[column], (still, moving), spec, clear)
            )
        return found

    def _moving(self, before: ActorPoses, after: ActorPoses) -> NDArray[np.bool_]:
        """Mark the triangles of actors that move between two instants by more than what no LiDAR could tell."""
        moved = np.abs(after.position - before.position).max(axis=1) > _STANDS
        moved |= np.abs(after.orientation - before.orientation).max(axis=1) > _STANDS
        moved |= (after.valid != before.valid) | (after.gait_phase != before.gait_phase)
        owner = self._arrays.part_actor[self._arrays.part]
        return (owner >= 0) & moved[np.maximum(owner, 0)]

    def _surfaces(
        self, poses: ActorPoses, among: NDArray[np.bool_], world_from_sensor: NDArray[np.float64]
    ) -> tuple[Surfaces, NDArray[np.int64]]:
        """Return some of the triangles, about a sensor, and the instance of each."""
        arrays = self._arrays
        world_from_part, present = pose_parts(arrays, self._scene.actors, poses, self._scene.origin)
        chosen = np.flatnonzero(present[arrays.part] & among)
        corner = place_triangles(arrays, world_from_part, chosen, world_from_sensor[:3, 3] - self._origin)
        return Surfaces(corner), arrays.part_instance[arrays.part[chosen]].astype(np.int64)

    def _column(
        self, frame: Frame, time_ns: int, world_from_sensor: NDArray[np.float64], pattern: NDArray[np.float64],
        both: tuple[tuple[Surfaces, NDArray[np.int64]], ...], spec: LidarSpec, clear: bool,
    ) -> Agreement:  # fmt: skip
        channels = frame.channels
        rows = np.flatnonzero(channels["time_ns"] == time_ns)
        ray = pattern @ world_from_sensor[:3, :3].T
        at = world_from_sensor[:3, 3] - frame.world_from_sensor[:3, 3]
        distance, instance = np.full(len(ray), np.inf), np.zeros(len(ray), np.int64)
        for surfaces, instances in both:
            triangle, reach = surfaces.cast(np.tile(at, (len(ray), 1)), ray)
            nearer = reach < distance
            distance[nearer], instance[nearer] = reach[nearer], instances[triangle[nearer]]
        # An echo of the air itself is of no surface: what lies behind it was not measured.
        solid = rows[channels["semantic"][rows] > 0]
        ring = channels["ring"][solid].astype(np.int64)
        point = channels["points"][solid].astype(np.float64) @ frame.world_from_sensor[:3, :3].T
        measured = np.sqrt(((point - at) ** 2).sum(axis=1))
        agrees = (channels["instance"][solid] == instance[ring]) & np.isfinite(distance[ring])
        error = np.maximum(
            np.abs(channels["range"][solid] - distance[ring]),
            np.sqrt(((point - at - measured[:, None] * ray[ring]) ** 2).sum(axis=1)),
        )[agrees]
        echoed = np.zeros(len(ray), np.bool_)
        echoed[channels["ring"][rows]] = True
        due = (distance < min(MISSED_WITHIN, spec.max_range)) & clear
        due &= instance != actor_instance(EGO)  # the own body is masked
        return Agreement(
            len(solid), int(agrees.sum()), float(error.max(initial=0.0)), int(due.sum()), int((due & ~echoed).sum())
        )
