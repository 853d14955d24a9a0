"""Parts that a setting names: those that are built in, and those that installed packages bring by entry points."""

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from simengine.core.errors import ConfigError, blame, suggest

Part = TypeVar("Part", bound=Callable[..., Any])

# What a message calls a part, and the group of entry points by which packages bring it.
GROUPS = {
    "sensor": "simengine.sensors",
    "action": "simengine.actions",
    "criterion": "simengine.criteria",
    "driver": "simengine.drivers",
    "format": "simengine.exporters",
}


def _installed(noun: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUPS[noun])}


def part_names(noun: str, built_in: Iterable[str]) -> tuple[str, ...]:
    """Return the names that a setting may have: the built-in ones, then those of installed packages.

    Args:
        noun: One of `GROUPS`.
        built_in: Names of what simengine brings itself.
    """
    return tuple(dict.fromkeys((*built_in, *sorted(_installed(noun)))))


def check_part(noun: str, key: str, name: str, built_in: Iterable[str]) -> None:
    """Refuse a name that stands for nothing, without loading what it stands for.

    Args:
        noun: One of `GROUPS`.
        key: Path of the setting.
        name: Its value.
        built_in: Names of what simengine brings itself.

    Raises:
        ConfigError: Nobody offers a part of that name; the message names the nearest.
    """
    if name in (built_in := tuple(built_in)):
        return
    names = part_names(noun, built_in)
    if name not in names:
        raise ConfigError(f"{key} = {name}: no such {noun}{suggest(name, names)}")


def find_part(noun: str, key: str, name: str, built_in: Mapping[str, Part]) -> Part:
    """Return what a name stands for: a built-in part before one of an installed package.

    Args:
        noun: One of `GROUPS`.
        key: Path of the setting, for messages.
        name: Its value.
        built_in: What simengine brings itself, by name.

    Raises:
        ConfigError: Nobody offers a part of that name, or what a package offers cannot be called.
        PartError: The package that brings it cannot be loaded.
    """
    if name in built_in:
        return built_in[name]
    check_part(noun, key, name, built_in)
    point = _installed(noun)[name]
    with blame(name, f"{key} = {name}: the package that brings it"):
        part: Part = point.load()
    if not callable(part):
        raise ConfigError(f"{key} = {name}: the entry point {point.value} is not callable")
    return part


def make_part(noun: str, key: str, name: str, built_in: Mapping[str, Callable[..., Any]], *arguments: object) -> Any:
    """Return what the part that a name stands for makes of some arguments.

    Args:
        noun: One of `GROUPS`.
        key: Path of the setting, for messages.
        name: Its value.
        built_in: What simengine brings itself, by name.
        arguments: Handed to the part.

    Raises:
        ConfigError: Nobody offers a part of that name, or what a package offers cannot be called.
        PartError: The package that brings it raised something.
    """
    part = find_part(noun, key, name, built_in)
    with blame(part, f"{key} = {name}: the package that brings it"):
        return part(*arguments)
