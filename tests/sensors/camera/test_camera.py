"""The camera: exact masks, light and weather in the picture only, and the same bytes every time."""

import math

import numpy as np
import pytest

from simengine.core.semantics import Semantic
from simengine.core.state import Light
from simengine.core.weather import extinction
from simengine.road.network.network import SignalColor
from simengine.scenario.spec import Mount
from simengine.sensors.base.mount import sensor_pose
from simengine.sensors.camera.camera import CameraSensor
from simengine.sensors.scene.scene_arrays import flatten_scene
from tests.sensors.camera_scene import NIGHT, camera_spec, still_history, street_scene, weather

RED = np.array([SignalColor.RED], np.int32)
SCENE = street_scene(weather())
ARRAYS = flatten_scene(SCENE)


def camera(sky=None, scene=SCENE, arrays=ARRAYS, seed=3, **spec):
    scene = scene if sky is None else scene._replace(weather=sky)
    return CameraSensor("front", camera_spec(**spec), scene, arrays, seed)


def shoot(sky=None, signals=RED, lights=int(Light.HEAD), speed=0.0, **settings):
    return camera(sky, **settings).capture(still_history(SCENE, lights=lights, speed=speed), signals)


def luminance(sky=None, lights=int(Light.HEAD), signals=RED, **settings):
    sensor = camera(sky, **settings)
    poses = still_history(SCENE, lights=lights).poses_at(0)
    return sensor.render(poses, sensor_pose(SCENE.actors, poses, sensor._spec.mount), signals).radiance


FRAME = shoot()


def test_channels_have_their_shapes_and_types():
    shapes = {name: (array.shape, array.dtype.name) for name, array in FRAME.channels.items()}
    assert shapes == {
        "rgb": ((96, 160, 3), "uint8"),
        "depth": ((96, 160), "float32"),
        "semantic": ((96, 160), "uint8"),
        "instance": ((96, 160), "uint16"),
        "intrinsics": ((3, 3), "float64"),
    }
    assert FRAME.time_ns == 0 and FRAME.index == 0 and FRAME.sensor == "front"


def test_captures_follow_rate_and_phase():
    sensor = camera(phase=0.05, rate_hz=20.0)
    assert sensor.next_time_ns() == 50_000_000
    assert sensor.span_ns() == 0


def test_depth_of_the_road_follows_from_mount_and_pitch():
    matrix, pitch = FRAME.channels["intrinsics"], math.radians(3.0)
    road = FRAME.channels["semantic"] == Semantic.ROAD
    row, column = np.nonzero(road)
    v = (row + 0.5 - matrix[1, 2]) / matrix[1, 1]
    expected = 1.4 / (v * math.cos(pitch) + math.sin(pitch))
    depth = FRAME.channels["depth"][row, column]
    near = expected < 60.0
    assert near.sum() > 1000
    np.testing.assert_allclose(depth[near], expected[near], rtol=1e-4)


def test_sky_has_its_class_no_instance_and_depth_zero():
    sky = FRAME.channels["semantic"] == Semantic.SKY
    assert sky.sum() > 500
    assert not FRAME.channels["depth"][sky].any()
    assert not FRAME.channels["instance"][sky].any()


def test_pixels_carry_their_actors_instance_and_class():
    instance, semantic = FRAME.channels["instance"], FRAME.channels["semantic"]
    assert set(np.unique(semantic[instance == 2])) == {Semantic.CAR}
    assert set(np.unique(semantic[instance == 4])) == {Semantic.PEDESTRIAN}
    assert set(np.unique(semantic[instance == 7])) <= {Semantic.BICYCLE, Semantic.RIDER}
    assert (instance == 9).any()  # the house: above the eight actors


def test_mount_turns_the_camera_to_the_left():
    left = shoot(mount=Mount(position=(1.6, 0.0, 1.4), roll_deg=0.0, pitch_deg=3.0, yaw_deg=20.0))
    columns = [np.nonzero(frame.channels["instance"] == 2)[1].mean() for frame in (FRAME, left)]
    assert columns[1] > columns[0] + 20.0
    np.testing.assert_allclose(
        left.world_from_sensor[:3, 0],
        [
            math.cos(math.radians(20.0)) * math.cos(math.radians(3.0)),
            math.sin(math.radians(20.0)) * math.cos(math.radians(3.0)),
            -math.sin(math.radians(3.0)),
        ],
        atol=1e-12,
    )


