"""The physical weather."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator, model_validator

from simengine.core.weather import snow_cover_under, wetness_under
from simengine.scenario.spec.base import Contradiction, Fraction, Spec

_LEAST_SHARE = 0.5  # of what rain leaves on the ground; a wetness below that contradicts it
_FROZEN_UP_TO = 5.0  # air above which no snow falls and no ice lies [°C]
_LYING_UP_TO = 15.0  # air above which no snow lies: it thaws by some 4 mm of water a day and degree (degree-day) [°C]


class WeatherSpec(Spec):
    """The physical weather state; see `simengine.core.weather.Weather`.

    `wetness` and `snow_cover` may be left null: they then follow from rain, snow, fog and temperature.
    """

    rain_rate: Annotated[float, Field(ge=0.0, le=200.0)]  # [mm/h]
    temperature: Annotated[float, Field(ge=-60.0, le=60.0)]  # [°C]
    snow_rate: Annotated[float, Field(ge=0.0, le=50.0)]  # water equivalent [mm/h]
    optical_range: Annotated[float, Field(ge=10.0, le=100_000.0)]  # 5 % contrast [m]
    sun_elevation_deg: Annotated[float, Field(ge=-90.0, le=90.0)]
    sun_azimuth_deg: Annotated[float, Field(ge=-360.0, le=360.0)]  # counter-clockwise from east
    cloud: Fraction
    wetness: Fraction | None  # a number once validated
    snow_cover: Fraction | None  # a number once validated
    ice: Fraction
    wind_speed: Annotated[float, Field(ge=0.0, le=60.0)]  # [m/s]
    wind_direction_deg: Annotated[float, Field(ge=-360.0, le=360.0)]  # towards
    street_lights: Fraction

    @model_validator(mode="after")
    def _no_warmer_than_snow_and_ice(self) -> "WeatherSpec":
        falling = [f"{{}}{name} = {getattr(self, name):.4g}" for name in ("snow_rate", "ice") if getattr(self, name)]
        lying = [f"{{}}snow_cover = {self.snow_cover:.4g}"] if self.snow_cover else []
        told = []
        if falling and self.temperature > _FROZEN_UP_TO:
            told.append(f"{' and '.join(falling)}: there is snow and ice up to {_FROZEN_UP_TO:g} °C")
        if lying and self.temperature > _LYING_UP_TO:
            told.append(f"{lying[0]}: snow lies up to {_LYING_UP_TO:g} °C, and null lets it follow")
        if told:
            raise Contradiction(f"{{}}temperature = {self.temperature:g} contradicts {', and '.join(told)}")
        return self

    @field_validator("wetness")
    @classmethod
    def _wet_under_rain(cls, value: float | None, info: ValidationInfo) -> float | None:
        before = [info.data.get(name) for name in ("rain_rate", "snow_rate", "optical_range", "temperature")]
        if None in before:  # refused already
            return value
        left = wetness_under(*before)
        if value is None:
            return left
        rain = before[0]
        least = _LEAST_SHARE * wetness_under(rain, 0.0, *before[2:]) if rain > 0.0 else 0.0
        if value < least:
            raise ValueError(
                f"contradicts weather.rain_rate = {rain:g}: the ground under it is at least {least:.2f} wet; null lets "
                f"it follow ({left:.2f})"
            )
        return value

    @field_validator("snow_cover")
    @classmethod
    def _white_under_snow(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is None and "snow_rate" in info.data and "temperature" in info.data:
            return snow_cover_under(info.data["snow_rate"], info.data["temperature"])
        return value
