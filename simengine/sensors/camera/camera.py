"""A pinhole camera: what is visible at every pixel, exactly, and the picture that weather and light make of it.

Channels of a frame: "rgb" (height, width, 3) 8-bit sRGB; "depth" (height, width) float32 along the optical axis [m], 0
where only sky is; "semantic" (height, width) uint8; "instance" (height, width) uint16; "intrinsics" (3, 3) float64; by
choice also "normal" and "flow", see `layers`.
Weather never changes depth, semantic or instance: they are the truth, and only the picture fades. The shutter is global
and the picture is of one instant; only rain and snow show motion blur.
"""

import math
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.history import ActorPoses, History
from simengine.core.rng import kernel_seed, stream
from simengine.core.space.geometry import rotation_matrix
from simengine.core.space.transforms import optical_from_world, rotate_rows, world_from_optical
from simengine.core.state import EGO
from simengine.core.weather import extinction
from simengine.scenario.spec import CameraSpec
from simengine.sensors.base.mount import sensor_pose
from simengine.sensors.base.sensor import Frame, Scene, Sensor, capture_time
from simengine.sensors.base.thread_pool import share_rows
from simengine.sensors.camera.exposure_and_noise import (
    develop_rows,
    development_tables,
    exposure_of,
    lens_glare,
    meter,
    sensor_gain,
)
from simengine.sensors.camera.normal_and_flow import CapturePoses, flow_layer, normal_layer
from simengine.sensors.camera.precipitation import DAY_EXPOSURE, NIGHT_EXPOSURE, Precipitation, draw_particles
from simengine.sensors.camera.random_counter import RandomCounter
from simengine.sensors.camera.shading import shade_rows
from simengine.sensors.light.illumination import Illumination
from simengine.sensors.light.lamp_scatter import find_scatter
from simengine.sensors.light.lamps import find_lights
from simengine.sensors.light.reflection import leave_ground, mirror_view, sum_columns
from simengine.sensors.light.shadow_maps import SunShadows, no_shadows
from simengine.sensors.light.sky import light_of_weather, luma
from simengine.sensors.light.surfaces import surface_table
from simengine.sensors.light.weathering import GroundCover
from simengine.sensors.raster.label_images import empty_masks, label_table, read_masks
from simengine.sensors.raster.pinhole import CameraView, intrinsics_of_fov
from simengine.sensors.raster.pixel_planes import SceneGeometry, SeenActors, flat_triangles, knot_step
from simengine.sensors.raster.visibility_buffer import Visibility, draw_visibility
from simengine.sensors.scene.normals import face_normals
from simengine.sensors.scene.scene_arrays import SceneArrays, pose_parts

LAMPS_MATTER = 400.0  # lamps light the scene when sun and sky give less than this on level ground [lx]
SHADOWS_MATTER = 0.02  # shadows are drawn when the sun gives more than this share of the light
MIRROR_WETNESS = 0.05  # wetter ground mirrors


class Picture(NamedTuple):
    """One rendering before it is exposed."""

    radiance: NDArray[np.float32]  # linear sRGB luminance [cd/m²]. (height, width, 3)
    visibility: Visibility
    placement: CapturePoses


