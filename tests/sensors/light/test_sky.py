"""Natural light: the sky's map adds up to the weather's illuminance, the sun reddens, nights are dark."""

import math

import numpy as np
import pytest

from simengine.core.weather import HALL_ILLUMINANCE, hall_weather, sky_illuminance, sun_illuminance
from simengine.sensors.light.sky import light_of_weather, luma, sample_sky, sun_color, texel_direction
from tests.sensors.camera_scene import NIGHT, weather


def test_texels_cover_the_hemisphere_once():
    size = 64
    total = cosine = 0.0
    for row in range(size):
        for column in range(size):
            _, _, z, solid = texel_direction(row, column, size)
            total += solid
            cosine += solid * z
    assert total == pytest.approx(2.0 * math.pi, rel=2e-3)
    assert cosine == pytest.approx(math.pi, rel=2e-3)


@pytest.mark.parametrize("changes", [{}, {"cloud": 1.0}, {"sun_elevation": 0.05}, NIGHT])
def test_map_lights_level_ground_as_the_weather_says(changes):
    sky = weather(**changes)
    light = light_of_weather(sky, 5)
    assert luma(*light.sky) == pytest.approx(sky_illuminance(sky), rel=1e-3)
    assert luma(*light.sun) == pytest.approx(sun_illuminance(sky), rel=1e-6)
    assert np.isfinite(light.luminance).all() and light.luminance.min() >= 0.0


def test_a_direction_is_found_again_in_the_map():
    table = np.zeros((128, 128, 3), np.float32)
    for row in range(128):
        for column in range(128):
            table[row, column] = texel_direction(row, column, 128)[:3]
    for azimuth in np.linspace(0.1, 6.2, 17):
        for elevation in (0.05, 0.4, 1.2):
            direction = np.array(
                [math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)]
            )
            np.testing.assert_allclose(sample_sky(table, *direction), direction, atol=0.02)


def test_low_sun_is_redder_than_high_sun():
    low, high = sun_color(math.radians(4.0)), sun_color(math.radians(60.0))
    assert low[0] / low[2] > 2.0 * high[0] / high[2]
    assert luma(*low) == pytest.approx(1.0) == pytest.approx(luma(*high))


def test_clear_sky_is_blue_and_overcast_gray():
    blue, gray = light_of_weather(weather(cloud=0.0), 1).sky, light_of_weather(weather(cloud=1.0), 1).sky
    assert blue[2] / blue[0] > 1.5
    assert gray[2] / gray[0] < 1.15


def test_clouds_depend_on_their_seed():
    first, again, other = (light_of_weather(weather(cloud=0.5), layer).luminance for layer in (1, 1, 2))
    assert first.tobytes() == again.tobytes() != other.tobytes()


def test_a_hall_is_lit_evenly_from_above_whatever_the_sun_does():
    for changes in ({}, NIGHT):
        light = light_of_weather(hall_weather(weather(**changes)), 5)
        assert light.sky == pytest.approx(np.full(3, HALL_ILLUMINANCE))
        assert light.sun == pytest.approx(np.zeros(3))
        assert sample_sky(light.luminance, 0.3, 0.4, 0.87) == pytest.approx(np.full(3, HALL_ILLUMINANCE / math.pi))
