"""Fitted drivers as a preset of the group `traffic`."""

import re

from simengine.core.errors import ConfigError
from simengine.scenario.compose import configuration_root
from simengine.scenario.spec import DriverSpread
from simengine.verify.recorded_style.sites import Sites

BASE = "normal"  # the preset whose other settings are kept


def preset_text(drivers: DriverSpread, fitted: Sites, seed: int, rounds: int) -> str:
    """Return a preset: that of everyday traffic with other drivers.

    Args:
        drivers: What was fitted.
        fitted: The recordings that were fitted to, by site.
        seed, rounds: Of the fit.

    Raises:
        ConfigError: The preset that it starts from has no such setting, so the installation is broken.
    """
    text = (configuration_root() / "conf" / "traffic" / f"{BASE}.yaml").read_text()
    body = text.split("\n", 1)[1]  # without its own first line, which says what it is
    for name, value in drivers.model_dump().items():
        body, count = re.subn(rf"(?m)^  {name}: \S+", f"  {name}: {value}", body)
        if count != 1:
            raise ConfigError(f"conf/traffic/{BASE}.yaml: drivers.{name} was found {count} times, not once")
    names = [road.name for roads in fitted.values() for road in roads]
    vehicles = sum(int(road.driven.sum()) for roads in fitted.values() for road in roads)
    made = f"`simengine fit` (seed={seed} rounds={rounds})"
    head = [f"# Drivers like recorded ones, made by {made} from {vehicles} vehicles of"]
    for k in range(0, len(names), 4):
        head.append(f"# {', '.join(names[k : k + 4])}{',' if k + 4 < len(names) else '.'}")
    return "\n".join([*head, body])
