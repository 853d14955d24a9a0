"""Fitted drivers as a preset of the group `traffic`."""

import math
import re
from statistics import NormalDist

from simengine.behavior.driver_state import SHORTEST_TIME_GAP, TRUNCATION
from simengine.core.errors import ConfigError
from simengine.core.text.printable_text import one_line
from simengine.scenario.config_loader import configuration_root
from simengine.scenario.spec import DriverSpread
from simengine.verify.recorded_style.fit import FIXED
from simengine.verify.recorded_style.sites import Sites

BASE = "normal"  # the preset whose other settings are kept
_QUANTILES = 2000
NOT_FITTED = (
    f"# Not fitted: density, max_vehicles, radius, inflow and mix, which are those of traffic={BASE}, and of the",
    f"# drivers {', '.join(FIXED)}.",
)


def kept_time_gaps(drivers: DriverSpread) -> tuple[float, float, float]:
    """Return which share of drivers would keep less than the shortest time gap, and mean and median kept [s].

    They are those of a kind whose time gap is not scaled, such as cars.

    Args:
        drivers: How drivers differ.
    """
    normal, mean, deviation = NormalDist(), drivers.time_gap, drivers.time_gap_std
    lowest, highest = normal.cdf(-TRUNCATION), normal.cdf(TRUNCATION)
    middle, width = mean, deviation
    if drivers.time_gap_shape == "lognormal":
        width = math.sqrt(math.log(1.0 + (deviation / mean) ** 2))
        middle = math.log(mean) - 0.5 * width * width
    drawn = []
    for k in range(_QUANTILES):
        value = middle + width * normal.inv_cdf(lowest + (highest - lowest) * (k + 0.5) / _QUANTILES)
        drawn.append(math.exp(value) if drivers.time_gap_shape == "lognormal" else value)
    kept = sorted(max(SHORTEST_TIME_GAP, value) for value in drawn)
    short = sum(value < SHORTEST_TIME_GAP for value in drawn)
    return short / _QUANTILES, sum(kept) / _QUANTILES, kept[_QUANTILES // 2]


def preset_text(drivers: DriverSpread, fitted: Sites, seed: int, rounds: int) -> str:
    """Return a preset: that of everyday traffic with other drivers, of which it says the settings that differ.

    Args:
        drivers: What was fitted.
        fitted: The recordings that were fitted to, by site.
        seed, rounds: Of the fit.

    Raises:
        ConfigError: The preset that it starts from has no such setting, so the installation is broken.
    """
    text = (configuration_root() / "conf" / "traffic" / f"{BASE}.yaml").read_text()
    block = re.search(r"(?m)^drivers:\n(?:  .*\n)+", text)
    if block is None:
        raise ConfigError(f"conf/traffic/{BASE}.yaml: has no drivers")
    body = block[0]
    for name, value in drivers.model_dump().items():
        body, count = re.subn(rf"(?m)^  {name}: \S+", f"  {name}: {value}", body)
        if count != 1:
            raise ConfigError(f"conf/traffic/{BASE}.yaml: drivers.{name} was found {count} times, not once")
    short, kept, median = kept_time_gaps(drivers)
    told = (
        f"# IDM T, mean of the distribution drawn from; {100.0 * short:.0f} % of what is drawn lies below the "
        f"{SHORTEST_TIME_GAP:g} s that any driver keeps, so that drivers keep {kept:.2f} s in the mean and "
        f"{median:.2f} s in the median [s]"
    )
    body, count = re.subn(r"(?m)^(  time_gap: \S+) #.*$", rf"\1 {told}", body)  # the base's source is of its own value
    if count != 1:
        raise ConfigError(f"conf/traffic/{BASE}.yaml: drivers.time_gap has {count} comments, not one")
    names = [one_line(road.name) for roads in fitted.values() for road in roads]
    vehicles = sum(int(road.driven.sum()) for roads in fitted.values() for road in roads)
    made = f"`simengine fit` (seed={seed} rounds={rounds})"
    head = [f"# Drivers like recorded ones, made by {made} from {vehicles} vehicles of"]
    for k in range(0, len(names), 4):
        head.append(f"# {', '.join(names[k : k + 4])}{',' if k + 4 < len(names) else '.'}")
    return "\n".join([*head, *NOT_FITTED, "defaults:", f"  - {BASE}", "  - _self_", body])
