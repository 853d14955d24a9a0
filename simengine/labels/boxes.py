"""Boxes of the actors at a frame's time: oriented in the world, and around their pixels in an image."""

import numpy as np
from numpy.typing import NDArray

from simengine.core.history import ActorPoses
from simengine.core.state import EGO
from simengine.core.weather import Weather
from simengine.labels.annotation import Boxes2d, Boxes3d
from simengine.labels.identities import identified, instances_of
from simengine.labels.limbs import drawn_sizes
from simengine.labels.visibility import occlusion_of, transmittance_to, truncation_of
from simengine.sensors.base.sensor import Scene
from simengine.sensors.raster.visible_extents import ActorExtents
from simengine.sensors.scene.scene_arrays import SceneArrays


def _distances(poses: ActorPoses, world_from_sensor: NDArray[np.float64], actor: NDArray[np.int64]) -> NDArray:
    """Return the distance from a sensor to each actor's box center [m]. Shape (num_boxes,)."""
    offset = poses.position[actor] - world_from_sensor[:3, 3]
    return np.sqrt(offset[:, 0] * offset[:, 0] + offset[:, 1] * offset[:, 1] + offset[:, 2] * offset[:, 2])


def boxes_3d(
    scene: Scene,
    arrays: SceneArrays,
    poses: ActorPoses,
    weather: Weather,
    world_from_sensor: NDArray[np.float64],
    visible_pixels: NDArray[np.int32],
    lidar_hits: NDArray[np.int32],
    expected_hits: NDArray[np.int32],
) -> Boxes3d:
    """Return the boxes of every actor in the world, the ego's own included; those of walkers hold their limbs.

    Args:
        scene: The actors.
        arrays: The scene, flattened: what is drawn of them.
        poses: Of the actors at the frame's time.
        weather: The air between.
        world_from_sensor: Pose of the sensor at that time. Shape (4, 4).
        visible_pixels: Of each actor; zeros for other sensors than cameras. Shape (num_actors,).
        lidar_hits: Of each actor; zeros for other sensors than LiDARs. Shape (num_actors,).
        expected_hits: The same in clear air. Shape (num_actors,).
    """
    actor = np.flatnonzero(poses.valid)
    distance = _distances(poses, world_from_sensor, actor)
    return Boxes3d(
        instance=instances_of(poses.identity)[actor],
        semantic=scene.actor_semantic[actor],
        position=poses.position[actor],
        orientation=poses.orientation[actor],
        size=drawn_sizes(arrays, scene.actors, poses)[actor],
        velocity=poses.velocity[actor],
        distance=distance,
        visible_pixels=visible_pixels[actor].astype(np.int32),
        lidar_hits=lidar_hits[actor].astype(np.int32),
        expected_hits=expected_hits[actor].astype(np.int32),
        transmittance=transmittance_to(weather, distance),
    )


def boxes_2d(
    scene: Scene,
    poses: ActorPoses,
    world_from_sensor: NDArray[np.float64],
    extents: ActorExtents,
    width: int,
    height: int,
) -> Boxes2d:
    """Return image boxes of the actors that a camera sees, or would see if nothing stood before them; never the ego's.

    Args:
        scene: The actors.
        poses: Of the actors at the frame's time.
        world_from_sensor: Pose of the camera at that time. Shape (4, 4).
        extents: What was measured in the image, one row an actor.
        width: Of the image [px].
        height: Of the image [px].
    """
    in_view = poses.valid & ((extents.visible_pixels > 0) | (extents.amodal_pixels > 0))
    in_view[EGO] = False
    actor = np.flatnonzero(in_view)
    visible, amodal = extents.visible_pixels[actor], extents.amodal_pixels[actor]
    occlusion = occlusion_of(visible, amodal)
    return Boxes2d(
        instance=instances_of(poses.identity)[actor],
        semantic=scene.actor_semantic[actor],
        visible=extents.visible[actor],
        amodal=extents.amodal[actor],
        unclipped=extents.unclipped[actor],
        visible_pixels=visible,
        amodal_pixels=amodal,
        occlusion=occlusion,
        truncation=truncation_of(extents.unclipped[actor], width, height),
        occluder=identified(np.where(occlusion > 0.0, extents.occluder[actor], 0).astype(np.int32), poses.identity),
        distance=_distances(poses, world_from_sensor, actor),
    )
