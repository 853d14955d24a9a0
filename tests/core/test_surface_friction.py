"""Friction of surfaces under weathers: published values, and what is configured."""

from pathlib import Path

import pytest
import yaml

from simengine.core.surface_friction import ASPHALT, Surface, friction, sliding_friction
from tests.core.test_weather import CLEAR

FOLDER = Path(__file__).parents[2] / "conf" / "surface"


def test_friction_of_asphalt_stays_within_the_published_bands():
    assert (friction(CLEAR, ASPHALT), sliding_friction(CLEAR, ASPHALT)) == (0.90, 0.75)  # Wong, table 1.3
    assert 0.50 <= friction(CLEAR._replace(wetness=1.0), ASPHALT) <= 0.70
    assert 0.25 <= friction(CLEAR._replace(snow_cover=1.0), ASPHALT) <= 0.35
    assert 0.05 <= friction(CLEAR._replace(ice=1.0), ASPHALT) <= 0.15


@pytest.mark.parametrize("changes", [{}, {"wetness": 1.0}, {"snow_cover": 0.5}, {"ice": 1.0}])
@pytest.mark.parametrize("name", ["asphalt", "concrete", "gravel", "earth", "snow", "ice"])
def test_what_slides_finds_less_friction_and_no_weather_gives_more(name, changes):
    surface = Surface(**yaml.safe_load((FOLDER / f"{name}.yaml").read_text()))
    weather = CLEAR._replace(**changes)
    assert 0.0 < sliding_friction(weather, surface) < friction(weather, surface) <= surface.dry


def test_the_configured_asphalt_is_that_of_the_physics():
    assert Surface(**yaml.safe_load((FOLDER / "asphalt.yaml").read_text())) == ASPHALT
