"""The physical weather."""

from typing import Annotated

from pydantic import Field

from simengine.scenario.spec.base import Fraction, Spec


class WeatherSpec(Spec):
    """The physical weather state; see `simengine.core.weather.Weather`."""

    rain_rate: Annotated[float, Field(ge=0.0, le=200.0)]  # [mm/h]
    snow_rate: Annotated[float, Field(ge=0.0, le=50.0)]  # water equivalent [mm/h]
    optical_range: Annotated[float, Field(ge=10.0, le=100_000.0)]  # 5 % contrast [m]
    sun_elevation_deg: Annotated[float, Field(ge=-90.0, le=90.0)]
    sun_azimuth_deg: Annotated[float, Field(ge=-360.0, le=360.0)]  # counter-clockwise from east
    cloud: Fraction
    wetness: Fraction
    snow_cover: Fraction
    ice: Fraction
    temperature: Annotated[float, Field(ge=-60.0, le=60.0)]  # [°C]
    wind_speed: Annotated[float, Field(ge=0.0, le=60.0)]  # [m/s]
    wind_direction_deg: Annotated[float, Field(ge=-360.0, le=360.0)]  # towards
    street_lights: Fraction
