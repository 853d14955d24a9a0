"""The spinning LiDAR against closed forms: geometry, motion during the sweep, intensity, air, noise, determinism."""

import math

import numpy as np
import pytest

from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material
from simengine.scenario.spec import Mount
from simengine.sensors.lidar.lidar import LidarSensor
from simengine.sensors.scene.scene_arrays import flatten_scene
from tests.sensors.lidar_scene import CLEAR, box_mesh, lidar_spec, make_history, make_scene

EGO_AT = (1.4, 0.0, 0.75)  # puts the rear axle at the world's origin
NO_SIGNALS = np.zeros(0, np.int32)


def _capture(scene, history, seed=5, captures=1, **settings):
    sensor = LidarSensor("lidar", lidar_spec(**settings), scene, flatten_scene(scene), seed)
    for _ in range(captures):
        frame = sensor.capture(history, NO_SIGNALS)
    return frame


def _still(scene, places):
    return make_history(scene, [EGO_AT, *places], [(0.0, 0.0, 0.0)] * (1 + len(places)))


def test_points_lie_on_the_box_and_the_ground():
    scene = make_scene([(4.0, 2.0, 2.0)])
    frame = _capture(scene, _still(scene, [(12.0, 1.0, 1.0)]))
    points, instance = frame.channels["points"], frame.channels["instance"]
    box = points[instance == 2]
    assert len(box) > 10
    assert box[:, 0] == pytest.approx(10.0, abs=1e-4)
    assert (box[:, 1].min() >= -1e-4) and (box[:, 1].max() <= 2.0001)
    assert points[instance == 0][:, 2] == pytest.approx(-1.8, abs=1e-4)
    assert (frame.channels["semantic"][instance == 2] == Semantic.CAR).all()
    assert (frame.channels["semantic"][instance == 0] == Semantic.ROAD).all()
    assert frame.channels["range"] == pytest.approx(np.linalg.norm(points, axis=1), abs=1e-4)


def test_own_body_is_not_seen():
    scene = make_scene([])
    frame = _capture(scene, _still(scene, []), lowest_deg=-80.0)
    assert len(frame.channels["points"]) > 0
    assert not (frame.channels["instance"] == 1).any()


def test_own_body_hides_what_lies_behind_it():
    scene = make_scene([])
    frame = _capture(scene, _still(scene, []), channels=32, lowest_deg=-60.0)
    points = frame.channels["points"].astype(float)
    # The roof lies 0.3 m below the sensor, from 0.6 m behind it to 3.4 m ahead and 1 m to either side.
    meets = points * (0.3 / -points[:, 2:])
    down = points[:, 2] < -0.01
    on_roof = (meets[:, 0] > -0.59) & (meets[:, 0] < 3.39) & (np.abs(meets[:, 1]) < 0.99)
    assert down.sum() > 100 and not (down & on_roof).any()


def test_rain_before_the_own_body_gives_no_point():
    rainy = CLEAR._replace(rain_rate=100.0)
    scene = make_scene([], weather=rainy, ground=False)
    frame = _capture(scene, _still(scene, []), channels=64, columns=1024, lowest_deg=-80.0, highest_deg=-70.0)
    assert len(frame.channels["points"]) == 0 and len(frame.channels["expected_hits"]) == 0


def test_sensor_inside_the_body_looks_out():
    scene = make_scene([(4.0, 2.0, 2.0)])
    mount = Mount(position=(2.0, 0.0, 1.0), roll_deg=0.0, pitch_deg=0.0, yaw_deg=0.0)
    frame = _capture(scene, _still(scene, [(12.0, 1.0, 1.0)]), mount=mount)
    assert (frame.channels["instance"] == 2).sum() > 10


def test_sweep_ends_at_the_frame_time_and_times_cover_it():
    scene = make_scene([])
    frame = _capture(scene, _still(scene, []), captures=2)
    times = frame.channels["time_ns"]
    assert (frame.index, frame.time_ns) == (1, 200_000_000)
    assert (np.diff(times) >= 0).all()
    assert times[-1] == 200_000_000
    assert times[0] == 100_000_000 + 100_000_000 // 256


