"""The labels of each frame when it is captured, and those of the episode when it ends.

Labels are the truth: they do not fade with the weather or a dirty lens; how well a thing can be seen is an attribute.
"""

from collections.abc import Iterable

import numba
import numpy as np

from simengine.behavior.traffic.removal import Removal, Standstill
from simengine.core.history import ActorPoses, History
from simengine.core.space.transforms import optical_from_world, world_from_optical
from simengine.core.state import EGO, ActorTable, WorldState
from simengine.core.weather import Weather
from simengine.labels.annotation import Annotation, Boxes2d, Collision, Interval
from simengine.labels.boxes import boxes_2d, boxes_3d
from simengine.labels.collisions import join_contacts
from simengine.labels.hazards import HazardOnset, hazard_intervals
from simengine.labels.identities import identified_contact, identify, slots_of
from simengine.labels.maneuvers import maneuver_intervals
from simengine.labels.removals import removal_intervals, standing_intervals
from simengine.labels.signals import SignalLabels
from simengine.labels.tracks import tracks_of_states
from simengine.labels.visibility import count_hits, expected_of
from simengine.physics.backend import Contact
from simengine.road.network.network import RoadNetwork
from simengine.road.network.signals import signal_colors
from simengine.sensors.base.sensor import Frame, Scene
from simengine.sensors.raster.pinhole import Intrinsics
from simengine.sensors.raster.visible_extents import ActorExtents, measure_extents
from simengine.sensors.scene.scene_arrays import SceneArrays, pose_parts


def _image_extents(frame: Frame, scene: Scene, arrays: SceneArrays, poses: ActorPoses) -> ActorExtents:
    """Measure every actor but the ego, which carries the camera, in a camera's frame."""
    matrix, instance = frame.channels["intrinsics"], frame.channels["instance"]
    height, width = instance.shape
    camera = Intrinsics(
        width, height, float(matrix[0, 0]), float(matrix[1, 1]), float(matrix[0, 2]), float(matrix[1, 2])
    )
    world_from_part, present = pose_parts(arrays, scene.actors, poses, scene.origin)
    present = present & (arrays.part_actor != EGO)
    eye = frame.world_from_sensor[:3, 3] - np.asarray(scene.origin, np.float64)
    optical = optical_from_world(world_from_optical(frame.world_from_sensor), eye)
    return measure_extents(
        arrays,
        world_from_part,
        present,
        optical,
        camera,
        instance,
        len(scene.actor_mesh),
        numba.config.NUMBA_NUM_THREADS,
    )


def annotate(frame: Frame, scene: Scene, arrays: SceneArrays, poses: ActorPoses, weather: Weather) -> Annotation | None:
    """Label one frame; None where there is nothing to label.

    A camera's frame is known by its `intrinsics` and `instance` image, a LiDAR's by its `points` and their `instance`,
    so that sensors of other packages are labeled too.

    Args:
        frame: As measured, before any fault disturbs it.
        scene: What could be seen.
        arrays: The scene, flattened.
        poses: Of the actors at the frame's time.
        weather: The air between.
    """
    channels, num_actors = frame.channels, len(scene.actor_mesh)
    none = np.zeros(num_actors, np.int32)
    image_boxes: Boxes2d | None = None
    pixels, hits, expected = none, none, none
    if "intrinsics" in channels and "instance" in channels:
        extents = _image_extents(frame, scene, arrays, poses)
        height, width = channels["instance"].shape
        pixels = extents.visible_pixels
        image_boxes = boxes_2d(scene, poses, frame.world_from_sensor, extents, width, height)
    elif "points" in channels and "instance" in channels:
        hits = count_hits(channels["instance"], num_actors)
        expected = expected_of(channels["expected_hits"], num_actors) if "expected_hits" in channels else hits
    else:
        return None
    boxes = boxes_3d(scene, arrays, poses, weather, frame.world_from_sensor, pixels, hits, expected)
    return Annotation(frame.sensor, frame.index, frame.time_ns, boxes, image_boxes)


class Annotator:
    """Labels the frames of one episode, and the episode when it ends.

    Args:
        actors: What the actors are; row 0 is used.
        weather: The air.
        scene: What can be seen; None where there are no sensors.
        arrays: The scene, flattened; None where there are no sensors.
        network: The lanes that maneuvers are told by.
        rate_hz: Physics rate [Hz].
    """

    def __init__(
        self,
        actors: ActorTable,
        weather: Weather,
        scene: Scene | None,
        arrays: SceneArrays | None,
        network: RoadNetwork,
        rate_hz: int,
    ) -> None:
        self._actors = actors
        self._weather = weather
        self._scene = scene
        self._arrays = arrays
        self._network = network
        self._rate_hz = rate_hz
        self._time_ns: list[int] = []
        self._states: list[WorldState] = []
        self._contacts: list[Contact] = []
        self._onsets: dict[str, HazardOnset] = {}
        self._signals: SignalLabels | None = None
        if scene is not None and (scene.signal_mesh >= 0).any():
            self._signals = SignalLabels(scene, network.signal_heading)

    def annotate(self, frame: Frame, history: History) -> tuple[Frame, Annotation | None]:
        """Return a frame with the ids of who is in it, and its labels; see `annotate`.

        Raises:
            ScenarioError: More actors took part than there are instance ids for.
        """
        if self._scene is None or self._arrays is None:
            return frame, None
        poses = history.poses_at(frame.time_ns)
        found = annotate(frame, self._scene, self._arrays, poses, self._weather)
        if found is not None and found.boxes_2d is not None and self._signals is not None:
            if "semantic" in frame.channels:
                colors = signal_colors(self._network, frame.time_ns * 1e-9)
                found = found._replace(signals=self._signals(frame, colors))
        return identify(frame, poses.identity), found

    def update(
        self, time_ns: int, state: WorldState, contacts: Iterable[Contact], fired: Iterable[HazardOnset]
    ) -> None:
        """Take in a control step.

        Args:
            time_ns: Its end [ns].
            state: Then; its arrays must not be written any more.
            contacts: During the step.
            fired: Hazards that were set off, in this step or before; each counts once.
        """
        self._time_ns.append(time_ns)
        self._states.append(state)
        self._contacts += [identified_contact(contact, state.identity[0]) for contact in contacts]
        for onset in fired:
            self._onsets.setdefault(onset.name, onset)

    def finish(
        self, end_ns: int, taken_out: Iterable[Removal] = (), stood: Iterable[Standstill] = ()
    ) -> tuple[list[Collision], list[Interval]]:
        """Return the episode's collisions, and its hazards, maneuvers, removals and standstills in order of start.

        Args:
            end_ns: When the episode ended; a hazard that was not over ends with it [ns].
            taken_out: Vehicles that could not go on and were taken out.
            stood: Vehicles that could not go on for long and stayed.
        """
        tracks = tracks_of_states(self._time_ns, self._states, self._actors)
        collisions = join_contacts(self._contacts, self._rate_hz)
        intervals = hazard_intervals(tracks, self._onsets.values(), end_ns, collisions)
        slots = slots_of(self._states, self._actors.kind.shape[1])
        intervals += maneuver_intervals(tracks, self._actors, slots, self._network)
        intervals += removal_intervals(taken_out) + standing_intervals(stood)
        return collisions, sorted(intervals, key=lambda interval: (interval.start_ns, interval.name, interval.actor))
