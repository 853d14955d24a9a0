"""The weather as one physical state, and what follows from it: extinction, light, drivers' sight.

Camera, LiDAR, drivers and labels read these functions, tires those of `core.surface_friction`; none of them knows the
name of a weather.
"""

import math
from typing import NamedTuple

# Koschmieder at 5 % contrast: optical range MOR = −ln(0.05) / extinction (WMO No. 8, part I, ch. 9).
_MOR_CONTRAST = -math.log(0.05)
_PRESSURE, _GAS_CONSTANT = 101_325.0, 287.053  # ICAO standard pressure at sea level [Pa], of dry air [J/(kg K)]
# Backscatter coefficient in fog, β = 0.046 / MOR (Hahner et al., ICCV 2021).
_BACKSCATTER = 0.046
# Rain extinction 3.65e-4 R^0.63 1/m: Marshall–Palmer drops with Q_ext = 2, closed form.
_RAIN_COEFFICIENT, _RAIN_EXPONENT = 3.65e-4, 0.63
# Snow extinction about an order above rain at equal water rate (Grabner & Kvicera 2014 survey, visible light).
_SNOW_COEFFICIENT, _SNOW_EXPONENT = 5.0e-3, 0.75
# Head lamps are on below this illuminance (UN R48, annex 12: automatic switching) [lx] ...
DARK = 1000.0
# ... and where a vehicle cannot be discerned at 1000 ft, or precipitation keeps the wipers running (California Vehicle
# Code § 24400; the same in words, without a number: § 17 (3) StVO, UK Highway Code 226) ...
LAMPS_SIGHT = 304.8  # [m]
# ... which is from moderate rain on (2.5 mm/h), and moderate snow, in which one sees no farther than 1 km (AMS Glossary
# of Meteorology, "rain", "snow"): 0.5 mm/h of water by the extinction below.
LAMPS_RAIN, LAMPS_SNOW = 2.5, 0.5  # [mm/h]
# Rain under which the ground is half wet [mm/h]: 15 to 50 mm/h then leave it 0.88 to 0.96 wet.
_HALF_WET = 2.0
_HALF_COVERED = 0.5  # snowfall, as water, under which half of the ground is white [mm/h]
_DAMP, _FOG_RANGE = 0.3, 1000.0  # wetness that fog leaves, and the optical range below which air is fog (WMO) [m]
_FREEZING = 0.0  # [°C]
# Light of a hall: 200 lx for aisles with people, 300 lx for packing and dispatch (EN 12464-1, 5.4 and 5.5).
HALL_ILLUMINANCE = 250.0  # [lx]
_HALL_OPTICAL_RANGE = 20_000.0  # of clear air [m]


class Weather(NamedTuple):
    """The physical weather state."""

    rain_rate: float  # [mm/h]
    snow_rate: float  # water equivalent [mm/h]
    optical_range: float  # meteorological optical range of fog or haze, without rain and snow [m]
    sun_elevation: float  # [rad]
    sun_azimuth: float  # counter-clockwise from east [rad]
    cloud: float  # covered fraction of the sky, 0..1
    wetness: float  # of the ground, 0 dry .. 1 standing water
    snow_cover: float  # of the ground, 0..1
    ice: float  # fraction of the ground glazed, 0..1
    temperature: float  # [°C]
    wind_speed: float  # [m/s]
    wind_direction: float  # towards, counter-clockwise from east [rad]
    street_lights: float  # 0 off, 1 on
    hall_light: float = 0.0  # illuminance under the roof of a hall, 0 under the open sky [lx]


def hall_weather(outside: Weather) -> Weather:
    """Return the weather in a lit hall: dry, clear, still air under a roof, as warm as outside."""
    return outside._replace(
        rain_rate=0.0, snow_rate=0.0, optical_range=_HALL_OPTICAL_RANGE, cloud=1.0, wetness=0.0, snow_cover=0.0,
        ice=0.0, wind_speed=0.0, street_lights=1.0, hall_light=HALL_ILLUMINANCE,
    )  # fmt: skip


def wetness_under(rain_rate: float, snow_rate: float, optical_range: float, temperature: float) -> float:
    """Return how wet precipitation and fog leave the ground, 0..1.

    Args:
        rain_rate: [mm/h].
        snow_rate: Water equivalent; it melts above 0 °C [mm/h].
        optical_range: Of fog or haze [m].
        temperature: [°C].
    """
    water = rain_rate + (snow_rate if temperature > _FREEZING else 0.0)
    return max(water / (water + _HALF_WET), _DAMP if optical_range < _FOG_RANGE else 0.0)


