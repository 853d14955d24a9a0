"""The project's own sensors under the sensors' benchmark: the scene, the kernels and the camera of every episode."""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.core.history import ActorPoses, History
from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material, Mesh, PartRole
from simengine.core.space.transforms import optical_from_world, world_from_optical
from simengine.core.state import EGO, empty_actors, empty_state
from simengine.core.weather import Weather
from simengine.scenario.sampling import load_scenario
from simengine.scenario.spec import CameraSpec, Mount
from simengine.sensors.base.mount import sensor_pose
from simengine.sensors.base.sensor import Scene
from simengine.sensors.camera.camera import CameraSensor
from simengine.sensors.lidar.beams import cast_sweep
from simengine.sensors.lidar.lidar import relate_parts
from simengine.sensors.lidar.sweep import SweepPoses, plan_slices, spinning_pattern
from simengine.sensors.raster.label_images import empty_masks, label_table, read_masks
from simengine.sensors.raster.visibility_buffer import draw_visibility
from simengine.sensors.raster.visible_extents import measure_extents
from simengine.sensors.scene.scene_arrays import flatten_scene, pose_parts
from simengine.simulation.world.layout import weather_from_spec
from tools.benches.triangles import TriangleScene, boxes_of
from tools.benches.views import NOTHING, SENSOR, STILL, Subject, Views, digest_of, motion_of
from tools.benches.workloads import CAMERA_IDS, LIDAR_DYNAMIC, LIDAR_STATIC, WORKLOADS

RATE_HZ = 10  # of the camera; a state is a tick
_EGO_SIZE = (4.0, 1.8, 1.4)  # of the empty ego that carries the sensors [m]
_LOOKS = {
    "ground": (Material.ASPHALT, Semantic.ROAD), "building": (Material.FACADE, Semantic.BUILDING),
    "car": (Material.CAR_PAINT, Semantic.CAR), "pedestrian": (Material.CLOTH_UPPER, Semantic.PEDESTRIAN),
    "pole": (Material.METAL, Semantic.POLE), "tree": (Material.LEAF, Semantic.VEGETATION),
}  # fmt: skip
_OTHER_LOOK = (Material.CONCRETE, Semantic.WALL)
# A sunny afternoon in haze: shadows everywhere, and the air changes every pixel.
HAZE = Weather(
    rain_rate=0.0, snow_rate=0.0, optical_range=2_000.0, sun_elevation=math.radians(40.0),
    sun_azimuth=math.radians(220.0), cloud=0.1, wetness=0.0, snow_cover=0.0, ice=0.0, temperature=18.0, wind_speed=2.0,
    wind_direction=0.0, street_lights=0.0,
)  # fmt: skip


def weather_named(name: str) -> Weather:
    """Return `haze` or a weather of the library.

    Raises:
        ScenarioError: There is no such weather.
    """
    if name == "haze":
        return HAZE
    return weather_from_spec(load_scenario("drive", [f"weather={name}"]).weather)


def _mesh(vertex: NDArray[np.float32], triangle: NDArray[np.int32], look: tuple[Material, Semantic]) -> Mesh:
    """Return one rigid body of one look."""
    return Mesh(
        vertex=vertex,
        triangle=np.ascontiguousarray(triangle, np.int32),
        material=np.full(len(triangle), look[0], np.int16),
        semantic=np.full(len(triangle), look[1], np.uint8),
        part=np.zeros(len(triangle), np.int16),
        part_role=np.array([PartRole.BODY], np.int16),
        part_pivot=np.zeros((1, 3), np.float32),
    )


