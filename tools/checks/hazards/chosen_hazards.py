"""Which hazards a check is asked for: those of the library, and scenarios of the user's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from simengine.core.errors import ConfigError, nearest
from simengine.scenario.compose import compose, scenario_names
from simengine.scenario.override_text import is_searchpath, setting
from simengine.verify.library import library
from simengine.verify.scenario_files import find_name, is_concrete


class Hazard(NamedTuple):
    """A scenario with a hazard."""

    name: str
    overrides: tuple[str, ...]  # with which it is composed
    own: bool  # the user's, not the library's


def hazards(overrides: Sequence[str] = ()) -> list[str]:
    """Return the scenarios of the library that have a hazard, and those of a search path among the overrides."""
    return [entry.name for entry in library(overrides) if "ordinary" not in entry.tags]


def _in_file(path: Path, overrides: Sequence[str]) -> Hazard:
    if is_concrete(path):
        raise ConfigError(f"{path}: is a concrete scenario: it has no distributions to draw samples from")
    name, search = find_name(path, path)
    tags = (compose("config", (setting("scenario", name), *search)).get("scenario") or {}).get("tags", ())
    if "ordinary" in tags:
        raise ConfigError(f"{path}: is tagged as ordinary, so it has no hazard")
    return Hazard(name, (*search, *overrides), bool(search))


def chosen_hazards(asked: Sequence[str], overrides: Sequence[str]) -> list[Hazard]:
    """Return the hazards that are asked for, all that are found if none is.

    Args:
        asked: Names, and files of scenarios.
        overrides: Settings for all of them; names are also looked for on a search path among them.

    Raises:
        ConfigError: There is no such hazard.
    """
    files = [name for name in asked if Path(name).is_file()]
    search = [text for text in overrides if is_searchpath(text)]
    known = hazards(search) if len(files) < len(asked) or not asked else []
    library_names = scenario_names()
    chosen = []
    for name in asked or known:
        if name in files:
            chosen.append(_in_file(Path(name), overrides))
        elif name in known:
            chosen.append(Hazard(name, tuple(overrides), name not in library_names))
        else:
            raise ConfigError(
                f"{name}: neither a file nor a hazard{nearest(name, known)}; there are: {', '.join(known)} (scenarios "
                f'of your own are found with --override "hydra.searchpath=[file://FOLDER]")'
            )
    return chosen
