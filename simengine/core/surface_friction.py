"""The road's surface as friction between it and tires: greatest and sliding, dry and wet; the weather lies upon it.

Values of the surfaces in conf/surface are those of Wong, "Theory of Ground Vehicles", table 1.3.
"""

from typing import NamedTuple

from simengine.core.weather import Weather


class Surface(NamedTuple):
    """Friction coefficients of a surface: the greatest that a rolling tire finds, and that of one that slides."""

    dry: float
    dry_sliding: float
    wet: float
    wet_sliding: float


ASPHALT = Surface(dry=0.90, dry_sliding=0.75, wet=0.60, wet_sliding=0.50)
# Packed snow .25–.35 and ice .05–.15, whose sliding friction is 0.83 and 0.7 of the greatest (Wong: .2/.15, .1/.07).
SNOW, SNOW_SLIDING, ICE, ICE_SLIDING = 0.30, 0.25, 0.10, 0.07


def _under_weather(weather: Weather, dry: float, wet: float, snow: float, ice: float) -> float:
    """Return friction from dry to wet by wetness, then towards snow and ice by covered fraction, never above dry."""
    base = dry + (wet - dry) * min(1.0, weather.wetness)
    base += (min(base, snow) - base) * weather.snow_cover
    return base + (min(base, ice) - base) * weather.ice


def friction(weather: Weather, surface: Surface) -> float:
    """Return the greatest friction µ that tires find on a surface under a weather."""
    return _under_weather(weather, surface.dry, surface.wet, SNOW, ICE)


def sliding_friction(weather: Weather, surface: Surface) -> float:
    """Return the friction of tires that slide on a surface under a weather."""
    return _under_weather(weather, surface.dry_sliding, surface.wet_sliding, SNOW_SLIDING, ICE_SLIDING)
