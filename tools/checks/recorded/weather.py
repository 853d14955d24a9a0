"""Head lamps against the weather that the attached scenario states."""

import math

import numpy as np

from tools.checks.recorded.file import RecordedFile, Row
from tools.checks.recorded.found import Found

_HEAD = 8  # bit of the lights
_DARK = 1000.0  # below that head lamps are on [lx] ...
_SIGHT = 304.8  # or where one sees no farther (1000 ft) [m] ...
_RAIN, _SNOW = 2.5, 0.5  # or in such rain and snow, as water [mm/h]
_HALL = 250.0  # light under a roof [lx]
_LIT = ("car", "truck", "bus", "motorcycle", "bicycle")


def _sight(weather: Row) -> float:
    """Return at what distance 5 % of contrast is left [m]."""
    rain, snow = 3.65e-4 * weather["rain_rate"] ** 0.63, 5.0e-3 * weather["snow_rate"] ** 0.75
    return -math.log(0.05) / (-math.log(0.05) / weather["optical_range"] + rain + snow)


def _light(weather: Row) -> float:
    """Return the illuminance by sun and sky [lx]."""
    degrees, cloud = weather["sun_elevation_deg"], weather["cloud"]
    if degrees <= 0.0:
        return max(0.01, (800.0 - 500.0 * cloud) * 10.0 ** (degrees / 4.0))
    sine = math.sin(math.radians(degrees))
    clear, overcast = 800.0 + 15_500.0 * math.sqrt(sine), 300.0 + 21_000.0 * sine
    air_mass = 1.0 / (sine + 0.50572 * (degrees + 6.07995) ** -1.6364)
    haze = math.exp(-1000.0 * max(0.0, -math.log(0.05) * (1.0 / _sight(weather) - 1.0 / 20_000.0)))
    sun = 128_000.0 * math.exp(-0.21 * air_mass) * (1.0 - cloud) ** 2 * haze
    return sun + clear + (overcast - clear) * cloud


def head_lamps(file: RecordedFile) -> Found:
    """Whoever drives in the dark, in fog, rain or snow has head lamps lit, and by a clear day only motorcycles have."""
    weather, states, errors, checked = file.scenario["weather"], file.states, [], 0
    dark = (_HALL if file.hall else _light(weather)) < _DARK
    hidden = not file.hall and (
        _sight(weather) < _SIGHT or weather["rain_rate"] >= _RAIN or weather["snow_rate"] >= _SNOW
    )
    for a, (kind, behavior) in enumerate(zip(file.actors["kind"], file.actors["behavior"], strict=True)):
        if kind not in _LIT or behavior == "parked":
            continue
        there = states.present[:, a]
        must = dark or hidden or kind == "motorcycle"
        checked += int(there.sum())
        wrong = there & (((states.lights[:, a] & _HEAD) > 0) != must)
        said = f"actor {a} drives with head lamps {'off' if must else 'on'}"
        errors += [f"{said} at {states.time[k]:.2f} s" for k in np.flatnonzero(wrong)]
    return Found(checked, len(errors), errors[0] if errors else "")