@njit(cache=True)
def actor_rotations(orientation: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write world from actor of every actor. Shapes (num_actors, 4) and (num_actors, 3, 3)."""
    for a in range(orientation.shape[0]):
        rotation_matrix(orientation[a, 0], orientation[a, 1], orientation[a, 2], orientation[a, 3], out[a])


class CameraSensor(Sensor):
    """A camera on the ego.

    Args:
        name: Of the sensor.
        spec: Its settings.
        scene: What can be seen.
        arrays: The scene, flattened.
        seed: Of the episode.
    """

    kind = "camera"

    def __init__(self, name: str, spec: CameraSpec, scene: Scene, arrays: SceneArrays, seed: int) -> None:
        self.name = name
        self.index = 0
        self._spec = spec
        self._scene = scene
        self._arrays = arrays
        self.intrinsics = intrinsics_of_fov(spec.width, spec.height, math.radians(spec.horizontal_fov_deg))
        self._noise_key = kernel_seed(seed, "sensors", name)
        self._look = int(scene.seed) & 0x7FFFFFFF
        self._light = light_of_weather(scene.weather, self._look & 0xFFFF)
        self._table = surface_table()
        self._flat = np.empty(len(arrays.triangle), np.bool_)
        flat_triangles(arrays.corner_normal, self._flat)
        self._label = label_table(arrays.semantic, arrays.part, arrays.part_instance)
        self._development = development_tables()
        actors = scene.actors
        self._sizes = np.stack([actors.length[0], actors.width[0], actors.height[0]], axis=-1).astype(np.float64)
        level = float(max(0.0, self._light.sun_direction[2]))
        daylight = luma(*self._light.sky) + luma(*self._light.sun) * level
        self._dark = min(1.0, max(0.0, (LAMPS_MATTER - daylight) / LAMPS_MATTER))
        self._shadows = SunShadows(arrays, self._light.sun_direction)
        self._face_normal = np.zeros((0, 3), np.float32)
        if "normal" in spec.layers:
            self._face_normal = np.empty((len(arrays.triangle), 3), np.float32)
            face_normals(arrays.vertex, arrays.triangle, self._face_normal)
        self._before: CapturePoses | None = None  # at the previous capture
        self._sunny = luma(*self._light.sun) * max(level, 0.05) > SHADOWS_MATTER * daylight

    def next_time_ns(self) -> int:
        """Return when the next picture is taken [ns]."""
        return capture_time(self.index, self._spec.rate_hz, self._spec.phase)

    def span_ns(self) -> int:
        """Return 0: a picture is of one instant."""
        return 0

    def capture(self, history: History, signals: NDArray[np.int32]) -> Frame:
        """Take the next picture; see `simengine.sensors.base.sensor.Sensor.capture`."""
        time_ns = self.next_time_ns()
        poses = history.poses_at(time_ns)
        world_from_sensor = sensor_pose(self._scene.actors, poses, self._spec.mount)
        picture = self.render(poses, world_from_sensor, signals)
        camera = self.intrinsics
        masks = empty_masks(camera.height, camera.width)
        read_masks(picture.visibility, self._label, numba.config.NUMBA_NUM_THREADS, masks)
        matrix = np.array([[camera.fx, 0.0, camera.cx], [0.0, camera.fy, camera.cy], [0.0, 0.0, 1.0]])
        channels: dict[str, NDArray[Any]] = {
            "rgb": self.develop(picture.radiance),
            **masks._asdict(),
            "intrinsics": matrix,
            **self._layers(picture),
        }
        frame = Frame(self.name, self.index, time_ns, world_from_sensor, channels)
        self.index += 1
        return frame

    def _layers(self, picture: Picture) -> dict[str, NDArray[np.float32]]:
        """Return the layers that were asked for, and keep in mind where things were."""
        part, now, threads = self._arrays.part, picture.placement, numba.config.NUMBA_NUM_THREADS
        channels: dict[str, NDArray[np.float32]] = {}
        for layer in self._spec.layers:
            if layer == "normal":
                channels[layer] = normal_layer(picture.visibility, part, self._face_normal, now, threads)
            else:
                channels[layer] = flow_layer(picture.visibility, part, self.intrinsics, self._before, now, threads)
        self._before = now
        return channels

    def render(self, poses: ActorPoses, world_from_sensor: NDArray[np.float64], signals: NDArray[np.int32]) -> Picture:
        """Work out the luminance of every pixel for the actors at an instant.

        Args:
            poses: Where the actors are.
            world_from_sensor: The camera's pose, ISO 8855 axes. Shape (4, 4).
            signals: `SignalColor` of each signal. Shape (num_signals,).
        """
        scene, arrays, camera = self._scene, self._arrays, self.intrinsics
        origin = np.asarray(scene.origin, np.float64)
        eye = np.ascontiguousarray(world_from_sensor[:3, 3] - origin)
        axes = world_from_optical(world_from_sensor)
        world_from_part, present = pose_parts(arrays, scene.actors, poses, scene.origin)
        identity = np.where(arrays.part_actor < 0, np.int32(-1), poses.identity[arrays.part_actor])
        placement = CapturePoses(optical_from_world(axes, eye), world_from_part, present, identity)
        visibility = draw_visibility(
            arrays,
            world_from_part,
            present,
            placement.camera_from_world,
            camera,
            num_threads=numba.config.NUMBA_NUM_THREADS,
        )
        bodies = self._bodies(poses, world_from_part, signals, origin)
        view = CameraView(eye, axes, camera)
        around = self._surroundings(poses, bodies, present, view)
        mirror = np.zeros((0, 0, 3))
        if max(scene.weather.wetness, scene.weather.ice) > MIRROR_WETNESS:
            mirror = self._mirror_image(bodies, around, view, present, visibility.triangle)
        radiance = np.empty((camera.height, camera.width, 3), np.float32)
        self._shade(bodies, around, view, mirror, visibility, radiance)
        self._precipitate(poses, around, view, visibility, radiance)
        return Picture(radiance, visibility, placement)

    def develop(self, radiance: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Expose luminance [cd/m²] of shape (height, width, 3) to 8-bit sRGB, with the noise of the next frame."""
        average = meter(radiance)
        exposure = exposure_of(average, self._spec.exposure_bias)
        glare = lens_glare(radiance, exposure, numba.config.NUMBA_NUM_THREADS)
        rgb = np.empty(radiance.shape, np.uint8)
        gain, noise = (
            sensor_gain(average),
            RandomCounter(self._noise_key, stream("sensors camera", "noise"), self.index),
        )

        def develop(first: int, last: int) -> None:
            develop_rows(radiance, glare, exposure, gain, self._spec.noise, noise, self._development, first, last, rgb)

        share_rows(develop, radiance.shape[0], numba.config.NUMBA_NUM_THREADS)
        return rgb

    def _bodies(
        self,
        poses: ActorPoses,
        world_from_part: NDArray[np.float64],
        signals: NDArray[np.int32],
        origin: NDArray[np.float64],
    ) -> SceneGeometry:
        arrays, actors = self._arrays, self._scene.actors
        rotation = np.empty((len(poses.valid), 3, 3))
        actor_rotations(poses.orientation, rotation)
        seen = SeenActors(
            kind=actors.kind[0],
            position=poses.position - origin,
            rotation=rotation,
            size=self._sizes,
            color=actors.color[0],
            lights=poses.lights,
        )
        return SceneGeometry(
            vertex=arrays.vertex,
            corner_normal=arrays.corner_normal,
            triangle=arrays.triangle,
            triangle_flat=self._flat,
            material=arrays.material,
            semantic=arrays.semantic,
            part=arrays.part,
            triangle_seed=arrays.triangle_seed,
            part_actor=arrays.part_actor,
            part_instance=arrays.part_instance,
            part_signal=arrays.part_signal,
            world_from_part=world_from_part,
            actors=seen,
            signals=np.asarray(signals, np.int32),
        )

    def _surroundings(
        self, poses: ActorPoses, bodies: SceneGeometry, present: NDArray[np.bool_], view: CameraView
    ) -> Illumination:
        scene, light, weather, shadows = self._scene, self._light, self._scene.weather, no_shadows()
        if self._sunny:
            eye, axes = view.eye, view.world_from_camera
            level = math.hypot(axes[0, 2], axes[1, 2])
            forward = (axes[0, 2] / level, axes[1, 2] / level) if level > 1e-6 else (1.0, 0.0)
            shadows = self._shadows.draw(
                bodies.world_from_part, present, (eye[0], eye[1], eye[2]), forward, numba.config.NUMBA_NUM_THREADS
            )
        lamps = find_lights(
            np.ascontiguousarray(scene.lamp_position, np.float64).reshape(-1, 3),
            weather.street_lights,
            self._dark > 0.0,
            poses.valid,
            bodies.actors,
            view.eye,
        )
        through = float(extinction(weather))
        return Illumination(
            sky_map=light.luminance,
            sun_direction=light.sun_direction,
            sun=light.sun,
            sky=light.sky,
            ground=light.ground,
            airlight=light.airlight,
            shadows=shadows,
            lamps=lamps,
            scatter=find_scatter(lamps, view, through),
            extinction=through,
            dark=float(self._dark),
            street=float(weather.street_lights),
            time=poses.time_ns * 1e-9,
            seed=self._look,
        )

    def _shade(
        self,
        bodies: SceneGeometry,
        around: Illumination,
        view: CameraView,
        mirror: NDArray[np.float64],
        visibility: Visibility,
        out: NDArray[np.float32],
    ) -> None:
        weather = self._scene.weather
        cover = GroundCover(float(weather.wetness), float(weather.snow_cover), float(weather.ice))

        def shade(first: int, last: int) -> None:
            shade_rows(
                bodies,
                around,
                view,
                self._table,
                cover,
                mirror,
                visibility,
                knot_step(self.intrinsics.fx),
                first,
                last,
                out,
            )

        share_rows(shade, out.shape[0], numba.config.NUMBA_NUM_THREADS)

    def _mirror_image(
        self,
        bodies: SceneGeometry,
        around: Illumination,
        view: CameraView,
        present: NDArray[np.bool_],
        triangle: NDArray[np.int32],
    ) -> NDArray[np.float64]:
        """Render what the plane under the ego mirrors, at half the resolution: the scene seen from below the ground.

        Only where the picture of `triangle` shows ground; returned are the sums of its columns.
        """
        up = bodies.actors.rotation[EGO][:, 2]
        foot = bodies.actors.position[EGO] - 0.5 * self._sizes[EGO, 2] * up
        mirrored = mirror_view(view, foot, up)
        visibility = draw_visibility(
            self._arrays,
            bodies.world_from_part,
            present,
            optical_from_world(mirrored.world_from_camera, mirrored.eye),
            mirrored.camera,
            mirrored=True,
            num_threads=numba.config.NUMBA_NUM_THREADS,
        )
        leave_ground(triangle, self._arrays.semantic, view.camera.fx, visibility.triangle)
        half = mirrored.camera
        image = np.empty((half.height, half.width, 3), np.float32)
        self._shade(bodies, around, mirrored, np.zeros((0, 0, 3)), visibility, image)
        sums = np.empty((half.height + 1, half.width, 3))
        sum_columns(image, sums)
        return sums

    def _precipitate(
        self,
        poses: ActorPoses,
        around: Illumination,
        view: CameraView,
        visibility: Visibility,
        radiance: NDArray[np.float32],
    ) -> None:
        """Draw the rain and snow before the camera into the picture."""
        weather = self._scene.weather
        wind = np.array(
            [
                weather.wind_speed * math.cos(weather.wind_direction),
                weather.wind_speed * math.sin(weather.wind_direction),
                0.0,
            ]
        )
        velocity, down = np.empty(3), np.empty(3)
        rotate_rows(view.world_from_camera, wind - poses.velocity[EGO], velocity)
        rotate_rows(view.world_from_camera, np.array([0.0, 0.0, -1.0]), down)
        ambient = around.sky * (0.6 / math.pi) + around.ground * 0.4
        exposure_time = DAY_EXPOSURE + (NIGHT_EXPOSURE - DAY_EXPOSURE) * around.dark
        for snowing, rate in ((False, weather.rain_rate), (True, weather.snow_rate)):
            if rate <= 0.0:
                continue
            noise = RandomCounter(self._noise_key, stream("sensors camera", "snow" if snowing else "rain"), self.index)
            draw_particles(
                Precipitation(snowing, float(rate), velocity, down),
                exposure_time,
                ambient,
                around.lamps.light,
                around.lamps.own_lamps,
                view,
                noise,
                visibility.inverse_depth,
                radiance,
            )