def snow_cover_under(snow_rate: float, temperature: float) -> float:
    """Return the share of the ground that falling snow [mm/h of water] covers; above 0 °C it melts."""
    return snow_rate / (snow_rate + _HALF_COVERED) if temperature <= _FREEZING else 0.0


def needs_headlamps(weather: Weather) -> bool:
    """Return whether drivers have their low beams on: in the dark, and by day where fog, rain or snow hide vehicles."""
    if sun_illuminance(weather) + sky_illuminance(weather) < DARK:
        return True
    if _MOR_CONTRAST / extinction(weather) < LAMPS_SIGHT:
        return True
    return weather.rain_rate >= LAMPS_RAIN or weather.snow_rate >= LAMPS_SNOW


def extinction(weather: Weather) -> float:
    """Return the extinction coefficient of the air for visible and near-infrared light [1/m]."""
    fog = _MOR_CONTRAST / weather.optical_range
    rain = _RAIN_COEFFICIENT * weather.rain_rate**_RAIN_EXPONENT if weather.rain_rate > 0.0 else 0.0
    snow = _SNOW_COEFFICIENT * weather.snow_rate**_SNOW_EXPONENT if weather.snow_rate > 0.0 else 0.0
    return fog + rain + snow


def air_density(temperature: float) -> float:
    """Return the density of dry air at sea level and a temperature [°C] as an ideal gas [kg/m³]; ICAO Doc 7488."""
    return _PRESSURE / (_GAS_CONSTANT * (temperature + 273.15))


def backscatter(weather: Weather) -> float:
    """Return the LiDAR backscatter coefficient β of the air [1/m]."""
    return _BACKSCATTER * extinction(weather) / _MOR_CONTRAST


def sun_illuminance(weather: Weather) -> float:
    """Return the direct sun's illuminance on a surface facing it [lx]; 0 below the horizon.

    128 klx outside the atmosphere, extinction 0.21 per air mass (Kasten–Young 1989), cut by clouds.
    """
    elevation_deg = math.degrees(weather.sun_elevation)
    if elevation_deg <= 0.0 or weather.hall_light > 0.0:
        return 0.0
    air_mass = 1.0 / (math.sin(weather.sun_elevation) + 0.50572 * (elevation_deg + 6.07995) ** -1.6364)
    haze = math.exp(-1000.0 * max(0.0, extinction(weather) - _MOR_CONTRAST / 20000.0))
    return 128_000.0 * math.exp(-0.21 * air_mass) * (1.0 - weather.cloud) ** 2 * haze


def sky_illuminance(weather: Weather) -> float:
    """Return the diffuse illuminance of the sky on level ground [lx], night included; in a hall, of its lamps.

    Clear sky 0.8 + 15.5 sin^0.5 klx, overcast 0.3 + 21 sin klx (IES/Krochmann), twilight by a decade per 4° below the
    horizon down to 0.01 lx of a moonless urban-fringe night sky.
    """
    if weather.hall_light > 0.0:
        return weather.hall_light
    elevation_deg = math.degrees(weather.sun_elevation)
    if elevation_deg > 0.0:
        sine = math.sin(weather.sun_elevation)
        clear = 800.0 + 15_500.0 * math.sqrt(sine)
        overcast = 300.0 + 21_000.0 * sine
        return clear + (overcast - clear) * weather.cloud
    return max(0.01, (800.0 - 500.0 * weather.cloud) * 10.0 ** (elevation_deg / 4.0))


def sight_distance(weather: Weather) -> float:
    """Return how far a driver sees an unlit vehicle or pedestrian [m].

    By day the optical range of the air at 5 % contrast; in the dark no farther than low beams carry (75 m), which rain
    and fog shorten by the two-way path.
    """
    by_air = _MOR_CONTRAST / extinction(weather)
    light = sky_illuminance(weather) + sun_illuminance(weather)
    if light < 100.0:
        beam = 75.0 + (by_air - 75.0) * max(0.0, min(1.0, math.log10(max(light, 1.0)) / 2.0))
        beam = min(beam, by_air)
        if weather.street_lights > 0.0:
            beam = max(beam, min(by_air, 120.0))
        return min(beam, 0.5 * by_air) if by_air < 2.0 * beam else beam
    return by_air


def transmittance(weather: Weather, distance: float) -> float:
    """Return the fraction of light left after `distance` [m] of air."""
    return math.exp(-extinction(weather) * distance)
