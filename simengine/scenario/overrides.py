"""Overrides in Hydra's grammar: parsed, swept, and refused in words."""

import itertools
import math
import re

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override
from hydra.errors import HydraException

from simengine.core.errors import ConfigError
from simengine.scenario.config_loader import configuration_loader, configuration_root, group_options
from simengine.scenario.override_text import as_typed, how_to_quote, hydra_text
from simengine.scenario.unknown_keys import explain_word

_LONGEST = 20_000  # characters of an override
_SHOWN = 200  # characters that a message repeats
MAX_JOBS = 100_000  # of a sweep


def hydra_message(error: BaseException) -> str:
    """Return what Hydra says in one line, without the page that it links to."""
    return re.sub(r"\s*See https?://\S+", "", " ".join(str(error).split()))


def parse_overrides(overrides: list[str] | tuple[str, ...]) -> list[Override]:
    """Parse overrides in Hydra's grammar.

    Raises:
        ConfigError: One is not `key=value`.
    """
    return [_parse(text) for text in overrides]


def _parse(text: str) -> Override:
    if re.fullmatch(r"[+]*[\w./@:\- ]+", text):
        word = text[:_SHOWN]
        meant = explain_word(word, configuration_root())
        raise ConfigError(f'"{word}" is not a setting of the form key=value{meant}')
    try:
        return _parse_hydra(hydra_text(text, _readable))
    except (HydraException, ValueError, RecursionError) as error:
        if isinstance(error, ConfigError):
            raise
        why = "nested too deeply" if isinstance(error, RecursionError) else hydra_message(error)[:_SHOWN]
        said = f'"{as_typed(text)}" is not an override of the form key=value: {why}{how_to_quote(text)}'
        raise ConfigError(said) from None


def _parse_hydra(text: str) -> Override:
    if len(text) > _LONGEST:
        raise ValueError(f"it has {len(text)} characters; at most {_LONGEST} are allowed")
    (override,) = OverridesParser.create().parse_overrides([text])
    return override


def _readable(text: str) -> bool:
    try:
        _parse_hydra(text)
    except (HydraException, ValueError, RecursionError):
        return False
    return True


def expand_sweep(overrides: list[str] | tuple[str, ...]) -> list[tuple[str, ...]]:
    """Expand sweeps (`a=1,2`, `choice()`, `range()`, `glob()`) into the overrides of every job, last one fastest."""
    loader = configuration_loader(overrides)
    axes: list[list[str]] = []
    for text, override in zip(overrides, parse_overrides(overrides), strict=True):
        if override.is_sweep_override():
            if override.is_discrete_sweep():
                key = override.get_key_element()
                values = override.value()
                if isinstance(values, Glob):
                    axes.append([f"{key}={value}" for value in values.filter(group_options(loader, key))])
                else:
                    few = itertools.islice(override.sweep_string_iterator(), MAX_JOBS + 1)
                    axes.append([f"{key}={value}" for value in few])
                if not axes[-1]:
                    allowed = ", ".join(group_options(loader, key))
                    raise ConfigError(f"{as_typed(text)}: no option matches; allowed: {allowed}")
            else:
                raise ConfigError(
                    f"{as_typed(text)}: a continuous interval needs a sampler; list values or draw from a distribution"
                )
        else:
            axes.append([text])
    jobs = math.prod(len(axis) for axis in axes)
    if jobs > MAX_JOBS:
        raise ConfigError(f"this sweep has more than {MAX_JOBS} jobs; at most {MAX_JOBS} are allowed")
    return [tuple(job) for job in itertools.product(*axes)]


def refuse_sweep(overrides: list[str] | tuple[str, ...]) -> None:
    """Refuse sweeps where one configuration is meant.

    Raises:
        ConfigError: An override lists several values.
    """
    for text, override in zip(overrides, parse_overrides(overrides), strict=True):
        if override.is_sweep_override():
            raise ConfigError(f"{as_typed(text)}: several values need -m (--multirun)")
