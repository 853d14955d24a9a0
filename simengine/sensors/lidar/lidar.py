"""A spinning LiDAR: exact hits of a moving sweep, what surfaces and the air send back, what the receiver makes of it.

A capture's channels, one row a received point in order of time, within a column from the lowest ring:

- `points` (N, 3) float32 [m]: in the sensor's frame at the frame's time, the end of the sweep; the true ego motion is
  taken out, as a driver with perfect odometry would. What moves by itself stays sheared by its own motion.
- `time_ns` (N,) int64: when each point was measured; `range` (N,) float32 [m]: from the sensor at that time.
- `intensity` (N,) float32: received power times range squared, 1 for a white Lambertian surface struck head-on, cut at
  1 (retro-reflectors); the air's losses are not made up for, since a sensor does not know them.
- `ring` (N,) uint16: beam, 0 the lowest. `instance` (N,) int32 and `semantic` (N,) uint8: what was hit; 0 and `NONE`
  for echoes of the air itself.
- `expected_hits` (K, 2) int32: instance id, and the points that the same sweep gives of it in perfectly clear air; only
  instances with any.

The ego's own body stops beams and gives no point, as drivers of vehicle LiDARs mask it: nothing is seen of it, through
it, or of the air before it. Only a sensor inside the body (behind a grille or a windscreen) looks out freely. One echo
a beam: the strongest.
"""

import math

import numba
import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.history import NANOSECONDS, ActorPoses, History, time_of_tick
from simengine.core.rng import kernel_seed
from simengine.core.space.mesh import Material, encloses
from simengine.core.space.transforms import relate_poses
from simengine.core.state import EGO
from simengine.scenario.spec import LidarSpec
from simengine.sensors.base.mount import mount_lever, sensor_pose
from simengine.sensors.base.sensor import Frame, Scene, Sensor, capture_time
from simengine.sensors.lidar.air_echoes import air_returns
from simengine.sensors.lidar.beams import cast_sweep
from simengine.sensors.lidar.points import write_points
from simengine.sensors.lidar.receiver import Echoes, ReceiverSettings, receive_sweep
from simengine.sensors.lidar.reflectance import TargetSurfaces, ground_classes, paint_albedo, surface_table
from simengine.sensors.lidar.sweep import SweepHits, SweepPoses, SweepSlices, plan_slices, spinning_pattern
from simengine.sensors.scene.normals import face_normals
from simengine.sensors.scene.scene_arrays import SceneArrays, pose_parts

_TURN = 4e-4  # of the ego between two knots at most [rad]
_MOST_PIECES = 4  # that the way between two ticks is cut into
# A white target of 0.9 is just detected at 200 m (LISA's reference receiver), or at the range limit if that is farther.
_REFERENCE_ALBEDO, _REFERENCE_RANGE = 0.9, 200.0