@pytest.mark.parametrize(
    "sky",
    [
        weather(optical_range=60.0),
        weather(rain_rate=40.0, wetness=1.0, cloud=1.0),
        weather(**NIGHT),
        weather(snow_rate=3.0, snow_cover=1.0, cloud=1.0),
    ],
    ids=["fog", "rain", "night", "snow"],
)
def test_weather_changes_the_picture_and_never_the_truth(sky):
    frame = shoot(sky)
    for channel in ("depth", "semantic", "instance"):
        assert frame.channels[channel].tobytes() == FRAME.channels[channel].tobytes()
    assert np.abs(frame.channels["rgb"].astype(int) - FRAME.channels["rgb"]).mean() > 5.0


def test_fog_lowers_contrast_by_the_law_of_koschmieder():
    # The same light in both: only the air changes between two pixels of equal distance.
    sensor = camera(weather(cloud=1.0))
    poses = still_history(SCENE).poses_at(0)
    pose = sensor_pose(SCENE.actors, poses, sensor._spec.mount)
    clear = sensor.render(poses, pose, RED)
    foggy_sky = weather(cloud=1.0, optical_range=60.0)
    sensor._scene = SCENE._replace(weather=foggy_sky)
    fog = sensor.render(poses, pose, RED)
    column = (np.arange(160) + 0.5 - 80.0) / sensor.intrinsics.fx
    row = (np.arange(96) + 0.5 - 48.0) / sensor.intrinsics.fy
    stretch = np.sqrt(1.0 + column[None, :] ** 2 + row[:, None] ** 2)
    hit = clear.visibility.triangle >= 0
    distance = stretch[hit] / clear.visibility.inverse_depth[hit]
    before = clear.radiance[hit][:, 1].astype(float)
    after = fog.radiance[hit][:, 1].astype(float)
    air = float(sensor._light.airlight[1])
    more = extinction(foggy_sky) - extinction(weather(cloud=1.0))
    expected = air + (before - air) * np.exp(-more * distance)
    np.testing.assert_allclose(after, expected, rtol=2e-3)


def test_night_is_darker_before_exposure_and_street_lamps_help():
    day, night = luminance(weather()), luminance(weather(**NIGHT))
    unlit = luminance(weather(sun_elevation=-0.5), lights=0)
    assert np.median(night) < 1e-3 * np.median(day)
    assert np.median(unlit) < 0.2 * np.median(night)


def test_the_egos_low_beam_lights_the_road_ahead():
    dark, lit = (luminance(weather(sun_elevation=-0.5), lights=bits)[:, :, 1] for bits in (0, int(Light.HEAD)))
    road = FRAME.channels["semantic"] == Semantic.ROAD
    ahead = road & (FRAME.channels["depth"] < 25.0)
    assert lit[ahead].mean() > 30.0 * dark[ahead].mean()


def test_brake_lamps_shine_red():
    instance = FRAME.channels["instance"] == 2
    off, on = luminance(lights=0), luminance(lights=int(Light.BRAKE))
    gain = (on - off)[instance]
    assert gain[:, 0].max() > 1_000.0
    assert gain[:, 0].max() > 5.0 * gain[:, 1].max()


def test_indicators_blink_on_their_own_side():
    sensor = camera()
    poses = still_history(SCENE, lights=int(Light.LEFT)).poses_at(0)
    pose = sensor_pose(SCENE.actors, poses, sensor._spec.mount)
    on = sensor.render(poses, pose, RED).radiance
    off = sensor.render(poses._replace(time_ns=400_000_000), pose, RED).radiance
    glow = (on - off)[:, :, 0] > 500.0
    glow &= FRAME.channels["instance"] == 2
    car = np.nonzero(FRAME.channels["instance"] == 2)[1]
    assert glow.any()
    assert np.nonzero(glow)[1].max() < 0.5 * (car.min() + car.max())


