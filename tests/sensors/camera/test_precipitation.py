"""Rain and snow in the air: how many, how fast, and never behind what they fall before."""

import numpy as np
import pytest

from simengine.sensors.camera.precipitation import (
    Precipitation,
    draw_particles,
    drop_fall_speed,
    drops_per_volume,
    flakes_per_volume,
)
from simengine.sensors.camera.random_counter import RandomCounter
from simengine.sensors.light.lamps import LAMP
from simengine.sensors.raster.pinhole import CameraView, Intrinsics

AXES = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
VIEW = CameraView(np.array([0.0, 0.0, 1.5]), AXES, Intrinsics(200, 120, 160.0, 160.0, 100.0, 60.0))


def draw(snowing, rate, depth=100.0, ego_speed=0.0, frame=0, key=5, ambient=100.0):
    image = np.zeros((120, 200, 3), np.float32)
    inverse_depth = np.full((120, 200), 1.0 / depth, np.float32)
    falling = Precipitation(snowing, rate, np.array([0.0, 0.0, -ego_speed]), np.array([0.0, 1.0, 0.0]))
    count = draw_particles(
        falling,
        0.008,
        np.full(3, ambient),
        np.zeros(0, LAMP),
        -1,
        VIEW,
        RandomCounter(key, 0, frame),
        inverse_depth,
        image,
    )
    return image, count


def test_fall_speeds_match_atlas():
    # Atlas, Srivastava and Sekhon 1973: 4.0 m/s at 1 mm, 6.5 m/s at 2 mm, 9.2 m/s at 5 mm.
    for diameter, speed in ((1.0, 4.0), (2.0, 6.5), (5.0, 9.1)):
        assert drop_fall_speed(diameter) == pytest.approx(speed, abs=0.15)


def test_drop_numbers_are_marshall_and_palmers():
    slope = 4.1 * 10.0**-0.21
    sizes = np.linspace(0.8, 5.5, 20_001)
    density = 8_000.0 * np.exp(-slope * sizes)
    expected = float(((density[1:] + density[:-1]) * 0.5 * np.diff(sizes)).sum())
    assert drops_per_volume(10.0) == pytest.approx(expected, rel=1e-4)
    assert drops_per_volume(40.0) > 2.0 * drops_per_volume(10.0)


def test_flakes_carry_the_snowfall():
    assert flakes_per_volume(3.6) * 1.2e-6 * 1.0 * 3600.0 == pytest.approx(3.6)


@pytest.mark.parametrize("snowing", [False, True])
def test_more_falls_more_is_seen(snowing):
    light, _ = draw(snowing, 1.0)
    heavy, _ = draw(snowing, 5.0 if snowing else 40.0)
    assert 0.0 < light.mean() < heavy.mean()


@pytest.mark.parametrize("snowing", [False, True])
def test_nothing_is_drawn_behind_a_near_wall(snowing):
    image, _ = draw(snowing, 5.0, depth=0.3)
    assert not image.any()


def test_rain_streaks_are_upright_when_the_ego_stands():
    image, _ = draw(False, 5.0)
    value = image[:, :, 0] - image[:, :, 0].mean()
    along = (value[1:] * value[:-1]).mean()
    across = (value[:, 1:] * value[:, :-1]).mean()
    assert along > 2.0 * abs(across)


def test_particles_are_a_function_of_seed_and_frame():
    first, again, other = (draw(True, 2.0, frame=f)[0] for f in (1, 1, 2))
    assert first.tobytes() == again.tobytes() != other.tobytes()
    assert draw(True, 2.0, frame=1, key=6)[0].tobytes() != first.tobytes()
