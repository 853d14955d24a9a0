"""What the weather leaves on the ground where nobody says so, and weather that contradicts itself."""

import pytest

from simengine.core.errors import ConfigError
from simengine.scenario.compose import compose
from simengine.scenario.sampling import from_yaml, load_scenario, to_yaml


def weather_of(*overrides):
    return load_scenario("drive", overrides).weather


@pytest.mark.parametrize("preset", ["clear", "fog", "low_sun", "night", "overcast"])
def test_rain_set_by_hand_wets_the_ground_of_any_weather(preset):
    assert weather_of(f"weather={preset}", "weather.rain_rate=30").wetness == pytest.approx(30.0 / 32.0)


def test_presets_without_rain_are_as_dry_as_before():
    assert [weather_of(f"weather={name}").wetness for name in ("clear", "overcast", "night", "fog", "ice", "snow")] == [
        0.0,
        0.0,
        0.0,
        0.3,
        0.2,
        0.3,
    ]
    assert 0.7 <= weather_of("weather=heavy_rain").wetness <= 1.0


def test_a_wetness_that_is_set_is_kept():
    assert weather_of("weather.wetness=0.8").wetness == 0.8
    assert weather_of("weather.rain_rate=30", "weather.wetness=0.6").wetness == 0.6


def test_snow_set_by_hand_whitens_frozen_ground():
    weather = weather_of("weather.snow_rate=2", "weather.temperature=-4")
    assert weather.snow_cover == pytest.approx(0.8)
    assert weather_of("weather.snow_rate=2", "weather.temperature=-4", "weather.snow_cover=0.1").snow_cover == 0.1


def test_what_is_derived_is_a_number_in_the_concrete_scenario():
    scenario = load_scenario("drive", ["weather.rain_rate=30"])
    text = to_yaml(scenario)
    assert "null" not in text.split("weather:")[1].split("ego:")[0]
    assert from_yaml(text) == scenario


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["weather.rain_rate=30", "weather.wetness=0.0"], ["weather.wetness = 0.0", "rain_rate = 30", "0.47", "null"]),
        (["weather=ice", "weather.rain_rate=30"], ["weather.wetness = 0.2", "rain_rate = 30"]),
        (["weather.snow_rate=2"], ["weather.temperature = 18", "weather.snow_rate = 2", "5 °C"]),
        (["weather.ice=0.5"], ["weather.ice = 0.5", "temperature = 18"]),
        (["weather.snow_cover=0.8"], ["weather.snow_cover = 0.8", "temperature = 18", "15 °C"]),
        (["weather.wetness=1.5"], ["weather.wetness = 1.5", "at most 1"]),
        (["weather.rain_rate=-1"], ["weather.rain_rate = -1", "at least 0"]),
    ],
)
def test_weather_that_contradicts_itself_is_one_clear_error(overrides, words):
    with pytest.raises(ConfigError) as caught:
        weather_of(*overrides)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_preset_leaves_no_other_setting_out():
    names = {name: set(compose("config", (f"weather={name}",))["weather"]) for name in ("clear", "snow", "heavy_rain")}
    assert names["clear"] == names["snow"] == names["heavy_rain"]