def test_a_signal_shows_only_its_color():
    spec = {
        "mount": Mount(position=(9.0, -4.5, 2.8), roll_deg=0.0, pitch_deg=0.0, yaw_deg=0.0),
        "horizontal_fov_deg": 20.0,
    }
    shown = {}
    for color in (SignalColor.RED, SignalColor.AMBER, SignalColor.GREEN, SignalColor.OFF):
        image = luminance(signals=np.array([color], np.int32), **spec)
        shown[color] = image
    dark = shown[SignalColor.OFF]
    rows = {color: np.nonzero((image - dark).max(axis=2) > 1_000.0)[0] for color, image in shown.items()}
    assert len(rows[SignalColor.OFF]) == 0
    assert rows[SignalColor.RED].max() < rows[SignalColor.AMBER].min()
    assert rows[SignalColor.AMBER].max() < rows[SignalColor.GREEN].min()
    glow = {color: (image - dark).reshape(-1, 3).max(axis=0) for color, image in shown.items()}
    assert glow[SignalColor.RED][0] > 5.0 * glow[SignalColor.RED][1]
    assert glow[SignalColor.GREEN][1] > 3.0 * glow[SignalColor.GREEN][0]


ABOVE = Mount(position=(5.0, 0.0, 12.0), roll_deg=0.0, pitch_deg=55.0, yaw_deg=0.0)


def test_wet_ground_is_darker_from_above_and_mirrors_at_grazing_angles():
    dry, wet = (luminance(weather(cloud=1.0, wetness=share), mount=ABOVE) for share in (0.0, 1.0))
    road = shoot(mount=ABOVE).channels["semantic"] == Semantic.ROAD
    assert wet[road].mean() < 0.75 * dry[road].mean()
    dry, wet = (luminance(weather(cloud=1.0, wetness=share)) for share in (0.0, 1.0))
    far = (FRAME.channels["semantic"] == Semantic.ROAD) & (FRAME.channels["depth"] > 15.0)
    assert wet[far].mean() > 1.5 * dry[far].mean()
    lit, unlit = (luminance(weather(**NIGHT, wetness=1.0), lights=bits) for bits in (int(Light.BRAKE), 0))
    # Lamps 0.8 m high and 12 m away are mirrored to an eye 1.5 m high by the ground about 8 m away.
    below = (FRAME.channels["semantic"] == Semantic.ROAD) & (FRAME.channels["depth"] > 7.0)
    below &= (FRAME.channels["depth"] < 9.0) & (np.abs(np.arange(160) - 78) < 12)[None, :]
    assert (lit - unlit)[below][:, 0].max() > 50.0


def test_snow_whitens_the_ground():
    clear, snow = luminance(weather(cloud=1.0)), luminance(weather(cloud=1.0, snow_cover=1.0))
    road = (FRAME.channels["semantic"] == Semantic.ROAD) & (FRAME.channels["depth"] < 20.0)
    assert snow[road].mean() > 4.0 * clear[road].mean()


def test_shadows_darken_the_ground_beside_an_actor():
    high = weather(sun_elevation=0.7, sun_azimuth=math.pi / 2.0, cloud=0.0)  # from the left: shadows to the right
    image = luminance(high, mount=ABOVE)
    frame = shoot(high, mount=ABOVE)
    road = frame.channels["semantic"] == Semantic.ROAD
    levels = image[:, :, 1][road]
    assert np.percentile(levels, 2.0) < 0.4 * np.median(levels)


def test_the_same_capture_gives_the_same_bytes_and_noise_changes_with_the_frame():
    sky = weather(rain_rate=20.0, wetness=0.7, cloud=1.0)
    first, again = (shoot(sky, noise=True) for _ in range(2))
    assert all(first.channels[k].tobytes() == again.channels[k].tobytes() for k in first.channels)
    sensor = camera(noise=True)
    history = still_history(SCENE)
    images = []
    for _ in range(2):
        images.append(sensor.capture(history, RED).channels["rgb"])
        sensor._spec = camera_spec(noise=True, rate_hz=1000.0)
    assert not np.array_equal(*images)
    assert not np.array_equal(shoot(noise=True, seed=4).channels["rgb"], images[0])


def test_far_from_the_worlds_zero_the_picture_is_the_same():
    far = street_scene(weather(), origin=(4.0e5, 6.0e6, 12.0))
    frame = CameraSensor("front", camera_spec(), far, flatten_scene(far), 3).capture(still_history(far), RED)
    assert np.array_equal(frame.channels["instance"], FRAME.channels["instance"])
    np.testing.assert_allclose(frame.channels["depth"], FRAME.channels["depth"], rtol=1e-5)
