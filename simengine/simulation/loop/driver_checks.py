"""What drives the ego is checked before it moves anything, so that a wrong value is told with its driver and step."""

import math
import operator
from typing import Any

from simengine.behavior.ego.observation import Control
from simengine.core.errors import ConfigError
from simengine.core.state import Light

_ALL_LIGHTS = sum(Light)


def moment(step: int, time: float) -> str:
    """Return a control step and its time [s] in words."""
    return f"step {step} ({time:.2f} s)"


def check_control(control: Any, source: str, step: int, time: float) -> Control:
    """Return a control as plain numbers.

    Args:
        control: What the ego's driver asks for.
        source: Where it comes from, as in "driver acme returned".
        step: Number of the control step, from 0.
        time: Of that step [s].

    Raises:
        ConfigError: It is no `Control`, or holds something that is not a finite number; the message names the value.
    """
    at = moment(step, time)
    if not isinstance(control, Control):
        raise ConfigError(f"{source} {control!r} at {at}: it must be a simengine.Control")

    def number(name: str, value: Any) -> float:
        try:
            converted = float(value)
        except (TypeError, ValueError, OverflowError):
            converted = math.nan
        if not math.isfinite(converted):
            shown = f"{value:g}" if isinstance(value, float) else repr(value)
            raise ConfigError(f"{source} {name} = {shown} at {at}: it must be a finite number")
        return converted

    try:
        forward, turn = control.velocity
    except (TypeError, ValueError):
        shown = repr(control.velocity)
        raise ConfigError(f"{source} velocity = {shown} at {at}: it must be a speed and a yaw rate") from None
    try:
        lights = operator.index(control.lights)
    except TypeError:
        lights = -1
    if not 0 <= lights <= _ALL_LIGHTS:
        bits = ", ".join(f"{light.name} = {int(light)}" for light in Light)
        raise ConfigError(f"{source} lights = {control.lights!r} at {at}: it must be a sum of {bits}")
    return Control(
        number("acceleration", control.acceleration), number("steering", control.steering),
        (number("velocity[0]", forward), number("velocity[1]", turn)), lights,
    )  # fmt: skip