def scene_of(triangles: TriangleScene, weather: Weather) -> tuple[Scene, NDArray[np.int32]]:
    """Return a file's triangles as the sensors' scene, and the file's instance of each instance id.

    Actor 0 is an ego without a body that carries the sensors, actor 1 + c is car c; everything else is static.
    """
    num_instances, cars = len(triangles.instance_class), triangles.cars
    low, high = boxes_of(triangles, cars)
    actors = empty_actors(1, 1 + len(cars))
    actors.present[:] = True
    size = np.concatenate([[_EGO_SIZE], high - low])
    actors.length[0], actors.width[0], actors.height[0] = size.T
    actors.color[0] = np.random.default_rng(5).uniform(0.02, 0.6, (1 + len(cars), 3))
    nothing = _mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32), _OTHER_LOOK)
    actor_mesh, static_mesh = [nothing], []
    static_instance: list[int] = []
    file_instance = [NOTHING] + [int(car) for car in cars]
    for i in range(num_instances):
        rows = triangles.triangle[triangles.first_triangle[i] : triangles.first_triangle[i + 1]]
        if not len(rows):
            continue
        first = triangles.first_vertex[i]
        vertex = triangles.vertex[first : triangles.first_vertex[i + 1]]
        name = triangles.class_of(i)
        look = _LOOKS.get(name, _OTHER_LOOK)
        car = int(np.searchsorted(cars, i))
        if car < len(cars) and cars[car] == i:
            local = (vertex.astype(np.float64) - 0.5 * (low + high)[car]).astype(np.float32)
            actor_mesh.append(_mesh(local, rows - np.int32(first), look))
        else:
            static_mesh.append(_mesh(vertex, rows - np.int32(first), look))
            static_instance.append(2 + len(cars) + len(static_instance))
            file_instance.append(i)
    file_instance.insert(1, NOTHING)  # the ego
    scene = Scene(
        origin=(0.0, 0.0, 0.0),
        actors=actors,
        actor_mesh=tuple(actor_mesh),
        actor_semantic=np.full(1 + len(cars), Semantic.CAR, np.uint8),
        static_mesh=tuple(static_mesh),
        static_instance=np.array(static_instance, np.int32),
        lamp_position=np.zeros((0, 3)),
        signal_mesh=np.zeros(0, np.int32),
        weather=weather,
        seed=1,
    )
    return scene, np.array(file_instance, np.int32)