def test_still_world_stays_still_for_a_moving_and_turning_ego():
    scene = make_scene([(0.6, 0.6, 3.0)])
    history = make_history(scene, [EGO_AT, (15.0, 4.0, 1.5)], [(20.0, 0.0, 0.0), (0.0, 0.0, 0.0)], yaw_rates=[0.5, 0.0])
    frame = _capture(scene, history, columns=1024)
    pose = frame.world_from_sensor
    points = frame.channels["points"][frame.channels["instance"] == 2]
    world = points @ pose[:3, :3].T + pose[:3, 3]
    outside = np.abs(world - (15.0, 4.0, 1.5)) - (0.3, 0.3, 1.5)
    assert len(points) > 10
    assert outside.max() < 1e-3
    assert np.abs(outside.max(axis=1)).max() < 1e-3


def test_moving_car_is_sheared_by_its_own_motion():
    scene = make_scene([(4.0, 40.0, 3.0)], ground=False)
    speed = -25.0
    history = make_history(scene, [EGO_AT, (32.0, 0.0, 1.5)], [(0.0, 0.0, 0.0), (speed, 0.0, 0.0)])
    frame = _capture(scene, history, columns=512)
    chosen = frame.channels["instance"] == 2
    front = chosen & (np.abs(frame.channels["points"][:, 1]) < 15.0)
    time = frame.channels["time_ns"][front] * 1e-9
    assert front.sum() > 50
    assert frame.channels["points"][front, 0] == pytest.approx(30.0 + speed * time, abs=1e-3)


def test_points_far_from_the_world_origin_lose_nothing():
    far = np.array([680_000.0, 4_180_000.0, 30.0])
    here, there = make_scene([(4.0, 2.0, 2.0)]), make_scene([(4.0, 2.0, 2.0)], origin=tuple(far))
    near = _capture(here, _still(here, [(12.0, 1.0, 1.0)]))
    moved = make_history(there, [far + EGO_AT, far + (12.0, 1.0, 1.0)], [(0.0, 0.0, 0.0)] * 2)
    away = _capture(there, moved)
    assert away.channels["points"] == pytest.approx(near.channels["points"], abs=1e-5)


def test_intensity_of_a_wall_follows_albedo_and_incidence():
    scene = make_scene([(1.0, 60.0, 6.0)], ground=False)
    wall = box_mesh((1.0, 60.0, 6.0), Material.GLASS)  # smooth: Lambert's cosine
    scene = scene._replace(actor_mesh=(scene.actor_mesh[0], wall))
    frame = _capture(scene, _still(scene, [(10.5, 0.0, 3.0)]))
    points, distance = frame.channels["points"], frame.channels["range"]
    cosine = points[:, 0] / distance
    air = np.exp(-2.0 * 2.99573 / 20_000.0 * distance)
    assert len(points) > 50
    assert frame.channels["intensity"] == pytest.approx(0.04 * cosine * air, rel=1e-3)


def test_dark_surfaces_vanish_sooner_than_bright_ones():
    def farthest(material):
        scene = make_scene([(1.0, 400.0, 80.0)], ground=False)
        scene = scene._replace(actor_mesh=(scene.actor_mesh[0], box_mesh((1.0, 400.0, 80.0), material)))
        frame = _capture(scene, _still(scene, [(15.5, 0.0, 0.0)]))
        return frame.channels["range"].max()

    tire, cloth = farthest(Material.TIRE), farthest(Material.CLOTH_UPPER)
    assert tire < 31.0 < 60.0 < cloth


def test_fog_shortens_range():
    scene = make_scene([])
    reach = {}
    for optical_range in (20_000.0, 200.0, 50.0):
        foggy = make_scene([], weather=CLEAR._replace(optical_range=optical_range))
        reach[optical_range] = _capture(foggy, _still(scene, [])).channels["range"].max()
    assert reach[20_000.0] > 1.3 * reach[200.0] > 1.5 * reach[50.0]


def test_dense_fog_sends_back_an_echo_of_its_own():
    foggy = make_scene([], weather=CLEAR._replace(optical_range=50.0), ground=False)
    frame = _capture(foggy, _still(foggy, []), lowest_deg=0.0)  # clear of the own body
    assert len(frame.channels["points"]) == 16 * 256
    assert frame.channels["range"].min() > 3.0 and frame.channels["range"].max() < 5.0
    assert not frame.channels["instance"].any() and not frame.channels["semantic"].any()


