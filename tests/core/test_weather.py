"""What follows from the weather state, against published values."""

import math

import pytest

from simengine.core.weather import (
    Weather,
    air_density,
    backscatter,
    extinction,
    hall_weather,
    needs_headlamps,
    sight_distance,
    sky_illuminance,
    snow_cover_under,
    sun_illuminance,
    transmittance,
    wetness_under,
)

CLEAR = Weather(0.0, 0.0, 20_000.0, math.radians(50.0), 0.0, 0.0, 0.0, 0.0, 0.0, 20.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("optical_range", "alpha"), [(30, 0.100), (50, 0.060), (100, 0.030), (200, 0.015), (500, 0.006)]
)
def test_fog_extinction_matches_the_published_table(optical_range, alpha):
    assert extinction(CLEAR._replace(optical_range=optical_range)) == pytest.approx(alpha, rel=0.01)


@pytest.mark.parametrize(("rate", "per_km"), [(2, 0.56), (5, 1.01), (10, 1.56), (25, 2.77), (50, 4.29), (100, 6.63)])
def test_rain_extinction_matches_marshall_palmer(rate, per_km):
    clear_air = extinction(CLEAR)
    assert 1000 * (extinction(CLEAR._replace(rain_rate=rate)) - clear_air) == pytest.approx(per_km, rel=0.02)


def test_contrast_falls_to_five_percent_at_the_optical_range():
    fog = CLEAR._replace(optical_range=120.0)
    assert transmittance(fog, 120.0) == pytest.approx(0.05)
    assert backscatter(fog) == pytest.approx(0.046 / 120.0)


def test_air_is_as_dense_as_the_standard_atmosphere():
    # ICAO Doc 7488: 1.225 kg/m³ at 15 °C and sea level; usual tables: 1.293 at 0 °C, 1.204 at 20 °C.
    assert [air_density(t) for t in (0.0, 15.0, 20.0)] == pytest.approx([1.293, 1.225, 1.204], abs=0.001)


def test_noon_sun_is_about_a_hundred_kilolux_and_night_is_dark():
    noon = CLEAR._replace(sun_elevation=math.radians(60.0))
    assert 90_000 < sun_illuminance(noon) < 110_000
    night = CLEAR._replace(sun_elevation=math.radians(-30.0))
    assert sun_illuminance(night) == 0.0
    assert 0.001 < sky_illuminance(night) < 0.1
    overcast = CLEAR._replace(cloud=1.0)
    assert sun_illuminance(overcast) == 0.0
    assert 5_000 < sky_illuminance(overcast) < 25_000


def test_drivers_see_less_in_fog_and_at_night():
    assert sight_distance(CLEAR) > 10_000
    assert sight_distance(CLEAR._replace(optical_range=80.0)) == pytest.approx(80.0)
    night = CLEAR._replace(sun_elevation=math.radians(-30.0))
    assert sight_distance(night) == pytest.approx(75.0)
    assert sight_distance(night._replace(street_lights=1.0)) == pytest.approx(120.0)
    assert sight_distance(night._replace(optical_range=80.0)) < 75.0


@pytest.mark.parametrize(
    ("changes", "on"),
    [
        ({}, False),
        ({"sun_elevation": math.radians(-2.0)}, True),  # dusk
        ({"optical_range": 200.0, "cloud": 1.0}, True),  # fog
        ({"optical_range": 400.0}, False),  # mist: vehicles can be discerned at 1000 ft
        ({"rain_rate": 1.0}, False),  # drizzle
        ({"rain_rate": 15.0}, True),
        ({"snow_rate": 1.0}, True),
        ({"optical_range": 450.0, "rain_rate": 2.4}, False),
    ],
)
def test_headlamps_are_on_in_the_dark_and_where_the_air_hides_vehicles(changes, on):
    assert needs_headlamps(CLEAR._replace(**changes)) is on


def test_a_hall_is_dry_and_lit_at_any_hour_and_in_any_weather():
    storm = CLEAR._replace(
        rain_rate=40.0,
        snow_rate=2.0,
        optical_range=60.0,
        wetness=1.0,
        snow_cover=1.0,
        ice=1.0,
        wind_speed=15.0,
        sun_elevation=math.radians(-30.0),
    )
    inside = hall_weather(storm)
    assert inside == hall_weather(CLEAR._replace(sun_elevation=storm.sun_elevation))
    assert (inside.wetness, inside.snow_cover, inside.ice) == (0.0, 0.0, 0.0)
    assert extinction(inside) == extinction(CLEAR)
    for weather in (inside, hall_weather(CLEAR)):
        assert 200.0 <= sky_illuminance(weather) <= 300.0  # EN 12464-1: aisles with people, dispatch
        assert sun_illuminance(weather) == 0.0
    assert sight_distance(inside) > 1000.0


def test_wetness_follows_from_rain_melting_snow_and_fog():
    assert wetness_under(0.0, 0.0, 20_000.0, 18.0) == 0.0
    assert wetness_under(30.0, 0.0, 20_000.0, 18.0) == pytest.approx(30.0 / 32.0)
    assert wetness_under(0.0, 2.0, 20_000.0, 2.0) == pytest.approx(0.5)
    assert wetness_under(0.0, 2.0, 20_000.0, -3.0) == 0.0
    assert wetness_under(0.0, 0.0, 120.0, 6.0) == 0.3
    assert snow_cover_under(1.5, -3.0) == pytest.approx(0.75)
    assert snow_cover_under(1.5, 3.0) == 0.0