class OwnSensors(Subject):
    """simengine."""

    workloads = WORKLOADS

    def __init__(self, scene: TriangleScene, views: Views, threads: int, weather: Weather = HAZE) -> None:
        self._threads, self._views = threads, views
        self._scene, self._file_instance = scene_of(scene, weather)
        self._arrays = flatten_scene(self._scene)
        self._actors = flatten_scene(self._scene._replace(static_mesh=(), static_instance=np.zeros(0, np.int32)))
        low, high = boxes_of(scene, scene.cars)
        self._center = 0.5 * (low + high)
        lift = SENSOR[2]  # the ego's rear axle stands at the origin
        self._mount = Mount(position=(0.0, 0.0, lift), roll_deg=0.0, pitch_deg=0.0, yaw_deg=0.0)
        spec = CameraSpec(
            kind="camera",
            mount=self._mount,
            rate_hz=float(RATE_HZ),
            phase=0.0,
            width=views.width,
            height=views.height,
            horizontal_fov_deg=views.fov_deg,
            exposure_bias=0.0,
            noise=True,
            layers=("normal", "flow"),
        )
        self._camera = CameraSensor("front", spec, self._scene, self._arrays, 1)
        self._signals = np.zeros(0, np.int32)
        self._pattern = spinning_pattern(
            math.radians(views.lowest_deg), math.radians(views.highest_deg), views.channels, views.columns
        )
        self._slices = plan_slices(self._pattern, np.zeros(views.columns, np.int64), np.zeros(1, np.int64))
        self._clusters = self._arrays.clusters
        self._label = label_table(self._arrays.semantic, self._arrays.part, self._arrays.part_instance)
        self._masks = empty_masks(views.height, views.width)
        self._history = History(RATE_HZ, 3)
        self._poses: ActorPoses | None = None
        self._given: dict[str, tuple[NDArray, ...]] = {}

    def prepare(self, workload: str, frame: int) -> None:
        """Hold the states of the frame and the one before, as the simulation does."""
        self._history = History(RATE_HZ, 3)
        for tick in (max(frame - 1, 0), max(frame, 0)):
            state = empty_state(1, 1 + len(self._center))
            state.tick[0] = tick
            state.valid[:] = True
            motion = motion_of(STILL if frame == STILL else tick, len(self._center))
            state.position[0, EGO, 2] = 0.5 * _EGO_SIZE[2]
            state.position[0, 1:] = self._center + motion.shift
            state.orientation[0, 1:, 0] = np.cos(0.5 * motion.yaw)
            state.orientation[0, 1:, 3] = np.sin(0.5 * motion.yaw)
            self._history.push(state)
        self._poses = self._history.poses_at(max(frame, 0) * 1_000_000_000 // RATE_HZ)
        self._camera.index = max(frame, 0)

    def run(self, workload: str, frame: int) -> None:
        """See a frame; where the cars are comes from `prepare`."""
        assert self._poses is not None
        world_from_sensor = sensor_pose(self._scene.actors, self._poses, self._mount)
        if workload in (LIDAR_STATIC, LIDAR_DYNAMIC):
            self._given[workload] = self._sweep(self._poses, world_from_sensor)
        elif workload == CAMERA_IDS:
            self._given[workload] = self._see(self._poses, world_from_sensor)
        else:
            self._given[workload] = self._capture(self._poses)

    def _sweep(self, poses: ActorPoses, world_from_sensor: NDArray[np.float64]) -> tuple[NDArray, ...]:
        """Cast every beam at one instant: the first hits of a sweep of the LiDAR."""
        scene, arrays = self._scene, self._arrays
        world_from_part, present = pose_parts(arrays, scene.actors, poses, scene.origin)
        sensor_from_part = np.empty((1, *world_from_part.shape))
        relate_parts(world_from_part, world_from_sensor, np.zeros(3), sensor_from_part[0])
        return cast_sweep(
            self._clusters,
            SweepPoses(sensor_from_part, present[None]),
            self._pattern,
            self._slices,
            self._views.max_range,
            self._threads,
        )

    def _see(self, poses: ActorPoses, world_from_sensor: NDArray[np.float64]) -> tuple[NDArray, ...]:
        """Draw depth, class and instance of every pixel."""
        scene, arrays = self._scene, self._arrays
        world_from_part, present = pose_parts(arrays, scene.actors, poses, scene.origin)
        camera_from_world = optical_from_world(world_from_optical(world_from_sensor), world_from_sensor[:3, 3].copy())
        seen = draw_visibility(
            arrays, world_from_part, present, camera_from_world, self._camera.intrinsics, num_threads=self._threads
        )
        read_masks(seen, self._label, self._threads, self._masks)
        return self._masks.depth, self._masks.instance, self._masks.semantic

    def _capture(self, poses: ActorPoses) -> tuple[NDArray, ...]:
        """Take the camera's picture with every channel, and measure what it shows of every actor, as labels do."""
        scene, arrays = self._scene, self._actors
        frame = self._camera.capture(self._history, self._signals)
        world_from_part, present = pose_parts(arrays, scene.actors, poses, scene.origin)
        pose = frame.world_from_sensor
        camera_from_world = optical_from_world(world_from_optical(pose), pose[:3, 3].copy())
        channels = frame.channels
        extents = measure_extents(
            arrays,
            world_from_part,
            present,
            camera_from_world,
            self._camera.intrinsics,
            channels["instance"],
            len(scene.actor_mesh),
            self._threads,
        )
        rest = [array for name, array in channels.items() if name not in ("depth", "instance")]
        return (channels["depth"], channels["instance"], *rest, *extents)

    def found(self, workload: str) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """See `Subject.found`."""
        if workload in (LIDAR_STATIC, LIDAR_DYNAMIC):
            distance, triangle = (array.ravel() for array in self._given[workload])
            arrays = self._arrays
            ids = arrays.part_instance[arrays.part[np.maximum(triangle, 0)]]
            return distance, np.where(triangle >= 0, self._file_instance[ids], np.int32(NOTHING))
        depth, instance = (array.ravel() for array in self._given[workload][:2])
        ids = self._file_instance[instance]
        return np.where(depth > 0.0, depth, np.float32(np.inf)).astype(np.float32), ids

    def digest(self, workload: str) -> str:
        """Return a hash of every array of the last run, pictures and boxes included."""
        return digest_of(self._given[workload])