def test_expected_hits_do_not_fade():
    place = [(25.0, 0.0, 1.0)]
    clear = make_scene([(4.0, 2.0, 2.0)])
    foggy = make_scene([(4.0, 2.0, 2.0)], weather=CLEAR._replace(optical_range=40.0))
    seen, hidden = _capture(clear, _still(clear, place)), _capture(foggy, _still(foggy, place))
    assert (seen.channels["expected_hits"] == hidden.channels["expected_hits"]).all()
    expected = dict(seen.channels["expected_hits"].tolist())
    assert (seen.channels["instance"] == 2).sum() == expected[2] > 0 and min(expected.values()) > 0
    assert (hidden.channels["instance"] == 2).sum() == 0


@pytest.mark.parametrize(
    ("change", "least", "most"),
    [
        ({"rain_rate": 10.0}, 0.002, 0.15),
        ({"snow_rate": 1.5}, 0.02, 0.25),
    ],
)
def test_falling_drops_and_flakes_are_met_near_the_sensor(change, least, most):
    scene = make_scene([], weather=CLEAR._replace(**change), ground=False)
    frame = _capture(scene, _still(scene, []))
    share = len(frame.channels["points"]) / (16 * 256)
    assert least < share < most
    assert frame.channels["range"].max() < 20.0
    heavier = make_scene([], weather=CLEAR._replace(**{key: 5.0 * change[key] for key in change}), ground=False)
    assert len(_capture(heavier, _still(heavier, [])).channels["points"]) > len(frame.channels["points"])


def test_wet_road_returns_less_and_snow_on_it_more():
    scene = make_scene([])
    counts, reach = [], []
    for weather in (CLEAR, CLEAR._replace(wetness=1.0), CLEAR._replace(snow_cover=1.0)):
        changed = make_scene([], weather=weather)
        distance = _capture(changed, _still(scene, []), channels=48, highest_deg=0.0, columns=64).channels["range"]
        counts.append(len(distance))
        reach.append(distance.max())
    assert counts[1] < counts[0] < counts[2]
    assert reach[1] < 0.7 * reach[0] < reach[0] < reach[2]


def test_range_noise_has_the_stated_deviation():
    scene = make_scene([(1.0, 60.0, 6.0)], ground=False)
    history = _still(scene, [(10.5, 0.0, 3.0)])
    exact = _capture(scene, history, noise_std=0.0).channels
    noisy = _capture(scene, history, noise_std=0.05).channels
    error = noisy["range"] - exact["range"]
    assert len(error) > 500
    assert error.std() == pytest.approx(0.05, rel=0.15)
    assert abs(error.mean()) < 0.01


def test_noise_depends_on_seed_and_frame_only():
    scene = make_scene([(4.0, 2.0, 2.0)], weather=CLEAR._replace(rain_rate=30.0))
    history = _still(scene, [(12.0, 1.0, 1.0)])
    first = _capture(scene, history, noise_std=0.02).channels
    again = _capture(scene, history, noise_std=0.02).channels
    other = _capture(scene, history, noise_std=0.02, seed=6).channels
    later = _capture(scene, history, noise_std=0.02, captures=2).channels
    assert all(first[key].tobytes() == again[key].tobytes() for key in first)
    assert first["range"].tobytes() != other["range"].tobytes()
    assert first["range"].tobytes() != later["range"].tobytes()


def test_tilted_sensor_sees_the_road_where_geometry_says():
    scene = make_scene([])
    mount = lidar_spec().mount.model_copy(update={"pitch_deg": 10.0, "position": (3.5, 0.0, 1.8)})  # before the body
    frame = _capture(scene, _still(scene, []), mount=mount)
    pose = frame.world_from_sensor
    world = frame.channels["points"] @ pose[:3, :3].T + pose[:3, 3]
    assert np.abs(world[:, 2]).max() < 1e-4
    level = frame.channels["points"][np.abs(frame.channels["points"][:, 1]) < 0.05]
    elevation = math.radians(-20.0) - math.radians(10.0)
    assert world[:, 0].max() > 10.0
    assert level[level[:, 0] > 0.0, 0].min() == pytest.approx(
        1.8 / math.sin(-elevation) * math.cos(math.radians(20.0)), rel=2e-3
    )