@njit(cache=True)
def relate_parts(
    world_from_part: NDArray[np.float64],
    world_from_sensor: NDArray[np.float64],
    origin: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write the pose of every part in the sensor's frame.

    Args:
        world_from_part: About the scene's origin. Shape (num_parts, 3, 4).
        world_from_sensor: In the world. Shape (4, 4).
        origin: Of the scene, world [m]. Shape (3,).
        out: Sensor from part. Shape (num_parts, 3, 4).
    """
    for p in range(world_from_part.shape[0]):
        relate_poses(world_from_sensor, world_from_part[p], origin, out[p])


def _chain_inverse(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a⁻¹ b of two rigid transforms (4, 4) as (3, 4)."""
    out = np.empty((3, 4))
    relate_poses(a, b, np.zeros(3), out)
    return out


class LidarSensor(Sensor):
    """A spinning LiDAR; a capture is complete when its sweep ends at the rear.

    Args:
        name: Of the sensor.
        spec: Its settings.
        scene: What can be seen.
        arrays: The same, flattened.
        seed: Of the episode.
    """

    def __init__(self, name: str, spec: LidarSpec, scene: Scene, arrays: SceneArrays, seed: int) -> None:
        self.name = name
        self.kind = "lidar"
        self.index = 0
        self._spec = spec
        self._scene = scene
        self._arrays = arrays
        self._settings = ReceiverSettings(spec.noise_std, spec.max_range, kernel_seed(seed, "sensor", name))
        self._pattern = spinning_pattern(
            math.radians(spec.lowest_deg), math.radians(spec.highest_deg), spec.channels, spec.columns
        )
        self._clusters = arrays.clusters
        self._surfaces = self._target_surfaces()
        threshold = _REFERENCE_ALBEDO / max(_REFERENCE_RANGE, spec.max_range) ** 2
        self._air = air_returns(scene.weather, threshold)
        self._inside = encloses(scene.actor_mesh[EGO], mount_lever(scene.actors, spec.mount))
        shape, most = (spec.columns, spec.channels), spec.columns * spec.channels
        self._echoes = Echoes(np.empty(shape), np.empty(shape, np.float32), np.empty(shape, np.int32))
        self._room: dict[str, NDArray] = {
            "points": np.empty((most, 3), np.float32),
            "time_ns": np.empty(most, np.int64),
            "range": np.empty(most, np.float32),
            "intensity": np.empty(most, np.float32),
            "ring": np.empty(most, np.uint16),
            "instance": np.empty(most, np.int32),
            "semantic": np.empty(most, np.uint8),
        }

    def _target_surfaces(self) -> TargetSurfaces:
        arrays, weather = self._arrays, self._scene.weather
        normal = np.zeros((len(arrays.triangle), 3), np.float32)
        face_normals(arrays.vertex, arrays.triangle, normal)
        surface = surface_table()[arrays.material]
        actor = arrays.part_actor[arrays.part]
        painted = (arrays.material == Material.CAR_PAINT) & (actor >= 0)
        surface["albedo"][painted] = paint_albedo(self._scene.actors.color[0])[actor[painted]]
        return TargetSurfaces(
            normal,
            arrays.part,
            arrays.semantic,
            surface,
            arrays.part_instance,
            ground_classes(),
            film=max(weather.wetness, weather.ice),
            snow_cover=weather.snow_cover,
        )

    def next_time_ns(self) -> int:
        """Return when the next sweep ends [ns]."""
        return capture_time(self.index + 1, self._spec.rate_hz, self._spec.phase)

    def span_ns(self) -> int:
        """Return the duration of a sweep [ns]."""
        return math.ceil(NANOSECONDS / self._spec.rate_hz)

    def _knot_poses(self, history: History, start: int, end: int) -> dict[int, ActorPoses]:
        """Return all poses, in order of time [ns]: those of the bounds, of the ticks between, and more where it turns.

        Vertices move on chords between knots, so that a turn by φ misplaces what is R away by up to R φ²/8, and a range
        on a road struck at 0.2° by 290 times as much: below 0.5 mm at 80 m while the ego turns by less than 0.19 rad/s.
        """
        rate_hz = history.rate_hz
        tick = start * rate_hz // NANOSECONDS
        times = [start]
        while time_of_tick(tick, rate_hz) < end:
            if time_of_tick(tick, rate_hz) > start:
                times.append(time_of_tick(tick, rate_hz))
            tick += 1
        times.append(end)
        poses = {time: history.poses_at(time) for time in times}
        for before, after in zip(times[:-1], times[1:], strict=True):
            q, p = poses[before].orientation[EGO], poses[after].orientation[EGO]
            cosine = abs(float(q[0] * p[0] + q[1] * p[1] + q[2] * p[2] + q[3] * p[3]))
            turn = math.sqrt(max(0.0, 8.0 * (1.0 - cosine)))  # of the half angle's series
            pieces = min(_MOST_PIECES, 1 + int(turn / _TURN))
            for k in range(1, pieces):
                time = before + (after - before) * k // pieces
                poses[time] = history.poses_at(time)
        return dict(sorted(poses.items()))

    def _place_parts(self, knots: dict[int, ActorPoses]) -> tuple[SweepPoses, NDArray[np.float64]]:
        """Return where the parts are at each knot, and the sensor's poses in the world."""
        arrays, actors, num_knots = self._arrays, self._scene.actors, len(knots)
        origin = np.asarray(self._scene.origin, np.float64)
        sensor_from_part = np.empty((num_knots, len(arrays.part_actor), 3, 4))
        present = np.empty((num_knots, len(arrays.part_actor)), np.bool_)
        world_from_sensor = np.empty((num_knots, 4, 4))
        spin = knots[max(knots)].wheel_rotation
        for k, at_knot in enumerate(knots.values()):
            # A wheel looks the same at any spin angle, but its rim would shrink if it moved on chords between knots.
            poses = at_knot._replace(wheel_rotation=spin)
            world_from_sensor[k] = sensor_pose(actors, poses, self._spec.mount)
            world_from_part, present[k] = pose_parts(arrays, actors, poses, self._scene.origin)
            relate_parts(world_from_part, world_from_sensor[k], origin, sensor_from_part[k])
        present[:-1] &= present[1:]
        if self._inside:
            present[:, arrays.part_actor == EGO] = False
        return SweepPoses(sensor_from_part, present), world_from_sensor

    def capture(self, history: History, signals: NDArray[np.int32]) -> Frame:
        """Sweep once; see `Sensor.capture`."""
        spec, pattern = self._spec, self._pattern
        end = self.next_time_ns()
        start = capture_time(self.index, spec.rate_hz, spec.phase)
        column = np.arange(1, spec.columns + 1, dtype=np.int64)
        column_time = start + (end - start) * column // spec.columns
        knots = self._knot_poses(history, start, end)
        poses, world_from_sensor = self._place_parts(knots)
        slices = plan_slices(pattern, column_time, np.array(list(knots), np.int64))
        hits = cast_sweep(self._clusters, poses, pattern, slices, spec.max_range, numba.config.NUMBA_NUM_THREADS)
        end_from_sensor = np.stack([_chain_inverse(world_from_sensor[-1], pose) for pose in world_from_sensor])
        channels = self._receive(hits, slices, poses, end_from_sensor)
        frame = Frame(self.name, self.index, end, world_from_sensor[-1], channels)
        self.index += 1
        return frame

    def _receive(
        self, hits: SweepHits, slices: SweepSlices, poses: SweepPoses, end_from_sensor: NDArray[np.float64]
    ) -> dict[str, NDArray]:
        """Return the channels of a sweep's hits; see `receive_sweep` and `write_points`."""
        pattern, surfaces, channels = self._pattern, self._surfaces, self._room
        num_instances = max(1 + len(self._scene.actor_mesh), 1 + int(surfaces.part_instance.max(initial=0)))
        expected = np.zeros(num_instances, np.int32)
        receive_sweep(
            hits, pattern, slices, poses, surfaces, self._air, self._settings, self.index, *self._echoes, expected
        )
        count = write_points(self._echoes, pattern, slices, surfaces, end_from_sensor, *channels.values())
        hit_ids = np.flatnonzero(expected)
        rows = np.stack([hit_ids, expected[hit_ids]], axis=1).astype(np.int32)
        return {**{key: value[:count].copy() for key, value in channels.items()}, "expected_hits": rows}
